package meta

import "context"

// Usage is what the packages of an owner, or one of them, take.
type Usage struct {
	Packages  int64
	Versions  int64
	Downloads int64
	Logical   int64 // bytes, a blob counted in every package that holds it
	Unique    int64 // bytes, a blob counted once
}

const (
	qCountUsage = `SELECT count(*), COALESCE(sum(version_count), 0), COALESCE(sum(downloads), 0) FROM packages
		WHERE owner_id = $1 AND (CAST($2 AS BIGINT) = 0 OR id = $2) AND published_at IS NOT NULL AND deleted_at IS NULL`
	// What is in the trash takes room too.
	qOwnerUsage = `SELECT COALESCE(sum(size * packages), 0), COALESCE(sum(size), 0) FROM owner_blobs WHERE owner_id = $1`
	qOwnerBytes = `SELECT COALESCE((SELECT bytes FROM owner_usage WHERE owner_id = $1), 0)
			+ COALESCE((SELECT sum(bytes) FROM usage_changes WHERE owner_id = $1), 0)`
	qPackageUsage  = `SELECT COALESCE(sum(b.size), 0) FROM package_blobs p JOIN blobs b ON b.digest = p.digest WHERE p.package_id = $1`
	qManifestUsage = `SELECT COALESCE(sum(size), 0) FROM manifests WHERE package_id = $1`
)

// Usage returns what the packages of an owner take, or the one with the id given
// unless that is 0. It reads a row for every blob that they hold.
func (tx *Tx) Usage(ctx context.Context, owner, pkg int64) (Usage, error) {
	var u Usage
	if err := tx.row(ctx, qCountUsage, owner, pkg).Scan(&u.Packages, &u.Versions, &u.Downloads); err != nil {
		return u, err
	}
	var manifests int64 // bytes
	if pkg != 0 {
		if err := tx.row(ctx, qPackageUsage, pkg).Scan(&u.Unique); err != nil {
			return u, err
		}
		err := tx.row(ctx, qManifestUsage, pkg).Scan(&manifests)
		u.Unique += manifests
		u.Logical = u.Unique
		return u, err
	}
	var blobs, all int64
	if err := tx.row(ctx, qOwnerUsage, owner).Scan(&u.Logical, &blobs); err != nil {
		return u, err
	}
	err := tx.row(ctx, qOwnerBytes, owner).Scan(&all)
	u.Logical, u.Unique = u.Logical+all-blobs, all // what is no blob is manifests
	return u, err
}
