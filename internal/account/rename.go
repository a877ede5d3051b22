package account

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// maxOldNames bounds the names that an owner may have had: each keeps others from
// choosing it. Administrators may go on.
const maxOldNames = 10

// RenameUser gives a user or a service account another name. Only an administrator
// may; users have [Service.RenameSelf], service accounts
// [Service.RenameServiceAccount]. What was pulled by the old name goes on being found,
// until somebody takes that.
// Errors: berth.ErrUnauthenticated, berth.ErrDenied, berth.ErrOwnerUnknown,
// berth.ErrOwnerInvalid, berth.ErrOwnerExists; berth.ErrConflict when names of
// packages would be too long.
func (s *Service) RenameUser(ctx context.Context, v berth.Viewer, name, login string) (berth.User, error) {
	if err := site(v); err != nil {
		return berth.User{}, err
	}
	return s.renameUser(ctx, v, login, func(tx *meta.Tx) (berth.User, error) {
		return findAccount(ctx, tx, name)
	})
}

// RenameSelf gives the viewer's own account another name.
// Errors: those of [Service.RenameUser]; berth.ErrDenied for a service account, whose
// name is its organization's to change.
func (s *Service) RenameSelf(ctx context.Context, v berth.Viewer, login string) (berth.User, error) {
	if err := self(v, v.UserID, v.Login, berth.ActionAdminAccount); err != nil {
		return berth.User{}, err
	}
	return s.renameUser(ctx, v, login, func(tx *meta.Tx) (berth.User, error) {
		u, err := ownAccount(ctx, tx, v)
		if err == nil && u.Org != "" {
			err = berth.ErrDenied.With("%s is a service account, which the owners of %s rename", u.Login, u.Org)
		}
		return u, err
	})
}

// RenameServiceAccount gives a service account of an organization another name. Only
// its owners and administrators may. Errors: those of [Service.RenameUser].
func (s *Service) RenameServiceAccount(ctx context.Context, v berth.Viewer, org, name, login string) (berth.User, error) {
	return s.renameUser(ctx, v, login, func(tx *meta.Tx) (berth.User, error) {
		o, err := s.lockOrg(ctx, tx, v, org)
		if err != nil {
			return berth.User{}, err
		}
		u, err := findAccount(ctx, tx, name)
		if errors.Is(err, berth.ErrOwnerUnknown) || err == nil && u.Org != o.Name {
			err = berth.ErrOwnerUnknown.With("%s has no service account %s", o.Name, name)
		}
		return u, err
	})
}

// renameUser renames whom find finds, and may. What is done to a service account is for
// the log of its organization.
func (s *Service) renameUser(ctx context.Context, v berth.Viewer, login string, find func(tx *meta.Tx) (berth.User, error)) (berth.User, error) {
	now := s.now()
	var u berth.User
	err := s.meta.Update(ctx, func(tx *meta.Tx) error {
		var err error
		if u, err = find(tx); err != nil {
			return err
		}
		if err := tx.LockUser(ctx, u.ID); err != nil {
			return err
		}
		old := meta.Owner{ID: u.ID, Kind: meta.KindUser, Name: u.Login, Folded: strings.ToLower(u.Login)}
		e := berth.Event{At: now, OwnerID: u.ID, Owner: u.Login, Action: "user.rename", Target: u.Login, Detail: "to " + login}
		if u.Org != "" {
			o, err := tx.GetOwner(ctx, strings.ToLower(u.Org))
			if err != nil {
				return err
			}
			e.OwnerID, e.Owner, e.Action, e.Target = o.ID, o.Name, "service_account.rename", o.Name+"/"+u.Login
		}
		if err := rename(ctx, tx, v, old, login, e); err != nil {
			return err
		}
		u, err = tx.GetAccount(ctx, u.ID)
		return err
	})
	s.changed()
	return u, err
}

// RenameOrg gives an organization another name. Only its owners and administrators
// may. Errors: those of [Service.RenameUser].
func (s *Service) RenameOrg(ctx context.Context, v berth.Viewer, name, login string) (berth.Org, error) {
	now := s.now()
	var o berth.Org
	err := s.meta.Update(ctx, func(tx *meta.Tx) error {
		old, err := s.renamedOrg(ctx, tx, v, name)
		if err != nil {
			return err
		}
		e := berth.Event{At: now, OwnerID: old.ID, Owner: old.Name, Action: "org.rename", Target: old.Name, Detail: "to " + login}
		if err := rename(ctx, tx, v, old, login, e); err != nil {
			return err
		}
		o, err = tx.GetOrg(ctx, old.ID)
		return err
	})
	s.changed()
	return o, err
}

