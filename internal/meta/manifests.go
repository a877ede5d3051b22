package meta

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/berth-registry/berth"
)

// Manifest is a manifest of a package.
type Manifest struct {
	ID           int64
	PackageID    int64
	Digest       berth.Digest
	MediaType    string
	ArtifactType string
	Subject      berth.Digest // "" when it refers to nothing
	Annotations  string       // as JSON, kept for referrers only
	Size         int64
	Body         []byte
	PushedAt     time.Time
	Version      bool // a root, see the column
}

const (
	qCreateManifest = `INSERT INTO manifests
			(package_id, digest, media_type, artifact_type, subject, annotations, size, body, pushed_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
		ON CONFLICT (package_id, digest) DO NOTHING RETURNING id`
	qStatManifest = `SELECT id, digest, media_type, size, version FROM manifests WHERE package_id = $1 AND digest = $2 AND trash_id IS NULL`
	qGetBody      = `SELECT body FROM manifests WHERE id = $1`
	qLockManifest = `UPDATE manifests SET size = size WHERE package_id = $1 AND digest = $2 AND trash_id IS NULL RETURNING size`
	qPutBlobRef   = `INSERT INTO manifest_blobs (manifest_id, package_id, digest) VALUES ($1, $2, $3)
		ON CONFLICT (manifest_id, digest) DO NOTHING`
	qPutChild = `INSERT INTO manifest_children (manifest_id, package_id, digest) VALUES ($1, $2, $3)
		ON CONFLICT (manifest_id, digest) DO NOTHING`
	qGetParent = `SELECT m.digest FROM manifest_children c JOIN manifests m ON m.id = c.manifest_id
		WHERE c.package_id = $1 AND c.digest = $2 AND m.trash_id IS NULL LIMIT 1`
	qGetBlobUser = `SELECT m.digest, m.trash_id IS NOT NULL FROM manifest_blobs b JOIN manifests m ON m.id = b.manifest_id
		WHERE b.package_id = $1 AND b.digest = $2 ORDER BY m.trash_id IS NOT NULL LIMIT 1`
	qDropManifest  = `DELETE FROM manifests WHERE package_id = $1 AND digest = $2`
	qListReferrers = `SELECT id, digest, media_type, artifact_type, annotations, size FROM manifests
		WHERE package_id = $1 AND subject = $2 AND id > $3 AND trash_id IS NULL ORDER BY id LIMIT $4`
	qListTypedReferrers = `SELECT id, digest, media_type, artifact_type, annotations, size FROM manifests
		WHERE package_id = $1 AND subject = $2 AND id > $3 AND artifact_type = $5 AND trash_id IS NULL ORDER BY id LIMIT $4`
)

// CreateManifest stores a manifest and returns its id, or 0 when the package has
// it already. Errors: berth.ErrUnavailable when its package has just been swept
// away as empty.
func (tx *Tx) CreateManifest(ctx context.Context, m Manifest) (int64, error) {
	var id int64
	subject := sql.NullString{String: string(m.Subject), Valid: m.Subject != ""}
	err := orZero(tx.row(ctx, qCreateManifest, m.PackageID, string(m.Digest), m.MediaType, m.ArtifactType,
		subject, m.Annotations, m.Size, m.Body, micros(m.PushedAt)).Scan(&id))
	return id, dangling(err, berth.ErrUnavailable.With("try again"))
}

// StatManifest finds a manifest, without its body.
// Errors: berth.ErrManifestUnknown.
func (tx *Tx) StatManifest(ctx context.Context, pkg int64, d berth.Digest) (Manifest, error) {
	m := Manifest{PackageID: pkg}
	err := tx.row(ctx, qStatManifest, pkg, string(d)).Scan(&m.ID, &m.Digest, &m.MediaType, &m.Size, &m.Version)
	return m, orUnknown(err, berth.ErrManifestUnknown)
}

