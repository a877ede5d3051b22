package webui_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/berth-registry/berth/internal/berthtest"
)

// The front page shows what is one's own and one's organizations', the newest first.
func TestFrontPage(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c, mia := s.As(""), signIn(t, s, "mia")
	shows(t, c.Get("/").Want(http.StatusOK), `<a class="button" href="/search">Public packages</a>`)
	for _, name := range []string{"mia/old", "ada/own", "acme/web"} {
		user, _, _ := strings.Cut(name, "/")
		if user == "acme" {
			user = "ada"
		}
		s.As(user).PushImage(name, "1", name)
		s.Clock.Advance(time.Minute)
	}
	r := c.Get("/", mia...).Want(http.StatusOK)
	shows(t, r, `href="/acme/web"`, `href="/mia/old"`, "!ada/own", "!New organization", "!Make one")
	if body := string(r.Body); strings.Index(body, `href="/acme/web"`) > strings.Index(body, `href="/mia/old"`) {
		t.Error("the newest is not the first")
	}
	shows(t, c.Get("/", signIn(t, s, "bob")...), "You are in none yet.", "Ask an administrator", "!New organization")
	shows(t, c.Get("/", signIn(t, s, "root")...), "You are in none yet.", "!Ask an administrator", `<a href="/settings/orgs">New organization</a>`)
}
