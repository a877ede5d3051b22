package meta

import (
	"context"
	"database/sql"
	"time"

	"github.com/berth-registry/berth"
)

// Resolved is where a name leads, which may be an old one.
type Resolved struct {
	Name      berth.Name // of now; the name asked for where that is nobody's
	PackageID int64      // 0 when there is none
	Live      bool       // it can be pulled: something was pushed, and it is not in the trash
}

// Alias is a name that a package had before.
type Alias struct {
	OwnerID   int64 // in whose namespace
	PackageID int64
	Name      berth.Name // the old one
	CreatedAt time.Time
}

const (
	// An owner's own name comes before an old one of somebody else, and so does a
	// package's.
	qResolve = `SELECT COALESCE(t.folded, w.folded), COALESCE(p.path, $2), COALESCE(p.id, 0),
			p.id IS NOT NULL AND p.published_at IS NOT NULL AND p.deleted_at IS NULL
		FROM owners w
		LEFT JOIN packages p ON p.id = COALESCE(
			(SELECT q.id FROM packages q WHERE q.owner_id = w.id AND q.path = $2),
			(SELECT a.package_id FROM package_aliases a WHERE a.owner_id = w.id AND a.path = $2))
		LEFT JOIN owners t ON t.id = p.owner_id
		WHERE w.id = COALESCE((SELECT o.id FROM owners o WHERE o.folded = $1),
			(SELECT a.owner_id FROM owner_aliases a WHERE a.folded = $1))`

	qPutAlias = `INSERT INTO package_aliases (owner_id, path, package_id, created_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (owner_id, path) DO UPDATE SET package_id = excluded.package_id, created_at = excluded.created_at`
	qFindAlias   = `SELECT package_id FROM package_aliases WHERE owner_id = $1 AND path = $2`
	qDropAlias   = `DELETE FROM package_aliases WHERE owner_id = $1 AND path = $2`
	qListAliases = `SELECT a.owner_id, a.package_id, o.folded, a.path, a.created_at
		FROM package_aliases a JOIN owners o ON o.id = a.owner_id
		WHERE (CAST($1 AS BIGINT) = 0 OR a.owner_id = $1) AND (CAST($2 AS BIGINT) = 0 OR a.package_id = $2)
			AND (o.folded > $3 OR o.folded = $3 AND a.path > $4)
		ORDER BY o.folded, a.path LIMIT $5`
	qCountAliases = `SELECT count(*) FROM package_aliases WHERE package_id = $1`

	// Nobody may have been there between the look and this.
	qMovePackage = `UPDATE packages SET owner_id = $4, path = $5 WHERE id = $1 AND owner_id = $2 AND path = $3`
	qLockPlace   = `UPDATE packages SET inherit = inherit WHERE id = $1 AND owner_id = $2 AND path = $3`
	qCutPackage  = `UPDATE packages SET repository_id = NULL, inherit = FALSE, linked_by_hand = FALSE, visibility = $2 WHERE id = $1`
	qDropRolesOf = `DELETE FROM package_roles WHERE package_id = $1
		AND (team_id IS NOT NULL OR repository_id IN (SELECT s.id FROM repositories s WHERE s.owner_id = $2))`
	qDropProbe = `DELETE FROM packages WHERE id = $1 AND published_at IS NULL
		AND NOT EXISTS (SELECT 1 FROM uploads u WHERE u.package_id = packages.id)
		AND NOT EXISTS (SELECT 1 FROM package_blobs b WHERE b.package_id = packages.id)
		AND NOT EXISTS (SELECT 1 FROM manifests f WHERE f.package_id = packages.id)
		AND NOT EXISTS (SELECT 1 FROM package_roles r WHERE r.package_id = packages.id)`
	qCopyTokenLimits = `INSERT INTO token_limits (token_id, owner_id, path)
		SELECT l.token_id, l.owner_id, $3 FROM token_limits l WHERE l.owner_id = $1 AND l.path = $2
		ON CONFLICT DO NOTHING`
	qDropTokenLimits = `DELETE FROM token_limits WHERE owner_id = $1 AND path = $2`
)

// Resolve finds what a name leads to: a package of that name, or one that had it
// before, also where its owner had another name. It does the same work for all.
func (tx *Tx) Resolve(ctx context.Context, n berth.Name) (Resolved, error) {
	r := Resolved{Name: n}
	err := orZero(tx.row(ctx, qResolve, n.Owner, n.Path).Scan(&r.Name.Owner, &r.Name.Path, &r.PackageID, &r.Live))
	return r, err
}

