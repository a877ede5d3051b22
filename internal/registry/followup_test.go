package registry_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/blob"
	"github.com/berth-registry/berth/internal/blob/memblob"
	"github.com/berth-registry/berth/internal/meta/metatest"
	"github.com/berth-registry/berth/internal/registry"
)

// labelled pushes an image with labels, which make its config.
func (k *shelf) labelled(what, tag, labels string) {
	k.Helper()
	k.raw(what, tag, `{"os":"linux","architecture":"amd64","config":{"Labels":`+labels+`}}`)
}

// raw pushes an image with any bytes as its config.
func (k *shelf) raw(what, tag, config string) {
	k.Helper()
	k.c.PushBlob(k.n.String(), config)
	k.c.PushBlob(k.n.String(), "layer "+what)
	k.put(what, tag, berth.MediaTypeOCIManifest, berthtest.Image(config, "layer "+what))
}

// events returns what webhooks are to be told: action, version and tag.
func (k *shelf) events() []string {
	k.Helper()
	var list []string
	for _, row := range k.s.Query(`SELECT action || ' ' || owner || '/' || path || ' ' || digest || ' ' || tag || ' ' || login FROM package_events ORDER BY id`) {
		list = append(list, strings.TrimSpace(k.called(row)))
	}
	return list
}

func (k *shelf) pending() int {
	k.Helper()
	return len(k.s.Query(`SELECT tag FROM pushes`))
}

// The job tells of every tag that moved to another version once, in order, and of
// nothing else, however many replicas run it.
func TestFollowUpOnReplicas(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		k := newShelf(t, berthtest.Options{Address: address})
		replicas := []*berthtest.Server{k.s, k.s.Replica(), k.s.Replica()}
		var want []string
		for i := range 20 {
			what := fmt.Sprint("app", i)
			k.image("part of "+what, "")
			k.index(what, what, "part of "+what)
			k.index(what, what, "part of "+what) // the same again is no news
			want = append(want, "published ada/app "+what+" "+what+" ada")
		}
		k.image("sig", k.fallback("app1", ".sig"))
		k.referrer("sbom", "app1")
		k.image("two", "app0")
		want = append(want, "updated ada/app two app0 ada")
		errs := make([]error, len(replicas))
		var wg sync.WaitGroup
		for i, r := range replicas {
			wg.Go(func() { _, errs[i] = r.Registry.FollowUp(t.Context()) })
		}
		wg.Wait()
		k.must(errs...)
		if diff := cmp.Diff(want, k.events()); diff != "" {
			t.Errorf("events:\n%s", diff)
		}
		if k.pending() != 0 {
			t.Error("not all pushes were dealt with")
		}
		for _, what := range []string{"app3", "two"} {
			if page := k.page(what); !page.Described || page.Kind != "image" || page.Problem != "" || page.Summary.Platforms == nil {
				t.Errorf("%s is described as %+v", what, page.Version)
			}
		}
		if got, want := k.page("app3").Size, int64(len(k.body["app3"])+len(k.body["part of app3"])+len(config("part of app3"))+len("layer part of app3")); got != want {
			t.Errorf("the size is %d, want %d", got, want)
		}
	})
}

// What was pushed before the server stopped is told after it starts again.
func TestFollowUpAfterRestart(t *testing.T) {
	t.Parallel()
	k := newShelf(t)
	k.labelled("app", "v1", `{"org.opencontainers.image.description":"an app"}`)
	restarted := k.s.Replica() // nothing is shared but the database and the bytes
	if n, err := restarted.Registry.FollowUp(t.Context()); n != 1 || err != nil {
		t.Errorf("dealt with %d, %v", n, err)
	}
	if n, err := k.s.Registry.FollowUp(t.Context()); n != 0 || err != nil {
		t.Errorf("again with %d, %v", n, err)
	}
	if p := k.pkg(); p.Description != "an app" || p.Kind != "image" {
		t.Errorf("package %+v", p)
	}
}

// flaky is a store that fails to read chosen bytes.
type flaky struct {
	blob.Store

	mu     sync.Mutex
	broken bool
	size   int64 // of the bytes that cannot be read, 0 for all
	reads  int
}

var errDown = errors.New("the store is down")

func (f *flaky) set(broken bool, size int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.broken, f.size = broken, size
}

func (f *flaky) Open(ctx context.Context, key string, off int64) (io.ReadCloser, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, err := f.Store.Open(ctx, key, off)
	if !f.broken || err != nil {
		return r, err
	}
	content, err := io.ReadAll(r)
	if err != nil || f.size != 0 && int64(len(content)) != f.size {
		return io.NopCloser(strings.NewReader(string(content))), err
	}
	f.reads++
	return nil, errDown
}

