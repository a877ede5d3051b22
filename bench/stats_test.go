package main

import (
	"testing"
	"time"
)

func TestPercentile(t *testing.T) {
	t.Parallel()
	ten := []time.Duration{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	for _, tc := range []struct {
		name   string
		sorted []time.Duration
		p      float64
		want   time.Duration
	}{
		{"nothing", nil, 50, 0},
		{"one value", []time.Duration{7}, 99, 7},
		{"middle of ten", ten, 50, 5},
		{"p90 of ten", ten, 90, 9},
		{"p99 of ten is the largest", ten, 99, 10},
		{"maximum", ten, 100, 10},
		{"below the first rank", ten, 0.1, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := percentile(tc.sorted, tc.p); got != tc.want {
				t.Errorf("percentile(%v) = %d, want %d", tc.p, got, tc.want)
			}
		})
	}
}

func TestMedian(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		values []int
		want   int
	}{
		{"nothing", nil, 0},
		{"odd", []int{9, 1, 5}, 5},
		{"even takes the lower middle", []int{4, 1, 3, 2}, 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := median(tc.values); got != tc.want {
				t.Errorf("median = %d, want %d", got, tc.want)
			}
		})
	}
}

func TestSummarize(t *testing.T) {
	t.Parallel()
	round := func(ops int, wall, cpu, lat time.Duration) sample {
		return sample{ops: ops, wall: wall, cpu: cpu, lat: []time.Duration{lat}, peak: int64(ops)}
	}
	got := summarize([]sample{
		round(10, time.Second, time.Second, 3),
		round(20, time.Second, time.Second, 9),
		round(40, time.Second, time.Second, 6),
		{errs: 5, wall: time.Second, cpu: -1}, // a failed round moves no median
	})
	want := summary{
		rounds: 3, errs: 5, perSecond: 20, p50: 6, p90: 6, p99: 6, max: 9,
		wallPerOp: 50 * time.Millisecond, cpuPerOp: 50 * time.Millisecond, peak: 20,
	}
	if got != want {
		t.Errorf("summarize = %+v, want %+v", got, want)
	}
	unknown := summarize([]sample{{ops: 1000, wall: time.Second, cpu: -1}})
	if unknown.cpuPerOp != -1 {
		t.Errorf("cpuPerOp without a pid = %v, want -1", unknown.cpuPerOp)
	}
}
