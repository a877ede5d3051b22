package webui_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/berth-registry/berth/internal/berthtest"
)

// The commands of the first steps need nothing that is not on the page, with either client.
func TestFirstCommands(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c, host := s.As(""), strings.TrimPrefix(s.URL, "http://")
	r := c.Get("/-/start", signIn(t, s, "ada")...).Want(http.StatusOK)
	for _, client := range []string{"docker", "podman"} {
		shows(t, r, client+" build -t "+host+"/ada/hello:1.0 - &lt;&lt;&#39;END&#39;\nFROM scratch\n")
	}
	shows(t, r, "docker push "+host+"/ada/hello:1.0", "podman login --tls-verify=false "+host+" -u ada", "podman push --tls-verify=false "+host+"/ada/hello:1.0",
		`<a href="/ada/hello">`, `!administer`)
	shows(t, c.Get("/-/start", signIn(t, s, "root")...), "You administer this registry", `href="/settings/security"`, `href="/-/admin/users"`)
	shows(t, c.Get("/-/start"), "/NAME/hello:1.0", "!hx-get")
}

// The page of the first steps asks whether a push has arrived, for a while.
func TestFirstPushArrives(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c, session := s.As(""), signIn(t, s, "mia")
	since := s.Clock.Now().Unix()
	ask := fmt.Sprintf("/-/start/arrived?since=%d", since)
	shows(t, c.Get("/-/start", session...).Want(http.StatusOK), `hx-get="`+ask+`"`)
	c.Get(ask, session...).Want(http.StatusNoContent)
	s.As("ada").PushImage("ada/web", "1", "x") // not hers
	c.Get(ask, session...).Want(http.StatusNoContent)
	s.Clock.Advance(11 * time.Minute)
	shows(t, c.Get(ask, session...).Want(http.StatusOK), "Nothing has arrived", "!hx-get")
	s.As("ada").PushImage("acme/web", "1", "y") // where she is a member
	shows(t, c.Get(ask, session...).Want(http.StatusOK), `href="/acme/web"`, "!hx-get", "!<html")
	later := fmt.Sprintf("/-/start/arrived?since=%d", s.Clock.Now().Unix()+1)
	c.Get(later, session...).Want(http.StatusNoContent)
	s.Clock.Advance(time.Minute)
	s.As("mia").PushImage("mia/hello", "1.0", "z")
	shows(t, c.Get(later, session...).Want(http.StatusOK), `href="/mia/hello"`)
	for _, wrong := range []string{"", "?since=x", "?since=-1", "?since=0", "?since=99999999999999999999"} {
		c.Get("/-/start/arrived"+wrong, session...).Want(http.StatusBadRequest)
	}
}
