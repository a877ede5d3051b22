package webui_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/registry"
)

// settings is somebody at the settings of acme/web.
type settings struct {
	t       *testing.T
	s       *berthtest.Server
	c       *berthtest.Client
	session []string
	name    berth.Name
}

func atSettings(t *testing.T) settings {
	t.Helper()
	s := berthtest.New(t)
	s.As("ada").PushImage("acme/web", "v1", "one")
	return settings{t, s, s.As(""), signIn(t, s, "ada"), berth.Name{Owner: "acme", Path: "web"}}
}

const settingsPath = "/acme/web/-/settings"

// send posts a form and returns where it leads.
func (a settings) send(rest string, pairs ...string) string {
	a.t.Helper()
	return post(a.c, settingsPath+rest, form(pairs...), a.session...).Want(http.StatusSeeOther).Header.Get("Location")
}

// wrong posts a form on which something is wrong and checks what the page says.
func (a settings) wrong(rest string, status int, says string, pairs ...string) {
	a.t.Helper()
	r := post(a.c, settingsPath+rest, form(pairs...), a.session...).Want(status)
	if body := string(r.Body); !strings.Contains(body, `role="alert"`) || !strings.Contains(body, says) {
		a.t.Errorf("%s: no %q in %s", rest, says, body)
	}
}

// shows checks that a page has texts, and that it has not those that begin with "!".
func (a settings) shows(path string, texts ...string) {
	a.t.Helper()
	body := string(a.c.Get(path, a.session...).Want(http.StatusOK).Body)
	for _, text := range texts {
		plain, not := strings.CutPrefix(text, "!")
		if strings.Contains(body, plain) == not {
			a.t.Errorf("%s: %q in %s", path, text, body)
		}
	}
}

func (a settings) pkg() registry.Package {
	a.t.Helper()
	p, err := a.s.Registry.GetPackage(a.t.Context(), berth.Operator(), a.name)
	if err != nil {
		a.t.Fatal(err)
	}
	return p
}

func (a settings) makeRepository(name string, visibility berth.Visibility) {
	a.t.Helper()
	if _, err := a.s.Account.CreateRepository(a.t.Context(), a.s.Viewer("ada"), "acme", account.RepositoryChange{Name: &name, Visibility: &visibility}); err != nil {
		a.t.Fatal(err)
	}
}

func TestVisibilityInSettings(t *testing.T) {
	t.Parallel()
	a := atSettings(t)
	a.shows(settingsPath, "Anonymous pull: <strong>yes</strong>", `value="private" required checked`, "/acme/-/settings/webhooks", "!forbids public")
	a.send("/visibility", "visibility", "internal")
	if got := a.pkg().Visibility; got != berth.VisibilityInternal {
		t.Errorf("%s", got)
	}
	a.wrong("/visibility", http.StatusBadRequest, "secret", "visibility", "secret")
	no := false
	if _, err := a.s.Account.UpdateOrg(t.Context(), berth.Operator(), "acme", account.OrgChange{AllowPublic: &no}); err != nil {
		t.Fatal(err)
	}
	a.shows(settingsPath, "acme forbids public packages", `value="public" required disabled`)
	a.wrong("/visibility", http.StatusConflict, "forbids", "visibility", "public")
}

// What changes what others may do asks for the password again after a while; making a
// package private does not.
func TestSureSettings(t *testing.T) {
	t.Parallel()
	a := atSettings(t)
	a.makeRepository("reed", berth.VisibilityPublic)
	a.send("/repository", "q", "reed")
	a.s.Clock.Advance(31 * time.Minute)
	before := a.s.State()
	for _, f := range [][]string{
		{"/visibility", "visibility", "public"},
		{"/visibility", "visibility", "internal"},
		{"/inherit", "on", "yes"},
		{"/delete", "confirm", "acme/web"},
		{"/access", "kind", "user", "who", "bob", "role", "read"},
		{"/names/drop", "name", "acme/x"},
		{"/move", "owner", "acme", "path", "site"},
		{"/tags/delete", "id", "1"},
		{"/retention", "keep_newest", "1"},
		{"/retention/delete"},
		{"/inherit", "on", "no"},
	} {
		r := post(a.c, settingsPath+f[0], form(f[1:]...), a.session...).Want(http.StatusOK)
		if !strings.Contains(string(r.Body), "Confirm that it is you") {
			t.Errorf("%v: %s", f, r.Body)
		}
	}
	if diff := cmp.Diff(before, a.s.State()); diff != "" {
		t.Error(diff)
	}
	a.send("/visibility", "visibility", "private")
	a.send("/visibility", "visibility", "public", "-confirm", password)
	if got := a.pkg().Visibility; got != berth.VisibilityPublic {
		t.Errorf("%s", got)
	}
}

