package meta_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
	"github.com/berth-registry/berth/internal/meta/metatest"
)

func update(t testing.TB, db *meta.DB, fn func(tx *meta.Tx) error) {
	t.Helper()
	if err := db.Update(t.Context(), fn); err != nil {
		t.Fatalf("Update: %v", err)
	}
}

func addBlob(t testing.TB, db *meta.DB, content string) berth.Digest {
	t.Helper()
	d := digest.FromString(content)
	update(t, db, func(tx *meta.Tx) error {
		return tx.AddBlob(t.Context(), meta.Blob{Digest: d, Size: int64(len(content)), Key: "key of " + content}, time.Now())
	})
	return d
}

// addPackage makes a user ann and a package of hers.
func addPackage(t testing.TB, db *meta.DB, n berth.Name) (s berth.Standing) {
	t.Helper()
	ctx := t.Context()
	update(t, db, func(tx *meta.Tx) error {
		id, err := tx.CreateOwner(ctx, meta.Owner{Kind: meta.KindUser, Name: n.Owner, Folded: n.Owner})
		if err != nil {
			return err
		}
		if err := tx.CreateUser(ctx, meta.User{ID: id}); err != nil {
			return err
		}
		if err := tx.CreatePackage(ctx, id, n.Path, berth.VisibilityPrivate, time.UnixMicro(0)); err != nil {
			return err
		}
		s, err = tx.Standing(ctx, n, id)
		return err
	})
	return s
}

// waitForLock returns when a session waits for a lock.
func waitForLock(t *testing.T, db *meta.DB) {
	t.Helper()
	waitFor(t, db, "a session that waits for a lock", `SELECT 'waits' FROM pg_stat_activity
		WHERE datname = current_database() AND wait_event_type = 'Lock'`)
}

// waitFor asks the server until it answers with a row.
func waitFor(t *testing.T, db *meta.DB, what, text string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		if len(query(t, db, text)) > 0 {
			return
		}
	}
	t.Fatalf("waited in vain for %s", what)
}

// TestPostgresCancelled cancels a transaction that holds one lock and waits for
// another.
func TestPostgresCancelled(t *testing.T) {
	t.Parallel()
	db := metatest.Open(t, metatest.Postgres(t))
	one, two := addBlob(t, db, "one"), addBlob(t, db, "two")
	for range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		update(t, db, func(tx *meta.Tx) error {
			if _, err := tx.LockBlob(t.Context(), two); err != nil {
				return err
			}
			go func() {
				done <- db.Update(ctx, func(tx *meta.Tx) error {
					if _, err := tx.LockBlob(ctx, one); err != nil {
						return err
					}
					_, err := tx.LockBlob(ctx, two)
					return err
				})
			}()
			waitForLock(t, db)
			cancel()
			if err := <-done; !errors.Is(err, context.Canceled) {
				t.Errorf("Update = %v, want %v", err, context.Canceled)
			}
			_, err := tx.LockBlob(t.Context(), one) // waits until the other has let go
			return err
		})
	}
	// The server may need a moment to see that a connection was given up.
	waitFor(t, db, "the end of every transaction", `SELECT 'none' WHERE NOT EXISTS (SELECT 1 FROM pg_stat_activity
		WHERE datname = current_database() AND (state LIKE 'idle in transaction%' OR wait_event_type = 'Lock'))`)
}

// TestPostgresDeletedWhilePut orders the steps of two transactions: the blob is
// unlinked after the put has locked it, and before it is recorded as needed.
func TestPostgresDeletedWhilePut(t *testing.T) {
	t.Parallel()
	db := metatest.Open(t, metatest.Postgres(t))
	ctx := t.Context()
	pkg := addPackage(t, db, berth.Name{Owner: "ann", Path: "app"}).PackageID
	for _, deleteFirst := range []bool{true, false} {
		d := addBlob(t, db, "content"+strings.Repeat("!", len(t.Name()))+map[bool]string{true: "1", false: "2"}[deleteFirst])
		update(t, db, func(tx *meta.Tx) error { return tx.LinkBlob(ctx, pkg, d, time.Now()) })
		remove := func() error {
			return db.Update(ctx, func(tx *meta.Tx) error { return tx.UnlinkBlob(ctx, pkg, d) })
		}
		removed := make(chan error, 1)
		putErr := db.Update(ctx, func(tx *meta.Tx) error {
			if _, err := tx.HoldBlob(ctx, pkg, d, time.Now()); err != nil {
				return err
			}
			id, err := tx.CreateManifest(ctx, meta.Manifest{PackageID: pkg, Digest: digest.FromString("needs " + d.String()), Body: []byte("m")})
			if err != nil {
				return err
			}
			if deleteFirst {
				removed <- remove()
				return tx.PutBlobReference(ctx, id, pkg, d)
			}
			if err := tx.PutBlobReference(ctx, id, pkg, d); err != nil {
				return err
			}
			go func() { removed <- remove() }()
			waitForLock(t, db)
			return nil
		})
		removeErr := <-removed
		if deleteFirst && (removeErr != nil || !errors.Is(putErr, berth.ErrManifestBlobUnknown)) {
			t.Errorf("deleted first: delete = %v, put = %v", removeErr, putErr)
		}
		if !deleteFirst && (putErr != nil || !errors.Is(removeErr, berth.ErrBlobReferenced)) {
			t.Errorf("put first: put = %v, delete = %v", putErr, removeErr)
		}
	}
}

