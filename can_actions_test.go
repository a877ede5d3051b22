package berth_test

import (
	"strings"
	"testing"

	"github.com/berth-registry/berth"
)

// flags prints which of the actions are allowed: one letter each, or a dash.
func flags(v berth.Viewer, s berth.Standing, letters string, actions ...berth.Action) string {
	var b strings.Builder
	for i, a := range actions {
		if berth.Can(v, s, a) {
			b.WriteByte(letters[i])
		} else {
			b.WriteByte('-')
		}
	}
	return b.String()
}

// everything prints what is allowed on a package (pull, push, delete, admin), on a
// repository (read, link, admin, create), on an organization (read, admin), on an
// account of one's own (read, admin), and on the site.
func everything(v berth.Viewer, thing, account berth.Standing) string {
	repo, namespace := thing, thing
	repo.Path, repo.RepositoryRole = "", berth.RoleNone
	namespace.Path, namespace.Published, namespace.Role, namespace.RepositoryRole = "", false, berth.RoleNone, berth.RoleNone
	return strings.Join([]string{
		flags(v, thing, "lpda", berth.ActionPull, berth.ActionPush, berth.ActionDelete, berth.ActionAdmin),
		flags(v, repo, "rla", berth.ActionReadRepository, berth.ActionLinkRepository, berth.ActionAdminRepository) +
			flags(v, namespace, "c", berth.ActionCreateRepository),
		flags(v, namespace, "ra", berth.ActionReadOrg, berth.ActionAdminOrg),
		flags(v, account, "RA", berth.ActionReadAccount, berth.ActionAdminAccount),
		flags(v, berth.Standing{}, "s", berth.ActionSite),
	}, " ")
}

func own() berth.Standing { return berth.Standing{OwnerID: 7, Membership: berth.MembershipOwner} }

// What each role lets somebody do with all scopes, on something private.
func TestCanEverythingByRole(t *testing.T) {
	t.Parallel()
	const none, read, write, all = berth.RoleNone, berth.RoleRead, berth.RoleWrite, berth.RoleAdmin
	tests := []struct {
		name       string
		membership berth.Membership
		base, role berth.Role
		repository berth.Role
		mayCreate  bool
		want       string
	}{
		{"a stranger", berth.MembershipNone, all, none, none, true, "---- ---- -- RA -"},
		{"given read", berth.MembershipNone, none, read, none, false, "l--- r--- -- RA -"},
		{"given write", berth.MembershipNone, none, write, none, false, "lp-- rl-- -- RA -"},
		{"given admin", berth.MembershipNone, none, all, none, false, "lpda rla- -- RA -"},
		{"inherits write", berth.MembershipNone, none, read, write, false, "lp-- r--- -- RA -"},
		{"inherits admin", berth.MembershipNone, none, none, all, false, "lpda ---- -- RA -"},
		{"inherits less than was given", berth.MembershipNone, none, write, read, false, "lp-- rl-- -- RA -"},
		{"a member without a base role", berth.MembershipMember, none, none, none, false, "---- ---- r- RA -"},
		{"a member who may create", berth.MembershipMember, none, none, none, true, "---- ---c r- RA -"},
		{"a member, base role read", berth.MembershipMember, read, none, none, false, "l--- r--- r- RA -"},
		{"a member, base role write", berth.MembershipMember, write, none, none, false, "lp-- rl-- r- RA -"},
		{"a member, base role admin", berth.MembershipMember, all, none, none, false, "lpda rla- r- RA -"},
		{"a member with more than the base role", berth.MembershipMember, read, write, none, false, "lp-- rl-- r- RA -"},
		{"a member with less than the base role", berth.MembershipMember, write, read, none, true, "lp-- rl-c r- RA -"},
		{"an owner", berth.MembershipOwner, none, none, none, false, "lpda rlac ra RA -"},
	}
	for _, tt := range tests {
		s := berth.Standing{
			OwnerID: 1, PackageID: 2, Path: "app", Published: true, Visibility: berth.VisibilityPrivate,
			Membership: tt.membership, BaseRole: tt.base, Role: tt.role, RepositoryRole: tt.repository, MayCreate: tt.mayCreate,
		}
		if got := everything(user(), s, own()); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
		somebodyElse := berth.Standing{OwnerID: 8}
		if got := flags(user(), somebodyElse, "ra", berth.ActionReadAccount, berth.ActionAdminAccount); got != "--" {
			t.Errorf("%s on another's account: %s", tt.name, got)
		}
		if got := everything(admin(), s, berth.Standing{OwnerID: 8}); got != "lpda rlac ra RA s" {
			t.Errorf("an administrator of the site: %s", got)
		}
		if got := everything(berth.Viewer{}, s, own()); got != "---- ---- -- -- -" {
			t.Errorf("nobody, as %s: %s", tt.name, got)
		}
	}
}

