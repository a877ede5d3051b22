package account

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

const (
	maxTokenName   = 100 // bytes
	maxTokenLimits = 50
	// maxTokens bounds the tokens of one account that are good.
	maxTokens = 1000
	// maxTokenLife keeps the sum of times from going round.
	maxTokenLife = 100 * 365 * 24 * time.Hour
)

// Token is an access token. Secret is set when it is made, shown once, and never
// again.
type Token struct {
	ID         int64
	Secret     string
	Name       string
	User       string
	Scopes     berth.Scopes
	Actions    []berth.Action // empty: all
	Limited    bool           // to Owners and Packages
	Owners     []string
	Packages   []string // owner/path
	CreatedAt  time.Time
	ExpiresAt  time.Time // zero: never
	LastUsedAt time.Time // zero: not yet, or not in the last minutes
	RevokedAt  time.Time // zero: it is good
}

// TokenRequest is what a token is to be.
type TokenRequest struct {
	Name     string
	Scopes   berth.Scopes
	Life     time.Duration  // 0: for ever
	Actions  []berth.Action // empty: all
	Owners   []string       // with Packages: all that it reaches; both empty: everything
	Packages []string       // owner/path, which need not exist yet
}

// CreateToken makes an access token for a user: for oneself, for a service account
// of one's organization, or as an administrator. A token never makes a stronger
// one, and one that was made with another for the same user ends with it.
// Errors: berth.ErrUnauthenticated, berth.ErrDenied, berth.ErrOwnerUnknown,
// berth.ErrTokenInvalid.
func (s *Service) CreateToken(ctx context.Context, v berth.Viewer, user string, r TokenRequest) (Token, error) {
	if err := r.validate(); err != nil {
		return Token{}, err
	}
	now := s.now().UTC().Truncate(time.Second)
	t := Token{
		Secret: newSecret(), Name: r.Name, Scopes: r.Scopes, Actions: r.Actions,
		Limited: len(r.Owners)+len(r.Packages) > 0, CreatedAt: now,
	}
	if r.Life > 0 {
		t.ExpiresAt = now.Add(r.Life)
	}
	if err := notStronger(v, t); err != nil {
		return Token{}, err
	}
	err := s.meta.Update(ctx, func(tx *meta.Tx) error {
		u, log, err := s.tokenUser(ctx, tx, v, user)
		if err == nil && (v.Limited || len(v.Actions) > 0) {
			err = berth.ErrDenied.With("a token with limits makes no tokens; sign in with your password")
		}
		if err != nil {
			return err
		}
		if err := roomForToken(ctx, tx, u, now); err != nil {
			return err
		}
		row := meta.Token{
			UserID: u.ID, Name: t.Name, Hash: hashSecret(t.Secret), Scopes: t.Scopes.String(), Actions: joinActions(t.Actions),
			Limited: t.Limited, CreatedAt: now, ExpiresAt: t.ExpiresAt,
		}
		if row.ParentID, err = parent(ctx, tx, v, u.ID); err != nil {
			return err
		}
		t.User = u.Name
		if t.ID, err = tx.CreateToken(ctx, row); err != nil {
			return err
		}
		t.Owners, t.Packages = nil, nil
		if err := s.limit(ctx, tx, v, u, &t, r); err != nil {
			return err
		}
		return tx.AddEvent(ctx, v, tokenEvent(log, now, "token.create", t))
	})
	return t, err
}

// roomForToken refuses more good tokens than one user may have.
func roomForToken(ctx context.Context, tx *meta.Tx, u meta.User, now time.Time) error {
	count, err := tx.CountTokens(ctx, u.ID, now)
	if err == nil && count >= maxTokens {
		err = berth.ErrConflict.With("%s has %d tokens; revoke some first", u.Name, count)
	}
	return err
}

