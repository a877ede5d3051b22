package registry_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/meta/metatest"
	"github.com/berth-registry/berth/internal/registry"
)

// A version comes back with all that went with it.
func TestRestoreVersion(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		k := newShelf(t, berthtest.Options{Address: address})
		k.image("amd", "")
		k.index("inner", "", "amd")
		k.index("all", "V1", "inner")
		k.index("all", "latest", "inner")
		k.image("other", "v2")
		k.referrer("sbom", "amd")
		k.image("sig", k.fallback("all", ".sig"))
		for range 3 {
			k.c.Get("/v2/ada/app/manifests/v1").Want(200)
		}
		_, err := k.s.Registry.RecordDownloads(t.Context())
		k.must(err)
		tags := func() []registry.Tag {
			list, err := k.s.Registry.TagDetails(t.Context(), k.v, k.n, "", 100)
			k.must(err)
			return list
		}
		before, beforeTags := k.page("all"), tags()
		k.s.Clock.Advance(time.Hour)
		k.must(k.delete("all"))
		k.gone("all", "inner", "amd", "sbom", "sig")
		k.must(k.restore("all", false))
		for _, what := range []string{"all", "sbom", "sig"} {
			k.wantWhole(what)
		}
		before.UpdatedAt = before.UpdatedAt.Add(time.Hour) // so that it counts as new
		if diff := cmp.Diff(before, k.page("all")); diff != "" {
			t.Errorf("the version differs:\n%s", diff)
		}
		if diff := cmp.Diff(beforeTags, tags()); diff != "" || before.Downloads != 3 || beforeTags[1].Downloads != 3 {
			t.Errorf("the tags differ:\n%s", diff)
		}
		k.want("restored", "all latest V1", "other v2")
		k.wantDeleted("restored")
		k.refused("restored twice", k.restore("all", false), berth.ErrExists)
	})
}

// Tags that name something else by now are refused, or left with that.
func TestRestoreTakenTags(t *testing.T) {
	t.Parallel()
	k := newShelf(t)
	k.image("app", "v1")
	k.image("app", "v2")
	k.image("sig", k.fallback("app", ".sig"))
	k.image("other", "v3")
	k.must(k.delete("app"))
	k.image("other", "V1")
	k.image("other", k.fallback("app", ".sig"))
	before := k.s.State()
	err := k.restore("app", false)
	k.refused("with taken tags", err, berth.ErrExists)
	if err != nil && (!strings.Contains(err.Error(), "v1") || strings.Contains(err.Error(), "v2,")) {
		t.Errorf("the refusal names the wrong tags: %v", err)
	}
	if diff := cmp.Diff(before, k.s.State()); diff != "" {
		t.Errorf("a refused restoration changed something:\n%s", diff)
	}
	k.must(k.restore("app", true))
	k.want("without taken tags", "app v2", "sig", "other sha256-app.sig V1 v3")
}

// What was pushed again since is there, and what a deleted version held comes back
// although it was deleted with another one since.
func TestRestoreAfterChanges(t *testing.T) {
	t.Parallel()
	k := newShelf(t)
	k.image("kept", "keep")
	k.image("amd", "")
	k.index("all", "v1", "amd")
	k.referrer("sbom", "all")
	k.must(k.delete("all"))
	k.image("amd", "")
	k.index("all", "v2", "amd")
	k.want("pushed again", "kept keep", "all v2")
	k.gone("sbom")
	k.must(k.restore("all", false))
	k.want("with what belonged to it", "kept keep", "all v1 v2")
	k.wantWhole("sbom")
	k.refused("all of it is there", k.restore("all", false), berth.ErrExists)

	k.must(k.delete("all"))
	k.image("amd", "amd64")
	k.image("sig", k.fallback("amd", ".sig"))
	k.referrer("sbom of amd", "amd")
	k.must(k.delete("amd"))
	k.gone("amd", "sig", "sbom of amd")
	k.must(k.restore("all", false))
	k.want("with a part of another deletion", "kept keep", "all v1 v2")
	for _, what := range []string{"all", "amd", "sig", "sbom of amd"} {
		k.wantWhole(what)
	}
	k.refused("a part that is back", k.restore("amd", false), berth.ErrVersionUnknown)
	k.must(k.delete("all"))
	k.gone("all", "amd", "sig", "sbom of amd")
	k.s.Clock.Advance(registry.TrashLife + time.Second)
	_, err := k.s.Registry.PurgeTrash(t.Context())
	k.must(err)
	if got := k.s.Query(`SELECT digest FROM manifests`); len(got) != 1 {
		t.Errorf("left are %s", k.called(fmt.Sprint(got)))
	}
}

