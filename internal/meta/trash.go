package meta

import (
	"context"
	"database/sql"
	"time"

	"github.com/berth-registry/berth"
)

// Trash is something that was deleted and may come back: a package, or a version of
// one.
type Trash struct {
	ID          int64
	PackageID   int64
	Digest      berth.Digest // of the version's root, "" for a package
	Name        berth.Name   // that the package had
	Tags        string       // of the version, as JSON
	DeletedBy   string
	DeletedByID int64
	DeletedAt   time.Time
}

const (
	qAddTrash = `INSERT INTO trash (package_id, digest, path, tags, deleted_by, deleted_by_id, deleted_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`
	trashColumns = `x.id, x.package_id, COALESCE(x.digest, ''), o.folded, x.path, x.tags, x.deleted_by, x.deleted_by_id, x.deleted_at`
	trashFrom    = ` FROM trash x JOIN packages p ON p.id = x.package_id JOIN owners o ON o.id = p.owner_id `
	qFindTrash   = `SELECT ` + trashColumns + trashFrom + `WHERE o.folded = $1 AND x.path = $2 AND x.digest IS NULL AND (CAST($3 AS BIGINT) = 0 OR x.package_id = $3)
		ORDER BY x.id DESC LIMIT 1`
	qGetTrashOf          = `SELECT ` + trashColumns + trashFrom + `JOIN manifests m ON m.trash_id = x.id AND m.digest = x.digest WHERE x.package_id = $1 AND m.id = $2`
	qGetTrashLeft        = `SELECT ` + trashColumns + trashFrom + `WHERE x.package_id = $1 AND x.digest = $2 ORDER BY x.id DESC LIMIT 1`
	qListTrash           = `SELECT ` + trashColumns + trashFrom + `WHERE x.owner_id = $1 AND x.digest IS NULL AND x.id < $2 ORDER BY x.id DESC LIMIT $3`
	qListOldTrash        = `SELECT ` + trashColumns + trashFrom + `WHERE x.deleted_at < $1 AND (x.deleted_at > $2 OR x.deleted_at = $2 AND x.id > $3) ORDER BY x.deleted_at, x.id LIMIT $4`
	qGetTrash            = `SELECT ` + trashColumns + trashFrom + `WHERE x.id = $1`
	qLockTrash           = `UPDATE trash SET deleted_at = deleted_at WHERE id = $1`
	qDropTrash           = `DELETE FROM trash WHERE id = $1`
	qListTrashedVersions = `SELECT ` + versionColumns + `, x.id, x.deleted_at, x.deleted_by, x.tags
		FROM trash x JOIN manifests m ON m.trash_id = x.id AND m.digest = x.digest LEFT JOIN descriptions d ON d.manifest_id = m.id
		WHERE x.package_id = $1 AND (CAST($2 AS BIGINT) = 0 OR x.id < $2) ORDER BY x.id DESC LIMIT $3 OFFSET $4`

	qTrashPackage   = `UPDATE packages SET path = '-/' || id || '/' || path, deleted_at = $2 WHERE id = $1 AND deleted_at IS NULL`
	qRestorePackage = `UPDATE packages SET path = $2, deleted_at = NULL WHERE id = $1 AND deleted_at IS NOT NULL`

	qTrashManifest  = `UPDATE manifests SET trash_id = $2 WHERE id = $1`
	qReviveManifest = `UPDATE manifests SET trash_id = NULL, version = FALSE WHERE id = $1`
	qReviveDigest   = `UPDATE manifests SET trash_id = NULL, version = FALSE, pushed_at = $3 WHERE package_id = $1 AND digest = $2 AND trash_id IS NOT NULL RETURNING id`
	qShowBlobs      = `UPDATE package_blobs SET hidden = FALSE WHERE package_id = $1 AND hidden
		AND digest IN (SELECT r.digest FROM manifest_blobs r WHERE r.manifest_id = $2)`
	qHideBlob = `UPDATE package_blobs SET hidden = TRUE WHERE package_id = $1 AND digest = $2 AND NOT hidden`

	qPurgeHidden = `DELETE FROM package_blobs WHERE package_id = $1 AND hidden
		AND NOT EXISTS (SELECT 1 FROM manifest_blobs r WHERE r.package_id = package_blobs.package_id AND r.digest = package_blobs.digest)`
)

