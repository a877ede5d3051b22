package berth_test

import (
	"fmt"
	"testing"

	"github.com/berth-registry/berth"
)

func TestRole(t *testing.T) {
	t.Parallel()
	for role, name := range map[berth.Role]string{
		berth.RoleNone: "none", berth.RoleRead: "read", berth.RoleWrite: "write", berth.RoleAdmin: "admin",
	} {
		if role.String() != name {
			t.Errorf("role %d is called %q", role, role)
		}
	}
	for s, want := range map[string]berth.Role{
		"read": berth.RoleRead, "pull": berth.RoleRead, "triage": berth.RoleRead,
		"write": berth.RoleWrite, "push": berth.RoleWrite, "maintain": berth.RoleWrite, "admin": berth.RoleAdmin,
	} {
		if got, err := berth.ParseRole(s); err != nil || got != want {
			t.Errorf("ParseRole(%q) = %s, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "none", "Read", "owner", "admin "} {
		got, err := berth.ParseRole(s)
		checkMessage(t, err, berth.ErrRequestInvalid, fmt.Sprintf("role %q is not read, write or admin", s))
		if got != berth.RoleNone {
			t.Errorf("ParseRole(%q) = %s", s, got)
		}
	}
}

func TestParseVisibility(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"private", "internal", "public"} {
		if got, err := berth.ParseVisibility(s); err != nil || got != berth.Visibility(s) {
			t.Errorf("ParseVisibility(%q) = %q, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "Public", "secret"} {
		got, err := berth.ParseVisibility(s)
		checkMessage(t, err, berth.ErrRequestInvalid, fmt.Sprintf("visibility %q is not private, internal or public", s))
		if got != "" {
			t.Errorf("ParseVisibility(%q) = %q", s, got)
		}
	}
}

func TestViewer(t *testing.T) {
	t.Parallel()
	if !(berth.Viewer{}).Anonymous() || (berth.Viewer{UserID: 7}).Anonymous() {
		t.Error("only the zero value is anonymous")
	}
	o := berth.Operator()
	if o.Anonymous() || !berth.Can(o, berth.Standing{OwnerID: 1}, berth.ActionDelete) || !o.Covers("repository", "a/b", berth.ActionPush) {
		t.Errorf("the operator may do anything: %+v", o)
	}
}

func TestCovers(t *testing.T) {
	t.Parallel()
	grants := []berth.Grant{
		{Type: "repository", Name: "alice/app", Actions: []berth.Action{berth.ActionPull}},
		{Type: "repository", Name: "alice/base", Actions: []berth.Action{berth.ActionPull, berth.ActionPush}},
		{Type: "registry", Name: "catalog", Actions: []berth.Action{berth.ActionCatalog}},
		{Type: "repository", Name: "alice/none"},
	}
	tests := []struct {
		bearer     bool
		kind, name string
		action     berth.Action
		want       bool
	}{
		{true, "repository", "alice/app", berth.ActionPull, true},
		{true, "repository", "alice/app", berth.ActionPush, false},
		{true, "repository", "alice/base", berth.ActionPush, true},
		{true, "repository", "alice/base", berth.ActionDelete, false},
		{true, "repository", "alice/base", berth.ActionCatalog, false}, // no wildcard
		{true, "repository", "alice/none", berth.ActionPull, false},
		{true, "repository", "alice/ap", berth.ActionPull, false},
		{true, "repository", "alice/app/x", berth.ActionPull, false},
		{true, "repository", "Alice/app", berth.ActionPull, false},
		{true, "repository", "", berth.ActionPull, false},
		{true, "registry", "alice/app", berth.ActionPull, false},
		{true, "registry", "catalog", berth.ActionCatalog, true},
		{true, "registry", "catalog", berth.ActionPull, false},
		{false, "repository", "bob/other", berth.ActionDelete, true}, // a password is not narrowed
	}
	for _, test := range tests {
		v := berth.Viewer{UserID: 7, Bearer: test.bearer, Grants: grants}
		if got := v.Covers(test.kind, test.name, test.action); got != test.want {
			t.Errorf("%+v: got %t", test, got)
		}
	}
	if (berth.Viewer{Bearer: true}).Covers("repository", "a/b", berth.ActionPull) {
		t.Error("a bearer without grants covers something")
	}
}

func TestRoleOf(t *testing.T) {
	t.Parallel()
	const none, read, write, admin = berth.RoleNone, berth.RoleRead, berth.RoleWrite, berth.RoleAdmin
	user := berth.Viewer{UserID: 7}
	tests := []struct {
		name string
		v    berth.Viewer
		s    berth.Standing
		want berth.Role
	}{
		{"anonymous", berth.Viewer{}, berth.Standing{Membership: berth.MembershipOwner, Role: admin, Published: true}, none},
		{"anonymous calling himself an admin", berth.Viewer{Admin: true}, berth.Standing{Published: true}, none},
		{"admin of the instance", berth.Viewer{UserID: 7, Admin: true}, berth.Standing{}, admin},
		{"owner", user, berth.Standing{Membership: berth.MembershipOwner}, admin},
		{"owner with a lower role", user, berth.Standing{Membership: berth.MembershipOwner, Role: read, Published: true}, admin},
		{"stranger", user, berth.Standing{BaseRole: admin, MayCreate: true, Published: true}, none},
		{"outside collaborator", user, berth.Standing{Role: write, Published: true}, write},
		{"member by base role", user, berth.Standing{Membership: berth.MembershipMember, BaseRole: read, Published: true}, read},
		{"member by explicit role", user, berth.Standing{Membership: berth.MembershipMember, BaseRole: read, Role: admin, Published: true}, admin},
		{"member whose base role is higher", user, berth.Standing{Membership: berth.MembershipMember, BaseRole: write, Role: read, Published: true}, write},
		{"member without a role", user, berth.Standing{Membership: berth.MembershipMember, MayCreate: true, Published: true}, none},
		{"member before the first push", user, berth.Standing{Membership: berth.MembershipMember, MayCreate: true}, write},
		{"member who may not create", user, berth.Standing{Membership: berth.MembershipMember, BaseRole: admin}, none},
	}
	for _, test := range tests {
		if got := test.s.RoleOf(test.v); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

func TestDenial(t *testing.T) {
	t.Parallel()
	const n = "acme/app"
	tests := []struct {
		scopes berth.Scopes
		role   berth.Role
		action berth.Action
		want   string
	}{
		{berth.ScopeAll, berth.RoleNone, berth.ActionPull, "user Bob has role none on acme/app, pull needs read; an owner of acme can give it: berth package grant acme/app --user Bob --role read"},
		{berth.ScopeAll, berth.RoleRead, berth.ActionPush, "user Bob has role read on acme/app, push needs write; an owner of acme can give it: berth package grant acme/app --user Bob --role write (a new package is made by members, where owners let them: berth org set acme --members-create)"},
		{berth.ScopeAll, berth.RoleWrite, berth.ActionDelete, "user Bob has role write on acme/app, delete needs admin; an owner of acme can give it: berth package grant acme/app --user Bob --role admin"},
		{berth.ScopeReadUser, berth.RoleRead, berth.ActionPull, "the token of user Bob has the scopes read:user, pull needs read:packages; make a token that has it"},
		{berth.ScopeReadPackages, berth.RoleWrite, berth.ActionPush, "the token of user Bob has the scopes read:packages, push needs write:packages; make a token that has it"},
		{0, berth.RoleAdmin, berth.ActionDelete, "the token of user Bob has the scopes none, delete needs delete:packages; make a token that has it"},
	}
	for _, test := range tests {
		v := berth.Viewer{UserID: 7, Login: "Bob", Scopes: test.scopes}
		s := berth.Standing{OwnerID: 1, PackageID: 2, Published: true, Role: test.role}
		if berth.Can(v, s, test.action) {
			t.Errorf("%+v is not refused", test)
		}
		err := berth.Denial(v, s, n, test.action)
		if want := "requested access is denied: " + test.want; err.Msg != want || err.ID != berth.ErrDenied.ID {
			t.Errorf("%+v:\ngot  %s\nwant %s", test, err.Msg, want)
		}
	}
}
