package model_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sort"
	"strings"

	"github.com/berth-registry/berth/internal/berthtest"
)

// rest returns a request of every kind to a package of the REST face. It has
// the statuses of the OCI face, and codes of its own, which are not compared.
func (a *asker) rest(p *pkg) []probe {
	at := "/api/v3/users/" + p.owner.name + "/packages/container/" + strings.ReplaceAll(p.path, "/", "%2F")
	ask := func(action string, then int) answer {
		if a.v.bearer {
			return answer{401, ""}
		}
		if !p.published {
			then = 404
		}
		return answer{a.ask(a.v, p, action, answer{then, ""}).status, ""}
	}
	list := []probe{
		{"GET", at, "", "", ask("pull", 200), false},
		{"GET", at + "/roles", "", "", ask("admin", 200), false},
		{"PUT", at + "/roles/users/eve", `{"role": "write"}`, "", ask("admin", 204), true},
		{"DELETE", at + "/roles/users/eve", "", "", ask("admin", has(p.users[a.user("eve")])), true},
		{"PUT", at + "/roles/teams/devs", `{"role": "read"}`, "", ask("admin", given(p.owner.person == nil)), true},
		{"PATCH", at, `{"visibility": "internal"}`, "", ask("admin", free(!p.inherit)), true},
		{"PATCH", at, `{"visibility": "private"}`, "", ask("admin", free(!p.inherit)), true},
		{"PATCH", at, `{"visibility": "public"}`, "", ask("admin", free(!p.inherit && visible(p.owner, public) == public)), true},
		{"PATCH", at, `{"inherit": true}`, "", ask("admin", free(p.repo != nil)), true},
		{"DELETE", at + "/repository", "", "", ask("admin", map[bool]int{true: 204, false: 409}[p.repo != nil]), true},
		{"DELETE", at, "", "", ask("delete", 204), true},
	}
	for _, r := range a.repos {
		then := 204
		switch {
		case !a.mayReadRepo(a.v, r) && !a.mayLinkRepo(a.v, r):
			then = 404
		case !a.mayLinkRepo(a.v, r):
			then = 403
		case r.owner != p.owner:
			then = 409
		}
		full := r.owner.name + "/" + r.name
		list = append(list, probe{"PUT", at + "/repository", `{"full_name": "` + full + `"}`, "", ask("admin", then), true},
			probe{"PUT", at + "/roles/repositories/" + full, `{"role": "admin"}`, "", ask("admin", given(a.mayReadRepo(a.v, r))), true})
	}
	return list
}

func has(r role) int       { return map[bool]int{true: 204, false: 404}[r != none] }
func given(there bool) int { return map[bool]int{true: 204, false: 404}[there] }
func free(can bool) int    { return map[bool]int{true: 200, false: 409}[can] }

func (w *world) user(name string) *user {
	return w.users[slices.IndexFunc(w.users, func(u *user) bool { return u.name == name })]
}

// accounts returns requests that are not about packages.
func (a *asker) accounts() []probe {
	ok := func(may bool, otherwise int) answer {
		switch {
		case a.v.anonymous() || a.v.bearer:
			return answer{401, ""}
		case may:
			return answer{200, ""}
		}
		return answer{otherwise, ""}
	}
	seen := func(is bool) int { return map[bool]int{true: 403, false: 404}[is] }
	list := []probe{{"GET", "/api/v3/audit-log", "", "", ok(a.v.site(), 403), false}}
	for _, r := range a.repos {
		at, otherwise := "/api/v3/repos/"+r.owner.name+"/"+r.name, seen(a.mayReadRepo(a.v, r))
		whoever := ok(a.mayReadRepo(a.v, r), 404)
		if a.v.anonymous() && !a.v.bearer && a.mayReadRepo(a.v, r) {
			whoever.status = http.StatusOK
		}
		list = append(list, probe{"GET", at, "", "", whoever, false},
			probe{"GET", at + "/collaborators", "", "", ok(a.mayAdminRepo(a.v, r), otherwise), false},
			probe{"GET", at + "/teams", "", "", ok(a.mayAdminRepo(a.v, r), otherwise), false},
			probe{"PATCH", at, `{"description": "x"}`, "", ok(a.mayAdminRepo(a.v, r), otherwise), true})
	}
	for _, o := range a.owners {
		at := "/users/" + o.name
		may, known := false, false
		if o.person == nil {
			at = "/orgs/" + o.name
			may, known = a.v.mayAdminOrg(o), a.v.site() || isMember(o, a.v.user)
			for _, path := range []string{"", "/members", "/teams", "/service-accounts"} {
				list = append(list, probe{"GET", "/api/v3" + at + path, "", "", ok(a.v.mayReadOrg(o), seen(known)), false})
			}
			list = append(list, probe{"PATCH", "/api/v3" + at, `{"base_role": "none", "default_visibility": "private"}`, "", ok(may, seen(known)), true},
				probe{"PUT", "/api/v3" + at + "/memberships/eve", `{"role": "admin"}`, "", ok(may, seen(known)), true})
		} else {
			may, known = a.v.mayReadAccount(o.person), a.v.site() || a.v.user == o.person
		}
		list = append(list, probe{"GET", "/api/v3" + at + "/audit-log", "", "", ok(may, seen(known)), false})
	}
	return append(list, a.newTokens()...)
}

