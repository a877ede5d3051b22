package meta

import (
	"context"
	"time"

	"github.com/berth-registry/berth"
)

const (
	qPurgeTags     = `DELETE FROM tags WHERE package_id = $1`
	qPurgeChildren = `DELETE FROM manifest_children WHERE package_id = $1`
	qPurgeRefs     = `DELETE FROM manifest_blobs WHERE package_id = $1`
	qPurgeBodies   = `DELETE FROM manifests WHERE package_id = $1`
	qPurgeTrash    = `DELETE FROM trash WHERE package_id = $1`
	qPurgeBlobs    = `DELETE FROM package_blobs WHERE package_id = $1`
	qPurgeUploads  = `DELETE FROM uploads WHERE package_id = $1 RETURNING storage_key`
	qPurgeRoles    = `DELETE FROM package_roles WHERE package_id = $1`
	qPurgePackage  = `DELETE FROM packages WHERE id = $1`
)

// DropUploadsTo ends all uploads into a package.
func (tx *Tx) DropUploadsTo(ctx context.Context, pkg int64, now time.Time) error {
	return tx.doomReturned(ctx, now, qPurgeUploads, pkg)
}

// PurgePackage forgets a package and all that it holds. Bytes that nobody else
// holds are left to the sweep; those of open uploads are doomed.
// Errors: berth.ErrUnavailable when something comes into the package just now.
func (tx *Tx) PurgePackage(ctx context.Context, id int64, now time.Time) error {
	busy := berth.ErrUnavailable.With("something is being pushed to the package; try again")
	if err := tx.DropUploadsTo(ctx, id, now); err != nil {
		return err
	}
	for _, q := range []string{
		qPurgeTags, qPurgeChildren, qPurgeRefs, qPurgeBodies, qPurgeTrash, qPurgeBlobs, qPurgeRoles, qPurgePackage,
	} {
		if _, err := tx.exec(ctx, busy, q, id); err != nil {
			return err
		}
	}
	return nil
}
