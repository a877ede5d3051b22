package berthtest_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// fields makes a form of names and values.
func fields(pairs ...string) url.Values {
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return form
}

// webPostAbout is a row of a form with ids that only the world knows.
func webPostAbout(route, path, body string, who need, ok int) row {
	r := webPost(route, path, nil, who, ok)
	r.body = body
	return r
}

// webOwnerRows are about the pages of owners.
func webOwnerRows() []row {
	return slices.Concat(webPackageListRows(), webRepositoryRows(), webTeamRows(), webPeopleRows(), webRobotRows(), webOwnerSettingsRows(), webHookRows(), webForgeRows())
}

// inAcme is what needs something of acme, which has a public package, so that everybody
// may know that it is there.
const inAcme = "/acme/-"

// webPackageListRows are about lists of packages, and what is found on the whole site.
func webPackageListRows() []row {
	seeOrchid := repoList("orchid", "orchid/rush")
	return []row{
		webGet("/{owner}", "/acme", anybody, 200),
		webGet("/{owner}", "/acme?q=p&sort=updated&visibility=private&kind=image", anybody, 200),
		webGet("/{owner}", "/acme?sort=downloads&page=2", anybody, 200),
		webGet("/{owner}", "/acme?page=0", anybody, 400),
		webGet("/{owner}", "/<orchid>", seeOrchid, 200),
		webGet("/{owner}", "/<vic>", person, 200),
		webGet("/{owner}", "/<acme-bot>", colleague("acme-bot"), 200),
		webGet("/{owner}/-/trash", "/acme/-/trash", person, 200),
		webGet("/{owner}/-/trash", "/<orchid>/-/trash", seeOrchid, 200),
		webPost("/{owner}/-/trash", "/acme/-/trash", fields("name", "acme/gone"), restore(), 303),
		webGet("/search", "/search?q=e", anybody, 200),
		webGet("/search", "/search?q=o", anybody, 200),
		webGet("/search", "/search", anybody, 200),
		webSuggest("?kind=user&owner=acme&q=t", 200),
		webSuggest("?kind=team&owner=acme", 200),
		webSuggest("?kind=team&owner=orchid&q=n", 200),
		webSuggest("?kind=repository&owner=acme&q=r", 200),
		webSuggest("?kind=repository&owner=orchid", 200),
		webSuggest("?kind=password", 400),
	}
}

// webSuggest is a row of suggestions. Strangers get none, and no page for signing in.
func webSuggest(query string, ok int) row {
	r := webGet("/-/suggest", "/-/suggest"+query, person, ok)
	r.need = onPage(person, http.StatusOK)
	return r
}

