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

// populate gives two users and two organizations one of everything, so that each of
// them stands on both sides of whatever can connect them.
func populate(t *testing.T, db *meta.DB) (users, orgs [2]int64) {
	t.Helper()
	for i := range 2 {
		users[i] = addUser(t, db, fmt.Sprintf("user%d", i))
		orgs[i] = insert(t, db, `INSERT INTO owners (kind, name, folded, created_at) VALUES ('org', $1, $1, 0)`, fmt.Sprintf("org%d", i))
		run(t, db, `INSERT INTO orgs (owner_id, base_role, members_create, allow_public) VALUES ($1, 0, FALSE, TRUE)`, orgs[i])
	}
	var repos, pkgs, teams []int64
	for i := range 2 {
		teams = append(teams, insert(t, db, `INSERT INTO teams (org_id, name, folded, created_at) VALUES ($1, 't', 't', 0)`, orgs[i]))
		for _, owner := range []int64{users[i], orgs[i]} {
			repos = append(repos, insert(t, db, `INSERT INTO repositories (owner_id, name, folded, visibility, description, web_url, created_at)
				VALUES ($1, 'r', 'r', 'internal', '', '', 0)`, owner))
		}
	}
	for i := range 2 {
		for j, owner := range []int64{users[i], orgs[i]} {
			// Linked to the repository of the other one.
			pkgs = append(pkgs, insert(t, db, `INSERT INTO packages (owner_id, path, visibility, repository_id, inherit, created_at, published_at)
				VALUES ($1, 'p', 'private', $2, TRUE, 0, 0)`, owner, repos[2*(1-i)+j]))
		}
		robot := addUser(t, db, fmt.Sprintf("robot%d", i))
		run(t, db, `UPDATE users SET org_id = $1, repository_id = $2 WHERE owner_id = $3`, orgs[i], repos[2*i+1], robot)
	}
	for i := range 2 {
		for _, org := range orgs {
			run(t, db, `INSERT INTO members (org_id, user_id, owner, created_at) VALUES ($1, $2, TRUE, 0)`, org, users[i])
		}
		for _, team := range teams {
			run(t, db, `INSERT INTO team_members (team_id, user_id) VALUES ($1, $2)`, team, users[i])
		}
		for _, pkg := range pkgs {
			run(t, db, `INSERT INTO package_roles (package_id, user_id, role) VALUES ($1, $2, 1)`, pkg, users[i])
			run(t, db, `INSERT INTO package_roles (package_id, team_id, role) VALUES ($1, $2, 1)`, pkg, teams[i])
			run(t, db, `INSERT INTO package_roles (package_id, repository_id, role) VALUES ($1, $2, 1)`, pkg, repos[2*i])
			run(t, db, `INSERT INTO package_roles (package_id, repository_id, role) VALUES ($1, $2, 1)`, pkg, repos[2*i+1])
			run(t, db, `INSERT INTO uploads (id, package_id, user_id, storage_key, algorithm, received, hash_state, started_at, updated_at)
				VALUES ($1, $2, $3, $1, '', 0, '', 0, 0)`, fmt.Sprintf("upload %d %d", pkg, users[i]), pkg, users[i])
		}
		for _, repo := range repos {
			run(t, db, `INSERT INTO repository_roles (repository_id, user_id, role) VALUES ($1, $2, 1)`, repo, users[i])
			run(t, db, `INSERT INTO repository_roles (repository_id, team_id, role) VALUES ($1, $2, 1)`, repo, teams[i])
		}
		mark := fmt.Sprintf("mark%d", i)
		token := insert(t, db, `INSERT INTO tokens (user_id, name, hash, scopes, created_at) VALUES ($1, '', $2, '', 0)`, users[i], mark)
		child := insert(t, db, `INSERT INTO tokens (user_id, name, hash, scopes, created_at, parent_id) VALUES ($1, '', $2, '', 0, $3)`, users[i], mark+"b", token)
		for _, owner := range []int64{users[0], users[1], orgs[0], orgs[1]} {
			run(t, db, `INSERT INTO token_limits (token_id, owner_id, path) VALUES ($1, $2, '')`, child, owner)
		}
		run(t, db, `INSERT INTO sessions (user_id, hash, user_agent, address, created_at, used_at, expires_at) VALUES ($1, $2, '', '', 0, 0, 0)`, users[i], mark)
		run(t, db, `INSERT INTO second_factors (user_id, secret, last_step, created_at) VALUES ($1, '', 0, 0)`, users[i])
		run(t, db, `INSERT INTO recovery_codes (user_id, hash) VALUES ($1, $2)`, users[i], mark)
		run(t, db, `INSERT INTO identities (user_id, provider, subject, created_at) VALUES ($1, $2, '', 0)`, users[i], mark)
		run(t, db, `INSERT INTO invitations (hash, note, org_id, owner, created_by, created_by_id, created_at, expires_at) VALUES ($1, '', $2, FALSE, '', 0, 0, 0)`, mark, orgs[i])
	}
	return users, orgs
}

