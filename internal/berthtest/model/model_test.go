package model_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A server decides as the rules do that are written down a second time here, for
// random people, organizations, packages and tokens, at every door; and nothing that
// it says comes from what the viewer may not read. BERTH_MODEL_ROUNDS makes it go on
// for longer; a failure prints how to repeat it.
func TestModel(t *testing.T) {
	t.Parallel()
	rounds := 3 // of 100 instances on each of two servers
	if testing.Short() || raceEnabled {
		rounds = 1
	}
	if n, err := strconv.Atoi(os.Getenv("BERTH_MODEL_ROUNDS")); err == nil {
		rounds = n
	}
	for shard := range 2 {
		t.Run(fmt.Sprint(shard), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			instances, cells := 0, 0
			for range rounds {
				rapid.Check(t, func(rt *rapid.T) {
					w.draw(rt)
					w.save()
					instances++
					w.check(rt, &cells)
				})
			}
			t.Logf("%d instances, %d requests", instances, cells)
		})
	}
}

// check sends requests as a few of the people.
func (w *world) check(t *rapid.T, cells *int) {
	pick := func(what string, n int) int { return rapid.IntRange(0, n-1).Draw(t, what) }
	all := append(slices.Clone(w.pkgs), w.absent...)
	for range 3 {
		a := w.asker(t, pick, cells)
		if a == nil {
			continue
		}
		p := all[pick("package", len(all))]
		from := w.pkgs[pick("source", len(w.pkgs))]
		var kinds []probe
		switch pick("requests", 6) {
		case 0:
			a.lists()
		case 1:
			kinds = a.accounts()
		case 2:
			kinds = a.rest(p)
		case 3:
			a.same(p)
		case 4:
			if a.token(pick) {
				continue // in another world
			}
		case 5:
			if !p.absent {
				kinds = a.uploads(p)
			}
		}
		kinds = append(kinds, append(a.oci(p), a.mounts(p, from)...)...)
		a.some(kinds)
	}
}

// some tries some of the requests: over many instances, that is all of them.
func (a *asker) some(kinds []probe) {
	for i := range kinds {
		if rapid.IntRange(0, 3).Draw(a.t, "try") == 0 {
			a.try(kinds[i])
		}
	}
}

// asker draws who asks: nobody, or somebody with a token or a password. It returns
// nil for credentials that are good for nothing, when all has been tried that they
// could be good for.
func (w *world) asker(t *rapid.T, pick func(string, int) int, cells *int) *asker {
	a := &asker{world: w, t: t, cells: cells}
	tk := w.tokens[pick("token", len(w.tokens))]
	basic := func(name, word string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+word))
	}
	header := "Bearer " + tk.secret
	v, ok := signIn(tk)
	a.v = v
	a.who = tk.user.name
	switch pick("credentials", 8) {
	case 0:
		a.v, a.who, header, ok = view{}, "nobody", "", true
	case 1:
		root := w.user("root")
		a.v, a.who, header, ok = view{user: root}, "root with a password", basic("root", password), !root.blocked
	case 2:
		header = basic(tk.user.name, tk.secret)
	case 3:
		if pick("wrong name", 4) == 0 {
			header, ok = basic("bobby", tk.secret), false
		}
	}
	a.c = w.s.With(header)
	if ok {
		return a
	}
	a.v = view{}
	for _, path := range []string{"/v2/", "/v2/_catalog", "/v2/acme/alpha/manifests/" + w.pkgs[0].tag, "/token?scope=repository:acme/alpha:pull", "/api/v3/users/acme/packages", "/api/v3/user/tokens", "/api/v3/audit-log"} {
		a.try(probe{"GET", path, "", "", answer{401, ""}, false})
	}
	return nil
}

// token asks for a bearer, and tries what it is good for: at once, and after
// everything has changed, if it does.
func (a *asker) token(pick func(string, int) int) (changed bool) {
	all := append(slices.Clone(a.pkgs), a.absent...)
	query := url.Values{"service": {"x"}}
	asked := map[string][]string{}
	var some []*pkg
	for range 1 + pick("scopes", 4) {
		p := all[pick("package", len(all))]
		var actions []string
		for _, action := range []string{"pull", "push", "delete"} {
			if pick(action, 2) == 1 {
				actions = append(actions, action)
			}
		}
		query.Add("scope", "repository:"+p.name()+":"+strings.Join(actions, ","))
		asked[p.name()] = append(asked[p.name()], actions...)
		if !slices.Contains(some, p) {
			some = append(some, p)
		}
	}
	catalog := pick("catalog", 2) == 1
	if catalog {
		query.Add("scope", "registry:catalog:*")
	}
	var want []grant
	for _, p := range some {
		g := grant{name: p.name()}
		for _, action := range []string{"pull", "push", "delete"} {
			if slices.Contains(asked[g.name], action) && a.may(a.v, p, action) {
				g.actions = append(g.actions, action)
			}
		}
		if len(g.actions) > 0 {
			want = append(want, g)
		}
	}
	if catalog {
		want = append(want, grant{"catalog", []string{"*"}})
	}
	r := a.try(probe{"GET", "/token?" + query.Encode(), "", "", answer{200, ""}, false})
	var reply struct{ Token, Scope string }
	if err := json.Unmarshal(r.Body, &reply); err != nil {
		a.t.Fatal(err)
	}
	if got := printed(want); reply.Scope != got {
		a.t.Fatalf("%s asked for %q and got %q, want %q\n%s", a.who, query["scope"], reply.Scope, got, a.explain(fmt.Sprint(asked)))
	}
	b := *a
	b.c, b.who = a.s.With("Bearer "+reply.Token), a.who+" with a bearer"
	b.v.bearer, b.v.grants = true, want
	other := all[pick("other package", len(all))]
	b.use(append(some, other), other)
	if pick("later", 2) == 0 {
		return false
	}
	b.later(append(some, other))
	return true
}

func (a *asker) use(some []*pkg, from *pkg) {
	for _, p := range some {
		kinds := append(a.oci(p), a.rest(p)...)
		if !from.absent {
			kinds = append(kinds, a.mounts(p, from)...)
		}
		a.some(kinds)
	}
	a.lists()
}

// later: what a bearer names was allowed once; what counts is what is allowed now.
func (a *asker) later(some []*pkg) {
	a.draw(a.t)
	a.save()
	if a.v.user == nil {
		a.use(some, some[0])
		return
	}
	if _, ok := signIn(orNew(a.v)); !ok {
		p := some[0]
		for _, x := range a.oci(p) {
			x.want, x.changes = answer{http.StatusUnauthorized, "UNAUTHORIZED"}, false
			a.try(x)
		}
		if !p.absent {
			a.v.late = true
			for _, x := range a.uploads(p) {
				if a.v.user.blocked { // but what ran out or was revoked may finish what it began
					x.want = answer{http.StatusUnauthorized, "UNAUTHORIZED"}
				}
				a.try(x)
			}
		}
		return
	}
	a.use(some, some[0])
}

// orNew is a token that stands for a password.
func orNew(v view) *token {
	if v.token == nil {
		return &token{user: v.user}
	}
	return v.token
}

func printed(grants []grant) string {
	var list []string
	for _, g := range grants {
		kind := "repository:"
		if g.name == "catalog" {
			kind = "registry:"
		}
		list = append(list, kind+g.name+":"+strings.Join(g.actions, ","))
	}
	return strings.Join(list, " ")
}
