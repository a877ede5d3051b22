package webui_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
)

func TestOrgSettingsPage(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ada, mia := browse(t, s, "ada"), browse(t, s, "mia")
	s.As("ada").PushImage("acme/web", "v1", "x")
	const at = "/acme/-/settings"
	ada.page(at, 200, `<option value="read" selected>`, "1 with 1 version", "Danger zone")
	mia.page(at, http.StatusForbidden)
	if r := ada.c.Get("/ada/-/settings", ada.session...).Want(http.StatusSeeOther); r.Header.Get("Location") != "/settings" {
		t.Error(r.Header.Get("Location"))
	}
	ada.send(at, "base_role", "none", "members_create", "on", "visibility", "internal")
	o, err := s.Account.GetOrg(t.Context(), s.Viewer("ada"), "acme")
	if err != nil || o.BaseRole != berth.RoleNone || !o.MembersCreate || o.AllowPublic || o.DefaultVisibility != berth.VisibilityInternal {
		t.Errorf("%+v, %v", o, err)
	}
	ada.wrong(at, http.StatusConflict, form("base_role", "admin", "visibility", "public"), `<option value="admin" selected>`)
	ada.wrong(at, http.StatusBadRequest, form("base_role", "king"))
	ada.wrong(at, http.StatusBadRequest, form("base_role", "read", "visibility", "secret"))
	ada.wrong(at+"/delete", http.StatusBadRequest, form("confirm", "acm", "packages", "purge"), "Type acme to confirm")
	ada.wrong(at+"/delete", http.StatusConflict, form("confirm", "acme", "packages", "refuse"))
	post(mia.c, at+"/delete", form("confirm", "x"), mia.session...).Want(http.StatusForbidden)
	ada.send(at+"/delete", "confirm", "acme", "packages", "move", "to", "ada")
	ada.page("/acme", http.StatusNotFound)
	ada.page("/ada", 200, "ada/web")
}

func TestNamesPage(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ada, mia := browse(t, s, "ada"), browse(t, s, "mia")
	const at = "/acme/-/settings/names"
	ada.page(at, 200, "No old names")
	s.As("ada").PushImage("acme/web", "v1", "x")
	if err := s.Registry.MovePackage(t.Context(), s.Viewer("ada"), berth.Name{Owner: "acme", Path: "web"}, berth.Name{Owner: "acme", Path: "site"}); err != nil {
		t.Fatal(err)
	}
	mia.page(at, http.StatusForbidden)
	ada.page(at, 200, "acme/web", `href="/acme/site"`)
	ada.wrong(at, http.StatusNotFound, form("name", "acme/nothing"))
	post(mia.c, at, form("name", "acme/nothing"), mia.session...).Want(http.StatusNotFound) // as the core says, whoever may not see the list
	ada.wrong(at, http.StatusBadRequest, form("name", "ada/web"))
	ada.send(at, "name", "acme/web")
	ada.page(at, 200, "No old names")
}

func TestOwnerLogPage(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ada, mia := browse(t, s, "ada"), browse(t, s, "mia")
	const at = "/acme/-/settings/audit"
	ada.send("/acme/-/teams", "name", "front")
	mia.send("/acme/-/new-repository", "name", "web", "visibility", "private")
	ada.page(at, 200, "team.create", "acme/front", "repo.create", "mia")
	ada.lacks(at+"?actor=mia", "team.create")
	ada.lacks(at+"?action=team.", "repo.create")
	ada.page(at+"?action=hook.", 200, "Nothing here")
	page := ada.page(at+"?actor=%3Cb%3E", http.StatusBadRequest, `role="alert"`)
	if strings.Contains(page, "<b>") {
		t.Error(page)
	}
	mia.page(at, http.StatusForbidden)
	ada.page("/ada/-/settings/audit", 200, "Audit log")
	mia.page("/ada/-/settings/audit", http.StatusNotFound)
}

func TestWebhookPages(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ada, mia := browse(t, s, "ada"), browse(t, s, "mia")
	ada.send("/acme/-/new-repository", "name", "web", "visibility", "private")
	for _, at := range []string{"/acme/-/settings/webhooks", "/acme/-/repositories/web/webhooks", "/ada/-/settings/webhooks"} {
		ada.page(at, 200, "No webhooks")
		mia.page(at, http.StatusForbidden)
		made := form("url", "https://ci.example.com/hook", "content_type", "json", "event", "package", "active", "on", "secret", "hush-hush")
		one := post(ada.c, at, made, ada.session...).Want(http.StatusSeeOther).Header.Get("Location")
		if !regexp.MustCompile("^" + at + `/\d+$`).MatchString(one) {
			t.Fatal(one)
		}
		page := ada.page(one, 200, "https://ci.example.com/hook", "ping", "There is one; empty leaves it")
		if strings.Contains(page, "hush-hush") {
			t.Error("the secret is told")
		}
		ada.page(at, 200, one, "Not tried yet")
		ada.wrong(at, http.StatusBadRequest, form("url", "nonsense", "content_type", "json", "event", "package"), `value="nonsense"`)
		ada.wrong(at, http.StatusBadRequest, form("url", "https://ci.example.com/", "content_type", "json"))
		ada.wrong(one, http.StatusBadRequest, form("url", "nonsense", "content_type", "json", "event", "package"), `value="nonsense"`)
		delivery := regexp.MustCompile(`href="(` + one + `/deliveries/\d+)"`).FindStringSubmatch(page)
		if delivery == nil {
			t.Fatal(page)
		}
		ada.page(delivery[1], 200, "Waiting", "Send again")
		ada.send(delivery[1])
		ada.page(one, 200, "Sent again")
		ada.send(one + "/ping")
		ada.send(one, "url", "https://ci.example.com/two", "content_type", "form", "event", "*", "no_secret", "on")
		if strings.Contains(ada.page(one, 200, "https://ci.example.com/two", "Off"), "There is one; empty leaves it") {
			t.Error("the secret is still there")
		}
		ada.page(at+"/x", http.StatusBadRequest)
		ada.page(one+"/deliveries/987654", http.StatusNotFound)
		ada.send(one + "/delete")
		ada.page(one, http.StatusNotFound)
	}
}
