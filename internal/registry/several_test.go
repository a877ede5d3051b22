package registry_test

import (
	"testing"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/meta/metatest"
	"github.com/berth-registry/berth/internal/registry"
)

// Several versions that share what nobody else has free it together.
func TestPlanDeletion(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		k := newShelf(t, berthtest.Options{Address: address})
		k.image("part", "")
		k.index("one", "v1", "part")
		k.image("more", "")
		k.index("two", "v2", "part", "more")
		k.image("keep", "v3")
		k.followUp()
		one, two, keep := k.id("one"), k.id("two"), k.id("keep")
		plan := func(ids ...int64) registry.DeletionPlan {
			t.Helper()
			p, err := k.s.Registry.PlanDeletion(t.Context(), k.v, k.n, ids...)
			k.must(err)
			return p
		}
		alone, together := plan(one), plan(one, two, two)
		shared := int64(len(config("part")) + len("layer part") + len(k.body["part"]) + len(config("more")) + len("layer more") + len(k.body["more"]))
		if alone.Freed != int64(len(k.body["one"])) || together.Freed != shared+int64(len(k.body["one"])+len(k.body["two"])) {
			t.Errorf("alone %d, together %d", alone.Freed, together.Freed)
		}
		if len(together.Versions) != 2 || together.Versions[0].ID != two || together.Versions[0].Tags[0] != "v2" {
			t.Errorf("%+v", together.Versions)
		}
		for _, bad := range [][]int64{nil, make([]int64, registry.MaxBulk+1)} {
			_, err := k.s.Registry.PlanDeletion(t.Context(), k.v, k.n, bad...)
			k.refused("bad ids", err, berth.ErrRequestInvalid)
		}
		_, err := k.s.Registry.PlanDeletion(t.Context(), k.s.Viewer("bob"), k.n, one)
		k.refused("bob", err, berth.ErrPackageUnknown)

		found, err := k.s.Registry.DescribeVersions(t.Context(), k.v, k.n, keep, one, 999)
		k.must(err)
		if len(found) != 2 || found[keep].Digest != k.made["keep"].Digest || found[one].Kind != "image" {
			t.Errorf("%+v", found)
		}
		_, err = k.s.Registry.DescribeVersions(t.Context(), k.s.Viewer("bob"), k.n, one)
		k.refused("bob", err, berth.ErrPackageUnknown)
		_, err = k.s.Registry.DescribeVersions(t.Context(), k.v, k.n, make([]int64, registry.MaxBulk+1)...)
		k.refused("too many", err, berth.ErrRequestInvalid)

		if of, err := k.s.Registry.IndexOf(t.Context(), k.v, k.n, k.made["more"].Digest); err != nil || of != k.made["two"].Digest {
			t.Errorf("more is in %s, %v", of, err)
		}
		if of, err := k.s.Registry.IndexOf(t.Context(), k.v, k.n, k.made["two"].Digest); err != nil || of != "" {
			t.Errorf("two is in %s, %v", of, err)
		}
		_, err = k.s.Registry.IndexOf(t.Context(), k.s.Viewer("bob"), k.n, k.made["more"].Digest)
		k.refused("bob", err, berth.ErrPackageUnknown)
	})
}