// parent returns the token with which the viewer makes another for himself, 0 when
// he does neither. It is held, so that it is not revoked meanwhile.
func parent(ctx context.Context, tx *meta.Tx, v berth.Viewer, user int64) (int64, error) {
	if v.UserID != user || v.TokenID == 0 {
		return 0, nil
	}
	err := tx.HoldToken(ctx, user, v.TokenID)
	if errors.Is(err, berth.ErrTokenUnknown) { // since the viewer was read
		err = berth.ErrCredentialsInvalid.With("the token was revoked; make a new one")
	}
	return v.TokenID, err
}

func (r TokenRequest) validate() error {
	switch {
	case r.Life < 0:
		return berth.ErrTokenInvalid.With("it would have expired already")
	case r.Life > maxTokenLife:
		return berth.ErrTokenInvalid.With("it would live longer than 100 years; leave out when it expires")
	case len(r.Name) > maxTokenName:
		return berth.ErrTokenInvalid.With("its name is longer than %d bytes", maxTokenName)
	case !utf8.ValidString(r.Name) || strings.ContainsFunc(r.Name, misleading):
		return berth.ErrTokenInvalid.With("its name has characters that cannot be shown")
	case r.Scopes == 0 || r.Scopes&^berth.ScopeAll != 0:
		return berth.ErrTokenInvalid.With("no scope given; choose from %s", berth.ScopeAll)
	case len(r.Owners)+len(r.Packages) > maxTokenLimits:
		return berth.ErrTokenInvalid.With("it is limited to more than %d owners and packages", maxTokenLimits)
	}
	for i, a := range r.Actions {
		known := []berth.Action{berth.ActionPull, berth.ActionPush, berth.ActionDelete, berth.ActionAdmin}
		if !slices.Contains(known, a) || slices.Contains(r.Actions[:i], a) {
			return berth.ErrTokenInvalid.With("action %.40q is unknown or doubled; choose from %s", a, joinActions(known))
		}
	}
	return nil
}

// notStronger refuses a token that would give more than the one it is made with.
func notStronger(v berth.Viewer, t Token) error {
	switch {
	case v.TokenID == 0:
		return nil
	case !v.Scopes.Has(t.Scopes):
		return berth.ErrDenied.With("a token with the scopes %s cannot make one with %s; sign in with your password", v.Scopes, t.Scopes)
	case !v.TokenExpires.IsZero() && (t.ExpiresAt.IsZero() || t.ExpiresAt.After(v.TokenExpires)):
		return berth.ErrDenied.With("a token that expires on %s cannot make one that lives longer; sign in with your password", v.TokenExpires.Format(time.DateOnly))
	}
	return nil
}

// tokenUser finds a user whose tokens the viewer may manage, and in whose audit log
// that belongs: a service account's is its organization's.
func (s *Service) tokenUser(ctx context.Context, tx *meta.Tx, v berth.Viewer, name string) (meta.User, meta.Owner, error) {
	u, err := findUser(ctx, tx, name)
	if errors.Is(err, berth.ErrOwnerUnknown) && !v.Admin {
		return u, meta.Owner{}, self(v, -1, name, berth.ActionAdminAccount) // as for somebody else's
	}
	if err != nil {
		return u, meta.Owner{}, err
	}
	log := meta.Owner{ID: u.ID, Name: u.Name}
	_, org, err := tx.GetUserOwner(ctx, u.ID)
	if err != nil || org.ID == 0 {
		return u, log, cmp.Or(err, self(v, u.ID, u.Name, berth.ActionAdminAccount))
	}
	if v.UserID == u.ID {
		return u, org, self(v, u.ID, u.Name, berth.ActionAdminAccount)
	}
	if _, err = s.org(ctx, tx, v, org.Name, berth.ActionAdminOrg); errors.Is(err, berth.ErrOwnerUnknown) {
		err = self(v, -1, name, berth.ActionAdminAccount)
	}
	return u, org, err
}

