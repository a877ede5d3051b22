package metatest

import (
	"context"
	"crypto/rand"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/berth-registry/berth/internal/meta"
)

// Variable names the environment variable with the URL of a PostgreSQL database
// whose user may create databases.
const Variable = "BERTH_TEST_POSTGRES"

// Each runs a test on SQLite and on PostgreSQL, side by side, with the address of
// an empty database.
func Each(t *testing.T, test func(t *testing.T, address string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, SQLite(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, Postgres(t))
	})
}

// SQLite returns the address of a database that does not exist yet.
func SQLite(t testing.TB) string {
	t.Helper()
	return "sqlite:" + filepath.Join(t.TempDir(), "berth.db")
}

// Postgres makes an empty database that is dropped when the test ends, and
// returns its address. It skips the test where there is no PostgreSQL.
//
// The database sorts and folds the Turkish way if it can, so that a query which
// leaves that to the database is caught.
func Postgres(t testing.TB) string {
	t.Helper()
	address := os.Getenv(Variable)
	if address == "" {
		const reason = Variable + " is not set, so PostgreSQL is not tested"
		if os.Getenv("CI") == "true" {
			t.Fatal(reason)
		}
		t.Skip(reason)
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(Variable + " is not a URL") // the cause may hold the password
	}
	name := "berth_test_" + strings.ToLower(rand.Text())
	if execPostgres(t.Context(), address, "CREATE DATABASE "+name+" TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'tr-TR'") != nil {
		t.Log("no Turkish database, so a plain one")
		if err := execPostgres(t.Context(), address, "CREATE DATABASE "+name+" TEMPLATE template0"); err != nil {
			t.Fatalf("create database: %v", err)
		}
	}
	t.Cleanup(func() {
		if err := execPostgres(context.WithoutCancel(t.Context()), address, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop database: %v", err)
		}
	})
	u.Path = "/" + name
	return u.String()
}

func execPostgres(ctx context.Context, address, statement string) error {
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	_, err = conn.Exec(ctx, statement)
	return err
}

// Open opens a database and closes it when the test ends.
func Open(t testing.TB, address string) *meta.DB {
	t.Helper()
	db, err := meta.Open(t.Context(), address)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return db
}
