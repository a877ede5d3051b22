package meta_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
	"github.com/berth-registry/berth/internal/meta/metatest"
)

// The tests here need rows that no method of Tx makes yet.

func insert(t testing.TB, db *meta.DB, text string, args ...any) (id int64) {
	t.Helper()
	if err := db.Writers().QueryRowContext(t.Context(), text+" RETURNING id", args...).Scan(&id); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return id
}

func run(t testing.TB, db *meta.DB, text string, args ...any) {
	t.Helper()
	if _, err := db.Writers().ExecContext(t.Context(), text, args...); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

func standing(t testing.TB, db *meta.DB, n berth.Name, user int64) (s berth.Standing) {
	t.Helper()
	err := db.View(t.Context(), func(tx *meta.Tx) (err error) {
		s, err = tx.Standing(t.Context(), n, user)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func addUser(t testing.TB, db *meta.DB, name string) int64 {
	t.Helper()
	id := insert(t, db, `INSERT INTO owners (kind, name, folded, created_at) VALUES ('user', $1, $1, 0)`, name)
	run(t, db, `INSERT INTO users (owner_id, password_hash, admin) VALUES ($1, '', FALSE)`, id)
	return id
}

// TestTeams combines membership, a role of the user's own and the roles of two
// teams, of which he is in none, one or both.
func TestTeams(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		db := metatest.Open(t, address)
		org := insert(t, db, `INSERT INTO owners (kind, name, folded, created_at) VALUES ('org', 'acme', 'acme', 0)`)
		run(t, db, `INSERT INTO orgs (owner_id, base_role, members_create, allow_public) VALUES ($1, 0, FALSE, FALSE)`, org)
		var teams, pkgs [2]int64
		var names [2]berth.Name
		for i := range 2 {
			teams[i] = insert(t, db, `INSERT INTO teams (org_id, name, folded, created_at) VALUES ($1, $2, $2, 0)`, org, fmt.Sprintf("team%d", i))
			names[i] = berth.Name{Owner: "acme", Path: fmt.Sprintf("app%d", i)}
			pkgs[i] = insert(t, db, `INSERT INTO packages (owner_id, path, visibility, inherit, created_at, published_at) VALUES ($1, $2, 'private', FALSE, 0, 0)`, org, names[i].Path)
		}
		// Team 0 reads both packages, team 1 administers the second.
		roles := [2][2]berth.Role{{berth.RoleRead, berth.RoleRead}, {berth.RoleNone, berth.RoleAdmin}}
		for team, given := range roles {
			for i, role := range given {
				if role > 0 {
					run(t, db, `INSERT INTO package_roles (package_id, team_id, role) VALUES ($1, $2, $3)`, pkgs[i], teams[team], int64(role))
				}
			}
		}
		for membership := berth.MembershipNone; membership <= berth.MembershipOwner; membership++ {
			for own := berth.RoleNone; own <= berth.RoleAdmin; own++ {
				for in := range 4 {
					user := addUser(t, db, fmt.Sprintf("user-%d-%d-%d", membership, own, in))
					want := [2]berth.Role{own, berth.RoleNone}
					if membership > 0 {
						run(t, db, `INSERT INTO members (org_id, user_id, owner, created_at) VALUES ($1, $2, $3, 0)`, org, user, membership == berth.MembershipOwner)
					}
					if own > 0 {
						update(t, db, func(tx *meta.Tx) error { return tx.PutRole(t.Context(), pkgs[0], meta.Holder{User: user}, own) })
					}
					for team := range 2 {
						if in&(1<<team) != 0 {
							run(t, db, `INSERT INTO team_members (team_id, user_id) VALUES ($1, $2)`, teams[team], user)
							for i := range want {
								want[i] = max(want[i], roles[team][i])
							}
						}
					}
					var listed, seen []berth.Name
					for i, n := range names {
						s := standing(t, db, n, user)
						if s.Role != want[i] || s.Membership != membership {
							t.Errorf("membership %d, own role %s, teams %b: role on %s is %s, want %s", membership, own, in, n, s.Role, want[i])
						}
						if berth.Can(berth.Viewer{UserID: user, Scopes: berth.ScopeAll}, s, berth.ActionPull) {
							seen = append(seen, n)
						}
					}
					err := db.View(t.Context(), func(tx *meta.Tx) error {
						list, err := tx.ListPackages(t.Context(), meta.Reader{User: user}, berth.Name{}, 10)
						for _, p := range list {
							listed = append(listed, p.Name)
						}
						return err
					})
					if diff := cmp.Diff(seen, listed); err != nil || diff != "" {
						t.Errorf("membership %d, own role %s, teams %b: ListPackages, %v (-want +got):\n%s", membership, own, in, err, diff)
					}
				}
			}
		}
	})
}

// TestDefaultVisibility is what a package would be born with.
func TestDefaultVisibility(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		db := metatest.Open(t, address)
		n := berth.Name{Owner: "ann", Path: "app"}
		addPackage(t, db, n)
		run(t, db, `UPDATE owners SET default_visibility = 'internal'`)
		if got := standing(t, db, n, 0).Visibility; got != berth.VisibilityPrivate {
			t.Errorf("visibility of a package = %q", got)
		}
		n.Path = "none"
		if got := standing(t, db, n, 0).Visibility; got != berth.VisibilityInternal {
			t.Errorf("visibility of no package = %q", got)
		}
	})
}

