package webui_test

import (
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/webui"
)

// harmless lists the forms that a browser left open may send: they neither give nor take
// rights, and what they do can be undone. Whoever adds another says so here.
func harmless() []string {
	return []string{
		"/-/start", // a token to pull and push
		"/-/theme",
		"/-/admin/invitations/{id}/drop",
		"/-/admin/jobs",
		"/-/admin/orgs",
		"/settings/orgs",
		"/settings/tokens/{id}/revoke",
		"/{owner}/-/people/invitations/drop",
		"/{owner}/-/people/service-accounts",
		"/{owner}/-/people/service-accounts/{account}/revoke",
		"/{owner}/-/repositories/{repository}/webhooks/{hook}/deliveries/{delivery}",
		"/{owner}/-/repositories/{repository}/webhooks/{hook}/ping",
		"/{owner}/-/repositories/{repository}/readme", // text, as with a push; too long to be asked twice
		"/{owner}/-/settings/retention/preview",
		"/{owner}/-/settings/webhooks/{hook}/deliveries/{delivery}",
		"/{owner}/-/settings/webhooks/{hook}/ping",
		"/{owner}/-/teams",
		"/{owner}/-/trash",
		"/{owner}/{path...}/-/settings/retention/preview",
		"/{owner}/{path...}/-/trash",

		// These are for those who are not signed in, or end a session.
		"/join", "/join/{code}", "/login", "/login/cli/token", "/logout",
		"/settings/sessions/end-others", "/settings/sessions/{id}/end",

		// These ask for the password, or a code, themselves.
		"/settings/security/factor", "/settings/security/factor/codes", "/settings/security/factor/confirm",
		"/settings/security/factor/off", "/settings/security/password",
	}
}

// Every form is either known to do no harm or asks for the password in a session that is
// old, before anything else.
func TestFormsAskForThePassword(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ui, err := webui.New(slog.New(slog.DiscardHandler), s.Registry, s.Account, httpkit.Origins{}, webui.Site{})
	if err != nil {
		t.Fatal(err)
	}
	c, session, other := s.As(""), signIn(t, s, "root"), regexp.MustCompile(`\{[a-z]+(\.\.\.)?\}`)
	s.Clock.Advance(time.Hour)
	// What makes those dangerous that are so with some values only.
	body := form("visibility", "public", "scope", "admin", "port", "4000", "challenge", challenge, "name", "x")
	want, got := harmless(), []string{}
	for _, route := range ui.Routes() {
		method, path, _ := strings.Cut(route, " ")
		if method != http.MethodPost {
			continue
		}
		if slices.Contains(want, path) {
			got = append(got, path)
		}
		if path == "/logout" {
			continue // it would end the session
		}
		r := post(c, other.ReplaceAllString(path, "x"), body, session...)
		if asks := strings.Contains(string(r.Body), "Confirm that it is you"); asks == slices.Contains(want, path) {
			t.Errorf("%s: asks for the password: %t", path, asks)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("harmless forms (-listed +there):\n%s", diff)
	}
}
