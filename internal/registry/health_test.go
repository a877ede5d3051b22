package registry_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/blob/memblob"
	"github.com/berth-registry/berth/internal/meta/metatest"
	"github.com/berth-registry/berth/internal/registry"
)

func (k *shelf) check(want int) {
	k.Helper()
	if n, err := k.s.Registry.CheckBlobs(k.Context()); n != want || err != nil {
		k.Errorf("CheckBlobs = %d, %v, want %d", n, err, want)
	}
}

// A version says what it lacks and which platform does not work, and is whole again
// when that was pushed again.
func TestLostBlobs(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		k := newShelf(t, berthtest.Options{Address: address})
		k.image("amd", "")
		k.image("arm", "")
		k.index("inner", "", "arm")
		k.index("all", "v1", "amd", "arm", "inner")
		k.image("other", "v2")
		k.followUp()
		k.check(0)
		lost := digest.FromString("layer arm")
		key := k.s.Query(`SELECT storage_key FROM blobs WHERE digest = '` + lost.String() + `'`)[0]
		k.must(k.s.Blobs.Delete(t.Context(), key))
		k.check(1)
		k.check(0)
		list, _, err := k.s.Registry.ListVersions(t.Context(), k.v, k.n, registry.VersionQuery{Limit: 10})
		k.must(err)
		for _, v := range []registry.Version{list[1], k.page("all").Version} {
			if v.Complete() || len(v.Missing) != 1 || v.Missing[0] != (registry.Missing{Digest: lost, Platform: "linux/cpu1"}) {
				t.Errorf("missing are %+v", v.Missing)
			}
		}
		if !list[0].Complete() || !k.page("other").Complete() {
			t.Error("the other version lacks something")
		}
		k.c.PushBlob("ada/app", "layer arm")
		k.check(0)
		if got := k.page("all"); !got.Complete() {
			t.Errorf("missing are %+v after it was pushed again", got.Missing)
		}
		k.wantWhole("all")
	})
}

// While the store fails nothing is called lost.
func TestCheckBlobsWhileTheStoreFails(t *testing.T) {
	t.Parallel()
	store := &flaky{Store: memblob.New()}
	k := newShelf(t, berthtest.Options{Blobs: store})
	k.image("app", "v1")
	broken := *k
	store.set(true, 0)
	if n, err := broken.s.Registry.CheckBlobs(t.Context()); err == nil || n != 0 {
		t.Errorf("CheckBlobs = %d, %v", n, err)
	}
	if !k.page("app").Complete() {
		t.Error("it is called incomplete")
	}
}

// What deleting a version would free is what nobody else holds.
func TestFreed(t *testing.T) {
	t.Parallel()
	k := newShelf(t)
	k.image("amd", "")
	k.image("arm", "arm64")
	k.image("shared", "")
	k.index("all", "v1", "amd", "arm", "shared")
	k.index("two", "v2", "shared")
	k.referrer("sbom", "amd")
	k.at("ada/other").c.PushBlob("ada/other", "layer sbom")
	want := int64(len(k.body["all"]) + len(k.body["amd"]) + len(k.body["sbom"]) + len(config("amd")) + len("layer amd") + len("{}"))
	if got := k.page("all").Freed; got != want {
		t.Errorf("freed would be %d, want %d", got, want)
	}
	if got := k.page("arm").Freed; got != 0 {
		t.Errorf("freed would be %d of what an index holds", got)
	}
	needed := func() (bytes int64) {
		for _, row := range k.s.Query(`SELECT CAST(COALESCE((SELECT sum(size) FROM manifests), 0) + COALESCE((SELECT sum(b.size) FROM blobs b
			WHERE EXISTS (SELECT 1 FROM manifest_blobs r WHERE r.digest = b.digest) OR b.digest IN (SELECT digest FROM package_blobs WHERE package_id = 2)), 0) AS TEXT)`) {
			_, err := fmt.Sscan(row, &bytes)
			k.must(err)
		}
		return bytes
	}
	before := needed()
	k.must(k.delete("all"))
	k.s.Clock.Advance(registry.TrashLife + time.Second)
	_, err := k.s.Registry.PurgeTrash(t.Context())
	k.must(err)
	if got := before - needed(); got != want {
		t.Errorf("freed were %d, want %d", got, want)
	}
}

// People push, delete, restore and purge the same things at once, on two replicas:
// each hears success or a refusal that has a name, and the rules hold.
func TestEverythingAtOnce(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		k := newShelf(t, berthtest.Options{Address: address})
		k.image("amd", "")
		k.index("all", "v1", "amd")
		k.image("sig", k.fallback("all", ".sig"))
		k.referrer("sbom", "amd")
		k.image("keep", "keep")
		ctx := t.Context()
		id, amd := k.id("all"), k.id("amd")
		servers := []*berthtest.Server{k.s, k.s.Replica()}
		things := []func(s *berthtest.Server) error{
			func(s *berthtest.Server) error { return s.Registry.DeleteVersions(ctx, k.v, k.n, id) },
			func(s *berthtest.Server) error { return s.Registry.DeleteVersions(ctx, k.v, k.n, amd) },
			func(s *berthtest.Server) error {
				return s.Registry.DeleteManifest(ctx, k.v, k.n, berth.Reference{Digest: k.made["all"].Digest})
			},
			func(s *berthtest.Server) error { return s.Registry.RestoreVersion(ctx, k.v, k.n, id, true) },
			func(s *berthtest.Server) error { return s.Registry.RestoreVersion(ctx, k.v, k.n, amd, true) },
			func(s *berthtest.Server) error { return pushBody(ctx, s, k, "amd", "amd64") },
			func(s *berthtest.Server) error { return pushBody(ctx, s, k, "all", "v1") },
			func(s *berthtest.Server) error { return pushBody(ctx, s, k, "keep", "v1") },
			func(s *berthtest.Server) error { return s.Registry.DeleteTag(ctx, k.v, k.n, "amd64") },
			func(s *berthtest.Server) error {
				return s.Registry.DeleteBlob(ctx, k.v, k.n, digest.FromString("layer amd"))
			},
			func(s *berthtest.Server) error {
				return s.Registry.PutBlob(ctx, k.v, k.n, digest.FromString("layer amd"), chunkOf("layer amd"))
			},
			func(s *berthtest.Server) error {
				k.s.Clock.Advance(registry.TrashLife / 20)
				_, err := s.Registry.PurgeTrash(ctx)
				return err
			},
			func(s *berthtest.Server) error { _, err := s.Registry.FollowUp(ctx); return err },
			func(s *berthtest.Server) error { return s.Registry.DeletePackage(ctx, k.v, k.n) },
			func(s *berthtest.Server) error { return s.Registry.RestorePackage(ctx, k.v, k.n, 1) },
			func(s *berthtest.Server) error { return s.Registry.RestorePackage(ctx, k.v, k.n, 1) },
		}
		for range 6 {
			var wg sync.WaitGroup
			for i, do := range things {
				wg.Go(func() {
					for range 3 {
						err := do(servers[i%2])
						if named, ok := errors.AsType[*berth.Error](err); err != nil && (!ok || named.Kind == berth.KindUnavailable) {
							t.Errorf("thing %d: %v", i, err)
						}
					}
				})
			}
			wg.Wait()
			k.s.WantSound()
		}
	})
}
