package webui_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
)

func TestRepositoryPages(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ada, mia, bob := browse(t, s, "ada"), browse(t, s, "mia"), browse(t, s, "bob")
	const web = "/acme/-/repositories/web"
	ada.page("/acme/-/repositories", 200, "No repositories", "/acme/-/new-repository")
	ada.page("/acme/-/new-repository", 200, "Where the source code is")
	ada.wrong("/acme/-/new-repository", http.StatusBadRequest, form("name", "a b", "description", "Kept text", "visibility", "private"), "Kept text")
	if to := ada.send("/acme/-/new-repository", "name", "web", "description", "The web", "url", "https://git.example.com/acme/web", "visibility", "internal"); to != web {
		t.Error(to)
	}
	ada.wrong("/acme/-/new-repository", http.StatusConflict, form("name", "WEB", "visibility", "private"))
	ada.page("/acme/-/repositories", 200, web, "The web", "Internal")
	bob.page("/acme/-/repositories", 200, web)
	bob.page(web, 200, "The web", "https://git.example.com/acme/web", "Nobody has written one yet")
	bob.lacks(web, web+"/collaborators", web+"/settings")
	bob.page(web+"/settings", http.StatusForbidden)
	mia.page(web+"/collaborators", http.StatusForbidden)
	s.As("ada").PushImage("acme/web/api", "v1", "x")
	if err := s.Registry.Link(t.Context(), s.Viewer("ada"), berth.Name{Owner: "acme", Path: "web/api"}, "acme/web"); err != nil {
		t.Fatal(err)
	}
	ada.page(web+"/packages", 200, "acme/web/api")
	ada.page(web, 200, "acme/web/api")
	bob.lacks(web, "acme/web/api")
	bob.page(web+"/packages", 200, "No linked packages")

	ada.send(web+"/readme", "readme", "# Hello\r\n\r\nSee <script>alert(1)</script> [this](docs/x.md).")
	page := bob.page(web, 200, "Hello</h", `href="https://git.example.com/acme/web/docs/x.md"`)
	if strings.Contains(page, "<script>alert") {
		t.Error(page)
	}
	ada.page(web+"/settings", 200, "# Hello\n\nSee")
	ada.wrong(web+"/readme", http.StatusBadRequest, form("readme", "a\x00b"))
	if to := ada.send(web+"/settings", "name", "site", "description", "", "url", "", "visibility", "private"); to != "/acme/-/repositories/site/settings" {
		t.Error(to)
	}
	const site = "/acme/-/repositories/site"
	bob.page(site, http.StatusNotFound)
	ada.wrong(site+"/settings", http.StatusBadRequest, form("name", "", "visibility", "private"), "# Hello")
	ada.wrong(site+"/delete", http.StatusBadRequest, form("confirm", "site"), "Type acme/site to confirm")
	ada.page(site, 200)
	ada.send(site+"/delete", "confirm", "Acme/site")
	ada.page(site, http.StatusNotFound)
}

func TestCollaboratorsPage(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ada, bob := browse(t, s, "ada"), browse(t, s, "bob")
	ada.send("/acme/-/new-repository", "name", "web", "visibility", "private")
	ada.send("/acme/-/teams", "name", "Front")
	const at = "/acme/-/repositories/web/collaborators"
	bob.page(at, http.StatusNotFound)
	ada.send(at, "kind", "user", "who", " bob ", "role", "write")
	ada.send(at, "kind", "team", "who", "front", "role", "read")
	ada.page(at, 200, `aria-label="Role of bob"`, `aria-label="Role of Front"`, `<option value="write" selected>`)
	bob.page("/acme/-/repositories/web", 200, "write")
	ada.wrong(at, http.StatusNotFound, form("kind", "user", "who", "nobody", "role", "write"), `value="nobody"`)
	ada.wrong(at, http.StatusBadRequest, form("kind", "user", "who", "bob", "role", "king"))
	ada.wrong(at, http.StatusBadRequest, form("kind", "robot", "who", "bob", "role", "read"))
	post(bob.c, at, form("kind", "user", "who", "bob", "role", "admin"), bob.session...).Want(http.StatusForbidden)
	ada.send(at+"/remove", "kind", "user", "who", "bob")
	bob.page("/acme/-/repositories/web", http.StatusNotFound)
	ada.wrong(at+"/remove", http.StatusNotFound, form("kind", "user", "who", "bob"))
}

func TestTeamPages(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ada, mia := browse(t, s, "ada"), browse(t, s, "mia")
	ada.page("/acme/-/teams", 200, "No teams")
	if to := ada.send("/acme/-/teams", "name", "Front"); to != "/acme/-/teams/Front" {
		t.Error(to)
	}
	ada.wrong("/acme/-/teams", http.StatusConflict, form("name", "FRONT"), `value="FRONT"`)
	ada.page("/acme/-/teams/Front", 200, "Nobody is in it yet")
	ada.send("/acme/-/teams/front/members", "who", "mia")
	mia.page("/acme/-/teams/front", 200, "mia")
	mia.lacks("/acme/-/teams/front", "Danger zone", "<form method=\"post\" action=\"/acme")
	mia.lacks("/acme/-/teams", "New team")
	ada.wrong("/acme/-/teams/front/members", http.StatusConflict, form("who", "bob"), `value="bob"`)
	ada.wrong("/acme/-/teams/front/members", http.StatusNotFound, form("who", "nobody"))
	ada.send("/acme/-/teams/front/members/remove", "who", "mia")
	mia.page("/acme/-/teams/front", 200, "Nobody is in it yet")
	post(mia.c, "/acme/-/teams/front/delete", form("confirm", "x"), mia.session...).Want(http.StatusForbidden)
	ada.wrong("/acme/-/teams/front/delete", http.StatusBadRequest, form("confirm", "back"))
	ada.send("/acme/-/teams/front/delete", "confirm", "front")
	ada.page("/acme/-/teams/front", http.StatusNotFound)
	ada.page("/ada/-/teams", http.StatusNotFound)
}

