package registry_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/meta/metatest"
	"github.com/berth-registry/berth/internal/registry"
)

// An index can hold blobs too. Where the bytes of a deleted part lie in the package as
// a blob as well, the index must not come back without that part: it would not be
// whole, and the part could never be purged.
func TestPushIndexOfDeletedPart(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		k := newShelf(t, berthtest.Options{Address: address})
		k.image("amd", "")
		k.referrer("sbom", "amd")
		k.index("all", "v1", "amd")
		k.image("other", "v2")
		k.c.PushBlob("ada/app", string(k.body["amd"]))
		k.must(k.delete("all"))
		k.refused("an index of a deleted part", pushBody(t.Context(), k.s, k, "all", "v1"), berth.ErrManifestBlobUnknown)
		k.want("refused", "other v2")
		k.image("amd", "")
		k.must(pushBody(t.Context(), k.s, k, "all", "v1"))
		k.s.WantSound()
		k.wantWhole("all")
		k.s.Clock.Advance(registry.TrashLife + time.Hour)
		if n, err := k.s.Registry.PurgeTrash(t.Context()); n != 1 || err != nil {
			t.Errorf("purged %d, %v", n, err)
		}
		k.wantWhole("all")
		k.gone("sbom")
	})
}

// What cannot be purged keeps nothing else from it, however much of that there is.
func TestPurgeGoesOnAfterFailures(t *testing.T) {
	t.Parallel()
	k := newShelf(t)
	k.image("kept", "kept")
	for i := range 101 {
		what := fmt.Sprint("stuck", i)
		k.image(what, "")
		k.must(k.delete(what))
		// As no sound database has it: an index that is there needs a part in the trash.
		k.s.Exec(fmt.Sprintf(`INSERT INTO manifest_children (manifest_id, package_id, digest)
			SELECT %d, package_id, digest FROM manifests WHERE id = %d`, k.id("kept"), k.id(what)))
	}
	k.image("last", "")
	k.must(k.delete("last"))
	k.s.Clock.Advance(registry.TrashLife + time.Hour)
	if n, err := k.s.Registry.PurgeTrash(t.Context()); n != 1 || err == nil {
		t.Errorf("purged %d, %v", n, err)
	}
}