// What each scope, limit and action of a token leaves to an owner, and to an
// administrator of the site of what is another's.
func TestCanEverythingByToken(t *testing.T) {
	t.Parallel()
	s := berth.Standing{
		OwnerID: 1, PackageID: 2, Path: "app", Published: true, Visibility: berth.VisibilityPrivate, Membership: berth.MembershipOwner,
	}
	limited := func(limits ...berth.Limit) berth.Viewer {
		return berth.Viewer{UserID: 7, Scopes: berth.ScopeAll, Limited: true, Limits: limits}
	}
	actions := func(list ...berth.Action) berth.Viewer {
		return berth.Viewer{UserID: 7, Scopes: berth.ScopeAll, Actions: list}
	}
	scopes := func(s berth.Scopes) berth.Viewer { return berth.Viewer{UserID: 7, Scopes: s} }
	tests := []struct {
		name string
		v    berth.Viewer
		want string
	}{
		{"no scope", scopes(0), "---- ---- -- -- -"},
		{"read:packages", scopes(berth.ScopeReadPackages), "l--- r--- -- -- -"},
		{"write:packages", scopes(berth.ScopeWritePackages | berth.ScopeReadPackages), "lp-a rl-- -- -- -"},
		{"delete:packages", scopes(berth.ScopeDeletePackages | berth.ScopeReadPackages), "l-d- r--- -- -- -"},
		{"write:repositories", scopes(berth.ScopeWriteRepositories), "---- rlac -- -- -"},
		{"read:user", scopes(berth.ScopeReadUser), "---- ---- r- R- -"},
		{"user", scopes(berth.ScopeUser | berth.ScopeReadUser), "---- ---- r- RA -"},
		{"admin:org", scopes(berth.ScopeAdminOrg | berth.ScopeReadUser), "---- ---- ra R- -"},
		{"admin of the site, who is none", scopes(berth.ScopeAdmin), "---- ---- -- -- -"},
		{"limited to nothing", limited(), "---- ---- -- -- -"},
		{"limited to the owner", limited(berth.Limit{OwnerID: 1}), "lpda rlac ra -- -"},
		{"limited to the package", limited(berth.Limit{OwnerID: 1, Path: "app"}), "lpda ---- -- -- -"},
		{"limited to another package", limited(berth.Limit{OwnerID: 1, Path: "ap"}), "---- ---- -- -- -"},
		{"limited to another's of that name", limited(berth.Limit{OwnerID: 7, Path: "app"}), "---- ---- -- -- -"},
		{"limited to himself", limited(berth.Limit{OwnerID: 7}), "---- ---- -- -- -"},
		{"limited to one of several", limited(berth.Limit{OwnerID: 7}, berth.Limit{OwnerID: 1, Path: "app"}), "lpda ---- -- -- -"},
		{"to pull", actions(berth.ActionPull), "l--- ---- -- -- -"},
		{"to push", actions(berth.ActionPush), "lp-- ---- -- -- -"},
		{"to delete", actions(berth.ActionDelete), "l-d- ---- -- -- -"},
		{"to administer", actions(berth.ActionAdmin), "l--a ---- -- -- -"},
		{"to push and delete", actions(berth.ActionPush, berth.ActionDelete), "lpd- ---- -- -- -"},
		{"a bearer", berth.Viewer{UserID: 7, Scopes: berth.ScopeAll, Bearer: true}, "lpda ---- -- -- -"},
		{"a bearer that ran out", berth.Viewer{UserID: 7, Scopes: berth.ScopeAll, Bearer: true, Expired: true}, "---- ---- -- -- -"},
		{"a bearer of an administrator", berth.Viewer{UserID: 7, Admin: true, Scopes: berth.ScopeAll, Bearer: true}, "lpda ---- -- -- -"},
	}
	for _, tt := range tests {
		if got := everything(tt.v, s, own()); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
		public := s
		public.Visibility = berth.VisibilityPublic
		reads := !tt.v.Expired
		if got := flags(tt.v, public, "lr", berth.ActionPull, berth.ActionReadRepository) == "lr"; got != reads {
			t.Errorf("%s, of what is public: %t", tt.name, got)
		}
		if got := everything(tt.v, berth.Standing{}, berth.Standing{}); strings.Trim(got, "- s") != "" {
			t.Errorf("%s, where there is no owner: %s", tt.name, got)
		}
	}
	for scope, want := range map[berth.Scopes]string{
		berth.ScopeAll &^ berth.ScopeAdmin: "lpda rlac ra RA -", // that he is none any more is for whoever makes the Viewer
		berth.ScopeAdmin:                   "---- ---- -- -- s",
	} {
		v := berth.Viewer{UserID: 7, Admin: true, Scopes: scope}
		if got := everything(v, berth.Standing{OwnerID: 1, Path: "app", Published: true}, berth.Standing{OwnerID: 8}); got != want {
			t.Errorf("an administrator with %s: %s, want %s", scope, got, want)
		}
	}
}
