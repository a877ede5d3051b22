package meta

import (
	"context"
	"database/sql"

	"github.com/berth-registry/berth"
)

// Collaborator is a user or a team with a role on a repository.
type Collaborator struct {
	ID     int64 // of the user or team
	Kind   string
	Name   string // as created
	Folded string // as compared
	Role   berth.Role
}

// KindTeam is the kind of a collaborator that is no owner.
const KindTeam = "team"

const (
	qPutCollaborator = `INSERT INTO repository_roles (repository_id, user_id, role) VALUES ($1, $2, $3)
		ON CONFLICT (repository_id, user_id) WHERE user_id IS NOT NULL DO UPDATE SET role = excluded.role`
	qPutCollaboratorTeam = `INSERT INTO repository_roles (repository_id, team_id, role) VALUES ($1, $2, $3)
		ON CONFLICT (repository_id, team_id) WHERE team_id IS NOT NULL DO UPDATE SET role = excluded.role`
	qDropCollaborator     = `DELETE FROM repository_roles WHERE repository_id = $1 AND user_id = $2`
	qDropCollaboratorTeam = `DELETE FROM repository_roles WHERE repository_id = $1 AND team_id = $2`
	qListCollaborators    = `SELECT o.id, CASE WHEN u.org_id IS NOT NULL THEN 'service' ELSE 'user' END, o.name, o.folded, c.role
		FROM repository_roles c JOIN owners o ON o.id = c.user_id JOIN users u ON u.owner_id = c.user_id
		WHERE c.repository_id = $1 AND o.folded > $2 ORDER BY o.folded LIMIT $3`
	qListCollaboratorTeams = `SELECT t.id, 'team', t.name, t.folded, c.role
		FROM repository_roles c JOIN teams t ON t.id = c.team_id
		WHERE c.repository_id = $1 AND t.folded > $2 ORDER BY t.folded LIMIT $3`
)

// PutCollaborator gives a user a role on a repository.
// Errors: berth.ErrUnavailable when one of them is just being deleted.
func (tx *Tx) PutCollaborator(ctx context.Context, repository, user int64, r berth.Role) error {
	_, err := tx.exec(ctx, berth.ErrUnavailable.With("try again"), qPutCollaborator, repository, user, int64(r))
	return err
}

// PutCollaboratorTeam gives a team a role on a repository.
// Errors: berth.ErrUnavailable when one of them is just being deleted.
func (tx *Tx) PutCollaboratorTeam(ctx context.Context, repository, team int64, r berth.Role) error {
	_, err := tx.exec(ctx, berth.ErrUnavailable.With("try again"), qPutCollaboratorTeam, repository, team, int64(r))
	return err
}

// DropCollaborator takes a user's role on a repository. Errors: berth.ErrRoleUnknown.
func (tx *Tx) DropCollaborator(ctx context.Context, repository, user int64) error {
	return tx.dropCollaborator(ctx, qDropCollaborator, repository, user)
}

// DropCollaboratorTeam takes a team's role on a repository.
// Errors: berth.ErrRoleUnknown.
func (tx *Tx) DropCollaboratorTeam(ctx context.Context, repository, team int64) error {
	return tx.dropCollaborator(ctx, qDropCollaboratorTeam, repository, team)
}

func (tx *Tx) dropCollaborator(ctx context.Context, query string, repository, holder int64) error {
	n, err := tx.exec(ctx, nil, query, repository, holder)
	if err == nil && n == 0 {
		return berth.ErrRoleUnknown
	}
	return err
}

// ListCollaborators returns up to limit users with a role on a repository, after a
// folded name.
func (tx *Tx) ListCollaborators(ctx context.Context, repository int64, after string, limit int) ([]Collaborator, error) {
	return tx.listCollaborators(ctx, qListCollaborators, repository, after, limit)
}

// ListCollaboratorTeams returns up to limit teams with a role on a repository, after
// a folded name.
func (tx *Tx) ListCollaboratorTeams(ctx context.Context, repository int64, after string, limit int) ([]Collaborator, error) {
	return tx.listCollaborators(ctx, qListCollaboratorTeams, repository, after, limit)
}

func (tx *Tx) listCollaborators(ctx context.Context, query string, repository int64, after string, limit int) ([]Collaborator, error) {
	var list []Collaborator
	err := tx.list(ctx, func(rows *sql.Rows) error {
		var c Collaborator
		err := rows.Scan(&c.ID, &c.Kind, &c.Name, &c.Folded, &c.Role)
		list = append(list, c)
		return err
	}, query, repository, after, limit)
	return list, err
}
