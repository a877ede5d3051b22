package meta

import (
	"context"
	"database/sql"
	"time"
)

// Pulls is how often a manifest was pulled, by one tag or by its digest.
type Pulls struct {
	PackageID  int64
	ManifestID int64
	Folded     string // the tag, "" for the digest
	Count      int64  // 0 where only the time matters: the manifest is part of a version
	Last       time.Time
}

const (
	qCountPackagePulls = `UPDATE packages SET downloads = downloads + $2,
			last_pulled_at = CASE WHEN last_pulled_at > $3 THEN last_pulled_at ELSE $3 END WHERE id = $1`
	qCountDayPulls = `INSERT INTO downloads (package_id, day, count) SELECT p.id, $2, $3 FROM packages p WHERE p.id = $1
		ON CONFLICT (package_id, day) DO UPDATE SET count = downloads.count + excluded.count`
	qCountVersionPulls = `UPDATE manifests SET downloads = downloads + $2,
			last_pulled_at = CASE WHEN last_pulled_at > $3 THEN last_pulled_at ELSE $3 END
		WHERE id = $1`
	// Whoever pulls one platform by its digest uses the indexes that hold it.
	qCountParentPulls = `UPDATE manifests SET last_pulled_at = CASE WHEN last_pulled_at > $2 THEN last_pulled_at ELSE $2 END
		WHERE id IN (WITH RECURSIVE up (id, package_id, digest) AS (
				SELECT m.id, m.package_id, m.digest FROM manifests m WHERE m.id = $1
				UNION SELECT i.id, i.package_id, i.digest FROM up u
					JOIN manifest_children c ON c.package_id = u.package_id AND c.digest = u.digest JOIN manifests i ON i.id = c.manifest_id)
			SELECT id FROM up)`
	qCountTagPulls = `UPDATE tags SET downloads = downloads + $3,
			last_pulled_at = CASE WHEN last_pulled_at > $4 THEN last_pulled_at ELSE $4 END
		WHERE package_id = $1 AND folded = $2`
	qMostDownloads = `SELECT COALESCE(max(m.downloads), 0) FROM packages p JOIN manifests m ON m.package_id = p.id
		WHERE p.id = $1 AND p.downloads > $3 AND m.trash_id IS NULL AND (CAST($2 AS BIGINT) = 0 OR m.id = $2)`
	qListDownloads = `SELECT day, count FROM downloads WHERE package_id = $1 AND day >= $2 ORDER BY day`
)

// Day counts a time in days since 1970-01-01, UTC.
func Day(t time.Time) int64 { return t.Unix() / (24 * 60 * 60) }

// CountPackagePulls adds pulls to a package. Do this first, because it keeps the order
// of locks.
func (tx *Tx) CountPackagePulls(ctx context.Context, pkg, count int64, last time.Time) error {
	_, err := tx.exec(ctx, nil, qCountPackagePulls, pkg, count, micros(last))
	if err != nil || count == 0 {
		return err
	}
	_, err = tx.exec(ctx, nil, qCountDayPulls, pkg, Day(last), count)
	return err
}

// CountPulls adds pulls to a manifest, or notes when it was last used as a part, and
// to the tag by which it was pulled.
func (tx *Tx) CountPulls(ctx context.Context, p Pulls) error {
	if p.Count == 0 {
		_, err := tx.exec(ctx, nil, qCountParentPulls, p.ManifestID, micros(p.Last))
		return err
	}
	_, err := tx.exec(ctx, nil, qCountVersionPulls, p.ManifestID, p.Count, micros(p.Last))
	if err != nil || p.Folded == "" {
		return err
	}
	_, err = tx.exec(ctx, nil, qCountTagPulls, p.PackageID, p.Folded, p.Count, micros(p.Last))
	return err
}

// DayCount is how often a package was pulled on a day.
type DayCount struct{ Day, Count int64 }

// ListDownloads returns the pulls of a package from a day on; days without any are
// left out.
func (tx *Tx) ListDownloads(ctx context.Context, pkg, from int64) ([]DayCount, error) {
	var list []DayCount
	err := tx.list(ctx, func(rows *sql.Rows) error {
		var d DayCount
		err := rows.Scan(&d.Day, &d.Count)
		list = append(list, d)
		return err
	}, qListDownloads, pkg, from)
	return list, err
}

// MostDownloads returns how often the most pulled manifest of a package was pulled, or
// the one with the id given unless that is 0. It may be 0 where all the pulls of the
// package together are not more than enough.
func (tx *Tx) MostDownloads(ctx context.Context, pkg, manifest, enough int64) (most int64, err error) {
	err = tx.row(ctx, qMostDownloads, pkg, manifest, enough).Scan(&most)
	return most, err
}
