package registry_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/artifact"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/meta/metatest"
	"github.com/berth-registry/berth/internal/registry"
)

func (k *shelf) shown(tags int) registry.PackagePage {
	k.Helper()
	page, err := k.s.Registry.GetPackagePage(k.Context(), k.v, k.n, tags, 7)
	k.must(err)
	return page
}

func TestPackagePage(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		k := newShelf(t, berthtest.Options{Address: address})
		latest := func() string {
			t.Helper()
			page := k.shown(2)
			return k.called(fmt.Sprint(page.Latest.Digest, " ", page.LatestTag, len(page.Tags)))
		}
		for _, step := range []struct {
			do   func()
			want string
		}{
			{func() { k.image("one", "") }, "one 0"},
			{func() { k.image("two", "") }, "two 0"},
			{func() { k.image("three", "v1") }, "three v11"},
			{func() { k.image("four", "Latest") }, "four Latest2"},
			{func() { k.image("five", "v2"); k.image("six", "v3") }, "four Latest2"},
			{func() { k.untag("latest") }, "six v32"},
		} {
			step.do()
			if got := latest(); got != step.want {
				t.Errorf("it shows %s, want %s", got, step.want)
			}
		}
		k.followUp()
		page := k.shown(2)
		usage, err := k.s.Registry.PackageUsage(t.Context(), k.v, k.n)
		k.must(err)
		if page.Usage != usage || usage.Unique == 0 || len(page.Downloads) != 7 || page.Package != k.pkg() || page.Package.Role != berth.RoleAdmin {
			t.Errorf("%+v", page)
		}
		list, err := k.s.Registry.DescribeTags(t.Context(), k.v, k.n, registry.TagQuery{Newest: true, Limit: 2})
		k.must(err)
		if diff := cmp.Diff(page.Tags, list); diff != "" || list[1].Name != "v2" || list[1].Version.Digest != k.made["five"].Digest || !list[1].Version.Described {
			t.Errorf("%+v\n%s", list, diff)
		}
		_, err = k.s.Registry.GetPackagePage(t.Context(), k.s.Viewer("bob"), k.n, 1, 1)
		k.refused("a stranger", err, berth.ErrPackageUnknown)
		_, err = k.s.Registry.DescribeTags(t.Context(), k.s.Viewer("bob"), k.n, registry.TagQuery{})
		k.refused("a stranger", err, berth.ErrPackageUnknown)
	})
}

// signed pushes a signature of a manifest, as a referrer.
func (k *shelf) signed(what, subject string) {
	k.Helper()
	d := k.made[subject]
	k.c.PushBlob(k.n.String(), "{}")
	k.c.PushBlob(k.n.String(), "layer "+what)
	k.put(what, "", berth.MediaTypeOCIManifest, berthtest.Artifact("application/vnd.dev.cosign.artifact.sig.v1+json", &d, "{}", "layer "+what))
}

func TestKindsOfAttachments(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		k := newShelf(t, berthtest.Options{Address: address})
		kinds := func(when string, want ...artifact.Kind) {
			t.Helper()
			if diff := cmp.Diff(append([]artifact.Kind{}, want...), k.shown(1).Attached); diff != "" {
				t.Errorf("%s (-want +got):\n%s", when, diff)
			}
		}
		k.kit("latest")
		kinds("before the job has read it", artifact.KindSBOM, artifact.KindProvenance)
		k.followUp()
		kinds("of a builder", artifact.KindSBOM, artifact.KindProvenance)
		k.referrer("other", "all")
		k.signed("sig", "arm")
		k.followUp()
		kinds("with a signature of an image in it", artifact.KindSBOM, artifact.KindProvenance)
		k.signed("whole", "all")
		k.followUp()
		kinds("with a signature", artifact.KindSignature, artifact.KindSBOM, artifact.KindProvenance)
		k.image("plain", "latest")
		k.followUp()
		kinds("of another version")
		k.put("cosigned", k.fallback("plain", ".sig"), berth.MediaTypeOCIManifest,
			berthtest.Artifact("application/vnd.dev.cosign.artifact.sig.v1+json", nil, "{}", "layer sig"))
		k.followUp()
		kinds("with a tag of cosign", artifact.KindSignature)
	})
}

