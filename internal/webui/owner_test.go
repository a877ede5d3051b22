package webui_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
)

// browser is somebody who is signed in and looks at pages.
type browser struct {
	t       *testing.T
	c       *berthtest.Client
	session []string
}

func browse(t *testing.T, s *berthtest.Server, user string) browser {
	t.Helper()
	if user == "" {
		return browser{t, s.As(""), nil}
	}
	return browser{t, s.As(""), signIn(t, s, user)}
}

// page returns a page that has all the texts.
func (b browser) page(path string, status int, texts ...string) string {
	b.t.Helper()
	body := string(b.c.Get(path, b.session...).Want(status).Body)
	b.has(path, body, texts...)
	return body
}

func (b browser) has(what, body string, texts ...string) {
	b.t.Helper()
	for _, text := range texts {
		if !strings.Contains(body, text) {
			b.t.Errorf("%s has no %q: %s", what, text, regexp.MustCompile(`<main[\s\S]*</main>`).FindString(body))
		}
	}
}

// lacks checks that a page has none of the texts.
func (b browser) lacks(path string, texts ...string) {
	b.t.Helper()
	body := string(b.c.Get(path, b.session...).Want(http.StatusOK).Body)
	for _, text := range texts {
		if strings.Contains(body, text) {
			b.t.Errorf("%s has %q", path, text)
		}
	}
}

// send sends a form and returns where it leads.
func (b browser) send(path string, pairs ...string) string {
	b.t.Helper()
	return post(b.c, path, form(pairs...), b.session...).Want(http.StatusSeeOther).Header.Get("Location")
}

// wrong sends a form that is shown again, with the texts.
func (b browser) wrong(path string, status int, body string, texts ...string) {
	b.t.Helper()
	page := string(post(b.c, path, body, b.session...).Want(status).Body)
	b.has("POST "+path, page, append(texts, `role="alert"`)...)
}

func TestOwnerPage(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ada, bob, nobody := browse(t, s, "ada"), browse(t, s, "bob"), browse(t, s, "")
	ada.page("/acme", 200, "<h1>acme</h1>", "Organization", "docker push ", "/acme/hello:1.0", "/acme/-/settings")
	bob.page("/mia", 200, "User", "There is none of mia that you may see")
	bob.page("/acme", http.StatusNotFound)
	bob.page("/nobody", http.StatusNotFound)
	if r := nobody.c.Get("/acme").Want(http.StatusSeeOther); r.Header.Get("Location") != "/login?next=%2Facme" {
		t.Error(r.Header.Get("Location"))
	}
	nobody.c.Get("/nobody").Want(http.StatusSeeOther)
	nobody.c.Get("/well-known").Want(http.StatusNotFound) // which nobody can be called
	for _, name := range []string{"web", "api", "tools/x"} {
		s.As("mia").PushImage("acme/"+name, "v1", name)
	}
	s.SetVisibility("acme/api", berth.VisibilityPublic)
	ada.page("/Acme", 200, "acme/web", "acme/api", "acme/tools/x", `action="/acme"`)
	ada.page("/acme?q=AP", 200, "acme/api", `value="AP"`)
	ada.lacks("/acme?q=ap", ">acme/web<")
	ada.lacks("/acme?visibility=public", ">acme/web<")
	ada.lacks("/acme?kind=helm", ">acme/web<")
	ada.page("/acme?q=nothing", 200, "No packages fit")
	ada.page("/acme?visibility=secret", http.StatusBadRequest)
	ada.page("/acme?sort=colour", http.StatusBadRequest)
	ada.page("/acme?page=x", http.StatusBadRequest)
	// Characters are counted, not bytes.
	ada.page("/acme?q="+strings.Repeat("ж", berth.MaxSearch), 200, "No packages fit")
	ada.page("/acme?q="+strings.Repeat("x", berth.MaxSearch+1), http.StatusBadRequest, "at most 200 characters")
	nobody.page("/acme", 200, "acme/api")
	nobody.lacks("/acme", "acme/web", "/acme/-/people", "/acme/-/settings", "/acme/-/trash")
	bob.lacks("/acme", "acme/web", "/acme/-/people", "/acme/-/settings")
}

func TestOwnerPages(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ada := browse(t, s, "ada")
	for i := range 31 {
		s.As("ada").PushImage("acme/p"+string(rune('a'+i/10))+string(rune('0'+i%10)), "v1", "x")
	}
	first := ada.page("/acme", 200, "acme/pa0", "acme/pc9", `href="/acme?page=2"`)
	if strings.Contains(first, "acme/pd0") {
		t.Error("the first page has all")
	}
	ada.page("/acme?page=2", 200, "acme/pd0", `href="/acme"`)
	ada.page("/search?q=p", 200, `href="/search?page=2`)
}

