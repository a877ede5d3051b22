package account

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

const (
	factorIssuer = "Berth" // what authenticators show beside the user's name
	factorBytes  = 20      // as long as the hash
)

func sealFactor(user int64) string { return fmt.Sprintf("second factor of user %d", user) }

// SecondFactor is what an authenticator needs. It is shown once.
type SecondFactor struct {
	Secret string `json:"secret"` // to type in
	URL    string `json:"url"`    // otpauth://…, to show as a picture
}

// FactorState says what second factor an account has.
type FactorState struct {
	On            bool `json:"enabled"`
	RecoveryCodes int  `json:"recovery_codes"` // left
}

// GetSecondFactor tells whether the viewer's account has a second factor.
// Errors: berth.ErrUnauthenticated, berth.ErrDenied.
func (s *Service) GetSecondFactor(ctx context.Context, v berth.Viewer) (FactorState, error) {
	var state FactorState
	if err := self(v, v.UserID, v.Login, berth.ActionReadAccount); err != nil {
		return state, err
	}
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		f, err := tx.GetSecondFactor(ctx, v.UserID)
		if err != nil {
			return err
		}
		state.On = !f.ConfirmedAt.IsZero()
		state.RecoveryCodes, err = tx.CountRecoveryCodes(ctx, v.UserID)
		return err
	})
	return state, err
}

// StartSecondFactor makes a second factor for the viewer's account, which counts
// from when a code of it was shown to [Service.ConfirmSecondFactor].
// Errors: berth.ErrUnauthenticated, berth.ErrDenied, berth.ErrPasswordInvalid,
// berth.ErrTooMany, berth.ErrConflict when it has one.
func (s *Service) StartSecondFactor(ctx context.Context, v berth.Viewer, password string) (SecondFactor, error) {
	u, err := s.ownSignIn(ctx, v, password)
	if err != nil {
		return SecondFactor{}, err
	}
	secret := make([]byte, factorBytes)
	_, _ = rand.Read(secret) // never fails
	key, err := totp.Generate(totp.GenerateOpts{
		Issuer: factorIssuer, AccountName: u.Name, Secret: secret,
		Period: uint(codePeriod.Seconds()), Digits: codeDigits, Algorithm: otp.AlgorithmSHA1,
	})
	if err != nil {
		return SecondFactor{}, err
	}
	sealed, now := s.sealer.seal(sealFactor(u.ID), secret), s.now()
	err = s.meta.Update(ctx, func(tx *meta.Tx) error {
		err := tx.PutSecondFactor(ctx, u.ID, sealed, now)
		if errors.Is(err, berth.ErrConflict) {
			return berth.ErrConflict.With("the account %s has a second factor; remove it first", u.Name).Because(err)
		}
		if err != nil {
			return err
		}
		return addOwnEvent(ctx, tx, v, now, "second_factor.start")
	})
	if err != nil {
		return SecondFactor{}, err
	}
	return SecondFactor{Secret: key.Secret(), URL: key.URL()}, nil
}

// ConfirmSecondFactor makes the started second factor count, given a code of it,
// and ends the account's other sessions. It returns recovery codes, each of which
// is good once in place of a code; they are shown once.
// Errors: berth.ErrUnauthenticated, berth.ErrDenied, berth.ErrSecondFactorInvalid,
// berth.ErrTooMany.
func (s *Service) ConfirmSecondFactor(ctx context.Context, v berth.Viewer, code string) ([]string, error) {
	if err := self(v, v.UserID, v.Login, berth.ActionAdminAccount); err != nil {
		return nil, err
	}
	f, secret, err := s.secondFactor(ctx, v.UserID)
	if err != nil {
		return nil, err
	}
	if f.UserID == 0 || !f.ConfirmedAt.IsZero() {
		return nil, berth.ErrSecondFactorInvalid.With("there is none that waits for its first code; start one")
	}
	now := s.now()
	if err := s.limits.codes.begin(f.UserID, now); err != nil {
		return nil, err
	}
	step, ok, err := codeStep(secret, foldCode(code), f.LastStep, now)
	if err != nil || !ok {
		return nil, errCode(err)
	}
	recovery, hashes := newRecoveryCodes()
	err = s.meta.Update(ctx, func(tx *meta.Tx) error {
		if err := tx.LockUser(ctx, f.UserID); err != nil {
			return err
		}
		if ok, err := tx.ConfirmSecondFactor(ctx, f, step, now); err != nil || !ok {
			return errCode(err)
		}
		if err := putRecoveryCodes(ctx, tx, f.UserID, hashes); err != nil {
			return err
		}
		if err := tx.DropSessions(ctx, f.UserID, v.SessionID); err != nil {
			return err
		}
		return addOwnEvent(ctx, tx, v, now, "second_factor.on")
	})
	if err != nil {
		return nil, err
	}
	s.changed()
	s.limits.codes.right(f.UserID)
	return recovery, nil
}

