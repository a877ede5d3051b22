package berthtest_test

import (
	"net/http"
	"strings"
)

// verdict is what an actor has to be answered.
type verdict struct {
	status int  // 0: what the row says of those who may
	twin   bool // just as if the thing were not there
	idle   bool // nothing is changed, although he may
}

// need says who may do what a row is about. The needs below are the rules of the
// documentation, written down a second time.
type need func(a *actor) verdict

// The answers to those who may not.
func allowed() verdict  { return verdict{} }
func signIn() verdict   { return verdict{status: http.StatusUnauthorized, twin: true} }
func hidden() verdict   { return verdict{status: http.StatusNotFound, twin: true} }
func missing() verdict  { return verdict{status: http.StatusNotFound} }
func denied() verdict   { return verdict{status: http.StatusForbidden} }
func noSecret() verdict { return verdict{status: http.StatusForbidden, twin: true} } // refused alike whether it is there

func (v verdict) yes() bool { return v.status == 0 }

// anybody needs nothing.
func anybody(*actor) verdict { return allowed() }

// credentials needs some that are good.
func credentials(a *actor) verdict {
	if len(a.headers) == 0 || a.headers[0] == "" || a.lapsed {
		return signIn()
	}
	return allowed()
}

// catalog needs a bearer that names it, if it is a bearer.
func catalog(a *actor) verdict {
	if a.only != "" {
		return signIn()
	}
	return credentials(a)
}

// signedIn needs a user.
func signedIn(a *actor) verdict {
	if a.anonymous() {
		return signIn()
	}
	return allowed()
}

// onPackage is what an actor holds on a package.
func (a *actor) onPackage(name string) grade {
	var is grade
	switch of, _, _ := strings.Cut(name, "/"); {
	case a.anonymous():
		return none
	case a.site, of == "acme" && a.acme == owner, of == "orchid" && a.orchid == owner, of == a.login:
		return admin
	case of == "acme":
		is = a.acme // the base role of members is read
	}
	switch name {
	case "acme/plum":
		is = max(is, a.plum)
	case "acme/sorrel":
		is = max(is, a.reed)
	case "acme/inner":
		is = max(is, read)
	}
	return is
}

// reachesPackage reports whether the token is good for a package.
func (a *actor) reachesPackage(name string) bool {
	of, _, _ := strings.Cut(name, "/")
	return (a.owner == "" || a.owner == of) && (a.pkg == "" || a.pkg == name)
}

// sees reports whether an actor may pull a package.
func (a *actor) sees(name string) bool {
	return name == "acme/open" || a.onPackage(name) >= read && a.has("read:packages") && a.reachesPackage(name)
}

// mayPackage reports whether an actor may do something with a package, not counting
// what his bearer names.
func (a *actor) mayPackage(name string, needs grade, scope string) bool {
	if needs == read {
		return a.sees(name)
	}
	return a.onPackage(name) >= needs && a.has(scope) && a.reachesPackage(name) && !a.pull
}

// pkg needs a grade on a package and a scope.
func pkg(name string, needs grade, scope string) need {
	return func(a *actor) verdict {
		switch {
		case a.lapsed:
			return signIn()
		case a.mayPackage(name, needs, scope):
			if a.only != "" && a.only != name {
				return verdict{status: http.StatusUnauthorized}
			}
			return allowed()
		case a.anonymous():
			return signIn()
		case a.sees(name):
			return denied()
		}
		return hidden()
	}
}

// pull, push, remove and manage are what one can do with a package.
func pull(name string) need   { return pkg(name, read, "read:packages") }
func remove(name string) need { return pkg(name, admin, "delete:packages") }
func manage(name string) need { return pkg(name, admin, "write:packages") }

// push is refused alike where there is something and where there is nothing.
func push(name string) need {
	return func(a *actor) verdict {
		v := pkg(name, write, "write:packages")(a)
		if v == hidden() {
			return noSecret()
		}
		return v
	}
}

// create needs the right to make a package, which members of acme have.
func create(name string) need {
	return func(a *actor) verdict {
		org := a.acme
		if strings.HasPrefix(name, "orchid/") {
			org = a.orchid
		}
		switch {
		case a.lapsed, a.anonymous():
			return signIn()
		case (org >= member || a.site) && a.has("write:packages") && a.reachesPackage(name) && !a.pull:
			if a.only != "" {
				return signIn()
			}
			return allowed()
		}
		return denied()
	}
}

// session needs the right to push to acme/plum, and to be who opened the upload:
// "" for the actor himself. It outlives the token that it was opened with.
func session(opened string) need {
	return func(a *actor) verdict {
		switch {
		case a.anonymous():
			return verdict{status: http.StatusUnauthorized, twin: true}
		case a.mayPackage("acme/plum", write, "write:packages") && a.only == "" && (opened == "" || opened == a.login):
			return allowed()
		}
		return hidden()
	}
}

// inOrg needs to be a member or an owner of acme or orchid.
func inOrg(name string, needs grade, scope string) need {
	return func(a *actor) verdict {
		is := a.acme
		if name == "orchid" {
			is = a.orchid
		}
		reached := a.whole() || a.owner == name
		switch {
		case a.anonymous():
			return signIn()
		case (a.site || is >= needs) && a.has(scope) && reached:
			return allowed()
		case a.site || is != none:
			return denied()
		}
		return hidden()
	}
}

