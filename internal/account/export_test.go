package account

import (
	"crypto/sha256"
	"sync/atomic"
)

// FastHashes makes hashing fast, before any password is set, and counts how often
// it is done.
func (s *Service) FastHashes() *atomic.Int64 {
	var n atomic.Int64
	s.passwords.argon = func(password, salt []byte, _, _ uint32, _ uint8, _ uint32) []byte {
		n.Add(1)
		sum := sha256.Sum256(append(password, salt...))
		return sum[:]
	}
	return &n
}

// FitName is fitName.
func FitName(claim string) string { return fitName(claim) }

// ForShell is forShell.
func ForShell(word string) string { return forShell(word) }
