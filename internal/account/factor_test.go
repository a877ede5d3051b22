package account_test

import (
	"context"
	"encoding/base32"
	"errors"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
)

func TestSecondFactor(t *testing.T) {
	t.Parallel()
	s := withPasswords(t, "ada")
	ctx, a := t.Context(), s.Account
	_, v := signIn(t, s, "ada", "")
	other, _ := signIn(t, s, "ada", "")
	_, err := a.StartSecondFactor(ctx, v, "wrong password")
	refused(t, "start with a wrong password", err, berth.ErrPasswordInvalid)
	_, err = a.ConfirmSecondFactor(ctx, v, "123456")
	refused(t, "confirm before start", err, berth.ErrSecondFactorInvalid)
	abandoned, err := a.StartSecondFactor(ctx, v, secret)
	if err != nil {
		t.Fatal(err)
	}
	f, err := a.StartSecondFactor(ctx, v, secret)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(f.URL)
	if err != nil || u.Scheme != "otpauth" || u.Host != "totp" || u.Path != "/Berth:ada" || u.Query().Get("secret") != f.Secret || u.Query().Get("issuer") != "Berth" {
		t.Errorf("%s: %v", f.URL, err)
	}
	if key, err := base32.StdEncoding.DecodeString(f.Secret); err != nil || len(key) < 20 {
		t.Errorf("secret %s: %v", f.Secret, err)
	}
	signIn(t, s, "ada", "") // it does not count yet
	_, err = a.ConfirmSecondFactor(ctx, v, code(t, s, abandoned.Secret))
	refused(t, "confirm the abandoned one", err, berth.ErrSecondFactorInvalid)
	first := code(t, s, f.Secret)
	recovery, err := a.ConfirmSecondFactor(ctx, v, first[:3]+" "+first[3:])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.SessionViewer(ctx, other.Secret, here); !errors.Is(err, berth.ErrCredentialsInvalid) {
		t.Errorf("another session: %v", err)
	}
	seen := map[string]bool{}
	for _, c := range recovery { // 16 letters of 5 bits
		if !regexp.MustCompile(`^[a-z2-7]{4}(-[a-z2-7]{4}){3}$`).MatchString(c) {
			t.Errorf("recovery code %s", c)
		}
		seen[c] = true
	}
	if len(seen) != 10 {
		t.Errorf("%d recovery codes", len(seen))
	}
	_, err = a.StartSecondFactor(ctx, v, secret)
	refused(t, "start again", err, berth.ErrConflict)
	_, err = a.ConfirmSecondFactor(ctx, v, code(t, s, f.Secret))
	refused(t, "confirm again", err, berth.ErrSecondFactorInvalid)
	if state, err := a.GetSecondFactor(ctx, v); err != nil || state != (account.FactorState{On: true, RecoveryCodes: 10}) {
		t.Errorf("%+v, %v", state, err)
	}

	enter := func(code string) error {
		_, err := a.SignIn(ctx, "ada", secret, code, here, "")
		return err
	}
	refused(t, "no code", enter(""), berth.ErrSecondFactorNeeded)
	refused(t, "the code that confirmed it", enter(first), berth.ErrCredentialsInvalid)
	refused(t, "nonsense", enter(strings.Repeat("7", 5000)), berth.ErrCredentialsInvalid)
	if _, err := a.SignIn(ctx, "ada", "wrong password", recovery[0], here, ""); !errors.Is(err, berth.ErrCredentialsInvalid) {
		t.Errorf("a wrong password: %v", err)
	}
	for _, typed := range []string{recovery[0], strings.ToUpper(strings.ReplaceAll(recovery[1], "-", " "))} {
		if err := enter(typed); err != nil {
			t.Errorf("recovery code: %v", err)
		}
		refused(t, "recovery code twice", enter(typed), berth.ErrCredentialsInvalid)
	}
	if state, _ := a.GetSecondFactor(ctx, v); state.RecoveryCodes != 8 {
		t.Errorf("%+v", state)
	}
}

