package registry_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/meta"
	"github.com/berth-registry/berth/internal/meta/metatest"
	"github.com/berth-registry/berth/internal/registry"
)

// world is a random owner with repositories, packages, teams and roles, and some who
// look at it.
type world struct {
	*berthtest.Server

	t       *testing.T
	random  *rand.Rand
	viewers map[string]berth.Viewer
	names   []berth.Name
}

func newWorld(t *testing.T, s *berthtest.Server, seed uint64) *world {
	t.Helper()
	w := &world{Server: s, t: t, random: rand.New(rand.NewPCG(seed, 6))}
	base, public := w.random.IntN(2), w.random.IntN(3) > 0
	exec(t, s, `UPDATE orgs SET base_role = `+fmt.Sprint(base)+`, allow_public = `+fmt.Sprint(public))
	for i := range 2 {
		exec(t, s, fmt.Sprintf(`INSERT INTO teams (org_id, name, folded, created_at) SELECT id, 'team%d', 'team%d', 0 FROM owners WHERE folded = 'acme'`, i, i))
		exec(t, s, fmt.Sprintf(`INSERT INTO team_members (team_id, user_id) SELECT t.id, o.id FROM teams t, owners o WHERE t.folded = 'team%d' AND o.folded = 'bob'`, i))
	}
	visibilities := []string{"private", "internal", "public"}
	for i := range 4 {
		exec(t, s, fmt.Sprintf(`INSERT INTO repositories (owner_id, name, folded, visibility, description, web_url, created_at)
			SELECT id, 'Repo%d', 'repo%d', '%s', '', '', 0 FROM owners WHERE folded = 'acme'`, i, i, visibilities[w.random.IntN(3)]))
	}
	for _, name := range []string{"acme", "ada"} { // the other owner must never show
		for i := range 24 {
			w.pkg(name, fmt.Sprintf("app%02d", i*3), visibilities)
		}
	}
	exec(t, s, `INSERT INTO repository_roles (repository_id, user_id, role) SELECT r.id, o.id, 1 FROM repositories r, owners o WHERE o.folded = 'bob' AND r.folded = 'repo0'`)
	exec(t, s, `INSERT INTO repository_roles (repository_id, team_id, role) SELECT r.id, t.id, 1 FROM repositories r, teams t WHERE t.folded = 'team0' AND r.folded IN ('repo0', 'repo1')`)
	exec(t, s, `UPDATE users SET org_id = (SELECT id FROM owners WHERE folded = 'acme'), repository_id = (SELECT id FROM repositories WHERE folded = 'repo2')
		WHERE owner_id = (SELECT id FROM owners WHERE folded = 'robot')`)
	w.look(t)
	return w
}

// pkg makes a package; some are unpublished, some in the trash.
func (w *world) pkg(owner, path string, visibilities []string) {
	published, deleted := "1", "NULL"
	switch w.random.IntN(10) {
	case 0:
		published = "NULL"
	case 1:
		deleted, path = "1", "-/1/"+path
	default:
		w.names = append(w.names, berth.Name{Owner: owner, Path: path})
	}
	repository, inherit := "NULL", "FALSE"
	if owner == "acme" && w.random.IntN(2) == 0 {
		repository = fmt.Sprintf("(SELECT id FROM repositories WHERE folded = 'repo%d')", w.random.IntN(4))
		inherit = []string{"FALSE", "TRUE"}[w.random.IntN(2)]
	}
	id := fmt.Sprintf("(SELECT p.id FROM packages p JOIN owners o ON o.id = p.owner_id WHERE o.folded = '%s' AND p.path = '%s')", owner, path)
	exec(w.t, w.Server, fmt.Sprintf(`INSERT INTO packages (owner_id, path, visibility, inherit, repository_id, created_at, published_at, deleted_at)
		SELECT id, '%s', '%s', %s, %s, 0, %s, %s FROM owners WHERE folded = '%s'`, path, visibilities[w.random.IntN(3)], inherit, repository, published, deleted, owner))
	for column, holders := range map[string]string{
		"user_id":       "(SELECT id FROM owners WHERE folded = 'bob')",
		"team_id":       fmt.Sprintf("(SELECT id FROM teams WHERE folded = 'team%d')", w.random.IntN(2)),
		"repository_id": "(SELECT id FROM repositories WHERE folded = 'repo2')",
	} {
		if w.random.IntN(4) == 0 {
			exec(w.t, w.Server, fmt.Sprintf(`INSERT INTO package_roles (package_id, %s, role) VALUES (%s, %s, 1)`, column, id, holders))
		}
	}
}

