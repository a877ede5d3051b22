package webui_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/webui"
)

// Whoever meets an error goes on from there as from any page.
func TestErrorsKeepTheMenu(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	browse(t, s, "root").page("/nobody", http.StatusNotFound, "Signed in as <strong>root</strong>", `href="/-/admin"`)
	body := browse(t, s, "ada").page("/-/admin", http.StatusForbidden, "Signed in as <strong>ada</strong>")
	if strings.Contains(body, `href="/-/admin"`) {
		t.Error("who does not administer the registry is led there")
	}
}

// What cannot be said on a page is said without.
func TestErrorWithoutPage(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ui, err := webui.New(slog.New(slog.DiscardHandler), s.Registry, s.Account, httpkit.Origins{}, webui.Site{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // no page is made for who has gone
	w := httptest.NewRecorder()
	ui.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/-/nowhere", nil))
	if got := w.Body.String(); w.Code != http.StatusNotFound || got != "There is no such page. No such address.\n" || w.Header().Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("%d %q %v", w.Code, got, w.Header())
	}
}
