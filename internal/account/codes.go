package account

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"strings"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"github.com/berth-registry/berth"
)

const (
	codePeriod = 30 * time.Second
	codeDigits = otp.DigitsSix // what every authenticator can show
	codeSkew   = 1             // steps that the other clock may be off

	// codeGuesses wrong codes are free, then each doubles the wait.
	codeGuesses = 5
	codeWait    = 30 * time.Second
	maxCodeWait = time.Hour

	recoveryCodes  = 10
	recoveryBytes  = 10 // 80 bits
	recoveryGroups = 4  // letters
)

// codeStep returns the step whose code that is, among those that the clock of
// somebody's telephone may be at and that come after the last one used.
func codeStep(secret []byte, code string, last int64, now time.Time) (step int64, ok bool, err error) {
	text := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
	current := now.Unix() / int64(codePeriod/time.Second)
	for s := current - codeSkew; s <= current+codeSkew; s++ {
		want, err := hotp.GenerateCodeCustom(text, uint64(max(s, 0)), hotp.ValidateOpts{Digits: codeDigits, Algorithm: otp.AlgorithmSHA1})
		if err != nil {
			return 0, false, err
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 && s > last {
			return s, true, nil
		}
	}
	return 0, false, nil
}

// foldCode leaves out what people type between the groups of a code.
func foldCode(code string) string {
	return strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(code))
}

// newRecoveryCodes returns codes as people write them down, and as they are stored.
func newRecoveryCodes() (codes, hashes []string) {
	for range recoveryCodes {
		var b [recoveryBytes]byte
		_, _ = rand.Read(b[:]) // never fails
		text := strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
		var groups []string
		for ; text != ""; text = text[recoveryGroups:] {
			groups = append(groups, text[:recoveryGroups])
		}
		code := strings.Join(groups, "-")
		codes, hashes = append(codes, code), append(hashes, hashSecret(foldCode(code)))
	}
	return codes, hashes
}

// codeTries slows down whoever guesses the codes of an account. He knows its
// password already, so that its owner has more to fear than a wait.
type codeTries struct {
	mu    sync.Mutex
	tries *lru.Cache[int64, codeTry]
}

type codeTry struct {
	wrong int
	until time.Time // no other before that
}

func newCodeTries() (*codeTries, error) {
	tries, err := lru.New[int64, codeTry](limited)
	return &codeTries{tries: tries}, err
}

// begin admits a code, which counts as wrong until right is called.
// Errors: berth.ErrTooMany.
func (c *codeTries) begin(user int64, now time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	t, _ := c.tries.Get(user)
	if wait := t.until.Sub(now); wait > 0 {
		return berth.ErrTooMany.With("too many wrong codes for this account; try again in %s", inSeconds(wait)).After(wait)
	}
	t.wrong++
	if over := t.wrong - codeGuesses; over >= 0 {
		t.until = now.Add(min(codeWait<<min(over, 10), maxCodeWait))
	}
	c.tries.Add(user, t)
	return nil
}

// right forgets the wrong codes before a right one.
func (c *codeTries) right(user int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tries.Remove(user)
}
