//go:build !race

// With the race detector these tests take minutes: .ci/test runs this package
// without it too.

package berthtest_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/berth-registry/berth/internal/meta/metatest"
)

// TestMatrixOnPostgres is TestMatrix on the other database, with its main columns.
func TestMatrixOnPostgres(t *testing.T) {
	t.Parallel()
	runMatrix(t, true, func(t *testing.T) string { t.Helper(); return metatest.Postgres(t) })
}

// mutant is one mistake in the product. The matrix has to notice it.
type mutant struct {
	name     string
	file     string // from the root of the module
	old, now string
	routes   string // an expression that fits the routes whose rows run
}

// TestMatrixBites makes mistakes of the kinds that other registries made, one at a
// time, in a copy of one source file, and demands that the matrix turns red: of its rows
// those about some routes run, on SQLite, with its main columns.
func TestMatrixBites(t *testing.T) {
	t.Parallel()
	for _, m := range []mutant{
		{
			name: "a check is missing on one route",
			file: "internal/registry/lists.go",
			old: `		if err != nil {
			return err
		}
		rows, more, err = tx.ListReferrers(`,
			now: `		rows, more, err = tx.ListReferrers(`,

			routes: "/referrers/",
		},
		{
			name: "a token is looked up by its id alone",
			file: "internal/meta/tokens.go",
			old:  "FROM tokens WHERE user_id = $1 AND id = $2`",
			now:  "FROM tokens WHERE $1 > 0 AND id = $2`",

			routes: "/tokens/",
		},
		{
			name: "scopes do not count",
			file: "access.go",
			old:  "v.Scopes&r.scopes != 0 && v.reaches(",
			now:  "v.reaches(",

			routes: "^[A-Z]+ /v2/",
		},
	} {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			m.bites(t)
		})
	}
}

// bites fails the test unless the matrix fails on the mutant.
func (m mutant) bites(t *testing.T) {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(filepath.Join(root, m.file))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(source), m.old); n != 1 {
		t.Fatalf("%s has the text to be replaced %d times, so that the mutant has to be made anew:\n%s", m.file, n, m.old)
	}
	dir := t.TempDir()
	mutated, overlay := filepath.Join(dir, "mutated.go"), filepath.Join(dir, "overlay.json")
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(root, m.file): mutated}})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{mutated: strings.Replace(string(source), m.old, m.now, 1), overlay: string(replace)} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := exec.CommandContext(t.Context(), "go", "test", "-overlay", overlay, "-short", "-count=1", "-v",
		"-run", "^TestMatrix$", "./internal/berthtest")
	c.Dir = root
	c.Env = slices.DeleteFunc(os.Environ(), func(s string) bool { return strings.HasPrefix(s, metatest.Variable+"=") })
	c.Env = append(c.Env, onlyRoutes+"="+m.routes)
	out, err := c.CombinedOutput()
	count := regexp.MustCompile(`\d+ rows, \d+ columns, \d+ cells, [1-9]\d* red`).Find(out)
	switch {
	case err == nil:
		t.Error("the matrix is green")
	case count == nil:
		t.Errorf("the matrix did not run: %v\n%s", err, out[max(0, len(out)-4000):])
	default:
		t.Logf("%s", count)
	}
}
