// Package jobs runs periodic work: each job on its own, with some jitter so that
// replicas do not march in step, until told to stop. It knows nothing of what the
// jobs do.
package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"time"
)

// Job is a piece of periodic work. It must be safe to stop anywhere and to run on
// several replicas at once.
type Job struct {
	Name  string
	Every time.Duration
	Run   func(context.Context) (done int, err error)
	// Quiet is for work that comes with every request: what was done is logged for
	// debugging only.
	Quiet bool
}

// Run runs the jobs until ctx ends, the first time soon after the start, and
// returns when all have stopped. A failed run is logged and tried again.
func Run(ctx context.Context, log *slog.Logger, list ...Job) {
	var wg sync.WaitGroup
	for _, j := range list {
		wg.Go(func() { repeat(ctx, log, j) })
	}
	wg.Wait()
}

// attempt runs a job and turns a panic into an error, so that one job does not end
// the server.
func attempt(ctx context.Context, j Job) (done int, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return j.Run(ctx)
}

func repeat(ctx context.Context, log *slog.Logger, j Job) {
	timer := time.NewTimer(rand.N(j.Every / 10)) //nolint:gosec // jitter is no secret
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		done, err := attempt(ctx, j)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			log.Error("job", "name", j.Name, "done", done, "error", err)
		case done > 0 && j.Quiet:
			log.Debug("job", "name", j.Name, "done", done)
		case done > 0:
			log.Info("job", "name", j.Name, "done", done)
		}
		timer.Reset(j.Every - j.Every/20 + rand.N(j.Every/10)) //nolint:gosec // jitter is no secret
	}
}
