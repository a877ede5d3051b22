package webhook

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

const (
	// lease is how long a delivery under way is left alone by other replicas. It is
	// longer than sending takes, also where their clocks differ by seconds.
	lease      = 30 * time.Second
	recordTime = 5 * time.Second
	// grace is how long what is under way may go on when the server stops.
	grace   = 2 * time.Second
	retries = 3 // to claim something, where others are faster
)

// pauses are the times between the tries of a delivery: eight tries in a day.
func pauses() []time.Duration {
	return []time.Duration{
		10 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 12 * time.Hour,
	}
}

// longestPeace is the index of the longest time for which a receiver that does not
// answer is left in peace with everything that there is for it.
const longestPeace = 2

// job is one delivery to be sent.
type job struct {
	hook     meta.Hook
	delivery berth.HookDelivery
}

// Start begins to send what is due, as much at once as may be, and returns how much
// that was; it does not wait for receivers. To one webhook one delivery goes at a time.
// Whatever is begun goes on to send until nothing is due.
func (s *Service) Start(ctx context.Context) (int, error) {
	for n := 0; ; n++ {
		select {
		case s.slots <- struct{}{}:
		default:
			return n, nil // all are under way, and look for the next themselves
		}
		j, err := s.claim(ctx)
		if err != nil || j == nil {
			<-s.slots
			return n, err
		}
		s.busy.Go(func() {
			defer func() { <-s.slots }()
			s.work(ctx, j)
		})
	}
}

// Wait returns when nothing is under way any more. It must not run beside a call of
// Start that finds nothing under way.
func (s *Service) Wait() { s.busy.Wait() }

// work sends one delivery after the other.
func (s *Service) work(ctx context.Context, j *job) {
	for j != nil && ctx.Err() == nil {
		if err := s.deliver(ctx, j); err != nil {
			s.opts.Log.Error("what came of a webhook is not written down; it will be sent again", "hook", j.hook.ID, "guid", j.delivery.GUID, "error", err)
			return
		}
		var err error
		if j, err = s.claim(ctx); err != nil && ctx.Err() == nil {
			s.opts.Log.Error("cannot look for webhooks to send", "error", err)
		}
	}
}

// errLost tells that another replica was faster.
var errLost = errors.New("another replica has taken it")

// claim takes the next delivery that is due, nil when there is none.
func (s *Service) claim(ctx context.Context) (*job, error) {
	for range retries {
		now := s.opts.Now()
		var found int64
		err := s.meta.View(ctx, func(tx *meta.Tx) (err error) {
			_, found, err = tx.FindDueDelivery(ctx, now)
			return err
		})
		if err != nil || found == 0 {
			return nil, err
		}
		var j *job
		origin := s.opts.Origin()
		err = s.meta.Update(ctx, func(tx *meta.Tx) (err error) {
			j, err = take(ctx, tx, origin, now)
			return err
		})
		if !errors.Is(err, errLost) {
			return j, err
		}
	}
	return nil, nil //nolint:nilnil // nothing for us, until the next time
}

// take leases a webhook and its next delivery. Errors: errLost.
func take(ctx context.Context, tx *meta.Tx, origin string, now time.Time) (*job, error) {
	hook, id, err := tx.FindDueDelivery(ctx, now)
	if err != nil || hook == 0 {
		return nil, err
	}
	until := now.Add(lease)
	if ok, err := tx.LeaseHook(ctx, hook, now, until); err != nil || !ok {
		return nil, errors.Join(err, errLost)
	}
	var j job
	if j.hook, err = tx.ReadHook(ctx, hook); err != nil {
		return nil, err
	}
	if j.delivery, err = tx.GetDelivery(ctx, hook, id); err != nil {
		return nil, err
	}
	if j.delivery.Payload == nil {
		if j.delivery.Payload, err = readPing(ctx, tx, j.hook, j.delivery, origin); err != nil {
			return nil, err
		}
	}
	if ok, err := tx.LeaseDelivery(ctx, id, now, until, j.delivery.Payload); err != nil || !ok {
		return nil, errors.Join(err, errLost)
	}
	j.delivery.Attempts++
	return &j, nil
}

// deliver sends once and writes down what came of it.
func (s *Service) deliver(ctx context.Context, j *job) error {
	sending, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(grace, cancel) })
	defer stop()
	result := s.attempt(sending, j)
	if sending.Err() != nil {
		return nil // nobody knows what came of it; it is sent again when the lease has run out
	}
	now := s.opts.Now()
	d, h := j.delivery, j.hook
	d.HookAttempt, d.NotBefore = result, nextTry(result, d.Attempts, now)
	h.LastCode, h.LastError = result.StatusCode, result.Error
	var peace time.Time
	if h.Failures++; result.StatusCode != 0 {
		h.Failures = 0
	} else {
		peace = now.Add(pauses()[min(h.Failures-1, longestPeace)])
	}
	recording, done := context.WithTimeout(context.WithoutCancel(ctx), recordTime)
	defer done()
	return s.meta.Update(recording, func(tx *meta.Tx) error {
		if err := tx.FreeHook(recording, h, now, peace); err != nil {
			return err
		}
		return tx.FinishDelivery(recording, d)
	})
}

// nextTry returns when to try again after so many tries, zero for never.
func nextTry(a berth.HookAttempt, attempts int, now time.Time) time.Time {
	if a.Error == "" || a.StatusCode == statusGone || attempts > len(pauses()) {
		return time.Time{}
	}
	pause := pauses()[attempts-1]
	return now.Add(pause - pause/10 + rand.N(pause/5)) //nolint:gosec // jitter is no secret
}
