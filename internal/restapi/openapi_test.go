package restapi_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/restapi"
)

// paths reads what the tests here need of the document.
func paths(t *testing.T, text []byte) map[string]map[string]struct{ OperationID, Summary string } {
	t.Helper()
	var doc struct {
		Paths map[string]map[string]struct{ OperationID, Summary string }
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	return doc.Paths
}

// Every route has an operation, and every operation a route: whoever adds one adds it
// to operations_*.go too. Programs call operations by ids, each its own.
func TestOperations(t *testing.T) {
	t.Parallel()
	api := restapi.NewLocal(nil, nil, nil, httpkit.Origins{})
	text, err := api.Document()
	if err != nil {
		t.Fatal(err)
	}
	var described []string
	ids, names := map[string]string{}, regexp.MustCompile(`\{[^}]*\}`)
	templates := map[string]string{}
	for path, methods := range paths(t, text) {
		template := names.ReplaceAllString(path, "{}")
		if other, ok := templates[template]; ok {
			t.Errorf("%s and %s are one path, and name its parts differently", path, other)
		}
		templates[template] = path
		for method, o := range methods {
			route := strings.ToUpper(method) + " /api/v3" + path
			described = append(described, route)
			if other, ok := ids[o.OperationID]; ok || !regexp.MustCompile(`^[a-z][A-Za-z]+$`).MatchString(o.OperationID) {
				t.Errorf("%s: the id %q is no name, or that of %q", route, o.OperationID, other)
			}
			ids[o.OperationID] = route
			if o.Summary == "" || strings.HasSuffix(o.Summary, ".") {
				t.Errorf("%s: the summary is %q", route, o.Summary)
			}
		}
	}
	routes := slices.DeleteFunc(api.Routes(), func(route string) bool { return strings.Contains(route, " /api/v1/") })
	slices.Sort(routes)
	slices.Sort(described)
	if diff := cmp.Diff(routes, described); diff != "" {
		t.Errorf("operations() (- is missing there, + is no route):\n%s", diff)
	}
}

// Anybody gets the document, and does not get it twice.
func TestDocumentIsServed(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c := s.As("")
	r := c.Get("/api/v3/openapi.json").Want(http.StatusOK)
	etag := r.Header.Get("ETag")
	if r.Header.Get("Content-Type") != "application/json; charset=utf-8" || r.Header.Get("Cache-Control") != "no-cache" || etag == "" || len(paths(t, r.Body)) == 0 {
		t.Errorf("%v %.200s", r.Header, r.Body)
	}
	if r := c.Get("/api/v3/openapi.json", "If-None-Match", etag).Want(http.StatusNotModified); len(r.Body) > 0 || r.Header.Get("ETag") != etag {
		t.Errorf("%v %.200s", r.Header, r.Body)
	}
	c.Get("/api/v3/openapi.json", "If-None-Match", `"another"`).Want(http.StatusOK)
	if !strings.Contains(string(r.Body), `"servers":[{"url":"/api/v3"}]`) || strings.Contains(string(r.Body), "http://") {
		t.Error("the document names a server")
	}
}

// A token is told which scopes would do, whatever the answer is; nobody else is.
func TestAcceptedScopes(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	weak := s.With("Bearer " + s.Token("ada", berth.ScopeReadUser, 0))
	for route, want := range map[string]string{
		"GET /user":                       "read:user",
		"DELETE /orgs/acme":               "admin:org",
		"GET /users/ada/repos":            "read:packages, write:repositories",
		"GET /orgs/none":                  "read:user",
		"GET /openapi.json":               "",
		"DELETE /users/bob/tokens/17":     "admin:org, user",
		"GET /users/ada/packages?after=%": "read:packages",
	} {
		method, path, _ := strings.Cut(route, " ")
		r := send(weak, method, path, "")
		if got, ok := r.Header["X-Accepted-Oauth-Scopes"]; !ok || got[0] != want || r.Header.Get("X-OAuth-Scopes") != "read:user" {
			t.Errorf("%s: %d, accepted %q, want %q", route, r.Status, got, want)
		}
	}
	if got, ok := send(s.As(""), "GET", "/user", "").Header["X-Accepted-Oauth-Scopes"]; ok {
		t.Errorf("without a token: %q", got)
	}
}
