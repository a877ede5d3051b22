package model_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"
	"pgregory.net/rapid"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
)

// probe is one request and how it has to end.
type probe struct {
	method, path string
	body         string
	kind         string // content type
	want         answer
	changes      bool // the world, where it succeeds
}

// asker is somebody who sends requests.
type asker struct {
	*world
	t     *rapid.T
	v     view
	c     *berthtest.Client
	who   string
	cells *int
}

const unknownDigest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// oci returns a request of every kind to a package.
func (a *asker) oci(p *pkg) []probe {
	at := "/v2/" + p.name() + "/"
	image := berth.MediaTypeOCIManifest
	pull := func(then answer) answer { return a.ask(a.v, p, "pull", then) }
	push := func(then answer) answer { return a.ask(a.v, p, "push", then) }
	remove := func(then answer) answer { return a.ask(a.v, p, "delete", then) }
	found, tags, manifest, loose := answer{200, ""}, answer{200, ""}, answer{200, ""}, answer{202, ""}
	put, config, unmade, untied := answer{201, ""}, answer{405, "UNSUPPORTED"}, answer{202, ""}, answer{202, ""}
	if !p.published {
		tags, manifest = answer{404, "NAME_UNKNOWN"}, answer{404, "MANIFEST_UNKNOWN"}
		config, unmade, untied = answer{202, ""}, manifest, manifest
	}
	if p.absent {
		found, loose, config, put = answer{404, "BLOB_UNKNOWN"}, answer{404, "BLOB_UNKNOWN"}, answer{404, "BLOB_UNKNOWN"}, answer{404, "MANIFEST_BLOB_UNKNOWN"}
	}
	return []probe{
		{"GET", at + "manifests/" + p.tag, "", "", pull(manifest), false},
		{"HEAD", at + "manifests/" + p.tag, "", "", pull(manifest), false},
		{"GET", at + "manifests/" + p.manifest.String(), "", "", pull(manifest), false},
		{"GET", at + "blobs/" + p.config.String(), "", "", pull(found), false},
		{"HEAD", at + "blobs/" + p.layer.String(), "", "", pull(found), false},
		{"GET", at + "tags/list", "", "", pull(tags), false},
		{"GET", at + "tags/list?n=1", "", "", pull(tags), false},
		{"GET", at + "referrers/" + p.manifest.String(), "", "", pull(answer{200, ""}), false},
		{"POST", at + "blobs/uploads/", "", "", push(answer{202, ""}), p.absent},
		{"POST", at + "blobs/uploads/?digest=" + p.layer.String(), p.layerBytes, "", push(answer{201, ""}), p.absent},
		{"PUT", at + "manifests/" + p.tag, string(p.body), image, push(put), !p.published},
		{"PUT", at + "manifests/new", string(p.body), image, push(put), true},
		{"DELETE", at + "manifests/" + unknownDigest, "", "", remove(answer{404, "MANIFEST_UNKNOWN"}), false},
		{"DELETE", at + "blobs/" + p.config.String(), "", "", remove(config), true},
		{"DELETE", at + "blobs/" + p.loose.String(), "", "", remove(loose), true},
		{"DELETE", at + "manifests/" + p.tag, "", "", remove(untied), true},
		{"DELETE", at + "manifests/" + p.manifest.String(), "", "", remove(unmade), true},
	}
}

// mounts: the source counts by what the viewer may read, whatever a bearer names.
func (a *asker) mounts(p, from *pkg) []probe {
	at := "/v2/" + p.name() + "/blobs/uploads/?mount="
	mount := func(sources []*pkg) answer {
		for _, q := range sources {
			if !q.absent && a.may(a.v, q, "pull") {
				return a.ask(a.v, p, "push", answer{201, ""})
			}
		}
		return a.ask(a.v, p, "push", answer{202, ""})
	}
	return []probe{
		{"POST", at + from.layer.String() + "&from=" + from.name(), "", "", mount([]*pkg{from}), true},
		{"POST", at + from.layer.String(), "", "", mount([]*pkg{from}), true},
		{"POST", at + from.layer.String() + "&from=ghost/nothing", "", "", mount(nil), true},
		{"POST", at + digest.FromString(sharedBytes).String(), "", "", mount([]*pkg{a.pkgs[0], a.pkgs[3]}), true},
		{"POST", at + digest.FromString(sharedBytes).String() + "&from=" + a.pkgs[3].name(), "", "", mount(a.pkgs[3:4]), true},
	}
}

