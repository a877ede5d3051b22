package meta

import (
	"context"
	"database/sql"

	"github.com/berth-registry/berth"
)

// Part is a manifest as part of a version: its root, what that holds, or what
// refers to one of these.
type Part struct {
	ID        int64
	Digest    berth.Digest
	MediaType string
	Size      int64
	Version   bool
	TrashID   int64 // 0 when it is not in the trash
}

const (
	partColumns   = `m.id, m.digest, m.media_type, m.size, m.version, COALESCE(m.trash_id, 0)`
	parentsFrom   = ` FROM manifest_children c JOIN manifests m ON m.id = c.manifest_id WHERE c.package_id = $1 AND c.digest = $2`
	qGetPart      = `SELECT ` + partColumns + ` FROM manifests m WHERE m.package_id = $1 AND m.digest = $2`
	qListChildren = `SELECT ` + partColumns + ` FROM manifest_children c
		JOIN manifests m ON m.package_id = c.package_id AND m.digest = c.digest WHERE c.manifest_id = $1 ORDER BY m.id`
	qListAttached = `SELECT ` + partColumns + ` FROM manifests m WHERE m.package_id = $1 AND m.subject = $2
		UNION SELECT ` + partColumns + ` FROM tags t JOIN manifests m ON m.package_id = t.package_id AND m.digest = t.digest
			WHERE t.package_id = $1 AND t.subject = $2 AND t.digest <> $2
		ORDER BY 1`
	// Of the manifests of a version, what is attached to them, and what was written down of
	// each: by which a page tells what there is without reading it.
	qListAttachedKinds = `WITH RECURSIVE held (id, digest) AS (
			SELECT m.id, m.digest FROM manifests m WHERE m.id = $2
			UNION SELECT m.id, m.digest FROM held h CROSS JOIN manifest_children c CROSS JOIN manifests m
				WHERE c.manifest_id = h.id AND m.package_id = c.package_id AND m.digest = c.digest AND m.trash_id IS NULL),
			few (id, digest) AS (SELECT id, digest FROM held LIMIT $3)
		SELECT q.id, COALESCE(d.kind, '') FROM (
			SELECT h.id AS id FROM few h WHERE h.id <> $2
			UNION SELECT m.id FROM few h CROSS JOIN manifests m
				WHERE m.package_id = $1 AND m.subject = h.digest AND m.trash_id IS NULL AND NOT m.version
			UNION SELECT m.id FROM few h CROSS JOIN tags t CROSS JOIN manifests m
				WHERE t.package_id = $1 AND t.subject = h.digest AND t.digest <> h.digest
					AND m.package_id = $1 AND m.digest = t.digest AND m.trash_id IS NULL AND NOT m.version) q
		LEFT JOIN descriptions d ON d.manifest_id = q.id
		WHERE COALESCE(d.kind, '') IN ('', 'attestation', 'sbom', 'provenance') ORDER BY q.id`
	// Of what refers to a manifest the newest few are looked at, deleted ones too: this is
	// asked for every row of a list.
	qListSigned = `SELECT v.id FROM manifests v WHERE v.id ` + idsWhere + ` AND (EXISTS (
			SELECT 1 FROM (SELECT m.id AS id FROM manifests m
					WHERE m.package_id = v.package_id AND m.subject = v.digest ORDER BY m.id DESC LIMIT $1) f
				CROSS JOIN manifests s CROSS JOIN descriptions d
				WHERE s.id = f.id AND s.trash_id IS NULL AND d.manifest_id = f.id AND d.kind = 'signature')
		OR EXISTS (
			SELECT 1 FROM (SELECT t.digest AS digest FROM tags t
					WHERE t.package_id = v.package_id AND t.subject = v.digest AND t.digest <> v.digest LIMIT $1) f
				CROSS JOIN manifests m CROSS JOIN descriptions d
				WHERE m.package_id = v.package_id AND m.digest = f.digest AND m.trash_id IS NULL AND NOT m.version
					AND d.manifest_id = m.id AND d.kind = 'signature'))`
	qListParents = `SELECT ` + partColumns + parentsFrom + ` ORDER BY m.id`
	// What a manifest is there for: the indexes that hold it, and what it refers to.
	qListHolders = `SELECT ` + partColumns + parentsFrom + `
		UNION SELECT ` + partColumns + ` FROM manifests r JOIN manifests m ON m.package_id = r.package_id AND m.digest = r.subject
			WHERE r.package_id = $1 AND r.digest = $2
		UNION SELECT ` + partColumns + ` FROM tags t JOIN manifests m ON m.package_id = t.package_id AND m.digest = t.subject AND m.digest <> t.digest
			WHERE t.package_id = $1 AND t.digest = $2
		ORDER BY 1`
	qListInTrash  = `SELECT ` + partColumns + ` FROM manifests m WHERE m.trash_id = $1 ORDER BY m.id`
	qListBlobsOf  = `SELECT digest FROM manifest_blobs WHERE manifest_id = $1 ORDER BY digest`
	qListBlobUses = `SELECT b.digest, b.size,
			(SELECT count(*) FROM manifest_blobs o WHERE o.package_id = r.package_id AND o.digest = r.digest),
			(SELECT count(*) FROM (SELECT h.package_id FROM package_blobs h WHERE h.digest = r.digest LIMIT 2) few)
		FROM manifest_blobs r JOIN blobs b ON b.digest = r.digest WHERE r.manifest_id = $1`
	qGetManifest = `SELECT id, package_id, digest, media_type, artifact_type, COALESCE(subject, ''), annotations, size, body, pushed_at, version
		FROM manifests WHERE id = $1`
	qListTagsOf = `SELECT folded, name, digest, created_at, updated_at, downloads, last_pulled_at FROM tags WHERE package_id = $1 AND digest = $2 ORDER BY folded`
	// Those that by their name are for a manifest, and name another.
	qListTagsFor = `SELECT folded, name, digest, created_at, updated_at, downloads, last_pulled_at FROM tags
		WHERE package_id = $1 AND subject = $2 AND digest <> $2 ORDER BY folded`
)

