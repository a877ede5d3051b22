package account_test

import (
	"testing"

	"github.com/berth-registry/berth"
)

func TestEndOtherSessions(t *testing.T) {
	t.Parallel()
	s := withPasswords(t, "ada", "bob")
	ctx, a := t.Context(), s.Account
	other, _ := signIn(t, s, "ada", "")
	mine, v := signIn(t, s, "ada", "")
	bobs, _ := signIn(t, s, "bob", "")
	refused(t, "nobody", a.EndOtherSessions(ctx, berth.Viewer{}), berth.ErrUnauthenticated)
	narrow := v
	narrow.Scopes = berth.ScopeReadUser
	refused(t, "who may only read", a.EndOtherSessions(ctx, narrow), berth.ErrDenied)
	if _, err := a.SessionViewer(ctx, other.Secret, here); err != nil {
		t.Fatal(err)
	}
	if err := a.EndOtherSessions(ctx, v); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		secret string
		ok     bool
	}{"other": {other.Secret, false}, "mine": {mine.Secret, true}, "bob's": {bobs.Secret, true}} {
		if _, err := a.SessionViewer(ctx, tt.secret, here); (err == nil) != tt.ok {
			t.Errorf("%s session: %v", name, err)
		}
	}
}
