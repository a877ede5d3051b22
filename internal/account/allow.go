package account

import (
	"context"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// site refuses whoever does not administer the instance.
func site(v berth.Viewer) error { return berth.CheckSite(v) }

// self refuses whoever does not act for the account of that id and name, as its
// user or as an administrator.
func self(v berth.Viewer, user int64, name string, a berth.Action) error {
	s := berth.Standing{OwnerID: user}
	switch {
	case berth.Can(v, s, a):
		return nil
	case v.Anonymous():
		return berth.ErrUnauthenticated
	case v.UserID == user || v.Admin:
		return berth.Denial(v, s, "the account "+name, a)
	}
	return berth.ErrOwnerUnknown.With("there is no account %s that %s may manage", name, v.Login)
}

// org finds an organization in which the viewer may do something. To strangers it
// is as if it were not there.
// Errors: berth.ErrUnauthenticated, berth.ErrOwnerUnknown, berth.ErrDenied.
func (s *Service) org(ctx context.Context, tx *meta.Tx, v berth.Viewer, name string, a berth.Action) (meta.Owner, error) {
	o, standing, err := namespace(ctx, tx, v, name)
	if err != nil {
		return o, err
	}
	switch {
	case v.Anonymous():
		return o, berth.ErrUnauthenticated
	case o.Kind != meta.KindOrg:
		return o, noOrg(v, name)
	case berth.Can(v, standing, a):
		return o, nil
	case standing.Membership != berth.MembershipNone || v.Admin:
		return o, berth.Denial(v, standing, o.Name, a)
	}
	return o, noOrg(v, name)
}

// noOrg is what strangers hear of an organization, whether it is there or not.
func noOrg(v berth.Viewer, name string) error {
	if v.Admin {
		return berth.ErrOwnerUnknown.With("there is no organization %s", name)
	}
	return berth.ErrOwnerUnknown.With("the organization %s does not exist, or %s may not see it", name, v.Login)
}

// namespace finds an owner, the zero Owner when there is none, and where the viewer
// stands towards it. Errors: berth.ErrOwnerInvalid.
func namespace(ctx context.Context, tx *meta.Tx, v berth.Viewer, name string) (meta.Owner, berth.Standing, error) {
	folded, err := berth.ParseOwner(name)
	if err != nil {
		return meta.Owner{}, berth.Standing{}, err
	}
	standing, err := tx.Standing(ctx, berth.Name{Owner: folded}, v.UserID)
	if err != nil || standing.OwnerID == 0 {
		return meta.Owner{}, standing, err
	}
	o, err := tx.GetOwner(ctx, folded)
	return o, standing, err
}