func TestLinkInSettings(t *testing.T) {
	t.Parallel()
	a := atSettings(t)
	a.makeRepository("reed", berth.VisibilityInternal)
	a.shows(settingsPath, "Link to a repository of acme", "!Inherit access")
	a.wrong("/repository", http.StatusNotFound, `value="rush"`, "q", "rush")
	a.wrong("/inherit", http.StatusBadRequest, "use yes or no", "on", "perhaps")
	a.wrong("/inherit", http.StatusConflict, "link it first", "on", "yes")
	a.wrong("/unlink", http.StatusConflict, "not linked")
	a.send("/repository", "q", "acme/reed")
	a.shows(settingsPath, "/acme/-/repositories/reed", "Inherit access: off", "!turn off <a")
	a.send("/inherit", "on", "yes")
	if p := a.pkg(); !p.Inherit || p.Visibility != berth.VisibilityInternal {
		t.Errorf("%+v", p)
	}
	a.shows(settingsPath, "Inherit access: on", `<fieldset class="box" disabled>`, "has the visibility of", "inheriting access</a> first")
	a.wrong("/visibility", http.StatusConflict, "stop inheriting first", "visibility", "private")
	a.send("/inherit", "on", "no")
	a.send("/unlink")
	if p := a.pkg(); p.Inherit || p.Repository != "" || p.Visibility != berth.VisibilityInternal {
		t.Errorf("%+v", p)
	}
}

func TestAccessInSettings(t *testing.T) {
	t.Parallel()
	a := atSettings(t)
	a.send("/access", "kind", "user", "who", "bob", "role", "write")
	a.shows(settingsPath+"/access", `aria-label="Role of bob"`, `hx-get="/-/suggest?kind=team&amp;owner=acme"`, "members have the base role")
	a.send("/access", "kind", "user", "who", "bob", "role", "read")
	roles, err := a.s.Registry.ListRoles(t.Context(), berth.Operator(), a.name, 0, 10)
	if err != nil || len(roles) != 2 || roles[1].Name != "bob" || roles[1].Role != berth.RoleRead {
		t.Errorf("%+v, %v", roles, err)
	}
	a.wrong("/access", http.StatusNotFound, `value="nobody"`, "kind", "user", "who", "nobody", "role", "read")
	a.wrong("/access", http.StatusBadRequest, "role", "kind", "user", "who", "bob", "role", "king")
	a.wrong("/access", http.StatusBadRequest, "use user, team or repository", "kind", "dog", "who", "rex", "role", "read")
	a.wrong("/access", http.StatusBadRequest, "Write whose role", "kind", "user", "who", " ", "role", "read")
	a.send("/access/remove", "kind", "user", "who", "bob")
	a.wrong("/access/remove", http.StatusNotFound, "Roles given here", "kind", "user", "who", "bob")
	a.shows(settingsPath+"/access", `!aria-label="Role of bob"`)
	a.c.Get(settingsPath+"/access?after=x", a.session...).Want(http.StatusBadRequest)
	// Who may only pull sees none of it, and is not sent what is wrong with a form.
	a.send("/access", "kind", "user", "who", "bob", "role", "read")
	bob := signIn(t, a.s, "bob")
	for _, rest := range []string{"", "/access", "/tags", "/retention", "/names"} {
		a.c.Get(settingsPath+rest, bob...).Want(http.StatusForbidden)
	}
	for _, f := range [][]string{{"/delete", "confirm", "x"}, {"/visibility", "visibility", "x"}, {"/retention/preview", "keep_newest", "x"}, {"/move", "owner", "-", "path", ""}} {
		post(a.c, settingsPath+f[0], form(f[1:]...), bob...).Want(http.StatusForbidden)
	}
	if to := post(a.c, settingsPath+"/access/remove", form("kind", "user", "who", "ada"), a.session...).Want(http.StatusSeeOther).Header.Get("Location"); to != "/" {
		t.Errorf("after one's own role: %s", to)
	}
}

func TestTagRulesInSettings(t *testing.T) {
	t.Parallel()
	a := atSettings(t)
	a.send("/tags", "pattern", "v*", "users", "bob, mia")
	post(a.c, "/acme/-/settings/tags", form("pattern", "latest"), a.session...).Want(http.StatusSeeOther)
	a.shows(settingsPath+"/tags", "Rule of acme", "Immutable", `tagname">v*<`, ">mia<", "Remove the rule for v*", "!Remove the rule for latest")
	a.shows("/acme/-/settings/tags", "Remove the rule for latest", `!tagname">v*<`, "!Rule of acme", "/acme/-/settings/webhooks")
	a.wrong("/tags", http.StatusNotFound, `value="nobody here"`, "pattern", "x*", "users", "nobody here")
	a.wrong("/tags", http.StatusBadRequest, `value="a b"`, "pattern", "a b")
	rules, err := a.s.Registry.ListTagRules(t.Context(), berth.Operator(), a.name)
	if err != nil || len(rules) != 2 || !cmp.Equal(rules[1].Movers.Users, []string{"bob", "mia"}) {
		t.Fatalf("%+v, %v", rules, err)
	}
	a.wrong("/tags/delete", http.StatusNotFound, "Protected tags", "id", "x")
	a.send("/tags/delete", "id", "1")
	a.shows(settingsPath+"/tags", `!tagname">v*<`, `tagname">latest<`)
	a.c.Get("/login/-/settings/tags", a.session...).Want(http.StatusNotFound)
}

