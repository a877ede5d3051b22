package clients_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestClients(t *testing.T) {
	t.Parallel()
	b := &bench{berth: buildBerth(t), tools: newTools(t)}
	sets := []string{"quick"}
	if os.Getenv("BERTH_E2E_ALL") == "1" {
		sets = append(sets, "slow")
	}
	for _, set := range sets {
		t.Run(set, func(t *testing.T) {
			t.Parallel()
			testscript.Run(t, testscript.Params{
				Dir:                 filepath.Join("testdata", set),
				WorkdirRoot:         t.TempDir(),
				Setup:               b.setup,
				Cmds:                b.commands(),
				RequireExplicitExec: true,
				RequireUniqueNames:  true,
			})
		})
	}
}

// buildBerth returns the path of the binary under test.
func buildBerth(t *testing.T) string {
	t.Helper()
	if bin := os.Getenv("BERTH_BIN"); bin != "" {
		return bin
	}
	bin := filepath.Join(t.TempDir(), "berth")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "./cmd/berth")
	build.Dir = filepath.Join("..", "..")
	// The parent is another module, so a workspace file must not mix the two.
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build berth: %v\n%s", err, out)
	}
	return bin
}
