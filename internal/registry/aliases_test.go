package registry_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/registry"
)

// A push to an old name is refused, whatever it is, until somebody frees the name.
func TestPushToAnOldName(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	s.AddUser("eve", false)
	s.As("ada").PushImage("acme/old", "v1", "1")
	move(t, s, "acme/old", "acme/new")
	d := digest.FromString("layer 1").String()
	try := func(user string, status int, text string) {
		t.Helper()
		c := s.As(user).Bearer("repository:acme/old:pull,push")
		for _, r := range []*berthtest.Response{
			c.Do("POST", "/v2/acme/old/blobs/uploads/", nil),
			c.Do("POST", "/v2/acme/old/blobs/uploads/?mount="+d+"&from=acme/new", nil),
			c.Do("POST", "/v2/acme/old/blobs/uploads/?digest="+digest.FromString("x").String(), strings.NewReader("x")),
			c.Do("PUT", "/v2/acme/old/manifests/v2", strings.NewReader("{}")),
		} {
			if r.Status != status || !strings.Contains(string(r.Body), text) {
				t.Errorf("%s: %d %s", user, r.Status, r.Body)
			}
		}
	}
	clear := "acme/old is now acme/new; push there, or free the name first: berth package alias remove acme/old"
	try("ada", 409, clear)
	try("mia", 409, clear)
	try("eve", 403, "user eve has role none on acme/old, push needs write")
	try("", 401, "log in to push acme/old")
	move(t, s, "acme/new", "bob/app") // where mia sees nothing
	try("mia", 409, "the name acme/old is kept for a package that had it before; an owner of acme can free it: berth package alias remove acme/old")
	try("ada", 409, "acme/old is now bob/app; push there") // she was the first to push it
}

// Whoever changes a package by an old name is told that of now, if he may know it.
func TestChangeByAnOldName(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	s.As("ada").PushImage("acme/old", "v1", "1")
	move(t, s, "acme/old", "acme/new")
	try := func(want string) {
		t.Helper()
		for what, err := range map[string]error{
			"delete":     s.Registry.DeletePackage(t.Context(), s.Viewer("ada"), name(t, "acme/old")),
			"visibility": s.Registry.SetVisibility(t.Context(), s.Viewer("ada"), name(t, "acme/old"), berth.VisibilityPublic),
		} {
			if !errors.Is(err, berth.ErrPackageUnknown) || !strings.HasSuffix(err.Error(), want) {
				t.Errorf("%s: %v", what, err)
			}
		}
	}
	try("acme/old is now acme/new; write that to change it")
	move(t, s, "acme/new", "bob/app")
	if err := s.Registry.RevokeRole(t.Context(), berth.Operator(), name(t, "bob/app"), registry.Holder{User: "ada"}); err != nil {
		t.Fatal(err)
	}
	try("nothing has been pushed to acme/old")
}

// Who may free an old name, and that it is free then.
func TestDropAlias(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ctx := t.Context()
	s.AddUser("eve", false)
	s.As("root").PushImage("acme/app", "v1", "1")
	if err := s.Registry.RevokeRole(ctx, berth.Operator(), name(t, "acme/app"), registry.Holder{User: "root"}); err != nil {
		t.Fatal(err)
	}
	move(t, s, "acme/app", "acme/web")
	move(t, s, "acme/web", "bob/web")
	drop := func(v berth.Viewer, n string) error { return s.Registry.DropAlias(ctx, v, name(t, n)) }
	for _, tt := range []struct {
		what, user string
		scopes     berth.Scopes
		n          string
		want       error
	}{
		{"nobody", "", 0, "acme/app", berth.ErrUnauthenticated},
		{"a member", "mia", berth.ScopeAll, "acme/app", berth.ErrPackageUnknown},
		{"a stranger", "eve", berth.ScopeAll, "acme/app", berth.ErrPackageUnknown},
		{"what is none", "ada", berth.ScopeAll, "acme/nothing", berth.ErrPackageUnknown},
		{"what is a package", "bob", berth.ScopeAll, "bob/web", berth.ErrPackageUnknown},
		{"of nobody", "root", berth.ScopeAll, "nobody/app", berth.ErrPackageUnknown},
		{"a token to read", "bob", berth.ScopeReadPackages, "acme/app", berth.ErrDenied},
		{"a token to read, of the old owner", "ada", berth.ScopeReadPackages, "acme/app", berth.ErrPackageUnknown},
	} {
		v := who(t, s, tt.user, tt.scopes)
		before := s.State()
		if err := drop(v, tt.n); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.what, err, tt.want)
		}
		if s.State() != before {
			t.Errorf("%s: something was changed", tt.what)
		}
	}
	list := func(v berth.Viewer) (names []string) {
		kept, err := s.Registry.ListKeptNames(ctx, v, "acme", "", 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range kept {
			names = append(names, a.Name.String()+" -> "+a.Package.String())
		}
		return names
	}
	if diff := cmp.Diff([]string{"acme/app -> /", "acme/web -> /"}, list(s.Viewer("ada"))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"acme/app -> bob/web", "acme/web -> bob/web"}, list(s.Viewer("root"))); diff != "" {
		t.Error(diff)
	}
	for _, tt := range []struct {
		user, owner string
		want        error
	}{{"", "acme", berth.ErrUnauthenticated}, {"mia", "acme", berth.ErrDenied}, {"eve", "acme", berth.ErrOwnerUnknown}, {"eve", "nobody", berth.ErrOwnerUnknown}, {"root", "nobody", berth.ErrOwnerUnknown}} {
		if _, err := s.Registry.ListKeptNames(ctx, who(t, s, tt.user, berth.ScopeAll), tt.owner, "", 10); !errors.Is(err, tt.want) {
			t.Errorf("%s lists what %s keeps: %v", tt.user, tt.owner, err)
		}
	}
	for user, n := range map[string]string{"ada": "acme/app", "bob": "acme/web"} { // of the namespace, and of the package
		if err := drop(s.Viewer(user), n); err != nil {
			t.Errorf("%s: %v", user, err)
		}
		s.As("root").Get("/v2/" + n + "/manifests/v1").Want(http.StatusNotFound)
		s.As("mia").PushImage(n, "v1", "2")
	}
	want := []string{"package.unalias acme/app", "package.unalias bob/web: acme/app", "package.unalias acme/web", "package.unalias bob/web: acme/web"}
	got := eventsWith(s, "package.unalias")
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" { // in the logs of both owners
		t.Error(diff)
	}
	if names := list(s.Viewer("root")); names != nil {
		t.Errorf("left: %s", names)
	}
}

