package meta

import (
	"context"
	"database/sql"
	"time"

	"github.com/berth-registry/berth"
)

const (
	qFindAccounts = `SELECT o.id, o.name, o.created_at, COALESCE(g.name, ''), COALESCE(r.folded || '/' || s.name, ''),
			u.admin, u.blocked_at IS NOT NULL, f.confirmed_at IS NOT NULL, COALESCE(o.default_visibility, ''),
			(SELECT max(n.used_at) FROM sessions n WHERE n.user_id = o.id), (SELECT max(t.last_used_at) FROM tokens t WHERE t.user_id = o.id)
		FROM owners o JOIN users u ON u.owner_id = o.id
		LEFT JOIN owners g ON g.id = u.org_id
		LEFT JOIN repositories s ON s.id = u.repository_id LEFT JOIN owners r ON r.id = s.owner_id
		LEFT JOIN second_factors f ON f.user_id = u.owner_id
		WHERE o.folded >= $1 AND o.folded < $2 AND o.folded > $3 ORDER BY o.folded LIMIT $4`

	qLastEvent  = `SELECT COALESCE(max(id), 0) FROM audit`
	qFindEvents = `SELECT id, at, actor_id, actor, token_id, address, owner_id, owner, action, target, detail FROM audit
		WHERE id >= $1 AND id < $2 AND at >= $3 AND at < $4 AND substr(action, 1, length(CAST($5 AS TEXT))) = $5
			AND (CAST($6 AS BIGINT) < 0 OR owner_id = $6)
			AND (CAST($7 AS TEXT) = '' OR lower(actor) = $7 OR actor_id = (SELECT o.id FROM owners o WHERE o.folded = $7))
		ORDER BY id DESC LIMIT $8`
)

// UsedAccount is a user with when he was last there.
type UsedAccount struct {
	berth.User

	UsedAt time.Time // zero: never
}

// FindAccounts returns up to limit users and service accounts whose folded names begin
// with a prefix, by folded name after the given one.
func (tx *Tx) FindAccounts(ctx context.Context, prefix, after string, limit int) ([]UsedAccount, error) {
	var list []UsedAccount
	err := tx.list(ctx, func(rows *sql.Rows) error {
		var u UsedAccount
		var session, token sql.NullInt64
		err := scanAccount(rows.Scan, &u.User, &session, &token)
		if u.UsedAt = fromNull(session); fromNull(token).After(u.UsedAt) {
			u.UsedAt = fromNull(token)
		}
		list = append(list, u)
		return err
	}, qFindAccounts, prefix, prefix+afterNames, after, limit)
	return list, err
}

// afterNames lies after everything that names are made of.
const afterNames = "~"

// EventFilter says which events are wanted.
type EventFilter struct {
	First  int64 // id, the least one
	Before int64 // id, exclusive
	From   time.Time
	Until  time.Time // exclusive
	Owner  int64     // -1: of all
	Actor  string    // in lower case, his name now or then, "" for all
	Action string    // what it begins with
	Limit  int
}

// LastEvent returns the newest id in the audit log, 0 when it is empty.
func (tx *Tx) LastEvent(ctx context.Context) (id int64, err error) {
	err = tx.row(ctx, qLastEvent).Scan(&id)
	return id, err
}

// FindEvents returns the events of the audit log that pass a filter, newest first. It
// looks at no more than lie between First and Before.
func (tx *Tx) FindEvents(ctx context.Context, f EventFilter) ([]berth.Event, error) {
	return tx.events(ctx, qFindEvents, f.First, f.Before, micros(f.From), micros(f.Until), f.Action, f.Owner, f.Actor, f.Limit)
}
