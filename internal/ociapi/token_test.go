package ociapi_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
)

func basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

type tokenReply struct {
	Token       string `json:"token"`
	AccessToken string `json:"access_token"`
	Scope       string `json:"scope"`
	ExpiresIn   int    `json:"expires_in"`
	IssuedAt    string `json:"issued_at"`
}

func decode[T any](t *testing.T, r *berthtest.Response) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(r.Body, &v); err != nil {
		t.Fatalf("%v: %q", err, r.Body)
	}
	return v
}

func TestPingChallenges(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	for _, path := range []string{"/v2", "/v2/"} {
		r := s.As("").Get(path).Want(http.StatusUnauthorized)
		if got := r.Code(); got != "UNAUTHORIZED" {
			t.Errorf("code %s", got)
		}
		host := strings.TrimPrefix(s.URL, "http://")
		want := []string{`Bearer realm="` + s.URL + `/token",service="` + host + `"`}
		if diff := cmp.Diff(want, r.Header.Values("WWW-Authenticate")); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
		if got := r.Header.Get("Docker-Distribution-Api-Version"); got != "registry/2.0" {
			t.Errorf("version header %q", got)
		}
	}
	// A login asks for no scope, and its token must open /v2/.
	s.As("ada").Bearer().Get("/v2/").Want(http.StatusOK)
	// Basic works there too, with a token as the password.
	s.With(basic("ada", s.Token("ada", berth.ScopeAll, 0))).Get("/v2/").Want(http.StatusOK)
}

func TestChallengeNamesTheScope(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	digest := "sha256:" + strings.Repeat("0", 64)
	tests := []struct{ method, path, want string }{
		{"GET", "/v2/ada/app/manifests/v1", "repository:ada/app:pull"},
		{"HEAD", "/v2/ada/app/blobs/" + digest, "repository:ada/app:pull"},
		{"GET", "/v2/ada/app/tags/list", "repository:ada/app:pull"},
		{"GET", "/v2/ada/app/referrers/" + digest, "repository:ada/app:pull"},
		{"PUT", "/v2/ada/app/manifests/v1", "repository:ada/app:pull,push"},
		{"POST", "/v2/ada/app/blobs/uploads/", "repository:ada/app:pull,push"},
		{"DELETE", "/v2/ada/app/manifests/v1", "repository:ada/app:pull,delete"},
		{"GET", "/v2/_catalog", "registry:catalog:*"},
	}
	for _, tt := range tests {
		r := s.As("").Do(tt.method, tt.path, nil).Want(http.StatusUnauthorized)
		challenges := r.Header.Values("WWW-Authenticate")
		if len(challenges) != 1 || !strings.HasSuffix(challenges[0], `,scope="`+tt.want+`"`) {
			t.Errorf("%s %s: %q, want scope %s", tt.method, tt.path, challenges, tt.want)
		}
	}
}

