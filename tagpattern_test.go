package berth_test

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/berth-registry/berth"
)

func TestTagPattern(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]bool{
		"v1": true, "*": true, "v?": true, "?.*-_": true, strings.Repeat("*", 128): true,
		"": false, strings.Repeat("x", 129): false, "a b": false, "v[1]": false, "é": false, "a/b": false, "a\x00": false, "%": false,
	} {
		if _, err := berth.ParseTagPattern(pattern); (err == nil) != want {
			t.Errorf("%q: %v", pattern, err)
		}
	}
	for _, tt := range []struct {
		pattern berth.TagPattern
		tag     string
		want    bool
	}{
		{"v1", "v1", true},
		{"v1", "v12", false},
		{"v1", "v", false},
		{"v*", "v", true},
		{"v*", "v1.2", true},
		{"v*", "xv", false},
		{"*", "", true},
		{"?", "", false},
		{"v?", "v1", true},
		{"v?", "v12", false},
		{"*.?", "1.2.3", true},
		{"*a*b", "xaxbxb", true},
		{"a.c", "abc", false},
		{"V1", "v1", false},
		{"*-rc*", "1-rc", true},
		{"**", "x", true},
	} {
		if got := tt.pattern.Match(tt.tag); got != tt.want {
			t.Errorf("%q.Match(%q) = %t", tt.pattern, tt.tag, got)
		}
	}
	if got := berth.TagPattern("V*").Fold(); got != "v*" {
		t.Error(got)
	}
}

// Patterns mean what the regular expressions do that are made of them.
func TestTagPatternAgainstRegexp(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	word := func(letters string) string {
		var b strings.Builder
		for range r.IntN(8) {
			b.WriteByte(letters[r.IntN(len(letters))])
		}
		return b.String()
	}
	for range 20_000 {
		pattern, tag := word("ab*?"), word("ab")
		like := regexp.MustCompile("^" + strings.NewReplacer("*", ".*", "?", ".").Replace(pattern) + "$")
		if got := berth.TagPattern(pattern).Match(tag); got != like.MatchString(tag) {
			t.Fatalf("%q.Match(%q) = %t", pattern, tag, got)
		}
	}
}
