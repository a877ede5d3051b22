package berth

import (
	"strings"

	// The digest package looks hashes up in crypto's registry.
	_ "crypto/sha256"
	_ "crypto/sha512"

	"github.com/opencontainers/go-digest"
)

// Digest is content's name by its hash, "sha256:…" or "sha512:…".
type Digest = digest.Digest

// Tag is a name for a manifest in a package, in the case it was written.
type Tag string

// Fold returns the form in which tags are compared: lower case. A tag is ASCII
// by its grammar, so folding needs no Unicode.
func (t Tag) Fold() string { return strings.ToLower(string(t)) }

// Subject returns what a tag is there for by its name alone, "" for an ordinary one:
// clients without the referrers API name what refers to sha256:HEX so
// (distribution-spec, "Referrers Tag Schema"), and cosign its signatures
// sha256-HEX.sig.
func (t Tag) Subject() Digest {
	algorithm, rest, ok := strings.Cut(t.Fold(), "-")
	hash := digest.Algorithm(algorithm)
	if !ok || hash != digest.SHA256 && hash != digest.SHA512 {
		return ""
	}
	hex, suffix := rest[:min(len(rest), 2*hash.Size())], rest[min(len(rest), 2*hash.Size()):]
	if hash.Validate(hex) != nil || suffix != "" && suffix[0] != '.' {
		return ""
	}
	return digest.NewDigestFromEncoded(hash, hex)
}

// MaxTagLength is the longest tag the distribution-spec allows, in bytes.
const MaxTagLength = 128

// ParseTag checks a tag against [a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}.
// Errors: ErrTagInvalid.
func ParseTag(s string) (Tag, error) {
	if s == "" || len(s) > MaxTagLength {
		return "", ErrTagInvalid.With("it has %d characters, expected 1 to %d", len(s), MaxTagLength)
	}
	for i := range len(s) {
		c := s[i]
		word := isAlnum(c) || c >= 'A' && c <= 'Z' || c == '_'
		if !word && (i == 0 || c != '.' && c != '-') {
			return "", ErrTagInvalid.With("%q: letters, digits, '_', '.' and '-' are allowed, the first not '.' or '-'", s)
		}
	}
	return Tag(s), nil
}

// ParseDigest checks a digest: a known algorithm and lower-case hex of the right
// length. Errors: ErrDigestInvalid.
func ParseDigest(s string) (Digest, error) {
	algorithm, hex, ok := strings.Cut(s, ":")
	if !ok {
		return "", ErrDigestInvalid.With("expected ALGORITHM:HEX")
	}
	a, err := ParseAlgorithm(algorithm)
	if err != nil {
		return "", err
	}
	if err := a.Validate(hex); err != nil {
		return "", ErrDigestInvalid.With("%s needs %d lower-case hex digits", algorithm, a.Size()*2)
	}
	return Digest(s), nil
}

// ParseAlgorithm returns the digest algorithm of that name: sha256 or sha512.
// Errors: ErrDigestInvalid.
func ParseAlgorithm(s string) (digest.Algorithm, error) {
	if a := digest.Algorithm(s); a == digest.SHA256 || a == digest.SHA512 {
		return a, nil
	}
	return "", ErrDigestInvalid.With("algorithm not supported; use sha256 or sha512")
}

// Reference names a manifest inside a package: by tag or by digest, never both.
type Reference struct {
	Tag    Tag
	Digest Digest
}

// ParseReference parses the <tag-or-digest> of the distribution-spec.
// Errors: ErrTagInvalid, ErrDigestInvalid.
func ParseReference(s string) (Reference, error) {
	if strings.Contains(s, ":") {
		d, err := ParseDigest(s)
		return Reference{Digest: d}, err
	}
	t, err := ParseTag(s)
	return Reference{Tag: t}, err
}

// String returns the tag or the digest.
func (r Reference) String() string {
	if r.Digest != "" {
		return string(r.Digest)
	}
	return string(r.Tag)
}
