package berth

import (
	"strings"
	"unicode"
)

// MaxNameLength is the longest package name accepted, in bytes. Many clients
// limit host and name together to 255 (distribution-spec, "Pulling manifests").
const MaxNameLength = 229

// MaxOwnerLength is the longest owner name accepted, in bytes.
const MaxOwnerLength = 64

// Name is the name of a package: the owner's name in lower case and a path of
// one or more segments. Its text form is the <name> of the distribution-spec.
type Name struct {
	Owner string
	Path  string
}

// String returns "owner/path".
func (n Name) String() string { return n.Owner + "/" + n.Path }

// ParseName parses the <name> of the distribution-spec. It refuses names of a
// single segment, since every package has an owner. Errors: ErrNameInvalid,
// ErrNameWithoutOwner.
func ParseName(s string) (Name, error) {
	if len(s) > MaxNameLength {
		return Name{}, ErrNameInvalid.With("longer than %d bytes", MaxNameLength)
	}
	for rest := s; ; {
		segment, tail, more := strings.Cut(rest, "/")
		if !validSegment(segment) {
			return Name{}, ErrNameInvalid.With("%s", describeSegment(s, segment))
		}
		if !more {
			break
		}
		rest = tail
	}
	owner, path, ok := strings.Cut(s, "/")
	if !ok {
		return Name{}, ErrNameWithoutOwner.With("write OWNER/%s", s)
	}
	if len(owner) > MaxOwnerLength {
		return Name{}, ErrNameInvalid.With("owner longer than %d bytes", MaxOwnerLength)
	}
	return Name{owner, path}, nil
}

func describeSegment(name, segment string) string {
	switch {
	case segment == "":
		return "it has an empty segment"
	case name != strings.ToLower(name) && validSegment(strings.ToLower(segment)):
		return "use lower case"
	}
	return "each segment is made of a-z and 0-9, joined by one '.', one or two '_', or any number of '-'"
}

// validSegment implements [a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*.
func validSegment(s string) bool {
	for i := 0; ; {
		start := i
		for i < len(s) && isAlnum(s[i]) {
			i++
		}
		if i == start {
			return false
		}
		if i == len(s) {
			return true
		}
		switch s[i] {
		case '.':
			i++
		case '_':
			i++
			if i < len(s) && s[i] == '_' {
				i++
			}
		case '-':
			for i < len(s) && s[i] == '-' {
				i++
			}
		default:
			return false
		}
	}
}

func isAlnum(c byte) bool { return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' }

// reservedOwners can never be owners, because pages and endpoints live there.
const reservedOwners = " v1 v2 api settings login logout join orgs users user assets static healthz livez readyz " +
	"metrics token tokens ca.crt explore search new notifications about help docs packages doctor debug well-known "

// ParseOwner checks the name of a user or organization as a person wrote it
// (upper case is kept for display) and returns the folded form used in image
// names and comparisons. Errors: ErrOwnerInvalid.
func ParseOwner(s string) (folded string, err error) {
	folded = strings.ToLower(s)
	switch {
	case len(s) > MaxOwnerLength:
		return "", ErrOwnerInvalid.With("longer than %d bytes", MaxOwnerLength)
	case !isASCII(s), !validSegment(folded): // the sign for Kelvin, U+212A, would fold to "k"
		return "", ErrOwnerInvalid.With("%q is not made of letters and digits, joined by '.', '_' or '-'", s)
	case strings.Contains(reservedOwners, " "+folded+" "):
		return "", ErrOwnerInvalid.With("%q is reserved", s)
	}
	return folded, nil
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] > unicode.MaxASCII {
			return false
		}
	}
	return true
}
