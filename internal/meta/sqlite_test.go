package meta_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth/internal/meta"
	"github.com/berth-registry/berth/internal/meta/metatest"
)

func containsSecret(msg string) bool { return strings.Contains(msg, "secret") }

// connections takes all n connections of a pool at once and gives them back when
// the test ends.
func connections(t *testing.T, db *sql.DB, n int) []*sql.Conn {
	t.Helper()
	var list []*sql.Conn
	for range n {
		conn, err := db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		list = append(list, conn)
	}
	return list
}

// TestSQLiteSettings looks at every connection, since a setting belongs to one.
func TestSQLiteSettings(t *testing.T) {
	t.Parallel()
	db := metatest.Open(t, metatest.SQLite(t))
	want := map[string]string{
		"synchronous": "2", "journal_mode": "wal", "foreign_keys": "1", "query_only": "0",
		"temp_store": "2", "journal_size_limit": "67108864",
	}
	check := func(kind string, pool *sql.DB) {
		if n := pool.Stats().MaxOpenConnections; n < 1 {
			t.Fatalf("%s have no limit", kind)
		}
		for i, conn := range connections(t, pool, pool.Stats().MaxOpenConnections) {
			var patience int
			if err := conn.QueryRowContext(t.Context(), "PRAGMA busy_timeout").Scan(&patience); err != nil || patience < 100 {
				t.Errorf("%s, connection %d: busy_timeout %d, %v", kind, i, patience, err)
			}
			got := map[string]string{}
			for name := range want {
				var value string
				if err := conn.QueryRowContext(t.Context(), "PRAGMA "+name).Scan(&value); err != nil {
					t.Fatal(err)
				}
				got[name] = value
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, connection %d (-want +got):\n%s", kind, i, diff)
			}
		}
	}
	check("writers", db.Writers())
	want["query_only"] = "1"
	check("readers", db.Readers())
}

// TestSQLiteNames opens files whose names mean something in an address, and looks
// that exactly they appear.
func TestSQLiteNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"plain", "what?mode=memory", "frag#ment", "100%", "%41", "%2e%2e", "with space", "plus+and&amp", "ünïcödé", "semi;colon", "quo'te\"s", "new\nline", ":memory:", "file:x", "a=b?_pragma=synchronous(0)",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), name)
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, name+".db")
			if err := openAndUse(t.Context(), "sqlite:"+path); err != nil {
				t.Fatal(err)
			}
			entries, err := os.ReadDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			if len(entries) == 0 || entries[0].Name() != name+".db" {
				t.Fatalf("made %v, want %q", entries, name+".db")
			}
			db := metatest.Open(t, "sqlite:"+path)
			var mode string
			if err := db.Writers().QueryRowContext(t.Context(), "PRAGMA synchronous").Scan(&mode); err != nil || mode != "2" {
				t.Errorf("synchronous = %s, %v", mode, err)
			}
		})
	}
}

// TestSQLiteKeepsACommit copies the files of a database that was not closed, as a
// crash leaves them, and opens the copy.
func TestSQLiteKeepsACommit(t *testing.T) {
	t.Parallel()
	address := metatest.SQLite(t)
	db := metatest.Open(t, address)
	err := db.Update(t.Context(), func(tx *meta.Tx) error { return tx.PutSetting(t.Context(), "kept", "yes") })
	if err != nil {
		t.Fatal(err)
	}
	path := strings.TrimPrefix(address, "sqlite:")
	copied := filepath.Join(t.TempDir(), "copy.db")
	for _, suffix := range []string{"", "-wal"} {
		content, err := os.ReadFile(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(copied+suffix, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := setting(t, metatest.Open(t, "sqlite:"+copied), "kept"); got != "yes" {
		t.Errorf("after the crash the setting is %q", got)
	}
}

func setting(t *testing.T, db *meta.DB, name string) string {
	t.Helper()
	var value string
	err := db.View(t.Context(), func(tx *meta.Tx) (err error) {
		value, err = tx.GetSetting(t.Context(), name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// TestSQLiteNullKeys: a primary key that is not an INTEGER may be NULL in SQLite
// unless it says that it may not.
func TestSQLiteNullKeys(t *testing.T) {
	t.Parallel()
	db := metatest.Open(t, metatest.SQLite(t))
	for _, insert := range []string{
		`INSERT INTO settings (name, value) VALUES (NULL, '')`,
		`INSERT INTO signing_keys (id, secret, created_at) VALUES (NULL, x'00', 0)`,
		`INSERT INTO blobs (digest, size, storage_key, state, generation, lease_until, created_at) VALUES (NULL, 0, 'k', 'live', 1, 0, 0)`,
		`INSERT INTO doomed_keys (storage_key, doomed_at) VALUES (NULL, 0)`,
	} {
		if _, err := db.Writers().ExecContext(context.WithoutCancel(t.Context()), insert); err == nil {
			t.Errorf("accepted: %s", insert)
		}
	}
}
