package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// challenge is one WWW-Authenticate header.
type challenge struct {
	scheme string // lower case
	params map[string]string
}

// parseChallenge reads `Scheme key="value",key=value`. Quoted values may hold
// commas (a scope "repository:a:pull,push" does) and backslash escapes.
func parseChallenge(header string) (challenge, error) {
	scheme, rest, _ := strings.Cut(strings.TrimSpace(header), " ")
	if scheme == "" {
		return challenge{}, errors.New("no WWW-Authenticate header")
	}
	c := challenge{scheme: strings.ToLower(scheme), params: map[string]string{}}
	for {
		rest = strings.TrimLeft(rest, " \t,")
		if rest == "" {
			return c, nil
		}
		key, after, ok := strings.Cut(rest, "=")
		if !ok {
			return challenge{}, fmt.Errorf("challenge %q: parameter without a value", header)
		}
		value, tail, err := challengeValue(strings.TrimLeft(after, " \t"))
		if err != nil {
			return challenge{}, fmt.Errorf("challenge %q: %w", header, err)
		}
		c.params[strings.ToLower(strings.TrimSpace(key))] = value
		rest = tail
	}
}

// challengeValue splits a token or quoted string off the front of s.
func challengeValue(s string) (value, rest string, err error) {
	if !strings.HasPrefix(s, `"`) {
		i := strings.IndexAny(s, ", \t")
		if i < 0 {
			return s, "", nil
		}
		return s[:i], s[i:], nil
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), s[i+1:], nil
		case s[i] == '\\' && i+1 < len(s):
			i++
		}
		b.WriteByte(s[i])
	}
	return "", "", errors.New("unterminated quote")
}

// bearer is a token and the moment from which it is no longer used.
type bearer struct {
	token string
	until time.Time
}

// authorizer answers challenges: none, Basic, or the docker token flow with one
// token per repository, fetched once and again shortly before it expires.
type authorizer struct {
	http     *http.Client
	user     string
	password string
	now      func() time.Time

	mu     sync.Mutex
	chal   challenge // zero until the registry asked for anything
	tokens map[string]bearer
}

// newAuthorizer returns an authorizer that has seen no challenge yet.
func newAuthorizer(hc *http.Client, user, password string, now func() time.Time) *authorizer {
	return &authorizer{http: hc, user: user, password: password, now: now, tokens: map[string]bearer{}}
}

// header returns the Authorization value for a request about repo (empty for
// the registry as a whole), or "" when the registry wants none.
func (a *authorizer) header(ctx context.Context, repo string) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch a.chal.scheme {
	case "":
		return "", nil
	case "basic":
		r := http.Request{Header: http.Header{}}
		r.SetBasicAuth(a.user, a.password)
		return r.Header.Get("Authorization"), nil
	}
	b, ok := a.tokens[repo]
	if !ok || !a.now().Before(b.until) {
		var err error
		if b, err = a.fetch(ctx, repo); err != nil {
			return "", err
		}
		a.tokens[repo] = b
	}
	return "Bearer " + b.token, nil
}

// challenged takes note of a 401 answer to a request about repo that had been
// sent with the given Authorization value.
func (a *authorizer) challenged(repo, sent, header string) error {
	c, err := parseChallenge(header)
	if err != nil {
		return err
	}
	if c.scheme != "basic" && (c.scheme != "bearer" || c.params["realm"] == "") {
		return fmt.Errorf("challenge %q: neither Basic nor Bearer with a realm", header)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.chal = c
	// Another request may have replaced the refused token in the meantime.
	if b, ok := a.tokens[repo]; ok && sent == "Bearer "+b.token {
		delete(a.tokens, repo)
	}
	return nil
}

// usesTokens reports whether the registry asked for the token flow.
func (a *authorizer) usesTokens() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.chal.scheme == "bearer"
}

// tokenURL is where a token for repo is had. The caller holds a.mu.
func (a *authorizer) tokenURL(repo string) (string, error) {
	u, err := url.Parse(a.chal.params["realm"])
	if err != nil {
		return "", err
	}
	q := u.Query()
	if s := a.chal.params["service"]; s != "" {
		q.Set("service", s)
	}
	if repo != "" {
		q.Set("scope", "repository:"+repo+":pull,push")
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// fetch asks the realm for a token. The caller holds a.mu, so that many
// connections in need of one token ask once.
func (a *authorizer) fetch(ctx context.Context, repo string) (bearer, error) {
	u, err := a.tokenURL(repo)
	if err != nil {
		return bearer{}, err
	}
	return a.get(ctx, u)
}

// request performs the token request for repo and forgets the token: it is the
// operation of the token scenario.
func (a *authorizer) request(ctx context.Context, repo string) error {
	a.mu.Lock()
	u, err := a.tokenURL(repo)
	a.mu.Unlock()
	if err != nil {
		return err
	}
	_, err = a.get(ctx, u)
	return err
}

// get performs one token request.
func (a *authorizer) get(ctx context.Context, u string) (bearer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u, http.NoBody)
	if err != nil {
		return bearer{}, err
	}
	if a.user != "" {
		req.SetBasicAuth(a.user, a.password)
	}
	resp, err := a.http.Do(req)
	if err != nil {
		return bearer{}, fmt.Errorf("token: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return bearer{}, fmt.Errorf("token: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return bearer{}, fmt.Errorf("token: %s: %s", resp.Status, snippet(body))
	}
	return parseToken(body, a.now())
}

// parseToken reads the answer of a token endpoint received at now. The
// protocol's default life is 60 seconds; a tenth of it, at most 10 seconds, is
// left as a margin for the requests under way.
func parseToken(body []byte, now time.Time) (bearer, error) {
	var t struct {
		Token       string `json:"token"`
		AccessToken string `json:"access_token"`
		ExpiresIn   int    `json:"expires_in"`
	}
	if err := json.Unmarshal(body, &t); err != nil {
		return bearer{}, fmt.Errorf("token: %w", err)
	}
	if t.Token == "" {
		t.Token = t.AccessToken
	}
	if t.Token == "" {
		return bearer{}, errors.New("token: the answer holds none")
	}
	life := time.Duration(t.ExpiresIn) * time.Second
	if life <= 0 {
		life = time.Minute
	}
	return bearer{t.Token, now.Add(life - min(life/10, 10*time.Second))}, nil
}