// renamedOrg finds an organization that the viewer may rename, and locks it.
func (s *Service) renamedOrg(ctx context.Context, tx *meta.Tx, v berth.Viewer, name string) (meta.Owner, error) {
	if site(v) != nil {
		return s.lockOrg(ctx, tx, v, name)
	}
	o, _, err := namespace(ctx, tx, v, name)
	switch {
	case err != nil:
		return o, err
	case o.Kind != meta.KindOrg:
		return o, noOrg(v, name)
	}
	return o, tx.LockOrg(ctx, o.ID)
}

// rename changes the name of an owner and keeps the old one for him. Nothing happens
// where it is the same. Whoever takes the name at the same moment is waited for by the
// first statement, and what he did is seen by the ones that follow.
func rename(ctx context.Context, tx *meta.Tx, v berth.Viewer, o meta.Owner, login string, e berth.Event) error {
	folded, err := berth.ParseOwner(login)
	if err != nil || login == o.Name {
		return err
	}
	if err := tx.RenameOwner(ctx, o.ID, o.Folded, login, folded); err != nil {
		return err
	}
	if folded != o.Folded { // else it is only written otherwise
		if err := take(ctx, tx, v, o, login, folded, e.At); err != nil {
			return err
		}
		if err := keepName(ctx, tx, v, o, e.At); err != nil {
			return err
		}
	}
	return tx.AddEvent(ctx, v, e)
}

// take makes a name that an owner has just got his own. Errors: berth.ErrOwnerExists
// when it is kept for somebody else; berth.ErrConflict.
func take(ctx context.Context, tx *meta.Tx, v berth.Viewer, o meta.Owner, name, folded string, now time.Time) error {
	longest, err := tx.LongestPath(ctx, o.ID)
	if err != nil {
		return err
	}
	if len(folded)+len("/")+longest > berth.MaxNameLength {
		return berth.ErrConflict.With("the name of a package of %s would be longer than %d bytes; choose a shorter name", o.Name, berth.MaxNameLength)
	}
	last, err := tx.FindOwnerAlias(ctx, folded)
	switch {
	case err != nil:
		return err
	case last.ID == o.ID: // he has it back
		if err := tx.FreeName(ctx, folded); err != nil {
			return err
		}
		return tx.DropOwnerAlias(ctx, folded)
	case last.ID != 0 && site(v) != nil:
		return berth.ErrOwnerExists.With("%s is kept for whoever had that name before; an administrator of this registry can give it to you", name)
	}
	return claim(ctx, tx, v, name, folded, now)
}

// keepName keeps the name that an owner had: pulls find him by it, and for a while
// nobody may choose it.
func keepName(ctx context.Context, tx *meta.Tx, v berth.Viewer, o meta.Owner, now time.Time) error {
	n, err := tx.CountOwnerAliases(ctx, o.ID)
	if err != nil {
		return err
	}
	if n >= maxOldNames && site(v) != nil {
		return berth.ErrConflict.With("%s has had %d names already; go back to one of them, or ask an administrator of this registry", o.Name, n)
	}
	if err := tx.HoldName(ctx, o.Folded, now.Add(nameHold)); err != nil {
		return err
	}
	return tx.PutOwnerAlias(ctx, o.Name, o.Folded, o.ID, now)
}

// takeOver ends that a name leads to the owner who had it before, because somebody
// else has it now, and tells that owner in his log.
func takeOver(ctx context.Context, tx *meta.Tx, v berth.Viewer, name, folded string, now time.Time) error {
	last, err := tx.FindOwnerAlias(ctx, folded)
	if err != nil || last.ID == 0 {
		return err
	}
	if err := tx.DropOwnerAlias(ctx, folded); err != nil {
		return err
	}
	return tx.AddEvent(ctx, v, berth.Event{At: now, OwnerID: last.ID, Owner: last.Name, Action: "name.taken", Target: name})
}

// named returns the name that an owner has now who had another one before, and the
// same where nobody had that.
func named(ctx context.Context, tx *meta.Tx, name string) (string, error) {
	folded, err := berth.ParseOwner(name)
	if err != nil {
		return name, err
	}
	o, err := tx.FindOwnerAlias(ctx, folded)
	if err != nil || o.ID == 0 {
		return name, err
	}
	return o.Name, nil
}