func TestPeoplePages(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ada, mia, bob := browse(t, s, "ada"), browse(t, s, "mia"), browse(t, s, "bob")
	const at = "/acme/-/people"
	ada.page(at, 200, "mia", "Make an owner: mia", "you")
	mia.lacks(at, "Add a user", "Make ada", "Remove ada", "/invitations")
	mia.page(at, 200, "Leave")
	bob.page(at, http.StatusNotFound)
	ada.send(at, "who", "bob", "role", "owner")
	bob.page(at, 200, "Make a member: ada")
	ada.wrong(at, http.StatusNotFound, form("who", "nobody", "role", "member"), `value="nobody"`)
	ada.wrong(at, http.StatusBadRequest, form("who", "bob", "role", "king"))
	ada.send(at+"/remove", "who", "bob")
	ada.wrong(at+"/remove", http.StatusConflict, form("who", "ada"))
	if to := mia.send(at+"/remove", "who", "mia"); to != "/" {
		t.Error(to)
	}
	mia.page(at, http.StatusNotFound)
}

func TestInvitationPages(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ada, mia := browse(t, s, "ada"), browse(t, s, "mia")
	const at = "/acme/-/people/invitations"
	mia.page(at, http.StatusForbidden)
	ada.page(at, 200, "There is none")
	body := string(follow(t, ada.c, post(ada.c, at, form("note", "For Eve", "role", "owner", "days", "3"), ada.session...), ada.session).Body)
	link := regexp.MustCompile(`https?://[^/]+(/join/bri_[A-Z0-9]+)`).FindStringSubmatch(body)
	if link == nil {
		t.Fatal(body)
	}
	browse(t, s, "").page(link[1], 200, "acme", "as an owner")
	page := ada.page(at, 200, "For Eve", "in 3 days")
	if strings.Contains(page, "bri_") {
		t.Error("the link is shown again")
	}
	ada.wrong(at, http.StatusBadRequest, form("note", "Kept", "role", "owner", "days", "91"), "Kept")
	ada.wrong(at, http.StatusBadRequest, form("role", "king", "days", "9"))
	id := regexp.MustCompile(`name="id" value="(\d+)"`).FindStringSubmatch(page)[1]
	post(mia.c, at+"/drop", form("id", id), mia.session...).Want(http.StatusNotFound)
	post(ada.c, at+"/drop", form("id", "x"), ada.session...).Want(http.StatusBadRequest)
	ada.send(at+"/drop", "id", id)
	ada.lacks(at, "For Eve")
}

func TestServiceAccountPages(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ada, mia := browse(t, s, "ada"), browse(t, s, "mia")
	const at = "/acme/-/people/service-accounts"
	ada.send("/acme/-/new-repository", "name", "web", "visibility", "private")
	ada.page(at, 200, "No service accounts")
	if to := ada.send(at, "name", "acme-ci", "who", "web"); to != at+"/acme-ci" {
		t.Error(to)
	}
	ada.page(at, 200, "acme-ci", "CI of acme/web")
	mia.lacks(at, "CI of", "Make the account")
	mia.page(at+"/acme-ci", http.StatusForbidden)
	ada.wrong(at, http.StatusConflict, form("name", "ada", "who", "web"), `value="web"`)
	ada.wrong(at, http.StatusNotFound, form("name", "robot", "who", "nothing"))
	body := string(follow(t, ada.c, post(ada.c, at+"/acme-ci/tokens", form("name", "ci", "scope", "write:packages", "days", "30"), ada.session...), ada.session).Body)
	secret := regexp.MustCompile(`brt_[A-Za-z0-9]+`).FindString(body)
	s.With("Bearer " + secret).Get("/api/v3/packages/acme").Want(http.StatusNotFound) // it is let in
	page := ada.page(at+"/acme-ci", 200, "Ends", "read:packages,write:packages")
	if secret == "" || strings.Contains(page, secret) {
		t.Errorf("the secret is %q", secret)
	}
	ada.wrong(at+"/acme-ci/tokens", http.StatusBadRequest, form("name", "Kept", "days", "30"), "Kept")
	ada.wrong(at+"/acme-ci/tokens", http.StatusBadRequest, form("name", "x", "scope", "read:packages", "days", "-1"))
	id := regexp.MustCompile(`name="id" value="(\d+)"`).FindStringSubmatch(page)[1]
	ada.send(at+"/acme-ci/revoke", "id", id)
	ada.page(at+"/acme-ci", 200, "Revoked")
	s.With("Bearer " + secret).Get("/api/v3/user").Want(http.StatusUnauthorized)
	ada.page(at+"/mia", http.StatusNotFound)
	ada.wrong(at+"/acme-ci/delete", http.StatusBadRequest, form("confirm", "acme"))
	ada.send(at+"/acme-ci/delete", "confirm", "acme-ci")
	ada.page(at+"/acme-ci", http.StatusNotFound)
}
