package berthtest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// moving needs to administer a package, and the right to make one where it goes.
func moving(from, to string) need {
	return func(a *actor) verdict {
		if v := manage(from)(a); !v.yes() {
			return v
		}
		of, _, _ := strings.Cut(to, "/")
		if owner, _, _ := strings.Cut(from, "/"); owner != of && !a.has("delete:packages") {
			return denied()
		}
		if (a.acme >= member && of == "acme" || a.orchid >= member && of == "orchid" || a.login == of || a.site) && a.reachesPackage(to) {
			return allowed()
		}
		return denied()
	}
}

// wholeOf needs to own a namespace, with credentials for all of it.
func wholeOf(name string) need {
	return func(a *actor) verdict {
		is := map[string]grade{"acme": a.acme, "orchid": a.orchid}[name]
		if a.login == name {
			is = owner
		}
		switch {
		case a.anonymous():
			return signIn()
		case (is == owner || a.site) && a.has("write:packages") && (a.whole() || a.owner == name):
			return allowed()
		case is != none, a.site:
			return denied()
		}
		return hidden()
	}
}

// either needs one of two things; the second says how it is refused.
func either(first, second need) need {
	return func(a *actor) verdict {
		if v := first(a); v.yes() {
			return v
		}
		return second(a)
	}
}

// nameRows are about other names of packages and owners.
func nameRows() (list []row) {
	for _, under := range []string{"/users", "/orgs"} {
		pattern := under + "/{owner}/packages/container/{package}"
		for name, to := range map[string]string{"acme/plum": "vic", "orchid/thistle": "acme"} {
			owner, path, _ := strings.Cut(name, "/")
			at := under + "/" + owner + "/packages/container/<" + path + ">"
			list = append(list,
				api("POST "+pattern+"/rename", at+"/rename", `{"name":"newname"}`, moving(name, owner+"/newname"), 200),
				api("POST "+pattern+"/transfer", at+"/transfer", `{"new_owner":"`+to+`","new_name":"newname"}`, moving(name, to+"/newname"), 200),
				api("POST "+pattern+"/transfer", at+"/transfer", `{"new_owner":"ada"}`, moving(name, "ada/"+path), 200),
				api("GET "+pattern+"/aliases", at+"/aliases", "", manage(name), 200),
			)
		}
		kept := under + "/{owner}/package-aliases"
		for _, name := range []string{"acme", "orchid", "vic"} {
			list = append(list, api("GET "+kept, under+"/<"+name+">/package-aliases", "", wholeOf(name), 200))
		}
		list = append(list,
			// acme/mirabelle is what acme/open was called, acme/gage what orchid/thistle was.
			api("DELETE "+kept+"/{package}", under+"/acme/package-aliases/mirabelle", "", freeing("acme/mirabelle", "acme/open"), 204),
			api("DELETE "+kept+"/{package}", under+"/acme/package-aliases/<gage>", "", freeing("acme/gage", "orchid/thistle"), 204),
		)
	}
	return append(list,
		api("POST /user/rename", "/user/rename", `{"login":"newname"}`, renamingSelf, 200),
		api("POST /orgs/{org}/rename", "/orgs/<acme>/rename", `{"login":"newname"}`, either(site, owners("acme")), 200),
		api("POST /orgs/{org}/rename", "/orgs/<orchid>/rename", `{"login":"newname"}`, either(site, owners("orchid")), 200),
		api("POST /orgs/{org}/service-accounts/{user}/rename", "/orgs/<acme>/service-accounts/acme-bot/rename", `{"login":"newname"}`, owners("acme"), 200),
		api("POST /orgs/{org}/service-accounts/{user}/rename", "/orgs/<orchid>/service-accounts/acme-bot/rename", `{"login":"newname"}`, owners("orchid"), 404),
		api("POST /orgs/{org}/service-accounts/{user}/rename", "/orgs/<acme>/service-accounts/vic/rename", `{"login":"newname"}`, owners("acme"), 404),
		api("PATCH /admin/users/{owner}", "/admin/users/<vic>", `{"login":"newname"}`, site, 202),
		api("PATCH /admin/organizations/{org}", "/admin/organizations/<acme>", `{"login":"newname"}`, either(site, owners("acme")), 202),
		api("PATCH /admin/organizations/{org}", "/admin/organizations/<orchid>", `{"login":"newname"}`, either(site, owners("orchid")), 202),
	)
}

