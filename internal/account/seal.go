package account

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/berth-registry/berth"
)

// SecretLength is the length of the secret that seals what the database must hold
// but a thief of the database must not read, in bytes.
const SecretLength = 32

// errSealed tells that something was sealed with another secret, or damaged.
var errSealed = errors.New("sealed with another secret, or damaged")

// sealer encrypts and authenticates small values with a key that is not in the
// database. What a value is for is bound to it, so that one cannot stand in for
// another.
type sealer struct{ aead cipher.AEAD }

func newSealer(secret []byte) (*sealer, error) {
	if len(secret) != SecretLength {
		return nil, fmt.Errorf("the secret has %d bytes, expected %d", len(secret), SecretLength)
	}
	key, err := hkdf.Key(sha256.New, secret, nil, "berth: seal", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return &sealer{aead}, err
}

func (s *sealer) seal(purpose string, plain []byte) []byte {
	return s.aead.Seal(nil, nil, plain, []byte(purpose))
}

// open returns what was sealed for that purpose. Errors: errSealed.
func (s *sealer) open(purpose string, sealed []byte) ([]byte, error) {
	plain, err := s.aead.Open(nil, nil, sealed, []byte(purpose))
	if err != nil {
		return nil, errSealed
	}
	return plain, nil
}

// ErrSecret is what New returns when the secret is not the one that the database
// was made with.
var ErrSecret = &berth.Error{Kind: berth.KindInternal, ID: "secret_wrong", Msg: "the secret is not the one with which this database was made; put the old secret.key back, or set secret to it"}
