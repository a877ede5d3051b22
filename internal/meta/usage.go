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
	qLogicalUsage = `SELECT COALESCE(sum(b.size), 0) FROM packages k
		JOIN package_blobs p ON p.package_id = k.id JOIN blobs b ON b.digest = p.digest
		WHERE k.owner_id = $1 AND (CAST($2 AS BIGINT) = 0 OR k.id = $2)`
	qUniqueUsage = `SELECT COALESCE(sum(q.size), 0) FROM (SELECT DISTINCT b.digest, b.size AS size FROM packages k
		JOIN package_blobs p ON p.package_id = k.id JOIN blobs b ON b.digest = p.digest
		WHERE k.owner_id = $1 AND (CAST($2 AS BIGINT) = 0 OR k.id = $2)) q`
	qManifestUsage = `SELECT COALESCE(sum(m.size), 0) FROM packages k JOIN manifests m ON m.package_id = k.id
		WHERE k.owner_id = $1 AND (CAST($2 AS BIGINT) = 0 OR k.id = $2)`
)

// Usage returns what the packages of an owner take, or the one with the id given
// unless that is 0. It reads a row for every blob that they hold.
func (tx *Tx) Usage(ctx context.Context, owner, pkg int64) (Usage, error) {
	var u Usage
	var manifests int64
	if err := tx.row(ctx, qCountUsage, owner, pkg).Scan(&u.Packages, &u.Versions, &u.Downloads); err != nil {
		return u, err
	}
	for _, q := range []struct {
		text string
		into *int64
	}{{qLogicalUsage, &u.Logical}, {qUniqueUsage, &u.Unique}, {qManifestUsage, &manifests}} {
		if err := tx.row(ctx, q.text, owner, pkg).Scan(q.into); err != nil {
			return u, err
		}
	}
	u.Logical, u.Unique = u.Logical+manifests, u.Unique+manifests
	return u, nil
}
