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
	Actions   string
	Limited   bool
	Limits    []berth.Limit // filled in from ListTokenLimits
	CreatedAt time.Time     // of the token
	ExpiresAt time.Time     // zero: never
	Revoked   bool
}

const (
	qGetCredential = `SELECT o.id, o.name, u.admin, u.blocked_at IS NOT NULL,
			COALESCE(t.id, 0), COALESCE(t.scopes, ''), COALESCE(t.actions, ''), COALESCE(t.limited, FALSE), t.created_at, t.expires_at, t.revoked_at IS NOT NULL
		FROM owners o JOIN users u ON u.owner_id = o.id LEFT JOIN tokens t ON t.user_id = o.id AND t.id = $2
		WHERE o.id = $1`
	qGetTokenCredential = `SELECT o.id, o.name, u.admin, u.blocked_at IS NOT NULL,
			t.id, t.scopes, t.actions, t.limited, t.created_at, t.expires_at, t.revoked_at IS NOT NULL
		FROM tokens t JOIN owners o ON o.id = t.user_id JOIN users u ON u.owner_id = o.id
		WHERE t.hash = $1`
	qGetUserOwner = `SELECT o.name, COALESCE(g.id, 0), COALESCE(g.name, '')
		FROM owners o JOIN users u ON u.owner_id = o.id LEFT JOIN owners g ON g.id = u.org_id WHERE o.id = $1`
	qListTokenLimits     = `SELECT owner_id, path FROM token_limits WHERE token_id = $1 ORDER BY owner_id, path`
	qListTokenLimitNames = `SELECT o.folded, l.path FROM token_limits l JOIN owners o ON o.id = l.owner_id
		WHERE l.token_id = $1 ORDER BY o.folded, l.path`
	qPutTokenLimit = `INSERT INTO token_limits (token_id, owner_id, path) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`
	qCreateToken   = `INSERT INTO tokens (user_id, name, hash, scopes, actions, limited, parent_id, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id`
	qCountTokens = `SELECT count(*) FROM tokens WHERE user_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)`
	qGetToken    = `SELECT id, name, scopes, actions, limited, created_at, expires_at, last_used_at, revoked_at
		FROM tokens WHERE user_id = $1 AND id = $2`
	qListTokens = `SELECT id, name, scopes, actions, limited, created_at, expires_at, last_used_at, revoked_at
		FROM tokens WHERE user_id = $1 AND (CAST($2 AS BIGINT) = 0 OR id < $2) AND ($4 OR revoked_at IS NULL) ORDER BY id DESC LIMIT $3`
	qRevokeToken = `WITH RECURSIVE made (id) AS (
			SELECT id FROM tokens WHERE id = $1 UNION ALL SELECT t.id FROM tokens t JOIN made m ON t.parent_id = m.id)
		UPDATE tokens SET revoked_at = $2 WHERE revoked_at IS NULL AND id IN (SELECT id FROM made)`
	qHoldToken   = `UPDATE tokens SET revoked_at = NULL WHERE user_id = $1 AND id = $2 AND revoked_at IS NULL`
	qPutTokenUse = `UPDATE tokens SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)`
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

func scanCredential(r *sql.Row) (Credential, error) {
	var c Credential
	var created, expires sql.NullInt64
	err := r.Scan(&c.UserID, &c.Login, &c.Admin, &c.Blocked, &c.TokenID, &c.Scopes, &c.Actions, &c.Limited, &created, &expires, &c.Revoked)
	c.CreatedAt = fromNull(created)
	c.ExpiresAt = fromNull(expires)
	return c, orUnknown(err, berth.ErrOwnerUnknown)
}

// ListTokenLimits returns what a limited token reaches.
func (tx *Tx) ListTokenLimits(ctx context.Context, token int64) ([]berth.Limit, error) {
	var list []berth.Limit
	err := tx.list(ctx, func(rows *sql.Rows) error {
		var l berth.Limit
		err := rows.Scan(&l.OwnerID, &l.Path)
		list = append(list, l)
		return err
	}, qListTokenLimits, token)
	return list, err
}

// ListTokenLimitNames returns what a limited token reaches, by name. An empty path
// is everything of the owner.
func (tx *Tx) ListTokenLimitNames(ctx context.Context, token int64) ([]berth.Name, error) {
	var list []berth.Name
	err := tx.list(ctx, func(rows *sql.Rows) error {
		var n berth.Name
		err := rows.Scan(&n.Owner, &n.Path)
		list = append(list, n)
		return err
	}, qListTokenLimitNames, token)
	return list, err
}

// PutTokenLimit adds to what a limited token reaches.
func (tx *Tx) PutTokenLimit(ctx context.Context, token int64, l berth.Limit) error {
	_, err := tx.exec(ctx, berth.ErrOwnerUnknown, qPutTokenLimit, token, l.OwnerID, l.Path)
	return err
}

// Token is an access token as it is stored: its secret only as a hash.
type Token struct {
	ID         int64
	UserID     int64
	Name       string
	Hash       string
	Scopes     string
	Actions    string // "" is all
	Limited    bool
	ParentID   int64 // the token that made it, 0 for none
	CreatedAt  time.Time
	ExpiresAt  time.Time // zero: never
	LastUsedAt time.Time // zero: not yet
	RevokedAt  time.Time // zero: it is good
}

// CreateToken stores a token and returns its id.
// Errors: berth.ErrUnavailable when the user is being deleted.
func (tx *Tx) CreateToken(ctx context.Context, t Token) (int64, error) {
	var id int64
	err := tx.row(ctx, qCreateToken, t.UserID, t.Name, t.Hash, t.Scopes, t.Actions, t.Limited,
		sql.NullInt64{Int64: t.ParentID, Valid: t.ParentID != 0}, micros(t.CreatedAt), nullMicros(t.ExpiresAt)).Scan(&id)
	return id, dangling(err, nil)
}

// CountTokens returns how many of a user's tokens are good.
func (tx *Tx) CountTokens(ctx context.Context, user int64, now time.Time) (n int, err error) {
	err = tx.row(ctx, qCountTokens, user, micros(now)).Scan(&n)
	return n, err
}

// GetToken finds one of a user's tokens. Errors: berth.ErrTokenUnknown.
func (tx *Tx) GetToken(ctx context.Context, user, id int64) (Token, error) {
	t, err := scanToken(tx.row(ctx, qGetToken, user, id).Scan)
	return t, orUnknown(err, berth.ErrTokenUnknown)
}

// ListTokens returns up to limit of a user's tokens, newest first, older than the
// one with the id before (0: from the newest), with revoked ones or without.
func (tx *Tx) ListTokens(ctx context.Context, user, before int64, limit int, revoked bool) ([]Token, error) {
	var list []Token
	err := tx.list(ctx, func(rows *sql.Rows) error {
		t, err := scanToken(rows.Scan)
		list = append(list, t)
		return err
	}, qListTokens, user, before, limit, revoked)
	return list, err
}

func scanToken(scan func(...any) error) (Token, error) {
	var t Token
	var created int64
	var expires, used, revoked sql.NullInt64
	err := scan(&t.ID, &t.Name, &t.Scopes, &t.Actions, &t.Limited, &created, &expires, &used, &revoked)
	t.CreatedAt = fromMicros(created)
	t.ExpiresAt, t.LastUsedAt, t.RevokedAt = fromNull(expires), fromNull(used), fromNull(revoked)
	return t, err
}

// RevokeToken ends a token and all that were made with it, and returns how many that
// were. What somebody makes with one of them just now is found when it is asked for
// again, until there is none.
func (tx *Tx) RevokeToken(ctx context.Context, id int64, now time.Time) (int64, error) {
	return tx.exec(ctx, nil, qRevokeToken, id, micros(now))
}

// HoldToken keeps one of a user's tokens from being revoked until the transaction
// ends. Errors: berth.ErrTokenUnknown when it is revoked, or not there.
func (tx *Tx) HoldToken(ctx context.Context, user, id int64) error {
	n, err := tx.exec(ctx, nil, qHoldToken, user, id)
	if err == nil && n == 0 {
		return berth.ErrTokenUnknown
	}
	return err
}

// PutTokenUse records when a token was used, unless a later use is known.
func (tx *Tx) PutTokenUse(ctx context.Context, id int64, at time.Time) error {
	_, err := tx.exec(ctx, nil, qPutTokenUse, id, micros(at))
	return err
}

// GetUserOwner returns the name of a user and the organization that owns it, the
// zero Owner unless it is a service account. Errors: berth.ErrOwnerUnknown.
func (tx *Tx) GetUserOwner(ctx context.Context, user int64) (name string, org Owner, err error) {
	err = tx.row(ctx, qGetUserOwner, user).Scan(&name, &org.ID, &org.Name)
	return name, org, orUnknown(err, berth.ErrOwnerUnknown)
}