// AddTrash records a deletion and returns its id.
func (tx *Tx) AddTrash(ctx context.Context, t Trash) (int64, error) {
	var id int64
	digest := sql.NullString{String: string(t.Digest), Valid: t.Digest != ""}
	err := tx.row(ctx, qAddTrash, t.PackageID, digest, t.Name.Path, t.Tags, t.DeletedBy, t.DeletedByID, micros(t.DeletedAt)).Scan(&id)
	return id, err
}

// FindTrash returns the package that was last deleted under a name, or the one with
// the given id unless that is 0. Errors: berth.ErrPackageUnknown.
func (tx *Tx) FindTrash(ctx context.Context, n berth.Name, pkg int64) (Trash, error) {
	t, err := scanTrash(tx.row(ctx, qFindTrash, n.Owner, n.Path, pkg).Scan)
	return t, orUnknown(err, berth.ErrPackageUnknown)
}

// GetTrashOf returns the deletion of a version by the version's id.
// Errors: berth.ErrVersionUnknown.
func (tx *Tx) GetTrashOf(ctx context.Context, pkg, version int64) (Trash, error) {
	t, err := scanTrash(tx.row(ctx, qGetTrashOf, pkg, version).Scan)
	return t, orUnknown(err, berth.ErrVersionUnknown)
}

// GetTrashLeft returns the last deletion of a version whose root was pushed again
// since: the rest may still be in the trash. Errors: berth.ErrVersionUnknown.
func (tx *Tx) GetTrashLeft(ctx context.Context, pkg int64, d berth.Digest) (Trash, error) {
	t, err := scanTrash(tx.row(ctx, qGetTrashLeft, pkg, string(d)).Scan)
	return t, orUnknown(err, berth.ErrVersionUnknown)
}

// GetTrash returns a deletion. Errors: berth.ErrVersionUnknown.
func (tx *Tx) GetTrash(ctx context.Context, id int64) (Trash, error) {
	t, err := scanTrash(tx.row(ctx, qGetTrash, id).Scan)
	return t, orUnknown(err, berth.ErrVersionUnknown)
}

// ListTrash returns up to limit deleted packages of an owner, last deleted first,
// with smaller ids than before (0: from the last).
func (tx *Tx) ListTrash(ctx context.Context, owner, before int64, limit int) ([]Trash, error) {
	if before == 0 {
		before = 1<<63 - 1
	}
	return tx.trash(ctx, qListTrash, owner, before, limit)
}

// ListOldTrash returns up to limit deletions before t, oldest first, after the one
// given (zero: from the oldest).
func (tx *Tx) ListOldTrash(ctx context.Context, t time.Time, after Trash, limit int) ([]Trash, error) {
	from := int64(0)
	if after.ID != 0 {
		from = micros(after.DeletedAt)
	}
	return tx.trash(ctx, qListOldTrash, micros(t), from, after.ID, limit)
}

func (tx *Tx) trash(ctx context.Context, query string, args ...any) ([]Trash, error) {
	var list []Trash
	err := tx.list(ctx, func(rows *sql.Rows) error {
		t, err := scanTrash(rows.Scan)
		list = append(list, t)
		return err
	}, query, args...)
	return list, err
}

func scanTrash(scan func(...any) error) (Trash, error) {
	var t Trash
	var at int64
	err := scan(&t.ID, &t.PackageID, &t.Digest, &t.Name.Owner, &t.Name.Path, &t.Tags, &t.DeletedBy, &t.DeletedByID, &at)
	t.DeletedAt = fromMicros(at)
	return t, err
}

// TrashedVersion is a version that was deleted.
type TrashedVersion struct {
	Version

	TrashID   int64
	DeletedAt time.Time
	DeletedBy string
	HadTags   string // JSON
}

