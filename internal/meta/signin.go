package meta

import (
	"context"
	"database/sql"
	"time"

	"github.com/berth-registry/berth"
)

// SignIn is what signing in has to know of a user.
type SignIn struct {
	ID           int64
	Name         string
	PasswordHash string // "" when there is no password
	Admin        bool
	Blocked      bool
	Service      bool // a service account, which never signs in
	Factor       bool // there is a confirmed second factor
	Outside      bool // an outside provider knows him
}

const (
	qGetSignIn = `SELECT o.id, o.name, u.password_hash, u.admin, u.blocked_at IS NOT NULL, u.org_id IS NOT NULL,
			EXISTS (SELECT 1 FROM second_factors f WHERE f.user_id = o.id AND f.confirmed_at IS NOT NULL),
			EXISTS (SELECT 1 FROM identities i WHERE i.user_id = o.id)
		FROM owners o JOIN users u ON u.owner_id = o.id WHERE o.folded = $1`
	qGetSignInOf = `SELECT o.id, o.name, u.password_hash, u.admin, u.blocked_at IS NOT NULL, u.org_id IS NOT NULL,
			EXISTS (SELECT 1 FROM second_factors f WHERE f.user_id = o.id AND f.confirmed_at IS NOT NULL),
			EXISTS (SELECT 1 FROM identities i WHERE i.user_id = o.id)
		FROM owners o JOIN users u ON u.owner_id = o.id WHERE o.id = $1`
	qFirstAdmin = `SELECT o.id, o.name FROM owners o JOIN users u ON u.owner_id = o.id
		WHERE u.admin AND u.org_id IS NULL AND u.blocked_at IS NULL ORDER BY o.id LIMIT 1`

	qPutSecondFactor = `INSERT INTO second_factors (user_id, secret, last_step, created_at) VALUES ($1, $2, 0, $3)
		ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, last_step = 0, created_at = excluded.created_at
		WHERE second_factors.confirmed_at IS NULL`
	qGetSecondFactor     = `SELECT user_id, secret, last_step, confirmed_at FROM second_factors WHERE user_id = $1`
	qConfirmSecondFactor = `UPDATE second_factors SET confirmed_at = $4, last_step = $3
		WHERE user_id = $1 AND secret = $2 AND confirmed_at IS NULL`
	qUseStep = `UPDATE second_factors SET last_step = $3
		WHERE user_id = $1 AND secret = $2 AND last_step < $3 AND confirmed_at IS NOT NULL`

	qPutRecoveryCode    = `INSERT INTO recovery_codes (user_id, hash) VALUES ($1, $2)`
	qUseRecoveryCode    = `DELETE FROM recovery_codes WHERE user_id = $1 AND hash = $2`
	qCountRecoveryCodes = `SELECT count(*) FROM recovery_codes WHERE user_id = $1`
)

// GetSignIn finds a user by folded name. Errors: berth.ErrOwnerUnknown.
func (tx *Tx) GetSignIn(ctx context.Context, folded string) (SignIn, error) {
	return scanSignIn(tx.row(ctx, qGetSignIn, folded))
}

// GetSignInOf finds a user by id. Errors: berth.ErrOwnerUnknown.
func (tx *Tx) GetSignInOf(ctx context.Context, user int64) (SignIn, error) {
	return scanSignIn(tx.row(ctx, qGetSignInOf, user))
}

func scanSignIn(r *sql.Row) (SignIn, error) {
	var u SignIn
	err := r.Scan(&u.ID, &u.Name, &u.PasswordHash, &u.Admin, &u.Blocked, &u.Service, &u.Factor, &u.Outside)
	return u, orUnknown(err, berth.ErrOwnerUnknown)
}

// FirstAdmin returns the oldest account that administers the instance and is not
// blocked. Errors: berth.ErrOwnerUnknown.
func (tx *Tx) FirstAdmin(ctx context.Context) (id int64, name string, err error) {
	err = tx.row(ctx, qFirstAdmin).Scan(&id, &name)
	return id, name, orUnknown(err, berth.ErrOwnerUnknown)
}

// SecondFactor makes codes that change with time.
type SecondFactor struct {
	UserID      int64
	Secret      []byte // sealed
	LastStep    int64  // of the newest code that was used
	ConfirmedAt time.Time
}

// PutSecondFactor stores a second factor that is not confirmed yet, in place of
// another such one. Errors: berth.ErrConflict when there is a confirmed one,
// berth.ErrUnavailable when the user is being deleted.
func (tx *Tx) PutSecondFactor(ctx context.Context, user int64, secret []byte, now time.Time) error {
	n, err := tx.exec(ctx, nil, qPutSecondFactor, user, secret, micros(now))
	if err == nil && n == 0 {
		return berth.ErrConflict
	}
	return err
}

// GetSecondFactor returns a user's second factor, the zero SecondFactor when there
// is none.
func (tx *Tx) GetSecondFactor(ctx context.Context, user int64) (SecondFactor, error) {
	var f SecondFactor
	var confirmed sql.NullInt64
	err := orZero(tx.row(ctx, qGetSecondFactor, user).Scan(&f.UserID, &f.Secret, &f.LastStep, &confirmed))
	f.ConfirmedAt = fromNull(confirmed)
	return f, err
}

// ConfirmSecondFactor makes a second factor count, after a code of that step was
// shown. It reports false when there is no such factor any more that waits for it.
func (tx *Tx) ConfirmSecondFactor(ctx context.Context, f SecondFactor, step int64, now time.Time) (bool, error) {
	n, err := tx.exec(ctx, nil, qConfirmSecondFactor, f.UserID, f.Secret, step, micros(now))
	return n > 0, err
}

// UseStep uses up the codes until a step. It reports false when they were used up
// before, or the factor is not the same any more.
func (tx *Tx) UseStep(ctx context.Context, f SecondFactor, step int64) (bool, error) {
	n, err := tx.exec(ctx, nil, qUseStep, f.UserID, f.Secret, step)
	return n > 0, err
}

// DropSecondFactor forgets a second factor and reports whether there was one.
func (tx *Tx) DropSecondFactor(ctx context.Context, user int64) (bool, error) {
	n, err := tx.exec(ctx, nil, qDropSecondFactorOf, user)
	return n > 0, err
}

// PutRecoveryCode stores the hash of a recovery code.
// Errors: berth.ErrUnavailable when the user is being deleted.
func (tx *Tx) PutRecoveryCode(ctx context.Context, user int64, hash string) error {
	_, err := tx.exec(ctx, nil, qPutRecoveryCode, user, hash)
	return err
}

// UseRecoveryCode forgets a recovery code and reports whether it was there.
func (tx *Tx) UseRecoveryCode(ctx context.Context, user int64, hash string) (bool, error) {
	n, err := tx.exec(ctx, nil, qUseRecoveryCode, user, hash)
	return n > 0, err
}

// CountRecoveryCodes returns how many recovery codes a user has left.
func (tx *Tx) CountRecoveryCodes(ctx context.Context, user int64) (int, error) {
	var n int
	err := tx.row(ctx, qCountRecoveryCodes, user).Scan(&n)
	return n, err
}

// DropRecoveryCodes forgets all recovery codes of a user.
func (tx *Tx) DropRecoveryCodes(ctx context.Context, user int64) error {
	_, err := tx.exec(ctx, nil, qDropRecoveryCodesOf, user)
	return err
}
