package berthtest_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// webRows are about the pages, besides those for signing in. Each part of the site
// has a function of its own.
func webRows() []row {
	return slices.Concat(webSiteRows(), webSettingsRows(), webPackageRows(), webPackageSettingsRows(), webOwnerRows(), webAdminRows())
}

// webGet is a row of a page: whoever has no session is nobody to it, and where nobody
// may see it he is sent to sign in.
func webGet(route, path string, who need, ok int) row {
	return row{route: "GET " + route, path: path, need: onPage(who, http.StatusSeeOther), ok: ok, page: true}
}

// webPost is a row of a form. ok is where it leads, mostly 303.
func webPost(route, path string, form url.Values, who need, ok int) row {
	return row{
		route: "POST " + route, path: path, body: form.Encode(), contentType: "application/x-www-form-urlencoded",
		need: onPage(who, http.StatusUnauthorized), ok: ok, page: true,
	}
}

// onPage is a need as it counts for a page.
func onPage(who need, stranger int) need {
	return func(a *actor) verdict {
		if !a.browser() {
			a = &actor{what: "nobody"}
		}
		v := who(a)
		if a.anonymous() && v.status == http.StatusUnauthorized {
			return verdict{status: stranger}
		}
		return v
	}
}

// idle is a need of which nothing is written down.
func idle(who need) need {
	return func(a *actor) verdict {
		v := who(a)
		v.idle = true
		return v
	}
}

func webSiteRows() []row {
	return []row{
		webGet("/-/start", "/-/start", anybody, 200),
		webPost("/-/start", "/-/start", nil, person, 303),
		webGet("/-/start/arrived", "/-/start/arrived?since=99999999999", person, 204),
		webGet("/-/start/arrived", "/-/start/arrived?since=0", person, 400),
		webPost("/-/theme", "/-/theme", url.Values{"theme": {"dark"}}, idle(anybody), 303),
		webPost("/-/theme", "/-/theme", url.Values{"theme": {"pink"}}, anybody, 400),
	}
}

// person needs somebody who is signed in.
func person(a *actor) verdict {
	if a.anonymous() {
		return signIn()
	}
	return allowed()
}

// tried reports whether a row is worth trying as an actor. Pages know nothing but
// cookies, so that of all other credentials a few have to do.
func (r *row) tried(a *actor) bool {
	return !r.page || a.kind == kindSession || a.anonymous() || a.login == "ada" && !strings.Contains(a.what, "for ") && a.kind == kindToken
}
