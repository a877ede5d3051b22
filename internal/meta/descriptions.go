package meta

import (
	"context"
	"database/sql"
	"time"

	"github.com/berth-registry/berth"
)

// Description is what a manifest and its config say of themselves.
type Description struct {
	Kind    string // "" when it has not been read yet
	Size    int64  // of all that a version holds, each thing once, in bytes
	Summary string // JSON
	Details string // JSON; not in lists
	Problem string // why something could not be read, "" for nothing
}

// Described is a manifest as the job after a push sees it.
type Described struct {
	ID           int64
	PackageID    int64
	Digest       berth.Digest
	MediaType    string
	ArtifactType string
	Body         []byte
}

const (
	qGetDescribed   = `SELECT id, package_id, digest, media_type, artifact_type, body FROM manifests WHERE id = $1`
	qGetDescription = `SELECT kind, size, summary, details, problem FROM descriptions WHERE manifest_id = $1`
	qPutDescription = `INSERT INTO descriptions (manifest_id, kind, size, summary, details, problem, described_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (manifest_id) DO UPDATE
		SET kind = excluded.kind, size = excluded.size, summary = excluded.summary, details = excluded.details,
			problem = excluded.problem, described_at = excluded.described_at`
	qMeasure = `WITH RECURSIVE held (id) AS (
			SELECT id FROM manifests WHERE id = $1
			UNION SELECT m.id FROM held h JOIN manifest_children c ON c.manifest_id = h.id
				JOIN manifests m ON m.package_id = c.package_id AND m.digest = c.digest)
		SELECT (SELECT COALESCE(sum(m.size), 0) FROM manifests m WHERE m.id IN (SELECT id FROM held))
			+ (SELECT COALESCE(sum(b.size), 0) FROM blobs b
				WHERE b.digest IN (SELECT r.digest FROM manifest_blobs r WHERE r.manifest_id IN (SELECT id FROM held)))`
	qFindBlobOf = `SELECT b.digest, b.size, b.storage_key, b.lease_until FROM manifest_blobs r JOIN blobs b ON b.digest = r.digest
		WHERE r.manifest_id = $1 AND r.digest = $2 AND b.state = 'live'`
	qDescribePackage = `UPDATE packages SET kind = $2, description = $3, licenses = $4 WHERE id = $1`

	qMarkLost   = `UPDATE blobs SET lost_at = $2 WHERE digest = $1 AND lost_at IS NULL AND storage_key = $3`
	qMarkFound  = `UPDATE blobs SET lost_at = NULL WHERE digest = $1 AND lost_at IS NOT NULL AND storage_key = $2`
	qListBlobs  = `SELECT digest, size, storage_key, lease_until, lost_at IS NOT NULL FROM blobs WHERE digest > $1 AND state = 'live' ORDER BY digest LIMIT $2`
	qListLostOf = `SELECT b.digest FROM manifest_blobs r JOIN blobs b ON b.digest = r.digest
		WHERE r.manifest_id = $1 AND b.lost_at IS NOT NULL ORDER BY b.digest`
	qListLost = `WITH RECURSIVE held (root, id) AS (
			SELECT m.id, m.id FROM manifests m WHERE m.id ` + idsWhere + `
			UNION SELECT h.root, m.id FROM held h CROSS JOIN manifest_children c CROSS JOIN manifests m
				WHERE c.manifest_id = h.id AND m.package_id = c.package_id AND m.digest = c.digest)
		SELECT h.root, m.digest, b.digest FROM (SELECT root, id FROM held LIMIT $1) h
			CROSS JOIN manifest_blobs r CROSS JOIN blobs b CROSS JOIN manifests m
		WHERE r.manifest_id = h.id AND b.digest = r.digest AND b.lost_at IS NOT NULL AND m.id = h.id
		ORDER BY h.root, h.id, b.digest`
	qAnyLost = `SELECT EXISTS (SELECT 1 FROM blobs WHERE lost_at IS NOT NULL)`
)

// GetDescribed returns a manifest by id. Errors: berth.ErrManifestUnknown.
func (tx *Tx) GetDescribed(ctx context.Context, id int64) (Described, error) {
	var m Described
	err := tx.row(ctx, qGetDescribed, id).Scan(&m.ID, &m.PackageID, &m.Digest, &m.MediaType, &m.ArtifactType, &m.Body)
	return m, orUnknown(err, berth.ErrManifestUnknown)
}

