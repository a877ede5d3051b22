package berthtest_test

import "net/http"

// userRows are about people.
func userRows() []row {
	purge := all(site, scope("delete:packages"))
	return []row{
		api("GET /user", "/user", "", own("read:user"), 200),
		api("PATCH /user", "/user", `{"default_visibility":"internal"}`, own("user"), 200),
		api("GET /users", "/users", "", site, 200),
		api("GET /users/{owner}", "/users/vic", "", everyone, 200),
		api("GET /users/{owner}", "/users/<acme-bot>", "", colleague("acme-bot"), 200),
		api("GET /users/{owner}", "/users/<acme>", "", orgAsUser("acme"), 200),
		api("GET /users/{owner}", "/users/<orchid>", "", orgAsUser("orchid"), 200),
		api("PUT /users/{owner}/suspended", "/users/<vic>/suspended", "", site, 204),
		api("DELETE /users/{owner}/suspended", "/users/<blake>/suspended", "", site, 204),
		api("PUT /users/{owner}/site_admin", "/users/<vic>/site_admin", "", site, 204),
		api("DELETE /users/{owner}/site_admin", "/users/<max>/site_admin", "", site, 204),
		api("POST /admin/users", "/admin/users", `{"login":"newcomer","password":"long enough"}`, site, 201),
		api("PUT /admin/users/{owner}/password", "/admin/users/<vic>/password", `{"password":"long enough"}`, site, 204),
		api("DELETE /admin/users/{owner}", "/admin/users/<vic>", "", site, 409),
		api("DELETE /admin/users/{owner}", "/admin/users/<vic>?packages=purge", "", purge, 204),
		api("DELETE /admin/users/{owner}", "/admin/users/<eve>", "", site, 204),
	}
}

// orgRows are about organizations.
func orgRows() (list []row) {
	for _, org := range []string{"acme", "orchid"} {
		in, see, rule := "/orgs/<"+org+">", members(org), owners(org)
		list = append(list,
			api("GET /orgs/{org}", in, "", see, 200),
			api("PATCH /orgs/{org}", in, `{"base_role":"admin"}`, rule, 200),
			api("DELETE /orgs/{org}", in, "", rule, 409),
			api("DELETE /orgs/{org}", in+"?packages=purge", "", all(rule, scope("delete:packages")), 204),
			api("GET /orgs/{org}/members", in+"/members", "", see, 200),
			api("GET /orgs/{org}/memberships/{user}", in+"/memberships/eve", "", see, 404),
			api("PUT /orgs/{org}/memberships/{user}", in+"/memberships/eve", `{"role":"admin"}`, rule, 200),
			api("DELETE /orgs/{org}/memberships/{user}", in+"/memberships/eve", "", rule, 404),
			api("GET /orgs/{org}/service-accounts", in+"/service-accounts", "", see, 200),
			api("POST /orgs/{org}/service-accounts", in+"/service-accounts", `{"login":"newbot"}`, rule, 201),
		)
	}
	return append(list,
		api("POST /admin/organizations", "/admin/organizations", `{"login":"newest","admin":"vic"}`, site, 201),
		api("GET /organizations", "/organizations", "", site, 200),
		api("GET /user/orgs", "/user/orgs", "", own("read:user"), 200),
		api("GET /orgs/{org}/memberships/{user}", "/orgs/<acme>/memberships/mia", "", members("acme"), 200),
		api("DELETE /orgs/{org}/memberships/{user}", "/orgs/<acme>/memberships/mia", "", leave("acme", "mia"), 204),
		api("DELETE /orgs/{org}/memberships/{user}", "/orgs/<acme>/memberships/ada", "", leave("acme", "ada"), 409),
		// A repository, and a service account, of another organization.
		api("POST /orgs/{org}/service-accounts", "/orgs/<acme>/service-accounts", `{"login":"newbot","repository":"orchid/rush"}`, owners("acme"), 404),
		api("DELETE /orgs/{org}/service-accounts/{user}", "/orgs/<acme>/service-accounts/acme-bot", "", owners("acme"), 204),
		api("DELETE /orgs/{org}/service-accounts/{user}", "/orgs/<orchid>/service-accounts/acme-bot", "", owners("orchid"), 404),
		api("DELETE /orgs/{org}/service-accounts/{user}", "/orgs/<acme>/service-accounts/vic", "", owners("acme"), 404),
	)
}

