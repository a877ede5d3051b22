package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"hash/crc32"
	"strings"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

const (
	// tokenPrefix lets secret scanners recognise an access token.
	tokenPrefix   = "brt_"
	tokenRandom   = 40 // base62 characters, 238 bits
	tokenChecksum = 6
	base62        = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

	maxTokenName = 100
)

// Token is an access token just made. Secret is shown once and never again.
type Token struct {
	ID        int64      `json:"id"`
	Secret    string     `json:"token"`
	Name      string     `json:"name"`
	User      string     `json:"user"`
	Scopes    string     `json:"scopes"`
	CreatedAt time.Time  `json:"created_at"`
	ExpiresAt *time.Time `json:"expires_at"` // nil: never
}

// CreateToken makes an access token for a user, good for a while (0: for ever).
// Only an administrator may. Errors: berth.ErrDenied, berth.ErrOwnerUnknown,
// berth.ErrTokenInvalid.
func (s *Service) CreateToken(ctx context.Context, v berth.Viewer, user, name string, scopes berth.Scopes, life time.Duration) (Token, error) {
	if err := site(v); err != nil {
		return Token{}, err
	}
	if life < 0 {
		return Token{}, berth.ErrTokenInvalid.With("it would have expired already")
	}
	if len(name) > maxTokenName {
		return Token{}, berth.ErrTokenInvalid.With("its name is longer than %d bytes", maxTokenName)
	}
	now := s.now().UTC().Truncate(time.Second)
	t := Token{Secret: newSecret(), Name: name, Scopes: scopes.String(), CreatedAt: now}
	row := meta.Token{Name: name, Hash: hashSecret(t.Secret), Scopes: t.Scopes, CreatedAt: now}
	if life > 0 {
		row.ExpiresAt = now.Add(life)
		t.ExpiresAt = &row.ExpiresAt
	}
	err := s.meta.Update(ctx, func(tx *meta.Tx) error {
		u, err := findUser(ctx, tx, user)
		if err != nil {
			return err
		}
		t.User, row.UserID = u.Name, u.ID
		t.ID, err = tx.CreateToken(ctx, row)
		return err
	})
	return t, err
}

// newSecret returns a random token with its checksum.
func newSecret() string {
	const unbiased = 256 / len(base62) * len(base62)
	b := make([]byte, 0, tokenRandom)
	var buf [64]byte
	for len(b) < tokenRandom {
		_, _ = rand.Read(buf[:]) // never fails
		for _, c := range buf {
			if int(c) < unbiased && len(b) < tokenRandom {
				b = append(b, base62[int(c)%len(base62)])
			}
		}
	}
	return tokenPrefix + string(b) + checksum(string(b))
}

// checksum tells a mistyped token from one that was revoked.
func checksum(s string) string {
	n := crc32.ChecksumIEEE([]byte(s))
	var out [tokenChecksum]byte
	for i := len(out) - 1; i >= 0; i-- {
		out[i] = base62[n%uint32(len(base62))]
		n /= uint32(len(base62))
	}
	return string(out[:])
}

// wellFormed reports whether a token is complete and free of typing mistakes.
func wellFormed(secret string) bool {
	body, ok := strings.CutPrefix(secret, tokenPrefix)
	return ok && len(body) == tokenRandom+tokenChecksum && checksum(body[:tokenRandom]) == body[tokenRandom:]
}

func hashSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
