package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/berth-registry/berth"
)

const (
	sealSignIn = "sign-in through a provider"
	// signInLife is how long somebody may take at the provider.
	signInLife = 10 * time.Minute

	maxSubject = 255 // bytes; OpenID Connect Core, section 2
	maxNext    = 2048
)

// signInState is what must be remembered between the way to the provider and the
// way back. It is sealed into a cookie, so that every replica can read it and
// nobody else: the verifier and the nonce are secrets.
type signInState struct {
	Provider    string    `json:"p"`
	State       string    `json:"s"`
	Nonce       string    `json:"n"`
	Verifier    string    `json:"v"`
	RedirectURL string    `json:"r"`
	Next        string    `json:"x"`
	Expires     time.Time `json:"e"`
}

// SignedIn is somebody who came back from a provider and may come in.
type SignedIn struct {
	UserID  int64
	Login   string
	Next    string // where he wanted to go
	Created bool   // the account is new
	Session Session
}

// Providers returns the identity providers through which people can sign in, in the
// order of the configuration, without their secrets.
func (s *Service) Providers() []Provider {
	list := make([]Provider, len(s.providers))
	for i, p := range s.providers {
		list[i] = p.Provider
		list[i].ClientSecret = ""
	}
	return list
}

// RegistrationOpen reports whether anybody may make an account.
func (s *Service) RegistrationOpen() bool { return s.opts.Registration }

func (s *Service) provider(name string) (*provider, error) {
	for _, p := range s.providers {
		if p.Name == name {
			return p, nil
		}
	}
	return nil, berth.ErrProviderUnknown.With("%.64q is not in the configuration of this registry", name)
}

// BeginSignIn returns the address at a provider where somebody signs in, and a
// state for a cookie of his browser, good for ten minutes. The provider will send
// him back to redirectURL. Next is where he wants to go after that.
// Errors: berth.ErrProviderUnknown, berth.ErrRequestInvalid, berth.ErrUnavailable.
func (s *Service) BeginSignIn(ctx context.Context, providerName, redirectURL, next string) (authURL, state string, err error) {
	p, err := s.provider(providerName)
	if err != nil {
		return "", "", err
	}
	if len(next) > maxNext || len(redirectURL) > maxNext {
		return "", "", berth.ErrRequestInvalid.With("the address to go on to is longer than %d bytes", maxNext)
	}
	d, err := p.discover(ctx)
	if err != nil {
		return "", "", err
	}
	st := signInState{
		Provider: p.Name, State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(),
		RedirectURL: redirectURL, Next: next, Expires: s.now().Add(signInLife),
	}
	state, err = s.sealJSON(sealSignIn, st)
	authURL = p.oauth2(d, redirectURL).AuthCodeURL(st.State, oauth2.S256ChallengeOption(st.Verifier), oidc.Nonce(st.Nonce))
	return authURL, state, err
}

// FinishSignIn opens a session for somebody who comes back from a provider, with the
// state that BeginSignIn gave and the query of the address that he was sent back to.
// A second factor is the provider's affair. The account is found by what the provider calls its subject and never by a name or a
// mail address, which people can often choose there. Where there is none it is made,
// if the provider is configured so.
// Errors: berth.ErrProviderUnknown, berth.ErrSignInInvalid, berth.ErrUnavailable,
// berth.ErrDenied when there is no account and none is made,
// berth.ErrOwnerExists and berth.ErrOwnerInvalid when the name does not do,
// berth.ErrCredentialsInvalid when the account is blocked.
func (s *Service) FinishSignIn(ctx context.Context, providerName, redirectURL, state string, query url.Values, address, userAgent string) (SignedIn, error) {
	p, err := s.provider(providerName)
	if err != nil {
		return SignedIn{}, err
	}
	st, err := s.checkState(p, redirectURL, state, query)
	if err != nil {
		return SignedIn{}, err
	}
	d, err := p.discover(ctx)
	if err != nil {
		return SignedIn{}, err
	}
	who, err := s.exchange(ctx, p, d, st, query.Get("code"))
	if err != nil {
		return SignedIn{}, err
	}
	in, err := s.admit(ctx, p, who, address, userAgent)
	in.Next = st.Next
	return in, err
}

