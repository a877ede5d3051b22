package registry_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/meta"
	"github.com/berth-registry/berth/internal/registry"
)

// who returns the viewer that a user is with a token of the scopes given.
func who(t *testing.T, s *berthtest.Server, user string, scopes berth.Scopes) berth.Viewer {
	t.Helper()
	if user == "" {
		return berth.Viewer{}
	}
	v, err := s.Account.Login(t.Context(), user, s.Token(user, scopes, 0), "")
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func name(t *testing.T, s string) berth.Name {
	t.Helper()
	n, err := berth.ParseName(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// rows makes a record of a source repository, and a team with bob in it.
func rows(t *testing.T, s *berthtest.Server) {
	t.Helper()
	s.Exec(`INSERT INTO repositories (owner_id, name, folded, visibility, description, web_url, created_at)
		SELECT id, 'Src', 'src', 'public', '', '', 0 FROM owners WHERE folded IN ('acme', 'bob')`)
	s.Exec(`INSERT INTO teams (org_id, name, folded, created_at) SELECT id, 'Devs', 'devs', 0 FROM owners WHERE folded = 'acme'`)
	s.Exec(`INSERT INTO team_members (team_id, user_id) SELECT t.id, o.id FROM teams t, owners o WHERE o.folded = 'bob'`)
}

// What administrators of a package may change, and nobody else.
func TestAdministerPackage(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	rows(t, s)
	s.As("ada").PushImage("acme/app", "v1", "1")
	n, ctx := name(t, "acme/app"), t.Context()
	uses := map[string]func(v berth.Viewer) error{
		"visibility": func(v berth.Viewer) error { return s.Registry.SetVisibility(ctx, v, n, berth.VisibilityInternal) },
		"grant": func(v berth.Viewer) error {
			return s.Registry.GrantRole(ctx, v, n, registry.Holder{User: "bob"}, berth.RoleRead)
		},
		"revoke":  func(v berth.Viewer) error { return s.Registry.RevokeRole(ctx, v, n, registry.Holder{User: "mia"}) },
		"roles":   func(v berth.Viewer) error { _, err := s.Registry.ListRoles(ctx, v, n, 0, 10); return err },
		"link":    func(v berth.Viewer) error { return s.Registry.Link(ctx, v, n, "acme/src") },
		"unlink":  func(v berth.Viewer) error { return s.Registry.Unlink(ctx, v, n) },
		"inherit": func(v berth.Viewer) error { return s.Registry.SetInherit(ctx, v, n, true) },
		"delete":  func(v berth.Viewer) error { return s.Registry.DeletePackage(ctx, v, n) },
	}
	mia := who(t, s, "mia", berth.ScopeAll)
	if err := s.Registry.GrantRole(ctx, berth.Operator(), n, registry.Holder{User: "mia"}, berth.RoleWrite); err != nil {
		t.Fatal(err)
	}
	bearer := who(t, s, "ada", berth.ScopeAll)
	bearer.Bearer, bearer.Grants = true, []berth.Grant{{Type: "repository", Name: "acme/app", Actions: []berth.Action{berth.ActionPull, berth.ActionPush}}}
	viewers := map[string]struct {
		v    berth.Viewer
		want error
	}{
		"anonymous": {berth.Viewer{}, berth.ErrUnauthenticated},
		"stranger":  {who(t, s, "bob", berth.ScopeAll), berth.ErrPackageUnknown},
		"writer":    {mia, berth.ErrDenied},
		"reader":    {who(t, s, "ada", berth.ScopeReadPackages), berth.ErrDenied},
		"scopeless": {who(t, s, "ada", berth.ScopeReadUser), berth.ErrPackageUnknown},
		"bearer":    {bearer, berth.ErrScopeMissing},
	}
	before := s.State()
	for what, use := range uses {
		for who, viewer := range viewers {
			if err := use(viewer.v); !errors.Is(err, viewer.want) {
				t.Errorf("%s by %s: %v, want %v", what, who, err, viewer.want)
			}
		}
	}
	if diff := cmp.Diff(before, s.State()); diff != "" {
		t.Errorf("refused requests changed something:\n%s", diff)
	}
	ada := who(t, s, "ada", berth.ScopeAll)
	for _, what := range []string{"visibility", "grant", "revoke", "roles", "link", "inherit", "unlink", "delete"} {
		if err := uses[what](ada); err != nil {
			t.Errorf("%s by an owner: %v", what, err)
		}
	}
	if err := uses["roles"](ada); !errors.Is(err, berth.ErrPackageUnknown) {
		t.Errorf("after it was deleted: %v", err)
	}
}

// A role counts at once, for whom it was given, and no longer than it lasts.
func TestRolesCount(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	rows(t, s)
	s.As("ada").PushImage("acme/app", "v1", "1")
	s.Exec(`INSERT INTO owners (kind, name, folded, created_at) VALUES ('user', 'robot', 'robot', 0)`)
	s.Exec(`INSERT INTO users (owner_id, org_id, password_hash, admin, repository_id) SELECT o.id, a.id, '', FALSE, r.id
		FROM owners o, owners a, repositories r WHERE o.folded = 'robot' AND a.folded = 'acme' AND r.owner_id = a.id`)
	n, ctx, op := name(t, "acme/app"), t.Context(), berth.Operator()
	for user, holder := range map[string]registry.Holder{
		"mia":   {User: "MIA"},
		"bob":   {Team: "DEVS"},
		"robot": {Repository: "Acme/SRC"},
	} {
		c := s.As(user)
		try := func() string {
			get := c.Get("/v2/acme/app/manifests/v1").Status
			push := c.Do("POST", "/v2/acme/app/blobs/uploads/", nil).Status
			return fmt.Sprint(get, push)
		}
		s.Exec(`UPDATE orgs SET base_role = 0`)
		for _, step := range []struct {
			role berth.Role
			want string
		}{{berth.RoleNone, "404 403"}, {berth.RoleRead, "200 403"}, {berth.RoleWrite, "200 202"}, {berth.RoleAdmin, "200 202"}, {berth.RoleRead, "200 403"}, {berth.RoleNone, "404 403"}} {
			var err error
			switch {
			case step.role != berth.RoleNone:
				err = s.Registry.GrantRole(ctx, op, n, holder, step.role)
			default:
				_ = s.Registry.RevokeRole(ctx, op, n, holder)
			}
			if got := try(); err != nil || got != step.want {
				t.Errorf("%s with %s: %s, want %s, %v", user, step.role, got, step.want, err)
			}
		}
		if err := s.Registry.RevokeRole(ctx, op, n, holder); !errors.Is(err, berth.ErrRoleUnknown) {
			t.Errorf("revoked twice: %v", err)
		}
	}
	for what, tt := range map[string]struct {
		h    registry.Holder
		want error
	}{
		"nobody":             {registry.Holder{User: "nobody"}, berth.ErrOwnerUnknown},
		"an organization":    {registry.Holder{User: "acme"}, berth.ErrOwnerUnknown},
		"no team":            {registry.Holder{Team: "ops"}, berth.ErrTeamUnknown},
		"no repository":      {registry.Holder{Repository: "acme/none"}, berth.ErrRepositoryUnknown},
		"not a repository":   {registry.Holder{Repository: "acme"}, berth.ErrRequestInvalid},
		"nothing":            {registry.Holder{}, berth.ErrOwnerInvalid},
		"team with NUL":      {registry.Holder{Team: "a\x00b"}, berth.ErrTeamUnknown},
		"team with bad text": {registry.Holder{Team: "\xff"}, berth.ErrTeamUnknown},
	} {
		if err := s.Registry.GrantRole(ctx, op, n, tt.h, berth.RoleRead); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", what, err, tt.want)
		}
	}
}

// What inherits has the visibility and the roles of its repository while it does,
// and is never more visible afterwards than it was.
func TestInherit(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	rows(t, s)
	n, ctx, op := name(t, "acme/app"), t.Context(), berth.Operator()
	s.As("ada").PushImage("acme/app", "v1", "1")
	bob := s.As("bob")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	see := func(when string, user *berthtest.Client, status int, visibility berth.Visibility) {
		t.Helper()
		p, err := s.Registry.GetPackage(ctx, op, n)
		if got := user.Get("/v2/acme/app/manifests/v1").Status; got != status || err != nil || p.Visibility != visibility {
			t.Errorf("%s: %d, %s, %v; want %d, %s", when, got, p.Visibility, err, status, visibility)
		}
	}
	if err := s.Registry.SetInherit(ctx, op, n, true); !errors.Is(err, berth.ErrConflict) {
		t.Errorf("without a link: %v", err)
	}
	if err := s.Registry.Link(ctx, op, n, "bob/src"); !errors.Is(err, berth.ErrConflict) {
		t.Errorf("linked to another owner's: %v", err)
	}
	must(s.Registry.Link(ctx, op, n, "acme/src"))
	see("linked only", s.As(""), 401, berth.VisibilityPrivate)
	must(s.Registry.SetInherit(ctx, op, n, true))
	see("inherits public", s.As(""), 200, berth.VisibilityPublic)
	if err := s.Registry.SetVisibility(ctx, op, n, berth.VisibilityPrivate); !errors.Is(err, berth.ErrConflict) {
		t.Errorf("visibility of its own: %v", err)
	}
	s.Exec(`UPDATE repositories SET visibility = 'private'`)
	see("inherits private", bob, 404, berth.VisibilityPrivate)
	s.Exec(`INSERT INTO repository_roles (repository_id, team_id, role) SELECT r.id, t.id, 2 FROM repositories r, teams t, owners o WHERE o.id = r.owner_id AND o.folded = 'acme'`)
	see("a team of the repository", bob, 200, berth.VisibilityPrivate)
	bob.Do("POST", "/v2/acme/app/blobs/uploads/", nil).Want(202)
	must(s.Registry.SetInherit(ctx, op, n, false))
	see("inherits no more", bob, 404, berth.VisibilityPrivate)

	// The organization forbids what is public: also what inherits it.
	s.Exec(`UPDATE repositories SET visibility = 'public'`)
	must(s.Registry.SetInherit(ctx, op, n, true))
	s.Exec(`UPDATE orgs SET allow_public = FALSE`)
	s.Exec(`DELETE FROM repository_roles`)
	see("public is forbidden", bob, 404, berth.VisibilityPrivate)
	s.As("").Get("/v2/_catalog").Want(401)
	must(s.Registry.Unlink(ctx, op, n))
	see("unlinked", bob, 404, berth.VisibilityPrivate)
	if err := s.Registry.SetVisibility(ctx, op, n, berth.VisibilityPublic); !errors.Is(err, berth.ErrConflict) {
		t.Errorf("public where that is forbidden: %v", err)
	}
	s.Exec(`UPDATE orgs SET allow_public = TRUE`)
	see("allowed again", bob, 404, berth.VisibilityPrivate)
	if err := s.Registry.Unlink(ctx, op, n); !errors.Is(err, berth.ErrConflict) {
		t.Errorf("unlinked twice: %v", err)
	}
}

// Linking needs write on the repository, and one that cannot be seen is like none.
func TestLinkNeedsTheRepository(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	rows(t, s)
	s.Exec(`UPDATE repositories SET visibility = 'private'`)
	s.Exec(`UPDATE orgs SET base_role = 0`)
	s.As("mia").PushImage("acme/app", "v1", "1") // an administrator of it by that
	n, ctx := name(t, "acme/app"), t.Context()
	mia := who(t, s, "mia", berth.ScopeAll)
	hidden, none := s.Registry.Link(ctx, mia, n, "acme/src"), s.Registry.Link(ctx, mia, n, "acme/nix")
	if !errors.Is(hidden, berth.ErrRepositoryUnknown) || strings.ReplaceAll(hidden.Error(), "src", "nix") != none.Error() {
		t.Errorf("a hidden one: %v; none: %v", hidden, none)
	}
	s.Exec(`UPDATE orgs SET base_role = 1`)
	if err := s.Registry.Link(ctx, mia, n, "acme/src"); !errors.Is(err, berth.ErrDenied) {
		t.Errorf("with read: %v", err)
	}
	s.Exec(`UPDATE orgs SET base_role = 2`)
	if err := s.Registry.Link(ctx, mia, n, "acme/src"); err != nil {
		t.Errorf("with write: %v", err)
	}
}

// Each change is in the log, with who made it.
func TestPackageEvents(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	rows(t, s)
	s.As("ada").PushImage("acme/app", "v1", "1")
	n, ctx := name(t, "acme/app"), t.Context()
	ada := who(t, s, "ada", berth.ScopeAll)
	first := s.As("ada").Get("/v2/acme/app/manifests/v1").Header.Get("Docker-Content-Digest")
	s.As("ada").PushImage("acme/app", "v1", "2")
	second := s.As("ada").Get("/v2/acme/app/manifests/v1").Header.Get("Docker-Content-Digest")
	s.As("ada").PushImage("acme/app", "v1", "2") // nothing changes
	for _, err := range []error{
		s.Registry.SetVisibility(ctx, ada, n, berth.VisibilityPublic),
		s.Registry.GrantRole(ctx, ada, n, registry.Holder{Team: "devs"}, berth.RoleWrite),
		s.Registry.RevokeRole(ctx, ada, n, registry.Holder{Team: "devs"}),
		s.Registry.Link(ctx, ada, n, "acme/src"),
		s.Registry.SetInherit(ctx, ada, n, true),
		s.Registry.Unlink(ctx, ada, n),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	s.As("ada").Do("DELETE", "/v2/acme/app/manifests/v1", nil).Want(202)
	s.As("ada").Do("DELETE", "/v2/acme/app/manifests/"+second, nil).Want(202)
	if err := s.Registry.DeletePackage(ctx, ada, n); err != nil {
		t.Fatal(err)
	}
	var got []string
	err := s.Meta.View(ctx, func(tx *meta.Tx) error {
		events, err := tx.ListEvents(ctx, s.OwnerID("acme"), s.Clock.Now().Add(-berthtest.Day), s.Clock.Now().Add(berthtest.Day), 0, 100)
		for _, e := range events {
			if strings.HasPrefix(e.Action, "org.") {
				continue
			}
			if e.Actor != "ada" || e.TokenID == 0 || e.Owner != "acme" {
				t.Errorf("%+v", e)
			}
			got = append(got, strings.TrimSpace(e.Action+" "+e.Target+" "+e.Detail))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"package.delete acme/app public",
		"version.delete acme/app@" + second,
		"tag.delete acme/app:v1 " + second,
		"package.unlink acme/app acme/Src",
		"package.inherit acme/app true from acme/Src",
		"package.link acme/app acme/src",
		"package.revoke acme/app team Devs",
		"package.grant acme/app team Devs: write",
		"package.visibility acme/app private -> public",
		"tag.move acme/app:v1 " + first + " -> " + second,
		"package.publish acme/app",
		"tag.create acme/app:v1 " + first,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	// Nothing takes it back.
	for _, q := range []string{`UPDATE audit SET actor = 'bob'`, `DELETE FROM audit`} {
		if err := s.TryExec(context.Background(), q); err == nil {
			t.Errorf("%s is possible", q)
		}
	}
}
