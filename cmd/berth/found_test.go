package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A mistyped directory is not made, and does not look like an empty registry.
func TestNoDataDirectory(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "dta")
	p := &place{t: t, args: []string{"--data", data}}
	for _, line := range []string{"user list", "whoami", "audit", "admin credentials", "user show create", "org list"} {
		status, out, errs := p.run("", line)
		want := "berth: no data in " + data + "; start it with berth serve --data " + data + "\n"
		if diff := cmp.Diff(want, errs); status != 1 || out != "" || diff != "" {
			t.Errorf("%s: %d %s%s", line, status, out, diff)
		}
	}
	if _, err := os.Stat(data); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it was made: %v", err)
	}
	if _, _, errs := p.run("", "org create acme --owner ada"); !strings.Contains(errs, "there is no user ada") {
		t.Error(errs)
	}
	p.ok("", "user list")

	// A database elsewhere needs no file in the directory.
	elsewhere := &place{t: t, env: []string{"BERTH_DATABASE=sqlite:" + filepath.Join(data, "other.db")}, args: p.args}
	elsewhere.ok("", "user list")
}
