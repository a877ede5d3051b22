package registry_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/meta/metatest"
	"github.com/berth-registry/berth/internal/registry"
)

// What docker buildx pushes is one version, however many manifests it has.
func TestVersionsAreRoots(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		k := newShelf(t, berthtest.Options{Address: address})
		k.image("amd", "")
		k.want("of a part that nothing holds yet", "amd")
		k.image("arm", "")
		k.image("attestation", "")
		k.want("of parts that nothing holds yet", "amd", "arm", "attestation")
		k.index("all", "v1", "amd", "arm", "attestation")
		k.want("with the index", "all v1")
		k.index("all", "latest", "amd", "arm", "attestation")
		k.want("with two tags", "all latest v1")
		k.index("nested", "", "all")
		k.want("with an index of indexes, and a tag of the inner one", "all latest v1", "nested")
		k.untag("v1")
		k.untag("latest")
		k.want("with an index of indexes", "nested")
	})
}

// A part that gets a tag of its own is a version as long as it has it.
func TestPartWithATag(t *testing.T) {
	t.Parallel()
	k := newShelf(t)
	k.image("amd", "")
	k.index("all", "v1", "amd")
	k.image("amd", "amd64")
	k.want("when the part has a tag", "amd amd64", "all v1")
	k.image("other", "amd64")
	k.want("when the tag went to another", "all v1", "other amd64")
	k.image("amd", "amd64")
	k.want("when it came back", "amd amd64", "all v1", "other")
	k.untag("amd64")
	k.want("when it was taken off", "all v1", "other")
}

// A tag that moves leaves an untagged version, and pushing the same again changes
// nothing but times.
func TestTagMoves(t *testing.T) {
	t.Parallel()
	k := newShelf(t)
	k.image("one", "v1")
	k.image("two", "v1")
	k.want("after the tag moved", "one", "two v1")
	k.image("two", "v1")
	k.image("two", "")
	k.image("one", "")
	k.want("after the same was pushed again", "one", "two v1")
	if got := k.pkg().Versions; got != 2 {
		t.Errorf("%d versions are counted", got)
	}
	k.untag("v1")
	k.want("without a tag", "one", "two")
}

// What refers to something by its subject is no version, whenever it comes and whatever
// tags it has.
func TestReferrersAreNoVersions(t *testing.T) {
	t.Parallel()
	k := newShelf(t)
	k.referrer("sbom", "app")
	k.want("before its subject came")
	k.image("app", "v1")
	k.want("with its subject", "app v1")
	k.referrer("late", "app")
	k.want("with one that came later", "app v1")
	k.put("sbom", "a-tag", berth.MediaTypeOCIManifest, k.body["sbom"])
	k.want("when it has a tag", "app v1")
	if got := k.page("app").Attached; len(got) != 2 {
		t.Errorf("attached are %v", got)
	}
}

// What has a tag such as cosign's is no version while what it is for is there.
func TestFallbackTags(t *testing.T) {
	t.Parallel()
	for _, suffix := range []string{"", ".sig", ".att", ".sbom"} {
		k := newShelf(t)
		tag := k.fallback("app", suffix)
		k.image("early", tag)
		k.want("before its subject came", "early "+k.called(tag))
		k.image("app", "")
		k.want("with its subject", "app")
		k.image("late", tag)
		k.want("when the tag moved to another", "early", "app")
		k.image("late", "own")
		k.want("when it has a tag of its own as well", "early", "app", "late own "+k.called(tag))
		k.untag("own")
		k.want("when that is gone", "early", "app")
		k.untag(tag)
		k.want("when the tag is gone", "early", "app", "late")
		k.image("late", tag)
		k.image("other", "v1")
		k.must(k.delete("app"))
		k.want("when what it is for was deleted with it", "early", "other v1")
		tags, err := k.s.Registry.TagDetails(t.Context(), k.v, k.n, "", 100)
		k.must(err)
		if len(tags) != 1 || tags[0].Name != "v1" || tags[0].VersionID != k.id("other") {
			t.Errorf("tags %v", tags)
		}
	}
}

