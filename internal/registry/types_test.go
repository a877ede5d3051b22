package registry_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/meta/metatest"
	"github.com/berth-registry/berth/internal/registry"
)

func (k *shelf) state(state berth.TypeState) {
	k.Helper()
	k.must(k.s.Registry.SetPackageType(k.Context(), berth.Operator(), "container", state))
}

// While packages are read-only nobody changes what they hold, on any replica, and all
// that was there can be pulled.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		k := newShelf(t, berthtest.Options{Address: address})
		ctx, s := t.Context(), k.s.Registry
		k.image("app", "v1")
		k.image("old", "v0")
		k.image("keep", "v9")
		k.must(k.delete("old"))
		gone := k.at("ada/gone")
		gone.image("gone", "v1")
		k.must(s.DeletePackage(ctx, k.v, gone.n))
		upload := k.c.StartUpload("ada/app")
		other := k.s.Replica()
		k.state(berth.TypeReadOnly)
		before := k.s.State()

		d := digest.FromString("layer app")
		at := func(c *berthtest.Client) {
			t.Helper()
			for _, r := range []*berthtest.Response{
				c.Do("POST", "/v2/ada/app/blobs/uploads/", nil),
				c.Do("POST", "/v2/ada/app/blobs/uploads/?digest="+d.String(), strings.NewReader("layer app")),
				c.Do("POST", "/v2/ada/new/blobs/uploads/?from=ada/app&mount="+d.String(), nil),
				c.Do("PATCH", upload, strings.NewReader("more")),
				c.Do("PUT", upload+"?digest="+d.String(), strings.NewReader("layer app")),
				c.Do("DELETE", upload, nil),
				c.Do("PUT", "/v2/ada/app/manifests/v2", strings.NewReader(string(imageBody("app"))), "Content-Type", berth.MediaTypeOCIManifest),
				c.Do("DELETE", "/v2/ada/app/manifests/v1", nil),
				c.Do("DELETE", "/v2/ada/app/blobs/"+d.String(), nil),
			} {
				if r.Want(403).Code() != "DENIED" || !strings.Contains(string(r.Body), "packages are read-only") || !strings.Contains(string(r.Body), "berth site type container on") {
					t.Errorf("%s", r.Body)
				}
			}
		}
		at(k.c)
		at(k.c.At(other))
		operator := berth.Operator()
		_, copied := s.Copy(ctx, operator, k.n, registry.Which{Reference: berth.Reference{Tag: "v1"}}, k.n, "v7")
		for i, err := range []error{
			copied, s.DeletePackage(ctx, operator, k.n), s.DeleteTag(ctx, operator, k.n, "v1"), s.DeleteVersions(ctx, operator, k.n, k.id("app")),
			s.DeleteReference(ctx, operator, k.n, berth.Reference{Tag: "v1"}), k.restore("old", false), s.RestorePackage(ctx, operator, gone.n, 0),
			s.MovePackage(ctx, operator, k.n, name(t, "ada/new")), s.MovePackage(ctx, operator, k.n, name(t, "bob/app")),
		} {
			k.refused(fmt.Sprint("change ", i), err, berth.ErrTypeReadOnly)
		}
		if diff := cmp.Diff(before, k.s.State()); diff != "" {
			t.Errorf("something was changed:\n%s", diff)
		}
		k.c.Get("/v2/ada/app/manifests/v1").Want(200)
		k.c.Get("/v2/ada/app/blobs/" + d.String()).Want(200)
		k.must(s.SetVisibility(ctx, k.v, k.n, berth.VisibilityPublic))
		k.s.As("mia").Do("POST", "/v2/ada/app/blobs/uploads/", nil).Want(403)
		for _, r := range []*berthtest.Response{k.s.As("bob").Do("POST", "/v2/ada/hidden/blobs/uploads/", nil), k.s.As("").Do("POST", "/v2/ada/app/blobs/uploads/", nil)} {
			if strings.Contains(string(r.Want(401, 403).Body), "read-only") {
				t.Errorf("told to who may not push: %s", r.Body)
			}
		}
		k.state(berth.TypeOn)
		k.image("again", "v5")
		k.c.Do("DELETE", upload, nil).Want(204)
		k.must(k.restore("old", false))
	})
}

