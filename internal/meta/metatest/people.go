package metatest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

func (s *suite) account(id int64) berth.User {
	s.Helper()
	return view(s, func(ctx context.Context, tx *meta.Tx) (berth.User, error) { return tx.GetAccount(ctx, id) })
}

// robot makes a service account of an organization.
func (s *suite) robot(org int64, name string) int64 {
	s.Helper()
	id := s.owner(meta.KindUser, name)
	s.do(func(ctx context.Context, tx *meta.Tx) error {
		return errors.Join(tx.CreateServiceAccount(ctx, id, org, 0), tx.PutMember(ctx, org, id, false, at(0)))
	})
	return id
}

func testAccounts(s *suite) {
	ann := s.user("Ann")
	want := berth.User{ID: ann, Login: "Ann", CreatedAt: at(0), Known: true}
	same(s, "GetAccount", want, s.account(ann))
	s.do(func(ctx context.Context, tx *meta.Tx) error {
		return errors.Join(tx.PutAdmin(ctx, ann, true), tx.PutBlocked(ctx, ann, at(5)), tx.PutDefaultVisibility(ctx, ann, berth.VisibilityInternal))
	})
	want.Admin, want.Blocked, want.DefaultVisibility = true, true, berth.VisibilityInternal
	same(s, "GetAccount after changes", want, s.account(ann))
	s.do(func(ctx context.Context, tx *meta.Tx) error {
		return errors.Join(tx.PutAdmin(ctx, ann, false), tx.PutBlocked(ctx, ann, time.Time{}), tx.PutDefaultVisibility(ctx, ann, ""))
	})
	same(s, "GetAccount after changes back", berth.User{ID: ann, Login: "Ann", CreatedAt: at(0), Known: true}, s.account(ann))

	org := s.org("Acme", berth.RoleRead, true)
	robot := s.robot(org, "Robot")
	same(s, "GetAccount of a service account", berth.User{ID: robot, Login: "Robot", CreatedAt: at(0), Org: "Acme", Known: true}, s.account(robot))
	for what, id := range map[string]int64{"nobody": org + 1000, "an organization": org} {
		missing(s, "GetAccount of "+what, berth.ErrOwnerUnknown, func(ctx context.Context, tx *meta.Tx) (berth.User, error) { return tx.GetAccount(ctx, id) })
		for method, change := range map[string]func(ctx context.Context, tx *meta.Tx) error{
			"LockUser":   func(ctx context.Context, tx *meta.Tx) error { return tx.LockUser(ctx, id) },
			"PutAdmin":   func(ctx context.Context, tx *meta.Tx) error { return tx.PutAdmin(ctx, id, true) },
			"PutBlocked": func(ctx context.Context, tx *meta.Tx) error { return tx.PutBlocked(ctx, id, at(0)) },
		} {
			s.refused(method+" of "+what, berth.ErrOwnerUnknown, change)
		}
	}
	s.refused("PutDefaultVisibility of nobody", berth.ErrOwnerUnknown, func(ctx context.Context, tx *meta.Tx) error {
		return tx.PutDefaultVisibility(ctx, org+1000, berth.VisibilityPublic)
	})
	s.broken("PutDefaultVisibility", func(ctx context.Context, tx *meta.Tx) error { return tx.PutDefaultVisibility(ctx, ann, "secret") })
	other := s.owner(meta.KindUser, "other")
	s.refused("CreateServiceAccount of no repository", berth.ErrRepositoryUnknown, func(ctx context.Context, tx *meta.Tx) error {
		return tx.CreateServiceAccount(ctx, other, org, 1000)
	})
}

func testAdmins(s *suite) {
	ann, bob, eve := s.user("ann"), s.user("bob"), s.user("eve")
	others := func(id int64) int {
		return view(s, func(ctx context.Context, tx *meta.Tx) (int, error) { return tx.CountOtherAdmins(ctx, id) })
	}
	same(s, "CountOtherAdmins of none", 0, others(ann))
	s.do(func(ctx context.Context, tx *meta.Tx) error {
		return errors.Join(tx.LockAdmins(ctx), tx.PutAdmin(ctx, ann, true), tx.PutAdmin(ctx, bob, true), tx.LockAdmins(ctx))
	})
	same(s, "CountOtherAdmins", [3]int{1, 1, 2}, [3]int{others(ann), others(bob), others(eve)})
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.PutBlocked(ctx, bob, at(0)) })
	same(s, "CountOtherAdmins where one is blocked", [3]int{0, 1, 1}, [3]int{others(ann), others(bob), others(eve)})
	same(s, "after the locks", true, s.account(ann).Admin && !s.account(eve).Admin)
}

