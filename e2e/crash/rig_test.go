package crash_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/berth-registry/berth/e2e/crash/powercut"
)

// diskSize is sparse: only what the pushers write takes space.
const diskSize = 4 << 30

// rig is a powercut disk with an ext4 on it. It can be attached and detached
// many times.
type rig struct {
	base     string // the file behind the disk
	fuseDir  string
	data     string // where the ext4 is mounted
	disk     *powercut.Disk
	mounted  *powercut.Mounted
	loop     string
	hasMount bool
}

func newRig(ctx context.Context, t *testing.T) *rig {
	t.Helper()
	dir := t.TempDir()
	r := &rig{base: filepath.Join(dir, "disk.raw"), fuseDir: filepath.Join(dir, "fuse"), data: filepath.Join(dir, "data")}
	for _, d := range []string{r.fuseDir, r.data} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(r.base, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(r.base, diskSize); err != nil {
		t.Fatal(err)
	}
	// Not lazy: no background thread may write to the disk while we count.
	if _, err := command(ctx, "mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", r.base); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// The context of the test is over by now.
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		if err := r.detach(ctx); err != nil {
			t.Errorf("clean up: %v", err)
		}
	})
	return r
}

// attach turns the power on: disk, loop device, fsck, mount.
func (r *rig) attach(ctx context.Context) error {
	var err error
	if r.disk, err = powercut.OpenDisk(r.base); err != nil {
		return err
	}
	if r.mounted, err = powercut.Mount(r.fuseDir, r.disk); err != nil {
		return errors.Join(err, r.disk.Close())
	}
	r.loop, err = command(ctx, "losetup", "--find", "--show", "--direct-io=on", filepath.Join(r.fuseDir, powercut.FileName))
	if err != nil {
		return err
	}
	dio, err := os.ReadFile(filepath.Join("/sys/block", filepath.Base(r.loop), "loop/dio"))
	if err != nil {
		return err
	}
	if strings.TrimSpace(string(dio)) != "1" {
		return fmt.Errorf("%s has no direct I/O, so the cut could miss", r.loop)
	}
	// 1 means repaired, which -p does only where it is safe.
	var exit *exec.ExitError
	if _, err := command(ctx, "e2fsck", "-f", "-p", r.loop); err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
		return err
	}
	if _, err := command(ctx, "mount", "-t", "ext4", r.loop, r.data); err != nil {
		return err
	}
	r.hasMount = true
	return nil
}

// detach takes apart what attach has built, as far as it came.
func (r *rig) detach(ctx context.Context) error {
	if r.hasMount {
		if err := retry(ctx, func() error { return syscall.Unmount(r.data, 0) }); err != nil {
			return fmt.Errorf("unmount %s: %w", r.data, err)
		}
		r.hasMount = false
	}
	if r.loop != "" {
		if _, err := command(ctx, "losetup", "-d", r.loop); err != nil {
			return err
		}
		r.loop = ""
	}
	if r.mounted != nil {
		// The kernel lets the loop device go a little after losetup returns.
		if err := retry(ctx, r.mounted.Unmount); err != nil {
			return fmt.Errorf("unmount %s: %w", r.fuseDir, err)
		}
		r.mounted = nil
		return r.disk.Close()
	}
	return nil
}

// retry tries for a minute.
func retry(ctx context.Context, f func() error) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := f()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-tick.C:
		}
	}
}

// command runs a program and gives its output without the last newline.
func command(ctx context.Context, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s%s", strings.Join(cmd.Args, " "), err, out, stderr.String())
	}
	return strings.TrimSpace(string(out)), nil
}
