package meta_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
	"github.com/berth-registry/berth/internal/meta/metatest"
)

// world is a random instance with people, organizations, teams, repositories and
// roles.
type world struct {
	*testing.T

	db     *meta.DB
	random *rand.Rand
	users  []int64
	owners map[string]int64
	names  []berth.Name
}

func newWorld(t *testing.T, db *meta.DB, seed uint64) *world {
	w := &world{T: t, db: db, random: rand.New(rand.NewPCG(seed, 1)), owners: map[string]int64{}}
	for i := range 4 {
		name := fmt.Sprintf("user%d", i)
		id := addUser(t, db, name)
		w.users = append(w.users, id)
		w.owners[name] = id
	}
	for i := range 2 {
		w.org(fmt.Sprintf("org%d", i))
	}
	return w
}

func (w *world) one() bool { return w.random.IntN(2) == 0 }

func (w *world) org(name string) {
	w.Helper()
	org := insert(w, w.db, `INSERT INTO owners (kind, name, folded, created_at) VALUES ('org', $1, $1, 0)`, name)
	w.owners[name] = org
	run(w, w.db, `INSERT INTO orgs (owner_id, base_role, members_create, allow_public) VALUES ($1, $2, $3, $4)`, org, w.random.IntN(3), w.one(), w.random.IntN(3) > 0)
	for _, user := range w.users {
		if w.random.IntN(3) == 0 {
			run(w, w.db, `INSERT INTO members (org_id, user_id, owner, created_at) VALUES ($1, $2, $3, 0)`, org, user, w.one())
		}
	}
	team := insert(w, w.db, `INSERT INTO teams (org_id, name, folded, created_at) VALUES ($1, 'team', 'team', 0)`, org)
	for _, user := range w.users {
		if w.random.IntN(3) == 0 {
			run(w, w.db, `INSERT INTO team_members (team_id, user_id) VALUES ($1, $2)`, team, user)
		}
	}
	w.repositories(name, team)
}

// repositories makes some of an owner, with roles for the team (0: for none).
func (w *world) repositories(owner string, team int64) {
	w.Helper()
	for i, visibility := range []string{"private", "private", "internal", "public"} {
		id := insert(w, w.db, `INSERT INTO repositories (owner_id, name, folded, visibility, description, web_url, created_at) VALUES ($1, $2, $3, $4, '', '', 0)`,
			w.owners[owner], fmt.Sprintf("Repo%d", i), fmt.Sprintf("repo%d", i), visibility)
		w.names = append(w.names, berth.Name{Owner: owner, Path: fmt.Sprintf("repo%d", i)})
		if team != 0 && w.random.IntN(3) == 0 {
			run(w, w.db, `INSERT INTO repository_roles (repository_id, team_id, role) VALUES ($1, $2, $3)`, id, team, 1+w.random.IntN(3))
		}
		for _, user := range w.users {
			if w.random.IntN(5) == 0 {
				run(w, w.db, `INSERT INTO repository_roles (repository_id, user_id, role) VALUES ($1, $2, $3)`, id, user, 1+w.random.IntN(3))
			}
		}
		if w.random.IntN(4) == 0 {
			run(w, w.db, `UPDATE users SET repository_id = $1 WHERE owner_id = $2`, id, w.users[w.random.IntN(len(w.users))])
		}
	}
}

// token makes a token with random limits, and returns it with them.
func (w *world) token(user int64) (int64, []berth.Limit) {
	w.Helper()
	id := insert(w, w.db, `INSERT INTO tokens (user_id, name, hash, scopes, created_at, limited) VALUES ($1, '', $2, '', 0, TRUE)`, user, fmt.Sprint(w.random.Uint64()))
	var limits []berth.Limit
	for _, owner := range w.owners {
		for _, path := range []string{"", "repo1"} { // a package of the name is not the repository
			if w.random.IntN(3) == 0 {
				run(w, w.db, `INSERT INTO token_limits (token_id, owner_id, path) VALUES ($1, $2, $3)`, id, owner, path)
				limits = append(limits, berth.Limit{OwnerID: owner, Path: path})
			}
		}
	}
	return id, limits
}

func (w *world) list(q meta.RepositoryQuery) (list []meta.ListedRepository) {
	w.Helper()
	err := w.db.View(w.Context(), func(tx *meta.Tx) (err error) {
		list, err = tx.ListRepositories(w.Context(), q)
		return err
	})
	if err != nil {
		w.Fatal(err)
	}
	return list
}

