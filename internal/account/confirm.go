package account

import (
	"context"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// confirmedFor is how long after signing in, or after [Service.Confirm], somebody may
// do what a browser that was left open must not do for others.
const confirmedFor = 30 * time.Minute

// Sure reports whether the viewer has lately shown that it is still him, so that what
// cannot be undone may be done without asking again.
func (s *Service) Sure(v berth.Viewer) bool {
	return v.SessionID != 0 && s.now().Sub(v.ConfirmedAt) < confirmedFor
}

// Confirm asks the viewer for his password once more, and notes in his session that he
// knew it. Errors: berth.ErrUnauthenticated, berth.ErrDenied where there is no password
// and he has to sign in anew, berth.ErrPasswordInvalid, berth.ErrTooMany,
// berth.ErrSessionUnknown.
func (s *Service) Confirm(ctx context.Context, v berth.Viewer, password string) error {
	u, err := s.ownSignIn(ctx, v, password)
	if err != nil {
		return err
	}
	if u.PasswordHash == "" {
		return errSignInAgain(u)
	}
	now := s.now()
	return s.meta.Update(ctx, func(tx *meta.Tx) error {
		return tx.ConfirmSession(ctx, v.UserID, v.SessionID, now)
	})
}

// errSignInAgain is for an account without a password, whose user can show only by
// signing in that it is still him.
func errSignInAgain(u meta.SignIn) error {
	return berth.ErrDenied.With("%s has no password to be asked for; sign out, sign in again as usual, and do this within %d minutes", u.Name, int(confirmedFor.Minutes()))
}
