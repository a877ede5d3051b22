package main

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestInProcess(t *testing.T) {
	t.Parallel()
	ask := func(h http.HandlerFunc) (int, string, error) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := inProcess{h}.RoundTrip(req)
		if err != nil {
			return 0, "", err
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		return resp.StatusCode, string(body), err
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
		if status, body, err := ask(tt.handler); err != nil || status != tt.status || body != tt.body {
			t.Errorf("%d %q, %v", status, body, err)
		}
	}
	if _, _, err := ask(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }); err == nil || !strings.Contains(err.Error(), "given up") {
		t.Error(err)
	}
}
