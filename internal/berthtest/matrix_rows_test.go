package berthtest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
)

// row is one request that everybody makes. In path and body, <name> marks what is
// replaced by an absent name of the same length for the comparison of what is hidden
// with what is not there; {upload} and {spare} are the actor's own upload and token,
// {upload:vic} vic's.
type row struct {
	route string // as the router has it
	path  string
	body  string
	need  need
	ok    int // the answer to those who may

	contentType string
	reads       bool // changes nothing although its method might
	page        bool // reads the cookie of a session, and no other credentials
	foreign     bool // sent by a page of another site
	// look checks the answer to those who may; it returns what is wrong with it.
	look func(a *actor, r *berthtest.Response) string
}

func (r *row) String() string {
	method, _, _ := strings.Cut(r.route, " ")
	return strings.TrimSpace(method + " " + r.path + " " + r.body)
}

// api is a row of the REST face. Add one line for each new route.
func api(route, path, body string, who need, ok int) row {
	method, pattern, _ := strings.Cut(route, " ")
	r := row{route: method + " /api/v3" + pattern, path: "/api/v3" + path, body: body, need: who, ok: ok}
	if body != "" {
		r.contentType = "application/json"
	}
	return r
}

// looking adds a check to a row.
func looking(look func(a *actor, r *berthtest.Response) string, r row) row {
	r.look = look
	return r
}

func matrixRows() []row {
	return slices.Concat(
		baseRows(), contentRows(), uploadRows(), packageRows("/users"), packageRows("/orgs"),
		userRows(), orgRows(), teamRows(), repositoryRows(), tokenRows(), auditRows(), signInRows(), pageRows(), webRows(),
		identityRows(), documentRows(), versionRows("/users"), versionRows("/orgs"), ownPackageRows(),
		identityRows(), hookRows(),
		identityRows(), documentRows(), v1Rows(),
		identityRows(), nameRows(), siteRows(),
		identityRows(), nameRows(), keepingRows(),
	)
}

// lists checks that a list has just the packages that the actor may see.
func lists(names ...string) func(a *actor, r *berthtest.Response) string {
	return func(a *actor, r *berthtest.Response) string {
		for _, name := range names {
			_, word, _ := strings.Cut(name, "/")
			if strings.Contains(string(r.Body), word) != a.sees(name) {
				return fmt.Sprintf("%s is listed: %t, want %t", name, !a.sees(name), a.sees(name))
			}
		}
		return ""
	}
}

// grants checks that a bearer names what its user may do with a package, no more
// and no less.
func grants(name string) func(a *actor, r *berthtest.Response) string {
	return func(a *actor, r *berthtest.Response) string {
		var may []string
		if a.sees(name) {
			may = append(may, "pull")
		}
		if a.mayPackage(name, write, "write:packages") {
			may = append(may, "push")
		}
		if a.mayPackage(name, admin, "delete:packages") {
			may = append(may, "delete")
		}
		want := ""
		if len(may) > 0 {
			want = "repository:" + name + ":" + strings.Join(may, ",")
		}
		var reply struct{ Scope string }
		if err := json.Unmarshal(r.Body, &reply); err != nil || reply.Scope != want {
			return fmt.Sprintf("scope %q, want %q (%v)", reply.Scope, want, err)
		}
		return ""
	}
}

// baseRows are about the registry as a whole.
func baseRows() []row {
	form := "application/x-www-form-urlencoded"
	exchange := func(a *actor) verdict {
		if a.kind == kindBearer {
			return signIn() // a bearer is not exchanged for another
		}
		return allowed()
	}
	withHeader := func(a *actor) verdict {
		if a.kind == kindNone {
			return verdict{status: http.StatusBadRequest}
		}
		return exchange(a)
	}
	login := func(a *actor) verdict {
		if a.anonymous() || a.kind == kindBearer || a.has("read:packages", "write:packages", "delete:packages") {
			return exchange(a)
		}
		return denied()
	}
	list := []row{
		{route: "GET /v2/", path: "/v2/", need: credentials, ok: 200},
		{route: "HEAD /v2/", path: "/v2/", need: credentials, ok: 200},
		{route: "GET /v2/_catalog", path: "/v2/_catalog", need: catalog, ok: 200, look: lists(allPackages()...)},
		{route: "GET /token", path: "/token?service=x", need: login, ok: 200},
	}
	for _, name := range allPackages() {
		scope := url.Values{"scope": {"repository:" + name + ":pull,push,delete"}}.Encode()
		list = append(list,
			row{route: "GET /token", path: "/token?" + scope, need: exchange, ok: 200, look: grants(name)},
			row{route: "POST /token", path: "/token", body: scope, contentType: form, reads: true, need: withHeader, ok: 200, look: grants(name)},
		)
	}
	return list
}

