package clients_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/berth-registry/berth/e2e/rig"
)

func TestClients(t *testing.T) {
	t.Parallel()
	b := &bench{berth: rig.Berth(t), tools: newTools(t)}
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
