package registry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// Holder is who has a role on a package, by name: a user, a team of the owner, or
// a repository, whose CI then has it. One of the three is set.
type Holder struct {
	User       string
	Team       string
	Repository string // owner/name
}

// Role is a role that was given on a package.
type Role struct {
	ID   int64
	Kind string // user, team, repository
	Name string
	Role berth.Role
}

// GrantRole gives a role on a package, in place of the one that the holder has there.
// It counts at once; there is nothing to accept.
// Errors: those of [Service.enter]; berth.ErrOwnerUnknown, berth.ErrTeamUnknown or
// berth.ErrRepositoryUnknown where there is no such holder.
func (s *Service) GrantRole(ctx context.Context, v berth.Viewer, n berth.Name, h Holder, r berth.Role) error {
	return s.administer(ctx, v, n, "package.grant", func(tx *meta.Tx, standing berth.Standing, _ meta.Package) (string, error) {
		holder, name, err := s.holder(ctx, tx, v, standing.OwnerID, n, h)
		if err != nil {
			return "", err
		}
		if err := mayKnow(ctx, tx, v, h, holder.User); err != nil {
			return "", err
		}
		return fmt.Sprintf("%s: %s", name, r), tx.PutRole(ctx, standing.PackageID, holder, r)
	})
}

// RevokeRole takes a role on a package away.
// Errors: those of [Service.GrantRole]; berth.ErrRoleUnknown.
func (s *Service) RevokeRole(ctx context.Context, v berth.Viewer, n berth.Name, h Holder) error {
	return s.administer(ctx, v, n, "package.revoke", func(tx *meta.Tx, standing berth.Standing, _ meta.Package) (string, error) {
		holder, name, err := s.holder(ctx, tx, v, standing.OwnerID, n, h)
		if err != nil {
			return "", err
		}
		err = tx.DropRole(ctx, standing.PackageID, holder)
		if errors.Is(err, berth.ErrRoleUnknown) { // one that was given is known from the list
			err = cmp.Or(mayKnow(ctx, tx, v, h, holder.User), err)
		}
		return name, err
	})
}

// ListRoles returns the roles given on a package, after the one with the id given
// (0 is the start), at most limit of them. Errors: those of [Service.enter].
func (s *Service) ListRoles(ctx context.Context, v berth.Viewer, n berth.Name, after int64, limit int) ([]Role, error) {
	var list []Role
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		standing, err := s.published(ctx, tx, v, n, berth.ActionAdmin)
		if err != nil {
			return err
		}
		rows, err := tx.ListRoles(ctx, standing.PackageID, after, max(1, min(limit, MaxList)))
		list = list[:0]
		for _, row := range rows {
			list = append(list, Role(row))
		}
		return err
	})
	return list, err
}

// holder finds who is meant.
func (s *Service) holder(ctx context.Context, tx *meta.Tx, v berth.Viewer, owner int64, n berth.Name, h Holder) (meta.Holder, string, error) {
	switch {
	case h.Team != "":
		unknown := berth.ErrTeamUnknown.With("%s has no team %.64q", n.Owner, h.Team)
		folded, err := berth.ParseTeam(h.Team)
		if err != nil {
			return meta.Holder{}, "", unknown.Because(err)
		}
		team, err := tx.GetTeam(ctx, owner, folded)
		if errors.Is(err, berth.ErrTeamUnknown) {
			err = unknown
		}
		return meta.Holder{Team: team.ID}, "team " + team.Name, err
	case h.Repository != "":
		owner, name, err := parseRepository(h.Repository)
		if err != nil {
			return meta.Holder{}, "", err
		}
		id, err := s.repository(ctx, tx, v, owner, name, berth.ActionReadRepository)
		return meta.Holder{Repository: id}, "repository " + owner + "/" + name, err
	}
	folded, err := berth.ParseOwner(h.User)
	if err != nil {
		return meta.Holder{}, "", err
	}
	u, err := tx.GetUser(ctx, folded)
	if err != nil {
		return meta.Holder{}, "", berth.ErrOwnerUnknown.With("there is no user %s", h.User).Because(err)
	}
	return meta.Holder{User: u.ID}, "user " + u.Name, nil
}

// mayKnow refuses a service account of an organization in which the viewer is no
// member, as if it were not there. Errors: berth.ErrOwnerUnknown.
func mayKnow(ctx context.Context, tx *meta.Tx, v berth.Viewer, h Holder, user int64) error {
	if user == 0 || user == v.UserID || v.Admin {
		return nil
	}
	_, org, err := tx.GetUserOwner(ctx, user)
	if err != nil || org.ID == 0 {
		return err
	}
	membership, err := tx.GetMember(ctx, org.ID, v.UserID)
	if err == nil && membership == berth.MembershipNone {
		err = berth.ErrOwnerUnknown.With("there is no user %s", h.User)
	}
	return err
}

// parseRepository splits owner/name and folds both.
func parseRepository(s string) (owner, name string, err error) {
	o, n, ok := strings.Cut(s, "/")
	if !ok {
		return "", "", berth.ErrRequestInvalid.With("repository %.160q: expected OWNER/NAME", s)
	}
	if owner, err = berth.ParseOwner(o); err != nil {
		return "", "", err
	}
	name, err = berth.ParseRepository(n)
	return owner, name, err
}
