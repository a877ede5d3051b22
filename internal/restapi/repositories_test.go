package restapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
)

// api sends a request with a JSON body, "" for none.
func api(c *berthtest.Client, method, path, body string) *berthtest.Response {
	if body == "" {
		return c.Do(method, "/api/v3"+path, nil)
	}
	return c.Do(method, "/api/v3"+path, strings.NewReader(body), "Content-Type", "application/json")
}

// repositoryWorld has private, internal and public repositories of ada, acme and
// closed, whose members have the base role none and where nothing may be public.
// tim is in acme's team devs, eve collaborates from outside.
func repositoryWorld(t *testing.T) *berthtest.Server {
	t.Helper()
	s := berthtest.New(t)
	for _, name := range []string{"tim", "eve"} {
		s.AddUser(name, false)
	}
	if err := s.Account.CreateOrg(t.Context(), berth.Operator(), "closed", "ada"); err != nil {
		t.Fatal(err)
	}
	for _, org := range []string{"acme", "closed"} {
		for _, user := range []string{"mia", "tim"} {
			if err := s.Account.AddMember(t.Context(), berth.Operator(), org, user, false); err != nil {
				t.Fatal(err)
			}
		}
	}
	team := s.Exec(`INSERT INTO teams (org_id, name, folded, created_at) SELECT id, 'Devs', 'devs', 0 FROM owners WHERE folded = 'acme'`)
	s.Exec(`INSERT INTO team_members (team_id, user_id) SELECT $1, id FROM owners WHERE folded = 'tim'`, team)
	ada := s.As("ada")
	for _, owner := range []string{"/user/repos", "/orgs/acme/repos", "/orgs/closed/repos"} {
		for _, visibility := range []string{"private", "internal", "public"} {
			api(ada, "POST", owner, fmt.Sprintf(`{"name": "%s", "visibility": "%s"}`, visibility, visibility)).Want(http.StatusCreated)
		}
	}
	s.Exec(`UPDATE orgs SET base_role = 0, members_create = FALSE, allow_public = FALSE WHERE owner_id = (SELECT id FROM owners WHERE folded = 'closed')`)
	api(ada, "PUT", "/repos/acme/private/collaborators/eve", `{"permission": "push"}`).Want(http.StatusNoContent)
	api(ada, "PUT", "/orgs/acme/teams/devs/repos/acme/private", `{"permission": "maintain"}`).Want(http.StatusNoContent)
	api(ada, "PUT", "/repos/closed/private/collaborators/tim", `{"permission": "admin"}`).Want(http.StatusNoContent)
	return s
}

