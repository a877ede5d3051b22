package metatest

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// testStanding compares every combination of membership, base role, right to
// create and given role with what was put in. Teams need rows that package meta
// cannot make yet; its own tests have those.
func testStanding(s *suite) {
	for base := berth.RoleNone; base <= berth.RoleAdmin; base++ {
		for _, create := range []bool{false, true} {
			org := fmt.Sprintf("org-%s-%t", base, create)
			id := s.org(org, base, create)
			public := s.pkg(org, "public", berth.VisibilityPublic, true)
			private := s.pkg(org, "private", berth.VisibilityPrivate, false)
			for membership := berth.MembershipNone; membership <= berth.MembershipOwner; membership++ {
				for role := berth.RoleNone; role <= berth.RoleAdmin; role++ {
					user := s.user(fmt.Sprintf("%s-%d-%s", org, membership, role))
					if membership != berth.MembershipNone {
						s.member(id, user, membership == berth.MembershipOwner)
					}
					if role != berth.RoleNone { // another role first, so that it has to change
						s.do(func(ctx context.Context, tx *meta.Tx) error {
							return cmp.Or(tx.PutRole(ctx, public, meta.Holder{User: user}, 4-role), tx.PutRole(ctx, public, meta.Holder{User: user}, role))
						})
					}
					want := berth.Standing{OwnerID: id, Membership: membership, BaseRole: base, MayCreate: create}
					same(s, "no package", want, s.standing(org, "none", user))
					want.PackageID, want.Visibility = private, berth.VisibilityPrivate
					same(s, "private", want, s.standing(org, "private", user))
					want.PackageID, want.Visibility, want.Published, want.Role = public, berth.VisibilityPublic, true, role
					same(s, "public", want, s.standing(org, "public", user))
				}
			}
			want := berth.Standing{OwnerID: id, PackageID: public, Visibility: berth.VisibilityPublic, Published: true, BaseRole: base, MayCreate: create}
			same(s, "anonymous", want, s.standing(org, "public", 0))
			same(s, "operator", want, s.standing(org, "public", berth.Operator().UserID))
		}
	}
}

func testStandingOfUnknown(s *suite) {
	ann, bob := s.user("ann"), s.user("bob")
	pkg := s.pkg("ann", "app", berth.VisibilityPrivate, true)
	same(s, "unknown owner", berth.Standing{}, s.standing("nobody", "app", ann))
	same(s, "owner by unfolded name", berth.Standing{}, s.standing("ANN", "app", ann))
	same(s, "own, no package", berth.Standing{OwnerID: ann, Membership: berth.MembershipOwner}, s.standing("ann", "none", ann))
	want := berth.Standing{OwnerID: ann, PackageID: pkg, Published: true, Visibility: berth.VisibilityPrivate}
	same(s, "another's", want, s.standing("ann", "app", bob))
	want.Membership = berth.MembershipOwner
	same(s, "own", want, s.standing("ann", "app", ann))
	s.do(func(ctx context.Context, tx *meta.Tx) error {
		return tx.PutRole(ctx, pkg, meta.Holder{User: bob}, berth.RoleWrite)
	})
	want.Membership, want.Role = berth.MembershipNone, berth.RoleWrite
	same(s, "another's with a role", want, s.standing("ann", "app", bob))
}

func (s *suite) list(user int64, all bool, after berth.Name, limit int) []berth.Name {
	s.Helper()
	list := view(s, func(ctx context.Context, tx *meta.Tx) ([]meta.Package, error) {
		return tx.ListPackages(ctx, meta.Reader{User: user, All: all}, after, limit)
	})
	var names []berth.Name
	for _, p := range list {
		names = append(names, p.Name)
	}
	return names
}

// testListPackages compares the list of every kind of viewer with the permission
// rule, asked for one package after another.
func testListPackages(s *suite) {
	viewers := map[string]berth.Viewer{
		"anonymous": {},
		"operator":  berth.Operator(),
		"admin":     {UserID: s.user("admin"), Admin: true, Scopes: berth.ScopeAll},
	}
	for _, name := range []string{"stranger", "ann", "member", "owner", "reader"} {
		viewers[name] = berth.Viewer{UserID: s.user(name), Scopes: berth.ScopeAll}
	}
	owners := []string{"ann"}
	for base := berth.RoleNone; base <= berth.RoleAdmin; base++ {
		org := "org-" + base.String()
		id := s.org(org, base, true)
		s.member(id, viewers["member"].UserID, false)
		s.member(id, viewers["owner"].UserID, true)
		owners = append(owners, org)
	}
	var names []berth.Name
	for _, owner := range owners {
		for _, visibility := range []berth.Visibility{berth.VisibilityPrivate, berth.VisibilityInternal, berth.VisibilityPublic} {
			s.pkg(owner, "unpublished/"+string(visibility), visibility, false)
			for _, given := range []bool{false, true} {
				n := berth.Name{Owner: owner, Path: fmt.Sprintf("%s/%t", visibility, given)}
				pkg := s.pkg(n.Owner, n.Path, visibility, true)
				if given {
					s.do(func(ctx context.Context, tx *meta.Tx) error {
						return tx.PutRole(ctx, pkg, meta.Holder{User: viewers["reader"].UserID}, berth.RoleRead)
					})
				}
				names = append(names, n)
			}
		}
	}
	slices.SortFunc(names, compareNames)
	for who, v := range viewers {
		var want []berth.Name
		for _, n := range names {
			if berth.Can(v, s.standing(n.Owner, n.Path, v.UserID), berth.ActionPull) {
				want = append(want, n)
			}
		}
		same(s, "ListPackages for "+who, want, s.list(v.UserID, v.Admin, berth.Name{}, 1000))
	}
}

func compareNames(a, b berth.Name) int {
	return cmp.Or(cmp.Compare(a.Owner, b.Owner), cmp.Compare(a.Path, b.Path))
}

func testListPackagesPaging(s *suite) {
	random := rand.New(rand.NewPCG(1, 2))
	var want []berth.Name
	for _, owner := range []string{"a", "a-b", "a.b", "a0", "a_b", "ab", "i", "z"} {
		s.user(owner)
		for _, path := range []string{"app", "app-1", "app.1", "app/1", "app0", "app_1", "appa", "b"} {
			if random.IntN(3) == 0 {
				continue
			}
			s.pkg(owner, path, berth.VisibilityPrivate, true)
			s.pkg(owner, path+"x", berth.VisibilityPrivate, false)
			want = append(want, berth.Name{Owner: owner, Path: path})
		}
	}
	slices.SortFunc(want, compareNames)
	same(s, "all of a page", want, s.list(0, true, berth.Name{}, len(want)))
	for limit := 1; limit <= len(want)+1; limit += 4 {
		var got []berth.Name
		for after := (berth.Name{}); ; after = got[len(got)-1] {
			page := s.list(0, true, after, limit)
			got = append(got, page...)
			if len(page) > limit {
				s.Fatalf("a page of %d has %d", limit, len(page))
			}
			if len(page) < limit {
				break
			}
		}
		same(s, fmt.Sprintf("pages of %d", limit), want, got)
	}
	same(s, "after a name that is not there", want[:1], s.list(0, true, berth.Name{Owner: "A", Path: "zzz"}, 1))
	if got := s.list(0, false, berth.Name{}, 10); len(got) != 0 {
		s.Errorf("anonymous lists private packages: %v", got)
	}
}
