package meta_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
	"github.com/berth-registry/berth/internal/meta/metatest"
)

// openVariable makes the test program a process that opens a database.
const openVariable = "BERTH_META_TEST_OPEN"

func TestMain(m *testing.M) {
	if address := os.Getenv(openVariable); address != "" {
		if err := openInChild(address); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// openInChild says that it is ready, waits for its input, and opens and uses the
// database.
func openInChild(address string) error {
	fmt.Println("ready")
	if _, err := io.ReadAll(os.Stdin); err != nil {
		return err
	}
	return openAndUse(context.Background(), address)
}

func openAndUse(ctx context.Context, address string) error {
	db, err := meta.Open(ctx, address)
	if err != nil {
		return err
	}
	err = db.Update(ctx, func(tx *meta.Tx) error { return tx.PutSetting(ctx, "opened", "yes") })
	return errors.Join(err, db.Close())
}

// TestOpenByProcesses has several processes make the schema at once.
func TestOpenByProcesses(t *testing.T) {
	t.Parallel()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	metatest.EachBare(t, func(t *testing.T, address string) {
		var inputs []io.Closer
		var children []*exec.Cmd
		for range 4 {
			child := exec.CommandContext(t.Context(), program)
			child.Env = append(os.Environ(), openVariable+"="+address)
			child.Stderr = t.Output()
			input, err := child.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			output, err := child.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := child.Start(); err != nil {
				t.Fatal(err)
			}
			if line, err := bufio.NewReader(output).ReadString('\n'); line != "ready\n" {
				t.Fatalf("child said %q, %v", line, err)
			}
			inputs, children = append(inputs, input), append(children, child)
		}
		for _, input := range inputs {
			if err := input.Close(); err != nil {
				t.Error(err)
			}
		}
		for i, child := range children {
			if err := child.Wait(); err != nil {
				t.Errorf("process %d: %v", i, err)
			}
		}
		wantMigrated(t, address)
	})
}

// TestOpenByGoroutines is the same inside one process, a few times.
func TestOpenByGoroutines(t *testing.T) {
	t.Parallel()
	for range 3 {
		metatest.EachBare(t, func(t *testing.T, address string) {
			errs := make(chan error)
			for range 4 {
				go func() { errs <- openAndUse(t.Context(), address) }()
			}
			for range 4 {
				if err := <-errs; err != nil {
					t.Errorf("Open beside others: %v", err)
				}
			}
			wantMigrated(t, address)
		})
	}
}

// wantMigrated opens the database once more and looks at what was done to it.
func wantMigrated(t *testing.T, address string) {
	t.Helper()
	db := metatest.Open(t, address)
	files, err := os.ReadDir("migrations/sqlite")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"0"}
	for _, file := range files {
		number, _, _ := strings.Cut(file.Name(), "_")
		want = append(want, strings.TrimLeft(number, "0"))
	}
	versions := query(t, db, `SELECT CAST(version_id AS TEXT) FROM goose_db_version ORDER BY id`)
	if diff := cmp.Diff(want, versions); diff != "" {
		t.Errorf("migrations applied (-want +got):\n%s", diff)
	}
}

func TestOpenAgain(t *testing.T) {
	t.Parallel()
	metatest.EachBare(t, func(t *testing.T, address string) {
		for range 3 {
			if err := openAndUse(t.Context(), address); err != nil {
				t.Fatal(err)
			}
		}
		wantMigrated(t, address)
		db := metatest.Open(t, address)
		if got := query(t, db, `SELECT value FROM settings WHERE name = 'opened'`); len(got) != 1 {
			t.Errorf("settings after opening again: %v", got)
		}
	})
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "berth.db", "sqlite:", "mysql://x", "postgres://u:secret@[bad/db", "sqlite:" + t.TempDir()} {
		db, err := meta.Open(t.Context(), address)
		if err == nil {
			t.Errorf("Open(%q) works", address)
			_ = db.Close()
			continue
		}
		if _, named := errors.AsType[*berth.Error](err); named {
			t.Errorf("Open(%q) = %v, a named error", address, err)
		}
		if msg := err.Error(); len(msg) == 0 || containsSecret(msg) {
			t.Errorf("Open(%q) says %q", address, msg)
		}
	}
}
