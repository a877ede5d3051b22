package meta

import (
	"context"
	"database/sql"
	"time"

	"github.com/berth-registry/berth"
)

// Blob is where a blob's bytes are.
type Blob struct {
	Digest     berth.Digest
	Size       int64
	Key        string // in the blob store
	LeaseUntil time.Time
}

const (
	qGetBlob = `SELECT b.digest, b.size, b.storage_key, b.lease_until
		FROM package_blobs p JOIN blobs b ON b.digest = p.digest
		WHERE p.package_id = $1 AND p.digest = $2 AND NOT p.hidden AND b.state = 'live'`
	qFindBlob = `SELECT digest, size, storage_key, lease_until FROM blobs WHERE digest = $1 AND state = 'live'`
	qAddBlob  = `INSERT INTO blobs (digest, size, storage_key, state, generation, lease_until, created_at)
		VALUES ($1, $2, $3, 'live', 1, $4, $5) ON CONFLICT (digest) DO NOTHING`
	qLockBlob    = `UPDATE blobs SET generation = generation WHERE digest = $1 RETURNING storage_key`
	qReplaceBlob = `UPDATE blobs SET storage_key = $2, size = $3, state = 'live', generation = generation + 1, lease_until = $4, lost_at = NULL
		WHERE digest = $1`
	qDoomKey  = `INSERT INTO doomed_keys (storage_key, doomed_at) VALUES ($1, $2) ON CONFLICT (storage_key) DO NOTHING`
	qLinkBlob = `INSERT INTO package_blobs (package_id, digest, created_at) VALUES ($1, $2, $3) ON CONFLICT (package_id, digest) DO UPDATE SET hidden = FALSE WHERE package_blobs.hidden`
	qHoldBlob = `UPDATE blobs SET lease_until = $3 WHERE digest = $2 AND state = 'live'
		AND EXISTS (SELECT 1 FROM package_blobs p WHERE p.package_id = $1 AND p.digest = blobs.digest AND NOT p.hidden)
		RETURNING size`
	qUnlinkBlob = `DELETE FROM package_blobs WHERE package_id = $1 AND digest = $2`
	qBlobHome   = `SELECT p.id, o.folded, p.path FROM package_blobs b
		JOIN packages p ON p.id = b.package_id JOIN owners o ON o.id = p.owner_id
		WHERE b.digest = $1 AND b.package_id > $2 AND NOT b.hidden AND p.deleted_at IS NULL ORDER BY b.package_id LIMIT $3`

	qListDoomedKeys = `SELECT storage_key FROM doomed_keys WHERE doomed_at < $1 ORDER BY doomed_at LIMIT $2`
	qForgetKey      = `DELETE FROM doomed_keys WHERE storage_key = $1`
)

// GetBlob finds a blob that a package holds. Errors: berth.ErrBlobUnknown.
func (tx *Tx) GetBlob(ctx context.Context, pkg int64, d berth.Digest) (Blob, error) {
	return scanBlob(tx.row(ctx, qGetBlob, pkg, string(d)))
}

func scanBlob(r *sql.Row) (Blob, error) {
	var b Blob
	var lease int64
	err := r.Scan(&b.Digest, &b.Size, &b.Key, &lease)
	b.LeaseUntil = fromMicros(lease)
	return b, orUnknown(err, berth.ErrBlobUnknown)
}

// FindBlob finds a blob that any package may hold. Errors: berth.ErrBlobUnknown.
func (tx *Tx) FindBlob(ctx context.Context, d berth.Digest) (Blob, error) {
	return scanBlob(tx.row(ctx, qFindBlob, string(d)))
}

// AddBlob records that a digest's bytes lie under b.Key, durably, unless the
// digest is known already.
func (tx *Tx) AddBlob(ctx context.Context, b Blob, now time.Time) error {
	_, err := tx.exec(ctx, nil, qAddBlob, string(b.Digest), b.Size, b.Key, micros(b.LeaseUntil), micros(now))
	return err
}

// LockBlob keeps other transactions from changing a blob until this one ends,
// and returns the key of its bytes. Errors: berth.ErrBlobUnknown.
func (tx *Tx) LockBlob(ctx context.Context, d berth.Digest) (string, error) {
	var key string
	err := tx.row(ctx, qLockBlob, string(d)).Scan(&key)
	return key, orUnknown(err, berth.ErrBlobUnknown)
}

// ReplaceBlob records that a known digest's bytes lie under b.Key now.
func (tx *Tx) ReplaceBlob(ctx context.Context, b Blob) error {
	_, err := tx.exec(ctx, nil, qReplaceBlob, string(b.Digest), b.Key, b.Size, micros(b.LeaseUntil))
	return err
}

// LinkBlob makes a package hold a blob. Errors: berth.ErrBlobUnknown.
func (tx *Tx) LinkBlob(ctx context.Context, pkg int64, d berth.Digest, now time.Time) error {
	_, err := tx.exec(ctx, berth.ErrBlobUnknown, qLinkBlob, pkg, string(d), micros(now))
	return err
}

// HoldBlob locks a blob that a package holds, renews its lease, and returns its
// size. Errors: berth.ErrBlobUnknown.
func (tx *Tx) HoldBlob(ctx context.Context, pkg int64, d berth.Digest, lease time.Time) (int64, error) {
	var size int64
	err := tx.row(ctx, qHoldBlob, pkg, string(d), micros(lease)).Scan(&size)
	return size, orUnknown(err, berth.ErrBlobUnknown)
}

// UnlinkBlob makes a package let go of a blob. Errors: berth.ErrBlobUnknown;
// berth.ErrBlobReferenced when a manifest of the package needs it.
func (tx *Tx) UnlinkBlob(ctx context.Context, pkg int64, d berth.Digest) error {
	n, err := tx.exec(ctx, berth.ErrBlobReferenced, qUnlinkBlob, pkg, string(d))
	if err == nil && n == 0 {
		return berth.ErrBlobUnknown
	}
	return err
}

// Home is a package that holds a blob.
type Home struct {
	PackageID int64
	Name      berth.Name
}

// BlobHomes returns up to limit packages that hold a blob, by id after the given
// one.
func (tx *Tx) BlobHomes(ctx context.Context, d berth.Digest, after int64, limit int) ([]Home, error) {
	var homes []Home
	err := tx.list(ctx, func(rows *sql.Rows) error {
		var h Home
		err := rows.Scan(&h.PackageID, &h.Name.Owner, &h.Name.Path)
		homes = append(homes, h)
		return err
	}, qBlobHome, string(d), after, limit)
	return homes, err
}

// DoomKey hands a storage key over for deletion.
func (tx *Tx) DoomKey(ctx context.Context, key string, now time.Time) error {
	_, err := tx.exec(ctx, nil, qDoomKey, key, micros(now))
	return err
}

// ListDoomedKeys returns up to limit keys doomed before t, oldest first.
func (tx *Tx) ListDoomedKeys(ctx context.Context, t time.Time, limit int) ([]string, error) {
	return column[string](ctx, tx, qListDoomedKeys, micros(t), limit)
}

// ForgetKey takes a key off the list of doomed ones, and reports whether it was on
// it.
func (tx *Tx) ForgetKey(ctx context.Context, key string) (bool, error) {
	n, err := tx.exec(ctx, nil, qForgetKey, key)
	return n == 1, err
}