// NewRecoveryCodes replaces the recovery codes of the viewer's account.
// Errors: berth.ErrUnauthenticated, berth.ErrDenied, berth.ErrPasswordInvalid,
// berth.ErrSecondFactorInvalid, berth.ErrTooMany.
func (s *Service) NewRecoveryCodes(ctx context.Context, v berth.Viewer, password, code string) ([]string, error) {
	u, err := s.ownSignIn(ctx, v, password)
	if err != nil {
		return nil, err
	}
	now := s.now()
	recovery, hashes := newRecoveryCodes()
	err = s.withCode(ctx, u.ID, code, func(tx *meta.Tx, _ string) error {
		if err := putRecoveryCodes(ctx, tx, u.ID, hashes); err != nil {
			return err
		}
		return addOwnEvent(ctx, tx, v, now, "second_factor.recovery_codes")
	})
	if err != nil {
		return nil, err
	}
	return recovery, nil
}

// RemoveSecondFactor removes the second factor of the viewer's account and ends
// its other sessions. Errors: berth.ErrUnauthenticated, berth.ErrDenied,
// berth.ErrPasswordInvalid, berth.ErrSecondFactorInvalid, berth.ErrTooMany.
func (s *Service) RemoveSecondFactor(ctx context.Context, v berth.Viewer, password, code string) error {
	u, err := s.ownSignIn(ctx, v, password)
	if err != nil {
		return err
	}
	now := s.now()
	err = s.withCode(ctx, u.ID, code, func(tx *meta.Tx, _ string) error {
		if _, err := dropSecondFactor(ctx, tx, u.ID, v.SessionID); err != nil {
			return err
		}
		return addOwnEvent(ctx, tx, v, now, "second_factor.off")
	})
	s.changed()
	return err
}

// ResetSecondFactor removes the second factor of somebody who has lost it, and
// ends his sessions. Only an administrator may. Errors: berth.ErrUnauthenticated,
// berth.ErrDenied, berth.ErrOwnerUnknown, berth.ErrSecondFactorInvalid when he has
// none.
func (s *Service) ResetSecondFactor(ctx context.Context, v berth.Viewer, user string) error {
	if err := site(v); err != nil {
		return err
	}
	now := s.now()
	err := s.meta.Update(ctx, func(tx *meta.Tx) error {
		u, err := findUser(ctx, tx, user)
		if err != nil {
			return err
		}
		if err := notByToken(v, u.ID); err != nil {
			return err
		}
		had, err := dropSecondFactor(ctx, tx, u.ID, 0)
		if err != nil {
			return err
		}
		if !had {
			return berth.ErrSecondFactorInvalid.With("the account %s has none", u.Name)
		}
		return tx.AddEvent(ctx, v, berth.Event{At: now, OwnerID: u.ID, Owner: u.Name, Action: "second_factor.reset", Target: u.Name})
	})
	s.changed()
	return err
}

// ownSignIn returns the account of the viewer, who may change how it signs in and
// has shown its password once more. Where there is none he must have signed in lately.
func (s *Service) ownSignIn(ctx context.Context, v berth.Viewer, password string) (meta.SignIn, error) {
	var u meta.SignIn
	if err := self(v, v.UserID, v.Login, berth.ActionAdminAccount); err != nil {
		return u, err
	}
	err := s.meta.View(ctx, func(tx *meta.Tx) (err error) {
		u, err = tx.GetSignInOf(ctx, v.UserID)
		return err
	})
	switch {
	case err != nil:
		return u, err
	case u.Service:
		return u, berth.ErrDenied.With("%s is a service account, which signs in by access token only", u.Name)
	case u.PasswordHash == "" && v.TokenID != 0:
		// With a password of its own choice a token could do all that its user can.
		return u, berth.ErrDenied.With("%s has no password to be asked for; sign in with a browser, a token cannot change how an account signs in then", u.Name)
	case u.PasswordHash == "" && !s.Sure(v):
		return u, errSignInAgain(u)
	case u.PasswordHash == "":
		return u, nil
	}
	attempt, err := s.limits.begin(ctx, strings.ToLower(u.Name), v.Address)
	if err != nil {
		return u, err
	}
	ok, err := s.passwords.matches(ctx, password, u.PasswordHash)
	attempt.end(err == nil && !ok)
	if err != nil || ok {
		return u, err
	}
	if err := s.noteFailure(ctx, u, v.Address, "current password"); err != nil {
		return u, err
	}
	return u, berth.ErrPasswordInvalid.With("the current password of %s is wrong", u.Name)
}