// webRepositoryRows are about repositories.
func webRepositoryRows() (list []row) {
	list = []row{
		webGet("/{owner}/-/repositories", "/acme/-/repositories", repoList("acme", "acme/reed"), 200),
		webGet("/{owner}/-/repositories", "/<orchid>/-/repositories", repoList("orchid", "orchid/rush"), 200),
		webGet("/{owner}/-/repositories", "/<vic>/-/repositories", person, 200),
	}
	for owner, at := range map[string]string{"acme": "/acme", "orchid": "/<orchid>"} {
		list = append(list,
			webGet("/{owner}/-/new-repository", at+"/-/new-repository", makeRepository(owner), 200),
			webPost("/{owner}/-/new-repository", at+"/-/new-repository", fields("name", "newrepo", "visibility", "private"), makeRepository(owner), 303),
		)
	}
	const pattern = "/{owner}/-/repositories/{repository}"
	for owner, name := range map[string]string{"acme": "reed", "orchid": "rush"} {
		at, full := "/"+owner+"/-/repositories/<"+name+">", owner+"/"+name
		see, rule := repo(full, read, "read:packages"), repoAdmin(full)
		list = append(list,
			webGet(pattern, at, see, 200),
			webGet(pattern+"/packages", at+"/packages", see, 200),
			webGet(pattern+"/collaborators", at+"/collaborators", rule, 200),
			webPost(pattern+"/collaborators", at+"/collaborators", fields("kind", "user", "who", "eve", "role", "admin"), rule, 303),
			webPost(pattern+"/collaborators", at+"/collaborators", fields("kind", "user", "who", "nobody", "role", "admin"), rule, 404),
			webPost(pattern+"/collaborators/remove", at+"/collaborators/remove", fields("kind", "user", "who", "eve"), rule, 404),
			webGet(pattern+"/settings", at+"/settings", rule, 200),
			webPost(pattern+"/settings", at+"/settings", fields("name", name, "visibility", "public"), rule, 303),
			webPost(pattern+"/readme", at+"/readme", fields("readme", "# New"), rule, 303),
			webPost(pattern+"/delete", at+"/delete", fields("confirm", full), rule, 303),
			webPost(pattern+"/delete", at+"/delete", fields("confirm", "another"), rule, 400),
		)
	}
	return append(list,
		webPost(pattern+"/collaborators/remove", "/acme/-/repositories/<reed>/collaborators/remove", fields("kind", "user", "who", "wes"), repoAdmin("acme/reed"), 303),
		webPost(pattern+"/collaborators", "/acme/-/repositories/<reed>/collaborators", fields("kind", "team", "who", "nettle", "role", "admin"), repoAdmin("acme/reed"), 404),
	)
}

// webTeamRows are about teams. nettle is orchid's.
func webTeamRows() []row {
	const pattern = "/{owner}/-/teams/{team}"
	see, rule, at := members("acme"), owners("acme"), inAcme+"/teams"
	return []row{
		webGet("/{owner}/-/teams", at, see, 200),
		webGet("/{owner}/-/teams", "/<orchid>/-/teams", members("orchid"), 200),
		webGet("/{owner}/-/teams", "/vic/-/teams", person, 404),
		webPost("/{owner}/-/teams", at, fields("name", "newteam"), rule, 303),
		webPost("/{owner}/-/teams", "/<orchid>/-/teams", fields("name", "newteam"), owners("orchid"), 303),
		webGet(pattern, at+"/dewberry", see, 200),
		webGet(pattern, at+"/nettle", see, 404),
		webPost(pattern+"/members", at+"/dewberry/members", fields("who", "mia"), rule, 303),
		webPost(pattern+"/members", at+"/dewberry/members", fields("who", "eve"), rule, 409),
		webPost(pattern+"/members", at+"/nettle/members", fields("who", "mia"), see, 404),
		webPost(pattern+"/members/remove", at+"/dewberry/members/remove", fields("who", "tess"), rule, 303),
		webPost(pattern+"/delete", at+"/dewberry/delete", fields("confirm", "dewberry"), rule, 303),
		webPost(pattern+"/delete", at+"/dewberry/delete", fields("confirm", ""), rule, 400),
		webPost(pattern+"/delete", "/<orchid>/-/teams/nettle/delete", fields("confirm", "nettle"), owners("orchid"), 303),
	}
}

// webPeopleRows are about members and invitations.
func webPeopleRows() []row {
	const pattern = "/{owner}/-/people"
	rule, at := owners("acme"), inAcme+"/people"
	return []row{
		webGet(pattern, at, members("acme"), 200),
		webGet(pattern, "/<orchid>/-/people", members("orchid"), 200),
		webPost(pattern, at, fields("who", "eve", "role", "owner"), rule, 303),
		webPost(pattern, "/<orchid>/-/people", fields("who", "eve", "role", "owner"), owners("orchid"), 303),
		webPost(pattern+"/remove", at+"/remove", fields("who", "mia"), leave("acme", "mia"), 303),
		webPost(pattern+"/remove", at+"/remove", fields("who", "ada"), leave("acme", "ada"), 409),
		webGet(pattern+"/invitations", at+"/invitations", rule, 200),
		webGet(pattern+"/invitations", "/<orchid>/-/people/invitations", owners("orchid"), 200),
		webPost(pattern+"/invitations", at+"/invitations", fields("role", "owner", "days", "1"), rule, 303),
		webPost(pattern+"/invitations", at+"/invitations", fields("role", "owner", "days", "91"), person, 400),
		webPost(pattern+"/invitations", "/<orchid>/-/people/invitations", fields("role", "member", "days", "7"), owners("orchid"), 303),
		webPostAbout(pattern+"/invitations/drop", at+"/invitations/drop", "id={invitation:acme}", invitation(owners("acme")), 303),
		webPostAbout(pattern+"/invitations/drop", at+"/invitations/drop", "id={invitation:orchid}", invitation(owners("orchid")), 303),
	}
}

