package view

import (
	"strings"
	"unicode/utf8"
)

const (
	cutAt   = 4 << 10 // bytes after which the server keeps nothing of a text of an image
	foldAt  = 400     // bytes that a page shows of one as it is
	folded  = 120     // and of one that is longer, until somebody wants the rest
	openTag = 20      // tags that the page of a version shows at once
)

// start returns how a long text begins, false for one that is short.
func start(text string) (string, bool) {
	if len(text) <= foldAt && strings.Count(text, "\n") < 12 {
		return "", false
	}
	n := min(folded, len(text))
	for n < len(text) && !utf8.RuneStart(text[n]) {
		n++
	}
	return strings.Join(strings.Fields(text[:n]), " "), true
}

// endsEarly reports whether a text was cut for its length: no letter would fit any more.
func endsEarly(text string) bool { return len(text) > cutAt-utf8.UTFMax }

// tagTitle is what a tag that may not fit shows on hovering.
func tagTitle(t string) string {
	if len(t) < 32 {
		return ""
	}
	return t
}
