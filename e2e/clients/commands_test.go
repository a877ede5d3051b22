package clients_test

import (
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// testKey is where a script keeps its test, to be skipped.
type testKey struct{}

// commands are what our scripts can say beside the commands of testscript.
func (b *bench) commands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"need":    b.need,
		"capture": capture,
		"secure":  secure,
	}
}

// need NAME... makes clients available, or ends the script: skipped with the
// reason, or failed when CI=true, where a test that does not run is a failure.
func (b *bench) need(ts *testscript.TestScript, neg bool, names []string) {
	if neg || len(names) == 0 {
		ts.Fatalf("usage: need client...")
	}
	for _, name := range names {
		err := b.tools.provide(name)
		if err == nil && name == "docker" {
			var host string
			host, err = b.tools.engine()
			ts.Setenv("DOCKER_HOST", host)
		}
		switch {
		case err == nil:
		case os.Getenv("CI") == "true":
			ts.Fatalf("cannot run in CI: %v", err)
		default:
			ts.Value(testKey{}).(testscript.T).Skip(err)
		}
	}
}

// capture NAME keeps what the last command printed in a variable.
func capture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: capture name")
	}
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
}