// webRobotRows are about service accounts. acme-ci and acme-bot are acme's.
func webRobotRows() []row {
	const pattern = "/{owner}/-/people/service-accounts"
	rule, at := owners("acme"), inAcme+"/people/service-accounts"
	return []row{
		webGet(pattern, at, members("acme"), 200),
		webGet(pattern, "/<orchid>/-/people/service-accounts", members("orchid"), 200),
		webPost(pattern, at, fields("name", "newbot"), rule, 303),
		webPost(pattern, at, fields("name", "newbot", "who", "orchid/rush"), rule, 404),
		webGet(pattern+"/{account}", at+"/acme-ci", rule, 200),
		webGet(pattern+"/{account}", at+"/vic", members("acme"), 404),
		webPost(pattern+"/{account}/tokens", at+"/acme-ci/tokens", fields("name", "n", "scope", "write:packages", "days", "30"), rule, 303),
		webPost(pattern+"/{account}/tokens", at+"/vic/tokens", fields("name", "n", "scope", "write:packages", "days", "30"), members("acme"), 404),
		webPostAbout(pattern+"/{account}/revoke", at+"/acme-ci/revoke", "id={spare:acme-ci}", rule, 303),
		webPostAbout(pattern+"/{account}/revoke", at+"/acme-ci/revoke", "id={spare:max}", rule, 404),
		webPost(pattern+"/{account}/delete", at+"/acme-bot/delete", fields("confirm", "acme-bot"), rule, 303),
		webPost(pattern+"/{account}/delete", at+"/acme-bot/delete", fields("confirm", "acme"), rule, 400),
	}
}

// webOwnerSettingsRows are about settings, old names and the log.
func webOwnerSettingsRows() (list []row) {
	const pattern = "/{owner}/-/settings"
	for owner, at := range map[string]string{"acme": "/acme/-/settings", "orchid": "/<orchid>/-/settings"} {
		rule := owners(owner)
		list = append(list,
			webGet(pattern, at, rule, 200),
			webPost(pattern, at, fields("base_role", "admin", "allow_public", "on"), rule, 303),
			webPost(pattern+"/rename", at+"/rename", fields("name", "newname"), rule, 303),
			webPost(pattern+"/delete", at+"/delete", fields("confirm", owner, "packages", "purge"), rule, 303),
			webPost(pattern+"/delete", at+"/delete", fields("confirm", owner, "packages", "refuse"), rule, 409),
			webPost(pattern+"/delete", at+"/delete", fields("confirm", "another", "packages", "purge"), rule, 400),
			webGet(pattern+"/names", at+"/names", wholeOf(owner), 200),
			webGet(pattern+"/audit", at+"/audit", rule, 200),
			webGet(pattern+"/audit", at+"/audit?actor=ada&action=package.", rule, 200),
		)
	}
	return append(list,
		webPost(pattern+"/names", "/acme/-/settings/names", fields("name", "acme/mirabelle"), freeing("acme/mirabelle", "acme/open"), 303),
		webPost(pattern+"/names", "/acme/-/settings/names", fields("name", "acme/gage"), freeing("acme/gage", "orchid/thistle"), 303),
		webGet(pattern+"/audit", "/vic/-/settings/audit", accountOf("vic", "read:user"), 200),
	)
}

