package account

import (
	"context"
	"errors"
	"strings"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// settingDecoy is written and dropped where a failure has no account whose log it
// could go to, so that both take the same time.
const settingDecoy = "account.decoy"

// prove finds the account of that name and whether the password is its own. What
// else is true of the account may be told from there on, and not before: until
// then, whoever asks learns nothing, neither from text nor from time.
// Errors: berth.ErrCredentialsInvalid, berth.ErrTooMany, berth.ErrUnavailable.
func (s *Service) prove(ctx context.Context, name, password, address string) (meta.SignIn, error) {
	var u meta.SignIn
	folded, err := berth.ParseOwner(name)
	if err != nil {
		folded = ""
	}
	attempt, err := s.limits.begin(ctx, folded, address)
	if err != nil {
		return u, err
	}
	wrong := false
	defer func() { attempt.end(wrong) }()
	if folded != "" {
		err := s.meta.View(ctx, func(tx *meta.Tx) (err error) {
			u, err = tx.GetSignIn(ctx, folded)
			return err
		})
		if err != nil && !errors.Is(err, berth.ErrOwnerUnknown) {
			return u, err
		}
	}
	ok, err := s.passwords.matches(ctx, password, u.PasswordHash)
	if err != nil || ok {
		return u, err
	}
	wrong = true
	if err := s.noteFailure(ctx, u, address, "password"); err != nil {
		return u, err
	}
	return meta.SignIn{}, berth.ErrCredentialsInvalid.With("user name or password is wrong; " +
		"an account with a second factor or an outside identity needs an access token as password here")
}

// noteFailure tells the owner of an account that somebody failed to sign in. It
// takes as long where there is none.
func (s *Service) noteFailure(ctx context.Context, u meta.SignIn, address, what string) error {
	ctx = context.WithoutCancel(ctx) // hanging up does not hide it
	now := s.now()
	return s.meta.Update(ctx, func(tx *meta.Tx) error {
		if u.ID != 0 {
			return tx.AddEvent(ctx, berth.Viewer{Address: address}, berth.Event{
				At: now, OwnerID: u.ID, Owner: u.Name, Action: "sign_in.failed", Target: u.Name, Detail: "wrong " + what,
			})
		}
		if err := tx.PutSetting(ctx, settingDecoy, "-"); err != nil {
			return err
		}
		return tx.DropSetting(ctx, settingDecoy)
	})
}

// passwordViewer returns the user of that name and password, where a password is
// enough: a program cannot be asked for a code, nor be sent to a provider.
func (s *Service) passwordViewer(ctx context.Context, name, password, address string) (berth.Viewer, error) {
	u, err := s.prove(ctx, name, password, address)
	if err != nil {
		return berth.Viewer{}, err
	}
	v, err := s.signedIn(u)
	if err != nil {
		return v, err
	}
	if u.Service {
		return berth.Viewer{}, berth.ErrCredentialsInvalid.With("%s is a service account, which uses access tokens", u.Name)
	}
	if u.Factor || u.Outside {
		why, login := "has a second factor", "berth login https://HOST -u "+u.Name
		if u.Outside {
			why, login = "signs in with an outside identity", "berth login https://HOST --web"
		}
		return berth.Viewer{}, berth.ErrCredentialsInvalid.With("the account %s %s, so its password is not accepted here; use an access token as password. "+
			"Make one with: %s && berth token create --scopes write:packages", u.Name, why, login)
	}
	s.limits.met(strings.ToLower(u.Name), address)
	return v, nil
}

// signedIn returns the viewer for an account that has shown its password, unless
// it is blocked.
func (s *Service) signedIn(u meta.SignIn) (berth.Viewer, error) {
	return s.viewer(meta.Credential{UserID: u.ID, Login: u.Name, Admin: u.Admin, Blocked: u.Blocked}, 0)
}

// accessToken returns the owner of an access token. It is looked up before any
// limit is asked, so that a good one works from an address where others guess.
func (s *Service) accessToken(ctx context.Context, secret, user, address string) (berth.Viewer, error) {
	v, err := s.tokenViewer(ctx, secret, user)
	if err == nil {
		s.limits.met(strings.ToLower(v.Login), address)
		return v, nil
	}
	if !errors.Is(err, berth.ErrCredentialsInvalid) {
		return v, err
	}
	// One that was good once is no guess. Machines go on sending those for days,
	// and their neighbours must not suffer.
	failed := s.meta.View(ctx, func(tx *meta.Tx) error {
		_, err := tx.GetTokenCredential(ctx, hashSecret(secret))
		return err
	})
	switch {
	case failed == nil:
		return v, err
	case !errors.Is(failed, berth.ErrOwnerUnknown):
		return v, failed
	}
	if limit := s.limits.wrong(address); limit != nil {
		return v, limit
	}
	return v, err
}

// SignIn opens a session for a person with a browser: by name and password, and a
// code of the second factor or a recovery code where the account has one.
// Errors: berth.ErrCredentialsInvalid, berth.ErrSecondFactorNeeded when only the
// code is missing, berth.ErrTooMany, berth.ErrUnavailable.
func (s *Service) SignIn(ctx context.Context, name, password, code, address, userAgent string) (Session, error) {
	return s.signIn(ctx, name, password, code, s.draftSession(address, userAgent))
}

// SignInProgram is [Service.SignIn] for a program, which the list of sessions calls by
// a name. Errors: the same.
func (s *Service) SignInProgram(ctx context.Context, name, password, code, address, program string) (Session, error) {
	return s.signIn(ctx, name, password, code, s.draftSession(address, program).ofProgram())
}

func (s *Service) signIn(ctx context.Context, name, password, code string, draft *sessionDraft) (Session, error) {
	address := draft.row.Address
	u, err := s.prove(ctx, name, password, address)
	if errors.Is(err, berth.ErrCredentialsInvalid) { // what prove says is for docker
		return Session{}, berth.ErrCredentialsInvalid.With("user name or password is wrong; whoever has always come through an identity provider has no password here")
	}
	if err != nil {
		return Session{}, err
	}
	if _, err := s.signedIn(u); err != nil {
		return Session{}, err
	}
	open := func(tx *meta.Tx, how string) error { return draft.open(ctx, tx, u, "password"+how) }
	switch {
	case !u.Factor:
		err = s.meta.Update(ctx, func(tx *meta.Tx) error { return open(tx, "") })
	case code == "":
		return Session{}, berth.ErrSecondFactorNeeded.With("the password is right; send a code of the authenticator, or a recovery code, as well")
	default:
		err = s.withCode(ctx, u.ID, code, open)
		if errors.Is(err, berth.ErrSecondFactorInvalid) {
			if limit := s.limits.wrong(address); limit != nil {
				return Session{}, limit
			}
			if err := s.noteFailure(ctx, u, address, "code"); err != nil {
				return Session{}, err
			}
			err = berth.ErrCredentialsInvalid.With("the code is wrong, too old or used already; wait for the next one")
		}
	}
	if err != nil {
		return Session{}, err
	}
	s.limits.met(strings.ToLower(u.Name), address)
	return draft.session(), nil
}
