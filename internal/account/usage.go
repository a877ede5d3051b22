package account

import (
	"context"
	"sync"
	"time"

	"github.com/berth-registry/berth/internal/meta"
)

// maxNoted bounds the tokens whose use waits to be written down.
const maxNoted = 10_000

// usage remembers when tokens were used, until that is written down in one go: a
// pull must not cost a write.
type usage struct {
	mu   sync.Mutex
	last map[int64]time.Time
}

func (u *usage) note(token int64, now time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.last == nil {
		u.last = map[int64]time.Time{}
	}
	if _, known := u.last[token]; known || len(u.last) < maxNoted {
		u.last[token] = now
	}
}

// latest returns the later of what is written down and what is not yet.
func (u *usage) latest(token int64, stored time.Time) time.Time {
	u.mu.Lock()
	defer u.mu.Unlock()
	if noted := u.last[token]; noted.After(stored) {
		return noted
	}
	return stored
}

func (u *usage) take() map[int64]time.Time {
	u.mu.Lock()
	defer u.mu.Unlock()
	taken := u.last
	u.last = nil
	return taken
}

// RecordUsage writes down when tokens were last used, and returns of how many. It
// runs now and then, and when the server stops.
func (s *Service) RecordUsage(ctx context.Context) (int, error) {
	taken := s.used.take()
	if len(taken) == 0 {
		return 0, nil
	}
	err := s.meta.Update(ctx, func(tx *meta.Tx) error {
		for token, at := range taken {
			if err := tx.PutTokenUse(ctx, token, at); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		for token, at := range taken {
			s.used.note(token, s.used.latest(token, at))
		}
	}
	return len(taken), err
}
