package httpkit_test

import (
	"errors"
	"testing"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
)

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]*berth.Error{
		"5":  berth.ErrTooMany,
		"1":  berth.ErrTooMany.After(time.Millisecond),
		"90": berth.ErrTooMany.With("slow down").After(90 * time.Second),
		"91": berth.ErrTooMany.Because(errors.New("cause")).After(90*time.Second + 1),
	} {
		if got := httpkit.RetryAfter(err); got != want {
			t.Errorf("%v: %s, want %s", err, got, want)
		}
	}
	if got := httpkit.RetryAfter(nil); got != "5" {
		t.Errorf("no error: %s", got)
	}
}
