package registry_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/artifact"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/meta/metatest"
	"github.com/berth-registry/berth/internal/registry"
)

const totoType = "application/vnd.in-toto+json"

func statement(predicateType, predicate string) string {
	return fmt.Sprintf(`{"_type":"https://in-toto.io/Statement/v0.1","predicateType":%q,"subject":[],"predicate":%s}`, predicateType, predicate)
}

// attest pushes what BuildKit puts into an index: two statements in one manifest.
func (k *shelf) attest(what string) {
	k.Helper()
	m := ocispec.Manifest{MediaType: berth.MediaTypeOCIManifest, Config: berthtest.Describe(ocispec.MediaTypeImageConfig, []byte(config(what)))}
	m.SchemaVersion = 2
	k.c.PushBlob(k.n.String(), config(what))
	for _, s := range []struct{ kind, predicate string }{
		{"https://spdx.dev/Document", `{"spdxVersion":"SPDX-2.3","name":"` + what + `","packages":[{"name":"musl"}]}`},
		{"https://slsa.dev/provenance/v0.2", `{"builder":{"id":"kit"}}`},
	} {
		content := statement(s.kind, s.predicate)
		k.c.PushBlob(k.n.String(), content)
		d := berthtest.Describe(totoType, []byte(content))
		d.Annotations = map[string]string{"in-toto.io/predicate-type": s.kind}
		m.Layers = append(m.Layers, d)
	}
	body, err := json.Marshal(m)
	k.must(err)
	k.put(what, "", berth.MediaTypeOCIManifest, body)
}

// kit pushes an index as BuildKit does: an image, and what is said of it.
func (k *shelf) kit(tag string) {
	k.Helper()
	k.image("amd", "")
	k.image("arm", "")
	k.attest("attestation")
	var list []ocispec.Descriptor
	for i, what := range []string{"amd", "arm"} {
		d := k.made[what]
		d.Platform = &ocispec.Platform{OS: "linux", Architecture: []string{"amd64", "arm64"}[i]}
		list = append(list, d)
	}
	d := k.made["attestation"]
	d.Platform = &ocispec.Platform{OS: "unknown", Architecture: "unknown"}
	d.Annotations = map[string]string{"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": k.made["arm"].Digest.String()}
	k.put("all", tag, berth.MediaTypeOCIIndex, berthtest.Index(append(list, d)...))
}

func (k *shelf) attachments(what string) (list []string) {
	k.Helper()
	found, err := k.s.Registry.GetVersionAt(k.Context(), k.v, k.n, k.ref(what), "")
	k.must(err)
	for _, a := range found.Attached {
		list = append(list, k.called(fmt.Sprint(a.Digest, ": ", a.Kind, " ", a.Kinds, " of ", a.Subject, " ", a.Platform, " ", a.Child)))
	}
	return list
}

// ref names what was pushed by its digest.
func (k *shelf) ref(what string) berth.Reference {
	return berth.Reference{Digest: k.made[what].Digest}
}

func TestAttachments(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		k := newShelf(t, berthtest.Options{Address: address})
		k.kit("v1")
		k.referrer("other", "all")
		k.image("sig", k.fallback("amd", ".sig"))
		// What clients push where they believe that nobody lists referrers.
		k.put("fallback", k.fallback("all", ""), berth.MediaTypeOCIIndex, berthtest.Index(k.made["other"]))
		k.image("single", "v2")
		k.referrer("another", "single")
		k.followUp()
		want := []string{
			"other: image [image] of all  false",
			"sig: image [image] of amd linux/amd64 false",
			"attestation: attestation [sbom provenance] of arm linux/arm64 true",
		}
		if diff := cmp.Diff(want, k.attachments("all")); diff != "" {
			t.Errorf("attachments (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"another: image [image] of single linux/amd64 false"}, k.attachments("single")); diff != "" {
			t.Errorf("attachments of an image (-want +got):\n%s", diff)
		}
	})
}

func TestReadAttachment(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		k := newShelf(t, berthtest.Options{Address: address})
		k.kit("v1")
		k.referrer("other", "all")
		read := func(what string) []registry.Document {
			t.Helper()
			list, err := k.s.Registry.ReadAttachment(t.Context(), k.v, k.n, k.made[what].Digest)
			k.must(err)
			return list
		}
		list := read("attestation")
		if len(list) != 2 || list[0].Kind != artifact.KindSBOM || list[0].SBOM.Components[0].Name != "musl" || list[1].Statement.Provenance.Builder != "kit" {
			t.Errorf("%+v", list)
		}
		if list := read("other"); len(list) != 1 || list[0].Text != "layer other" || list[0].Kind != artifact.KindOther {
			t.Errorf("%+v", list)
		}
		for _, what := range []string{"all", "amd"} {
			_, err := k.s.Registry.ReadAttachment(t.Context(), k.v, k.n, k.made[what].Digest)
			k.refused(what, err, berth.ErrManifestUnknown)
		}
		_, err := k.s.Registry.ReadAttachment(t.Context(), k.v, k.n, digest.FromString("nothing"))
		k.refused("what is not there", err, berth.ErrManifestUnknown)
		_, err = k.s.Registry.ReadAttachment(t.Context(), k.s.Viewer("bob"), k.n, k.made["attestation"].Digest)
		k.refused("a stranger's", err, berth.ErrPackageUnknown)

		key := k.s.Query(`SELECT storage_key FROM blobs WHERE digest = '` + list[0].Digest.String() + `'`)[0]
		k.must(k.s.Blobs.Delete(t.Context(), key))
		if list := read("attestation"); list[0].Problem == "" || list[0].Kind != artifact.KindSBOM || list[1].Problem != "" {
			t.Errorf("when one is lost: %+v", list)
		}
		exec(t, k.s, `UPDATE blobs SET size = 17000000 WHERE digest = '`+list[0].Digest.String()+`'`, `UPDATE blobs SET size = 300000 WHERE digest = '`+digest.FromString("layer other").String()+`'`)
		for _, what := range []string{"attestation", "other"} {
			if list := read(what); !strings.Contains(list[0].Problem, "larger") {
				t.Errorf("%s when it is too large: %+v", what, list[0])
			}
		}
		k.must(k.s.Registry.DeleteVersions(t.Context(), k.v, k.n, k.keep("keep").id("all")))
		_, err = k.s.Registry.ReadAttachment(t.Context(), k.v, k.n, k.made["attestation"].Digest)
		k.refused("in the trash", err, berth.ErrManifestUnknown)
	})
}

