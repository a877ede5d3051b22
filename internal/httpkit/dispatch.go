package httpkit

import (
	"context"
	"net/http"
	"strings"
	"time"
)

// Dispatcher sends a request to the handler of its first path segment. It stands
// before any http.ServeMux, because a mux cleans paths and redirects, and the
// clients of /v2 lose their way, or their credentials, on redirects.
type Dispatcher struct {
	routes map[string]http.Handler
	rest   http.Handler
}

// NewDispatcher returns a dispatcher that sends unknown paths to rest.
func NewDispatcher(rest http.Handler) *Dispatcher {
	return &Dispatcher{routes: map[string]http.Handler{}, rest: rest}
}

// Handle adds the handler for a first segment such as "/v2".
func (d *Dispatcher) Handle(segment string, h http.Handler) { d.routes[segment] = h }

func (d *Dispatcher) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	limitBody(w, r)
	segment := r.URL.Path
	if i := strings.IndexByte(segment[min(1, len(segment)):], '/'); i >= 0 {
		segment = segment[:i+1]
	}
	if h, ok := d.routes[segment]; ok {
		h.ServeHTTP(w, r)
		return
	}
	d.rest.ServeHTTP(w, r)
}

// Alive answers /healthz: the process runs.
func Alive() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte("ok\n"))
	})
}

// Ready answers /readyz: requests can be served. Why they cannot is for the log,
// not for strangers.
func Ready(check func(context.Context) error) Handler {
	return func(w *Writer, r *http.Request) error {
		w.Op = "ready"
		ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
		defer cancel()
		if err := check(ctx); err != nil {
			return err
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, err := w.Write([]byte("ready\n"))
		return err
	}
}

// FailText prints an error as one line of text, for addresses that only machines
// of the operator ask.
func FailText(w *Writer, _ *http.Request, _ error) {
	http.Error(w, "unavailable, request "+w.RequestID(), http.StatusServiceUnavailable)
}
