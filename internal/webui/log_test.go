package webui_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/webui"
)

// The address of an invitation is its secret. Whoever reads the log must not be
// able to join, however the address was mistyped.
func TestInvitationIsNotLogged(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	var log bytes.Buffer
	ui, err := webui.New(slog.New(slog.NewTextHandler(&log, nil)), s.Registry, s.Account, httpkit.Origins{}, webui.Site{})
	if err != nil {
		t.Fatal(err)
	}
	for _, request := range []string{
		"GET /join/bri_hidden", "GET /join/bri_hidden/", "GET /join/x/bri_hidden", "PUT /join/bri_hidden", "POST /join/bri_hidden",
	} {
		method, path, _ := strings.Cut(request, " ")
		r := httptest.NewRequestWithContext(t.Context(), method, path, http.NoBody)
		log.Reset()
		ui.ServeHTTP(httptest.NewRecorder(), r)
		if line := log.String(); strings.Contains(line, "hidden") || !strings.Contains(line, "path=/join/{code}") {
			t.Errorf("%s: %s", request, line)
		}
	}
}
