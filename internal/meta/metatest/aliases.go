package metatest

import (
	"context"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

func (s *suite) resolve(name string) meta.Resolved {
	s.Helper()
	n, err := berth.ParseName(name)
	if err != nil {
		s.Fatal(err)
	}
	return view(s, func(ctx context.Context, tx *meta.Tx) (meta.Resolved, error) { return tx.Resolve(ctx, n) })
}

func testResolve(s *suite) {
	ann, bob := s.user("ann"), s.user("bob")
	app, unborn := s.pkg("ann", "app", berth.VisibilityPrivate, true), s.pkg("ann", "unborn", berth.VisibilityPrivate, false)
	is := func(name, owner, path string, id int64, live bool) {
		s.Helper()
		same(s, name, meta.Resolved{Name: berth.Name{Owner: owner, Path: path}, PackageID: id, Live: live}, s.resolve(name))
	}
	is("ann/app", "ann", "app", app, true)
	is("ann/unborn", "ann", "unborn", unborn, false)
	is("ann/nothing", "ann", "nothing", 0, false)
	is("nobody/app", "nobody", "app", 0, false)
	s.do(func(ctx context.Context, tx *meta.Tx) error {
		for _, path := range []string{"old", "older/app", "app"} { // the last is in the way of nothing
			if err := tx.PutAlias(ctx, bob, path, app, at(1)); err != nil {
				return err
			}
		}
		if err := tx.PutAlias(ctx, ann, "app", unborn, at(1)); err != nil {
			return err
		}
		return tx.PutOwnerAlias(ctx, "Rob", "rob", bob, at(1))
	})
	is("bob/old", "ann", "app", app, true)
	is("bob/older/app", "ann", "app", app, true)
	is("rob/old", "ann", "app", app, true)
	is("rob/new", "bob", "new", 0, false)
	is("ann/app", "ann", "app", app, true) // its own name comes first
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.PutOwnerAlias(ctx, "ann", "ann", bob, at(1)) })
	is("ann/app", "ann", "app", app, true)
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.DropAlias(ctx, bob, "old") })
	is("bob/old", "bob", "old", 0, false)
	is("bob/app", "ann", "app", app, true)
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.PurgePackage(ctx, app, at(2)) })
	is("bob/app", "bob", "app", 0, false)
}

func testAliases(s *suite) {
	ann, bob := s.user("ann"), s.user("bob")
	app, web := s.pkg("ann", "app", berth.VisibilityPrivate, true), s.pkg("ann", "web", berth.VisibilityPrivate, true)
	put := func(owner int64, path string, pkg int64, n int) {
		s.Helper()
		s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.PutAlias(ctx, owner, path, pkg, at(n)) })
	}
	put(ann, "a", web, 0)
	put(ann, "a", app, 1) // the last one counts
	put(ann, "b", web, 2)
	put(bob, "c", app, 3)
	alias := func(id int64, owner, path string, pkg int64, n int) meta.Alias {
		return meta.Alias{OwnerID: id, PackageID: pkg, Name: berth.Name{Owner: owner, Path: path}, CreatedAt: at(n)}
	}
	a, b, c := alias(ann, "ann", "a", app, 1), alias(ann, "ann", "b", web, 2), alias(bob, "bob", "c", app, 3)
	for _, tt := range []struct {
		what       string
		owner, pkg int64
		after      berth.Name
		limit      int
		want       []meta.Alias
	}{
		{"all", 0, 0, berth.Name{}, 9, []meta.Alias{a, b, c}},
		{"of a package", 0, app, berth.Name{}, 9, []meta.Alias{a, c}},
		{"of a package, after the first", 0, app, a.Name, 9, []meta.Alias{c}},
		{"of an owner", ann, 0, berth.Name{}, 9, []meta.Alias{a, b}},
		{"of an owner, one", ann, 0, berth.Name{}, 1, []meta.Alias{a}},
		{"of an owner, after the last", ann, 0, b.Name, 9, nil},
	} {
		same(s, tt.what, tt.want, view(s, func(ctx context.Context, tx *meta.Tx) ([]meta.Alias, error) {
			return tx.ListAliases(ctx, tt.owner, tt.pkg, tt.after, tt.limit)
		}))
	}
	same(s, "CountAliases", 2, view(s, func(ctx context.Context, tx *meta.Tx) (int, error) { return tx.CountAliases(ctx, app) }))
	for path, want := range map[string]int64{"a": app, "c": 0} {
		same(s, "FindAlias of "+path, want, view(s, func(ctx context.Context, tx *meta.Tx) (int64, error) { return tx.FindAlias(ctx, ann, path) }))
	}
	s.refused("PutAlias of no package", berth.ErrUnavailable, func(ctx context.Context, tx *meta.Tx) error {
		return tx.PutAlias(ctx, ann, "x", app+1000, at(0))
	})
}

