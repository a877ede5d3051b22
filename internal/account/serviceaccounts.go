package account

import (
	"context"
	"strings"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// ListServiceAccounts returns the service accounts of an organization, by name after
// the given one. Its members may see that; whose CI they are, its owners.
// Errors: berth.ErrUnauthenticated, berth.ErrOwnerUnknown, berth.ErrDenied,
// berth.ErrPageInvalid.
func (s *Service) ListServiceAccounts(ctx context.Context, v berth.Viewer, org, after string, limit int) ([]berth.User, error) {
	return list(ctx, s, after, limit, func(tx *meta.Tx, after string, limit int) ([]berth.User, error) {
		o, err := s.org(ctx, tx, v, org, berth.ActionReadOrg)
		if err != nil {
			return nil, err
		}
		bots, err := tx.ListServiceAccounts(ctx, o.ID, after, limit)
		if err != nil {
			return nil, err
		}
		_, all := s.org(ctx, tx, v, org, berth.ActionAdminOrg)
		for i, bot := range bots {
			bots[i] = shown(bot)
			if all == nil {
				bots[i].Repository = bot.Repository
			}
		}
		return bots, nil
	})
}

// CreateServiceAccount makes an account for programs: a member of the organization
// without a password, which is the CI of one of its repositories ("owner/name")
// unless that is "". Only its owners and administrators may.
// Errors: berth.ErrUnauthenticated, berth.ErrOwnerUnknown, berth.ErrDenied,
// berth.ErrOwnerInvalid, berth.ErrOwnerExists, berth.ErrRepositoryUnknown.
func (s *Service) CreateServiceAccount(ctx context.Context, v berth.Viewer, org, name, repository string) (berth.User, error) {
	var made berth.User
	err := s.changeOrg(ctx, v, org, func(tx *meta.Tx, o meta.Owner, e *berth.Event) error {
		folded, err := berth.ParseOwner(name)
		if err != nil {
			return err
		}
		bound, err := boundRepository(ctx, tx, v, o, repository)
		if err != nil {
			return err
		}
		id, err := newOwner(ctx, tx, v, meta.Owner{Kind: meta.KindUser, Name: name, Folded: folded, CreatedAt: e.At})
		if err != nil {
			return err
		}
		if err := tx.CreateServiceAccount(ctx, id, o.ID, bound); err != nil {
			return err
		}
		if err := tx.PutMember(ctx, o.ID, id, false, e.At); err != nil {
			return err
		}
		found, err := tx.GetAccount(ctx, id)
		made = shown(found)
		made.Repository = found.Repository
		e.Action, e.Target, e.Detail = "service_account.create", o.Name+"/"+name, found.Repository
		return err
	})
	return made, err
}

// boundRepository returns the id of a repository of an organization, 0 for "".
// Errors: berth.ErrRepositoryUnknown.
func boundRepository(ctx context.Context, tx *meta.Tx, v berth.Viewer, o meta.Owner, full string) (int64, error) {
	if full == "" {
		return 0, nil
	}
	owner, name, _ := strings.Cut(strings.ToLower(full), "/")
	unknown := berth.ErrRepositoryUnknown.With("%s has no repository %.300q; name one of its own as %s/NAME", o.Name, full, o.Name)
	if owner != o.Folded || strings.ContainsRune(name, 0) {
		return 0, unknown
	}
	_, id, err := tx.RepositoryStanding(ctx, owner, name, v.UserID)
	if err == nil && id == 0 {
		return 0, unknown
	}
	return id, err
}

// DeleteServiceAccount forgets a service account and its tokens. Its name is held
// for a while. Only the owners of its organization and administrators may.
// Errors: berth.ErrUnauthenticated, berth.ErrOwnerUnknown, berth.ErrDenied,
// berth.ErrRequestInvalid; berth.ErrConflict where packages stand in the way.
func (s *Service) DeleteServiceAccount(ctx context.Context, v berth.Viewer, org, name string, d Disposal) error {
	return s.changeOrg(ctx, v, org, func(tx *meta.Tx, o meta.Owner, e *berth.Event) error {
		u, err := findAccount(ctx, tx, name)
		if err != nil {
			return err
		}
		if u.Org != o.Name {
			return berth.ErrOwnerUnknown.With("%s has no service account %s", o.Name, name)
		}
		r, err := newRemoval(ctx, tx, v, u.Login, o.Name, d, e.At)
		if err != nil {
			return err
		}
		if err := r.user(ctx, u); err != nil {
			return err
		}
		e.Action, e.Target = "service_account.delete", o.Name+"/"+u.Login
		e.Detail, err = r.finish(ctx)
		return err
	})
}
