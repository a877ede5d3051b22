package restapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/meta/metatest"
)

// send sends a request with a JSON body, "" for none.
func send(c *berthtest.Client, method, path, body string) *berthtest.Response {
	if body == "" {
		return c.Do(method, "/api/v3"+path, nil)
	}
	return c.Do(method, "/api/v3"+path, strings.NewReader(body), "Content-Type", "application/json")
}

// golden compares an answer with status and body. Ids and times are *.
func golden(t *testing.T, r *berthtest.Response, status int, want string) {
	t.Helper()
	if r.Status != status {
		t.Errorf("status %d, want %d: %s", r.Status, status, r.Body)
	}
	varies := regexp.MustCompile(`"(id|created_at)":("[^"]*"|[0-9]+)`)
	got := varies.ReplaceAllString(string(r.Body), `"$1":*`)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// The shapes of all answers, in the order of a life.
func TestPeopleShapes(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	clients := map[string]*berthtest.Client{"": s.As("")}
	for _, name := range []string{"ada", "bob", "mia", "root"} {
		clients[name] = s.As(name)
	}
	s.Exec(`INSERT INTO repositories (owner_id, name, folded, visibility, description, web_url, created_at)
		SELECT id, 'src', 'src', 'private', '', '', 0 FROM owners WHERE folded = 'acme'`)
	const (
		acme    = `{"login":"acme","id":*,"type":"Organization","base_role":"read","members_can_create_packages":true,"allow_public":true,"default_visibility":null,"created_at":*}`
		devs    = `{"id":*,"name":"Devs","slug":"devs"}`
		robot   = `{"login":"robot","id":*,"type":"ServiceAccount","repository":"acme/src","created_at":*}`
		eve     = `{"login":"Eve","id":*,"type":"User","created_at":*,"site_admin":false,"suspended":false,"two_factor_authentication":false,"default_visibility":null}`
		unknown = `,"documentation_url":"https://github.com/berth-registry/berth/blob/main/docs/api.md","errors":[{"code":"owner_unknown"}]}`
	)
	replace := strings.NewReplacer
	for _, step := range []struct { //nolint:paralleltest // one after another
		who, method, path, body string
		status                  int
		want                    string
	}{
		{"ada", "GET", "/user", "", 200, `{"login":"ada","id":*,"type":"User","created_at":*,"site_admin":false,"suspended":false,"two_factor_authentication":false,"default_visibility":null}`},
		{"ada", "PATCH", "/user", `{}`, 200, `{"login":"ada","id":*,"type":"User","created_at":*,"site_admin":false,"suspended":false,"two_factor_authentication":false,"default_visibility":null}`},
		{"ada", "PATCH", "/user", `{"default_visibility":"internal"}`, 200, `{"login":"ada","id":*,"type":"User","created_at":*,"site_admin":false,"suspended":false,"two_factor_authentication":false,"default_visibility":"internal"}`},
		{"ada", "PATCH", "/user", `{"default_visibility":null}`, 200, `{"login":"ada","id":*,"type":"User","created_at":*,"site_admin":false,"suspended":false,"two_factor_authentication":false,"default_visibility":null}`},
		{"root", "POST", "/admin/users", `{"login":"Eve","password":"long enough","site_admin":false}`, 201, eve},
		{"root", "GET", "/users/eve", "", 200, eve},
		{"bob", "GET", "/users/eve", "", 200, `{"login":"Eve","id":*,"type":"User","created_at":*}`},
		{"mia", "GET", "/users/acme", "", 200, acme},
		{"bob", "GET", "/users/acme", "", 404, `{"message":"owner unknown: acme does not exist, or bob may not see it"` + unknown},
		{"bob", "GET", "/users/acne", "", 404, `{"message":"owner unknown: acne does not exist, or bob may not see it"` + unknown},
		{"root", "PUT", "/users/eve/suspended", "", 204, ""},
		{"root", "PUT", "/users/eve/site_admin", "", 204, ""},
		{"root", "GET", "/users/eve", "", 200, replace(`"site_admin":false,"suspended":false`, `"site_admin":true,"suspended":true`).Replace(eve)},
		{"root", "DELETE", "/users/eve/suspended", "", 204, ""},
		{"root", "DELETE", "/users/eve/site_admin", "", 204, ""},
		{"root", "PUT", "/admin/users/eve/password", `{"password":"another one"}`, 204, ""},
		{"root", "GET", "/users?per_page=2&after=ada", "", 200, `[{"login":"bob","id":*,"type":"User","created_at":*,"site_admin":false,"suspended":false,"two_factor_authentication":false,"default_visibility":null},` + eve + `]`},
		{"root", "DELETE", "/users/root/site_admin", "", 409, `{"message":"the state of things forbids it: root is the last administrator who is not blocked; make another one first","documentation_url":"https://github.com/berth-registry/berth/blob/main/docs/api.md","errors":[{"code":"conflict"}]}`},
		{"root", "DELETE", "/admin/users/eve?packages=burn", "", 422, `{"message":"request invalid: packages is \"burn\", expected refuse, move or purge","documentation_url":"https://github.com/berth-registry/berth/blob/main/docs/api.md","errors":[{"code":"request_invalid"}]}`},
		{"root", "DELETE", "/admin/users/eve", "", 204, ""},
		{"root", "GET", "/users/eve", "", 404, `{"message":"owner unknown: eve does not exist, or root may not see it"` + unknown},

		{"ada", "GET", "/orgs/acme", "", 200, acme},
		{"ada", "GET", "/user/orgs", "", 200, `[` + acme + `]`},
		{"bob", "GET", "/user/orgs", "", 200, `[]`},
		{"root", "POST", "/admin/organizations", `{"login":"Other","admin":"bob"}`, 201, replace("acme", "Other").Replace(acme)},
		{"root", "GET", "/organizations", "", 200, `[` + acme + `,` + replace("acme", "Other").Replace(acme) + `]`},
		{"ada", "PATCH", "/orgs/acme", `{"base_role":"none","members_can_create_packages":false,"default_visibility":"private"}`, 200, replace(`"read"`, `"none"`, `packages":true`, `packages":false`, `y":null`, `y":"private"`).Replace(acme)},
		{"ada", "PATCH", "/orgs/acme", `{"base_role":"read","members_can_create_packages":true,"default_visibility":null}`, 200, acme},
		{"ada", "GET", "/orgs/acme/members", "", 200, `[{"login":"ada","id":*,"type":"User","role":"admin"},{"login":"mia","id":*,"type":"User","role":"member"}]`},
		{"ada", "PUT", "/orgs/acme/memberships/bob", `{"role":"member"}`, 200, `{"user":{"login":"bob","id":*,"type":"User"},"role":"member","state":"active"}`},
		{"bob", "GET", "/orgs/acme/memberships/ada", "", 200, `{"user":{"login":"ada","id":*,"type":"User"},"role":"admin","state":"active"}`},
		{"bob", "PUT", "/orgs/acme/memberships/bob", `{"role":"admin"}`, 403, `{"message":"requested access is denied: user bob has role read on acme, changing it needs admin; an owner of acme can make bob one: berth org add-member acme bob --as-owner","documentation_url":"https://github.com/berth-registry/berth/blob/main/docs/api.md","errors":[{"code":"denied"}]}`},
		{"bob", "DELETE", "/orgs/acme/memberships/bob", "", 204, ""},
		{"bob", "GET", "/orgs/acme", "", 404, `{"message":"owner unknown: the organization acme does not exist, or bob may not see it"` + unknown},

		{"ada", "POST", "/orgs/acme/teams", `{"name":"Devs"}`, 201, devs},
		{"mia", "GET", "/orgs/acme/teams", "", 200, `[` + devs + `]`},
		{"mia", "GET", "/orgs/acme/teams/DEVS", "", 200, devs},
		{"ada", "PUT", "/orgs/acme/teams/devs/memberships/mia", "", 200, `{"role":"member","state":"active"}`},
		{"mia", "GET", "/orgs/acme/teams/devs/members", "", 200, `[{"login":"mia","id":*,"type":"User"}]`},
		{"ada", "DELETE", "/orgs/acme/teams/devs/memberships/mia", "", 204, ""},
		{"mia", "GET", "/orgs/acme/teams/devs/members", "", 200, `[]`},
		{"ada", "DELETE", "/orgs/acme/teams/devs", "", 204, ""},

		{"ada", "POST", "/orgs/acme/service-accounts", `{"login":"robot","repository":"acme/src"}`, 201, robot},
		{"ada", "GET", "/orgs/acme/service-accounts", "", 200, `[` + robot + `]`},
		{"mia", "GET", "/orgs/acme/service-accounts", "", 200, `[` + replace(`"acme/src"`, "null").Replace(robot) + `]`},
		{"mia", "GET", "/users/robot", "", 200, `{"login":"robot","id":*,"type":"ServiceAccount","created_at":*}`},
		{"ada", "DELETE", "/orgs/acme/service-accounts/robot?packages=purge", "", 204, ""},
		{"ada", "DELETE", "/orgs/acme?packages=move&to=ada", "", 204, ""},
		{"", "GET", "/user", "", 401, `{"message":"authentication required","documentation_url":"https://github.com/berth-registry/berth/blob/main/docs/api.md","errors":[{"code":"unauthenticated"}]}`},
	} {
		t.Run(step.who+" "+step.method+" "+step.path, func(t *testing.T) {
			golden(t, send(clients[step.who], step.method, step.path, step.body), step.status, step.want)
		})
	}
}

// Lists go on where the Link header says, to the end.
func TestPeoplePages(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	root := s.As("root")
	for i := range 5 {
		send(root, "POST", "/orgs/acme/teams", fmt.Sprintf(`{"name":"Team%d"}`, i)).Want(201)
		send(root, "POST", "/orgs/acme/service-accounts", fmt.Sprintf(`{"login":"Robot%d"}`, i)).Want(201)
		send(root, "PUT", fmt.Sprintf("/orgs/acme/teams/team0/memberships/robot%d", i), "").Want(200)
		send(root, "POST", "/admin/organizations", fmt.Sprintf(`{"login":"Org%d","admin":"ada"}`, i)).Want(201)
	}
	ada := s.As("ada")
	for path, want := range map[string]int{
		"/users": 9, "/organizations": 6, "/user/orgs": 6, "/orgs/acme/members": 7, "/orgs/acme/teams": 5,
		"/orgs/acme/teams/team0/members": 5, "/orgs/acme/service-accounts": 5,
	} {
		c := ada
		if path == "/users" || path == "/organizations" {
			c = root
		}
		seen := map[string]bool{}
		next := "/api/v3" + path + "?per_page=2"
		for pages := 0; next != ""; pages++ {
			r := c.Get(next).Want(200)
			var list []struct{ Login, Name string }
			if err := json.Unmarshal(r.Body, &list); err != nil || pages > want {
				t.Fatal(path, err, pages)
			}
			for _, e := range list {
				seen[e.Login+e.Name] = true
			}
			link, rest, _ := strings.Cut(strings.TrimPrefix(r.Header.Get("Link"), "<"), ">")
			if next = ""; strings.HasPrefix(rest, `; rel="next"`) {
				next = strings.TrimPrefix(link, s.URL)
			}
		}
		if len(seen) != want {
			t.Errorf("%s: %d of %d", path, len(seen), want)
		}
	}
}

// What is no good body is refused, and changes nothing.
func TestPeopleBodies(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	root, ada := s.As("root"), s.As("ada")
	for target, bodies := range map[string][]string{
		"PATCH /user":                        {`{"default_visibility":"secret"}`, `{"default_visibility":1}`, `{"site_admin":true}`},
		"POST /admin/users":                  {`{"login":"x","password":"short"}`, `{"login":"x/y","password":"long enough"}`, `{"login":1}`, `{"login":"x","password":"long enough","site_admin":"yes"}`, `{"login":"x","password":"long enough","id":1}`, `{"login":"ada","password":"long enough"}`},
		"PUT /admin/users/bob/password":      {`{"password":""}`, `{"password":null}`, `{"password":"long enough","login":"ada"}`},
		"POST /admin/organizations":          {`{"login":"x"}`, `{"login":"x","admin":"nobody"}`, `{"login":"x\u0000","admin":"ada"}`, `{"login":"bob","admin":"ada"}`, `{"login":"x","admin":"ada\u0000"}`},
		"PATCH /orgs/acme":                   {`{"base_role":"owner"}`, `{"base_role":3}`, `{"allow_public":"no"}`, `{"default_visibility":"\u0000"}`, `{"login":"x"}`},
		"PUT /orgs/acme/memberships/bob":     {`{"role":"owner"}`, `{"role":""}`, `{}`, `{"role":null}`, `{"role":"admin","state":"x"}`},
		"POST /orgs/acme/teams":              {`{"name":""}`, `{"name":"a b"}`, `{"name":"` + strings.Repeat("x", 65) + `"}`, `{"name":"x\u0000"}`, `{"name":"x","id":3}`},
		"POST /orgs/acme/service-accounts":   {`{"login":""}`, `{"login":"x","repository":"x\u0000"}`, `{"login":"x","repository":"acme/\u0000"}`, `{"login":"x","repository":"acme/none"}`, `{"login":"x","repository":"` + strings.Repeat("x", 1000) + `"}`, `{"login":"$x"}`},
		"POST /orgs/nobody/teams":            {`{"name":"x"}`},
		"POST /orgs/nobody/service-accounts": {`{"login":"x"}`},
	} {
		method, path, _ := strings.Cut(target, " ")
		c := ada
		if strings.HasPrefix(path, "/admin") {
			c = root
		}
		bodies = append(bodies, "null x", `[]`, `"x"`, `{`, `{"name":"x"} {}`, "\xff", "{\"login\":\"\xff\"}", "\x00", `{"unknown":1}`, " ")
		for _, body := range bodies {
			before := s.State()
			if r := send(c, method, path, body); r.Status < 400 || r.Status > 499 || r.Status == 401 || r.Status == 403 {
				t.Errorf("%s %q: %d %s", target, body, r.Status, r.Body)
			}
			if s.State() != before {
				t.Errorf("%s %q changed something", target, body)
			}
		}
		send(c, method, path, `{"login":"`+strings.Repeat("x", 64<<10)+`"}`).Want(http.StatusRequestEntityTooLarge)
		c.Do(method, "/api/v3"+path, bytes.NewReader([]byte(`{}`)), "Content-Type", "text/plain").Want(http.StatusUnprocessableEntity)
		// Who is not signed in is told so, whatever he sends.
		send(s.As(""), method, path, `{"unknown":1}`).Want(http.StatusUnauthorized)
	}
}

// Names in addresses may be anything, and the answer is never our fault, on neither
// database.
func TestPeopleAddresses(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		s := berthtest.New(t, berthtest.Options{Address: address})
		c := s.With("Bearer " + s.Token("root", berth.ScopeAll, 0))
		send(c, "POST", "/orgs/acme/teams", `{"name":"devs"}`).Want(201)
		for _, bad := range []string{"%00", "a%00", "%ff", "%C4%B0", "%E2%84%AA", "a%2Fb", "%20", strings.Repeat("x", 1000), "nobody", "-", "a..b", "%25"} {
			for _, route := range []string{
				"GET /users/X", "PUT /users/X/suspended", "DELETE /users/X/suspended", "PUT /users/X/site_admin", "DELETE /users/X/site_admin",
				"DELETE /admin/users/X", "DELETE /admin/users/mia?packages=move&to=X", "DELETE /admin/users/mia?packages=X",
				"GET /orgs/X", "DELETE /orgs/X", "DELETE /orgs/acme?packages=move&to=X", "GET /orgs/X/members",
				"GET /orgs/acme/memberships/X", "DELETE /orgs/acme/memberships/X", "GET /orgs/X/teams",
				"GET /orgs/acme/teams/X", "DELETE /orgs/acme/teams/X", "GET /orgs/acme/teams/X/members",
				"PUT /orgs/acme/teams/X/memberships/mia", "PUT /orgs/acme/teams/devs/memberships/X", "DELETE /orgs/acme/teams/devs/memberships/X",
				"GET /orgs/X/service-accounts", "DELETE /orgs/acme/service-accounts/X", "DELETE /orgs/acme/service-accounts/mia",
				"GET /users?after=X", "GET /organizations?after=X", "GET /user/orgs?after=X", "GET /orgs/acme/members?after=X",
				"GET /orgs/acme/teams?after=X", "GET /orgs/acme/teams/devs/members?after=X", "GET /orgs/acme/service-accounts?after=X",
			} {
				method, path, _ := strings.Cut(strings.ReplaceAll(route, "X", bad), " ")
				r := send(c, method, path, "")
				good := bad == "nobody" && strings.Contains(route, "after=") // a name like others
				if good != (r.Status == 200) || r.Status >= 500 {
					t.Errorf("%s %q: %d %s", route, bad, r.Status, r.Body)
				}
			}
		}
	})
}
