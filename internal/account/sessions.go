package account

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"time"
	"unicode"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

const (
	sessionPrefix = "brs_"
	// sessionLife is how long a session lasts, and sessionIdle how long without use.
	sessionLife = 30 * 24 * time.Hour
	sessionIdle = 7 * 24 * time.Hour
	// sessionTouch is how often at most it is written down that a session was used.
	sessionTouch = time.Hour

	maxSessions  = 100 // of one user; the oldest end first
	maxUserAgent = 200 // bytes
)

// Session is a browser or a program that somebody is signed in with.
type Session struct {
	ID        int64     `json:"id"`
	Secret    string    `json:"-"`       // of one that was just opened
	Program   bool      `json:"program"` // else a browser
	UserID    int64     `json:"-"`
	UserAgent string    `json:"user_agent"`
	Address   string    `json:"ip"` // where it was opened from
	CreatedAt time.Time `json:"created_at"`
	UsedAt    time.Time `json:"last_used_at"` // give or take an hour
	ExpiresAt time.Time `json:"expires_at"`
	Current   bool      `json:"current"` // it is the viewer's own
}

// IsSession tells the secret of a session from that of an access token.
func IsSession(secret string) bool { return strings.HasPrefix(secret, sessionPrefix) }

// CreateSession opens a session in a browser for a user who has shown by other means
// than a password who he is. How says which, for the audit log.
// Errors: berth.ErrCredentialsInvalid when he is blocked, berth.ErrDenied for a
// service account, berth.ErrOwnerUnknown.
func (s *Service) CreateSession(ctx context.Context, user int64, how, address, userAgent string) (Session, error) {
	return s.createSession(ctx, user, s.draftSession(address, userAgent), how)
}

// CreateProgramSession is [Service.CreateSession] for a program. Errors: the same.
func (s *Service) CreateProgramSession(ctx context.Context, user int64, how, address, name string) (Session, error) {
	return s.createSession(ctx, user, s.draftSession(address, name).ofProgram(), how)
}

func (s *Service) createSession(ctx context.Context, user int64, draft *sessionDraft, how string) (Session, error) {
	err := s.meta.Update(ctx, func(tx *meta.Tx) error {
		return s.vouch(ctx, tx, user, draft, how)
	})
	if err != nil {
		return Session{}, err
	}
	return draft.session(), nil
}

// vouch gives a session to a user of whom it is known that it is he.
func (s *Service) vouch(ctx context.Context, tx *meta.Tx, user int64, draft *sessionDraft, how string) error {
	u, err := tx.GetSignInOf(ctx, user)
	if err != nil {
		return err
	}
	if _, err := s.signedIn(u); err != nil {
		return err
	}
	return draft.open(ctx, tx, u, how)
}

// sessionDraft is a session that is not anybody's yet.
type sessionDraft struct {
	row    meta.Session
	secret string
}

func (s *Service) draftSession(address, userAgent string) *sessionDraft {
	now, secret := s.now(), sessionPrefix+rand.Text()+rand.Text()
	return &sessionDraft{secret: secret, row: meta.Session{
		Hash: hashSecret(secret), UserAgent: oneLine(userAgent, maxUserAgent), Address: address,
		CreatedAt: now, UsedAt: now, ExpiresAt: now.Add(sessionLife), ConfirmedAt: now,
	}}
}

// ofProgram makes it the session of a program.
func (d *sessionDraft) ofProgram() *sessionDraft {
	d.row.Program = true
	return d
}

// open gives the session to an account that was found worthy of it, and is still
// as it was then. How goes to the audit log.
func (d *sessionDraft) open(ctx context.Context, tx *meta.Tx, u meta.SignIn, how string) error {
	// Whoever changes how the account signs in locks it too, and ends its sessions:
	// he must not overlook one that is being opened.
	if err := tx.LockUser(ctx, u.ID); err != nil {
		return err
	}
	switch is, err := tx.GetSignInOf(ctx, u.ID); {
	case err != nil:
		return err
	case is != u:
		return berth.ErrUnavailable.With("the account was changed at this moment; sign in again")
	case is.Service:
		return berth.ErrDenied.With("%s is a service account, which signs in by access token only", u.Name)
	}
	d.row.UserID = u.ID
	var err error
	if d.row.ID, err = tx.CreateSession(ctx, d.row); err != nil {
		return err
	}
	if err := tx.DropOldSessions(ctx, u.ID, maxSessions); err != nil {
		return err
	}
	v := berth.Viewer{UserID: u.ID, Login: u.Name, Address: d.row.Address}
	return tx.AddEvent(ctx, v, berth.Event{
		At: d.row.CreatedAt, OwnerID: u.ID, Owner: u.Name, Action: "sign_in", Target: u.Name, Detail: how,
	})
}

func (d *sessionDraft) session() Session {
	session := sessionOf(d.row, d.row.ID)
	session.Secret = d.secret
	return session
}

