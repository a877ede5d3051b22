package httpkit_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/berth-registry/berth/internal/httpkit"
)

func TestDispatcher(t *testing.T) {
	t.Parallel()
	named := func(name string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, name+" "+r.URL.Path)
		})
	}
	d := httpkit.NewDispatcher(named("rest"))
	d.Handle("/v2", named("v2"))
	d.Handle("/token", named("token"))
	d.Handle("/healthz", named("healthz"))
	tests := []struct{ target, want string }{
		{"/v2", "v2 /v2"},
		{"/v2/", "v2 /v2/"},
		{"/v2//", "v2 /v2//"},
		{"/v2/a/b/manifests/x", "v2 /v2/a/b/manifests/x"},
		{"/v2//a//b", "v2 /v2//a//b"},
		{"/v2/../healthz", "v2 /v2/../healthz"},
		{"/v2/./x", "v2 /v2/./x"},
		{"/v2/%2e%2e/token", "v2 /v2/../token"},
		{"/v2?x=/token", "v2 /v2"},
		{"/%76%32/x", "v2 /v2/x"},
		{"/token", "token /token"},
		{"/token/x", "token /token/x"},
		{"/healthz", "healthz /healthz"},
		{"http://other.example/v2/x", "v2 /v2/x"},
		{"/", "rest /"},
		{"//", "rest //"},
		{"//v2", "rest //v2"},
		{"//v2/x", "rest //v2/x"},
		{"/./v2/", "rest /./v2/"},
		{"/../v2/", "rest /../v2/"},
		{"/V2/", "rest /V2/"},
		{"/v2x", "rest /v2x"},
		{"/v", "rest /v"},
		{"/v2%00", "rest /v2\x00"},
		{"/x/v2", "rest /x/v2"},
		{"*", "rest *"},
		{"http://other.example", "rest "},
	}
	for _, test := range tests {
		for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodOptions} {
			r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(method + " " + test.target + " HTTP/1.1\r\nHost: registry.example\r\n\r\n")))
			if err != nil {
				t.Fatal(err)
			}
			w := httptest.NewRecorder()
			d.ServeHTTP(w, r)
			if w.Code != http.StatusOK || w.Header().Get("Location") != "" || w.Body.String() != test.want {
				t.Errorf("%s %s: %d %q to %q, want %q", method, test.target, w.Code, w.Body, w.Header().Get("Location"), test.want)
			}
		}
	}
}

func TestAlive(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	httpkit.Alive().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/healthz", nil))
	if w.Code != http.StatusOK || w.Body.String() != "ok\n" || w.Header().Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("%d %q %v", w.Code, w.Body, w.Header())
	}
}

func TestReady(t *testing.T) {
	t.Parallel()
	var failure error
	check := func(ctx context.Context) error {
		if _, ok := ctx.Deadline(); !ok {
			t.Error("the check may hang")
		}
		return failure
	}
	h := httpkit.Handle(slog.New(slog.DiscardHandler), httpkit.Ready(check), httpkit.FailText)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
	if w.Code != http.StatusOK || w.Body.String() != "ready\n" {
		t.Errorf("%d %q", w.Code, w.Body)
	}
	failure = errors.New("dial postgres://berth:hunter2@db")
	w = httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
	if w.Code != http.StatusServiceUnavailable || !strings.HasPrefix(w.Body.String(), "unavailable, request ") || strings.Contains(w.Body.String(), "hunter2") {
		t.Errorf("%d %q", w.Code, w.Body)
	}
}
