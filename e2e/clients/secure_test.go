package clients_test

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"

	"github.com/rogpeppe/go-internal/testscript"
)

// secure stands a proxy with TLS before the server of the script, for clients that speak
// nothing else. $S is its address, and clients written in Go trust it.
func secure(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: secure")
	}
	to := &url.URL{Scheme: "http", Host: ts.Getenv("R")}
	proxy := httptest.NewTLSServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.SetXForwarded()
			r.Out.Host = r.In.Host
		},
		ModifyResponse: func(r *http.Response) error {
			ts.Logf("%s %s: %d", r.Request.Method, r.Request.URL, r.StatusCode)
			return nil
		},
	})
	ts.Defer(proxy.Close)
	trusted := ts.MkAbs("secure.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: proxy.Certificate().Raw})
	ts.Check(os.WriteFile(trusted, block, 0o600))
	ts.Setenv("SSL_CERT_FILE", trusted)
	ts.Setenv("S", proxy.Listener.Addr().String())
}