// TestPostgresSweepBesideUpload: an upload begins in an empty package while the
// sweep is about to drop it. The sweep has to live with that.
func TestPostgresSweepBesideUpload(t *testing.T) {
	t.Parallel()
	db := metatest.Open(t, metatest.Postgres(t))
	ctx := t.Context()
	s := addPackage(t, db, berth.Name{Owner: "ann", Path: "app"})
	swept := make(chan error, 1)
	update(t, db, func(tx *meta.Tx) error {
		if err := tx.CreateUpload(ctx, meta.Upload{ID: "u", PackageID: s.PackageID, UserID: s.OwnerID, HashState: []byte{}}); err != nil {
			return err
		}
		go func() {
			swept <- db.Update(ctx, func(tx *meta.Tx) error {
				_, err := tx.DropEmptyPackages(ctx, time.Now())
				return err
			})
		}()
		waitForLock(t, db)
		return nil
	})
	err := <-swept
	if _, named := errors.AsType[*berth.Error](err); err != nil && !named {
		t.Errorf("DropEmptyPackages beside an upload = %v, want nil or a named error", err)
	}
	if got := query(t, db, `SELECT id FROM uploads`); len(got) != 1 {
		t.Errorf("uploads = %v", got)
	}
}

// TestHostileText sends what PostgreSQL cannot store. That must be an error, and
// the connection must be good afterwards. SQLite takes anything.
func TestHostileText(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		db := metatest.Open(t, address)
		ctx := t.Context()
		pkg := addPackage(t, db, berth.Name{Owner: "ann", Path: "app"}).PackageID
		for _, bad := range []string{"a\x00b", "\x00", "\xff\xfe", "a\xc3", "\xed\xa0\x80", "\xc0\x80"} {
			calls := map[string]func(tx *meta.Tx) error{
				"Standing of an owner": func(tx *meta.Tx) error { _, err := tx.Standing(ctx, berth.Name{Owner: bad, Path: "x"}, 0); return err },
				"Standing of a path": func(tx *meta.Tx) error {
					_, err := tx.Standing(ctx, berth.Name{Owner: "ann", Path: bad}, 0)
					return err
				},
				"GetOwner":           func(tx *meta.Tx) error { _, err := tx.GetOwner(ctx, bad); return err },
				"GetUser":            func(tx *meta.Tx) error { _, err := tx.GetUser(ctx, bad); return err },
				"GetSetting":         func(tx *meta.Tx) error { _, err := tx.GetSetting(ctx, bad); return err },
				"GetTokenCredential": func(tx *meta.Tx) error { _, err := tx.GetTokenCredential(ctx, bad); return err },
				"GetUpload":          func(tx *meta.Tx) error { _, err := tx.GetUpload(ctx, bad, 1, berth.Name{}); return err },
				"GetBlob":            func(tx *meta.Tx) error { _, err := tx.GetBlob(ctx, pkg, berth.Digest(bad)); return err },
				"ResolveTag":         func(tx *meta.Tx) error { _, err := tx.ResolveTag(ctx, pkg, bad); return err },
				"ListTags":           func(tx *meta.Tx) error { _, err := tx.ListTags(ctx, pkg, bad, 1); return err },
				"ListReferrers":      func(tx *meta.Tx) error { _, _, err := tx.ListReferrers(ctx, pkg, "", bad, 0, 1, 1); return err },
				"PutSetting":         func(tx *meta.Tx) error { return tx.PutSetting(ctx, bad, bad) },
				"CreatePackage":      func(tx *meta.Tx) error { return tx.CreatePackage(ctx, 1, bad, berth.VisibilityPublic, time.Now()) },
				"CreateOwner": func(tx *meta.Tx) error {
					_, err := tx.CreateOwner(ctx, meta.Owner{Kind: meta.KindUser, Name: bad, Folded: bad})
					return err
				},
			}
			for what, call := range calls {
				err := db.Update(ctx, call)
				if err == nil && strings.HasPrefix(address, "postgres") {
					t.Errorf("%s(%q) works", what, bad)
				}
				if got := setting(t, db, "none"); got != "" {
					t.Errorf("setting after %s = %q", what, got)
				}
			}
		}
	})
}
