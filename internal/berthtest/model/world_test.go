package model_test

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"
	"pgregory.net/rapid"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
)

// content is what every package holds: nothing of it is in any other, except one
// blob that two of them share.
type content struct {
	marker                string // in every byte of it that can be read
	tag                   string
	config, layer, loose  berth.Digest
	manifest, referrer    berth.Digest
	body                  []byte         // of the manifest
	mention               *regexp.Regexp // of the package's name
	layerBytes, configRaw string
}

const (
	sharedBytes = "a layer that two packages hold"
	password    = "correct horse battery"
)

// world is one instance: what never changes is the cast, what is between them is
// drawn.
type world struct {
	s      *berthtest.Server
	users  []*user
	owners []*owner // the users' own first
	ghost  *owner
	teams  []*team
	repos  []*repo
	pkgs   []*pkg
	absent []*pkg
	tokens []*token
	tables []string // of content, which are put back
}

// newWorld makes the cast on a server of its own, and pushes what the packages hold.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{s: berthtest.New(t), ghost: &owner{name: "ghost", ghost: true}}
	w.s.AddUser("eve", false)
	for _, org := range []string{"umbra"} {
		if err := w.s.Account.CreateOrg(t.Context(), berth.Operator(), org, "bob"); err != nil {
			t.Fatal(err)
		}
	}
	w.s.Exec(`INSERT INTO owners (kind, name, folded, created_at) VALUES ('user', 'robot1', 'robot1', 0), ('user', 'robot2', 'robot2', 0)`)
	w.s.Exec(`INSERT INTO users (owner_id, org_id, password_hash, admin)
		SELECT r.id, o.id, '', FALSE FROM owners r, owners o WHERE (r.folded, o.folded) IN (('robot1', 'acme'), ('robot2', 'umbra'))`)
	if err := w.s.Account.SetPassword(t.Context(), berth.Operator(), "root", password); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ada", "bob", "mia", "eve", "root", "robot1", "robot2"} {
		u := &user{id: w.s.OwnerID(name), name: name, admin: name == "root"}
		w.users = append(w.users, u)
		w.owners = append(w.owners, &owner{id: u.id, name: name, person: u})
	}
	for i, name := range []string{"acme", "umbra"} {
		o := &owner{id: w.s.OwnerID(name), name: name}
		w.owners = append(w.owners, o)
		w.users[5+i].org = o
		w.teams = append(w.teams, &team{org: o, name: "devs"}, &team{org: o, name: "ops"})
	}
	for i, tm := range w.teams {
		tm.id = int64(i + 1)
	}
	for i, name := range []string{"acme/src-zr1rz", "acme/lib-zr2rz", "umbra/src-zr3rz", "ada/src-zr4rz"} {
		o, n, _ := strings.Cut(name, "/")
		w.repos = append(w.repos, &repo{id: int64(i + 1), owner: w.owner(o), name: n})
	}
	w.push(t)
	w.makeTokens(t)
	return w
}

func (w *world) owner(name string) *owner {
	i := slices.IndexFunc(w.owners, func(o *owner) bool { return o.name == name })
	return w.owners[i]
}