// mark puts the last part of a package's name between < and >.
func mark(name string) string {
	owner, path, _ := strings.Cut(name, "/")
	return owner + "/<" + path + ">"
}

// contentRows are about what packages hold.
func contentRows() (list []row) {
	add := func(method, what, path, body string, who need, ok int) {
		r := row{route: method + " /v2/{name}/" + what, path: "/v2/" + path, body: body, need: who, ok: ok}
		if method == http.MethodPut {
			r.contentType = berth.MediaTypeOCIManifest
		}
		list = append(list, r)
	}
	for _, name := range allPackages() {
		image, layer, loose := digest.FromBytes(imageOf(name)).String(), digest.FromString(layerOf(name)).String(), digest.FromString(looseOf(name)).String()
		at := mark(name)
		for _, method := range []string{"GET", "HEAD"} {
			add(method, "manifests/{reference}", at+"/manifests/v1", "", pull(name), 200)
			add(method, "manifests/{reference}", at+"/manifests/"+image, "", pull(name), 200)
			add(method, "manifests/{reference}", at+"/manifests/no-such-tag", "", pull(name), 404)
			add(method, "blobs/{digest}", at+"/blobs/"+layer, "", pull(name), 200)
		}
		add("GET", "tags/list", at+"/tags/list", "", pull(name), 200)
		add("GET", "referrers/{digest}", at+"/referrers/"+image, "", pull(name), 200)
		add("PUT", "manifests/{reference}", at+"/manifests/v2", string(imageOf(name)), push(name), 201)
		add("PUT", "manifests/{reference}", at+"/manifests/"+image+"?tag=v3", string(imageOf(name)), push(name), 201)
		add("DELETE", "manifests/{reference}", at+"/manifests/v1", "", remove(name), 202)
		add("DELETE", "manifests/{reference}", at+"/manifests/"+image, "", remove(name), 202)
		add("DELETE", "blobs/{digest}", at+"/blobs/"+loose, "", remove(name), 202)
		add("DELETE", "blobs/{digest}", at+"/blobs/"+layer, "", remove(name), 405)
		add("POST", "blobs/uploads/", at+"/blobs/uploads/", "", push(name), 202)
	}
	// A blob of a package that one may not see.
	elsewhere := digest.FromString(looseOf("orchid/thistle")).String()
	add("GET", "blobs/{digest}", "acme/<plum>/blobs/"+elsewhere, "", pull("acme/plum"), 404)
	add("HEAD", "blobs/{digest}", "acme/<plum>/blobs/"+elsewhere, "", pull("acme/plum"), 404)
	add("DELETE", "blobs/{digest}", "acme/<plum>/blobs/"+elsewhere, "", remove("acme/plum"), 404)
	// A manifest with blobs of such a package.
	add("PUT", "manifests/{reference}", "acme/<plum>/manifests/v2", string(imageOf("orchid/thistle")), push("acme/plum"), 404)
	return list
}

// uploadRows are about what is on its way into a package.
func uploadRows() []row {
	fresh, thistle := "fresh bytes", digest.FromString(looseOf("orchid/thistle")).String()
	mounting := func(a *actor) verdict {
		v := push("acme/plum")(a)
		if v.yes() && a.sees("orchid/thistle") {
			return verdict{status: http.StatusCreated}
		}
		return v
	}
	start, one := "POST /v2/{name}/blobs/uploads/", " /v2/{name}/blobs/uploads/{upload}"
	list := []row{
		{route: start, path: "/v2/acme/fresh/blobs/uploads/", need: create("acme/fresh"), ok: 202},
		{route: start, path: "/v2/orchid/fresh/blobs/uploads/", need: create("orchid/fresh"), ok: 202},
		{route: start, path: "/v2/acme/<plum>/blobs/uploads/?digest=" + digest.FromString(fresh).String(), body: fresh, need: push("acme/plum"), ok: 201},
		{route: start, path: "/v2/acme/<plum>/blobs/uploads/?mount=" + thistle + "&from=orchid/thistle", need: mounting, ok: 202},
		{route: start, path: "/v2/acme/<plum>/blobs/uploads/?mount=" + thistle, need: mounting, ok: 202},
	}
	finish := "?digest=" + digest.FromString("abc").String()
	for _, r := range []row{
		{route: "GET" + one, path: "<{upload}>", ok: 204},
		{route: "PATCH" + one, path: "<{upload}>", body: "x", ok: 202},
		{route: "PUT" + one, path: "<{upload}>" + finish, ok: 201},
		{route: "DELETE" + one, path: "<{upload}>", ok: 204},
	} {
		own, ofAda, elsewhere := r, r, r
		own.path, own.need = "/v2/acme/plum/blobs/uploads/"+r.path, session("")
		ofAda.path, ofAda.need = strings.ReplaceAll(own.path, "{upload}", "{upload:ada}"), session("ada")
		elsewhere.path, elsewhere.need = "/v2/acme/quince/blobs/uploads/"+r.path, nobody(session(""))
		list = append(list, own, ofAda, elsewhere)
	}
	return list
}

