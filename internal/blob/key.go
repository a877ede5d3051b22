package blob

import (
	"crypto/rand"
	"fmt"
	"strings"
)

// Lengths of a key: 26 base32 characters carry 130 random bits.
const (
	minKey = 26
	maxKey = 64
)

// NewKey returns a new random key: 130 bits in lower-case base32.
func NewKey() string {
	return strings.ToLower(rand.Text())
}

// CheckKey returns [ErrKey] unless key consists of 26 to 64 characters a-z and
// 0-9, which covers base32 and hex of at least 128 bits. No such key is a path,
// an object-store prefix or a name that some operating system reserves, and none
// differs from another by case alone.
func CheckKey(key string) error {
	if len(key) < minKey || len(key) > maxKey {
		return fmt.Errorf("%w: it has %d characters", ErrKey, len(key))
	}
	for i := range len(key) {
		if c := key[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return fmt.Errorf("%w: character %q", ErrKey, c)
		}
	}
	return nil
}