// keep pushes a version that may stay when others go.
func (k *shelf) keep(what string) *shelf {
	k.Helper()
	k.image(what, what)
	return k
}

// An image of an index says how it was made, also before the job after the push.
func TestGetPlatform(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		k := newShelf(t, berthtest.Options{Address: address})
		k.kit("v1")
		get := func(what string) registry.ManifestPage {
			t.Helper()
			page, err := k.s.Registry.GetPlatform(t.Context(), k.v, k.n, k.made[what].Digest)
			k.must(err)
			return page
		}
		before := get("arm")
		want := int64(len(k.body["arm"]) + len(config("arm")) + len("layer arm"))
		if before.Platform != "linux/amd64" || len(before.Details.Layers) != 1 || before.Version || before.Size != want || before.Kind != artifact.KindImage {
			t.Errorf("%+v", before)
		}
		k.followUp()
		if diff := cmp.Diff(before, get("arm")); diff != "" {
			t.Errorf("after the job (-before +after):\n%s", diff)
		}
		if page := get("all"); !page.Version || page.ID != k.id("all") || len(page.Details.Children) != 3 {
			t.Errorf("%+v", page)
		}
		exec(t, k.s, `UPDATE blobs SET lost_at = 1 WHERE digest = '`+digest.FromString("layer arm").String()+`'`)
		if got := get("arm").Missing; !slices.Equal(got, []berth.Digest{digest.FromString("layer arm")}) {
			t.Errorf("missing is %v", got)
		}
		_, err := k.s.Registry.GetPlatform(t.Context(), k.v, k.n, digest.FromString("nothing"))
		k.refused("what is not there", err, berth.ErrManifestUnknown)
		_, err = k.s.Registry.GetPlatform(t.Context(), k.s.Viewer("bob"), k.n, k.made["arm"].Digest)
		k.refused("a stranger's", err, berth.ErrPackageUnknown)
	})
}

func TestCompare(t *testing.T) {
	t.Parallel()
	k := newShelf(t)
	k.kit("v1")
	k.image("new", "")
	d, e := k.made["new"], k.made["arm"]
	d.Platform = &ocispec.Platform{OS: "linux", Architecture: "amd64"}
	e.Platform = &ocispec.Platform{OS: "linux", Architecture: "riscv64"}
	k.put("next", "v2", berth.MediaTypeOCIIndex, berthtest.Index(d, e))
	k.image("single", "v3")
	k.followUp()
	compare := func(a, b, platform string) (registry.Comparison, error) {
		return k.s.Registry.Compare(t.Context(), k.v, k.n, k.ref(a), k.ref(b), platform)
	}
	for _, platform := range []string{"", "linux/amd64"} {
		c, err := compare("all", "next", platform)
		k.must(err)
		got := k.called(fmt.Sprint(c.Platform, c.Platforms, c.OnlyBefore, c.OnlyAfter, c.BeforeImage, c.AfterImage))
		if want := "linux/amd64[linux/amd64] [linux/arm64] [linux/riscv64]amdnew"; got != want {
			t.Errorf("compared %s, want %s", got, want)
		}
		if c.Difference.Added != int64(len("layer new")) || c.Difference.Removed != int64(len("layer amd")) || c.BeforeSize == 0 {
			t.Errorf("%+v", c.Difference)
		}
	}
	if c, err := compare("next", "next", ""); err != nil || !c.Difference.Equal() {
		t.Errorf("a version differs from itself: %+v, %v", c.Difference, err)
	}
	if c, err := compare("all", "single", ""); err != nil || c.Platform != "linux/amd64" || k.called(c.AfterImage.String()) != "single" {
		t.Errorf("an index with an image: %+v, %v", c, err)
	}
	_, err := compare("all", "next", "linux/arm64")
	k.refused("a platform that one has", err, berth.ErrRequestInvalid)
	_, err = compare("all", "amd", "")
	k.refused("what is no version", err, berth.ErrManifestUnknown)
	_, err = compare("amd", "all", "")
	k.refused("what is no version", err, berth.ErrManifestUnknown)
}
