package account_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pquerna/otp/totp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
)

const (
	here   = "192.0.2.1"
	there  = "198.51.100.7"
	secret = "correct horse" // of everybody who has a password
)

// withPasswords starts a server on which the named users have one.
func withPasswords(t *testing.T, users ...string) *berthtest.Server {
	t.Helper()
	s := berthtest.New(t)
	s.Account.FastHashes()
	for _, user := range users {
		if err := s.Account.SetPassword(t.Context(), berth.Operator(), user, secret); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// signIn opens a session and returns it with its viewer.
func signIn(t *testing.T, s *berthtest.Server, user, code string) (account.Session, berth.Viewer) {
	t.Helper()
	session, err := s.Account.SignIn(t.Context(), user, secret, code, here, "browser")
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.Account.SessionViewer(t.Context(), session.Secret, here)
	if err != nil {
		t.Fatal(err)
	}
	return session, v
}

func code(t *testing.T, s *berthtest.Server, key string) string {
	t.Helper()
	code, err := totp.GenerateCode(key, s.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// addFactor gives a user a second factor and returns its key, the recovery codes
// and the viewer of the session that did it. The next code is good.
func addFactor(t *testing.T, s *berthtest.Server, user string) (key string, recovery []string, v berth.Viewer) {
	t.Helper()
	_, v = signIn(t, s, user, "")
	f, err := s.Account.StartSecondFactor(t.Context(), v, secret)
	if err != nil {
		t.Fatal(err)
	}
	recovery, err = s.Account.ConfirmSecondFactor(t.Context(), v, code(t, s, f.Secret))
	if err != nil {
		t.Fatal(err)
	}
	s.Clock.Advance(time.Minute)
	return f.Secret, recovery, v
}

func refused(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

func text(err error) string {
	if named, ok := errors.AsType[*berth.Error](err); ok {
		return named.Msg
	}
	return fmt.Sprint(err)
}

// A password is enough for a program only where nothing else is needed, and what
// an account has is told to nobody but whoever knows its password.
func TestPasswordForPrograms(t *testing.T) {
	t.Parallel()
	s := withPasswords(t, "ada", "bob", "mia", "root")
	ctx := t.Context()
	addFactor(t, s, "ada")
	s.Exec(`INSERT INTO identities (user_id, provider, subject, created_at) SELECT id, 'corp', '1', 0 FROM owners WHERE folded = 'bob'`)
	s.Exec(`UPDATE users SET blocked_at = 1 WHERE owner_id = (SELECT id FROM owners WHERE folded = 'mia')`)
	s.AddUser("eve", false) // no password
	says := map[string]string{
		"ada": "the account ada has a second factor, so its password is not accepted here; use an access token",
		"bob": "the account bob signs in with an outside identity, so its password is not accepted here; use an access token",
		"mia": "the account is blocked",
	}
	var generic []string
	for i, user := range []string{"ada", "bob", "mia", "root", "eve", "nobody", "acme", "a/b", "", "ad\u0430", "V2"} {
		for how, login := range map[string]func(password string) error{
			"program": func(password string) error {
				_, err := s.Account.Login(ctx, user, password, fmt.Sprintf("192.0.2.%d", i))
				return err
			},
			"header": func(password string) error {
				_, err := s.Account.Authenticate(ctx, basic(user, password), fmt.Sprintf("192.0.2.%d", i))
				return err
			},
		} {
			err := login("wrong password")
			refused(t, how+" as "+user, err, berth.ErrCredentialsInvalid)
			generic = append(generic, text(err))
			err = login(secret)
			switch want, told := says[user]; {
			case user == "root":
				if err != nil {
					t.Errorf("%s as root: %v", how, err)
				}
			case told:
				refused(t, how+" as "+user, err, berth.ErrCredentialsInvalid)
				if !strings.Contains(text(err), want) {
					t.Errorf("%s as %s: %v", how, user, err)
				}
			default:
				refused(t, how+" as "+user, err, berth.ErrCredentialsInvalid)
				generic = append(generic, text(err))
			}
		}
	}
	if texts := slices.Compact(generic); len(texts) != 1 || !strings.Contains(texts[0], "access token") {
		t.Errorf("texts differ: %q", texts)
	}
}

// Whether there is such a user does not show in how much work is done either.
func TestSameWork(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	hashes := s.Account.FastHashes()
	ctx := t.Context()
	for _, user := range []string{"ada", "bob", "mia"} {
		if err := s.Account.SetPassword(ctx, berth.Operator(), user, secret); err != nil {
			t.Fatal(err)
		}
	}
	addFactor(t, s, "ada")
	s.Exec(`UPDATE users SET blocked_at = 1 WHERE owner_id = (SELECT id FROM owners WHERE folded = 'mia')`)
	committed := s.Commits()
	for i, user := range []string{"ada", "bob", "mia", "root", "nobody", "acme", "a b"} {
		for what, try := range map[string]func() error{
			"program": func() error {
				_, err := s.Account.Login(ctx, user, "wrong password", fmt.Sprintf("192.0.2.%d", i))
				return err
			},
			"browser": func() error {
				_, err := s.Account.SignIn(ctx, user, "wrong password", "123456", fmt.Sprintf("192.0.2.%d", i), "")
				return err
			},
		} {
			before := hashes.Load()
			refused(t, what+" "+user, try(), berth.ErrCredentialsInvalid)
			if n := hashes.Load() - before; n != 1 {
				t.Errorf("%s as %s: %d hashes", what, user, n)
			}
			if !committed() {
				t.Errorf("%s as %s: nothing was written", what, user)
			}
		}
	}
}

// 1,000 wrong passwords from one address: the work stops after 20, and nobody else
// suffers.
func TestBruteForce(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	hashes := s.Account.FastHashes()
	ctx := t.Context()
	if err := s.Account.SetPassword(ctx, berth.Operator(), "ada", secret); err != nil {
		t.Fatal(err)
	}
	hashes.Store(0)
	var wrong, slowed atomic.Int32
	var wg sync.WaitGroup
	for i := range 1000 {
		wg.Go(func() {
			_, err := s.Account.Login(ctx, "ada", fmt.Sprintf("wrong password %d", i), here)
			switch named, _ := errors.AsType[*berth.Error](err); {
			case errors.Is(err, berth.ErrCredentialsInvalid):
				wrong.Add(1)
			case errors.Is(err, berth.ErrTooMany) && named.RetryAfter() > 0 && strings.Contains(named.Msg, "try again in 10s"):
				slowed.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if wrong.Load() != 20 || slowed.Load() != 980 || hashes.Load() != 20 {
		t.Errorf("%d refused, %d slowed down, %d hashed", wrong.Load(), slowed.Load(), hashes.Load())
	}
	if n := len(slices.DeleteFunc(s.Events(), func(e string) bool { return e != "sign_in.failed ada: wrong password" })); n != 20 {
		t.Errorf("%d failures in the log", n)
	}
	token := s.Token("ada", berth.ScopeAll, 0)
	tries := func(address, password string) error {
		_, err := s.Account.Login(ctx, "ada", password, address)
		return err
	}
	refused(t, "the right password from that address", tries(here, secret), berth.ErrTooMany)
	refused(t, "a wrong password from another address", tries("2001:db8::1", "x"), berth.ErrCredentialsInvalid)
	if err := tries(here, token); err != nil {
		t.Errorf("a token from that address: %v", err)
	}
	refused(t, "a wrong token from that address", tries(here, token[:49]+"!"), berth.ErrTooMany)
	if err := tries(there, secret); err != nil {
		t.Errorf("another address: %v", err)
	}
	if _, err := s.Account.SignIn(ctx, "ada", secret, "", there, ""); err != nil {
		t.Errorf("another address, by browser: %v", err)
	}
	s.Clock.Advance(10 * time.Second)
	refused(t, "one more later", tries(here, "wrong password"), berth.ErrCredentialsInvalid)
	refused(t, "two more later", tries(here, secret), berth.ErrTooMany)
	s.Clock.Advance(10 * time.Second)
	for range 100 { // what is right costs nothing
		if err := tries(here, secret); err != nil {
			t.Fatal(err)
		}
	}
}

// Many addresses together slow an account down, but not where it has signed in.
func TestVictimIsNotLockedOut(t *testing.T) {
	t.Parallel()
	s := withPasswords(t, "ada", "bob")
	ctx := t.Context()
	signIn(t, s, "ada", "")
	if _, err := s.Account.Login(ctx, "bob", secret, "2001:db8:1::1"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Account.Login(ctx, "ada", s.Token("ada", berth.ScopeReadPackages, 0), "203.0.113.9"); err != nil {
		t.Fatal(err)
	}
	for i := range 60 {
		for _, user := range []string{"Ada", "BOB", "nobody"} {
			_, err := s.Account.Login(ctx, user, "wrong password", fmt.Sprintf("2001:db8:2:%x::1", i))
			want := error(berth.ErrCredentialsInvalid)
			if i >= 30 {
				want = berth.ErrTooMany
			}
			refused(t, fmt.Sprintf("%s from address %d", user, i), err, want)
		}
	}
	for _, tt := range []struct {
		user, address string
		ok            bool
	}{
		{"ada", here, true},
		{"ada", there, false},
		{"ada", "203.0.113.9", true},
		{"ada", "::ffff:192.0.2.1", true},
		{"bob", "2001:db8:1::ffff", true},
		{"bob", here, false},
		{"ada", "2001:db8:1::1", false},
	} {
		_, err := s.Account.Login(ctx, tt.user, secret, tt.address)
		if tt.ok && err != nil || !tt.ok && !errors.Is(err, berth.ErrTooMany) {
			t.Errorf("%s from %s: %v", tt.user, tt.address, err)
		}
	}
	for range 25 { // what the account's limit refuses is not held against the address
		_, err := s.Account.Login(ctx, "ada", secret, there)
		refused(t, "ada", err, berth.ErrTooMany)
	}
	_, err := s.Account.Login(ctx, "mia", "wrong password", there)
	refused(t, "mia", err, berth.ErrCredentialsInvalid)
	s.Clock.Advance(10 * time.Second)
	if _, err := s.Account.Login(ctx, "ada", secret, there); err != nil {
		t.Errorf("later: %v", err)
	}
}

// A network of IPv6 is one client, wherever in it the requests come from.
func TestBruteForceByNetwork(t *testing.T) {
	t.Parallel()
	s := withPasswords(t)
	for i := range 21 {
		_, err := s.Account.Login(t.Context(), fmt.Sprintf("user%d", i), "wrong password", fmt.Sprintf("2001:db8::%x", i))
		want := error(berth.ErrCredentialsInvalid)
		if i == 20 {
			want = berth.ErrTooMany
		}
		refused(t, fmt.Sprint(i), err, want)
	}
}

// Tokens that nobody ever made are guesses; those that were good once are not.
func TestWrongTokens(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ctx := t.Context()
	old := s.Token("ada", berth.ScopeAll, time.Minute)
	s.Clock.Advance(2 * time.Minute)
	for range 50 {
		_, err := s.Account.Authenticate(ctx, "Bearer "+old, here)
		refused(t, "an expired token", err, berth.ErrCredentialsInvalid)
		_, err = s.Account.Login(ctx, "bob", old, here)
		refused(t, "another's token", err, berth.ErrCredentialsInvalid)
	}
	unknown := berthtest.New(t).Token("ada", berth.ScopeAll, 0)
	for i := range 22 {
		_, err := s.Account.Authenticate(ctx, "Bearer "+unknown, here)
		want := error(berth.ErrCredentialsInvalid)
		if i >= 20 {
			want = berth.ErrTooMany
		}
		refused(t, fmt.Sprintf("unknown token, time %d", i), err, want)
	}
	if v, err := s.Account.Authenticate(ctx, "", here); err != nil || !v.Anonymous() {
		t.Errorf("anonymous: %+v, %v", v, err)
	}
}

// Names that look alike are not alike.
func TestNameConfusion(t *testing.T) {
	t.Parallel()
	s := withPasswords(t, "ada")
	s.AddUser("kim", false)
	ctx := t.Context()
	if err := s.Account.SetPassword(ctx, berth.Operator(), "kim", secret); err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"ada.", "ada ", " ada", "ada\x00", "ada\n", "аda", "ａｄａ", "ada\u200b", "ádá", "\u212aim", "ada/", "ada@x", "ADA\u0307", "ada_", "ada%20", "ada\xff"} {
		_, err := s.Account.Login(ctx, name, secret, fmt.Sprintf("192.0.2.%d", i))
		refused(t, fmt.Sprintf("login as %q", name), err, berth.ErrCredentialsInvalid)
		_, err = s.Account.Join(ctx, "", name, secret, fmt.Sprintf("192.0.2.%d", i))
		refused(t, fmt.Sprintf("join as %q", name), err, berth.ErrOwnerInvalid)
	}
	for _, name := range []string{"ada", "ADA", "aDa"} {
		if v, err := s.Account.Login(ctx, name, secret, here); err != nil || v.Login != "ada" {
			t.Errorf("%s: %+v, %v", name, v, err)
		}
	}
}

func TestAllowToken(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	opts := s.AccountOptions()
	opts.TokensPerMinute = 3
	a, err := account.New(t.Context(), s.Meta, opts)
	if err != nil {
		t.Fatal(err)
	}
	ada := berth.Viewer{UserID: 1, Login: "ada", Address: here}
	anonymous := berth.Viewer{Address: "2001:db8::1"}
	for name, v := range map[string]berth.Viewer{"user": ada, "anonymous": anonymous} {
		for range 3 {
			if err := a.AllowToken(v); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		err := a.AllowToken(v)
		refused(t, name, err, berth.ErrTooMany)
		if named, ok := errors.AsType[*berth.Error](err); !ok || named.RetryAfter() != 20*time.Second {
			t.Errorf("%s: %v", name, err)
		}
	}
	ada.Address = there
	refused(t, "from elsewhere", a.AllowToken(ada), berth.ErrTooMany)
	anonymous.Address = "2001:db8::2"
	refused(t, "from the same network", a.AllowToken(anonymous), berth.ErrTooMany)
	anonymous.Address = "2001:db8:0:1::2"
	if err := errors.Join(a.AllowToken(berth.Viewer{UserID: 2, Login: "bob", Address: here}), a.AllowToken(anonymous)); err != nil {
		t.Errorf("somebody else: %v", err)
	}
	s.Clock.Advance(20 * time.Second)
	if err := a.AllowToken(ada); err != nil {
		t.Errorf("later: %v", err)
	}
	for range 10_000 { // 0 is no limit
		if err := s.Account.AllowToken(ada); err != nil {
			t.Fatal(err)
		}
	}
}

// What happens to an account is in its log, and never what was typed.
func TestSignInIsLogged(t *testing.T) {
	t.Parallel()
	s := withPasswords(t, "ada")
	ctx := t.Context()
	before := len(s.Events())
	_, _ = s.Account.Login(ctx, "ada", "typed wrong", here)
	_, _ = s.Account.Login(ctx, "adda", "typed wrong", here)
	key, recovery, v := addFactor(t, s, "ada")
	_, _ = s.Account.SignIn(ctx, "ada", secret, "typed", here, "")
	session, _ := signIn(t, s, "ada", code(t, s, key))
	_, other := signIn(t, s, "ada", recovery[0])
	if err := s.Account.EndSession(ctx, v, session.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.Account.SignOut(ctx, other); err != nil {
		t.Fatal(err)
	}
	_ = s.Account.ChangePassword(ctx, v, "typed wrong", "typed fresh")
	want := []string{
		"sign_in.failed ada: wrong password",
		"sign_in ada: password",
		"second_factor.start ada", "second_factor.on ada",
		"sign_in.failed ada: wrong code",
		"sign_in ada: password and code",
		"sign_in ada: password and recovery code",
		"session.end ada", "sign_out ada",
		"sign_in.failed ada: wrong current password",
	}
	if diff := cmp.Diff(want, s.Events()[before:]); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if state := s.State(); strings.Contains(state, "typed") || strings.Contains(state, "adda") {
		t.Error("what was typed is in the database")
	}
}

// A guess that was never checked costs nothing.
func TestUncheckedGuess(t *testing.T) {
	t.Parallel()
	s := withPasswords(t, "ada")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 30 {
		if _, err := s.Account.Login(ctx, "ada", "wrong password", here); errors.Is(err, berth.ErrTooMany) || err == nil {
			t.Errorf("cancelled: %v", err)
		}
	}
	for range 20 {
		_, err := s.Account.Login(t.Context(), "ada", "wrong password", here)
		refused(t, "after one that was not checked", err, berth.ErrCredentialsInvalid)
	}
}
