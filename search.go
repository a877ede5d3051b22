package berth

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxSearch is how long what somebody looks for may be, in characters.
const MaxSearch = 200

// ParseSearch reads what somebody looks for, which is one line of text. Blanks around it
// do not count.
// Errors: ErrRequestInvalid.
func ParseSearch(text string) (string, error) {
	text = strings.TrimSpace(text)
	if utf8.RuneCountInString(text) > MaxSearch || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		return "", ErrRequestInvalid.With("a search is one line of text, of at most %d characters", MaxSearch)
	}
	return text, nil
}
