package meta

import (
	"context"
	"database/sql"
	"time"

	"github.com/berth-registry/berth"
)

const (
	qGetAccount = `SELECT o.id, o.name, o.created_at, COALESCE(g.name, ''), COALESCE(r.folded || '/' || s.name, ''),
			u.admin, u.blocked_at IS NOT NULL, f.confirmed_at IS NOT NULL, COALESCE(o.default_visibility, '')
		FROM owners o JOIN users u ON u.owner_id = o.id
		LEFT JOIN owners g ON g.id = u.org_id
		LEFT JOIN repositories s ON s.id = u.repository_id LEFT JOIN owners r ON r.id = s.owner_id
		LEFT JOIN second_factors f ON f.user_id = u.owner_id
		WHERE o.id = $1`
	qListAccounts = `SELECT o.id, o.name, o.created_at, COALESCE(g.name, ''), COALESCE(r.folded || '/' || s.name, ''),
			u.admin, u.blocked_at IS NOT NULL, f.confirmed_at IS NOT NULL, COALESCE(o.default_visibility, '')
		FROM owners o JOIN users u ON u.owner_id = o.id
		LEFT JOIN owners g ON g.id = u.org_id
		LEFT JOIN repositories s ON s.id = u.repository_id LEFT JOIN owners r ON r.id = s.owner_id
		LEFT JOIN second_factors f ON f.user_id = u.owner_id
		WHERE o.folded > $1 ORDER BY o.folded LIMIT $2`
	qListServiceAccounts = `SELECT o.id, o.name, o.created_at, g.name, COALESCE(r.folded || '/' || s.name, ''),
			u.admin, u.blocked_at IS NOT NULL, FALSE, COALESCE(o.default_visibility, '')
		FROM owners o JOIN users u ON u.owner_id = o.id
		JOIN owners g ON g.id = u.org_id
		LEFT JOIN repositories s ON s.id = u.repository_id LEFT JOIN owners r ON r.id = s.owner_id
		WHERE u.org_id = $1 AND o.folded > $2 ORDER BY o.folded LIMIT $3`
	qCreateServiceAccount = `INSERT INTO users (owner_id, org_id, repository_id, password_hash, admin)
		VALUES ($1, $2, $3, '', FALSE)`

	// Locks are updates that change nothing: SQLite has no SELECT … FOR UPDATE.
	qLockUser         = `UPDATE users SET admin = admin WHERE owner_id = $1`
	qLockAdmins       = `UPDATE users SET admin = admin WHERE admin`
	qCountOtherAdmins = `SELECT count(*) FROM users WHERE admin AND blocked_at IS NULL AND owner_id <> $1`
	qPutAdmin         = `UPDATE users SET admin = $2 WHERE owner_id = $1`
	qPutBlocked       = `UPDATE users SET blocked_at = $2 WHERE owner_id = $1`
	qDropSessionsOf   = `DELETE FROM sessions WHERE user_id = $1`
	qDropUploadsOf    = `DELETE FROM uploads WHERE user_id = $1 RETURNING storage_key`

	qPutDefaultVisibility = `UPDATE owners SET default_visibility = $2 WHERE id = $1`
)

// GetAccount returns the user of that id, with all that is known of him.
// Errors: berth.ErrOwnerUnknown.
func (tx *Tx) GetAccount(ctx context.Context, id int64) (berth.User, error) {
	var u berth.User
	err := scanAccount(tx.row(ctx, qGetAccount, id).Scan, &u)
	return u, orUnknown(err, berth.ErrOwnerUnknown)
}

// scanAccount reads the columns of a user, and those that follow into more.
func scanAccount(scan func(...any) error, u *berth.User, more ...any) error {
	var created int64
	into := []any{
		&u.ID, &u.Login, &created, &u.Org, &u.Repository,
		&u.Admin, &u.Blocked, &u.SecondFactor, &u.DefaultVisibility,
	}
	err := scan(append(into, more...)...)
	u.CreatedAt, u.Known = fromMicros(created), true
	return err
}

// ListAccounts returns up to limit users and service accounts, by folded name after
// the given one.
func (tx *Tx) ListAccounts(ctx context.Context, after string, limit int) ([]berth.User, error) {
	return tx.listAccounts(ctx, qListAccounts, after, limit)
}

