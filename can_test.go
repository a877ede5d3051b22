package berth_test

import (
	"fmt"
	"testing"

	"github.com/berth-registry/berth"
)

// What each role lets a signed-in user do, on a published package of each
// visibility, with all scopes. The letters are pull, push, delete.
func TestCanByRole(t *testing.T) {
	t.Parallel()
	tests := []struct {
		role       berth.Role
		visibility berth.Visibility
		want       string
	}{
		{berth.RoleNone, berth.VisibilityPrivate, "---"},
		{berth.RoleNone, berth.VisibilityInternal, "l--"},
		{berth.RoleNone, berth.VisibilityPublic, "l--"},
		{berth.RoleRead, berth.VisibilityPrivate, "l--"},
		{berth.RoleRead, berth.VisibilityInternal, "l--"},
		{berth.RoleRead, berth.VisibilityPublic, "l--"},
		{berth.RoleWrite, berth.VisibilityPrivate, "lp-"},
		{berth.RoleWrite, berth.VisibilityInternal, "lp-"},
		{berth.RoleWrite, berth.VisibilityPublic, "lp-"},
		{berth.RoleAdmin, berth.VisibilityPrivate, "lpd"},
		{berth.RoleAdmin, berth.VisibilityInternal, "lpd"},
		{berth.RoleAdmin, berth.VisibilityPublic, "lpd"},
		{berth.RoleNone, "", "---"},
	}
	for _, test := range tests {
		v := berth.Viewer{UserID: 7, Scopes: berth.ScopeAll}
		s := berth.Standing{OwnerID: 1, PackageID: 2, Published: true, Visibility: test.visibility, Role: test.role}
		if got := letters(v, s); got != test.want {
			t.Errorf("role %s on a %s package: %s, want %s", test.role, test.visibility, got, test.want)
		}
	}
}

// letters prints what is allowed: l to pull, p to push, d to delete.
func letters(v berth.Viewer, s berth.Standing) string {
	out := []byte("---")
	for i, a := range []berth.Action{berth.ActionPull, berth.ActionPush, berth.ActionDelete} {
		if berth.Can(v, s, a) {
			out[i] = "lpd"[i]
		}
	}
	return string(out)
}

// What each set of scopes leaves of the rights of an owner.
func TestCanByScopes(t *testing.T) {
	t.Parallel()
	const read, write, remove = berth.ScopeReadPackages, berth.ScopeWritePackages, berth.ScopeDeletePackages
	tests := []struct {
		scopes                        berth.Scopes
		private, pub, strangersPublic string
	}{
		{0, "---", "l--", "l--"},
		{read, "l--", "l--", "l--"},
		{read | write, "lp-", "lp-", "l--"},
		{read | remove, "l-d", "l-d", "l--"},
		{read | write | remove, "lpd", "lpd", "l--"},
		{berth.ScopeAll, "lpd", "lpd", "l--"},
		{berth.ScopeAll &^ berth.ScopesPackages, "---", "l--", "l--"}, // admin scopes are no wildcard
		{berth.ScopeReadUser, "---", "l--", "l--"},
	}
	for _, test := range tests {
		v := berth.Viewer{UserID: 7, Scopes: test.scopes}
		s := berth.Standing{OwnerID: 1, PackageID: 2, Published: true, Visibility: berth.VisibilityPrivate, Membership: berth.MembershipOwner}
		if got := letters(v, s); got != test.private {
			t.Errorf("scopes %q on a private package of his own: %s, want %s", test.scopes, got, test.private)
		}
		s.Visibility = berth.VisibilityPublic
		if got := letters(v, s); got != test.pub {
			t.Errorf("scopes %q on a public package of his own: %s, want %s", test.scopes, got, test.pub)
		}
		s.Membership = berth.MembershipNone
		if got := letters(v, s); got != test.strangersPublic {
			t.Errorf("scopes %q on a public package of a stranger: %s, want %s", test.scopes, got, test.strangersPublic)
		}
	}
	// A token without the read scope sees no more than a passer-by.
	internal := berth.Standing{OwnerID: 1, PackageID: 2, Published: true, Visibility: berth.VisibilityInternal}
	if got := letters(berth.Viewer{UserID: 7, Scopes: berth.ScopeReadUser}, internal); got != "---" {
		t.Errorf("a token without read:packages on an internal package: %s", got)
	}
}

