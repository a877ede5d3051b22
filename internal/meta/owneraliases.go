package meta

import (
	"context"
	"database/sql"
	"time"

	"github.com/berth-registry/berth"
)

const (
	qRenameOwner   = `UPDATE owners SET name = $3, folded = $4 WHERE id = $1 AND folded = $2`
	qRenameInviter = `UPDATE invitations SET created_by = $2 WHERE created_by_id = $1`
	qRenameDeleter = `UPDATE trash SET deleted_by = $2 WHERE deleted_by_id = $1`
	qLongestPath   = `SELECT COALESCE(max(length(path)), 0) FROM packages WHERE owner_id = $1`

	qPutOwnerAlias = `INSERT INTO owner_aliases (folded, name, owner_id, created_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (folded) DO UPDATE SET name = excluded.name, owner_id = excluded.owner_id, created_at = excluded.created_at`
	qFindOwnerAlias    = `SELECT o.id, o.kind, o.name, o.folded, o.created_at FROM owner_aliases a JOIN owners o ON o.id = a.owner_id WHERE a.folded = $1`
	qDropOwnerAlias    = `DELETE FROM owner_aliases WHERE folded = $1`
	qCountOwnerAliases = `SELECT count(*) FROM owner_aliases WHERE owner_id = $1`
	qHoldOwnerAliases  = `INSERT INTO held_names (folded, until) SELECT a.folded, $2 FROM owner_aliases a WHERE a.owner_id = $1
		ON CONFLICT (folded) DO UPDATE SET until = excluded.until`
)

// RenameOwner gives an owner of that folded name another one, also where his name is
// kept beside his id for people to read. The audit log keeps what was.
// Errors: berth.ErrOwnerExists, berth.ErrUnavailable when he was just renamed.
func (tx *Tx) RenameOwner(ctx context.Context, id int64, from, name, folded string) error {
	n, err := tx.exec(ctx, nil, qRenameOwner, id, from, name, folded)
	if err = taken(err, berth.ErrOwnerExists.With("somebody or an organization is called %s", name)); err != nil {
		return err
	}
	if n == 0 {
		return berth.ErrUnavailable.With("the owner has just been renamed or deleted; try again")
	}
	for _, q := range []string{qRenameInviter, qRenameDeleter} {
		if _, err := tx.exec(ctx, nil, q, id, name); err != nil {
			return err
		}
	}
	return nil
}

// LongestPath returns the length of the longest path of an owner's packages, in
// bytes, those in the trash with what their path is there.
func (tx *Tx) LongestPath(ctx context.Context, owner int64) (n int, err error) {
	err = tx.row(ctx, qLongestPath, owner).Scan(&n)
	return n, err
}

// PutOwnerAlias makes a name an old one of an owner.
func (tx *Tx) PutOwnerAlias(ctx context.Context, name, folded string, owner int64, now time.Time) error {
	_, err := tx.exec(ctx, nil, qPutOwnerAlias, folded, name, owner, micros(now))
	return err
}

// FindOwnerAlias returns the owner who had a folded name before, the zero Owner when
// there is none.
func (tx *Tx) FindOwnerAlias(ctx context.Context, folded string) (Owner, error) {
	var o Owner
	var created sql.NullInt64
	err := orZero(tx.row(ctx, qFindOwnerAlias, folded).Scan(&o.ID, &o.Kind, &o.Name, &o.Folded, &created))
	o.CreatedAt = fromNull(created)
	return o, err
}

// DropOwnerAlias frees a name, if it is an old one.
func (tx *Tx) DropOwnerAlias(ctx context.Context, folded string) error {
	_, err := tx.exec(ctx, nil, qDropOwnerAlias, folded)
	return err
}

// CountOwnerAliases returns how many old names an owner has.
func (tx *Tx) CountOwnerAliases(ctx context.Context, owner int64) (n int, err error) {
	err = tx.row(ctx, qCountOwnerAliases, owner).Scan(&n)
	return n, err
}

// HoldOwnerAliases keeps the old names of an owner from being chosen until a time.
func (tx *Tx) HoldOwnerAliases(ctx context.Context, owner int64, until time.Time) error {
	_, err := tx.exec(ctx, nil, qHoldOwnerAliases, owner, micros(until))
	return err
}