func (w *world) standing(n berth.Name, user int64) (s berth.Standing) {
	w.Helper()
	err := w.db.View(w.Context(), func(tx *meta.Tx) (err error) {
		s, _, err = tx.RepositoryStanding(w.Context(), n.Owner, n.Path, user)
		return err
	})
	if err != nil {
		w.Fatal(err)
	}
	return s
}

// check compares every form of the list with the rule, asked for one repository
// after another.
func (w *world) check(who string, v berth.Viewer) {
	w.Helper()
	q := meta.RepositoryQuery{User: v.UserID, All: v.Admin, Limit: 1000}
	if v.Limited {
		q.Token = v.TokenID
	}
	readable := map[berth.Name]berth.Standing{}
	for _, n := range w.names {
		if s := w.standing(n, v.UserID); berth.Can(v, s, berth.ActionReadRepository) {
			readable[n] = s
		}
	}
	for owner, id := range w.owners {
		for _, own := range []bool{false, true} {
			for _, only := range []int64{0, id} {
				q.Owner, q.Own = only, own
				var want, got []string
				for n, s := range readable {
					if (only == 0 || n.Owner == owner) && (!own || s.Membership > 0 || s.Role > 0) {
						want = append(want, fmt.Sprintf("%s %+v", n, s))
					}
				}
				slices.Sort(want)
				for _, r := range w.list(q) {
					got = append(got, fmt.Sprintf("%s %+v", berth.Name{Owner: r.OwnerFolded, Path: r.Folded}, r.Standing))
				}
				if diff := cmp.Diff(want, got); diff != "" {
					w.Errorf("%s, own %t, of %d (-want +got):\n%s", who, own, only, diff)
				}
			}
		}
	}
}

// What ListRepositories shows is what the permission rule lets be read.
func TestListRepositories(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		metatest.Each(t, func(t *testing.T, address string) {
			w := newWorld(t, metatest.Open(t, address), seed)
			for owner := range w.owners {
				if strings.HasPrefix(owner, "user") {
					w.repositories(owner, 0)
				}
			}
			w.check("anonymous", berth.Viewer{})
			w.check("operator", berth.Operator())
			for i, user := range w.users {
				v := berth.Viewer{UserID: user, Scopes: berth.ScopeAll}
				w.check(fmt.Sprintf("seed %d, user %d", seed, i), v)
				v.Limited = true
				v.TokenID, v.Limits = w.token(user)
				w.check(fmt.Sprintf("seed %d, user %d with limits %v", seed, i, v.Limits), v)
				v.Admin = true
				w.check(fmt.Sprintf("seed %d, admin %d with limits %v", seed, i, v.Limits), v)
			}
			w.pages()
		})
	}
}

func (w *world) pages() {
	w.Helper()
	slices.SortFunc(w.names, func(a, b berth.Name) int { return strings.Compare(a.String(), b.String()) })
	for size := 1; size < len(w.names)+2; size += 5 {
		var got []berth.Name
		q := meta.RepositoryQuery{User: -1, All: true, Limit: size}
		for {
			page := w.list(q)
			for _, r := range page {
				q.After = berth.Name{Owner: r.OwnerFolded, Path: r.Folded}
				got = append(got, q.After)
			}
			if len(page) < size {
				break
			}
		}
		if diff := cmp.Diff(w.names, got); diff != "" {
			w.Errorf("pages of %d (-want +got):\n%s", size, diff)
		}
	}
}

