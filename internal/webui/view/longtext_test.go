package view

import (
	"strconv"
	"strings"
	"testing"
)

func TestLongTexts(t *testing.T) {
	t.Parallel()
	tags := []string{strings.Repeat("t", 127)}
	for i := range 20 {
		tags = append(tags, strconv.Itoa(i))
	}
	golden(t, "long_tags", Frame{}, versionTags(VersionPage{Head: someHead("versions", false), Tags: tags}))
	golden(t, "long_pairs", Frame{}, pairBox("Labels", []Pair{
		{"short", "a"}, {"long", strings.Repeat("ab\u00e9 ", 100)}, {"lines", strings.Repeat("\n-", 12)}, {"cut", strings.Repeat("c", cutAt)},
	}, "/x"))
	image := &Image{Digest: someDigest, Env: []string{strings.Repeat("e", foldAt+1)}}
	golden(t, "long_step", Frame{}, stepRow(VersionPage{Head: someHead("versions", false), Image: image}, Step{Command: strings.Repeat("s", cutAt)}))
	golden(t, "long_env", Frame{}, configBox("acme/web", image))
}
