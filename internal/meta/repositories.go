package meta

import (
	"context"
	"database/sql"
	"time"

	"github.com/berth-registry/berth"
)

// Repository is the record of a source repository.
type Repository struct {
	ID          int64
	OwnerID     int64
	Owner       string           // as created
	OwnerFolded string           // as compared
	OwnerKind   string           // user, org or service
	Name        string           // as created
	Folded      string           // as compared
	Visibility  berth.Visibility // as chosen; what counts is in the standing
	Description string
	WebURL      string
	CreatedAt   time.Time
}

// RepositoryQuery says which repositories are wanted, for whom, in the terms of the
// permission rule.
type RepositoryQuery struct {
	User  int64 // 0 is anonymous
	All   bool  // ignore permissions, for administrators
	Token int64 // by whose limits the list is narrowed, 0 for none

	Owner int64 // 0 is of all
	Own   bool  // only those to which the user has another tie than being signed in
	After berth.Name
	Limit int
}

const (
	qCreateRepository = `INSERT INTO repositories (owner_id, name, folded, visibility, description, web_url, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id`
	qPutRepository = `UPDATE repositories SET name = $2, folded = $3, visibility = $4, description = $5, web_url = $6 WHERE id = $1`
	qGetRepository = `SELECT s.id, s.owner_id, o.name, o.folded,
			CASE WHEN o.kind = 'org' THEN 'org' WHEN w.org_id IS NOT NULL THEN 'service' ELSE 'user' END,
			s.name, s.folded, s.visibility, s.description, s.web_url, s.created_at
		FROM repositories s JOIN owners o ON o.id = s.owner_id
		LEFT JOIN users w ON w.owner_id = o.id
		WHERE s.id = $1`

	// The inner query says of every repository what RepositoryStanding does, the
	// outer condition what the permission rule does for reading: what is public is
	// everybody's; the rest must lie within the limits of the token.
	qListRepositories = `SELECT q.id, q.owner_id, q.owner, q.owner_folded, q.kind, q.name, q.folded, q.visibility, q.description, q.web_url, q.created_at,
			q.visible, q.membership, q.base_role, q.members_create, q.given
		FROM (SELECT s.id AS id, s.owner_id AS owner_id, o.name AS owner, o.folded AS owner_folded,
				CASE WHEN o.kind = 'org' THEN 'org' WHEN w.org_id IS NOT NULL THEN 'service' ELSE 'user' END AS kind,
				s.name AS name, s.folded AS folded, s.visibility AS visibility,
				CASE WHEN s.visibility = 'public' AND NOT COALESCE(g.allow_public, TRUE) THEN 'private' ELSE s.visibility END AS visible,
				s.description AS description, s.web_url AS web_url, s.created_at AS created_at,
				CASE WHEN o.id = $1 OR COALESCE(m.owner, FALSE) THEN 2 WHEN m.user_id IS NOT NULL THEN 1 ELSE 0 END AS membership,
				COALESCE(g.base_role, 0) AS base_role, COALESCE(g.members_create, FALSE) AS members_create,
				COALESCE((SELECT max(CASE WHEN c.role < 2 AND s.id = u.repository_id THEN 2 ELSE c.role END) FROM repository_roles c
					LEFT JOIN team_members t ON t.team_id = c.team_id AND t.user_id = $1
					WHERE c.repository_id = s.id AND (c.user_id = $1 OR t.user_id IS NOT NULL)),
					CASE WHEN s.id = u.repository_id THEN 2 ELSE 0 END) AS given
			FROM repositories s JOIN owners o ON o.id = s.owner_id
			LEFT JOIN orgs g ON g.owner_id = o.id
			LEFT JOIN members m ON m.org_id = o.id AND m.user_id = $1
			LEFT JOIN users u ON u.owner_id = $1
			LEFT JOIN users w ON w.owner_id = o.id
			WHERE (o.folded > $2 OR o.folded = $2 AND s.folded > $3) AND (CAST($4 AS BIGINT) = 0 OR o.id = $4)) q
		WHERE (NOT $5 OR q.membership > 0 OR q.given > 0)
			AND (q.visible = 'public'
				OR (CAST($6 AS BIGINT) = 0 OR EXISTS (SELECT 1 FROM token_limits l WHERE l.token_id = $6 AND l.owner_id = q.owner_id AND l.path = ''))
					AND ($7 OR q.visible = 'internal' AND $1 > 0 OR q.membership = 2 OR q.given > 0 OR q.membership = 1 AND q.base_role > 0))
		ORDER BY q.owner_folded, q.folded LIMIT $8`

	qUnlinkPackages = `UPDATE packages SET visibility = CASE WHEN inherit THEN $2 ELSE visibility END, repository_id = NULL, inherit = FALSE, linked_by_hand = FALSE
		WHERE repository_id = $1`
	qDropRolesOfRepository = `DELETE FROM package_roles WHERE repository_id = $1`
	qUnbindServiceAccounts = `UPDATE users SET repository_id = NULL WHERE repository_id = $1`
	qDropRolesOnRepository = `DELETE FROM repository_roles WHERE repository_id = $1`
	qDropRepository        = `DELETE FROM repositories WHERE id = $1`
)

