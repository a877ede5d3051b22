package fsblob

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/iotest"

	"github.com/berth-registry/berth/internal/blob"
)

// disk makes the n-th call fail, counts, and notes what was flushed.
type disk struct {
	mu         sync.Mutex
	failSync   int // 1 is the first; 0 none
	failWrite  int
	syncs      []string
	writes     int
	writebacks int64 // up to where writeback was started, without a gap
}

func (d *disk) install(s *Store) {
	s.sync = func(f *os.File) error {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.syncs = append(d.syncs, filepath.Base(f.Name()))
		if len(d.syncs) == d.failSync {
			return syscall.EIO
		}
		return f.Sync()
	}
	s.write = func(f *os.File, p []byte) (int, error) {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.writes++; d.writes == d.failWrite {
			n, _ := f.Write(p[:len(p)/2])
			return n, syscall.ENOSPC
		}
		return f.Write(p)
	}
	s.writeback = func(f *os.File, off, n int64) {
		d.mu.Lock()
		defer d.mu.Unlock()
		if off == d.writebacks {
			d.writebacks += n
		}
		startWriteback(f, off, n)
	}
}

func openFaulty(t *testing.T) (*Store, *disk) {
	t.Helper()
	s, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	d := new(disk)
	d.install(s)
	return s, d
}

func size(t *testing.T, s *Store, key string) int64 {
	t.Helper()
	r, err := s.Open(t.Context(), key, 0)
	if errors.Is(err, blob.ErrNotExist) {
		return -1
	}
	if err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	return n
}

// What is flushed, in which order. The file comes before the name that shows it.
func TestSyncs(t *testing.T) {
	t.Parallel()
	if !canSyncDirs {
		Cannot(t, "this system cannot flush folders")
	}
	s, d := openFaulty(t)
	key := blob.NewKey()
	shard, root := key[:2], filepath.Base(s.root.Name())
	appendText := func(off int64, text string) func() error {
		return func() error {
			_, err := s.Append(t.Context(), key, off, strings.NewReader(text))
			return err
		}
	}
	for _, step := range []struct {
		name string
		do   func() error
		want []string
	}{
		{"first", appendText(0, "ab"), []string{root, key + ".part", shard}},
		{"again from 0", appendText(0, "ab"), []string{key + ".part", shard}},
		{"more", appendText(2, "cd"), []string{key + ".part"}},
		{"leftovers", appendText(3, ""), []string{key + ".part"}},
		{"commit", func() error { return s.Commit(t.Context(), key) }, []string{key + ".part", shard}},
		{"commit again", func() error { return s.Commit(t.Context(), key) }, []string{shard}},
		{"delete", func() error { return s.Delete(t.Context(), key) }, nil},
	} {
		d.syncs = nil
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		for i, name := range d.syncs {
			if name == "." || name == filepath.Join(root, ".") {
				d.syncs[i] = root
			}
		}
		if !slices.Equal(d.syncs, step.want) {
			t.Errorf("%s flushes %q, want %q", step.name, d.syncs, step.want)
		}
	}
}

// Kept bytes of a dropped client are flushed too.
func TestSyncAfterDroppedClient(t *testing.T) {
	t.Parallel()
	s, d := openFaulty(t)
	key := blob.NewKey()
	r := io.MultiReader(strings.NewReader("ab"), iotest.ErrReader(io.ErrUnexpectedEOF))
	if n, err := s.Append(t.Context(), key, 0, r); n != 2 || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatalf("Append = %d, %v, want 2 and the reader's error", n, err)
	}
	if !slices.Contains(d.syncs, key+".part") {
		t.Errorf("Append flushed %q, want the file among them", d.syncs)
	}
}

// Every flush fails once, in turn: nothing is reported as kept, nothing is
// flushed twice in hope, and the same push succeeds afterwards.
func TestSyncFails(t *testing.T) {
	t.Parallel()
	if !canSyncDirs {
		Cannot(t, "this system cannot flush folders")
	}
	const calls = 6 // root, file, shard; file (second Append); file, shard (Commit)
	for n := 1; n <= calls+1; n++ {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			s, d := openFaulty(t)
			d.failSync = n
			key, hit := blob.NewKey(), false
			// failed reports whether err is the injected error.
			failed := func(err error) bool {
				t.Helper()
				if err != nil && (hit || !errors.Is(err, syscall.EIO)) {
					t.Fatalf("unexpected error: %v", err)
				}
				hit = hit || err != nil
				return err != nil
			}
			push := func() (again bool) {
				for off, piece := int64(0), "abc"; off < 6; off += 3 {
					kept, err := s.Append(t.Context(), key, off, strings.NewReader(piece))
					if failed(err) {
						if want := off; kept != 0 || max(size(t, s, key), 0) != want {
							t.Fatalf("failed Append = %d and leaves %d bytes, want 0 and %d", kept, size(t, s, key), want)
						}
						off -= 3 // the same piece again
					}
				}
				if !failed(s.Commit(t.Context(), key)) {
					return false
				}
				if err := s.Commit(t.Context(), key); errors.Is(err, blob.ErrNotExist) {
					return true // the file could not be flushed: begin anew
				} else if err != nil {
					t.Fatalf("second Commit: %v", err)
				}
				// The second Commit must have renamed anew, not just flushed anew.
				if got := d.syncs[len(d.syncs)-2:]; got[0] != key+".part" {
					t.Errorf("second Commit flushed %q, want the file and the folder", got)
				}
				return false
			}
			if push() {
				key = blob.NewKey()
				if push() {
					t.Fatal("the second push failed too")
				}
			}
			if hit != (n <= calls) {
				t.Errorf("fault %d hit: %v", n, hit)
			}
			if got := size(t, s, key); got != 6 {
				t.Errorf("stored %d bytes, want 6", got)
			}
		})
	}
}