func (w *world) look(t *testing.T) {
	t.Helper()
	w.viewers = map[string]berth.Viewer{"anonymous": {}, "operator": berth.Operator()}
	for _, name := range []string{"ada", "mia", "bob", "root", "robot", "eve"} {
		v := w.Viewer(name)
		w.viewers[name] = v
		v.Scopes = berth.ScopeReadUser
		w.viewers[name+" without a scope for packages"] = v
		v.Scopes = berth.ScopeWriteRepositories
		w.viewers[name+" with repositories only"] = v
		made, err := w.Account.CreateToken(t.Context(), berth.Operator(), name, account.TokenRequest{
			Name: "limited", Scopes: berth.ScopeReadPackages, Owners: []string{"ada"}, Packages: []string{"acme/app06", "acme/app09", "acme/app12", "acme/app30", "acme/app99"},
		})
		if err != nil {
			t.Fatal(err)
		}
		if w.viewers[name+" limited"], err = w.Account.Login(t.Context(), name, made.Secret, ""); err != nil {
			t.Fatal(err)
		}
	}
}

// want asks the permission rule for one package after another.
func (w *world) want(t *testing.T, v berth.Viewer, only berth.Visibility) (list []string) {
	t.Helper()
	for _, n := range w.names {
		p, err := w.Registry.GetPackage(t.Context(), v, n)
		if n.Owner == "acme" && err == nil && (only == "" || p.Visibility == only) {
			list = append(list, fmt.Sprint(n, p.ID, p.Visibility, p.Inherit, p.Repository))
		}
	}
	slices.Sort(list)
	return list
}

func (w *world) got(t *testing.T, v berth.Viewer, q registry.PackageQuery) (list []string, last string) {
	t.Helper()
	q.Owner = "acme"
	rows, err := w.Registry.ListPackages(t.Context(), v, q)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range rows {
		list, last = append(list, fmt.Sprint(p.Name, p.ID, p.Visibility, p.Inherit, p.Repository)), p.Name.Path
	}
	return list, last
}

func (w *world) compare(t *testing.T, step string) {
	t.Helper()
	for who, v := range w.viewers {
		for _, only := range []berth.Visibility{"", berth.VisibilityPublic, berth.VisibilityInternal, berth.VisibilityPrivate} {
			want := w.want(t, v, only)
			got, _ := w.got(t, v, registry.PackageQuery{Visibility: only, Limit: 100})
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s lists of %q (-want +got):\n%s", step, who, only, diff)
			}
			var pages, numbered []string
			after := ""
			for i := range len(want) {
				var page []string
				if page, after = w.got(t, v, registry.PackageQuery{Visibility: only, After: after, Limit: 3}); len(page) == 0 {
					break
				}
				pages = append(pages, page...)
				page, _ = w.got(t, v, registry.PackageQuery{Visibility: only, Skip: 3 * i, Limit: 3})
				numbered = append(numbered, page...)
			}
			if diff := cmp.Diff(want, pages); diff != "" {
				t.Errorf("%s: %s lists of %q in pages (-want +got):\n%s", step, who, only, diff)
			}
			if diff := cmp.Diff(want, numbered); diff != "" {
				t.Errorf("%s: %s lists of %q in numbered pages (-want +got):\n%s", step, who, only, diff)
			}
		}
	}
}

// server starts one on a database that metatest.Each has chosen.
func server(t *testing.T, address string) *berthtest.Server {
	t.Helper()
	if strings.HasPrefix(address, "sqlite:") {
		address = "" // its own
	}
	return berthtest.New(t, berthtest.Options{Address: address})
}

// exec runs statements behind the server's back.
func exec(t *testing.T, s *berthtest.Server, queries ...string) {
	t.Helper()
	for _, q := range queries {
		if err := s.TryExec(t.Context(), q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
}

// TestListPackagesIsThePermissionRule compares the list of an owner with what the
// permission rule says of each package, for all kinds of viewers, in random worlds and
// after changes to them.
func TestListPackagesIsThePermissionRule(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			metatest.Each(t, func(t *testing.T, address string) {
				s := server(t, address)
				s.AddUser("robot", false)
				s.AddUser("eve", false)
				w := newWorld(t, s, seed)
				w.compare(t, "at first")
				for _, change := range []string{
					`UPDATE repositories SET visibility = CASE visibility WHEN 'private' THEN 'public' WHEN 'public' THEN 'internal' ELSE 'private' END`,
					`UPDATE packages SET inherit = NOT inherit WHERE repository_id IS NOT NULL AND id % 3 = 0`,
					`UPDATE packages SET visibility = 'public' WHERE id % 4 = 0`,
					`UPDATE orgs SET allow_public = NOT allow_public`,
					`UPDATE packages SET repository_id = (SELECT max(id) FROM repositories) WHERE inherit`,
					`UPDATE orgs SET base_role = 1 - base_role`,
				} {
					exec(t, s, change)
					w.compare(t, change)
				}
				// What leaves the list and comes back.
				exec(t, s, `UPDATE packages SET path = '-/' || id || '/' || path, deleted_at = 1 WHERE deleted_at IS NULL AND published_at IS NOT NULL`)
				if list, _ := w.got(t, berth.Operator(), registry.PackageQuery{Limit: 100}); len(list) > 0 {
					t.Errorf("the trash is listed: %v", list)
				}
				for who, v := range w.viewers {
					if list, _ := w.got(t, v, registry.PackageQuery{Limit: 100, After: "-"}); len(list) > 0 {
						t.Errorf("the trash is listed for %s: %v", who, list)
					}
				}
				exec(t, s, `UPDATE packages SET path = replace(path, '-/' || id || '/', ''), deleted_at = NULL WHERE published_at IS NOT NULL AND path NOT LIKE '-/1/%'`)
				w.compare(t, "restored")
			})
		})
	}
}

