package account

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

const (
	// credentialLife is how long a node trusts what it read about an account:
	// so long may a revoked token or a blocked user go on.
	credentialLife = 2 * time.Second

	cacheSize = 4096
)

// Options are the settings of a [Service].
type Options struct {
	// Secret seals what a thief of the database must not read. It has SecretLength
	// bytes and must stay the same as long as the database lives.
	Secret []byte
	// TokensPerMinute is how many bearers each account, or address of anonymous ones,
	// may ask for. 0 is no limit.
	TokensPerMinute int
	// Registration lets everybody make an account.
	Registration bool
	// Now is the clock. Nil is time.Now.
	Now func() time.Time
	// Providers are the outside identity providers through which people sign in.
	Providers []Provider
}

// Service is the use cases on people.
type Service struct {
	meta *meta.DB
	opts Options
	now  func() time.Time

	sealer    *sealer
	passwords *passwords
	limits    *limits
	keys      *keyring
	providers []*provider
	bearers   *lru.Cache[[sha256.Size]byte, bearerClaims]
	fresh     *lru.Cache[credentialKey, freshCredential]
	used      usage

	// generation goes up with every change, so that what was read before it, or
	// while it was made, is not believed any more.
	generation atomic.Int64
}

type credentialKey struct{ user, token int64 }

type freshCredential struct {
	credential meta.Credential
	readAt     time.Time
	generation int64 // of what this node knew when it began to read
}

// New returns the use cases over a database. Errors: [ErrSecret] when the secret is
// not that of the database.
func New(ctx context.Context, db *meta.DB, opts Options) (*Service, error) {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	s := &Service{meta: db, opts: opts, now: opts.Now}
	var err error
	if s.bearers, err = lru.New[[sha256.Size]byte, bearerClaims](cacheSize); err != nil {
		return nil, err
	}
	if s.fresh, err = lru.New[credentialKey, freshCredential](cacheSize); err != nil {
		return nil, err
	}
	if s.limits, err = newLimits(s.now, opts.TokensPerMinute); err != nil {
		return nil, err
	}
	if s.passwords, err = newPasswords(); err != nil {
		return nil, err
	}
	if s.sealer, err = newSealer(opts.Secret); err != nil {
		return nil, err
	}
	for _, p := range opts.Providers {
		s.providers = append(s.providers, newProvider(p, s.now))
	}
	s.keys, err = newKeyring(ctx, db, s.sealer, s.now)
	return s, err
}

// Now returns the time that accounts and tokens live by.
func (s *Service) Now() time.Time { return s.now() }

// changed forgets what this node knows about accounts, so that what was just
// changed counts at once here. Other nodes follow within [credentialLife].
func (s *Service) changed() { s.generation.Add(1) }

func (s *Service) createUser(ctx context.Context, tx *meta.Tx, v berth.Viewer, name, folded, hash string, admin bool) error {
	id, err := newOwner(ctx, tx, v, meta.Owner{Kind: meta.KindUser, Name: name, Folded: folded, CreatedAt: s.now()})
	if err != nil {
		return err
	}
	return tx.CreateUser(ctx, meta.User{ID: id, PasswordHash: hash, Admin: admin})
}

// EnsureAdmin makes the first account, an administrator of that name, when there
// is no administrator, and keeps its password for [Service.AdminCredentials]. It
// returns the password, which is made up when the given
// one is "", and "" when there was nothing to do. Errors: berth.ErrOwnerExists when
// the name belongs to somebody who is none.
func (s *Service) EnsureAdmin(ctx context.Context, name, password string) (string, error) {
	var admins int
	count := func(tx *meta.Tx) (err error) {
		_, admins, err = tx.CountUsers(ctx)
		return err
	}
	if err := s.meta.View(ctx, count); err != nil || admins > 0 {
		return "", err
	}
	if password == "" {
		password = rand.Text()
	}
	folded, err := berth.ParseOwner(name)
	if err != nil {
		return "", err
	}
	hash, err := s.passwords.hash(ctx, password)
	if err != nil {
		return "", fmt.Errorf("password of the first account: %w", err)
	}
	now := s.now()
	err = s.meta.Update(ctx, func(tx *meta.Tx) error {
		if err := s.createUser(ctx, tx, berth.Operator(), name, folded, hash, true); err != nil {
			return err
		}
		u, err := tx.GetUser(ctx, folded)
		if err != nil {
			return err
		}
		if err := s.keepAdminPassword(ctx, tx, u.ID, password); err != nil {
			return err
		}
		return tx.AddEvent(ctx, berth.Operator(), berth.Event{
			At: now, OwnerID: u.ID, Owner: u.Name, Action: "user.create", Target: u.Name, Detail: "first administrator",
		})
	})
	if errors.Is(err, berth.ErrOwnerExists) { // perhaps another replica was faster
		if err := s.meta.View(ctx, count); err != nil || admins > 0 {
			return "", err
		}
	}
	return password, err
}

// SetPassword changes a user's password. Only an administrator may. Service accounts
// have none. Errors: berth.ErrDenied, berth.ErrOwnerUnknown, berth.ErrConflict,
// berth.ErrPasswordInvalid.
func (s *Service) SetPassword(ctx context.Context, v berth.Viewer, name, password string) error {
	if err := site(v); err != nil {
		return err
	}
	hash, err := s.passwords.hash(ctx, password)
	if err != nil {
		return err
	}
	now := s.now()
	err = s.meta.Update(ctx, func(tx *meta.Tx) error {
		u, err := findUser(ctx, tx, name)
		if err != nil {
			return err
		}
		if err := notByToken(v, u.ID); err != nil {
			return err
		}
		if _, org, err := tx.GetUserOwner(ctx, u.ID); err != nil || org.ID != 0 {
			return cmp.Or(err, error(berth.ErrConflict.With("%s is a service account; it uses access tokens", u.Name)))
		}
		if err := tx.PutPassword(ctx, u.ID, hash); err != nil {
			return err
		}
		if err := passwordChanged(ctx, tx, u.ID, v.SessionID, now); err != nil {
			return err
		}
		return tx.AddEvent(ctx, v, berth.Event{At: now, OwnerID: u.ID, Owner: u.Name, Action: "password.change", Target: u.Name})
	})
	s.changed()
	return err
}

// notByToken refuses an administrator's token that would change how its own account
// signs in: what it signs in with then would be stronger than the token.
func notByToken(v berth.Viewer, user int64) error {
	if v.TokenID != 0 && v.UserID == user {
		return berth.ErrDenied.With("a token cannot change how its own account signs in; sign in with your password")
	}
	return nil
}

func findUser(ctx context.Context, tx *meta.Tx, name string) (meta.User, error) {
	folded, err := berth.ParseOwner(name)
	if err != nil {
		return meta.User{}, err
	}
	u, err := tx.GetUser(ctx, folded)
	if err != nil {
		return u, berth.ErrOwnerUnknown.With("there is no user %s", name).Because(err)
	}
	return u, nil
}
