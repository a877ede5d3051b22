package registry_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/registry"
)

// move renames a package as root, who may everything.
func move(t *testing.T, s *berthtest.Server, from, to string) {
	t.Helper()
	if err := s.Registry.MovePackage(t.Context(), s.Viewer("root"), name(t, from), name(t, to)); err != nil {
		t.Fatal(err)
	}
}

// eventsWith returns the events of an action.
func eventsWith(s *berthtest.Server, action string) (list []string) {
	for _, e := range s.Events() {
		if strings.HasPrefix(e, action+" ") {
			list = append(list, e)
		}
	}
	return list
}

// Who may give a package another name, and which.
func TestMovePackageRefused(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	for _, n := range []string{"acme/app", "acme/taken", "acme/other", "bob/lib"} {
		s.As("root").PushImage(n, "v1", n)
	}
	s.As("ada").StartUpload("acme/begun")
	move(t, s, "acme/other", "acme/other2") // so that acme/other is kept
	if err := s.Account.AddMember(t.Context(), berth.Operator(), "acme", "bob", false); err != nil {
		t.Fatal(err)
	}
	grant := func(pkg, user string) {
		t.Helper()
		if err := s.Registry.GrantRole(t.Context(), berth.Operator(), name(t, pkg), registry.Holder{User: user}, berth.RoleAdmin); err != nil {
			t.Fatal(err)
		}
	}
	s.AddUser("eve", false)
	grant("acme/app", "eve")
	limited := func(owners, packages []string) berth.Viewer {
		made, err := s.Account.CreateToken(t.Context(), berth.Operator(), "ada", account.TokenRequest{Scopes: berth.ScopeAll, Owners: owners, Packages: packages})
		if err != nil {
			t.Fatal(err)
		}
		v, err := s.Account.Login(t.Context(), "ada", made.Secret, "")
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	ada, bob := who(t, s, "ada", berth.ScopeAll), who(t, s, "bob", berth.ScopeAll)
	long := "acme/" + strings.Repeat("x", berth.MaxNameLength-4)
	for _, tt := range []struct {
		what     string
		v        berth.Viewer
		from, to string
		want     error
	}{
		{"nobody", berth.Viewer{}, "acme/app", "acme/new", berth.ErrUnauthenticated},
		{"a member", who(t, s, "mia", berth.ScopeAll), "acme/app", "acme/new", berth.ErrDenied},
		{"a stranger", who(t, s, "eve", berth.ScopeAll), "bob/lib", "eve/lib", berth.ErrPackageUnknown},
		{"a token to delete", who(t, s, "ada", berth.ScopeDeletePackages), "acme/app", "acme/new", berth.ErrDenied},
		{"who may not make packages there", who(t, s, "eve", berth.ScopeAll), "acme/app", "acme/new", berth.ErrDenied},
		{"into the namespace of somebody else", ada, "acme/app", "bob/app", berth.ErrDenied},
		{"to nobody", ada, "acme/app", "nobody/app", berth.ErrDenied},
		{"to nobody, as root", s.Viewer("root"), "acme/app", "nobody/app", berth.ErrOwnerUnknown},
		{"out of a limited token", limited(nil, []string{"acme/app"}), "acme/app", "acme/new", berth.ErrDenied},
		{"into another owner than the token's", limited([]string{"acme"}, nil), "acme/app", "ada/app", berth.ErrDenied},
		{"to its own name", ada, "acme/app", "acme/app", berth.ErrConflict},
		{"to a name that is taken", ada, "acme/app", "acme/taken", berth.ErrExists},
		{"to a name that is kept", ada, "acme/app", "acme/other", berth.ErrConflict},
		{"to a name that is being pushed to", ada, "acme/app", "acme/begun", berth.ErrConflict},
		{"to a name that is too long", ada, "acme/app", long, berth.ErrNameInvalid},
		{"to no name", ada, "acme/app", "acme/-x", berth.ErrNameInvalid},
		{"what is not there", ada, "acme/nothing", "acme/new", berth.ErrPackageUnknown},
		{"what was never pushed", ada, "acme/begun", "acme/new", berth.ErrPackageUnknown},
		{"by an old name", ada, "acme/other", "acme/new", berth.ErrPackageUnknown},
	} {
		before := s.State()
		owner, path, _ := strings.Cut(tt.to, "/")
		err := s.Registry.MovePackage(t.Context(), tt.v, name(t, tt.from), berth.Name{Owner: owner, Path: path})
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.what, err, tt.want)
		}
		if s.State() != before {
			t.Errorf("%s: something was changed", tt.what)
		}
	}
	// What somebody looked at and left is in nobody's way.
	up := s.As("ada").StartUpload("acme/probe")
	s.As("ada").Do("DELETE", up, nil).Want(http.StatusNoContent)
	if err := s.Registry.MovePackage(t.Context(), ada, name(t, "acme/app"), name(t, "acme/probe")); err != nil {
		t.Error(err)
	}
	// A member may take a package of his own along, where he may make one.
	if err := s.Registry.MovePackage(t.Context(), bob, name(t, "bob/lib"), name(t, "acme/lib")); err != nil {
		t.Error(err)
	}
	s.As("bob").PushImage("acme/lib", "v2", "2") // he administers it
}

