package account

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/berth-registry/berth"
)

const (
	providerTimeout  = 10 * time.Second
	maxProviderReply = 1 << 20 // bytes

	// discoveryLife is how long a provider's addresses are taken to be as they were.
	discoveryLife = time.Hour
	// discoveryPause is how long a provider that failed is left alone.
	discoveryPause = time.Second
)

// Provider is an outside identity provider that speaks OpenID Connect.
type Provider struct {
	Name         string // in addresses and in the database; never changes
	Title        string // as shown
	Issuer       string
	ClientID     string
	ClientSecret string // "" is a public client
	Scopes       []string
	LoginClaim   string // what the name of a new account is made of
	// AutoCreate makes an account for whoever the provider vouches for.
	AutoCreate bool
}

// provider is a Provider and what has been found out about it.
type provider struct {
	Provider

	now    func() time.Time
	client *http.Client
	guard  *guard
	busy   chan struct{} // has room for the one who asks the provider about itself
	found  atomic.Pointer[discovery]
}

// discovery is what a provider says about itself, or why it could not.
type discovery struct {
	provider *oidc.Provider // nil when it has never answered
	endpoint oauth2.Endpoint
	askedAt  time.Time
	failed   error // the last time
}

func newProvider(p Provider, now func() time.Time) *provider {
	if len(p.Scopes) == 0 {
		p.Scopes = []string{oidc.ScopeOpenID, "profile"}
	}
	if p.LoginClaim == "" {
		p.LoginClaim = "preferred_username"
	}
	if p.Title == "" {
		p.Title = p.Name
	}
	g := &guard{next: &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: providerTimeout}).DialContext,
		TLSHandshakeTimeout:   providerTimeout,
		ResponseHeaderTimeout: providerTimeout,
		MaxIdleConnsPerHost:   2,
		IdleConnTimeout:       time.Minute,
		ForceAttemptHTTP2:     true,
	}}
	g.allow(strings.TrimSuffix(p.Issuer, "/") + "/.well-known/openid-configuration")
	client := &http.Client{Transport: g, Timeout: providerTimeout, CheckRedirect: func(*http.Request, []*http.Request) error {
		return errors.New("the provider redirects, which its endpoints must not")
	}}
	return &provider{Provider: p, now: now, client: client, guard: g, busy: make(chan struct{}, 1)}
}

// guard is a transport that reaches only what the issuer has named, and reads only
// so much of it.
type guard struct {
	next    http.RoundTripper
	allowed atomic.Pointer[[]string]
}

func (g *guard) allow(urls ...string) { g.allowed.Store(&urls) }

// RoundTrip sends a request to one of the allowed addresses.
func (g *guard) RoundTrip(r *http.Request) (*http.Response, error) {
	u := r.URL.String()
	known := false
	for _, a := range *g.allowed.Load() {
		known = known || a != "" && a == u
	}
	if !known {
		return nil, fmt.Errorf("%s is no endpoint of the identity provider", r.URL.Redacted())
	}
	resp, err := g.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	resp.Body = &limitedBody{io.LimitedReader{R: resp.Body, N: maxProviderReply + 1}, resp.Body}
	return resp, nil
}

type limitedBody struct {
	io.LimitedReader

	io.Closer
}

// Read reads, until it is too much.
func (b *limitedBody) Read(p []byte) (int, error) {
	n, err := b.LimitedReader.Read(p)
	if b.N <= 0 {
		return n, fmt.Errorf("the answer is longer than %d bytes", maxProviderReply)
	}
	return n, err
}

// discover returns what the provider says about itself. It is asked when it is
// first needed, so that one that is down does not keep the registry from starting,
// and again from time to time. Errors: berth.ErrUnavailable.
func (p *provider) discover(ctx context.Context) (*discovery, error) {
	if d := p.found.Load(); d.current(p.now()) {
		return d.result(p.Title)
	}
	select {
	case p.busy <- struct{}{}:
		defer func() { <-p.busy }()
	case <-ctx.Done():
		return nil, berth.ErrUnavailable.Because(ctx.Err())
	}
	last := p.found.Load()
	if last.current(p.now()) { // somebody else has asked meanwhile
		return last.result(p.Title)
	}
	// What comes is for everybody, whether the one who asked waits for it or not.
	ask, cancel := context.WithTimeout(oidc.ClientContext(context.WithoutCancel(ctx), p.client), providerTimeout)
	defer cancel()
	fresh, err := p.ask(ask)
	if err != nil {
		fresh = &discovery{failed: err}
		if last != nil { // better than nothing
			fresh.provider, fresh.endpoint = last.provider, last.endpoint
		}
	}
	fresh.askedAt = p.now()
	p.found.Store(fresh)
	return fresh.result(p.Title)
}

func (d *discovery) current(now time.Time) bool {
	if d == nil {
		return false
	}
	age := now.Sub(d.askedAt)
	return age >= 0 && (age < discoveryPause || d.failed == nil && age < discoveryLife)
}

func (d *discovery) result(title string) (*discovery, error) {
	if d.provider == nil {
		return nil, berth.ErrUnavailable.With("the identity provider %s does not answer as it should; try again, or tell an administrator", title).Because(d.failed)
	}
	return d, nil
}

// ask reads the provider's discovery document.
func (p *provider) ask(ctx context.Context) (*discovery, error) {
	found, err := oidc.NewProvider(ctx, p.Issuer)
	if err != nil {
		return nil, err
	}
	var doc struct {
		Keys        string   `json:"jwks_uri"`
		AuthMethods []string `json:"token_endpoint_auth_methods_supported"`
	}
	if err := found.Claims(&doc); err != nil {
		return nil, err
	}
	e := found.Endpoint()
	for what, endpoint := range map[string]string{"authorization_endpoint": e.AuthURL, "token_endpoint": e.TokenURL, "jwks_uri": doc.Keys} {
		if err := p.checkEndpoint(endpoint); err != nil {
			return nil, fmt.Errorf("%s: %w", what, err)
		}
	}
	allowed := []string{strings.TrimSuffix(p.Issuer, "/") + "/.well-known/openid-configuration", e.TokenURL, doc.Keys}
	if info := found.UserInfoEndpoint(); p.checkEndpoint(info) == nil { // it is optional
		allowed = append(allowed, info)
	}
	p.guard.allow(allowed...)
	// Trying both would send a code twice, and a code is good once.
	e.AuthStyle = oauth2.AuthStyleInHeader
	if p.ClientSecret == "" || len(doc.AuthMethods) > 0 && !slices.Contains(doc.AuthMethods, "client_secret_basic") {
		e.AuthStyle = oauth2.AuthStyleInParams
	}
	return &discovery{provider: found, endpoint: e}, nil
}

// checkEndpoint reports whether an address is as safe as the issuer's.
func (p *provider) checkEndpoint(endpoint string) error {
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return fmt.Errorf("%.200q is no address", endpoint)
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !strings.HasPrefix(p.Issuer, "http://")) {
		return fmt.Errorf("%.200q is not https", endpoint)
	}
	return nil
}
