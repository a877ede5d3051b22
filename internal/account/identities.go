package account

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// maxIdentities bounds a list; nobody has more.
const maxIdentities = 100

// Identity is who an account is at an outside identity provider.
type Identity struct {
	Provider  string    `json:"provider"`
	Title     string    `json:"title"` // of the provider, as shown
	Subject   string    `json:"subject"`
	CreatedAt time.Time `json:"created_at"`
}

// admit finds the account of somebody for whom a provider vouches, or makes it.
// Errors: those of FinishSignIn.
func (s *Service) admit(ctx context.Context, p *provider, who outsider, address, userAgent string) (SignedIn, error) {
	in, err := s.admitKnown(ctx, p, who, address, userAgent)
	if !errors.Is(err, berth.ErrIdentityUnknown) {
		return in, err
	}
	if !p.AutoCreate {
		return SignedIn{}, berth.ErrDenied.With("no account here is linked to you at %s; %s", p.Title, askForLink(p, who))
	}
	created, err := s.admitNew(ctx, p, who, address, userAgent)
	if errors.Is(err, berth.ErrOwnerExists) || errors.Is(err, berth.ErrExists) {
		// Perhaps the same person clicked twice, and the other click was faster.
		if in, again := s.admitKnown(ctx, p, who, address, userAgent); again == nil {
			return in, nil
		}
	}
	return created, err
}

// admitKnown finds the account of somebody who was here before.
// Errors: berth.ErrIdentityUnknown, berth.ErrCredentialsInvalid.
func (s *Service) admitKnown(ctx context.Context, p *provider, who outsider, address, userAgent string) (SignedIn, error) {
	var in SignedIn
	draft := s.draftSession(address, userAgent)
	err := s.meta.Update(ctx, func(tx *meta.Tx) error {
		c, err := tx.FindIdentity(ctx, p.Name, who.subject)
		if err != nil {
			return err
		}
		if err := tx.LockUser(ctx, c.UserID); err != nil {
			return err
		}
		if c, err = tx.FindIdentity(ctx, p.Name, who.subject); err != nil { // it may be unlinked by now
			return err
		}
		in, err = s.letIn(ctx, tx, p, c.UserID, draft)
		return err
	})
	return in, err
}

// letIn opens a session for an account that a provider vouches for.
func (s *Service) letIn(ctx context.Context, tx *meta.Tx, p *provider, user int64, draft *sessionDraft) (SignedIn, error) {
	u, err := tx.GetSignInOf(ctx, user)
	if err != nil {
		return SignedIn{}, err
	}
	if _, err := s.signedIn(u); err != nil {
		return SignedIn{}, err
	}
	if err := draft.open(ctx, tx, u, "by provider "+p.Name); err != nil {
		return SignedIn{}, err
	}
	return SignedIn{UserID: u.ID, Login: u.Name, Session: draft.session()}, nil
}

// admitNew makes an account without a password for somebody who was never here.
// A name that is not free is an error and never changed a little: whoever reads
// ada2 in a list must not have to guess who that is.
func (s *Service) admitNew(ctx context.Context, p *provider, who outsider, address, userAgent string) (SignedIn, error) {
	name, err := s.nameOf(ctx, p, who)
	if err != nil {
		return SignedIn{}, err
	}
	var in SignedIn
	draft, now := s.draftSession(address, userAgent), s.now()
	err = s.meta.Update(ctx, func(tx *meta.Tx) error {
		if err := notOfOthers(ctx, tx, p, who, name, now); err != nil {
			return err
		}
		id, err := tx.CreateOwner(ctx, meta.Owner{Kind: meta.KindUser, Name: name, Folded: name, CreatedAt: now})
		if errors.Is(err, berth.ErrOwnerExists) {
			return berth.ErrOwnerExists.With("%s, which %s calls you, is the name of somebody else here; if that is you, %s", name, p.Title, askForLink(p, who))
		}
		if err != nil {
			return err
		}
		if err := tx.CreateUser(ctx, meta.User{ID: id}); err != nil {
			return err
		}
		if err := tx.AddIdentity(ctx, meta.Identity{UserID: id, Provider: p.Name, Subject: who.subject, CreatedAt: now}); err != nil {
			return err
		}
		v := berth.Viewer{UserID: id, Login: name, Address: address}
		for _, e := range []berth.Event{
			{Action: "user.join", Detail: "by provider " + p.Name},
			{Action: "identity.link", Detail: identityDetail(p.Name, who.subject)},
		} {
			e.At, e.OwnerID, e.Owner, e.Target = now, id, name, name
			if err := tx.AddEvent(ctx, v, e); err != nil {
				return err
			}
		}
		in, err = s.letIn(ctx, tx, p, id, draft)
		in.Created = true
		return err
	})
	s.changed()
	return in, err
}

