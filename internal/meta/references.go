package meta

import (
	"context"
	"database/sql"
	"time"

	"github.com/berth-registry/berth"
)

// Reference is one name of a version: a tag, or its digest.
type Reference struct {
	ManifestID int64
	Digest     berth.Digest
	Tag        berth.Tag // "" where the digest is the name
	At         time.Time // when the tag was last moved, or the manifest pushed
}

const (
	referenceColumns = `m.id, m.digest, COALESCE(t.name, ''), COALESCE(t.updated_at, m.pushed_at)`
	// A tag that is there for another manifest names no version.
	referencesFrom = `FROM manifests m LEFT JOIN tags t ON t.package_id = m.package_id AND t.digest = m.digest
			AND NOT EXISTS (SELECT 1 FROM manifests s WHERE s.package_id = t.package_id AND s.digest = t.subject AND s.trash_id IS NULL)`

	qListReferences = `SELECT ` + referenceColumns + ` ` + referencesFrom + `
		WHERE m.package_id = $1 AND m.version AND m.trash_id IS NULL
		ORDER BY m.id DESC, t.updated_at DESC, t.folded LIMIT $2 OFFSET $3`
	qLatestReference = `SELECT ` + referenceColumns + ` ` + referencesFrom + `
		WHERE m.package_id = $1 AND m.version AND m.trash_id IS NULL
		ORDER BY COALESCE(t.updated_at, m.pushed_at) DESC, m.id DESC, t.folded LIMIT 1`
	qFindTag = `SELECT ` + referenceColumns + ` ` + referencesFrom + `
		WHERE m.package_id = $1 AND m.version AND m.trash_id IS NULL AND t.folded = $2`
	qFindDigest = `SELECT m.id, m.digest, '', m.pushed_at FROM manifests m
		WHERE m.package_id = $1 AND m.digest = $2 AND m.version AND m.trash_id IS NULL`
	qCountReferences = `SELECT p.id, (SELECT count(*) FROM (SELECT m.id ` + referencesFrom + `
			WHERE m.package_id = p.id AND m.version AND m.trash_id IS NULL LIMIT $1) few)
		FROM packages p WHERE p.id ` + idsWhere
	qStaysWithout = `SELECT EXISTS (SELECT 1 FROM tags t WHERE t.package_id = $1 AND t.digest = $2 AND t.folded <> $3
				AND NOT EXISTS (SELECT 1 FROM manifests s WHERE s.package_id = t.package_id AND s.digest = t.subject AND s.trash_id IS NULL))
			OR EXISTS (SELECT 1 FROM manifest_children c JOIN manifests i ON i.id = c.manifest_id
				WHERE c.package_id = $1 AND c.digest = $2 AND i.trash_id IS NULL)`
	qListBlobSizes = `SELECT b.digest, b.size FROM manifest_blobs r JOIN blobs b ON b.digest = r.digest
		WHERE r.manifest_id = $1 ORDER BY b.digest`
)

// ListReferences returns up to limit references of a package, after so many that are
// skipped: by version, newest first, and of each the tag first that was moved last.
func (tx *Tx) ListReferences(ctx context.Context, pkg int64, skip, limit int) ([]Reference, error) {
	var list []Reference
	err := tx.list(ctx, func(rows *sql.Rows) error {
		r, err := scanReference(rows.Scan)
		list = append(list, r)
		return err
	}, qListReferences, pkg, limit, skip)
	return list, err
}

// LatestReference returns the one that was pushed or moved last. It looks at all of the
// package. Errors: berth.ErrVersionUnknown when there is none.
func (tx *Tx) LatestReference(ctx context.Context, pkg int64) (Reference, error) {
	r, err := scanReference(tx.row(ctx, qLatestReference, pkg).Scan)
	return r, orUnknown(err, berth.ErrVersionUnknown)
}

// FindTag returns a folded tag that names a version.
// Errors: berth.ErrManifestUnknown.
func (tx *Tx) FindTag(ctx context.Context, pkg int64, folded string) (Reference, error) {
	r, err := scanReference(tx.row(ctx, qFindTag, pkg, folded).Scan)
	return r, orUnknown(err, berth.ErrManifestUnknown)
}

// FindDigest returns the version with a digest, whether it has tags or not.
// Errors: berth.ErrManifestUnknown.
func (tx *Tx) FindDigest(ctx context.Context, pkg int64, d berth.Digest) (Reference, error) {
	r, err := scanReference(tx.row(ctx, qFindDigest, pkg, string(d)).Scan)
	return r, orUnknown(err, berth.ErrManifestUnknown)
}

func scanReference(scan func(...any) error) (Reference, error) {
	var r Reference
	var at int64
	err := scan(&r.ManifestID, &r.Digest, &r.Tag, &at)
	r.At = fromMicros(at)
	return r, err
}

// CountReferences returns how many references packages have, [MaxIDs] of them at
// the most. Of each it counts no further than to most.
func (tx *Tx) CountReferences(ctx context.Context, pkgs []int64, most int) (map[int64]int, error) {
	counts := make(map[int64]int, len(pkgs))
	err := tx.list(ctx, func(rows *sql.Rows) error {
		var id int64
		var n int
		err := rows.Scan(&id, &n)
		counts[id] = n
		return err
	}, qCountReferences, idArgs(most, pkgs)...)
	return counts, err
}

// StaysWithout reports whether a version has another tag than the folded one given, or
// is held by an index.
func (tx *Tx) StaysWithout(ctx context.Context, pkg int64, d berth.Digest, folded string) (bool, error) {
	var stays bool
	err := tx.row(ctx, qStaysWithout, pkg, string(d), folded).Scan(&stays)
	return stays, err
}

// BlobSize is a blob of a manifest.
type BlobSize struct {
	Digest berth.Digest
	Size   int64
}

// ListBlobSizes returns the blobs that a manifest needs, by digest.
func (tx *Tx) ListBlobSizes(ctx context.Context, manifest int64) ([]BlobSize, error) {
	var list []BlobSize
	err := tx.list(ctx, func(rows *sql.Rows) error {
		var b BlobSize
		err := rows.Scan(&b.Digest, &b.Size)
		list = append(list, b)
		return err
	}, qListBlobSizes, manifest)
	return list, err
}
