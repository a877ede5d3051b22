package httpkit_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
)

// lines is a log that is written and read at once.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func (l *lines) logger() *slog.Logger { return slog.New(slog.NewJSONHandler(l, nil)) }

// one returns the only line of the log, without what differs each time.
func (l *lines) one(t *testing.T) map[string]any {
	t.Helper()
	text := l.String()
	if strings.Count(text, "\n") != 1 || !strings.HasSuffix(text, "\n") || strings.ContainsAny(text, "\r\x00") {
		t.Fatalf("not one line: %q", text)
	}
	var line map[string]any
	if err := json.Unmarshal([]byte(text), &line); err != nil {
		t.Fatal(err)
	}
	if len(line["id"].(string)) != 16 || line["ms"].(float64) < 0 {
		t.Errorf("id or ms: %s", text)
	}
	for _, key := range []string{"id", "ms", "time", "msg"} {
		delete(line, key)
	}
	return line
}

// failWith prints the error for a client, as a face does.
func failWith(w *httpkit.Writer, _ *http.Request, err error) {
	var named *berth.Error
	if errors.As(err, &named) {
		http.Error(w, named.Msg, http.StatusBadRequest)
		return
	}
	http.Error(w, "internal error, request "+w.RequestID(), http.StatusInternalServerError)
}

