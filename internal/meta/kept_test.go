package meta_test

import (
	"context"
	"testing"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
	"github.com/berth-registry/berth/internal/meta/metatest"
)

// TestStatementsPrepare shows every statement to both databases. They are prepared
// when they are first used, so a mistake in a rare one would be found late.
func TestStatementsPrepare(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		db := metatest.Open(t, address)
		for _, text := range meta.Statements() {
			prepare(t, db, text)
		}
	})
}

func prepare(t *testing.T, db *meta.DB, text string) {
	t.Helper()
	s, err := db.Writers().PrepareContext(t.Context(), text)
	if err != nil {
		t.Errorf("%s: %v", text, err)
		return
	}
	defer s.Close()
}

// TestSQLiteKeepsStatements looks into a connection: it prepares what was used, once,
// and nothing that is not on the list.
func TestSQLiteKeepsStatements(t *testing.T) {
	t.Parallel()
	db := metatest.Open(t, metatest.SQLite(t))
	kept := func() (n int) {
		t.Helper()
		conn, err := db.Writers().Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if err := conn.Raw(func(c any) error { n = meta.Kept(c); return nil }); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := kept(); n != 0 {
		t.Errorf("%d statements after Open, want none", n)
	}
	for range 3 {
		update(t, db, func(tx *meta.Tx) error {
			if err := tx.PutSetting(t.Context(), "name", "value"); err != nil {
				return err
			}
			if _, err := tx.Now(t.Context()); err != nil {
				return err
			}
			_, err := tx.SQL().ExecContext(t.Context(), `UPDATE settings SET value = 'other'`)
			return err
		})
		if n := kept(); n != 2 {
			t.Errorf("%d statements, want the two of the list", n)
		}
	}
}

// TestKeptStatements uses a kept statement again after each way to end its first use.
func TestKeptStatements(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		db := metatest.Open(t, address)
		s := addPackage(t, db, berth.Name{Owner: "ann", Path: "app"})
		cancelled, cancel := context.WithCancel(t.Context())
		cancel()
		for range 2 {
			update(t, db, func(tx *meta.Tx) error {
				_, missing := tx.ResolveTag(t.Context(), s.PackageID, "none")
				if missing == nil {
					t.Error("a tag nobody made is found")
				}
				return tx.PutSetting(t.Context(), "name", "value")
			})
			err := db.Update(t.Context(), func(tx *meta.Tx) error {
				return tx.CreatePackage(t.Context(), s.OwnerID+1, "app", berth.VisibilityPrivate, time.Now())
			})
			if err == nil {
				t.Error("a package of nobody is made")
			}
			err = db.View(t.Context(), func(tx *meta.Tx) error {
				_, err := tx.GetSetting(cancelled, "name")
				return err
			})
			if err == nil {
				t.Error("a query that was cancelled has a result")
			}
			if got := setting(t, db, "name"); got != "value" {
				t.Errorf("setting = %q", got)
			}
		}
	})
}
