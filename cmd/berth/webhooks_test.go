package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A server sends what it has to, where the configuration allows it.
func TestServeSendsWebhooks(t *testing.T) {
	t.Parallel()
	got := make(chan *http.Request, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got <- r }))
	t.Cleanup(receiver.Close)
	data := dataPlace(t)
	data.env = []string{"BERTH_WEBHOOKS_ALLOWED_NETWORKS=127.0.0.1"}
	data.ok("", "org create acme --owner admin")
	data.ok("", "webhook add "+receiver.URL+"/hook --org acme") // before there is a server
	_, _, stop := serve(t, data.env, data.args...)
	r := <-got
	if r.Header.Get("X-GitHub-Event") != "ping" || r.Header.Get("User-Agent") != "Berth-Hookshot/"+version || r.URL.Path != "/hook" {
		t.Errorf("%s %v", r.URL, r.Header)
	}
	if status := stop(); status != 0 {
		t.Errorf("serve: %d", status)
	}
}

// The operator of a data directory has no account whose webhooks those could be.
func TestWebhooksOfNobody(t *testing.T) {
	t.Parallel()
	status, _, errs := dataPlace(t).run("", "webhook list")
	if status == 0 || !strings.Contains(errs, "whose webhooks? Pass --org NAME or --repo OWNER/NAME") {
		t.Errorf("%d %s", status, errs)
	}
}