// Who reads, changes and lists what. For each repository r is read, a is changed, -
// is a repository that might as well not be there.
func TestRepositoryRights(t *testing.T) {
	t.Parallel()
	s := repositoryWorld(t)
	names := []string{
		"ada/private", "ada/internal", "ada/public",
		"acme/private", "acme/internal", "acme/public",
		"closed/private", "closed/internal", "closed/public",
	}
	tests := []struct {
		who    string
		client *berthtest.Client
		want   string
	}{
		{"anonymous", s.As(""), "--r--r---"},
		{"stranger", s.As("bob"), "-rr-rr-r-"},
		{"collaborator from outside", s.As("eve"), "-rrrrr-r-"},
		{"member", s.As("mia"), "-rrrrr-r-"},
		{"team member, with admin elsewhere", s.As("tim"), "-rrrrrar-"},
		{"owner", s.As("ada"), "aaaaaaaaa"},
		{"site admin", s.As("root"), "aaaaaaaaa"},
		{"token without scope", s.With("Bearer " + s.Token("ada", berth.ScopeUser|berth.ScopeReadUser, 0)), "--r--r---"},
		{"token that reads", s.With("Bearer " + s.Token("ada", berth.ScopeReadPackages, 0)), "rrrrrrrrr"},
	}
	for _, tt := range tests {
		var got strings.Builder
		var seen []string
		for _, name := range names {
			letter := byte('-')
			switch r := api(tt.client, "GET", "/repos/"+name, ""); r.Status {
			case http.StatusOK:
				letter = 'r'
				seen = append(seen, name)
			case http.StatusNotFound, http.StatusUnauthorized:
				none := api(tt.client, "GET", "/repos/"+name+"x", "")
				if none.Status != r.Status || strings.ReplaceAll(string(none.Body), name+"x", name) != string(r.Body) {
					t.Errorf("%s can tell %s from none:\n%s\n%s", tt.who, name, r.Body, none.Body)
				}
			default:
				t.Errorf("%s, %s: %d", tt.who, name, r.Status)
			}
			switch r := api(tt.client, "PATCH", "/repos/"+name, `{"description": ""}`); {
			case r.Status == http.StatusOK:
				letter = 'a'
			case letter == 'r' && tt.who != "anonymous":
				r.Want(http.StatusForbidden)
			case letter == '-' || tt.who == "anonymous":
				r.Want(http.StatusNotFound, http.StatusUnauthorized)
			}
			got.WriteByte(letter)
		}
		if got.String() != tt.want {
			t.Errorf("%s: %s, want %s", tt.who, got.String(), tt.want)
		}
		var listed []string
		for _, owner := range []string{"ada", "acme", "closed"} {
			r := api(tt.client, "GET", "/users/"+owner+"/repos", "")
			if r.Status == http.StatusOK {
				listed = append(listed, fullNames(t, r)...)
			}
		}
		if diff := cmp.Diff(sorted(seen), sorted(listed)); diff != "" {
			t.Errorf("%s: lists (-want +got):\n%s", tt.who, diff)
		}
	}
}

func fullNames(t *testing.T, r *berthtest.Response) []string {
	t.Helper()
	var docs []struct {
		FullName string `json:"full_name"`
	}
	if err := json.Unmarshal(r.Want(http.StatusOK).Body, &docs); err != nil {
		t.Fatalf("%v: %s", err, r.Body)
	}
	names := []string{}
	for _, d := range docs {
		names = append(names, d.FullName)
	}
	return names
}

func TestRepositoryLists(t *testing.T) {
	t.Parallel()
	s := repositoryWorld(t)
	list := func(c *berthtest.Client, path string) string {
		return strings.Join(fullNames(t, api(c, "GET", path, "")), " ")
	}
	for _, tt := range []struct{ who, path, want string }{
		{"eve", "/user/repos", "acme/private"},
		{"bob", "/user/repos", ""},
		{"mia", "/user/repos", "acme/internal acme/private acme/public closed/internal"},
		{"tim", "/user/repos", "acme/internal acme/private acme/public closed/internal closed/private"},
		{"root", "/user/repos", ""},
		{"ada", "/user/repos?per_page=100", "acme/internal acme/private acme/public ada/internal ada/private ada/public closed/internal closed/private closed/public"},
		{"ada", "/user/repos?per_page=4", "acme/internal acme/private acme/public ada/internal"},
		{"ada", "/user/repos?per_page=4&after=ada%2Finternal", "ada/private ada/public closed/internal closed/private"},
		{"bob", "/orgs/acme/repos", "acme/internal acme/public"},
		{"bob", "/users/mia/repos", ""},
		{"root", "/orgs/closed/repos", "closed/internal closed/private closed/public"},
	} {
		if got := list(s.As(tt.who), tt.path); got != tt.want {
			t.Errorf("%s %s: %s, want %s", tt.who, tt.path, got, tt.want)
		}
	}
	// An owner with nothing to show is like none.
	s.AddUser("zoe", false)
	s.Exec(`UPDATE repositories SET visibility = 'private'`)
	for who, status := range map[string]int{"": http.StatusUnauthorized, "bob": http.StatusNotFound} {
		c := s.As(who)
		closed, none := api(c, "GET", "/orgs/closed/repos", "").Want(status), api(c, "GET", "/orgs/nobody/repos", "").Want(status)
		if strings.ReplaceAll(string(none.Body), "nobody", "closed") != string(closed.Body) {
			t.Errorf("%q can tell an organization from none:\n%s\n%s", who, closed.Body, none.Body)
		}
	}
	api(s.As(""), "GET", "/users/zoe/repos", "").Want(http.StatusUnauthorized)
	api(s.As(""), "GET", "/user/repos", "").Want(http.StatusUnauthorized)
	api(s.As("mia"), "GET", "/orgs/closed/repos", "").Want(http.StatusOK) // a member to whom nothing is shown
	api(s.As("bob"), "GET", "/users/zoe/repos?after=%00", "").Want(http.StatusUnprocessableEntity)
	api(s.As("ada"), "GET", "/repos/ada/private/collaborators?after=%00", "").Want(http.StatusUnprocessableEntity)
	if link := api(s.As("ada"), "GET", "/orgs/acme/repos?per_page=2", "").Header.Get("Link"); link != `<`+s.URL+`/api/v3/orgs/acme/repos?after=acme%2Fprivate&page=2&per_page=2>; rel="next"` {
		t.Errorf("Link: %s", link)
	}
}

