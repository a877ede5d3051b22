package fsblob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/berth-registry/berth/internal/blob"
)

const (
	// bufferSize is what one write call takes. Larger gains nothing, smaller
	// costs system calls; io.Copy would use 32 KiB.
	bufferSize = 256 << 10
	// writebackWindow is how many bytes may gather before the kernel is asked to
	// start writing them, so that the flush at the end finds little left to do.
	// Measured with 256 MiB on ext4: 25 % less time in all, 2 ms instead of 68 ms
	// in the final flush. 1 MiB and 32 MiB did about the same.
	writebackWindow = 8 << 20
)

// Append implements [blob.Store].
func (s *Store) Append(ctx context.Context, key string, off int64, r io.Reader) (int64, error) {
	if err := check(ctx, key); err != nil {
		return 0, err
	}
	if !s.busy.add(key) {
		return 0, fmt.Errorf("append to blob %s: %w", key, blob.ErrBusy)
	}
	defer s.busy.remove(key)

	n, err := s.append(ctx, key, off, r)
	if err != nil {
		return n, fmt.Errorf("append to blob %s at %d: %w", key, off, err)
	}
	return n, nil
}

func (s *Store) append(ctx context.Context, key string, off int64, r io.Reader) (int64, error) {
	f, err := s.openPart(key, off)
	if err != nil {
		return 0, err
	}
	n, sourceErr, err := s.copy(f, off, blob.Source(ctx, r))
	if err == nil {
		err = s.flush(f, key, off)
	}
	if err != nil {
		return 0, errors.Join(err, s.takeBack(f, key, off), f.Close())
	}
	if err := f.Close(); err != nil {
		return 0, err
	}
	return n, sourceErr
}

// openPart returns the unfinished file of key, with off bytes, at its end.
func (s *Store) openPart(key string, off int64) (*os.File, error) {
	final, part := paths(key)
	switch _, err := s.root.Lstat(final); {
	case err == nil:
		return nil, blob.ErrCommitted
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	if off == 0 {
		return s.create(key[:shardLen], part)
	}
	f, err := s.root.OpenFile(part, os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: nothing is stored", blob.ErrOffset)
	}
	if err != nil {
		return nil, err
	}
	if err := seekWithin(f, off); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if err := f.Truncate(off); err != nil { // the leftovers, if any
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// create makes a new file. A leftover is replaced, not emptied, because the flush
// of its directory entry may have failed, and only a new entry is flushed anew.
func (s *Store) create(shard, part string) (*os.File, error) {
	if err := s.makeShard(shard); err != nil {
		return nil, err
	}
	const flag = os.O_WRONLY | os.O_CREATE | os.O_EXCL
	f, err := s.root.OpenFile(part, flag, partMode)
	if errors.Is(err, fs.ErrExist) {
		if err := s.root.Remove(part); err != nil {
			return nil, err
		}
		return s.root.OpenFile(part, flag, partMode)
	}
	return f, err
}

// fill reads until buf is full or r returns an error, which may come with bytes.
func fill(r io.Reader, buf []byte) (n int, err error) {
	for n < len(buf) && err == nil {
		var m int
		m, err = r.Read(buf[n:])
		n += m
	}
	return n, err
}

// flush makes the bytes of f durable, and its name when this Append made it.
func (s *Store) flush(f *os.File, key string, off int64) error {
	if err := s.sync(f); err != nil {
		return err
	}
	if off > 0 {
		return nil // the Append at 0 has flushed the name
	}
	return s.syncDir(key[:shardLen])
}

// takeBack removes the bytes of a failed Append. The caller's next Append would
// cut them too; this frees a full disk and keeps them out of a careless Commit.
func (s *Store) takeBack(f *os.File, key string, off int64) error {
	if off > 0 {
		return f.Truncate(off)
	}
	_, part := paths(key)
	return s.root.Remove(part)
}

// Commit implements [blob.Store].
func (s *Store) Commit(ctx context.Context, key string) error {
	if err := check(ctx, key); err != nil {
		return err
	}
	if !s.busy.add(key) {
		return fmt.Errorf("commit blob %s: %w", key, blob.ErrBusy)
	}
	defer s.busy.remove(key)

	if err := s.commit(key); err != nil {
		return fmt.Errorf("commit blob %s: %w", key, err)
	}
	return nil
}

func (s *Store) commit(key string) error {
	final, part := paths(key)
	switch info, err := s.root.Lstat(final); {
	case err == nil:
		return s.recommit(key, info)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	f, err := s.root.OpenFile(part, os.O_WRONLY, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return blob.ErrNotExist
	}
	if err != nil {
		return err
	}
	if err := s.sync(f); err != nil {
		// A second flush would succeed without having written what the first
		// could not: these bytes must not be committed by anyone any more.
		return errors.Join(err, s.root.Remove(part), f.Close())
	}
	return errors.Join(s.publish(f, key), f.Close())
}

// publish gives the flushed file f its final name, durably.
func (s *Store) publish(f *os.File, key string) error {
	final, part := paths(key)
	if err := s.root.Rename(part, final); err != nil {
		return err
	}
	// Only now: a .part file that is read-only could not be continued.
	err := f.Chmod(committedMode)
	if err == nil {
		err = s.syncDir(key[:shardLen])
	}
	if err != nil {
		// Back to unfinished, so that a repeated Commit renames again and
		// flushes something new.
		return errors.Join(err, f.Chmod(partMode), s.root.Rename(final, part))
	}
	return nil
}

// recommit makes sure of an earlier Commit: the process that renamed the file may
// have crashed before it flushed the folder, or changed the mode.
func (s *Store) recommit(key string, info fs.FileInfo) error {
	if info.Mode().Perm()&0o222 != 0 {
		final, _ := paths(key)
		if err := s.root.Chmod(final, committedMode); err != nil {
			return err
		}
	}
	return s.syncDir(key[:shardLen])
}
