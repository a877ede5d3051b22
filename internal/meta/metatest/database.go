package metatest

import (
	"context"
	"crypto/rand"
	"errors"
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
// a database without rows.
func Each(t *testing.T, test func(t *testing.T, address string)) {
	t.Helper()
	each(t, SQLite, Postgres, test)
}

// EachBare is Each with databases that have no schema yet.
func EachBare(t *testing.T, test func(t *testing.T, address string)) {
	t.Helper()
	each(t, BareSQLite, BarePostgres, test)
}

func each(t *testing.T, sqlite, postgres func(testing.TB) string, test func(t *testing.T, address string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, sqlite(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, postgres(t))
	})
}

// BareSQLite returns the address of a database that does not exist yet.
func BareSQLite(t testing.TB) string {
	t.Helper()
	return "sqlite:" + filepath.Join(t.TempDir(), "berth.db")
}

// BarePostgres is [Postgres] without the schema.
func BarePostgres(t testing.TB) string {
	t.Helper()
	server := postgresServer(t)
	name := "berth_test_" + strings.ToLower(rand.Text())
	if err := createPlain(t.Context(), server, name); err != nil {
		t.Fatalf("create database: %v", err)
	}
	return untilEnd(t, server, name)
}

// Postgres makes a database without rows that is dropped when the test ends, and
// returns its address. It skips the test where there is no PostgreSQL.
//
// The database sorts and folds the Turkish way if it can, so that a query which
// leaves that to the database is caught.
func Postgres(t testing.TB) string {
	t.Helper()
	server := postgresServer(t)
	template, err := postgresTemplate(t.Context(), server)
	if err != nil {
		t.Fatalf("make the template of databases: %v", err)
	}
	name := "berth_test_" + strings.ToLower(rand.Text())
	if err := execPostgres(t.Context(), server, "CREATE DATABASE "+name+" TEMPLATE "+template); err != nil {
		t.Fatalf("create database: %v", err)
	}
	return untilEnd(t, server, name)
}

// postgresServer returns the address that tests were given, or skips the test.
func postgresServer(t testing.TB) string {
	t.Helper()
	address := os.Getenv(Variable)
	if address == "" {
		const reason = Variable + " is not set, so PostgreSQL is not tested"
		if os.Getenv("CI") == "true" {
			t.Fatal(reason)
		}
		t.Skip(reason)
	}
	return address
}

// untilEnd drops a database when the test ends, and returns its address.
func untilEnd(t testing.TB, server, name string) string {
	t.Helper()
	t.Cleanup(func() {
		if err := execPostgres(context.WithoutCancel(t.Context()), server, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop database: %v", err)
		}
	})
	address, err := addressOf(server, name)
	if err != nil {
		t.Fatal(err)
	}
	return address
}

func addressOf(server, name string) (string, error) {
	u, err := url.Parse(server)
	if err != nil {
		return "", errors.New(Variable + " is not a URL") // the cause may hold the password
	}
	u.Path = "/" + name
	return u.String(), nil
}

// createPlain makes a database without any tables.
func createPlain(ctx context.Context, server, name string) error {
	create := "CREATE DATABASE " + name + " TEMPLATE template0"
	if execPostgres(ctx, server, create+" LOCALE_PROVIDER icu ICU_LOCALE 'tr-TR'") == nil {
		return nil
	}
	return execPostgres(ctx, server, create) // it knows no Turkish
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
