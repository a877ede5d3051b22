package account_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
)

func TestSessions(t *testing.T) {
	t.Parallel()
	s := withPasswords(t, "ada", "root")
	ctx, a := t.Context(), s.Account
	start := s.Clock.Now()
	session, err := a.SignIn(ctx, "ADA", secret, "", here, "Browser\r\n\x00\xff 1.0"+strings.Repeat("ü", 200))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(session.Secret, "brs_") || len(session.Secret) < 50 {
		t.Errorf("secret %s", session.Secret)
	}
	v, err := a.SessionViewer(ctx, session.Secret, there)
	want := berth.Viewer{UserID: 1, Login: "ada", Address: there, SessionID: session.ID, ConfirmedAt: session.CreatedAt, Scopes: berth.ScopeAll}
	if diff := cmp.Diff(want, v); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	root, err := a.SignIn(ctx, "root", secret, "", here, "")
	if err != nil {
		t.Fatal(err)
	}
	if v, err := a.SessionViewer(ctx, root.Secret, here); err != nil || !v.Admin {
		t.Errorf("%+v, %v", v, err)
	}
	second, _ := signIn(t, s, "ada", "")
	list, err := a.ListSessions(ctx, v)
	if err != nil {
		t.Fatal(err)
	}
	wantList := []account.Session{
		{ID: second.ID, UserID: 1, UserAgent: "browser", Address: here, CreatedAt: start, UsedAt: start, ExpiresAt: start.Add(30 * 24 * time.Hour)},
		{ID: session.ID, UserID: 1, UserAgent: "Browser 1.0" + strings.Repeat("ü", 94), Address: here, CreatedAt: start, UsedAt: start, ExpiresAt: start.Add(30 * 24 * time.Hour), Current: true},
	}
	if diff := cmp.Diff(wantList, list); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	refused(t, "another's session", a.EndSession(ctx, v, root.ID), berth.ErrSessionUnknown)
	if err := a.EndSession(ctx, v, second.ID); err != nil {
		t.Fatal(err)
	}
	refused(t, "a session twice", a.EndSession(ctx, v, second.ID), berth.ErrSessionUnknown)
	if err := a.SignOut(ctx, v); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(a.SignOut(ctx, v), a.SignOut(ctx, berth.Viewer{})); err != nil {
		t.Errorf("signing out again: %v", err)
	}
	for _, ended := range []string{session.Secret, second.Secret, "", "brs_", root.Secret + "x", strings.ToLower(root.Secret)} {
		_, err := a.SessionViewer(ctx, ended, here)
		refused(t, fmt.Sprintf("%.8s", ended), err, berth.ErrCredentialsInvalid)
	}
	// A session is for browsers.
	_, err = a.Authenticate(ctx, "Bearer "+root.Secret, here)
	refused(t, "as a bearer", err, berth.ErrCredentialsInvalid)
	_, err = a.Login(ctx, "root", root.Secret, here)
	refused(t, "as a password", err, berth.ErrCredentialsInvalid)
	_, err = a.SignIn(ctx, "root", s.Token("root", berth.ScopeAll, 0), "", here, "")
	refused(t, "a token in a browser", err, berth.ErrCredentialsInvalid)
}

