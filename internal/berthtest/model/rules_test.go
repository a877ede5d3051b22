package model_test

import "slices"

// This file is the rules a second time, as the text has them: plain structs, plain
// loops, slow and obvious. Nothing in it is taken from the rule or the queries that
// it is compared with, and it must stay that way.

type role int

const (
	none role = iota
	read
	write
	admin
)

func (r role) String() string { return [...]string{"none", "read", "write", "admin"}[r] }

const (
	private  = "private"
	internal = "internal"
	public   = "public"
)

type (
	user struct {
		id      int64
		name    string
		admin   bool // of the site
		blocked bool
		org     *owner // whose service account it is
		repo    *repo  // whose CI it is
	}
	owner struct {
		id            int64
		name          string
		person        *user // nil for an organization
		ghost         bool  // there is none of that name
		owners        []*user
		members       []*user // who are no owners
		base          role
		membersCreate bool
		allowPublic   bool
		defaultTo     string // visibility of new packages, "" for the instance's
	}
	team struct {
		id      int64
		org     *owner
		name    string
		members []*user
	}
	repo struct {
		id         int64
		owner      *owner
		name       string
		visibility string
		users      map[*user]role
		teams      map[*team]role
	}
	pkg struct {
		id         int64
		owner      *owner
		path       string
		absent     bool // nobody has ever pushed there
		published  bool
		visibility string
		repo       *repo
		inherit    bool
		users      map[*user]role
		teams      map[*team]role
		repos      map[*repo]role
		content
	}
	token struct {
		id      int64
		user    *user
		secret  string
		scopes  []string
		actions []string
		limited bool
		limits  []limit
		expired bool
		revoked bool
		parent  *token
	}
	limit struct {
		owner *owner
		path  string // "" for all of it
	}
	grant struct {
		name    string
		actions []string
	}
	// view is somebody who is signed in, or nobody (no user).
	view struct {
		user  *user
		token *token // nil: a password
		// bearer: only what grants name
		bearer bool
		grants []grant
		late   bool // the access token behind the bearer has run out, or was revoked
	}
)

func (p *pkg) name() string { return p.owner.name + "/" + p.path }

// signIn is what a token is good for. A token that is revoked, or made with one that
// is, or out of time, or somebody's who is blocked, is good for nothing.
func signIn(t *token) (view, bool) {
	for up := t; up != nil; up = up.parent {
		if up.revoked || up.expired {
			return view{}, false
		}
	}
	if t.user.blocked {
		return view{}, false
	}
	return view{user: t.user, token: t}, true
}

func (v view) anonymous() bool { return v.user == nil }

// scope: write and delete imply read; user and admin:org imply read:user.
func (v view) scope(want string) bool {
	if v.anonymous() {
		return false
	}
	if v.token == nil {
		return true
	}
	has := func(s string) bool { return slices.Contains(v.token.scopes, s) }
	switch {
	case has(want):
		return true
	case want == "read:packages":
		return has("write:packages") || has("delete:packages")
	case want == "read:user":
		return has("user") || has("admin:org")
	}
	return false
}

// site: an administrator of the site, with a token that says so and is not limited.
func (v view) site() bool {
	if v.anonymous() || !v.user.admin {
		return false
	}
	if v.token == nil {
		return true
	}
	return v.scope("admin") && !v.token.limited && len(v.token.actions) == 0
}

// reaches: a limited token reaches the owners and packages that it names. path is
// "" for what is no package, which needs the whole owner.
func (v view) reaches(o *owner, path string) bool {
	if v.token == nil || !v.token.limited {
		return true
	}
	for _, l := range v.token.limits {
		if l.owner == o && (l.path == "" || path != "" && l.path == path) {
			return true
		}
	}
	return false
}

func (v view) unlimited() bool { return v.token == nil || !v.token.limited && v.notOnlyPackages() }

// notOnlyPackages: a token for some actions on packages is for packages only.
func (v view) notOnlyPackages() bool { return v.token == nil || len(v.token.actions) == 0 }

// action: to push, delete or administer implies to pull.
func (v view) action(want string) bool {
	return v.token == nil || len(v.token.actions) == 0 || want == "pull" || slices.Contains(v.token.actions, want)
}

// ownsAll: owner of the organization, or of the namespace that is his.
func ownsAll(o *owner, u *user) bool {
	return u != nil && (o.person == u || slices.Contains(o.owners, u))
}

func isMember(o *owner, u *user) bool { return ownsAll(o, u) || slices.Contains(o.members, u) }

// visible: nothing is public in an organization that does not allow it.
func visible(o *owner, visibility string) string {
	if visibility == public && o.person == nil && !o.allowPublic {
		return private
	}
	return visibility
}

func (w *world) roleInRepo(u *user, r *repo) role {
	if ownsAll(r.owner, u) {
		return admin
	}
	best := r.users[u]
	for _, t := range w.teams {
		if slices.Contains(t.members, u) {
			best = max(best, r.teams[t])
		}
	}
	if slices.Contains(r.owner.members, u) {
		best = max(best, r.owner.base)
	}
	if u.repo == r {
		best = max(best, write)
	}
	return best
}

