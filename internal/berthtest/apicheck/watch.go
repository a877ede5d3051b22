package apicheck

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

// Once returns a function that reads a document the first time it is called.
func Once(document func() ([]byte, error)) func() (*Checker, error) {
	return sync.OnceValues(func() (*Checker, error) {
		text, err := document()
		if err != nil {
			return nil, err
		}
		return New(text)
	})
}

// Watch returns a handler that reports what next answers below a prefix and the
// document does not say. It stands on the server, so that it does not matter who asks,
// and how. The checker is asked for when it is needed.
func Watch(next http.Handler, prefix string, checker func() (*Checker, error), report func(error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, prefix+"/") {
			next.ServeHTTP(w, r)
			return
		}
		e := exchange{request: r.Clone(r.Context()), status: http.StatusOK}
		var sent bytes.Buffer
		r.Body = &teeBody{r.Body, io.TeeReader(r.Body, &sent)}
		seen := &seenWriter{ResponseWriter: w, e: &e}
		next.ServeHTTP(seen, r)
		e.sent, e.header = sent.Bytes(), w.Header()
		if r.Context().Err() != nil {
			return // nobody waits for the answer
		}
		c, err := checker()
		if err == nil {
			err = c.check(&e)
		}
		if err != nil {
			report(fmt.Errorf("%s %s: %w", r.Method, r.URL.RequestURI(), err))
		}
	})
}

// teeBody keeps what is read of a body.
type teeBody struct {
	io.Closer
	io.Reader
}

// seenWriter keeps what is written.
type seenWriter struct {
	http.ResponseWriter

	e *exchange
}

// Unwrap lets http.ResponseController find the connection.
func (w *seenWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *seenWriter) WriteHeader(status int) {
	w.e.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *seenWriter) Write(p []byte) (int, error) {
	w.e.got = append(w.e.got, p...)
	return w.ResponseWriter.Write(p)
}