// counts says how many rows each table has.
func counts(t *testing.T, db *meta.DB) map[string]string {
	t.Helper()
	got := map[string]string{}
	for table := range strings.FieldsSeq(`owners users orgs members teams team_members repositories repository_roles packages package_roles
		tokens token_limits sessions second_factors recovery_codes identities invitations uploads doomed_keys`) {
		got[table] = query(t, db, `SELECT CAST(count(*) AS TEXT) FROM `+table)[0]
	}
	return got
}

// TestLeaving deletes one user and one organization of a pair that is woven together
// as tightly as can be. All that is left is what the others have without them.
func TestLeaving(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		db := metatest.Open(t, address)
		ctx, now := t.Context(), time.UnixMicro(1)
		users, orgs := populate(t, db)
		purge := func(tx *meta.Tx, owner int64) error {
			ids, err := tx.ListPackageIDs(ctx, owner, true, false)
			for _, id := range ids {
				err = errors.Join(err, tx.PurgePackage(ctx, id, now))
			}
			return err
		}
		update(t, db, func(tx *meta.Tx) error { return errors.Join(purge(tx, users[0]), tx.DropUser(ctx, users[0], now)) })
		want := map[string]string{
			"owners": "5", "users": "3", "orgs": "2", "members": "2", "teams": "2", "team_members": "2",
			// Three packages, and for each one user, two teams and three repositories.
			"repositories": "3", "repository_roles": "9", "packages": "3", "package_roles": "18",
			"tokens": "2", "token_limits": "3", "sessions": "1", "second_factors": "1", "recovery_codes": "1", "identities": "1",
			"invitations": "2", "uploads": "3", "doomed_keys": "5",
		}
		if diff := cmp.Diff(want, counts(t, db)); diff != "" {
			t.Errorf("after DropUser (-want +got):\n%s", diff)
		}
		update(t, db, func(tx *meta.Tx) error {
			bots, err := tx.ListServiceAccounts(ctx, orgs[0], "", 10)
			for _, bot := range bots {
				err = errors.Join(err, tx.DropUser(ctx, bot.ID, now))
			}
			return errors.Join(err, purge(tx, orgs[0]), tx.DropOrg(ctx, orgs[0]))
		})
		want = map[string]string{
			"owners": "3", "users": "2", "orgs": "1", "members": "1", "teams": "1", "team_members": "1",
			"repositories": "2", "repository_roles": "4", "packages": "2", "package_roles": "8",
			"tokens": "2", "token_limits": "2", "sessions": "1", "second_factors": "1", "recovery_codes": "1", "identities": "1",
			"invitations": "1", "uploads": "2", "doomed_keys": "6",
		}
		if diff := cmp.Diff(want, counts(t, db)); diff != "" {
			t.Errorf("after DropOrg (-want +got):\n%s", diff)
		}
		// What was linked to a repository that is gone keeps what it let others see.
		got := query(t, db, `SELECT visibility || ' ' || CASE WHEN inherit THEN 'inherits' ELSE 'alone' END || ' ' || CAST(COALESCE(repository_id, 0) AS TEXT) FROM packages`)
		if diff := cmp.Diff([]string{"internal alone 0", "internal alone 0"}, got); diff != "" {
			t.Errorf("packages that are left (-want +got):\n%s", diff)
		}
	})
}