// PutAlias makes a name in the namespace of an owner an old one of a package.
// Errors: berth.ErrUnavailable when one of them is being deleted.
func (tx *Tx) PutAlias(ctx context.Context, owner int64, path string, pkg int64, now time.Time) error {
	_, err := tx.exec(ctx, nil, qPutAlias, owner, path, pkg, micros(now))
	return err
}

// FindAlias returns the package that had a name in the namespace of an owner, 0 when
// there is none.
func (tx *Tx) FindAlias(ctx context.Context, owner int64, path string) (pkg int64, err error) {
	err = orZero(tx.row(ctx, qFindAlias, owner, path).Scan(&pkg))
	return pkg, err
}

// DropAlias frees a name, if it is an old one.
func (tx *Tx) DropAlias(ctx context.Context, owner int64, path string) error {
	_, err := tx.exec(ctx, nil, qDropAlias, owner, path)
	return err
}

// ListAliases returns up to limit old names after the one given (zero: from the
// start), in the namespace of one owner or of all (0), of one package or of all (0).
func (tx *Tx) ListAliases(ctx context.Context, owner, pkg int64, after berth.Name, limit int) ([]Alias, error) {
	var list []Alias
	err := tx.list(ctx, func(rows *sql.Rows) error {
		var a Alias
		var created int64
		err := rows.Scan(&a.OwnerID, &a.PackageID, &a.Name.Owner, &a.Name.Path, &created)
		a.CreatedAt = fromMicros(created)
		list = append(list, a)
		return err
	}, qListAliases, owner, pkg, after.Owner, after.Path, limit)
	return list, err
}

// CountAliases returns how many old names a package has.
func (tx *Tx) CountAliases(ctx context.Context, pkg int64) (n int, err error) {
	err = tx.row(ctx, qCountAliases, pkg).Scan(&n)
	return n, err
}

// Place is where a package is: a path in the namespace of an owner.
type Place struct {
	OwnerID int64
	Path    string
}

// MovePackage takes a package from one place to another. Errors: berth.ErrExists
// when there is one, berth.ErrUnavailable when it has just been moved or deleted, or
// the new owner is being deleted.
func (tx *Tx) MovePackage(ctx context.Context, id int64, from, to Place) error {
	n, err := tx.exec(ctx, nil, qMovePackage, id, from.OwnerID, from.Path, to.OwnerID, to.Path)
	return moved(n, taken(err, berth.ErrExists.With("a package of that name is made just now")))
}

// LockPlace keeps others from moving a package until the transaction ends.
// Errors: berth.ErrUnavailable when somebody was faster.
func (tx *Tx) LockPlace(ctx context.Context, id int64, at Place) error {
	n, err := tx.exec(ctx, nil, qLockPlace, id, at.OwnerID, at.Path)
	return moved(n, err)
}

func moved(n int64, err error) error {
	if err == nil && n == 0 {
		return berth.ErrUnavailable.With("the package has just been moved or deleted; try again")
	}
	return err
}

// CutPackage ends what ties a package to an owner whom it leaves: the link to a
// repository, the roles of the owner's teams and repositories, and what rules on tags
// let these do. Its own visibility is the given one from then on.
func (tx *Tx) CutPackage(ctx context.Context, id, from int64, v berth.Visibility) error {
	if _, err := tx.exec(ctx, nil, qCutPackage, id, string(v)); err != nil {
		return err
	}
	if _, err := tx.exec(ctx, nil, qDropRolesOf, id, from); err != nil {
		return err
	}
	_, err := tx.exec(ctx, nil, qDropRuleHoldersOf, id, from)
	return err
}

// DropProbe forgets a package into which nothing ever came, and reports whether it
// did.
func (tx *Tx) DropProbe(ctx context.Context, id int64) (bool, error) {
	n, err := tx.exec(ctx, berth.ErrUnavailable.With("something is being pushed to it; try again"), qDropProbe, id)
	return n == 1, err
}

// RenameTokenLimits lets tokens that are limited to one path of an owner reach
// another one instead.
func (tx *Tx) RenameTokenLimits(ctx context.Context, owner int64, from, to string) error {
	if _, err := tx.exec(ctx, nil, qCopyTokenLimits, owner, from, to); err != nil {
		return err
	}
	return tx.DropTokenLimits(ctx, owner, from)
}

// DropTokenLimits ends that tokens reach a path of an owner.
func (tx *Tx) DropTokenLimits(ctx context.Context, owner int64, path string) error {
	_, err := tx.exec(ctx, nil, qDropTokenLimits, owner, path)
	return err
}
