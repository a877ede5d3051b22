package httpkit_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/berth-registry/berth/internal/httpkit"
)

// However long finding out took, the answer comes at a whole step.
func TestLevel(t *testing.T) {
	t.Parallel()
	for took, want := range map[time.Duration]time.Duration{
		0:                       2 * time.Millisecond,
		70 * time.Microsecond:   2 * time.Millisecond,
		1999 * time.Microsecond: 2 * time.Millisecond,
		2001 * time.Microsecond: 4 * time.Millisecond,
		5 * time.Millisecond:    6 * time.Millisecond,
	} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			h := httpkit.Handle(slog.New(slog.DiscardHandler), func(w *httpkit.Writer, r *http.Request) error {
				<-time.After(took)
				w.Level(r.Context())
				return nil
			}, nil)
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
			if got := time.Since(start); got != want {
				t.Errorf("after %s: answered after %s, want %s", took, got, want)
			}
		})
	}
}

// Nobody waits for a client that has gone.
func TestLevelOfTheGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		start := time.Now()
		h := httpkit.Handle(slog.New(slog.DiscardHandler), func(w *httpkit.Writer, r *http.Request) error {
			w.Level(r.Context())
			return nil
		}, nil)
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil).WithContext(ctx))
		if got := time.Since(start); got != 0 {
			t.Errorf("waited %s", got)
		}
	})
}