func (w *world) push(t *testing.T) {
	t.Helper()
	root := w.s.As("root")
	for i, name := range []string{"acme/alpha", "acme/alpha/inner", "acme/bravo", "umbra/delta", "umbra/alpha", "ada/golf", "bob/hotel", "mia/india"} {
		o, path, _ := strings.Cut(name, "/")
		p := &pkg{owner: w.owner(o), path: path}
		p.marker = fmt.Sprintf("zq%dqz", i)
		p.tag = "tag-" + p.marker
		p.mention = regexp.MustCompile(`\b` + name + `([^a-z0-9/-]|$)`)
		p.configRaw, p.layerBytes = `{"of":"`+p.marker+`"}`, "layer of "+p.marker
		p.config, p.layer = root.PushBlob(name, p.configRaw), root.PushBlob(name, p.layerBytes)
		p.loose = root.PushBlob(name, "loose "+p.marker)
		if i == 0 || i == 3 {
			root.PushBlob(name, sharedBytes)
		}
		p.body = berthtest.Image(p.configRaw, p.layerBytes)
		p.manifest = root.PushManifest(name, p.tag, berth.MediaTypeOCIManifest, p.body)
		subject := berthtest.Describe(berth.MediaTypeOCIManifest, p.body)
		signature := bytes.Replace(berthtest.Artifact("application/"+p.marker, &subject, p.configRaw), []byte(`"of"`), []byte(`"`+p.marker+`"`), 1)
		p.referrer = digest.FromBytes(signature)
		root.PushManifest(name, p.referrer.String(), berth.MediaTypeOCIManifest, signature)
		p.id = int64(i + 1)
		w.pkgs = append(w.pkgs, p)
	}
	for _, o := range []*owner{w.owner("acme"), w.owner("umbra"), w.owner("ada"), w.ghost} {
		w.absent = append(w.absent, &pkg{owner: o, path: "nothing", absent: true, content: w.pkgs[2].content})
	}
	w.tables = []string{"packages", "blobs", "package_blobs", "manifests", "manifest_blobs", "manifest_children", "tags"}
	for _, table := range w.tables {
		w.s.Exec("CREATE TABLE kept_" + table + " AS SELECT * FROM " + table)
	}
}

// makeTokens makes two tokens for everybody; what they are good for is drawn. The
// second was made with the first.
func (w *world) makeTokens(t *testing.T) {
	t.Helper()
	for _, u := range w.users {
		var last *token
		for range 2 {
			made, err := w.s.Account.CreateToken(t.Context(), berth.Operator(), u.name, account.TokenRequest{Name: "model", Scopes: berth.ScopeAll})
			if err != nil {
				t.Fatal(err)
			}
			last = &token{id: made.ID, user: u, secret: made.Secret, parent: last}
			w.tokens = append(w.tokens, last)
		}
	}
	w.s.Exec(`DELETE FROM tokens WHERE name <> 'model'`)
	w.s.Exec(`CREATE TABLE kept_tokens AS SELECT * FROM tokens`)
}

// draw draws everything that is between the cast.
func (w *world) draw(t *rapid.T) {
	pick := func(what string, n int) int { return rapid.IntRange(0, n-1).Draw(t, what) }
	chance := func(what string, percent int) bool { return pick(what, 100) >= 100-percent }
	roles := func(what string) role { return role(1 + pick(what, 3)) }
	visibilities := []string{private, internal, public}
	for _, u := range w.users {
		u.blocked = chance("blocked", 4)
		u.repo = nil
		if u.org != nil && chance("CI", 70) {
			if u.repo = w.repos[pick("of repository", 2)]; u.org.name == "umbra" {
				u.repo = w.repos[2] // of its own organization, always
			}
		}
	}
	for _, o := range w.owners {
		o.defaultTo = append(visibilities, "", "", "")[pick("default", 6)]
		if o.person != nil {
			continue
		}
		o.owners, o.members = nil, nil
		for _, u := range w.users {
			switch pick("membership", 5) {
			case 3:
				o.members = append(o.members, u)
			case 4:
				o.owners = append(o.owners, u)
			}
		}
		o.base, o.membersCreate, o.allowPublic = role(pick("base role", 4)), !chance("members may not create", 50), !chance("nothing public", 30)
	}
	for _, tm := range w.teams {
		tm.members = nil
		for _, u := range w.users {
			if chance("in team", 25) {
				tm.members = append(tm.members, u)
			}
		}
	}
	for _, r := range w.repos {
		r.visibility = visibilities[pick("repository visibility", 3)]
		r.users, r.teams = map[*user]role{}, map[*team]role{}
		for range pick("roles on repository", 3) {
			r.users[w.users[pick("user", len(w.users))]] = roles("role")
			r.teams[w.teams[pick("team", len(w.teams))]] = roles("role")
		}
	}
	for _, p := range w.pkgs {
		p.visibility, p.published = visibilities[pick("visibility", 3)], !chance("unpublished", 15)
		p.repo, p.inherit = nil, false
		var own []*repo
		for _, r := range w.repos {
			if r.owner == p.owner {
				own = append(own, r)
			}
		}
		if len(own) > 0 && p.published && chance("linked", 60) {
			p.repo = own[pick("to", len(own))]
			p.inherit = chance("inherits", 70)
		}
		p.users, p.teams, p.repos = map[*user]role{}, map[*team]role{}, map[*repo]role{}
		for range pick("roles", 3) {
			if !p.published {
				break // nobody can be given any before
			}
			p.users[w.users[pick("user", len(w.users))]] = roles("role")
			p.teams[w.teams[pick("team", len(w.teams))]] = roles("role")
			p.repos[w.repos[pick("repository", len(w.repos))]] = roles("role")
		}
	}
	w.drawTokens(t)
}