// notOfOthers refuses a name that was somebody's. To take one that leads to him still
// needs a choice, which nobody makes here. Errors: berth.ErrOwnerExists.
func notOfOthers(ctx context.Context, tx *meta.Tx, p *provider, who outsider, name string, now time.Time) error {
	held, err := tx.HeldUntil(ctx, name)
	if err != nil {
		return err
	}
	last, err := tx.FindOwnerAlias(ctx, name)
	switch {
	case err != nil:
		return err
	case last.ID != 0:
		return berth.ErrOwnerExists.With("%s, which %s calls you, was the name of somebody else here; if that is you, %s", name, p.Title, askForLink(p, who))
	case now.Before(held):
		return berth.ErrOwnerExists.With("%s, which %s calls you, belonged to somebody who was deleted here not long ago and is kept free until %s; %s", name, p.Title, held.Format(time.DateOnly), askForLink(p, who))
	}
	return nil
}

func identityDetail(provider, subject string) string {
	return fmt.Sprintf("%s: %s", provider, subject)
}

func askForLink(p *provider, who outsider) string {
	return fmt.Sprintf("ask an administrator to link you to an account: berth identity link USER --provider %s --subject %s", p.Name, forShell(who.subject))
}

// forShell quotes a word where a shell would not take it as it is.
func forShell(word string) string {
	if strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:/@+=") == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// nameOf returns what the account of somebody new is called.
// Errors: berth.ErrOwnerInvalid, berth.ErrUnavailable.
func (s *Service) nameOf(ctx context.Context, p *provider, who outsider) (string, error) {
	claim, ok := who.claims[p.LoginClaim].(string)
	if !ok && who.more != nil { // many providers tell it only when asked
		more, err := who.more(ctx)
		if err != nil {
			return "", berth.ErrUnavailable.With("%s does not say what you are called (claim %s); tell an administrator", p.Title, p.LoginClaim).Because(err)
		}
		claim, _ = more[p.LoginClaim].(string)
	}
	name := fitName(claim)
	if _, err := berth.ParseOwner(name); err != nil {
		var named *berth.Error
		errors.As(err, &named)
		return "", berth.ErrOwnerInvalid.With("%s calls you %.100q (claim %s), which makes no name here (%s); %s",
			p.Title, claim, p.LoginClaim, named.Msg, askForLink(p, who))
	}
	return name, nil
}

// fitName makes a name of a claim: of a mail address what stands before the @, in
// lower case, with each run of other characters than letters and digits as one -,
// unless it is a single . or _ or two _, and none at the ends.
func fitName(claim string) string {
	claim, _, _ = strings.Cut(claim, "@")
	var b strings.Builder
	run := ""
	for _, r := range claim {
		if r >= 'A' && r <= 'Z' { // and no other letters, some of which would become these
			r += 'a' - 'A'
		}
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') {
			run += string(r)
			continue
		}
		if b.Len() > 0 && run != "" {
			if run != "." && run != "_" && run != "__" {
				run = "-"
			}
			b.WriteString(run)
		}
		run = ""
		b.WriteRune(r)
	}
	return b.String()
}

// checkSubject reports whether a subject is one that can be stored and shown.
func checkSubject(subject string) error {
	switch {
	case subject == "":
		return errors.New("no subject")
	case len(subject) > maxSubject:
		return fmt.Errorf("the subject is longer than %d bytes", maxSubject)
	case !utf8.ValidString(subject), strings.ContainsFunc(subject, unicode.IsControl):
		return errors.New("the subject has characters that are no text")
	}
	return nil
}

