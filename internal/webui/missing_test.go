package webui_test

import (
	"net/http"
	"testing"

	"github.com/berth-registry/berth"
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

// Who may restore or push to what is not there is told how, and nobody else.
func TestMissingPackage(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c, ada, bob := s.As(""), signIn(t, s, "ada"), signIn(t, s, "bob")
	s.As("ada").PushImage("ada/plain", "1", "x")
	shows(t, c.Get("/ada/nothing", ada...).Want(http.StatusNotFound), "ada/nothing", "docker push ", "!/-/trash", `href="/-/start"`)
	stranger := c.Get("/ada/nothing", bob...).Want(http.StatusNotFound)
	shows(t, stranger, "!docker push", "!/-/trash")
	shows(t, c.Get("/ada/plain", bob...).Want(http.StatusNotFound), "!docker push", "!/-/trash")
	shows(t, c.Get("/ada/plain:nope", ada...).Want(http.StatusNotFound), `href="/ada/plain/-/tags"`, "nope")
	shows(t, c.Get("/ada/plain:nope", bob...).Want(http.StatusNotFound), "!/-/tags")
	if err := s.Registry.DeletePackage(t.Context(), s.Viewer("ada"), berth.Name{Owner: "ada", Path: "plain"}); err != nil {
		t.Fatal(err)
	}
	shows(t, c.Get("/ada/plain", ada...).Want(http.StatusNotFound), "was deleted", `href="/ada/-/trash"`, "docker push ")
	shows(t, c.Get("/ada/plain", bob...).Want(http.StatusNotFound), "!was deleted", "!/-/trash", "!docker push")
	shows(t, c.Get("/ada/plain"), "!was deleted", "!/-/trash")
}
