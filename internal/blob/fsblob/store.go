package fsblob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/berth-registry/berth/internal/blob"
)

const (
	dirMode       = 0o700
	partMode      = 0o600
	committedMode = 0o440
	partSuffix    = ".part"
	shardLen      = 2
)

// Store keeps blobs in a directory. It implements [blob.Store].
type Store struct {
	// root confines every path to the directory, symbolic links included. The
	// key grammar alone would do; this is the second lock on the door.
	root    *os.Root
	busy    keySet
	buffers sync.Pool // of *[bufferSize]byte

	// shardsMu is held while a shard is made, so that nobody uses it before it
	// is durable.
	shardsMu sync.Mutex
	shards   map[string]bool // known to be durable

	// The calls that tests make fail.
	sync      func(*os.File) error
	write     func(*os.File, []byte) (int, error)
	writeback func(f *os.File, off, n int64)
}

var _ blob.Store = (*Store)(nil)

// Option changes how [Open] builds a store.
type Option func(*Store)

// WithoutSync takes every flush to disk out: acknowledged bytes are lost in a
// power cut. It exists for the test harness only, which proves with it that its
// power-cut test notices lost data. No configuration leads here.
func WithoutSync() Option {
	return func(s *Store) {
		s.sync = func(*os.File) error { return nil }
		s.writeback = func(*os.File, int64, int64) {}
	}
}

// Open opens the store in dir and creates the directory when it is missing.
func Open(dir string, opts ...Option) (*Store, error) {
	s := &Store{
		shards:    make(map[string]bool),
		sync:      (*os.File).Sync,
		write:     (*os.File).Write,
		writeback: startWriteback,
	}
	for _, opt := range opts {
		opt(s)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open blob directory: %w", err)
	}
	if err := s.makeDir(dir); err != nil {
		return nil, fmt.Errorf("open blob directory: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open blob directory: %w", err)
	}
	s.root = root
	if err := s.learnShards(); err != nil {
		return nil, errors.Join(fmt.Errorf("open blob directory: %w", err), root.Close())
	}
	return s, nil
}

// Close releases the directory. Readers that are open stay usable.
func (s *Store) Close() error { return s.root.Close() }

// Open implements [blob.Store]. The reader is an *os.File at offset off, so that
// net/http sends it with sendfile(2) without copying it through this process.
func (s *Store) Open(ctx context.Context, key string, off int64) (io.ReadCloser, error) {
	if err := check(ctx, key); err != nil {
		return nil, err
	}
	f, err := s.openFile(key)
	if err != nil {
		return nil, fmt.Errorf("open blob %s: %w", key, err)
	}
	if err := seekWithin(f, off); err != nil {
		return nil, errors.Join(fmt.Errorf("open blob %s at %d: %w", key, off, err), f.Close())
	}
	return f, nil
}

func (s *Store) openFile(key string) (*os.File, error) {
	final, part := paths(key)
	// The final name twice: Commit may rename the file between the two looks.
	for _, name := range []string{final, part, final} {
		f, err := s.root.Open(name)
		if !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
	}
	return nil, blob.ErrNotExist
}

// seekWithin moves f to off, or returns ErrOffset when that is outside the file.
func seekWithin(f *os.File, off int64) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if off < 0 || off > info.Size() {
		return fmt.Errorf("%w: %d of %d", blob.ErrOffset, off, info.Size())
	}
	_, err = f.Seek(off, io.SeekStart)
	return err
}

// URL implements [blob.Store]: files cannot be redirected to.
func (s *Store) URL(ctx context.Context, key string, _ time.Duration) (string, error) {
	return "", check(ctx, key)
}

// Delete implements [blob.Store].
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := check(ctx, key); err != nil {
		return err
	}
	if !s.busy.add(key) {
		return fmt.Errorf("delete blob %s: %w", key, blob.ErrBusy)
	}
	defer s.busy.remove(key)

	final, part := paths(key)
	for _, name := range []string{part, final} {
		if err := s.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("delete blob %s: %w", key, err)
		}
	}
	// No flush of the folder: see blob.Store. The key is never used again, so
	// its return after a power cut is garbage to sweep, not damage.
	return nil
}

// check is the beginning of every method.
func check(ctx context.Context, key string) error {
	if err := blob.CheckKey(key); err != nil {
		return err
	}
	return ctx.Err()
}

// paths returns the names of a key, committed and unfinished, below the root.
func paths(key string) (final, part string) {
	final = filepath.Join(key[:shardLen], key)
	return final, final + partSuffix
}

// keySet guards keys against two writers.
type keySet struct {
	mu   sync.Mutex
	keys map[string]struct{}
}

// add reports whether key was free, and takes it.
func (k *keySet) add(key string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, taken := k.keys[key]; taken {
		return false
	}
	if k.keys == nil {
		k.keys = make(map[string]struct{})
	}
	k.keys[key] = struct{}{}
	return true
}

func (k *keySet) remove(key string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.keys, key)
}