// limit stores what a token reaches. Names become ids where they can, so that a
// name which passes to somebody else does not take the right along.
func (s *Service) limit(ctx context.Context, tx *meta.Tx, v berth.Viewer, u meta.User, t *Token, r TokenRequest) error {
	add := func(owner, path string) error {
		o, err := tx.GetOwner(ctx, owner)
		if err == nil && !v.Admin {
			err = limitable(ctx, tx, u, o)
		}
		if errors.Is(err, berth.ErrOwnerUnknown) {
			return berth.ErrTokenInvalid.With("there is no user or organization %s that %s may know", owner, u.Name).Because(err)
		}
		if err != nil {
			return err
		}
		return tx.PutTokenLimit(ctx, t.ID, berth.Limit{OwnerID: o.ID, Path: path})
	}
	for _, name := range r.Owners {
		owner, err := berth.ParseOwner(name)
		if err != nil {
			return err
		}
		if err := add(owner, ""); err != nil {
			return err
		}
		t.Owners = append(t.Owners, owner)
	}
	for _, name := range r.Packages {
		n, err := berth.ParseName(name)
		if err != nil {
			return err
		}
		if err := add(n.Owner, n.Path); err != nil {
			return err
		}
		t.Packages = append(t.Packages, n.String())
	}
	return nil
}

// limitable refuses an owner of whom the user of a token may not know: an organization
// in which he is no member, and a service account that he is not himself.
// Errors: berth.ErrOwnerUnknown.
func limitable(ctx context.Context, tx *meta.Tx, u meta.User, o meta.Owner) error {
	if o.ID == u.ID {
		return nil
	}
	if o.Kind == meta.KindOrg {
		membership, err := tx.GetMember(ctx, o.ID, u.ID)
		if err == nil && membership == berth.MembershipNone {
			err = berth.ErrOwnerUnknown
		}
		return err
	}
	_, org, err := tx.GetUserOwner(ctx, o.ID)
	if err == nil && org.ID != 0 {
		err = berth.ErrOwnerUnknown
	}
	return err
}

// ListTokens returns a user's tokens, newest first, older than the one with the id
// given (0: from the newest), at most limit of them. Revoked ones are among them.
// Errors: as [Service.CreateToken].
func (s *Service) ListTokens(ctx context.Context, v berth.Viewer, user string, before int64, limit int) ([]Token, error) {
	return s.readTokens(ctx, v, user, func(tx *meta.Tx, id int64) ([]meta.Token, error) {
		return tx.ListTokens(ctx, id, before, max(1, min(limit, MaxPage)), true)
	})
}

// ListLiveTokens is [Service.ListTokens] without the revoked ones.
// Errors: as [Service.CreateToken].
func (s *Service) ListLiveTokens(ctx context.Context, v berth.Viewer, user string, before int64, limit int) ([]Token, error) {
	return s.readTokens(ctx, v, user, func(tx *meta.Tx, id int64) ([]meta.Token, error) {
		return tx.ListTokens(ctx, id, before, max(1, min(limit, MaxPage)), false)
	})
}

// readTokens reads tokens of a user, whom the viewer may ask for them, and what they
// reach.
func (s *Service) readTokens(ctx context.Context, v berth.Viewer, user string, read func(tx *meta.Tx, user int64) ([]meta.Token, error)) ([]Token, error) {
	var list []Token
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		u, _, err := s.tokenUser(ctx, tx, v, user)
		if err != nil {
			return err
		}
		rows, err := read(tx, u.ID)
		if err != nil {
			return err
		}
		list = list[:0]
		for _, row := range rows {
			t, err := s.token(ctx, tx, u, row)
			if err != nil {
				return err
			}
			list = append(list, t)
		}
		return nil
	})
	for i := range list {
		list[i].LastUsedAt = s.used.latest(list[i].ID, list[i].LastUsedAt)
	}
	return list, err
}