// Making repositories: who may where.
func TestCreateRepository(t *testing.T) {
	t.Parallel()
	s := repositoryWorld(t)
	s.Exec(`UPDATE orgs SET allow_public = FALSE WHERE owner_id = (SELECT id FROM owners WHERE folded = 'acme')`)
	token := func(user string, scopes berth.Scopes) *berthtest.Client {
		return s.With("Bearer " + s.Token(user, scopes, 0))
	}
	for _, tt := range []struct {
		name   string
		client *berthtest.Client
		path   string
		body   string
		status int
		text   string
	}{
		{"own", s.As("bob"), "/user/repos", `{"name": "Web.App"}`, 201, `"full_name":"bob/Web.App".*"private":true,"visibility":"private"`},
		{"own again, other case", s.As("bob"), "/user/repos", `{"name": "web.app"}`, 409, `there already: another repository is called web.app`},
		{"public", s.As("bob"), "/user/repos", `{"name": "pub", "private": false, "description": "Ä", "homepage": "https://git.example.com/bob/pub"}`, 201, `"private":false,"visibility":"public","description":"Ä","homepage":"https://git.example.com/bob/pub"`},
		{"anonymous", s.As(""), "/user/repos", `{"name": "x"}`, 401, ``},
		{"member", s.As("mia"), "/orgs/acme/repos", `{"name": "mias"}`, 201, `"permissions":{"admin":true,"push":true,"pull":true}`},
		{"member who may not", s.As("mia"), "/orgs/closed/repos", `{"name": "mias"}`, 403, `user mia has role read on closed, making a repository in it needs write`},
		{"owner where members may not", s.As("ada"), "/orgs/closed/repos", `{"name": "adas"}`, 201, ``},
		{"stranger", s.As("bob"), "/orgs/acme/repos", `{"name": "x"}`, 404, `acme does not exist, or bob may not`},
		{"no such org", s.As("bob"), "/orgs/nobody/repos", `{"name": "x"}`, 404, `nobody does not exist, or bob may not`},
		{"another user", s.As("bob"), "/orgs/ada/repos", `{"name": "x"}`, 404, `ada does not exist, or bob may not`},
		{"admin", s.As("root"), "/orgs/acme/repos", `{"name": "roots"}`, 201, `"admin":true`},
		{"admin, no owner", s.As("root"), "/orgs/nobody/repos", `{"name": "x"}`, 404, ``},
		{"without scope", token("ada", berth.ScopeAll&^berth.ScopeWriteRepositories), "/orgs/acme/repos", `{"name": "x"}`, 403, `needs write:repositories`},
		{"public where that is forbidden", s.As("ada"), "/orgs/acme/repos", `{"name": "x", "visibility": "public"}`, 409, `lets nothing be public`},
		{"no name", s.As("bob"), "/user/repos", `{}`, 422, `no name`},
		{"bad name", s.As("bob"), "/user/repos", `{"name": "a/b"}`, 422, `letters, digits`},
		{"git", s.As("bob"), "/user/repos", `{"name": "a.git"}`, 422, `ends in .git`},
		{"bad visibility", s.As("bob"), "/user/repos", `{"name": "x", "visibility": "open"}`, 422, `not private, internal or public`},
		{"contradiction", s.As("bob"), "/user/repos", `{"name": "x", "visibility": "internal", "private": false}`, 422, `contradict`},
		{"description too long", s.As("bob"), "/user/repos", `{"name": "x", "description": "` + strings.Repeat("ä", 513) + `"}`, 422, `512`},
		{"description long", s.As("bob"), "/user/repos", `{"name": "long", "description": "` + strings.Repeat("ä", 512) + `"}`, 201, ``},
		{"description with a line end", s.As("bob"), "/user/repos", `{"name": "x", "description": "a\nb"}`, 422, `control`},
		{"description with NUL", s.As("bob"), "/user/repos", `{"name": "x", "description": "a\u0000"}`, 422, `control`},
		{"script", s.As("bob"), "/user/repos", `{"name": "x", "homepage": "javascript:alert(1)"}`, 422, `web address`},
		{"no host", s.As("bob"), "/user/repos", `{"name": "x", "homepage": "https:///x"}`, 422, `web address`},
		{"password", s.As("bob"), "/user/repos", `{"name": "x", "homepage": "https://a:hunter2@x/"}`, 422, `user name in it`},
		{"long address", s.As("bob"), "/user/repos", `{"name": "x", "homepage": "https://x/` + strings.Repeat("x", 2048) + `"}`, 422, `2048`},
		{"odd address", s.As("bob"), "/user/repos", `{"name": "x", "homepage": "https://x/\u0085"}`, 422, `control`},
		{"unknown field", s.As("bob"), "/user/repos", `{"name": "x", "colour": 1}`, 422, `colour`},
	} {
		before := s.State()
		r := api(tt.client, "POST", tt.path, tt.body)
		if r.Status != tt.status || !regexp.MustCompile(tt.text).Match(r.Body) {
			t.Errorf("%s: %d %s, want %d %s", tt.name, r.Status, r.Body, tt.status, tt.text)
		}
		if r.Status != http.StatusCreated && s.State() != before {
			t.Errorf("%s: refused, and yet something is left", tt.name)
		}
		if strings.Contains(string(r.Body), "hunter2") {
			t.Errorf("%s: the password is in the answer", tt.name)
		}
	}
	// Who made it administers it, and no other member does.
	api(s.As("mia"), "PATCH", "/repos/acme/mias", `{"name": "hers"}`).Want(http.StatusOK)
	api(s.As("tim"), "PATCH", "/repos/acme/hers", `{"name": "his"}`).Want(http.StatusForbidden)
}