func TestBlockedAndRevoked(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		db := metatest.Open(t, address)
		ann := addUser(t, db, "ann")
		var token int64
		update(t, db, func(tx *meta.Tx) (err error) {
			token, err = tx.CreateToken(t.Context(), meta.Token{UserID: ann, Hash: "h", Scopes: "read:packages", CreatedAt: time.UnixMicro(7)})
			return err
		})
		run(t, db, `UPDATE users SET blocked_at = 0`)
		run(t, db, `UPDATE tokens SET revoked_at = 0`)
		want := meta.Credential{UserID: ann, Login: "ann", Blocked: true, TokenID: token, Scopes: "read:packages", CreatedAt: time.UnixMicro(7).UTC(), Revoked: true}
		var byID, byHash meta.Credential
		var user meta.User
		update(t, db, func(tx *meta.Tx) error {
			var err [3]error
			byID, err[0] = tx.GetCredential(t.Context(), ann, token)
			byHash, err[1] = tx.GetTokenCredential(t.Context(), "h")
			user, err[2] = tx.GetUser(t.Context(), "ann")
			return errors.Join(err[:]...)
		})
		if diff := cmp.Diff([]meta.Credential{want, want}, []meta.Credential{byID, byHash}); diff != "" {
			t.Errorf("credentials (-want +got):\n%s", diff)
		}
		if !user.Blocked {
			t.Error("GetUser does not say that the user is blocked")
		}
	})
}

// TestDeletingBlob: a blob that the sweep has marked is as good as gone, until its
// bytes come again.
func TestDeletingBlob(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		db := metatest.Open(t, address)
		ctx := t.Context()
		pkg := addPackage(t, db, berth.Name{Owner: "ann", Path: "app"}).PackageID
		d := addBlob(t, db, "content")
		update(t, db, func(tx *meta.Tx) error { return tx.LinkBlob(ctx, pkg, d, time.Now()) })
		run(t, db, `UPDATE blobs SET state = 'deleting'`)
		for what, call := range map[string]func(tx *meta.Tx) error{
			"GetBlob":  func(tx *meta.Tx) error { _, err := tx.GetBlob(ctx, pkg, d); return err },
			"HoldBlob": func(tx *meta.Tx) error { _, err := tx.HoldBlob(ctx, pkg, d, time.Now()); return err },
		} {
			if err := db.Update(ctx, call); !errors.Is(err, berth.ErrBlobUnknown) {
				t.Errorf("%s of a blob that is being deleted = %v", what, err)
			}
		}
		update(t, db, func(tx *meta.Tx) error { return tx.ReplaceBlob(ctx, meta.Blob{Digest: d, Size: 7, Key: "new"}) })
		if got := query(t, db, `SELECT state || ' ' || CAST(generation AS TEXT) FROM blobs`); !cmp.Equal(got, []string{"live 2"}) {
			t.Errorf("after ReplaceBlob: %v", got)
		}
		update(t, db, func(tx *meta.Tx) error { _, err := tx.HoldBlob(ctx, pkg, d, time.Now()); return err })
	})
}

