package main

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
)

func TestParseTarget(t *testing.T) {
	t.Parallel()
	getenv := func(key string) string { return "from " + key }
	at := &url.URL{Scheme: "http", Host: "127.0.0.1:5000"}
	for _, tc := range []struct {
		spec string
		want target // the zero target: refused
	}{
		{"a=http://127.0.0.1:5000", target{name: "a", base: at, namespace: "bench"}},
		{"a=http://127.0.0.1:5000/,pid=12,user=u,password=p=q,namespace=n/m", target{"a", at, 12, "u", "p=q", "n/m"}},
		{"a=http://127.0.0.1:5000,user=u,password-env=PW", target{"a", at, 0, "u", "from PW", "bench"}},
		{"http://127.0.0.1:5000", target{}},
		{"a=127.0.0.1:5000", target{}},
		{"a=http://127.0.0.1:5000/registry", target{}},
		{"a=http://u:p@127.0.0.1:5000", target{}},
		{"a=http://127.0.0.1:5000,pid=0", target{}},
		{"a=http://127.0.0.1:5000,namespace=/", target{}},
		{"a=http://127.0.0.1:5000,colour=red", target{}},
	} {
		t.Run(tc.spec, func(t *testing.T) {
			t.Parallel()
			got, err := parseTarget(tc.spec, getenv)
			if tc.want.name == "" {
				if err == nil {
					t.Errorf("parseTarget accepted it: %+v", got)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if *got.base != *tc.want.base {
				t.Errorf("base = %v, want %v", got.base, tc.want.base)
			}
			got.base = tc.want.base
			if got != tc.want {
				t.Errorf("parseTarget = %+v, want %+v", got, tc.want)
			}
		})
	}
}

func TestLoopback(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"127.0.0.1": true, "127.9.9.9": true, "::1": true, "::ffff:127.0.0.1": true, "localhost": true,
		"10.0.0.1": false, "0.0.0.0": false, "registry.example": false, "localhost.example": false, "": false,
	} {
		if got := isLoopbackHost(host); got != want {
			t.Errorf("isLoopbackHost(%q) = %v, want %v", host, got, want)
		}
	}
	if err := loopbackOnly("tcp", "192.0.2.1:80", nil); !errors.Is(err, errNotLoopback) {
		t.Errorf("dialling 192.0.2.1 = %v, want errNotLoopback", err)
	}
	away := []target{{name: "a", base: &url.URL{Scheme: "http", Host: "192.0.2.1:5000"}}}
	if checkTargets(away, false) == nil || checkTargets(away, true) != nil {
		t.Error("a remote target must be refused, and allowed on request")
	}
}

// TestStaysOnHost follows a registry that points elsewhere in three ways.
func TestStaysOnHost(t *testing.T) {
	t.Parallel()
	visited := make(chan string, 10)
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { visited <- r.URL.Path }))
	t.Cleanup(other.Close)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /redirect", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"/redirected", http.StatusTemporaryRedirect)
	})
	mux.HandleFunc("POST /v2/n/r/blobs/uploads/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", other.URL+"/upload")
		w.WriteHeader(http.StatusAccepted)
	})
	c := testClient(t, mux)
	if _, err := c.do(t.Context(), request{method: http.MethodGet, url: "/redirect"}, http.StatusOK); err == nil {
		t.Error("a redirect to another host was followed")
	}
	if err := c.pushMonolithic(t.Context(), "n/r", "sha256:0", streamBody("s", 1), 1); err == nil {
		t.Error("an upload location on another host was used")
	}
	if _, err := c.do(t.Context(), request{method: http.MethodGet, url: "//" + other.Listener.Addr().String() + "/link"}, http.StatusOK); err == nil {
		t.Error("a link to another host was followed")
	}
	if len(visited) != 0 {
		t.Errorf("the other host got %s", <-visited)
	}
}

// testClient returns a client of a server that lives as long as the test.
func testClient(t *testing.T, h http.Handler) *client {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	base, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	return newClient(target{name: "t", base: base, user: "u", password: "p", namespace: "n"}, false)
}
