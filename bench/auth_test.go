package main

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestParseChallenge(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		header, scheme string // scheme empty: refused
		params         map[string]string
	}{
		{
			`Bearer realm="http://h/token",service="h",scope="repository:a/b:pull,push"`, "bearer",
			map[string]string{"realm": "http://h/token", "service": "h", "scope": "repository:a/b:pull,push"},
		},
		{`bearer Realm = "x" ,  service=y , error="invalid_token"`, "bearer", map[string]string{"realm": "x", "service": "y", "error": "invalid_token"}},
		{`Basic realm="say \"please\""`, "basic", map[string]string{"realm": `say "please"`}},
		{`Negotiate`, "negotiate", map[string]string{}},
		{``, "", nil},
		{`Bearer realm="open`, "", nil},
		{`Bearer realm`, "", nil},
	} {
		t.Run(tc.header, func(t *testing.T) {
			t.Parallel()
			got, err := parseChallenge(tc.header)
			if (err != nil) != (tc.scheme == "") {
				t.Fatalf("parseChallenge: %v", err)
			}
			if got.scheme != tc.scheme || !maps.Equal(got.params, tc.params) {
				t.Errorf("parseChallenge = %+v, want %s %v", got, tc.scheme, tc.params)
			}
		})
	}
}

func TestParseToken(t *testing.T) {
	t.Parallel()
	now := time.Unix(1000, 0)
	for _, tc := range []struct {
		body  string
		token string // empty: refused
		life  time.Duration
	}{
		{`{"token":"a","expires_in":300}`, "a", 290 * time.Second},
		{`{"access_token":"b","expires_in":20}`, "b", 18 * time.Second},
		{`{"token":"c","access_token":"d"}`, "c", 54 * time.Second},
		{`{}`, "", 0},
		{`<html>`, "", 0},
	} {
		t.Run(tc.body, func(t *testing.T) {
			t.Parallel()
			got, err := parseToken([]byte(tc.body), now)
			if (err != nil) != (tc.token == "") {
				t.Fatalf("parseToken: %v", err)
			}
			if err == nil && (got.token != tc.token || !got.until.Equal(now.Add(tc.life))) {
				t.Errorf("parseToken = %+v, want %s for %v", got, tc.token, tc.life)
			}
		})
	}
}

// tokenServer guards everything with the token flow. A token is good for the
// repository it was issued for, until revoked.
type tokenServer struct {
	mu     sync.Mutex
	issued []string // scopes asked for, in order
	valid  map[string]string
	bodies []string // what was uploaded
}

// ServeHTTP answers /token and, with a good token, anything else.
func (s *tokenServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.URL.Path == "/token" {
		s.token(w, r)
		return
	}
	repo := strings.TrimPrefix(strings.Split(r.URL.Path, "/blobs/")[0], "/v2/")
	if token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "); token == "" || s.valid[token] != repo {
		w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="http://%s/token",service="test",scope="repository:%s:pull"`, r.Host, repo))
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	b, err := io.ReadAll(r.Body)
	if err == nil && len(b) > 0 {
		s.bodies = append(s.bodies, string(b))
	}
}

// token issues a token for the scope asked for. The caller holds s.mu.
func (s *tokenServer) token(w http.ResponseWriter, r *http.Request) {
	user, password, _ := r.BasicAuth()
	if user != "u" || password != "p" || r.FormValue("service") != "test" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	scope := r.FormValue("scope")
	s.issued = append(s.issued, scope)
	token := fmt.Sprintf("t%d", len(s.issued))
	repo := strings.TrimSuffix(strings.TrimPrefix(scope, "repository:"), ":pull,push")
	s.valid[token] = repo
	_, _ = fmt.Fprintf(w, `{"token":%q,"expires_in":60}`, token)
}

// revoke makes all issued tokens bad.
func (s *tokenServer) revoke() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.valid)
}

// want checks the scopes asked for so far.
func (s *tokenServer) want(t *testing.T, after string, scopes ...string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if got, want := strings.Join(s.issued, " "), strings.Join(scopes, " "); got != want {
		t.Errorf("%s: scopes asked for: %q, want %q", after, got, want)
	}
}

func TestTokenFlow(t *testing.T) {
	t.Parallel()
	srv := &tokenServer{valid: map[string]string{}}
	c := testClient(t, srv)
	now := time.Unix(1000, 0)
	c.auth.now = func() time.Time { return now }
	get := func(repo string) {
		t.Helper()
		if err := c.fetchBlob(t.Context(), repo, "x", 0); err != nil {
			t.Fatal(err)
		}
	}
	const a, b = "repository:n/a:pull,push", "repository:n/b:pull,push"

	get("n/a")
	get("n/a")
	srv.want(t, "two requests", a)
	get("n/b")
	get("n/a")
	srv.want(t, "another repository", a, b)
	now = now.Add(53 * time.Second)
	get("n/a")
	srv.want(t, "before the expiry", a, b)
	now = now.Add(2 * time.Second)
	get("n/a")
	srv.want(t, "shortly before the expiry", a, b, a)
	srv.revoke()
	get("n/a")
	srv.want(t, "a refused token", a, b, a, a)
	if !c.auth.usesTokens() {
		t.Error("usesTokens = false")
	}
	if err := c.auth.request(t.Context(), "n/a"); err != nil {
		t.Error(err)
	}
	srv.want(t, "the token operation", a, b, a, a, a)
}

// TestTokenOnceForMany has many connections in need of the same token.
func TestTokenOnceForMany(t *testing.T) {
	t.Parallel()
	srv := &tokenServer{valid: map[string]string{}}
	c := testClient(t, srv)
	if err := c.fetchBlob(t.Context(), "n/first", "x", 0); err != nil { // learn the challenge
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			if err := c.fetchBlob(t.Context(), "n/a", "x", 0); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	srv.want(t, "16 requests at once", "repository:n/first:pull,push", "repository:n/a:pull,push")
}

// TestBodySentAgain has an upload refused, and sent again from its beginning.
func TestBodySentAgain(t *testing.T) {
	t.Parallel()
	srv := &tokenServer{valid: map[string]string{}}
	c := testClient(t, srv)
	r := request{
		method: http.MethodPatch, repo: "n/a", url: "/v2/n/a/blobs/uploads/1", size: -1,
		body: func() io.Reader { return strings.NewReader("content") },
	}
	if _, err := c.do(t.Context(), r, http.StatusOK); err != nil {
		t.Fatal(err)
	}
	if len(srv.bodies) != 1 || srv.bodies[0] != "content" {
		t.Errorf("uploaded %q, want content once", srv.bodies)
	}
}

func TestWrongPassword(t *testing.T) {
	t.Parallel()
	c := testClient(t, &tokenServer{valid: map[string]string{}})
	c.auth.password = "wrong"
	err := c.fetchBlob(t.Context(), "n/a", "x", 0)
	if err == nil || !strings.Contains(err.Error(), "token: 401") {
		t.Errorf("fetchBlob = %v, want the token endpoint's refusal", err)
	}
}