// While the store fails for one push, the others go on. It is tried again after waits
// that grow, and is done in the end.
func TestFollowUpWhileTheStoreFails(t *testing.T) {
	t.Parallel()
	store := &flaky{Store: memblob.New()}
	k := newShelf(t, berthtest.Options{Blobs: store})
	bad := `{"os":"linux","architecture":"odd","author":"quite a bad one"}`
	k.raw("bad", "v1", bad)
	k.index("all", "v2", "bad")
	for i := range 5 {
		k.image(fmt.Sprint("good", i), fmt.Sprint("good", i))
	}
	store.set(true, int64(len(bad)))
	if n, err := k.s.Registry.FollowUp(t.Context()); n != 5 || !errors.Is(err, errDown) {
		t.Errorf("dealt with %d, %v", n, err)
	}
	for wait := 5 * time.Second; wait < 3*time.Hour; wait *= 2 {
		k.s.Clock.Advance(min(wait, time.Hour) - time.Millisecond)
		k.image("more", fmt.Sprint("more", wait))
		before := store.reads
		if n, err := k.s.Registry.FollowUp(t.Context()); n != 1 || err != nil || store.reads != before {
			t.Fatalf("before %s were over it dealt with %d, %v", wait, n, err)
		}
		k.s.Clock.Advance(time.Millisecond)
		k.image("more", fmt.Sprint("again", wait))
		if n, err := k.s.Registry.FollowUp(t.Context()); n != 1 || !errors.Is(err, errDown) {
			t.Fatalf("after %s it dealt with %d, %v", wait, n, err)
		}
	}
	store.set(false, 0)
	k.s.Clock.Advance(time.Hour)
	k.followUp()
	if k.pending() != 0 || !k.page("bad").Described {
		t.Error("the push was forgotten")
	}
	if page := k.page("all"); page.Summary.Authors != "quite a bad one" || len(page.Summary.Platforms) != 1 {
		t.Errorf("the index is described as %+v", page.Summary)
	}
}

// An index is told by its first image, although the job has not come to that yet.
func TestFollowUpOfIndexBeforeItsPart(t *testing.T) {
	t.Parallel()
	k := newShelf(t)
	k.labelled("amd", "", `{"org.opencontainers.image.title":"of amd","org.opencontainers.image.vendor":"the part"}`)
	k.index("inner", "", "amd")
	k.index("all", "v1", "inner")
	k.s.Exec(`UPDATE pushes SET not_before = (SELECT max(pushed_at) FROM pushes) + 3600000000 WHERE tag = ''`)
	k.followUp()
	if got := k.page("all").Summary; got.Title != "of amd" || got.Vendor != "the part" {
		t.Errorf("the index is described as %+v", got)
	}
	if k.pending() != 2 {
		t.Errorf("%d pushes wait", k.pending())
	}
	k.s.Clock.Advance(2 * time.Hour)
	k.followUp()
	if got := k.page("all").Summary; got.Title != "of amd" || k.pending() != 0 {
		t.Errorf("the index is described as %+v then", got)
	}
}

// What was pushed last is said of the package, although something older is dealt with
// later.
func TestFollowUpOfOlderPush(t *testing.T) {
	t.Parallel()
	store := &flaky{Store: memblob.New()}
	k := newShelf(t, berthtest.Options{Blobs: store})
	old := `{"os":"linux","architecture":"amd64","config":{"Labels":{"org.opencontainers.image.description":"the older"}}}`
	k.raw("old", "v1", old)
	store.set(true, int64(len(old)))
	k.s.Clock.Advance(time.Second)
	k.labelled("new", "v2", `{"org.opencontainers.image.description":"newer"}`)
	if _, err := k.s.Registry.FollowUp(t.Context()); !errors.Is(err, errDown) {
		t.Fatal(err)
	}
	store.set(false, 0)
	k.s.Clock.Advance(time.Hour)
	k.followUp()
	if got := k.pkg().Description; got != "newer" {
		t.Errorf("the package is described as %q", got)
	}
	if got := len(k.events()); got != 2 || k.pending() != 0 {
		t.Errorf("%d events", got)
	}
}