// ListServiceAccounts returns up to limit service accounts of an organization, by
// folded name after the given one.
func (tx *Tx) ListServiceAccounts(ctx context.Context, org int64, after string, limit int) ([]berth.User, error) {
	return tx.listAccounts(ctx, qListServiceAccounts, org, after, limit)
}

func (tx *Tx) listAccounts(ctx context.Context, query string, args ...any) ([]berth.User, error) {
	var list []berth.User
	err := tx.list(ctx, func(rows *sql.Rows) error {
		var u berth.User
		err := scanAccount(rows.Scan, &u)
		list = append(list, u)
		return err
	}, query, args...)
	return list, err
}

// CreateServiceAccount makes an owner a service account of an organization, and the
// CI of a repository unless that is 0. Errors: berth.ErrRepositoryUnknown.
func (tx *Tx) CreateServiceAccount(ctx context.Context, id, org, repository int64) error {
	bound := sql.NullInt64{Int64: repository, Valid: repository != 0}
	_, err := tx.exec(ctx, berth.ErrRepositoryUnknown, qCreateServiceAccount, id, org, bound)
	return err
}

// LockUser keeps other transactions that lock him from going on until this one
// ends. Errors: berth.ErrOwnerUnknown.
func (tx *Tx) LockUser(ctx context.Context, user int64) error {
	return tx.one(ctx, berth.ErrOwnerUnknown, qLockUser, user)
}

// one runs a statement that has to change a row, and is the given error if it does
// not.
func (tx *Tx) one(ctx context.Context, unknown *berth.Error, query string, args ...any) error {
	n, err := tx.exec(ctx, nil, query, args...)
	if err == nil && n == 0 {
		return unknown
	}
	return err
}

// LockAdmins keeps others from unmaking an administrator until this transaction
// ends, so that those who are left can be counted.
func (tx *Tx) LockAdmins(ctx context.Context) error {
	_, err := tx.exec(ctx, nil, qLockAdmins)
	return err
}

// CountOtherAdmins returns how many administrators there are that are not blocked,
// without the given user.
func (tx *Tx) CountOtherAdmins(ctx context.Context, user int64) (int, error) {
	var n int
	err := tx.row(ctx, qCountOtherAdmins, user).Scan(&n)
	return n, err
}

// PutAdmin makes a user an administrator, or no longer one.
func (tx *Tx) PutAdmin(ctx context.Context, user int64, admin bool) error {
	return tx.one(ctx, berth.ErrOwnerUnknown, qPutAdmin, user, admin)
}

// PutBlocked blocks a user since a time, or with the zero time unblocks him.
func (tx *Tx) PutBlocked(ctx context.Context, user int64, since time.Time) error {
	return tx.one(ctx, berth.ErrOwnerUnknown, qPutBlocked, user, nullMicros(since))
}

// DropSessionsOf signs a user out everywhere.
func (tx *Tx) DropSessionsOf(ctx context.Context, user int64) error {
	_, err := tx.exec(ctx, nil, qDropSessionsOf, user)
	return err
}

// DropUploadsOf ends a user's uploads and hands their bytes over for deletion.
func (tx *Tx) DropUploadsOf(ctx context.Context, user int64, now time.Time) error {
	return tx.doomReturned(ctx, now, qDropUploadsOf, user)
}

// doomReturned runs a statement that returns the keys of the rows that it deleted,
// and hands those over. Only what it deleted itself: an upload that was finished at
// the same moment is a blob now, and its bytes must stay.
func (tx *Tx) doomReturned(ctx context.Context, now time.Time, query string, args ...any) error {
	keys, err := column[string](ctx, tx, query, args...)
	if err != nil {
		return err
	}
	for _, key := range keys {
		if err := tx.DoomKey(ctx, key, now); err != nil {
			return err
		}
	}
	return nil
}

// PutDefaultVisibility changes what visibility an owner's new packages have, "" for
// the instance's default.
func (tx *Tx) PutDefaultVisibility(ctx context.Context, owner int64, v berth.Visibility) error {
	return tx.one(ctx, berth.ErrOwnerUnknown, qPutDefaultVisibility, owner, sql.NullString{String: string(v), Valid: v != ""})
}
