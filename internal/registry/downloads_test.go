package registry_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/meta/metatest"
)

func (k *shelf) record(servers ...*berthtest.Server) {
	k.Helper()
	for _, s := range append(servers, k.s) {
		_, err := s.Registry.RecordDownloads(k.Context())
		k.must(err)
	}
}

// counts returns all that is counted, as text.
func (k *shelf) counts() []string {
	k.Helper()
	list := k.s.Query(`SELECT 'package ' || CAST(downloads AS TEXT) FROM packages`)
	for _, row := range k.s.Query(`SELECT digest || ' ' || CAST(downloads AS TEXT) FROM manifests WHERE downloads > 0 ORDER BY id`) {
		list = append(list, k.called(row))
	}
	list = append(list, k.s.Query(`SELECT 'tag ' || folded || ' ' || CAST(downloads AS TEXT) FROM tags WHERE downloads > 0 ORDER BY folded`)...)
	return append(list, k.s.Query(`SELECT 'day ' || CAST(count AS TEXT) FROM downloads ORDER BY day`)...)
}

func (k *shelf) wantCounts(want ...string) {
	k.Helper()
	if diff := cmp.Diff(want, k.counts()); diff != "" {
		k.Errorf("counted:\n%s", diff)
	}
	k.s.WantSound()
}

// What counts is a GET of a version by a tag or its digest. One of a part says that
// its indexes are in use.
func TestCountDownloads(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		k := newShelf(t, berthtest.Options{Address: address})
		k.image("amd", "")
		k.index("inner", "", "amd")
		k.index("all", "V1", "inner")
		k.image("other", "v2")
		k.referrer("sbom", "other")
		at := "/v2/ada/app/manifests/"
		for _, path := range []string{at + "v1", at + "V1", at + k.made["all"].Digest.String()} {
			k.c.Get(path).Want(200)
			k.c.Do("HEAD", path, nil).Want(200)
		}
		k.c.Get(at + "none").Want(404)
		k.s.As("bob").Get(at + "v1").Want(404)
		k.record()
		k.record()
		k.wantCounts("package 3", "all 3", "tag v1 2", "day 3")
		k.s.Clock.Advance(time.Hour)
		k.c.Get(at + k.made["amd"].Digest.String()).Want(200)
		k.c.Get(at + k.made["sbom"].Digest.String()).Want(200)
		k.record()
		k.wantCounts("package 3", "all 3", "tag v1 2", "day 3")
		if got := k.page("all").LastPulledAt; !got.Equal(k.s.Clock.Now()) {
			t.Errorf("the index was last pulled at %s", got)
		}
		if got := k.page("other").LastPulledAt; !got.IsZero() {
			t.Errorf("the other was pulled at %s", got)
		}
		if got := k.pkg(); got.Downloads != 3 || !got.LastPulledAt.Equal(k.s.Clock.Now()) {
			t.Errorf("package %+v", got)
		}
	})
}

// Pulls on both sides of midnight count for their own days, though they are written
// down together.
func TestCountDownloadsByDay(t *testing.T) {
	t.Parallel()
	k := newShelf(t)
	k.image("app", "v1")
	for n := range 3 {
		for range n + 1 {
			k.c.Get("/v2/ada/app/manifests/v1").Want(200)
		}
		k.s.Clock.Advance(24 * time.Hour)
	}
	k.record()
	k.wantCounts("package 6", "app 6", "tag v1 6", "day 1", "day 2", "day 3")
}

// Not one of many pulls at once is lost or counted twice, while they are written down,
// by several replicas.
func TestCountDownloadsAtOnce(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		k := newShelf(t, berthtest.Options{Address: address})
		k.image("app", "v1")
		k.at("ada/two").image("two", "v1")
		two := k.s.Replica()
		servers := []*berthtest.Server{k.s, two}
		var wg sync.WaitGroup
		for i := range 100 {
			wg.Go(func() {
				n := k.n
				if i%4 >= 2 {
					n.Path = "two"
				}
				for range 5 {
					if _, err := servers[i%2].Registry.GetManifest(t.Context(), k.v, n, berth.Reference{Tag: "v1"}); err != nil {
						t.Error(err)
					}
				}
				if i%10 == 0 {
					if _, err := servers[i%2].Registry.RecordDownloads(t.Context()); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		k.record(two)
		for _, p := range []*shelf{k, k.at("ada/two")} {
			if got := p.pkg().Downloads; got != 250 {
				t.Errorf("%s was pulled %d times", p.n, got)
			}
		}
		k.s.WantSound()
	})
}

// What a failing database does not take is written down later, once.
func TestCountDownloadsOverFailures(t *testing.T) {
	t.Parallel()
	k := newShelf(t)
	k.image("app", "v1")
	k.c.Get("/v2/ada/app/manifests/v1").Want(200)
	k.s.Exec(`CREATE TRIGGER no BEFORE UPDATE ON tags BEGIN SELECT RAISE(ABORT, 'no'); END`)
	for range 3 {
		if n, err := k.s.Registry.RecordDownloads(t.Context()); n != 0 || err == nil {
			t.Errorf("wrote down %d, %v", n, err)
		}
		k.c.Get("/v2/ada/app/manifests/v1").Want(200)
	}
	k.s.Exec(`DROP TRIGGER no`)
	k.record()
	k.wantCounts("package 4", "app 4", "tag v1 4", "day 4")
}

// Pulls of what was deleted or purged meanwhile harm nothing.
func TestCountDownloadsOfDeleted(t *testing.T) {
	t.Parallel()
	k := newShelf(t)
	for i := range 4 {
		what := fmt.Sprint("app", i)
		k.image(what, what)
		k.c.Get("/v2/ada/app/manifests/" + what).Want(200)
	}
	k.must(k.delete("app0"))
	k.untag("app1")
	k.image("app3", "app2")
	k.record()
	k.wantCounts("package 4", "app0 1", "app1 1", "app2 1", "app3 1", "tag app2 1", "tag app3 1", "day 4")
	k.must(k.restore("app0", false))
	k.c.Get("/v2/ada/app/manifests/app0").Want(200)
	k.must(k.s.Registry.DeletePackage(t.Context(), k.v, k.n))
	k.s.Clock.Advance(1000 * time.Hour)
	_, err := k.s.Registry.PurgeTrash(t.Context())
	k.must(err)
	k.record()
	k.s.WantSound()
}
