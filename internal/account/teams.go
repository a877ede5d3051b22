package account

import (
	"context"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// ListTeams returns the teams of an organization, by name after the given one. Its
// members may see that.
// Errors: berth.ErrUnauthenticated, berth.ErrOwnerUnknown, berth.ErrDenied,
// berth.ErrPageInvalid.
func (s *Service) ListTeams(ctx context.Context, v berth.Viewer, org, after string, limit int) ([]berth.Team, error) {
	return list(ctx, s, after, limit, func(tx *meta.Tx, after string, limit int) ([]berth.Team, error) {
		o, err := s.org(ctx, tx, v, org, berth.ActionReadOrg)
		if err != nil {
			return nil, err
		}
		return tx.ListTeams(ctx, o.ID, after, limit)
	})
}

// GetTeam returns a team. The members of its organization may see it.
// Errors: berth.ErrUnauthenticated, berth.ErrOwnerUnknown, berth.ErrDenied,
// berth.ErrTeamUnknown.
func (s *Service) GetTeam(ctx context.Context, v berth.Viewer, org, team string) (berth.Team, error) {
	var t berth.Team
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		o, err := s.org(ctx, tx, v, org, berth.ActionReadOrg)
		if err != nil {
			return err
		}
		t, err = findTeam(ctx, tx, o, team)
		return err
	})
	return t, err
}

// findTeam finds a team of an organization by name. Errors: berth.ErrRequestInvalid,
// berth.ErrTeamUnknown.
func findTeam(ctx context.Context, tx *meta.Tx, o meta.Owner, name string) (berth.Team, error) {
	folded, err := berth.ParseTeam(name)
	if err != nil {
		return berth.Team{}, err
	}
	t, err := tx.GetTeam(ctx, o.ID, folded)
	if err != nil {
		return t, berth.ErrTeamUnknown.With("%s has no team %s", o.Name, name).Because(err)
	}
	return t, nil
}

// findTeamAndUser finds a team of an organization and a user whom the viewer may
// know. Errors: those of [findTeam] and [findKnown].
func findTeamAndUser(ctx context.Context, tx *meta.Tx, v berth.Viewer, o meta.Owner, team, user string) (berth.Team, berth.User, error) {
	t, err := findTeam(ctx, tx, o, team)
	if err != nil {
		return t, berth.User{}, err
	}
	u, err := findKnown(ctx, tx, v, user)
	return t, u, err
}

// ListTeamMembers returns who is in a team, by name after the given one. The members
// of its organization may see that.
// Errors: berth.ErrUnauthenticated, berth.ErrOwnerUnknown, berth.ErrDenied,
// berth.ErrTeamUnknown, berth.ErrPageInvalid.
func (s *Service) ListTeamMembers(ctx context.Context, v berth.Viewer, org, team, after string, limit int) ([]berth.User, error) {
	return list(ctx, s, after, limit, func(tx *meta.Tx, after string, limit int) ([]berth.User, error) {
		o, err := s.org(ctx, tx, v, org, berth.ActionReadOrg)
		if err != nil {
			return nil, err
		}
		t, err := findTeam(ctx, tx, o, team)
		if err != nil {
			return nil, err
		}
		users, err := tx.ListTeamMembers(ctx, t.ID, after, limit)
		for i, u := range users {
			users[i] = shown(u)
		}
		return users, err
	})
}

// CreateTeam makes a team without members. Only the owners of its organization and
// administrators may.
// Errors: berth.ErrUnauthenticated, berth.ErrOwnerUnknown, berth.ErrDenied,
// berth.ErrRequestInvalid, berth.ErrExists.
func (s *Service) CreateTeam(ctx context.Context, v berth.Viewer, org, name string) (berth.Team, error) {
	now := s.now()
	var t berth.Team
	err := s.changeOrg(ctx, v, org, func(tx *meta.Tx, o meta.Owner, e *berth.Event) error {
		folded, err := berth.ParseTeam(name)
		if err != nil {
			return err
		}
		t = berth.Team{Name: name, Slug: folded, CreatedAt: now}
		if t.ID, err = tx.CreateTeam(ctx, o.ID, t); err != nil {
			return err
		}
		t, err = tx.GetTeam(ctx, o.ID, folded)
		e.Action, e.Target = "team.create", o.Name+"/"+t.Name
		return err
	})
	return t, err
}