func TestRetentionInSettings(t *testing.T) {
	t.Parallel()
	a := atSettings(t)
	doomed := a.s.As("ada").PushImage("acme/web", "pr-1", "two").String()
	a.s.As("ada").PushImage("acme/web", "pr-2", "three")
	a.s.Clock.Advance(48 * time.Hour)
	a.session = signIn(t, a.s, "ada")
	a.shows(settingsPath+"/retention", "There is no rule", `name="keep_newest" type="number" inputmode="numeric" min="0" max="100000" value="10"`, "!Remove this rule")
	before := a.s.State()
	for path, more := range map[string][]string{settingsPath: nil, "/acme/-/settings": {"package", "acme/web"}} {
		r := post(a.c, path+"/retention/preview", form(append(more, "remove_tags", "pr-*", "keep_newest", "1", "active", "on")...), a.session...).Want(http.StatusOK)
		for _, text := range []string{"Preview of acme/web", "<strong>1 version</strong> of 3 would go", `title="` + doomed, ">pr-1<", "That frees", "1 are among the newest", "pr-*</textarea>"} {
			if !strings.Contains(string(r.Body), text) {
				t.Errorf("no %q in %s", text, r.Body)
			}
		}
	}
	a.wrong("/retention/preview", http.StatusBadRequest, `value="many"`, "keep_newest", "many")
	a.wrong("/retention/preview", http.StatusBadRequest, "expected from 0", "keep_newest", "-1")
	post(a.c, "/acme/-/settings/retention/preview", form("keep_newest", "1"), a.session...).Want(http.StatusBadRequest)
	if diff := cmp.Diff(before, a.s.State()); diff != "" {
		t.Error(diff)
	}
	post(a.c, "/acme/-/settings/retention", form("remove_tags", "x-*", "active", "on"), a.session...).Want(http.StatusSeeOther)
	a.shows(settingsPath+"/retention", "rule of acme</a> counts here", "x-*</textarea>", "!Remove this rule")
	a.wrong("/retention", http.StatusBadRequest, "a b*", "keep_tags", "é", "remove_tags", "a b*")
	a.send("/retention", "remove_tags", "pr-*\r\nexp-*", "keep_days", "7", "keep_pulled_days", "8", "keep_tags", "pr-9,pr-8", "keep_untagged", "on")
	got, err := a.s.Registry.GetRetention(t.Context(), berth.Operator(), a.name)
	want := registry.Retention{KeepDays: 7, KeepPulledDays: 8, KeepUntagged: true, KeepTags: []berth.TagPattern{"pr-9", "pr-8"}, RemoveTags: []berth.TagPattern{"pr-*", "exp-*"}, UpdatedAt: got.UpdatedAt}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	a.shows(settingsPath+"/retention", "Remove this rule", "pr-*\nexp-*</textarea>", `value="7"`, "!counts here")
	a.send("/retention/delete")
	a.shows(settingsPath+"/retention", "rule of acme</a> counts here")
	a.wrong("/retention/delete", http.StatusNotFound, "rule of its own")
}

func TestNamesInSettings(t *testing.T) {
	t.Parallel()
	a := atSettings(t)
	a.shows(settingsPath+"/names", "It has always been called so")
	a.wrong("/move", http.StatusBadRequest, `value="Not A Name"`, "owner", "acme", "path", "Not A Name")
	if to := a.send("/move", "owner", "ACME", "path", "site"); to != "/acme/site" {
		t.Errorf("leads to %s", to)
	}
	a.shows("/acme/site/-/settings/names", "acme/web", "Free the name acme/web")
	if to := a.c.Get(settingsPath+"/names", a.session...).Want(http.StatusSeeOther).Header.Get("Location"); to != "/acme/site/-/settings/names" {
		t.Errorf("the old name leads to %s", to)
	}
	post(a.c, "/acme/site/-/settings/names/drop", form("name", "acme/web"), a.session...).Want(http.StatusSeeOther)
	a.shows("/acme/site/-/settings/names", "!Free the name")
	post(a.c, "/acme/site/-/settings/names/drop", form("name", "acme/web"), a.session...).Want(http.StatusNotFound)
}

func TestDeleteInSettings(t *testing.T) {
	t.Parallel()
	a := atSettings(t)
	a.wrong("/delete", http.StatusBadRequest, "Type acme/web to confirm", "confirm", "acme/we")
	if to := a.send("/delete", "confirm", "acme/web"); to != "/acme" {
		t.Errorf("leads to %s", to)
	}
	trash, err := a.s.Registry.ListTrash(t.Context(), a.s.Viewer("ada"), "acme", 0, 10)
	if err != nil || len(trash) != 1 || trash[0].Name != a.name {
		t.Errorf("%+v, %v", trash, err)
	}
	a.c.Get(settingsPath, a.session...).Want(http.StatusNotFound)
}

// GitHub's address of the settings leads here.
func TestSettingsOnGitHub(t *testing.T) {
	t.Parallel()
	a := atSettings(t)
	if to := a.c.Get("/orgs/acme/packages/container/web/settings", a.session...).Want(http.StatusSeeOther).Header.Get("Location"); to != settingsPath {
		t.Errorf("leads to %s", to)
	}
}