// LinkIdentity lets a user sign in as somebody at a provider from now on. Only an
// administrator may. From then on the user's password is no good for docker login.
// Errors: berth.ErrDenied, berth.ErrOwnerUnknown, berth.ErrProviderUnknown,
// berth.ErrRequestInvalid, berth.ErrExists.
func (s *Service) LinkIdentity(ctx context.Context, v berth.Viewer, user, providerName, subject string) error {
	if err := site(v); err != nil {
		return err
	}
	if _, err := s.provider(providerName); err != nil {
		return err
	}
	if err := checkSubject(subject); err != nil {
		return berth.ErrRequestInvalid.With("%s", err)
	}
	now := s.now()
	err := s.meta.Update(ctx, func(tx *meta.Tx) error {
		u, err := findUser(ctx, tx, user)
		if err != nil {
			return err
		}
		if _, org, err := tx.GetUserOwner(ctx, u.ID); err != nil || org.ID != 0 {
			return cmp.Or(err, error(berth.ErrConflict.With("%s is a service account; it uses access tokens", u.Name)))
		}
		if err := tx.AddIdentity(ctx, meta.Identity{UserID: u.ID, Provider: providerName, Subject: subject, CreatedAt: now}); err != nil {
			return err
		}
		return tx.AddEvent(ctx, v, berth.Event{
			At: now, OwnerID: u.ID, Owner: u.Name, Action: "identity.link", Target: u.Name, Detail: identityDetail(providerName, subject),
		})
	})
	s.changed()
	return err
}

// UnlinkIdentity ends that, and the account's other sessions: whoever holds the
// identity may have opened them. An administrator may, and everybody for himself as long
// as another way to sign in is left. The provider need not be in the configuration
// any more. Errors: berth.ErrDenied, berth.ErrUnauthenticated, berth.ErrOwnerUnknown,
// berth.ErrIdentityUnknown, berth.ErrConflict.
func (s *Service) UnlinkIdentity(ctx context.Context, v berth.Viewer, user, providerName, subject string) error {
	now := s.now()
	err := s.meta.Update(ctx, func(tx *meta.Tx) error {
		u, err := person(ctx, tx, v, user, berth.ActionAdminAccount)
		if err != nil {
			return err
		}
		if checkSubject(providerName) != nil || checkSubject(subject) != nil {
			return berth.ErrIdentityUnknown // not all databases can look for what is no text
		}
		if err := tx.LockUser(ctx, u.ID); err != nil {
			return err
		}
		if err := tx.DropIdentity(ctx, u.ID, providerName, subject); err != nil {
			return err
		}
		if !berth.Can(v, berth.Standing{}, berth.ActionSite) {
			another, err := tx.HasIdentity(ctx, u.ID)
			if err != nil {
				return err
			}
			if !another && u.PasswordHash == "" {
				return berth.ErrConflict.With("the account would have no way to sign in left; set a password first")
			}
		}
		mine := int64(0)
		if u.ID == v.UserID {
			mine = v.SessionID
		}
		if err := tx.DropSessions(ctx, u.ID, mine); err != nil {
			return err
		}
		return tx.AddEvent(ctx, v, berth.Event{
			At: now, OwnerID: u.ID, Owner: u.Name, Action: "identity.unlink", Target: u.Name, Detail: identityDetail(providerName, subject),
		})
	})
	s.changed()
	return err
}

// ListIdentities returns who a user is at outside providers, oldest first. Everybody
// may ask about himself, an administrator about all.
// Errors: berth.ErrDenied, berth.ErrUnauthenticated, berth.ErrOwnerUnknown.
func (s *Service) ListIdentities(ctx context.Context, v berth.Viewer, user string) ([]Identity, error) {
	var rows []meta.Identity
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		u, err := person(ctx, tx, v, user, berth.ActionReadAccount)
		if err != nil {
			return err
		}
		rows, err = tx.ListIdentities(ctx, u.ID, maxIdentities)
		return err
	})
	list := make([]Identity, len(rows))
	for i, r := range rows {
		list[i] = Identity{Provider: r.Provider, Title: r.Provider, Subject: r.Subject, CreatedAt: r.CreatedAt}
		if p, err := s.provider(r.Provider); err == nil {
			list[i].Title = p.Title
		}
	}
	return list, err
}

// person finds the account of that name, for which the viewer acts as its user or
// as an administrator. To others it is as if it were not there.
// Errors: berth.ErrUnauthenticated, berth.ErrOwnerUnknown, berth.ErrDenied.
func person(ctx context.Context, tx *meta.Tx, v berth.Viewer, name string, a berth.Action) (meta.User, error) {
	if v.Anonymous() {
		return meta.User{}, berth.ErrUnauthenticated
	}
	u, err := findUser(ctx, tx, name)
	if errors.Is(err, berth.ErrOwnerUnknown) {
		return u, berth.ErrOwnerUnknown.With("there is no account %s that %s may manage", name, v.Login)
	}
	if err != nil {
		return u, err
	}
	return u, self(v, u.ID, name, a)
}
