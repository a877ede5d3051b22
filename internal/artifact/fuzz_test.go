package artifact_test

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth/internal/artifact"
)

func FuzzDescribe(f *testing.F) {
	dirs, err := filepath.Glob("testdata/describe/*")
	if err != nil {
		f.Fatal(err)
	}
	for _, dir := range dirs {
		f.Add(file(f, dir, "manifest.json"), file(f, dir, "config.json"), "", "")
	}
	f.Add([]byte(image), []byte(`{"os":"linux","config":{"Labels":{"a":"\u0000","<":"\ud800"}},"history":[{"created_by":"|1 A=b /bin/sh -c \u202e"}]}`), "", "application/vnd.in-toto+json")
	f.Add([]byte(image), []byte(`{"a":{"a":[[[{}]]]},"a":1}`), "application/vnd.oci.image.index.v1+json", "x")
	f.Fuzz(func(t *testing.T, manifest, config []byte, mediaType, artifactType string) {
		in := artifact.Input{Manifest: manifest, Config: config, MediaType: mediaType, ArtifactType: artifactType}
		d := artifact.Describe(in)
		if d.Kind == "" {
			t.Fatal("no kind")
		}
		checkBounds(t, d)
		if diff := cmp.Diff(d, artifact.Describe(in)); diff != "" {
			t.Fatal(diff)
		}
		in.First = &d
		in.Manifest = []byte(`{"manifests":[{"digest":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}]}`)
		in.MediaType = ""
		index := artifact.Describe(in)
		checkBounds(t, index)
		index.Summary.Platforms, d.Summary.Platforms = nil, nil
		if diff := cmp.Diff(d.Summary, index.Summary); diff != "" { // what is clean stays as it is
			t.Fatal(diff)
		}
		artifact.ConfigDescriptor(manifest)
		artifact.FirstChild(manifest)
	})
}

func BenchmarkDescribe(b *testing.B) {
	for _, name := range []string{"buildx-image", "buildx-index", "helm"} {
		b.Run(name, func(b *testing.B) {
			in := input(b, "testdata/describe/"+name)
			b.ReportAllocs()
			for b.Loop() {
				artifact.Describe(in)
			}
		})
	}
	b.Run("60000-labels", func(b *testing.B) {
		in := artifact.Input{Manifest: []byte(image), Config: []byte(`{"config":{"Labels":{` + manyKeys(60_000) + `}}}`)}
		b.ReportAllocs()
		for b.Loop() {
			artifact.Describe(in)
		}
	})
}
