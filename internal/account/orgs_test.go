package account_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/meta/metatest"
)

func TestUpdateOrg(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ctx := t.Context()
	ada := viewer(t, s, s.Token("ada", berth.ScopeAll, 0))
	s.As("mia").PushImage("acme/app", "v1", "seed")
	s.SetVisibility("acme/app", berth.VisibilityPublic)
	pull := func() int {
		return s.As("").Bearer("repository:acme/app:pull").Get("/v2/acme/app/manifests/v1").Status
	}
	if got := pull(); got != 200 {
		t.Fatalf("a public package: %d", got)
	}
	want := berth.Org{ID: s.OwnerID("acme"), Login: "acme", CreatedAt: s.Clock.Now(), BaseRole: berth.RoleRead, MembersCreate: true, AllowPublic: true}
	update := func(c account.OrgChange) {
		t.Helper()
		got, err := s.Account.UpdateOrg(ctx, ada, "Acme", c)
		must(t, err)
		stored, err := s.Account.GetOrg(ctx, ada, "acme")
		must(t, err)
		if diff := cmp.Diff([]berth.Org{want, want}, []berth.Org{got, stored}); diff != "" {
			t.Error(diff)
		}
	}
	update(account.OrgChange{})
	want.BaseRole, want.MembersCreate = berth.RoleNone, false
	update(account.OrgChange{BaseRole: new(berth.RoleNone), MembersCreate: new(false)})
	s.As("mia").Do("POST", "/v2/acme/new/blobs/uploads/", nil).Want(403)
	want.DefaultVisibility = berth.VisibilityPublic
	update(account.OrgChange{DefaultVisibility: new(berth.VisibilityPublic)})
	_, err := s.Account.UpdateOrg(ctx, ada, "acme", account.OrgChange{AllowPublic: new(false)})
	conflict(t, "forbidding what is the default", err, "default_visibility")
	want.AllowPublic, want.DefaultVisibility = false, ""
	update(account.OrgChange{AllowPublic: new(false), DefaultVisibility: new(berth.Visibility(""))})
	if got := pull(); got != 401 {
		t.Errorf("public where it is forbidden: %d", got)
	}
	_, err = s.Account.UpdateOrg(ctx, ada, "acme", account.OrgChange{DefaultVisibility: new(berth.VisibilityPublic)})
	conflict(t, "a default that is forbidden", err, "allow_public")
	for _, c := range []account.OrgChange{{BaseRole: new(berth.Role(4))}, {BaseRole: new(berth.Role(-1))}, {DefaultVisibility: new(berth.Visibility("secret"))}} {
		if _, err := s.Account.UpdateOrg(ctx, ada, "acme", c); !errors.Is(err, berth.ErrRequestInvalid) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	var got []string
	for _, line := range events(t, s, "acme") {
		if rest, ok := strings.CutPrefix(line, "acme/ada: org.update acme "); ok {
			got = append(got, rest)
		}
	}
	if diff := cmp.Diff([]string{
		"base_role read -> none, members_can_create_packages true -> false",
		"default_visibility default -> public",
		"allow_public true -> false, default_visibility public -> default",
	}, got); diff != "" {
		t.Error(diff)
	}
}

func members(t *testing.T, s *berthtest.Server, org string) (list []string) {
	t.Helper()
	all, err := s.Account.ListMembers(t.Context(), berth.Operator(), org, "", 100)
	must(t, err)
	for _, m := range all {
		name := m.Login
		if m.Owner {
			name = strings.ToUpper(name)
		}
		list = append(list, name)
	}
	return list
}

func TestMembers(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ctx := t.Context()
	ada, mia := viewer(t, s, s.Token("ada", berth.ScopeAll, 0)), viewer(t, s, s.Token("mia", berth.ScopeAll, 0))
	_, err := s.Account.CreateServiceAccount(ctx, ada, "acme", "robot", "")
	must(t, err, s.Account.CreateOrg(ctx, berth.Operator(), "other", "bob"))
	bob := viewer(t, s, s.Token("bob", berth.ScopeAll, 0))

	conflict(t, "demote the last owner", s.Account.AddMember(ctx, ada, "acme", "ada", false), "ada is the last owner of acme")
	conflict(t, "the last owner leaves", s.Account.RemoveMember(ctx, ada, "acme", "ada"), "ada is the last owner of acme")
	conflict(t, "a service account as owner", s.Account.AddMember(ctx, ada, "acme", "robot", true), "service account")
	conflict(t, "a service account elsewhere", s.Account.AddMember(ctx, berth.Operator(), "other", "robot", false), "service account")
	conflict(t, "removing a service account", s.Account.RemoveMember(ctx, ada, "acme", "robot"), "delete it")
	conflict(t, "an organization of a service account", s.Account.CreateOrg(ctx, berth.Operator(), "third", "robot"), "service account")
	conflict(t, "a service account that administers", s.Account.SetAdmin(ctx, berth.Operator(), "robot", true), "service account")
	for what, err := range map[string]error{
		"nobody":                      s.Account.AddMember(ctx, ada, "acme", "nobody", false),
		"an organization":             s.Account.AddMember(ctx, ada, "acme", "acme", false),
		"removing nobody":             s.Account.RemoveMember(ctx, ada, "acme", "nobody"),
		"removing another":            s.Account.RemoveMember(ctx, ada, "acme", "bob"),
		"leaving without being there": s.Account.RemoveMember(ctx, bob, "acme", "bob"),
		"leaving what is not there":   s.Account.RemoveMember(ctx, bob, "nothing", "bob"),
		"a member who is none":        second(s.Account.GetMember(ctx, ada, "acme", "bob")),
	} {
		if !errors.Is(err, berth.ErrOwnerUnknown) {
			t.Errorf("%s: %v", what, err)
		}
	}
	there, absent := s.Account.RemoveMember(ctx, bob, "acme", "bob"), s.Account.RemoveMember(ctx, bob, "acmf", "bob")
	if strings.ReplaceAll(there.Error(), "acme", "acmf") != absent.Error() {
		t.Errorf("leaving tells what is there: %v; %v", there, absent)
	}
	must(t, s.Account.AddMember(ctx, ada, "acme", "bob", false), s.Account.AddMember(ctx, ada, "acme", "bob", true))
	if diff := cmp.Diff([]string{"ADA", "BOB", "mia", "robot"}, members(t, s, "acme")); diff != "" {
		t.Error(diff)
	}
	must(t, s.Account.AddMember(ctx, bob, "acme", "ada", false), s.Account.RemoveMember(ctx, bob, "acme", "ada"))
	before := s.State()
	must(t, s.Account.AddMember(ctx, bob, "acme", "bob", true))
	if s.State() != before {
		t.Error("doing nothing changed something")
	}

	// A former member loses all that came with it, and nothing else.
	_, err = s.Account.CreateTeam(ctx, bob, "acme", "devs")
	must(t, err, s.Account.AddTeamMember(ctx, bob, "acme", "devs", "mia"))
	s.As("mia").PushImage("acme/app", "v1", "seed") // she administers it now
	s.As("mia").PushImage("mia/own", "v1", "seed")
	s.Exec(`INSERT INTO repositories (owner_id, name, folded, visibility, description, web_url, created_at)
		SELECT id, 'src', 'src', 'private', '', '', 0 FROM owners WHERE folded IN ('acme', 'other')`)
	s.Exec(`INSERT INTO repository_roles (repository_id, user_id, role) SELECT r.id, o.id, 2 FROM repositories r, owners o WHERE o.folded = 'mia'`)
	client := s.As("mia")
	bearer := client.Bearer("repository:acme/app:pull,push,delete")
	must(t, s.Account.RemoveMember(ctx, mia, "acme", "mia")) // by herself
	bearer.Get("/v2/acme/app/manifests/v1").Want(404)
	client.Get("/api/v3/orgs/acme").Want(404)
	client.Bearer("repository:mia/own:pull").Get("/v2/mia/own/manifests/v1").Want(200)
	state := s.State()
	for table, want := range map[string]int{"team_members": 0, "repository_roles": 1, "package_roles": 1} {
		if got := strings.Count("\n"+state, "\n"+table+" "); got != want {
			t.Errorf("%s has %d rows, want %d", table, got, want)
		}
	}
	if diff := cmp.Diff([]string{"BOB", "robot"}, members(t, s, "acme")); diff != "" {
		t.Error(diff)
	}
	var got []string
	for _, line := range events(t, s, "acme") {
		if strings.Contains(line, "org.member") {
			got = append(got, line)
		}
	}
	if diff := cmp.Diff([]string{
		"acme/ada: org.member.add acme/bob member",
		"acme/ada: org.member.update acme/bob member -> owner",
		"acme/bob: org.member.update acme/ada owner -> member",
		"acme/bob: org.member.remove acme/ada member",
		"acme/mia: org.member.remove acme/mia member",
	}, got); diff != "" {
		t.Error(diff)
	}
}

func second[T any](_ T, err error) error { return err }

func TestTeams(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ctx := t.Context()
	ada := viewer(t, s, s.Token("ada", berth.ScopeAll, 0))
	team, err := s.Account.CreateTeam(ctx, ada, "acme", "Devs")
	must(t, err)
	found, err := s.Account.GetTeam(ctx, ada, "Acme", "DEVS")
	must(t, err)
	if diff := cmp.Diff(berth.Team{ID: found.ID, Name: "Devs", Slug: "devs", CreatedAt: s.Clock.Now()}, team); diff != "" {
		t.Error(diff)
	}
	_, err = s.Account.CreateTeam(ctx, ada, "acme", "settings") // reserved for owners only
	must(t, err)
	for name, want := range map[string]error{"devs": berth.ErrExists, "": berth.ErrRequestInvalid, "a b": berth.ErrRequestInvalid, strings.Repeat("x", 65): berth.ErrRequestInvalid, "\x00": berth.ErrRequestInvalid, "\u212a": berth.ErrRequestInvalid} {
		if _, err := s.Account.CreateTeam(ctx, ada, "acme", name); !errors.Is(err, want) {
			t.Errorf("a team %q: %v, want %v", name, err, want)
		}
	}
	must(t, s.Account.AddTeamMember(ctx, ada, "acme", "devs", "mia"), s.Account.AddTeamMember(ctx, ada, "acme", "devs", "mia"))
	conflict(t, "a stranger in a team", s.Account.AddTeamMember(ctx, ada, "acme", "devs", "bob"), "bob is no member of acme")
	for what, tt := range map[string]struct{ got, want error }{
		"nobody":          {s.Account.AddTeamMember(ctx, ada, "acme", "devs", "nobody"), berth.ErrOwnerUnknown},
		"no team":         {s.Account.AddTeamMember(ctx, ada, "acme", "ops", "mia"), berth.ErrTeamUnknown},
		"not in it":       {s.Account.RemoveTeamMember(ctx, ada, "acme", "devs", "ada"), berth.ErrOwnerUnknown},
		"no team, get":    {second(s.Account.GetTeam(ctx, ada, "acme", "ops")), berth.ErrTeamUnknown},
		"no team, delete": {s.Account.DeleteTeam(ctx, ada, "acme", "ops"), berth.ErrTeamUnknown},
	} {
		if !errors.Is(tt.got, tt.want) {
			t.Errorf("%s: %v, want %v", what, tt.got, tt.want)
		}
	}
	users, err := s.Account.ListTeamMembers(ctx, ada, "acme", "devs", "", 10)
	must(t, err)
	if len(users) != 1 || users[0].Login != "mia" || users[0].Known {
		t.Errorf("%+v", users)
	}
	// A role that the team has goes with the team.
	s.As("ada").PushImage("acme/app", "v1", "seed")
	must(t, second(s.Account.UpdateOrg(ctx, ada, "acme", account.OrgChange{BaseRole: new(berth.RoleNone)})))
	s.Exec(`INSERT INTO package_roles (package_id, team_id, role) SELECT p.id, t.id, 1 FROM packages p, teams t WHERE t.folded = 'devs'`)
	bearer := s.As("mia").Bearer("repository:acme/app:pull")
	bearer.Get("/v2/acme/app/manifests/v1").Want(200)
	must(t, s.Account.DeleteTeam(ctx, ada, "acme", "Devs"))
	bearer.Get("/v2/acme/app/manifests/v1").Want(404)

	must(t, s.Account.AddTeamMember(ctx, ada, "acme", "settings", "mia"), s.Account.RemoveTeamMember(ctx, ada, "acme", "settings", "mia"))
	var got []string
	for _, line := range events(t, s, "acme") {
		if strings.Contains(line, "team.") {
			got = append(got, line)
		}
	}
	if diff := cmp.Diff([]string{
		"acme/ada: team.create acme/Devs",
		"acme/ada: team.create acme/settings",
		"acme/ada: team.member.add acme/Devs mia",
		"acme/ada: team.delete acme/Devs",
		"acme/ada: team.member.add acme/settings mia",
		"acme/ada: team.member.remove acme/settings mia",
	}, got); diff != "" {
		t.Error(diff)
	}
}

func TestServiceAccounts(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ctx, op := t.Context(), berth.Operator()
	ada, mia := viewer(t, s, s.Token("ada", berth.ScopeAll, 0)), viewer(t, s, s.Token("mia", berth.ScopeAll, 0))
	s.Exec(`INSERT INTO repositories (owner_id, name, folded, visibility, description, web_url, created_at)
		SELECT id, 'Src', 'src', 'private', '', '', 0 FROM owners WHERE folded IN ('acme', 'bob')`)
	u, err := s.Account.CreateServiceAccount(ctx, ada, "acme", "Robot", "ACME/SRC")
	must(t, err)
	want := berth.User{ID: s.OwnerID("robot"), Login: "Robot", CreatedAt: s.Clock.Now(), Org: "acme", Repository: "acme/Src"}
	list, err := s.Account.ListServiceAccounts(ctx, ada, "acme", "", 10)
	must(t, err)
	if diff := cmp.Diff([]berth.User{want, want}, append(list, u)); diff != "" {
		t.Error(diff)
	}
	want.Repository = "" // which members need not know
	list, err = s.Account.ListServiceAccounts(ctx, mia, "acme", "", 10)
	must(t, err)
	if diff := cmp.Diff([]berth.User{want}, list); diff != "" {
		t.Error(diff)
	}
	for _, full := range []string{"bob/src", "acme/none", "acme", "/src", "acme/", "acme/src/x", "acme/\x00", strings.Repeat("x", 1000)} {
		if _, err := s.Account.CreateServiceAccount(ctx, ada, "acme", "other", full); !errors.Is(err, berth.ErrRepositoryUnknown) {
			t.Errorf("the repository %.20q: %v", full, err)
		}
	}
	for name, want := range map[string]error{"robot": berth.ErrOwnerExists, "acme": berth.ErrOwnerExists, "robot$x": berth.ErrOwnerInvalid, "v2": berth.ErrOwnerInvalid} {
		if _, err := s.Account.CreateServiceAccount(ctx, ada, "acme", name, ""); !errors.Is(err, want) {
			t.Errorf("the name %q: %v", name, err)
		}
	}
	if _, err := s.Account.Login(ctx, "robot", "", ""); !errors.Is(err, berth.ErrCredentialsInvalid) {
		t.Errorf("a login without a password: %v", err)
	}
	robot := s.As("robot")
	robot.PushImage("acme/app", "v1", "seed")
	robot.PushImage("robot/own", "v1", "seed")
	must(t, s.Account.CreateOrg(ctx, op, "other", "bob"))
	bob := viewer(t, s, s.Token("bob", berth.ScopeAll, 0))
	if err := s.Account.DeleteServiceAccount(ctx, bob, "other", "robot", account.Disposal{}); !errors.Is(err, berth.ErrOwnerUnknown) {
		t.Errorf("that of another organization: %v", err)
	}
	if err := s.Account.DeleteServiceAccount(ctx, ada, "acme", "mia", account.Disposal{}); !errors.Is(err, berth.ErrOwnerUnknown) {
		t.Errorf("a person: %v", err)
	}
	remove := func(d account.Disposal) error { return s.Account.DeleteServiceAccount(ctx, ada, "acme", "robot", d) }
	conflict(t, "with a package", remove(account.Disposal{}), "Robot has 1 packages")
	if err := remove(account.Disposal{Packages: account.PackagesMove, To: "bob"}); !errors.Is(err, berth.ErrOwnerUnknown) {
		t.Errorf("a gift to a stranger: %v", err)
	}
	must(t, remove(account.Disposal{Packages: account.PackagesMove, To: "acme"}))
	robot.Get("/api/v3/user").Want(401)
	s.As("ada").Bearer("repository:acme/own:pull").Get("/v2/acme/own/manifests/v1").Want(200)

	// By an administrator, into the log of the organization.
	_, err = s.Account.CreateServiceAccount(ctx, ada, "acme", "second", "")
	root := viewer(t, s, s.Token("root", berth.ScopeAll, 0))
	must(t, err, s.Account.SetBlocked(ctx, root, "second", true), s.Account.DeleteUser(ctx, root, "second", account.Disposal{}))
	var got []string
	for _, line := range events(t, s, "acme") {
		if strings.Contains(line, "service_account") || strings.Contains(line, "user.") || strings.Contains(line, "package.move") {
			got = append(got, line)
		}
	}
	if diff := cmp.Diff([]string{
		"acme/ada: service_account.create acme/Robot acme/Src",
		"acme/ada: package.move acme/own from robot/own",
		"acme/ada: package.move acme packages from Robot: 1",
		"acme/ada: service_account.delete acme/Robot packages moved to acme: 1",
		"acme/ada: service_account.create acme/second",
		"acme/root: user.block acme/second",
		"acme/root: service_account.delete acme/second",
	}, got); diff != "" {
		t.Error(diff)
	}
}

// Two of three owners remove each other at once. Who has just been removed removes
// nobody.
func TestRemovedRemovesNobody(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		s := berthtest.New(t, berthtest.Options{Address: address})
		ctx, op := t.Context(), berth.Operator()
		bob, mia := viewer(t, s, s.Token("bob", berth.ScopeAll, 0)), viewer(t, s, s.Token("mia", berth.ScopeAll, 0))
		for range 20 {
			must(t, s.Account.AddMember(ctx, op, "acme", "bob", true), s.Account.AddMember(ctx, op, "acme", "mia", true))
			var first, second error
			var wg sync.WaitGroup
			start := make(chan struct{})
			wg.Go(func() { <-start; first = s.Account.RemoveMember(ctx, bob, "acme", "mia") })
			wg.Go(func() { <-start; second = s.Account.RemoveMember(ctx, mia, "acme", "bob") })
			close(start)
			wg.Wait()
			if (first == nil) == (second == nil) || !errors.Is(errors.Join(first, second), berth.ErrOwnerUnknown) {
				t.Fatalf("%v, %v", first, second)
			}
		}
	})
}
