package registry_test

import (
	"testing"

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
