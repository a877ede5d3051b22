package meta

import (
	"context"
	"database/sql"
	"time"

	"github.com/berth-registry/berth"
)

// Package is a published package as it is listed.
type Package struct {
	ID         int64
	OwnerID    int64
	Name       berth.Name
	Visibility berth.Visibility // that counts: private where it says public and the organization forbids that
	Inherit    bool
	Repository string // owner/name of the linked one, "" when there is none
	CreatedAt  time.Time

	RepositoryID      int64
	RepositoryVisible berth.Visibility // that counts

	OwnerKind    string // user or org
	LinkedByHand bool
	UpdatedAt    time.Time // when something was last pushed, deleted or restored
	Versions     int64
	Downloads    int64
	LastPulledAt time.Time // zero: never
	Kind         string    // of the version pushed last, as its description and licences
	Description  string
	Licenses     string
}

// Reader is for whom packages of all owners are listed, in the terms of the
// permission rule.
type Reader struct {
	User  int64 // 0 is anonymous
	All   bool  // ignore permissions, for administrators
	Token int64 // the token by whose limits the list is narrowed, 0 for none
}

const (
	packageColumns = `p.id, o.id, o.folded, p.path,
			CASE WHEN p.visibility = 'public' AND NOT COALESCE(g.allow_public, TRUE) THEN 'private' ELSE p.visibility END,
			p.inherit, COALESCE(s.name, ''), p.created_at, o.kind, p.linked_by_hand, p.updated_at, p.version_count, p.downloads, p.last_pulled_at,
			p.kind, p.description, p.licenses, COALESCE(s.id, 0),
			COALESCE(CASE WHEN s.visibility = 'public' AND NOT COALESCE(g.allow_public, TRUE) THEN 'private' ELSE s.visibility END, '')`
	packageFrom = ` JOIN owners o ON o.id = p.owner_id
		LEFT JOIN orgs g ON g.owner_id = o.id
		LEFT JOIN repositories s ON s.id = p.repository_id `

	// The conditions are those of the permission rule for pulling. What is public is
	// everybody's; the rest lies within the limits of the token, and is internal and
	// the viewer signed in, or his, or his organization's (as owner, or with a base
	// role), or given to him, a team of his or the repository whose CI he is, or
	// inherited from the linked repository in one of these ways.
	readableWhere = `(p.visibility = 'public' AND COALESCE(g.allow_public, TRUE)
				OR (CAST($6 AS BIGINT) = 0 OR EXISTS (SELECT 1 FROM token_limits l
						WHERE l.token_id = $6 AND l.owner_id = o.id AND (l.path = '' OR l.path = p.path)))
					AND ($1 OR p.visibility = 'internal' AND $2 > 0
						OR o.id = $2 OR m.owner OR m.user_id IS NOT NULL AND g.base_role > 0
						OR p.inherit AND p.repository_id = u.repository_id
						OR $2 > 0 AND EXISTS (SELECT 1 FROM package_roles r
							LEFT JOIN team_members t ON t.team_id = r.team_id AND t.user_id = $2
							WHERE r.package_id = p.id AND (r.user_id = $2 OR t.user_id IS NOT NULL OR r.repository_id = u.repository_id))
						OR $2 > 0 AND p.inherit AND EXISTS (SELECT 1 FROM repository_roles c
							LEFT JOIN team_members t ON t.team_id = c.team_id AND t.user_id = $2
							WHERE c.repository_id = p.repository_id AND (c.user_id = $2 OR t.user_id IS NOT NULL))))`
	qListPackages = `SELECT ` + packageColumns + ` FROM packages p` + packageFrom + `
		LEFT JOIN members m ON m.org_id = o.id AND m.user_id = $2
		LEFT JOIN users u ON u.owner_id = $2
		WHERE p.published_at IS NOT NULL AND p.deleted_at IS NULL
			AND (o.folded > $3 OR o.folded = $3 AND p.path > $4)
			AND ` + readableWhere + `
		ORDER BY o.folded, p.path LIMIT $5`
	qGetPackage = `SELECT ` + packageColumns + ` FROM packages p` + packageFrom + `WHERE p.id = $1`
)

// ListPackages returns up to limit packages of all owners, after the name given (zero:
// from the start), that a reader may pull. Those of one owner are found faster by
// [Tx.ListOwnerPackages].
func (tx *Tx) ListPackages(ctx context.Context, r Reader, after berth.Name, limit int) ([]Package, error) {
	var list []Package
	err := tx.list(ctx, func(rows *sql.Rows) error {
		p, err := scanPackage(rows.Scan)
		list = append(list, p)
		return err
	}, qListPackages, r.All, r.User, after.Owner, after.Path, limit, r.Token)
	return list, err
}

// GetPackage returns a package by id. Errors: berth.ErrPackageUnknown.
func (tx *Tx) GetPackage(ctx context.Context, id int64) (Package, error) {
	p, err := scanPackage(tx.row(ctx, qGetPackage, id).Scan)
	return p, orUnknown(err, berth.ErrPackageUnknown)
}

func scanPackage(scan func(...any) error, more ...any) (Package, error) {
	var p Package
	var created, updated int64
	var pulled sql.NullInt64
	err := scan(append([]any{
		&p.ID, &p.OwnerID, &p.Name.Owner, &p.Name.Path, &p.Visibility, &p.Inherit, &p.Repository, &created,
		&p.OwnerKind, &p.LinkedByHand, &updated, &p.Versions, &p.Downloads, &pulled, &p.Kind, &p.Description, &p.Licenses,
		&p.RepositoryID, &p.RepositoryVisible,
	}, more...)...)
	p.CreatedAt, p.UpdatedAt, p.LastPulledAt = fromMicros(created), fromMicros(updated), fromNull(pulled)
	if p.Repository != "" {
		p.Repository = p.Name.Owner + "/" + p.Repository // of the same owner, always
	}
	return p, err
}
