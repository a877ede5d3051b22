package account_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/meta"
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
