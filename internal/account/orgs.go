package account

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// CreateOrg is [Service.MakeOrg] for who does not want to see what was made.
func (s *Service) CreateOrg(ctx context.Context, v berth.Viewer, name, owner string) error {
	_, err := s.MakeOrg(ctx, v, name, owner)
	return err
}

// MakeOrg makes an organization that the named user owns. Its members may create
// packages and read all of them. Only an administrator may.
// Errors: berth.ErrDenied, berth.ErrOwnerInvalid, berth.ErrOwnerExists,
// berth.ErrOwnerUnknown when there is no such user, berth.ErrConflict when it is a
// service account.
func (s *Service) MakeOrg(ctx context.Context, v berth.Viewer, name, owner string) (berth.Org, error) {
	if err := site(v); err != nil {
		return berth.Org{}, err
	}
	folded, err := berth.ParseOwner(name)
	if err != nil {
		return berth.Org{}, err
	}
	now := s.now()
	var made berth.Org
	err = s.meta.Update(ctx, func(tx *meta.Tx) error {
		u, err := lockPerson(ctx, tx, v, owner)
		if err != nil {
			return err
		}
		id, err := newOwner(ctx, tx, v, meta.Owner{Kind: meta.KindOrg, Name: name, Folded: folded, CreatedAt: now})
		if err != nil {
			return err
		}
		if err := tx.CreateOrg(ctx, meta.Org{ID: id, BaseRole: berth.RoleRead, MembersCreate: true, AllowPublic: true}); err != nil {
			return err
		}
		if err := tx.PutMember(ctx, id, u.ID, true, now); err != nil {
			return err
		}
		if made, err = tx.GetOrg(ctx, id); err != nil {
			return err
		}
		return tx.AddEvent(ctx, v, berth.Event{At: now, OwnerID: id, Owner: name, Action: "org.create", Target: name, Detail: "owner " + u.Login})
	})
	s.changed()
	return made, err
}

// lockPerson finds a user who is no service account and keeps him from being deleted
// until the transaction ends. Errors: berth.ErrOwnerUnknown, berth.ErrConflict.
func lockPerson(ctx context.Context, tx *meta.Tx, v berth.Viewer, name string) (berth.User, error) {
	u, err := findKnown(ctx, tx, v, name)
	if err != nil {
		return u, err
	}
	if u.Org != "" {
		return u, berth.ErrConflict.With("%s is a service account, which belongs to its organization only; name a person", u.Login)
	}
	return u, tx.LockUser(ctx, u.ID)
}

// GetOrg returns an organization to its members, also by a name that it had before.
// Errors: berth.ErrUnauthenticated, berth.ErrOwnerUnknown, berth.ErrDenied.
func (s *Service) GetOrg(ctx context.Context, v berth.Viewer, name string) (berth.Org, error) {
	var found berth.Org
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		o, err := s.org(ctx, tx, v, name, berth.ActionReadOrg)
		if errors.Is(err, berth.ErrOwnerUnknown) {
			o, err = s.renamed(ctx, tx, v, name, err)
		}
		if err != nil {
			return err
		}
		found, err = tx.GetOrg(ctx, o.ID)
		return err
	})
	return found, err
}

// renamed finds an organization by a name that it had before. To strangers it is not
// there, as unknown says.
func (s *Service) renamed(ctx context.Context, tx *meta.Tx, v berth.Viewer, name string, unknown error) (meta.Owner, error) {
	now, err := named(ctx, tx, name)
	if err != nil {
		return meta.Owner{}, err
	}
	o, err := s.org(ctx, tx, v, now, berth.ActionReadOrg)
	if errors.Is(err, berth.ErrOwnerUnknown) {
		err = unknown
	}
	return o, err
}

// ListOrgs returns all organizations, by name after the given one. Only an
// administrator may.
// Errors: berth.ErrUnauthenticated, berth.ErrDenied, berth.ErrPageInvalid.
func (s *Service) ListOrgs(ctx context.Context, v berth.Viewer, after string, limit int) ([]berth.Org, error) {
	if err := site(v); err != nil {
		return nil, err
	}
	return list(ctx, s, after, limit, func(tx *meta.Tx, after string, limit int) ([]berth.Org, error) {
		return tx.ListOrgs(ctx, after, limit)
	})
}

// OwnOrg is an organization in which the viewer is a member, and whether he owns it.
type OwnOrg = meta.OwnOrg

// ListOwnOrgs returns the organizations in which the viewer is a member, by name
// after the given one.
// Errors: berth.ErrUnauthenticated, berth.ErrDenied, berth.ErrPageInvalid.
func (s *Service) ListOwnOrgs(ctx context.Context, v berth.Viewer, after string, limit int) ([]OwnOrg, error) {
	if err := self(v, v.UserID, v.Login, berth.ActionReadAccount); err != nil {
		return nil, err
	}
	return list(ctx, s, after, limit, func(tx *meta.Tx, after string, limit int) ([]OwnOrg, error) {
		return tx.ListOrgsOf(ctx, v.UserID, after, limit)
	})
}

// OrgChange is what shall be different in an organization; nil leaves it.
type OrgChange struct {
	BaseRole          *berth.Role
	MembersCreate     *bool
	AllowPublic       *bool
	DefaultVisibility *berth.Visibility // "" for the instance's default
}