// TestDropsWhatIsInUse: the database refuses where the caller has forgotten something.
func TestDropsWhatIsInUse(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		db := metatest.Open(t, address)
		users, orgs := populate(t, db)
		for what, drop := range map[string]func(tx *meta.Tx) error{
			"a user with packages":                   func(tx *meta.Tx) error { return tx.DropUser(t.Context(), users[0], time.Now()) },
			"an organization with packages and bots": func(tx *meta.Tx) error { return tx.DropOrg(t.Context(), orgs[0]) },
		} {
			if err := db.Update(t.Context(), drop); !errors.Is(err, berth.ErrConflict) {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}

// TestFreezePackages tries all visibilities of packages and repositories: nothing is
// seen by more people after it, or fewer.
func TestFreezePackages(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		db := metatest.Open(t, address)
		owners := map[string]int64{"ann": addUser(t, db, "ann")}
		for _, allow := range []bool{false, true} {
			name := fmt.Sprintf("allow-%t", allow)
			owners[name] = insert(t, db, `INSERT INTO owners (kind, name, folded, created_at) VALUES ('org', $1, $1, 0)`, name)
			run(t, db, `INSERT INTO orgs (owner_id, base_role, members_create, allow_public) VALUES ($1, 0, FALSE, $2)`, owners[name], allow)
		}
		var names []berth.Name
		for owner, id := range owners {
			for _, of := range []string{"private", "internal", "public"} {
				repo := insert(t, db, `INSERT INTO repositories (owner_id, name, folded, visibility, description, web_url, created_at)
					VALUES ($1, $2, $2, $2, '', '', 0)`, id, of)
				for _, own := range []string{"private", "internal", "public"} {
					for _, inherit := range []bool{false, true} {
						n := berth.Name{Owner: owner, Path: fmt.Sprintf("%s/%s/%t", of, own, inherit)}
						names = append(names, n)
						insert(t, db, `INSERT INTO packages (owner_id, path, visibility, repository_id, inherit, created_at, published_at)
							VALUES ($1, $2, $3, $4, $5, 0, 0)`, id, n.Path, own, repo, inherit)
					}
				}
			}
			n := berth.Name{Owner: owner, Path: "alone"}
			names = append(names, n)
			insert(t, db, `INSERT INTO packages (owner_id, path, visibility, inherit, created_at, published_at) VALUES ($1, 'alone', 'public', FALSE, 0, 0)`, id)
		}
		before := map[berth.Name]berth.Visibility{}
		for _, n := range names {
			before[n] = standing(t, db, n, 0).Visibility
		}
		for _, id := range owners {
			update(t, db, func(tx *meta.Tx) error { return tx.FreezePackages(t.Context(), id) })
		}
		run(t, db, `UPDATE orgs SET allow_public = TRUE`) // as where it goes
		after := map[berth.Name]berth.Visibility{}
		for _, n := range names {
			after[n] = standing(t, db, n, 0).Visibility
		}
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("visibilities (-before +after):\n%s", diff)
		}
		if left := query(t, db, `SELECT path FROM packages WHERE inherit OR repository_id IS NOT NULL`); len(left) != 0 {
			t.Errorf("still linked: %v", left)
		}
	})
}

