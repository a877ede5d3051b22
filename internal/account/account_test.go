package account_test

import (
	"context"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/meta"
	"github.com/berth-registry/berth/internal/meta/metatest"
)

func open(t *testing.T, clock *berthtest.Clock) (*account.Service, *meta.DB) {
	t.Helper()
	db := metatest.Open(t, metatest.SQLite(t))
	var now func() time.Time
	if clock != nil {
		now = clock.Now
	}
	s, err := account.New(t.Context(), db, account.Options{Secret: make([]byte, account.SecretLength), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return s, db
}

func TestFirstAccount(t *testing.T) {
	t.Parallel()
	s, db := open(t, nil)
	password, err := s.EnsureAdmin(t.Context(), "admin", "")
	if err != nil || len(password) < 20 {
		t.Fatalf("password %q, %v", password, err)
	}
	v, err := s.Login(t.Context(), "Admin", password, "")
	if err != nil || !v.Admin || v.Login != "admin" {
		t.Errorf("%+v, %v", v, err)
	}
	// Only once, and by no other process on the same data.
	again, err := account.New(t.Context(), db, account.Options{Secret: make([]byte, account.SecretLength)})
	if err != nil {
		t.Fatal(err)
	}
	if p, err := again.EnsureAdmin(t.Context(), "admin", "another one"); err != nil || p != "" {
		t.Errorf("a second first account: %q, %v", p, err)
	}
	if _, err := again.Login(t.Context(), "admin", "another one", ""); !errors.Is(err, berth.ErrCredentialsInvalid) {
		t.Error(err)
	}
}

func TestCreateRefused(t *testing.T) {
	t.Parallel()
	s, _ := open(t, nil)
	ctx, op := t.Context(), berth.Operator()
	if err := s.CreateUser(ctx, op, "Ada", "long enough", false); err != nil {
		t.Fatal(err)
	}
	nobody := berth.Viewer{UserID: 1, Login: "ada", Scopes: berth.ScopeAll}
	adminByToken := berth.Viewer{UserID: 1, Login: "ada", Admin: true, Scopes: berth.ScopeReadPackages}
	token := func(user string, life time.Duration, name string) error {
		_, err := s.CreateToken(ctx, op, user, account.TokenRequest{Name: name, Scopes: berth.ScopeAll, Life: life})
		return err
	}
	for name, tt := range map[string]struct{ got, want error }{
		"taken, other case": {s.CreateUser(ctx, op, "aDA", "long enough", false), berth.ErrOwnerExists},
		"taken by a user":   {s.CreateOrg(ctx, op, "ADA", "ada"), berth.ErrOwnerExists},
		"reserved":          {s.CreateUser(ctx, op, "V2", "long enough", false), berth.ErrOwnerInvalid},
		"bad name":          {s.CreateUser(ctx, op, "a/b", "long enough", false), berth.ErrOwnerInvalid},
		"dollar":            {s.CreateUser(ctx, op, "robot$x", "long enough", false), berth.ErrOwnerInvalid},
		"short password":    {s.CreateUser(ctx, op, "bob", "short", false), berth.ErrPasswordInvalid},
		"long password":     {s.CreateUser(ctx, op, "bob", strings.Repeat("x", 2000), false), berth.ErrPasswordInvalid},
		"org without owner": {s.CreateOrg(ctx, op, "acme", "nobody"), berth.ErrOwnerUnknown},
		"token of nobody":   {token("nobody", 0, ""), berth.ErrOwnerUnknown},
		"token in the past": {token("ada", -time.Second, ""), berth.ErrTokenInvalid},
		"token name":        {token("ada", 0, strings.Repeat("x", 200)), berth.ErrTokenInvalid},
		"no administrator":  {s.CreateUser(ctx, nobody, "bob", "long enough", true), berth.ErrDenied},
		"scope":             {s.CreateOrg(ctx, adminByToken, "acme", "ada"), berth.ErrDenied},
		"anonymous":         {s.AddMember(ctx, berth.Viewer{}, "acme", "ada", true), berth.ErrUnauthenticated},
		"member of a user":  {s.AddMember(ctx, op, "ada", "ada", true), berth.ErrOwnerUnknown},
	} {
		if !errors.Is(tt.got, tt.want) {
			t.Errorf("%s: %v, want %v", name, tt.got, tt.want)
		}
	}
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	s, db := open(t, nil)
	ctx := t.Context()
	if err := s.CreateUser(ctx, berth.Operator(), "ada", "correct horse", false); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time from memory
		if v, err := s.Login(ctx, "ADA", "correct horse", ""); err != nil || v.Login != "ada" || v.Admin || v.Scopes != berth.ScopeAll {
			t.Errorf("%+v, %v", v, err)
		}
	}
	for _, wrong := range []string{"", "correct hors", "correct horse ", "correct horse\x00", strings.Repeat("x", 5000)} {
		if _, err := s.Login(ctx, "ada", wrong, ""); !errors.Is(err, berth.ErrCredentialsInvalid) {
			t.Errorf("%.20q: %v", wrong, err)
		}
	}
	// What was proven before a change of password is not proven after it.
	if err := s.CreateUser(ctx, berth.Operator(), "eve", "battery staple", false); err != nil {
		t.Fatal(err)
	}
	var u meta.User
	err := db.Update(ctx, func(tx *meta.Tx) error {
		eve, err := tx.GetUser(ctx, "eve")
		if err != nil {
			return err
		}
		if u, err = tx.GetUser(ctx, "ada"); err != nil {
			return err
		}
		return tx.PutPassword(ctx, u.ID, eve.PasswordHash)
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Login(ctx, "ada", "correct horse", ""); err == nil {
		t.Error("the old password still works")
	}
	if _, err := s.Login(ctx, "ada", "battery staple", ""); err != nil {
		t.Errorf("the new password: %v", err)
	}
	if !strings.HasPrefix(u.PasswordHash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("stored as %q", u.PasswordHash)
	}
}

// A crowd of wrong passwords is sent away, and the queue stays short.
func TestManySignIns(t *testing.T) {
	t.Parallel()
	s, _ := open(t, nil)
	var wg sync.WaitGroup
	var refused, wrong atomic.Int32
	for range 200 {
		wg.Go(func() {
			switch _, err := s.Login(t.Context(), "nobody", "wrong password", ""); {
			case errors.Is(err, berth.ErrTooMany):
				refused.Add(1)
			case errors.Is(err, berth.ErrCredentialsInvalid):
				wrong.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if refused.Load() == 0 || wrong.Load() == 0 {
		t.Errorf("%d refused, %d found wrong", refused.Load(), wrong.Load())
	}
}

// A stolen database gives nothing to log in with.
func TestNothingUsableIsStored(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	s.Account.FastHashes()
	ctx := t.Context()
	token := s.Token("ada", berth.ScopeAll, 0)
	if err := s.Account.CreateUser(ctx, berth.Operator(), "eve", secret, false); err != nil {
		t.Fatal(err)
	}
	s.Exec(`UPDATE users SET admin = FALSE`)
	if _, err := s.Account.EnsureAdmin(ctx, "boss", "hunter2hunter2"); err != nil {
		t.Fatal(err)
	}
	key, recovery, v := addFactor(t, s, "eve")
	session, err := s.Account.SignIn(ctx, "eve", secret, recovery[0], here, "")
	if err != nil {
		t.Fatal(err)
	}
	invitation, err := s.Account.Invite(ctx, as("ada"), account.Invitation{Org: "acme"})
	if err != nil {
		t.Fatal(err)
	}
	bearer, err := s.Account.IssueBearer(ctx, v, nil)
	if err != nil {
		t.Fatal(err)
	}
	state := s.State()
	plain := []string{token, "hunter2", secret, key, session.Secret, invitation.Secret, bearer.Token}
	for _, code := range recovery {
		plain = append(plain, code, strings.ReplaceAll(code, "-", ""))
	}
	binary, err := base32.StdEncoding.DecodeString(key)
	if err != nil {
		t.Fatal(err)
	}
	plain = append(plain, string(binary), strings.Trim(fmt.Sprint(binary), "[]"))
	for _, p := range plain {
		_, random, prefixed := strings.Cut(p, "_")
		if strings.Contains(strings.ToLower(state), strings.ToLower(p)) || prefixed && strings.Contains(state, random) {
			t.Errorf("%q is in the database", p)
		}
	}
	n := 0
	for word := range strings.FieldsFuncSeq(state, func(r rune) bool { return strings.ContainsRune(" \"\n{},:\\", r) }) {
		if len(word) < 8 {
			continue
		}
		n++
		address := fmt.Sprintf("2001:db8:%x::1", n)
		for _, user := range []string{"ada", "eve", "boss"} {
			for _, prefix := range []string{"", "brt_"} {
				if _, err := s.Account.Login(ctx, user, prefix+word, address); err == nil {
					t.Errorf("%q logs in as %s", word, user)
				}
			}
		}
		if v, err := s.Account.Authenticate(ctx, "Bearer "+word, address); err == nil {
			t.Errorf("%q is a bearer of %s", word, v.Login)
		}
		for _, prefix := range []string{"", "brs_"} {
			for _, of := range []func(context.Context, string, string) (berth.Viewer, error){s.Account.SessionViewer, s.Account.ProgramViewer} {
				if _, err := of(ctx, prefix+word, address); err == nil {
					t.Errorf("%q is a session", word)
				}
			}
		}
		for _, prefix := range []string{"", "bri_"} {
			if _, err := s.Account.GetInvitation(ctx, prefix+word); err == nil {
				t.Errorf("%q is an invitation", word)
			}
		}
		s.Clock.Advance(time.Hour) // so that codes are taken again
		if _, err := s.Account.SignIn(ctx, "eve", secret, word, there, ""); err == nil || errors.Is(err, berth.ErrTooMany) {
			t.Errorf("%q as a code: %v", word, err)
		}
	}
	if n < 40 {
		t.Errorf("%d words only", n)
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ctx := t.Context()
	tok, err := s.Account.CreateToken(ctx, berth.Operator(), "ADA", account.TokenRequest{Name: "ci", Scopes: berth.ScopeReadPackages, Life: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if len(tok.Secret) != 50 || !strings.HasPrefix(tok.Secret, "brt_") || tok.User != "ada" || tok.Scopes != berth.ScopeReadPackages || tok.ExpiresAt.IsZero() {
		t.Errorf("%+v", tok)
	}
	for _, header := range []string{"Bearer " + tok.Secret, "bearer  " + tok.Secret, basic("ada", tok.Secret), basic("Ada", tok.Secret), basic("", tok.Secret)} {
		v, err := s.Account.Authenticate(ctx, header, "")
		if err != nil || v.Login != "ada" || v.Scopes != berth.ScopeReadPackages || v.TokenID != tok.ID {
			t.Errorf("%.12s…: %+v, %v", header, v, err)
		}
	}
	for i := range tok.Secret { // a typo anywhere is told from a token that is gone
		typo := []byte(tok.Secret)
		typo[i] ^= 1
		if _, err := s.Account.Login(ctx, "ada", string(typo), fmt.Sprintf("192.0.2.%d", i)); !errors.Is(err, berth.ErrCredentialsInvalid) {
			t.Errorf("typo at %d: %v", i, err)
		} else if i >= 4 && !strings.Contains(err.Error(), "checksum") {
			t.Errorf("typo at %d: %v", i, err)
		}
	}
	// An administrator's token administers only if it says so.
	for scopes, want := range map[berth.Scopes]bool{berth.ScopeReadPackages: false, berth.ScopeAll: true} {
		v, err := s.Account.Login(ctx, "root", s.Token("root", scopes, 0), "")
		if err != nil || v.Admin != want {
			t.Errorf("%s: %+v, %v", scopes, v, err)
		}
	}
}

func basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

// A bearer ends with what it was made from, within seconds. It then only says who
// opened an upload.
func TestBearerEnds(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ctx := t.Context()
	v, err := s.Account.Login(ctx, "ada", s.Token("ada", berth.ScopeAll, time.Minute), "")
	if err != nil {
		t.Fatal(err)
	}
	b, err := s.Account.IssueBearer(ctx, v, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Account.Authenticate(ctx, "Bearer "+b.Token, "")
	if err != nil || got.Login != "ada" || !got.Bearer || got.Expired || got.TokenID != v.TokenID {
		t.Fatalf("%+v, %v", got, err)
	}
	s.Clock.Advance(time.Minute + 3*time.Second)
	if got, err = s.Account.Authenticate(ctx, "Bearer "+b.Token, ""); err != nil || !got.Expired {
		t.Errorf("the bearer of an expired token: %+v, %v", got, err)
	}
}

// Keys are made anew every month; bearers signed with the last one go on, and a
// replica that has not seen the new one looks it up.
func TestKeyRotation(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ctx := t.Context()
	replica, err := account.New(ctx, s.Meta, s.AccountOptions())
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.Account.Login(ctx, "ada", s.Token("ada", berth.ScopeAll, 0), "")
	if err != nil {
		t.Fatal(err)
	}
	s.Clock.Advance(30*24*time.Hour - time.Minute)
	old, err := s.Account.IssueBearer(ctx, v, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.Clock.Advance(2 * time.Minute)
	fresh, err := s.Account.IssueBearer(ctx, v, nil)
	if err != nil {
		t.Fatal(err)
	}
	if kid := strings.Split(old.Token, ".")[0]; kid == strings.Split(fresh.Token, ".")[0] {
		t.Error("the key was not changed")
	}
	for name, token := range map[string]string{"old": old.Token, "fresh": fresh.Token} {
		if got, err := replica.Authenticate(ctx, "Bearer "+token, ""); err != nil || got.Expired {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}