// uploads are requests to a session that somebody opened.
func (a *asker) uploads(p *pkg) []probe {
	var list []probe
	for i, opener := range a.users {
		session := fmt.Sprintf("%s%c", strings.Repeat("a", 25), 'a'+i)
		a.s.Exec(fmt.Sprintf(`INSERT OR REPLACE INTO uploads (id, package_id, user_id, storage_key, algorithm, received, hash_state, started_at, updated_at)
			VALUES ('%s', %d, %d, '%s', 'sha256', 0, x'', %d, %d)`, session, p.id, opener.id, session, a.s.Clock.Now().UnixMicro(), a.s.Clock.Now().UnixMicro()))
		at := "/v2/" + p.name() + "/blobs/uploads/" + session
		live := a.v
		live.late = false
		want := answer{404, "BLOB_UPLOAD_UNKNOWN"}
		switch {
		case a.v.anonymous():
			want = answer{401, "UNAUTHORIZED"}
		case a.v.user == opener && a.may(live, p, "push") && a.v.names(p.name(), "push"):
			list = append(list, probe{"GET", at, "", "", answer{204, ""}, false})
			continue
		}
		list = append(list,
			probe{"GET", at, "", "", want, false},
			probe{"PATCH", at, "x", "", want, false},
			probe{"PUT", at + "?digest=" + unknownDigest, "", "", want, false},
			probe{"DELETE", at, "", "", want, false})
	}
	return list
}

// try sends a request, and compares its end with what was to be expected, and what
// it says with what the viewer may know.
func (a *asker) try(x probe) *berthtest.Response {
	var body io.Reader
	if x.body != "" {
		body = strings.NewReader(x.body)
	}
	var headers []string
	if x.kind != "" {
		headers = []string{"Content-Type", x.kind}
	}
	r := a.c.Do(x.method, x.path, body, headers...)
	*a.cells++
	if r.Status != x.want.status || x.want.code != "" && x.method != http.MethodHead && errorCode(r) != x.want.code {
		a.t.Fatalf("%s: %s %s %s\ngot  %d %s\nwant %d %s\n%s", a.who, x.method, x.path, x.body, r.Status, r.Body, x.want.status, x.want.code, a.explain(x.path))
	}
	a.discreet(x, r)
	if x.changes && r.Status < 300 {
		a.save()
	}
	return r
}

func errorCode(r *berthtest.Response) string {
	var doc struct {
		Errors []struct{ Code string } `json:"errors"`
	}
	if err := json.Unmarshal(r.Body, &doc); err != nil || len(doc.Errors) == 0 {
		return ""
	}
	return doc.Errors[0].Code
}

// discreet: nothing in an answer comes from what the viewer may not read, unless it
// was in the question.
func (a *asker) discreet(x probe, r *berthtest.Response) {
	if r.Status == http.StatusOK && slices.Contains([]string{"audit-log", "roles", "service-accounts"}, path.Base(x.path)) {
		return // whoever may read these may know of all that is in them
	}
	var said bytes.Buffer
	_ = r.Header.Write(&said)
	said.Write(r.Body)
	asked := x.path + x.body
	leak := func(secret string) bool {
		return strings.Contains(said.String(), secret) && !strings.Contains(asked, secret)
	}
	for _, p := range a.pkgs {
		if a.may(a.v, p, "pull") {
			continue
		}
		if leak(p.marker) || leak(p.manifest.String()) || leak(p.config.String()) || leak(p.referrer.String()) ||
			p.mention.MatchString(said.String()) && !strings.Contains(asked, p.name()) && !strings.Contains(asked, "/"+p.owner.name+"/packages/container/"+strings.ReplaceAll(p.path, "/", "%2F")) {
			a.t.Fatalf("%s may not read %s, and hears of it: %s %s\n%s\n%s", a.who, p.name(), x.method, x.path, said.String(), a.explain(p.name()))
		}
	}
	for _, r := range a.repos {
		full := r.owner.name + "/" + r.name // whoever may read a package may know of its repository
		if !a.mayReadRepo(a.v, r) && leak(r.name) && !slices.ContainsFunc(a.pkgs, func(p *pkg) bool { return p.repo == r && a.may(a.v, p, "pull") }) {
			a.t.Fatalf("%s may not read the repository %s, and hears of it: %s %s\n%s\n%s", a.who, full, x.method, x.path, said.String(), a.explain(""))
		}
	}
}

