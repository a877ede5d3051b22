package meta

import (
	"context"
	"database/sql"
	"time"

	"github.com/berth-registry/berth"
)

const (
	qCreatePackage = `INSERT INTO packages (owner_id, path, visibility, inherit, created_at)
		VALUES ($1, $2, $3, FALSE, $4) ON CONFLICT (owner_id, path) DO NOTHING`
	qPublishPackage = `UPDATE packages SET published_at = $2 WHERE id = $1 AND published_at IS NULL`
	qPutUserRole    = `INSERT INTO package_roles (package_id, user_id, role) VALUES ($1, $2, $3)
		ON CONFLICT (package_id, user_id) WHERE user_id IS NOT NULL DO UPDATE SET role = excluded.role`
	qPutVisibility = `UPDATE packages SET visibility = $2 WHERE id = $1`

	// A viewer lists what is public, or internal and he is signed in, or his, or
	// his organization's (as owner, or with a base role), or given to him.
	qListPackages = `SELECT o.folded, p.path
		FROM packages p JOIN owners o ON o.id = p.owner_id
		LEFT JOIN orgs g ON g.owner_id = o.id
		LEFT JOIN members m ON m.org_id = o.id AND m.user_id = $1
		WHERE p.published_at IS NOT NULL
			AND (o.folded > $3 OR o.folded = $3 AND p.path > $4)
			AND ($2 OR p.visibility = 'public' OR p.visibility = 'internal' AND $1 > 0
				OR o.id = $1 OR m.owner OR m.user_id IS NOT NULL AND g.base_role > 0
				OR $1 > 0 AND EXISTS (SELECT 1 FROM package_roles r
					LEFT JOIN team_members t ON t.team_id = r.team_id AND t.user_id = $1
					WHERE r.package_id = p.id AND (r.user_id = $1 OR t.user_id IS NOT NULL)))
		ORDER BY o.folded, p.path LIMIT $5`

	// A package into which nothing was ever pushed is a leftover of a probe.
	qDropEmptyPackages = `DELETE FROM packages WHERE published_at IS NULL AND created_at < $1
		AND NOT EXISTS (SELECT 1 FROM uploads u WHERE u.package_id = packages.id)
		AND NOT EXISTS (SELECT 1 FROM package_blobs b WHERE b.package_id = packages.id)
		AND NOT EXISTS (SELECT 1 FROM manifests f WHERE f.package_id = packages.id)
		AND NOT EXISTS (SELECT 1 FROM package_roles r WHERE r.package_id = packages.id)`
)

// CreatePackage makes an unpublished package, unless it is there.
func (tx *Tx) CreatePackage(ctx context.Context, owner int64, path string, v berth.Visibility, now time.Time) error {
	_, err := tx.exec(ctx, nil, qCreatePackage, owner, path, string(v), micros(now))
	return err
}

// PublishPackage marks that a package has had a manifest, and reports whether
// this was the first.
func (tx *Tx) PublishPackage(ctx context.Context, id int64, now time.Time) (bool, error) {
	n, err := tx.exec(ctx, nil, qPublishPackage, id, micros(now))
	return n == 1, err
}

// PutUserRole gives a user a role on a package.
func (tx *Tx) PutUserRole(ctx context.Context, pkg, user int64, r berth.Role) error {
	_, err := tx.exec(ctx, nil, qPutUserRole, pkg, user, int64(r))
	return err
}

// PutVisibility changes who may see a package.
func (tx *Tx) PutVisibility(ctx context.Context, pkg int64, v berth.Visibility) error {
	_, err := tx.exec(ctx, nil, qPutVisibility, pkg, string(v))
	return err
}

// ListPackages returns up to limit names after the given one (zero: from the
// start), of packages that a user (0 is anonymous) may read. All ignores
// permissions, for administrators.
func (tx *Tx) ListPackages(ctx context.Context, user int64, all bool, after berth.Name, limit int) ([]berth.Name, error) {
	var names []berth.Name
	err := tx.list(ctx, func(rows *sql.Rows) error {
		var n berth.Name
		err := rows.Scan(&n.Owner, &n.Path)
		names = append(names, n)
		return err
	}, qListPackages, user, all, after.Owner, after.Path, limit)
	return names, err
}

// DropEmptyPackages forgets packages made before t into which nothing came.
// Errors: berth.ErrUnavailable when something comes into one just now.
func (tx *Tx) DropEmptyPackages(ctx context.Context, t time.Time) (int64, error) {
	return tx.exec(ctx, berth.ErrUnavailable.With("try again"), qDropEmptyPackages, micros(t))
}
