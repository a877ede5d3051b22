package account

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// Authenticate returns who a request speaks for, from its Authorization header:
// "" is anonymous, Bearer takes a bearer of ours or an access token, Basic a user
// name with a password or an access token. Address is where the request came from.
// Errors: berth.ErrCredentialsInvalid, berth.ErrTooMany, berth.ErrUnavailable.
func (s *Service) Authenticate(ctx context.Context, header, address string) (berth.Viewer, error) {
	v, err := s.authenticate(ctx, header, address)
	v.Address = address
	return v, err
}

func (s *Service) authenticate(ctx context.Context, header, address string) (berth.Viewer, error) {
	if header == "" {
		return berth.Viewer{}, nil
	}
	scheme, rest, _ := strings.Cut(header, " ")
	rest = strings.TrimSpace(rest)
	switch strings.ToLower(scheme) {
	case "bearer":
		if strings.HasPrefix(rest, tokenPrefix) {
			return s.accessToken(ctx, rest, "", address)
		}
		return s.bearerViewer(ctx, rest)
	case "basic":
		raw, err := base64.StdEncoding.DecodeString(rest)
		user, password, ok := strings.Cut(string(raw), ":")
		if err != nil || !ok {
			return berth.Viewer{}, berth.ErrCredentialsInvalid.With("the Basic credentials are not base64 of NAME:PASSWORD")
		}
		return s.Login(ctx, user, password, address)
	}
	return berth.Viewer{}, berth.ErrCredentialsInvalid.With("expected Basic or Bearer in the Authorization header")
}

// Login returns the user of that name, by password or access token, as somebody
// asks from an address.
// Errors: berth.ErrCredentialsInvalid, berth.ErrTooMany, berth.ErrUnavailable.
func (s *Service) Login(ctx context.Context, user, password, address string) (berth.Viewer, error) {
	v, err := s.login(ctx, user, password, address)
	v.Address = address
	return v, err
}

func (s *Service) login(ctx context.Context, user, password, address string) (berth.Viewer, error) {
	switch {
	case user == "" && password == "":
		return berth.Viewer{}, berth.ErrCredentialsInvalid.With("user name and password are empty")
	case strings.HasPrefix(password, tokenPrefix):
		return s.accessToken(ctx, password, user, address)
	}
	return s.passwordViewer(ctx, user, password, address)
}

// tokenViewer returns the owner of an access token. The name given must be his, now
// or before, unless none is given at all.
func (s *Service) tokenViewer(ctx context.Context, secret, user string) (berth.Viewer, error) {
	if !wellFormed(secret) {
		return berth.Viewer{}, berth.ErrCredentialsInvalid.With("the token is mistyped or cut off: its checksum is wrong")
	}
	var c meta.Credential
	var his bool
	err := s.meta.View(ctx, func(tx *meta.Tx) (err error) {
		if c, err = tx.GetTokenCredential(ctx, hashSecret(secret)); err == nil && c.Limited {
			c.Limits, err = tx.ListTokenLimits(ctx, c.TokenID)
		}
		if err == nil {
			his, err = isCalled(ctx, tx, c, user)
		}
		return err
	})
	if errors.Is(err, berth.ErrOwnerUnknown) {
		return berth.Viewer{}, berth.ErrCredentialsInvalid.With("the token is unknown here or was deleted; make a new one")
	}
	if err != nil {
		return berth.Viewer{}, err
	}
	if !his {
		return berth.Viewer{}, berth.ErrCredentialsInvalid.With("the token does not belong to user %.64q; log in with the name of its owner", user)
	}
	v, err := s.viewer(c, c.TokenID)
	if err == nil {
		err = s.lapsed(c, c.TokenID)
	}
	if err != nil {
		return berth.Viewer{}, err
	}
	s.used.note(c.TokenID, s.now())
	return v, nil
}

// isCalled reports whether a name is that of an account, or one that it had before and
// that nobody has taken since: programs go on with the name that they were set up with,
// and who has the token is known by that alone.
func isCalled(ctx context.Context, tx *meta.Tx, c meta.Credential, name string) (bool, error) {
	if name == "" || strings.EqualFold(name, c.Login) {
		return true, nil
	}
	folded, err := berth.ParseOwner(name)
	if err != nil {
		return false, nil //nolint:nilerr // then it is nobody's
	}
	o, err := tx.FindOwnerAlias(ctx, folded)
	return o.ID == c.UserID, err
}

// viewer turns an account's credential into a viewer. token is the access token
// that was used, 0 for a password or session.
func (s *Service) viewer(c meta.Credential, token int64) (berth.Viewer, error) {
	v := berth.Viewer{UserID: c.UserID, Login: c.Login, Admin: c.Admin, Scopes: berth.ScopeAll}
	if c.Blocked {
		return berth.Viewer{}, berth.ErrCredentialsInvalid.With("the account is blocked; ask an administrator")
	}
	if token == 0 {
		return v, nil
	}
	scopes, err := berth.ParseScopes(c.Scopes)
	if err != nil {
		return berth.Viewer{}, err
	}
	v.TokenID, v.Scopes = token, scopes
	v.TokenExpires, v.TokenLife = c.ExpiresAt, c.ExpiresAt.Sub(c.CreatedAt)
	v.Actions, v.Limited, v.Limits = splitActions(c.Actions), c.Limited, c.Limits
	v.Admin = c.Admin && scopes.Has(berth.ScopeAdmin) && !v.Limited && len(v.Actions) == 0
	return v, nil
}

// lapsed says why an access token is not good any more, if so.
func (s *Service) lapsed(c meta.Credential, token int64) error {
	switch {
	case token == 0:
		return nil
	case c.TokenID != token || c.Revoked:
		return berth.ErrCredentialsInvalid.With("the token was revoked; make a new one")
	case !c.ExpiresAt.IsZero() && !s.now().Before(c.ExpiresAt):
		return berth.ErrCredentialsInvalid.With("the token expired on %s; make a new one, or log out to pull public packages", c.ExpiresAt.Format("2006-01-02 15:04 MST"))
	}
	return nil
}