// Two deletions that share a part are purged in any order, and what is left can be
// restored whole.
func TestPurgeSharedParts(t *testing.T) {
	t.Parallel()
	for _, back := range []time.Duration{time.Hour, -time.Hour} { // a clock may go back
		k := newShelf(t)
		k.image("kept", "keep")
		k.image("amd", "")
		k.index("inner", "", "amd")
		k.index("one", "v1", "inner")
		k.index("two", "v2", "inner", "kept")
		k.must(k.delete("one"))
		k.s.Clock.Advance(back)
		k.must(k.delete("two")) // with what both hold
		k.s.Clock.Advance(registry.TrashLife - max(back, 0) + time.Minute)
		if n, err := k.s.Registry.PurgeTrash(t.Context()); err != nil || n != 1 {
			t.Fatalf("purged %d, %v", n, err)
		}
		k.s.WantSound()
		left := map[bool]string{true: "two", false: "one"}[back > 0]
		k.s.Clock.Advance(-2 * time.Hour)
		k.must(k.restore(left, false))
		k.wantWhole(left)
		k.s.Clock.Advance(registry.TrashLife * 2)
		_, err := k.s.Registry.PurgeTrash(t.Context())
		k.must(err)
		k.wantWhole(left)
		k.s.WantSound()
	}
}

// After 30 days there is nothing to be restored, whether it was purged or not.
func TestRestoreTooLate(t *testing.T) {
	t.Parallel()
	k := newShelf(t)
	k.image("app", "v1")
	k.image("other", "v2")
	gone := k.at("ada/gone")
	gone.image("x", "v1")
	k.must(k.delete("app"), k.s.Registry.DeletePackage(t.Context(), k.v, gone.n))
	k.s.Clock.Advance(registry.TrashLife)
	if n, err := k.s.Registry.PurgeTrash(t.Context()); err != nil || n != 0 {
		t.Errorf("purged %d too early, %v", n, err)
	}
	k.must(k.restore("app", false), k.delete("app"), k.s.Registry.RestorePackage(t.Context(), k.v, gone.n, 0), k.s.Registry.DeletePackage(t.Context(), k.v, gone.n))
	k.s.Clock.Advance(registry.TrashLife + time.Second)
	for range 2 {
		k.refused("a version", k.restore("app", false), berth.ErrVersionUnknown)
		k.refused("a package", k.s.Registry.RestorePackage(t.Context(), k.v, gone.n, 0), berth.ErrPackageUnknown)
		list, err := k.s.Registry.ListTrash(t.Context(), k.v, "ada", 0, 10)
		if err != nil || len(list) != 0 {
			t.Errorf("in the trash: %v, %v", list, err)
		}
		if n, err := k.s.Registry.PurgeTrash(t.Context()); err != nil || n > 2 {
			t.Errorf("purged %d, %v", n, err)
		}
		k.image("app", "again")
		k.must(k.deleteDigest("app"))
		k.s.Clock.Advance(registry.TrashLife + time.Second)
	}
}