// ListTrashedVersions returns up to limit deleted versions of a package, last deleted
// first, of deletions with smaller ids than before (0: from the last), after so many
// that are skipped.
func (tx *Tx) ListTrashedVersions(ctx context.Context, pkg, before int64, skip, limit int) ([]TrashedVersion, error) {
	var list []TrashedVersion
	err := tx.list(ctx, func(rows *sql.Rows) error {
		var t TrashedVersion
		var at int64
		var err error
		t.Version, err = scanVersion(rows.Scan, &t.TrashID, &at, &t.DeletedBy, &t.HadTags)
		t.DeletedAt = fromMicros(at)
		list = append(list, t)
		return err
	}, qListTrashedVersions, pkg, before, limit, skip)
	return list, err
}

// LockTrash keeps others from a deletion until the transaction ends, and reports
// whether it is gone already.
func (tx *Tx) LockTrash(ctx context.Context, id int64) (gone bool, err error) {
	n, err := tx.exec(ctx, nil, qLockTrash, id)
	return n == 0, err
}

// DropTrash forgets a deletion.
func (tx *Tx) DropTrash(ctx context.Context, id int64) error {
	_, err := tx.exec(ctx, nil, qDropTrash, id)
	return err
}

// TrashPackage takes a package's name away, so that nobody finds it.
// Errors: berth.ErrPackageUnknown.
func (tx *Tx) TrashPackage(ctx context.Context, id int64, now time.Time) error {
	n, err := tx.exec(ctx, nil, qTrashPackage, id, micros(now))
	if err == nil && n == 0 {
		return berth.ErrPackageUnknown
	}
	return err
}

// RestorePackage gives a package its name back. Errors: berth.ErrExists;
// berth.ErrPackageUnknown when it is not in the trash.
func (tx *Tx) RestorePackage(ctx context.Context, id int64, path string) error {
	n, err := tx.exec(ctx, nil, qRestorePackage, id, path)
	if err == nil && n == 0 {
		return berth.ErrPackageUnknown
	}
	return taken(err, berth.ErrExists.With("another package is called %s", path))
}

// TrashManifest makes a manifest part of a deletion.
func (tx *Tx) TrashManifest(ctx context.Context, manifest, trash int64) error {
	_, err := tx.exec(ctx, nil, qTrashManifest, manifest, trash)
	return err
}

// ReviveManifest takes a manifest out of the trash, and shows the blobs that it needs
// again. Whether it is a version is for SettleVersions to say.
func (tx *Tx) ReviveManifest(ctx context.Context, pkg, manifest int64) error {
	if _, err := tx.exec(ctx, nil, qReviveManifest, manifest); err != nil {
		return err
	}
	return tx.ShowBlobs(ctx, pkg, manifest)
}

// ReviveDigest takes the manifest with a digest out of the trash because it was pushed
// again, and returns its id, 0 when it is not there.
func (tx *Tx) ReviveDigest(ctx context.Context, pkg int64, d berth.Digest, now time.Time) (id int64, err error) {
	err = orZero(tx.row(ctx, qReviveDigest, pkg, string(d), micros(now)).Scan(&id))
	return id, err
}

// ShowBlobs makes the blobs that a manifest needs part of its package again.
func (tx *Tx) ShowBlobs(ctx context.Context, pkg, manifest int64) error {
	_, err := tx.exec(ctx, nil, qShowBlobs, pkg, manifest)
	return err
}

// HideBlob makes a blob that only the trash needs look as if the package had let go
// of it. Errors: berth.ErrBlobUnknown.
func (tx *Tx) HideBlob(ctx context.Context, pkg int64, d berth.Digest) error {
	n, err := tx.exec(ctx, nil, qHideBlob, pkg, string(d))
	if err == nil && n == 0 {
		return berth.ErrBlobUnknown
	}
	return err
}

// PurgeHidden lets a package go of blobs that nothing needs any more and that were
// deleted before.
func (tx *Tx) PurgeHidden(ctx context.Context, pkg int64) error {
	_, err := tx.exec(ctx, nil, qPurgeHidden, pkg)
	return err
}
