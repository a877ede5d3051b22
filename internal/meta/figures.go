package meta

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Figures are what the whole instance held on a day. Sizes are in bytes.
type Figures struct {
	Day       int64 // counted from 1970-01-01 in UTC
	At        time.Time
	Owners    int64
	Users     int64
	Packages  int64
	Versions  int64
	Blobs     int64 // that packages hold, or nothing holds any more
	Logical   int64 // a blob counted in every package that holds it
	Held      int64 // a blob counted once
	IdleBlobs int64 // that no package holds
	Idle      int64 // their size
	Reclaimed int64 // deleted from the blob store on this day
}

// Waiting is what has still to be done, and what is broken.
type Waiting struct {
	Keys       int64 // in the blob store, to be deleted
	Uploads    int64 // open
	Pushes     int64 // to be followed up
	Events     int64 // that webhooks were not told of
	Deliveries int64 // to be sent
	LostBlobs  int64
	Trash      int64 // deletions that can be undone
}

const (
	qCountOwners  = `SELECT count(*), (SELECT count(*) FROM users) FROM owners`
	qCountHolding = `SELECT count(*), COALESCE(sum(version_count), 0) FROM packages WHERE published_at IS NOT NULL AND deleted_at IS NULL`
	qSumBlobs     = `SELECT count(*), CAST(COALESCE(sum(size), 0) AS BIGINT) FROM blobs`
	qSumIdle      = `SELECT count(*), CAST(COALESCE(sum(b.size), 0) AS BIGINT) FROM blobs b
		WHERE NOT EXISTS (SELECT 1 FROM package_blobs p WHERE p.digest = b.digest)`
	// Without looking into each package: how many of an owner's hold a blob is known.
	qSumLogical   = `SELECT CAST(COALESCE(sum(size * packages), 0) AS BIGINT) FROM owner_blobs`
	qSumManifests = `SELECT CAST(COALESCE(sum(size), 0) AS BIGINT) FROM manifests`

	qPutFigures = `INSERT INTO figures (day, at, owners, users, packages, versions, blobs, logical, held, idle_blobs, idle, reclaimed)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0)
		ON CONFLICT (day) DO UPDATE SET at = excluded.at, owners = excluded.owners, users = excluded.users,
			packages = excluded.packages, versions = excluded.versions, blobs = excluded.blobs, logical = excluded.logical,
			held = excluded.held, idle_blobs = excluded.idle_blobs, idle = excluded.idle`
	qListFigures = `SELECT day, at, owners, users, packages, versions, blobs, logical, held, idle_blobs, idle, reclaimed
		FROM figures WHERE day >= $1 ORDER BY day`
	qAddReclaimed = `UPDATE figures SET reclaimed = reclaimed + $2 WHERE day = $1`
	qLastFigures  = `SELECT day, at, owners, users, packages, versions, blobs, logical, held, idle_blobs, idle, reclaimed
		FROM figures ORDER BY day DESC LIMIT 1`

	qWaiting = `SELECT (SELECT count(*) FROM doomed_keys), (SELECT count(*) FROM uploads), (SELECT count(*) FROM pushes),
		(SELECT count(*) FROM package_events), (SELECT count(*) FROM deliveries WHERE not_before IS NOT NULL),
		(SELECT count(*) FROM blobs WHERE lost_at IS NOT NULL), (SELECT count(*) FROM trash)`
)

// CountHolding returns how many owners, users, packages and versions there are, which is
// quick.
func (tx *Tx) CountHolding(ctx context.Context) (Figures, error) {
	var f Figures
	err := tx.row(ctx, qCountOwners).Scan(&f.Owners, &f.Users)
	if err == nil {
		err = tx.row(ctx, qCountHolding).Scan(&f.Packages, &f.Versions)
	}
	return f, err
}

// CountFigures is CountHolding with the sizes, for which every row is read.
func (tx *Tx) CountFigures(ctx context.Context) (Figures, error) {
	f, err := tx.CountHolding(ctx)
	if err != nil {
		return f, err
	}
	var all, manifests int64
	for _, q := range []struct {
		text string
		into []any
	}{
		{qSumBlobs, []any{&f.Blobs, &all}},
		{qSumIdle, []any{&f.IdleBlobs, &f.Idle}},
		{qSumLogical, []any{&f.Logical}},
		{qSumManifests, []any{&manifests}},
	} {
		if err := tx.row(ctx, q.text).Scan(q.into...); err != nil {
			return f, err
		}
	}
	f.Logical += manifests
	f.Held = all - f.Idle + manifests
	return f, nil
}

// PutFigures writes down the figures of a day, in the place of what was counted on it
// before.
func (tx *Tx) PutFigures(ctx context.Context, f Figures) error {
	_, err := tx.exec(ctx, nil, qPutFigures, f.Day, micros(f.At), f.Owners, f.Users, f.Packages, f.Versions,
		f.Blobs, f.Logical, f.Held, f.IdleBlobs, f.Idle)
	return err
}

// AddReclaimed adds to what was deleted from the blob store on a day. It is lost where
// nothing was counted on that day yet.
func (tx *Tx) AddReclaimed(ctx context.Context, day, bytes int64) error {
	_, err := tx.exec(ctx, nil, qAddReclaimed, day, bytes)
	return err
}

// ListFigures returns the figures since a day, that first.
func (tx *Tx) ListFigures(ctx context.Context, since int64) ([]Figures, error) {
	var list []Figures
	err := tx.list(ctx, func(rows *sql.Rows) error {
		f, err := scanFigures(rows.Scan)
		list = append(list, f)
		return err
	}, qListFigures, since)
	return list, err
}

// LastFigures returns those of the last day for which there are some, the zero Figures
// where nothing was counted yet.
func (tx *Tx) LastFigures(ctx context.Context) (Figures, error) {
	f, err := scanFigures(tx.row(ctx, qLastFigures).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return Figures{}, nil
	}
	return f, err
}

func scanFigures(scan func(...any) error) (Figures, error) {
	var f Figures
	var at int64
	err := scan(&f.Day, &at, &f.Owners, &f.Users, &f.Packages, &f.Versions, &f.Blobs, &f.Logical, &f.Held, &f.IdleBlobs, &f.Idle, &f.Reclaimed)
	f.At = fromMicros(at)
	return f, err
}

// Waiting returns what has still to be done.
func (tx *Tx) Waiting(ctx context.Context) (Waiting, error) {
	var w Waiting
	err := tx.row(ctx, qWaiting).Scan(&w.Keys, &w.Uploads, &w.Pushes, &w.Events, &w.Deliveries, &w.LostBlobs, &w.Trash)
	return w, err
}