// GetPart finds a manifest, in the trash or not. Errors: berth.ErrManifestUnknown.
func (tx *Tx) GetPart(ctx context.Context, pkg int64, d berth.Digest) (Part, error) {
	m, err := scanPart(tx.row(ctx, qGetPart, pkg, string(d)).Scan)
	return m, orUnknown(err, berth.ErrManifestUnknown)
}

// ListChildren returns the manifests that an index holds.
func (tx *Tx) ListChildren(ctx context.Context, index int64) ([]Part, error) {
	return tx.parts(ctx, qListChildren, index)
}

// ListAttached returns the manifests that refer to one, as their subject or by a
// fallback tag.
func (tx *Tx) ListAttached(ctx context.Context, pkg int64, d berth.Digest) ([]Part, error) {
	return tx.parts(ctx, qListAttached, pkg, string(d))
}

// AttachedKind is a manifest that says something of another, and of which kind it is, ""
// when it has not been read yet.
type AttachedKind struct {
	ID   int64
	Kind string
}

// ListAttachedKinds returns the statements that are held by a version or
// refer to one of its manifests. Of many manifests it looks at most at so many.
func (tx *Tx) ListAttachedKinds(ctx context.Context, pkg, version int64, most int) ([]AttachedKind, error) {
	var list []AttachedKind
	err := tx.list(ctx, func(rows *sql.Rows) error {
		var a AttachedKind
		err := rows.Scan(&a.ID, &a.Kind)
		list = append(list, a)
		return err
	}, qListAttachedKinds, pkg, version, most)
	return list, err
}

// ListSigned returns which of at most [MaxIDs] manifests a signature refers to. Of what
// refers to each it looks at so many, the newest: a signature with more after it is missed.
func (tx *Tx) ListSigned(ctx context.Context, manifests []int64, most int) ([]int64, error) {
	return column[int64](ctx, tx, qListSigned, idArgs(most, manifests)...)
}

// ListParents returns the indexes that hold a manifest.
func (tx *Tx) ListParents(ctx context.Context, pkg int64, d berth.Digest) ([]Part, error) {
	return tx.parts(ctx, qListParents, pkg, string(d))
}

