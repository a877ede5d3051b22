package berthtest_test

import (
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"
)

// v1 is a row of the routes of Forgejo and Gitea.
func v1(route, path string, who need, ok int) row {
	method, pattern, _ := strings.Cut(route, " ")
	return row{route: method + " /api/v1" + pattern, path: "/api/v1" + path, need: who, ok: ok}
}

// v1Rows are about packages in the manner of Forgejo and Gitea.
func v1Rows() []row {
	const one = "/packages/{owner}/{type}/{package}"
	list := []row{
		v1("GET /version", "/version", anybody, 200),
		v1("GET /user", "/user", own("read:user"), 200),
	}
	for _, owner := range []string{"acme", "orchid", "vic"} {
		names := slices.DeleteFunc(allPackages(), func(name string) bool { return !strings.HasPrefix(name, owner+"/") })
		list = append(list, looking(lists(names...), v1("GET /packages/{owner}", "/packages/<"+owner+">", packageList(owner), 200)))
	}
	for _, name := range allPackages() {
		owner, path, _ := strings.Cut(name, "/")
		at, image := "/packages/"+owner+"/container/<"+path+">", digest.FromBytes(imageOf(name)).String()
		list = append(list,
			v1("GET "+one, at, pull(name), 200),
			v1("GET "+one+"/-/latest", at+"/-/latest", pull(name), 200),
			v1("GET "+one+"/{version}", at+"/v1", pull(name), 200),
			v1("GET "+one+"/{version}", at+"/"+image, pull(name), 200),
			v1("GET "+one+"/{version}", at+"/no-such-tag", pull(name), 404),
			v1("GET "+one+"/{version}/files", at+"/v1/files", pull(name), 200),
			v1("DELETE "+one+"/{version}", at+"/v1", remove(name), 204),
			v1("DELETE "+one+"/{version}", at+"/"+image, remove(name), 204),
			v1("DELETE "+one+"/{version}", at+"/no-such-tag", remove(name), 404),
		)
	}
	plum, quince, thistle := "/packages/acme/container/<plum>", "/packages/acme/container/<quince>", "/packages/orchid/container/<thistle>"
	reed := within(repo("acme/reed", write, "write:packages", "write:repositories"))
	rush := within(repo("orchid/rush", write, "write:packages", "write:repositories"))
	link, unlink := "POST "+one+"/-/link/{repo}", "POST "+one+"/-/unlink"
	return append(list,
		v1(link, plum+"/-/link/reed", all(manage("acme/plum"), reed), 400),
		v1(link, quince+"/-/link/reed", all(manage("acme/quince"), reed), 201),
		v1(link, quince+"/-/link/rush", manage("acme/quince"), 404),
		v1(link, thistle+"/-/link/rush", all(manage("orchid/thistle"), rush), 201),
		v1(unlink, plum+"/-/unlink", manage("acme/plum"), 204),
		v1(unlink, quince+"/-/unlink", manage("acme/quince"), 400),
	)
}

// packageList needs a package to see, or to be known there.
func packageList(owner string) need {
	return func(a *actor) verdict {
		is := map[string]grade{"acme": a.acme, "orchid": a.orchid}[owner]
		sees := slices.ContainsFunc(allPackages(), func(name string) bool { return strings.HasPrefix(name, owner+"/") && a.sees(name) })
		switch {
		case sees, a.site, is != none, a.login == owner:
			return allowed()
		case a.anonymous():
			return signIn()
		}
		return hidden()
	}
}
