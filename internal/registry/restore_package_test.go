package registry_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/meta/metatest"
	"github.com/berth-registry/berth/internal/registry"
)

// A package comes back as it was: versions, tags, what is deleted in it, roles, link,
// inheritance, visibility and downloads.
func TestRestorePackage(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		k := newShelf(t, berthtest.Options{Address: address}).at("acme/app")
		k.image("amd", "")
		k.index("all", "v1", "amd")
		k.image("other", "v2")
		k.image("deleted", "v3")
		k.must(k.delete("deleted"))
		ctx, op := t.Context(), berth.Operator()
		k.repository("acme", "src", berth.VisibilityInternal)
		k.must(
			k.s.Registry.GrantRole(ctx, op, k.n, registry.Holder{User: "bob"}, berth.RoleWrite),
			k.s.Registry.Link(ctx, k.v, k.n, "acme/src"),
			k.s.Registry.SetInherit(ctx, k.v, k.n, true),
		)
		k.c.Get("/v2/acme/app/manifests/v1").Want(200)
		_, err := k.s.Registry.RecordDownloads(ctx)
		k.must(err)
		roles := func() []registry.Role {
			list, err := k.s.Registry.ListRoles(ctx, k.v, k.n, 0, 100)
			k.must(err)
			return list
		}
		before, beforeRoles := k.pkg(), roles()
		k.must(k.s.Registry.DeletePackage(ctx, k.v, k.n))
		k.s.WantSound()
		k.s.As("bob").Get("/v2/acme/app/manifests/v1").Want(404)
		trash, err := k.s.Registry.ListTrash(ctx, k.v, "acme", 0, 10)
		if err != nil || len(trash) != 1 || trash[0].Name != k.n || trash[0].Versions != 2 || trash[0].DeletedBy != "ada" || trash[0].PackageID != before.ID {
			t.Errorf("in the trash: %+v, %v", trash, err)
		}
		k.must(k.s.Registry.RestorePackage(ctx, k.v, k.n, 0))
		if diff := cmp.Diff(before, k.pkg()); diff != "" {
			t.Errorf("the package differs:\n%s", diff)
		}
		if diff := cmp.Diff(beforeRoles, roles()); diff != "" {
			t.Errorf("the roles differ:\n%s", diff)
		}
		k.want("restored", "all v1", "other v2")
		k.wantDeleted("restored", "deleted v3")
		k.wantWhole("all")
		k.must(k.restore("deleted", false))
		k.s.As("bob").Get("/v2/acme/app/manifests/v1").Want(200)
	})
}

// A name that was taken is refused, and nothing changes; a leftover of a probe does
// not count.
func TestRestorePackageNameTaken(t *testing.T) {
	t.Parallel()
	k := newShelf(t)
	ctx := t.Context()
	k.image("old", "v1")
	first := k.pkg().ID
	k.must(k.s.Registry.DeletePackage(ctx, k.v, k.n))
	k.image("new", "v1")
	second := k.pkg().ID
	before := k.s.State()
	k.refused("the name is taken", k.s.Registry.RestorePackage(ctx, k.v, k.n, first), berth.ErrExists)
	k.refused("it is not in the trash", k.s.Registry.RestorePackage(ctx, k.v, k.n, second), berth.ErrPackageUnknown)
	if diff := cmp.Diff(before, k.s.State()); diff != "" {
		t.Errorf("refused requests changed something:\n%s", diff)
	}
	k.must(k.s.Registry.DeletePackage(ctx, k.v, k.n))
	k.c.StartUpload("ada/app") // as clients do to see whether they may push
	k.c.PushBlob("ada/app", "and a blob")
	k.must(k.s.Registry.RestorePackage(ctx, k.v, k.n, first))
	k.want("the older one", "old v1")
	k.refused("the other one then", k.s.Registry.RestorePackage(ctx, k.v, k.n, 0), berth.ErrExists)
	k.must(k.s.Registry.DeletePackage(ctx, k.v, k.n), k.s.Registry.RestorePackage(ctx, k.v, k.n, 0))
	k.want("the one that was deleted last", "old v1")
	k.must(k.s.Registry.DeletePackage(ctx, k.v, k.n), k.s.Registry.RestorePackage(ctx, k.v, k.n, second))
	k.want("the newer one", "new v1")
}

