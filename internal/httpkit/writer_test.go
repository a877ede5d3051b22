package httpkit_test

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/berth-registry/berth/internal/httpkit"
)

// reading is a response writer that counts how the body arrives.
type reading struct {
	*httptest.ResponseRecorder
	readFrom, writes int
}

func (w *reading) Write(p []byte) (int, error) {
	w.writes++
	return w.ResponseRecorder.Write(p)
}

func (w *reading) ReadFrom(r io.Reader) (int64, error) {
	w.readFrom++
	return io.Copy(w.ResponseRecorder, r)
}

// serveTo runs a handler on a response writer.
func serveTo(rw http.ResponseWriter, h httpkit.Handler) {
	httpkit.Handle(slog.New(slog.DiscardHandler), h, failWith).ServeHTTP(rw, httptest.NewRequest(http.MethodGet, "/", nil))
}

func TestWriterKeepsReadFrom(t *testing.T) {
	t.Parallel()
	file, err := os.Create(t.TempDir() + "/blob")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	const size = 9 << 20
	if err := file.Truncate(size); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name  string
		copy  func(w *httpkit.Writer) error
		calls int
	}{
		{"io.Copy", func(w *httpkit.Writer) error { _, err := io.Copy(w, file); return err }, 1},
		{"io.CopyN", func(w *httpkit.Writer) error { _, err := io.CopyN(w, file, size); return err }, 1},
		{"CopyBody", func(w *httpkit.Writer) error { return w.CopyBody(file, size) }, 18}, // pieces of 512 KiB
	}
	for _, test := range tests {
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			t.Fatal(err)
		}
		w := &reading{ResponseRecorder: httptest.NewRecorder()}
		serveTo(w, func(w *httpkit.Writer, _ *http.Request) error {
			if w.Sent() {
				t.Errorf("%s: sent before the start", test.name)
			}
			err := test.copy(w)
			if !w.Sent() {
				t.Errorf("%s: not sent", test.name)
			}
			return err
		})
		if w.readFrom != test.calls || w.writes != 0 || w.Body.Len() != size {
			t.Errorf("%s: %d calls of ReadFrom, %d of Write, %d bytes", test.name, w.readFrom, w.writes, w.Body.Len())
		}
	}
}

// http.ResponseController must find what the server's own writer can do.
func TestWriterUnwraps(t *testing.T) {
	t.Parallel()
	rec := httptest.NewRecorder()
	serveTo(rec, func(w *httpkit.Writer, _ *http.Request) error { return http.NewResponseController(w).Flush() })
	if !rec.Flushed {
		t.Error("nothing was flushed")
	}
}

func TestCopyBodyTooShort(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	var err error
	func() {
		defer func() {
			if recover() != http.ErrAbortHandler { //nolint:errorlint // it is that value
				t.Error("the connection is not broken")
			}
		}()
		serveTo(w, func(w *httpkit.Writer, _ *http.Request) error {
			err = w.CopyBody(strings.NewReader("short"), 6)
			return err
		})
	}()
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) || w.Body.String() != "short" {
		t.Errorf("%v after %q", err, w.Body)
	}
	w = httptest.NewRecorder()
	serveTo(w, func(w *httpkit.Writer, _ *http.Request) error { return w.CopyBody(strings.NewReader("longer"), 4) })
	if w.Body.String() != "long" {
		t.Errorf("sent %q", w.Body)
	}
}

// pipes is a listener whose connections are pipes, which keep the time of a
// synctest bubble.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p pipes) Close() error {
	select {
	case <-p.done:
	default:
		close(p.done)
	}
	return nil
}

func (pipes) Addr() net.Addr { return &net.TCPAddr{} }

// client starts a server in the bubble and returns a connection to it.
func client(t *testing.T, h http.Handler) net.Conn {
	t.Helper()
	l := pipes{make(chan net.Conn), make(chan struct{})}
	server := &http.Server{Handler: h, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	go func() { _ = server.Serve(l) }()
	here, there := net.Pipe()
	l.conns <- there
	t.Cleanup(func() {
		here.Close()
		server.Close()
		synctest.Wait()
	})
	return here
}

// pass lets the time of the bubble go on.
func pass(d time.Duration) { <-time.After(d) }

func handle(h httpkit.Handler) http.Handler {
	return httpkit.Handle(slog.New(slog.DiscardHandler), h, failWith)
}

// A peer that stops sending is given up after a minute.
func TestBodyStalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		type result struct {
			body string
			err  error
			took time.Duration
		}
		results := make(chan result, 1)
		conn := client(t, handle(func(w *httpkit.Writer, r *http.Request) error {
			start := time.Now()
			body, err := io.ReadAll(httpkit.Body(w, r))
			results <- result{string(body), err, time.Since(start)}
			return err
		}))
		send(t, conn, "PATCH / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
		go func() { _, _ = io.Copy(io.Discard, conn) }()
		got := <-results
		if got.body != "abc" || !errors.Is(got.err, os.ErrDeadlineExceeded) || got.took != time.Minute {
			t.Errorf("%q, %v after %s", got.body, got.err, got.took)
		}
	})
}