// Packages that do not exist for others yet, or not at all.
func TestCanBeforePublication(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		v    berth.Viewer
		s    berth.Standing
		want string
	}{
		{"anonymous", berth.Viewer{}, berth.Standing{OwnerID: 1, Visibility: berth.VisibilityPublic}, "---"},
		{"stranger", user(), berth.Standing{OwnerID: 1, Visibility: berth.VisibilityPublic}, "---"},
		{"stranger, internal", user(), berth.Standing{OwnerID: 1, Visibility: berth.VisibilityInternal}, "---"},
		{"member who may create", user(), berth.Standing{OwnerID: 1, Membership: berth.MembershipMember, MayCreate: true}, "lp-"},
		{"member who may not", user(), berth.Standing{OwnerID: 1, Membership: berth.MembershipMember, BaseRole: berth.RoleAdmin}, "---"},
		{"owner", user(), berth.Standing{OwnerID: 1, Membership: berth.MembershipOwner}, "lpd"},
		{"admin", admin(), berth.Standing{OwnerID: 1}, "lpd"},
		{"no such owner, stranger", user(), berth.Standing{}, "---"},
		{"no such owner, admin", admin(), berth.Standing{}, "---"},
		{"no such owner, operator", berth.Operator(), berth.Standing{Published: true, Visibility: berth.VisibilityPublic}, "---"},
	}
	for _, test := range tests {
		if got := letters(test.v, test.s); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

func user() berth.Viewer  { return berth.Viewer{UserID: 7, Scopes: berth.ScopeAll} }
func admin() berth.Viewer { return berth.Viewer{UserID: 7, Scopes: berth.ScopeAll, Admin: true} }

// standings calls yield with every standing there is.
func standings(yield func(berth.Standing)) {
	bools := []bool{false, true}
	for _, owner := range []int64{0, 1} {
		for _, published := range bools {
			for _, visibility := range []berth.Visibility{berth.VisibilityPrivate, berth.VisibilityInternal, berth.VisibilityPublic} {
				for _, membership := range []berth.Membership{berth.MembershipNone, berth.MembershipMember, berth.MembershipOwner} {
					for base := berth.RoleNone; base <= berth.RoleAdmin; base++ {
						for role := berth.RoleNone; role <= berth.RoleAdmin; role++ {
							for _, mayCreate := range bools {
								yield(berth.Standing{
									OwnerID: owner, PackageID: owner, Published: published, Visibility: visibility,
									Membership: membership, BaseRole: base, Role: role, MayCreate: mayCreate,
								})
							}
						}
					}
				}
			}
		}
	}
}

// viewers returns every kind of viewer.
func viewers() []berth.Viewer {
	list := []berth.Viewer{{}, {Bearer: true}, {Scopes: berth.ScopeAll}}
	for scopes := berth.Scopes(0); scopes <= berth.ScopesPackages; scopes++ {
		for _, isAdmin := range []bool{false, true} {
			for _, expired := range []bool{false, true} {
				for _, bearer := range []bool{false, true} {
					list = append(list, berth.Viewer{UserID: 7, Admin: isAdmin, Scopes: scopes, Expired: expired, Bearer: bearer})
				}
			}
		}
	}
	return list
}

// Laws that hold for every viewer in every standing.
func TestCanLaws(t *testing.T) {
	t.Parallel()
	actions := []berth.Action{berth.ActionPull, berth.ActionPush, berth.ActionDelete, berth.ActionCatalog, "", "PULL"}
	scopeOf := map[berth.Action]berth.Scopes{
		berth.ActionPull: berth.ScopeReadPackages, berth.ActionPush: berth.ScopeWritePackages, berth.ActionDelete: berth.ScopeDeletePackages,
	}
	standings(func(s berth.Standing) {
		for _, v := range viewers() {
			for _, a := range actions {
				can := berth.Can(v, s, a)
				public := s.Published && s.Visibility == berth.VisibilityPublic && s.OwnerID != 0
				broken := ""
				switch {
				case can && scopeOf[a] == 0:
					broken = "an unknown action is allowed"
				case can && s.OwnerID == 0:
					broken = "there is no such owner"
				case can && v.Expired:
					broken = "the bearer has run out"
				case v.Expired:
				case can && v.Anonymous() && (a != berth.ActionPull || !public):
					broken = "anonymous does more than pulling what is public"
				case !can && a == berth.ActionPull && public:
					broken = "what is public cannot be pulled"
				case can && !v.Scopes.Has(scopeOf[a]) && (a != berth.ActionPull || !public):
					broken = "the token does not have the scope"
				case can != berth.Can(flipBearer(v), s, a):
					broken = "a bearer changes the rule; it only narrows by Covers"
				case can && !berth.Can(withAdmin(v), s, a):
					broken = "an admin may less"
				case can && a == berth.ActionDelete && v.Scopes.Has(berth.ScopesPackages) && letters(v, s) != "lpd":
					broken = "who may delete may not pull or push"
				case can && a == berth.ActionPush && v.Scopes.Has(berth.ScopesPackages) && letters(v, s)[0] != 'l':
					broken = "who may push may not pull"
				case !v.Admin && s.Membership == berth.MembershipNone && s.Role == berth.RoleNone && can && (a != berth.ActionPull || !s.Published):
					broken = "a stranger does more than pulling"
				case s.Role < berth.RoleAdmin && can && !berth.Can(v, withRole(s, s.Role+1), a):
					broken = "a higher role may less"
				case s.BaseRole < berth.RoleAdmin && can && !berth.Can(v, withBase(s, s.BaseRole+1), a):
					broken = "a higher base role may less"
				}
				if broken != "" {
					t.Fatal(describe(broken, v, s, a))
				}
			}
		}
	})
}

func flipBearer(v berth.Viewer) berth.Viewer {
	v.Bearer = !v.Bearer
	return v
}

func withAdmin(v berth.Viewer) berth.Viewer {
	v.Admin = true
	return v
}

func withRole(s berth.Standing, r berth.Role) berth.Standing {
	s.Role = r
	return s
}

func withBase(s berth.Standing, r berth.Role) berth.Standing {
	s.BaseRole = r
	return s
}

func describe(broken string, v berth.Viewer, s berth.Standing, a berth.Action) string {
	return fmt.Sprintf("%s: %s by %+v on %+v", broken, a, v, s)
}
