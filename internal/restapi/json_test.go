package restapi_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
)

// message returns what an error says to people.
func message(r *berthtest.Response) string {
	var doc struct {
		Message string `json:"message"`
	}
	_ = json.Unmarshal(r.Body, &doc)
	return doc.Message
}

// What is wrong with a body is said in terms of JSON, and nothing is folded or
// dropped.
func TestBodies(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c := s.With("Bearer " + s.Token("root", berth.ScopeAll, 0))
	for _, test := range []struct{ route, body, want string }{
		{"POST /admin/users", `[]`, "expected a JSON object as the body, of login, password, site_admin"},
		{"POST /admin/users", `"x"`, "expected a JSON object as the body, of login, password, site_admin"},
		{"POST /admin/users", `null`, "expected a JSON object as the body, of login, password, site_admin"},
		{"PATCH /user", `null`, "expected a JSON object as the body, of default_visibility"},
		{"POST /admin/users", ``, "expected a JSON object as the body, of login, password, site_admin"},
		{"POST /admin/users", ` `, "expected a JSON object as the body, of login, password, site_admin"},
		{"POST /admin/users", `{"login"`, "the body is not valid JSON: unexpected end of JSON input"},
		{"POST /admin/users", `{} {}`, "the body is not valid JSON: invalid character '{' after top-level value"},
		{"POST /admin/users", `{"LOGIN":"x"}`, `unknown field "LOGIN"; expected login, password, site_admin`},
		{"POST /admin/users", `{"":1}`, `unknown field ""; expected login, password, site_admin`},
		{"POST /admin/users", `{"login":"x","log\u0069n":"y"}`, `field "login" is given twice`},
		{"POST /admin/users", `{"login":3}`, `field "login": expected a string`},
		{"POST /admin/users", `{"site_admin":"yes"}`, `field "site_admin": expected true or false`},
		{"PATCH /user", `{"default_visibility":[]}`, `field "default_visibility": expected a string or null`},
		{"PATCH /orgs/acme", `{"allow_public":1}`, `field "allow_public": expected true or false`},
		{"POST /user/repos", `{"name":{}}`, `field "name": expected a string`},
		{"POST /user/tokens", `{"scopes":3}`, `field "scopes": expected a string or a list of strings`},
		{"POST /user/tokens", `{"owners":"acme"}`, `field "owners": expected a list of strings`},
		{"POST /user/tokens", `{"actions":[1]}`, `field "actions": expected a list of strings`},
		{"POST /orgs/acme/packages/container/app/versions/delete", `{"ids":["3"]}`, `field "ids": expected a list of whole numbers`},
		{"POST /user/tokens", `{"expires_in":1.5}`, `field "expires_in": expected a whole number`},
		{"POST /user/tokens", `{"expires_at":"tomorrow"}`, `field "expires_at": expected a time such as 2026-01-31T12:00:00Z`},
	} {
		method, path, _ := strings.Cut(test.route, " ")
		before := s.State()
		r := send(c, method, path, test.body).Want(422)
		if got := message(r); got != "request invalid: "+test.want || !strings.Contains(string(r.Body), `"request_invalid"`) {
			t.Errorf("%s %s: %s", test.route, test.body, r.Body)
		}
		if s.State() != before {
			t.Errorf("%s %s changed something", test.route, test.body)
		}
	}
}

// Lists go on after an entry or at the number of a page.
func TestPages(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c := s.With("Bearer " + s.Token("root", berth.ScopeAll, 0))
	for query, want := range map[string]string{
		"page=2":                        "",
		"page=0":                        "page must be a whole number from 1",
		"page=x":                        `got "x"`,
		"page=1":                        "",
		"page=":                         "",
		"per_page=101":                  "",
		"per_page=1e3":                  "a whole number from 1",
		"per_page=0":                    "a whole number from 1",
		"per_page=-1":                   "a whole number from 1",
		"after=x":                       "after is not what a Link header gave",
		"after=-1":                      "after is not what a Link header gave",
		"after=1%00":                    "after is not what a Link header gave",
		"after=1":                       "",
		"after=1&page=1000000":          "",
		"per_page=1":                    "",
		"per_page=99999999999999999999": "",
		"page=100&per_page=100":         "",
	} {
		r := send(c, "GET", "/audit-log?"+query, "")
		if want == "" && r.Status == 200 {
			continue
		}
		if want == "" || r.Status != 422 || !strings.Contains(string(r.Body), `"page_invalid"`) || !strings.Contains(message(r), want) {
			t.Errorf("%s: %d %s", query, r.Status, r.Body)
		}
	}
	send(c, "GET", "/users/acme/packages?after=%00", "").Want(422)
	if r := send(c, "GET", "/audit-log?page=101&per_page=100", "").Want(400); !strings.Contains(string(r.Body), `"page_too_deep"`) {
		t.Errorf("a page too far: %s", r.Body)
	}
}