// paged reads a list in pages of one and compares it with the names wanted.
func paged(s *suite, what string, want []string, page func(ctx context.Context, tx *meta.Tx, after string, limit int) ([]string, error)) {
	s.Helper()
	all := view(s, func(ctx context.Context, tx *meta.Tx) ([]string, error) { return page(ctx, tx, "", 100) })
	same(s, what, want, all)
	var got []string
	for after := ""; len(got) <= len(want); {
		one := view(s, func(ctx context.Context, tx *meta.Tx) ([]string, error) { return page(ctx, tx, after, 1) })
		if len(one) == 0 {
			break
		}
		if len(one) > 1 {
			s.Fatalf("%s: a page of one has %d", what, len(one))
		}
		got = append(got, one...)
		after = strings.ToLower(one[0])
	}
	same(s, what+" in pages", want, got)
}

func names[T any](list []T, name func(T) string) []string {
	var out []string
	for _, t := range list {
		out = append(out, name(t))
	}
	return out
}

func login(u berth.User) string { return u.Login }

func testPeopleLists(s *suite) {
	org, other := s.org("Org", berth.RoleRead, true), s.org("B-org", berth.RoleRead, true)
	ids := map[string]int64{}
	for _, name := range []string{"b", "a-b", "Ab", "I", "i0", "Z"} {
		ids[name] = s.user(name)
	}
	sorted := []string{"a-b", "Ab", "b", "I", "i0", "Z"}
	paged(s, "ListAccounts", sorted, func(ctx context.Context, tx *meta.Tx, after string, limit int) ([]string, error) {
		list, err := tx.ListAccounts(ctx, after, limit)
		return names(list, login), err
	})
	paged(s, "ListOrgs", []string{"B-org", "Org"}, func(ctx context.Context, tx *meta.Tx, after string, limit int) ([]string, error) {
		list, err := tx.ListOrgs(ctx, after, limit)
		return names(list, func(o berth.Org) string { return o.Login }), err
	})
	ownOrgs := func(user int64) func(ctx context.Context, tx *meta.Tx, after string, limit int) ([]string, error) {
		return func(ctx context.Context, tx *meta.Tx, after string, limit int) ([]string, error) {
			list, err := tx.ListOrgsOf(ctx, user, after, limit)
			for _, o := range list {
				same(s, "owner of "+o.Login, o.Login == "B-org", o.Owner)
			}
			return names(list, func(o meta.OwnOrg) string { return o.Login }), err
		}
	}
	for name, id := range ids {
		s.member(org, id, name == "I")
	}
	s.member(other, ids["b"], true)
	paged(s, "ListOrgsOf b", []string{"B-org", "Org"}, ownOrgs(ids["b"]))
	paged(s, "ListOrgsOf Z", []string{"Org"}, ownOrgs(ids["Z"]))
	paged(s, "ListOrgsOf nobody", nil, ownOrgs(0))

	for _, name := range []string{"robot2", "Robot"} {
		s.robot(org, name)
	}
	s.robot(other, "r")
	paged(s, "ListServiceAccounts", []string{"Robot", "robot2"}, func(ctx context.Context, tx *meta.Tx, after string, limit int) ([]string, error) {
		list, err := tx.ListServiceAccounts(ctx, org, after, limit)
		return names(list, func(u berth.User) string {
			same(s, "organization of "+u.Login, "Org", u.Org)
			return u.Login
		}), err
	})
	paged(s, "ListMembers", []string{"a-b", "Ab", "b", "I", "i0", "Robot", "robot2", "Z"}, func(ctx context.Context, tx *meta.Tx, after string, limit int) ([]string, error) {
		list, err := tx.ListMembers(ctx, org, after, limit)
		return names(list, func(m berth.Member) string {
			same(s, m.Login+" is an owner", m.Login == "I", m.Owner)
			return m.Login
		}), err
	})
	for _, name := range []string{"ops", "Devs", "a"} {
		s.team(org, name)
	}
	s.team(other, "devs")
	paged(s, "ListTeams", []string{"a", "Devs", "ops"}, func(ctx context.Context, tx *meta.Tx, after string, limit int) ([]string, error) {
		list, err := tx.ListTeams(ctx, org, after, limit)
		return names(list, func(t berth.Team) string { return t.Name }), err
	})
	team := s.team(org, "all")
	for _, id := range ids {
		s.do(func(ctx context.Context, tx *meta.Tx) error { _, err := tx.PutTeamMember(ctx, team, id); return err })
	}
	paged(s, "ListTeamMembers", sorted, func(ctx context.Context, tx *meta.Tx, after string, limit int) ([]string, error) {
		list, err := tx.ListTeamMembers(ctx, team, after, limit)
		return names(list, login), err
	})
}

