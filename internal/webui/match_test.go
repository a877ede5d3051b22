package webui

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFit(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		pattern, path string
		want          map[string]string // nil: does not fit
	}{
		{"/", "/", map[string]string{}},
		{"/", "/a", nil},
		{"/login", "/login", map[string]string{}},
		{"/login", "/login/", nil},
		{"/{owner}", "/acme", map[string]string{"owner": "acme"}},
		{"/{owner}", "/", nil},
		{"/{owner}", "/acme/web", nil},
		{"/{owner}/{path...}", "/acme/web", map[string]string{"owner": "acme", "path": "web"}},
		{"/{owner}/{path...}", "/acme/web/api/v2:1.0", map[string]string{"owner": "acme", "path": "web/api/v2:1.0"}},
		{"/{owner}/{path...}", "/acme", nil},
		{"/{owner}/{path...}", "/acme/", nil},
		{"/{owner}/{path...}", "/acme//web", nil},
		{"/{owner}/{path...}", "/acme/-/teams", nil},
		{"/{owner}/{path...}", "/acme/web/-/settings", nil},
		{"/{owner}/{path...}/-/settings", "/acme/web/api/-/settings", map[string]string{"owner": "acme", "path": "web/api"}},
		{"/{owner}/{path...}/-/settings", "/acme/-/settings", nil},
		{"/{owner}/{path...}/-/settings", "/acme/-/-/settings", nil},
		{"/{owner}/{path...}/-/versions/{id}", "/acme/web/-/versions/7", map[string]string{"owner": "acme", "path": "web", "id": "7"}},
		{"/{owner}/-/teams/{team}", "/acme/-/teams/devs", map[string]string{"owner": "acme", "team": "devs"}},
		{"/{owner}/-/teams/{team}", "/acme/-/teams/", nil},
	} {
		got, ok := fit(strings.Split(test.pattern, "/"), strings.Split(test.path, "/"))
		if ok && got == nil {
			got = map[string]string{}
		}
		if !ok {
			got = nil
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s on %s:\n%s", test.pattern, test.path, diff)
		}
	}
}

// Whatever a path is, what was taken out of it makes it again.
func FuzzFit(f *testing.F) {
	patterns := []string{"/", "/{owner}", "/{owner}/{path...}", "/{owner}/{path...}/-/settings", "/{owner}/{path...}/-/versions/{id}", "/-/admin/{page}"}
	for _, path := range []string{"/", "/acme", "/acme/web:1", "/acme/a/b/-/settings", "//", "/-/-/-/", "/acme/web/-/versions/1"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		for _, pattern := range patterns {
			parts := strings.Split(pattern, "/")
			values, ok := fit(parts, strings.Split(path, "/"))
			if !ok {
				continue
			}
			made := slices.Clone(parts)
			for i, part := range made {
				if name, is := braced(part); is {
					made[i] = values[strings.TrimSuffix(name, "...")]
					if made[i] == "" || slices.Contains(strings.Split(made[i], "/"), "-") && strings.HasSuffix(name, "...") {
						t.Errorf("%s on %q: %s is %q", pattern, path, name, made[i])
					}
				}
			}
			if again := strings.Join(made, "/"); again != path {
				t.Errorf("%s on %q makes %q", pattern, path, again)
			}
		}
	})
}

// A form's answer is a page too: what leads back to it must lead to something to GET.
func TestHere(t *testing.T) {
	t.Parallel()
	u := &UI{}
	u.routes = compile(u.table())
	for _, test := range []struct{ method, path, want string }{
		{"GET", "/search?q=web", "/search?q=web"},
		{"POST", "/login", "/login"},
		{"POST", "/settings/name", "/settings"},
		{"POST", "/settings/tokens/5/revoke", "/settings/tokens"},
		{"POST", "/-/theme", "/"},
		{"POST", "/acme/-/settings/rename", "/acme/-/settings"},
		{"POST", "/acme/-/settings/retention/preview", "/acme/-/settings/retention"},
		{"POST", "/acme/web/-/settings/tags/delete", "/acme/web/-/settings/tags"},
		{"POST", "/acme/a%25b/-/settings/visibility", "/acme/a%25b/-/settings"},
		{"POST", "/nowhere/-/at/all", "/"},
	} {
		if got := u.here(httptest.NewRequestWithContext(t.Context(), test.method, test.path, http.NoBody)); got != test.want {
			t.Errorf("%s %s: %s, want %s", test.method, test.path, got, test.want)
		}
	}
}
