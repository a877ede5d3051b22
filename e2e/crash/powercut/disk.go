package powercut

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"syscall"
)

// blockSize is the unit that is kept or lost. ext4 and the loop device write in
// pages, so it is the size of a page.
const blockSize = 4096

// Plan says what a cut does with the blocks that were not synced.
type Plan struct {
	Reorder bool   // keep a random half instead of dropping all
	Seed    uint64 // chooses the half
}

// Loss is what a cut did.
type Loss struct {
	Dropped int // blocks that never reached the base
	Kept    int // unsynced blocks that reached it by luck (Reorder)
}

// Disk is a block device whose volatile cache is lost when the power is cut.
type Disk struct {
	size int64

	mu      sync.Mutex
	base    *os.File
	dirty   map[int64][]byte // block number -> content since the last sync
	cut     bool
	refused int
	armed   *trap
}

// trap is a cut that waits for unsynced blocks.
type trap struct {
	dirty  int
	plan   Plan
	before func()
	done   chan<- Result
}

// Result is the loss of a cut that was armed, or why it failed.
type Result struct {
	Loss Loss
	Err  error
}

// OpenDisk opens the base file, whose size becomes the size of the disk.
func OpenDisk(base string) (*Disk, error) {
	f, err := os.OpenFile(base, os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("powercut: %w", err)
	}
	st, err := f.Stat()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("powercut: %w", err), f.Close())
	}
	if st.Size() == 0 || st.Size()%blockSize != 0 {
		err = fmt.Errorf("powercut: size %d of %s is not a multiple of %d", st.Size(), base, blockSize)
		return nil, errors.Join(err, f.Close())
	}
	return &Disk{size: st.Size(), base: f, dirty: make(map[int64][]byte)}, nil
}

// Close gives the base file back. Unsynced blocks are dropped.
func (d *Disk) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.base.Close()
}

// Size is the size of the disk in bytes.
func (d *Disk) Size() int64 { return d.size }

// ReadAt reads what was last written, synced or not. It implements io.ReaderAt.
func (d *Disk) ReadAt(p []byte, off int64) (int, error) {
	if off >= d.size {
		return 0, io.EOF
	}
	short := off+int64(len(p)) > d.size
	if short {
		p = p[:d.size-off]
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if n, err := d.base.ReadAt(p, off); err != nil {
		return n, err
	}
	for s := range spans(off, len(p)) {
		if b, ok := d.dirty[s.block]; ok {
			copy(p[s.from:s.to], b[s.at:])
		}
	}
	if short {
		return len(p), io.EOF
	}
	return len(p), nil
}

// WriteAt keeps p in memory until the next Sync. It implements io.WriterAt.
func (d *Disk) WriteAt(p []byte, off int64) (int, error) {
	if off < 0 || off+int64(len(p)) > d.size {
		return 0, syscall.ENOSPC
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.cut {
		d.refused++
		return 0, syscall.EIO
	}
	for s := range spans(off, len(p)) {
		b, ok := d.dirty[s.block]
		if !ok {
			b = make([]byte, blockSize)
			if s.to-s.from < blockSize {
				if _, err := d.base.ReadAt(b, s.block*blockSize); err != nil {
					return s.from, err
				}
			}
			d.dirty[s.block] = b
		}
		copy(b[s.at:], p[s.from:s.to])
	}
	if d.armed != nil && len(d.dirty) >= d.armed.dirty {
		d.spring()
	}
	return len(p), nil
}

// CutWhen arms a cut that happens as soon as so many blocks are not synced,
// which a cut at a random time seldom meets. It calls before just ahead of the
// cut, with the disk standing still, and then sends what was lost.
func (d *Disk) CutWhen(dirty int, p Plan, before func()) <-chan Result {
	d.mu.Lock()
	defer d.mu.Unlock()
	done := make(chan Result, 1)
	d.armed = &trap{dirty: dirty, plan: p, before: before, done: done}
	return done
}

// spring does the armed cut. The caller holds the lock.
func (d *Disk) spring() {
	trap := d.armed
	d.armed = nil
	trap.before()
	loss, err := d.lose(trap.plan)
	trap.done <- Result{loss, err}
}

// Sync makes everything written so far survive a cut.
func (d *Disk) Sync() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.cut {
		d.refused++
		return syscall.EIO
	}
	for n, b := range d.dirty {
		if _, err := d.base.WriteAt(b, n*blockSize); err != nil {
			return err
		}
		delete(d.dirty, n)
	}
	return nil
}

// Cut takes the power away, and disarms. A second cut finds nothing to lose.
// Like CutWhen it calls before just ahead of the cut.
func (d *Disk) Cut(p Plan, before func()) (Loss, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.armed = nil
	before()
	return d.lose(p)
}

// lose drops the cache. The caller holds the lock.
func (d *Disk) lose(p Plan) (Loss, error) {
	d.cut = true
	var loss Loss
	rng := rand.New(rand.NewPCG(p.Seed, 0))
	// Sorted, so that the same seed and blocks lose the same half.
	order := make([]int64, 0, len(d.dirty))
	for n := range d.dirty {
		order = append(order, n)
	}
	slices.Sort(order)
	for _, n := range order {
		if p.Reorder && rng.IntN(2) == 0 {
			if _, err := d.base.WriteAt(d.dirty[n], n*blockSize); err != nil {
				return loss, fmt.Errorf("powercut: %w", err)
			}
			loss.Kept++
			continue
		}
		loss.Dropped++
	}
	clear(d.dirty)
	return loss, nil
}

// Refused counts the writes and syncs that failed because the power was off.
func (d *Disk) Refused() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.refused
}

// span is the part of a request that lies in one block.
type span struct {
	block    int64
	at       int // offset inside the block
	from, to int // range inside the request
}

// spans splits a request into its blocks.
func spans(off int64, n int) func(yield func(span) bool) {
	return func(yield func(span) bool) {
		for from := 0; from < n; {
			pos := off + int64(from)
			at := int(pos % blockSize)
			to := min(n, from+blockSize-at)
			if !yield(span{block: pos / blockSize, at: at, from: from, to: to}) {
				return
			}
			from = to
		}
	}
}
