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

// A request that took too long is answered with a page that says so, and never as if all
// were well.
func TestErrorOfACancelledRequest(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	var log strings.Builder
	ui, err := webui.New(slog.New(slog.NewTextHandler(&log, nil)), s.Registry, s.Account, httpkit.Origins{}, webui.Site{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := httptest.NewRecorder()
	ui.ServeHTTP(w, httptest.NewRequestWithContext(ctx, http.MethodGet, "/acme", http.NoBody))
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "<h1") || !strings.Contains(log.String(), "status=503") {
		t.Errorf("%d %s; the log says %s", w.Code, w.Body, &log)
	}
}
