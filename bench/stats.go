package main

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// sample is what one round of one scenario measured on one target.
type sample struct {
	ops     int // that succeeded
	errs    int
	wall    time.Duration
	lat     []time.Duration // of the operations that succeeded, sorted
	cpu     time.Duration   // of the server; negative when unknown
	peak    int64           // bytes; 0 when unknown
	hashed  time.Duration   // hashing the same bytes here: wall time; 0 when not measured
	hashCPU time.Duration
}

// summary is the median over the rounds of each figure.
type summary struct {
	rounds             int
	errs               int // over all rounds
	perSecond          float64
	p50, p90, p99, max time.Duration // max: the largest of all rounds
	wallPerOp          time.Duration
	cpuPerOp           time.Duration // negative when unknown
	peak               int64
	hashed             time.Duration
	hashCPU            time.Duration
}

// percentile returns the nearest-rank percentile p (0 < p <= 100) of a sorted
// list: the smallest value that at least p percent do not exceed.
func percentile(sorted []time.Duration, p float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	rank := int(math.Ceil(p / 100 * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// median returns the middle value, or for an even count the lower middle: a
// value that was measured rather than one in between.
func median[T cmp.Ordered](values []T) T {
	var zero T
	if len(values) == 0 {
		return zero
	}
	s := slices.Sorted(slices.Values(values))
	return s[(len(s)-1)/2]
}

// medianOf is the median of one figure of every sample.
func medianOf[T cmp.Ordered](samples []sample, figure func(sample) T) T {
	values := make([]T, 0, len(samples))
	for _, s := range samples {
		values = append(values, figure(s))
	}
	return median(values)
}

// summarize folds the rounds of a scenario on one target. Rounds in which
// nothing succeeded count only as errors.
func summarize(samples []sample) summary {
	var out summary
	var good []sample
	for _, s := range samples {
		out.errs += s.errs
		if s.ops > 0 && s.wall > 0 {
			good = append(good, s)
		}
	}
	out.rounds = len(good)
	if len(good) == 0 {
		return out
	}
	at := func(p float64) time.Duration {
		return medianOf(good, func(s sample) time.Duration { return percentile(s.lat, p) })
	}
	out.p50, out.p90, out.p99 = at(50), at(90), at(99)
	for _, s := range good {
		out.max = max(out.max, percentile(s.lat, 100))
	}
	out.perSecond = medianOf(good, func(s sample) float64 { return float64(s.ops) / s.wall.Seconds() })
	out.wallPerOp = medianOf(good, func(s sample) time.Duration { return s.wall / time.Duration(s.ops) })
	out.cpuPerOp = medianOf(good, func(s sample) time.Duration { return s.cpu / time.Duration(s.ops) })
	if slices.ContainsFunc(good, func(s sample) bool { return s.cpu < 0 }) {
		out.cpuPerOp = -1
	}
	out.peak = medianOf(good, func(s sample) int64 { return s.peak })
	out.hashed = medianOf(good, func(s sample) time.Duration { return s.hashed })
	out.hashCPU = medianOf(good, func(s sample) time.Duration { return s.hashCPU })
	return out
}
