package meta

import (
	"context"
	"database/sql"

	"github.com/berth-registry/berth"
)

const (
	qCreateTeam = `INSERT INTO teams (org_id, name, folded, created_at) VALUES ($1, $2, $3, $4) RETURNING id`
	qGetTeam    = `SELECT id, name, folded, created_at FROM teams WHERE org_id = $1 AND folded = $2`
	qListTeams  = `SELECT id, name, folded, created_at FROM teams WHERE org_id = $1 AND folded > $2 ORDER BY folded LIMIT $3`

	qDropTeam        = `DELETE FROM teams WHERE id = $1`
	qDropTeamPlaces  = `DELETE FROM team_members WHERE team_id = $1`
	qDropTeamRoles   = `DELETE FROM package_roles WHERE team_id = $1`
	qDropTeamRepos   = `DELETE FROM repository_roles WHERE team_id = $1`
	qPutTeamMember   = `INSERT INTO team_members (team_id, user_id) VALUES ($1, $2) ON CONFLICT (team_id, user_id) DO NOTHING`
	qDropTeamMember  = `DELETE FROM team_members WHERE team_id = $1 AND user_id = $2`
	qListTeamMembers = `SELECT o.id, o.name, o.created_at, COALESCE(g.name, ''), COALESCE(r.folded || '/' || s.name, ''),
			u.admin, u.blocked_at IS NOT NULL, FALSE, COALESCE(o.default_visibility, '')
		FROM team_members t JOIN owners o ON o.id = t.user_id JOIN users u ON u.owner_id = t.user_id
		LEFT JOIN owners g ON g.id = u.org_id
		LEFT JOIN repositories s ON s.id = u.repository_id LEFT JOIN owners r ON r.id = s.owner_id
		WHERE t.team_id = $1 AND o.folded > $2 ORDER BY o.folded LIMIT $3`
)

// CreateTeam makes a team in an organization and returns its id.
// Errors: berth.ErrExists, berth.ErrUnavailable when the organization is being deleted.
func (tx *Tx) CreateTeam(ctx context.Context, org int64, t berth.Team) (int64, error) {
	var id int64
	err := tx.row(ctx, qCreateTeam, org, t.Name, t.Slug, micros(t.CreatedAt)).Scan(&id)
	return id, taken(dangling(err, nil), berth.ErrExists.With("there is a team %s already", t.Name))
}

// GetTeam finds a team of an organization by its folded name.
// Errors: berth.ErrTeamUnknown.
func (tx *Tx) GetTeam(ctx context.Context, org int64, folded string) (berth.Team, error) {
	var t berth.Team
	err := scanTeam(tx.row(ctx, qGetTeam, org, folded).Scan, &t)
	return t, orUnknown(err, berth.ErrTeamUnknown)
}

func scanTeam(scan func(...any) error, t *berth.Team) error {
	var created int64
	err := scan(&t.ID, &t.Name, &t.Slug, &created)
	t.CreatedAt = fromMicros(created)
	return err
}

// ListTeams returns up to limit teams of an organization, by folded name after the
// given one.
func (tx *Tx) ListTeams(ctx context.Context, org int64, after string, limit int) ([]berth.Team, error) {
	var list []berth.Team
	err := tx.list(ctx, func(rows *sql.Rows) error {
		var t berth.Team
		err := scanTeam(rows.Scan, &t)
		list = append(list, t)
		return err
	}, qListTeams, org, after, limit)
	return list, err
}

// DropTeam forgets a team and what it was given.
// Errors: berth.ErrConflict when it is given something just now.
func (tx *Tx) DropTeam(ctx context.Context, id int64) error {
	for _, q := range []string{qDropTeamPlaces, qDropTeamRoles, qDropTeamRepos, qDropTeam} {
		if _, err := tx.exec(ctx, berth.ErrConflict.With("somebody changes the team just now; try again"), q, id); err != nil {
			return err
		}
	}
	return nil
}

// PutTeamMember puts a user into a team, and reports whether he was not in it.
// Errors: berth.ErrTeamUnknown.
func (tx *Tx) PutTeamMember(ctx context.Context, team, user int64) (bool, error) {
	n, err := tx.exec(ctx, berth.ErrTeamUnknown, qPutTeamMember, team, user)
	return n == 1, err
}

// DropTeamMember takes a user out of a team, and reports whether he was in it.
func (tx *Tx) DropTeamMember(ctx context.Context, team, user int64) (bool, error) {
	n, err := tx.exec(ctx, nil, qDropTeamMember, team, user)
	return n == 1, err
}

// ListTeamMembers returns up to limit members of a team, by folded name after the
// given one.
func (tx *Tx) ListTeamMembers(ctx context.Context, team int64, after string, limit int) ([]berth.User, error) {
	return tx.listAccounts(ctx, qListTeamMembers, team, after, limit)
}
