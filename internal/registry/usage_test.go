package registry_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
)

// What is about all packages of an organization is refused to its members with what
// they lack: to be owners, or a token that may.
func TestOwnersOnly(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	for _, tt := range []struct {
		user   string
		scopes berth.Scopes
		kind   error
		want   string
	}{
		{"mia", berth.ScopeAll, berth.ErrDenied, "this is about all packages of acme, and user mia is no owner of it; an owner can make mia one: berth org add-member acme mia --as-owner"},
		{"ada", berth.ScopeReadPackages, berth.ErrDenied, "the token of user ada has the scopes read:packages, changing it needs write:packages; make a token that has it"},
		{"bob", berth.ScopeAll, berth.ErrOwnerUnknown, ""},
	} {
		v := who(t, s, tt.user, tt.scopes)
		_, usage := s.Registry.OwnerUsage(t.Context(), v, "acme")
		_, names := s.Registry.ListKeptNames(t.Context(), v, "acme", "", 10)
		for what, err := range map[string]error{"usage": usage, "names": names} {
			if !errors.Is(err, tt.kind) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s for %s: %v", what, tt.user, err)
			}
		}
	}
}