// newTokens: for oneself, for a service account of one's organization, and as an
// administrator of the site; never a stronger one than that it is made with.
func (a *asker) newTokens() []probe {
	var list []probe
	for _, u := range a.users {
		for _, scope := range []string{"read:packages", "admin", "delete:packages"} {
			may, known := a.v.mayAdminAccount(u), a.v.site() || a.v.user == u
			if u.org != nil && a.v.user != u {
				may, known = a.v.mayAdminOrg(u.org), a.v.site() || a.v.user != nil && isMember(u.org, a.v.user)
			}
			want := answer{201, ""}
			switch {
			case a.v.anonymous() || a.v.bearer:
				want = answer{401, ""}
			case !a.v.scope(scope) || scope == "delete:packages" && !a.v.scope("delete:packages"):
				want = answer{403, ""} // weaker
			case !may && known:
				want = answer{403, ""}
			case !may:
				want = answer{404, ""}
			case a.v.token != nil && a.v.token.limited:
				want = answer{403, ""} // the new one would not be
			}
			list = append(list, probe{"POST", "/api/v3/users/" + u.name + "/tokens", `{"name": "x", "scopes": "` + scope + `"}`, "", want, true})
		}
	}
	return list
}

// lists compares whole lists: the catalog, page by page, and the packages of owners.
func (a *asker) lists() {
	readable := func(of *owner) []string {
		names := []string{}
		for _, p := range a.pkgs {
			if p.published && a.may(a.v, p, "pull") && (of == nil || of == p.owner) {
				names = append(names, p.name())
			}
		}
		sort.Strings(names)
		return names
	}
	var got []string
	for at := "/v2/_catalog?n=3"; at != ""; {
		r := a.try(probe{"GET", at, "", "", a.catalogAnswer(), false})
		if r.Status != http.StatusOK {
			break
		}
		var page struct{ Repositories []string }
		a.parse(r, &page)
		got, at = append(got, page.Repositories...), next(r)
	}
	if a.catalogAnswer().status == http.StatusOK {
		a.sameList("the catalog", got, readable(nil))
	}
	for _, o := range append(slices.Clone(a.owners), a.ghost) {
		want, got := answer{200, ""}, []string{}
		if a.v.bearer {
			want.status = http.StatusUnauthorized
		}
		for at := "/api/v3/orgs/" + o.name + "/packages?per_page=2"; at != ""; {
			r := a.try(probe{"GET", at, "", "", want, false})
			if r.Status != http.StatusOK {
				break
			}
			var page []struct {
				Name  string
				Owner struct{ Login string }
			}
			a.parse(r, &page)
			for _, p := range page {
				got = append(got, p.Owner.Login+"/"+p.Name)
			}
			at = next(r)
		}
		a.repositories(o)
		if want.status == http.StatusOK {
			a.sameList("the packages of "+o.name, got, readable(o))
		}
	}
}

// repositories compares the list of an owner's. Where it would be empty, there may
// be no such owner as far as the viewer may know.
func (a *asker) repositories(o *owner) {
	names := []string{}
	for _, r := range a.repos {
		if r.owner == o && a.mayReadRepo(a.v, r) {
			names = append(names, r.name)
		}
	}
	if a.v.bearer || len(names) == 0 {
		return
	}
	var list []struct{ Name string }
	got := []string{}
	a.parse(a.try(probe{"GET", "/api/v3/users/" + o.name + "/repos", "", "", answer{200, ""}, false}), &list)
	for _, r := range list {
		got = append(got, r.Name)
	}
	sort.Strings(names)
	a.sameList("the repositories of "+o.name, got, names)
}

// catalogAnswer: a bearer has to name the catalog; nobody is asked who he is first.
func (a *asker) catalogAnswer() answer {
	if a.v.late || a.v.anonymous() && !a.v.bearer || !a.v.names("catalog", "*") {
		return answer{401, "UNAUTHORIZED"}
	}
	return answer{200, ""}
}

func (a *asker) parse(r *berthtest.Response, into any) {
	if err := json.Unmarshal(r.Body, into); err != nil {
		a.t.Fatalf("%v: %s", err, r.Body)
	}
}

func (a *asker) sameList(what string, got, want []string) {
	sort.Strings(got)
	if !slices.Equal(got, want) {
		a.t.Fatalf("%s: %s is\n%q, want\n%q\n%s", a.who, what, got, want, a.explain(fmt.Sprint(got, want)))
	}
}

func next(r *berthtest.Response) string {
	link, _, ok := strings.Cut(r.Header.Get("Link"), ">")
	if !ok || !strings.Contains(r.Header.Get("Link"), `rel="next"`) {
		return ""
	}
	if i := strings.Index(link, "/api/"); i >= 0 {
		return link[i:]
	}
	return link[strings.Index(link, "/v2/"):]
}
