package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// runner measures scenarios on targets.
type runner struct {
	envs      []*env
	proc      procfs
	log       io.Writer
	rounds    int
	roundTime time.Duration
	scale     float64

	notes []string
}

// note keeps a remark for below the tables and shows it at once.
func (r *runner) note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	r.notes = append(r.notes, text)
	r.logf("  note: %s", text)
}

// logf reports progress. A log that cannot be written must not stop a run.
func (r *runner) logf(format string, args ...any) {
	_, _ = fmt.Fprintf(r.log, format+"\n", args...)
}

// runAll measures every scenario and returns the report.
func (r *runner) runAll(ctx context.Context, chosen []scenario) (report, error) {
	rep := report{about: machine(r.proc)}
	for _, e := range r.envs {
		rep.names = append(rep.names, e.target.name)
		if e.target.pid == 0 {
			r.note("%s: no pid given, so neither CPU nor memory", e.target.name)
		} else if err := r.proc.resetPeak(e.target.pid); err != nil {
			r.note("%s: the peak of memory is since its start, not per scenario: %v", e.target.name, err)
		}
	}
	started := time.Now()
	others, othersErr := r.proc.others(r.pids())
	for i, s := range chosen {
		r.logf("[%d/%d] %s", i+1, len(chosen), s.name)
		row, err := r.runScenario(ctx, s)
		if err != nil {
			return report{}, fmt.Errorf("%s: %w", s.name, err)
		}
		rep.rows = append(rep.rows, row)
	}
	r.logf("done in %s", time.Since(started).Round(time.Second))
	if after, err := r.proc.others(r.pids()); err == nil && othersErr == nil && len(r.pids()) == len(r.envs) {
		share := (after - others).Seconds() / time.Since(started).Seconds() / float64(runtime.NumCPU())
		r.note("processes other than bench and the targets used %.0f%% of the machine during the run; above a few percent, CPU figures are inflated too", 100*max(0, share))
	}
	for _, e := range r.envs {
		for _, n := range e.notes {
			r.note("%s", n)
		}
	}
	rep.rounds, rep.notes = r.rounds, r.notes
	return rep, nil
}

// pids returns the processes of the targets, as far as they are known.
func (r *runner) pids() []int {
	var out []int
	for _, e := range r.envs {
		if e.target.pid != 0 {
			out = append(out, e.target.pid)
		}
	}
	return out
}

// runScenario measures one scenario on all targets in turn, round by round. A
// target that fails is noted and left out; only the end of ctx is an error.
func (r *runner) runScenario(ctx context.Context, s scenario) (row, error) {
	ops := max(1, int(float64(s.ops)*r.scale))
	samples := make([][]sample, len(r.envs))
	out := make([]bool, len(r.envs))
	for i, e := range r.envs {
		err := s.prepare(ctx, e)
		if err == nil && s.warm > 0 {
			err = r.warmUp(ctx, s, e)
		}
		out[i] = err != nil
		if err != nil && !errors.Is(err, errSkip) {
			r.note("%s: %s: %v", s.name, e.target.name, err)
		}
	}
	for round := range r.rounds {
		var hash [2]time.Duration
		if s.hash {
			hash = r.hashCost(s.bytes)
		}
		for i, e := range r.envs {
			if out[i] {
				continue
			}
			got, err := r.runRound(ctx, s, e, ops)
			if err != nil {
				r.note("%s: %s: round %d: %v", s.name, e.target.name, round+1, err)
			}
			got.hashed, got.hashCPU = hash[0], hash[1]
			samples[i] = append(samples[i], got)
		}
		if err := ctx.Err(); err != nil {
			return row{}, err
		}
	}
	res := row{s: s}
	for i := range r.envs {
		res.cells = append(res.cells, summarize(samples[i]))
	}
	return res, nil
}