// Some tools give an image a tag with its own digest, to keep it. That is a tag like
// any other.
func TestTaggedWithItsOwnDigest(t *testing.T) {
	t.Parallel()
	k := newShelf(t)
	tag := k.fallback("app", ".imgpkg")
	k.image("app", tag)
	k.want("with the tag only", "app sha256-app.imgpkg")
	k.index("all", "v1", "app")
	k.want("as a part too", "app sha256-app.imgpkg", "all v1")
	tags, err := k.s.Registry.TagDetails(t.Context(), k.v, k.n, "", 100)
	k.must(err)
	if len(tags) != 2 {
		t.Errorf("tags %v", tags)
	}
	if got := k.page("app").Attached; len(got) != 0 {
		t.Errorf("attached to itself: %v", got)
	}
	_, err = k.s.Registry.Copy(t.Context(), k.v, k.n, registry.Which{ID: k.id("all")}, name(t, "ada/other"), "v2")
	k.must(err)
	k.at("ada/other").want("in the copy, which was not asked for that tag", "all v2")
}

// The page of a version and lists say the same, and nobody finds what is only a part.
func TestFindVersions(t *testing.T) {
	t.Parallel()
	k := newShelf(t)
	k.image("amd", "")
	k.index("all", "v1", "amd")
	k.followUp()
	ctx := t.Context()
	for _, ref := range []berth.Reference{{Tag: "V1"}, {Digest: k.made["all"].Digest}} {
		id, err := k.s.Registry.Copy(ctx, k.v, k.n, registry.Which{Reference: ref}, k.n, "found")
		if err != nil || id != k.id("all") {
			t.Errorf("%s is version %d, %v", ref, id, err)
		}
	}
	_, err := k.s.Registry.Copy(ctx, k.v, k.n, registry.Which{Reference: berth.Reference{Digest: k.made["amd"].Digest}}, k.n, "found")
	k.refused("find a part", err, berth.ErrManifestUnknown)
	_, err = k.s.Registry.GetVersion(ctx, k.v, k.n, k.id("amd"))
	k.refused("get a part", err, berth.ErrVersionUnknown)
	_, err = k.s.Registry.GetVersion(ctx, k.v, k.n, 1<<60)
	k.refused("get what is not there", err, berth.ErrVersionUnknown)
	other := k.at("ada/other")
	other.image("elsewhere", "v1")
	_, err = k.s.Registry.GetVersion(ctx, k.v, k.n, other.id("elsewhere"))
	k.refused("get another package's", err, berth.ErrVersionUnknown)
	list, _, err := k.s.Registry.ListVersions(ctx, k.v, k.n, registry.VersionQuery{Limit: 1})
	k.must(err)
	if diff := cmp.Diff(list[0], k.page("all").Version); diff != "" {
		t.Errorf("list and page differ:\n%s", diff)
	}
	if _, err := k.s.Registry.GetVersion(ctx, k.s.Viewer("bob"), k.n, k.id("all")); !errors.Is(err, berth.ErrPackageUnknown) {
		t.Errorf("a stranger got %v", err)
	}
}

// Lists have no more than was asked for and go on where they stopped.
func TestPagesOfVersions(t *testing.T) {
	t.Parallel()
	k := newShelf(t)
	for _, what := range []string{"a", "b", "c", "d", "e"} {
		k.image(what, what)
	}
	k.must(k.delete("b"), k.delete("d"))
	for _, deleted := range []bool{false, true} {
		all, cursors, err := k.s.Registry.ListVersions(t.Context(), k.v, k.n, registry.VersionQuery{Deleted: deleted, Limit: 100})
		k.must(err)
		for i := range all {
			byCursor := registry.VersionQuery{Deleted: deleted, Limit: 1}
			if i > 0 {
				byCursor.Before = cursors[i-1]
			}
			for _, q := range []registry.VersionQuery{byCursor, {Deleted: deleted, Skip: i, Limit: 1}} {
				page, _, err := k.s.Registry.ListVersions(t.Context(), k.v, k.n, q)
				k.must(err)
				if diff := cmp.Diff(all[i:i+1], page); diff != "" {
					t.Errorf("%+v:\n%s", q, diff)
				}
			}
		}
		if want := map[bool]int{false: 3, true: 2}[deleted]; len(all) != want {
			t.Errorf("%d versions, want %d", len(all), want)
		}
	}
}