func testMovePackage(s *suite) {
	ann, bob := s.user("ann"), s.user("bob")
	app := s.pkg("ann", "app", berth.VisibilityPrivate, true)
	s.pkg("bob", "taken", berth.VisibilityPrivate, false)
	here, there := meta.Place{OwnerID: ann, Path: "app"}, meta.Place{OwnerID: bob, Path: "new"}
	move := func(from, to meta.Place) func(ctx context.Context, tx *meta.Tx) error {
		return func(ctx context.Context, tx *meta.Tx) error { return tx.MovePackage(ctx, app, from, to) }
	}
	lock := func(at meta.Place) func(ctx context.Context, tx *meta.Tx) error {
		return func(ctx context.Context, tx *meta.Tx) error { return tx.LockPlace(ctx, app, at) }
	}
	s.refused("MovePackage to a name that is taken", berth.ErrExists, move(here, meta.Place{OwnerID: bob, Path: "taken"}))
	s.refused("MovePackage to nobody", berth.ErrUnavailable, move(here, meta.Place{OwnerID: bob + 1000, Path: "app"}))
	s.do(lock(here))
	s.do(move(here, there))
	same(s, "standing at the new name", app, s.standing("bob", "new", 0).PackageID)
	same(s, "standing at the old name", 0, s.standing("ann", "app", 0).PackageID)
	s.refused("MovePackage from where it was", berth.ErrUnavailable, move(here, meta.Place{OwnerID: bob, Path: "x"}))
	s.refused("LockPlace where it was", berth.ErrUnavailable, lock(here))
	s.refused("LockPlace of another owner", berth.ErrUnavailable, lock(meta.Place{OwnerID: ann, Path: "new"}))
}

func testCutPackage(s *suite) {
	ann, org, other := s.user("ann"), s.org("acme", berth.RoleNone, true), s.org("umbra", berth.RoleNone, true)
	app, web := s.pkg("acme", "app", berth.VisibilityPublic, true), s.pkg("acme", "web", berth.VisibilityPublic, true)
	var team, src, foreign int64
	s.do(func(ctx context.Context, tx *meta.Tx) (err error) {
		if team, err = tx.CreateTeam(ctx, org, berth.Team{Name: "devs", Slug: "devs", CreatedAt: at(0)}); err != nil {
			return err
		}
		for owner, id := range map[int64]*int64{org: &src, other: &foreign} {
			r := meta.Repository{OwnerID: owner, Name: "src", Folded: "src", Visibility: berth.VisibilityInternal}
			if *id, err = tx.CreateRepository(ctx, r); err != nil {
				return err
			}
		}
		for _, pkg := range []int64{app, web} {
			for _, h := range []meta.Holder{{User: ann}, {Team: team}, {Repository: src}, {Repository: foreign}} {
				if err := tx.PutRole(ctx, pkg, h, berth.RoleRead); err != nil {
					return err
				}
			}
			if err := tx.PutLink(ctx, pkg, src, true, berth.VisibilityPublic); err != nil {
				return err
			}
		}
		return tx.CutPackage(ctx, app, org, berth.VisibilityInternal)
	})
	roles := func(pkg int64) (names []string) {
		for _, r := range view(s, func(ctx context.Context, tx *meta.Tx) ([]meta.RoleRow, error) { return tx.ListRoles(ctx, pkg, 0, 9) }) {
			names = append(names, r.Kind+" "+r.Name)
		}
		return names
	}
	same(s, "roles that are left", []string{"user ann", "repository umbra/src"}, roles(app))
	same(s, "roles on another package", 4, len(roles(web)))
	get := func(pkg int64) (berth.Visibility, bool, string) {
		p := view(s, func(ctx context.Context, tx *meta.Tx) (meta.Package, error) { return tx.GetPackage(ctx, pkg) })
		return p.Visibility, p.Inherit, p.Repository
	}
	if v, inherit, repository := get(app); v != berth.VisibilityInternal || inherit || repository != "" {
		s.Errorf("%s, inherits %t from %q", v, inherit, repository)
	}
	if _, inherit, repository := get(web); !inherit || repository == "" {
		s.Errorf("another package: inherits %t from %q", inherit, repository)
	}
}

func testDropProbe(s *suite) {
	_, empty := s.home()
	full := s.pkg("ann", "full", berth.VisibilityPrivate, false)
	born := s.pkg("ann", "born", berth.VisibilityPrivate, true)
	s.blob(full, "b")
	for id, want := range map[int64]bool{empty: true, full: false, born: false} {
		s.do(func(ctx context.Context, tx *meta.Tx) error {
			got, err := tx.DropProbe(ctx, id)
			same(s, "DropProbe", want, got)
			return err
		})
	}
	same(s, "package that was dropped", 0, s.standing("ann", "app", 0).PackageID)
}

