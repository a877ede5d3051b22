package account_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
)

// issuer is an identity provider that can be told to lie.
type issuer struct {
	*httptest.Server

	t     *testing.T
	clock *berthtest.Clock

	mu       sync.Mutex
	key      *ecdsa.PrivateKey
	kid      string
	method   jwt.SigningMethod
	claims   jwt.MapClaims // put over the right ones; nil leaves out
	userinfo map[string]any
	doc      map[string]any // put over the discovery document
	sign     *ecdsa.PrivateKey
	down     bool
	redirect bool
	huge     bool
	basic    string // client credentials that came last
	asked    map[string]int
	codes    map[string]url.Values // authorization requests by code
}

func newIssuer(t *testing.T, clock *berthtest.Clock) *issuer {
	t.Helper()
	i := &issuer{t: t, clock: clock, method: jwt.SigningMethodES256, asked: map[string]int{}, codes: map[string]url.Values{}}
	i.rotate("1")
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", i.discovery)
	mux.HandleFunc("/keys", i.keys)
	mux.HandleFunc("/token", i.token)
	mux.HandleFunc("/userinfo", func(w http.ResponseWriter, _ *http.Request) { i.json(w, i.userinfo) })
	i.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.asked[r.URL.Path]++
		switch {
		case i.down:
			http.Error(w, "down", http.StatusServiceUnavailable)
		case i.redirect:
			http.Redirect(w, r, "/elsewhere"+r.URL.Path, http.StatusTemporaryRedirect)
		case i.huge:
			_, _ = w.Write([]byte(`{"a":"` + strings.Repeat("x", 2<<20) + `"}`))
		default:
			mux.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(i.Close)
	return i
}

// set changes the issuer between requests.
func (i *issuer) set(change func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	change()
}

func (i *issuer) rotate(kid string) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		i.t.Fatal(err)
	}
	i.key, i.kid, i.sign = key, kid, key
}

func (i *issuer) discovery(w http.ResponseWriter, _ *http.Request) {
	doc := map[string]any{
		"issuer": i.URL, "authorization_endpoint": i.URL + "/authorize", "token_endpoint": i.URL + "/token",
		"jwks_uri": i.URL + "/keys", "userinfo_endpoint": i.URL + "/userinfo",
		"id_token_signing_alg_values_supported": []string{"ES256", "none", "HS256"},
	}
	maps.Copy(doc, i.doc)
	i.json(w, doc)
}

func (i *issuer) keys(w http.ResponseWriter, _ *http.Request) {
	point, err := i.key.PublicKey.Bytes() // 4, x, y
	if err != nil {
		i.t.Error(err)
	}
	b64 := base64.RawURLEncoding.EncodeToString
	i.json(w, map[string]any{"keys": []any{map[string]any{
		"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": i.kid, "x": b64(point[1:33]), "y": b64(point[33:]),
	}}})
}

func (i *issuer) json(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		i.t.Error(err)
	}
}

// visit does what the browser and a person do at the provider, and returns the
// query of the way back.
func (i *issuer) visit(authURL string) url.Values {
	i.t.Helper()
	u, err := url.Parse(authURL)
	if err != nil {
		i.t.Fatal(err)
	}
	q := u.Query()
	if q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" || q.Get("client_id") != "berth" || q.Get("nonce") == "" {
		i.t.Fatalf("authorization request %s", authURL)
	}
	code := rand.Text()
	i.set(func() { i.codes[code] = q })
	return url.Values{"state": {q.Get("state")}, "code": {code}}
}

func (i *issuer) token(w http.ResponseWriter, r *http.Request) {
	code := r.PostFormValue("code")
	asked, ok := i.codes[code]
	delete(i.codes, code)
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if !ok || base64.RawURLEncoding.EncodeToString(sum[:]) != asked.Get("code_challenge") || r.PostFormValue("redirect_uri") != asked.Get("redirect_uri") {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error":"invalid_grant","error_description":"<secret>"}`))
		return
	}
	user, password, _ := r.BasicAuth()
	i.basic = user + ":" + password
	now := i.clock.Now()
	claims := jwt.MapClaims{
		"iss": i.URL, "sub": "subject-1", "aud": "berth", "nonce": asked.Get("nonce"),
		"iat": now.Unix(), "exp": now.Unix() + 300, "preferred_username": "Grace",
	}
	for k, v := range i.claims {
		claims[k] = v
		if v == nil {
			delete(claims, k)
		}
	}
	t := jwt.NewWithClaims(i.method, claims)
	t.Header["kid"] = i.kid
	var key any = i.sign
	switch i.method {
	case jwt.SigningMethodNone:
		key = jwt.UnsafeAllowNoneSignatureType
	case jwt.SigningMethodHS256: // with what everybody knows as secret
		key, _ = i.key.PublicKey.Bytes()
	}
	signed, err := t.SignedString(key)
	if err != nil {
		i.t.Error(err)
	}
	i.json(w, map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": signed})
}

// provider returns the settings for this issuer.
func (i *issuer) provider(name string) account.Provider {
	return account.Provider{Name: name, Title: "The Corp", Issuer: i.URL, ClientID: "berth", ClientSecret: "s3cret", AutoCreate: true}
}

const callback = "http://berth.test/login/oidc/corp/callback"

// comeIn goes the whole way.
func comeIn(t *testing.T, s *account.Service, i *issuer) (account.SignedIn, error) {
	t.Helper()
	authURL, state, err := s.BeginSignIn(t.Context(), "corp", callback, "/next")
	if err != nil {
		return account.SignedIn{}, err
	}
	return s.FinishSignIn(t.Context(), "corp", callback, state, i.visit(authURL), "192.0.2.1", "test")
}

func describe(err error) string {
	if err == nil {
		return ""
	}
	return fmt.Sprintf("%v", err)
}