// What is switched off is there for administrators only, to be read.
func TestTypeOff(t *testing.T) {
	t.Parallel()
	k := newShelf(t)
	ctx, s := t.Context(), k.s.Registry
	k.image("app", "v1")
	k.image("other", "v2")
	k.s.SetVisibility("ada/app", berth.VisibilityPublic)
	gone := k.at("ada/gone")
	gone.image("gone", "v1")
	k.must(s.DeletePackage(ctx, k.v, gone.n))
	name := "code"
	_, err := k.s.Account.CreateRepository(ctx, k.v, "ada", account.RepositoryChange{Name: &name})
	k.must(errors.Join(err, s.Link(ctx, k.v, k.n, "ada/code")))
	k.state(berth.TypeOff)
	var bodies []string
	for _, c := range []*berthtest.Client{k.c, k.s.As("")} {
		for _, of := range []string{"ada/app", "ada/none", "nobody/app"} {
			for _, r := range []*berthtest.Response{
				c.Get("/v2/" + of + "/manifests/v1"), c.Get("/v2/" + of + "/tags/list"), c.Do("POST", "/v2/"+of+"/blobs/uploads/", nil),
			} {
				if r.Want(404).Code() != "NAME_UNKNOWN" {
					t.Errorf("%s", r.Body)
				}
				bodies = append(bodies, string(r.Body))
			}
		}
	}
	for _, body := range bodies {
		if body != bodies[0] || !strings.Contains(body, "packages are switched off") {
			t.Errorf("%s is not %s", body, bodies[0])
		}
	}
	k.c.Get("/api/v3/users/ada/packages/container/app").Want(404)
	k.refused("a change", s.SetVisibility(ctx, k.v, k.n, berth.VisibilityPrivate), berth.ErrTypeOff)
	lists := func(v berth.Viewer) (n int) {
		t.Helper()
		list, err := s.ListPackages(ctx, v, registry.PackageQuery{Owner: "ada", Limit: 10})
		trash, failed := s.ListTrash(ctx, v, "ada", 0, 10)
		names, _, wrong := s.Catalog(ctx, v, berth.Name{}, 10)
		references, _, bad := s.ListReferences(ctx, v, registry.ReferenceQuery{Owner: "ada", Limit: 10})
		found, err1 := s.Search(ctx, v, registry.SearchQuery{Limit: 10})
		like, err2 := s.ListPackages(ctx, v, registry.PackageQuery{Owner: "ada", Sort: registry.SortUpdated, Limit: 10})
		linked, err3 := s.ListLinked(ctx, v, "ada", "code", "", 10)
		k.must(errors.Join(err, failed, wrong, bad, err1, err2, err3))
		if len(found) != len(list) || len(like) != len(list) || len(linked) != min(len(list), 1) {
			t.Errorf("%s sees %d packages, %d in a search, %d in another order, %d linked", v.Login, len(list), len(found), len(like), len(linked))
		}
		return len(list) + len(trash) + len(names) + len(references)
	}
	if n := lists(k.v); n != 0 {
		t.Errorf("ada sees %d", n)
	}
	root := k.s.Viewer("root")
	if n := lists(root); n != 5 {
		t.Errorf("root sees %d", n)
	}
	k.s.As("root").Get("/v2/ada/app/manifests/v1").Want(200)
	k.refused("a deletion", s.DeletePackage(ctx, root, k.n), berth.ErrTypeReadOnly)
	k.refused("a restoration", s.RestorePackage(ctx, root, gone.n, 0), berth.ErrTypeReadOnly)
	k.state(berth.TypeOn)
	if n := lists(k.v); n != 5 {
		t.Errorf("ada sees %d afterwards", n)
	}
}

// Administrators change it, and the log has it.
func TestSetPackageType(t *testing.T) {
	t.Parallel()
	k := newShelf(t)
	ctx, s := t.Context(), k.s.Registry
	types := func(want berth.TypeState) {
		t.Helper()
		list, err := s.PackageTypes(ctx)
		if diff := cmp.Diff([]registry.PackageType{{Name: "container", State: want}}, list); diff != "" || err != nil {
			t.Errorf("%v\n%s", err, diff)
		}
	}
	types(berth.TypeOn)
	for _, state := range []berth.TypeState{berth.TypeOn, berth.TypeOff, berth.TypeReadOnly, berth.TypeReadOnly, berth.TypeOn} {
		k.must(s.SetPackageType(ctx, who(t, k.s, "root", berth.ScopeAdmin), "container", state))
		types(state)
	}
	events := k.s.Query(`SELECT actor || ' ' || target || ' ' || detail FROM audit WHERE action = 'type.set' ORDER BY id`)
	if diff := cmp.Diff([]string{"root container on -> off", "root container off -> read-only", "root container read-only -> on"}, events); diff != "" {
		t.Error(diff)
	}
	root := k.s.Viewer("root")
	k.refused("a type", s.SetPackageType(ctx, root, "npm", berth.TypeOff), berth.ErrRequestInvalid)
	k.refused("a state", s.SetPackageType(ctx, root, "container", "shut"), berth.ErrRequestInvalid)
	k.refused("ada", s.SetPackageType(ctx, k.v, "container", berth.TypeOff), berth.ErrDenied)
	k.refused("anonymous", s.SetPackageType(ctx, berth.Viewer{}, "container", berth.TypeOff), berth.ErrUnauthenticated)
	k.refused("a token", s.SetPackageType(ctx, who(t, k.s, "root", berth.ScopeWritePackages), "container", berth.TypeOff), berth.ErrDenied)
}
