package berthtest_test

import (
	"math"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
)

// BenchmarkPrivateLikeAbsent asks for a private package and for one that is not
// there, in turns, as somebody who may see neither, and reports how the times
// differ: the difference of the medians, and the p-value of Mann and Whitney's test
// that there is none. A small p means that a stranger with a stopwatch can tell.
//
//	go test -run - -bench PrivateLikeAbsent -benchtime 2000x ./internal/berthtest
func BenchmarkPrivateLikeAbsent(b *testing.B) {
	s := berthtest.New(b)
	s.As("ada").PushImage("acme/app", "v1", "1")
	s.As("ada").PushImage("acme/old", "v1", "2")
	if err := s.Registry.MovePackage(b.Context(), s.Viewer("ada"), berth.Name{Owner: "acme", Path: "old"}, berth.Name{Owner: "ada", Path: "new"}); err != nil {
		b.Fatal(err)
	}
	bob := s.As("bob")
	for name, tt := range map[string]struct {
		c       *berthtest.Client
		method  string
		a, b    string
		refused int
	}{
		"anonymous pull":      {s.As(""), "GET", "/v2/acme/app/manifests/v1", "/v2/acme/nix/manifests/v1", 401},
		"stranger's pull":     {bob, "GET", "/v2/acme/app/manifests/v1", "/v2/acme/nix/manifests/v1", 404},
		"old name":            {bob, "GET", "/v2/acme/old/manifests/v1", "/v2/acme/nix/manifests/v1", 404},
		"push to an old name": {bob, "POST", "/v2/acme/old/blobs/uploads/", "/v2/acme/nix/blobs/uploads/", 403},
		"stranger's push":     {bob, "POST", "/v2/acme/app/blobs/uploads/", "/v2/acme/nix/blobs/uploads/", 403},
		"stranger's list":     {bob, "GET", "/v2/acme/app/tags/list", "/v2/acme/nix/tags/list", 404},
		"bearer":              {bob.Bearer("repository:acme/app:pull", "repository:acme/nix:pull"), "GET", "/v2/acme/app/manifests/v1", "/v2/acme/nix/manifests/v1", 404},
		"token endpoint":      {bob, "GET", "/token?scope=repository:acme/app:pull", "/token?scope=repository:acme/nix:pull", 200},
		"REST":                {bob, "GET", "/api/v3/users/acme/packages/container/app", "/api/v3/users/acme/packages/container/nix", 404},
	} {
		b.Run(name, func(b *testing.B) {
			var private, absent []float64
			for i := range b.N {
				first, second := tt.a, tt.b
				if i%2 == 1 {
					first, second = second, first
				}
				x, y := timed(b, tt.c, tt.method, first, tt.refused), timed(b, tt.c, tt.method, second, tt.refused)
				if i%2 == 1 {
					x, y = y, x
				}
				private, absent = append(private, x), append(absent, y)
			}
			b.ReportMetric(mannWhitney(private, absent), "p")
			b.ReportMetric(median(private)-median(absent), "µs-apart")
			b.ReportMetric(median(absent), "µs")
		})
	}
}

func timed(b *testing.B, c *berthtest.Client, method, path string, want int) float64 {
	b.Helper()
	start := time.Now()
	r := c.Do(method, path, http.NoBody)
	took := time.Since(start)
	if r.Status != want {
		b.Fatalf("%s %s: %d", method, path, r.Status)
	}
	return float64(took.Nanoseconds()) / 1000
}

func median(list []float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}

// mannWhitney returns the two-sided p-value that two samples have one distribution,
// by the normal approximation.
func mannWhitney(x, y []float64) float64 {
	type value struct {
		v     float64
		first bool
	}
	var all []value
	for _, v := range x {
		all = append(all, value{v, true})
	}
	for _, v := range y {
		all = append(all, value{v, false})
	}
	slices.SortFunc(all, func(a, b value) int {
		switch {
		case a.v < b.v:
			return -1
		case a.v > b.v:
			return 1
		}
		return 0
	})
	var ranks float64
	for i, v := range all {
		if v.first {
			ranks += float64(i + 1)
		}
	}
	n, m := float64(len(x)), float64(len(y))
	u := ranks - n*(n+1)/2
	z := (u - n*m/2) / math.Sqrt(n*m*(n+m+1)/12)
	return math.Erfc(math.Abs(z) / math.Sqrt2)
}
