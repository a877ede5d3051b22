package account

import (
	"context"
	"errors"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// The kinds of owners.
const (
	OwnerUser    = "user"
	OwnerOrg     = "org"
	OwnerService = "service" // an account for programs, of an organization
)

// Owner is a user or an organization as a viewer sees it, with what he may do there.
type Owner struct {
	ID        int64
	Login     string // as it was created
	Kind      string
	CreatedAt time.Time

	Self       bool // it is the viewer
	Member     bool // the viewer belongs to the organization
	Sees       bool // its people, teams and settings
	Changes    bool // its people, teams and settings; or the viewer's own account
	MakesRepos bool // repositories
	Pushes     bool // new packages
	Manages    bool // all packages
}

// GetOwner returns an owner, also by a name that it had before. Users are known to all
// who are signed in, service accounts and organizations to their members; others find
// an owner when there is a package or a repository of it that they may read.
// Errors: berth.ErrUnauthenticated, berth.ErrOwnerUnknown.
func (s *Service) GetOwner(ctx context.Context, v berth.Viewer, name string) (Owner, error) {
	unknown := berth.ErrOwnerUnknown.With("there is no user or organization %.64s, or %s may not see it", name, v.Login)
	if v.Anonymous() {
		unknown = berth.ErrUnauthenticated.With("log in to see %.64s", name)
	}
	var found Owner
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		o, standing, err := namespace(ctx, tx, v, name)
		if err == nil && o.ID == 0 {
			var now string
			if now, err = named(ctx, tx, name); err == nil {
				o, standing, err = namespace(ctx, tx, v, now)
			}
		}
		if errors.Is(err, berth.ErrOwnerInvalid) || err == nil && o.ID == 0 {
			return unknown.Because(err)
		}
		if err != nil {
			return err
		}
		if found, err = ownerOf(ctx, tx, v, o, standing); err != nil || found.known(v) {
			return err
		}
		shows, err := showsAnything(ctx, tx, v, o.ID)
		if err == nil && !shows {
			err = unknown
		}
		return err
	})
	return found, err
}

// ownerOf says what the viewer may do with an owner.
func ownerOf(ctx context.Context, tx *meta.Tx, v berth.Viewer, o meta.Owner, standing berth.Standing) (Owner, error) {
	found := Owner{
		ID: o.ID, Login: o.Name, Kind: OwnerUser, CreatedAt: o.CreatedAt,
		Self:       o.ID == v.UserID,
		Member:     standing.Membership != berth.MembershipNone,
		MakesRepos: berth.Can(v, standing, berth.ActionCreateRepository),
		Pushes:     berth.Can(v, standing, berth.ActionPush),
		Manages:    berth.Can(v, standing, berth.ActionAdmin),
	}
	if o.Kind == meta.KindOrg {
		found.Kind = OwnerOrg
		found.Sees, found.Changes = berth.Can(v, standing, berth.ActionReadOrg), berth.Can(v, standing, berth.ActionAdminOrg)
		return found, nil
	}
	_, org, err := tx.GetUserOwner(ctx, o.ID)
	if err != nil {
		return found, err
	}
	hidden := false
	if org.ID != 0 {
		found.Kind = OwnerService
		hidden, err = hiddenFrom(ctx, tx, v, o.ID)
	}
	found.Sees = !v.Anonymous() && !hidden
	found.Changes = berth.Can(v, standing, berth.ActionAdminAccount)
	return found, err
}

// known reports whether the viewer may know the owner whatever there is to see.
func (o Owner) known(v berth.Viewer) bool {
	return o.Sees || !v.Anonymous() && (o.Member || v.Admin)
}

// showsAnything reports whether there is a package or a repository of an owner that the
// viewer may read.
func showsAnything(ctx context.Context, tx *meta.Tx, v berth.Viewer, owner int64) (bool, error) {
	packages, err := tx.FilterPackages(ctx, meta.PackageFilter{Reader: packageReader(v), Owner: owner, Like: "%", Limit: 1})
	if err != nil || len(packages) > 0 {
		return err == nil, err
	}
	query := readerQuery(v)
	query.Owner, query.Limit = owner, 1
	repositories, err := tx.ListRepositories(ctx, query)
	return len(repositories) > 0, err
}

// packageReader puts the viewer's rights to pull into the terms of a list.
func packageReader(v berth.Viewer) meta.Reader {
	if v.Expired || !v.Scopes.Has(berth.ScopeReadPackages) {
		return meta.Reader{} // such a token shows what anybody sees
	}
	r := meta.Reader{User: v.UserID, All: v.Admin}
	if v.Limited {
		r.Token = v.TokenID
	}
	return r
}