// A second flush of the same pages would be a lie, so the upload is given up.
func TestCommitGivesUpAfterFailedSync(t *testing.T) {
	t.Parallel()
	s, d := openFaulty(t)
	key := blob.NewKey()
	if _, err := s.Append(t.Context(), key, 0, strings.NewReader("abc")); err != nil {
		t.Fatal(err)
	}
	d.failSync = len(d.syncs) + 1
	for _, want := range []error{syscall.EIO, blob.ErrNotExist} {
		if err := s.Commit(t.Context(), key); !errors.Is(err, want) {
			t.Errorf("Commit = %v, want %v", err, want)
		}
	}
	if got := size(t, s, key); got != -1 {
		t.Errorf("%d bytes are left, want no file", got)
	}
}

// A folder whose entry could not be flushed is made anew.
func TestShardIsTakenBack(t *testing.T) {
	t.Parallel()
	if !canSyncDirs {
		Cannot(t, "this system cannot flush folders")
	}
	s, d := openFaulty(t)
	d.failSync = 1
	key := blob.NewKey()
	if _, err := s.Append(t.Context(), key, 0, strings.NewReader("abc")); !errors.Is(err, syscall.EIO) {
		t.Fatalf("Append = %v, want EIO", err)
	}
	if _, err := s.root.Stat(key[:shardLen]); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is still there: %v", err)
	}
}

func TestWriteFails(t *testing.T) {
	t.Parallel()
	const total = 3*bufferSize + 100 // four writes, also from 7
	data := bytes.Repeat([]byte("0123456789abcde\n"), total/16+1)[:total]
	for _, off := range []int64{0, 7} {
		for n := 1; n <= 4; n++ {
			t.Run(fmt.Sprintf("write %d from %d", n, off), func(t *testing.T) {
				t.Parallel()
				s, d := openFaulty(t)
				key := blob.NewKey()
				if off > 0 {
					if _, err := s.Append(t.Context(), key, 0, bytes.NewReader(data[:off])); err != nil {
						t.Fatal(err)
					}
				}
				d.writes, d.failWrite = 0, n
				kept, err := s.Append(t.Context(), key, off, bytes.NewReader(data[off:]))
				if _, source := errors.AsType[*blob.SourceError](err); kept != 0 || source || !errors.Is(err, syscall.ENOSPC) {
					t.Fatalf("Append = %d, %v, want 0 and ENOSPC", kept, err)
				}
				if got := max(size(t, s, key), 0); got != off {
					t.Errorf("%d bytes are left, want %d: a full disk needs the space", got, off)
				}
				kept, err = s.Append(t.Context(), key, off, bytes.NewReader(data[off:]))
				if kept != total-off || err != nil {
					t.Fatalf("Append again = %d, %v, want %d", kept, err, total-off)
				}
				if got := size(t, s, key); got != total {
					t.Errorf("stored %d bytes, want %d", got, total)
				}
			})
		}
	}
}

func TestWritebackCoversAll(t *testing.T) {
	t.Parallel()
	s, d := openFaulty(t)
	r := io.LimitReader(neverEnding('x'), 3*writebackWindow+1)
	if _, err := s.Append(t.Context(), blob.NewKey(), 0, r); err != nil {
		t.Fatal(err)
	}
	if d.writebacks != 3*writebackWindow {
		t.Errorf("writeback was started up to byte %d, want %d", d.writebacks, 3*writebackWindow)
	}
}

// neverEnding yields one byte for ever.
type neverEnding byte

func (b neverEnding) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(b)
	}
	return len(p), nil
}

// Cannot skips a test for which this system lacks something, but not in CI, where a test
// that does not run is a failure.
func Cannot(t *testing.T, reason string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}
