package meta

import (
	"context"
	"database/sql"
	"time"

	"github.com/berth-registry/berth"
)

// Credential is what a request needs to know of the account, and of the token if
// it came with one, that it acts for.
type Credential struct {
	UserID  int64
	Login   string
	Admin   bool
	Blocked bool

	TokenID   int64 // 0 when it came with a password
	Scopes    string
	ExpiresAt time.Time // zero: never
	Revoked   bool
}

const (
	qGetCredential = `SELECT o.id, o.name, u.admin, u.blocked_at IS NOT NULL,
			COALESCE(t.id, 0), COALESCE(t.scopes, ''), t.expires_at, t.revoked_at IS NOT NULL
		FROM owners o JOIN users u ON u.owner_id = o.id LEFT JOIN tokens t ON t.user_id = o.id AND t.id = $2
		WHERE o.id = $1`
	qGetTokenCredential = `SELECT o.id, o.name, u.admin, u.blocked_at IS NOT NULL,
			t.id, t.scopes, t.expires_at, t.revoked_at IS NOT NULL
		FROM tokens t JOIN owners o ON o.id = t.user_id JOIN users u ON u.owner_id = o.id
		WHERE t.hash = $1`
	qCreateToken = `INSERT INTO tokens (user_id, name, hash, scopes, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6) RETURNING id`
)

// GetCredential returns what is now true of a user and one of its tokens (id 0:
// no token). Errors: berth.ErrOwnerUnknown.
func (tx *Tx) GetCredential(ctx context.Context, user, token int64) (Credential, error) {
	return scanCredential(tx.row(ctx, qGetCredential, user, token))
}

// GetTokenCredential finds a token by the hash of its secret.
// Errors: berth.ErrOwnerUnknown.
func (tx *Tx) GetTokenCredential(ctx context.Context, hash string) (Credential, error) {
	return scanCredential(tx.row(ctx, qGetTokenCredential, hash))
}

func scanCredential(r row) (Credential, error) {
	var c Credential
	var expires sql.NullInt64
	err := r.Scan(&c.UserID, &c.Login, &c.Admin, &c.Blocked, &c.TokenID, &c.Scopes, &expires, &c.Revoked)
	c.ExpiresAt = fromNull(expires)
	return c, orUnknown(err, berth.ErrOwnerUnknown)
}

// Token is a personal access token as it is stored: its secret only as a hash.
type Token struct {
	ID        int64
	UserID    int64
	Name      string
	Hash      string
	Scopes    string
	CreatedAt time.Time
	ExpiresAt time.Time // zero: never
}

// CreateToken stores a token and returns its id.
func (tx *Tx) CreateToken(ctx context.Context, t Token) (int64, error) {
	var id int64
	err := tx.row(ctx, qCreateToken, t.UserID, t.Name, t.Hash, t.Scopes, micros(t.CreatedAt), nullMicros(t.ExpiresAt)).Scan(&id)
	return id, err
}
