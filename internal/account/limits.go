package account

import (
	"context"
	"net/netip"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"

	"github.com/berth-registry/berth"
)

const (
	// addressGuesses wrong sign-ins may come from an address, accountGuesses may
	// hit an account, and then one each guessEvery.
	addressGuesses = 20
	accountGuesses = 30
	guessEvery     = 10 * time.Second

	// addressJoins accounts may be made from an address where registration is open.
	addressJoins = 10
	joinEvery    = 10 * time.Minute

	// limited bounds how many addresses or accounts each limit remembers.
	limited = 1 << 14
)

// limits slow down those who guess. They are kept in memory: each replica has its
// own, and a restart forgives.
type limits struct {
	now       func() time.Time
	addresses *guesses
	accounts  *guesses
	// known holds accounts with the networks from which they have signed in. Those
	// are not refused for what others do to the account.
	known *lru.Cache[origin, struct{}]
	codes *codeTries

	joins     *budget
	tokens    *budget
	perMinute int // tokens; 0 is no limit
}

type origin struct{ account, network string }

func newLimits(now func() time.Time, perMinute int) (*limits, error) {
	l := &limits{now: now, perMinute: perMinute}
	var err error
	if l.addresses, err = newGuesses(rate.Every(guessEvery), addressGuesses); err != nil {
		return nil, err
	}
	if l.accounts, err = newGuesses(rate.Every(guessEvery), accountGuesses); err != nil {
		return nil, err
	}
	if l.known, err = lru.New[origin, struct{}](limited); err != nil {
		return nil, err
	}
	if l.codes, err = newCodeTries(); err != nil {
		return nil, err
	}
	if l.joins, err = newBudget(rate.Every(joinEvery), addressJoins); err != nil {
		return nil, err
	}
	l.tokens, err = newBudget(rate.Limit(perMinute)/60, perMinute)
	return l, err
}

// attempt is a guess that is being checked. Until it is known to be right it
// counts as wrong, or many at once would pass the limit together.
type attempt struct {
	l                *limits
	address, account *bucket
}

// begin admits an attempt to sign in to an account ("" for a name that cannot be
// one) from an address, and is followed by end. Errors: berth.ErrTooMany,
// berth.ErrUnavailable.
func (l *limits) begin(ctx context.Context, account, address string) (attempt, error) {
	a := attempt{l: l}
	var err error
	if a.address, err = l.addresses.begin(ctx, network(address), l.now); err != nil {
		return a, err
	}
	if _, known := l.known.Get(origin{account, network(address)}); known || account == "" {
		return a, nil
	}
	if a.account, err = l.accounts.begin(ctx, account, l.now); err != nil {
		l.addresses.end(a.address, false, l.now())
	}
	return a, err
}

// end tells whether the attempt was wrong. One that was not costs nothing.
func (a attempt) end(wrong bool) {
	a.l.addresses.end(a.address, wrong, a.l.now())
	if a.account != nil {
		a.l.accounts.end(a.account, wrong, a.l.now())
	}
}

// wrong counts something that could not be guessed anyway, and so is checked
// first. Errors: berth.ErrTooMany when there have been too many before.
func (l *limits) wrong(address string) error {
	if wait := l.addresses.take(network(address), l.now()); wait > 0 {
		return tooManyGuesses(wait)
	}
	return nil
}

// met remembers that an account has signed in from an address.
func (l *limits) met(account, address string) {
	l.known.Add(origin{account, network(address)}, struct{}{})
}

// join counts an account made without an invitation. Errors: berth.ErrTooMany.
func (l *limits) join(address string) error {
	if wait := l.joins.take(network(address), l.now()); wait > 0 {
		return berth.ErrTooMany.With("too many accounts were made from this address; try again in %s", inSeconds(wait)).After(wait)
	}
	return nil
}

// AllowToken refuses whoever asks for bearers too often: an account, or an address
// of anonymous ones. Errors: berth.ErrTooMany.
func (s *Service) AllowToken(v berth.Viewer) error {
	l := s.limits
	if l.perMinute == 0 {
		return nil
	}
	key, who := "user "+v.Login, "for user "+v.Login
	if v.Anonymous() {
		key, who = "address "+network(v.Address), "from this address"
	}
	if wait := l.tokens.take(key, l.now()); wait > 0 {
		return berth.ErrTooMany.With("more than %d bearer tokens a minute %s; try again in %s", l.perMinute, who, inSeconds(wait)).After(wait)
	}
	return nil
}

