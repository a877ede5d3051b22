package account_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/meta"
	"github.com/berth-registry/berth/internal/registry"
)

// A limited token, and one that is for some actions with packages only, reaches the
// repositories of owners that it names whole, and what is public.
func TestLimitedTokensAndRepositories(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ctx := t.Context()
	ids := map[string]int64{}
	for _, name := range []string{"ada", "acme"} {
		err := s.Meta.View(ctx, func(tx *meta.Tx) error {
			o, err := tx.GetOwner(ctx, name)
			ids[name] = o.ID
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	ada := berth.Viewer{UserID: ids["ada"], Login: "ada", Scopes: berth.ScopeAll}
	private, public := berth.VisibilityPrivate, berth.VisibilityPublic
	for _, owner := range []string{"ada", "acme"} {
		for name, visibility := range map[string]*berth.Visibility{"private": &private, "public": &public} {
			if _, err := s.Account.CreateRepository(ctx, ada, owner, account.RepositoryChange{Name: &name, Visibility: visibility}); err != nil {
				t.Fatal(err)
			}
		}
	}
	limited := func(owner, path string) berth.Viewer {
		s.Token("ada", berth.ScopeAll, 0)
		s.Exec(`UPDATE tokens SET limited = TRUE WHERE id = (SELECT max(id) FROM tokens)`)
		id := s.Exec(`INSERT INTO token_limits (token_id, owner_id, path) SELECT max(id), $1, $2 FROM tokens`, ids[owner], path)
		v := ada
		v.TokenID, v.Limited, v.Limits = id, true, []berth.Limit{{OwnerID: ids[owner], Path: path}}
		return v
	}
	actions := ada
	actions.Actions = []berth.Action{berth.ActionPull, berth.ActionPush}
	bearer := ada
	bearer.Bearer = true
	for name, tt := range map[string]struct {
		v            berth.Viewer
		lists        []string
		make, change error // in acme
	}{
		"all":                 {ada, []string{"acme/private", "acme/public", "ada/private", "ada/public"}, nil, nil},
		"limited to ada":      {limited("ada", ""), []string{"acme/public", "ada/private", "ada/public"}, berth.ErrDenied, berth.ErrRepositoryUnknown},
		"limited to acme":     {limited("acme", ""), []string{"acme/private", "acme/public", "ada/public"}, nil, nil},
		"limited to packages": {limited("acme", "private"), []string{"acme/public", "ada/public"}, berth.ErrDenied, berth.ErrRepositoryUnknown},
		"actions":             {actions, []string{"acme/public", "ada/public"}, berth.ErrDenied, berth.ErrRepositoryUnknown},
		"bearer":              {bearer, []string{"acme/public", "ada/public"}, berth.ErrDenied, berth.ErrRepositoryUnknown},
	} {
		list, err := s.Account.ListRepositories(ctx, tt.v, account.RepositoryQuery{Limit: 100})
		got := []string{}
		for _, r := range list {
			got = append(got, r.FullName())
		}
		if diff := cmp.Diff(tt.lists, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
		description := name
		if _, err := s.Account.UpdateRepository(ctx, tt.v, "acme", "private", account.RepositoryChange{Description: &description}); !errors.Is(err, tt.change) {
			t.Errorf("%s changes: %v", name, err)
		}
		made := "made"
		if _, err := s.Account.CreateRepository(ctx, tt.v, "acme", account.RepositoryChange{Name: &made}); !errors.Is(err, tt.make) {
			t.Errorf("%s makes: %v", name, err)
		}
		if tt.make == nil {
			if err := s.Account.DeleteRepository(ctx, tt.v, "acme", "made"); err != nil {
				t.Errorf("%s deletes: %v", name, err)
			}
		}
	}
	if err := s.Account.PutCollaborator(ctx, ada, "acme", "private", account.CollaboratorUser, "bob", berth.RoleNone); !errors.Is(err, berth.ErrRequestInvalid) {
		t.Errorf("the role none: %v", err)
	}
	if _, err := s.Account.CreateRepository(ctx, berth.Operator(), "", account.RepositoryChange{Name: new(string)}); err == nil {
		t.Error("the operator owns a repository")
	}
}

// That an account is blocked is for administrators to know.
func TestBlockedCollaborator(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ctx, ada, name := t.Context(), s.Viewer("ada"), "src"
	_, err := s.Account.CreateRepository(ctx, ada, "ada", account.RepositoryChange{Name: &name})
	must(t, err)
	s.Block("bob")
	must(t, s.Account.PutCollaborator(ctx, ada, "ada", "src", account.CollaboratorUser, "bob", berth.RoleRead))
}

// A service account of another organization is like a name that nobody has.
func TestServiceAccountsAreHidden(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ctx, op, bob, name := t.Context(), berth.Operator(), s.Viewer("bob"), "src"
	must(t, s.Account.CreateOrg(ctx, op, "other", "bob"))
	must(t, second(s.Account.CreateServiceAccount(ctx, op, "acme", "robot", "")), second(s.Account.CreateTeam(ctx, op, "other", "devs")),
		second(s.Account.CreateRepository(ctx, bob, "bob", account.RepositoryChange{Name: &name})))
	s.As("bob").PushImage("bob/app", "v1", "1")
	n := berth.Name{Owner: "bob", Path: "app"}
	for what, try := range map[string]func(who string) error{
		"list": func(who string) error {
			return second(s.Account.ListRepositories(ctx, bob, account.RepositoryQuery{Owner: who}))
		},
		"collaborator": func(who string) error {
			return s.Account.PutCollaborator(ctx, bob, "bob", "src", account.CollaboratorUser, who, berth.RoleRead)
		},
		"no collaborator": func(who string) error {
			return s.Account.DropCollaborator(ctx, bob, "bob", "src", account.CollaboratorUser, who)
		},
		"grant": func(who string) error {
			return s.Registry.GrantRole(ctx, bob, n, registry.Holder{User: who}, berth.RoleRead)
		},
		"revoke":        func(who string) error { return s.Registry.RevokeRole(ctx, bob, n, registry.Holder{User: who}) },
		"member":        func(who string) error { return s.Account.AddMember(ctx, bob, "other", who, false) },
		"get member":    func(who string) error { return second(s.Account.GetMember(ctx, bob, "other", who)) },
		"remove":        func(who string) error { return s.Account.RemoveMember(ctx, bob, "other", who) },
		"team":          func(who string) error { return s.Account.AddTeamMember(ctx, bob, "other", "devs", who) },
		"out of a team": func(who string) error { return s.Account.RemoveTeamMember(ctx, bob, "other", "devs", who) },
	} {
		hidden, _ := errors.AsType[*berth.Error](try("robot"))
		absent, _ := errors.AsType[*berth.Error](try("nobot"))
		if hidden == nil || absent == nil || hidden.ID != berth.ErrOwnerUnknown.ID || hidden.ID != absent.ID ||
			strings.ReplaceAll(hidden.Msg, "robot", "nobot") != absent.Msg {
			t.Errorf("%s: %v, and of nobody %v", what, hidden, absent)
		}
	}
	must(t, s.Account.PutCollaborator(ctx, op, "bob", "src", account.CollaboratorUser, "robot", berth.RoleRead),
		s.Account.DropCollaborator(ctx, bob, "bob", "src", account.CollaboratorUser, "robot"))
}