// A package keeps all that it is under another name of the same owner.
func TestRenamePackage(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	rows(t, s)
	ada, ctx := s.As("ada"), t.Context()
	d := ada.PushImage("acme/a", "v1", "1")
	n := name(t, "acme/a")
	for _, h := range []registry.Holder{{User: "bob"}, {Team: "devs"}, {Repository: "acme/src"}} {
		if err := s.Registry.GrantRole(ctx, berth.Operator(), n, h, berth.RoleWrite); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Registry.Link(ctx, berth.Operator(), n, "acme/src"); err != nil {
		t.Fatal(err)
	}
	made, err := s.Account.CreateToken(ctx, berth.Operator(), "ada", account.TokenRequest{Scopes: berth.ScopeAll, Packages: []string{"acme/a"}})
	if err != nil {
		t.Fatal(err)
	}
	limited, bearer, bob := s.With("Bearer "+made.Secret), ada.Bearer("repository:acme/a:pull,push"), s.As("bob").Bearer("repository:acme/a:pull")
	at := bearer.StartUpload("acme/a")
	move(t, s, "acme/a", "acme/b")
	move(t, s, "acme/b", "acme/deep/c")

	for _, old := range []string{"acme/a", "acme/b", "acme/deep/c"} {
		for _, ref := range []string{"v1", d.String()} {
			if r := ada.Get("/v2/" + old + "/manifests/" + ref).Want(http.StatusOK); r.Header.Get("Docker-Content-Digest") != d.String() {
				t.Errorf("%s: %s", old, r.Header)
			}
		}
		ada.Do("HEAD", "/v2/"+old+"/blobs/"+digest.FromString("layer 1").String(), nil).Want(http.StatusOK)
		if r := ada.Get("/v2/" + old + "/tags/list").Want(http.StatusOK); string(r.Body) != `{"name":"`+old+`","tags":["v1"]}` {
			t.Errorf("%s", r.Body)
		}
		limited.Get("/v2/" + old + "/manifests/v1").Want(http.StatusOK)
		p, err := s.Registry.GetPackage(ctx, s.Viewer("ada"), name(t, old))
		if err != nil || p.Name != name(t, "acme/deep/c") || p.Repository != "acme/Src" {
			t.Errorf("%s: %+v, %v", old, p, err)
		}
	}
	bearer.Get("/v2/acme/a/manifests/v1").Want(http.StatusOK) // it names the old one
	bob.Get("/v2/acme/a/manifests/v1").Want(http.StatusOK)
	bob.Get("/v2/acme/deep/c/manifests/v1").Want(http.StatusUnauthorized)
	if list, _, err := s.Registry.Catalog(ctx, s.Viewer("ada"), berth.Name{}, 10); err != nil || len(list) != 1 || list[0] != name(t, "acme/deep/c") {
		t.Errorf("catalog: %v, %v", list, err)
	}
	if roles, err := s.Registry.ListRoles(ctx, s.Viewer("ada"), name(t, "acme/deep/c"), 0, 10); err != nil || len(roles) != 4 {
		t.Errorf("roles: %v, %v", roles, err)
	}

	// An upload that was open goes on under the new name, and is told so under the old.
	for _, method := range []string{"GET", "PATCH", "PUT", "DELETE"} {
		r := bearer.Do(method, at+"?digest="+digest.FromString("x").String(), strings.NewReader("x")).Want(http.StatusConflict)
		if !strings.Contains(string(r.Body), "acme/a is now acme/deep/c; push there") {
			t.Errorf("%s: %s", method, r.Body)
		}
	}
	there := strings.Replace(at, "acme/a", "acme/deep/c", 1)
	ada.Do("PUT", there+"?digest="+digest.FromString("x").String(), strings.NewReader("x")).Want(http.StatusCreated)

	want := []string{"package.rename acme/a: to acme/b", "package.rename acme/b: to acme/deep/c"}
	if diff := cmp.Diff(want, eventsWith(s, "package.rename")); diff != "" {
		t.Error(diff)
	}
	// Back again: then it is no old name.
	move(t, s, "acme/deep/c", "acme/a")
	limited.Get("/v2/acme/a/manifests/v1").Want(http.StatusOK)
	limited.PushBlob("acme/a", "y")
	list, err := s.Registry.ListAliases(ctx, s.Viewer("ada"), name(t, "acme/a"), berth.Name{}, 10)
	var names []string
	for _, a := range list {
		names = append(names, a.Name.String()+" -> "+a.Package.String())
	}
	if diff := cmp.Diff([]string{"acme/b -> acme/a", "acme/deep/c -> acme/a"}, names); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

// What ends when a package goes to another owner, and what does not.
func TestTransferPackage(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	rows(t, s)
	ctx := t.Context()
	s.AddUser("eve", false)
	s.AddUser("zoe", false)
	s.As("root").PushImage("acme/app", "v1", "1")
	n, there := name(t, "acme/app"), name(t, "ada/web")
	for h, role := range map[registry.Holder]berth.Role{
		{User: "eve"}: berth.RoleWrite, {Team: "devs"}: berth.RoleWrite, {Repository: "acme/src"}: berth.RoleRead, {Repository: "bob/src"}: berth.RoleRead,
	} {
		if err := s.Registry.GrantRole(ctx, berth.Operator(), n, h, role); err != nil {
			t.Fatal(err)
		}
	}
	for _, err := range []error{
		s.Registry.Link(ctx, berth.Operator(), n, "acme/src"), // which is public
		s.Registry.SetInherit(ctx, berth.Operator(), n, true),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	made, err := s.Account.CreateToken(ctx, berth.Operator(), "ada", account.TokenRequest{Scopes: berth.ScopeAll, Packages: []string{"acme/app"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Registry.MovePackage(ctx, who(t, s, "ada", berth.ScopeAll), n, there); err != nil {
		t.Fatal(err)
	}
	p, err := s.Registry.GetPackage(ctx, s.Viewer("ada"), there)
	if err != nil || p.Visibility != berth.VisibilityPublic || p.Inherit || p.Repository != "" {
		t.Errorf("%+v, %v", p, err)
	}
	roles, err := s.Registry.ListRoles(ctx, s.Viewer("ada"), there, 0, 10)
	var got []string
	for _, r := range roles {
		got = append(got, fmt.Sprint(r.Kind, " ", r.Name, " ", r.Role))
	}
	slices.Sort(got)
	if diff := cmp.Diff([]string{"repository bob/Src read", "user ada admin", "user eve write", "user root admin"}, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	s.As("").Get("/v2/acme/app/manifests/v1").Want(http.StatusOK)
	s.SetVisibility("ada/web", berth.VisibilityPrivate)
	for who, status := range map[string]int{"": 401, "mia": 404, "bob": 404, "zoe": 404, "eve": 200, "ada": 200, "root": 200} {
		for _, old := range []string{"acme/app", "ada/web"} {
			s.As(who).Get("/v2/" + old + "/manifests/v1").Want(status)
		}
	}
	s.With("Bearer " + made.Secret).Get("/v2/acme/app/manifests/v1").Want(http.StatusNotFound) // limited to what is gone
	if v, err := s.Account.Login(ctx, "ada", made.Secret, ""); err != nil || !v.Limited || len(v.Limits) != 0 {
		t.Errorf("limits that are left: %+v, %v", v.Limits, err)
	}
	want := []string{"package.transfer acme/app: to ada/web", "package.transfer ada/web: from acme/app"}
	if diff := cmp.Diff(want, eventsWith(s, "package.transfer")); diff != "" {
		t.Error(diff)
	}

	// Public things do not go where none may be.
	s.SetVisibility("ada/web", berth.VisibilityPublic)
	forbidden := false
	if _, err := s.Account.UpdateOrg(ctx, berth.Operator(), "acme", account.OrgChange{AllowPublic: &forbidden}); err != nil {
		t.Fatal(err)
	}
	before := s.State()
	if err := s.Registry.MovePackage(ctx, s.Viewer("root"), there, name(t, "acme/x")); !errors.Is(err, berth.ErrConflict) {
		t.Errorf("public where that is forbidden: %v", err)
	}
	if s.State() != before {
		t.Error("something was changed")
	}
}