// Who may restore a package and see it in the trash. Others learn nothing: what they
// hear is the same as of a name that never was.
func TestWhoRestoresPackages(t *testing.T) {
	t.Parallel()
	k := newShelf(t).at("acme/app")
	k.image("app", "v1")
	ctx, op := t.Context(), berth.Operator()
	k.s.AddUser("wim", false)
	k.s.AddUser("rea", false)
	k.must(
		k.s.Registry.GrantRole(ctx, op, k.n, registry.Holder{User: "wim"}, berth.RoleWrite),
		k.s.Registry.GrantRole(ctx, op, k.n, registry.Holder{User: "rea"}, berth.RoleRead),
		k.s.Registry.GrantRole(ctx, op, k.n, registry.Holder{User: "mia"}, berth.RoleAdmin),
	)
	k.s.SetVisibility("acme/app", berth.VisibilityPublic)
	id := k.pkg().ID
	k.must(k.s.Registry.DeletePackage(ctx, k.v, k.n))
	never := name(t, "acme/never")
	limited := func(path string) berth.Viewer {
		v := who(t, k.s, "ada", berth.ScopeAll)
		v.Limited, v.Limits = true, []berth.Limit{{OwnerID: k.s.OwnerID("acme"), Path: path}}
		return v
	}
	viewers := map[string]struct {
		v    berth.Viewer
		want error
	}{
		"owner":                         {who(t, k.s, "ada", berth.ScopeAll), nil},
		"site admin":                    {who(t, k.s, "root", berth.ScopeAll), nil},
		"package admin":                 {who(t, k.s, "mia", berth.ScopeAll), nil},
		"token for it":                  {limited("app"), nil},
		"token for another":             {limited("other"), berth.ErrPackageUnknown},
		"token for its name in the bin": {limited("-/1/app"), berth.ErrPackageUnknown},
		"reading token":                 {who(t, k.s, "ada", berth.ScopeReadPackages), berth.ErrPackageUnknown},
		"writer":                        {who(t, k.s, "wim", berth.ScopeAll), berth.ErrDenied},
		"reader":                        {who(t, k.s, "rea", berth.ScopeAll), berth.ErrPackageUnknown},
		"stranger":                      {who(t, k.s, "bob", berth.ScopeAll), berth.ErrPackageUnknown},
		"anonymous":                     {berth.Viewer{}, berth.ErrUnauthenticated},
	}
	for who, viewer := range viewers {
		list, err := k.s.Registry.ListTrash(ctx, viewer.v, "acme", 0, 10)
		if sees := len(list) == 1; sees != (viewer.want == nil) || err != nil && !errors.Is(err, berth.ErrUnauthenticated) {
			t.Errorf("%s sees %v in the trash, %v", who, list, err)
		}
		unknown := k.s.Registry.RestorePackage(ctx, viewer.v, never, 0)
		for _, id := range []int64{0, id} {
			err := k.s.Registry.RestorePackage(ctx, viewer.v, k.n, id)
			if !errors.Is(err, viewer.want) {
				t.Errorf("%s restores: %v, want %v", who, err, viewer.want)
			}
			if viewer.want != nil && !errors.Is(viewer.want, berth.ErrDenied) && len(err.Error()) != len(unknown.Error())-len("never")+len("app") {
				t.Errorf("%s hears %q, and of what never was %q", who, err, unknown)
			}
			if err == nil {
				k.must(k.s.Registry.DeletePackage(ctx, k.v, k.n))
			}
		}
	}
}

// Lists of the trash go on where they stopped, and leave out what is not the
// viewer's.
func TestListTrashPages(t *testing.T) {
	t.Parallel()
	k := newShelf(t)
	ctx := t.Context()
	mia := k.s.As("mia")
	create := true
	_, err := k.s.Account.UpdateOrg(ctx, berth.Operator(), "acme", account.OrgChange{MembersCreate: &create})
	k.must(err)
	for _, n := range []string{"acme/a", "acme/b", "acme/c", "acme/d", "acme/e"} {
		c := map[bool]*berthtest.Client{true: mia, false: k.c}[n == "acme/b" || n == "acme/d"]
		c.PushImage(n, "v1", n)
		k.must(k.s.Registry.DeletePackage(ctx, k.v, name(t, n)))
		k.s.Clock.Advance(time.Minute)
	}
	for user, want := range map[string][]string{"ada": {"e", "d", "c", "b", "a"}, "mia": {"d", "b"}, "bob": nil} {
		var got []string
		before := int64(0)
		for range 10 {
			list, err := k.s.Registry.ListTrash(ctx, k.s.Viewer(user), "acme", before, 1)
			k.must(err)
			if len(list) == 0 {
				break
			}
			got, before = append(got, list[0].Name.Path), list[0].ID
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s:\n%s", user, diff)
		}
	}
	if list, err := k.s.Registry.ListTrash(ctx, k.v, "nobody", 0, 10); err != nil || len(list) != 0 {
		t.Errorf("of an unknown owner: %v, %v", list, err)
	}
}
