package registry_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/registry"
)

// A name that no team can have does not come to the database, which may not take it.
func TestTeamsThatCannotBe(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	s.As("ada").PushImage("acme/app", "v1", "1")
	ada, n := who(t, s, "ada", berth.ScopeAll), name(t, "acme/app")
	for _, team := range []string{"no", "a\x00", "\xff", "\u00e4", strings.Repeat("a", berth.MaxOwnerLength+1)} {
		for what, err := range map[string]error{
			"grant":  s.Registry.GrantRole(t.Context(), ada, n, registry.Holder{Team: team}, berth.RoleRead),
			"revoke": s.Registry.RevokeRole(t.Context(), ada, n, registry.Holder{Team: team}),
		} {
			e, ok := errors.AsType[*berth.Error](err)
			if !ok || e.ID != berth.ErrTeamUnknown.ID {
				t.Errorf("%s %q: %v", what, team, err)
				continue
			}
			if team != "no" && e.Unwrap() == nil {
				t.Errorf("%s %q: the database was asked", what, team)
			}
		}
	}
}

// Who administers a package does not learn from it of which repository it is.
func TestVisibilityOfUnknownRepository(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	rows(t, s)
	s.Exec(`UPDATE repositories SET visibility = 'private'`)
	s.As("ada").PushImage("acme/app", "v1", "1")
	n, op := name(t, "acme/app"), berth.Operator()
	if err := errors.Join(
		s.Registry.Link(t.Context(), op, n, "acme/src"), s.Registry.SetInherit(t.Context(), op, n, true),
		s.Registry.GrantRole(t.Context(), op, n, registry.Holder{User: "bob"}, berth.RoleAdmin),
	); err != nil {
		t.Fatal(err)
	}
	for user, want := range map[string]string{"bob": "its repository", "ada": "acme/Src"} {
		err := s.Registry.SetVisibility(t.Context(), who(t, s, user, berth.ScopeAll), n, berth.VisibilityInternal)
		if !errors.Is(err, berth.ErrConflict) || !strings.Contains(err.Error(), "has the visibility of "+want+";") {
			t.Errorf("%s: %v, want a conflict that says %q", user, err, want)
		}
	}
}
