package berthtest_test

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/opencontainers/go-digest"
)

// webPackageRows are about the pages of packages.
func webPackageRows() (list []row) {
	const one = "/{owner}/{path...}"
	for i, name := range allPackages() {
		at := "/" + name
		body := digest.FromBytes(imageOf(name)).String()
		first, spare, old := strconv.Itoa(firstVersion(i)), strconv.Itoa(spareVersion(i)), strconv.Itoa(oldVersion(i))
		list = append(list,
			webGet(one, at, pull(name), 200),
			webGet(one, at+":v1", pull(name), 200),
			webGet(one, at+":v77", pull(name), 404),
			webGet(one, at+"@"+body, pull(name), 200),
			webGet(one+"/-/tags", at+"/-/tags", pull(name), 200),
			webGet(one+"/-/versions", at+"/-/versions", pull(name), 200),
			webGet(one+"/-/versions/{id}", at+"/-/versions/"+first, pull(name), 303),
			webGet(one+"/-/raw/{digest}", at+"/-/raw/"+body, pull(name), 200),
			webGet(one+"/-/attachments/{digest}", at+"/-/attachments/"+body, pull(name), 404),
			webGet(one+"/-/compare", at+"/-/compare?a=v0&b=v1", pull(name), 200),
			webGet(one+"/-/versions/delete", at+"/-/versions/delete?id="+spare, notNobody(remove(name)), 200),
			webGet(one+"/-/trash", at+"/-/trash", notNobody(manage(name)), 200),
			webPost(one+"/-/tags/delete", at+"/-/tags/delete", url.Values{"tag": {"v1"}}, remove(name), 303),
			webPost(one+"/-/versions/delete", at+"/-/versions/delete", url.Values{"id": {spare}}, remove(name), 303),
			webPost(one+"/-/trash", at+"/-/trash", url.Values{"id": {old}}, manage(name), 303),
		)
	}
	return append(list, webRedirectRows()...)
}

// notNobody needs somebody who is signed in, whatever else.
func notNobody(n need) need {
	return func(a *actor) verdict {
		if a.anonymous() {
			return signIn()
		}
		return n(a)
	}
}

// webRedirectRows are about addresses of other forges, which say nothing of what there is.
func webRedirectRows() []row {
	return []row{
		webGet("/orgs/{owner}/packages/container/{rest...}", "/orgs/acme/packages/container/package/sample", anybody, 303),
		webGet("/users/{owner}/packages/container/{rest...}", "/users/vic/packages/container/package/sample", anybody, 303),
		webGet("/orgs/{owner}/packages", "/orgs/acme/packages", anybody, 303),
		webGet("/users/{owner}/packages", "/users/vic/packages", anybody, 303),
		webGet("/{owner}/-/packages/container/{rest...}", "/acme/-/packages/container/sample/v1", anybody, 303),
		webGet("/{owner}/-/packages/settings/container/{rest...}", "/acme/-/packages/settings/container/sample", anybody, 303),
		webGet("/{owner}/{repository}/pkgs/container/{rest...}", "/acme/sample/pkgs/container/sample", anybody, 303),
		webGet("/{owner}/{repository}/packages", "/acme/sample/packages", anybody, 303),
		webGet("/user/settings/packages", "/user/settings/packages", anybody, 303),
		webGet("/org/{owner}/settings/packages", "/org/acme/settings/packages", anybody, 303),
		webGet("/explore", "/explore", anybody, 303),
		webGet("/{owner}/{repository}/pkgs/container/{rest...}", "/acme/sample/pkgs/container/"+strings.Repeat("x", 300), anybody, 404),
	}
}