// withCode runs a change that needs a code of the second factor or a recovery
// code, and uses that up in the same transaction.
// Errors: berth.ErrSecondFactorInvalid, berth.ErrTooMany.
func (s *Service) withCode(ctx context.Context, user int64, code string, change func(tx *meta.Tx, how string) error) error {
	f, secret, err := s.secondFactor(ctx, user)
	if err != nil {
		return err
	}
	if f.ConfirmedAt.IsZero() {
		return berth.ErrSecondFactorInvalid.With("the account has none")
	}
	now := s.now()
	if err := s.limits.codes.begin(user, now); err != nil {
		return err
	}
	code = foldCode(code)
	step, ok, err := codeStep(secret, code, f.LastStep, now)
	if err != nil {
		return err
	}
	use, how := func(tx *meta.Tx) (bool, error) { return tx.UseStep(ctx, f, step) }, " and code"
	if !ok {
		hash := hashSecret(code)
		use, how = func(tx *meta.Tx) (bool, error) { return tx.UseRecoveryCode(ctx, user, hash) }, " and recovery code"
	}
	err = s.meta.Update(ctx, func(tx *meta.Tx) error {
		// Before the factor's own row, as everywhere, or two could wait for each other.
		if err := tx.LockUser(ctx, user); err != nil {
			return err
		}
		if ok, err := use(tx); err != nil || !ok {
			return errCode(err)
		}
		return change(tx, how)
	})
	if err == nil {
		s.limits.codes.right(user)
	}
	return err
}

// errCode is about a code that was not accepted, unless something else went wrong.
func errCode(err error) error {
	if err != nil {
		return err
	}
	return berth.ErrSecondFactorInvalid.With("the code is wrong, too old or used already; wait for the next one")
}

// secondFactor returns a user's second factor, if there is one, and its secret.
func (s *Service) secondFactor(ctx context.Context, user int64) (meta.SecondFactor, []byte, error) {
	var f meta.SecondFactor
	err := s.meta.View(ctx, func(tx *meta.Tx) (err error) {
		f, err = tx.GetSecondFactor(ctx, user)
		return err
	})
	if err != nil || f.UserID == 0 {
		return f, nil, err
	}
	secret, err := s.sealer.open(sealFactor(user), f.Secret)
	if err != nil {
		return f, nil, fmt.Errorf("second factor: %w", err)
	}
	return f, secret, nil
}

func putRecoveryCodes(ctx context.Context, tx *meta.Tx, user int64, hashes []string) error {
	if err := tx.DropRecoveryCodes(ctx, user); err != nil {
		return err
	}
	for _, hash := range hashes {
		if err := tx.PutRecoveryCode(ctx, user, hash); err != nil {
			return err
		}
	}
	return nil
}

// dropSecondFactor also ends the sessions but one, and reports whether the factor
// counted.
func dropSecondFactor(ctx context.Context, tx *meta.Tx, user, butSession int64) (bool, error) {
	if err := tx.LockUser(ctx, user); err != nil {
		return false, err
	}
	if err := tx.DropRecoveryCodes(ctx, user); err != nil {
		return false, err
	}
	if err := tx.DropSessions(ctx, user, butSession); err != nil {
		return false, err
	}
	return tx.DropSecondFactor(ctx, user)
}

// addOwnEvent tells what the viewer did to his own account.
func addOwnEvent(ctx context.Context, tx *meta.Tx, v berth.Viewer, now time.Time, action string) error {
	return tx.AddEvent(ctx, v, berth.Event{At: now, OwnerID: v.UserID, Owner: v.Login, Action: action, Target: v.Login})
}