// apply changes an organization and says what was changed.
func (c OrgChange) apply(o *berth.Org) changes {
	var list changes
	if c.BaseRole != nil {
		list = list.add("base_role", o.BaseRole.String(), c.BaseRole.String())
		o.BaseRole = *c.BaseRole
	}
	if c.MembersCreate != nil {
		list = list.add("members_can_create_packages", yes(o.MembersCreate), yes(*c.MembersCreate))
		o.MembersCreate = *c.MembersCreate
	}
	if c.AllowPublic != nil {
		list = list.add("allow_public", yes(o.AllowPublic), yes(*c.AllowPublic))
		o.AllowPublic = *c.AllowPublic
	}
	if c.DefaultVisibility != nil {
		list = list.add("default_visibility", orDefault(o.DefaultVisibility), orDefault(*c.DefaultVisibility))
		o.DefaultVisibility = *c.DefaultVisibility
	}
	return list
}

func (c OrgChange) check() error {
	if c.BaseRole != nil && (*c.BaseRole < berth.RoleNone || *c.BaseRole > berth.RoleAdmin) {
		return berth.ErrRequestInvalid.With("the base role is none, read, write or admin")
	}
	if c.DefaultVisibility != nil {
		return checkVisibility(*c.DefaultVisibility)
	}
	return nil
}

// UpdateOrg changes the settings of an organization. Only its owners and
// administrators may. Where public is no longer allowed, nothing of it is public
// from then on, whatever its packages and repositories say.
// Errors: berth.ErrUnauthenticated, berth.ErrOwnerUnknown, berth.ErrDenied,
// berth.ErrRequestInvalid; berth.ErrConflict when new packages would be public and
// that is not allowed.
func (s *Service) UpdateOrg(ctx context.Context, v berth.Viewer, name string, c OrgChange) (berth.Org, error) {
	if err := c.check(); err != nil {
		return berth.Org{}, err
	}
	now := s.now()
	var o berth.Org
	err := s.meta.Update(ctx, func(tx *meta.Tx) error {
		found, err := s.lockOrg(ctx, tx, v, name)
		if err != nil {
			return err
		}
		if o, err = tx.GetOrg(ctx, found.ID); err != nil {
			return err
		}
		done := c.apply(&o)
		if len(done) == 0 {
			return nil
		}
		if o.DefaultVisibility == berth.VisibilityPublic && !o.AllowPublic {
			return berth.ErrConflict.With("new packages of %s would be public, which it does not allow; change default_visibility or allow_public too", o.Login)
		}
		if err := tx.PutOrg(ctx, o); err != nil {
			return err
		}
		if err := tx.PutDefaultVisibility(ctx, o.ID, o.DefaultVisibility); err != nil {
			return err
		}
		return tx.AddEvent(ctx, v, berth.Event{At: now, OwnerID: o.ID, Owner: o.Login, Action: "org.update", Target: o.Login, Detail: done.String()})
	})
	s.changed()
	return o, err
}

// lockOrg finds an organization that the viewer administers, and lets nobody else
// change it or its members until the transaction ends.
// Errors: berth.ErrUnauthenticated, berth.ErrOwnerUnknown, berth.ErrDenied.
func (s *Service) lockOrg(ctx context.Context, tx *meta.Tx, v berth.Viewer, name string) (meta.Owner, error) {
	o, err := s.org(ctx, tx, v, name, berth.ActionAdminOrg)
	if err != nil {
		return o, err
	}
	if err := tx.LockOrg(ctx, o.ID); err != nil {
		return o, err
	}
	// Whoever held the lock before may have been taking the viewer's place away.
	return s.org(ctx, tx, v, name, berth.ActionAdminOrg)
}

// DeleteOrg forgets an organization with its teams, repositories and service
// accounts. Its name is held for a while. Only its owners and administrators may.
// Errors: berth.ErrUnauthenticated, berth.ErrOwnerUnknown, berth.ErrDenied,
// berth.ErrRequestInvalid; berth.ErrConflict where packages stand in the way.
func (s *Service) DeleteOrg(ctx context.Context, v berth.Viewer, name string, d Disposal) error {
	now := s.now()
	err := s.meta.Update(ctx, func(tx *meta.Tx) error {
		o, err := s.lockOrg(ctx, tx, v, name)
		if err != nil {
			return err
		}
		r, err := newRemoval(ctx, tx, v, name, name, d, now)
		if err != nil {
			return err
		}
		if err := r.org(ctx); err != nil {
			return err
		}
		detail, err := r.finish(ctx)
		if err != nil {
			return err
		}
		return tx.AddEvent(ctx, v, berth.Event{At: now, OwnerID: o.ID, Owner: o.Name, Action: "org.delete", Target: o.Name, Detail: detail})
	})
	s.changed()
	return err
}

// changes is what an event says of settings: "base_role read -> none".
type changes []string

// add appends a change, unless it is none.
func (c changes) add(what, from, to string) changes {
	if from == to {
		return c
	}
	return append(c, fmt.Sprintf("%s %s -> %s", what, from, to))
}

func (c changes) String() string { return strings.Join(c, ", ") }

func yes(b bool) string { return strconv.FormatBool(b) }

func orDefault(v berth.Visibility) string {
	if v == "" {
		return "default"
	}
	return string(v)
}