func (s *suite) team(org int64, name string) (id int64) {
	s.Helper()
	s.do(func(ctx context.Context, tx *meta.Tx) (err error) {
		id, err = tx.CreateTeam(ctx, org, berth.Team{Name: name, Slug: strings.ToLower(name), CreatedAt: at(0)})
		return err
	})
	return id
}

func testOrgSettings(s *suite) {
	org := s.org("Acme", berth.RoleRead, true)
	other := s.org("other", berth.RoleWrite, false)
	get := func(id int64) berth.Org {
		return view(s, func(ctx context.Context, tx *meta.Tx) (berth.Org, error) { return tx.GetOrg(ctx, id) })
	}
	want := berth.Org{ID: org, Login: "Acme", CreatedAt: at(0), BaseRole: berth.RoleRead, MembersCreate: true, AllowPublic: true}
	same(s, "GetOrg", want, get(org))
	want.BaseRole, want.MembersCreate, want.AllowPublic, want.DefaultVisibility = berth.RoleNone, false, false, berth.VisibilityInternal
	s.do(func(ctx context.Context, tx *meta.Tx) error {
		return errors.Join(tx.LockOrg(ctx, org), tx.PutOrg(ctx, want), tx.PutDefaultVisibility(ctx, org, want.DefaultVisibility))
	})
	same(s, "GetOrg after PutOrg", want, get(org))
	same(s, "GetOrg of another", berth.RoleWrite, get(other).BaseRole)
	ann := s.user("ann")
	for what, id := range map[string]int64{"nobody": ann + 1000, "a user": ann} {
		missing(s, "GetOrg of "+what, berth.ErrOwnerUnknown, func(ctx context.Context, tx *meta.Tx) (berth.Org, error) { return tx.GetOrg(ctx, id) })
		s.refused("PutOrg of "+what, berth.ErrOwnerUnknown, func(ctx context.Context, tx *meta.Tx) error { return tx.PutOrg(ctx, berth.Org{ID: id}) })
		s.refused("LockOrg of "+what, berth.ErrOwnerUnknown, func(ctx context.Context, tx *meta.Tx) error { return tx.LockOrg(ctx, id) })
	}
}