// ListHolders returns what a manifest is there for: the indexes that hold it, and what
// it refers to, as its subject or by a fallback tag.
func (tx *Tx) ListHolders(ctx context.Context, pkg int64, d berth.Digest) ([]Part, error) {
	return tx.parts(ctx, qListHolders, pkg, string(d))
}

// ListInTrash returns the manifests that were deleted together.
func (tx *Tx) ListInTrash(ctx context.Context, trash int64) ([]Part, error) {
	return tx.parts(ctx, qListInTrash, trash)
}

func (tx *Tx) parts(ctx context.Context, query string, args ...any) ([]Part, error) {
	var list []Part
	err := tx.list(ctx, func(rows *sql.Rows) error {
		m, err := scanPart(rows.Scan)
		list = append(list, m)
		return err
	}, query, args...)
	return list, err
}

func scanPart(scan func(...any) error) (Part, error) {
	var m Part
	err := scan(&m.ID, &m.Digest, &m.MediaType, &m.Size, &m.Version, &m.TrashID)
	return m, err
}

// ListTagsOf returns the tags of a manifest, but for its id and its type.
func (tx *Tx) ListTagsOf(ctx context.Context, pkg int64, d berth.Digest) ([]TagDetails, error) {
	return tx.tagDetails(ctx, qListTagsOf, pkg, d)
}

// ListTagsFor returns the tags by which others refer to a manifest, but for their ids
// and types.
func (tx *Tx) ListTagsFor(ctx context.Context, pkg int64, subject berth.Digest) ([]TagDetails, error) {
	return tx.tagDetails(ctx, qListTagsFor, pkg, subject)
}

func (tx *Tx) tagDetails(ctx context.Context, query string, pkg int64, d berth.Digest) ([]TagDetails, error) {
	var list []TagDetails
	err := tx.list(ctx, func(rows *sql.Rows) error {
		var t TagDetails
		var created, updated int64
		var pulled sql.NullInt64
		err := rows.Scan(&t.Folded, &t.Name, &t.Digest, &created, &updated, &t.Downloads, &pulled)
		t.CreatedAt, t.UpdatedAt, t.LastPulledAt = fromMicros(created), fromMicros(updated), fromNull(pulled)
		list = append(list, t)
		return err
	}, query, pkg, string(d))
	return list, err
}

// ListBlobsOf returns the blobs that a manifest needs, by digest.
func (tx *Tx) ListBlobsOf(ctx context.Context, manifest int64) ([]berth.Digest, error) {
	return tx.digests(ctx, qListBlobsOf, manifest)
}

func (tx *Tx) digests(ctx context.Context, query string, args ...any) ([]berth.Digest, error) {
	return column[berth.Digest](ctx, tx, query, args...)
}

// BlobUse is a blob that a manifest needs, and who else does.
type BlobUse struct {
	Digest    berth.Digest
	Size      int64
	Manifests int64 // of the same package that need it
	Packages  int64 // that hold it; 2 stands for more
}

// ListBlobUses returns the blobs that a manifest needs.
func (tx *Tx) ListBlobUses(ctx context.Context, manifest int64) ([]BlobUse, error) {
	var list []BlobUse
	err := tx.list(ctx, func(rows *sql.Rows) error {
		var u BlobUse
		err := rows.Scan(&u.Digest, &u.Size, &u.Manifests, &u.Packages)
		list = append(list, u)
		return err
	}, qListBlobUses, manifest)
	return list, err
}

// GetManifest returns a manifest by id, with its body.
// Errors: berth.ErrManifestUnknown.
func (tx *Tx) GetManifest(ctx context.Context, id int64) (Manifest, error) {
	var m Manifest
	var pushed int64
	err := tx.row(ctx, qGetManifest, id).Scan(&m.ID, &m.PackageID, &m.Digest, &m.MediaType, &m.ArtifactType,
		&m.Subject, &m.Annotations, &m.Size, &m.Body, &pushed, &m.Version)
	m.PushedAt = fromMicros(pushed)
	return m, orUnknown(err, berth.ErrManifestUnknown)
}