func TestRepositories(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		ctx, db := t.Context(), metatest.Open(t, address)
		ann := addUser(t, db, "ann")
		now := time.UnixMicro(1234567).UTC()
		row := meta.Repository{
			OwnerID: ann, Owner: "ann", OwnerFolded: "ann", OwnerKind: "user", Name: "Web.App", Folded: "web.app",
			Visibility: "internal", Description: "d ä", WebURL: "https://x/", CreatedAt: now,
		}
		get := func(id int64) (r meta.Repository, err error) {
			err = db.View(ctx, func(tx *meta.Tx) (err error) {
				r, err = tx.GetRepository(ctx, id)
				return err
			})
			return r, err
		}
		create := func(r meta.Repository) (id int64, err error) {
			err = db.Update(ctx, func(tx *meta.Tx) (err error) {
				id, err = tx.CreateRepository(ctx, r)
				return err
			})
			return id, err
		}
		var err error
		if row.ID, err = create(row); err != nil {
			t.Fatal(err)
		}
		if got, err := get(row.ID); err != nil || got != row {
			t.Errorf("%+v, %v", got, err)
		}
		if _, err := create(row); !errors.Is(err, berth.ErrExists) {
			t.Errorf("the same again: %v", err)
		}
		other := row
		other.Name, other.Folded = "other", "other"
		if other.ID, err = create(other); err != nil {
			t.Fatal(err)
		}
		put := func(r meta.Repository) error {
			return db.Update(ctx, func(tx *meta.Tx) error { return tx.PutRepository(ctx, r) })
		}
		other.Folded = row.Folded
		if err := put(other); !errors.Is(err, berth.ErrExists) {
			t.Errorf("a name that is taken: %v", err)
		}
		other.Name, other.Folded, other.Visibility, other.Description, other.WebURL = "New", "new", "public", "", ""
		if err := put(other); err != nil {
			t.Error(err)
		}
		if got, err := get(other.ID); err != nil || got != other {
			t.Errorf("%+v, %v", got, err)
		}
		if _, err := get(other.ID + 1); !errors.Is(err, berth.ErrRepositoryUnknown) {
			t.Errorf("no repository: %v", err)
		}
		drop := func(id int64) error {
			return db.Update(ctx, func(tx *meta.Tx) error { return tx.DropRepository(ctx, id) })
		}
		update(t, db, func(tx *meta.Tx) error { return tx.PutCollaborator(ctx, row.ID, ann, berth.RoleRead) })
		if err := drop(row.ID); !errors.Is(err, berth.ErrUnavailable) {
			t.Errorf("with roles on it: %v", err)
		}
		update(t, db, func(tx *meta.Tx) error { return tx.DropRolesOnRepository(ctx, row.ID) })
		run(t, db, `UPDATE users SET repository_id = $1`, row.ID)
		if err := drop(row.ID); !errors.Is(err, berth.ErrUnavailable) {
			t.Errorf("with an account: %v", err)
		}
		update(t, db, func(tx *meta.Tx) error { return tx.UnbindServiceAccounts(ctx, row.ID) })
		if err := drop(row.ID); err != nil {
			t.Error(err)
		}
		if _, err := get(row.ID); !errors.Is(err, berth.ErrRepositoryUnknown) {
			t.Errorf("dropped: %v", err)
		}
	})
}

// Unlinking touches the packages of one repository only, and gives those that
// inherit a visibility of their own.
func TestUnlinkPackages(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		ctx, db := t.Context(), metatest.Open(t, address)
		ann := addUser(t, db, "ann")
		var repos [2]int64
		for i := range repos {
			repos[i] = insert(t, db, `INSERT INTO repositories (owner_id, name, folded, visibility, description, web_url, created_at) VALUES ($1, $2, $2, 'public', '', '', 0)`, ann, fmt.Sprint(i))
			for _, inherit := range []bool{false, true} {
				pkg := insert(t, db, `INSERT INTO packages (owner_id, path, visibility, inherit, repository_id, created_at, published_at, linked_by_hand) VALUES ($1, $2, 'private', $3, $4, 0, 0, TRUE)`,
					ann, fmt.Sprintf("%d-%t", i, inherit), inherit, repos[i])
				run(t, db, `INSERT INTO package_roles (package_id, repository_id, role) VALUES ($1, $2, 2)`, pkg, repos[i])
			}
		}
		update(t, db, func(tx *meta.Tx) error {
			return errors.Join(tx.UnlinkPackages(ctx, repos[0], "internal"), tx.DropRolesOfRepository(ctx, repos[0]))
		})
		var got []string
		rows, err := db.Writers().QueryContext(ctx, `SELECT p.path, p.visibility, p.inherit, COALESCE(p.repository_id, 0) = $1, (SELECT count(*) FROM package_roles r WHERE r.package_id = p.id), p.linked_by_hand
			FROM packages p ORDER BY p.path`, repos[1])
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var path, visibility string
			var inherit, linked, byHand bool
			var roles int
			if err := rows.Scan(&path, &visibility, &inherit, &linked, &roles, &byHand); err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprintf("%s %s, inherits %t, linked %t, roles %d, by hand %t", path, visibility, inherit, linked, roles, byHand))
		}
		want := []string{
			"0-false private, inherits false, linked false, roles 0, by hand false",
			"0-true internal, inherits false, linked false, roles 0, by hand false",
			"1-false private, inherits false, linked true, roles 1, by hand true",
			"1-true public, inherits true, linked true, roles 1, by hand true",
		}
		if diff := cmp.Diff(want, got); diff != "" || rows.Err() != nil {
			t.Errorf("%v (-want +got):\n%s", rows.Err(), diff)
		}
	})
}