// TestRepositoryShape is the whole document, and the audit log.
func TestRepositoryShape(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ada := s.As("ada")
	made := api(ada, "POST", "/orgs/acme/repos", `{"name": "Web", "description": "d", "homepage": "https://x/"}`).Want(http.StatusCreated)
	want := fmt.Sprintf(`{"id":1,"name":"Web","full_name":"acme/Web","owner":{"login":"acme","id":5,"type":"Organization"},"private":true,"visibility":"private",`+
		`"description":"d","homepage":"https://x/","html_url":"%s/acme/-/repositories/Web","created_at":"%s","permissions":{"admin":true,"push":true,"pull":true}}`,
		s.URL, s.Clock.Now().Format("2006-01-02T15:04:05Z"))
	if string(made.Body) != want {
		t.Errorf("%s\n%s", made.Body, want)
	}
	if got := api(ada, "GET", "/repos/ACME/web", "").Want(http.StatusOK); string(got.Body) != want {
		t.Errorf("%s", got.Body)
	}
	api(ada, "PATCH", "/repos/acme/web", `{"name": "Site", "visibility": "internal", "description": "", "homepage": "https://x/"}`).Want(http.StatusOK)
	api(ada, "PATCH", "/repos/acme/site", `{"visibility": "internal"}`).Want(http.StatusOK) // as it was: no event
	api(ada, "PUT", "/repos/acme/site/collaborators/bob", `{"permission": "triage"}`).Want(http.StatusNoContent)
	r := api(ada, "GET", "/repos/acme/site/collaborators", "").Want(http.StatusOK)
	if want := `[{"login":"ada","id":1,"type":"User","role_name":"admin","permissions":{"admin":true,"push":true,"pull":true}},` +
		`{"login":"bob","id":2,"type":"User","role_name":"read","permissions":{"admin":false,"push":false,"pull":true}}]`; string(r.Body) != want {
		t.Errorf("%s", r.Body)
	}
	s.Exec(`INSERT INTO teams (org_id, name, folded, created_at) VALUES (5, 'Devs', 'devs', 0)`)
	for permission, shown := range map[string]string{"read": "pull", "maintain": "push", "admin": "admin"} {
		api(ada, "PUT", "/orgs/acme/teams/Devs/repos/acme/site", `{"permission": "`+permission+`"}`).Want(http.StatusNoContent)
		if r := api(ada, "GET", "/repos/acme/site/teams", ""); string(r.Body) != `[{"id":1,"name":"Devs","slug":"devs","permission":"`+shown+`"}]` {
			t.Errorf("%s: %s", permission, r.Body)
		}
	}
	api(ada, "DELETE", "/orgs/acme/teams/devs/repos/acme/site", "").Want(http.StatusNoContent)
	api(ada, "DELETE", "/repos/acme/site/collaborators/bob", "").Want(http.StatusNoContent)
	api(ada, "DELETE", "/repos/acme/site", "").Want(http.StatusNoContent)
	api(ada, "DELETE", "/repos/acme/site", "").Want(http.StatusNotFound)
	var events []berth.Event
	if err := json.Unmarshal(api(ada, "GET", "/orgs/acme/audit-log", "").Want(http.StatusOK).Body, &events); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range slices.Backward(events) {
		if strings.HasPrefix(e.Action, "repo.") && !strings.Contains(e.Detail, "team Devs: ") {
			got = append(got, strings.Join([]string{e.Actor, e.Action, e.Target, e.Detail}, "|"))
		}
	}
	if diff := cmp.Diff([]string{
		"ada|repo.create|acme/Web|private",
		"ada|repo.update|acme/Web|name: Web -> Site, visibility: private -> internal, description",
		"ada|repo.grant|acme/Site|user bob: read",
		"ada|repo.revoke|acme/Site|team Devs",
		"ada|repo.revoke|acme/Site|user bob",
		"ada|repo.delete|acme/Site|",
	}, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestRepositoryRefusals(t *testing.T) {
	t.Parallel()
	s := repositoryWorld(t)
	ada := s.As("ada")
	for _, tt := range []struct {
		name         string
		client       *berthtest.Client
		method, path string
		body         string
		status       int
		text         string
	}{
		{"public where that is forbidden", ada, "PATCH", "/repos/closed/private", `{"visibility": "public"}`, 409, `lets nothing be public`},
		{"public again", ada, "PATCH", "/repos/closed/public", `{"visibility": "public"}`, 409, ``},
		{"a name that is taken", ada, "PATCH", "/repos/acme/private", `{"name": "PUBLIC"}`, 409, `already`},
		{"a bad name", ada, "PATCH", "/repos/acme/private", `{"name": ".."}`, 422, ``},
		{"an empty name", ada, "PATCH", "/repos/acme/private", `{"name": ""}`, 422, ``},
		{"a bad address", ada, "PATCH", "/repos/acme/private", `{"homepage": "x"}`, 422, ``},
		{"a bad role", ada, "PUT", "/repos/acme/private/collaborators/bob", `{"permission": "none"}`, 422, `not read, write or admin`},
		{"nobody", ada, "PUT", "/repos/acme/private/collaborators/nobody", `{"permission": "read"}`, 404, `no user nobody`},
		{"an organization", ada, "PUT", "/repos/acme/private/collaborators/closed", `{"permission": "read"}`, 404, ``},
		{"a role that was not given", ada, "DELETE", "/repos/acme/private/collaborators/bob", ``, 404, `nobody gave`},
		{"a team that is none", ada, "PUT", "/orgs/acme/teams/ops/repos/acme/private", `{"permission": "read"}`, 404, `no team`},
		{"a team of another", ada, "PUT", "/orgs/acme/teams/devs/repos/closed/private", `{"permission": "read"}`, 404, `no roles on`},
		{"a team on a user's", ada, "PUT", "/orgs/ada/teams/devs/repos/ada/private", `{"permission": "read"}`, 404, `ada has no team`},
		{"a team of NUL", ada, "PUT", "/orgs/acme/teams/%00/repos/acme/private", `{"permission": "read"}`, 404, ``},
		{"a team of no text", ada, "DELETE", "/orgs/acme/teams/%ff/repos/acme/private", ``, 404, ``},
		{"a repository of NUL", ada, "GET", "/repos/acme/%00", ``, 404, ``},
		{"an owner of NUL", ada, "GET", "/repos/%00/x", ``, 404, ``},
		{"a team without a role", ada, "DELETE", "/orgs/acme/teams/devs/repos/acme/public", ``, 404, `nobody gave`},
		{"writer grants", s.As("eve"), "PUT", "/repos/acme/private/collaborators/eve", `{"permission": "admin"}`, 403, `user eve has role write on acme/private`},
		{"writer lists roles", s.As("eve"), "GET", "/repos/acme/private/collaborators", ``, 403, ``},
		{"writer deletes", s.As("eve"), "DELETE", "/repos/acme/private", ``, 403, ``},
		{"stranger grants", s.As("bob"), "PUT", "/repos/acme/private/collaborators/bob", `{"permission": "admin"}`, 404, `acme/private does not exist, or bob`},
		{"stranger grants on a public one", s.As("bob"), "PUT", "/repos/acme/public/collaborators/bob", `{"permission": "admin"}`, 403, ``},
		{"stranger lists roles", s.As("bob"), "GET", "/repos/acme/public/collaborators", ``, 403, ``},
		{"stranger lists teams", s.As("bob"), "GET", "/repos/acme/private/teams", ``, 404, ``},
		{"anonymous lists roles", s.As(""), "GET", "/repos/acme/public/collaborators", ``, 401, ``},
		{"anonymous deletes", s.As(""), "DELETE", "/repos/acme/public", ``, 401, ``},
		{"without scope", s.With("Bearer " + s.Token("ada", berth.ScopeReadPackages, 0)), "DELETE", "/repos/acme/public", ``, 403, `needs write:repositories`},
	} {
		before := s.State()
		r := api(tt.client, tt.method, tt.path, tt.body)
		if r.Status != tt.status || !regexp.MustCompile(tt.text).Match(r.Body) {
			t.Errorf("%s: %d %s, want %d %s", tt.name, r.Status, r.Body, tt.status, tt.text)
		}
		if s.State() != before {
			t.Errorf("%s: refused, and yet something has changed", tt.name)
		}
	}
	// A repository that was public when that was allowed is none, and can be changed.
	if r := api(ada, "PATCH", "/repos/closed/public", `{"description": "x"}`).Want(http.StatusOK); !strings.Contains(string(r.Body), `"visibility":"private"`) {
		t.Errorf("%s", r.Body)
	}
}

// Deleting leaves packages as visible as they were, and takes the roles that came
// from the repository.
func TestDeleteRepository(t *testing.T) {
	t.Parallel()
	s := repositoryWorld(t)
	ada := s.As("ada")
	pull := func(who, pkg string) int { return s.As(who).Get("/v2/" + pkg + "/tags/list").Status }
	for _, visibility := range []string{"private", "internal", "public"} {
		for _, owner := range []string{"acme", "closed"} {
			name := owner + "/" + visibility
			ada.PushImage(name+"/inherits", "v1", "1")
			ada.PushImage(name+"/linked", "v1", "1")
			s.Exec(`UPDATE packages SET repository_id = (SELECT r.id FROM repositories r WHERE r.owner_id = packages.owner_id AND r.folded = $1),
				inherit = path = $2 WHERE path IN ($2, $3) AND owner_id = (SELECT id FROM owners WHERE folded = $4)`, visibility, visibility+"/inherits", visibility+"/linked", owner)
		}
	}
	s.Exec(`UPDATE users SET repository_id = (SELECT id FROM repositories WHERE folded = 'private' AND owner_id = (SELECT id FROM owners WHERE folded = 'acme')) WHERE owner_id = (SELECT id FROM owners WHERE folded = 'bob')`)
	s.Exec(`INSERT INTO package_roles (package_id, repository_id, role) SELECT p.id, r.id, 2 FROM packages p, repositories r, owners o
		WHERE o.folded = 'acme' AND p.owner_id = o.id AND r.owner_id = o.id AND p.path = 'private/linked' AND r.folded = 'private'`)
	for _, pkg := range []string{"acme/private/inherits", "acme/private/linked"} {
		if got := pull("bob", pkg); got != http.StatusOK {
			t.Errorf("the CI reads %s: %d", pkg, got)
		}
	}
	people := []string{"", "eve", "mia", "ada"}
	look := func() map[string]string {
		seen := map[string]string{}
		for _, owner := range []string{"acme", "closed"} {
			for _, path := range []string{"private/inherits", "private/linked", "internal/inherits", "internal/linked", "public/inherits", "public/linked"} {
				for _, who := range people {
					seen[owner+"/"+path] += fmt.Sprintf(" %d", pull(who, owner+"/"+path))
				}
			}
		}
		return seen
	}
	before := look()
	if got := before["acme/public/inherits"] + before["closed/public/inherits"]; got != " 200 200 200 200 401 404 404 200" {
		t.Errorf("before: %v", before)
	}
	for _, owner := range []string{"acme", "closed"} {
		for _, visibility := range []string{"private", "internal", "public"} {
			api(ada, "DELETE", "/repos/"+owner+"/"+visibility, "").Want(http.StatusNoContent)
		}
	}
	before["acme/private/inherits"] = " 401 404 200 200" // eve had a role on the repository only
	if diff := cmp.Diff(before, look()); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
	for _, pkg := range []string{"acme/private/inherits", "acme/private/linked"} {
		if got := pull("bob", pkg); got != http.StatusNotFound {
			t.Errorf("the CI of no repository reads %s: %d", pkg, got)
		}
	}
	// Allowing public things later brings back nothing that was not there.
	s.Exec(`UPDATE orgs SET allow_public = TRUE`)
	if got := pull("", "closed/public/inherits"); got != http.StatusUnauthorized {
		t.Errorf("what inherited where nothing may be public: %d", got)
	}
}

func sorted(list []string) string {
	m := map[string]bool{}
	for _, s := range list {
		m[s] = true
	}
	b, _ := json.Marshal(m) // sorts the keys
	return string(b)
}
