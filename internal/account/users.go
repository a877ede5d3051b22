package account

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// CreateUser is [Service.MakeUser] for who does not want to see what was made.
func (s *Service) CreateUser(ctx context.Context, v berth.Viewer, name, password string, admin bool) error {
	_, err := s.MakeUser(ctx, v, name, password, admin)
	return err
}

// MakeUser makes a user with a password. Only an administrator may, also where the
// name is held because its last owner was deleted or renamed.
// Errors: berth.ErrDenied, berth.ErrOwnerInvalid, berth.ErrOwnerExists,
// berth.ErrPasswordInvalid.
func (s *Service) MakeUser(ctx context.Context, v berth.Viewer, name, password string, admin bool) (berth.User, error) {
	if err := site(v); err != nil {
		return berth.User{}, err
	}
	folded, err := berth.ParseOwner(name)
	if err != nil {
		return berth.User{}, err
	}
	hash, err := s.passwords.hash(ctx, password)
	if err != nil {
		return berth.User{}, err
	}
	now := s.now()
	var made berth.User
	err = s.meta.Update(ctx, func(tx *meta.Tx) error {
		if err := s.createUser(ctx, tx, v, name, folded, hash, admin); err != nil {
			return err
		}
		var err error
		if made, err = findAccount(ctx, tx, name); err != nil {
			return err
		}
		e := berth.Event{At: now, OwnerID: made.ID, Owner: made.Login, Action: "user.create", Target: made.Login}
		if admin {
			e.Detail = "administrator"
		}
		return tx.AddEvent(ctx, v, e)
	})
	return made, err
}

// findAccount is findUser with all that is known of him.
func findAccount(ctx context.Context, tx *meta.Tx, name string) (berth.User, error) {
	u, err := findUser(ctx, tx, name)
	if err != nil {
		return berth.User{}, err
	}
	return tx.GetAccount(ctx, u.ID)
}

// shown leaves of a user what everybody may know.
func shown(u berth.User) berth.User {
	return berth.User{ID: u.ID, Login: u.Login, CreatedAt: u.CreatedAt, Org: u.Org}
}

// Self returns the viewer's own account.
// Errors: berth.ErrUnauthenticated, berth.ErrDenied, berth.ErrOwnerUnknown for the
// operator, who has none.
func (s *Service) Self(ctx context.Context, v berth.Viewer) (berth.User, error) {
	if err := self(v, v.UserID, v.Login, berth.ActionReadAccount); err != nil {
		return berth.User{}, err
	}
	var u berth.User
	err := s.meta.View(ctx, func(tx *meta.Tx) (err error) {
		u, err = ownAccount(ctx, tx, v)
		return err
	})
	return u, err
}

func ownAccount(ctx context.Context, tx *meta.Tx, v berth.Viewer) (berth.User, error) {
	if v.UserID < 0 {
		return berth.User{}, berth.ErrOwnerUnknown.With("the %s has no account", v.Login)
	}
	return tx.GetAccount(ctx, v.UserID)
}

// people refuses those who may not look up who else there is: anybody may who may
// look himself up.
func people(v berth.Viewer) error {
	if berth.Can(v, berth.Standing{}, berth.ActionSite) {
		return nil
	}
	return self(v, v.UserID, v.Login, berth.ActionReadAccount)
}

// GetUser returns a user, also by a name that he had before: to himself and to
// administrators all of him, to others his name. A service account is seen by the members of its organization.
// Errors: berth.ErrUnauthenticated, berth.ErrDenied, berth.ErrOwnerInvalid,
// berth.ErrOwnerUnknown.
func (s *Service) GetUser(ctx context.Context, v berth.Viewer, name string) (berth.User, error) {
	if err := people(v); err != nil {
		return berth.User{}, err
	}
	folded, err := berth.ParseOwner(name)
	if err != nil {
		return berth.User{}, err
	}
	unknown := berth.ErrOwnerUnknown.With("%s does not exist, or %s may not see it", name, v.Login)
	var u berth.User
	err = s.meta.View(ctx, func(tx *meta.Tx) error {
		found, err := tx.GetUser(ctx, folded)
		if errors.Is(err, berth.ErrOwnerUnknown) { // perhaps by a name that he had before
			if folded, err = named(ctx, tx, name); err == nil {
				found, err = tx.GetUser(ctx, strings.ToLower(folded))
			}
		}
		if err != nil {
			return unknown.Because(err)
		}
		if u, err = tx.GetAccount(ctx, found.ID); err != nil {
			return err
		}
		if u.ID == v.UserID || berth.Can(v, berth.Standing{}, berth.ActionSite) {
			return nil
		}
		if u.Org != "" {
			if _, err := s.org(ctx, tx, v, u.Org, berth.ActionReadOrg); err != nil {
				return unknown.Because(err)
			}
		}
		u = shown(u)
		return nil
	})
	return u, err
}