func TestOwnerByOldName(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ada, bob := browse(t, s, "ada"), browse(t, s, "bob")
	if to := ada.send("/acme/-/settings/rename", "name", "Zeal"); to != "/Zeal/-/settings" {
		t.Error(to)
	}
	r := ada.c.Get("/acme/-/people?after=a", ada.session...).Want(http.StatusSeeOther)
	if r.Header.Get("Location") != "/Zeal/-/people?after=a" {
		t.Error(r.Header.Get("Location"))
	}
	r = ada.c.Get("/%61cme/-/people?after=a", ada.session...).Want(http.StatusSeeOther) // however it is written
	if r.Header.Get("Location") != "/Zeal/-/people?after=a" {
		t.Error(r.Header.Get("Location"))
	}
	bob.page("/acme", http.StatusNotFound)
	ada.wrong("/Zeal/-/settings/rename", http.StatusConflict, form("name", "bob"))
	post(ada.c, "/acme/-/teams", form("name", "x"), ada.session...).Want(http.StatusNotFound)
}

func TestSearchPage(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ada, bob, nobody := browse(t, s, "ada"), browse(t, s, "bob"), browse(t, s, "")
	s.As("ada").PushImage("acme/harbour", "v1", "x")
	ada.send("/acme/-/new-repository", "name", "acre", "visibility", "private")
	ada.page("/search?q=harb", 200, "acme/harbour", `value="harb"`)
	ada.page("/search?q=ac", 200, `href="/acme"`, "/acme/-/repositories/acre")
	ada.page("/search?q=acme/ac", 200, "/acme/-/repositories/acre")
	bob.page("/search?q=harb", 200, "Nothing found")
	bob.lacks("/search?q=ac", `href="/acme"`, "acre")
	nobody.page("/search?q=<b>", 200, "Nothing found", "Sign in", "&lt;b&gt;")
	s.SetVisibility("acme/harbour", berth.VisibilityPublic)
	nobody.page("/search", 200, "acme/harbour")
	nobody.page("/search?q="+strings.Repeat("x", berth.MaxSearch+1), http.StatusBadRequest)
}

func TestSuggestions(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ada := browse(t, s, "ada")
	if got := ada.page("/-/suggest?kind=user&owner=acme&who=mi", 200); got != `<option value="mia"></option>` {
		t.Error(got)
	}
	if got := browse(t, s, "").page("/-/suggest?kind=user&q=mi", 200); got != "" {
		t.Errorf("strangers get %q", got)
	}
}

func TestForgeAddressesOfOwners(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	nobody := browse(t, s, "")
	for from, to := range map[string]string{
		"/ada/-/packages?q=web":                          "/ada?q=web",
		"/orgs/acme/teams":                               "/acme/-/teams",
		"/orgs/acme/teams/a%3Fb":                         "/acme/-/teams/a%3Fb",
		"/orgs/acme/people":                              "/acme/-/people",
		"/organizations/acme/settings/hooks/3":           "/acme/-/settings/webhooks/3",
		"/organizations/acme/settings/deleted_packages":  "/acme/-/trash",
		"/organizations/acme/settings/member_privileges": "/acme/-/settings",
	} {
		r := nobody.c.Get(from).Want(http.StatusSeeOther)
		if got := r.Header.Get("Location"); got != to {
			t.Errorf("%s leads to %s, want %s", from, got, to)
		}
	}
	nobody.c.Get("/orgs/api/packages").Want(http.StatusNotFound)
}

func TestTrashPage(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ada := browse(t, s, "ada")
	ada.page("/acme/-/trash", 200, "The trash is empty")
	s.As("ada").PushImage("acme/web", "v1", "x")
	s.As("ada").PushImage("acme/api", "v1", "x")
	for _, path := range []string{"api", "web"} { // so that deletions are not numbered as packages are
		if err := s.Registry.DeletePackage(t.Context(), s.Viewer("ada"), berth.Name{Owner: "acme", Path: path}); err != nil {
			t.Fatal(err)
		}
	}
	page := ada.page("/acme/-/trash", 200, "acme/web", "by ada", "1 version")
	id := regexp.MustCompile(`name="name" value="acme/web"[^>]*>\s*<input type="hidden" name="id" value="(\d+)"`).FindStringSubmatch(page)
	if id == nil {
		t.Fatal(page)
	}
	ada.wrong("/acme/-/trash", http.StatusNotFound, form("name", "acme/web", "id", "98765"))
	post(ada.c, "/acme/-/trash", form("name", "ada/web", "id", id[1]), ada.session...).Want(http.StatusBadRequest)
	if to := ada.send("/acme/-/trash", "name", "acme/web", "id", id[1]); to != "/acme/web" {
		t.Error(to)
	}
	ada.lacks("/acme/-/trash", "acme/web")
	s.As("ada").PushImage("acme/api", "v2", "y")
	ada.wrong("/acme/-/trash", http.StatusConflict, form("name", "acme/api"), "acme/api")
}

// What gives rights needs a session that was confirmed lately.
func TestOwnerFormsThatAskAgain(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ada := browse(t, s, "ada")
	ada.send("/acme/-/new-repository", "name", "web", "visibility", "private")
	s.Clock.Advance(31 * time.Minute)
	for _, path := range []string{
		"/acme/-/people", "/acme/-/people/invitations", "/acme/-/settings", "/acme/-/settings/rename", "/acme/-/settings/delete", "/acme/-/settings/webhooks",
		"/acme/-/repositories/web/collaborators", "/acme/-/repositories/web/settings", "/acme/-/repositories/web/delete",
	} {
		page := string(post(ada.c, path, form("who", "bob"), ada.session...).Want(http.StatusOK).Body)
		ada.has(path, page, "Confirm that it is you", url.PathEscape("who"))
	}
}
