package powercut_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/berth-registry/berth/e2e/crash/powercut"
)

const page = 4096

func open(t *testing.T, pages int) (*powercut.Disk, string) {
	t.Helper()
	base := filepath.Join(t.TempDir(), "base")
	if err := os.WriteFile(base, make([]byte, pages*page), 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := powercut.OpenDisk(base)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d, base
}

func write(t *testing.T, d *powercut.Disk, p []byte, off int64) {
	t.Helper()
	if _, err := d.WriteAt(p, off); err != nil {
		t.Fatal(err)
	}
}

func TestCutDropsWhatWasNotSynced(t *testing.T) {
	t.Parallel()
	d, base := open(t, 4)
	// Over a block border, so that partial blocks are merged with the base.
	write(t, d, []byte("synced"), page-3)
	if err := d.Sync(); err != nil {
		t.Fatal(err)
	}
	write(t, d, []byte("XY"), page-3)
	write(t, d, []byte("gone"), 2*page)
	got := make([]byte, 6)
	if _, err := d.ReadAt(got, page-3); err != nil || string(got) != "XYnced" {
		t.Errorf("before the cut: %q, %v; want the unsynced bytes", got, err)
	}

	loss, err := d.Cut(powercut.Plan{}, func() {})
	if err != nil || loss != (powercut.Loss{Dropped: 2}) {
		t.Errorf("cut: %+v, %v; want 2 dropped", loss, err)
	}
	if _, err := d.WriteAt([]byte("z"), 0); !errors.Is(err, syscall.EIO) {
		t.Errorf("write after the cut: %v, want EIO", err)
	}
	if err := d.Sync(); !errors.Is(err, syscall.EIO) {
		t.Errorf("sync after the cut: %v, want EIO", err)
	}
	if got := d.Refused(); got != 2 {
		t.Errorf("refused %d, want 2", got)
	}
	want := make([]byte, 4*page)
	copy(want[page-3:], "synced")
	onDisk, err := os.ReadFile(base)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(onDisk, want) {
		t.Error("the base does not hold exactly what was synced")
	}
}

func TestCutKeepsTheSameHalfForASeed(t *testing.T) {
	t.Parallel()
	const pages = 256
	run := func(seed uint64) (powercut.Loss, []byte) {
		d, base := open(t, pages)
		write(t, d, bytes.Repeat([]byte{0xff}, pages*page), 0)
		loss, err := d.Cut(powercut.Plan{Reorder: true, Seed: seed}, func() {})
		if err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(base)
		if err != nil {
			t.Fatal(err)
		}
		return loss, content
	}
	loss, first := run(7)
	if loss.Dropped+loss.Kept != pages || loss.Dropped < pages/4 || loss.Kept < pages/4 {
		t.Errorf("%+v is not about half of %d", loss, pages)
	}
	if _, again := run(7); !bytes.Equal(first, again) {
		t.Error("seed 7 kept different blocks the second time")
	}
	if _, other := run(8); bytes.Equal(first, other) {
		t.Error("seed 8 kept the same blocks as seed 7")
	}
}

func TestCutWhenWaitsForUnsyncedBlocks(t *testing.T) {
	t.Parallel()
	d, _ := open(t, 4)
	called := 0
	done := d.CutWhen(2, powercut.Plan{}, func() { called++ })
	write(t, d, []byte("a"), 0)
	write(t, d, []byte("b"), 1)
	if err := d.Sync(); err != nil {
		t.Fatal(err)
	}
	write(t, d, []byte("c"), 0)
	if called != 0 {
		t.Fatal("cut with one unsynced block, want two")
	}
	write(t, d, []byte("d"), page)
	got := <-done
	if got.Err != nil || got.Loss.Dropped != 2 || called != 1 {
		t.Errorf("%+v, before called %d times; want 2 dropped, 1 call", got, called)
	}
	if _, err := d.WriteAt([]byte("z"), 0); !errors.Is(err, syscall.EIO) {
		t.Errorf("write after the cut: %v, want EIO", err)
	}
}

func TestDiskHasBounds(t *testing.T) {
	t.Parallel()
	d, _ := open(t, 1)
	if _, err := d.WriteAt([]byte("ab"), page-1); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("write past the end: %v, want ENOSPC", err)
	}
	if n, err := d.ReadAt(make([]byte, 8), page-2); n != 2 || err == nil {
		t.Errorf("read past the end: %d, %v; want 2 and io.EOF", n, err)
	}
	if _, err := powercut.OpenDisk(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing base: %v", err)
	}
}