func tooManyGuesses(wait time.Duration) error {
	return berth.ErrTooMany.With("too many wrong sign-ins; try again in %s, or use an access token", inSeconds(wait)).After(wait)
}

// inSeconds rounds a time to wait up to what people read.
func inSeconds(wait time.Duration) time.Duration {
	return (wait + time.Second - 1).Truncate(time.Second)
}

// network is what one client can have addresses in: 64 bits of IPv6, one address
// of IPv4.
func network(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	a = a.Unmap().WithZone("")
	if a.Is4() {
		return a.String()
	}
	return netip.PrefixFrom(a, 64).Masked().String()
}

// budget gives each key so many uses, and new ones as time passes.
type budget struct {
	mu       sync.Mutex
	limiters *lru.Cache[string, *rate.Limiter]
	limit    rate.Limit
	burst    int
}

func newBudget(limit rate.Limit, burst int) (*budget, error) {
	limiters, err := lru.New[string, *rate.Limiter](limited)
	return &budget{limiters: limiters, limit: limit, burst: burst}, err
}

// take uses one up and returns 0, or how long to wait until there is one.
func (b *budget) take(key string, now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	l, ok := b.limiters.Get(key)
	if !ok {
		l = rate.NewLimiter(b.limit, b.burst)
		b.limiters.Add(key, l)
	}
	if l.AllowN(now, 1) {
		return 0
	}
	return until(l, now)
}

// until returns how long it takes until a limiter has one whole token.
func until(l *rate.Limiter, now time.Time) time.Duration {
	missing := 1 - l.TokensAt(now)
	return max(time.Duration(missing/float64(l.Limit())*float64(time.Second)), time.Millisecond)
}

// guesses gives each key so many wrong guesses, and new ones as time passes.
type guesses struct {
	mu      sync.Mutex
	buckets *lru.Cache[string, *bucket]
	limit   rate.Limit
	burst   int
}

type bucket struct {
	limiter *rate.Limiter
	pending int           // begun and not ended
	ended   chan struct{} // closed when the next one ends
}

func newGuesses(limit rate.Limit, burst int) (*guesses, error) {
	buckets, err := lru.New[string, *bucket](limited)
	return &guesses{buckets: buckets, limit: limit, burst: burst}, err
}

// bucket is called with the lock held.
func (g *guesses) bucket(key string) *bucket {
	b, ok := g.buckets.Get(key)
	if !ok {
		b = &bucket{limiter: rate.NewLimiter(g.limit, g.burst), ended: make(chan struct{})}
		g.buckets.Add(key, b)
	}
	return b
}

// begin admits a guess while there are some left. Where those left are all being
// checked it waits for one to end: it may have been right.
func (g *guesses) begin(ctx context.Context, key string, now func() time.Time) (*bucket, error) {
	for {
		b, ended, err := g.tryBegin(key, now())
		if ended == nil {
			return b, err
		}
		select {
		case <-ended:
		case <-ctx.Done():
			return nil, berth.ErrUnavailable.Because(ctx.Err())
		}
	}
}

// tryBegin returns a channel when it has to be tried again after that is closed.
func (g *guesses) tryBegin(key string, now time.Time) (*bucket, <-chan struct{}, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	b := g.bucket(key)
	switch left := b.limiter.TokensAt(now); {
	case left < 1:
		return nil, nil, tooManyGuesses(until(b.limiter, now))
	case left-float64(b.pending) < 1:
		return nil, b.ended, nil
	}
	b.pending++
	return b, nil, nil
}

func (g *guesses) end(b *bucket, wrong bool, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	b.pending--
	if wrong {
		b.limiter.AllowN(now, 1)
	}
	close(b.ended)
	b.ended = make(chan struct{})
}

// take counts a wrong guess and returns 0, or how long to wait where none is left.
func (g *guesses) take(key string, now time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	b := g.bucket(key)
	if b.limiter.AllowN(now, 1) {
		return 0
	}
	return until(b.limiter, now)
}
