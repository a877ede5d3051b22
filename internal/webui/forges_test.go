package webui_test

import (
	"net/http"
	"testing"
)

// More addresses of other forges, and such with a slash too many, lead to our pages.
func TestOtherAddresses(t *testing.T) {
	t.Parallel()
	p := newShop(t)
	for from, want := range map[string]string{
		"/Acme/web/packages":                 "/acme/-/repositories/web",
		"/user/settings/packages":            "/settings",
		"/org/acme/settings/packages":        "/acme/-/settings",
		"/explore":                           "/search",
		"/ada/web/":                          "/ada/web",
		"/ada/web/-/tags/?q=1":               "/ada/web/-/tags?q=1",
		"/ada/":                              "/ada",
		"/login/":                            "/login",
		"/ada/x/pkgs/container/web/versions": "/ada/web/-/versions",
		"/orgs/acme/packages/container/a/55": "/acme/a/-/versions/55",
		"/ada/x/pkgs/container/web/versions?filters%5Bversion_type%5D=tagged": "/ada/web/-/versions?filter=tagged",
		"/ada/x/pkgs/container/web/versions?filters[version_type]=x%0d":       "/ada/web/-/versions",
	} {
		r := p.s.As("").Get(from, p.session...).Want(http.StatusSeeOther)
		if got := r.Header.Get("Location"); got != want {
			t.Errorf("%s leads to %s, want %s", from, got, want)
		}
	}
	for _, path := range []string{"//evil.example/", "/ada//web/", "/ada/web//", "/ada/-/nope/"} {
		p.s.As("").Get(path, p.session...).Want(http.StatusNotFound)
	}
	p.c.PushImage("ada/tools/packages", "1", "x")
	p.page("/ada/tools/packages")
}