func testMoveTokenLimits(s *suite) {
	ann, bob := s.user("ann"), s.user("bob")
	var one, both int64
	s.do(func(ctx context.Context, tx *meta.Tx) (err error) {
		for name, id := range map[string]*int64{"one": &one, "both": &both} {
			if *id, err = tx.CreateToken(ctx, meta.Token{UserID: ann, Name: name, Hash: name, Limited: true, CreatedAt: at(0)}); err != nil {
				return err
			}
		}
		for token, limits := range map[int64][]berth.Limit{
			one:  {{OwnerID: ann, Path: "a"}, {OwnerID: bob, Path: "a"}, {OwnerID: bob, Path: ""}},
			both: {{OwnerID: ann, Path: "a"}, {OwnerID: ann, Path: "b"}},
		} {
			for _, l := range limits {
				if err := tx.PutTokenLimit(ctx, token, l); err != nil {
					return err
				}
			}
		}
		return tx.RenameTokenLimits(ctx, ann, "a", "b")
	})
	limits := func(token int64) []berth.Limit {
		return view(s, func(ctx context.Context, tx *meta.Tx) ([]berth.Limit, error) { return tx.ListTokenLimits(ctx, token) })
	}
	same(s, "limits that moved", []berth.Limit{{OwnerID: ann, Path: "b"}, {OwnerID: bob, Path: ""}, {OwnerID: bob, Path: "a"}}, limits(one))
	same(s, "limits that were two", []berth.Limit{{OwnerID: ann, Path: "b"}}, limits(both))
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.DropTokenLimits(ctx, bob, "a") })
	same(s, "limits that are left", []berth.Limit{{OwnerID: ann, Path: "b"}, {OwnerID: bob, Path: ""}}, limits(one))
}

func testRenameOwner(s *suite) {
	ann, bob := s.user("Ann"), s.user("bob")
	s.pkg("ann", "some/path", berth.VisibilityPrivate, false)
	s.do(func(ctx context.Context, tx *meta.Tx) error {
		_, err := tx.CreateInvitation(ctx, meta.Invitation{Hash: "h", CreatedBy: "Ann", CreatedByID: ann, CreatedAt: at(0), ExpiresAt: at(9)})
		return err
	})
	rename := func(from, name, folded string) func(ctx context.Context, tx *meta.Tx) error {
		return func(ctx context.Context, tx *meta.Tx) error { return tx.RenameOwner(ctx, ann, from, name, folded) }
	}
	s.refused("RenameOwner to a name that is taken", berth.ErrOwnerExists, rename("ann", "Bob", "bob"))
	s.refused("RenameOwner who was called otherwise", berth.ErrUnavailable, rename("anna", "Eve", "eve"))
	s.do(rename("ann", "Eve", "eve"))
	got := view(s, func(ctx context.Context, tx *meta.Tx) (meta.Owner, error) { return tx.GetOwner(ctx, "eve") })
	same(s, "GetOwner", meta.Owner{ID: ann, Kind: meta.KindUser, Name: "Eve", Folded: "eve", CreatedAt: at(0)}, got)
	i := view(s, func(ctx context.Context, tx *meta.Tx) (meta.Invitation, error) {
		return tx.FindInvitation(ctx, "h", at(1))
	})
	same(s, "who invited", "Eve", i.CreatedBy)
	for id, want := range map[int64]int{ann: len("some/path"), bob: 0} {
		same(s, "LongestPath", want, view(s, func(ctx context.Context, tx *meta.Tx) (int, error) { return tx.LongestPath(ctx, id) }))
	}
}

func testOwnerAliases(s *suite) {
	ann, bob := s.user("ann"), s.user("bob")
	put := func(name, folded string, owner int64) {
		s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.PutOwnerAlias(ctx, name, folded, owner, at(0)) })
	}
	put("Eve", "eve", bob)
	put("Eve", "eve", ann) // the last one counts
	put("Zoe", "zoe", ann)
	put("Max", "max", bob)
	find := func(folded string) meta.Owner {
		return view(s, func(ctx context.Context, tx *meta.Tx) (meta.Owner, error) { return tx.FindOwnerAlias(ctx, folded) })
	}
	same(s, "FindOwnerAlias", meta.Owner{ID: ann, Kind: meta.KindUser, Name: "ann", Folded: "ann", CreatedAt: at(0)}, find("eve"))
	same(s, "FindOwnerAlias of none", meta.Owner{}, find("ann"))
	same(s, "CountOwnerAliases", 2, view(s, func(ctx context.Context, tx *meta.Tx) (int, error) { return tx.CountOwnerAliases(ctx, ann) }))
	s.do(func(ctx context.Context, tx *meta.Tx) error {
		if err := tx.HoldName(ctx, "eve", at(1)); err != nil {
			return err
		}
		return tx.HoldOwnerAliases(ctx, ann, at(5))
	})
	for name, want := range map[string]time.Time{"eve": at(5), "zoe": at(5), "max": {}} {
		same(s, name+" is held", want, view(s, func(ctx context.Context, tx *meta.Tx) (time.Time, error) { return tx.HeldUntil(ctx, name) }))
	}
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.DropOwnerAlias(ctx, "eve") })
	same(s, "after DropOwnerAlias", meta.Owner{}, find("eve"))
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.DropUser(ctx, ann, at(0)) })
	same(s, "after DropUser", meta.Owner{}, find("zoe"))
	same(s, "of another owner", bob, find("max").ID)
	s.refused("PutOwnerAlias of nobody", berth.ErrUnavailable, func(ctx context.Context, tx *meta.Tx) error {
		return tx.PutOwnerAlias(ctx, "x", "x", bob+1000, at(0))
	})
}
