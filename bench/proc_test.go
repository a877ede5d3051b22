package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

const statTail = "S %d 1 1 0 -1 4194560 900 0 2 0 %d %d %d %d 20 0 9 0 12345 1000000 500 18446744073709551615 0 0"

func TestParseStat(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, line string
		want       procStat
		fails      bool
	}{
		{"plain", "123 (berth) " + fmt.Sprintf(statTail, 7, 10, 20, 3, 4), procStat{7, 37}, false},
		{"name with spaces and parentheses", "123 (a) S 9 (b c) " + fmt.Sprintf(statTail, 7, 1, 2, 0, 0), procStat{7, 3}, false},
		{"empty", "", procStat{}, true},
		{"cut short", "123 (berth) S 7 1 1", procStat{}, true},
		{"not a number", "123 (berth) S x 1 1 0 -1 0 0 0 0 0 1 2 3 4 20", procStat{}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := parseStat(tc.line)
			if got != tc.want || (err != nil) != tc.fails {
				t.Errorf("parseStat = %+v, %v, want %+v", got, err, tc.want)
			}
		})
	}
}

func TestParseHWM(t *testing.T) {
	t.Parallel()
	got, err := parseHWM("Name:\tberth\nVmPeak:\t  99 kB\nVmHWM:\t   29184 kB\nVmRSS:\t 1 kB\n")
	if err != nil || got != 29184<<10 {
		t.Errorf("parseHWM = %d, %v, want %d", got, err, 29184<<10)
	}
	for _, bad := range []string{"", "VmHWM:\tmany kB\n"} {
		if _, err := parseHWM(bad); err == nil {
			t.Errorf("parseHWM(%q) succeeded", bad)
		}
	}
}

func TestParseBusy(t *testing.T) {
	t.Parallel()
	got, err := parseBusy("cpu  100 20 30 9000 800 7 5 3 1 1\ncpu0 1 1 1 1 1 1 1 1 0 0\n")
	if err != nil || got != 1650*time.Millisecond {
		t.Errorf("parseBusy = %v, %v, want 1.65s", got, err)
	}
	for _, bad := range []string{"", "cpu 1 2 3", "intr 1 2 3 4 5 6 7 8 9", "cpu a 2 3 4 5 6 7 8"} {
		if _, err := parseBusy(bad); err == nil {
			t.Errorf("parseBusy(%q) succeeded", bad)
		}
	}
}

// TestTree lays out 100 with the child 101 and its child 102, and a stranger.
func TestTree(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for _, p := range []struct{ pid, ppid, ticks, hwm int }{
		{100, 1, 50, 1000}, {101, 100, 20, 200}, {102, 101, 5, 30}, {200, 1, 900, 9000},
	} {
		dir := filepath.Join(root, strconv.Itoa(p.pid))
		write(t, filepath.Join(dir, "stat"), fmt.Sprintf("%d (x) "+statTail, p.pid, p.ppid, p.ticks, 0, 0, 0))
		write(t, filepath.Join(dir, "status"), fmt.Sprintf("VmHWM:\t%d kB\n", p.hwm))
	}
	write(t, filepath.Join(root, "self", "stat"), "no process id, to be passed over")
	p := procfs{root}

	if got, err := p.cpu(100); err != nil || got != 750*time.Millisecond {
		t.Errorf("cpu = %v, %v, want 750ms", got, err)
	}
	if got, err := p.peak(100); err != nil || got != 1230<<10 {
		t.Errorf("peak = %d, %v, want %d", got, err, 1230<<10)
	}
	if _, err := p.cpu(300); err == nil {
		t.Error("cpu of a missing process succeeded")
	}
	if err := p.resetPeak(100); err != nil {
		t.Fatal(err)
	}
	for pid, want := range map[string]string{"100": "5\n", "102": "5\n", "200": ""} {
		if err := os.Chmod(filepath.Join(root, pid, "clear_refs"), 0o600); err != nil && want != "" {
			t.Fatal(err)
		}
		got, _ := os.ReadFile(filepath.Join(root, pid, "clear_refs")) // missing for the stranger
		if string(got) != want {
			t.Errorf("clear_refs of %s = %q, want %q", pid, got, want)
		}
	}
}

// write makes a file and its directory.
func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
