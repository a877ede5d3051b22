package webui_test

import (
	"net/http"
	"testing"

	"github.com/berth-registry/berth/internal/berthtest"
)

// Where there is no page one is still signed in.
func TestNoPageKeepsTheSession(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c, session := s.As(""), signIn(t, s, "ada")
	for _, path := range []string{"/acme/-/nope", "/acme/web/-/nope", "/settings/nope"} {
		shows(t, c.Get(path, session...).Want(http.StatusNotFound), "Signed in as <strong>ada</strong>", "!>Sign in<")
		shows(t, c.Get(path).Want(http.StatusNotFound), ">Sign in<")
	}
	shows(t, c.Do(http.MethodPut, "/login", nil, session...).Want(http.StatusMethodNotAllowed), "Signed in as <strong>ada</strong>")
}
