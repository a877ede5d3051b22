package meta

import (
	"context"
	"database/sql"
	"time"

	"github.com/berth-registry/berth"
)

const (
	qAddEvent = `INSERT INTO audit (at, actor_id, actor, token_id, address, owner_id, owner, action, target, detail)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`
	qListEvents = `SELECT id, at, actor_id, actor, token_id, address, owner_id, owner, action, target, detail FROM audit
		WHERE (CAST($1 AS BIGINT) < 0 OR owner_id = $1) AND at >= $2 AND at < $3 AND (CAST($4 AS BIGINT) = 0 OR id < $4) ORDER BY id DESC LIMIT $5`
	qFindLoggedOwner = `SELECT COALESCE(max(owner_id), 0) FROM audit WHERE owner = $1 OR owner = $2`
)

// AddEvent appends to the audit log. Who did it is taken from the viewer.
func (tx *Tx) AddEvent(ctx context.Context, v berth.Viewer, e berth.Event) error {
	_, err := tx.exec(ctx, nil, qAddEvent, micros(e.At), v.UserID, v.Login, v.TokenID, v.Address,
		e.OwnerID, e.Owner, e.Action, e.Target, e.Detail)
	return err
}

// ListEvents returns up to limit events of an owner (-1: of all), from one time
// until before another, newest first, older than the event with the id before (0:
// from the newest).
func (tx *Tx) ListEvents(ctx context.Context, owner int64, from, until time.Time, before int64, limit int) ([]berth.Event, error) {
	return tx.events(ctx, qListEvents, owner, micros(from), micros(until), before, limit)
}

func (tx *Tx) events(ctx context.Context, query string, args ...any) ([]berth.Event, error) {
	var list []berth.Event
	err := tx.list(ctx, func(rows *sql.Rows) error {
		var e berth.Event
		var at int64
		err := rows.Scan(&e.ID, &at, &e.ActorID, &e.Actor, &e.TokenID, &e.Address, &e.OwnerID, &e.Owner, &e.Action, &e.Target, &e.Detail)
		e.At = fromMicros(at)
		list = append(list, e)
		return err
	}, query, args...)
	return list, err
}

// FindLoggedOwner returns the id of the last owner that the log knows by one of two
// spellings of a name, 0 when there is none.
func (tx *Tx) FindLoggedOwner(ctx context.Context, name, folded string) (id int64, err error) {
	err = tx.row(ctx, qFindLoggedOwner, name, folded).Scan(&id)
	return id, err
}