// ownHooks needs to be that user.
func ownHooks(name string) need {
	return func(a *actor) verdict {
		switch {
		case a.anonymous():
			return signIn()
		case a.login == name:
			return allowed()
		}
		return denied()
	}
}

// webHookRows are about webhooks.
func webHookRows() (list []row) {
	made := fields("url", "https://ci.example.com/", "content_type", "json", "event", "package", "active", "on")
	for _, at := range []struct {
		pattern, path, id string
		rule              need
	}{
		{"/{owner}/-/settings/webhooks", "/acme/-/settings/webhooks", "acme", owners("acme")},
		{"/{owner}/-/settings/webhooks", "/<orchid>/-/settings/webhooks", "orchid", owners("orchid")},
		{"/{owner}/-/repositories/{repository}/webhooks", "/acme/-/repositories/<reed>/webhooks", "reed", repoAdmin("acme/reed")},
		{"/{owner}/-/repositories/{repository}/webhooks", "/orchid/-/repositories/<rush>/webhooks", "rush", repoAdmin("orchid/rush")},
	} {
		one, pattern := at.path+"/{hook:"+at.id+"}", at.pattern+"/{hook}"
		delivery := "/deliveries/{delivery:" + at.id + "}"
		list = append(list,
			webGet(at.pattern, at.path, at.rule, 200),
			webPost(at.pattern, at.path, made, at.rule, 303),
			webPost(at.pattern, at.path, fields("url", "nonsense"), at.rule, 400),
			webGet(pattern, one, at.rule, 200),
			webPost(pattern, one, fields("url", "https://ci.example.com/2", "content_type", "form", "event", "*"), at.rule, 303),
			webPost(pattern+"/ping", one+"/ping", nil, at.rule, 303),
			webPost(pattern+"/delete", one+"/delete", nil, at.rule, 303),
			webGet(pattern+"/deliveries/{delivery}", one+delivery, at.rule, 200),
			webPost(pattern+"/deliveries/{delivery}", one+delivery, nil, at.rule, 303),
		)
	}
	return append(list,
		webGet("/{owner}/-/settings/webhooks", "/vic/-/settings/webhooks", ownHooks("vic"), 200),
		webPost("/{owner}/-/settings/webhooks", "/vic/-/settings/webhooks", made, ownHooks("vic"), 303),
		// What hangs elsewhere is not there.
		webGet("/{owner}/-/settings/webhooks/{hook}", "/acme/-/settings/webhooks/{hook:rush}", owners("acme"), 404),
		webPost("/{owner}/-/settings/webhooks/{hook}/delete", "/acme/-/settings/webhooks/{hook:rush}/delete", nil, owners("acme"), 404),
	)
}

// webForgeRows are about the addresses that forges have for owners, which lead on
// whoever asks and whether there is such an owner.
func webForgeRows() (list []row) {
	for _, pattern := range []string{
		"/orgs/{owner}", "/orgs/{owner}/repositories", "/orgs/{owner}/teams", "/orgs/{owner}/teams/{team}",
		"/orgs/{owner}/teams/{team}/members", "/orgs/{owner}/people", "/orgs/{owner}/people/pending_invitations",
		"/users/{owner}", "/{owner}/-/packages",
		"/organizations/{owner}/settings", "/organizations/{owner}/settings/profile", "/organizations/{owner}/settings/packages",
		"/organizations/{owner}/settings/member_privileges", "/organizations/{owner}/settings/hooks", "/organizations/{owner}/settings/hooks/{hook}",
		"/organizations/{owner}/settings/audit-log", "/organizations/{owner}/settings/deleted_packages",
	} {
		list = append(list, webGet(pattern, strings.NewReplacer("{owner}", "orchid", "{team}", "nettle", "{hook}", "1").Replace(pattern), anybody, 303))
	}
	return list
}
