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
	"strings"
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

// Status is what is known of a job on this server. Times are zero, and a duration 0,
// where it has not run to its end yet.
type Status struct {
	Name      string
	Every     time.Duration
	Running   bool
	StartedAt time.Time     // of the run under way, or the last one
	Took      time.Duration // the last run
	Done      int           // in the last run
	Error     string        // of the last run, "" when it went well
	NextAt    time.Time     // zero while it runs
}

// Runner runs jobs and remembers how that went.
type Runner struct {
	log *slog.Logger

	mu    sync.Mutex
	tasks []*task
}

// task is a job with what is known of it. Its status is guarded by the runner's lock.
type task struct {
	Job

	status Status
	now    chan struct{} // holds one wish at most: more come to the same
}

// NewRunner returns a runner without jobs.
func NewRunner(log *slog.Logger) *Runner { return &Runner{log: log} }

// Add adds jobs, before Run.
func (r *Runner) Add(list ...Job) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, j := range list {
		r.tasks = append(r.tasks, &task{Job: j, status: Status{Name: j.Name, Every: j.Every}, now: make(chan struct{}, 1)})
	}
}

// Jobs returns what is known of each job, in the order in which they were added.
func (r *Runner) Jobs() []Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]Status, len(r.tasks))
	for i, t := range r.tasks {
		list[i] = t.status
	}
	return list
}

// Trigger has a job run at once, or once more where it runs already, and reports
// whether there is a job of that name. Many calls before it gets to run are as one.
func (r *Runner) Trigger(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range r.tasks {
		if t.Name != name {
			continue
		}
		select {
		case t.now <- struct{}{}:
		default: // somebody has asked for it already
		}
		return true
	}
	return false
}

// Run runs the jobs until ctx ends, the first time soon after the start, and
// returns when all have stopped. A failed run is logged and tried again.
func (r *Runner) Run(ctx context.Context) {
	r.mu.Lock()
	tasks := r.tasks
	r.mu.Unlock()
	var wg sync.WaitGroup
	for _, t := range tasks {
		wg.Go(func() { r.repeat(ctx, t) })
	}
	wg.Wait()
}

// note changes what is known of a job.
func (r *Runner) note(t *task, change func(*Status)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change(&t.status)
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

func (r *Runner) repeat(ctx context.Context, t *task) {
	pause := rand.N(t.Every / 10) //nolint:gosec // jitter is no secret
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for {
		r.note(t, func(s *Status) { s.NextAt = time.Now().Add(pause) })
		select {
		case <-ctx.Done():
			return
		case <-t.now:
		case <-timer.C:
		}
		if r.once(ctx, t); ctx.Err() != nil {
			return
		}
		pause = t.Every - t.Every/20 + rand.N(t.Every/10) //nolint:gosec // jitter is no secret
		timer.Reset(pause)
	}
}

// once runs a job. Being stopped is no failure, and not the end of a run.
func (r *Runner) once(ctx context.Context, t *task) {
	start := time.Now()
	r.note(t, func(s *Status) { s.Running, s.StartedAt, s.NextAt = true, start, time.Time{} })
	done, err := attempt(ctx, t.Job)
	if ctx.Err() != nil {
		return
	}
	r.note(t, func(s *Status) {
		s.Running, s.Took, s.Done, s.Error = false, time.Since(start), done, brief(err)
	})
	switch {
	case err != nil:
		r.log.Error("job", "name", t.Name, "done", done, "error", err)
	case done > 0 && t.Quiet:
		r.log.Debug("job", "name", t.Name, "done", done)
	case done > 0:
		r.log.Info("job", "name", t.Name, "done", done)
	}
}

// maxError bounds what is remembered of an error, in bytes. The log has all of it.
const maxError = 500

// brief is the first line of an error: the rest of a panic is for the log.
func brief(err error) string {
	if err == nil {
		return ""
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	return strings.ToValidUTF8(line[:min(len(line), maxError)], "")
}
