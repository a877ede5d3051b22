package registry_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

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
	})
}

func TestListProtected(t *testing.T) {
	t.Parallel()
	k := newShelf(t)
	for _, what := range []string{"a", "b", "c", "d"} {
		k.image(what, "v-"+what)
	}
	k.image("e", "")
	k.image("f", "x")
	list := func(q registry.VersionQuery) (digests []berth.Digest) {
		t.Helper()
		q.Filter = registry.FilterProtected
		found, cursors, err := k.s.Registry.ListVersions(t.Context(), k.v, k.n, q)
		k.must(err)
		for i, v := range found {
			if !v.Protected || cursors[i] != v.ID {
				t.Errorf("%+v, cursor %d", v, cursors[i])
			}
			digests = append(digests, v.Digest)
		}
		return digests
	}
	if got := list(registry.VersionQuery{Limit: 10}); len(got) != 0 {
		t.Errorf("without rules: %v", got)
	}
	_, err := k.s.Registry.CreateTagRule(t.Context(), k.v, k.n, "v-*", registry.Movers{})
	k.must(err)
	of := func(names ...string) (digests []berth.Digest) {
		for _, name := range names {
			digests = append(digests, k.made[name].Digest)
		}
		return digests
	}
	for _, c := range []struct {
		q    registry.VersionQuery
		want []berth.Digest
	}{
		{registry.VersionQuery{Limit: 10}, of("d", "c", "b", "a")},
		{registry.VersionQuery{Limit: 2}, of("d", "c")},
		{registry.VersionQuery{Limit: 2, Skip: 1}, of("c", "b")},
		{registry.VersionQuery{Limit: 2, Before: k.id("b")}, of("a")},
		{registry.VersionQuery{Limit: 10, Search: "v-c"}, of("c")},
		{registry.VersionQuery{Limit: 10, Search: "x"}, nil},
	} {
		if diff := cmp.Diff(c.want, list(c.q)); diff != "" {
			t.Errorf("%+v: %s", c.q, diff)
		}
	}
}
