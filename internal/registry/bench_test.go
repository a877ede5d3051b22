package registry_test

import (
	"fmt"
	"testing"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
)

// A pull of a manifest, without HTTP.
func BenchmarkGetManifest(b *testing.B) {
	s := berthtest.New(b)
	s.As("ada").PushImage("ada/app", "v1", "1")
	v, err := s.Account.Login(b.Context(), "ada", s.Token("ada", berth.ScopeAll, 0), "")
	if err != nil {
		b.Fatal(err)
	}
	n := berth.Name{Owner: "ada", Path: "app"}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Registry.GetManifest(b.Context(), v, n, berth.Reference{Tag: "v1"}); err != nil {
			b.Fatal(err)
		}
	}
}

// Showing a version that is a chain of indexes, of which another one holds the end: what
// it costs must grow with its length, and not with the square of that. Whoever may push
// could else keep the database busy for hours with one request.
func BenchmarkChainOfIndexes(b *testing.B) {
	for _, length := range []int{100, 200, 400} {
		b.Run(fmt.Sprint(length), func(b *testing.B) {
			s := berthtest.New(b)
			c := s.As("ada")
			c.PushImage("ada/app", "image", "1")
			link := berthtest.Image("1")
			c.PushBlob("ada/app", "1")
			c.PushManifest("ada/app", digest.FromBytes(link).String(), berth.MediaTypeOCIManifest, link)
			parts := []ocispec.Descriptor{berthtest.Describe(berth.MediaTypeOCIManifest, link)}
			for range length {
				link = berthtest.Index(parts[len(parts)-1])
				c.PushManifest("ada/app", digest.FromBytes(link).String(), berth.MediaTypeOCIIndex, link)
				parts = append(parts, berthtest.Describe(berth.MediaTypeOCIIndex, link))
			}
			c.PushManifest("ada/app", "root", berth.MediaTypeOCIIndex, berthtest.Index(parts...))
			c.PushManifest("ada/app", "other", berth.MediaTypeOCIIndex, berthtest.Index(parts[length]))
			v, err := s.Account.Login(b.Context(), "ada", s.Token("ada", berth.ScopeAll, 0), "")
			if err != nil {
				b.Fatal(err)
			}
			n := berth.Name{Owner: "ada", Path: "app"}
			tag, err := s.Registry.GetTag(b.Context(), v, n, "root")
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := s.Registry.GetVersion(b.Context(), v, n, tag.VersionID); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