// mayCreate: push to what is not there for others yet.
func mayCreate(v view, o *owner) bool {
	if v.anonymous() || o.ghost {
		return false
	}
	return v.site() || ownsAll(o, v.user) || slices.Contains(o.members, v.user) && o.membersCreate
}

func (w *world) role(v view, p *pkg) role {
	u := v.user
	if u == nil || p.owner.ghost {
		return none
	}
	if v.site() || ownsAll(p.owner, u) {
		return admin
	}
	if !p.published {
		if mayCreate(v, p.owner) {
			return write
		}
		return none
	}
	best := p.users[u]
	for _, t := range w.teams {
		if slices.Contains(t.members, u) {
			best = max(best, p.teams[t])
		}
	}
	if u.repo != nil {
		best = max(best, p.repos[u.repo])
	}
	if slices.Contains(p.owner.members, u) {
		best = max(best, p.owner.base)
	}
	if p.inherit && p.repo != nil {
		best = max(best, w.roleInRepo(u, p.repo))
	}
	return best
}

func visibilityOf(p *pkg) string {
	if p.inherit && p.repo != nil {
		return visible(p.owner, p.repo.visibility)
	}
	return visible(p.owner, p.visibility)
}

// may: pull, push, delete or admin, apart from what a bearer names.
func (w *world) may(v view, p *pkg, action string) bool {
	if p.owner.ghost {
		return false
	}
	if action == "pull" && p.published && visibilityOf(p) == public {
		return true
	}
	needs := map[string]string{"pull": "read:packages", "push": "write:packages", "delete": "delete:packages", "admin": "write:packages"}
	if v.anonymous() || !v.scope(needs[action]) || !v.reaches(p.owner, p.path) || !v.action(action) {
		return false
	}
	if action == "pull" && p.published && visibilityOf(p) == internal {
		return true
	}
	return w.role(v, p) >= map[string]role{"pull": read, "push": write, "delete": admin, "admin": admin}[action]
}

// names: a bearer is good for what it names.
func (v view) names(name, action string) bool {
	if !v.bearer {
		return true
	}
	for _, g := range v.grants {
		if g.name == name && slices.Contains(g.actions, action) {
			return true
		}
	}
	return false
}

// mayReadRepo and mayLinkRepo: the repository's own visibility, or a role on it.
func (w *world) mayReadRepo(v view, r *repo) bool {
	if visible(r.owner, r.visibility) == public {
		return true
	}
	if v.anonymous() || !v.reaches(r.owner, "") || !v.notOnlyPackages() || !v.scope("read:packages") && !v.scope("write:repositories") {
		return false
	}
	return v.site() || visible(r.owner, r.visibility) == internal || w.roleInRepo(v.user, r) >= read
}

func (w *world) mayLinkRepo(v view, r *repo) bool {
	return !v.anonymous() && v.reaches(r.owner, "") && v.notOnlyPackages() && v.scope("write:packages") && (v.site() || w.roleInRepo(v.user, r) >= write)
}

// answer is how a request ends. code is of the OCI error document, "" where it does
// not matter.
type answer struct {
	status int
	code   string
}

// refusal is the answer to who may not: 401 to nobody, 403 to a push and to people
// who can see the thing, and else as if there were none.
func (w *world) refusal(v view, p *pkg, action string) answer {
	switch {
	case v.late:
		return answer{401, "UNAUTHORIZED"}
	case w.may(v, p, action): // then the bearer does not name it
		return answer{401, "UNAUTHORIZED"}
	case v.anonymous():
		return answer{401, "UNAUTHORIZED"}
	case p.owner.ghost && v.site():
		return answer{404, "NAME_UNKNOWN"}
	case action == "push", w.may(v, p, "pull"):
		return answer{403, "DENIED"}
	}
	return answer{404, "NAME_UNKNOWN"}
}

// ask is the answer to one who wants to do something: then, where he may.
func (w *world) ask(v view, p *pkg, action string, then answer) answer {
	if !v.late && w.may(v, p, action) && v.names(p.name(), action) {
		return then
	}
	return w.refusal(v, p, action)
}

func (w *world) mayAdminRepo(v view, r *repo) bool {
	return !v.anonymous() && v.reaches(r.owner, "") && v.notOnlyPackages() && v.scope("write:repositories") && (v.site() || w.roleInRepo(v.user, r) >= admin)
}

// mayReadOrg: its members, teams and settings are for its members.
func (v view) mayReadOrg(o *owner) bool {
	return !v.anonymous() && v.scope("read:user") && v.reaches(o, "") && v.notOnlyPackages() && (v.site() || isMember(o, v.user))
}

// mayReadLog: of an organization its owners, of a user himself, with a token for
// that; everything to administrators of the site.
func (v view) mayAdminOrg(o *owner) bool {
	return !v.anonymous() && v.scope("admin:org") && v.reaches(o, "") && v.notOnlyPackages() && (v.site() || ownsAll(o, v.user))
}

func (v view) mayReadAccount(u *user) bool {
	return !v.anonymous() && v.scope("read:user") && v.unlimited() && (v.user == u || v.site())
}

func (v view) mayAdminAccount(u *user) bool {
	return !v.anonymous() && v.scope("user") && v.unlimited() && (v.user == u || v.site())
}