// TestChecks inserts what each CHECK, unique index and foreign key forbids that no
// method of Tx could insert.
func TestChecks(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		db := metatest.Open(t, address)
		s := addPackage(t, db, berth.Name{Owner: "ann", Path: "app"})
		org := insert(t, db, `INSERT INTO owners (kind, name, folded, created_at) VALUES ('org', 'acme', 'acme', 0)`)
		run(t, db, `INSERT INTO orgs (owner_id, base_role, members_create, allow_public) VALUES ($1, 0, FALSE, FALSE)`, org)
		team := insert(t, db, `INSERT INTO teams (org_id, name, folded, created_at) VALUES ($1, 'T', 't', 0)`, org)
		repo := insert(t, db, `INSERT INTO repositories (owner_id, name, folded, visibility, description, web_url, created_at) VALUES ($1, 'R', 'r', 'private', '', '', 0)`, org)
		fill := strings.NewReplacer("USER", fmt.Sprint(s.OwnerID), "PKG", fmt.Sprint(s.PackageID), "ORG", fmt.Sprint(org), "TEAM", fmt.Sprint(team), "REPO", fmt.Sprint(repo)).Replace
		for _, text := range []string{
			`INSERT INTO package_roles (package_id, team_id, role) VALUES (PKG, TEAM, 1)`,
			`INSERT INTO package_roles (package_id, user_id, role) VALUES (PKG, USER, 1)`,
			`INSERT INTO package_roles (package_id, repository_id, role) VALUES (PKG, REPO, 1)`,
			`INSERT INTO repository_roles (repository_id, user_id, role) VALUES (REPO, USER, 1)`,
			`INSERT INTO repository_roles (repository_id, team_id, role) VALUES (REPO, TEAM, 1)`,
			`INSERT INTO team_members (team_id, user_id) VALUES (TEAM, USER)`,
			`INSERT INTO members (org_id, user_id, owner, created_at) VALUES (ORG, USER, FALSE, 0)`,
		} {
			run(t, db, fill(text))
			if _, err := db.Writers().ExecContext(t.Context(), fill(text)); err == nil {
				t.Errorf("accepted twice: %s", text)
			}
		}
		for _, text := range []string{
			`INSERT INTO owners (kind, name, folded, default_visibility, created_at) VALUES ('user', 'x', 'x', 'secret', 0)`,
			`INSERT INTO teams (org_id, name, folded, created_at) VALUES (ORG, 't', 't', 0)`,
			`INSERT INTO teams (org_id, name, folded, created_at) VALUES (USER, 'x', 'x', 0)`,
			`INSERT INTO repositories (owner_id, name, folded, visibility, description, web_url, created_at) VALUES (ORG, 'r', 'r', 'private', '', '', 0)`,
			`INSERT INTO repositories (owner_id, name, folded, visibility, description, web_url, created_at) VALUES (ORG, 'x', 'x', 'secret', '', '', 0)`,
			`INSERT INTO repository_roles (repository_id, user_id, team_id, role) VALUES (REPO, ORG, TEAM, 1)`,
			`INSERT INTO repository_roles (repository_id, role) VALUES (REPO, 1)`,
			`UPDATE repository_roles SET role = 4`,
			`UPDATE package_roles SET role = 0`,
			`INSERT INTO blobs (digest, size, storage_key, state, generation, lease_until, created_at) VALUES ('d', 0, 'k', 'dead', 1, 0, 0)`,
			`DELETE FROM owners WHERE id = USER`,
			`DELETE FROM users WHERE owner_id = USER`,
			`DELETE FROM packages WHERE id = PKG`,
			`DELETE FROM teams`,
			`DELETE FROM orgs`,
			// A role that nobody has.
			`INSERT INTO package_roles (package_id, role) VALUES (PKG, 1)`,
		} {
			if _, err := db.Writers().ExecContext(t.Context(), fill(text)); err == nil {
				t.Errorf("accepted: %s", text)
			}
		}
	})
}

// TestAuditIsAppendOnly: not even somebody at the database changes the log by a
// slip of the hand.
func TestAuditIsAppendOnly(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		db := metatest.Open(t, address)
		update(t, db, func(tx *meta.Tx) error {
			return tx.AddEvent(t.Context(), berth.Viewer{Login: "ann"}, berth.Event{At: time.UnixMicro(1), Action: "a", Target: "t"})
		})
		queries := []string{`UPDATE audit SET actor = 'eve'`, `DELETE FROM audit`}
		if strings.HasPrefix(address, "postgres") {
			queries = append(queries, `TRUNCATE audit`)
		}
		for _, q := range queries {
			if _, err := db.Writers().ExecContext(t.Context(), q); err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Errorf("%s: %v", q, err)
			}
		}
	})
}

// TestSignInFlags: what signing in has to know comes from four tables.
func TestSignInFlags(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		db := metatest.Open(t, address)
		ctx := t.Context()
		ann, robot := addUser(t, db, "ann"), addUser(t, db, "robot")
		org := insert(t, db, `INSERT INTO owners (kind, name, folded, created_at) VALUES ('org', 'acme', 'acme', 0)`)
		run(t, db, `INSERT INTO orgs (owner_id, base_role, members_create, allow_public) VALUES ($1, 0, FALSE, FALSE)`, org)
		run(t, db, `UPDATE users SET org_id = $1, admin = TRUE WHERE owner_id = $2`, org, robot)
		get := func(name string) (u meta.SignIn) {
			update(t, db, func(tx *meta.Tx) (err error) {
				u, err = tx.GetSignIn(ctx, name)
				return err
			})
			return u
		}
		if diff := cmp.Diff(meta.SignIn{ID: robot, Name: "robot", Admin: true, Service: true}, get("robot")); diff != "" {
			t.Error(diff)
		}
		insert(t, db, `INSERT INTO identities (user_id, provider, subject, created_at) VALUES ($1, 'corp', '1', 0)`, ann)
		run(t, db, `UPDATE users SET blocked_at = 1, admin = TRUE WHERE owner_id = $1`, ann)
		if diff := cmp.Diff(meta.SignIn{ID: ann, Name: "ann", Admin: true, Blocked: true, Outside: true}, get("ann")); diff != "" {
			t.Error(diff)
		}
		err := db.View(ctx, func(tx *meta.Tx) error {
			_, name, err := tx.FirstAdmin(ctx)
			if err == nil {
				t.Errorf("FirstAdmin is %s", name)
			}
			return err
		})
		if !errors.Is(err, berth.ErrOwnerUnknown) {
			t.Errorf("FirstAdmin = %v", err)
		}
	})
}
