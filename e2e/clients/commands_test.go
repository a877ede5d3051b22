package clients_test

import (
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// testKey is where a script keeps its test, to be skipped.
type testKey struct{}

// commands are what our scripts can say beside the commands of testscript.
func (b *bench) commands() map[string]func(*testscript.TestScript, bool, []string) {
	return map[string]func(*testscript.TestScript, bool, []string){
		"need":    b.need,
		"capture": capture,
		"await":   await,
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

// awaited is how long what a job does may take.
const awaited = 90 * time.Second

// await PATTERN PROGRAM ARG... runs a program again and again until what it prints
// matches: for what the server does by itself after a push.
func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: await pattern program arg...")
	}
	wanted, err := regexp.Compile("(?m)" + args[0])
	ts.Check(err)
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for deadline := time.Now().Add(awaited); ; <-again.C {
		ts.Check(ts.Exec(args[1], args[2:]...))
		out := ts.ReadFile("stdout")
		if wanted.MatchString(out) {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("after %v no match for %q in\n%s", awaited, args[0], out)
		}
	}
}