func (w *world) drawTokens(t *rapid.T) {
	pick := func(what string, n int) int { return rapid.IntRange(0, n-1).Draw(t, what) }
	chance := func(what string, percent int) bool { return pick(what, 100) >= 100-percent }
	subset := func(what string, of []string) (list []string) {
		bits := pick(what, 1<<len(of))
		for i, s := range of {
			if bits&(1<<i) != 0 {
				list = append(list, s)
			}
		}
		return list
	}
	all := strings.Split(berth.ScopeAll.String(), ",")
	for i, tk := range w.tokens {
		tk.scopes, tk.actions, tk.limited, tk.limits = all, nil, false, nil
		if chance("some scopes", 60) {
			if tk.scopes = subset("scopes", all); len(tk.scopes) == 0 {
				tk.scopes = []string{"read:user"}
			}
		}
		if chance("some actions", 20) {
			tk.actions = subset("actions", []string{"pull", "push", "delete", "admin"})
		}
		if chance("limited", 20) {
			tk.limited = true
			for range pick("limits", 3) {
				l := limit{owner: w.owners[pick("owner", len(w.owners))]}
				if chance("to a package", 60) {
					p := append(slices.Clone(w.pkgs), w.absent[:3]...)[pick("package", len(w.pkgs)+3)]
					l = limit{p.owner, p.path}
				}
				named := []limit{l}
				if l.path != "" && chance("and to none", 50) { // or same would have nothing to compare it with
					named = append(named, limit{l.owner, "nothing"})
				}
				for _, l := range named {
					if !slices.Contains(tk.limits, l) {
						tk.limits = append(tk.limits, l)
					}
				}
			}
		}
		tk.expired, tk.revoked = chance("expired", 4), chance("revoked", 4)
		tk.parent = nil
		if i%2 == 1 && chance("made with another", 20) {
			tk.parent = w.tokens[i-1]
		}
	}
}