// changeOrg lets owners of an organization and administrators change something in
// it, one after another. Nothing was changed when there is no action in the event.
func (s *Service) changeOrg(ctx context.Context, v berth.Viewer, org string, change func(tx *meta.Tx, o meta.Owner, e *berth.Event) error) error {
	now := s.now()
	err := s.meta.Update(ctx, func(tx *meta.Tx) error {
		o, err := s.lockOrg(ctx, tx, v, org)
		if err != nil {
			return err
		}
		e := berth.Event{At: now, OwnerID: o.ID, Owner: o.Name, Target: o.Name}
		if err := change(tx, o, &e); err != nil || e.Action == "" {
			return err
		}
		return tx.AddEvent(ctx, v, e)
	})
	s.changed()
	return err
}

// DeleteTeam forgets a team; its members lose the roles that it was given. Only the
// owners of its organization and administrators may.
// Errors: berth.ErrUnauthenticated, berth.ErrOwnerUnknown, berth.ErrDenied,
// berth.ErrTeamUnknown.
func (s *Service) DeleteTeam(ctx context.Context, v berth.Viewer, org, team string) error {
	return s.changeOrg(ctx, v, org, func(tx *meta.Tx, o meta.Owner, e *berth.Event) error {
		t, err := findTeam(ctx, tx, o, team)
		if err != nil {
			return err
		}
		e.Action, e.Target = "team.delete", o.Name+"/"+t.Name
		return tx.DropTeam(ctx, t.ID)
	})
}

// AddTeamMember puts a member of the organization into one of its teams. Only its
// owners and administrators may.
// Errors: berth.ErrUnauthenticated, berth.ErrOwnerUnknown, berth.ErrDenied,
// berth.ErrTeamUnknown; berth.ErrConflict for who is no member of the organization.
func (s *Service) AddTeamMember(ctx context.Context, v berth.Viewer, org, team, user string) error {
	return s.changeOrg(ctx, v, org, func(tx *meta.Tx, o meta.Owner, e *berth.Event) error {
		t, u, err := findTeamAndUser(ctx, tx, v, o, team, user)
		if err != nil {
			return err
		}
		membership, err := tx.GetMember(ctx, o.ID, u.ID)
		if err != nil {
			return err
		}
		if membership == berth.MembershipNone {
			return berth.ErrConflict.With("%s is no member of %s; make the user one first", u.Login, o.Name)
		}
		added, err := tx.PutTeamMember(ctx, t.ID, u.ID)
		if added {
			e.Action, e.Target, e.Detail = "team.member.add", o.Name+"/"+t.Name, u.Login
		}
		return err
	})
}

// RemoveTeamMember takes somebody out of a team. Only the owners of its organization
// and administrators may.
// Errors: berth.ErrUnauthenticated, berth.ErrOwnerUnknown, berth.ErrDenied,
// berth.ErrTeamUnknown.
func (s *Service) RemoveTeamMember(ctx context.Context, v berth.Viewer, org, team, user string) error {
	return s.changeOrg(ctx, v, org, func(tx *meta.Tx, o meta.Owner, e *berth.Event) error {
		t, u, err := findTeamAndUser(ctx, tx, v, o, team, user)
		if err != nil {
			return err
		}
		removed, err := tx.DropTeamMember(ctx, t.ID, u.ID)
		if err == nil && !removed {
			return berth.ErrOwnerUnknown.With("%s is not in the team %s", u.Login, t.Name)
		}
		e.Action, e.Target, e.Detail = "team.member.remove", o.Name+"/"+t.Name, u.Login
		return err
	})
}