// GetBody returns a manifest's bytes. Errors: berth.ErrManifestUnknown.
func (tx *Tx) GetBody(ctx context.Context, manifest int64) ([]byte, error) {
	var body []byte
	err := tx.row(ctx, qGetBody, manifest).Scan(&body)
	return body, orUnknown(err, berth.ErrManifestUnknown)
}

// LockManifest keeps a manifest from being deleted until the transaction ends,
// and returns its size. Errors: berth.ErrManifestUnknown.
func (tx *Tx) LockManifest(ctx context.Context, pkg int64, d berth.Digest) (int64, error) {
	var size int64
	err := tx.row(ctx, qLockManifest, pkg, string(d)).Scan(&size)
	return size, orUnknown(err, berth.ErrManifestUnknown)
}

// PutBlobReference records that a manifest needs a blob of its package.
// Errors: berth.ErrManifestBlobUnknown.
func (tx *Tx) PutBlobReference(ctx context.Context, manifest, pkg int64, d berth.Digest) error {
	_, err := tx.exec(ctx, berth.ErrManifestBlobUnknown, qPutBlobRef, manifest, pkg, string(d))
	return err
}

// PutChild records that an index holds a manifest of its package.
// Errors: berth.ErrManifestBlobUnknown.
func (tx *Tx) PutChild(ctx context.Context, index, pkg int64, d berth.Digest) error {
	_, err := tx.exec(ctx, berth.ErrManifestBlobUnknown, qPutChild, index, pkg, string(d))
	return err
}

// GetParent returns an index that holds a manifest, "" when none does.
func (tx *Tx) GetParent(ctx context.Context, pkg int64, d berth.Digest) (berth.Digest, error) {
	var parent berth.Digest
	err := orZero(tx.row(ctx, qGetParent, pkg, string(d)).Scan(&parent))
	return parent, err
}

// GetBlobUser returns a manifest of the package that needs a blob, "" when none
// does, and whether all that do are in the trash.
func (tx *Tx) GetBlobUser(ctx context.Context, pkg int64, d berth.Digest) (user berth.Digest, trashed bool, err error) {
	err = orZero(tx.row(ctx, qGetBlobUser, pkg, string(d)).Scan(&user, &trashed))
	return user, trashed, err
}

// DropManifest deletes a manifest for good. Errors: berth.ErrManifestUnknown;
// berth.ErrManifestReferenced when an index or a tag still names it.
func (tx *Tx) DropManifest(ctx context.Context, pkg int64, d berth.Digest) error {
	n, err := tx.exec(ctx, berth.ErrManifestReferenced, qDropManifest, pkg, string(d))
	if err == nil && n == 0 {
		return berth.ErrManifestUnknown
	}
	return err
}

// errEnough ends a list before its end.
var errEnough = errors.New("enough")

// ListReferrers returns manifests, by id after the given one, whose subject is d;
// only those of an artifact type unless that is "". It returns at most limit of
// them, with at most maxBytes of annotations unless the first alone has more, and
// whether there are more.
func (tx *Tx) ListReferrers(ctx context.Context, pkg int64, d berth.Digest, artifactType string, after int64, limit, maxBytes int) (list []Manifest, more bool, err error) {
	total := 0
	scan := func(rows *sql.Rows) error {
		m := Manifest{PackageID: pkg, Subject: d}
		if err := rows.Scan(&m.ID, &m.Digest, &m.MediaType, &m.ArtifactType, &m.Annotations, &m.Size); err != nil {
			return err
		}
		total += len(m.Annotations)
		if len(list) == limit || len(list) > 0 && total > maxBytes {
			return errEnough
		}
		list = append(list, m)
		return nil
	}
	if artifactType == "" {
		err = tx.list(ctx, scan, qListReferrers, pkg, string(d), after, limit+1)
	} else {
		err = tx.list(ctx, scan, qListTypedReferrers, pkg, string(d), after, limit+1, artifactType)
	}
	if errors.Is(err, errEnough) {
		return list, true, nil
	}
	return list, false, err
}
