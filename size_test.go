package berth_test

import (
	"errors"
	"testing"

	"github.com/berth-registry/berth"
)

func TestFormatSize(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{
		0: "0 B", 1023: "1023 B", 1024: "1 KiB", 1536: "1.5 KiB", 1 << 20: "1 MiB", 1<<30 - 1: "1023.9 MiB",
		50 << 30: "50 GiB", 3 << 40: "3 TiB", 1 << 62: "4096 PiB", -2048: "-2 KiB",
	} {
		if got := berth.FormatSize(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}

func TestParseSize(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]int64{
		"0": 0, "123": 123, "123B": 123, " 5 b ": 5, "1KiB": 1024, "1.5KiB": 1536, "50GiB": 50 << 30, "50Gi": 50 << 30, "50 gib": 50 << 30,
		"1kB": 1000, "2MB": 2_000_000, "3G": 3_000_000_000, "1TiB": 1 << 40, "1PiB": 1 << 50, "1PB": 1_000_000_000_000_000,
	} {
		if got, err := berth.ParseSize(s); err != nil || got != want {
			t.Errorf("%q is %d, %v, want %d", s, got, err, want)
		}
	}
	for _, s := range []string{"", "GiB", "-1", "+1", "1e3", "0x10", "1 2", "5XB", "5KiBs", "5Kx", "1.2.3", "NaN", "inf", "2000PiB", "5b5", "5bb", "1_000"} {
		if got, err := berth.ParseSize(s); !errors.Is(err, berth.ErrRequestInvalid) {
			t.Errorf("%q is %d, %v", s, got, err)
		}
	}
}
