package berth_test

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/berth-registry/berth"
)

func TestErrorRetryAfter(t *testing.T) {
	t.Parallel()
	e := berth.ErrTooMany.Because(io.EOF).After(time.Minute).With("slow down")
	if e.RetryAfter() != time.Minute || !errors.Is(e, berth.ErrTooMany) || !errors.Is(e, io.EOF) {
		t.Errorf("%v: %s", e, e.RetryAfter())
	}
	if e.Msg != "too many requests: slow down" {
		t.Errorf("public message %q", e.Msg)
	}
	if got := berth.ErrTooMany.Because(io.EOF).RetryAfter() + berth.ErrTooMany.RetryAfter(); got != 0 {
		t.Errorf("nobody said how long, and it is %s", got)
	}
}