// CreateRepository makes a repository and returns its id.
// Errors: berth.ErrExists, berth.ErrUnavailable when its owner is being deleted.
func (tx *Tx) CreateRepository(ctx context.Context, r Repository) (int64, error) {
	var id int64
	err := tx.row(ctx, qCreateRepository, r.OwnerID, r.Name, r.Folded, string(r.Visibility), r.Description, r.WebURL, micros(r.CreatedAt)).Scan(&id)
	return id, taken(dangling(err, nil), berth.ErrExists.With("another repository is called %s", r.Name))
}

// PutRepository changes name, visibility, description and web address.
// Errors: berth.ErrExists when another one has the name.
func (tx *Tx) PutRepository(ctx context.Context, r Repository) error {
	_, err := tx.exec(ctx, nil, qPutRepository,
		r.ID, r.Name, r.Folded, string(r.Visibility), r.Description, r.WebURL)
	return taken(err, berth.ErrExists.With("another repository is called %s", r.Name))
}

// GetRepository returns a repository.
// Errors: berth.ErrRepositoryUnknown.
func (tx *Tx) GetRepository(ctx context.Context, id int64) (Repository, error) {
	var r Repository
	err := scanRepository(&r, tx.row(ctx, qGetRepository, id).Scan)
	return r, orUnknown(err, berth.ErrRepositoryUnknown)
}

// ListedRepository is a repository and where the user of the query stands before it.
type ListedRepository struct {
	Repository

	Standing berth.Standing
}

// ListRepositories returns the repositories that a user may read, by folded names.
func (tx *Tx) ListRepositories(ctx context.Context, q RepositoryQuery) ([]ListedRepository, error) {
	var list []ListedRepository
	err := tx.list(ctx, func(rows *sql.Rows) error {
		var r ListedRepository
		s := &r.Standing
		err := scanRepository(&r.Repository, rows.Scan, &s.Visibility, &s.Membership, &s.BaseRole, &s.MayCreate, &s.Role)
		s.OwnerID, s.Published = r.OwnerID, true
		list = append(list, r)
		return err
	}, qListRepositories, q.User, q.After.Owner, q.After.Path, q.Owner, q.Own, q.Token, q.All, q.Limit)
	return list, err
}

func scanRepository(r *Repository, scan func(...any) error, more ...any) error {
	var created int64
	dest := []any{&r.ID, &r.OwnerID, &r.Owner, &r.OwnerFolded, &r.OwnerKind, &r.Name, &r.Folded, &r.Visibility, &r.Description, &r.WebURL, &created}
	err := scan(append(dest, more...)...)
	r.CreatedAt = fromMicros(created)
	return err
}

// UnlinkPackages cuts all packages from a repository. Those that inherited from it
// get the given visibility as their own. The next push may link them anew: nobody has
// cut their link by hand.
func (tx *Tx) UnlinkPackages(ctx context.Context, repository int64, v berth.Visibility) error {
	_, err := tx.exec(ctx, nil, qUnlinkPackages, repository, string(v))
	return err
}

// DropRolesOfRepository takes from a repository's service accounts what they were
// given on packages by way of the repository.
func (tx *Tx) DropRolesOfRepository(ctx context.Context, repository int64) error {
	_, err := tx.exec(ctx, nil, qDropRolesOfRepository, repository)
	return err
}

// UnbindServiceAccounts ends that accounts are the CI of a repository.
func (tx *Tx) UnbindServiceAccounts(ctx context.Context, repository int64) error {
	_, err := tx.exec(ctx, nil, qUnbindServiceAccounts, repository)
	return err
}

// DropRolesOnRepository takes all roles that were given on a repository.
func (tx *Tx) DropRolesOnRepository(ctx context.Context, repository int64) error {
	_, err := tx.exec(ctx, nil, qDropRolesOnRepository, repository)
	return err
}

// DropRepository deletes a repository to which nothing refers any more.
// Errors: berth.ErrUnavailable when something came to refer to it just now.
func (tx *Tx) DropRepository(ctx context.Context, id int64) error {
	_, err := tx.exec(ctx, berth.ErrUnavailable.With("try again"), qDropRepository, id)
	return err
}
