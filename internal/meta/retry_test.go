package meta_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
	"github.com/berth-registry/berth/internal/meta/metatest"
)

func TestUpdateRetries(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		db := metatest.Open(t, address)
		for _, tt := range []struct {
			name  string
			err   error
			tries int
		}{
			{"serialization failure", &pgconn.PgError{Code: "40001"}, meta.MaxAttempts()},
			{"wrapped deadlock", fmt.Errorf("put: %w", &pgconn.PgError{Code: "40P01"}), meta.MaxAttempts()},
			{"unique violation", &pgconn.PgError{Code: "23505"}, 1},
			{"query cancelled", &pgconn.PgError{Code: "57014"}, 1},
			{"named error", berth.ErrBlobUnknown, 1},
			{"named error because of a deadlock", berth.ErrBlobUnknown.Because(&pgconn.PgError{Code: "40P01"}), meta.MaxAttempts()},
		} {
			tries := 0
			err := db.Update(t.Context(), func(*meta.Tx) error {
				tries++
				return tt.err
			})
			if tries != tt.tries || !errors.Is(err, tt.err) {
				t.Errorf("%s: %d tries, %v, want %d", tt.name, tries, err, tt.tries)
			}
			tries = 0
			if err := db.View(t.Context(), func(*meta.Tx) error { tries++; return tt.err }); tries != 1 || err == nil {
				t.Errorf("%s in a View: %d tries, %v, want 1", tt.name, tries, err)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		tries := 0
		err := db.Update(ctx, func(*meta.Tx) error {
			tries++
			cancel()
			return &pgconn.PgError{Code: "40001"}
		})
		if tries != 1 || !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled before it tries again: %d tries, %v", tries, err)
		}
	})
}

// TestPostgresDeadlock lets two transactions lock two blobs in opposite order.
func TestPostgresDeadlock(t *testing.T) {
	t.Parallel()
	db := metatest.Open(t, metatest.Postgres(t))
	digests := [2]berth.Digest{addBlob(t, db, "one"), addBlob(t, db, "two")}
	locked := [2]chan struct{}{make(chan struct{}), make(chan struct{})}
	var tries [2]int
	done := make(chan error)
	for i := range 2 {
		go func() {
			done <- db.Update(t.Context(), func(tx *meta.Tx) error {
				tries[i]++
				if _, err := tx.LockBlob(t.Context(), digests[i]); err != nil {
					return err
				}
				if tries[i] == 1 {
					close(locked[i])
				}
				<-locked[1-i]
				_, err := tx.LockBlob(t.Context(), digests[1-i])
				return err
			})
		}()
	}
	for range 2 {
		if err := <-done; err != nil {
			t.Errorf("Update: %v", err)
		}
	}
	if tries[0]+tries[1] != 3 {
		t.Errorf("tries = %v, want one transaction to run twice", tries)
	}
}

func TestPostgresSerializationFailure(t *testing.T) {
	t.Parallel()
	db := metatest.Open(t, metatest.Postgres(t))
	ctx := t.Context()
	put := func(value string) func(*meta.Tx) error {
		return func(tx *meta.Tx) error { return tx.PutSetting(ctx, "name", value) }
	}
	if err := db.Update(ctx, put("old")); err != nil {
		t.Fatal(err)
	}
	tries := 0
	err := db.Update(ctx, func(tx *meta.Tx) error {
		if tries++; tries == 1 {
			if _, err := tx.SQL().ExecContext(ctx, `SET TRANSACTION ISOLATION LEVEL REPEATABLE READ`); err != nil {
				return err
			}
			if _, err := tx.GetSetting(ctx, "name"); err != nil {
				return err
			}
			if err := db.Update(ctx, put("theirs")); err != nil {
				return err
			}
		}
		return put("ours")(tx)
	})
	if got := setting(t, db, "name"); err != nil || tries != 2 || got != "ours" {
		t.Errorf("Update = %v after %d tries, setting %q", err, tries, got)
	}
}

// second opens a SQLite file as another program would, without patience.
func second(t *testing.T, address string) *sql.DB {
	t.Helper()
	name := url.URL{Scheme: "file", Opaque: strings.TrimPrefix(address, "sqlite:"), RawQuery: "_txlock=immediate&_pragma=busy_timeout(0)"}
	db, err := sql.Open("sqlite", name.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func isBusy(err error) bool {
	lite, ok := errors.AsType[*sqlite.Error](err)
	return ok && lite.Code()&0xff == sqlite3.SQLITE_BUSY
}

// TestSQLiteBusy has another connection hold the write lock.
func TestSQLiteBusy(t *testing.T) {
	t.Parallel()
	address := metatest.SQLite(t)
	db, other := metatest.Open(t, address), second(t, address)
	ctx := t.Context()

	tries := 0
	err := db.Update(ctx, func(*meta.Tx) error {
		if tries++; tries > 1 {
			return nil
		}
		_, err := other.BeginTx(ctx, nil) // busy with this very transaction
		if !isBusy(err) {
			t.Errorf("second writer: %v", err)
		}
		return err
	})
	if err != nil || tries != 2 {
		t.Errorf("Update = %v after %d tries, want 2", err, tries)
	}

	hold, err := other.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	waited := make(chan error)
	go func() {
		waited <- db.Update(ctx, func(tx *meta.Tx) error { return tx.PutSetting(ctx, "waited", "yes") })
	}()
	for db.Writers().Stats().InUse == 0 {
		runtime.Gosched()
	}
	if got := setting(t, db, "waited"); got != "" { // readers do not wait
		t.Errorf("setting = %q", got)
	}
	if err := hold.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := <-waited; err != nil || setting(t, db, "waited") != "yes" {
		t.Errorf("Update that had to wait = %v", err)
	}

	if _, err := db.Writers().ExecContext(ctx, `PRAGMA busy_timeout = 0`); err != nil {
		t.Fatal(err)
	}
	if hold, err = other.BeginTx(ctx, nil); err != nil {
		t.Fatal(err)
	}
	err = db.Update(ctx, func(*meta.Tx) error {
		t.Error("the function runs without the lock")
		return nil
	})
	if !isBusy(err) {
		t.Errorf("Update beside a writer that does not end = %v, want busy", err)
	}
	if err := hold.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := db.Update(ctx, func(tx *meta.Tx) error { return tx.PutSetting(ctx, "after", "yes") }); err != nil {
		t.Errorf("Update after it = %v", err)
	}
}

// TestSQLiteGivesUp wants a cancelled context to end the wait for the lock.
func TestSQLiteGivesUp(t *testing.T) {
	t.Parallel()
	address := metatest.SQLite(t)
	db, other := metatest.Open(t, address), second(t, address)
	hold, err := other.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer hold.Rollback() //nolint:errcheck // the end of the test
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- db.Update(ctx, func(*meta.Tx) error { return nil }) }()
	for db.Writers().Stats().InUse == 0 {
		runtime.Gosched()
	}
	start := time.Now()
	cancel()
	if err := <-done; err == nil {
		t.Error("Update without the lock works")
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("Update went on for %v after it was cancelled", took.Round(time.Second))
	}
}
