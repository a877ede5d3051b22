package crash_test

import (
	"debug/buildinfo"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// describe names the binary and the commit it was built from.
func (p product) describe() string {
	info, err := buildinfo.ReadFile(p.bin)
	if err != nil {
		return p.name
	}
	commit, changed := "unknown commit", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = "commit " + s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = " with changes"
		}
	}
	return p.name + " (" + commit + changed + ")"
}

// checkDatabase asks SQLite whether the file is sound while the server uses it,
// which also reads the write-ahead log.
func checkDatabase(t *testing.T, p product, data string) {
	t.Helper()
	if p.database == "" {
		return
	}
	cli, err := exec.LookPath("sqlite3")
	if err != nil {
		const reason = "database not checked: sqlite3 is not installed (apt-get install sqlite3)"
		if os.Getenv("CI") == "true" {
			t.Error(reason)
		}
		t.Log(reason)
		return
	}
	out, err := command(t.Context(), cli, "-readonly", "-cmd", ".timeout 5000", filepath.Join(data, p.database),
		"PRAGMA integrity_check; PRAGMA foreign_key_check;")
	if err != nil {
		t.Errorf("check database: %v", err)
		return
	}
	if out != "ok" {
		t.Errorf("integrity_check and foreign_key_check say %q, want ok", out)
	}
}
