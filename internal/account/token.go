package account

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"hash/crc32"
	"strings"
)

const (
	// tokenPrefix lets secret scanners recognise an access token.
	tokenPrefix   = "brt_"
	tokenRandom   = 40 // base62 characters, 238 bits
	tokenChecksum = 6
	base62        = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// newSecret returns a random token with its checksum.
func newSecret() string {
	const unbiased = 256 / len(base62) * len(base62)
	b := make([]byte, 0, tokenRandom)
	var buf [64]byte
	for len(b) < tokenRandom {
		_, _ = rand.Read(buf[:]) // never fails
		for _, c := range buf {
			if int(c) < unbiased && len(b) < tokenRandom {
				b = append(b, base62[int(c)%len(base62)])
			}
		}
	}
	return tokenPrefix + string(b) + checksum(string(b))
}

// checksum tells a mistyped token from one that was revoked.
func checksum(s string) string {
	n := crc32.ChecksumIEEE([]byte(s))
	var out [tokenChecksum]byte
	for i := len(out) - 1; i >= 0; i-- {
		out[i] = base62[n%uint32(len(base62))]
		n /= uint32(len(base62))
	}
	return string(out[:])
}

// wellFormed reports whether a token is complete and free of typing mistakes.
func wellFormed(secret string) bool {
	body, ok := strings.CutPrefix(secret, tokenPrefix)
	return ok && len(body) == tokenRandom+tokenChecksum && checksum(body[:tokenRandom]) == body[tokenRandom:]
}

func hashSecret(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