func TestCollaborators(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		ctx, db := t.Context(), metatest.Open(t, address)
		w := newWorld(t, db, 9)
		org := w.owners["org0"]
		repo := insert(t, db, `INSERT INTO repositories (owner_id, name, folded, visibility, description, web_url, created_at) VALUES ($1, 'x', 'x', 'private', '', '', 0)`, org)
		run(t, db, `UPDATE users SET org_id = $1 WHERE owner_id = $2`, org, w.users[2])
		var team int64
		update(t, db, func(tx *meta.Tx) error {
			found, err := tx.GetTeam(ctx, org, "team")
			if team = found.ID; err == nil && found.Name != "team" {
				t.Errorf("the team is %q", found.Name)
			}
			return err
		})
		refused := func(what string, want error, fn func(tx *meta.Tx) error) {
			t.Helper()
			if err := db.Update(ctx, fn); !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", what, err, want)
			}
		}
		refused("a team of another", berth.ErrTeamUnknown, func(tx *meta.Tx) error {
			_, err := tx.GetTeam(ctx, w.owners["user0"], "team")
			return err
		})
		for role := berth.RoleAdmin; role >= berth.RoleRead; role-- { // the last one counts
			update(t, db, func(tx *meta.Tx) error {
				return errors.Join(tx.PutCollaborator(ctx, repo, w.users[2], role), tx.PutCollaboratorTeam(ctx, repo, team, role))
			})
		}
		update(t, db, func(tx *meta.Tx) error { return tx.PutCollaborator(ctx, repo, w.users[0], berth.RoleAdmin) })
		refused("a role for nobody", berth.ErrUnavailable, func(tx *meta.Tx) error { return tx.PutCollaborator(ctx, repo, 1<<20, berth.RoleRead) })
		refused("a role for no team", berth.ErrUnavailable, func(tx *meta.Tx) error { return tx.PutCollaboratorTeam(ctx, repo, 1<<20, berth.RoleRead) })
		list := func(after string, limit int) (users, teams []meta.Collaborator) {
			update(t, db, func(tx *meta.Tx) (err error) {
				if users, err = tx.ListCollaborators(ctx, repo, after, limit); err != nil {
					return err
				}
				teams, err = tx.ListCollaboratorTeams(ctx, repo, after, limit)
				return err
			})
			return users, teams
		}
		want := []meta.Collaborator{
			{ID: w.users[0], Kind: "user", Name: "user0", Folded: "user0", Role: berth.RoleAdmin},
			{ID: w.users[2], Kind: "service", Name: "user2", Folded: "user2", Role: berth.RoleRead},
		}
		users, teams := list("", 10)
		if diff := cmp.Diff(want, users); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]meta.Collaborator{{ID: team, Kind: "team", Name: "team", Folded: "team", Role: berth.RoleRead}}, teams); diff != "" {
			t.Error(diff)
		}
		if users, teams = list("user0", 1); len(users) != 1 || users[0] != want[1] || len(teams) != 0 {
			t.Errorf("the second page: %v %v", users, teams)
		}
		if users, _ = list("", 1); len(users) != 1 || users[0] != want[0] {
			t.Errorf("the first page: %v", users)
		}
		update(t, db, func(tx *meta.Tx) error {
			return errors.Join(tx.DropCollaborator(ctx, repo, w.users[0]), tx.DropCollaboratorTeam(ctx, repo, team))
		})
		refused("dropped", berth.ErrRoleUnknown, func(tx *meta.Tx) error { return tx.DropCollaborator(ctx, repo, w.users[0]) })
		refused("dropped team", berth.ErrRoleUnknown, func(tx *meta.Tx) error { return tx.DropCollaboratorTeam(ctx, repo, team) })
		if users, teams = list("", 10); len(users) != 1 || len(teams) != 0 {
			t.Errorf("after dropping: %v %v", users, teams)
		}
		run(t, db, `UPDATE orgs SET allow_public = owner_id <> $1`, org)
		for owner, want := range map[string]bool{"org0": false, "org1": true, "user0": true} {
			update(t, db, func(tx *meta.Tx) error {
				got, err := tx.AllowsPublic(ctx, owner)
				if got != want {
					t.Errorf("AllowsPublic of %s is %t", owner, got)
				}
				return err
			})
		}
	})
}