func testMembers(s *suite) {
	org, other := s.org("acme", berth.RoleNone, false), s.org("other", berth.RoleNone, false)
	ann, bob := s.user("ann"), s.user("bob")
	membership := func(o, u int64) berth.Membership {
		return view(s, func(ctx context.Context, tx *meta.Tx) (berth.Membership, error) { return tx.GetMember(ctx, o, u) })
	}
	others := func(o, u int64) int {
		return view(s, func(ctx context.Context, tx *meta.Tx) (int, error) { return tx.CountOtherOwners(ctx, o, u) })
	}
	orphan := func(u int64) string {
		return view(s, func(ctx context.Context, tx *meta.Tx) (string, error) { return tx.OrgWithoutOwner(ctx, u) })
	}
	same(s, "GetMember of none", berth.MembershipNone, membership(org, ann))
	s.member(org, ann, true)
	s.member(org, bob, false)
	s.member(other, ann, true)
	s.member(other, bob, true)
	same(s, "GetMember", []berth.Membership{berth.MembershipOwner, berth.MembershipMember}, []berth.Membership{membership(org, ann), membership(org, bob)})
	same(s, "CountOtherOwners", [3]int{0, 1, 1}, [3]int{others(org, ann), others(org, bob), others(other, ann)})
	same(s, "OrgWithoutOwner", [2]string{"acme", ""}, [2]string{orphan(ann), orphan(bob)})
	s.member(org, bob, true)
	same(s, "OrgWithoutOwner with two owners", "", orphan(ann))
	block := func(since time.Time) {
		s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.PutBlocked(ctx, bob, since) })
	}
	block(at(1))
	same(s, "CountOtherOwners when the other is blocked", [2]int{0, 1}, [2]int{others(org, ann), others(org, bob)})
	same(s, "OrgWithoutOwner when the other is blocked", [2]string{"acme", ""}, [2]string{orphan(ann), orphan(bob)})
	block(time.Time{})
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.LockOrgsOf(ctx, ann) })

	// What came with the membership goes with it, in this organization only.
	pkg, elsewhere := s.pkg("acme", "app", berth.VisibilityPrivate, true), s.pkg("other", "app", berth.VisibilityPrivate, true)
	teams := []int64{s.team(org, "devs"), s.team(other, "devs")}
	for _, user := range []int64{ann, bob} {
		s.do(func(ctx context.Context, tx *meta.Tx) error {
			_, err := tx.PutTeamMember(ctx, teams[0], user)
			_, more := tx.PutTeamMember(ctx, teams[1], user)
			return errors.Join(err, more, tx.PutRole(ctx, pkg, meta.Holder{User: user}, berth.RoleWrite), tx.PutRole(ctx, elsewhere, meta.Holder{User: user}, berth.RoleWrite))
		})
	}
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.DropMember(ctx, org, bob) })
	same(s, "GetMember after DropMember", berth.MembershipNone, membership(org, bob))
	same(s, "GetMember of another organization", berth.MembershipOwner, membership(other, bob))
	same(s, "role", [2]berth.Role{berth.RoleNone, berth.RoleWrite}, [2]berth.Role{s.standing("acme", "app", bob).Role, s.standing("other", "app", bob).Role})
	same(s, "role of another", berth.RoleWrite, s.standing("acme", "app", ann).Role)
	for i, want := range [][]string{{"ann"}, {"ann", "bob"}} {
		got := view(s, func(ctx context.Context, tx *meta.Tx) ([]berth.User, error) {
			return tx.ListTeamMembers(ctx, teams[i], "", 10)
		})
		same(s, "team", want, names(got, login))
	}
}

func testTeamChanges(s *suite) {
	org, other := s.org("acme", berth.RoleNone, false), s.org("other", berth.RoleNone, false)
	ann := s.user("ann")
	devs := s.team(org, "Devs")
	s.team(other, "devs")
	get := func(o int64, name string) func(ctx context.Context, tx *meta.Tx) (berth.Team, error) {
		return func(ctx context.Context, tx *meta.Tx) (berth.Team, error) { return tx.GetTeam(ctx, o, name) }
	}
	same(s, "GetTeam", berth.Team{ID: devs, Name: "Devs", Slug: "devs", CreatedAt: at(0)}, view(s, get(org, "devs")))
	missing(s, "GetTeam by the unfolded name", berth.ErrTeamUnknown, get(org, "Devs"))
	s.refused("CreateTeam of no organization", berth.ErrUnavailable, func(ctx context.Context, tx *meta.Tx) error {
		_, err := tx.CreateTeam(ctx, org+1000, berth.Team{Name: "devs", Slug: "devs"})
		return err
	})
	s.refused("CreateTeam of a taken name", berth.ErrExists, func(ctx context.Context, tx *meta.Tx) error {
		_, err := tx.CreateTeam(ctx, org, berth.Team{Name: "DEVS", Slug: "devs"})
		return err
	})
	put := func() (changed bool) {
		s.do(func(ctx context.Context, tx *meta.Tx) (err error) {
			changed, err = tx.PutTeamMember(ctx, devs, ann)
			return err
		})
		return changed
	}
	drop := func() (changed bool) {
		s.do(func(ctx context.Context, tx *meta.Tx) (err error) {
			changed, err = tx.DropTeamMember(ctx, devs, ann)
			return err
		})
		return changed
	}
	same(s, "put twice, drop twice, put", []bool{true, false, true, false, true}, []bool{put(), put(), drop(), drop(), put()})
	s.refused("PutTeamMember of no team", berth.ErrTeamUnknown, func(ctx context.Context, tx *meta.Tx) error {
		_, err := tx.PutTeamMember(ctx, devs+1000, ann)
		return err
	})
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.DropTeam(ctx, devs) })
	missing(s, "GetTeam after DropTeam", berth.ErrTeamUnknown, get(org, "devs"))
	view(s, get(other, "devs"))
}

