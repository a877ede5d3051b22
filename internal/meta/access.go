package meta

import (
	"context"

	"github.com/berth-registry/berth"
)

const (
	// A role given to a team is its members', one given to a repository that of the
	// service accounts which are its CI; on the repository these have write at least.
	// Nothing is public where the organization forbids it. What inherits has the
	// visibility of its repository: the database keeps it so.
	qStanding = `SELECT o.id, COALESCE(p.id, 0), p.published_at IS NOT NULL,
			CASE WHEN COALESCE(p.visibility, o.default_visibility, '') = 'public' AND NOT COALESCE(g.allow_public, TRUE) THEN 'private'
				ELSE COALESCE(p.visibility, o.default_visibility, '') END,
			CASE WHEN o.id = $3 OR COALESCE(m.owner, FALSE) THEN 2 WHEN m.user_id IS NOT NULL THEN 1 ELSE 0 END,
			COALESCE(g.base_role, 0), COALESCE(g.members_create, FALSE),
			COALESCE((SELECT w.value FROM settings w WHERE w.name = 'packages.container'), ''),
			COALESCE((SELECT max(r.role) FROM package_roles r
				LEFT JOIN team_members t ON t.team_id = r.team_id AND t.user_id = $3
				WHERE r.package_id = p.id AND (r.user_id = $3 OR t.user_id IS NOT NULL OR r.repository_id = u.repository_id)), 0),
			CASE WHEN NOT COALESCE(p.inherit, FALSE) THEN 0
				ELSE COALESCE((SELECT max(CASE WHEN c.role < 2 AND p.repository_id = u.repository_id THEN 2 ELSE c.role END) FROM repository_roles c
					LEFT JOIN team_members t ON t.team_id = c.team_id AND t.user_id = $3
					WHERE c.repository_id = p.repository_id AND (c.user_id = $3 OR t.user_id IS NOT NULL)),
					CASE WHEN p.repository_id = u.repository_id THEN 2 ELSE 0 END) END
		FROM owners o
		LEFT JOIN orgs g ON g.owner_id = o.id
		LEFT JOIN members m ON m.org_id = o.id AND m.user_id = $3
		LEFT JOIN packages p ON p.owner_id = o.id AND p.path = $2
		LEFT JOIN users u ON u.owner_id = $3
		WHERE o.folded = $1`
	qRepositoryStanding = `SELECT o.id, COALESCE(s.id, 0), s.id IS NOT NULL,
			CASE WHEN s.visibility = 'public' AND NOT COALESCE(g.allow_public, TRUE) THEN 'private' ELSE COALESCE(s.visibility, '') END,
			CASE WHEN o.id = $3 OR COALESCE(m.owner, FALSE) THEN 2 WHEN m.user_id IS NOT NULL THEN 1 ELSE 0 END,
			COALESCE(g.base_role, 0), COALESCE(g.members_create, FALSE),
			COALESCE((SELECT max(CASE WHEN c.role < 2 AND s.id = u.repository_id THEN 2 ELSE c.role END) FROM repository_roles c
				LEFT JOIN team_members t ON t.team_id = c.team_id AND t.user_id = $3
				WHERE c.repository_id = s.id AND (c.user_id = $3 OR t.user_id IS NOT NULL)),
				CASE WHEN s.id = u.repository_id THEN 2 ELSE 0 END)
		FROM owners o
		LEFT JOIN orgs g ON g.owner_id = o.id
		LEFT JOIN members m ON m.org_id = o.id AND m.user_id = $3
		LEFT JOIN repositories s ON s.owner_id = o.id AND s.folded = $2
		LEFT JOIN users u ON u.owner_id = $3
		WHERE o.folded = $1`
)

// Standing returns what the permission rule needs to know of a user (0 is
// anonymous) and a package. An unknown owner is the zero Standing. Where the
// package is unknown, Visibility is what it would be born with, "" for the
// instance's default. With an empty path it tells of the owner.
func (tx *Tx) Standing(ctx context.Context, n berth.Name, user int64) (berth.Standing, error) {
	s := berth.Standing{Path: n.Path}
	err := orZero(tx.row(ctx, qStanding, n.Owner, n.Path, user).Scan(
		&s.OwnerID, &s.PackageID, &s.Published, &s.Visibility, &s.Membership, &s.BaseRole, &s.MayCreate, &s.State, &s.Role, &s.RepositoryRole))
	return s, err
}

// RepositoryStanding returns what the permission rule needs to know of a user and
// a repository, by folded names, and the repository's id, 0 when there is none.
func (tx *Tx) RepositoryStanding(ctx context.Context, owner, name string, user int64) (s berth.Standing, repository int64, err error) {
	err = orZero(tx.row(ctx, qRepositoryStanding, owner, name, user).Scan(
		&s.OwnerID, &repository, &s.Published, &s.Visibility, &s.Membership, &s.BaseRole, &s.MayCreate, &s.Role))
	return s, repository, err
}
