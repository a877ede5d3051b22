package account_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
)

// With another secret nothing is opened, and nothing is made anew in its place.
func TestWrongSecret(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	opts := s.AccountOptions()
	before := s.State()
	opts.Secret = slices.Repeat([]byte{1}, account.SecretLength)
	if _, err := account.New(t.Context(), s.Meta, opts); !errors.Is(err, account.ErrSecret) {
		t.Errorf("with another secret: %v", err)
	}
	opts.Secret = []byte("short")
	if _, err := account.New(t.Context(), s.Meta, opts); err == nil {
		t.Error("a short secret is taken")
	}
	s.Clock.Advance(40 * berthtest.Day) // time for a new key
	opts.Secret = slices.Repeat([]byte{1}, account.SecretLength)
	if _, err := account.New(t.Context(), s.Meta, opts); !errors.Is(err, account.ErrSecret) {
		t.Errorf("with another secret, when a key is due: %v", err)
	}
	if s.State() != before {
		t.Error("the database changed")
	}
}
