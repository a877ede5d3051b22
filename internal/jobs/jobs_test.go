package jobs_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/berth-registry/berth/internal/jobs"
)

func run(ctx context.Context, log *slog.Logger, list ...jobs.Job) {
	r := jobs.NewRunner(log)
	r.Add(list...)
	r.Run(ctx)
}

func TestRunRepeats(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const every = 10 * time.Minute
		start := time.Now()
		var fast, slow []time.Duration
		ctx, cancel := context.WithTimeout(t.Context(), 100*every)
		defer cancel()
		run(ctx, slog.New(slog.DiscardHandler),
			jobs.Job{Name: "fast", Every: every, Run: func(context.Context) (int, error) {
				fast = append(fast, time.Since(start))
				return 0, nil
			}},
			jobs.Job{Name: "slow", Every: 10 * every, Run: func(context.Context) (int, error) {
				slow = append(slow, time.Since(start))
				return 0, nil
			}},
		)
		check := func(name string, runs []time.Duration, every time.Duration) {
			if len(runs) < 9 || runs[0] < 0 || runs[0] >= every/10 {
				t.Fatalf("%s ran at %v", name, runs)
			}
			different := map[time.Duration]bool{}
			for i := range runs[1:] {
				pause := runs[i+1] - runs[i]
				different[pause] = true
				if pause < every*95/100 || pause >= every*105/100 {
					t.Errorf("%s paused for %s", name, pause)
				}
			}
			if len(different) < 2 {
				t.Errorf("%s runs without jitter", name)
			}
		}
		check("fast", fast, every)
		check("slow", slow, 10*every)
		if took := time.Since(start); took != 100*every {
			t.Errorf("returned after %s", took)
		}
	})
}

// One job that hangs, and one that fails, must not hold up the others, nor
// themselves.
func TestRunApart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		var failed, done, overlap, running int
		run(ctx, slog.New(slog.DiscardHandler),
			jobs.Job{Name: "hangs", Every: time.Minute, Run: func(ctx context.Context) (int, error) {
				<-ctx.Done()
				return 0, ctx.Err()
			}},
			jobs.Job{Name: "fails", Every: time.Minute, Run: func(context.Context) (int, error) {
				failed++
				return 0, errors.New("no")
			}},
			jobs.Job{Name: "takes long", Every: time.Minute, Run: func(context.Context) (int, error) {
				running++
				overlap = max(overlap, running)
				<-time.After(5 * time.Minute)
				running--
				done++
				return 0, nil
			}},
		)
		if failed < 55 || done < 9 || overlap != 1 {
			t.Errorf("%d failures, %d done, %d at once", failed, done, overlap)
		}
	})
}

func TestRunLogs(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		done int
		err  error
		want string
	}{
		{"nothing to do", 0, nil, ""},
		{"done", 3, nil, "level=INFO msg=job name=sweep done=3\n"},
		{"failed half way", 2, errors.New("disk full"), "level=ERROR msg=job name=sweep done=2 error=\"disk full\"\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Minute)
				defer cancel()
				run(ctx, slog.New(slog.NewTextHandler(&log, nil)), jobs.Job{Name: "sweep", Every: time.Hour, Run: func(context.Context) (int, error) {
					return test.done, test.err
				}})
				_, line, _ := strings.Cut(log.String(), " ")
				if line != test.want {
					t.Errorf("logged %q, want %q", line, test.want)
				}
			})
		})
	}
}

// Being stopped is no failure.
func TestRunStops(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		ctx, cancel := context.WithCancel(t.Context())
		runs := 0
		returned := make(chan struct{})
		go func() {
			defer close(returned)
			run(ctx, slog.New(slog.NewTextHandler(&log, nil)), jobs.Job{Name: "sweep", Every: time.Hour, Run: func(ctx context.Context) (int, error) {
				runs++
				<-ctx.Done()
				return 5, ctx.Err()
			}})
		}()
		<-time.After(time.Hour)
		cancel()
		<-returned
		if runs != 1 || log.Len() != 0 {
			t.Errorf("%d runs, logged %q", runs, log.String())
		}
	})
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		run(ctx, slog.New(slog.DiscardHandler)) // no jobs: returns at once
		run(ctx, slog.New(slog.DiscardHandler), jobs.Job{Name: "x", Every: time.Hour, Run: func(context.Context) (int, error) { return 0, nil }})
	})
}
