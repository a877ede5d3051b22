package metatest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/berth-registry/berth/internal/meta"
	"github.com/berth-registry/berth/internal/meta/migrations"
)

// Making the schema takes longer than most tests, so it is made once, and copied.

// schemaOf returns a name that is another when the migrations are.
func schemaOf(database string) (string, error) {
	sum := sha256.New()
	err := fs.WalkDir(migrations.Files, database, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(migrations.Files, path)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(sum, "%s %d\n%s", path, len(text), text)
		return err
	})
	return "berth_schema_" + hex.EncodeToString(sum.Sum(nil)[:8]), err
}

// SQLite returns the address of a database without rows.
func SQLite(t testing.TB) string {
	t.Helper()
	address := BareSQLite(t)
	if err := CopySchema(t.Context(), strings.TrimPrefix(address, "sqlite:")); err != nil {
		t.Fatalf("copy the template of databases: %v", err)
	}
	return address
}

// CopySchema makes a SQLite file without rows at a path.
func CopySchema(ctx context.Context, path string) error {
	template, err := sqliteTemplate(ctx)
	if err != nil {
		return err
	}
	content, err := os.ReadFile(template)
	if err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o600)
}

// sqliteTemplate returns the path of a file that has the schema. Who comes first leaves
// it in the user's cache, for all test programs.
func sqliteTemplate(ctx context.Context) (string, error) {
	name, err := schemaOf("sqlite")
	if err != nil {
		return "", err
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	dir = filepath.Join(dir, "berth-test")
	path := filepath.Join(dir, name+".db")
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return path, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	mine := filepath.Join(dir, rand.Text())
	db, err := meta.Open(ctx, "sqlite:"+mine)
	if err != nil {
		return "", err
	}
	if err := db.Close(); err != nil {
		return "", err
	}
	return path, os.Rename(mine, path)
}

// postgresTemplate returns the name of a database on the server that has the schema.
func postgresTemplate(ctx context.Context, server string) (string, error) {
	name, err := schemaOf("postgres")
	if err != nil {
		return "", err
	}
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return "", err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if done, err := isTemplate(ctx, conn, name); done || err != nil {
		return name, err
	}
	// Other tests wait here until the first has made it.
	if _, err := conn.Exec(ctx, "SELECT pg_advisory_lock(hashtext($1))", name); err != nil {
		return "", err
	}
	if done, err := isTemplate(ctx, conn, name); done || err != nil {
		return name, err
	}
	// One that is no template yet was left half-made.
	if err := execPostgres(ctx, server, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
		return "", err
	}
	if err := createPlain(ctx, server, name); err != nil {
		return "", err
	}
	address, err := addressOf(server, name)
	if err != nil {
		return "", err
	}
	db, err := meta.Open(ctx, address)
	if err != nil {
		return "", err
	}
	if err := db.Close(); err != nil {
		return "", err
	}
	return name, execPostgres(ctx, server, "ALTER DATABASE "+name+" IS_TEMPLATE true")
}

func isTemplate(ctx context.Context, conn *pgx.Conn, name string) (done bool, err error) {
	err = conn.QueryRow(ctx, "SELECT COALESCE(bool_or(datistemplate), FALSE) FROM pg_database WHERE datname = $1", name).Scan(&done)
	return done, err
}
