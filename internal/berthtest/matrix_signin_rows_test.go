package berthtest_test

import (
	"net/http"
	"net/url"
	"strings"
)

// proven needs to act for one's own account, which is a person's. A token is not
// enough where there is no password that could be asked for, or it could make itself
// stronger.
func proven(a *actor) verdict {
	v := own("user")(a)
	tokened := a.kind == kindToken || a.kind == kindBasic
	if v.yes() && (strings.HasPrefix(a.login, "acme-") || tokened && a.login != "ada") {
		return denied()
	}
	return v
}

// invitation needs to be somebody who could have made it.
func invitation(n need) need {
	return func(a *actor) verdict {
		if v := n(a); v.yes() || a.anonymous() {
			return v
		}
		return hidden()
	}
}

// signInRows are about signing in by the REST face, and how an account does so.
func signInRows() []row {
	right := `{"login":"ada","password":"` + password + `"}`
	proof := `{"password":"` + password + `","code":"000000"}`
	end := func(a *actor) verdict {
		if v := own("user")(a); !v.yes() || !strings.HasPrefix(a.login, "acme-") {
			return v
		}
		return missing() // a service account has no sessions
	}
	ofOtto := func(a *actor) verdict {
		if v := own("user")(a); !v.yes() || a.login == "otto" {
			return v
		}
		return hidden()
	}
	list := []row{
		api("POST /login", "/login", right, anybody, 201),
		api("PUT /user/password", "/user/password", `{"current":"`+password+`","password":"another one"}`, proven, 204),
		api("GET /user/sessions", "/user/sessions", "", own("read:user"), 200),
		api("DELETE /user/sessions/{id}", "/user/sessions/{session}", "", end, 204),
		api("DELETE /user/sessions/{id}", "/user/sessions/<{session:otto}>", "", ofOtto, 204),
		api("GET /user/second-factor", "/user/second-factor", "", own("read:user"), 200),
		api("POST /user/second-factor", "/user/second-factor", proof, proven, 201),
		api("PUT /user/second-factor", "/user/second-factor", proof, own("user"), 422),
		api("DELETE /user/second-factor", "/user/second-factor", proof, proven, 422),
		api("POST /user/second-factor/recovery-codes", "/user/second-factor/recovery-codes", proof, proven, 422),
		api("DELETE /admin/users/{owner}/second-factor", "/admin/users/<vic>/second-factor", "", site, 422),
		api("GET /invitations", "/invitations", "", site, 200),
		api("GET /invitations", "/invitations?org=<orchid>", "", owners("orchid"), 200),
		api("POST /invitations", "/invitations", `{"note":"x"}`, site, 201),
		api("POST /invitations", "/invitations", `{"org":"orchid"}`, owners("orchid"), 201),
		api("DELETE /invitations/{id}", "/invitations/<{invitation}>", "", invitation(site), 204),
		// Nobody has an invitation that is wrong; and a password that is too short is not hashed.
		api("POST /join", "/join", `{"invitation":"bri_wrong","login":"newcomer","password":"long enough"}`, anybody, 404),
		api("POST /join", "/join", `{"invitation":"{code}","login":"newcomer","password":"short"}`, anybody, 422),
		api("POST /join", "/join", `{"login":"newcomer","password":"long enough"}`, anybody, 403),
	}
	for _, org := range []string{"acme", "orchid"} {
		list = append(list,
			api("GET /orgs/{owner}/invitations", "/orgs/<"+org+">/invitations", "", owners(org), 200),
			api("POST /orgs/{owner}/invitations", "/orgs/<"+org+">/invitations", `{"owner":true}`, owners(org), 201),
			api("DELETE /invitations/{id}", "/invitations/<{invitation:"+org+"}>", "", invitation(owners(org)), 204),
		)
	}
	return list
}

// browser reports whether the pages know the actor.
func (a *actor) browser() bool { return a.kind == kindSession && !a.dead }

// pageRows are about the pages. They know nothing but cookies.
func pageRows() []row {
	signedOut := func(a *actor) verdict { // the form for signing in is for those who are not
		if a.browser() {
			return verdict{status: http.StatusSeeOther}
		}
		return allowed()
	}
	leaving := func(a *actor) verdict { return verdict{idle: !a.browser()} }
	asking := func(a *actor) verdict {
		if a.browser() {
			return allowed()
		}
		return verdict{status: http.StatusSeeOther}
	}
	granting := func(a *actor) verdict {
		if a.browser() {
			return verdict{idle: true} // the code is sealed, not stored
		}
		return verdict{status: http.StatusUnauthorized}
	}
	get := func(route, path string, who need, ok int) row {
		return row{route: "GET " + route, path: path, need: who, ok: ok, page: true}
	}
	post := func(route, path string, form url.Values, who need, ok int) row {
		return row{
			route: "POST " + route, path: path, body: form.Encode(), contentType: "application/x-www-form-urlencoded", need: who, ok: ok, page: true,
		}
	}
	cli := url.Values{"port": {"1024"}, "challenge": {strings.Repeat("A", 43)}, "name": {"laptop"}}
	list := []row{
		get("/", "/", anybody, 200),
		get("/assets/{file}", "/assets/berth.css", anybody, 200),
		get("/assets/{file}", "/assets/none", anybody, 404),
		get("/login", "/login", signedOut, 200),
		get("/login/oidc/{provider}", "/login/oidc/none", anybody, 404),
		get("/login/oidc/{provider}/callback", "/login/oidc/none/callback?code=x&state=x", anybody, 404),
		get("/login/cli", "/login/cli?"+cli.Encode(), asking, 200),
		get("/join", "/join", anybody, 403),
		get("/join/{code}", "/join/{code}", anybody, 200),
		get("/join/{code}", "/join/bri_wrong", anybody, 404),
	}
	forms := []row{
		post("/login", "/login", url.Values{"name": {"ada"}, "password": {password}}, anybody, 303),
		post("/logout", "/logout", nil, leaving, 303),
		post("/login/cli", "/login/cli", cli, granting, 303),
		post("/login/cli/token", "/login/cli/token", url.Values{"code": {"x"}, "verifier": {strings.Repeat("x", 43)}}, anybody, 401),
		post("/join", "/join", url.Values{"name": {"newcomer"}, "password": {"long enough"}, "again": {"long enough"}}, anybody, 403),
		post("/join/{code}", "/join/{code}", url.Values{"name": {"newcomer"}, "password": {"short"}, "again": {"short"}}, anybody, 400),
		post("/join/{code}", "/join/bri_wrong", url.Values{"name": {"newcomer"}, "password": {"long enough"}, "again": {"long enough"}}, anybody, 404),
	}
	for _, r := range forms {
		list = append(list, r)
		r.foreign, r.ok, r.need = true, http.StatusForbidden, anybody // whoever it is
		list = append(list, r)
	}
	return list
}