// A peer that sends little by little may take its time, and gets its answer.
func TestBodyIsSlow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		conn := client(t, handle(func(w *httpkit.Writer, r *http.Request) error {
			n, err := io.Copy(io.Discard, httpkit.Body(w, r))
			if err != nil || n != 10<<10 {
				t.Errorf("%d bytes, %v", n, err)
			}
			w.WriteHeader(http.StatusAccepted)
			return err
		}))
		send(t, conn, "PATCH / HTTP/1.1\r\nHost: x\r\nContent-Length: 10240\r\n\r\n")
		for range 10 {
			pass(50 * time.Second)
			send(t, conn, strings.Repeat("x", 1<<10))
		}
		expect(t, conn, "HTTP/1.1 202 Accepted\r\n")
	})
}

// A byte now and then is no progress.
func TestBodyTrickles(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		result := make(chan error, 1)
		conn := client(t, handle(func(w *httpkit.Writer, r *http.Request) error {
			_, err := io.Copy(io.Discard, httpkit.Body(w, r))
			result <- err
			return err
		}))
		send(t, conn, "PATCH / HTTP/1.1\r\nHost: x\r\nContent-Length: 10240\r\n\r\n")
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			for pass(50 * time.Second); ; pass(50 * time.Second) {
				if _, err := conn.Write([]byte("x")); err != nil {
					return
				}
			}
		}()
		if err := <-result; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		conn.Close()
		<-stopped
	})
}

// A body that is announced, does not come, and is not wanted does not keep the
// answer back for ever: the server reads it before it answers.
func TestUnwantedBodyStalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		conn := client(t, httpkit.NewDispatcher(httpkit.Alive()))
		send(t, conn, "GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
		expect(t, conn, "HTTP/1.1 200 OK\r\n")
	})
}

// A request that takes long to work on gets its answer.
func TestWorkIsSlow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		conn := client(t, handle(func(w *httpkit.Writer, _ *http.Request) error {
			pass(10 * time.Minute)
			w.WriteHeader(http.StatusCreated)
			return nil
		}))
		send(t, conn, "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
		expect(t, conn, "HTTP/1.1 201 Created\r\n")
	})
}

// The deadline of one request must not strike at the next on its connection.
func TestDeadlineIsNotInherited(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := httpkit.NewDispatcher(httpkit.Alive())
		d.Handle("/v2", handle(func(w *httpkit.Writer, r *http.Request) error {
			_, err := io.Copy(w, httpkit.Body(w, r))
			return err
		}))
		conn := client(t, d)
		for range 2 {
			send(t, conn, "PUT /v2 HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\ny")
			expect(t, conn, "HTTP/1.1 200 OK\r\n")
			pass(5 * time.Minute)
		}
		send(t, conn, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
		expect(t, conn, "HTTP/1.1 200 OK\r\n")
	})
}

// A peer that takes nothing is given up after two minutes; one that takes a
// piece in less than that may go on for long.
func TestCopyBodyDeadlines(t *testing.T) {
	t.Parallel()
	const size = 20 << 20
	tests := []struct {
		name  string
		pause time.Duration // before each MiB that is taken
		want  error
	}{
		{"slow", 20 * time.Second, nil},
		{"too slow", 5 * time.Minute, os.ErrDeadlineExceeded},
		{"dead", time.Hour, os.ErrDeadlineExceeded},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				result := make(chan error, 1)
				conn := client(t, handle(func(w *httpkit.Writer, _ *http.Request) error {
					err := w.CopyBody(io.LimitReader(zeros{}, size), size)
					result <- err
					return err
				}))
				send(t, conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
				stopped := make(chan struct{})
				go func() {
					defer close(stopped)
					for pass(test.pause); ; pass(test.pause) {
						if _, err := io.CopyN(io.Discard, conn, 1<<20); err != nil {
							return
						}
					}
				}()
				if err := <-result; !errors.Is(err, test.want) {
					t.Errorf("error %v, want %v", err, test.want)
				}
				conn.Close()
				<-stopped
			})
		})
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func send(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
}

// expect reads one answer without much of a body and wants it to start so.
func expect(t *testing.T, conn net.Conn, want string) {
	t.Helper()
	buf := make([]byte, 4096)
	n, err := conn.Read(buf)
	if err != nil || !strings.HasPrefix(string(buf[:n]), want) {
		t.Fatalf("%q, %v, want %q", buf[:n], err, want)
	}
}