// Configs that cannot be read are a problem of their image and keep nobody.
func TestFollowUpOfBrokenConfigs(t *testing.T) {
	t.Parallel()
	k := newShelf(t)
	hostile := `{"org.opencontainers.image.description":"` + strings.Repeat(`a\u0000\ud800<script>\r\n`, 200) + `","` + strings.Repeat("k", 5000) + `":"v"}`
	k.raw("no json", "a", "this is no JSON")
	k.raw("wrong types", "b", `{"os":1,"config":[],"history":{}}`)
	k.raw("deep", "c", strings.Repeat(`{"config":`, 20_000)+"1"+strings.Repeat("}", 20_000))
	k.raw("huge", "d", `{"author":"`+strings.Repeat("x", 4<<20)+`"}`)
	k.raw("lost", "e", `{"author":"lost"}`)
	k.labelled("hostile", "f", hostile)
	k.raw("null", "g", "null")
	k.raw("nul", "h", "{\"author\":\"\x00\xff\xfe\",\"os\":\"\x00\"}")
	k.image("good", "i")
	key := k.s.Query(`SELECT storage_key FROM blobs WHERE digest = '` + digest.FromString(`{"author":"lost"}`).String() + `'`)[0]
	k.must(k.s.Blobs.Delete(t.Context(), key))
	k.followUp()
	if k.pending() != 0 {
		t.Errorf("%d pushes wait", k.pending())
	}
	for _, what := range []string{"no json", "wrong types", "deep", "huge", "lost"} {
		if page := k.page(what); page.Problem == "" || !page.Described {
			t.Errorf("%s has no problem: %+v", what, page.Summary)
		}
	}
	if page := k.page("good"); page.Problem != "" || len(page.Summary.Platforms) != 1 {
		t.Errorf("the good one: %+v", page)
	}
	for _, what := range []string{"hostile", "nul"} {
		if s := k.page(what).Summary; strings.ContainsAny(s.Description+s.Authors, "\x00\n\r") || len(s.Description) > 2048 {
			t.Errorf("%s is described as %+v", what, s)
		}
	}
	if _, _, err := k.s.Registry.ListVersions(t.Context(), k.v, k.n, registry.VersionQuery{Limit: 100}); err != nil {
		t.Error(err)
	}
}

// The config of another's image is not read, whatever a manifest calls its config.
func TestFollowUpReadsOwnConfigsOnly(t *testing.T) {
	t.Parallel()
	k := newShelf(t)
	secret := `{"os":"linux","architecture":"amd64","author":"a secret"}`
	bob := k.s.As("bob")
	bob.PushBlob("bob/private", secret)
	own := `{"author":"own"}`
	k.c.PushBlob("ada/app", own)
	theirs, mine := berthtest.Describe("application/vnd.oci.image.config.v1+json", []byte(secret)), berthtest.Describe("application/vnd.oci.image.config.v1+json", []byte(own))
	for i, form := range []string{`"config":%s,"Config":%s`, `"Config":%[2]s,"config":%[1]s`, `"config":%s,"config":%s`, `"config":%s,"layers":[],"CONFIG":%s`} {
		body := fmt.Sprintf(`{"schemaVersion":2,"mediaType":%q,`+form+`,"layers":[]}`, berth.MediaTypeOCIManifest, text(t, theirs), text(t, mine))
		k.c.Do("PUT", "/v2/ada/app/manifests/v1", strings.NewReader(body), "Content-Type", berth.MediaTypeOCIManifest)
		k.image(fmt.Sprint("some", i), "some")
	}
	k.followUp()
	for _, row := range k.s.Query(`SELECT summary || details FROM descriptions`) {
		if strings.Contains(row, "a secret") {
			t.Errorf("another's config was read: %s", row)
		}
	}
}

// breaking is a store that breaks whoever reads bytes of a size.
type breaking struct {
	blob.Store

	size int
}

func (b breaking) Open(ctx context.Context, key string, off int64) (io.ReadCloser, error) {
	r, err := b.Store.Open(ctx, key, off)
	if err != nil || off != 0 {
		return r, err
	}
	content, err := io.ReadAll(r)
	if len(content) == b.size {
		panic("these bytes break it")
	}
	return io.NopCloser(strings.NewReader(string(content))), err
}

// A push on which the job breaks keeps no other waiting.
func TestFollowUpOfPoison(t *testing.T) {
	t.Parallel()
	poison := `{"os":"linux","architecture":"none","author":"poison"}`
	k := newShelf(t, berthtest.Options{Blobs: breaking{memblob.New(), len(poison)}})
	k.raw("poison", "v1", poison)
	k.image("good", "v2")
	if n, err := k.s.Registry.FollowUp(t.Context()); n != 1 || err == nil || !strings.Contains(err.Error(), "these bytes break it") {
		t.Errorf("dealt with %d, %v", n, err)
	}
	if !k.page("good").Described || k.pending() != 1 {
		t.Errorf("%d wait", k.pending())
	}
	if n, err := k.s.Registry.FollowUp(t.Context()); n != 0 || err != nil {
		t.Errorf("at once again: %d, %v", n, err)
	}
}
