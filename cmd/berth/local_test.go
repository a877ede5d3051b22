package main

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestInProcess(t *testing.T) {
	t.Parallel()
	ask := func(h http.HandlerFunc) (*http.Response, error) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/", nil)
		if err != nil {
			t.Fatal(err)
		}
		return inProcess{h}.RoundTrip(req)
	}
	for _, tt := range []struct {
		handler http.HandlerFunc
		status  int
		body    string
	}{
		{func(http.ResponseWriter, *http.Request) {}, 200, ""},
		{func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "x") }, 200, "x"},
		{func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusTeapot)
			w.WriteHeader(http.StatusOK)
			_, _ = io.WriteString(w, "x")
		}, 418, "x"},
		{func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }, 200, ""},
	} {
		resp, err := ask(tt.handler)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != tt.status || string(body) != tt.body {
			t.Errorf("%d %q, %v", resp.StatusCode, body, err)
		}
	}
	if _, err := ask(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }); err == nil || !strings.Contains(err.Error(), "given up") {
		t.Error(err)
	}
}
