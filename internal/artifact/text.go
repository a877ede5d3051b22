package artifact

import (
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The most bytes that a [Summary] and [Details] take as JSON, hostile or not. Those of
// real images take one or two thousand, and some ten thousand.
const (
	MaxSummary = 128 << 10
	MaxDetails = 512 << 10
)

// Bounds of the texts of a summary, in characters.
const (
	maxTitle       = 256
	maxDescription = 512
	maxLicenses    = 256
	maxName        = 256 // authors, vendor, version, revision and the like
	maxProblem     = 256
	maxPlatform    = 64   // of each part of a platform
	maxPlatforms   = 64   // of an index
	maxURL         = 2048 // in bytes
)

// Bounds of the texts of the details.
const (
	maxEntries = 256      // of any list or map
	maxKey     = 256      // bytes of a key
	maxText    = 4 << 10  // bytes of a text
	maxGroup   = 64 << 10 // bytes, as JSON, of all that one cutter takes
)

// line makes one line of hostile text: at most max characters, no control
// characters (PostgreSQL refuses NUL), none that turn the direction of writing
// around (they make a page lie), white space as single spaces.
func line(s string, maximum int) string {
	var b strings.Builder
	n, space := 0, false
	for _, c := range s { // what is no UTF-8 comes as U+FFFD
		if unicode.IsSpace(c) {
			space = n > 0
			continue
		}
		if hidden(c) {
			continue
		}
		if space {
			if n+2 > maximum {
				break
			}
			b.WriteByte(' ')
			n++
			space = false
		}
		if n == maximum {
			break
		}
		b.WriteRune(c)
		n++
	}
	return b.String()
}

// block makes printable text of hostile text that may have several lines: at most
// max bytes. It reports whether anything was cut off.
func block(s string, maximum int) (string, bool) {
	s = strings.TrimSpace(s)
	var b strings.Builder
	for _, c := range s {
		switch c {
		case '\n', '\t':
		case '\r', '\u0085', '\u2028', '\u2029':
			if c == '\r' {
				continue
			}
			c = '\n'
		default:
			if hidden(c) {
				continue
			}
		}
		if b.Len()+utf8.RuneLen(c) > maximum {
			return strings.TrimSpace(b.String()), true
		}
		b.WriteRune(c)
	}
	return strings.TrimSpace(b.String()), false
}

// hidden reports whether a character is not to be kept: controls, the marks that
// embed, override or isolate a direction of writing, and the byte order mark.
func hidden(c rune) bool {
	return unicode.IsControl(c) || c >= '\u202a' && c <= '\u202e' || c >= '\u2066' && c <= '\u2069' || c == '\ufeff'
}

// webURL returns an address of http or https that is safe to link to, without user
// and password (CI systems leave tokens there), or "".
func webURL(s string) string {
	if s = line(s, maxURL+1); s == "" || len(s) > maxURL || strings.Contains(s, " ") {
		return ""
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return ""
	}
	u.User = nil
	if s = u.String(); len(s) > maxURL {
		return ""
	}
	return s
}

// sourceURL returns an address of source code: one of the web, or one that only git
// understands, which a page prints as text. It has no password.
func sourceURL(s string) string {
	if web := webURL(s); web != "" {
		return web
	}
	s = line(s, maxURL+1)
	if _, ok := parseAddress(s); !ok {
		return ""
	}
	if !strings.Contains(s, "://") {
		return s // git@host:owner/repo.git
	}
	u, err := url.Parse(s)
	switch {
	case err != nil, u.Scheme == "http", u.Scheme == "https":
		return ""
	case u.User != nil && strings.HasSuffix(u.Scheme, "ssh"):
		u.User = url.User(u.User.Username()) // ssh needs its "git@"
	default:
		u.User = nil
	}
	if s = u.String(); len(s) > maxURL {
		return ""
	}
	return s
}

// timestamp returns a time in UTC to the second, or "". The zero time of Go is what
// tools write that have no time to tell.
func timestamp(s string) string {
	t, err := time.Parse(time.RFC3339Nano, strings.TrimSpace(s))
	if err != nil {
		return ""
	}
	if t = t.UTC(); t.Year() <= 1 || t.Year() > 9999 {
		return ""
	}
	return t.Format(time.RFC3339)
}

// cutter bounds what a group of texts takes of the details.
type cutter struct {
	left int
	cut  *bool
}

func (d *Details) cutter() *cutter { return d.cutterOf(maxGroup) }

func (d *Details) cutterOf(size int) *cutter { return &cutter{size, &d.Cut} }

// take returns s as it may be kept, and false when there is no room left for it.
func (c *cutter) take(s string) (string, bool) {
	s, cut := block(s, maxText)
	if !c.pay(jsonSize(s)) {
		return "", false
	}
	*c.cut = *c.cut || cut
	return s, true
}

// pay takes n bytes of what is left, and reports false when that is too little.
func (c *cutter) pay(n int) bool {
	if n > c.left {
		*c.cut = true
		return false
	}
	c.left -= n
	return true
}

// room reports whether a list of n entries may have another.
func (c *cutter) room(n int) bool { return c.within(n, maxEntries) }

func (c *cutter) within(n, maximum int) bool {
	if n < maximum {
		return true
	}
	*c.cut = true
	return false
}

// add appends a text to a list.
func (c *cutter) add(list []string, s string) []string {
	if !c.room(len(list)) {
		return list
	}
	if s, ok := c.take(s); ok {
		list = append(list, s)
	}
	return list
}

// put adds an entry to a map, which may be nil. A key that is too long is left out:
// two of them could be one when they are cut.
func (c *cutter) put(m map[string]string, key, value string) map[string]string {
	key = line(key, maxKey+1)
	if key == "" || !c.room(len(m)) {
		return m
	}
	if len(key) > maxKey {
		*c.cut = true
		return m
	}
	value, ok := c.take(value)
	if !ok || !c.pay(jsonSize(key)) {
		return m
	}
	if m == nil {
		m = map[string]string{}
	}
	m[key] = value
	return m
}

// jsonSize returns how many bytes a text takes as JSON, with its quotes and a comma.
func jsonSize(s string) int {
	n := len(s) + 3
	for i := range len(s) {
		switch s[i] {
		case '<', '>', '&':
			n += 5
		case '"', '\\', '\n', '\t':
			n++
		}
	}
	return n
}