func TestTokenGrantsTheIntersection(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	s.As("ada").PushImage("ada/private", "v1", "1")
	s.As("ada").PushImage("ada/public", "v1", "2")
	s.As("ada").PushImage("ada/internal", "v1", "3")
	s.SetVisibility("ada/public", berth.VisibilityPublic)
	s.SetVisibility("ada/internal", berth.VisibilityInternal)
	all := "pull,push,delete"
	tests := []struct {
		name, user string
		scopes     []string
		want       string
	}{
		{"owner", "ada", []string{"repository:ada/private:" + all}, "repository:ada/private:pull,push,delete"},
		{"star", "ada", []string{"repository:ada/private:*"}, "repository:ada/private:pull,push,delete"},
		{"new package", "ada", []string{"repository:ada/new:pull,push"}, "repository:ada/new:pull,push"},
		{"stranger private", "bob", []string{"repository:ada/private:" + all}, ""},
		{"stranger internal", "bob", []string{"repository:ada/internal:" + all}, "repository:ada/internal:pull"},
		{"stranger public", "bob", []string{"repository:ada/public:" + all}, "repository:ada/public:pull"},
		{"anonymous private", "", []string{"repository:ada/private:" + all}, ""},
		{"anonymous internal", "", []string{"repository:ada/internal:pull"}, ""},
		{"anonymous public", "", []string{"repository:ada/public:" + all}, "repository:ada/public:pull"},
		{"member", "mia", []string{"repository:acme/x:pull,push"}, "repository:acme/x:pull,push"},
		{"several parameters", "ada", []string{"repository:ada/a:pull", "repository:ada/b:push"}, "repository:ada/a:pull repository:ada/b:push"},
		{"a list", "ada", []string{"repository:ada/a:pull repository:ada/b:push"}, "repository:ada/a:pull repository:ada/b:push"},
		{"the same twice", "ada", []string{"repository:ada/a:pull", "repository:ada/a:pull,push"}, "repository:ada/a:pull,push"},
		{"one of two", "bob", []string{"repository:bob/x:pull,push", "repository:ada/private:pull"}, "repository:bob/x:pull,push"},
		{"class", "ada", []string{"repository(plugin):ada/a:pull"}, "repository:ada/a:pull"},
		{"a mirror's original name", "ada", []string{"repository:docker.io:443/library/x:pull", "repository:ada/a:pull"}, "repository:ada/a:pull"},
		{"nonsense", "ada", []string{"x", ":::", "repository:ada/a", "repository::pull", "repository:../x:pull", "a:b:c"}, ""},
		{"no owner", "ada", []string{"repository:app:pull"}, ""},
		{"owner unknown", "ada", []string{"repository:ghost/app:pull,push"}, ""},
		{"catalog", "", []string{"registry:catalog:*"}, "registry:catalog:*"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := s.As(tt.user).Get("/token?" + url.Values{"scope": tt.scopes, "service": {"x"}, "account": {"root"}}.Encode())
			reply := decode[tokenReply](t, r.Want(http.StatusOK))
			if reply.Scope != tt.want {
				t.Errorf("scope %q, want %q", reply.Scope, tt.want)
			}
			if reply.Token == "" || reply.Token != reply.AccessToken || reply.ExpiresIn < 60 {
				t.Errorf("reply %+v", reply)
			}
			if _, err := time.Parse(time.RFC3339, reply.IssuedAt); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestTokenPost(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	pat := s.Token("ada", berth.ScopeReadPackages|berth.ScopeWritePackages, 0)
	post := func(form url.Values) *berthtest.Response {
		return s.As("").Do(http.MethodPost, "/token", strings.NewReader(form.Encode()), "Content-Type", "application/x-www-form-urlencoded")
	}
	r := post(url.Values{
		"grant_type": {"password"}, "username": {"ada"}, "password": {pat}, "service": {"x"}, "client_id": {"containerd"},
		"access_type": {"offline"}, "scope": {"repository:ada/a:pull,push,delete repository:ada/b:pull"},
	}).Want(http.StatusOK)
	reply := decode[tokenReply](t, r)
	if want := "repository:ada/a:pull,push repository:ada/b:pull"; reply.Scope != want {
		t.Errorf("scope %q, want %q", reply.Scope, want)
	}
	if strings.Contains(string(r.Body), "refresh_token") {
		t.Error("a refresh token was given")
	}
	s.With("Bearer "+reply.AccessToken).Do(http.MethodPost, "/v2/ada/a/blobs/uploads/", nil).Want(http.StatusAccepted)

	for name, form := range map[string]url.Values{
		"wrong password": {"grant_type": {"password"}, "username": {"ada"}, "password": {"wrong"}},
		"wrong user":     {"grant_type": {"password"}, "username": {"bob"}, "password": {pat}},
		"nothing":        {"grant_type": {"password"}},
	} {
		if got := post(form).Want(http.StatusUnauthorized).Code(); got != "UNAUTHORIZED" {
			t.Errorf("%s: %s", name, got)
		}
	}
	post(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"x"}}).Want(http.StatusBadRequest).Code()
	post(url.Values{"grant_type": {"password"}, "x": {strings.Repeat("y", 100_000)}}).Want(http.StatusRequestEntityTooLarge).Code()
}

func TestWrongCredentials(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	s.As("ada").PushImage("ada/public", "v1", "2")
	s.SetVisibility("ada/public", berth.VisibilityPublic)
	short := s.Token("ada", berth.ScopeAll, time.Hour)
	good := s.Token("ada", berth.ScopeAll, 0)
	s.Clock.Advance(2 * time.Hour)
	tests := []struct{ name, header, says string }{
		{"password", basic("ada", "wrong"), "password is wrong"},
		{"no such user", basic("nobody", "wrong"), "password is wrong"},
		{"empty", basic("", ""), "empty"},
		{"token of another", basic("bob", good), "does not belong"},
		{"typo", basic("ada", good[:len(good)-1]+"~"), "checksum"},
		{"cut off", basic("ada", good[:20]), "checksum"},
		{"expired", basic("ada", short), "expired"},
		{"garbage bearer", "Bearer garbage", "bearer"},
		{"dots", "Bearer " + strings.Repeat(".", 10_000), "bearer"},
		{"long", "Bearer " + strings.Repeat("a", 40_000), "bearer"},
		{"scheme", "Digest x", "Basic or Bearer"},
		{"not base64", "Basic !", "base64"},
		{"no colon", "Basic YWRh", "base64"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, path := range []string{"/token?scope=repository:ada/public:pull", "/v2/", "/v2/ada/public/manifests/v1"} {
				r := s.With(tt.header).Get(path).Want(http.StatusUnauthorized)
				if r.Code() != "UNAUTHORIZED" || !strings.Contains(string(r.Body), tt.says) {
					t.Errorf("%s: %s, want it to say %q", path, r.Body, tt.says)
				}
			}
		})
	}
	// Two headers are not a choice.
	s.With(basic("ada", good)).Do("GET", "/v2/", nil, "Authorization", "Bearer x").Want(http.StatusUnauthorized)
	// A bearer is not a credential for another.
	bearer := s.As("ada").Bearer("repository:ada/public:pull")
	bearer.Get("/token").Want(http.StatusUnauthorized)
}