// A package has so many old names and no more.
func TestManyAliases(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	s.As("ada").PushImage("ada/n0", "v1", "1")
	for i := range 100 {
		move(t, s, fmt.Sprintf("ada/n%d", i), fmt.Sprintf("ada/n%d", i+1))
	}
	err := s.Registry.MovePackage(t.Context(), s.Viewer("ada"), name(t, "ada/n100"), name(t, "ada/n101"))
	if !errors.Is(err, berth.ErrConflict) {
		t.Errorf("one more: %v", err)
	}
	move(t, s, "ada/n100", "ada/n7")
	s.As("ada").Get("/v2/ada/n0/manifests/v1").Want(http.StatusOK)
	page, err := s.Registry.ListAliases(t.Context(), s.Viewer("ada"), name(t, "ada/n7"), name(t, "ada/n97"), 10)
	if err != nil || len(page) != 2 || page[0].Name != name(t, "ada/n98") || page[1].Name != name(t, "ada/n99") {
		t.Errorf("%+v, %v", page, err)
	}
}

// What is in the trash is not pulled by its old names, which are kept for it until it
// is gone for good.
func TestAliasOfTheTrash(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ctx, ada, root := t.Context(), s.As("ada"), s.Viewer("root")
	ada.PushImage("acme/old", "v1", "1")
	move(t, s, "acme/old", "acme/new")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(s.Registry.DeletePackage(ctx, root, name(t, "acme/new")))
	ada.Get("/v2/acme/old/manifests/v1").Want(http.StatusNotFound)
	if r := ada.Do("POST", "/v2/acme/old/blobs/uploads/", nil).Want(http.StatusConflict); !strings.Contains(string(r.Body), "kept for a package that had it before") {
		t.Errorf("%s", r.Body)
	}
	must(s.Registry.RestorePackage(ctx, root, name(t, "acme/new"), 0))
	ada.Get("/v2/acme/old/manifests/v1").Want(http.StatusOK)

	// What was deleted does not come back where another package was meanwhile.
	must(s.Registry.DeletePackage(ctx, root, name(t, "acme/new")))
	ada.PushImage("acme/other", "v1", "2")
	move(t, s, "acme/other", "acme/new")
	move(t, s, "acme/new", "acme/other2")
	if err := s.Registry.RestorePackage(ctx, root, name(t, "acme/new"), 0); !errors.Is(err, berth.ErrConflict) {
		t.Errorf("to a name that is kept: %v", err)
	}
	must(s.Registry.DropAlias(ctx, root, name(t, "acme/new")))
	must(s.Registry.RestorePackage(ctx, root, name(t, "acme/new"), 0))
	must(s.Registry.DeletePackage(ctx, root, name(t, "acme/new")))
	s.Clock.Advance(registry.TrashLife + time.Minute)
	if n, err := s.Registry.PurgeTrash(ctx); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	ada.PushImage("acme/old", "v1", "3") // nobody had it
}

// A mount may name the old name of the source.
func TestMountFromAnOldName(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	s.As("ada").PushImage("ada/old", "v1", "1")
	move(t, s, "ada/old", "ada/new")
	d := digest.FromString("layer 1").String()
	s.As("ada").Do("POST", "/v2/acme/app/blobs/uploads/?mount="+d+"&from=ada/old", nil).Want(http.StatusCreated)
	s.As("mia").Do("POST", "/v2/acme/web/blobs/uploads/?mount="+d+"&from=ada/old", nil).Want(http.StatusAccepted)
}