// packageRows are about packages in the REST face, under /users or /orgs.
func packageRows(under string) (list []row) {
	look := func(names ...string) func(a *actor, r *berthtest.Response) string { return lists(names...) }
	pattern := under + "/{owner}/packages"
	list = append(list,
		looking(look("acme/plum", "acme/quince", "acme/sorrel", "acme/inner", "acme/open"), api("GET "+pattern, under+"/acme/packages", "", anybody, 200)),
		looking(look("orchid/thistle"), api("GET "+pattern, under+"/orchid/packages", "", anybody, 200)),
		looking(look("vic/violet"), api("GET "+pattern, under+"/vic/packages", "", anybody, 200)),
	)
	one := pattern + "/container/{package}"
	for _, name := range allPackages() {
		owner, path, _ := strings.Cut(name, "/")
		at := under + "/" + owner + "/packages/container/<" + path + ">"
		list = append(list,
			api("GET "+one, at, "", pull(name), 200),
			api("DELETE "+one, at, "", remove(name), 204),
			api("GET "+one+"/roles", at+"/roles", "", manage(name), 200),
			api("PUT "+one+"/roles/users/{user}", at+"/roles/users/eve", `{"role":"read"}`, manage(name), 204),
		)
	}
	at, p, reed := under+"/acme/packages/container/<plum>", "acme/plum", within(repo("acme/reed", read, "read:packages", "write:repositories"))
	link := within(repo("acme/reed", write, "write:packages", "write:repositories"))
	rush := within(repo("orchid/rush", write, "write:packages", "write:repositories"))
	return append(list,
		api("PATCH "+one, at, `{"visibility":"internal"}`, manage(p), 200),
		api("PATCH "+one, under+"/orchid/packages/container/<thistle>", `{"visibility":"public"}`, manage("orchid/thistle"), 200),
		api("PATCH "+one, under+"/acme/packages/container/<sorrel>", `{"visibility":"public"}`, manage("acme/sorrel"), 409),
		api("PATCH "+one, at, `{"inherit":true}`, manage(p), 200),
		api("PUT "+one+"/repository", at+"/repository", `{"full_name":"acme/reed"}`, all(manage(p), link), 204),
		api("PUT "+one+"/repository", at+"/repository", `{"full_name":"orchid/rush"}`, all(manage(p), rush), 409),
		api("DELETE "+one+"/repository", at+"/repository", "", manage(p), 204),
		api("DELETE "+one+"/roles/users/{user}", at+"/roles/users/rob", "", manage(p), 204),
		api("DELETE "+one+"/roles/users/{user}", at+"/roles/users/eve", "", manage(p), 404),
		api("PUT "+one+"/roles/teams/{team}", at+"/roles/teams/dewberry", `{"role":"admin"}`, manage(p), 204),
		api("DELETE "+one+"/roles/teams/{team}", at+"/roles/teams/dewberry", "", manage(p), 204),
		api("PUT "+one+"/roles/teams/{team}", at+"/roles/teams/nettle", `{"role":"admin"}`, manage(p), 404),
		api("DELETE "+one+"/roles/teams/{team}", at+"/roles/teams/nettle", "", manage(p), 404),
		api("PUT "+one+"/roles/repositories/{repo_owner}/{repo}", at+"/roles/repositories/acme/reed", `{"role":"read"}`, all(manage(p), reed), 204),
		api("DELETE "+one+"/roles/repositories/{repo_owner}/{repo}", at+"/roles/repositories/acme/reed", "", all(manage(p), reed), 204),
		api("PUT "+one+"/roles/repositories/{repo_owner}/{repo}", at+"/roles/repositories/orchid/rush", `{"role":"read"}`, all(manage(p), rush), 204),
		api("DELETE "+one+"/roles/repositories/{repo_owner}/{repo}", at+"/roles/repositories/orchid/rush", "", all(manage(p), rush), 404),
	)
}