func TestTokenOfTheWrongKind(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	s.As("ada").PushImage("ada/app", "v1", "1")
	scope := "repository:ada/app:pull,push,delete"
	reader := s.With(basic("ada", s.Token("ada", berth.ScopeReadPackages, 0)))
	reader.Bearer(scope).Get("/v2/ada/app/manifests/v1").Want(http.StatusOK)
	r := reader.Bearer(scope).Do("POST", "/v2/ada/app/blobs/uploads/", nil).Want(http.StatusForbidden)
	if r.Code() != "DENIED" || !strings.Contains(string(r.Body), "write:packages") {
		t.Errorf("%s", r.Body)
	}
	writer := s.With(basic("ada", s.Token("ada", berth.ScopeReadPackages|berth.ScopeWritePackages, 0)))
	writer.Bearer(scope).Do("POST", "/v2/ada/app/blobs/uploads/", nil).Want(http.StatusAccepted)
	writer.Bearer(scope).Do("DELETE", "/v2/ada/app/manifests/v1", nil).Want(http.StatusForbidden)
	// A token that is not for packages cannot even log in.
	none := s.With(basic("ada", s.Token("ada", berth.ScopeReadUser, 0)))
	if r := none.Get("/token").Want(http.StatusForbidden); r.Code() != "DENIED" {
		t.Errorf("%s", r.Body)
	}
}

func TestBearerNarrows(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	s.As("ada").PushImage("ada/one", "v1", "1")
	s.As("ada").PushImage("ada/two", "v1", "2")
	b := s.As("ada").Bearer("repository:ada/one:pull")
	b.Get("/v2/ada/one/manifests/v1").Want(http.StatusOK)
	r := b.Get("/v2/ada/two/manifests/v1").Want(http.StatusUnauthorized)
	if c := r.Header.Get("WWW-Authenticate"); !strings.Contains(c, `scope="repository:ada/two:pull"`) || !strings.Contains(c, "insufficient_scope") {
		t.Errorf("challenge %q", c)
	}
	b.Do("POST", "/v2/ada/one/blobs/uploads/", nil).Want(http.StatusUnauthorized)
	b.Get("/v2/_catalog").Want(http.StatusUnauthorized)
	// Helm looks with a pull-only bearer for what does not exist yet.
	s.As("ada").Bearer("repository:ada/new:pull").Do("HEAD", "/v2/ada/new/manifests/v1", nil).Want(http.StatusNotFound)
}

func TestExpiredBearerFinishesItsUpload(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	b := s.As("ada").Bearer("repository:ada/app:pull,push")
	at := b.StartUpload("ada/app")
	s.Clock.Advance(6 * time.Minute)
	b.Do("PATCH", at, strings.NewReader("hello")).Want(http.StatusAccepted)
	const hello = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
	b.Do("PUT", at+"?digest="+hello, nil).Want(http.StatusCreated)
	// And nothing else.
	b.Get("/v2/ada/app/blobs/" + hello).Want(http.StatusUnauthorized)
	b.Do("POST", "/v2/ada/app/blobs/uploads/", nil).Want(http.StatusUnauthorized)
	b.Get("/v2/").Want(http.StatusUnauthorized)
	s.As("ada").Bearer("repository:ada/app:pull").Get("/v2/ada/app/blobs/" + hello).Want(http.StatusOK)
}

func TestBearerOfAnotherInstallation(t *testing.T) {
	t.Parallel()
	one, two := berthtest.New(t), berthtest.New(t)
	r := one.As("ada").Get("/token").Want(http.StatusOK)
	two.With("Bearer " + decode[tokenReply](t, r).Token).Get("/v2/").Want(http.StatusUnauthorized)
}
