package account

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

const (
	sealCLICode = "sign-in of the command line"
	cliCodeLife = 2 * time.Minute

	minVerifier  = 43 // RFC 7636, section 4.1
	maxVerifier  = 128
	challengeLen = 43
)

// cliCode is what a code of CLICode says.
type cliCode struct {
	User      int64     `json:"u"`
	Session   int64     `json:"s"` // in which it was asked for
	Confirmed time.Time `json:"a"` // when that one's user last showed that it is him
	Challenge string    `json:"c"`
	Name      string    `json:"n"`
	Expires   time.Time `json:"e"`
}

// CLICode returns a code that a command line tool can exchange for a session of
// the viewer, who has signed in at a browser and agreed. Challenge is the SHA-256
// of the tool's secret, in unpadded base64url; name is that of the computer.
//
// The exchange goes like this:
//
//  1. berth login https://HOST --web makes a verifier (43 to 128 characters of
//     base64url, random), listens on 127.0.0.1:N, and prints
//     https://HOST/login/cli?port=N&challenge=BASE64URL(SHA256(verifier))&name=HOSTNAME
//  2. Whoever opens that signs in as he always does, sees who asks, and presses a
//     button. The browser is sent to http://127.0.0.1:N/?code=CODE.
//  3. The tool sends the form code=CODE&verifier=VERIFIER to POST /login/cli/token
//     and gets {"token", "expires_at"} of a session, or an error as
//     {"id", "message", "request"}.
//
// A code that somebody else slips to the listener is of no use: it belongs to
// another challenge, so that the exchange fails.
//
// A code ends with the session in which it was asked for: who changes his password
// because somebody sits in his account is rid of that one's codes too.
//
// The code is not remembered, here or on other replicas, so it could be used twice
// within its two minutes. Only who holds the verifier could, and that never left
// the tool that may have the session anyway.
//
// Errors: berth.ErrUnauthenticated, berth.ErrDenied, berth.ErrRequestInvalid.
func (s *Service) CLICode(_ context.Context, v berth.Viewer, challenge, name string) (string, error) {
	if err := self(v, v.UserID, v.Login, berth.ActionAdminAccount); err != nil {
		return "", err
	}
	if v.TokenID != 0 || v.SessionID == 0 {
		return "", berth.ErrDenied.With("sign in with a browser; only a session can open another one this way")
	}
	if err := CheckCLI(challenge, name); err != nil {
		return "", err
	}
	return s.sealJSON(sealCLICode, cliCode{User: v.UserID, Session: v.SessionID, Confirmed: v.ConfirmedAt, Challenge: challenge, Name: name, Expires: s.now().Add(cliCodeLife)})
}

// CheckCLI reports what is wrong with what a command line tool asks for, if
// anything. Errors: berth.ErrRequestInvalid.
func CheckCLI(challenge, name string) error {
	sum, err := base64.RawURLEncoding.Strict().DecodeString(challenge)
	switch {
	case err != nil || len(challenge) != challengeLen || len(sum) != sha256.Size:
		return berth.ErrRequestInvalid.With("challenge is not a SHA-256 in base64url without padding")
	case name == "" || len(name) > maxTokenName:
		return berth.ErrRequestInvalid.With("name has %d bytes, expected 1 to %d", len(name), maxTokenName)
	case !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
		return berth.ErrRequestInvalid.With("name has characters that cannot be shown")
	}
	return nil
}

// RedeemCLICode opens the session for which a code stands: what a password would
// have opened. Errors: berth.ErrCredentialsInvalid.
func (s *Service) RedeemCLICode(ctx context.Context, code, verifier, address string) (Session, error) {
	var c cliCode
	refuse := func(why string) (Session, error) {
		return Session{}, berth.ErrCredentialsInvalid.With("the code is not one of this registry, ran out, or belongs to another computer; run berth login again").Because(errors.New(why))
	}
	if len(code) > maxNext || len(verifier) < minVerifier || len(verifier) > maxVerifier {
		return refuse("lengths")
	}
	if err := s.openJSON(sealCLICode, code, &c); err != nil {
		return refuse(err.Error())
	}
	sum := sha256.Sum256([]byte(verifier))
	if subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(c.Challenge)) != 1 {
		return refuse("verifier")
	}
	if !s.now().Before(c.Expires) {
		return refuse("expired")
	}
	draft := s.draftSession(address, "berth login on "+c.Name).ofProgram()
	draft.row.ConfirmedAt = c.Confirmed // nobody has been asked since
	err := s.meta.Update(ctx, func(tx *meta.Tx) error {
		if err := goesOn(ctx, tx, c.User, c.Session, draft.row.CreatedAt); err != nil {
			return err
		}
		return s.vouch(ctx, tx, c.User, draft, "command line")
	})
	switch {
	case errors.Is(err, berth.ErrOwnerUnknown):
		return refuse("the user is gone")
	case errors.Is(err, berth.ErrSessionUnknown):
		return refuse("the session is over")
	case err != nil:
		return Session{}, err
	}
	return draft.session(), nil
}

// goesOn reports whether a session of a user has not ended.
// Errors: berth.ErrSessionUnknown.
func goesOn(ctx context.Context, tx *meta.Tx, user, session int64, now time.Time) error {
	list, err := tx.ListSessions(ctx, user, now, now.Add(-sessionIdle), maxSessions)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(list, func(row meta.Session) bool { return row.ID == session }) {
		return berth.ErrSessionUnknown
	}
	return nil
}
