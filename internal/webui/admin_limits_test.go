package webui

import (
	"testing"

	"github.com/berth-registry/berth/internal/registry"
)

// What a field is filled with means what it was.
func TestLimitText(t *testing.T) {
	t.Parallel()
	for limit, want := range map[int64]string{
		registry.NoLimit: "none", 0: "0", 1: "1", 1000: "1000", 1024: "1KiB", 1536: "1536", 50 << 30: "50GiB", 3 << 40: "3TiB", 1<<40 + 1: "1099511627777", 5 << 20: "5MiB",
	} {
		got := limitText(limit)
		back, err := parseLimit(got)
		if got != want || err != nil || back != limit {
			t.Errorf("%d: %q, want %q, which is %d, %v", limit, got, want, back, err)
		}
	}
	if got, err := parseLimit("Default"); err != nil || got != registry.DefaultLimit {
		t.Errorf("%d, %v", got, err)
	}
}
