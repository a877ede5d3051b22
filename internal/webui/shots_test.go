package webui

import (
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
)

// unseen are the routes that show no page of their own, or none that can be looked at
// in the demonstration, with the reason.
func unseen() map[string]string {
	const leads, part = "leads to a page", "a part of a page"
	list := map[string]string{
		"/assets/{file}":                                   part,
		"/-/suggest":                                       part,
		"/login/oidc/{provider}":                           "leads to a provider, which e2e/signin has",
		"/login/oidc/{provider}/callback":                  "is come to from a provider, which e2e/signin has",
		"/{owner}/{path...}/-/versions/{id}":               leads,
		"/-/start/arrived":                                 "is a part of the first steps, which e2e/browser/flows has",
		"/explore":                                         leads,
		"/user/settings/packages":                          leads,
		"/org/{owner}/settings/packages":                   leads,
		"/{owner}/{repository}/packages":                   leads,
		"/settings/personal-access-tokens":                 leads,
		"/settings/personal-access-tokens/new":             leads,
		"/orgs/{owner}/packages":                           leads,
		"/users/{owner}/packages":                          leads,
		"/orgs/{owner}/packages/container/{rest...}":       leads,
		"/users/{owner}/packages/container/{rest...}":      leads,
		"/{owner}/-/packages/container/{rest...}":          leads,
		"/{owner}/-/packages/settings/container/{rest...}": leads,
		"/{owner}/{repository}/pkgs/container/{rest...}":   leads,
	}
	for _, p := range forgeOwnerPages() {
		list[p.from] = leads
	}
	return list
}

// Every page is looked at in the browser, and every page that is looked at is there.
func TestEveryPageIsLookedAt(t *testing.T) {
	t.Parallel()
	const file = "../../e2e/browser/shots/pages.js"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	u := &UI{}
	u.routes = compile(u.table())
	seen := map[string]bool{}
	entries := regexp.MustCompile("\\bname: [\"`]([^\"`]+)[\"`], path: (?:[\"`]([^\"`]+)[\"`]|(web)\\b)").FindAllStringSubmatch(string(text), -1)
	if names := regexp.MustCompile("\\bname: [\"`]").FindAll(text, -1); len(names) != len(entries) {
		t.Fatalf("%d pages in %s, of which this test understands %d", len(names), file, len(entries))
	}
	for _, entry := range entries {
		name, path := entry[1], filled(entry[2]+entry[3])
		rt, _ := u.match(httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
		if rt == nil {
			if name != "not-found" {
				t.Errorf("%s, %s in %s: there is no such page", name, path, file)
			}
			continue
		}
		seen[rt.path] = true
	}
	reasons := unseen()
	for _, rt := range u.routes {
		if rt.method != http.MethodGet {
			continue
		}
		switch reason := reasons[rt.path]; {
		case seen[rt.path] && reason != "":
			t.Errorf("GET %s is in %s, and should not be: it %s", rt.path, file, reason)
		case !seen[rt.path] && reason == "":
			t.Errorf("GET %s is not in %s: add it, so that it is looked at", rt.path, file)
		}
		delete(reasons, rt.path)
	}
	for path := range reasons {
		t.Errorf("GET %s is no route", path)
	}
}

// filled puts something into the places of a JavaScript template.
func filled(path string) string {
	path = regexp.MustCompile(`^web\b|\$\{web\}`).ReplaceAllString(path, "/acme/web")
	path = regexp.MustCompile(`\$\{[^}]*\}+`).ReplaceAllString(path, "x")
	path, _, _ = strings.Cut(path, "?")
	return path
}