func (s *Service) token(ctx context.Context, tx *meta.Tx, u meta.User, row meta.Token) (Token, error) {
	t := Token{
		ID: row.ID, Name: row.Name, User: u.Name, Actions: splitActions(row.Actions), Limited: row.Limited,
		CreatedAt: row.CreatedAt, ExpiresAt: row.ExpiresAt, LastUsedAt: row.LastUsedAt, RevokedAt: row.RevokedAt,
	}
	var err error
	if t.Scopes, err = berth.ParseScopes(row.Scopes); err != nil || !row.Limited {
		return t, err
	}
	names, err := tx.ListTokenLimitNames(ctx, row.ID)
	for _, n := range names {
		if n.Path == "" {
			t.Owners = append(t.Owners, n.Owner)
		} else {
			t.Packages = append(t.Packages, n.String())
		}
	}
	return t, err
}

// RevokeToken ends a token, and those that were made with it. Once is enough.
// Errors: as [Service.CreateToken]; berth.ErrTokenUnknown.
func (s *Service) RevokeToken(ctx context.Context, v berth.Viewer, user string, id int64) error {
	now := s.now()
	defer s.changed()
	return s.meta.Update(ctx, func(tx *meta.Tx) error {
		u, log, err := s.tokenUser(ctx, tx, v, user)
		if err != nil {
			return err
		}
		return s.revoke(ctx, tx, v, u, log, id, now)
	})
}

// RevokeCurrent ends the token that the viewer came with, whatever its scopes.
// Errors: berth.ErrUnauthenticated, berth.ErrTokenUnknown when it came without one.
func (s *Service) RevokeCurrent(ctx context.Context, v berth.Viewer) error {
	if v.Anonymous() || v.Bearer {
		return berth.ErrUnauthenticated
	}
	if v.TokenID == 0 {
		return berth.ErrTokenUnknown.With("this request came without an access token")
	}
	now := s.now()
	defer s.changed()
	return s.meta.Update(ctx, func(tx *meta.Tx) error {
		name, org, err := tx.GetUserOwner(ctx, v.UserID)
		if err != nil {
			return err
		}
		log := meta.Owner{ID: v.UserID, Name: name}
		if org.ID != 0 {
			log = org
		}
		return s.revoke(ctx, tx, v, meta.User{ID: v.UserID, Name: name}, log, v.TokenID, now)
	})
}

func (s *Service) revoke(ctx context.Context, tx *meta.Tx, v berth.Viewer, user meta.User, log meta.Owner, id int64, now time.Time) error {
	row, err := tx.GetToken(ctx, user.ID, id)
	if err != nil {
		return err
	}
	if !row.RevokedAt.IsZero() {
		return nil
	}
	for ended := int64(1); ended > 0; {
		if ended, err = tx.RevokeToken(ctx, id, now); err != nil {
			return err
		}
	}
	return tx.AddEvent(ctx, v, tokenEvent(log, now, "token.revoke", Token{ID: id, Name: row.Name, User: user.Name}))
}

func tokenEvent(log meta.Owner, now time.Time, action string, t Token) berth.Event {
	e := berth.Event{At: now, OwnerID: log.ID, Owner: log.Name, Action: action, Target: t.User}
	e.Detail = fmt.Sprintf("token %d %q", t.ID, t.Name)
	if t.Scopes != 0 {
		e.Detail += " with " + t.Scopes.String()
	}
	if len(t.Actions) > 0 {
		e.Detail += ", only to " + joinActions(t.Actions)
	}
	if t.Limited {
		e.Detail += ", limited to " + strings.Join(slices.Concat(t.Owners, t.Packages), ",")
	}
	if !t.ExpiresAt.IsZero() {
		e.Detail += ", until " + t.ExpiresAt.Format(time.RFC3339)
	}
	return e
}

func joinActions(actions []berth.Action) string {
	list := make([]string, len(actions))
	for i, a := range actions {
		list[i] = string(a)
	}
	return strings.Join(list, ",")
}

func splitActions(s string) []berth.Action {
	if s == "" {
		return nil
	}
	var list []berth.Action
	for a := range strings.SplitSeq(s, ",") {
		list = append(list, berth.Action(a))
	}
	return list
}