// renamingSelf is one's own affair, but for a service account, which is told that.
func renamingSelf(a *actor) verdict {
	v := own("user")(a)
	if v.yes() && strings.HasPrefix(a.login, "acme-") {
		return denied()
	}
	return v
}

// freeing needs to administer a package, or all in the namespace of the name that it
// had. Whoever may pull it hears that he may not.
func freeing(old, now string) need {
	of, _, _ := strings.Cut(old, "/")
	return func(a *actor) verdict {
		owns := of == "acme" && a.acme == owner || a.site
		switch {
		case owns && a.has("write:packages") && a.reachesPackage(old) && !a.pull, a.mayPackage(now, admin, "write:packages"):
			return allowed()
		case a.anonymous():
			return signIn()
		case a.sees(now):
			return denied()
		}
		return hidden()
	}
}

// oldNames gives two packages of the world names that they had before.
func (w *world) oldNames(t *testing.T) {
	t.Helper()
	ctx, acme := t.Context(), w.OwnerID("acme")
	err := w.Meta.Update(ctx, func(tx *meta.Tx) error {
		for path, now := range map[string]string{"mirabelle": "acme/open", "gage": "orchid/thistle"} {
			is, err := tx.Standing(ctx, parse(t, now), 0)
			if err != nil {
				return err
			}
			if err := tx.PutAlias(ctx, acme, path, is.PackageID, w.Clock.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// oldNameRows are those rows that pull, and pushes to what cannot be pushed to.
func oldNameRows(owners bool) (list []row) {
	for _, r := range contentRows() {
		if strings.HasPrefix(r.route, "GET ") || strings.HasPrefix(r.route, "HEAD ") {
			list = append(list, r)
		}
	}
	for _, name := range allPackages() {
		owner, path, _ := strings.Cut(name, "/")
		at := mark(name)
		for _, under := range []string{"/users", "/orgs"} {
			list = append(list, api("GET "+under+"/{owner}/packages/container/{package}", under+"/"+owner+"/packages/container/<"+path+">", "", pull(name), 200))
		}
		refused := pushToOld(name, owners)
		fresh := "?digest=" + digest.FromString("x").String()
		list = append(list,
			row{route: "POST /v2/{name}/blobs/uploads/", path: "/v2/" + at + "/blobs/uploads/", need: refused, ok: 409, reads: true},
			row{route: "POST /v2/{name}/blobs/uploads/", path: "/v2/" + at + "/blobs/uploads/" + fresh, body: "x", need: refused, ok: 409, reads: true},
			row{
				route: "PUT /v2/{name}/manifests/{reference}", path: "/v2/" + at + "/manifests/v2", body: string(imageOf(name)),
				contentType: berth.MediaTypeOCIManifest, need: refused, ok: 409, reads: true,
			},
		)
	}
	return list
}

// pushToOld is told that the name is another one now (which is the answer of the
// row) to those who may pull the package, and to those who might make one there.
func pushToOld(name string, owners bool) need {
	return func(a *actor) verdict {
		of, _, _ := strings.Cut(name, "/")
		makes := (of == "acme" && a.acme >= member || of == "orchid" && a.orchid >= member || of == a.login || a.site) &&
			a.has("write:packages") && a.reachesPackage(name) && !a.pull && !owners
		switch {
		case a.lapsed, a.anonymous():
			return signIn()
		case a.only != "" && a.only != name && makes:
			return verdict{status: http.StatusUnauthorized}
		case a.only != "" && a.only != name:
			return denied()
		case a.sees(name), makes:
			return allowed()
		case owners && a.site: // administrators hear that there is no such owner
			return missing()
		}
		return noSecret()
	}
}
