package meta

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"github.com/berth-registry/berth"
)

// Version is a root manifest as it is listed.
type Version struct {
	ID           int64
	Digest       berth.Digest
	MediaType    string
	ArtifactType string
	Size         int64 // of the manifest itself
	Tags         []berth.Tag
	CreatedAt    time.Time
	UpdatedAt    time.Time // when a tag was last moved to it
	Downloads    int64
	LastPulledAt time.Time
	Description  Description // zero until the job after the push has read it
}

const (
	// Of a version with very many tags the first thousand are listed.
	versionColumns = `m.id, m.digest, m.media_type, m.artifact_type, m.size, m.pushed_at, m.updated_at, m.downloads, m.last_pulled_at,
			COALESCE(d.kind, ''), COALESCE(d.size, 0), COALESCE(d.summary, ''), COALESCE(d.problem, ''),
			COALESCE((SELECT string_agg(q.name, ' ') FROM (SELECT t.name AS name FROM tags t
				WHERE t.package_id = m.package_id AND t.digest = m.digest ORDER BY t.folded LIMIT 1000) q), '')`
	qListVersions = `SELECT ` + versionColumns + `
		FROM (SELECT k.id AS id FROM manifests k
			WHERE k.package_id = $1 AND k.version AND k.trash_id IS NULL AND k.id < $2 ORDER BY k.id DESC LIMIT $3 OFFSET $4) v
		CROSS JOIN manifests m LEFT JOIN descriptions d ON d.manifest_id = m.id WHERE m.id = v.id ORDER BY m.id DESC`
	qGetVersion = `SELECT ` + versionColumns + `
		FROM manifests m LEFT JOIN descriptions d ON d.manifest_id = m.id
		WHERE m.id = $2 AND m.package_id = $1 AND m.version AND m.trash_id IS NULL`

	// What became a version by a change to a manifest, and what is none any more: the
	// manifest itself, what it holds, and what is only there for it. These are found by
	// their ids: with one OR after the other all of the package would be looked at.
	qSettleVersions = `UPDATE manifests SET version = NOT version
		WHERE id IN (SELECT m.id FROM manifests m WHERE m.package_id = $1 AND m.digest = $2
				UNION ALL SELECT m.id FROM manifests i JOIN manifest_children c ON c.manifest_id = i.id
					JOIN manifests m ON m.package_id = c.package_id AND m.digest = c.digest WHERE i.package_id = $1 AND i.digest = $2
				UNION ALL SELECT m.id FROM tags t JOIN manifests m ON m.package_id = t.package_id AND m.digest = t.digest
					WHERE t.package_id = $1 AND t.subject = $2)
			AND trash_id IS NULL AND version <> (subject IS NULL AND (
				EXISTS (SELECT 1 FROM tags t WHERE t.package_id = manifests.package_id AND t.digest = manifests.digest
					AND NOT EXISTS (SELECT 1 FROM manifests s WHERE s.package_id = t.package_id AND s.digest = t.subject AND s.digest <> t.digest AND s.trash_id IS NULL))
				OR NOT EXISTS (SELECT 1 FROM manifest_children c JOIN manifests i ON i.id = c.manifest_id
						WHERE c.package_id = manifests.package_id AND c.digest = manifests.digest AND i.trash_id IS NULL)
					AND NOT EXISTS (SELECT 1 FROM tags t WHERE t.package_id = manifests.package_id AND t.digest = manifests.digest)))
		RETURNING version`
	qLockPackage   = `UPDATE packages SET inherit = inherit WHERE id = $1 AND deleted_at IS NULL`
	qCountVersions = `UPDATE packages SET version_count = version_count + $2, updated_at = CASE WHEN $3 > updated_at THEN $3 ELSE updated_at END WHERE id = $1`
	qOtherTagged   = `SELECT COALESCE((SELECT 1 FROM tags t JOIN manifests m ON m.package_id = t.package_id AND m.digest = t.digest
		WHERE t.package_id = $1 AND t.digest <> $2 AND m.version LIMIT 1), 0)`
)

// ListVersions returns up to limit versions of a package, newest first, with smaller
// ids than before (0: from the newest), after so many that are skipped.
func (tx *Tx) ListVersions(ctx context.Context, pkg, before int64, skip, limit int) ([]Version, error) {
	if before == 0 {
		before = 1<<63 - 1
	}
	var list []Version
	err := tx.list(ctx, func(rows *sql.Rows) error {
		v, err := scanVersion(rows.Scan)
		list = append(list, v)
		return err
	}, qListVersions, pkg, before, limit, skip)
	return list, err
}

// GetVersion returns a version of a package. Errors: berth.ErrVersionUnknown.
func (tx *Tx) GetVersion(ctx context.Context, pkg, id int64) (Version, error) {
	v, err := scanVersion(tx.row(ctx, qGetVersion, pkg, id).Scan)
	return v, orUnknown(err, berth.ErrVersionUnknown)
}

func scanVersion(scan func(...any) error, more ...any) (Version, error) {
	var v Version
	var created, updated int64
	var pulled sql.NullInt64
	var tags string
	err := scan(append([]any{
		&v.ID, &v.Digest, &v.MediaType, &v.ArtifactType, &v.Size, &created, &updated, &v.Downloads, &pulled,
		&v.Description.Kind, &v.Description.Size, &v.Description.Summary, &v.Description.Problem, &tags,
	}, more...)...)
	v.CreatedAt, v.UpdatedAt, v.LastPulledAt = fromMicros(created), fromMicros(updated), fromNull(pulled)
	for t := range strings.FieldsSeq(tags) {
		v.Tags = append(v.Tags, berth.Tag(t))
	}
	return v, err
}

// SettleVersions decides anew which manifests are versions, after something happened
// to the one with the digest d, and returns by how many there are more now.
func (tx *Tx) SettleVersions(ctx context.Context, pkg int64, d berth.Digest) (more int, err error) {
	err = tx.list(ctx, func(rows *sql.Rows) error {
		var version bool
		err := rows.Scan(&version)
		if version {
			more++
		} else {
			more--
		}
		return err
	}, qSettleVersions, pkg, string(d))
	return more, err
}

// LockPackage keeps others from pushing to or deleting from a package until the
// transaction ends. Errors: berth.ErrPackageUnknown.
func (tx *Tx) LockPackage(ctx context.Context, pkg int64) error {
	n, err := tx.exec(ctx, nil, qLockPackage, pkg)
	if err == nil && n == 0 {
		return berth.ErrPackageUnknown
	}
	return err
}

// CountVersions adds to the number of versions of a package, and notes when it was
// last changed.
func (tx *Tx) CountVersions(ctx context.Context, pkg int64, more int, now time.Time) error {
	_, err := tx.exec(ctx, nil, qCountVersions, pkg, more, micros(now))
	return err
}

// OtherTagged reports whether a version of the package other than d has a tag.
func (tx *Tx) OtherTagged(ctx context.Context, pkg int64, d berth.Digest) (bool, error) {
	var found int
	err := tx.row(ctx, qOtherTagged, pkg, string(d)).Scan(&found)
	return found != 0, err
}
