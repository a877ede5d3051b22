package account_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/meta"
)

// withIssuer returns a server and accounts on it that trust an issuer called corp.
func withIssuer(t *testing.T, change ...func(*account.Provider)) (*berthtest.Server, *account.Service, *issuer) {
	t.Helper()
	server := berthtest.New(t)
	i := newIssuer(t, server.Clock)
	p := i.provider("corp")
	for _, c := range change {
		c(&p)
	}
	opts := server.AccountOptions()
	opts.Providers = []account.Provider{p}
	s, err := account.New(t.Context(), server.Meta, opts)
	if err != nil {
		t.Fatal(err)
	}
	return server, s, i
}

func eventsOf(t *testing.T, s *berthtest.Server, action string) []berth.Event {
	t.Helper()
	var list []berth.Event
	err := s.Meta.View(t.Context(), func(tx *meta.Tx) error {
		all, err := tx.ListEvents(t.Context(), -1, time.UnixMicro(0), s.Clock.Now().Add(time.Hour), 0, 100)
		for _, e := range all {
			if e.Action == action {
				list = append(list, e)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestSignInThroughProvider(t *testing.T) {
	t.Parallel()
	server, s, i := withIssuer(t)
	in, err := comeIn(t, s, i)
	if err != nil {
		t.Fatal(err)
	}
	if in.UserID == 0 || in.Login != "grace" || in.Next != "/next" || !in.Created {
		t.Errorf("%+v", in)
	}
	v, err := s.SessionViewer(t.Context(), in.Session.Secret, "192.0.2.2")
	if err != nil || v.UserID != in.UserID || v.Login != "grace" || v.Admin || in.Session.UserAgent != "test" {
		t.Errorf("%+v, %v", v, err)
	}
	if i.basic != "berth:s3cret" {
		t.Errorf("the client called itself %q", i.basic)
	}
	// The subject is who somebody is, whatever he is called now.
	i.set(func() { i.claims = jwt.MapClaims{"preferred_username": "ada"} })
	again, err := comeIn(t, s, i)
	if err != nil || again.UserID != in.UserID || again.Login != "grace" || again.Created {
		t.Errorf("%+v, %v", again, err)
	}
	want := berth.Event{ActorID: in.UserID, Actor: "grace", Address: "192.0.2.1", OwnerID: in.UserID, Owner: "grace", Target: "grace"}
	for action, detail := range map[string]string{"user.join": "by provider corp", "identity.link": "corp: subject-1", "sign_in": "by provider corp"} {
		list := eventsOf(t, server, action)
		if n := map[string]int{"sign_in": 2}[action]; len(list) != max(n, 1) {
			t.Errorf("%s: %+v", action, list)
			continue
		}
		want.Action, want.Detail, want.ID, want.At = action, detail, list[0].ID, list[0].At
		if diff := cmp.Diff(want, list[0]); diff != "" {
			t.Error(diff)
		}
	}
	// There is no password to sign in with.
	for _, password := range []string{"", "Grace", "subject-1"} {
		if _, err := s.Login(t.Context(), "grace", password, ""); !errors.Is(err, berth.ErrCredentialsInvalid) {
			t.Errorf("password %q: %v", password, err)
		}
	}
}

// Whoever may choose his name or address at the provider must not become somebody
// else here.
func TestSignInNeverByName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"ada", "ADA", "acme", "ada@example.com", " ada "} {
		server, s, i := withIssuer(t)
		i.set(func() {
			i.claims = jwt.MapClaims{"preferred_username": name, "email": "ada@example.com", "email_verified": true}
		})
		before := server.State()
		_, err := comeIn(t, s, i)
		if !errors.Is(err, berth.ErrOwnerExists) || !strings.Contains(describe(err), "berth identity link USER --provider corp --subject subject-1") {
			t.Errorf("%q: %v", name, err)
		}
		if diff := cmp.Diff(before, server.State()); diff != "" {
			t.Error(diff)
		}
	}
}

func TestSignInRefused(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		claims jwt.MapClaims
		change func(*account.Provider)
		want   error
		text   string
	}{
		{"reserved", jwt.MapClaims{"preferred_username": "Settings"}, nil, berth.ErrOwnerInvalid, "reserved"},
		{"no letters", jwt.MapClaims{"preferred_username": "..."}, nil, berth.ErrOwnerInvalid, "claim preferred_username"},
		{"long", jwt.MapClaims{"preferred_username": strings.Repeat("x", 65)}, nil, berth.ErrOwnerInvalid, "longer than 64"},
		{"no account", nil, func(p *account.Provider) { p.AutoCreate = false }, berth.ErrDenied, "--subject subject-1"},
		{"a claim that is no text", jwt.MapClaims{"groups": []string{"x"}}, func(p *account.Provider) { p.LoginClaim = "groups" }, berth.ErrUnavailable, "claim groups"},
	}
	for _, test := range tests {
		change := test.change
		if change == nil {
			change = func(*account.Provider) {}
		}
		server, s, i := withIssuer(t, change)
		i.set(func() { i.claims = test.claims })
		before := server.State()
		_, err := comeIn(t, s, i)
		if !errors.Is(err, test.want) || !strings.Contains(describe(err), test.text) {
			t.Errorf("%s: %v", test.name, err)
		}
		if diff := cmp.Diff(before, server.State()); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

func TestSignInOfHeldName(t *testing.T) {
	t.Parallel()
	server, s, i := withIssuer(t)
	server.Hold("grace", server.Clock.Now().Add(time.Hour))
	if _, err := comeIn(t, s, i); !errors.Is(err, berth.ErrOwnerExists) || !strings.Contains(describe(err), "kept free") {
		t.Error(err)
	}
	server.Clock.Advance(2 * time.Hour)
	if _, err := comeIn(t, s, i); err != nil {
		t.Error(err)
	}
}

func TestSignInBlocked(t *testing.T) {
	t.Parallel()
	server, s, i := withIssuer(t)
	if _, err := comeIn(t, s, i); err != nil {
		t.Fatal(err)
	}
	server.Block("grace")
	before := server.State()
	if _, err := comeIn(t, s, i); !errors.Is(err, berth.ErrCredentialsInvalid) || !strings.Contains(describe(err), "blocked") {
		t.Error(err)
	}
	if diff := cmp.Diff(before, server.State()); diff != "" {
		t.Error(diff)
	}
}

// Many providers tell more than the subject only when asked.
func TestSignInAsksForTheName(t *testing.T) {
	t.Parallel()
	server, s, i := withIssuer(t)
	i.set(func() {
		i.claims = jwt.MapClaims{"preferred_username": nil}
		i.userinfo = map[string]any{"sub": "somebody else", "preferred_username": "grace"}
	})
	before := server.State()
	if _, err := comeIn(t, s, i); !errors.Is(err, berth.ErrUnavailable) {
		t.Errorf("userinfo of somebody else: %v", err)
	}
	if diff := cmp.Diff(before, server.State()); diff != "" {
		t.Error(diff)
	}
	i.set(func() { i.userinfo["sub"] = "subject-1" })
	if in, err := comeIn(t, s, i); err != nil || in.Login != "grace" {
		t.Errorf("%+v, %v", in, err)
	}
}

// An ID token that is not exactly what was asked for lets nobody in.
func TestIDTokenForged(t *testing.T) {
	t.Parallel()
	server, s, i := withIssuer(t)
	stranger := newIssuer(t, server.Clock)
	tests := map[string]func(){
		"alg none":            func() { i.method = jwt.SigningMethodNone },
		"alg HS256":           func() { i.method = jwt.SigningMethodHS256 },
		"another key":         func() { i.sign = stranger.key },
		"wrong audience":      func() { i.claims = jwt.MapClaims{"aud": "other"} },
		"no audience":         func() { i.claims = jwt.MapClaims{"aud": nil} },
		"two audiences":       func() { i.claims = jwt.MapClaims{"aud": []string{"berth", "other"}} },
		"for another client":  func() { i.claims = jwt.MapClaims{"azp": "other"} },
		"azp of no text":      func() { i.claims = jwt.MapClaims{"azp": []string{"berth"}} },
		"wrong issuer":        func() { i.claims = jwt.MapClaims{"iss": stranger.URL} },
		"no issuer":           func() { i.claims = jwt.MapClaims{"iss": nil} },
		"wrong nonce":         func() { i.claims = jwt.MapClaims{"nonce": "x"} },
		"no nonce":            func() { i.claims = jwt.MapClaims{"nonce": nil} },
		"no subject":          func() { i.claims = jwt.MapClaims{"sub": nil} },
		"empty subject":       func() { i.claims = jwt.MapClaims{"sub": ""} },
		"long subject":        func() { i.claims = jwt.MapClaims{"sub": strings.Repeat("s", 256)} },
		"control in subject":  func() { i.claims = jwt.MapClaims{"sub": "a\x00b"} },
		"expired":             func() { i.claims = jwt.MapClaims{"exp": server.Clock.Now().Unix() - 1} },
		"no expiry":           func() { i.claims = jwt.MapClaims{"exp": nil} },
		"not yet valid":       func() { i.claims = jwt.MapClaims{"nbf": server.Clock.Now().Add(time.Hour).Unix()} },
		"subject is a number": func() { i.claims = jwt.MapClaims{"sub": 5} },
	}
	before := server.State()
	for name, lie := range tests {
		i.set(func() { i.method, i.claims, i.sign = jwt.SigningMethodES256, nil, i.key; lie() })
		if in, err := comeIn(t, s, i); !errors.Is(err, berth.ErrSignInInvalid) {
			t.Errorf("%s: %+v, %v", name, in, err)
		}
	}
	if diff := cmp.Diff(before, server.State()); diff != "" {
		t.Error(diff)
	}
	i.set(func() {
		i.method, i.claims, i.sign = jwt.SigningMethodES256, jwt.MapClaims{"aud": []string{"berth", "other"}, "azp": "berth"}, i.key
	})
	if _, err := comeIn(t, s, i); err != nil {
		t.Errorf("the truth: %v", err)
	}
	// A provider changes its keys whenever it likes.
	i.set(func() { i.rotate("2") })
	if _, err := comeIn(t, s, i); err != nil {
		t.Errorf("after new keys: %v", err)
	}
}

// What comes back must belong to what this browser started.
func TestStateMatches(t *testing.T) {
	t.Parallel()
	server, s, i := withIssuer(t)
	finish := func(state string, q url.Values) error {
		_, err := s.FinishSignIn(t.Context(), "corp", callback, state, q, "", "")
		return err
	}
	authURL, state, err := s.BeginSignIn(t.Context(), "corp", callback, "/")
	if err != nil {
		t.Fatal(err)
	}
	otherURL, otherState, err := s.BeginSignIn(t.Context(), "corp", callback, "/")
	if err != nil {
		t.Fatal(err)
	}
	with := func(q url.Values, pairs ...string) url.Values {
		for n := 0; n < len(pairs); n += 2 {
			q.Set(pairs[n], pairs[n+1])
		}
		return q
	}
	before := server.State()
	for name, err := range map[string]error{
		"no cookie":        finish("", i.visit(authURL)),
		"another's cookie": finish(otherState, i.visit(authURL)),
		"damaged cookie":   finish(state[:len(state)-4]+"AAAA", i.visit(authURL)),
		"no base64":        finish("%%%", i.visit(authURL)),
		"wrong state":      finish(state, with(i.visit(authURL), "state", "x")),
		"no state":         finish(state, with(i.visit(authURL), "state", "")),
		"no code":          finish(state, with(i.visit(authURL), "code", "")),
		"made-up code":     finish(state, with(i.visit(authURL), "code", "x")),
		"another's code":   finish(state, with(i.visit(authURL), "code", i.visit(otherURL).Get("code"))),
		"another issuer":   finish(state, with(i.visit(authURL), "iss", "https://evil.example")),
		"refused there":    finish(state, with(i.visit(authURL), "error", "access_denied\r\n<b>")),
		"another callback": func() error {
			_, err := s.FinishSignIn(t.Context(), "corp", callback+"x", state, i.visit(authURL), "", "")
			return err
		}(),
		"long code":          finish(state, with(i.visit(authURL), "code", strings.Repeat("x", 5000))),
		"a CLI code instead": finish(cliCode(t, s), i.visit(authURL)),
	} {
		if !errors.Is(err, berth.ErrSignInInvalid) {
			t.Errorf("%s: %v", name, err)
		}
		if strings.ContainsAny(describe(err), "\r\n") || strings.Contains(describe(err), "<secret>") {
			t.Errorf("%s: text %q", name, err)
		}
	}
	if diff := cmp.Diff(before, server.State()); diff != "" {
		t.Error(diff)
	}
	q := with(i.visit(authURL), "iss", i.URL)
	if err := finish(state, q); err != nil {
		t.Fatal(err)
	}
	if err := finish(state, q); !errors.Is(err, berth.ErrSignInInvalid) {
		t.Errorf("replayed: %v", err)
	}
	server.Clock.Advance(11 * time.Minute)
	if err := finish(otherState, i.visit(otherURL)); !errors.Is(err, berth.ErrSignInInvalid) {
		t.Errorf("late: %v", err)
	}
	if _, _, err := s.BeginSignIn(t.Context(), "other", callback, "/"); !errors.Is(err, berth.ErrProviderUnknown) {
		t.Errorf("unknown provider: %v", err)
	}
	if _, _, err := s.BeginSignIn(t.Context(), "corp", callback, "/"+strings.Repeat("x", 3000)); !errors.Is(err, berth.ErrRequestInvalid) {
		t.Errorf("long next: %v", err)
	}
}

// The state of one provider is no good for another.
func TestStateNamesProvider(t *testing.T) {
	t.Parallel()
	server := berthtest.New(t)
	good, evil := newIssuer(t, server.Clock), newIssuer(t, server.Clock)
	opts := server.AccountOptions()
	opts.Providers = []account.Provider{good.provider("corp"), evil.provider("evil")}
	s, err := account.New(t.Context(), server.Meta, opts)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Providers(); len(got) != 2 || got[0].Name != "corp" || got[0].ClientSecret != "" || opts.Providers[0].ClientSecret == "" {
		t.Errorf("%+v", got)
	}
	authURL, state, err := s.BeginSignIn(t.Context(), "evil", callback, "/")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.FinishSignIn(t.Context(), "corp", callback, state, evil.visit(authURL), "", ""); !errors.Is(err, berth.ErrSignInInvalid) {
		t.Error(err)
	}
	if good.asked["/token"] != 0 {
		t.Error("the code of another provider was sent on")
	}
	// Nor is its subject.
	in, err := comeIn(t, s, good)
	if err != nil {
		t.Fatal(err)
	}
	evil.set(func() { evil.claims = jwt.MapClaims{"preferred_username": "else"} })
	other, err := s.FinishSignIn(t.Context(), "evil", callback, state, evil.visit(authURL), "", "")
	if err != nil || other.UserID == in.UserID {
		t.Errorf("%+v, %v", other, err)
	}
}

func TestProviderDown(t *testing.T) {
	t.Parallel()
	server, s, i := withIssuer(t)
	begin := func() error {
		_, _, err := s.BeginSignIn(t.Context(), "corp", callback, "/")
		return err
	}
	i.set(func() { i.down = true })
	for range 3 {
		if err := begin(); !errors.Is(err, berth.ErrUnavailable) {
			t.Errorf("down: %v", err)
		}
	}
	if n := i.asked["/.well-known/openid-configuration"]; n != 1 {
		t.Errorf("asked %d times at once", n)
	}
	i.set(func() { i.down = false })
	server.Clock.Advance(2 * time.Second)
	if err := begin(); err != nil {
		t.Errorf("up again: %v", err)
	}
	// What was known is good enough while it is down again.
	server.Clock.Advance(2 * time.Hour)
	i.set(func() { i.down = true })
	if err := begin(); err != nil {
		t.Errorf("known, and down: %v", err)
	}
	i.set(func() { i.down = false })
	server.Clock.Advance(2 * time.Second)
	authURL, state, err := s.BeginSignIn(t.Context(), "corp", callback, "/")
	if err != nil {
		t.Fatal(err)
	}
	q := i.visit(authURL)
	i.set(func() { i.down = true })
	if _, err := s.FinishSignIn(t.Context(), "corp", callback, state, q, "", ""); !errors.Is(err, berth.ErrUnavailable) {
		t.Errorf("no token: %v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.FinishSignIn(gone, "corp", callback, state, q, "", ""); err == nil {
		t.Error("nobody waits, and yet")
	}
}

// A provider cannot send this server anywhere, or drown it.
func TestProviderMisbehaves(t *testing.T) {
	t.Parallel()
	server, s, i := withIssuer(t)
	elsewhere := newIssuer(t, server.Clock)
	tests := map[string]func(){
		"redirect":                func() { i.redirect = true },
		"huge":                    func() { i.huge = true },
		"another issuer":          func() { i.doc = map[string]any{"issuer": elsewhere.URL} },
		"no endpoint":             func() { i.doc = map[string]any{"token_endpoint": ""} },
		"a file":                  func() { i.doc = map[string]any{"jwks_uri": "file:///etc/passwd"} },
		"with a password":         func() { i.doc = map[string]any{"token_endpoint": "http://a:b@127.0.0.1/"} },
		"script as authorization": func() { i.doc = map[string]any{"authorization_endpoint": "javascript:alert(1)"} },
	}
	for name, lie := range tests {
		i.set(func() { i.redirect, i.huge, i.doc = false, false, nil; lie() })
		server.Clock.Advance(2 * time.Second)
		if _, _, err := s.BeginSignIn(t.Context(), "corp", callback, "/"); !errors.Is(err, berth.ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if i.asked["/elsewhere/.well-known/openid-configuration"] != 0 || len(elsewhere.asked) != 0 {
		t.Error("a redirect was followed")
	}
}
