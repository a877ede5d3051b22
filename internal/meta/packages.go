package meta

import (
	"context"
	"time"

	"github.com/berth-registry/berth"
)

const (
	qCreatePackage = `INSERT INTO packages (owner_id, path, visibility, inherit, created_at, updated_at)
		VALUES ($1, $2, $3, FALSE, $4, $4) ON CONFLICT (owner_id, path) DO NOTHING`
	qPublishPackage = `UPDATE packages SET published_at = $2 WHERE id = $1 AND published_at IS NULL`
	qPutVisibility  = `UPDATE packages SET visibility = $2 WHERE id = $1`

	// A package into which nothing was ever pushed is a leftover of a probe.
	qDropEmptyPackages = `DELETE FROM packages WHERE published_at IS NULL AND created_at < $1
		AND NOT EXISTS (SELECT 1 FROM uploads u WHERE u.package_id = packages.id)
		AND NOT EXISTS (SELECT 1 FROM package_blobs b WHERE b.package_id = packages.id)
		AND NOT EXISTS (SELECT 1 FROM manifests f WHERE f.package_id = packages.id)
		AND NOT EXISTS (SELECT 1 FROM package_roles r WHERE r.package_id = packages.id)`
)

// CreatePackage makes an unpublished package, unless it is there.
// Errors: berth.ErrUnavailable when the owner is being deleted.
func (tx *Tx) CreatePackage(ctx context.Context, owner int64, path string, v berth.Visibility, now time.Time) error {
	_, err := tx.exec(ctx, nil, qCreatePackage, owner, path, string(v), micros(now))
	return err
}

// PublishPackage marks that a package has had a manifest, and reports whether
// this was the first.
func (tx *Tx) PublishPackage(ctx context.Context, id int64, now time.Time) (bool, error) {
	n, err := tx.exec(ctx, nil, qPublishPackage, id, micros(now))
	return n == 1, err
}

// PutVisibility changes who may see a package.
func (tx *Tx) PutVisibility(ctx context.Context, pkg int64, v berth.Visibility) error {
	_, err := tx.exec(ctx, nil, qPutVisibility, pkg, string(v))
	return err
}

// DropEmptyPackages forgets packages made before t into which nothing came.
// Errors: berth.ErrUnavailable when something comes into one just now.
func (tx *Tx) DropEmptyPackages(ctx context.Context, t time.Time) (int64, error) {
	return tx.exec(ctx, berth.ErrUnavailable.With("try again"), qDropEmptyPackages, micros(t))
}