// teamRows are about teams. nettle is orchid's.
func teamRows() []row {
	see, rule := members("acme"), owners("acme")
	in := "/orgs/<acme>/teams"
	return []row{
		api("GET /orgs/{org}/teams", in, "", see, 200),
		api("GET /orgs/{org}/teams", "/orgs/<orchid>/teams", "", members("orchid"), 200),
		api("POST /orgs/{org}/teams", in, `{"name":"newteam"}`, rule, 201),
		api("POST /orgs/{org}/teams", "/orgs/<orchid>/teams", `{"name":"newteam"}`, owners("orchid"), 201),
		api("GET /orgs/{org}/teams/{team}", in+"/dewberry", "", see, 200),
		api("GET /orgs/{org}/teams/{team}", in+"/nettle", "", see, 404),
		api("GET /orgs/{org}/teams/{team}", "/orgs/<orchid>/teams/nettle", "", members("orchid"), 200),
		api("DELETE /orgs/{org}/teams/{team}", in+"/dewberry", "", rule, 204),
		api("DELETE /orgs/{org}/teams/{team}", in+"/nettle", "", rule, 404),
		api("DELETE /orgs/{org}/teams/{team}", "/orgs/<orchid>/teams/nettle", "", owners("orchid"), 204),
		api("GET /orgs/{org}/teams/{team}/members", in+"/dewberry/members", "", see, 200),
		api("GET /orgs/{org}/teams/{team}/members", in+"/nettle/members", "", see, 404),
		api("PUT /orgs/{org}/teams/{team}/memberships/{user}", in+"/dewberry/memberships/mia", "", rule, 200),
		api("PUT /orgs/{org}/teams/{team}/memberships/{user}", in+"/dewberry/memberships/eve", "", rule, 409),
		api("PUT /orgs/{org}/teams/{team}/memberships/{user}", in+"/nettle/memberships/mia", "", rule, 404),
		api("PUT /orgs/{org}/teams/{team}/memberships/{user}", "/orgs/<orchid>/teams/nettle/memberships/otto", "", owners("orchid"), 200),
		api("DELETE /orgs/{org}/teams/{team}/memberships/{user}", in+"/dewberry/memberships/tess", "", rule, 204),
		api("DELETE /orgs/{org}/teams/{team}/memberships/{user}", in+"/dewberry/memberships/mia", "", rule, 404),
		api("DELETE /orgs/{org}/teams/{team}/memberships/{user}", in+"/nettle/memberships/otto", "", rule, 404),
	}
}

// repositoryRows are about the records of source repositories.
func repositoryRows() (list []row) {
	for owner, name := range map[string]string{"acme": "reed", "orchid": "rush"} {
		at, full := "/repos/"+owner+"/<"+name+">", owner+"/"+name
		rule := repoAdmin(full)
		list = append(list,
			api("GET /repos/{owner}/{repo}", at, "", repo(full, read, "read:packages", "write:repositories"), 200),
			api("PATCH /repos/{owner}/{repo}", at, `{"visibility":"public"}`, rule, 200),
			api("DELETE /repos/{owner}/{repo}", at, "", rule, 204),
			api("GET /repos/{owner}/{repo}/readme", at+"/readme", "", repo(full, read, "read:packages", "write:repositories"), 200),
			api("PUT /repos/{owner}/{repo}/readme", at+"/readme", `{"content":"# New"}`, rule, 200),
			api("GET /repos/{owner}/{repo}/collaborators", at+"/collaborators", "", rule, 200),
			api("PUT /repos/{owner}/{repo}/collaborators/{user}", at+"/collaborators/eve", `{"permission":"admin"}`, rule, 204),
			api("DELETE /repos/{owner}/{repo}/collaborators/{user}", at+"/collaborators/eve", "", rule, 404),
			api("GET /repos/{owner}/{repo}/teams", at+"/teams", "", rule, 200),
			api("POST /orgs/{owner}/repos", "/orgs/<"+owner+">/repos", `{"name":"newrepo"}`, makeRepository(owner), 201),
			api("GET /orgs/{owner}/repos", "/orgs/<"+owner+">/repos", "", repoList(owner, full), 200),
			api("GET /users/{owner}/repos", "/users/<"+owner+">/repos", "", repoList(owner, full), 200),
		)
	}
	rule, reed, rush := repoAdmin("acme/reed"), "/repos/acme/<reed>", "/repos/orchid/<rush>"
	team := "PUT /orgs/{org}/teams/{team}/repos/{owner}/{repo}"
	drop := "DELETE /orgs/{org}/teams/{team}/repos/{owner}/{repo}"
	foreign := func(*actor) verdict { return verdict{status: http.StatusNotFound} } // whoever asks
	return append(list,
		api("POST /user/repos", "/user/repos", `{"name":"newrepo"}`, makeRepository(""), 201),
		api("GET /user/repos", "/user/repos", "", signedIn, 200),
		api("GET /users/{owner}/repos", "/users/vic/repos", "", signedIn, 200),
		api("DELETE /repos/{owner}/{repo}/collaborators/{user}", reed+"/collaborators/wes", "", rule, 204),
		api(team, "/orgs/acme/teams/dewberry"+reed, `{"permission":"admin"}`, rule, 204),
		api(drop, "/orgs/acme/teams/dewberry"+reed, "", rule, 204),
		// Teams of another organization.
		api(team, "/orgs/acme/teams/nettle"+reed, `{"permission":"admin"}`, rule, 404),
		api(drop, "/orgs/acme/teams/nettle"+reed, "", rule, 404),
		api(team, "/orgs/orchid/teams/nettle"+reed, `{"permission":"admin"}`, foreign, 404),
		api(drop, "/orgs/orchid/teams/nettle"+reed, "", foreign, 404),
		api(team, "/orgs/orchid/teams/dewberry"+rush, `{"permission":"admin"}`, repoAdmin("orchid/rush"), 404),
	)
}