// same: where the viewer may neither see a package nor make one beside it, there
// is no telling it from none.
func (a *asker) same(p *pkg) {
	if a.may(a.v, p, "pull") || mayCreate(a.v, p.owner) || a.may(a.v, p, "push") {
		return
	}
	nothing := *p
	nothing.path, nothing.absent, nothing.published = "nothing", true, false
	// A limited token that names one of the two is told so: whoever made it knew the
	// name, and hears the same whether the package is there or not.
	if a.v.reaches(p.owner, p.path) != a.v.reaches(nothing.owner, nothing.path) {
		return
	}
	hidden, absent := append(a.oci(p), a.rest(p)...), append(a.oci(&nothing), a.rest(&nothing)...)
	for i := range hidden {
		if rapid.IntRange(0, 3).Draw(a.t, "try") != 0 {
			continue
		}
		left, right := a.try(hidden[i]), a.try(absent[i])
		l, r := a.heard(left, p.path), a.heard(right, nothing.path)
		// A token that does not reach a package hears what role its owner has there,
		// when it tries to push: he is no stranger, only his token is.
		if l != r && (a.role(a.v, p) == none || left.Status != http.StatusForbidden) {
			a.t.Fatalf("%s can tell %s from none: %s %s\n%s\n%s\n%s", a.who, p.name(), hidden[i].method, hidden[i].path, l, r, a.explain(p.name()))
		}
	}
}

// heard is an answer without what differs from request to request.
func (a *asker) heard(r *berthtest.Response, path string) string {
	h := r.Header.Clone()
	h.Del("Date")
	h.Del("Content-Length")
	text := fmt.Sprint(r.Status, h, string(r.Body))
	return strings.ReplaceAll(strings.ReplaceAll(text, strings.ReplaceAll(path, "/", "%2F"), "PATH"), path, "PATH")
}

// explain prints what the model knows of somebody and a package, for whoever has to
// find out who is wrong.
func (a *asker) explain(path string) string {
	var b strings.Builder
	if v := a.v; v.user != nil {
		fmt.Fprintf(&b, "user %s: admin %t, blocked %t", v.user.name, v.user.admin, v.user.blocked)
		if v.user.repo != nil {
			fmt.Fprintf(&b, ", CI of %s/%s", v.user.repo.owner.name, v.user.repo.name)
		}
		if tk := v.token; tk != nil {
			fmt.Fprintf(&b, "; token %v actions %v limited %t", tk.scopes, tk.actions, tk.limited)
			for _, l := range tk.limits {
				fmt.Fprintf(&b, " [%s/%s]", l.owner.name, l.path)
			}
		}
		fmt.Fprintf(&b, "; bearer %t %v late %t\n", v.bearer, v.grants, v.late)
	}
	for _, p := range append(slices.Clone(a.pkgs), a.absent...) {
		if !strings.Contains(strings.ReplaceAll(path, "%2F", "/"), p.path) {
			continue
		}
		fmt.Fprintf(&b, "%s: %s, published %t, inherit %t", p.name(), p.visibility, p.published, p.inherit)
		if p.repo != nil {
			fmt.Fprintf(&b, " from %s (%s)", p.repo.name, p.repo.visibility)
			if a.v.user != nil {
				fmt.Fprintf(&b, " where he has %s", a.roleInRepo(a.v.user, p.repo))
			}
		}
		if a.v.user != nil {
			fmt.Fprintf(&b, "; role %s, explicit %s, owner %t, member %t, base %s", a.role(a.v, p), p.users[a.v.user], ownsAll(p.owner, a.v.user), isMember(p.owner, a.v.user), p.owner.base)
		}
		fmt.Fprintf(&b, "; org creates %t public %t\n", p.owner.membersCreate, p.owner.allowPublic)
	}
	return b.String()
}