func TestMovePackages(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		db := metatest.Open(t, address)
		ctx := t.Context()
		users, orgs := populate(t, db)
		obstacle := func(longest int) (path string) {
			update(t, db, func(tx *meta.Tx) (err error) {
				path, err = tx.FindObstacle(ctx, orgs[0], users[0], longest)
				return err
			})
			return path
		}
		if got := obstacle(100); got != "p" {
			t.Errorf("FindObstacle where there is one of that name = %q", got)
		}
		err := db.Update(ctx, func(tx *meta.Tx) error { _, err := tx.MovePackages(ctx, orgs[0], users[0]); return err })
		if !errors.Is(err, berth.ErrConflict) {
			t.Errorf("MovePackages where there is one of that name = %v", err)
		}
		run(t, db, `UPDATE packages SET path = 'unlike' WHERE owner_id = $1`, orgs[0])
		if long, short := obstacle(5), obstacle(6); long != "unlike" || short != "" {
			t.Errorf("FindObstacle by length = %q, %q", long, short)
		}
		run(t, db, `DELETE FROM members WHERE org_id = $1 AND user_id = $2`, orgs[0], users[1])
		update(t, db, func(tx *meta.Tx) error {
			if n, err := tx.CountPublished(ctx, orgs[0]); err != nil || n != 1 {
				t.Errorf("CountPublished = %d, %v", n, err)
			}
			n, err := tx.MovePackages(ctx, orgs[0], users[0])
			if n != 1 {
				t.Errorf("MovePackages = %d", n)
			}
			return err
		})
		// Members have lost their roles, outside collaborators and others have not.
		got := query(t, db, fmt.Sprintf(`SELECT CAST(count(*) AS TEXT) || ' ' || kind FROM (SELECT CASE WHEN r.user_id = %d THEN 'collaborator' WHEN r.user_id IS NOT NULL THEN 'member' WHEN r.team_id IS NOT NULL THEN 'team' ELSE 'repository' END AS kind
			FROM package_roles r JOIN packages p ON p.id = r.package_id WHERE p.path = 'unlike' AND p.owner_id = %d) x GROUP BY kind ORDER BY 1`, users[1], users[0]))
		if diff := cmp.Diff([]string{"1 collaborator", "2 team", "4 repository"}, got); diff != "" {
			t.Errorf("roles (-want +got):\n%s", diff)
		}
	})
}

// TestCountPublishedOfBots: an organization takes its service accounts along.
func TestCountPublishedOfBots(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		db := metatest.Open(t, address)
		ctx := t.Context()
		_, orgs := populate(t, db)
		bot := query(t, db, `SELECT CAST(owner_id AS TEXT) FROM users WHERE org_id IS NOT NULL ORDER BY owner_id`)[0]
		run(t, db, `INSERT INTO packages (owner_id, path, visibility, inherit, created_at, published_at) VALUES (`+bot+`, 'p', 'private', FALSE, 0, 0)`)
		run(t, db, `INSERT INTO packages (owner_id, path, visibility, inherit, created_at) VALUES (`+bot+`, 'probe', 'private', FALSE, 0)`)
		update(t, db, func(tx *meta.Tx) error {
			for i, want := range []int{2, 1} {
				if n, err := tx.CountPublished(ctx, orgs[i]); err != nil || n != want {
					t.Errorf("CountPublished of org%d = %d, %v, want %d", i, n, err, want)
				}
			}
			bots, err := tx.ListServiceAccounts(ctx, orgs[0], "", 10)
			if err != nil {
				return err
			}
			if len(bots) != 1 || bots[0].Repository != "org0/r" {
				t.Errorf("ListServiceAccounts = %+v", bots)
			}
			all, err := tx.ListPackageIDs(ctx, bots[0].ID, true, false)
			left, more := tx.ListPackageIDs(ctx, bots[0].ID, false, false)
			if len(all) != 2 || len(left) != 1 {
				t.Errorf("ListPackageIDs = %v, of those without a push %v", all, left)
			}
			return errors.Join(err, more)
		})
	})
}