// Clients of GitHub's count pages, and stop where no next one has a number.
func TestNumberedPages(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c := s.With("Bearer " + s.Token("root", berth.ScopeAll, 0))
	at := s.URL + "/api/v3/users?"
	for query, want := range map[string][2]string{
		"per_page=1":                  {"ada", `<` + at + `after=ada&page=2&per_page=1>; rel="next"`},
		"per_page=1&page=2":           {"bob", `<` + at + `after=bob&page=3&per_page=1>; rel="next", <` + at + `page=1&per_page=1>; rel="prev", <` + at + `page=1&per_page=1>; rel="first"`},
		"per_page=1&page=3":           {"mia", `<` + at + `after=mia&page=4&per_page=1>; rel="next", <` + at + `page=2&per_page=1>; rel="prev", <` + at + `page=1&per_page=1>; rel="first"`},
		"per_page=1&page=4":           {"root", `<` + at + `page=3&per_page=1>; rel="prev", <` + at + `page=1&per_page=1>; rel="first"`},
		"per_page=1&page=9":           {"", `<` + at + `page=8&per_page=1>; rel="prev", <` + at + `page=1&per_page=1>; rel="first"`},
		"per_page=1&page=2&after=bob": {"mia", `<` + at + `after=mia&page=3&per_page=1>; rel="next", <` + at + `page=1&per_page=1>; rel="prev", <` + at + `page=1&per_page=1>; rel="first"`},
		"per_page=3&page=2":           {"root", `<` + at + `page=1&per_page=3>; rel="prev", <` + at + `page=1&per_page=3>; rel="first"`},
	} {
		r := send(c, "GET", "/users?"+query, "").Want(200)
		var list []struct{ Login string }
		if err := json.Unmarshal(r.Body, &list); err != nil {
			t.Fatal(err)
		}
		var got [2]string
		for _, u := range list {
			got[0] += u.Login
		}
		got[1] = r.Header.Get("Link")
		if got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}

// Who counts pages comes to the end of every list, and not of the first thousand.
func TestNumberedPagesOfLongLists(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c := s.As("ada")
	c.PushImage("ada/app", "t", "layer")
	for _, to := range []string{"one", "two", "three"} {
		send(c, "POST", "/users/ada/packages/container/app/rename", `{"name":"app-`+to+`"}`).Want(200)
		send(c, "POST", "/users/ada/packages/container/app-"+to+"/rename", `{"name":"app"}`).Want(200)
	}
	s.Exec(`INSERT INTO tags (package_id, folded, name, digest, updated_at) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1249)
		SELECT t.package_id, 't' || (1000 + n.i), 't' || (1000 + n.i), t.digest, 1 FROM tags t, n`)
	for path, want := range map[string]int{
		"/users/ada/packages/container/app/tags?per_page=100&page=":     1250,
		"/users/ada/packages/container/app/aliases?per_page=1&page=":    3,
		"/users/ada/package-aliases?per_page=1&page=":                   3,
		"/users/ada/packages/container/app/versions?per_page=100&page=": 1,
		"/users/ada/packages/container/app/roles?per_page=1&page=":      1,
	} {
		seen := map[string]bool{}
		for page := 1; ; page++ {
			r := send(c, "GET", path+strconv.Itoa(page), "").Want(200)
			var list []json.RawMessage
			if err := json.Unmarshal(r.Body, &list); err != nil {
				t.Fatal(err)
			}
			for _, entry := range list {
				seen[string(entry)] = true
			}
			if !strings.Contains(r.Header.Get("Link"), `rel="next"`) {
				break
			}
		}
		if len(seen) != want {
			t.Errorf("%s: %d of %d", path, len(seen), want)
		}
	}
}
