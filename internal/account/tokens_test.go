package account_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
)

// viewer returns who a token speaks for.
func viewer(t *testing.T, s *berthtest.Server, secret string) berth.Viewer {
	t.Helper()
	v, err := s.Account.Authenticate(t.Context(), "Bearer "+secret, "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func create(t *testing.T, s *berthtest.Server, v berth.Viewer, user string, r account.TokenRequest) account.Token {
	t.Helper()
	tok, err := s.Account.CreateToken(t.Context(), v, user, r)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// Who may make tokens for whom.
func TestCreateTokenFor(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	s.AddUser("robot", false)
	s.Exec(`UPDATE users SET org_id = (SELECT id FROM owners WHERE folded = 'acme') WHERE owner_id = (SELECT id FROM owners WHERE folded = 'robot')`)
	token := func(user string, scopes berth.Scopes) berth.Viewer { return viewer(t, s, s.Token(user, scopes, 0)) }
	r := account.TokenRequest{Scopes: berth.ScopeReadPackages}
	for name, tt := range map[string]struct {
		v    berth.Viewer
		user string
		want error
	}{
		"anonymous":                     {berth.Viewer{}, "ada", berth.ErrUnauthenticated},
		"oneself":                       {token("ada", berth.ScopeAll), "Ada", nil},
		"oneself without the scope":     {token("ada", berth.ScopeAll&^berth.ScopeUser), "ada", berth.ErrDenied},
		"another":                       {token("bob", berth.ScopeAll), "ada", berth.ErrOwnerUnknown},
		"nobody":                        {token("bob", berth.ScopeAll), "nobody", berth.ErrOwnerUnknown},
		"an organization":               {token("ada", berth.ScopeAll), "acme", berth.ErrOwnerUnknown},
		"administrator":                 {token("root", berth.ScopeAll), "ada", nil},
		"administrator, scope missing":  {token("root", berth.ScopeUser|berth.ScopeReadPackages), "ada", berth.ErrOwnerUnknown},
		"administrator, nobody":         {token("root", berth.ScopeAll), "nobody", berth.ErrOwnerUnknown},
		"owner for the robot":           {token("ada", berth.ScopeAll), "robot", nil},
		"owner without the scope":       {token("ada", berth.ScopeAll&^berth.ScopeAdminOrg), "robot", berth.ErrDenied},
		"member for the robot":          {token("mia", berth.ScopeAll), "robot", berth.ErrDenied},
		"stranger for the robot":        {token("bob", berth.ScopeAll), "robot", berth.ErrOwnerUnknown},
		"the robot for itself":          {token("robot", berth.ScopeAll), "robot", nil},
		"a registry bearer":             {berth.Viewer{UserID: s.OwnerID("ada"), Login: "ada", Scopes: berth.ScopeAll, Bearer: true}, "ada", berth.ErrDenied},
		"a name that cannot be one":     {token("bob", berth.ScopeAll), "a/b", berth.ErrOwnerInvalid},
		"operator for nobody":           {berth.Operator(), "nobody", berth.ErrOwnerUnknown},
		"a token limited to an owner":   {limited(t, s, "ada", "ada", ""), "ada", berth.ErrDenied},
		"a token limited to a package":  {limited(t, s, "ada", "", "ada/app"), "ada", berth.ErrDenied},
		"administrator's limited token": {limited(t, s, "root", "ada", ""), "ada", berth.ErrOwnerUnknown},
	} {
		before := s.State()
		_, err := s.Account.CreateToken(t.Context(), tt.v, tt.user, r)
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
		if _, listing := s.Account.ListTokens(t.Context(), tt.v, tt.user, 0, 10); !errors.Is(listing, tt.want) {
			t.Errorf("%s, listing: %v, want %v", name, listing, tt.want)
		}
		if err != nil && s.State() != before {
			t.Errorf("%s: changed something", name)
		}
	}
	// To a stranger the robot is like nobody.
	_, robot := s.Account.CreateToken(t.Context(), token("bob", berth.ScopeAll), "robot", r)
	_, nobody := s.Account.CreateToken(t.Context(), token("bob", berth.ScopeAll), "nobod", r)
	if strings.ReplaceAll(robot.Error(), "robot", "nobod") != nobody.Error() {
		t.Errorf("%v\n%v", robot, nobody)
	}
}

// limited returns a viewer whose token reaches one owner, or one package, only.
func limited(t *testing.T, s *berthtest.Server, user, owner, pkg string) berth.Viewer {
	t.Helper()
	r := account.TokenRequest{Scopes: berth.ScopeAll}
	if owner != "" {
		r.Owners = []string{owner}
	}
	if pkg != "" {
		r.Packages = []string{pkg}
	}
	return viewer(t, s, create(t, s, berth.Operator(), user, r).Secret)
}

// A token never makes a stronger one.
func TestNeverStronger(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	scopes := berth.ScopeUser | berth.ScopeReadUser | berth.ScopeReadPackages
	v := viewer(t, s, s.Token("ada", scopes, time.Hour))
	for name, tt := range map[string]struct {
		r  account.TokenRequest
		ok bool
	}{
		"the same":       {account.TokenRequest{Scopes: scopes, Life: time.Hour}, true},
		"less":           {account.TokenRequest{Scopes: berth.ScopeReadPackages, Life: time.Minute}, true},
		"more scopes":    {account.TokenRequest{Scopes: scopes | berth.ScopeWritePackages | berth.ScopeReadPackages, Life: time.Minute}, false},
		"a longer life":  {account.TokenRequest{Scopes: scopes, Life: time.Hour + time.Second}, false},
		"for ever":       {account.TokenRequest{Scopes: scopes}, false},
		"administration": {account.TokenRequest{Scopes: berth.ScopeAdmin, Life: time.Minute}, false},
	} {
		_, err := s.Account.CreateToken(t.Context(), v, "ada", tt.r)
		if (err == nil) != tt.ok || err != nil && !errors.Is(err, berth.ErrDenied) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// One that is limited to an organization does not get out of that by way of the
// organization's service accounts.
func TestLimitedMakesNone(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	if _, err := s.Account.CreateServiceAccount(t.Context(), berth.Operator(), "acme", "robot", ""); err != nil {
		t.Fatal(err)
	}
	v := limited(t, s, "ada", "acme", "")
	before := s.State()
	for _, r := range []account.TokenRequest{{Scopes: berth.ScopeReadPackages}, {Scopes: berth.ScopeReadPackages, Owners: []string{"acme"}}} {
		if _, err := s.Account.CreateToken(t.Context(), v, "robot", r); !errors.Is(err, berth.ErrDenied) || !strings.Contains(err.Error(), "limits") {
			t.Errorf("%+v: %v", r, err)
		}
	}
	if s.State() != before {
		t.Error("something was made")
	}
}

// A token takes along what was made with it, and what was made with that.
func TestRevoke(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ctx, all := t.Context(), account.TokenRequest{Scopes: berth.ScopeAll}
	first := create(t, s, berth.Operator(), "ada", all)
	second := create(t, s, viewer(t, s, first.Secret), "ada", all)
	third := create(t, s, viewer(t, s, second.Secret), "ada", all)
	other := create(t, s, berth.Operator(), "ada", all)
	good := func() (list []int64) {
		for _, tok := range []account.Token{first, second, third, other} {
			if _, err := s.Account.Authenticate(ctx, "Bearer "+tok.Secret, ""); err == nil {
				list = append(list, tok.ID)
			} else if !errors.Is(err, berth.ErrCredentialsInvalid) || !strings.Contains(err.Error(), "revoked") {
				t.Error(err)
			}
		}
		return list
	}
	bearer, err := s.Account.IssueBearer(ctx, viewer(t, s, third.Secret), nil)
	if err != nil {
		t.Fatal(err)
	}
	if v, err := s.Account.Authenticate(ctx, "Bearer "+bearer.Token, ""); err != nil || v.Expired {
		t.Fatalf("%+v, %v", v, err)
	}
	bob := viewer(t, s, s.Token("bob", berth.ScopeAll, 0))
	if err := s.Account.RevokeToken(ctx, bob, "bob", second.ID); !errors.Is(err, berth.ErrTokenUnknown) {
		t.Errorf("another's token by its id: %v", err)
	}
	if got := good(); len(got) != 4 {
		t.Fatalf("good are %v", got)
	}
	if err := s.Account.RevokeToken(ctx, viewer(t, s, other.Secret), "ada", second.ID); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int64{first.ID, other.ID}, good()); diff != "" {
		t.Error(diff)
	}
	// At once on this node, without any time going by.
	if v, err := s.Account.Authenticate(ctx, "Bearer "+bearer.Token, ""); err != nil || !v.Expired {
		t.Errorf("the bearer of a revoked token: %+v, %v", v, err)
	}
	early := viewer(t, s, first.Secret)
	if err := s.Account.RevokeCurrent(ctx, early); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Account.CreateToken(ctx, early, "ada", all); !errors.Is(err, berth.ErrCredentialsInvalid) {
		t.Errorf("a token made with one that was revoked meanwhile: %v", err)
	}
	if diff := cmp.Diff([]int64{other.ID}, good()); diff != "" {
		t.Error(diff)
	}
	for name, v := range map[string]berth.Viewer{"anonymous": {}, "by password": {UserID: s.OwnerID("ada"), Login: "ada", Scopes: berth.ScopeAll}} {
		if err := s.Account.RevokeCurrent(ctx, v); err == nil {
			t.Errorf("%s: the current token", name)
		}
	}
}

// What a token is, without its secret, and when it was used.
func TestListTokens(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ctx := t.Context()
	ci := create(t, s, berth.Operator(), "ada", account.TokenRequest{
		Name: "ci", Scopes: berth.ScopeWritePackages | berth.ScopeReadPackages, Life: time.Hour,
		Owners: []string{"ACME"}, Packages: []string{"ada/app"}, Actions: []berth.Action{berth.ActionPush},
	})
	me := viewer(t, s, s.Token("ada", berth.ScopeAll, 0))
	list := func() []account.Token {
		t.Helper()
		list, err := s.Account.ListTokens(ctx, me, "ada", 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	want := ci
	want.Secret = ""
	if diff := cmp.Diff(want, list()[1]); diff != "" {
		t.Error(diff)
	}
	s.Clock.Advance(time.Minute)
	viewer(t, s, ci.Secret)
	want.LastUsedAt = s.Clock.Now()
	if diff := cmp.Diff(want, list()[1]); diff != "" {
		t.Errorf("before it is written down:\n%s", diff)
	}
	if n, err := s.Account.RecordUsage(ctx); err != nil || n == 0 {
		t.Fatal(n, err)
	}
	replica, err := account.New(ctx, s.Meta, s.AccountOptions())
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, err := replica.ListTokens(ctx, me, "ada", me.TokenID, 10)
	if diff := cmp.Diff([]account.Token{want}, elsewhere); err != nil || diff != "" {
		t.Errorf("on another node: %v\n%s", err, diff)
	}
	// An owner that goes takes the limit along, and the token reaches nothing more.
	s.Exec(`DELETE FROM token_limits`)
	if v := viewer(t, s, ci.Secret); !v.Limited || len(v.Limits) != 0 {
		t.Errorf("%+v", v)
	}
}

func TestTokenRequests(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	many := slices.Repeat([]string{"ada"}, 51)
	for name, tt := range map[string]struct {
		change func(*account.TokenRequest)
		want   error
	}{
		"good":              {func(*account.TokenRequest) {}, nil},
		"no scope":          {func(r *account.TokenRequest) { r.Scopes = 0 }, berth.ErrTokenInvalid},
		"impossible scope":  {func(r *account.TokenRequest) { r.Scopes = 1 << 31 }, berth.ErrTokenInvalid},
		"past":              {func(r *account.TokenRequest) { r.Life = -1 }, berth.ErrTokenInvalid},
		"eternity":          {func(r *account.TokenRequest) { r.Life = 1<<63 - 1 }, berth.ErrTokenInvalid},
		"long name":         {func(r *account.TokenRequest) { r.Name = strings.Repeat("x", 101) }, berth.ErrTokenInvalid},
		"NUL":               {func(r *account.TokenRequest) { r.Name = "a\x00" }, berth.ErrTokenInvalid},
		"not UTF-8":         {func(r *account.TokenRequest) { r.Name = "\xff" }, berth.ErrTokenInvalid},
		"unknown action":    {func(r *account.TokenRequest) { r.Actions = []berth.Action{"*"} }, berth.ErrTokenInvalid},
		"doubled action":    {func(r *account.TokenRequest) { r.Actions = []berth.Action{"pull", "pull"} }, berth.ErrTokenInvalid},
		"too many limits":   {func(r *account.TokenRequest) { r.Owners = many }, berth.ErrTokenInvalid},
		"doubled limit":     {func(r *account.TokenRequest) { r.Owners = many[:2] }, nil},
		"unknown owner":     {func(r *account.TokenRequest) { r.Owners = []string{"nobody"} }, berth.ErrTokenInvalid},
		"no package":        {func(r *account.TokenRequest) { r.Packages = []string{"ada"} }, berth.ErrNameWithoutOwner},
		"bad package":       {func(r *account.TokenRequest) { r.Packages = []string{"ada/../x"} }, berth.ErrNameInvalid},
		"package of nobody": {func(r *account.TokenRequest) { r.Packages = []string{"nobody/x"} }, berth.ErrTokenInvalid},
		"package to come":   {func(r *account.TokenRequest) { r.Packages = []string{"ada/to/come"} }, nil},
	} {
		r := account.TokenRequest{Scopes: berth.ScopeAll}
		tt.change(&r)
		before := s.State()
		if _, err := s.Account.CreateToken(t.Context(), berth.Operator(), "ada", r); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
		if tt.want != nil && s.State() != before {
			t.Errorf("%s: changed something", name)
		}
	}
}

// An administrator's token does not become a session of its user by way of another
// password, and a service account never gets one.
func TestTokenSetsNoPasswordOfItsOwn(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ctx := t.Context()
	if _, err := s.Account.CreateServiceAccount(ctx, berth.Operator(), "acme", "robot", ""); err != nil {
		t.Fatal(err)
	}
	root := viewer(t, s, s.Token("root", berth.ScopeAdmin, 0))
	before := s.State()
	for user, want := range map[string]error{"root": berth.ErrDenied, "robot": berth.ErrConflict} {
		if err := s.Account.SetPassword(ctx, root, user, "long enough"); !errors.Is(err, want) {
			t.Errorf("password of %s: %v", user, err)
		}
	}
	if err := s.Account.ResetSecondFactor(ctx, root, "root"); !errors.Is(err, berth.ErrDenied) {
		t.Errorf("second factor: %v", err)
	}
	if s.State() != before {
		t.Error("something changed")
	}
	if err := s.Account.SetPassword(ctx, root, "bob", "long enough"); err != nil {
		t.Error(err)
	}
	// Even one that got into the database lets nobody in.
	s.Exec(`UPDATE users SET password_hash = (SELECT password_hash FROM users b JOIN owners o ON o.id = b.owner_id WHERE o.folded = 'bob')
		WHERE owner_id = (SELECT id FROM owners WHERE folded = 'robot')`)
	if _, err := s.Account.Login(ctx, "robot", "long enough", ""); !errors.Is(err, berth.ErrCredentialsInvalid) {
		t.Errorf("a service account logs in by password: %v", err)
	}
}

// A limit does not tell who there is.
func TestLimitsTellNothing(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ctx := t.Context()
	_, err := s.Account.CreateServiceAccount(ctx, berth.Operator(), "acme", "robot", "")
	must(t, err)
	for _, tt := range []struct {
		viewer, user, owner string
		ok                  bool
	}{
		{"bob", "bob", "bob", true},
		{"bob", "bob", "ada", true},
		{"bob", "bob", "acme", false},
		{"bob", "bob", "robot", false},
		{"bob", "bob", "nobody", false},
		{"mia", "mia", "acme", true},
		{"ada", "robot", "acme", true},
		{"ada", "robot", "robot", true},
		{"root", "bob", "acme", true},
		{"root", "bob", "robot", true},
	} {
		for _, r := range []account.TokenRequest{{Owners: []string{tt.owner}}, {Packages: []string{tt.owner + "/app"}}} {
			r.Scopes = berth.ScopeAll
			_, err := s.Account.CreateToken(ctx, s.Viewer(tt.viewer), tt.user, r)
			want := "there is no user or organization " + tt.owner + " that " + tt.user + " may know"
			if tt.ok != (err == nil) || !tt.ok && (!errors.Is(err, berth.ErrTokenInvalid) || !strings.Contains(err.Error(), want)) {
				t.Errorf("%+v: %v", tt, err)
			}
		}
	}
}