// checkState opens the state of the cookie and compares it with what came back.
func (s *Service) checkState(p *provider, redirectURL, state string, query url.Values) (signInState, error) {
	var st signInState
	if state == "" {
		return st, berth.ErrSignInInvalid.With("this browser did not start it, or took longer than %s, or refuses cookies; start again", signInLife)
	}
	if err := s.openJSON(sealSignIn, state, &st); err != nil {
		return st, berth.ErrSignInInvalid.With("the cookie that started it is damaged; start again").Because(err)
	}
	switch {
	case st.Provider != p.Name || st.RedirectURL != redirectURL ||
		subtle.ConstantTimeCompare([]byte(st.State), []byte(query.Get("state"))) != 1:
		return st, berth.ErrSignInInvalid.With("the answer belongs to another sign-in than the last that this browser started; start again")
	case !s.now().Before(st.Expires):
		return st, berth.ErrSignInInvalid.With("it took longer than %s; start again", signInLife)
	case query.Has("iss") && query.Get("iss") != p.Issuer: // RFC 9207
		return st, berth.ErrSignInInvalid.With("the answer comes from another provider than %s", p.Title)
	case query.Has("error"):
		return st, berth.ErrSignInInvalid.With("%s says %.60q", p.Title, query.Get("error"))
	case query.Get("code") == "" || len(query.Get("code")) > maxNext:
		return st, berth.ErrSignInInvalid.With("%s has sent no code", p.Title)
	}
	return st, nil
}

// outsider is somebody as a provider describes him. Only the subject is proof of
// who he is.
type outsider struct {
	subject string
	claims  map[string]any
	more    func(context.Context) (map[string]any, error) // asks the provider for the rest
}

// exchange turns the code into what the provider says about who came.
func (s *Service) exchange(ctx context.Context, p *provider, d *discovery, st signInState, code string) (outsider, error) {
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, p.client), providerTimeout)
	defer cancel()
	token, err := p.oauth2(d, st.RedirectURL).Exchange(ctx, code, oauth2.VerifierOption(st.Verifier))
	if err != nil {
		if refusal, ok := errors.AsType[*oauth2.RetrieveError](err); ok && refusal.Response.StatusCode < 500 {
			// Its text is the provider's, and may hold anything.
			return outsider{}, berth.ErrSignInInvalid.With("%s does not accept its own code; it is good once and not for long, so start again", p.Title).
				Because(fmt.Errorf("%s %q", refusal.Response.Status, refusal.ErrorCode))
		}
		return outsider{}, berth.ErrUnavailable.With("the identity provider %s does not answer as it should; try again", p.Title).Because(err)
	}
	raw, _ := token.Extra("id_token").(string)
	who, err := s.verifyIdentity(ctx, p, d, raw, st.Nonce)
	if err != nil {
		return who, berth.ErrSignInInvalid.With("what %s says about you cannot be verified; tell an administrator", p.Title).Because(err)
	}
	who.more = func(ctx context.Context) (map[string]any, error) {
		ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, p.client), providerTimeout)
		defer cancel()
		info, err := d.provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
		if err != nil {
			return nil, err
		}
		var claims map[string]any
		if info.Subject != who.subject { // OpenID Connect Core, section 5.3.2
			return nil, errors.New("userinfo is about somebody else")
		}
		return claims, info.Claims(&claims)
	}
	return who, nil
}

// verifyIdentity checks an ID token: signature, issuer, audience, time, nonce.
func (s *Service) verifyIdentity(ctx context.Context, p *provider, d *discovery, raw, nonce string) (outsider, error) {
	if raw == "" {
		return outsider{}, errors.New("no ID token; is openid among the scopes?")
	}
	// Without a list of its own the verifier takes what the provider announces,
	// of which the library knows only signatures by public keys: never none.
	token, err := d.provider.Verifier(&oidc.Config{ClientID: p.ClientID, Now: s.now}).Verify(ctx, raw)
	if err != nil {
		return outsider{}, err
	}
	who := outsider{subject: token.Subject}
	if err := token.Claims(&who.claims); err != nil {
		return outsider{}, err
	}
	azp, named := who.claims["azp"]
	switch {
	case token.Nonce == "" || subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(nonce)) != 1:
		return outsider{}, errors.New("nonce differs")
	case (named || len(token.Audience) > 1) && azp != any(p.ClientID):
		return outsider{}, errors.New("it was made for another client (azp)")
	}
	return who, checkSubject(token.Subject)
}

func (p *provider) oauth2(d *discovery, redirectURL string) *oauth2.Config {
	return &oauth2.Config{
		ClientID: p.ClientID, ClientSecret: p.ClientSecret, Endpoint: d.endpoint, RedirectURL: redirectURL, Scopes: p.Scopes,
	}
}

// sealJSON makes text, fit for a cookie or an address, that only this registry can
// make and read.
func (s *Service) sealJSON(purpose string, v any) (string, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(s.sealer.seal(purpose, plain)), nil
}

// openJSON reads what sealJSON made for the same purpose. Errors: errSealed.
func (s *Service) openJSON(purpose, text string, v any) error {
	sealed, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return errSealed
	}
	plain, err := s.sealer.open(purpose, sealed)
	if err != nil {
		return err
	}
	return json.Unmarshal(plain, v)
}
