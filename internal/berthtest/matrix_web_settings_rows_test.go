package berthtest_test

import (
	"net/http"
	"net/url"
	"strings"
)

// webSettingsRows are about the pages of one's own account. There is no way to say on
// them whose account is meant, so that everybody who is signed in gets his own.
func webSettingsRows() []row {
	proof := url.Values{"current-password": {password}, "code": {"000000"}}
	key := url.Values{"code": {"000000"}, "key": {"otpauth://totp/x?secret=A"}}
	fresh := url.Values{"current-password": {password}, "password": {"another one"}, "again": {"another one"}}
	twice := url.Values{"current-password": {password}, "password": {"another one"}, "again": {"another"}}
	token := func(scopes ...string) url.Values {
		return url.Values{"name": {"page"}, "expires": {"30"}, "scope": scopes}
	}
	return append([]row{
		webGet("/settings", "/settings", person, 200),
		webPost("/settings", "/settings", url.Values{"visibility": {"internal"}}, person, 303),
		webPost("/settings", "/settings", url.Values{"visibility": {"secret"}}, person, 400),
		webPost("/settings/name", "/settings/name", url.Values{"name": {"newcomer"}}, person, 303),
		webPost("/settings/name", "/settings/name", url.Values{"name": {"-"}}, person, 400),
		webGet("/settings/tokens", "/settings/tokens", person, 200),
		webGet("/settings/tokens", "/settings/tokens?before=x", person, 400),
		webGet("/settings/tokens/new", "/settings/tokens/new?scopes=write:packages&name=x", person, 200),
		webGet("/settings/tokens/made", "/settings/tokens/made", person, 303),
		webPost("/settings/tokens/new", "/settings/tokens/new", token("write:packages"), person, 303),
		webPost("/settings/tokens/new", "/settings/tokens/new", token("delete:packages", "admin"), person, 303),
		webPost("/settings/tokens/new", "/settings/tokens/new", token(), person, 400),
		webPost("/settings/tokens/{id}/revoke", "/settings/tokens/{spare}/revoke", nil, person, 303),
		webPost("/settings/tokens/{id}/revoke", "/settings/tokens/<{spare:otto}>/revoke", nil, only("otto"), 303),
		webGet("/settings/personal-access-tokens", "/settings/personal-access-tokens", anybody, 303),
		webGet("/settings/personal-access-tokens/new", "/settings/personal-access-tokens/new?scopes=user", anybody, 303),
		webGet("/settings/security", "/settings/security", person, 200),
		webPost("/settings/security/password", "/settings/security/password", fresh, person, 303),
		webPost("/settings/security/password", "/settings/security/password", twice, person, 400),
		webPost("/settings/security/factor", "/settings/security/factor", proof, person, 200),
		webPost("/settings/security/factor/confirm", "/settings/security/factor/confirm", key, person, 400),
		webPost("/settings/security/factor/codes", "/settings/security/factor/codes", proof, person, 400),
		webPost("/settings/security/factor/off", "/settings/security/factor/off", proof, person, 400),
		webPost("/settings/security/identities/unlink", "/settings/security/identities/unlink", url.Values{"provider": {"none"}, "subject": {"x"}}, person, 404),
		webGet("/settings/sessions", "/settings/sessions", person, 200),
		webPost("/settings/sessions/end-others", "/settings/sessions/end-others", nil, person, 303),
		webPost("/settings/sessions/{id}/end", "/settings/sessions/{session}/end", nil, person, 303),
		webPost("/settings/sessions/{id}/end", "/settings/sessions/<{session:otto}>/end", nil, only("otto"), 303),
	}, webOwnOrgsRows()...)
}

func webOwnOrgsRows() []row {
	leaving := func(a *actor) verdict {
		switch {
		case a.anonymous():
			return signIn()
		case a.acme == owner, strings.HasPrefix(a.login, "acme-"): // the last one, and those that belong to it
			return verdict{status: http.StatusConflict}
		case a.acme == member:
			return allowed()
		case a.site: // he knows the organization, and is told that he is not in it
			return verdict{status: http.StatusNotFound}
		default:
			return hidden()
		}
	}
	making := func(a *actor) verdict {
		if v := person(a); !v.yes() || a.site {
			return v
		}
		return denied()
	}
	return []row{
		webGet("/settings/orgs", "/settings/orgs", person, 200),
		webPost("/settings/orgs", "/settings/orgs", url.Values{"name": {"newcomer"}}, making, 303),
		webPost("/settings/orgs", "/settings/orgs", url.Values{"name": {"-"}}, making, 400),
		webPost("/settings/orgs/{owner}/leave", "/settings/orgs/<acme>/leave", nil, leaving, 303),
	}
}

// only needs to be somebody; to others it is as if there were nothing.
func only(login string) need {
	return func(a *actor) verdict {
		if v := person(a); !v.yes() || a.login == login {
			return v
		}
		return hidden()
	}
}
