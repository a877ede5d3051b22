package meta

import (
	"context"
	"database/sql"
	"time"

	"github.com/berth-registry/berth"
)

// Upload is a resumable session for one blob, bound to a package and a user.
type Upload struct {
	ID        string
	PackageID int64
	UserID    int64
	Key       string // in the blob store
	Algorithm string // of HashState
	Received  int64  // bytes acknowledged
	HashState []byte // of those bytes
	UpdatedAt time.Time
}

const (
	qCreateUpload = `INSERT INTO uploads (id, package_id, user_id, storage_key, algorithm, received, hash_state, started_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)`
	qGetUpload = `SELECT u.id, u.package_id, u.user_id, u.storage_key, u.algorithm, u.received, u.hash_state, u.updated_at
		FROM uploads u JOIN packages p ON p.id = u.package_id JOIN owners o ON o.id = p.owner_id
		WHERE u.id = $1 AND u.user_id = $2 AND o.folded = $3 AND p.path = $4`
	qAdvanceUpload = `UPDATE uploads SET received = $3, hash_state = $4, algorithm = $5, updated_at = $6 WHERE id = $1 AND received = $2`
	qRekeyUpload   = `UPDATE uploads SET storage_key = $3 WHERE id = $1 AND storage_key = $2`
	qDropUpload    = `DELETE FROM uploads WHERE id = $1 AND received = $2 AND storage_key = $3 AND updated_at = $4`
	qCountUploads  = `SELECT count(*) FROM uploads WHERE user_id = $1`
	qStaleUploads  = `SELECT u.id, u.package_id, u.user_id, u.storage_key, u.algorithm, u.received, u.hash_state, u.updated_at
		FROM uploads u WHERE u.updated_at < $1 OR u.received = 0 AND u.updated_at < $2 ORDER BY u.updated_at LIMIT $3`
)

// CreateUpload opens a session. Errors: berth.ErrUnavailable when its package has
// just been swept away as empty.
func (tx *Tx) CreateUpload(ctx context.Context, u Upload) error {
	_, err := tx.exec(ctx, berth.ErrUnavailable.With("try again"), qCreateUpload,
		u.ID, u.PackageID, u.UserID, u.Key, u.Algorithm, u.Received, u.HashState, micros(u.UpdatedAt))
	return err
}

// GetUpload finds a session by its id, the user who opened it and the package it
// was opened in. Errors: berth.ErrUploadUnknown.
func (tx *Tx) GetUpload(ctx context.Context, id string, user int64, n berth.Name) (Upload, error) {
	var u Upload
	err := scanUpload(tx.row(ctx, qGetUpload, id, user, n.Owner, n.Path).Scan, &u)
	return u, orUnknown(err, berth.ErrUploadUnknown)
}

func scanUpload(scan func(...any) error, u *Upload) error {
	var updated int64
	err := scan(&u.ID, &u.PackageID, &u.UserID, &u.Key, &u.Algorithm, &u.Received, &u.HashState, &updated)
	u.UpdatedAt = fromMicros(updated)
	return err
}

// AdvanceUpload records progress, if the session is still where it was at from.
// Errors: berth.ErrUploadUnknown.
func (tx *Tx) AdvanceUpload(ctx context.Context, from int64, u Upload) error {
	n, err := tx.exec(ctx, nil, qAdvanceUpload, u.ID, from, u.Received, u.HashState, u.Algorithm, micros(u.UpdatedAt))
	if err == nil && n == 0 {
		return berth.ErrUploadUnknown
	}
	return err
}

// RekeyUpload records that a session's bytes lie under another key now.
// Errors: berth.ErrUploadUnknown.
func (tx *Tx) RekeyUpload(ctx context.Context, id, from, to string) error {
	n, err := tx.exec(ctx, nil, qRekeyUpload, id, from, to)
	if err == nil && n == 0 {
		return berth.ErrUploadUnknown
	}
	return err
}

// DropUpload ends a session, if nothing about it has changed since it was read.
// Errors: berth.ErrUploadUnknown.
func (tx *Tx) DropUpload(ctx context.Context, u Upload) error {
	n, err := tx.exec(ctx, nil, qDropUpload, u.ID, u.Received, u.Key, micros(u.UpdatedAt))
	if err == nil && n == 0 {
		return berth.ErrUploadUnknown
	}
	return err
}

// CountUploads returns how many sessions a user has open.
func (tx *Tx) CountUploads(ctx context.Context, user int64) (int, error) {
	var n int
	err := tx.row(ctx, qCountUploads, user).Scan(&n)
	return n, err
}

// StaleUploads returns up to limit sessions without progress since t, and those
// into which nothing came since opened, oldest first.
func (tx *Tx) StaleUploads(ctx context.Context, t, opened time.Time, limit int) ([]Upload, error) {
	var list []Upload
	err := tx.list(ctx, func(rows *sql.Rows) error {
		var u Upload
		err := scanUpload(rows.Scan, &u)
		list = append(list, u)
		return err
	}, qStaleUploads, micros(t), micros(opened), limit)
	return list, err
}
