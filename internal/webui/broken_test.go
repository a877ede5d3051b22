package webui_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/webui"
)

// What breaks is told to the log. Whoever asked gets a page with the number under which
// it is found there, and nothing of the cause.
func TestPageOfWhatBroke(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	session := signIn(t, s, "ada")
	var log bytes.Buffer
	ui, err := webui.New(slog.New(slog.NewTextHandler(&log, nil)), s.Registry, s.Account, httpkit.Origins{}, webui.Site{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Meta.Close(); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ user, path string }{{"", "/acme"}, {"", "/acme/web:1"}, {"", "/search?q=a"}, {"ada", "/acme"}, {"ada", "/settings"}} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, test.path, http.NoBody)
		if test.user != "" {
			r.Header.Set(session[0], session[1])
		}
		w := httptest.NewRecorder()
		log.Reset()
		ui.ServeHTTP(w, r)
		page, line := w.Body.String(), log.String()
		if w.Code != http.StatusInternalServerError || w.Header().Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%s: %d, %s", test.path, w.Code, w.Header())
		}
		if !strings.Contains(page, "<h1>Something broke on our side</h1>") || !strings.HasSuffix(strings.TrimSpace(page), "</html>") {
			t.Errorf("%s: %s", test.path, page)
		}
		if strings.Contains(page, "database") || strings.Contains(page, "sql") {
			t.Errorf("%s tells the cause: %s", test.path, page)
		}
		id := regexp.MustCompile(`Request (\w+)<`).FindStringSubmatch(page)
		if id == nil || !strings.Contains(line, id[1]) || !strings.Contains(line, "database is closed") {
			t.Errorf("%s: request %q, and in the log %s", test.path, id, line)
		}
	}
}