// TestListPackagesOfNobody has no owner.
func TestListPackagesOfNobody(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	for _, v := range []berth.Viewer{{}, berth.Operator()} {
		list, err := s.Registry.ListPackages(t.Context(), v, registry.PackageQuery{Owner: "nobody", Limit: 10})
		if err != nil || len(list) > 0 {
			t.Errorf("%v, %v", list, err)
		}
	}
}

// TestInheritBesideRepository changes the visibility of a repository while packages
// begin and end to inherit from it, and while roles are given: whatever came first,
// a package that inherits has the visibility of its repository, and the roles know it.
func TestInheritBesideRepository(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		ctx := t.Context()
		s := server(t, address)
		exec(t, s, `INSERT INTO repositories (owner_id, name, folded, visibility, description, web_url, created_at)
			SELECT id, 'Src', 'src', 'public', '', '', 0 FROM owners WHERE folded = 'acme'`)
		for i := range 3 {
			s.As("ada").PushImage(fmt.Sprintf("acme/app%d", i), "v1", "1")
		}
		exec(t, s, `UPDATE packages SET repository_id = (SELECT r.id FROM repositories r JOIN owners o ON o.id = r.owner_id WHERE o.folded = 'acme')`)
		done := make(chan error)
		const rounds = 30
		go func() {
			for i := range rounds {
				v := []berth.Visibility{berth.VisibilityPublic, berth.VisibilityPrivate}[i%2]
				if _, err := s.Account.UpdateRepository(ctx, berth.Operator(), "acme", "src", account.RepositoryChange{Visibility: &v}); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
		for k := range 3 {
			go func() {
				n := berth.Name{Owner: "acme", Path: fmt.Sprintf("app%d", k)}
				for i := range rounds {
					err := s.Registry.SetInherit(ctx, berth.Operator(), n, i%3 > 0)
					if err == nil {
						err = s.Registry.GrantRole(ctx, berth.Operator(), n, registry.Holder{User: "bob"}, berth.RoleRead)
					}
					if err == nil && i%2 > 0 {
						err = s.Registry.RevokeRole(ctx, berth.Operator(), n, registry.Holder{User: "bob"})
					}
					if err != nil {
						done <- err
						return
					}
				}
				done <- nil
			}()
		}
		for left := 4; left > 0; {
			select {
			case err := <-done:
				left--
				if err != nil {
					t.Error(err)
				}
			default:
				wantInherited(t, s)
			}
		}
		wantInherited(t, s)
	})
}

// wantInherited looks at one moment: what is listed as public or private, for everybody
// or for whom it was given to, is that, and what inherits is what its repository is.
func wantInherited(t *testing.T, s *berthtest.Server) {
	t.Helper()
	bob := s.Viewer("bob").UserID
	err := s.Meta.View(t.Context(), func(tx *meta.Tx) error {
		standing, _, err := tx.RepositoryStanding(t.Context(), "acme", "src", 0)
		if err != nil {
			return err
		}
		public, private := []berth.Visibility{berth.VisibilityPublic}, []berth.Visibility{berth.VisibilityPrivate}
		for _, l := range []meta.OwnerList{{All: public}, {All: private}, {Given: public, User: bob}, {Given: private, User: bob}} {
			l.Owner, l.Limit = standing.OwnerID, 10
			list, err := tx.ListOwnerPackages(t.Context(), l)
			if err != nil {
				return err
			}
			for _, p := range list {
				as := slices.Concat(l.All, l.Given)[0]
				if p.Visibility != as || p.Inherit && as != standing.Visibility {
					t.Errorf("%s is listed as %s and %s while its repository is %s", p.Name, as, p.Visibility, standing.Visibility)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
