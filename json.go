package berth

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"
)

// maxJSONDepth bounds the nesting of a manifest. Real ones use five levels.
const maxJSONDepth = 64

// maxJSONKeys bounds how much memory reading a manifest takes. A manifest of
// MaxReferences layers with all their fields has a quarter of it.
const maxJSONKeys = 100_000

var (
	errJSONSyntax = errors.New("not valid JSON")
	errJSONUTF8   = errors.New("not valid UTF-8")
	errJSONKeys   = fmt.Errorf("more than %d keys", maxJSONKeys)
	errJSONDepth  = fmt.Errorf("nested deeper than %d levels", maxJSONDepth)
)

// jsonReader walks a JSON document once, strictly: keys match exactly (no case
// folding as in encoding/json, which would let two readers see two different
// manifests in the same bytes), a key may appear once in an object, types must
// be right, and nesting is bounded. The document must have passed json.Valid.
type jsonReader struct {
	b     []byte
	i     int
	depth int
	keys  int
}

func newJSONReader(b []byte) (*jsonReader, error) {
	if !utf8.Valid(b) {
		return nil, errJSONUTF8
	}
	if !json.Valid(b) {
		return nil, errJSONSyntax
	}
	return &jsonReader{b: b}, nil
}

// peek skips white space and returns the first byte of the next token.
func (r *jsonReader) peek() byte {
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

func (r *jsonReader) enter(open byte, what string) error {
	if r.peek() != open {
		return fmt.Errorf("expected %s", what)
	}
	r.i++
	if r.depth++; r.depth > maxJSONDepth {
		return errJSONDepth
	}
	return nil
}

func (r *jsonReader) leave() {
	r.i++
	r.depth--
}

// object calls field for every key; field must consume the value.
func (r *jsonReader) object(field func(key string) error) error {
	if err := r.enter('{', "an object"); err != nil {
		return err
	}
	seen := make(map[string]struct{}, 8)
	for r.peek() != '}' {
		key, err := r.text()
		if err != nil {
			return err
		}
		if _, dup := seen[key]; dup {
			return fmt.Errorf("key %.40q appears twice", key)
		}
		seen[key] = struct{}{}
		if r.keys++; r.keys > maxJSONKeys {
			return errJSONKeys
		}
		if err := field(key); err != nil {
			return fmt.Errorf("%.40s: %w", key, err)
		}
	}
	r.leave()
	return nil
}

// array calls element for every element; element must consume the value.
func (r *jsonReader) array(element func(i int) error) error {
	if err := r.enter('[', "a list"); err != nil {
		return err
	}
	for i := 0; r.peek() != ']'; i++ {
		if err := element(i); err != nil {
			return fmt.Errorf("[%d]: %w", i, err)
		}
	}
	r.leave()
	return nil
}

// raw returns the bytes of the string, number or literal that comes next.
func (r *jsonReader) raw() []byte {
	start := r.i
	if r.b[r.i] != '"' {
		for r.i < len(r.b) && !isJSONDelimiter(r.b[r.i]) {
			r.i++
		}
		return r.b[start:r.i]
	}
	for r.i++; r.b[r.i] != '"'; r.i++ {
		if r.b[r.i] == '\\' {
			r.i++
		}
	}
	r.i++
	return r.b[start:r.i]
}

func isJSONDelimiter(c byte) bool {
	switch c {
	case ' ', '\t', '\n', '\r', ',', ':', ']', '}':
		return true
	}
	return false
}

func (r *jsonReader) text() (string, error) {
	if r.peek() != '"' {
		return "", errors.New("expected a string")
	}
	raw := r.raw()
	inner := raw[1 : len(raw)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return string(inner), nil
	}
	var s string
	err := json.Unmarshal(raw, &s)
	return s, err
}

// integer reads a whole number from 0 to the largest int64.
func (r *jsonReader) integer() (int64, error) {
	if c := r.peek(); c != '-' && (c < '0' || c > '9') {
		return 0, errors.New("expected a number")
	}
	raw := string(r.raw())
	n, err := strconv.ParseInt(raw, 10, 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%.20s is not a whole number from 0 to %d", raw, int64(math.MaxInt64))
	}
	return n, nil
}

// null consumes a null, if one comes next.
func (r *jsonReader) null() bool {
	if r.peek() != 'n' {
		return false
	}
	r.raw()
	return true
}

// skip consumes any value, with the same strictness.
func (r *jsonReader) skip() error {
	switch r.peek() {
	case '{':
		return r.object(func(string) error { return r.skip() })
	case '[':
		return r.array(func(int) error { return r.skip() })
	}
	r.raw()
	return nil
}