// One deletion that cannot be purged does not keep the others.
func TestPurgeGoesOn(t *testing.T) {
	t.Parallel()
	k := newShelf(t)
	for _, what := range []string{"a", "b", "c", "d"} {
		k.image(what, what)
	}
	k.must(k.delete("a"), k.delete("b"), k.delete("c"))
	k.s.Exec(`INSERT INTO tags (package_id, folded, name, digest, updated_at) VALUES (1, 'x', 'x', '` + k.made["b"].Digest.String() + `', 0)`)
	k.s.Clock.Advance(registry.TrashLife + time.Second)
	n, err := k.s.Registry.PurgeTrash(t.Context())
	if n != 2 || err == nil {
		t.Errorf("purged %d, %v", n, err)
	}
	k.s.Exec(`DELETE FROM tags WHERE folded = 'x'`)
	if n, err := k.s.Registry.PurgeTrash(t.Context()); n != 1 || err != nil {
		t.Errorf("purged %d, %v", n, err)
	}
	k.want("after all", "d d")
}

// Replicas that purge at once do each deletion once, and nobody hears an error.
func TestPurgeOnReplicas(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		k := newShelf(t, berthtest.Options{Address: address})
		k.image("kept", "keep")
		for i := range 15 {
			what := fmt.Sprint("app", i)
			k.image(what, what)
			k.index("all "+what, "", what)
			k.must(k.delete("all "+what), k.deleteDigest(what))
		}
		other := k.at("ada/gone")
		other.image("x", "v1")
		k.must(k.s.Registry.DeletePackage(t.Context(), k.v, other.n))
		k.s.Clock.Advance(registry.TrashLife + time.Second)
		replicas := []*berthtest.Server{k.s, k.s.Replica(), k.s.Replica()}
		errs := make([]error, len(replicas))
		var wg sync.WaitGroup
		for i, r := range replicas {
			wg.Go(func() { _, errs[i] = r.Registry.PurgeTrash(t.Context()) })
		}
		wg.Wait()
		k.must(errs...)
		k.want("after three replicas purged", "kept keep")
		if left := slices.Concat(k.s.Query(`SELECT digest FROM manifests`), k.s.Query(`SELECT path FROM packages`), k.s.Query(`SELECT path FROM trash`)); len(left) != 2 {
			t.Errorf("left are %v", left)
		}
	})
}

// Who may restore a version, and that the others learn nothing.
func TestWhoRestoresVersions(t *testing.T) {
	t.Parallel()
	k := newShelf(t).at("acme/app")
	k.image("app", "v1")
	k.image("other", "v2")
	ctx, op := t.Context(), berth.Operator()
	k.s.AddUser("wim", false)
	k.s.AddUser("rea", false)
	k.must(
		k.s.Registry.GrantRole(ctx, op, k.n, registry.Holder{User: "wim"}, berth.RoleWrite),
		k.s.Registry.GrantRole(ctx, op, k.n, registry.Holder{User: "rea"}, berth.RoleRead),
		k.s.Registry.GrantRole(ctx, op, k.n, registry.Holder{User: "mia"}, berth.RoleAdmin),
		k.delete("app"),
	)
	id := k.id("app")
	for user, want := range map[string]error{"ada": nil, "root": nil, "mia": nil, "wim": berth.ErrDenied, "rea": berth.ErrDenied, "bob": berth.ErrPackageUnknown, "": berth.ErrUnauthenticated} {
		v := who(t, k.s, user, berth.ScopeAll)
		_, _, err := k.s.Registry.ListVersions(ctx, v, k.n, registry.VersionQuery{Deleted: true})
		if !errors.Is(err, want) {
			t.Errorf("%q lists the trash: %v, want %v", user, err, want)
		}
		err = k.s.Registry.RestoreVersion(ctx, v, k.n, id, false)
		if !errors.Is(err, want) {
			t.Errorf("%q restores: %v, want %v", user, err, want)
		}
		if err == nil {
			k.must(k.delete("app"))
		}
	}
}
