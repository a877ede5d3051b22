package registry

import (
	"cmp"
	"context"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// move is a package that gets another name.
type move struct {
	tx          *meta.Tx
	viewer      berth.Viewer
	from, to    berth.Name
	was, will   berth.Standing // towards both names
	pkg         meta.Package
	now         time.Time
	transferred bool // to another owner
}

// MovePackage gives a package another name, in the namespace of its owner or of
// another one. What is pulled by the old name goes on being the package, until
// somebody frees that name. The viewer has to administer the package, and to be
// allowed to make one of the new name.
//
// With another owner the link to a repository ends, and the roles of the old owner's
// teams and repositories; those of users stay. The visibility stays as it was. Whoever
// brings a package administers it, as whoever pushes one first. Tokens that are limited
// to the package follow it to another path, and not to another owner.
//
// Errors: those of [Service.enter]; berth.ErrPackageUnknown, berth.ErrNameInvalid;
// berth.ErrExists when there is a package of the new name; berth.ErrConflict when the
// new name is kept for another package or is the present one, when a push to it has
// begun, or when the new owner forbids public packages; berth.ErrTagProtected with
// another owner.
func (s *Service) MovePackage(ctx context.Context, v berth.Viewer, from, to berth.Name) error {
	if _, err := berth.ParseName(to.String()); err != nil {
		return err
	}
	if from == to {
		return berth.ErrConflict.With("%s is its name already", to)
	}
	now := s.opts.Now()
	return s.meta.Update(ctx, func(tx *meta.Tx) error {
		m := &move{tx: tx, viewer: v, from: from, to: to, now: now}
		var err error
		if m.was, err = s.published(ctx, tx, v, from, berth.ActionAdmin); err != nil {
			return err
		}
		if m.will, err = tx.Standing(ctx, to, v.UserID); err != nil {
			return err
		}
		if err := admit(ctx, tx, v, m.will, to, berth.ActionPush); err != nil {
			return err
		}
		m.transferred = m.was.OwnerID != m.will.OwnerID
		if m.transferred { // its owner loses it
			if err := check(v, m.was, from, berth.ActionDelete); err != nil {
				return err
			}
			if err := s.guardAll(ctx, tx, v, from, m.was); err != nil { // his rules end with it
				return err
			}
		}
		if m.pkg, err = tx.GetPackage(ctx, m.was.PackageID); err != nil {
			return err
		}
		if err := s.dropStale(ctx, tx, to, m.will); err != nil {
			return err
		}
		return s.carryWithin(ctx, m)
	})
}

// carryWithin is carry within the quota of the new owner.
func (s *Service) carryWithin(ctx context.Context, m *move) error {
	if !m.transferred {
		return s.carry(ctx, m)
	}
	space, err := roomOf(ctx, m.tx, m.will.OwnerID)
	if err != nil {
		return err
	}
	if err := s.carry(ctx, m); err != nil {
		return err
	}
	return space.check(ctx)
}

// carry changes the name first: whoever does something to the package, or makes one of
// the new name, at the same moment is waited for, and what he did is seen then.
func (s *Service) carry(ctx context.Context, m *move) error {
	here, there := meta.Place{OwnerID: m.was.OwnerID, Path: m.from.Path}, meta.Place{OwnerID: m.will.OwnerID, Path: m.to.Path}
	if err := m.tx.MovePackage(ctx, m.pkg.ID, here, there); err != nil {
		return err
	}
	if err := unkept(ctx, m.tx, m.to, there.OwnerID, m.pkg.ID); err != nil {
		return err
	}
	if err := s.leave(ctx, m.tx, m.from, here.OwnerID, m.pkg.ID, m.now); err != nil {
		return err
	}
	if !m.transferred {
		if err := m.tx.RenameTokenLimits(ctx, here.OwnerID, here.Path, there.Path); err != nil {
			return err
		}
		return m.tx.AddEvent(ctx, m.viewer, event(m.was, m.from, m.now, "package.rename", "to "+m.to.String()))
	}
	return m.handOver(ctx)
}

// handOver ends what ties the package to its old owner.
func (m *move) handOver(ctx context.Context) error {
	if err := allowed(ctx, m.tx, m.to, m.pkg.Visibility); err != nil {
		return err
	}
	if err := m.tx.CutPackage(ctx, m.pkg.ID, m.was.OwnerID, m.pkg.Visibility); err != nil {
		return err
	}
	if err := m.tx.DropTokenLimits(ctx, m.was.OwnerID, m.from.Path); err != nil {
		return err
	}
	if m.viewer.UserID > 0 && !m.viewer.Admin {
		if err := m.tx.PutRole(ctx, m.pkg.ID, meta.Holder{User: m.viewer.UserID}, berth.RoleAdmin); err != nil {
			return err
		}
	}
	return cmp.Or(
		m.tx.AddEvent(ctx, m.viewer, event(m.was, m.from, m.now, "package.transfer", "to "+m.to.String())),
		m.tx.AddEvent(ctx, m.viewer, event(m.will, m.to, m.now, "package.transfer", "from "+m.from.String())),
	)
}
