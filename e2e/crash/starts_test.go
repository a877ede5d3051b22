package crash_test

import (
	"slices"
	"testing"
	"time"
)

const (
	// readySoon is the promise of the server after any crash.
	readySoon = 5 * time.Second
	// readyWithin is how long a server is waited for: the machine may have more to do.
	readyWithin = 2 * time.Minute
)

// starts are how long the server took to become ready, each time.
type starts []time.Duration

func (s starts) slowest() time.Duration { return slices.Max(append(s, 0)) }

// check holds the server to its promise. A busy machine may make it late now and then,
// a bad recovery makes it late most times.
func (s starts) check(t *testing.T) {
	t.Helper()
	sorted := slices.Sorted(slices.Values(s))
	if len(sorted) > 0 && sorted[len(sorted)/2] > readySoon {
		t.Errorf("most of %d starts took more than %v: %v", len(s), readySoon, sorted)
	}
}
