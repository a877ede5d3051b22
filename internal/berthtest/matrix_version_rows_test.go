package berthtest_test

import (
	"strconv"
	"strings"

	"github.com/berth-registry/berth/internal/berthtest"
)

// versionRows are about what packages hold and held in the REST face, under /users or
// /orgs.
func versionRows(under string) (list []row) {
	one := under + "/{owner}/packages/container/{package}"
	version := one + "/versions/{version}"
	for i, name := range allPackages() {
		owner, path, _ := strings.Cut(name, "/")
		at := under + "/" + owner + "/packages/container/<" + path + ">"
		first, spare, old := at+"/versions/"+strconv.Itoa(firstVersion(i)), at+"/versions/"+strconv.Itoa(spareVersion(i)), at+"/versions/"+strconv.Itoa(oldVersion(i))
		list = append(list,
			api("GET "+one+"/versions", at+"/versions", "", pull(name), 200),
			api("GET "+one+"/versions", at+"/versions?state=deleted", "", manage(name), 200),
			api("GET "+version, first, "", pull(name), 200),
			api("GET "+version, old, "", pull(name), 404),
			api("DELETE "+version, spare, "", remove(name), 204),
			api("POST "+version+"/restore", old+"/restore", "", manage(name), 204),
			api("POST "+version+"/restore", spare+"/restore", "", manage(name), 409),
			api("POST "+one+"/versions/delete", at+"/versions/delete", `{"ids":[`+strconv.Itoa(spareVersion(i))+`]}`, remove(name), 204),
			api("GET "+one+"/tags", at+"/tags", "", pull(name), 200),
			api("GET "+one+"/usage", at+"/usage", "", pull(name), 200),
			api("GET "+one+"/downloads", at+"/downloads?days=7", "", pull(name), 200),
			api("GET "+one+"/tags/{tag}", at+"/tags/v1", "", pull(name), 200),
			api("DELETE "+one+"/tags/{tag}", at+"/tags/v1", "", remove(name), 204),
			api("PUT "+one+"/tags/{tag}", at+"/tags/v9", `{"version_id":`+strconv.Itoa(firstVersion(i))+`}`, push(name), 200),
			api("PUT "+one+"/tags/{tag}", at+"/tags/v9", `{"reference":"v0"}`, push(name), 200),
		)
	}
	plum := under + "/acme/packages/container/<plum>"
	copied := api("POST "+version+"/copy", plum+"/versions/"+strconv.Itoa(firstVersion(0))+"/copy", `{"to":"acme/quince","tags":["v9"]}`, all(within(push("acme/quince")), pull("acme/plum")), 201)
	return append(list, copied,
		api("POST "+one+"/restore", under+"/acme/packages/container/gone/restore", "", restore(), 204),
		api("GET "+under+"/{owner}/usage", under+"/acme/usage", "", inOrg("acme", owner, "write:packages"), 200),
		api("GET "+under+"/{owner}/docker/conflicts", under+"/acme/docker/conflicts", "", signedIn, 200),
		looking(onlyRestorable, api("GET "+under+"/{owner}/trash", under+"/acme/trash", "", signedIn, 200)),
	)
}

// restore needs to be an administrator of a deleted package, which nobody else knows.
func restore() need {
	return func(a *actor) verdict {
		v := within(manage("acme/quince"))(a)
		if v == within(func(*actor) verdict { return denied() })(a) {
			return within(func(*actor) verdict { return hidden() })(a)
		}
		return v
	}
}

// onlyRestorable checks that the deleted package is shown to those who may restore it.
func onlyRestorable(a *actor, r *berthtest.Response) string {
	shown := strings.Contains(string(r.Body), `"gone"`)
	if may := restore()(a).yes(); shown != may {
		return "the trash shows the package: " + strconv.FormatBool(shown)
	}
	return ""
}

// ownPackageRows are GitHub's routes on the packages of whoever asks, tried by vic.
func ownPackageRows() []row {
	const name, one = "vic/violet", "/user/packages/container/{package}"
	const version, at = one + "/versions/{version}", "/user/packages/container/violet"
	vic := len(allPackages()) - 1
	// The others have no such package; of what might be theirs they are told which scope
	// is missing.
	own := func(n need, scope string) need {
		return func(a *actor) verdict {
			v := within(n)(a)
			switch {
			case a.anonymous() || a.lapsed:
				return verdict{status: signIn().status}
			case a.login == "vic":
				return v
			case a.has("read:packages", "write:packages", "delete:packages") && (a.whole() || a.pull) && (!a.has(scope) || a.pull && scope != "read:packages"):
				return denied()
			}
			return within(func(*actor) verdict { return hidden() })(a)
		}
	}
	none := func(*actor) verdict { return verdict{status: 404} }
	return []row{
		api("GET /user/docker/conflicts", "/user/docker/conflicts", "", signedIn, 200),
		api("GET /user/packages", "/user/packages", "", signedIn, 200),
		api("GET "+one, at, "", own(pull(name), "read:packages"), 200),
		api("DELETE "+one, at, "", own(remove(name), "delete:packages"), 204),
		api("POST "+one+"/restore", at+"/restore", "", own(none, "read:packages"), 404),
		api("GET "+one+"/versions", at+"/versions", "", own(pull(name), "read:packages"), 200),
		api("GET "+version, at+"/versions/"+strconv.Itoa(firstVersion(vic)), "", own(pull(name), "read:packages"), 200),
		api("DELETE "+version, at+"/versions/"+strconv.Itoa(spareVersion(vic)), "", own(remove(name), "delete:packages"), 204),
		api("POST "+version+"/restore", at+"/versions/"+strconv.Itoa(oldVersion(vic))+"/restore", "", own(manage(name), "write:packages"), 204),
	}
}
