package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
)

// inProcess sends requests to a handler in this process, without a network. Answers
// are small: pages of lists at most.
type inProcess struct{ handler http.Handler }

// RoundTrip has the handler answer the request.
func (t inProcess) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	w := &answer{header: http.Header{}}
	defer func() {
		if p := recover(); p != nil { // so a handler ends that has failed after its first byte
			resp, err = nil, fmt.Errorf("the request was given up: %v", p)
		}
	}()
	served := r.Clone(r.Context())
	if served.Body == nil { // which clients may leave out, and handlers may read
		served.Body = http.NoBody
	}
	t.handler.ServeHTTP(w, served)
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.header, Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()), Request: r,
	}, nil
}

// answer keeps what a handler sends.
type answer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *answer) Header() http.Header { return w.header }

func (w *answer) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.body.Write(p)
}

func (w *answer) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}
