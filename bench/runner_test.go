package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

func TestDrive(t *testing.T) {
	t.Parallel()
	bad := errors.New("odd")
	for _, tc := range []struct {
		name  string
		s     scenario
		ops   int
		limit time.Duration
		ok    int
		errs  int
	}{
		{"one connection", scenario{conns: 1}, 10, time.Hour, 5, 5},
		{"more connections than operations", scenario{conns: 8}, 3, time.Hour, 2, 1},
		{"waves", scenario{conns: 4, wave: true}, 8, time.Hour, 4, 4},
		{"no time at all still does one each", scenario{conns: 2}, 1000, -1, 1, 1},
		{"no time at all still does one wave", scenario{conns: 4, wave: true}, 1000, -1, 2, 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int64
			got := drive(t.Context(), tc.s, func(_ context.Context, i int) error {
				calls.Add(1)
				if i%2 == 1 {
					return bad
				}
				return nil
			}, tc.ops, tc.limit)
			if len(got.lat) != tc.ok || got.errs != tc.errs || int(calls.Load()) != tc.ok+tc.errs {
				t.Errorf("%d ok, %d failed, %d calls, want %d and %d", len(got.lat), got.errs, calls.Load(), tc.ok, tc.errs)
			}
			if !errors.Is(got.first, bad) {
				t.Errorf("first error = %v", got.first)
			}
		})
	}
}

func TestSelectScenarios(t *testing.T) {
	t.Parallel()
	all := []scenario{{name: "a-c1"}, {name: "a-c8"}, {name: "b"}}
	for spec, want := range map[string][]string{
		"":        {"a-c1", "a-c8", "b"},
		"b":       {"b"},
		"b, a*":   {"a-c1", "a-c8", "b"},
		"a-c8,b":  {"a-c8", "b"},
		"a":       nil,
		"nothing": nil,
	} {
		got, err := selectScenarios(all, spec)
		var names []string
		for _, s := range got {
			names = append(names, s.name)
		}
		if !slices.Equal(names, want) || (err != nil) != (want == nil) {
			t.Errorf("%q selects %v, %v, want %v", spec, names, err, want)
		}
	}
}

func TestScenarioNamesAreUnique(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, s := range allScenarios() {
		if seen[s.name] {
			t.Errorf("two scenarios are named %s", s.name)
		}
		seen[s.name] = true
	}
}

func TestNextLink(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		"": "",
		`</v2/a/tags/list?n=100&last=z>; rel="next"`:  "/v2/a/tags/list?n=100&last=z",
		`<http://h/x>; rel=next`:                      "http://h/x",
		`</first>; rel="first", </more>; rel="next"`:  "/more",
		`</v2/a/tags/list?n=100&last=z>; rel="first"`: "",
	} {
		if got := nextLink(header); got != want {
			t.Errorf("nextLink(%q) = %q, want %q", header, got, want)
		}
	}
}

func TestStream(t *testing.T) {
	t.Parallel()
	const size = 100_000
	a, err := newBlob("seed", size)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(streamBody("seed", size)())
	if err != nil || !bytes.Equal(a.data, b) {
		t.Errorf("the same seed gave other content (%d bytes, %v)", len(b), err)
	}
	if digest, err := digestStream("seed", size); err != nil || digest != a.digest {
		t.Errorf("digestStream = %s, %v, want %s", digest, err, a.digest)
	}
	other, err := newBlob("another seed", size)
	if err != nil || bytes.Equal(a.data, other.data) {
		t.Errorf("another seed gave the same content (%v)", err)
	}
}
