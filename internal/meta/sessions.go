package meta

import (
	"context"
	"database/sql"
	"time"

	"github.com/berth-registry/berth"
)

// Session is a sign-in of a browser or a program as it is stored: its secret only as a
// hash.
type Session struct {
	ID        int64
	UserID    int64
	Program   bool
	Hash      string
	UserAgent string
	Address   string
	CreatedAt time.Time
	UsedAt    time.Time
	ExpiresAt time.Time
	// ConfirmedAt is when its user last showed that it is still him.
	ConfirmedAt time.Time
}

const (
	qCreateSession = `INSERT INTO sessions (user_id, program, hash, user_agent, address, created_at, used_at, expires_at, confirmed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id`
	qGetSession = `SELECT s.id, s.user_id, s.program, s.hash, s.user_agent, s.address, s.created_at, s.used_at, s.expires_at, s.confirmed_at,
			o.name, u.admin, u.blocked_at IS NOT NULL
		FROM sessions s JOIN owners o ON o.id = s.user_id JOIN users u ON u.owner_id = s.user_id WHERE s.hash = $1`
	qListSessions = `SELECT id, user_id, program, hash, user_agent, address, created_at, used_at, expires_at, confirmed_at FROM sessions
		WHERE user_id = $1 AND expires_at > $2 AND used_at > $3 ORDER BY id DESC LIMIT $4`
	qTouchSession    = `UPDATE sessions SET used_at = $2 WHERE id = $1 AND used_at < $2`
	qConfirmSession  = `UPDATE sessions SET confirmed_at = $3 WHERE user_id = $1 AND id = $2`
	qDropSession     = `DELETE FROM sessions WHERE user_id = $1 AND id = $2`
	qDropSessions    = `DELETE FROM sessions WHERE user_id = $1 AND id <> $2`
	qDropOldSessions = `DELETE FROM sessions WHERE user_id = $1
		AND id NOT IN (SELECT n.id FROM sessions n WHERE n.user_id = $1 ORDER BY n.id DESC LIMIT $2)`
	qReapSessions = `DELETE FROM sessions WHERE expires_at <= $1 OR used_at <= $2`
)

// CreateSession stores a session and returns its id. Errors: berth.ErrOwnerUnknown.
func (tx *Tx) CreateSession(ctx context.Context, s Session) (int64, error) {
	var id int64
	err := tx.row(ctx, qCreateSession, s.UserID, s.Program, s.Hash, s.UserAgent, s.Address,
		micros(s.CreatedAt), micros(s.UsedAt), micros(s.ExpiresAt), micros(s.ConfirmedAt)).Scan(&id)
	return id, dangling(err, berth.ErrOwnerUnknown)
}

// GetSession finds a session by the hash of its secret, and what is true of its
// user. Errors: berth.ErrSessionUnknown.
func (tx *Tx) GetSession(ctx context.Context, hash string) (Session, Credential, error) {
	var s Session
	var created, used, expires, confirmed int64
	var c Credential
	err := tx.row(ctx, qGetSession, hash).Scan(&s.ID, &s.UserID, &s.Program, &s.Hash, &s.UserAgent, &s.Address, &created, &used, &expires, &confirmed,
		&c.Login, &c.Admin, &c.Blocked)
	s.CreatedAt, s.UsedAt, s.ExpiresAt = fromMicros(created), fromMicros(used), fromMicros(expires)
	s.ConfirmedAt = fromMicros(confirmed)
	c.UserID = s.UserID
	return s, c, orUnknown(err, berth.ErrSessionUnknown)
}

// ListSessions returns up to limit sessions of a user that have neither expired
// now nor been used last at a time or before it, newest first.
func (tx *Tx) ListSessions(ctx context.Context, user int64, now, idle time.Time, limit int) ([]Session, error) {
	var list []Session
	err := tx.list(ctx, func(rows *sql.Rows) error {
		var s Session
		var created, used, expires, confirmed int64
		err := rows.Scan(&s.ID, &s.UserID, &s.Program, &s.Hash, &s.UserAgent, &s.Address, &created, &used, &expires, &confirmed)
		s.CreatedAt, s.UsedAt, s.ExpiresAt, s.ConfirmedAt = fromMicros(created), fromMicros(used), fromMicros(expires), fromMicros(confirmed)
		list = append(list, s)
		return err
	}, qListSessions, user, micros(now), micros(idle), limit)
	return list, err
}

// TouchSession notes that a session was used.
func (tx *Tx) TouchSession(ctx context.Context, id int64, now time.Time) error {
	_, err := tx.exec(ctx, nil, qTouchSession, id, micros(now))
	return err
}

// ConfirmSession notes that the user of a session has shown that it is him.
// Errors: berth.ErrSessionUnknown.
func (tx *Tx) ConfirmSession(ctx context.Context, user, id int64, now time.Time) error {
	n, err := tx.exec(ctx, nil, qConfirmSession, user, id, micros(now))
	if err == nil && n == 0 {
		return berth.ErrSessionUnknown
	}
	return err
}

// DropSession ends a session of a user. Errors: berth.ErrSessionUnknown.
func (tx *Tx) DropSession(ctx context.Context, user, id int64) error {
	n, err := tx.exec(ctx, nil, qDropSession, user, id)
	if err == nil && n == 0 {
		return berth.ErrSessionUnknown
	}
	return err
}

// DropSessions ends all sessions of a user but one (0: all).
func (tx *Tx) DropSessions(ctx context.Context, user, but int64) error {
	_, err := tx.exec(ctx, nil, qDropSessions, user, but)
	return err
}

// DropOldSessions ends all sessions of a user but the newest.
func (tx *Tx) DropOldSessions(ctx context.Context, user int64, keep int) error {
	_, err := tx.exec(ctx, nil, qDropOldSessions, user, keep)
	return err
}

// ReapSessions forgets sessions that have expired now, or were used last at a time
// or before it, and returns how many.
func (tx *Tx) ReapSessions(ctx context.Context, now, idle time.Time) (int64, error) {
	return tx.exec(ctx, nil, qReapSessions, micros(now), micros(idle))
}
