package account_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
)

// world prepares an organization with a service account, packages of both, one of
// which is public by its repository, and the organization "next" of ada's.
func world(t *testing.T) (*berthtest.Server, berth.Viewer) {
	t.Helper()
	s := berthtest.New(t)
	ctx, op := t.Context(), berth.Operator()
	ada := viewer(t, s, s.Token("ada", berth.ScopeAll, 0))
	_, err := s.Account.CreateServiceAccount(ctx, ada, "acme", "robot", "")
	must(t, err, s.Account.CreateOrg(ctx, op, "next", "ada"))
	s.As("mia").PushImage("acme/app", "v1", "seed")
	s.As("ada").PushImage("acme/hidden", "v1", "seed")
	s.As("robot").PushImage("robot/own", "v1", "seed")
	s.As("robot").StartUpload("robot/probe")
	s.Exec(`INSERT INTO repositories (owner_id, name, folded, visibility, description, web_url, created_at)
		SELECT id, 'src', 'src', 'public', '', '', 0 FROM owners WHERE folded = 'acme'`)
	s.Exec(`UPDATE packages SET inherit = TRUE, repository_id = (SELECT id FROM repositories) WHERE path = 'app'`)
	return s, ada
}

func TestDeleteOrg(t *testing.T) {
	t.Parallel()
	s, ada := world(t)
	ctx := t.Context()
	remove := func(d account.Disposal) error { return s.Account.DeleteOrg(ctx, ada, "Acme", d) }
	move := func(to string) error { return remove(account.Disposal{Packages: account.PackagesMove, To: to}) }
	conflict(t, "refuse", remove(account.Disposal{}), "acme has 3 packages")
	conflict(t, "to itself", move("acme"), "deleted itself")
	conflict(t, "to what goes with it", s.Account.DeleteOrg(ctx, berth.Operator(), "acme", account.Disposal{Packages: account.PackagesMove, To: "robot"}), "deleted with acme")
	must(t, s.Account.CreateOrg(ctx, berth.Operator(), "theirs", "bob"), s.Account.AddMember(ctx, berth.Operator(), "theirs", "ada", false))
	for to, want := range map[string]error{"bob": berth.ErrOwnerUnknown, "nobody": berth.ErrOwnerUnknown, "theirs": berth.ErrDenied, "": berth.ErrRequestInvalid} {
		if err := move(to); !errors.Is(err, want) {
			t.Errorf("to %q: %v, want %v", to, err, want)
		}
	}
	// A token that may not touch packages cannot give them away or delete them.
	weak := viewer(t, s, s.Token("ada", berth.ScopeAdminOrg|berth.ScopeReadUser, 0))
	for _, mode := range []string{account.PackagesMove, account.PackagesPurge} {
		if err := s.Account.DeleteOrg(ctx, weak, "acme", account.Disposal{Packages: mode, To: "next"}); !errors.Is(err, berth.ErrDenied) {
			t.Errorf("%s with a token for organizations only: %v", mode, err)
		}
	}
	must(t, move("next"))
	anonymous := s.As("")
	for name, want := range map[string]int{"next/app": 200, "next/hidden": 401, "next/own": 401} {
		anonymous.Bearer("repository:" + name + ":pull").Get("/v2/" + name + "/manifests/v1").Want(want)
	}
	// She administered it as a member of acme.
	s.As("mia").Do("DELETE", "/v2/next/app/manifests/v1", nil).Want(403)
	s.As("ada").Bearer("repository:next/own:pull").Get("/v2/next/own/manifests/v1").Want(200)
	s.As("ada").Get("/api/v3/orgs/acme").Want(404)
	for _, name := range []string{"acme", "robot"} {
		if _, err := s.Account.CreateServiceAccount(ctx, ada, "next", name, ""); !errors.Is(err, berth.ErrOwnerExists) {
			t.Errorf("the name %s is not held: %v", name, err)
		}
	}
	all := events(t, s, "")
	if diff := cmp.Diff([]string{"next/ada: package.move next packages from acme: 3", "acme/ada: org.delete acme packages moved to next: 3"}, all[len(all)-2:]); diff != "" {
		t.Error(diff)
	}
}

// Where an organization forbids public, what says that it is public does not become
// so by moving.
func TestMoveNeverShowsMore(t *testing.T) {
	t.Parallel()
	s, ada := world(t)
	ctx := t.Context()
	s.SetVisibility("acme/hidden", berth.VisibilityPublic)
	must(t, second(s.Account.UpdateOrg(ctx, ada, "acme", account.OrgChange{AllowPublic: new(false)})))
	must(t, s.Account.DeleteOrg(ctx, ada, "acme", account.Disposal{Packages: account.PackagesMove, To: "ada"}))
	for _, name := range []string{"ada/app", "ada/hidden", "ada/own"} {
		s.As("").Bearer("repository:" + name + ":pull").Get("/v2/" + name + "/manifests/v1").Want(401)
		s.As("ada").Bearer("repository:" + name + ":pull").Get("/v2/" + name + "/manifests/v1").Want(200)
	}
}

func TestPurgeOrg(t *testing.T) {
	t.Parallel()
	s, ada := world(t)
	must(t, s.Account.DeleteOrg(t.Context(), ada, "acme", account.Disposal{Packages: account.PackagesPurge}))
	var left []string
	for line := range strings.SplitSeq(s.State(), "\n") {
		table, _, _ := strings.Cut(line, " ")
		if slices.Contains([]string{"packages", "manifests", "tags", "package_blobs", "uploads", "package_roles", "repositories", "teams"}, table) {
			left = append(left, line)
		}
	}
	if len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	// And one into which nothing was pushed, which nobody knows of.
	all := events(t, s, "")
	if got := all[len(all)-1]; got != "acme/ada: org.delete acme packages deleted: 3" {
		t.Error(got)
	}
}
