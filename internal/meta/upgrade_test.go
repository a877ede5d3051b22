package meta_test

import (
	"database/sql"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"

	"github.com/berth-registry/berth/internal/meta/metatest"
)

// TestUpgradeListing brings a database up to date in which packages inherit, roles were
// given and packages lie in the trash, and somebody is signed in.
func TestUpgradeListing(t *testing.T) {
	t.Parallel()
	metatest.EachBare(t, func(t *testing.T, address string) {
		dialect, driver, source, directory := goose.DialectPostgres, "pgx", address, "migrations/postgres"
		if path, ok := strings.CutPrefix(address, "sqlite:"); ok {
			dialect, driver, source, directory = goose.DialectSQLite3, "sqlite", path, "migrations/sqlite"
		}
		old, err := sql.Open(driver, source)
		if err != nil {
			t.Fatal(err)
		}
		defer old.Close()
		provider, err := goose.NewProvider(dialect, old, os.DirFS(directory), goose.WithDisableGlobalRegistry(true))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := provider.UpTo(t.Context(), 5); err != nil {
			t.Fatal(err)
		}
		for _, q := range []string{
			`INSERT INTO owners (id, kind, name, folded, created_at) VALUES (1, 'user', 'ann', 'ann', 0)`,
			`INSERT INTO users (owner_id, password_hash, admin) VALUES (1, '', FALSE)`,
			`INSERT INTO repositories (id, owner_id, name, folded, visibility, description, web_url, created_at) VALUES (1, 1, 's', 's', 'private', '', '', 0)`,
			`INSERT INTO packages (id, owner_id, path, visibility, repository_id, inherit, created_at, published_at, deleted_at) VALUES
				(1, 1, 'inherits', 'public', 1, TRUE, 0, 0, NULL), (2, 1, 'linked', 'public', 1, FALSE, 0, 0, NULL), (3, 1, 'alone', 'internal', NULL, FALSE, 0, 0, NULL),
				(4, 1, '-/4/gone', 'public', NULL, FALSE, 0, 0, 0), (5, 1, 'empty', 'public', NULL, FALSE, 0, NULL, NULL)`,
			`INSERT INTO package_roles (package_id, user_id, role) SELECT id, 1, 1 FROM packages`,
			`INSERT INTO sessions (user_id, hash, user_agent, address, created_at, used_at, expires_at) VALUES
				(1, 'a', 'berth login on laptop', '', 0, 0, 0), (1, 'b', 'Firefox berth login on x', '', 0, 0, 0)`,
			`INSERT INTO trash (package_id, path, tags, deleted_by, deleted_by_id, deleted_at) VALUES (4, 'gone', '[]', 'ann', 1, 0)`,
		} {
			if _, err := old.ExecContext(t.Context(), q); err != nil {
				t.Fatalf("%s: %v", q, err)
			}
		}
		db := metatest.Open(t, address)
		got := query(t, db, `SELECT p.path || ' ' || p.visibility || ' ' || COALESCE(r.listed_owner || ' ' || r.listed_visibility || ' ' || r.listed_path, 'not listed')
			FROM packages p JOIN package_roles r ON r.package_id = p.id ORDER BY p.id`)
		want := []string{
			"inherits private 1 private inherits", "linked public 1 public linked", "alone internal 1 internal alone",
			"-/4/gone public not listed", "empty public not listed",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("packages (-want +got):\n%s", diff)
		}
		if got := query(t, db, `SELECT CAST(owner_id AS TEXT) FROM trash`); !cmp.Equal(got, []string{"1"}) {
			t.Errorf("owner of what is in the trash: %v", got)
		}
		if got := query(t, db, `SELECT user_agent FROM sessions WHERE program`); !cmp.Equal(got, []string{"berth login on laptop"}) {
			t.Errorf("sessions of programs: %v", got)
		}
	})
}
