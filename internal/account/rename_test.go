package account_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
)

func TestRenameUser(t *testing.T) {
	t.Parallel()
	s := withPasswords(t, "ada", "bob")
	ctx, a := t.Context(), s.Account
	s.As("ada").PushImage("ada/app", "v1", "1")
	token := s.Token("ada", berth.ScopeAll, 0)
	bearer := s.With("Bearer " + token).Bearer("repository:ada/app:pull,push")
	session, _ := signIn(t, s, "ada", "")
	if _, err := a.Invite(ctx, s.Viewer("ada"), account.Invitation{Org: "acme"}); err != nil {
		t.Fatal(err)
	}
	v := s.Viewer("ada")
	u, err := a.RenameSelf(ctx, v, "Grace")
	if err != nil || u.Login != "Grace" || !u.Known {
		t.Fatalf("%+v, %v", u, err)
	}
	// Names are forgotten at once where they were changed, also of bearers and sessions.
	for name, v := range map[string]func() (berth.Viewer, error){
		"token":       func() (berth.Viewer, error) { return a.Authenticate(ctx, "Bearer "+token, here) },
		"by new name": func() (berth.Viewer, error) { return a.Login(ctx, "grace", token, here) },
		"by old name": func() (berth.Viewer, error) { return a.Login(ctx, "ADA", token, here) },
		"password":    func() (berth.Viewer, error) { return a.Login(ctx, "grace", secret, here) },
		"session":     func() (berth.Viewer, error) { return a.SessionViewer(ctx, session.Secret, here) },
	} {
		got, err := v()
		if err != nil || got.Login != "Grace" || got.UserID != u.ID {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	_, err = a.Login(ctx, "ada", secret, here) // a password goes with the name of now
	refused(t, "password by the old name", err, berth.ErrCredentialsInvalid)
	_, err = a.Login(ctx, "ada", s.Token("bob", berth.ScopeAll, 0), here)
	refused(t, "a token of somebody else", err, berth.ErrCredentialsInvalid)

	anew := s.With("Bearer " + token).Bearer("repository:ada/app:pull,push")
	for _, c := range []*berthtest.Client{bearer, anew, s.With("Bearer " + token)} {
		c.Get("/v2/ada/app/manifests/v1").Want(http.StatusOK)
		r := c.Do("POST", "/v2/ada/app/blobs/uploads/", nil).Want(http.StatusConflict, http.StatusForbidden)
		if r.Status == http.StatusConflict && !strings.Contains(string(r.Body), "ada/app is now grace/app; push there\"") {
			t.Errorf("%s", r.Body)
		}
	}
	r := s.With("Bearer "+token).Do("POST", "/v2/ada/fresh/blobs/uploads/", nil).Want(http.StatusConflict)
	if !strings.Contains(string(r.Body), "ada is now grace; push to grace/fresh") {
		t.Errorf("%s", r.Body)
	}
	s.With("Bearer "+token).PushImage("grace/app", "v2", "2")

	for _, name := range []string{"ada", "ADA", "grace"} {
		found, err := a.GetUser(ctx, s.Viewer("bob"), name)
		if err != nil || found.Login != "Grace" || found.Known {
			t.Errorf("%s: %+v, %v", name, found, err)
		}
	}
	if list, err := a.ListInvitations(ctx, s.Viewer("root"), "", 0, 10); err != nil || len(list) != 1 || list[0].CreatedBy != "Grace" {
		t.Errorf("%+v, %v", list, err)
	}
	// Another way of writing it is no other name.
	if u, err = a.RenameSelf(ctx, v, "GRACE"); err != nil || u.Login != "GRACE" {
		t.Errorf("%+v, %v", u, err)
	}
	before := s.State()
	if _, err := a.RenameSelf(ctx, v, "GRACE"); err != nil || s.State() != before {
		t.Errorf("the same name: %v", err)
	}
	want := []string{"user.rename ada: to Grace", "user.rename Grace: to GRACE"}
	if diff := cmp.Diff(want, renames(s)); diff != "" {
		t.Error(diff)
	}
	// And back: then nobody had another name but Grace.
	if _, err := a.RenameSelf(ctx, v, "ada"); err != nil {
		t.Error(err)
	}
	s.With("Bearer "+token).PushImage("ada/app", "v3", "3")
	s.With("Bearer " + token).Get("/v2/grace/app/manifests/v3").Want(http.StatusOK)
	if _, err := a.RenameSelf(ctx, v, "Grace"); err != nil { // the hold is his too
		t.Error(err)
	}
}

func renames(s *berthtest.Server) (list []string) {
	for _, e := range s.Events() {
		if action, _, _ := strings.Cut(e, " "); strings.HasSuffix(action, ".rename") || strings.HasPrefix(action, "name.") {
			list = append(list, e)
		}
	}
	return list
}

// Who may rename whom, and to what.
func TestRenameRefused(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ctx, a := t.Context(), s.Account
	if _, err := a.CreateServiceAccount(ctx, berth.Operator(), "acme", "acme-ci", ""); err != nil {
		t.Fatal(err)
	}
	if _, err := a.RenameUser(ctx, s.Viewer("root"), "bob", "rob"); err != nil {
		t.Fatal(err)
	}
	s.Hold("held", s.Clock.Now().Add(time.Hour))
	path := strings.Repeat("x", berth.MaxNameLength-len("ada/"))
	s.As("ada").PushImage("ada/"+path, "v1", "1")
	token := func(user string, scopes berth.Scopes) berth.Viewer {
		v, err := a.Login(ctx, user, s.Token(user, scopes, 0), here)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	user := func(v berth.Viewer, name, login string) error { return second(a.RenameUser(ctx, v, name, login)) }
	self := func(v berth.Viewer, login string) error { return second(a.RenameSelf(ctx, v, login)) }
	org := func(v berth.Viewer, name, login string) error { return second(a.RenameOrg(ctx, v, name, login)) }
	robot := func(v berth.Viewer, name, login string) error {
		return second(a.RenameServiceAccount(ctx, v, "acme", name, login))
	}
	reads, uses := token("mia", berth.ScopeReadUser), token("ada", berth.ScopeUser)
	root, ada, mia, ci := s.Viewer("root"), s.Viewer("ada"), s.Viewer("mia"), s.Viewer("acme-ci")
	for _, tt := range []struct {
		what string
		do   func() error
		want error
	}{
		{"nobody himself", func() error { return self(berth.Viewer{}, "x") }, berth.ErrUnauthenticated},
		{"nobody a user", func() error { return user(berth.Viewer{}, "ada", "x") }, berth.ErrUnauthenticated},
		{"nobody an organization", func() error { return org(berth.Viewer{}, "acme", "x") }, berth.ErrUnauthenticated},
		{"the operator himself", func() error { return self(berth.Operator(), "x") }, berth.ErrOwnerUnknown},
		{"a user another", func() error { return user(ada, "mia", "x") }, berth.ErrDenied},
		{"by a token to read", func() error { return self(reads, "x") }, berth.ErrDenied},
		{"a member the organization", func() error { return org(mia, "acme", "x") }, berth.ErrDenied},
		{"a stranger the organization", func() error { return org(s.Viewer("rob"), "acme", "x") }, berth.ErrOwnerUnknown},
		{"by a token without admin:org", func() error { return org(uses, "acme", "x") }, berth.ErrDenied},
		{"a service account itself", func() error { return self(ci, "x") }, berth.ErrDenied},
		{"a member a service account", func() error { return robot(mia, "acme-ci", "x") }, berth.ErrDenied},
		{"a user as a service account", func() error { return robot(ada, "mia", "x") }, berth.ErrOwnerUnknown},
		{"nobody there as a service account", func() error { return robot(ada, "zoe", "x") }, berth.ErrOwnerUnknown},
		{"who is not there", func() error { return user(root, "zoe", "x") }, berth.ErrOwnerUnknown},
		{"who was called otherwise", func() error { return user(root, "bob", "x") }, berth.ErrOwnerUnknown},
		{"an organization as a user", func() error { return user(root, "acme", "x") }, berth.ErrOwnerUnknown},
		{"a user as an organization", func() error { return org(root, "ada", "x") }, berth.ErrOwnerUnknown},
		{"to what is reserved", func() error { return self(mia, "Settings") }, berth.ErrOwnerInvalid},
		{"to what is no name", func() error { return self(mia, "a b") }, berth.ErrOwnerInvalid},
		{"to nothing", func() error { return self(mia, "") }, berth.ErrOwnerInvalid},
		{"to a name that is taken", func() error { return self(mia, "ACME") }, berth.ErrOwnerExists},
		{"to a name that is taken, as root", func() error { return user(root, "mia", "ada") }, berth.ErrOwnerExists},
		{"to a name that is held", func() error { return self(mia, "held") }, berth.ErrOwnerExists},
		{"to the old name of another", func() error { return self(mia, "bob") }, berth.ErrOwnerExists},
		{"to a name too long for the packages", func() error { return self(ada, "adam") }, berth.ErrConflict},
	} {
		before := s.State()
		if err := tt.do(); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.what, err, tt.want)
		}
		if s.State() != before {
			t.Errorf("%s: something was changed", tt.what)
		}
	}
	for _, err := range []error{robot(ada, "acme-ci", "Build"), org(ada, "acme", "Newco"), user(root, "Build", "ci2"), org(token("root", berth.ScopeAdmin), "newco", "Acme2")} {
		if err != nil {
			t.Error(err)
		}
	}
	want := []string{
		"user.rename bob: to rob", "service_account.rename acme/acme-ci: to Build", "org.rename acme: to Newco",
		"service_account.rename Newco/Build: to ci2", "org.rename Newco: to Acme2",
	}
	if diff := cmp.Diff(want, renames(s)); diff != "" {
		t.Error(diff)
	}
	for _, old := range []string{"acme", "newco", "acme2"} {
		if o, err := a.GetOrg(ctx, mia, old); err != nil || o.Login != "Acme2" {
			t.Errorf("%s: %+v, %v", old, o, err)
		}
		_, hidden := a.GetOrg(ctx, s.Viewer("rob"), old)
		_, none := a.GetOrg(ctx, s.Viewer("rob"), "none")
		if hidden == nil || none == nil || strings.ReplaceAll(hidden.Error(), old, "none") != none.Error() {
			t.Errorf("a stranger sees %s: %v, and else %v", old, hidden, none)
		}
	}
}

// An old name is kept for a while, and then for whoever takes it.
func TestOldNameIsTaken(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t, berthtest.Options{Account: func(o *account.Options) { o.Registration = true }})
	ctx, a := t.Context(), s.Account
	a.FastHashes()
	s.As("ada").PushImage("acme/app", "v1", "1")
	s.SetVisibility("acme/app", berth.VisibilityPublic)
	root := s.Viewer("root")
	pulls := func(name string, status int) {
		t.Helper()
		s.As("").Get("/v2/" + name + "/manifests/v1").Want(status)
	}
	if _, err := a.RenameOrg(ctx, s.Viewer("ada"), "acme", "newco"); err != nil {
		t.Fatal(err)
	}
	_, err := a.Join(ctx, "", "Acme", secret, here)
	refused(t, "at once", err, berth.ErrOwnerExists)
	s.Clock.Advance(30 * 24 * time.Hour)
	pulls("acme/app", http.StatusOK)
	if _, err := a.RenameSelf(ctx, s.Viewer("bob"), "acme"); !errors.Is(err, berth.ErrOwnerExists) {
		t.Errorf("who has a name already: %v", err)
	}
	if _, err := a.Join(ctx, "", "Acme", secret, here); err != nil {
		t.Fatal(err)
	}
	pulls("acme/app", http.StatusUnauthorized)
	pulls("newco/app", http.StatusOK)
	if err := a.DeleteUser(ctx, root, "acme", account.Disposal{}); err != nil {
		t.Fatal(err)
	}
	pulls("acme/app", http.StatusUnauthorized) // it does not come back

	// An administrator takes it for anybody, at once.
	for i, take := range []func(org, name string) error{
		func(_, name string) error { return a.CreateUser(ctx, root, name, secret, false) },
		func(_, name string) error { return a.CreateOrg(ctx, root, name, "ada") },
		func(org, name string) error { return second(a.CreateServiceAccount(ctx, root, org, name, "")) },
		func(_, name string) error { return second(a.RenameUser(ctx, root, "mia", name)) },
	} {
		old, now := "newco", fmt.Sprintf("n%d", i)
		if i > 0 {
			old = fmt.Sprintf("n%d", i-1)
		}
		if _, err := a.RenameOrg(ctx, root, old, now); err != nil {
			t.Fatal(err)
		}
		pulls(old+"/app", http.StatusOK)
		if err := take(now, old); err != nil {
			t.Errorf("%d: %v", i, err)
		}
		pulls(old+"/app", http.StatusUnauthorized)
		pulls(now+"/app", http.StatusOK)
	}
	want := []string{
		"org.rename acme: to newco", "name.taken Acme", "org.rename newco: to n0", "name.taken newco", "org.rename n0: to n1", "name.taken n0",
		"org.rename n1: to n2", "name.taken n1", "org.rename n2: to n3", "name.taken n2", "user.rename mia: to n2",
	}
	got := renames(s)
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// The names that a deleted owner had are held like the one that he has.
func TestOldNamesOfTheDeleted(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ctx, a, root := t.Context(), s.Account, s.Viewer("root")
	if _, err := a.RenameOrg(ctx, root, "acme", "newco"); err != nil {
		t.Fatal(err)
	}
	s.Clock.Advance(31 * 24 * time.Hour)
	if err := a.DeleteOrg(ctx, root, "newco", account.Disposal{}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"acme", "newco"} {
		_, err := a.RenameSelf(ctx, s.Viewer("bob"), name)
		refused(t, name, err, berth.ErrOwnerExists)
	}
	s.Clock.Advance(30 * 24 * time.Hour)
	if _, err := a.RenameSelf(ctx, s.Viewer("bob"), "acme"); err != nil {
		t.Error(err)
	}
}

// Nobody keeps more than a few names from others; administrators may give more.
func TestManyOldNames(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ctx, a, bob := t.Context(), s.Account, s.Viewer("bob")
	for i := range 10 {
		if _, err := a.RenameSelf(ctx, bob, fmt.Sprintf("bob%d", i)); err != nil {
			t.Fatal(err)
		}
	}
	_, err := a.RenameSelf(ctx, bob, "bob10")
	refused(t, "one more", err, berth.ErrConflict)
	if _, err := a.RenameSelf(ctx, bob, "bob3"); err != nil {
		t.Error(err)
	}
	if _, err := a.RenameUser(ctx, s.Viewer("root"), "bob3", "bob10"); err != nil {
		t.Error(err)
	}
}

// Packages of a deleted owner do not go where another package had the name before.
func TestMoveOntoAnOldName(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ctx, root := t.Context(), s.Viewer("root")
	s.As("ada").PushImage("acme/app", "v1", "1")
	s.As("bob").PushImage("bob/app", "v1", "2")
	move := func(from, to string) {
		t.Helper()
		a, b, _ := strings.Cut(from, "/")
		c, d, _ := strings.Cut(to, "/")
		if err := s.Registry.MovePackage(ctx, root, berth.Name{Owner: a, Path: b}, berth.Name{Owner: c, Path: d}); err != nil {
			t.Fatal(err)
		}
	}
	move("acme/app", "acme/web")
	disposal := account.Disposal{Packages: account.PackagesMove, To: "acme"}
	refused(t, "onto the name of another", s.Account.DeleteUser(ctx, root, "bob", disposal), berth.ErrConflict)
	move("acme/web", "bob/web")
	move("bob/web", "bob/app2")
	move("bob/app", "bob/web2")
	if err := s.Registry.DropAlias(ctx, root, berth.Name{Owner: "bob", Path: "app"}); err != nil {
		t.Fatal(err)
	}
	move("bob/app2", "bob/app") // it was acme/app once, and goes back there
	if err := s.Account.DeleteUser(ctx, root, "bob", disposal); err != nil {
		t.Fatal(err)
	}
	list, err := s.Registry.ListAliases(ctx, root, berth.Name{Owner: "acme", Path: "app"}, berth.Name{}, 10)
	if err != nil || len(list) != 1 || list[0].Name.Path != "web" {
		t.Errorf("%+v, %v", list, err)
	}
	s.As("ada").Get("/v2/acme/web/manifests/v1").Want(http.StatusOK)
}

// Who comes from outside does not choose his name, and so takes none from anybody.
func TestOldNameFromOutside(t *testing.T) {
	t.Parallel()
	server, s, i := withIssuer(t)
	if _, err := s.RenameUser(t.Context(), server.Viewer("root"), "bob", "grace"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.RenameUser(t.Context(), server.Viewer("root"), "grace", "zoe"); err != nil {
		t.Fatal(err)
	}
	server.Clock.Advance(31 * 24 * time.Hour)
	before := server.State()
	_, err := comeIn(t, s, i) // as grace
	refused(t, "an old name", err, berth.ErrOwnerExists)
	if server.State() != before || !strings.Contains(err.Error(), "was the name of somebody else here") {
		t.Errorf("%v", err)
	}
}
