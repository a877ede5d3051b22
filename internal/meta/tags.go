package meta

import (
	"context"
	"database/sql"
	"time"

	"github.com/berth-registry/berth"
)

const (
	// A tag keeps the spelling it was made with when it moves.
	qPutTag = `INSERT INTO tags (package_id, folded, name, digest, updated_at, subject, created_at) VALUES ($1, $2, $3, $4, $5, $6, $5)
		ON CONFLICT (package_id, folded) DO UPDATE SET digest = excluded.digest, updated_at = excluded.updated_at`
	qRestoreTag = `INSERT INTO tags (package_id, folded, name, digest, updated_at, subject, created_at, downloads, last_pulled_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`
	qResolveTag = `SELECT m.id, m.digest, m.media_type, m.size, m.version
		FROM tags t JOIN manifests m ON m.package_id = t.package_id AND m.digest = t.digest
		WHERE t.package_id = $1 AND t.folded = $2`
	qListTags      = `SELECT folded, name FROM tags WHERE package_id = $1 AND folded > $2 ORDER BY folded LIMIT $3`
	tagColumns     = `t.folded, t.name, t.digest, m.id, m.media_type, t.created_at, t.updated_at, t.downloads, t.last_pulled_at`
	qGetTagDetails = `SELECT ` + tagColumns + ` FROM tags t JOIN manifests m ON m.package_id = t.package_id AND m.digest = t.digest
		WHERE t.package_id = $1 AND t.folded = $2`
	qListTagDetails = `SELECT ` + tagColumns + `
		FROM tags t JOIN manifests m ON m.package_id = t.package_id AND m.digest = t.digest
		WHERE t.package_id = $1 AND t.folded > $2 AND NOT EXISTS (SELECT 1 FROM manifests s
			WHERE s.package_id = t.package_id AND s.digest = t.subject AND s.digest <> t.digest AND s.trash_id IS NULL)
		ORDER BY t.folded LIMIT $3`
	qTouchManifest = `UPDATE manifests SET updated_at = $2 WHERE id = $1`
	qDropTag       = `DELETE FROM tags WHERE package_id = $1 AND folded = $2`
	qRefoldTags    = `UPDATE tags SET folded = CASE WHEN $1 THEN lower(name) ELSE name END`
)

// PutTag makes or moves a tag. Errors: berth.ErrManifestUnknown.
func (tx *Tx) PutTag(ctx context.Context, pkg int64, folded string, t berth.Tag, d berth.Digest, now time.Time) error {
	_, err := tx.exec(ctx, berth.ErrManifestUnknown, qPutTag, pkg, folded, string(t), string(d), micros(now), subjectOf(t))
	return err
}

// RestoreTag makes a tag that was deleted as it was. Errors: berth.ErrManifestUnknown;
// berth.ErrExists when there is one of that name.
func (tx *Tx) RestoreTag(ctx context.Context, pkg int64, t TagDetails) error {
	_, err := tx.exec(ctx, berth.ErrManifestUnknown, qRestoreTag, pkg, t.Folded, string(t.Name), string(t.Digest), micros(t.UpdatedAt), subjectOf(t.Name),
		micros(t.CreatedAt), t.Downloads, nullMicros(t.LastPulledAt))
	return taken(err, berth.ErrExists.With("another tag is called %s", t.Name))
}

func subjectOf(t berth.Tag) sql.NullString {
	subject := t.Subject()
	return sql.NullString{String: string(subject), Valid: subject != ""}
}

// ResolveTag finds the manifest that a tag names, without its body.
// Errors: berth.ErrManifestUnknown.
func (tx *Tx) ResolveTag(ctx context.Context, pkg int64, folded string) (Manifest, error) {
	m := Manifest{PackageID: pkg}
	err := tx.row(ctx, qResolveTag, pkg, folded).Scan(&m.ID, &m.Digest, &m.MediaType, &m.Size, &m.Version)
	return m, orUnknown(err, berth.ErrManifestUnknown)
}

// TagRow is a tag in a list.
type TagRow struct {
	Folded string
	Name   berth.Tag
}

// ListTags returns up to limit tags after the given folded one, in order.
func (tx *Tx) ListTags(ctx context.Context, pkg int64, after string, limit int) ([]TagRow, error) {
	var list []TagRow
	err := tx.list(ctx, func(rows *sql.Rows) error {
		var t TagRow
		err := rows.Scan(&t.Folded, &t.Name)
		list = append(list, t)
		return err
	}, qListTags, pkg, after, limit)
	return list, err
}

// DropTag unties a tag. Errors: berth.ErrManifestUnknown.
func (tx *Tx) DropTag(ctx context.Context, pkg int64, folded string) error {
	n, err := tx.exec(ctx, nil, qDropTag, pkg, folded)
	if err == nil && n == 0 {
		return berth.ErrManifestUnknown
	}
	return err
}

// RefoldTags rewrites how all tags are compared. Errors: berth.ErrTagInvalid
// when two tags of a package would become one.
func (tx *Tx) RefoldTags(ctx context.Context, ignoreCase bool) error {
	_, err := tx.exec(ctx, nil, qRefoldTags, ignoreCase)
	return taken(err, berth.ErrTagInvalid.With("two tags of one package differ only by case; delete one of each such pair first"))
}

// TagDetails is all that is known of a tag.
type TagDetails struct {
	Folded       string
	Name         berth.Tag
	Digest       berth.Digest
	ManifestID   int64
	MediaType    string
	CreatedAt    time.Time
	UpdatedAt    time.Time // when it was last moved
	Downloads    int64
	LastPulledAt time.Time
}

// ListTagDetails returns up to limit tags after the given folded one, but for those
// that are there for another manifest.
func (tx *Tx) ListTagDetails(ctx context.Context, pkg int64, after string, limit int) ([]TagDetails, error) {
	var list []TagDetails
	err := tx.list(ctx, func(rows *sql.Rows) error {
		t, err := scanTag(rows.Scan)
		list = append(list, t)
		return err
	}, qListTagDetails, pkg, after, limit)
	return list, err
}

// GetTagDetails returns a tag. Errors: berth.ErrManifestUnknown.
func (tx *Tx) GetTagDetails(ctx context.Context, pkg int64, folded string) (TagDetails, error) {
	t, err := scanTag(tx.row(ctx, qGetTagDetails, pkg, folded).Scan)
	return t, orUnknown(err, berth.ErrManifestUnknown)
}

func scanTag(scan func(...any) error) (TagDetails, error) {
	var t TagDetails
	var created, updated int64
	var pulled sql.NullInt64
	err := scan(&t.Folded, &t.Name, &t.Digest, &t.ManifestID, &t.MediaType, &created, &updated, &t.Downloads, &pulled)
	t.CreatedAt, t.UpdatedAt, t.LastPulledAt = fromMicros(created), fromMicros(updated), fromNull(pulled)
	return t, err
}

// TouchManifest notes that a tag was moved to a manifest.
func (tx *Tx) TouchManifest(ctx context.Context, manifest int64, now time.Time) error {
	_, err := tx.exec(ctx, nil, qTouchManifest, manifest, micros(now))
	return err
}
