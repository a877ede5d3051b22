package registry_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/registry"
)

// chain pushes indexes each of which holds the one before, and returns them.
func (k *shelf) chain(n int) []string {
	k.Helper()
	k.image("link0", "")
	parts := []string{"link0"}
	for i := 1; i < n; i++ {
		what := fmt.Sprint("link", i)
		k.index(what, "", parts[i-1])
		parts = append(parts, what)
	}
	return parts
}

// A chain of indexes goes and stays as a whole, however its links lie. What that costs
// is for the benchmark to say.
func TestChainOfIndexes(t *testing.T) {
	t.Parallel()
	k := newShelf(t)
	parts := k.chain(100)
	// All of them hang on the last, and that stays for the sake of another index.
	k.index("root", "v1", parts...)
	k.index("other", "v2", parts[len(parts)-1])
	if page, want := k.page("root"), int64(len(k.body["root"])); page.Freed != want {
		t.Errorf("deleting it would free %d, want %d", page.Freed, want)
	}
	k.must(k.delete("root"))
	k.want("deleted", "other v2")
	k.wantWhole("other")

	k.image("last", "v3")
	k.must(k.delete("other"))
	k.gone(parts[0], parts[50])
	k.s.Clock.Advance(registry.TrashLife + time.Hour)
	if n, err := k.s.Registry.PurgeTrash(t.Context()); n != 2 || err != nil {
		t.Errorf("purged %d, %v", n, err)
	}
	if left := k.s.Query("SELECT digest FROM manifests"); len(left) != 1 {
		t.Errorf("%d manifests are left", len(left))
	}
}

// A version can be shown that has more manifests than are looked at for that.
func TestShowLargeVersion(t *testing.T) {
	t.Parallel()
	k := newShelf(t)
	var parts []string
	for i := range 2001 {
		what := fmt.Sprint("part", i)
		k.put(what, "", berth.MediaTypeOCIIndex, fmt.Appendf(nil, `{"schemaVersion":2,"mediaType":%q,"manifests":[],"annotations":{"a":"%d"}}`, berth.MediaTypeOCIIndex, i))
		parts = append(parts, what)
	}
	k.index("most", "v1", parts[:1999]...)
	k.index("more", "v2", parts[1:]...)
	if page := k.page("most"); page.Freed < 0 {
		t.Errorf("a version of 2000 manifests is too large")
	}
	if page := k.page("more"); page.Freed != -1 || len(page.Manifest) == 0 {
		t.Errorf("a version of 2001 manifests: %d, with %d bytes", page.Freed, len(page.Manifest))
	}
	at := fmt.Sprintf("/api/v3/users/ada/packages/container/app/versions/%d", k.id("more"))
	if doc := k.c.Get(at).Want(200).Body; bytes.Contains(doc, []byte(`"unique_size"`)) {
		t.Error("it says how large it is alone")
	}
}

// A search that finds nothing ends, however many packages there are.
func TestSearchEnds(t *testing.T) {
	t.Parallel()
	k := newShelf(t)
	k.image("app", "v1")
	k.s.Exec(fmt.Sprintf(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
		INSERT INTO packages (owner_id, path, visibility, created_at, published_at, inherit) SELECT %d, 'b' || i, 'public', 1, 1, FALSE FROM n`,
		registry.MaxReferences, k.s.OwnerID("ada")))
	k.at("ada/zoo").image("app", "v1") // behind all these
	for path, want := range map[string]int{"app": 1, "zoo": 0} {
		_, total, err := k.s.Registry.ListReferences(t.Context(), k.v, registry.ReferenceQuery{Owner: "ada", Search: path, Limit: 1})
		if total != want || err != nil {
			t.Errorf("%s: %d, %v", path, total, err)
		}
	}
}
