package meta

import (
	"context"
	"database/sql"

	"github.com/berth-registry/berth"
)

// OwnerList says which packages of one owner are wanted, and why. A package is in one
// of the lists by the visibility that is stored for it.
type OwnerList struct {
	Owner int64
	User  int64 // for whom, 0 for anonymous

	All   []berth.Visibility // of these, all packages
	Given []berth.Visibility // of these, at most two, those that were given to the user

	// Token is a token that reaches only packages that it names, 0 for none. Of Named
	// it adds those packages, and takes from Given all others.
	Token int64
	Named []berth.Visibility

	After string // the path of the last one of the page before, "" from the start
	Skip  int    // so many more
	Limit int
}

// ListedPackage is a package in a list of its owner's.
type ListedPackage struct {
	Package

	// Source is what the permission rule has to know about the linked repository, zero
	// when there is no link.
	Source berth.Standing
}

// firstPath lies after all paths of packages in the trash and before all others.
const firstPath = "-0"

const (
	listedColumns = `COALESCE(CASE WHEN s.visibility = 'public' AND NOT COALESCE(g.allow_public, TRUE) THEN 'private' ELSE s.visibility END, ''),
			COALESCE((SELECT max(a.role) FROM (
				SELECT c.role AS role FROM repository_roles c WHERE c.repository_id = s.id AND c.user_id = $2
				UNION ALL
				SELECT c.role FROM team_members t JOIN repository_roles c ON c.team_id = t.team_id WHERE c.repository_id = s.id AND t.user_id = $2) a), 0),
			COALESCE(s.id = (SELECT u.repository_id FROM users u WHERE u.owner_id = $2), FALSE),
			CASE WHEN s.id IS NULL THEN 0 WHEN o.id = $2 THEN 2
				ELSE COALESCE((SELECT CASE WHEN b.owner THEN 2 ELSE 1 END FROM members b WHERE b.org_id = o.id AND b.user_id = $2), 0) END,
			COALESCE(g.base_role, 0)`

	// All packages of the owner.
	qListOwned = `SELECT ` + packageColumns + `, ` + listedColumns + `
		FROM (SELECT k.id AS id FROM packages k
			WHERE k.owner_id = $1 AND k.published_at IS NOT NULL AND k.deleted_at IS NULL AND k.path > $3
			ORDER BY k.path LIMIT $4 OFFSET $5) q CROSS JOIN packages p` + packageFrom + `WHERE p.id = q.id ORDER BY p.path`

	// Those of one visibility.
	qListVisible = `SELECT ` + packageColumns + `, ` + listedColumns + `
		FROM (SELECT k.id AS id FROM packages k
			WHERE k.owner_id = $1 AND k.visibility = $6 AND k.published_at IS NOT NULL AND k.deleted_at IS NULL AND k.path > $3
			ORDER BY k.path LIMIT $4 OFFSET $5) q CROSS JOIN packages p` + packageFrom + `WHERE p.id = q.id ORDER BY p.path`

	// All of up to two visibilities, and of up to two others what was given to the user:
	// to himself, to the repository whose CI he is, to a team of his, or by way of the
	// linked repository. Each of these is read in the order of the list, and up to the
	// last path of its own that can be on the page. Those of whole visibilities SQLite
	// merges as it goes; PostgreSQL would read them all, so there they are bounded, too.
	givenFrom = `
		FROM (
			SELECT d.path AS path, d.id AS id FROM (
				SELECT r.listed_path AS path, r.package_id AS id FROM package_roles r
				WHERE r.user_id = $2 AND r.listed_owner = $1 AND r.listed_visibility = $8 AND r.listed_path > $3
					AND r.listed_path <= COALESCE((SELECT x.listed_path FROM package_roles x
						WHERE x.user_id = $2 AND x.listed_owner = $1 AND x.listed_visibility = $8 AND x.listed_path > $3
						ORDER BY x.listed_path LIMIT 1 OFFSET CAST($4 AS BIGINT) + $5), '~')
			UNION
				SELECT r.listed_path, r.package_id FROM package_roles r
				WHERE r.user_id = $2 AND r.listed_owner = $1 AND r.listed_visibility = $9 AND r.listed_path > $3
					AND r.listed_path <= COALESCE((SELECT x.listed_path FROM package_roles x
						WHERE x.user_id = $2 AND x.listed_owner = $1 AND x.listed_visibility = $9 AND x.listed_path > $3
						ORDER BY x.listed_path LIMIT 1 OFFSET CAST($4 AS BIGINT) + $5), '~')
			UNION
				SELECT r.listed_path, r.package_id FROM package_roles r
				WHERE r.repository_id = (SELECT u.repository_id FROM users u WHERE u.owner_id = $2) AND r.listed_owner = $1 AND r.listed_visibility = $8 AND r.listed_path > $3
					AND r.listed_path <= COALESCE((SELECT x.listed_path FROM package_roles x
						WHERE x.repository_id = (SELECT u.repository_id FROM users u WHERE u.owner_id = $2) AND x.listed_owner = $1 AND x.listed_visibility = $8 AND x.listed_path > $3
						ORDER BY x.listed_path LIMIT 1 OFFSET CAST($4 AS BIGINT) + $5), '~')
			UNION
				SELECT r.listed_path, r.package_id FROM package_roles r
				WHERE r.repository_id = (SELECT u.repository_id FROM users u WHERE u.owner_id = $2) AND r.listed_owner = $1 AND r.listed_visibility = $9 AND r.listed_path > $3
					AND r.listed_path <= COALESCE((SELECT x.listed_path FROM package_roles x
						WHERE x.repository_id = (SELECT u.repository_id FROM users u WHERE u.owner_id = $2) AND x.listed_owner = $1 AND x.listed_visibility = $9 AND x.listed_path > $3
						ORDER BY x.listed_path LIMIT 1 OFFSET CAST($4 AS BIGINT) + $5), '~')
			UNION
				SELECT r.listed_path, r.package_id FROM wanted w CROSS JOIN team_members t CROSS JOIN package_roles r
				WHERE t.user_id = $2 AND r.team_id = t.team_id AND r.listed_owner = $1 AND r.listed_visibility = w.visibility AND r.listed_path > $3
					AND r.listed_path <= COALESCE((SELECT x.listed_path FROM package_roles x
						WHERE x.team_id = t.team_id AND x.listed_owner = $1 AND x.listed_visibility = w.visibility AND x.listed_path > $3
						ORDER BY x.listed_path LIMIT 1 OFFSET CAST($4 AS BIGINT) + $5), '~')
			UNION
				SELECT k.path, k.id FROM sources f CROSS JOIN repositories h CROSS JOIN packages k
				WHERE h.id = f.id AND h.owner_id = $1 AND h.visibility IN ($8, $9)
					AND k.repository_id = h.id AND k.inherit AND k.published_at IS NOT NULL AND k.deleted_at IS NULL AND k.path > $3
					AND k.path <= COALESCE((SELECT x.path FROM packages x
						WHERE x.repository_id = h.id AND x.inherit AND x.published_at IS NOT NULL AND x.deleted_at IS NULL AND x.path > $3
						ORDER BY x.path LIMIT 1 OFFSET CAST($4 AS BIGINT) + $5), '~')) d
`
	qListGiven = `WITH wanted (visibility) AS (SELECT CAST($8 AS TEXT) UNION ALL SELECT CAST($9 AS TEXT)),
			sources (id) AS (SELECT c.repository_id FROM repository_roles c WHERE c.user_id = $2
				UNION SELECT c.repository_id FROM team_members t JOIN repository_roles c ON c.team_id = t.team_id WHERE t.user_id = $2
				UNION SELECT u.repository_id FROM users u WHERE u.owner_id = $2)
		SELECT ` + packageColumns + `, ` + listedColumns + givenFrom + `			UNION ALL
				SELECT k.path, k.id FROM packages k
				WHERE k.owner_id = $1 AND k.visibility = $7 AND k.published_at IS NOT NULL AND k.deleted_at IS NULL AND k.path > $3
			UNION ALL
				SELECT k.path, k.id FROM packages k
				WHERE k.owner_id = $1 AND k.visibility = $6 AND k.published_at IS NOT NULL AND k.deleted_at IS NULL AND k.path > $3
			ORDER BY path LIMIT $4 OFFSET $5) q CROSS JOIN packages p` + packageFrom + `WHERE p.id = q.id ORDER BY p.path`
	qListGivenBounded = `WITH wanted (visibility) AS (SELECT CAST($8 AS TEXT) UNION ALL SELECT CAST($9 AS TEXT)),
			sources (id) AS (SELECT c.repository_id FROM repository_roles c WHERE c.user_id = $2
				UNION SELECT c.repository_id FROM team_members t JOIN repository_roles c ON c.team_id = t.team_id WHERE t.user_id = $2
				UNION SELECT u.repository_id FROM users u WHERE u.owner_id = $2)
		SELECT ` + packageColumns + `, ` + listedColumns + givenFrom + `			UNION ALL
				SELECT k.path, k.id FROM packages k
				WHERE k.owner_id = $1 AND k.visibility = $7 AND k.published_at IS NOT NULL AND k.deleted_at IS NULL AND k.path > $3
					AND k.path <= COALESCE((SELECT x.path FROM packages x
						WHERE x.owner_id = $1 AND x.visibility = $7 AND x.published_at IS NOT NULL AND x.deleted_at IS NULL AND x.path > $3
						ORDER BY x.path LIMIT 1 OFFSET CAST($4 AS BIGINT) + $5), '~')
			UNION ALL
				SELECT k.path, k.id FROM packages k
				WHERE k.owner_id = $1 AND k.visibility = $6 AND k.published_at IS NOT NULL AND k.deleted_at IS NULL AND k.path > $3
					AND k.path <= COALESCE((SELECT x.path FROM packages x
						WHERE x.owner_id = $1 AND x.visibility = $6 AND x.published_at IS NOT NULL AND x.deleted_at IS NULL AND x.path > $3
						ORDER BY x.path LIMIT 1 OFFSET CAST($4 AS BIGINT) + $5), '~')
			ORDER BY path LIMIT $4 OFFSET $5) q CROSS JOIN packages p` + packageFrom + `WHERE p.id = q.id ORDER BY p.path`

	// All of one visibility, and what a token names: of three visibilities all
	// of that, and of two others what was given to the user.
	namedFrom = `
		FROM (
				SELECT l.path AS path, k.id AS id FROM token_limits l CROSS JOIN packages k
				WHERE l.token_id = $7 AND l.owner_id = $1 AND l.path > $3
					AND k.owner_id = $1 AND k.path = l.path AND k.published_at IS NOT NULL AND k.deleted_at IS NULL
					AND (k.visibility IN ($10, $11, $12) OR k.visibility IN ($8, $9)
						AND (EXISTS (SELECT 1 FROM package_roles r WHERE r.package_id = k.id AND r.user_id = $2)
							OR EXISTS (SELECT 1 FROM team_members t JOIN package_roles r ON r.team_id = t.team_id WHERE r.package_id = k.id AND t.user_id = $2)
							OR EXISTS (SELECT 1 FROM users u JOIN package_roles r ON r.repository_id = u.repository_id WHERE r.package_id = k.id AND u.owner_id = $2)
							OR k.inherit AND (k.repository_id = (SELECT u.repository_id FROM users u WHERE u.owner_id = $2)
								OR EXISTS (SELECT 1 FROM repository_roles c WHERE c.repository_id = k.repository_id AND c.user_id = $2)
								OR EXISTS (SELECT 1 FROM team_members t JOIN repository_roles c ON c.team_id = t.team_id WHERE c.repository_id = k.repository_id AND t.user_id = $2))))
`
	qListNamed = `SELECT ` + packageColumns + `, ` + listedColumns + namedFrom + `			UNION ALL
				SELECT k.path, k.id FROM packages k
				WHERE k.owner_id = $1 AND k.visibility = $6 AND k.published_at IS NOT NULL AND k.deleted_at IS NULL AND k.path > $3
			ORDER BY path LIMIT $4 OFFSET $5) q CROSS JOIN packages p` + packageFrom + `WHERE p.id = q.id ORDER BY p.path`
	qListNamedBounded = `SELECT ` + packageColumns + `, ` + listedColumns + namedFrom + `			UNION ALL
				SELECT k.path, k.id FROM packages k
				WHERE k.owner_id = $1 AND k.visibility = $6 AND k.published_at IS NOT NULL AND k.deleted_at IS NULL AND k.path > $3
					AND k.path <= COALESCE((SELECT x.path FROM packages x
						WHERE x.owner_id = $1 AND x.visibility = $6 AND x.published_at IS NOT NULL AND x.deleted_at IS NULL AND x.path > $3
						ORDER BY x.path LIMIT 1 OFFSET CAST($4 AS BIGINT) + $5), '~')
			ORDER BY path LIMIT $4 OFFSET $5) q CROSS JOIN packages p` + packageFrom + `WHERE p.id = q.id ORDER BY p.path`

	qOwnerStanding = `SELECT o.id, CASE WHEN o.id = $2 OR COALESCE(m.owner, FALSE) THEN 2 WHEN m.user_id IS NOT NULL THEN 1 ELSE 0 END,
			COALESCE(g.base_role, 0), COALESCE(g.members_create, FALSE), COALESCE(g.allow_public, TRUE)
		FROM owners o
		LEFT JOIN orgs g ON g.owner_id = o.id
		LEFT JOIN members m ON m.org_id = o.id AND m.user_id = $2
		WHERE o.folded = $1`
)

