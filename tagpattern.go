package berth

import "strings"

// TagPattern names tags: * in it stands for any number of characters, ? for one.
type TagPattern string

// ParseTagPattern checks a pattern, which is as long as a tag at most, and of the
// characters of tags besides * and ?. Errors: ErrRequestInvalid.
func ParseTagPattern(s string) (TagPattern, error) {
	wrong := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("_.-*?", r)
	}
	if s == "" || len(s) > MaxTagLength || strings.ContainsFunc(s, wrong) {
		return "", ErrRequestInvalid.With("tag pattern %.140q: expected from 1 to %d letters, digits, _, ., -, * (any characters) and ? (one)", s, MaxTagLength)
	}
	return TagPattern(s), nil
}

// Match reports whether a tag is one of those that are named. Fold both where case does
// not count.
func (p TagPattern) Match(tag string) bool {
	// One step back, to the last *, is enough: whatever an earlier one could take, the
	// last one can take too.
	pi, ti, star, from := 0, 0, -1, 0
	for ti < len(tag) {
		switch {
		case pi < len(p) && p[pi] == '*':
			star, from = pi, ti
			pi++
		case pi < len(p) && (p[pi] == '?' || p[pi] == tag[ti]):
			pi++
			ti++
		case star >= 0:
			from++
			pi, ti = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(string(p[pi:]), "*") == ""
}

// Fold returns the pattern as it is compared where case does not count.
func (p TagPattern) Fold() TagPattern { return TagPattern(strings.ToLower(string(p))) }
