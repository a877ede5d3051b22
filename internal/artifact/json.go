package artifact

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Bounds of reading a document. Real ones have six levels and some hundred keys.
const (
	maxDepth = 64
	maxKeys  = 50_000
)

// reader walks a JSON document once. berth.ParseManifest refuses a document that is
// wrong anywhere; this one takes what it can get, goes on, and keeps in problem what
// was wrong first. Null is like absent, as the image-spec has it.
type reader struct {
	b       []byte
	i       int
	keys    int
	most    int      // of keys
	what    string   // the document, for problem
	path    []string // the keys that lead to here
	problem string
}

// read walks one document; what names it in the problem that is returned.
func read(what string, b []byte, field func(r *reader, key string)) string {
	return readMost(what, b, maxKeys, field)
}

// readMost is read with another bound of keys.
func readMost(what string, b []byte, most int, field func(r *reader, key string)) string {
	r := &reader{b: b, what: what, most: most}
	switch {
	case !utf8.Valid(b):
		r.note("it is not valid UTF-8")
		if json.Valid(b) {
			break // the texts that are wrong will show so
		}
		return r.problem
	case !json.Valid(b):
		r.note("it is not valid JSON, or nested too deep")
		return r.problem
	}
	if r.null() {
		r.note("expected an object, found null")
		return r.problem
	}
	r.object(func(key string) { field(r, key) })
	return r.problem
}

// note keeps the first problem.
func (r *reader) note(format string, args ...any) {
	if r.problem != "" {
		return
	}
	where := r.what
	if len(r.path) > 0 {
		where += ": " + strings.Join(r.path, ".")
	}
	r.problem = line(where+": "+fmt.Sprintf(format, args...), maxProblem)
}

// stop ends the walk: every loop sees the end of the document.
func (r *reader) stop(format string, args ...any) {
	r.note(format, args...)
	r.i = len(r.b)
}

// peek skips white space and returns the first byte of the next token, 0 at the end.
func (r *reader) peek() byte {
	for r.i < len(r.b) {
		switch r.b[r.i] {
		case ' ', '\t', '\n', '\r', ',', ':':
			r.i++
		default:
			return r.b[r.i]
		}
	}
	return 0
}

// starts reports whether a value of that sort comes next. It skips a null, and
// notes and skips anything else.
func (r *reader) starts(open byte, expected string) bool {
	c := r.peek()
	if c == open {
		return true
	}
	if c != 'n' && c != 0 {
		r.note("expected %s, found %s", expected, kindOfValue(c))
	}
	r.skip()
	return false
}

func kindOfValue(c byte) string {
	switch c {
	case '{':
		return "an object"
	case '[':
		return "a list"
	case '"':
		return "a text"
	case 't', 'f':
		return "true or false"
	}
	return "a number"
}

// object calls field for every key; field must consume the value. Of a key that is
// there twice only the first counts: readers differ over it, so the problem says so.
func (r *reader) object(field func(key string)) {
	if !r.starts('{', "an object") {
		return
	}
	r.i++
	seen := make(map[string]struct{}, 8)
	for c := r.peek(); c != '}' && c != 0; c = r.peek() {
		key := r.text()
		if r.keys++; r.keys > r.most {
			r.stop("more than %d keys", r.most)
			return
		}
		if _, twice := seen[key]; twice {
			r.note("the key %.40q appears twice", key)
			r.skip()
			continue
		}
		seen[key] = struct{}{}
		r.path = append(r.path, key)
		field(key)
		r.path = r.path[:len(r.path)-1]
	}
	r.i++
}

// list calls element for every element; element must consume the value.
func (r *reader) list(element func()) {
	if !r.starts('[', "a list") {
		return
	}
	r.i++
	for c := r.peek(); c != ']' && c != 0; c = r.peek() {
		element()
	}
	r.i++
}

// text returns a text as it is in the document, "" when there is none.
func (r *reader) text() string {
	if !r.starts('"', "a text") {
		return ""
	}
	raw := r.token()
	inner := raw[1 : len(raw)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return string(inner)
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		r.note("a text cannot be read")
	}
	return s
}

// integer returns a number of 0 or more, 0 when there is none.
func (r *reader) integer() int64 {
	c := r.peek()
	if c == '-' || c >= '0' && c <= '9' {
		raw := string(r.token())
		n, err := strconv.ParseInt(raw, 10, 64)
		if err == nil && n >= 0 {
			return n
		}
		r.note("%.20s is not a whole number of 0 or more", raw)
		return 0
	}
	r.starts('0', "a number")
	return 0
}

// flag returns whether the value is true.
func (r *reader) flag() bool {
	switch r.peek() {
	case 't':
		r.token()
		return true
	case 'f':
		r.token()
		return false
	}
	r.starts('t', "true or false")
	return false
}

// null consumes a null, if one comes next.
func (r *reader) null() bool {
	if r.peek() != 'n' {
		return false
	}
	r.token()
	return true
}

// token returns the bytes of the text, number or literal that comes next.
func (r *reader) token() []byte {
	start := r.i
	if r.b[r.i] == '"' {
		for r.i++; r.b[r.i] != '"'; r.i++ {
			if r.b[r.i] == '\\' {
				r.i++
			}
		}
		r.i++
		return r.b[start:r.i]
	}
	end := bytes.IndexAny(r.b[r.i:], " \t\n\r,:]}")
	if end < 0 {
		end = len(r.b) - r.i
	}
	r.i += end
	return r.b[start:r.i]
}

// skip consumes any value without calling itself, however deep the value is.
func (r *reader) skip() {
	for depth := 0; ; {
		switch r.peek() {
		case 0:
			return
		case '{', '[':
			r.i++
			if depth++; depth > maxDepth {
				r.stop("nested deeper than %d levels", maxDepth)
				return
			}
		case '}', ']':
			r.i++
			depth--
		default:
			r.token()
		}
		if depth <= 0 {
			return
		}
	}
}

// keysOf returns the keys of an object, sorted: Docker writes a set so.
func (r *reader) keysOf(c *cutter) []string {
	var keys []string
	r.object(func(key string) {
		keys = c.add(keys, key)
		r.skip()
	})
	slices.Sort(keys)
	return keys
}

// texts returns a list of texts.
func (r *reader) texts(c *cutter) []string {
	var list []string
	r.list(func() {
		if !r.null() {
			list = c.add(list, r.text())
		}
	})
	return list
}

// pairs calls take for every text of an object.
func (r *reader) pairs(take func(key, value string)) {
	r.object(func(key string) {
		if r.null() {
			return
		}
		problem := r.problem
		if value := r.text(); value != "" || r.problem == problem {
			take(key, value)
		}
	})
}
