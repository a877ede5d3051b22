package registry_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/meta/metatest"
	"github.com/berth-registry/berth/internal/registry"
)

// What goes with a version is what is there only for it.
func TestDeleteUnit(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		k := newShelf(t, berthtest.Options{Address: address})
		k.image("amd", "")
		k.image("arm", "arm64")
		k.image("shared", "")
		k.index("inner", "", "amd")
		k.index("all", "v1", "inner", "arm", "shared")
		k.index("two", "v2", "shared")
		k.referrer("sbom", "all")
		k.referrer("sbom of amd", "amd")
		k.referrer("sbom of sbom", "sbom")
		k.referrer("sbom of shared", "shared")
		k.image("sig", k.fallback("amd", ".sig"))
		k.image("sig of two", k.fallback("two", ".sig"))
		k.want("before", "arm arm64", "all v1", "two v2")
		k.must(k.delete("all"))
		k.want("after", "arm arm64", "two v2")
		k.wantDeleted("after", "all v1")
		k.gone("all", "inner", "amd", "sbom", "sbom of amd", "sbom of sbom", "sig")
		for _, what := range []string{"arm", "two", "shared", "sbom of shared", "sig of two"} {
			k.wantWhole(what)
		}
		if got := k.c.Get("/v2/ada/app/referrers/" + k.made["all"].Digest.String()).Want(200).Body; strings.Contains(string(got), k.made["sbom"].Digest.String()) {
			t.Error("what refers to the deleted version is still listed")
		}
		k.c.Get("/v2/ada/app/manifests/" + k.fallback("amd", ".sig")).Want(http.StatusNotFound)
	})
}

// What refers to something that stays, stays too, although it also belongs to what
// is deleted.
func TestDeleteLeavesOthersReferrers(t *testing.T) {
	t.Parallel()
	k := newShelf(t)
	k.image("app", "v1")
	k.image("other", "v2")
	k.referrer("sbom", "app")
	k.index("list", "", "sbom")
	k.must(k.deleteDigest("list"))
	k.wantWhole("sbom")
	k.image("sig", k.fallback("app", ".sig"))
	k.image("sig", k.fallback("other", ".sig"))
	k.must(k.delete("app"))
	k.want("after one of two that share a signature went", "other v2")
	k.gone("app", "sbom")
	k.wantWhole("sig")
	k.c.Get("/v2/ada/app/manifests/" + k.fallback("other", ".sig")).Want(http.StatusOK)
}

// What may not be deleted, and that nothing changes then.
func TestDeleteRefused(t *testing.T) {
	t.Parallel()
	k := newShelf(t)
	k.image("amd", "amd64")
	k.image("untagged", "")
	k.index("all", "v1", "amd")
	before := k.s.State()
	many := make([]int64, registry.MaxBulk+1)
	for i := range many {
		many[i] = int64(i + 1)
	}
	bulk := func(ids ...int64) error { return k.s.Registry.DeleteVersions(t.Context(), k.v, k.n, ids...) }
	k.refused("a part of an index", k.delete("amd"), berth.ErrManifestReferenced)
	if err := k.delete("amd"); err == nil || !strings.HasSuffix(err.Error(), "delete that first, or only the tags of this one") {
		t.Errorf("%v", err)
	}
	k.refused("a part of an index, by the protocol", k.deleteDigest("amd"), berth.ErrManifestReferenced)
	k.refused("all that have a tag", k.delete("amd", "all"), berth.ErrDeleteRefused)
	k.refused("one and what is not there", bulk(k.id("untagged"), 1<<40), berth.ErrVersionUnknown)
	k.refused("one and a refused one", k.delete("untagged", "amd"), berth.ErrManifestReferenced)
	k.refused("none", bulk(), berth.ErrRequestInvalid)
	k.refused("too many", bulk(many...), berth.ErrRequestInvalid)
	k.refused("what is not there, by the protocol", k.s.Registry.DeleteManifest(t.Context(), k.v, k.n, berth.Reference{Digest: digest.FromString("no")}), berth.ErrManifestUnknown)
	k.refused("a tag that is not there", k.s.Registry.DeleteTag(t.Context(), k.v, k.n, "no"), berth.ErrManifestUnknown)
	if diff := cmp.Diff(before, k.s.State()); diff != "" {
		t.Errorf("refused deletions changed something:\n%s", diff)
	}
	k.image("other", "v2")
	k.must(k.delete("amd", "all", "amd")) // the part comes first, and twice
	k.want("after an index and a tagged part of it were deleted", "untagged", "other v2")
	k.refused("the last with a tag", k.delete("other"), berth.ErrDeleteRefused)
	k.untag("v2")
	k.must(k.delete("other"))
	k.refused("the last of all", k.delete("untagged"), berth.ErrDeleteRefused)
	k.must(k.deleteDigest("untagged")) // the protocol knows no such rule
	k.want("after all were deleted")
	k.refused("what is deleted already", k.deleteDigest("untagged"), berth.ErrManifestUnknown)
}

