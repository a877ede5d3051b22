package meta

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"github.com/berth-registry/berth"
)

// Retention says which versions are removed after a while. Numbers that are 0 say
// nothing.
type Retention struct {
	ID             int64
	Place          RulePlace
	Active         bool
	KeepNewest     int
	KeepDays       int
	KeepPulledDays int
	KeepUntagged   bool
	KeepTags       []berth.TagPattern
	RemoveTags     []berth.TagPattern
	UpdatedAt      time.Time
}

const (
	retentionColumns = `r.id, COALESCE(r.owner_id, 0), COALESCE(r.package_id, 0), r.active, r.keep_newest, r.keep_days, r.keep_pulled_days,
			r.keep_untagged, r.keep_tags, r.remove_tags, r.updated_at`
	retentionInsertColumns = `(owner_id, package_id, active, keep_newest, keep_days, keep_pulled_days, keep_untagged, keep_tags, remove_tags, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`
	retentionUpdateColumns = ` DO UPDATE SET active = excluded.active, keep_newest = excluded.keep_newest, keep_days = excluded.keep_days,
			keep_pulled_days = excluded.keep_pulled_days, keep_untagged = excluded.keep_untagged,
			keep_tags = excluded.keep_tags, remove_tags = excluded.remove_tags, updated_at = excluded.updated_at`
	qPutOwnerRetention   = `INSERT INTO retention ` + retentionInsertColumns + ` ON CONFLICT (owner_id) WHERE owner_id IS NOT NULL` + retentionUpdateColumns
	qPutPackageRetention = `INSERT INTO retention ` + retentionInsertColumns + ` ON CONFLICT (package_id) WHERE package_id IS NOT NULL` + retentionUpdateColumns
	qDropRetention       = `DELETE FROM retention WHERE owner_id = $1 OR package_id = $2`
	qGetRetention        = `SELECT ` + retentionColumns + ` FROM retention r WHERE r.owner_id = $1 OR r.package_id = $2`
	// A package's own rule replaces its owner's.
	qGetRetentionOn = `SELECT ` + retentionColumns + ` FROM packages p JOIN retention r ON r.package_id = p.id OR r.owner_id = p.owner_id
		WHERE p.id = $1 ORDER BY CASE WHEN r.package_id IS NULL THEN 1 ELSE 0 END LIMIT 1`
	qListRetained = `SELECT p.id FROM packages p WHERE p.id > $1 AND p.published_at IS NOT NULL AND p.deleted_at IS NULL
		AND COALESCE((SELECT r.active FROM retention r WHERE r.package_id = p.id), (SELECT r.active FROM retention r WHERE r.owner_id = p.owner_id), FALSE)
		ORDER BY p.id LIMIT $2`
	qListOldVersions = `SELECT m.id, m.digest, m.size, m.pushed_at, m.updated_at, m.downloads, m.last_pulled_at,
			COALESCE((SELECT string_agg(q.name, ' ') FROM (SELECT t.name AS name FROM tags t
				WHERE t.package_id = m.package_id AND t.digest = m.digest ORDER BY t.folded LIMIT 1000) q), '')
		FROM manifests m WHERE m.package_id = $1 AND m.version AND m.trash_id IS NULL AND m.id > $2 ORDER BY m.id LIMIT $3`
)

// MaxTagsOfVersion is how many tags of a version are listed with it.
const MaxTagsOfVersion = 1000

// PutRetention makes or replaces the rule of a place.
// Errors: berth.ErrUnavailable when the place is being deleted.
func (tx *Tx) PutRetention(ctx context.Context, r Retention) error {
	query := qPutOwnerRetention
	if r.Place.PackageID != 0 {
		query = qPutPackageRetention
	}
	_, err := tx.exec(ctx, nil, query, nullID(r.Place.OwnerID), nullID(r.Place.PackageID), r.Active, r.KeepNewest, r.KeepDays, r.KeepPulledDays,
		r.KeepUntagged, joinPatterns(r.KeepTags), joinPatterns(r.RemoveTags), micros(r.UpdatedAt))
	return err
}

// DropRetention removes the rule of a place. Errors: berth.ErrRuleUnknown.
func (tx *Tx) DropRetention(ctx context.Context, at RulePlace) error {
	n, err := tx.exec(ctx, nil, qDropRetention, at.OwnerID, at.PackageID)
	if err == nil && n == 0 {
		return berth.ErrRuleUnknown
	}
	return err
}

// GetRetention returns the rule of a place. Errors: berth.ErrRuleUnknown.
func (tx *Tx) GetRetention(ctx context.Context, at RulePlace) (Retention, error) {
	return scanRetention(tx.row(ctx, qGetRetention, at.OwnerID, at.PackageID))
}

// GetRetentionOn returns the rule that counts for a package: its own, active or not,
// or else its owner's. Errors: berth.ErrRuleUnknown.
func (tx *Tx) GetRetentionOn(ctx context.Context, pkg int64) (Retention, error) {
	return scanRetention(tx.row(ctx, qGetRetentionOn, pkg))
}

func scanRetention(row *sql.Row) (Retention, error) {
	var r Retention
	var keep, remove string
	var updated int64
	err := row.Scan(&r.ID, &r.Place.OwnerID, &r.Place.PackageID, &r.Active, &r.KeepNewest, &r.KeepDays, &r.KeepPulledDays,
		&r.KeepUntagged, &keep, &remove, &updated)
	r.KeepTags, r.RemoveTags, r.UpdatedAt = splitPatterns(keep), splitPatterns(remove), fromMicros(updated)
	return r, orUnknown(err, berth.ErrRuleUnknown)
}

func joinPatterns(list []berth.TagPattern) string {
	words := make([]string, len(list))
	for i, p := range list {
		words[i] = string(p)
	}
	return strings.Join(words, " ")
}

func splitPatterns(text string) []berth.TagPattern {
	var list []berth.TagPattern
	for word := range strings.FieldsSeq(text) {
		list = append(list, berth.TagPattern(word))
	}
	return list
}

// ListRetained returns up to limit packages for which an active rule counts, after the
// one with the id given (0: from the start).
func (tx *Tx) ListRetained(ctx context.Context, after int64, limit int) ([]int64, error) {
	return column[int64](ctx, tx, qListRetained, after, limit)
}

// ListOldVersions returns up to limit versions of a package, by id, after the one with
// the id given, without what they say of themselves and their types.
func (tx *Tx) ListOldVersions(ctx context.Context, pkg, after int64, limit int) ([]Version, error) {
	var list []Version
	err := tx.list(ctx, func(rows *sql.Rows) error {
		var v Version
		var created, updated int64
		var pulled sql.NullInt64
		var tags string
		err := rows.Scan(&v.ID, &v.Digest, &v.Size, &created, &updated, &v.Downloads, &pulled, &tags)
		v.CreatedAt, v.UpdatedAt, v.LastPulledAt = fromMicros(created), fromMicros(updated), fromNull(pulled)
		for t := range strings.FieldsSeq(tags) {
			v.Tags = append(v.Tags, berth.Tag(t))
		}
		list = append(list, v)
		return err
	}, qListOldVersions, pkg, after, limit)
	return list, err
}
