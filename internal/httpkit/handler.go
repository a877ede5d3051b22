package httpkit

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/berth-registry/berth"
)

// Handler answers a request or says why it cannot.
type Handler func(w *Writer, r *http.Request) error

// Fail prints an error in the way of a face. It runs only when nothing has been
// sent.
type Fail func(w *Writer, r *http.Request, err error)

// Handle turns a Handler into an http.Handler. It writes one line per request to
// the log, and is the only place that does.
//
// An error after the first byte breaks the connection, so that the client sees a
// broken transfer and not a short success.
func Handle(log *slog.Logger, h Handler, fail Fail) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w := &Writer{ResponseWriter: rw, id: rand.Text()[:16], start: time.Now()}
		// That of the last answer on this connection must not strike this one.
		_ = http.NewResponseController(rw).SetWriteDeadline(time.Time{}) // not every connection can
		err := run(h, w, r)
		broken := err != nil && w.Sent()
		if err != nil && !broken {
			fail(w, r, err)
		}
		switch {
		case w.Sent():
		case err != nil: // printing it went wrong too
			w.WriteHeader(http.StatusInternalServerError)
		default:
			w.WriteHeader(http.StatusOK) // net/http would, and the log should know
		}
		record(log, w, r, err, broken)
		if broken {
			panic(http.ErrAbortHandler)
		}
	})
}

// run turns a panic into an error, so that the client still gets a document.
func run(h Handler, w *Writer, r *http.Request) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return h(w, r)
}

// record writes the access log. Only errors of our own making are logged as such:
// a client's mistake is part of the line.
func record(log *slog.Logger, w *Writer, r *http.Request, err error, broken bool) {
	level := slog.LevelInfo
	var named *berth.Error
	internal := err != nil && !errors.As(err, &named)
	var gone *net.OpError // the client hung up while we were sending
	switch {
	case errors.Is(err, context.Canceled), broken && errors.As(err, &gone):
	case internal:
		level = slog.LevelError
	case named != nil && named.Kind == berth.KindUnavailable:
		level = slog.LevelWarn
	}
	if !log.Enabled(r.Context(), level) {
		return
	}
	path := r.URL.Path
	if w.Path != "" {
		path = w.Path
	}
	attrs := make([]slog.Attr, 0, 10)
	attrs = append(attrs,
		slog.String("id", w.id),
		slog.String("method", cut(r.Method)),
		slog.String("path", cut(path)),
		slog.String("op", w.Op),
		slog.String("package", w.Package),
		slog.String("viewer", w.Viewer.Login),
		slog.Int("status", w.status),
		slog.Int64("bytes", w.bytes),
		slog.Float64("ms", float64(time.Since(w.start).Microseconds())/1000),
	)
	if err != nil {
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	log.LogAttrs(r.Context(), level, "request", attrs...)
}

// maxLogged bounds what a client can put into a line of the log, in bytes.
const maxLogged = 512

func cut(s string) string { return s[:min(len(s), maxLogged)] }
