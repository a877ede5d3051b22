package account

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// nameHold is how long the name of a deleted owner cannot be chosen: whoever gets it
// gets what others pull by it.
const nameHold = 30 * 24 * time.Hour

// What may become of the packages of an owner who is deleted.
const (
	PackagesRefuse = "refuse" // nothing is deleted while there are any
	PackagesMove   = "move"   // they go to another owner
	PackagesPurge  = "purge"  // they go too
)

// Disposal says what becomes of the packages of an owner who is deleted. The zero
// value is [PackagesRefuse].
type Disposal struct {
	Packages string
	To       string // the owner who gets them, for [PackagesMove]
}

// removal is one deletion of an owner.
type removal struct {
	tx       *meta.Tx
	viewer   berth.Viewer
	from     meta.Owner
	disposal Disposal
	to       meta.Owner
	now      time.Time
	moved    int64
	purged   int
}

// newRemoval checks that the packages of an owner may go the way they shall. Those of
// a service account are its organization's to give away, so what counts is what the
// viewer may do there: in is the owner himself, or that organization.
// Errors: berth.ErrRequestInvalid, berth.ErrConflict, berth.ErrDenied,
// berth.ErrOwnerUnknown, berth.ErrTagProtected.
func newRemoval(ctx context.Context, tx *meta.Tx, v berth.Viewer, name, in string, d Disposal, now time.Time) (*removal, error) {
	o, _, err := namespace(ctx, tx, v, name)
	if err != nil {
		return nil, err
	}
	_, standing, err := namespace(ctx, tx, v, in)
	if err != nil {
		return nil, err
	}
	r := &removal{tx: tx, viewer: v, from: o, disposal: d, now: now}
	n, err := tx.CountPublished(ctx, o.ID)
	if err != nil {
		return nil, err
	}
	switch d.Packages {
	case "", PackagesRefuse:
		if n > 0 {
			return nil, berth.ErrConflict.With("%s has %d packages, with those in the trash; delete them first, or with packages=purge at once, or give them to another owner with packages=move and to=OWNER", o.Name, n)
		}
		return r, nil
	case PackagesPurge:
		r.purged = n
		if !berth.Can(v, standing, berth.ActionDelete) {
			return nil, berth.Denial(v, standing, "the packages of "+o.Name, berth.ActionDelete)
		}
		return r, r.unprotected(ctx)
	case PackagesMove:
		if !berth.Can(v, standing, berth.ActionAdmin) {
			return nil, berth.Denial(v, standing, "the packages of "+o.Name, berth.ActionAdmin)
		}
		return r, r.target(ctx)
	}
	return nil, berth.ErrRequestInvalid.With("packages is %.40q, expected refuse, move or purge", d.Packages)
}

// unprotected refuses to purge packages while a rule protects one of their tags: as
// with a single package, the rule has to go first. Errors: berth.ErrTagProtected.
func (r *removal) unprotected(ctx context.Context) error {
	p, found, err := r.tx.FindProtected(ctx, r.from.ID)
	if err == nil && found {
		err = berth.ErrTagProtected.With("%s:%s matches the rule %s; remove the rule first, see berth package protections %s", p.Package, p.Tag, p.Pattern, p.Package)
	}
	return err
}

// target finds the owner who gets the packages. He has to be one whose packages the
// viewer administers.
func (r *removal) target(ctx context.Context) error {
	name := r.disposal.To
	if name == "" {
		return berth.ErrRequestInvalid.With("to is missing: the owner who gets the packages")
	}
	o, standing, err := namespace(ctx, r.tx, r.viewer, name)
	if err != nil {
		return err
	}
	r.to = o
	switch {
	case o.ID == 0, !berth.Can(r.viewer, standing, berth.ActionAdmin) && standing.Membership == berth.MembershipNone && !r.viewer.Admin:
		return berth.ErrOwnerUnknown.With("%s does not exist, or %s may not give packages to it", name, r.viewer.Login)
	case !berth.Can(r.viewer, standing, berth.ActionAdmin):
		return berth.Denial(r.viewer, standing, "the packages of "+o.Name, berth.ActionAdmin)
	case o.ID == r.from.ID:
		return berth.ErrConflict.With("%s is deleted itself; name another owner", o.Name)
	case o.Kind == meta.KindUser:
		u, err := r.tx.GetAccount(ctx, o.ID)
		if err == nil && u.Org == r.from.Name {
			err = berth.ErrConflict.With("%s is deleted with %s; name another owner", o.Name, r.from.Name)
		}
		return err
	}
	return nil
}

// packages moves or purges what an owner has. What never was pushed to is purged; the
// trash goes where the packages go, and with the owner where there are none.
func (r *removal) packages(ctx context.Context, owner int64) error {
	ids, err := r.tx.ListPackageIDs(ctx, owner, r.disposal.Packages == PackagesPurge, r.disposal.Packages != PackagesMove)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := r.purge(ctx, owner, id); err != nil {
			return err
		}
	}
	if r.disposal.Packages != PackagesMove {
		return nil
	}
	if err := r.tx.FreezePackages(ctx, owner); err != nil {
		return err
	}
	longest := berth.MaxNameLength - len(r.to.Folded) - len("/")
	path, err := r.tx.FindObstacle(ctx, owner, r.to.ID, longest)
	switch {
	case err != nil:
		return err
	case len(path) > longest:
		return berth.ErrConflict.With("%s/%s would be longer than %d bytes", r.to.Folded, path, berth.MaxNameLength)
	case path != "":
		return berth.ErrConflict.With("there is %s/%s already, or a push to it has begun, or another package had that name before; delete one of the two, or free the name, first", r.to.Folded, path)
	}
	if err := r.logMoves(ctx, owner); err != nil {
		return err
	}
	n, err := r.tx.MovePackages(ctx, owner, r.to.ID)
	r.moved += n
	return err
}