// ListUsers returns all users and service accounts, by name after the given one.
// Only an administrator may.
// Errors: berth.ErrUnauthenticated, berth.ErrDenied, berth.ErrPageInvalid.
func (s *Service) ListUsers(ctx context.Context, v berth.Viewer, after string, limit int) ([]berth.User, error) {
	if err := site(v); err != nil {
		return nil, err
	}
	return list(ctx, s, after, limit, func(tx *meta.Tx, after string, limit int) ([]berth.User, error) {
		return tx.ListAccounts(ctx, after, limit)
	})
}

// list reads a part of a list that is sorted by name.
func list[T any](ctx context.Context, s *Service, after string, limit int, read func(tx *meta.Tx, after string, limit int) ([]T, error)) ([]T, error) {
	if after != "" {
		folded, err := berth.ParseTeam(after) // no name that a list can have is refused
		if err != nil {
			return nil, berth.ErrPageInvalid.With("after is not a name")
		}
		after = folded
	}
	var found []T
	err := s.meta.View(ctx, func(tx *meta.Tx) (err error) {
		found, err = read(tx, after, max(1, min(limit, MaxPage)))
		return err
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// PutDefaultVisibility changes what visibility the viewer's own new packages have,
// "" for the instance's default.
// Errors: berth.ErrUnauthenticated, berth.ErrDenied, berth.ErrRequestInvalid.
func (s *Service) PutDefaultVisibility(ctx context.Context, v berth.Viewer, visibility berth.Visibility) (berth.User, error) {
	if err := self(v, v.UserID, v.Login, berth.ActionAdminAccount); err != nil {
		return berth.User{}, err
	}
	if err := checkVisibility(visibility); err != nil {
		return berth.User{}, err
	}
	now := s.now()
	var u berth.User
	err := s.meta.Update(ctx, func(tx *meta.Tx) (err error) {
		if u, err = ownAccount(ctx, tx, v); err != nil || u.DefaultVisibility == visibility {
			return err
		}
		if err := tx.PutDefaultVisibility(ctx, u.ID, visibility); err != nil {
			return err
		}
		detail := changes{}.add("default_visibility", orDefault(u.DefaultVisibility), orDefault(visibility))
		u.DefaultVisibility = visibility
		return tx.AddEvent(ctx, v, berth.Event{At: now, OwnerID: u.ID, Owner: u.Login, Action: "user.update", Target: u.Login, Detail: detail.String()})
	})
	return u, err
}

func checkVisibility(v berth.Visibility) error {
	if v == "" {
		return nil
	}
	_, err := berth.ParseVisibility(string(v))
	return err
}

// SetBlocked blocks a user, which ends all that he does at once, or unblocks him.
// Only an administrator may. Errors: berth.ErrUnauthenticated, berth.ErrDenied,
// berth.ErrOwnerUnknown; berth.ErrConflict for the last administrator.
func (s *Service) SetBlocked(ctx context.Context, v berth.Viewer, name string, blocked bool) error {
	return s.changeUser(ctx, v, name, func(tx *meta.Tx, u berth.User, e *berth.Event) error {
		switch {
		case u.Blocked == blocked:
			return nil
		case !blocked:
			e.Action = "user.unblock"
			return tx.PutBlocked(ctx, u.ID, time.Time{})
		}
		e.Action = "user.block"
		if err := othersAdminister(ctx, tx, u); err != nil {
			return err
		}
		if err := tx.PutBlocked(ctx, u.ID, e.At); err != nil {
			return err
		}
		if err := tx.DropSessionsOf(ctx, u.ID); err != nil {
			return err
		}
		return tx.DropUploadsOf(ctx, u.ID, e.At)
	})
}

// SetAdmin makes a user an administrator of the instance, or no longer one. Only an
// administrator may. Errors: berth.ErrUnauthenticated, berth.ErrDenied,
// berth.ErrOwnerUnknown; berth.ErrConflict for the last one and for service accounts.
func (s *Service) SetAdmin(ctx context.Context, v berth.Viewer, name string, admin bool) error {
	return s.changeUser(ctx, v, name, func(tx *meta.Tx, u berth.User, e *berth.Event) error {
		switch {
		case u.Admin == admin:
			return nil
		case u.Org != "":
			return berth.ErrConflict.With("%s is a service account of %s, which cannot administer the registry", u.Login, u.Org)
		case !admin:
			if err := othersAdminister(ctx, tx, u); err != nil {
				return err
			}
		}
		e.Action, e.Detail = "user.admin", changes{}.add("administrator", yes(u.Admin), yes(admin)).String()
		return tx.PutAdmin(ctx, u.ID, admin)
	})
}

// changeUser lets an administrator change a user, one after another, so that they
// can count each other. What is done to a service account is for the log of its
// organization. Nothing was changed when there is no action in the event.
func (s *Service) changeUser(ctx context.Context, v berth.Viewer, name string, change func(tx *meta.Tx, u berth.User, e *berth.Event) error) error {
	if err := site(v); err != nil {
		return err
	}
	now := s.now()
	err := s.meta.Update(ctx, func(tx *meta.Tx) error {
		if err := tx.LockAdmins(ctx); err != nil {
			return err
		}
		u, err := findAccount(ctx, tx, name)
		if err != nil {
			return err
		}
		e := berth.Event{At: now, OwnerID: u.ID, Owner: u.Login, Target: u.Login}
		if u.Org != "" {
			o, err := tx.GetOwner(ctx, strings.ToLower(u.Org))
			if err != nil {
				return err
			}
			e.OwnerID, e.Owner, e.Target = o.ID, o.Name, o.Name+"/"+u.Login
		}
		if err := change(tx, u, &e); err != nil || e.Action == "" {
			return err
		}
		return tx.AddEvent(ctx, v, e)
	})
	s.changed()
	return err
}

// othersAdminister refuses to take away the last administrator who can sign in.
func othersAdminister(ctx context.Context, tx *meta.Tx, u berth.User) error {
	if !u.Admin {
		return nil
	}
	n, err := tx.CountOtherAdmins(ctx, u.ID)
	if err == nil && n == 0 {
		return berth.ErrConflict.With("%s is the last administrator who is not blocked; make another one first", u.Login)
	}
	return err
}

// DeleteUser forgets a user or a service account. His name is held for a while.
// Only an administrator may. Errors: berth.ErrUnauthenticated, berth.ErrDenied,
// berth.ErrOwnerUnknown, berth.ErrRequestInvalid; berth.ErrConflict for the last
// administrator, the only owner of an organization, and where packages stand in the
// way.
func (s *Service) DeleteUser(ctx context.Context, v berth.Viewer, name string, d Disposal) error {
	return s.changeUser(ctx, v, name, func(tx *meta.Tx, u berth.User, e *berth.Event) error {
		if err := othersAdminister(ctx, tx, u); err != nil {
			return err
		}
		if err := tx.LockUser(ctx, u.ID); err != nil {
			return err
		}
		if err := tx.LockOrgsOf(ctx, u.ID); err != nil {
			return err
		}
		orphan, err := tx.OrgWithoutOwner(ctx, u.ID)
		if err != nil {
			return err
		}
		if orphan != "" {
			return berth.ErrConflict.With("%s is the only owner of the organization %s; make somebody else an owner of it, or delete it, first", u.Login, orphan)
		}
		r, err := newRemoval(ctx, tx, v, u.Login, cmp.Or(u.Org, u.Login), d, e.At)
		if err != nil {
			return err
		}
		if err := r.user(ctx, u); err != nil {
			return err
		}
		if err := forgetAdminPassword(ctx, tx, u.ID, e.At); err != nil {
			return err
		}
		e.Action = "user.delete"
		if u.Org != "" {
			e.Action = "service_account.delete"
		}
		e.Detail, err = r.finish(ctx)
		return err
	})
}
