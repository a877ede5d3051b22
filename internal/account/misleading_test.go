package account_test

import (
	"errors"
	"testing"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
)

// Names and descriptions do not make a page say something else than it does.
func TestMisleadingText(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ada, name := s.Viewer("ada"), "web"
	for text, fine := range map[string]bool{"a\u202eb": false, "a\u2066b": false, "a\x1bb": false, "\U0001F469\u200D\U0001F680 שלום": true} {
		_, err := s.Account.CreateToken(t.Context(), ada, "ada", account.TokenRequest{Name: text, Scopes: berth.ScopeReadPackages})
		if fine != (err == nil) || !fine && !errors.Is(err, berth.ErrTokenInvalid) {
			t.Errorf("token %q: %v", text, err)
		}
		_, err = s.Account.CreateRepository(t.Context(), ada, "ada", account.RepositoryChange{Name: &name, Description: &text})
		if fine != (err == nil) || !fine && !errors.Is(err, berth.ErrRequestInvalid) {
			t.Errorf("description %q: %v", text, err)
		}
	}
}
