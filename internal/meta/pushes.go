package meta

import (
	"context"
	"database/sql"
	"time"

	"github.com/berth-registry/berth"
)

// Push is what is still to be done about a manifest that was pushed.
type Push struct {
	ID         int64
	PackageID  int64
	ManifestID int64
	Tag        berth.Tag    // that was moved, "" for none
	Before     berth.Digest // what the tag named until then, "" for nothing
	UserID     int64
	Login      string
	MayLink    bool // the credentials allowed to link to a repository
	PushedAt   time.Time
	Attempts   int
}

const (
	qAddPush = `INSERT INTO pushes (package_id, manifest_id, tag, before, user_id, login, may_link, pushed_at, attempts, not_before)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0)`
	qListPushes = `SELECT id, package_id, manifest_id, tag, before, user_id, login, may_link, pushed_at, attempts FROM pushes
		WHERE not_before <= $1 ORDER BY not_before, id LIMIT $2`
	qPushedSince  = `SELECT EXISTS (SELECT 1 FROM manifests WHERE package_id = $1 AND version AND trash_id IS NULL AND updated_at > $2)`
	qDropPush     = `DELETE FROM pushes WHERE id = $1`
	qPostponePush = `UPDATE pushes SET attempts = attempts + 1, not_before = $2 WHERE id = $1`
)

// AddPush writes down that a manifest was pushed.
func (tx *Tx) AddPush(ctx context.Context, p Push) error {
	_, err := tx.exec(ctx, nil, qAddPush, p.PackageID, p.ManifestID, string(p.Tag), string(p.Before), p.UserID, p.Login, p.MayLink, micros(p.PushedAt))
	return err
}

// ListPushes returns up to limit pushes that are due, in the order in which they came.
func (tx *Tx) ListPushes(ctx context.Context, now time.Time, limit int) ([]Push, error) {
	var list []Push
	err := tx.list(ctx, func(rows *sql.Rows) error {
		var p Push
		var at int64
		err := rows.Scan(&p.ID, &p.PackageID, &p.ManifestID, &p.Tag, &p.Before, &p.UserID, &p.Login, &p.MayLink, &at, &p.Attempts)
		p.PushedAt = fromMicros(at)
		list = append(list, p)
		return err
	}, qListPushes, micros(now), limit)
	return list, err
}

// DropPush forgets a push, and reports whether it was still there: else another
// replica has seen to it.
func (tx *Tx) DropPush(ctx context.Context, id int64) (bool, error) {
	n, err := tx.exec(ctx, nil, qDropPush, id)
	return n == 1, err
}

// PushedSince reports whether a tag was moved to a version of a package after t.
func (tx *Tx) PushedSince(ctx context.Context, pkg int64, t time.Time) (bool, error) {
	var found bool
	err := tx.row(ctx, qPushedSince, pkg, micros(t)).Scan(&found)
	return found, err
}

// PostponePush puts a push that could not be dealt with off until t.
func (tx *Tx) PostponePush(ctx context.Context, id int64, t time.Time) error {
	_, err := tx.exec(ctx, nil, qPostponePush, id, micros(t))
	return err
}
