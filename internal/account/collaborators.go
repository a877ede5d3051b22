package account

import (
	"context"
	"errors"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// Collaborator is a user or a team with a role on a repository.
type Collaborator struct {
	ID   int64
	Kind string // user, service or team
	Name string
	Slug string // as compared
	Role berth.Role
}

// CollaboratorKind says which collaborators are meant.
type CollaboratorKind int

// The kinds.
const (
	CollaboratorUser CollaboratorKind = iota
	CollaboratorTeam                  // of the organization that owns the repository
)

// ListCollaborators returns up to limit users or teams with a role on a repository,
// after the one with the slug given. Only its administrators may.
// Errors: berth.ErrPageInvalid, berth.ErrUnauthenticated, berth.ErrRepositoryUnknown, berth.ErrDenied.
func (s *Service) ListCollaborators(ctx context.Context, v berth.Viewer, owner, name string, kind CollaboratorKind, after string, limit int) ([]Collaborator, error) {
	if err := checkAfter(after); err != nil {
		return nil, err
	}
	limit = max(1, min(limit, MaxPage))
	var list []Collaborator
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		row, _, err := s.repository(ctx, tx, v, owner, name, berth.ActionAdminRepository)
		if err != nil {
			return err
		}
		read := tx.ListCollaborators
		if kind == CollaboratorTeam {
			read = tx.ListCollaboratorTeams
		}
		rows, err := read(ctx, row.ID, after, limit)
		list = make([]Collaborator, len(rows))
		for i, c := range rows {
			list[i] = Collaborator{ID: c.ID, Kind: c.Kind, Name: c.Name, Slug: c.Folded, Role: c.Role}
		}
		return err
	})
	return list, err
}

// PutCollaborator gives a user, who need not belong to the organization, or a team
// of it a role on a repository. Only its administrators may.
// Errors: berth.ErrUnauthenticated, berth.ErrRepositoryUnknown, berth.ErrDenied,
// berth.ErrOwnerUnknown, berth.ErrTeamUnknown.
func (s *Service) PutCollaborator(ctx context.Context, v berth.Viewer, owner, name string, kind CollaboratorKind, who string, role berth.Role) error {
	if role < berth.RoleRead || role > berth.RoleAdmin {
		return berth.ErrRequestInvalid.With("a collaborator has the role read, write or admin")
	}
	now := s.now()
	err := s.meta.Update(ctx, func(tx *meta.Tx) error {
		row, r, err := s.repository(ctx, tx, v, owner, name, berth.ActionAdminRepository)
		if err != nil {
			return err
		}
		c, err := findCollaborator(ctx, tx, row, kind, who)
		if err != nil {
			return err
		}
		if kind == CollaboratorUser {
			if _, err := findKnown(ctx, tx, v, who); err != nil {
				return err
			}
		}
		put := tx.PutCollaborator
		if kind == CollaboratorTeam {
			put = tx.PutCollaboratorTeam
		}
		if err := put(ctx, row.ID, c.id, role); err != nil {
			return err
		}
		return tx.AddEvent(ctx, v, event(now, r, "repo.grant", c.what+" "+c.name+": "+role.String()))
	})
	s.changed()
	return err
}

// DropCollaborator takes the role of a user or team on a repository. Only its
// administrators may.
// Errors: berth.ErrUnauthenticated, berth.ErrRepositoryUnknown, berth.ErrDenied,
// berth.ErrOwnerUnknown, berth.ErrTeamUnknown, berth.ErrRoleUnknown.
func (s *Service) DropCollaborator(ctx context.Context, v berth.Viewer, owner, name string, kind CollaboratorKind, who string) error {
	now := s.now()
	err := s.meta.Update(ctx, func(tx *meta.Tx) error {
		row, r, err := s.repository(ctx, tx, v, owner, name, berth.ActionAdminRepository)
		if err != nil {
			return err
		}
		c, err := findCollaborator(ctx, tx, row, kind, who)
		if err != nil {
			return err
		}
		drop := tx.DropCollaborator
		if kind == CollaboratorTeam {
			drop = tx.DropCollaboratorTeam
		}
		err = drop(ctx, row.ID, c.id)
		if errors.Is(err, berth.ErrRoleUnknown) {
			if kind == CollaboratorUser {
				if _, err := findKnown(ctx, tx, v, who); err != nil {
					return err
				}
			}
			return berth.ErrRoleUnknown.With("nobody gave %s %s one on %s", c.what, c.name, r.FullName())
		}
		if err != nil {
			return err
		}
		return tx.AddEvent(ctx, v, event(now, r, "repo.revoke", c.what+" "+c.name))
	})
	s.changed()
	return err
}

type foundCollaborator struct {
	id         int64
	what, name string
}

func findCollaborator(ctx context.Context, tx *meta.Tx, r meta.Repository, kind CollaboratorKind, who string) (foundCollaborator, error) {
	if kind == CollaboratorUser {
		u, err := findUser(ctx, tx, who)
		return foundCollaborator{id: u.ID, what: "user", name: u.Name}, err
	}
	unknown := berth.ErrTeamUnknown.With("%s has no team %.100q", r.Owner, who)
	folded, err := berth.ParseTeam(who)
	if err != nil {
		return foundCollaborator{}, unknown.Because(err)
	}
	t, err := tx.GetTeam(ctx, r.OwnerID, folded)
	if errors.Is(err, berth.ErrTeamUnknown) {
		err = unknown
	}
	return foundCollaborator{id: t.ID, what: "team", name: t.Name}, err
}