// GetDescription returns what is known of a manifest, the zero value when it has not
// been read yet.
func (tx *Tx) GetDescription(ctx context.Context, manifest int64) (Description, error) {
	var d Description
	err := tx.row(ctx, qGetDescription, manifest).Scan(&d.Kind, &d.Size, &d.Summary, &d.Details, &d.Problem)
	return d, orZero(err)
}

// PutDescription writes down what a manifest says of itself.
// Errors: berth.ErrManifestUnknown when it was deleted meanwhile.
func (tx *Tx) PutDescription(ctx context.Context, manifest int64, d Description, now time.Time) error {
	_, err := tx.exec(ctx, berth.ErrManifestUnknown, qPutDescription, manifest, d.Kind, d.Size, d.Summary, d.Details, d.Problem, micros(now))
	return err
}

// FindBlobOf finds a blob that a manifest needs. Errors: berth.ErrBlobUnknown, also for
// what others hold.
func (tx *Tx) FindBlobOf(ctx context.Context, manifest int64, d berth.Digest) (Blob, error) {
	return scanBlob(tx.row(ctx, qFindBlobOf, manifest, string(d)))
}

// Measure returns how many bytes a manifest and all that it holds have, each thing
// counted once.
func (tx *Tx) Measure(ctx context.Context, manifest int64) (int64, error) {
	var size int64
	err := tx.row(ctx, qMeasure, manifest).Scan(&size)
	return size, err
}

// DescribePackage says of a package what its last pushed version says.
func (tx *Tx) DescribePackage(ctx context.Context, pkg int64, kind, description, licenses string) error {
	_, err := tx.exec(ctx, nil, qDescribePackage, pkg, kind, description, licenses)
	return err
}

// CheckedBlob is a blob whose bytes are to be looked for.
type CheckedBlob struct {
	Blob

	Lost bool // they were not there the last time
}

// ListBlobs returns up to limit blobs of the instance, by digest after the given one.
func (tx *Tx) ListBlobs(ctx context.Context, after berth.Digest, limit int) ([]CheckedBlob, error) {
	var list []CheckedBlob
	err := tx.list(ctx, func(rows *sql.Rows) error {
		var b CheckedBlob
		var lease int64
		err := rows.Scan(&b.Digest, &b.Size, &b.Key, &lease, &b.Lost)
		b.LeaseUntil = fromMicros(lease)
		list = append(list, b)
		return err
	}, qListBlobs, string(after), limit)
	return list, err
}

// MarkLost notes that a blob's bytes are not where they should be.
func (tx *Tx) MarkLost(ctx context.Context, b Blob, now time.Time) error {
	_, err := tx.exec(ctx, nil, qMarkLost, string(b.Digest), micros(now), b.Key)
	return err
}

// MarkFound takes that back.
func (tx *Tx) MarkFound(ctx context.Context, b Blob) error {
	_, err := tx.exec(ctx, nil, qMarkFound, string(b.Digest), b.Key)
	return err
}

// AnyLost reports whether the bytes of any blob of the instance are missing.
func (tx *Tx) AnyLost(ctx context.Context) (bool, error) {
	var lost bool
	err := tx.row(ctx, qAnyLost).Scan(&lost)
	return lost, err
}

// ListLostOf returns the blobs of a manifest whose bytes are missing.
func (tx *Tx) ListLostOf(ctx context.Context, manifest int64) ([]berth.Digest, error) {
	return tx.digests(ctx, qListLostOf, manifest)
}

// LostBlob is a blob whose bytes are missing.
type LostBlob struct {
	Root     int64        // the version that needs it
	Manifest berth.Digest // the one of its manifests that does
	Digest   berth.Digest
}

// ListLost returns what is missing of versions, at most [MaxIDs] of them, and of all that
// they hold. Of many manifests it looks at most at so many.
func (tx *Tx) ListLost(ctx context.Context, versions []int64, most int) ([]LostBlob, error) {
	var list []LostBlob
	err := tx.list(ctx, func(rows *sql.Rows) error {
		var b LostBlob
		err := rows.Scan(&b.Root, &b.Manifest, &b.Digest)
		list = append(list, b)
		return err
	}, qListLost, idArgs(most, versions)...)
	return list, err
}
