package berth_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/berth-registry/berth"
)

func TestParseRepository(t *testing.T) {
	t.Parallel()
	good := map[string]string{
		"web": "web", "Web.App": "web.app", "_": "_", "-x-": "-x-", "...": "...", ".github": ".github", "a.gitx": "a.gitx", "git": "git",
		"A_b-C.9": "a_b-c.9", strings.Repeat("X", 100): strings.Repeat("x", 100),
	}
	for name, want := range good {
		if got, err := berth.ParseRepository(name); err != nil || got != want {
			t.Errorf("%q: %q, %v", name, got, err)
		}
	}
	bad := []string{
		"", ".", "..", "web.git", "web.GIT", ".git", "a/b", "a b", "a\x00", "a\n", "ä", "\u212a", "a\xff", "a+b", "a@b", "a[", "a`", "a{",
		"a\x0d", "a\x10", strings.Repeat("x", 101),
	}
	for _, name := range bad {
		if got, err := berth.ParseRepository(name); !errors.Is(err, berth.ErrRequestInvalid) {
			t.Errorf("%q: %q, %v", name, got, err)
		}
	}
}
