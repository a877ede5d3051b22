package webui_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/berth-registry/berth/internal/berthtest"
)

// Who may send a form is shown it again with what he typed; who may not is told so on a
// page of its own.
func TestFormsAgain(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ada, mia := browse(t, s, "ada"), browse(t, s, "mia")
	s.As("mia").PushImage("acme/web", "v1", "x")
	ada.send("/acme/-/new-repository", "name", "reed", "visibility", "internal")
	for path, body := range map[string]string{
		"/acme/-/people":                          form("who", "Nobody Here", "role", "member"),
		"/acme/-/teams":                           form("name", "/"),
		"/acme/-/settings/webhooks":               form("url", "nonsense", "event", "package"),
		"/acme/-/repositories/reed/webhooks":      form("url", "nonsense", "event", "package"),
		"/acme/-/repositories/reed/collaborators": form("kind", "user", "who", "Nobody Here", "role", "read"),
	} {
		for _, b := range []browser{ada, mia} {
			r := post(b.c, path, body, b.session...)
			own := strings.Contains(string(r.Body), "To the front page")
			if may := r.Status == http.StatusBadRequest || r.Status == http.StatusNotFound; b.session[1] == ada.session[1] != may || own == may {
				t.Errorf("%s: %d, a page of its own: %t", path, r.Status, own)
			}
		}
	}
	// The log is no form, and is as little shown to who may not read it.
	if page := mia.page("/acme/-/settings/audit", http.StatusForbidden); !strings.Contains(page, "To the front page") {
		t.Error(page)
	}
}

// A form has a bound, that of a README another one.
func TestLargeForms(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ada := browse(t, s, "ada")
	ada.send("/acme/-/new-repository", "name", "reed", "visibility", "private")
	long := strings.Repeat("long ", 20_000)
	post(ada.c, "/-/theme", form("theme", "dark", "next", long)).Want(http.StatusRequestEntityTooLarge)
	post(ada.c, "/acme/-/teams", form("name", long), ada.session...).Want(http.StatusRequestEntityTooLarge)
	ada.send("/acme/-/repositories/reed/readme", "readme", long)
	post(ada.c, "/acme/-/repositories/reed/readme", form("readme", strings.Repeat(long, 20)), ada.session...).Want(http.StatusRequestEntityTooLarge)
}
