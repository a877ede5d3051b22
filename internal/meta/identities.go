package meta

import (
	"context"
	"database/sql"
	"time"

	"github.com/berth-registry/berth"
)

// Identity is who a user is at an outside identity provider.
type Identity struct {
	ID        int64
	UserID    int64
	Provider  string
	Subject   string // at the provider, never reused there
	CreatedAt time.Time
}

const (
	qAddIdentity  = `INSERT INTO identities (user_id, provider, subject, created_at) VALUES ($1, $2, $3, $4)`
	qFindIdentity = `SELECT o.id, o.name, u.admin, u.blocked_at IS NOT NULL
		FROM identities i JOIN owners o ON o.id = i.user_id JOIN users u ON u.owner_id = o.id
		WHERE i.provider = $1 AND i.subject = $2`
	qHasIdentity    = `SELECT EXISTS (SELECT 1 FROM identities WHERE user_id = $1)`
	qListIdentities = `SELECT id, user_id, provider, subject, created_at FROM identities WHERE user_id = $1 ORDER BY id LIMIT $2`
	qDropIdentity   = `DELETE FROM identities WHERE user_id = $1 AND provider = $2 AND subject = $3`
)

// AddIdentity links a user to somebody at a provider. Errors:
// berth.ErrExists when that somebody is linked already, to whomever,
// berth.ErrUnavailable when the user is being deleted.
func (tx *Tx) AddIdentity(ctx context.Context, i Identity) error {
	_, err := tx.exec(ctx, nil, qAddIdentity, i.UserID, i.Provider, i.Subject, micros(i.CreatedAt))
	return taken(err, berth.ErrExists.With("that identity is linked to an account already"))
}

// FindIdentity returns the account that is linked to somebody at a provider.
// Errors: berth.ErrIdentityUnknown.
func (tx *Tx) FindIdentity(ctx context.Context, provider, subject string) (Credential, error) {
	var c Credential
	err := tx.row(ctx, qFindIdentity, provider, subject).Scan(&c.UserID, &c.Login, &c.Admin, &c.Blocked)
	return c, orUnknown(err, berth.ErrIdentityUnknown)
}

// HasIdentity reports whether a user is linked to an outside provider at all.
func (tx *Tx) HasIdentity(ctx context.Context, user int64) (bool, error) {
	var has bool
	err := tx.row(ctx, qHasIdentity, user).Scan(&has)
	return has, err
}

// ListIdentities returns up to limit identities of a user, oldest first.
func (tx *Tx) ListIdentities(ctx context.Context, user int64, limit int) ([]Identity, error) {
	var list []Identity
	err := tx.list(ctx, func(rows *sql.Rows) error {
		var i Identity
		var created int64
		err := rows.Scan(&i.ID, &i.UserID, &i.Provider, &i.Subject, &created)
		i.CreatedAt = fromMicros(created)
		list = append(list, i)
		return err
	}, qListIdentities, user, limit)
	return list, err
}

// DropIdentity unlinks a user from somebody at a provider.
// Errors: berth.ErrIdentityUnknown.
func (tx *Tx) DropIdentity(ctx context.Context, user int64, provider, subject string) error {
	n, err := tx.exec(ctx, nil, qDropIdentity, user, provider, subject)
	if err == nil && n == 0 {
		return berth.ErrIdentityUnknown
	}
	return err
}