// A list says of a version whether a signature refers to it.
func TestSigned(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		k := newShelf(t, berthtest.Options{Address: address})
		signed := func(when string, want ...string) {
			t.Helper()
			k.followUp()
			list, _, err := k.s.Registry.ListVersions(t.Context(), k.v, k.n, registry.VersionQuery{Signed: true, Limit: 60})
			k.must(err)
			tags, err := k.s.Registry.DescribeTags(t.Context(), k.v, k.n, registry.TagQuery{Limit: 60})
			k.must(err)
			var versions, named []string
			for _, version := range list {
				if version.Signed {
					versions = append(versions, k.called(version.Digest.String()))
				}
			}
			for _, tag := range tags {
				if tag.Version.Signed {
					named = append(named, k.called(tag.Digest.String()))
				}
			}
			slices.Sort(versions)
			slices.Sort(named)
			if !slices.Equal(versions, want) || !slices.Equal(named, want) {
				t.Errorf("%s: versions %q, tags %q, want %q", when, versions, named, want)
			}
		}
		k.kit("latest")
		k.image("plain", "v1")
		for i := range 55 { // more than one statement takes
			k.image(fmt.Sprint("many", i), fmt.Sprint("w", i))
		}
		k.referrer("other", "plain")
		signed("with what is no signature")
		k.signed("of a platform", "arm")
		signed("an image in an index")
		k.signed("of the index", "all")
		signed("the index", "all")
		k.put("cosigned", k.fallback("plain", ".sig"), berth.MediaTypeOCIManifest,
			berthtest.Artifact("application/vnd.dev.cosign.artifact.sig.v1+json", nil, "{}", "layer of the index"))
		signed("by a tag of cosign", "all", "plain")
		k.must(k.s.Registry.DeleteManifest(t.Context(), k.v, k.n, k.ref("of the index")))
		signed("a signature was deleted", "plain")
		if list, _, err := k.s.Registry.ListVersions(t.Context(), k.v, k.n, registry.VersionQuery{Limit: 60}); err != nil || slices.ContainsFunc(list, func(v registry.Version) bool { return v.Signed }) {
			t.Errorf("it says so without being asked: %v", err)
		}
	})
}

// What signs a version last is not missed behind many older reports of it.
func TestSignedAmongMany(t *testing.T) {
	t.Parallel()
	k := newShelf(t)
	k.image("plain", "latest")
	for i := range 101 { // more than are looked at
		k.referrer(fmt.Sprint("report", i), "plain")
	}
	k.signed("late", "plain")
	k.followUp()
	if page := k.shown(1); !page.Latest.Signed || !page.Tags[0].Version.Signed {
		t.Errorf("%+v", page)
	}
}

func TestVersionAt(t *testing.T) {
	t.Parallel()
	k := newShelf(t)
	k.kit("v1")
	k.image("single", "v2")
	k.followUp()
	for _, tt := range []struct {
		ref            berth.Reference
		platform, want string
	}{
		{berth.Reference{Tag: "v1"}, "", "all 0 amd  1"},
		{berth.Reference{Tag: "V1"}, "linux/arm64", "all 1 arm  1"},
		{k.ref("all"), "", "all 0 amd  1"},
		{berth.Reference{Tag: "v2"}, "", "single -1   0"},
		{k.ref("arm"), "", " -1 arm all 0"},
	} {
		at, err := k.s.Registry.GetVersionAt(t.Context(), k.v, k.n, tt.ref, tt.platform)
		k.must(err)
		if got := k.called(fmt.Sprint(at.Version.Digest, " ", at.Platform, " ", at.Image.Digest, " ", at.Parent, " ", len(at.Attached))); got != tt.want {
			t.Errorf("%s for %q is %s, want %s", tt.ref, tt.platform, got, tt.want)
		}
	}
	for what, ref := range map[string]berth.Reference{
		"a platform that it has not": {Tag: "v1"}, "no tag": {Tag: "v3"}, "no digest": {Digest: digest.FromString("nothing")},
	} {
		_, err := k.s.Registry.GetVersionAt(t.Context(), k.v, k.n, ref, "plan9/mips")
		k.refused(what, err, berth.ErrManifestUnknown)
	}
	_, err := k.s.Registry.GetVersionAt(t.Context(), k.s.Viewer("bob"), k.n, k.ref("all"), "")
	k.refused("a stranger", err, berth.ErrPackageUnknown)
}
