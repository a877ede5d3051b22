package meta

import (
	"context"
	"database/sql"

	"github.com/berth-registry/berth"
)

// Holder is who has a role: one of the three is not 0.
type Holder struct{ User, Team, Repository int64 }

// RoleRow is a role that was given, with the name of its holder.
type RoleRow struct {
	ID   int64
	Kind string // user, team, repository
	Name string // of a repository owner/name
	Role berth.Role
}

const (
	qPutUserRole = `INSERT INTO package_roles (package_id, user_id, role) VALUES ($1, $2, $3)
		ON CONFLICT (package_id, user_id) WHERE user_id IS NOT NULL DO UPDATE SET role = excluded.role`
	qPutTeamRole = `INSERT INTO package_roles (package_id, team_id, role) VALUES ($1, $2, $3)
		ON CONFLICT (package_id, team_id) WHERE team_id IS NOT NULL DO UPDATE SET role = excluded.role`
	qPutRepositoryRole = `INSERT INTO package_roles (package_id, repository_id, role) VALUES ($1, $2, $3)
		ON CONFLICT (package_id, repository_id) WHERE repository_id IS NOT NULL DO UPDATE SET role = excluded.role`
	qDropRole = `DELETE FROM package_roles WHERE package_id = $1
		AND (user_id = $2 AND $2 <> 0 OR team_id = $3 AND $3 <> 0 OR repository_id = $4 AND $4 <> 0)`
	qListRoles = `SELECT r.id, CASE WHEN r.user_id IS NOT NULL THEN 'user' WHEN r.team_id IS NOT NULL THEN 'team' ELSE 'repository' END,
			COALESCE(o.name, t.name, f.folded || '/' || s.name), r.role
		FROM package_roles r
		LEFT JOIN owners o ON o.id = r.user_id
		LEFT JOIN teams t ON t.id = r.team_id
		LEFT JOIN repositories s ON s.id = r.repository_id
		LEFT JOIN owners f ON f.id = s.owner_id
		WHERE r.package_id = $1 AND r.id > $2 ORDER BY r.id LIMIT $3`
	qAllowsPublic = `SELECT COALESCE(g.allow_public, TRUE) FROM owners o LEFT JOIN orgs g ON g.owner_id = o.id WHERE o.folded = $1`
	qPutInherit   = `UPDATE packages SET inherit = $2, visibility = $3 WHERE id = $1`
	qAutoLink     = `UPDATE packages SET repository_id = $2 WHERE id = $1 AND NOT linked_by_hand AND NOT inherit
		AND owner_id = (SELECT s.owner_id FROM repositories s WHERE s.id = $2)`
	qPutLink = `UPDATE packages SET repository_id = $2, inherit = $3, visibility = $4, linked_by_hand = TRUE WHERE id = $1`
)

// PutRole gives a role on a package.
// Errors: berth.ErrUnavailable when the holder is just being deleted.
func (tx *Tx) PutRole(ctx context.Context, pkg int64, h Holder, r berth.Role) error {
	query, id := qPutUserRole, h.User
	switch {
	case h.Team != 0:
		query, id = qPutTeamRole, h.Team
	case h.Repository != 0:
		query, id = qPutRepositoryRole, h.Repository
	}
	_, err := tx.exec(ctx, berth.ErrUnavailable.With("try again"), query, pkg, id, int64(r))
	return err
}

// DropRole takes a role on a package away. Errors: berth.ErrRoleUnknown.
func (tx *Tx) DropRole(ctx context.Context, pkg int64, h Holder) error {
	n, err := tx.exec(ctx, nil, qDropRole, pkg, h.User, h.Team, h.Repository)
	if err == nil && n == 0 {
		return berth.ErrRoleUnknown
	}
	return err
}

// ListRoles returns up to limit roles given on a package, after the one with the
// id given (0: from the start).
func (tx *Tx) ListRoles(ctx context.Context, pkg, after int64, limit int) ([]RoleRow, error) {
	var list []RoleRow
	err := tx.list(ctx, func(rows *sql.Rows) error {
		var r RoleRow
		err := rows.Scan(&r.ID, &r.Kind, &r.Name, &r.Role)
		list = append(list, r)
		return err
	}, qListRoles, pkg, after, limit)
	return list, err
}

// PutLink says to which repository (0: none) a package is linked, as a person
// wants it, whether it inherits from that, and the visibility of its own.
func (tx *Tx) PutLink(ctx context.Context, pkg, repository int64, inherit bool, v berth.Visibility) error {
	_, err := tx.exec(ctx, berth.ErrUnavailable.With("try again"), qPutLink, pkg,
		sql.NullInt64{Int64: repository, Valid: repository != 0}, inherit, string(v))
	return err
}

// AutoLink links a package that nobody has linked by hand to a repository. Roles and
// visibility stay as they are.
func (tx *Tx) AutoLink(ctx context.Context, pkg, repository int64) error {
	_, err := tx.exec(ctx, berth.ErrUnavailable.With("try again"), qAutoLink, pkg, repository)
	return err
}

// PutInherit says whether a package inherits from its repository, and the
// visibility of its own.
func (tx *Tx) PutInherit(ctx context.Context, pkg int64, on bool, v berth.Visibility) error {
	_, err := tx.exec(ctx, nil, qPutInherit, pkg, on, string(v))
	return err
}

// AllowsPublic reports whether an owner, by folded name, allows public packages.
// Errors: berth.ErrOwnerUnknown.
func (tx *Tx) AllowsPublic(ctx context.Context, owner string) (bool, error) {
	var allow bool
	err := tx.row(ctx, qAllowsPublic, owner).Scan(&allow)
	return allow, orUnknown(err, berth.ErrOwnerUnknown)
}
