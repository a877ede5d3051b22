package account

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

const (
	// BearerLife is how long a bearer is good for everything it names.
	BearerLife = 5 * time.Minute

	// uploadLife is how long after that it still says who opened an upload.
	uploadLife = 24 * time.Hour

	audience    = "berth"
	clockLeeway = time.Minute
	maxBearer   = 32 << 10 // bytes
	maxCached   = 4 << 10  // bytes; larger ones are verified each time
)

// bearerClaims is what a bearer says: who, with which access token, and what it
// names. Rights are looked up when it is used, so it cannot outlive them.
type bearerClaims struct {
	jwt.RegisteredClaims

	TokenID int64         `json:"tid,omitempty"`
	Access  []berth.Grant `json:"access"`
}

// Bearer is a signed bearer token.
type Bearer struct {
	Token    string
	IssuedAt time.Time
	Life     time.Duration
}

// IssueBearer signs a bearer that names the given grants.
func (s *Service) IssueBearer(ctx context.Context, v berth.Viewer, grants []berth.Grant) (Bearer, error) {
	key, err := s.keys.signing(ctx)
	if err != nil {
		return Bearer{}, fmt.Errorf("signing key: %w", err)
	}
	now := s.now().UTC().Truncate(time.Second)
	claims := bearerClaims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer:    s.keys.issuer,
			Subject:   strconv.FormatInt(v.UserID, 10),
			Audience:  jwt.ClaimStrings{audience},
			IssuedAt:  jwt.NewNumericDate(now),
			ExpiresAt: jwt.NewNumericDate(now.Add(BearerLife)),
		},
		TokenID: v.TokenID,
		Access:  grants,
	}
	t := jwt.NewWithClaims(jwt.SigningMethodHS256, claims)
	t.Header["kid"] = key.ID
	signed, err := t.SignedString(key.Secret)
	return Bearer{Token: signed, IssuedAt: now, Life: BearerLife}, err
}

// bearerViewer returns who a bearer speaks for, with the rights he has now.
func (s *Service) bearerViewer(ctx context.Context, token string) (berth.Viewer, error) {
	claims, err := s.verify(ctx, token)
	if err != nil {
		return berth.Viewer{}, err
	}
	user, err := strconv.ParseInt(claims.Subject, 10, 64)
	if err != nil || user < 0 {
		return berth.Viewer{}, errBearer(errors.New("subject"))
	}
	v := berth.Viewer{}
	if user != 0 {
		if v, err = s.bearerUser(ctx, user, claims.TokenID); err != nil {
			return v, err
		}
	}
	v.Bearer = true
	v.Grants = claims.Access
	v.Expired = v.Expired || s.now().After(claims.ExpiresAt.Time)
	if s.now().After(claims.ExpiresAt.Add(uploadLife)) {
		return berth.Viewer{}, errBearer(errors.New("expired long ago"))
	}
	return v, nil
}

// bearerUser returns the user for whom a bearer was made, with an access token
// (0: without). When that has ended he is Expired: an upload that was opened before
// may finish.
func (s *Service) bearerUser(ctx context.Context, user, token int64) (berth.Viewer, error) {
	c, err := s.credential(ctx, user, token)
	if err != nil {
		return berth.Viewer{}, err
	}
	if c.TokenID != token {
		return berth.Viewer{}, errBearer(errors.New("its access token is gone"))
	}
	v, err := s.viewer(c, token)
	if err != nil {
		return v, err
	}
	if v.Expired = s.lapsed(c, token) != nil; !v.Expired && token != 0 {
		s.used.note(token, s.now())
	}
	return v, nil
}

func errBearer(cause error) error {
	return berth.ErrCredentialsInvalid.With("the bearer token is not one of this registry, or it is damaged; ask for a new one").Because(cause)
}

// verify checks a bearer's signature, once, and remembers what it says.
func (s *Service) verify(ctx context.Context, token string) (bearerClaims, error) {
	if len(token) > maxBearer {
		return bearerClaims{}, errBearer(errors.New("too long"))
	}
	sum := sha256.Sum256([]byte(token))
	if claims, ok := s.bearers.Get(sum); ok {
		return claims, nil
	}
	var claims bearerClaims
	parser := jwt.NewParser(jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithoutClaimsValidation())
	var internal error
	_, err := parser.ParseWithClaims(token, &claims, func(t *jwt.Token) (any, error) {
		id, _ := t.Header["kid"].(string)
		key, ok, err := s.keys.find(ctx, id)
		internal = err
		if !ok {
			return nil, errors.New("unknown key")
		}
		return key.Secret, nil
	})
	switch {
	case internal != nil:
		return claims, fmt.Errorf("signing keys: %w", internal)
	case err != nil:
		return claims, errBearer(err)
	case claims.Issuer != s.keys.issuer || !slices.Contains(claims.Audience, audience):
		return claims, errBearer(errors.New("issuer or audience"))
	case claims.ExpiresAt == nil || claims.IssuedAt == nil || claims.IssuedAt.After(s.now().Add(clockLeeway)),
		claims.ExpiresAt.Sub(claims.IssuedAt.Time) > BearerLife:
		return claims, errBearer(errors.New("times"))
	}
	if len(token) <= maxCached {
		s.bearers.Add(sum, claims)
	}
	return claims, nil
}

// credential returns what is true of an account now, give or take
// [credentialLife].
func (s *Service) credential(ctx context.Context, user, token int64) (meta.Credential, error) {
	key, now := credentialKey{user, token}, s.now()
	if f, ok := s.fresh.Get(key); ok && f.generation == s.generation.Load() && now.Sub(f.readAt) < credentialLife && !now.Before(f.readAt) {
		return f.credential, nil
	}
	var c meta.Credential
	generation := s.generation.Load()
	err := s.meta.View(ctx, func(tx *meta.Tx) (err error) {
		if c, err = tx.GetCredential(ctx, user, token); err == nil && c.Limited {
			c.Limits, err = tx.ListTokenLimits(ctx, c.TokenID)
		}
		return err
	})
	if errors.Is(err, berth.ErrOwnerUnknown) {
		return c, errBearer(err)
	}
	if err == nil {
		s.fresh.Add(key, freshCredential{c, now, generation})
	}
	return c, err
}
