package registry

import (
	"context"
	"fmt"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// readable returns where the viewer stands towards what a name leads to: a package of
// that name, or the one that had it before, or a name of an owner who was called
// otherwise. It is asked for whatever he could not do at the name itself, whether there
// is a package or not, and does the same work for all, so that the time tells nobody of
// a package that he may not see.
func readable(ctx context.Context, tx *meta.Tx, v berth.Viewer, n berth.Name) (berth.Standing, meta.Resolved, error) {
	r, err := tx.Resolve(ctx, n)
	if err != nil {
		return berth.Standing{}, r, err
	}
	at := n
	if r.Live || r.PackageID == 0 { // where one in the trash lies is no name
		at = r.Name
	}
	standing, err := tx.Standing(ctx, at, v.UserID)
	return standing, r, err
}

// reading is where the viewer stands towards what he gets who pulls by a name.
func reading(ctx context.Context, tx *meta.Tx, v berth.Viewer, n berth.Name) (berth.Standing, error) {
	standing, err := tx.Standing(ctx, n, v.UserID)
	if err == nil && (standing.PackageID == 0 || !berth.Can(v, standing, berth.ActionPull)) {
		standing, _, err = readable(ctx, tx, v, n)
	}
	return standing, err
}

// plainly is where the viewer stands towards a name that is known to be a package's.
func plainly(ctx context.Context, tx *meta.Tx, v berth.Viewer, n berth.Name) (berth.Standing, error) {
	return tx.Standing(ctx, n, v.UserID)
}

// elsewhere says what an old name means for an action: pulls get the package that had
// it, and pushes are refused, for they would make a second package beside the one that
// others pull by that name. own is where the viewer stands towards the name itself.
func elsewhere(ctx context.Context, tx *meta.Tx, v berth.Viewer, n berth.Name, a berth.Action, own berth.Standing) (berth.Standing, error) {
	if a != berth.ActionPull && a != berth.ActionPush {
		return own, nil
	}
	standing, r, err := readable(ctx, tx, v, n)
	if err != nil || a == berth.ActionPull {
		return standing, err
	}
	if r.Name == n {
		return own, nil
	}
	return own, kept(v, n, r, own, standing)
}

// kept refuses a push to an old name with what the viewer may know of it: nothing,
// where he could neither push there nor pull what had the name.
func kept(v berth.Viewer, n berth.Name, r meta.Resolved, own, standing berth.Standing) error {
	covered := v.Covers("repository", n.String(), berth.ActionPull) || v.Covers("repository", n.String(), berth.ActionPush)
	switch {
	case v.Anonymous(), v.Expired, !covered:
		return nil // who asks with less hears of that first
	case r.Live && berth.Can(v, standing, berth.ActionPull):
		return movedTo(n, r.Name, own)
	case r.PackageID == 0 && berth.Can(v, standing, berth.ActionPush):
		return berth.ErrConflict.With("%s is now %s; push to %s", n.Owner, r.Name.Owner, r.Name)
	case berth.Can(v, own, berth.ActionPush):
		return berth.ErrConflict.With("the name %s is kept for a package that had it before; an owner of %s can free it: berth package alias remove %s", n, n.Owner, n)
	}
	return nil
}

// movedTo says where a package is now. The name of an owner who was renamed cannot be
// freed one package at a time.
func movedTo(n, to berth.Name, own berth.Standing) error {
	if own.OwnerID == 0 {
		return berth.ErrConflict.With("%s is now %s; push there", n, to)
	}
	return berth.ErrConflict.With("%s is now %s; push there, or free the name first: berth package alias remove %s", n, to, n)
}

// Alias is a name that a package had before.
type Alias struct {
	Name      berth.Name
	Package   berth.Name // that has it, zero when the viewer may not know
	CreatedAt time.Time
}

// ListAliases returns the names that a package had before, after the one given (zero
// is the start), at most limit of them. Only its administrators may: a name may be one
// in an organization that others do not know.
// Errors: those of [Service.enter]; berth.ErrPackageUnknown.
func (s *Service) ListAliases(ctx context.Context, v berth.Viewer, n, after berth.Name, limit int) ([]Alias, error) {
	var list []Alias
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		standing, err := s.published(ctx, tx, v, n, berth.ActionAdmin)
		if err != nil {
			return err
		}
		rows, err := tx.ListAliases(ctx, 0, standing.PackageID, after, max(1, min(limit, MaxList)))
		list = list[:0]
		for _, row := range rows {
			list = append(list, Alias{Name: row.Name, Package: n, CreatedAt: row.CreatedAt})
		}
		return err
	})
	return list, err
}

// ListKeptNames returns the names in the namespace of an owner, by folded name, that
// packages had before, after the path given ("" is the start), at most limit of them.
// Only whoever administers all packages of the owner may. Errors:
// berth.ErrUnauthenticated, berth.ErrDenied, berth.ErrOwnerUnknown, berth.ErrPageInvalid.
func (s *Service) ListKeptNames(ctx context.Context, v berth.Viewer, owner, after string, limit int) ([]Alias, error) {
	if err := checkAfter(after); err != nil {
		return nil, err
	}
	var list []Alias
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		standing, err := tx.Standing(ctx, berth.Name{Owner: owner}, v.UserID)
		if err != nil {
			return err
		}
		if !berth.Can(v, standing, berth.ActionAdmin) {
			return noNamespace(v, standing, owner)
		}
		rows, err := tx.ListAliases(ctx, standing.OwnerID, 0, berth.Name{Owner: owner, Path: after}, max(1, min(limit, MaxList)))
		if err != nil {
			return err
		}
		list = list[:0]
		for _, row := range rows {
			now, r, err := readable(ctx, tx, v, row.Name)
			if err != nil {
				return err
			}
			alias := Alias{Name: row.Name, CreatedAt: row.CreatedAt}
			if r.Live && berth.Can(v, now, berth.ActionPull) {
				alias.Package = r.Name
			}
			list = append(list, alias)
		}
		return nil
	})
	return list, err
}