// tokenRows are about access tokens.
func tokenRows() (list []row) {
	current := func(a *actor) verdict {
		switch a.kind {
		case kindToken, kindBasic, kindSession: // a session ends too
			return allowed()
		case kindPassword:
			return missing() // there is none
		case kindNone, kindBearer:
		}
		return signIn()
	}
	weak, strong := `{"name":"n","scopes":"read:user"}`, `{"name":"n","scopes":["write:packages"]}`
	list = append(list,
		api("GET /user/tokens", "/user/tokens", "", own("user"), 200),
		api("POST /user/tokens", "/user/tokens", weak, stronger("read:user", own("user")), 201),
		api("POST /user/tokens", "/user/tokens", strong, stronger("write:packages", own("user")), 201),
		api("DELETE /user/tokens/current", "/user/tokens/current", "", current, 204),
		api("DELETE /user/tokens/{id}", "/user/tokens/<{spare}>", "", own("user"), 204),
		api("DELETE /user/tokens/{id}", "/user/tokens/<{spare:max}>", "", own("user"), 404),
		// The user and the token do not belong together.
		api("DELETE /users/{user}/tokens/{id}", "/users/vic/tokens/{spare:max}", "", accountOf("vic", "user"), 404),
		api("DELETE /users/{user}/tokens/{id}", "/users/acme-ci/tokens/{spare:max}", "", robot("acme-ci"), 404),
		api("DELETE /users/{user}/tokens/{id}", "/users/ada/tokens/{spare:max}", "", accountOf("ada", "user"), 404),
	)
	for name, who := range map[string]need{"vic": accountOf("vic", "user"), "acme-ci": robot("acme-ci")} {
		at := "/users/<" + name + ">/tokens"
		list = append(list,
			api("GET /users/{user}/tokens", at, "", who, 200),
			api("POST /users/{user}/tokens", at, weak, stronger("read:user", who), 201),
			api("POST /users/{user}/tokens", at, strong, stronger("write:packages", who), 201),
			api("DELETE /users/{user}/tokens/{id}", at+"/{spare:"+name+"}", "", who, 204),
		)
	}
	return list
}

// auditRows are about the log.
func auditRows() []row {
	return []row{
		api("GET /audit-log", "/audit-log", "", site, 200),
		api("GET /orgs/{owner}/audit-log", "/orgs/<acme>/audit-log", "", owners("acme"), 200),
		api("GET /orgs/{owner}/audit-log", "/orgs/<orchid>/audit-log", "", owners("orchid"), 200),
		api("GET /users/{owner}/audit-log", "/users/<orchid>/audit-log", "", owners("orchid"), 200),
		api("GET /orgs/{owner}/audit-log", "/orgs/<vic>/audit-log", "", accountOf("vic", "read:user"), 200),
		api("GET /users/{owner}/audit-log", "/users/<vic>/audit-log", "", accountOf("vic", "read:user"), 200),
	}
}
