package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth/internal/jobs"
)

// A runner tells of each job whether it runs, how its last run went, and when the next
// one is.
func TestJobs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		results := []error{nil, errors.New("disk full\nand more"), nil}
		r := jobs.NewRunner(slog.New(slog.DiscardHandler))
		r.Add(jobs.Job{Name: "sweep", Every: time.Hour, Run: func(context.Context) (int, error) {
			err := results[0]
			results = results[1:]
			<-time.After(time.Minute)
			return len(results), err
		}})
		check := func(what string, want jobs.Status) {
			t.Helper()
			synctest.Wait()
			want.Name, want.Every = "sweep", time.Hour
			got := r.Jobs()[0]
			if next := got.NextAt; !next.IsZero() && !want.NextAt.IsZero() { // there is jitter
				if next.Before(want.NextAt.Add(-6*time.Minute)) || next.After(want.NextAt.Add(6*time.Minute)) {
					t.Errorf("%s: next at %s", what, next)
				}
				want.NextAt = next
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", what, diff)
			}
		}
		check("before it starts", jobs.Status{})
		done := make(chan struct{})
		go func() { defer close(done); r.Run(ctx) }()
		check("at first", jobs.Status{NextAt: begun})
		now := func() time.Time { r.Trigger("sweep"); synctest.Wait(); return time.Now() }
		first := now()
		check("running", jobs.Status{Running: true, StartedAt: first})
		<-time.After(time.Minute)
		check("after one run", jobs.Status{StartedAt: first, Took: time.Minute, Done: 2, NextAt: first.Add(time.Hour)})
		second := now()
		check("running again", jobs.Status{Running: true, StartedAt: second, Took: time.Minute, Done: 2})
		<-time.After(time.Minute)
		check("after a failure", jobs.Status{StartedAt: second, Took: time.Minute, Done: 1, Error: "disk full", NextAt: second.Add(time.Hour)})
		third := now()
		<-time.After(time.Minute)
		check("after another run", jobs.Status{StartedAt: third, Took: time.Minute, NextAt: third.Add(time.Hour)})
		cancel()
		<-done
	})
}

// Many wishes while a job runs are one more run of it, and a run by hand puts off the
// next one.
func TestTrigger(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 55*time.Minute)
		defer cancel()
		var runs []time.Duration
		r := jobs.NewRunner(slog.New(slog.DiscardHandler))
		r.Add(
			jobs.Job{Name: "other", Every: 24 * time.Hour, Run: func(ctx context.Context) (int, error) { <-ctx.Done(); return 0, nil }},
			jobs.Job{Name: "sweep", Every: time.Hour, Run: func(context.Context) (int, error) {
				runs = append(runs, time.Since(begun).Truncate(time.Minute))
				<-time.After(10 * time.Minute)
				return 0, nil
			}},
		)
		if r.Trigger("weep") || r.Trigger("") {
			t.Error("an unknown job was found")
		}
		go func() {
			for range 3 {
				if !r.Trigger("sweep") {
					t.Error("no job")
				}
			}
			<-time.After(5 * time.Minute)
			for range 3 {
				r.Trigger("sweep")
			}
		}()
		synctest.Wait()
		r.Run(ctx)
		if diff := cmp.Diff([]time.Duration{0, 10 * time.Minute}, runs); diff != "" {
			t.Errorf("runs (-want +got):\n%s", diff)
		}
	})
}

// A panic is remembered by its first line.
func TestJobPanics(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Minute)
		defer cancel()
		r := jobs.NewRunner(slog.New(slog.DiscardHandler))
		r.Add(jobs.Job{Name: "sweep", Every: time.Hour, Run: func(context.Context) (int, error) { panic(fmt.Sprint(strings.Repeat("ü", 600))) }})
		r.Run(ctx)
		if got := r.Jobs()[0].Error; !strings.HasPrefix(got, "panic: üü") || len(got) > 500 || !strings.HasSuffix(got, "ü") {
			t.Errorf("%q", got)
		}
	})
}
