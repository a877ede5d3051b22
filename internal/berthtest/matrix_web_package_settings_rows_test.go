package berthtest_test

import (
	"net/url"
	"strconv"
	"strings"
)

// webPackageSettingsRows are about the settings of packages, and of all packages of an owner.
func webPackageSettingsRows() (list []row) {
	const one = "/{owner}/{path...}/-/settings"
	for _, name := range []string{"acme/plum", "orchid/thistle"} {
		at, who := "/"+mark(name)+"/-/settings", manage(name)
		of, _, _ := strings.Cut(name, "/")
		for _, rest := range []string{"", "/access", "/names"} {
			list = append(list, webGet(one+rest, at+rest, who, 200))
		}
		list = append(list,
			webPost(one+"/visibility", at+"/visibility", url.Values{"visibility": {"internal"}}, who, 303),
			webPost(one+"/visibility", at+"/visibility", url.Values{"visibility": {"public"}}, who, 303),
			webPost(one+"/visibility", at+"/visibility", url.Values{"visibility": {"secret"}}, who, 400),
			webPost(one+"/access", at+"/access", url.Values{"kind": {"user"}, "who": {"eve"}, "role": {"read"}}, who, 303),
			webPost(one+"/delete", at+"/delete", url.Values{"confirm": {name}}, remove(name), 303),
			webPost(one+"/delete", at+"/delete", url.Values{"confirm": {"another"}}, who, 400),
			webPost(one+"/move", at+"/move", url.Values{"owner": {of}, "path": {"newname"}}, moving(name, of+"/newname"), 303),
			webPost(one+"/move", at+"/move", url.Values{"owner": {"vic"}, "path": {"newname"}}, moving(name, "vic/newname"), 303),
		)
	}
	plum, reed := "/acme/<plum>/-/settings", repo("acme/reed", write, "write:repositories")
	list = append(list,
		// nettle is a team of orchid's.
		webPost(one+"/access", plum+"/access", url.Values{"kind": {"team"}, "who": {"nettle"}, "role": {"read"}}, manage("acme/plum"), 404),
		webPost(one+"/access", "/orchid/<thistle>/-/settings/access", url.Values{"kind": {"team"}, "who": {"nettle"}, "role": {"read"}}, manage("orchid/thistle"), 303),
		webPost(one+"/access/remove", plum+"/access/remove", url.Values{"kind": {"user"}, "who": {"rob"}}, manage("acme/plum"), 303),
		webPost(one+"/access/remove", plum+"/access/remove", url.Values{"kind": {"user"}, "who": {"eve"}}, manage("acme/plum"), 404),
		webPost(one+"/repository", plum+"/repository", url.Values{"q": {"reed"}}, all(manage("acme/plum"), within(reed)), 303),
		webPost(one+"/unlink", plum+"/unlink", nil, manage("acme/plum"), 303),
		webPost(one+"/unlink", "/acme/<quince>/-/settings/unlink", nil, manage("acme/quince"), 409),
		webPost(one+"/inherit", plum+"/inherit", url.Values{"on": {"yes"}}, manage("acme/plum"), 303),
		webPost(one+"/inherit", "/acme/<sorrel>/-/settings/inherit", url.Values{"on": {"no"}}, manage("acme/sorrel"), 303),
		webPost(one+"/visibility", "/acme/<sorrel>/-/settings/visibility", url.Values{"visibility": {"private"}}, manage("acme/sorrel"), 409),
		webPost(one+"/names/drop", "/acme/open/-/settings/names/drop", url.Values{"name": {"acme/mirabelle"}}, freeing("acme/mirabelle", "acme/open"), 303),
	)
	return append(list, webKeepingRows()...)
}

// webKeepingRows are about the pages of rules on tags and on old versions.
func webKeepingRows() (list []row) {
	for i, name := range keptPlaces() {
		owner, _, one := strings.Cut(name, "/")
		pattern, at, who := "/{owner}/-/settings", "/<"+owner+">/-/settings", wholeOf(owner)
		if one {
			pattern, at, who = "/{owner}/{path...}/-/settings", "/"+mark(name)+"/-/settings", manage(name)
		}
		id := func(n int) url.Values { return url.Values{"id": {strconv.Itoa(n%len(keptPlaces()) + 1)}} }
		try := webPost(pattern+"/retention/preview", at+"/retention/preview", url.Values{
			"remove_tags": {"pr-*"}, "package": {map[string]string{"acme": "plum", "orchid": "thistle", "vic": "violet"}[owner]},
		}, who, 200)
		try.reads = true
		list = append(list,
			webGet(pattern+"/tags", at+"/tags", who, 200),
			webPost(pattern+"/tags", at+"/tags", url.Values{"pattern": {"rc-*"}, "users": {"mia"}}, who, 303),
			webPost(pattern+"/tags/delete", at+"/tags/delete", id(i), who, 303),
			webPost(pattern+"/tags/delete", at+"/tags/delete", id(i+1), who, 404),
			webGet(pattern+"/retention", at+"/retention", who, 200),
			webPost(pattern+"/retention", at+"/retention", url.Values{"active": {"on"}, "keep_newest": {"3"}}, deleting(who), 303),
			webPost(pattern+"/retention/delete", at+"/retention/delete", nil, deleting(who), 303),
			try,
		)
	}
	return list
}
