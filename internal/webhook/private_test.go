package webhook_test

import (
	"testing"

	"github.com/berth-registry/berth/internal/account"
)

// A push links a package to the repository that it names. Of a private one whoever
// administers the repository learns nothing by that, until an administrator of the
// package ties the two himself.
func TestRepositoryHooksOfPrivatePackages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	r := newReceiver(t, nil)
	e := w.pushed("v1")
	w.link("acme/src")
	w.hook(account.HookPlace{Owner: "acme", Repository: "src"}, r, account.HookChange{})
	w.TellHooks()
	r.taken() // the ping
	told := func() int {
		w.Happen(e)
		w.TellHooks()
		return len(r.taken())
	}
	for _, test := range []struct {
		change string
		want   int
	}{
		{`linked_by_hand = TRUE`, 1},
		{`linked_by_hand = FALSE`, 0},
		{`visibility = 'internal'`, 1},
		{`visibility = 'public'`, 1},
		{`visibility = 'private'`, 0},
		{`inherit = TRUE`, 1},
	} {
		w.Exec(`UPDATE packages SET ` + test.change)
		if got := told(); got != test.want {
			t.Errorf("%s: told %d times, want %d", test.change, got, test.want)
		}
	}
	w.Exec(`UPDATE packages SET inherit = FALSE, visibility = 'public'`)
	w.Exec(`UPDATE orgs SET allow_public = FALSE`)
	if got := told(); got != 0 {
		t.Errorf("told %d times of what the organization forbids to be public", got)
	}
}
