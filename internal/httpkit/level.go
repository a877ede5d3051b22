package httpkit

import (
	"context"
	"time"
)

// levelStep is longer than finding out takes, and short enough for nobody to mind.
const levelStep = 2 * time.Millisecond

// Level waits until the request has taken a whole number of steps. A refusal waits
// so before it is sent: else a stranger with a stopwatch could tell a private
// package, for which more is looked up, from none.
func (w *Writer) Level(ctx context.Context) {
	t := time.NewTimer(levelStep - time.Since(w.start)%levelStep)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
