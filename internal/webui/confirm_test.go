package webui_test

import (
	"html"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/webui"
)

var (
	confirmForm = regexp.MustCompile(`(?s)<form class="stack box box-body" method="post" action="([^"]+)">(.*?)</form>`)
	hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`)
)

// confirmed sends a form an hour after signing in, and the page that asks for the
// password after it, as a browser does. What is secret must not be on that page.
func (b browser) confirmed(s *berthtest.Server, path string, pairs ...string) *berthtest.Response {
	b.t.Helper()
	s.Clock.Advance(time.Hour)
	asked := string(post(b.c, path, form(pairs...), b.session...).Want(http.StatusOK).Body)
	found := confirmForm.FindStringSubmatch(asked)
	if found == nil || !strings.Contains(asked, "Confirm that it is you") {
		b.t.Fatalf("%s does not ask again: %s", path, asked)
	}
	if strings.Contains(asked, "hush") {
		b.t.Errorf("%s: a secret lies in the page: %s", path, found[2])
	}
	return post(b.c, html.UnescapeString(found[1]), hiddenFields(found[2], password), b.session...)
}

// hiddenFields is the form of a page, filled in with a password.
func hiddenFields(page, typed string) string {
	pairs := []string{"-confirm", typed}
	for _, field := range hiddenField.FindAllStringSubmatch(page, -1) {
		pairs = append(pairs, html.UnescapeString(field[1]), html.UnescapeString(field[2]))
	}
	return form(pairs...)
}

// asking is a form that asks for the password again, and what it leads to when that is
// typed: a status, and for a page a text on it.
type asking struct {
	who, route, path string
	fields           []string
	status           int
	text             string
}

// Every form that asks for the password again does what was asked, with all that was
// typed.
func TestConfirmAndSend(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	people := map[string]browser{}
	for _, name := range []string{"ada", "bob", "mia", "root"} {
		people[name] = browse(t, s, name)
	}
	ada := people["ada"]
	s.As("ada").PushImage("acme/web", "v1", "one")
	ada.send("/acme/-/new-repository", "name", "reed", "visibility", "private")
	ada.send("/acme/web/-/settings/repository", "q", "reed")
	ada.send("/acme/-/teams", "name", "front")
	ada.send("/acme/-/people/service-accounts", "name", "acme-bot")
	ada.send("/acme/web/-/settings/tags", "pattern", "a*")
	ada.send("/acme/-/settings/tags", "pattern", "b*")
	done := map[string]bool{}
	for _, f := range askingForms() {
		r := people[f.who].confirmed(s, f.path, f.fields...)
		if f.status == http.StatusSeeOther && f.text != "" { // it is shown once
			r.Body = follow(t, people[f.who].c, r, people[f.who].session).Body
		}
		if r.Status != f.status || !strings.Contains(string(r.Body), f.text) {
			t.Errorf("%s: %d %s", f.path, r.Status, regexp.MustCompile(`role="alert".*`).Find(r.Body))
		}
		done["POST "+f.route] = true
	}
	checkAsking(t, people["root"], s, done)
}

// checkAsking looks that no other form asks.
func checkAsking(t *testing.T, b browser, s *berthtest.Server, known map[string]bool) {
	t.Helper()
	ui, err := webui.New(slog.New(slog.DiscardHandler), s.Registry, s.Account, httpkit.Origins{}, webui.Site{})
	if err != nil {
		t.Fatal(err)
	}
	s.Clock.Advance(time.Hour)
	dangerous := form("visibility", "public", "on", "yes", "scope", "admin")
	for _, route := range ui.Routes() {
		path, isPost := strings.CutPrefix(route, "POST ")
		if !isPost || path == "/logout" || known[route] {
			continue
		}
		r := post(b.c, regexp.MustCompile(`\{[a-z.]+\}`).ReplaceAllString(path, "x"), dangerous, b.session...)
		if strings.Contains(string(r.Body), "Confirm that it is you") {
			t.Errorf("%s asks for the password again: try what it does then", route)
		}
	}
}

func askingForms() []asking {
	const (
		user, account = "/-/admin/users/{user}", "/acme/-/people/service-accounts/acme-bot"
		repo, ofRepo  = "/{owner}/-/repositories/{repository}", "/acme/-/repositories/reed"
		pkg, web      = "/{owner}/{path...}/-", "/acme/web/-"
		owner, acme   = "/{owner}/-/settings", "/acme/-/settings"
	)
	list := []asking{
		{"root", "/-/admin/new-user", "/-/admin/new-user", []string{"name", "eve", "password", "hush, I say"}, 303, ""},
		{"root", user + "/password", "/-/admin/users/eve/password", []string{"password", "hush, you"}, 303, ""},
		{"root", user + "/admin", "/-/admin/users/eve/admin", []string{"admin", "true"}, 303, ""},
		{"root", user + "/blocked", "/-/admin/users/eve/blocked", []string{"blocked", "true"}, 303, ""},
		{"root", user + "/second-factor", "/-/admin/users/eve/second-factor", nil, 400, "eve"},
		{"root", user + "/name", "/-/admin/users/eve/name", []string{"name", "eva"}, 303, ""},
		{"root", user + "/quota", "/-/admin/users/eva/quota", []string{"limit", "1", "unit", "GiB"}, 303, ""},
		{"root", "/-/admin/quotas", "/-/admin/quotas", []string{"limit", "9", "unit", "GiB"}, 303, ""},
		{"root", "/-/admin/quotas/{owner}", "/-/admin/quotas/acme", []string{"limit", "9", "unit", "GiB"}, 303, ""},
		{"root", user + "/delete", "/-/admin/users/eva/delete", []string{"confirm", "eva"}, 303, ""},
		{"root", "/-/admin/invitations", "/-/admin/invitations", []string{"note", "eve & co", "days", "7"}, 303, "eve &amp; co"},
		{"root", "/-/admin/packages/{type}", "/-/admin/packages/container", []string{"state", "on"}, 303, ""},
		{"ada", "/settings", "/settings", []string{"visibility", "public"}, 303, ""},
		{"ada", "/settings/tokens/new", "/settings/tokens/new", []string{"name", "x", "expires", "30", "scope", "user", "scope", "admin:org"}, 303, "Your new access token"},
		{"ada", "/settings/security/identities/unlink", "/settings/security/identities/unlink", []string{"provider", "corp", "subject", "1"}, 404, ""},
		{"ada", "/login/cli", "/login/cli", []string{"port", "4000", "challenge", challenge, "name", "laptop"}, 303, ""},
		{"ada", "/{owner}/-/people", "/acme/-/people", []string{"who", "bob", "role", "member"}, 303, ""},
		{"ada", "/{owner}/-/people/invitations", "/acme/-/people/invitations", []string{"role", "owner", "days", "7"}, 303, "/join/"},
		{"ada", "/{owner}/-/teams/{team}/members", "/acme/-/teams/front/members", []string{"who", "bob"}, 303, ""},
		{"ada", "/{owner}/-/teams/{team}/members/remove", "/acme/-/teams/front/members/remove", []string{"who", "bob"}, 303, ""},
		{"ada", "/{owner}/-/teams/{team}/delete", "/acme/-/teams/front/delete", []string{"confirm", "front"}, 303, ""},
		{"ada", "/{owner}/-/people/service-accounts/{account}/tokens", account + "/tokens", []string{"name", "x", "scope", "read:packages", "days", "90"}, 303, "brt_"},
		{"ada", "/{owner}/-/people/service-accounts/{account}/delete", account + "/delete", []string{"confirm", "acme-bot"}, 303, ""},
		{"ada", "/{owner}/-/new-repository", "/acme/-/new-repository", []string{"name", "rush", "visibility", "private"}, 303, ""},
		{"ada", repo + "/collaborators", ofRepo + "/collaborators", []string{"kind", "user", "who", "bob", "role", "read"}, 303, ""},
		{"ada", repo + "/collaborators/remove", ofRepo + "/collaborators/remove", []string{"kind", "user", "who", "bob"}, 303, ""},
		{"ada", repo + "/settings", ofRepo + "/settings", []string{"name", "reed", "description", "it's <b>", "visibility", "internal"}, 303, ""},
		{"ada", pkg + "/settings/visibility", web + "/settings/visibility", []string{"visibility", "internal"}, 303, ""},
		{"ada", pkg + "/settings/inherit", web + "/settings/inherit", []string{"on", "yes"}, 303, ""},
		{"ada", pkg + "/settings/unlink", web + "/settings/unlink", nil, 303, ""},
		{"ada", pkg + "/settings/repository", web + "/settings/repository", []string{"q", "reed"}, 303, ""},
		{"ada", pkg + "/settings/access", web + "/settings/access", []string{"kind", "user", "who", "bob", "role", "write"}, 303, ""},
		{"ada", pkg + "/settings/access/remove", web + "/settings/access/remove", []string{"kind", "user", "who", "bob"}, 303, ""},
		{"ada", pkg + "/settings/tags", web + "/settings/tags", []string{"pattern", "z*"}, 303, ""},
		{"ada", owner + "/tags", acme + "/tags", []string{"pattern", "y*"}, 303, ""},
		{"ada", pkg + "/settings/move", web + "/settings/move", []string{"owner", "acme", "path", "site"}, 303, ""},
		{"ada", pkg + "/settings/move", "/acme/site/-/settings/move", []string{"owner", "acme", "path", "web"}, 303, ""},
		{"ada", pkg + "/settings/names/drop", web + "/settings/names/drop", []string{"name", "acme/site"}, 303, ""},
		{"ada", owner + "/names", acme + "/names", []string{"name", "acme/site"}, 404, ""},
		{"ada", pkg + "/settings/tags/delete", web + "/settings/tags/delete", []string{"id", "1"}, 303, ""},
		{"ada", owner + "/tags/delete", acme + "/tags/delete", []string{"id", "2"}, 303, ""},
		{"ada", pkg + "/settings/retention", web + "/settings/retention", []string{"keep_newest", "3", "keep_tags", "a*\r\nb*"}, 303, ""},
		{"ada", pkg + "/settings/retention/delete", web + "/settings/retention/delete", nil, 303, ""},
		{"ada", owner + "/retention", acme + "/retention", []string{"keep_newest", "3"}, 303, ""},
		{"ada", owner + "/retention/delete", acme + "/retention/delete", nil, 303, ""},
		{"ada", pkg + "/tags/delete", web + "/tags/delete", []string{"tag", "v1"}, 303, ""},
		{"ada", pkg + "/versions/delete", web + "/versions/delete", []string{"id", "987", "id", "654"}, 404, ""},
		{"ada", pkg + "/settings/delete", web + "/settings/delete", []string{"confirm", "acme/web"}, 303, ""},
	}
	list = append(list, askingWebhooks(owner+"/webhooks", acme+"/webhooks", "1")...)
	list = append(list, askingWebhooks(repo+"/webhooks", ofRepo+"/webhooks", "2")...)
	return append(list, []asking{
		{"ada", repo + "/delete", ofRepo + "/delete", []string{"confirm", "acme/reed"}, 303, ""},
		{"ada", "/{owner}/-/people/remove", "/acme/-/people/remove", []string{"who", "bob"}, 303, ""},
		{"mia", "/settings/orgs/{owner}/leave", "/settings/orgs/acme/leave", nil, 303, ""},
		{"bob", "/settings/name", "/settings/name", []string{"name", "bobby"}, 303, ""},
		{"ada", owner, acme, []string{"base_role", "none", "visibility", "private"}, 303, ""},
		{"ada", owner + "/rename", acme + "/rename", []string{"name", "ulmus"}, 303, ""},
		{"ada", owner + "/delete", "/ulmus/-/settings/delete", []string{"confirm", "ulmus", "packages", "purge"}, 303, ""},
	}...)
}

func askingWebhooks(route, at, id string) []asking {
	hook := []string{"url", "https://ci.example.com/hook", "content_type", "json", "event", "package", "secret", "hush-hush"}
	return []asking{
		{"ada", route, at, hook, 303, ""},
		{"ada", route + "/{hook}", at + "/" + id, hook, 303, ""},
		{"ada", route + "/{hook}/delete", at + "/" + id + "/delete", nil, 303, ""},
	}
}

// What is secret comes through as it was typed.
func TestConfirmedSecrets(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	root, ada, nobody := browse(t, s, "root"), browse(t, s, "ada"), s.As("")
	signsIn := func(name, secret string) {
		t.Helper()
		post(nobody, "/login", form("name", name, "password", secret)).Want(http.StatusSeeOther)
	}
	root.confirmed(s, "/-/admin/new-user", "name", "eve", "password", "hush + <hush>").Want(http.StatusSeeOther)
	signsIn("eve", "hush + <hush>")
	root.confirmed(s, "/-/admin/users/eve/password", "password", "hush & \"hush\"").Want(http.StatusSeeOther)
	signsIn("eve", "hush & \"hush\"")
	one := ada.confirmed(s, "/acme/-/settings/webhooks", "url", "https://ci.example.com/", "content_type", "json", "event", "package", "secret", "hush").Want(http.StatusSeeOther).Header.Get("Location")
	ada.page(one, http.StatusOK, "There is one; empty leaves it")

	// A wrong password loses nothing.
	s.Clock.Advance(time.Hour)
	asked := post(root.c, "/-/admin/users/eve/password", form("password", "hush, you"), root.session...).Want(http.StatusOK)
	fields := hiddenFields(confirmForm.FindStringSubmatch(string(asked.Body))[2], "not it")
	asked = post(root.c, "/-/admin/users/eve/password", fields, root.session...).Want(http.StatusBadRequest)
	fields = hiddenFields(confirmForm.FindStringSubmatch(string(asked.Body))[2], password)
	// What was sealed for one form is nothing to another.
	post(root.c, "/-/admin/users/ada/password", fields, root.session...).Want(http.StatusBadRequest)
	// Whoever has confirmed in another window meanwhile need not do it again.
	root.send("/-/admin/users/eve/admin", "admin", "true", "-confirm", password)
	post(root.c, "/-/admin/users/eve/password", fields, root.session...).Want(http.StatusSeeOther)
	signsIn("eve", "hush, you")
	if v := s.Viewer("eve"); v.Login != "eve" || berth.CheckSite(v) != nil {
		t.Errorf("%+v", v)
	}
}