func testHeldNames(s *suite) {
	until := func(name string) time.Time {
		return view(s, func(ctx context.Context, tx *meta.Tx) (time.Time, error) { return tx.HeldUntil(ctx, name) })
	}
	same(s, "HeldUntil of none", time.Time{}, until("ann"))
	for name, n := range map[string]int{"ann": 1, "bob": 2, "eve": 3} {
		s.do(func(ctx context.Context, tx *meta.Tx) error {
			return errors.Join(tx.HoldName(ctx, name, at(9)), tx.HoldName(ctx, name, at(n)))
		})
	}
	same(s, "HeldUntil", at(2), until("bob"))
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.FreeNames(ctx, at(1)) })
	same(s, "after FreeNames", []time.Time{{}, at(2), at(3)}, []time.Time{until("ann"), until("bob"), until("eve")})
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.FreeName(ctx, "eve") })
	same(s, "after FreeName", []time.Time{at(2), {}}, []time.Time{until("bob"), until("eve")})
}

// testUploadsEnd ends the uploads of a user, beside somebody who finishes one: its
// key is doomed by one of the two only.
func testUploadsEnd(s *suite) {
	ann, pkg := s.home()
	bob := s.user("bob")
	upload := func(user int64, i int) meta.Upload {
		u := meta.Upload{ID: fmt.Sprintf("%d-%d", user, i), PackageID: pkg, UserID: user, Key: fmt.Sprintf("key %d-%d", user, i), Algorithm: "sha256", HashState: []byte{1}, UpdatedAt: at(0)}
		s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.CreateUpload(ctx, u) })
		return u
	}
	kept := upload(bob, 0)
	finished := map[string]bool{}
	for round := range rounds / 4 {
		u := upload(ann, round)
		upload(ann, round+rounds)
		errs := together(func() error {
			return s.try(func(ctx context.Context, tx *meta.Tx) error { return tx.DropUpload(ctx, u) })
		}, func() error {
			return s.try(func(ctx context.Context, tx *meta.Tx) error { return tx.DropUploadsOf(ctx, ann, at(1)) })
		})
		if errs[1] != nil || errs[0] != nil && !errors.Is(errs[0], berth.ErrUploadUnknown) {
			s.Fatal(errs)
		}
		finished[u.Key] = errs[0] == nil
	}
	doomed := view(s, func(ctx context.Context, tx *meta.Tx) ([]string, error) { return tx.ListDoomedKeys(ctx, at(2), 1000) })
	n := 0
	for _, key := range doomed {
		if finished[key] {
			s.Errorf("the bytes of a finished upload are doomed: %s", key)
		}
		if key == kept.Key {
			s.Error("another's upload was ended")
		}
	}
	for _, done := range finished {
		if done {
			n++
		}
	}
	same(s, "doomed keys", rounds/2-n, len(doomed))
}

// testLastOwner lets two owners of an organization remove each other at once.
func testLastOwner(s *suite) {
	ann, bob := s.user("ann"), s.user("bob")
	for round := range rounds / 8 {
		org := s.org(fmt.Sprintf("org%d", round), berth.RoleRead, true)
		s.member(org, ann, true)
		s.member(org, bob, true)
		remove := func(user int64) func() error {
			return func() error {
				return s.try(func(ctx context.Context, tx *meta.Tx) error {
					if err := tx.LockOrg(ctx, org); err != nil {
						return err
					}
					n, err := tx.CountOtherOwners(ctx, org, user)
					if err == nil && n == 0 {
						err = berth.ErrConflict
					}
					if err != nil {
						return err
					}
					return tx.DropMember(ctx, org, user)
				})
			}
		}
		errs := together(remove(ann), remove(bob))
		if (errs[0] == nil) == (errs[1] == nil) || !errors.Is(errors.Join(errs...), berth.ErrConflict) {
			s.Fatalf("round %d: %v, want one to be refused", round, errs)
		}
	}
}