func sessionOf(row meta.Session, current int64) Session {
	return Session{
		ID: row.ID, UserID: row.UserID, Program: row.Program, UserAgent: row.UserAgent, Address: row.Address,
		CreatedAt: row.CreatedAt, UsedAt: row.UsedAt, ExpiresAt: row.ExpiresAt, Current: row.ID == current,
	}
}

// SessionViewer returns who a browser's session belongs to. It is read each time, so
// that one that was ended, or a user who was blocked, ends at once everywhere.
// Errors: berth.ErrCredentialsInvalid.
func (s *Service) SessionViewer(ctx context.Context, secret, address string) (berth.Viewer, error) {
	return s.sessionViewer(ctx, secret, address, false)
}

// ProgramViewer is [Service.SessionViewer] for a program's session. Neither knows those
// of the other: what a browser left open may do without its user being asked again is
// less than what a program may. Errors: berth.ErrCredentialsInvalid.
func (s *Service) ProgramViewer(ctx context.Context, secret, address string) (berth.Viewer, error) {
	return s.sessionViewer(ctx, secret, address, true)
}

func (s *Service) sessionViewer(ctx context.Context, secret, address string, program bool) (berth.Viewer, error) {
	var row meta.Session
	var c meta.Credential
	err := s.meta.View(ctx, func(tx *meta.Tx) (err error) {
		row, c, err = tx.GetSession(ctx, hashSecret(secret))
		return err
	})
	now := s.now()
	switch {
	case err != nil && !errors.Is(err, berth.ErrSessionUnknown):
		return berth.Viewer{}, err
	case err == nil && row.Program != program:
		return berth.Viewer{}, berth.ErrCredentialsInvalid.With("a browser's session is good for pages only, and a program's for the API; make one with: berth login https://HOST")
	case err != nil, !now.Before(row.ExpiresAt), now.Sub(row.UsedAt) >= sessionIdle:
		return berth.Viewer{}, berth.ErrCredentialsInvalid.With("the session has ended; sign in again")
	}
	v, err := s.viewer(c, 0)
	if err != nil {
		return v, err
	}
	if now.Sub(row.UsedAt) >= sessionTouch {
		err := s.meta.Update(ctx, func(tx *meta.Tx) error { return tx.TouchSession(ctx, row.ID, now) })
		if err != nil {
			return berth.Viewer{}, err
		}
	}
	v.SessionID, v.Address, v.ConfirmedAt = row.ID, address, row.ConfirmedAt
	return v, nil
}

// SignOut ends the session that the viewer uses. Without one there is nothing to
// do.
func (s *Service) SignOut(ctx context.Context, v berth.Viewer) error {
	if v.SessionID == 0 {
		return nil
	}
	err := s.endSession(ctx, v, v.SessionID, "sign_out")
	if errors.Is(err, berth.ErrSessionUnknown) {
		return nil // it has ended meanwhile
	}
	return err
}

// ListSessions returns where the viewer is signed in, newest first.
// Errors: berth.ErrUnauthenticated, berth.ErrDenied.
func (s *Service) ListSessions(ctx context.Context, v berth.Viewer) ([]Session, error) {
	if err := self(v, v.UserID, v.Login, berth.ActionReadAccount); err != nil {
		return nil, err
	}
	now := s.now()
	var rows []meta.Session
	err := s.meta.View(ctx, func(tx *meta.Tx) (err error) {
		rows, err = tx.ListSessions(ctx, v.UserID, now, now.Add(-sessionIdle), maxSessions)
		return err
	})
	list := make([]Session, len(rows))
	for i, row := range rows {
		list[i] = sessionOf(row, v.SessionID)
	}
	return list, err
}

// EndSession ends one of the viewer's sessions. Errors: berth.ErrUnauthenticated,
// berth.ErrDenied, berth.ErrSessionUnknown.
func (s *Service) EndSession(ctx context.Context, v berth.Viewer, id int64) error {
	if err := self(v, v.UserID, v.Login, berth.ActionAdminAccount); err != nil {
		return err
	}
	return s.endSession(ctx, v, id, "session.end")
}

func (s *Service) endSession(ctx context.Context, v berth.Viewer, id int64, action string) error {
	now := s.now()
	err := s.meta.Update(ctx, func(tx *meta.Tx) error {
		if err := tx.DropSession(ctx, v.UserID, id); err != nil {
			return err
		}
		return addOwnEvent(ctx, tx, v, now, action)
	})
	s.changed()
	return err
}

// ReapSessions forgets sessions and invitations that are over, and returns how
// many.
func (s *Service) ReapSessions(ctx context.Context) (int, error) {
	now := s.now()
	var sessions, invitations int64
	err := s.meta.Update(ctx, func(tx *meta.Tx) (err error) {
		if sessions, err = tx.ReapSessions(ctx, now, now.Add(-sessionIdle)); err != nil {
			return err
		}
		invitations, err = tx.ReapInvitations(ctx, now)
		return err
	})
	return int(sessions + invitations), err
}

// oneLine makes text from outside fit to store and print: valid, without control
// characters, and not too long.
func oneLine(s string, size int) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if len(s) > size {
		s = strings.ToValidUTF8(s[:size], "")
	}
	return s
}
