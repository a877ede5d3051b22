package crash_test

import (
	"os"
	"os/exec"
	"strconv"
	"testing"
)

// need skips the test with a reason, unless it runs in CI, where a test that
// does not run is a failure.
func need(t *testing.T, reason string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("cannot run in CI: %s", reason)
	}
	t.Skip(reason)
}

// needPowercut checks for all that a powercut disk is made of.
func needPowercut(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		need(t, "a powercut disk needs root (mount, losetup)")
	}
	for _, dev := range []string{"/dev/fuse", "/dev/loop-control"} {
		if _, err := os.Stat(dev); err != nil {
			need(t, "a powercut disk needs "+dev+": "+err.Error())
		}
	}
	for tool, pkg := range map[string]string{
		"losetup": "mount", "mkfs.ext4": "e2fsprogs", "e2fsck": "e2fsprogs",
		"mount": "mount", "umount": "mount", "fusermount3": "fuse3",
	} {
		if _, err := exec.LookPath(tool); err != nil {
			need(t, "a powercut disk needs "+tool+" (apt-get install "+pkg+")")
		}
	}
}

// chooseSeed is random unless BERTH_CRASH_SEED repeats a run.
func chooseSeed(t *testing.T, random uint64) uint64 {
	t.Helper()
	v := os.Getenv("BERTH_CRASH_SEED")
	if v == "" {
		return random
	}
	n, err := strconv.ParseUint(v, 10, 64)
	if err != nil {
		t.Fatalf("BERTH_CRASH_SEED: %v", err)
	}
	return n
}

// countCycles is the short form unless BERTH_CRASH_CYCLES says otherwise.
func countCycles(t *testing.T, short int) int {
	t.Helper()
	v := os.Getenv("BERTH_CRASH_CYCLES")
	if v == "" {
		return short
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 {
		t.Fatalf("BERTH_CRASH_CYCLES: %q is not a positive number", v)
	}
	return n
}
