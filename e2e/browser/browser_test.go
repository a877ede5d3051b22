package browser_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/berth-registry/berth/e2e/rig"
)

func TestBrowser(t *testing.T) {
	t.Parallel()
	if err := tools(); err != nil {
		leaveOut(t, err)
	}
	install(t)
	flows, err := filepath.Glob("flows/*.test.js")
	if err != nil || len(flows) == 0 {
		t.Fatalf("no flows: %v", err)
	}
	engine, err := rig.Engine(t)
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Logf("without docker: %v", err)
	}
	env := append(os.Environ(), "BERTH_BIN="+rig.Berth(t), "BERTH_DOCKER="+engine, "NO_COLOR=1")
	for _, flow := range flows {
		t.Run(strings.TrimSuffix(filepath.Base(flow), ".test.js"), func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 25*time.Minute)
			defer cancel()
			node := exec.CommandContext(ctx, "node", "--test", "--test-reporter=spec", flow)
			// Interrupted, it ends its server and browser.
			node.Cancel = func() error { return node.Process.Signal(os.Interrupt) }
			node.WaitDelay = 20 * time.Second
			node.Env = env
			if out, err := node.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// leaveOut skips the test on a developer's machine and fails it in CI.
func leaveOut(t *testing.T, why error) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(why)
	}
	t.Skip(why)
}

// tools says what is missing.
func tools() error {
	for _, name := range []string{"node", "npm", "sqlite3"} {
		if _, err := exec.LookPath(name); err != nil {
			return fmt.Errorf("%s is not installed (apt-get install nodejs npm sqlite3)", name)
		}
	}
	chromium := os.Getenv("BERTH_CHROMIUM")
	if chromium == "" {
		chromium = "/usr/bin/chromium"
	}
	if _, err := os.Stat(chromium); err != nil {
		return fmt.Errorf("no browser (apt-get install chromium, or set BERTH_CHROMIUM): %w", err)
	}
	return nil
}

// install puts what package-lock.json pins into node_modules, unless it is there.
func install(t *testing.T) {
	t.Helper()
	wanted, err := os.ReadFile("package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	const mark = "node_modules/.installed"
	if have, err := os.ReadFile(mark); err == nil && string(have) == string(wanted) {
		return
	}
	npm := exec.CommandContext(t.Context(), "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	if out, err := npm.CombinedOutput(); err != nil {
		leaveOut(t, fmt.Errorf("npm ci: %w\n%s", err, out))
	}
	if err := os.WriteFile(mark, wanted, 0o600); err != nil {
		t.Fatal(err)
	}
}