func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	alive := func(s *berthtest.Server, session account.Session) bool {
		_, err := s.Account.SessionViewer(t.Context(), session.Secret, here)
		if err != nil && !errors.Is(err, berth.ErrCredentialsInvalid) {
			t.Error(err)
		}
		return err == nil
	}
	s := withPasswords(t, "ada", "bob")
	idle, _ := signIn(t, s, "ada", "")
	used, v := signIn(t, s, "ada", "")
	for i := range 6 {
		s.Clock.Advance(5 * day)
		if i == 1 && alive(s, idle) {
			t.Error("a session goes on that was not used for ten days")
		}
		if s.Clock.Now().Before(used.ExpiresAt) && !alive(s, used) {
			t.Error("a session in use ended early")
		}
	}
	if alive(s, idle) || alive(s, used) {
		t.Error("sessions go on too long")
	}
	if list, err := s.Account.ListSessions(t.Context(), v); err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
	if n, err := s.Account.ReapSessions(t.Context()); err != nil || n != 2 || strings.Contains(s.State(), "\nsessions ") {
		t.Errorf("reaped %d, %v", n, err)
	}

	// It is written once an hour that a session was used.
	session, _ := signIn(t, s, "ada", "")
	for minutes, writes := range map[time.Duration]bool{59: false, 60: true} {
		s.Clock.Advance(-s.Clock.Now().Sub(session.UsedAt) + minutes*time.Minute)
		before := s.State()
		if !alive(s, session) || (s.State() != before) != writes {
			t.Errorf("after %d minutes", minutes)
		}
	}
	s.Clock.Advance(7*day - time.Minute)
	if !alive(s, session) {
		t.Error("ended before it was idle for a week")
	}
	s.Exec(`UPDATE users SET blocked_at = 1 WHERE owner_id = 1`)
	if alive(s, session) {
		t.Error("the session of a blocked user")
	}
	_, err := s.Account.SignIn(t.Context(), "ada", secret, "", here, "")
	if !errors.Is(err, berth.ErrCredentialsInvalid) || !strings.Contains(text(err), "blocked") {
		t.Errorf("a blocked user signs in: %v", err)
	}
	_, err = s.Account.CreateSession(t.Context(), 1, "test", here, "")
	refused(t, "a new session of a blocked user", err, berth.ErrCredentialsInvalid)
	_, err = s.Account.CreateSession(t.Context(), 1000, "test", here, "")
	refused(t, "a session of nobody", err, berth.ErrOwnerUnknown)

	var first account.Session
	for i := range 101 {
		session, err := s.Account.CreateSession(t.Context(), 2, "test", here, "")
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = session
		}
	}
	if alive(s, first) {
		t.Error("somebody has more than 100 sessions")
	}
}

func TestChangePassword(t *testing.T) {
	t.Parallel()
	s := withPasswords(t, "ada", "bob")
	ctx, a := t.Context(), s.Account
	other, _ := signIn(t, s, "ada", "")
	mine, v := signIn(t, s, "ada", "")
	bobs, _ := signIn(t, s, "bob", "")
	refused(t, "wrong", a.ChangePassword(ctx, v, "wrong password", "another one"), berth.ErrPasswordInvalid)
	refused(t, "short", a.ChangePassword(ctx, v, secret, "short"), berth.ErrPasswordInvalid)
	if err := a.ChangePassword(ctx, v, secret, "another one"); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		secret string
		ok     bool
	}{"other": {other.Secret, false}, "mine": {mine.Secret, true}, "bob's": {bobs.Secret, true}} {
		if _, err := a.SessionViewer(ctx, tt.secret, here); (err == nil) != tt.ok {
			t.Errorf("%s session: %v", name, err)
		}
	}
	_, err := a.Login(ctx, "ada", secret, here)
	refused(t, "the old password", err, berth.ErrCredentialsInvalid)
	if _, err := a.Login(ctx, "ada", "another one", here); err != nil {
		t.Errorf("the new password: %v", err)
	}
	if err := a.SetPassword(ctx, berth.Operator(), "ada", "a third one"); err != nil {
		t.Fatal(err)
	}
	if _, err := a.SessionViewer(ctx, mine.Secret, here); err == nil {
		t.Error("a session goes on after an administrator changed the password")
	}
}

// The cookie of a browser is no bearer: with it one could do all that pages ask for the
// password before. Nor is what a program has a cookie, or each could open the other.
func TestSessionKinds(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	a, ctx := s.Account, t.Context()
	must(t, a.SetPassword(ctx, berth.Operator(), "ada", secret))
	open := func(session account.Session, err error) account.Session {
		t.Helper()
		must(t, err)
		return session
	}
	for name, session := range map[string]account.Session{
		"program by password": open(a.SignInProgram(ctx, "ada", secret, "", here, "tool")),
		"program":             open(a.CreateProgramSession(ctx, s.OwnerID("ada"), "test", here, "tool")),
		"browser by password": open(a.SignIn(ctx, "ada", secret, "", here, "Firefox")),
		"browser":             open(a.CreateSession(ctx, s.OwnerID("ada"), "test", here, "Firefox")),
	} {
		good, bad := a.SessionViewer, a.ProgramViewer
		if strings.HasPrefix(name, "program") {
			good, bad = bad, good
		}
		if v, err := good(ctx, session.Secret, here); err != nil || v.Login != "ada" || !a.Sure(v) {
			t.Errorf("%s: %+v, %v", name, v, err)
		}
		if v, err := bad(ctx, session.Secret, here); !errors.Is(err, berth.ErrCredentialsInvalid) || v.UserID != 0 {
			t.Errorf("%s as the other: %+v, %v", name, v, err)
		}
		if session.Program != strings.HasPrefix(name, "program") {
			t.Errorf("%s: %t", name, session.Program)
		}
	}
}
