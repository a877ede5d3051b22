package account

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/crypto/argon2"

	"github.com/berth-registry/berth"
)

const (
	minPassword = 8
	maxPassword = 1024 // bytes

	// maxWaiting bounds the queue before the slots to about a second.
	maxWaiting = 32
)

// argonParams are the cost of a hash: OWASP's floor, about 40 ms of one core and
// 19 MiB of memory.
type argonParams struct {
	memory  uint32 // KiB
	time    uint32
	threads uint8
}

func currentParams() argonParams { return argonParams{memory: 19 << 10, time: 2, threads: 1} }

// passwords hashes and compares passwords.
type passwords struct {
	// slots bounds how many hashes are made at once, because each needs memory.
	slots chan struct{}
	// waiting counts those who have a slot or wait for one.
	waiting atomic.Int32
	// decoy is compared against where there is no user, so that the time an
	// answer takes does not tell.
	decoy string
	// proven holds, for a keyed hash of what a client sent, the stored hash that
	// it was found to match, so that clients which send a password with every
	// request do not pay, or make us pay, each time.
	proven *lru.Cache[[sha256.Size]byte, string]
	salt   []byte
	// argon is argon2.IDKey. Tests count how often it is called.
	argon func(password, salt []byte, time, memory uint32, threads uint8, size uint32) []byte
}

func newPasswords() (*passwords, error) {
	proven, err := lru.New[[sha256.Size]byte, string](cacheSize)
	if err != nil {
		return nil, err
	}
	salt := []byte(rand.Text())
	p := &passwords{slots: make(chan struct{}, 1), proven: proven, salt: salt, argon: argon2.IDKey}
	p.decoy = encode(currentParams(), salt, make([]byte, 32))
	return p, nil
}

// hash returns the PHC string of a password. Errors: berth.ErrPasswordInvalid.
func (p *passwords) hash(ctx context.Context, password string) (string, error) {
	if len(password) < minPassword || len(password) > maxPassword {
		return "", berth.ErrPasswordInvalid.With("it has %d bytes, expected %d to %d", len(password), minPassword, maxPassword)
	}
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails
	sum, err := p.derive(ctx, password, currentParams(), salt)
	if err != nil {
		return "", err
	}
	return encode(currentParams(), salt, sum), nil
}

// matches reports whether a password is the one that was hashed. An empty hash
// matches nothing, in the same time.
func (p *passwords) matches(ctx context.Context, password, hash string) (bool, error) {
	if len(password) > maxPassword {
		return false, nil
	}
	if hash == "" {
		_, err := p.compare(ctx, password, p.decoy)
		return false, err
	}
	key := sha256.Sum256(append([]byte(password+"\x00"), p.salt...))
	if proven, ok := p.proven.Get(key); ok && proven == hash {
		return true, nil
	}
	ok, err := p.compare(ctx, password, hash)
	if ok {
		p.proven.Add(key, hash)
	}
	return ok, err
}

func (p *passwords) compare(ctx context.Context, password, hash string) (bool, error) {
	params, salt, want, err := decode(hash)
	if err != nil {
		return false, err
	}
	got, err := p.derive(ctx, password, params, salt)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}

func (p *passwords) derive(ctx context.Context, password string, a argonParams, salt []byte) ([]byte, error) {
	if p.waiting.Add(1) > maxWaiting {
		p.waiting.Add(-1)
		return nil, berth.ErrTooMany.With("too many sign-ins by password at once; try again, or use a token")
	}
	defer p.waiting.Add(-1)
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return nil, berth.ErrUnavailable.Because(ctx.Err())
	}
	sum := p.argon([]byte(password), salt, a.time, a.memory, a.threads, 32)
	// Each hash leaves a large block behind; without this a few sign-ins in a row
	// are most of the memory that the server ever takes.
	runtime.GC()
	return sum, nil
}

func encode(a argonParams, salt, sum []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s",
		argon2.Version, a.memory, a.time, a.threads, b64.EncodeToString(salt), b64.EncodeToString(sum))
}

func decode(hash string) (a argonParams, salt, sum []byte, err error) {
	f := strings.Split(hash, "$")
	if len(f) != 6 || f[1] != "argon2id" || f[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return a, nil, nil, fmt.Errorf("stored password hash is of an unknown kind")
	}
	if _, err = fmt.Sscanf(f[3], "m=%d,t=%d,p=%d", &a.memory, &a.time, &a.threads); err != nil {
		return a, nil, nil, fmt.Errorf("stored password hash: %w", err)
	}
	if salt, err = base64.RawStdEncoding.DecodeString(f[4]); err == nil {
		sum, err = base64.RawStdEncoding.DecodeString(f[5])
	}
	return a, salt, sum, err
}