// warmUp opens the connections and fills caches.
func (r *runner) warmUp(ctx context.Context, s scenario, e *env) error {
	do, err := s.round(ctx, e, s.warm)
	if err != nil {
		return err
	}
	res := drive(ctx, s, do, s.warm, r.roundTime)
	return res.first
}

// runRound measures one round on one target.
func (r *runner) runRound(ctx context.Context, s scenario, e *env, ops int) (sample, error) {
	do, err := s.round(ctx, e, ops)
	if err != nil {
		return sample{errs: 1}, err
	}
	pid := e.target.pid
	got := sample{cpu: -1}
	var before time.Duration
	if pid != 0 {
		_ = r.proc.resetPeak(pid) // runAll has noted whether it works
		if before, err = r.proc.cpu(pid); err != nil {
			return sample{errs: 1}, fmt.Errorf("pid %d: %w", pid, err)
		}
	}
	start := time.Now()
	res := drive(ctx, s, do, ops, r.roundTime)
	got.wall = time.Since(start)
	if pid != 0 {
		after, err := r.proc.cpu(pid)
		if err != nil {
			return sample{errs: 1}, fmt.Errorf("pid %d: %w", pid, err)
		}
		got.cpu = after - before
		if got.peak, err = r.proc.peak(pid); err != nil {
			return sample{errs: 1}, fmt.Errorf("pid %d: %w", pid, err)
		}
	}
	slices.Sort(res.lat)
	got.lat, got.ops, got.errs = res.lat, len(res.lat), res.errs
	if res.first == nil && s.check != nil {
		res.first = s.check(ctx, e)
	}
	return got, res.first
}

// driven is the outcome of a series of operations.
type driven struct {
	lat   []time.Duration
	errs  int
	first error
}

// drive does ops operations over s.conns connections and starts none after
// limit. The first one is always done.
func drive(ctx context.Context, s scenario, do op, ops int, limit time.Duration) driven {
	perWave := ops
	if s.wave {
		perWave = s.conns
	}
	var all driven
	start := time.Now()
	for first := 0; first < ops; first += perWave {
		if first > 0 && time.Since(start) > limit {
			break
		}
		all.add(driveWave(ctx, s.conns, do, first, min(first+perWave, ops), limit))
	}
	return all
}

// driveWave does the operations from first up to end.
func driveWave(ctx context.Context, conns int, do op, first, end int, limit time.Duration) driven {
	workers := make([]driven, conns)
	next := atomic.Int64{}
	next.Store(int64(first))
	start := time.Now()
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= end || ctx.Err() != nil || i >= first+conns && time.Since(start) > limit {
					return
				}
				begin := time.Now()
				if err := do(ctx, i); err != nil {
					workers[w].add(driven{errs: 1, first: err})
					continue
				}
				workers[w].lat = append(workers[w].lat, time.Since(begin))
			}
		})
	}
	wg.Wait()
	var all driven
	for _, w := range workers {
		all.add(w)
	}
	return all
}

// add merges another outcome into d.
func (d *driven) add(o driven) {
	d.lat = append(d.lat, o.lat...)
	d.errs += o.errs
	if d.first == nil {
		d.first = o.first
	}
}

// hashCost measures what sha256 over n bytes costs in this process: the wall
// time of one pass and its CPU time, averaged over as many passes as make a
// second, because CPU time is counted in ticks of 10 ms.
func (r *runner) hashCost(n int64) [2]time.Duration {
	buf := make([]byte, 1<<20)
	h := sha256.New()
	before, err := r.proc.self()
	start := time.Now()
	passes := time.Duration(0)
	for passes < 3 || time.Since(start) < time.Second && passes < 10 {
		for left := n; left > 0; left -= int64(len(buf)) {
			h.Write(buf[:min(left, int64(len(buf)))])
		}
		h.Sum(nil)
		passes++
	}
	wall := time.Since(start) / passes
	after, err2 := r.proc.self()
	if err != nil || err2 != nil {
		return [2]time.Duration{wall, wall}
	}
	return [2]time.Duration{wall, (after - before) / passes}
}
