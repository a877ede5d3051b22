package account

import (
	"context"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// ListMembers returns the members of an organization, service accounts too, by name
// after the given one. Its members may see that.
// Errors: berth.ErrUnauthenticated, berth.ErrOwnerUnknown, berth.ErrDenied,
// berth.ErrPageInvalid.
func (s *Service) ListMembers(ctx context.Context, v berth.Viewer, org, after string, limit int) ([]berth.Member, error) {
	return list(ctx, s, after, limit, func(tx *meta.Tx, after string, limit int) ([]berth.Member, error) {
		o, err := s.org(ctx, tx, v, org, berth.ActionReadOrg)
		if err != nil {
			return nil, err
		}
		members, err := tx.ListMembers(ctx, o.ID, after, limit)
		for i := range members {
			members[i].User = shown(members[i].User)
		}
		return members, err
	})
}

// GetMember returns one member of an organization. Its members may see that.
// Errors: berth.ErrUnauthenticated, berth.ErrOwnerUnknown, berth.ErrDenied.
func (s *Service) GetMember(ctx context.Context, v berth.Viewer, org, user string) (berth.Member, error) {
	var m berth.Member
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		o, err := s.org(ctx, tx, v, org, berth.ActionReadOrg)
		if err != nil {
			return err
		}
		u, membership, err := findMember(ctx, tx, v, o, user)
		m = berth.Member{User: shown(u), Owner: membership == berth.MembershipOwner}
		return err
	})
	return m, err
}

// findKnown is findAccount for what the viewer may know: a service account is as if
// it were not there to whoever is no member of its organization.
// Errors: berth.ErrOwnerInvalid, berth.ErrOwnerUnknown.
func findKnown(ctx context.Context, tx *meta.Tx, v berth.Viewer, name string) (berth.User, error) {
	u, err := findAccount(ctx, tx, name)
	if err != nil {
		return u, err
	}
	hidden, err := hiddenFrom(ctx, tx, v, u.ID)
	if err == nil && hidden {
		return berth.User{}, berth.ErrOwnerUnknown.With("there is no user %s", name)
	}
	return u, err
}

// hiddenFrom reports whether a user is a service account that the viewer may not know.
func hiddenFrom(ctx context.Context, tx *meta.Tx, v berth.Viewer, user int64) (bool, error) {
	_, org, err := tx.GetUserOwner(ctx, user)
	if err != nil || org.ID == 0 || v.Admin || v.UserID == user {
		return false, err
	}
	membership, err := tx.GetMember(ctx, org.ID, v.UserID)
	return membership == berth.MembershipNone, err
}

// findMember finds somebody in an organization. Errors: berth.ErrOwnerInvalid,
// berth.ErrOwnerUnknown.
func findMember(ctx context.Context, tx *meta.Tx, v berth.Viewer, o meta.Owner, user string) (berth.User, berth.Membership, error) {
	u, err := findKnown(ctx, tx, v, user)
	if err != nil {
		return u, berth.MembershipNone, err
	}
	membership, err := tx.GetMember(ctx, o.ID, u.ID)
	if err == nil && membership == berth.MembershipNone {
		err = berth.ErrOwnerUnknown.With("%s is no member of %s", u.Login, o.Name)
	}
	return u, membership, err
}

// AddMember makes a user a member, or an owner, of an organization, or changes which
// of the two he is. Only its owners and administrators may.
// Errors: berth.ErrUnauthenticated, berth.ErrOwnerUnknown, berth.ErrDenied;
// berth.ErrConflict for the last owner and for service accounts.
func (s *Service) AddMember(ctx context.Context, v berth.Viewer, org, user string, owner bool) error {
	now := s.now()
	err := s.meta.Update(ctx, func(tx *meta.Tx) error {
		if _, err := s.org(ctx, tx, v, org, berth.ActionAdminOrg); err != nil {
			return err // before it tells who else there is
		}
		u, err := lockPerson(ctx, tx, v, user)
		if err != nil {
			return err
		}
		o, err := s.lockOrg(ctx, tx, v, org)
		if err != nil {
			return err
		}
		before, err := tx.GetMember(ctx, o.ID, u.ID)
		if err != nil {
			return err
		}
		after := berth.MembershipMember
		if owner {
			after = berth.MembershipOwner
		}
		if before == after {
			return nil
		}
		if before == berth.MembershipOwner {
			if err := othersOwn(ctx, tx, o, u); err != nil {
				return err
			}
		}
		if err := tx.PutMember(ctx, o.ID, u.ID, owner, now); err != nil {
			return err
		}
		e := berth.Event{At: now, OwnerID: o.ID, Owner: o.Name, Action: "org.member.add", Target: o.Name + "/" + u.Login, Detail: after.String()}
		if before != berth.MembershipNone {
			e.Action, e.Detail = "org.member.update", before.String()+" -> "+after.String()
		}
		return tx.AddEvent(ctx, v, e)
	})
	s.changed()
	return err
}

// othersOwn refuses to leave an organization without an owner who can sign in.
func othersOwn(ctx context.Context, tx *meta.Tx, o meta.Owner, u berth.User) error {
	n, err := tx.CountOtherOwners(ctx, o.ID, u.ID)
	if err == nil && n == 0 {
		return berth.ErrConflict.With("%s is the last owner of %s who is not blocked; make somebody else an owner first, or delete the organization", u.Login, o.Name)
	}
	return err
}

// RemoveMember ends a membership, and takes away the places in teams and the roles
// on packages and repositories that came with it. Owners of the organization and
// administrators may, and everybody may leave by himself.
// Errors: berth.ErrUnauthenticated, berth.ErrOwnerUnknown, berth.ErrDenied;
// berth.ErrConflict for the last owner and for service accounts.
func (s *Service) RemoveMember(ctx context.Context, v berth.Viewer, org, user string) error {
	now := s.now()
	err := s.meta.Update(ctx, func(tx *meta.Tx) error {
		o, err := s.lockToRemove(ctx, tx, v, org, user)
		if err != nil {
			return err
		}
		u, membership, err := findMember(ctx, tx, v, o, user)
		if err != nil {
			return err
		}
		if u.Org != "" {
			return berth.ErrConflict.With("%s is a service account of %s; delete it instead", u.Login, u.Org)
		}
		if membership == berth.MembershipOwner {
			if err := othersOwn(ctx, tx, o, u); err != nil {
				return err
			}
		}
		if err := tx.DropMember(ctx, o.ID, u.ID); err != nil {
			return err
		}
		return tx.AddEvent(ctx, v, berth.Event{
			At: now, OwnerID: o.ID, Owner: o.Name, Action: "org.member.remove", Target: o.Name + "/" + u.Login, Detail: membership.String(),
		})
	})
	s.changed()
	return err
}

// lockToRemove is lockOrg for somebody who may also leave.
func (s *Service) lockToRemove(ctx context.Context, tx *meta.Tx, v berth.Viewer, org, user string) (meta.Owner, error) {
	o, denied := s.lockOrg(ctx, tx, v, org)
	if denied == nil {
		return o, nil
	}
	u, err := findAccount(ctx, tx, user)
	if err != nil || u.ID != v.UserID || self(v, u.ID, u.Login, berth.ActionAdminAccount) != nil {
		return o, denied
	}
	membership, err := tx.GetMember(ctx, o.ID, u.ID)
	if err != nil || membership == berth.MembershipNone {
		return o, denied
	}
	return o, tx.LockOrg(ctx, o.ID)
}
