package account_test

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
)

func TestLinkIdentity(t *testing.T) {
	t.Parallel()
	server, s, i := withIssuer(t, func(p *account.Provider) { p.AutoCreate = false })
	ctx := t.Context()
	ada, bob := server.Viewer("ada"), server.Viewer("bob")
	before := server.State()
	narrow := server.Viewer("root")
	narrow.Scopes = berth.ScopeUser
	for name, v := range map[string]berth.Viewer{"herself": ada, "another": bob, "an administrator's token": narrow} {
		if err := s.LinkIdentity(ctx, v, "ada", "corp", "subject-1"); !errors.Is(err, berth.ErrDenied) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := s.LinkIdentity(ctx, berth.Viewer{}, "ada", "corp", "subject-1"); !errors.Is(err, berth.ErrUnauthenticated) {
		t.Errorf("nobody: %v", err)
	}
	root := berth.Operator()
	for _, test := range []struct {
		user, provider, subject string
		want                    error
	}{
		{"nobody", "corp", "1", berth.ErrOwnerUnknown},
		{"acme", "corp", "1", berth.ErrOwnerUnknown},
		{"ada", "other", "1", berth.ErrProviderUnknown},
		{"ada", "corp", "", berth.ErrRequestInvalid},
		{"ada", "corp", "a\nb", berth.ErrRequestInvalid},
		{"ada", "corp", "\xff", berth.ErrRequestInvalid},
		{"ada", "corp", strings.Repeat("s", 256), berth.ErrRequestInvalid},
	} {
		if err := s.LinkIdentity(ctx, root, test.user, test.provider, test.subject); !errors.Is(err, test.want) {
			t.Errorf("%+v: %v", test, err)
		}
	}
	if diff := cmp.Diff(before, server.State()); diff != "" {
		t.Error(diff)
	}
	if err := s.LinkIdentity(ctx, root, "Ada", "corp", "subject-1"); err != nil {
		t.Fatal(err)
	}
	if err := s.LinkIdentity(ctx, root, "bob", "corp", "subject-1"); !errors.Is(err, berth.ErrExists) {
		t.Errorf("linked twice: %v", err)
	}
	if list := eventsOf(t, server, "identity.link"); len(list) != 1 || list[0].Actor != "operator" || list[0].Owner != "ada" {
		t.Errorf("%+v", list)
	}
	in, err := comeIn(t, s, i)
	if err != nil || in.UserID != ada.UserID || in.Login != "ada" || in.Created {
		t.Errorf("%+v, %v", in, err)
	}
	want := []account.Identity{{Provider: "corp", Title: "The Corp", Subject: "subject-1", CreatedAt: server.Clock.Now()}}
	for name, v := range map[string]berth.Viewer{"herself": ada, "the operator": root} {
		if got, err := s.ListIdentities(ctx, v, "ada"); err != nil || cmp.Diff(want, got) != "" {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	if _, err := s.ListIdentities(ctx, bob, "ada"); !errors.Is(err, berth.ErrOwnerUnknown) {
		t.Errorf("another: %v", err)
	}
	_, known := s.ListIdentities(ctx, bob, "ada")
	_, unknown := s.ListIdentities(ctx, bob, "nobody")
	if describe(known) != strings.ReplaceAll(describe(unknown), "nobody", "ada") {
		t.Errorf("%v, but of nobody %v", known, unknown)
	}
	if _, err := s.ListIdentities(ctx, berth.Viewer{}, "ada"); !errors.Is(err, berth.ErrUnauthenticated) {
		t.Errorf("nobody: %v", err)
	}
}

func TestUnlinkIdentity(t *testing.T) {
	t.Parallel()
	server, s, i := withIssuer(t)
	ctx := t.Context()
	if _, err := comeIn(t, s, i); err != nil {
		t.Fatal(err)
	}
	grace, bob := server.Viewer("grace"), server.Viewer("bob")
	before := server.State()
	if err := s.UnlinkIdentity(ctx, grace, "grace", "corp", "subject-1"); !errors.Is(err, berth.ErrConflict) {
		t.Errorf("her only way in: %v", err)
	}
	if err := s.UnlinkIdentity(ctx, bob, "grace", "corp", "subject-1"); !errors.Is(err, berth.ErrOwnerUnknown) {
		t.Errorf("another: %v", err)
	}
	if err := s.UnlinkIdentity(ctx, grace, "grace", "corp", "x"); !errors.Is(err, berth.ErrIdentityUnknown) {
		t.Errorf("unknown: %v", err)
	}
	reader := grace
	reader.Scopes = berth.ScopeReadUser
	if err := s.UnlinkIdentity(ctx, reader, "grace", "corp", "subject-1"); !errors.Is(err, berth.ErrDenied) {
		t.Errorf("a token that may only read: %v", err)
	}
	if diff := cmp.Diff(before, server.State()); diff != "" {
		t.Error(diff)
	}
	// With a second one the first may go.
	if err := s.LinkIdentity(ctx, berth.Operator(), "grace", "corp", "subject-2"); err != nil {
		t.Fatal(err)
	}
	if err := s.UnlinkIdentity(ctx, grace, "grace", "corp", "subject-1"); err != nil {
		t.Fatal(err)
	}
	if _, err := comeIn(t, s, i); !errors.Is(err, berth.ErrOwnerExists) {
		t.Errorf("after that: %v", err)
	}
	if list := eventsOf(t, server, "identity.unlink"); len(list) != 1 || list[0].Actor != "grace" || list[0].Detail != "corp: subject-1" {
		t.Errorf("%+v", list)
	}
	// An administrator may shut her out.
	if err := s.UnlinkIdentity(ctx, berth.Operator(), "grace", "corp", "subject-2"); err != nil {
		t.Error(err)
	}
}

// Whoever held an identity that was unlinked is out. Who unlinks his own stays in.
func TestUnlinkEndsSessions(t *testing.T) {
	t.Parallel()
	server, s, _ := withIssuer(t)
	ctx := t.Context()
	open := func(user int64) (account.Session, berth.Viewer) {
		session, err := s.CreateSession(ctx, user, "test", here, "")
		if err != nil {
			t.Fatal(err)
		}
		v, err := s.SessionViewer(ctx, session.Secret, here)
		if err != nil {
			t.Fatal(err)
		}
		return session, v
	}
	alive := func(session account.Session) bool {
		_, err := s.SessionViewer(ctx, session.Secret, here)
		return err == nil
	}
	if err := s.SetPassword(ctx, berth.Operator(), "ada", secret); err != nil {
		t.Fatal(err)
	}
	for _, subject := range []string{"1", "2"} {
		if err := s.LinkIdentity(ctx, berth.Operator(), "ada", "corp", subject); err != nil {
			t.Fatal(err)
		}
	}
	stolen, _ := open(server.OwnerID("ada"))
	mine, ada := open(server.OwnerID("ada"))
	roots, root := open(server.OwnerID("root"))
	refused(t, "none", s.UnlinkIdentity(ctx, ada, "ada", "corp", "3"), berth.ErrIdentityUnknown)
	if !alive(stolen) {
		t.Error("a refusal ended a session")
	}
	if err := s.UnlinkIdentity(ctx, ada, "ada", "corp", "1"); err != nil || alive(stolen) || !alive(mine) {
		t.Errorf("by herself: %v, the other goes on: %t, hers: %t", err, alive(stolen), alive(mine))
	}
	if err := s.UnlinkIdentity(ctx, root, "ada", "corp", "2"); err != nil || alive(mine) || !alive(roots) {
		t.Errorf("by root: %v, hers goes on: %t, his: %t", err, alive(mine), alive(roots))
	}
}

const verifier = "vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv"

func challenge() string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func cliCode(t *testing.T, s *account.Service) string {
	t.Helper()
	code, err := s.CLICode(t.Context(), berth.Viewer{UserID: 1, Login: "ada", Scopes: berth.ScopeAll, SessionID: 1}, challenge(), "laptop")
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func TestCLICode(t *testing.T) {
	t.Parallel()
	server, s, i := withIssuer(t)
	ctx := t.Context()
	if _, err := comeIn(t, s, i); err != nil {
		t.Fatal(err)
	}
	grace := inSession(t, server, s, "grace")
	code, err := s.CLICode(ctx, grace, challenge(), "grace's laptop")
	if err != nil {
		t.Fatal(err)
	}
	before := server.State()
	_, state, err := s.BeginSignIn(ctx, "corp", callback, "/")
	if err != nil {
		t.Fatal(err)
	}
	for name, try := range map[string][2]string{
		"another verifier":    {code, strings.Repeat("w", 43)},
		"short verifier":      {code, "v"},
		"long verifier":       {code, strings.Repeat("v", 129)},
		"damaged":             {code[1:], verifier},
		"nothing":             {"", verifier},
		"no base64":           {"%", verifier},
		"the cookie's sealed": {state, verifier},
		"long":                {strings.Repeat("A", 5000), verifier},
	} {
		if _, err := s.RedeemCLICode(ctx, try[0], try[1], ""); !errors.Is(err, berth.ErrCredentialsInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if diff := cmp.Diff(before, server.State()); diff != "" {
		t.Error(diff)
	}
	server.Clock.Advance(time.Minute)
	session, err := s.RedeemCLICode(ctx, code, verifier, "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	if session.Address != "192.0.2.1" || session.UserAgent != "berth login on grace's laptop" || session.ExpiresAt.Sub(session.CreatedAt) != 30*24*time.Hour {
		t.Errorf("%+v", session)
	}
	if events := server.Events(); events[len(events)-1] != "sign_in grace: command line" {
		t.Errorf("%s", events[len(events)-1])
	}
	v, err := s.ProgramViewer(ctx, session.Secret, "")
	if err != nil || v.Login != "grace" || v.SessionID == 0 || !v.ConfirmedAt.Equal(grace.ConfirmedAt) {
		t.Errorf("%+v, %v", v, err)
	}
	if v, err := s.SessionViewer(ctx, session.Secret, ""); !errors.Is(err, berth.ErrCredentialsInvalid) {
		t.Errorf("as a browser's: %+v, %v", v, err)
	}
	server.Block("grace")
	if _, err := s.RedeemCLICode(ctx, code, verifier, ""); !errors.Is(err, berth.ErrCredentialsInvalid) {
		t.Errorf("blocked: %v", err)
	}
	old, err := s.CLICode(ctx, inSession(t, server, s, "ada"), challenge(), "x")
	if err != nil {
		t.Fatal(err)
	}
	server.Clock.Advance(2 * time.Minute)
	if _, err := s.RedeemCLICode(ctx, old, verifier, ""); !errors.Is(err, berth.ErrCredentialsInvalid) {
		t.Errorf("late: %v", err)
	}
}

// A code is no good after the session in which it was asked for.
func TestCLICodeEndsWithSession(t *testing.T) {
	t.Parallel()
	server, s, _ := withIssuer(t)
	ctx := t.Context()
	for name, end := range map[string]func(mine, other berth.Viewer) error{
		"signing out":      func(mine, _ berth.Viewer) error { return s.SignOut(ctx, mine) },
		"ending it":        func(mine, other berth.Viewer) error { return s.EndSession(ctx, other, mine.SessionID) },
		"another password": func(_, other berth.Viewer) error { return s.ChangePassword(ctx, other, "", secret) },
		"an administrator": func(_, _ berth.Viewer) error { return s.SetPassword(ctx, berth.Operator(), "ada", secret) },
		"nothing":          nil,
		"running out":      nil,
	} {
		server.Exec(`UPDATE users SET password_hash = '' WHERE owner_id = 1`)
		mine, other := inSession(t, server, s, "ada"), inSession(t, server, s, "ada")
		code, err := s.CLICode(ctx, mine, challenge(), "laptop")
		if err != nil {
			t.Fatal(err)
		}
		want := error(berth.ErrCredentialsInvalid)
		switch {
		case end != nil:
			must(t, end(mine, other))
		case name == "running out":
			server.Exec(`UPDATE sessions SET expires_at = $1 WHERE id = $2`, server.Clock.Now().UnixMicro(), mine.SessionID)
		default:
			want = nil
		}
		if _, err := s.RedeemCLICode(ctx, code, verifier, here); !errors.Is(err, want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// inSession is somebody signed in with a browser.
func inSession(t *testing.T, server *berthtest.Server, s *account.Service, user string) berth.Viewer {
	t.Helper()
	session, err := s.CreateSession(t.Context(), server.OwnerID(user), "test", here, "")
	if err != nil {
		t.Fatal(err)
	}
	v, err := s.SessionViewer(t.Context(), session.Secret, here)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestCLICodeRefused(t *testing.T) {
	t.Parallel()
	server, s, _ := withIssuer(t)
	ada := inSession(t, server, s, "ada")
	withToken, narrow, bearer := ada, ada, ada
	withToken.TokenID = 5
	narrow.Scopes = berth.ScopesPackages
	bearer.Bearer = true
	for name, test := range map[string]struct {
		v               berth.Viewer
		challenge, name string
		want            error
	}{
		"nobody":            {berth.Viewer{}, challenge(), "x", berth.ErrUnauthenticated},
		"no session":        {server.Viewer("ada"), challenge(), "x", berth.ErrDenied},
		"a token":           {withToken, challenge(), "x", berth.ErrDenied},
		"a narrow one":      {narrow, challenge(), "x", berth.ErrDenied},
		"a bearer":          {bearer, challenge(), "x", berth.ErrDenied},
		"no challenge":      {ada, "", "x", berth.ErrRequestInvalid},
		"plain challenge":   {ada, strings.Repeat("=", 43), "x", berth.ErrRequestInvalid},
		"short challenge":   {ada, challenge()[1:], "x", berth.ErrRequestInvalid},
		"no name":           {ada, challenge(), "", berth.ErrRequestInvalid},
		"long name":         {ada, challenge(), strings.Repeat("x", 101), berth.ErrRequestInvalid},
		"name of two lines": {ada, challenge(), "a\nb", berth.ErrRequestInvalid},
		"name turned round": {ada, challenge(), "a\u202eb", berth.ErrRequestInvalid},
		"name of no text":   {ada, challenge(), "\xff", berth.ErrRequestInvalid},
	} {
		if _, err := s.CLICode(t.Context(), test.v, test.challenge, test.name); !errors.Is(err, test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Names that providers give, and what becomes of them.
func TestNameFromClaim(t *testing.T) {
	t.Parallel()
	for claim, want := range map[string]string{
		"Grace.Hopper":           "grace.hopper",
		"grace@example.com":      "grace",
		"Grace  Brewster Murray": "grace-brewster-murray",
		"-_grace_-":              "grace",
		"a__b":                   "a__b",
		"a___b":                  "a-b",
		"a..c":                   "a-c",
		"a._c":                   "a-c",
		`CORP\hopper`:            "corp-hopper",
		"j\u00f6rg":              "j-rg",
		"9lives":                 "9lives",
		"\u212aelvin":            "elvin", // not a K
		"../../etc":              "etc",
		"@example.com":           "",
		"...":                    "",
		"":                       "",
		"\xff\xfe":               "",
	} {
		if got := account.FitName(claim); got != want {
			t.Errorf("%q: %q, want %q", claim, got, want)
		}
	}
}

// What is shown to be copied into a shell must be one word there.
func TestSubjectForShell(t *testing.T) {
	t.Parallel()
	for subject, want := range map[string]string{
		"auth0-5": "auth0-5", "CiQ=": "CiQ=", "a|b": "'a|b'", "x; rm -rf ~": "'x; rm -rf ~'", "it's": `'it'\''s'`, "$(id)": "'$(id)'",
	} {
		if got := account.ForShell(subject); got != want {
			t.Errorf("%s: %s, want %s", subject, got, want)
		}
	}
}

func FuzzNameFromClaim(f *testing.F) {
	for _, claim := range []string{"Ada", "a.b@c", "a__b", "\u212a", "--", "settings", strings.Repeat("x", 100)} {
		f.Add(claim)
	}
	f.Fuzz(func(t *testing.T, claim string) {
		name := account.FitName(claim)
		if again := account.FitName(name); again != name {
			t.Errorf("%q becomes %q and then %q", claim, name, again)
		}
		folded, err := berth.ParseOwner(name)
		short := name != "" && len(name) <= berth.MaxOwnerLength
		if err != nil && short && !strings.Contains(err.Error(), "reserved") || err == nil && folded != name {
			t.Errorf("%q: %q, %v", claim, folded, err)
		}
	})
}
