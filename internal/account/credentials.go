package account

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// ErrPasswordGone is what [Service.AdminCredentials] returns when the password of
// the first account is not kept any more.
var ErrPasswordGone = &berth.Error{Kind: berth.KindNotFound, ID: "password_gone", Msg: "the password of the first account is not kept"}

// settingFirstAdmin is an adminNote.
const settingFirstAdmin = "account.first_admin"

// adminNote keeps the password of the first account for scripts, until somebody
// changes it.
type adminNote struct {
	User      int64     `json:"user"`
	Sealed    []byte    `json:"sealed,omitempty"`
	ChangedAt time.Time `json:"changed_at,omitzero"`
}

func sealAdmin(user int64) string { return fmt.Sprintf("first password of user %d", user) }

func getAdminNote(ctx context.Context, tx *meta.Tx) (adminNote, error) {
	var n adminNote
	text, err := tx.GetSetting(ctx, settingFirstAdmin)
	if err != nil || text == "" {
		return n, err
	}
	return n, json.Unmarshal([]byte(text), &n)
}

func putAdminNote(ctx context.Context, tx *meta.Tx, n adminNote) error {
	text, err := json.Marshal(n)
	if err != nil {
		return err
	}
	return tx.PutSetting(ctx, settingFirstAdmin, string(text))
}

// keepAdminPassword keeps the password of the first account, sealed.
func (s *Service) keepAdminPassword(ctx context.Context, tx *meta.Tx, user int64, password string) error {
	return putAdminNote(ctx, tx, adminNote{User: user, Sealed: s.sealer.seal(sealAdmin(user), []byte(password))})
}

// forgetAdminPassword forgets the password that is kept, if it is that of a user.
func forgetAdminPassword(ctx context.Context, tx *meta.Tx, user int64, now time.Time) error {
	n, err := getAdminNote(ctx, tx)
	if err != nil || n.User != user || n.Sealed == nil {
		return err
	}
	return putAdminNote(ctx, tx, adminNote{User: user, ChangedAt: now})
}

// passwordChanged is called in the transaction that gives a user another password:
// it forgets the one that is kept, if it was his, and ends his other sessions.
func passwordChanged(ctx context.Context, tx *meta.Tx, user, butSession int64, now time.Time) error {
	if err := tx.LockUser(ctx, user); err != nil {
		return err
	}
	if err := forgetAdminPassword(ctx, tx, user, now); err != nil {
		return err
	}
	return tx.DropSessions(ctx, user, butSession)
}

// ChangePassword changes the viewer's own password, given the current one if there
// is one, and ends the other sessions. Errors: berth.ErrUnauthenticated,
// berth.ErrDenied, berth.ErrPasswordInvalid, berth.ErrTooMany.
func (s *Service) ChangePassword(ctx context.Context, v berth.Viewer, current, fresh string) error {
	u, err := s.ownSignIn(ctx, v, current)
	if err != nil {
		return err
	}
	hash, err := s.passwords.hash(ctx, fresh)
	if err != nil {
		return err
	}
	now := s.now()
	err = s.meta.Update(ctx, func(tx *meta.Tx) error {
		if err := tx.PutPassword(ctx, u.ID, hash); err != nil {
			return err
		}
		if err := passwordChanged(ctx, tx, u.ID, v.SessionID, now); err != nil {
			return err
		}
		return addOwnEvent(ctx, tx, v, now, "password.change")
	})
	s.changed()
	return err
}

// AdminCredentials returns the name and the password of the first account, as long
// as nobody has changed it. Only the operator may. Errors: berth.ErrDenied,
// [ErrPasswordGone].
func (s *Service) AdminCredentials(ctx context.Context, v berth.Viewer) (name, password string, err error) {
	if err := operator(v); err != nil {
		return "", "", err
	}
	var n adminNote
	var u meta.SignIn
	err = s.meta.View(ctx, func(tx *meta.Tx) (err error) {
		if n, err = getAdminNote(ctx, tx); err != nil || n.User == 0 {
			return err
		}
		u, err = tx.GetSignInOf(ctx, n.User)
		return err
	})
	switch {
	case errors.Is(err, berth.ErrOwnerUnknown):
		return "", "", ErrPasswordGone.With("the account was deleted; --reset gives another administrator a new password")
	case err != nil:
		return "", "", err
	case !n.ChangedAt.IsZero():
		return "", "", ErrPasswordGone.With("that of %s was changed on %s; --reset gives it a new one", u.Name, n.ChangedAt.UTC().Format("2006-01-02 15:04 MST"))
	case n.User == 0:
		return "", "", ErrPasswordGone.With("this database was made by a version that did not keep it, or by hand; --reset makes a new one")
	}
	plain, err := s.sealer.open(sealAdmin(n.User), n.Sealed)
	return u.Name, string(plain), err
}

// ResetAdminPassword gives the first account a new random password, keeps it, and
// ends the account's sessions. Where the account was deleted or is no
// administrator, the oldest administrator takes its place. Only the operator may.
// Errors: berth.ErrDenied, berth.ErrOwnerUnknown when there is no administrator.
func (s *Service) ResetAdminPassword(ctx context.Context, v berth.Viewer) (name, password string, err error) {
	if err := operator(v); err != nil {
		return "", "", err
	}
	password = rand.Text()
	hash, err := s.passwords.hash(ctx, password)
	if err != nil {
		return "", "", err
	}
	now := s.now()
	err = s.meta.Update(ctx, func(tx *meta.Tx) error {
		id := int64(0)
		if id, name, err = firstAdmin(ctx, tx); err != nil {
			return err
		}
		if err := tx.PutPassword(ctx, id, hash); err != nil {
			return err
		}
		if err := tx.DropSessions(ctx, id, 0); err != nil {
			return err
		}
		if err := s.keepAdminPassword(ctx, tx, id, password); err != nil {
			return err
		}
		return tx.AddEvent(ctx, v, berth.Event{At: now, OwnerID: id, Owner: name, Action: "password.reset", Target: name})
	})
	s.changed()
	if err != nil {
		return "", "", err
	}
	return name, password, nil
}

// firstAdmin returns the account whose password was kept first, or the oldest that
// administers the instance now.
func firstAdmin(ctx context.Context, tx *meta.Tx) (int64, string, error) {
	n, err := getAdminNote(ctx, tx)
	if err != nil {
		return 0, "", err
	}
	if n.User != 0 {
		u, err := tx.GetSignInOf(ctx, n.User)
		if err == nil && u.Admin && !u.Blocked {
			return u.ID, u.Name, nil
		}
		if err != nil && !errors.Is(err, berth.ErrOwnerUnknown) {
			return 0, "", err
		}
	}
	id, name, err := tx.FirstAdmin(ctx)
	if errors.Is(err, berth.ErrOwnerUnknown) {
		err = berth.ErrOwnerUnknown.With("there is no administrator; make one: berth user create NAME --admin --password-stdin")
	}
	return id, name, err
}

// operator refuses everybody but whoever runs commands on the data directory.
func operator(v berth.Viewer) error {
	if err := site(v); err != nil {
		return err
	}
	if v.UserID != berth.Operator().UserID {
		return berth.ErrDenied.With("only a command on the data directory may")
	}
	return nil
}