// noNamespace refuses who does not administer the packages of an owner. Strangers do
// not hear whether there is one.
func noNamespace(v berth.Viewer, s berth.Standing, owner string) error {
	switch {
	case v.Anonymous():
		return berth.ErrUnauthenticated
	case s.OwnerID != 0 && (s.Membership != berth.MembershipNone || v.Admin):
		return noOwner(v, s, owner)
	case v.Admin:
		return berth.ErrOwnerUnknown.With("there is no user or organization %s", owner)
	}
	return berth.ErrOwnerUnknown.With("there is no owner %s whose packages %s may manage", owner, v.Login)
}

// noOwner refuses what is about all packages of an owner to one who administers some at
// the most.
func noOwner(v berth.Viewer, s berth.Standing, owner string) error {
	whole := s
	whole.Membership = berth.MembershipOwner
	if !berth.Can(v, whole, berth.ActionAdmin) { // it is the token
		return berth.Denial(v, s, "the packages of "+owner, berth.ActionAdmin)
	}
	return berth.ErrDenied.With("this is about all packages of %s, and user %s is no owner of it; an owner can make %s one: berth org add-member %s %s --as-owner",
		owner, v.Login, v.Login, owner, v.Login)
}

// DropAlias frees a name that a package had before: nothing is pulled by it any more,
// and it can be pushed to. Whoever administers the package may, or all packages in the
// namespace of the name. Errors: berth.ErrUnauthenticated, berth.ErrDenied,
// berth.ErrPackageUnknown.
func (s *Service) DropAlias(ctx context.Context, v berth.Viewer, n berth.Name) error {
	now := s.opts.Now()
	return s.meta.Update(ctx, func(tx *meta.Tx) error {
		own, err := tx.Standing(ctx, n, v.UserID)
		if err != nil {
			return err
		}
		pkg, err := tx.FindAlias(ctx, own.OwnerID, n.Path)
		if err != nil {
			return err
		}
		standing, r, err := readable(ctx, tx, v, n)
		if err != nil {
			return err
		}
		if pkg == 0 || r.PackageID != pkg {
			r.Live = false
		}
		if err := mayFree(v, n, own, standing, pkg, r); err != nil {
			return err
		}
		if err := tx.DropAlias(ctx, own.OwnerID, n.Path); err != nil {
			return err
		}
		e := event(own, n, now, "package.unalias", "")
		if err := tx.AddEvent(ctx, v, e); err != nil || !r.Live || standing.OwnerID == own.OwnerID {
			return err
		}
		return tx.AddEvent(ctx, v, event(standing, r.Name, now, "package.unalias", n.String()))
	})
}

func mayFree(v berth.Viewer, n berth.Name, own, standing berth.Standing, pkg int64, r meta.Resolved) error {
	sees := r.Live && berth.Can(v, standing, berth.ActionPull)
	switch {
	case pkg != 0 && berth.Can(v, own, berth.ActionAdmin), r.Live && berth.Can(v, standing, berth.ActionAdmin):
		return nil
	case v.Anonymous():
		return berth.ErrUnauthenticated
	case sees:
		return berth.Denial(v, standing, r.Name.String(), berth.ActionAdmin)
	}
	return berth.ErrPackageUnknown.With("%s is no name that a package had before, or %s may not free it", n, v.Login)
}

// dropStale makes room at a name for a package that moves there: what somebody began
// to push and left goes, and so does the alias when it is the package's own.
// Errors: berth.ErrExists, berth.ErrConflict.
func (s *Service) dropStale(ctx context.Context, tx *meta.Tx, to berth.Name, target berth.Standing) error {
	switch {
	case target.PackageID == 0:
		return nil
	case target.Published:
		return berth.ErrExists.With("another package is called %s", to)
	}
	gone, err := tx.DropProbe(ctx, target.PackageID)
	if err == nil && !gone {
		err = berth.ErrConflict.With("a push to %s has begun; finish or cancel it, or choose another name", to)
	}
	return err
}

// unkept refuses a name that another package had before, and frees it where it was the
// package itself.
func unkept(ctx context.Context, tx *meta.Tx, to berth.Name, owner, pkg int64) error {
	held, err := tx.FindAlias(ctx, owner, to.Path)
	if err != nil || held == 0 {
		return err
	}
	if held == pkg {
		return tx.DropAlias(ctx, owner, to.Path)
	}
	return berth.ErrConflict.With("the name %s is kept for a package that had it before; free it first: berth package alias remove %s", to, to)
}

// maxAliases bounds the old names of a package: each keeps others from using it.
const maxAliases = 100

// leave makes the name that a package had an alias of it.
func (s *Service) leave(ctx context.Context, tx *meta.Tx, from berth.Name, owner, pkg int64, now time.Time) error {
	n, err := tx.CountAliases(ctx, pkg)
	if err != nil {
		return err
	}
	if n >= maxAliases {
		return berth.ErrConflict.With("%s has %d old names; remove some first: berth package alias list %s", from, n, from)
	}
	if err := tx.PutAlias(ctx, owner, from.Path, pkg, now); err != nil {
		return fmt.Errorf("keep the old name: %w", err)
	}
	return nil
}