// save makes the server's database what was drawn. Only what the use cases bring
// about together is written by hand: a token that was made with one that is revoked
// or ran out is revoked or runs out too.
func (w *world) save() {
	var b strings.Builder
	q := func(format string, args ...any) { fmt.Fprintf(&b, format+";\n", args...) }
	b.WriteString("PRAGMA synchronous = OFF;\nPRAGMA foreign_keys = OFF;\nBEGIN IMMEDIATE;\n")
	for _, table := range append([]string{"uploads", "package_roles", "repository_roles", "repositories", "team_members", "teams", "members", "token_limits", "tokens"}, w.tables...) {
		q("DELETE FROM %s", table)
	}
	for _, table := range append([]string{"tokens"}, w.tables...) {
		q("INSERT INTO %s SELECT * FROM kept_%s", table, table)
	}
	for _, u := range w.users {
		q("UPDATE users SET blocked_at = %s, repository_id = %s WHERE owner_id = %d", when(u.blocked, 1), id(u.repo != nil, func() int64 { return u.repo.id }), u.id)
	}
	for _, o := range w.owners {
		q("UPDATE owners SET default_visibility = NULLIF('%s', '') WHERE id = %d", o.defaultTo, o.id)
		q("UPDATE orgs SET base_role = %d, members_create = %t, allow_public = %t WHERE owner_id = %d", o.base, o.membersCreate, o.allowPublic, o.id)
		for _, u := range o.members {
			q("INSERT INTO members VALUES (%d, %d, FALSE, 0)", o.id, u.id)
		}
		for _, u := range o.owners {
			q("INSERT INTO members VALUES (%d, %d, TRUE, 0)", o.id, u.id)
		}
	}
	for _, tm := range w.teams {
		q("INSERT INTO teams VALUES (%d, %d, '%s', '%s', 0)", tm.id, tm.org.id, tm.name, tm.name)
		for _, u := range tm.members {
			q("INSERT INTO team_members VALUES (%d, %d)", tm.id, u.id)
		}
	}
	for _, r := range w.repos {
		q("INSERT INTO repositories (id, owner_id, name, folded, visibility, description, web_url, created_at) VALUES (%d, %d, '%s', '%s', '%s', '', '', 0)",
			r.id, r.owner.id, r.name, r.name, r.visibility)
		for u, role := range r.users {
			q("INSERT INTO repository_roles (repository_id, user_id, role) VALUES (%d, %d, %d)", r.id, u.id, role)
		}
		for tm, role := range r.teams {
			q("INSERT INTO repository_roles (repository_id, team_id, role) VALUES (%d, %d, %d)", r.id, tm.id, role)
		}
	}
	for _, p := range w.pkgs {
		w.savePackage(q, p)
	}
	for _, tk := range w.tokens {
		w.saveToken(q, tk)
	}
	b.WriteString("COMMIT;\nPRAGMA foreign_keys = ON;\n")
	w.s.Exec(b.String())
	w.s.Clock.Advance(3 * time.Second) // longer than anything is believed about an account
}

func (w *world) savePackage(q func(string, ...any), p *pkg) {
	q("UPDATE packages SET visibility = '%s', repository_id = %s, inherit = %t, published_at = %s WHERE id = %d",
		p.visibility, id(p.repo != nil, func() int64 { return p.repo.id }), p.inherit, when(p.published, 1), p.id)
	for u, role := range p.users {
		q("INSERT INTO package_roles (package_id, user_id, role) VALUES (%d, %d, %d)", p.id, u.id, role)
	}
	for tm, role := range p.teams {
		q("INSERT INTO package_roles (package_id, team_id, role) VALUES (%d, %d, %d)", p.id, tm.id, role)
	}
	for r, role := range p.repos {
		q("INSERT INTO package_roles (package_id, repository_id, role) VALUES (%d, %d, %d)", p.id, r.id, role)
	}
	if p.published {
		return
	}
	for _, table := range []string{"tags", "manifest_blobs", "manifest_children", "manifests"} {
		q("DELETE FROM %s WHERE package_id = %d", table, p.id)
	}
}

func (w *world) saveToken(q func(string, ...any), tk *token) {
	revoked, expired := false, false
	for up := tk; up != nil; up = up.parent {
		revoked, expired = revoked || up.revoked, expired || up.expired
	}
	now := w.s.Clock.Now().UnixMicro()
	q("UPDATE tokens SET scopes = '%s', actions = '%s', limited = %t, parent_id = %s, expires_at = %s, revoked_at = %s WHERE id = %d",
		strings.Join(tk.scopes, ","), strings.Join(tk.actions, ","), tk.limited, id(tk.parent != nil, func() int64 { return tk.parent.id }),
		when(expired, now-1), when(revoked, now-1), tk.id)
	for _, l := range tk.limits {
		q("INSERT INTO token_limits VALUES (%d, %d, '%s')", tk.id, l.owner.id, l.path)
	}
}

func when(is bool, micros int64) string {
	if !is {
		return "NULL"
	}
	return fmt.Sprint(micros)
}

func id(is bool, of func() int64) string {
	if !is {
		return "NULL"
	}
	return fmt.Sprint(of())
}
