package webui_test

import (
	"net/http"
	"regexp"
	"testing"
	"time"

	"github.com/berth-registry/berth/internal/berthtest"
)

// What is shown once opens for the session and the page that it was made for, and not for
// long.
func TestShownOnce(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c, session, other := s.As(""), signIn(t, s, "ada"), signIn(t, s, "bob")
	post(c, "/settings/tokens/new", form("name", "older", "expires", "7", "scope", "read:user"), session...).Want(http.StatusSeeOther)
	made := post(c, "/settings/tokens/new", form("name", "once", "expires", "7", "scope", "read:user"), session...).Want(http.StatusSeeOther)
	once := cookie(t, made, "berth_once")
	if once == nil || once.MaxAge != 60 || !once.HttpOnly || len(made.Body) != 0 {
		t.Fatalf("%+v, %s", once, made.Body)
	}
	with := func(path string, session []string) *berthtest.Response {
		return c.Get(path, "Cookie", session[1]+"; berth_once="+once.Value)
	}
	for _, path := range []string{"/-/start", "/settings/tokens"} {
		r := with(path, session).Want(http.StatusOK)
		shows(t, r, "!brt_")
		if cookie(t, r, "berth_once") != nil {
			t.Errorf("%s drops the cookie of another page", path)
		}
	}
	shows(t, follow(t, c, with("/settings/tokens/made", other), other), "is shown once", "!brt_")
	r := with("/settings/tokens/made", session).Want(http.StatusOK)
	shows(t, r, "brt_", "once")
	if gone := cookie(t, r, "berth_once"); gone == nil || gone.MaxAge >= 0 {
		t.Errorf("the browser keeps it: %+v", gone)
	}
	shows(t, follow(t, c, c.Get("/settings/tokens/made", session...), session), "is shown once")

	// What was revoked is not shown, not in the place of another one either.
	post(c, "/settings/tokens/new", form("name", "second", "expires", "7", "scope", "read:user"), session...).Want(http.StatusSeeOther)
	ids := regexp.MustCompile(`/settings/tokens/(\d+)/revoke`).FindAllSubmatch(c.Get("/settings/tokens", session...).Body, -1)
	post(c, "/settings/tokens/"+string(ids[1][1])+"/revoke", "", session...).Want(http.StatusSeeOther)
	shows(t, with("/settings/tokens/made", session).Want(http.StatusNotFound), "!brt_")

	once = cookie(t, post(c, "/settings/tokens/new", form("name", "third", "expires", "7", "scope", "read:user"), session...), "berth_once")
	s.Clock.Advance(time.Minute)
	shows(t, with("/settings/tokens/made", session).Want(http.StatusOK), "brt_")
	s.Clock.Advance(time.Second)
	shows(t, follow(t, c, with("/settings/tokens/made", session), session), "is shown once", "!brt_")
	once.Value = "AAAA"
	shows(t, follow(t, c, with("/settings/tokens/made", session), session), "is shown once")
}