// What is public and was pulled often is deleted by administrators of the instance
// only, one version of it or the whole.
func TestDeletePopular(t *testing.T) {
	t.Parallel()
	k := newShelf(t)
	k.image("hot", "v1")
	k.image("cold", "v2")
	k.image("third", "v3")
	pulls := func(n int) {
		k.s.Exec(fmt.Sprintf(`UPDATE manifests SET downloads = %d WHERE id = %d`, n, k.id("hot")))
		k.s.Exec(fmt.Sprintf(`UPDATE packages SET downloads = %d`, n))
		k.s.Exec(fmt.Sprintf(`INSERT INTO downloads VALUES (1, 1, %d) ON CONFLICT DO UPDATE SET count = excluded.count`, n))
	}
	k.s.SetVisibility("ada/app", berth.VisibilityPublic)
	pulls(5001)
	k.refused("a version", k.delete("hot"), berth.ErrDeleteRefused)
	k.refused("among others", k.delete("third", "hot"), berth.ErrDeleteRefused)
	k.refused("by the protocol", k.deleteDigest("hot"), berth.ErrDeleteRefused)
	k.refused("the package", k.s.Registry.DeletePackage(t.Context(), k.v, k.n), berth.ErrDeleteRefused)
	k.must(k.delete("cold"))
	k.s.SetVisibility("ada/app", berth.VisibilityInternal)
	k.must(k.deleteDigest("hot"), k.restore("hot", false))
	k.s.SetVisibility("ada/app", berth.VisibilityPublic)
	root := k.s.Viewer("root")
	k.must(k.s.Registry.DeleteVersions(t.Context(), root, k.n, k.id("hot")))
	k.must(k.restore("hot", false))
	pulls(5000)
	k.must(k.delete("hot"), k.restore("hot", false), k.s.Registry.DeletePackage(t.Context(), k.v, k.n))
}

// The protocol deletes into the trash, and a blob that only the trash needs looks as
// if it were gone, but comes back with what needs it.
func TestDeleteByTheProtocol(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		k := newShelf(t, berthtest.Options{Address: address})
		k.image("app", "v1")
		layer := "/v2/ada/app/blobs/" + digest.FromString("layer app").String()
		path := "/v2/ada/app/manifests/" + k.made["app"].Digest.String()
		k.c.Do("DELETE", layer, nil).Want(http.StatusMethodNotAllowed)
		k.c.Do("DELETE", path, nil).Want(http.StatusAccepted)
		k.c.Do("DELETE", path, nil).Want(http.StatusNotFound)
		k.gone("app")
		k.wantDeleted("by the protocol", "app v1")
		k.c.Get(layer).Want(http.StatusOK)
		k.c.Do("DELETE", layer, nil).Want(http.StatusAccepted)
		k.c.Do("DELETE", layer, nil).Want(http.StatusNotFound)
		k.c.Get(layer).Want(http.StatusNotFound)
		k.c.Do("HEAD", layer, nil).Want(http.StatusNotFound)
		k.s.WantSound()

		mount := "/v2/ada/other/blobs/uploads/?mount=" + digest.FromString("layer app").String()
		k.c.Do("POST", mount+"&from=ada/app", nil).Want(http.StatusAccepted)
		k.c.Do("POST", mount, nil).Want(http.StatusAccepted)
		k.c.Do("PUT", path, strings.NewReader(string(k.body["app"])), "Content-Type", berth.MediaTypeOCIManifest).Want(http.StatusNotFound)

		k.must(k.restore("app", false))
		k.wantWhole("app")
		k.want("restored", "app v1")

		k.must(k.deleteDigest("app"))
		k.c.Do("DELETE", layer, nil).Want(http.StatusAccepted)
		k.image("app", "v2")
		k.wantWhole("app")
		k.want("pushed again", "app v2")
		k.wantDeleted("pushed again")

		k.must(k.deleteDigest("app"))
		k.c.Do("DELETE", layer, nil).Want(http.StatusAccepted)
		k.s.Clock.Advance(registry.TrashLife + time.Second)
		if n, err := k.s.Registry.PurgeTrash(t.Context()); err != nil || n != 2 {
			t.Errorf("purged %d, %v", n, err)
		}
		k.s.WantSound()
		if left := k.s.Query(`SELECT digest FROM package_blobs WHERE digest = '` + digest.FromString("layer app").String() + `'`); len(left) != 0 {
			t.Error("the package still holds the deleted blob")
		}
	})
}

// A deleted package is no source for mounts, and nobody finds anything in it.
func TestNothingFromDeletedPackages(t *testing.T) {
	t.Parallel()
	k := newShelf(t)
	k.image("app", "v1")
	k.must(k.s.Registry.DeletePackage(t.Context(), k.v, k.n))
	d := digest.FromString("layer app").String()
	for _, from := range []string{"", "&from=ada/app", "&from=ada/-/1/app"} {
		k.c.Do("POST", "/v2/ada/other/blobs/uploads/?mount="+d+from, nil).Want(http.StatusAccepted)
	}
	for _, path := range []string{"/v2/ada/app", "/v2/ada/-/1/app"} {
		want := map[bool]int{true: http.StatusNotFound, false: http.StatusBadRequest}[path == "/v2/ada/app"]
		k.c.Get(path + "/tags/list").Want(want)
		k.c.Get(path + "/manifests/v1").Want(want)
		k.c.Get(path + "/blobs/" + d).Want(want)
	}
	if got := string(k.c.Get("/v2/_catalog").Want(http.StatusOK).Body); strings.Contains(got, "app") {
		t.Errorf("catalog: %s", got)
	}
	list, err := k.s.Registry.ListPackages(t.Context(), k.v, registry.PackageQuery{Owner: "ada", Limit: 100})
	if err != nil || len(list) != 0 {
		t.Errorf("packages: %v, %v", list, err)
	}
}

// An upload into a package ends when that is deleted, and what comes into the same
// name makes a new package.
func TestDeletePackageWhileUploading(t *testing.T) {
	t.Parallel()
	k := newShelf(t)
	k.image("app", "v1")
	first := k.pkg().ID
	at := k.c.StartUpload("ada/app")
	k.must(k.s.Registry.DeletePackage(t.Context(), k.v, k.n))
	k.c.Do("PATCH", at, strings.NewReader("x")).Want(http.StatusNotFound)
	k.image("new", "v1")
	k.want("in the new package", "new v1")
	if k.pkg().ID == first {
		t.Error("it is the old package")
	}
}