// purge deletes a package, and writes down which that was.
func (r *removal) purge(ctx context.Context, owner, id int64) error {
	p, err := r.tx.GetPackage(ctx, id)
	if err != nil {
		return err
	}
	if err := r.tx.PurgePackage(ctx, id, r.now); err != nil {
		return err
	}
	return r.tx.AddEvent(ctx, r.viewer, berth.Event{
		At: r.now, OwnerID: owner, Owner: p.Name.Owner, Action: "package.delete", Target: p.Name.String(), Detail: "with " + r.from.Name,
	})
}

// logMoves writes down, for the new owner, where each package comes from.
func (r *removal) logMoves(ctx context.Context, owner int64) error {
	of := meta.OwnerList{
		Owner: owner, All: []berth.Visibility{berth.VisibilityPublic, berth.VisibilityInternal, berth.VisibilityPrivate}, Limit: MaxPage,
	}
	for {
		list, err := r.tx.ListOwnerPackages(ctx, of)
		if err != nil {
			return err
		}
		for _, p := range list {
			to := berth.Name{Owner: r.to.Folded, Path: p.Name.Path}
			err := r.tx.AddEvent(ctx, r.viewer, berth.Event{
				At: r.now, OwnerID: r.to.ID, Owner: r.to.Name, Action: "package.move", Target: to.String(), Detail: "from " + p.Name.String(),
			})
			if err != nil {
				return err
			}
			of.After = p.Name.Path
		}
		if len(list) < MaxPage {
			return nil
		}
	}
}

// user forgets a user with his packages.
func (r *removal) user(ctx context.Context, u berth.User) error {
	if err := r.packages(ctx, u.ID); err != nil {
		return err
	}
	if err := r.hold(ctx, u.ID, u.Login); err != nil {
		return err
	}
	return r.tx.DropUser(ctx, u.ID, r.now)
}

// org forgets an organization with its packages and service accounts.
func (r *removal) org(ctx context.Context) error {
	for {
		// Those that are left come first again, because the ones before are gone.
		bots, err := r.tx.ListServiceAccounts(ctx, r.from.ID, "", MaxPage)
		if err != nil {
			return err
		}
		for _, bot := range bots {
			if err := r.user(ctx, bot); err != nil {
				return err
			}
		}
		if len(bots) < MaxPage {
			break
		}
	}
	if err := r.packages(ctx, r.from.ID); err != nil {
		return err
	}
	if err := r.hold(ctx, r.from.ID, r.from.Name); err != nil {
		return err
	}
	return r.tx.DropOrg(ctx, r.from.ID)
}

// hold keeps the names that an owner has and had from being chosen for a while, and
// frees those that were held long enough.
func (r *removal) hold(ctx context.Context, owner int64, name string) error {
	if err := r.tx.FreeNames(ctx, r.now); err != nil {
		return err
	}
	if err := r.tx.HoldOwnerAliases(ctx, owner, r.now.Add(nameHold)); err != nil {
		return err
	}
	return r.tx.HoldName(ctx, strings.ToLower(name), r.now.Add(nameHold))
}

// finish tells the new owner of the packages in his log, and returns what the event
// of the deletion says of them.
func (r *removal) finish(ctx context.Context) (string, error) {
	if r.moved == 0 {
		if r.disposal.Packages == PackagesPurge {
			return fmt.Sprintf("packages deleted: %d", r.purged), nil
		}
		return "", nil
	}
	err := r.tx.AddEvent(ctx, r.viewer, berth.Event{
		At: r.now, OwnerID: r.to.ID, Owner: r.to.Name, Action: "package.move", Target: r.to.Name,
		Detail: fmt.Sprintf("packages from %s: %d", r.from.Name, r.moved),
	})
	return fmt.Sprintf("packages moved to %s: %d", r.to.Name, r.moved), err
}

// newOwner makes an owner and returns its id. The name is claimed after it is taken:
// whoever gives it up at the same moment is waited for by then.
// Errors: berth.ErrOwnerExists.
func newOwner(ctx context.Context, tx *meta.Tx, v berth.Viewer, o meta.Owner) (int64, error) {
	id, err := tx.CreateOwner(ctx, o)
	if err != nil {
		return 0, err
	}
	return id, claim(ctx, tx, v, o.Name, o.Folded, o.CreatedAt)
}

// claim takes a name for an owner, also from one who had it before. One that is held
// is for administrators only. Errors: berth.ErrOwnerExists.
func claim(ctx context.Context, tx *meta.Tx, v berth.Viewer, name, folded string, now time.Time) error {
	if berth.Can(v, berth.Standing{}, berth.ActionSite) {
		if err := tx.FreeName(ctx, folded); err != nil {
			return err
		}
		return takeOver(ctx, tx, v, name, folded, now)
	}
	until, err := tx.HeldUntil(ctx, folded)
	if err != nil {
		return err
	}
	if now.Before(until) {
		return berth.ErrOwnerExists.With("%s was somebody's until lately; the name is free again on %s, and for an administrator of this registry at once", name, until.Format(time.DateOnly))
	}
	return takeOver(ctx, tx, v, name, folded, now)
}