// OwnerStanding returns what a user (0 is anonymous) is to an owner, by folded name,
// and whether that allows public packages. An unknown owner is the zero Standing.
func (tx *Tx) OwnerStanding(ctx context.Context, owner string, user int64) (s berth.Standing, allowPublic bool, err error) {
	err = orZero(tx.row(ctx, qOwnerStanding, owner, user).Scan(&s.OwnerID, &s.Membership, &s.BaseRole, &s.MayCreate, &allowPublic))
	return s, allowPublic, err
}

// ListOwnerPackages returns packages of one owner, by path. However many there are, it
// reads no more of them than lie on the page and on those that it skips.
func (tx *Tx) ListOwnerPackages(ctx context.Context, l OwnerList) ([]ListedPackage, error) {
	var list []ListedPackage
	query, args := l.query(!tx.dialect.sqlite())
	err := tx.list(ctx, func(rows *sql.Rows) error {
		p, err := scanListed(rows.Scan)
		list = append(list, p)
		return err
	}, query, args...)
	return list, err
}

// query chooses the statement that does no more than is needed, for a database that
// needs bounds or not.
func (l OwnerList) query(bounds bool) (text string, args []any) {
	args = []any{l.Owner, l.User, max(l.After, firstPath), l.Limit, l.Skip}
	visibilities := func(of []berth.Visibility, n int) {
		for i := range n {
			v := ""
			if i < len(of) {
				v = string(of[i])
			}
			args = append(args, v)
		}
	}
	switch {
	case l.Token != 0:
		visibilities(l.All, 1)
		args = append(args, l.Token)
		visibilities(l.Given, 2)
		visibilities(l.Named, 3)
		if bounds {
			return qListNamedBounded, args
		}
		return qListNamed, args
	case len(l.All) == 3:
		return qListOwned, args
	case len(l.Given) == 0 && len(l.All) < 2:
		visibilities(l.All, 1)
		return qListVisible, args
	}
	visibilities(l.All, 2)
	visibilities(l.Given, 2)
	if bounds {
		return qListGivenBounded, args
	}
	return qListGiven, args
}

func scanListed(scan func(...any) error) (p ListedPackage, err error) {
	var s berth.Standing
	var ci bool
	if p.Package, err = scanPackage(scan, &s.Visibility, &s.Role, &ci, &s.Membership, &s.BaseRole); err != nil || p.Repository == "" {
		return p, err
	}
	if ci {
		s.Role = max(s.Role, berth.RoleWrite)
	}
	p.Source, p.Source.OwnerID, p.Source.Published = s, p.OwnerID, true
	return p, nil
}