// A code is good for a minute and a half, once, and none before it is good after.
func TestCodes(t *testing.T) {
	t.Parallel()
	s := withPasswords(t, "ada", "bob")
	key, _, _ := addFactor(t, s, "ada")
	addFactor(t, s, "bob")
	start := s.Clock.Now()
	at := func(offset time.Duration) string {
		code, err := totp.GenerateCode(key, start.Add(offset))
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	enter := func(user, code string) error {
		_, err := s.Account.SignIn(t.Context(), user, secret, code, here, "")
		return err
	}
	refused(t, "too old", enter("ada", at(-60*time.Second)), berth.ErrCredentialsInvalid)
	refused(t, "too young", enter("ada", at(60*time.Second)), berth.ErrCredentialsInvalid)
	refused(t, "of another", enter("bob", at(0)), berth.ErrCredentialsInvalid)
	for _, offset := range []time.Duration{-30 * time.Second, 30 * time.Second} {
		if err := enter("ada", at(offset)); err != nil {
			t.Errorf("the clock is off by %s: %v", offset, err)
		}
		refused(t, "replay", enter("ada", at(offset)), berth.ErrCredentialsInvalid)
	}
	refused(t, "before one that was used", enter("ada", at(0)), berth.ErrCredentialsInvalid)
	s.Clock.Advance(time.Minute)
	if err := enter("ada", at(time.Minute)); err != nil {
		t.Errorf("the next one: %v", err)
	}
}

// The same code from many sides opens one session.
func TestCodeRace(t *testing.T) {
	t.Parallel()
	s := withPasswords(t, "ada")
	key, recovery, _ := addFactor(t, s, "ada")
	for _, code := range []string{code(t, s, key), recovery[0]} { // in order: the first grows old
		var opened atomic.Int32
		var wg sync.WaitGroup
		for range 4 { // fewer than would be slowed down
			wg.Go(func() {
				if _, err := s.Account.SignIn(t.Context(), "ada", secret, code, here, ""); err == nil {
					opened.Add(1)
				}
			})
		}
		wg.Wait()
		if n := opened.Load(); n != 1 {
			t.Errorf("%s opened %d sessions", code, n)
		}
		s.Clock.Advance(2 * time.Hour) // until codes are taken again
	}
}

// Five wrong codes are free, then each makes the next wait longer, wherever they
// come from: who gets so far has the password.
func TestCodeGuessing(t *testing.T) {
	t.Parallel()
	s := withPasswords(t, "ada", "bob")
	key, recovery, v := addFactor(t, s, "ada")
	_, _, bob := addFactor(t, s, "bob")
	n := 0
	enter := func(user, code string) error {
		n++
		_, err := s.Account.SignIn(t.Context(), user, secret, code, "2001:db8:"+string(rune('a'+n%6))+"::1", "")
		return err
	}
	for range 5 {
		refused(t, "wrong code", enter("ada", "x"), berth.ErrCredentialsInvalid)
	}
	for _, wait := range []time.Duration{30 * time.Second, time.Minute, 2 * time.Minute} {
		for what, code := range map[string]string{"wrong": "x", "right": code(t, s, key), "recovery": recovery[0]} {
			err := enter("ada", code)
			refused(t, what, err, berth.ErrTooMany)
			if named, ok := errors.AsType[*berth.Error](err); !ok || named.RetryAfter() != wait {
				t.Errorf("%s: %v, want a wait of %s", what, err, wait)
			}
		}
		refused(t, "in settings", s.Account.RemoveSecondFactor(t.Context(), v, secret, recovery[0]), berth.ErrTooMany)
		s.Clock.Advance(wait)
		refused(t, "wrong code later", enter("ada", "x"), berth.ErrCredentialsInvalid)
	}
	if err := s.Account.RemoveSecondFactor(t.Context(), bob, secret, "x"); !errors.Is(err, berth.ErrSecondFactorInvalid) {
		t.Errorf("another account: %v", err)
	}
	s.Clock.Advance(time.Hour)
	if err := enter("ada", code(t, s, key)); err != nil {
		t.Errorf("right at last: %v", err)
	}
	for range 5 {
		refused(t, "wrong code after that", enter("ada", "x"), berth.ErrCredentialsInvalid)
	}
}

// Wrong codes count for their address as wrong passwords do.
func TestCodesOfOneAddress(t *testing.T) {
	t.Parallel()
	s := withPasswords(t, "ada")
	addFactor(t, s, "ada")
	for range 5 {
		_, err := s.Account.SignIn(t.Context(), "ada", secret, "x", there, "")
		refused(t, "wrong code", err, berth.ErrCredentialsInvalid)
	}
	for i := range 16 {
		_, err := s.Account.Login(t.Context(), "nobody", "wrong password", there)
		want := error(berth.ErrCredentialsInvalid)
		if i == 15 {
			want = berth.ErrTooMany
		}
		refused(t, "wrong password", err, want)
	}
}

func TestRemoveSecondFactor(t *testing.T) {
	t.Parallel()
	s := withPasswords(t, "ada", "bob", "root")
	ctx, a := t.Context(), s.Account
	key, recovery, v := addFactor(t, s, "ada")
	other, _ := signIn(t, s, "ada", recovery[9])
	refused(t, "without password", a.RemoveSecondFactor(ctx, v, "", recovery[0]), berth.ErrPasswordInvalid)
	refused(t, "without code", a.RemoveSecondFactor(ctx, v, secret, ""), berth.ErrSecondFactorInvalid)
	_, err := a.NewRecoveryCodes(ctx, v, secret, "")
	refused(t, "new codes without code", err, berth.ErrSecondFactorInvalid)
	_, err = a.NewRecoveryCodes(ctx, v, "", recovery[0])
	refused(t, "new codes without password", err, berth.ErrPasswordInvalid)
	fresh, err := a.NewRecoveryCodes(ctx, v, secret, code(t, s, key))
	if err != nil {
		t.Fatal(err)
	}
	refused(t, "an old recovery code", a.RemoveSecondFactor(ctx, v, secret, recovery[0]), berth.ErrSecondFactorInvalid)
	if err := a.RemoveSecondFactor(ctx, v, secret, fresh[0]); err != nil {
		t.Fatal(err)
	}
	refused(t, "again", a.RemoveSecondFactor(ctx, v, secret, fresh[1]), berth.ErrSecondFactorInvalid)
	if _, err := a.SessionViewer(ctx, other.Secret, here); err == nil {
		t.Error("the other session goes on")
	}
	if _, err := a.Login(ctx, "ada", secret, here); err != nil {
		t.Errorf("the password for programs: %v", err)
	}

	_, recovery, v = addFactor(t, s, "bob")
	root := berth.Viewer{UserID: 4, Login: "root", Admin: true, Scopes: berth.ScopeAll}
	session, _ := signIn(t, s, "bob", recovery[0])
	refused(t, "reset by himself", a.ResetSecondFactor(ctx, v, "bob"), berth.ErrDenied)
	refused(t, "reset of nobody", a.ResetSecondFactor(ctx, root, "nobody"), berth.ErrOwnerUnknown)
	refused(t, "reset of none", a.ResetSecondFactor(ctx, root, "ada"), berth.ErrSecondFactorInvalid)
	if err := a.ResetSecondFactor(ctx, root, "BOB"); err != nil {
		t.Fatal(err)
	}
	if _, err := a.SessionViewer(ctx, session.Secret, here); err == nil {
		t.Error("the session goes on")
	}
	signIn(t, s, "bob", "")
	if state, err := a.GetSecondFactor(ctx, v); err != nil || state != (account.FactorState{}) {
		t.Errorf("%+v, %v", state, err)
	}
}

// Who may change how an account signs in: whoever is signed in to it with all
// rights, and nobody else.
func TestOwnAccountOnly(t *testing.T) {
	t.Parallel()
	s := withPasswords(t, "ada", "bob")
	ctx, a := t.Context(), s.Account
	_, ada := signIn(t, s, "ada", "")
	robot := ada
	if err := a.SetPassword(ctx, berth.Operator(), "mia", secret); err != nil {
		t.Fatal(err)
	}
	s.Exec(`UPDATE users SET org_id = (SELECT id FROM owners WHERE folded = 'acme') WHERE owner_id = (SELECT id FROM owners WHERE folded = 'mia')`)
	robot.UserID, robot.Login = 3, "mia"
	narrow, bearer, limited := ada, ada, ada
	narrow.Scopes = berth.ScopeAll &^ berth.ScopeUser
	bearer.Bearer = true
	limited.Limited, limited.Limits = true, []berth.Limit{{OwnerID: ada.UserID}}
	for name, tt := range map[string]struct {
		v    berth.Viewer
		want error
	}{
		"anonymous":       {berth.Viewer{}, berth.ErrUnauthenticated},
		"narrow token":    {narrow, berth.ErrDenied},
		"bearer":          {bearer, berth.ErrDenied},
		"limited token":   {limited, berth.ErrDenied},
		"service account": {robot, berth.ErrDenied},
		"operator":        {berth.Operator(), berth.ErrOwnerUnknown},
	} {
		before := s.State()
		_, err := a.StartSecondFactor(ctx, tt.v, secret)
		refused(t, name+" starts", err, tt.want)
		_, err = a.NewRecoveryCodes(ctx, tt.v, secret, "x")
		refused(t, name+" makes codes", err, tt.want)
		refused(t, name+" removes", a.RemoveSecondFactor(ctx, tt.v, secret, "x"), tt.want)
		refused(t, name+" changes the password", a.ChangePassword(ctx, tt.v, secret, "another one"), tt.want)
		if name != "service account" && name != "operator" {
			_, err = a.ConfirmSecondFactor(ctx, tt.v, "x")
			refused(t, name+" confirms", err, tt.want)
			refused(t, name+" ends a session", a.EndSession(ctx, tt.v, ada.SessionID), tt.want)
		}
		if name == "anonymous" || name == "bearer" || name == "limited token" {
			_, err = a.ListSessions(ctx, tt.v)
			refused(t, name+" lists sessions", err, tt.want)
			_, err = a.GetSecondFactor(ctx, tt.v)
			refused(t, name+" looks", err, tt.want)
		}
		if s.State() != before {
			t.Errorf("%s changed something", name)
		}
	}
	_, err := a.SignIn(ctx, "mia", secret, "", here, "")
	refused(t, "a service account signs in", err, berth.ErrDenied)
	_, err = a.CreateSession(ctx, 3, "test", here, "")
	refused(t, "a service account from outside", err, berth.ErrDenied)
}

// The password of an account that has none is not asked for. Its user must have signed
// in lately instead.
func TestFactorWithoutPassword(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	hashes := s.Account.FastHashes()
	ctx := t.Context()
	session, err := s.Account.CreateSession(ctx, 1, "test", here, "")
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.Account.SessionViewer(ctx, session.Secret, here)
	if err != nil {
		t.Fatal(err)
	}
	old := v
	old.ConfirmedAt = old.ConfirmedAt.Add(-30 * time.Minute)
	_, err = s.Account.StartSecondFactor(ctx, old, "")
	refused(t, "a factor in an old session", err, berth.ErrDenied)
	refused(t, "a password in an old session", s.Account.ChangePassword(ctx, old, "", secret), berth.ErrDenied)
	f, err := s.Account.StartSecondFactor(ctx, v, "")
	if err != nil {
		t.Fatal(err)
	}
	recovery, err := s.Account.ConfirmSecondFactor(ctx, v, code(t, s, f.Secret))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Account.RemoveSecondFactor(ctx, v, "", recovery[0]); err != nil || hashes.Load() != 0 {
		t.Errorf("%v, %d hashes", err, hashes.Load())
	}
	if err := s.Account.ChangePassword(ctx, v, "", secret); err != nil {
		t.Fatal(err)
	}
	refused(t, "the second time", s.Account.ChangePassword(ctx, v, "", secret), berth.ErrPasswordInvalid)
}

// Somebody with a stolen session cannot guess the password there either.
func TestCurrentPasswordGuessing(t *testing.T) {
	t.Parallel()
	s := withPasswords(t, "ada")
	_, v := signIn(t, s, "ada", "")
	v.Address = there
	for i := range 25 {
		_, err := s.Account.StartSecondFactor(t.Context(), v, "wrong password")
		want := error(berth.ErrPasswordInvalid)
		if i >= 20 {
			want = berth.ErrTooMany
		}
		refused(t, "guess", err, want)
	}
}

// A second factor cannot be opened by another secret, nor moved to another user.
func TestFactorIsSealed(t *testing.T) {
	t.Parallel()
	s := withPasswords(t, "ada", "bob")
	key, _, _ := addFactor(t, s, "ada")
	addFactor(t, s, "bob")
	s.Exec(`UPDATE second_factors SET secret = (SELECT f.secret FROM second_factors f WHERE f.user_id = 1) WHERE user_id = 2`)
	_, err := s.Account.SignIn(context.WithoutCancel(t.Context()), "bob", secret, code(t, s, key), here, "")
	if _, named := errors.AsType[*berth.Error](err); err == nil || named {
		t.Errorf("moved to another user: %v", err)
	}
	if _, err := s.Account.SignIn(t.Context(), "ada", secret, code(t, s, key), here, ""); err != nil {
		t.Error(err)
	}
}

// Not every failure to start means that there is a second factor.
func TestStartSecondFactorFails(t *testing.T) {
	t.Parallel()
	s := withPasswords(t, "ada")
	_, ada := signIn(t, s, "ada", "")
	s.Exec(`CREATE TRIGGER broken BEFORE INSERT ON second_factors BEGIN SELECT RAISE(ABORT, 'broken'); END`)
	if _, err := s.Account.StartSecondFactor(t.Context(), ada, secret); err == nil || errors.Is(err, berth.ErrConflict) {
		t.Errorf("%v, want what went wrong", err)
	}
}
