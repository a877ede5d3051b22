package meta

import (
	"context"
	"database/sql"
)

const (
	qListLinked = `SELECT ` + packageColumns + ` FROM packages p` + packageFrom + `
		LEFT JOIN members m ON m.org_id = o.id AND m.user_id = $2
		LEFT JOIN users u ON u.owner_id = $2
		WHERE p.repository_id = $3 AND p.published_at IS NOT NULL AND p.deleted_at IS NULL AND p.path > $4
			AND ` + readableWhere + `
		ORDER BY p.path LIMIT $5`
)

// ListLinked returns up to limit packages that are linked to a repository and that a
// reader may pull, by path after the one given ("": from the start).
func (tx *Tx) ListLinked(ctx context.Context, r Reader, repository int64, after string, limit int) ([]Package, error) {
	var list []Package
	err := tx.list(ctx, func(rows *sql.Rows) error {
		p, err := scanPackage(rows.Scan)
		list = append(list, p)
		return err
	}, qListLinked, r.All, r.User, repository, after, limit, r.Token)
	return list, err
}