func members(name string) need { return inOrg(name, member, "read:user") }
func owners(name string) need  { return inOrg(name, owner, "admin:org") }

// leave needs to be an owner, or the member himself.
func leave(name, who string) need {
	return func(a *actor) verdict {
		if v := owners(name)(a); v.yes() || a.login != who || !a.has("user") || !a.whole() {
			return v
		}
		return allowed()
	}
}

// own needs to act for one's own account.
func own(scope string) need {
	return func(a *actor) verdict {
		switch {
		case a.anonymous():
			return signIn()
		case a.has(scope) && a.whole():
			return allowed()
		}
		return denied()
	}
}

// accountOf needs to be that user, or an administrator of the registry.
func accountOf(name, scope string) need {
	return func(a *actor) verdict {
		if a.anonymous() || a.login == name || a.site {
			return own(scope)(a)
		}
		return hidden()
	}
}

// robot needs to be the service account, which is acme's, or an owner of acme.
func robot(name string) need {
	return func(a *actor) verdict {
		if a.login == name {
			return own("user")(a)
		}
		return owners("acme")(a)
	}
}

// stronger needs a token with the scope that the new one is to have, whoever it is
// for, then what else is needed, and no limits, for they would not hold for the new one.
func stronger(scope string, other need) need {
	return func(a *actor) verdict {
		if !a.anonymous() && !a.has(scope) {
			return noSecret()
		}
		if v := other(a); v != allowed() || a.owner == "" {
			return v
		}
		return denied()
	}
}

// site needs an administrator of the registry.
func site(a *actor) verdict {
	switch {
	case a.anonymous():
		return signIn()
	case a.site && a.has("admin"):
		return allowed()
	}
	return denied()
}

// everyone needs the right to look people up.
func everyone(a *actor) verdict {
	if site(a).yes() {
		return allowed()
	}
	return own("read:user")(a)
}

// colleague needs to see acme, or be the service account itself.
func colleague(name string) need {
	return func(a *actor) verdict {
		switch v := everyone(a); {
		case !v.yes():
			return v
		case a.login == name || site(a).yes():
			return allowed()
		}
		if members("acme")(a).yes() {
			return allowed()
		}
		return hidden()
	}
}

// orgAsUser needs to see an organization, where users are looked up.
func orgAsUser(name string) need {
	return func(a *actor) verdict {
		if v := everyone(a); !v.yes() {
			return v
		}
		if members(name)(a).yes() {
			return allowed()
		}
		return hidden()
	}
}

// onRepository is what an actor holds on acme/reed or orchid/rush.
func (a *actor) onRepository(name string) grade {
	switch {
	case a.anonymous():
		return none
	case a.site, name == "acme/reed" && a.acme == owner, name == "orchid/rush" && a.orchid == owner:
		return admin
	case name == "acme/reed":
		return max(a.acme, a.reed)
	}
	return a.orchid
}

func (a *actor) seesRepository(name string) bool {
	of, _, _ := strings.Cut(name, "/")
	return a.onRepository(name) >= read && a.has("read:packages", "write:repositories") && (a.whole() || a.owner == of)
}

// repo needs a grade on a repository and one of the scopes.
func repo(name string, needs grade, scopes ...string) need {
	return func(a *actor) verdict {
		switch {
		case a.anonymous():
			return signIn()
		case a.seesRepository(name) && a.onRepository(name) >= needs && a.has(scopes...):
			return allowed()
		case a.seesRepository(name):
			return denied()
		}
		return hidden()
	}
}

func repoAdmin(name string) need { return repo(name, admin, "write:repositories") }

// makeRepository needs to be a member, or the owner himself ("").
func makeRepository(name string) need {
	return func(a *actor) verdict {
		is := map[string]grade{"": owner, "acme": a.acme, "orchid": a.orchid}[name]
		reached := a.whole() || name != "" && a.owner == name
		switch {
		case a.anonymous():
			return signIn()
		case (a.site || is >= member) && a.has("write:repositories") && reached:
			return allowed()
		case a.site || is != none:
			return denied()
		}
		return hidden()
	}
}

// repoList needs something to see, or to be known there.
func repoList(org, repository string) need {
	return func(a *actor) verdict {
		is := map[string]grade{"acme": a.acme, "orchid": a.orchid}[org]
		switch {
		case a.anonymous():
			return signIn()
		case a.site, is != none, a.seesRepository(repository):
			return allowed()
		}
		return hidden()
	}
}

// all needs everything; the first refusal counts.
func all(needs ...need) need {
	return func(a *actor) verdict {
		for _, n := range needs {
			if v := n(a); !v.yes() {
				return v
			}
		}
		return allowed()
	}
}

// within needs something inside of a thing that is seen already: what is hidden
// there is just not found.
func within(n need) need {
	return func(a *actor) verdict {
		v := n(a)
		v.twin = false
		return v
	}
}

// scope needs a scope of somebody who may do the rest.
func scope(name string) need {
	return func(a *actor) verdict {
		if !a.has(name) {
			return denied()
		}
		return allowed()
	}
}

// nobody may: to those who could, the thing of another owner is not there.
func nobody(n need) need {
	return func(a *actor) verdict {
		if v := n(a); !v.yes() {
			v.twin = false
			return v
		}
		return missing()
	}
}