func TestHandleLog(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		handler httpkit.Handler
		code    int
		body    string
		want    map[string]any
	}{
		{
			"success", func(w *httpkit.Writer, _ *http.Request) error {
				w.Op, w.Package, w.Viewer.Login = "pull", "alice/app", "bob"
				w.WriteHeader(http.StatusAccepted)
				w.WriteHeader(http.StatusAccepted) // the first counts
				_, err := io.WriteString(w, "hello")
				return err
			}, 202, "hello",
			map[string]any{"level": "INFO", "method": "PUT", "path": "/v2/x", "op": "pull", "package": "alice/app", "viewer": "bob", "status": 202.0, "bytes": 5.0},
		}, {
			"no status", func(w *httpkit.Writer, _ *http.Request) error {
				_, err := w.Write([]byte("hello"))
				return err
			}, 200, "hello",
			map[string]any{"level": "INFO", "method": "PUT", "path": "/v2/x", "op": "", "package": "", "viewer": "", "status": 200.0, "bytes": 5.0},
		}, {
			"nothing at all", func(*httpkit.Writer, *http.Request) error { return nil }, 200, "",
			map[string]any{"level": "INFO", "method": "PUT", "path": "/v2/x", "op": "", "package": "", "viewer": "", "status": 200.0, "bytes": 0.0},
		}, {
			"the client's fault", func(*httpkit.Writer, *http.Request) error { return berth.ErrTagInvalid.With("x").Because(io.EOF) }, 400, "tag invalid: x\n",
			map[string]any{"level": "INFO", "method": "PUT", "path": "/v2/x", "op": "", "package": "", "viewer": "", "status": 400.0, "bytes": 15.0, "error": "tag invalid: x: EOF"},
		}, {
			"gone away", func(*httpkit.Writer, *http.Request) error { return context.Canceled }, 500, "",
			map[string]any{"level": "INFO", "method": "PUT", "path": "/v2/x", "op": "", "package": "", "viewer": "", "status": 500.0, "bytes": 41.0, "error": "context canceled"},
		}, {
			"our fault", func(*httpkit.Writer, *http.Request) error { return errors.New("disk\nfull") }, 500, "",
			map[string]any{"level": "ERROR", "method": "PUT", "path": "/v2/x", "op": "", "package": "", "viewer": "", "status": 500.0, "bytes": 41.0, "error": "disk\nfull"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var log lines
			w := httptest.NewRecorder()
			httpkit.Handle(log.logger(), test.handler, failWith).ServeHTTP(w, httptest.NewRequest(http.MethodPut, "/v2/x", nil))
			if w.Code != test.code || test.body != "" && w.Body.String() != test.body {
				t.Errorf("%d %q, want %d %q", w.Code, w.Body, test.code, test.body)
			}
			if strings.Contains(w.Body.String(), "disk") || strings.Contains(w.Body.String(), "EOF") {
				t.Errorf("the cause is shown: %q", w.Body)
			}
			if diff := cmp.Diff(test.want, log.one(t)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// What could not be printed is no success.
func TestHandleWithoutPrint(t *testing.T) {
	t.Parallel()
	var log lines
	w := httptest.NewRecorder()
	fail := func(*httpkit.Writer, *http.Request, error) {}
	h := func(*httpkit.Writer, *http.Request) error { return berth.ErrTagInvalid.With("x") }
	httpkit.Handle(log.logger(), h, fail).ServeHTTP(w, httptest.NewRequest(http.MethodPut, "/v2/x", nil))
	if status := log.one(t)["status"]; w.Code != http.StatusInternalServerError || status != 500.0 {
		t.Errorf("%d, and the log says %v", w.Code, status)
	}
}

// What a client writes must neither break the line nor bring secrets into it.
func TestHandleLogIsOneLine(t *testing.T) {
	t.Parallel()
	var log lines
	r := httptest.NewRequest(http.MethodGet, "/v2/a%0d%0a%7B%22level%22:%22ERROR%22%7D%00%ff%E2%80%A8?password=hunter2&token=brt_secret", nil)
	r.Header.Set("User-Agent", "evil\r\n{}")
	r.Header.Set("Authorization", "Bearer brt_secret")
	r.Header.Set("Cookie", "session=brt_secret")
	r.SetBasicAuth("alice", "hunter2")
	h := func(w *httpkit.Writer, r *http.Request) error {
		w.Op, w.Package, w.Viewer.Login = "a\nb", "c\r\nd", "e\"\nf"
		return errors.New("x\ny")
	}
	httpkit.Handle(log.logger(), h, failWith).ServeHTTP(httptest.NewRecorder(), r)
	line := log.one(t)
	if got, want := line["path"], "/v2/a\r\n{\"level\":\"ERROR\"}\x00\ufffd\u2028"; got != want {
		t.Errorf("path %q, want %q", got, want)
	}
	for _, secret := range []string{"hunter2", "brt_secret", "YWxpY2U6aHVudGVyMg", "password"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("%s is in the log: %s", secret, log.String())
		}
	}

	var text lines
	r = httptest.NewRequest(http.MethodGet, "/v2/a%0a%0dlevel=ERROR", nil)
	httpkit.Handle(slog.New(slog.NewTextHandler(&text, nil)), h, failWith).ServeHTTP(httptest.NewRecorder(), r)
	if s := text.String(); strings.Count(s, "\n") != 1 || strings.Contains(s, "\r") {
		t.Errorf("not one line of text: %q", s)
	}
}

func TestHandleLogLevel(t *testing.T) {
	t.Parallel()
	var log lines
	quiet := slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	fail := errors.New("disk full")
	for _, err := range []error{nil, berth.ErrTagInvalid, fail} {
		h := func(*httpkit.Writer, *http.Request) error { return err }
		httpkit.Handle(quiet, h, failWith).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	}
	if got := log.one(t)["error"]; got != fail.Error() {
		t.Errorf("logged %v", got)
	}
}

func TestHandleRequestIDs(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	h := httpkit.Handle(slog.New(slog.DiscardHandler), func(w *httpkit.Writer, _ *http.Request) error {
		seen[w.RequestID()] = true
		return nil
	}, failWith)
	for range 100 {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	}
	if len(seen) != 100 {
		t.Errorf("%d different IDs in 100 requests", len(seen))
	}
}

// get sends a request on a connection of its own.
func get(t *testing.T, url string) (status int, body string, err error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	all, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(all), err
}

// An error or a panic is a document before the first byte and a broken
// connection after it, and never the end of the server.
func TestHandleErrors(t *testing.T) {
	t.Parallel()
	var log lines
	mux := http.NewServeMux()
	handle := func(path string, h httpkit.Handler) { mux.Handle(path, httpkit.Handle(log.logger(), h, failWith)) }
	start := func(w *httpkit.Writer) {
		_, _ = io.WriteString(w, strings.Repeat("x", 10_000))
	}
	handle("/ok", func(w *httpkit.Writer, _ *http.Request) error { start(w); return nil })
	handle("/error", func(*httpkit.Writer, *http.Request) error { return errors.New("secret cause") })
	handle("/panic", func(*httpkit.Writer, *http.Request) error { panic("secret cause") })
	handle("/nil", func(_ *httpkit.Writer, r *http.Request) error {
		_ = r.Response.Status // a server's request has none
		return nil
	})
	handle("/late-error", func(w *httpkit.Writer, _ *http.Request) error { start(w); return errors.New("secret cause") })
	handle("/late-named", func(w *httpkit.Writer, _ *http.Request) error { start(w); return berth.ErrBlobUnknown })
	handle("/late-panic", func(w *httpkit.Writer, _ *http.Request) error { start(w); panic("secret cause") })
	handle("/late-length", func(w *httpkit.Writer, _ *http.Request) error {
		w.Header().Set("Content-Length", "20000")
		start(w)
		return errors.New("secret cause")
	})
	handle("/header-only", func(w *httpkit.Writer, _ *http.Request) error {
		w.WriteHeader(http.StatusOK)
		return errors.New("secret cause")
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	for _, path := range []string{"/error", "/panic", "/nil"} {
		status, body, err := get(t, server.URL+path)
		if status != http.StatusInternalServerError || !strings.HasPrefix(body, "internal error, request ") || err != nil {
			t.Errorf("%s: %d %q, %v", path, status, body, err)
		}
		if strings.Contains(body, "secret") || strings.Contains(body, "goroutine") {
			t.Errorf("%s shows the cause: %q", path, body)
		}
	}
	for _, path := range []string{"/late-error", "/late-named", "/late-panic", "/late-length", "/header-only"} {
		if status, body, err := get(t, server.URL+path); err == nil {
			t.Errorf("%s: %d and %d bytes look like a success", path, status, len(body))
		}
	}
	if status, body, err := get(t, server.URL+"/ok"); status != http.StatusOK || len(body) != 10_000 || err != nil {
		t.Errorf("afterwards: %d, %d bytes, %v", status, len(body), err)
	}
	if !strings.Contains(log.String(), "panic: secret cause") || !strings.Contains(log.String(), "handler_test.go") {
		t.Error("the log does not say where it panicked")
	}
}
