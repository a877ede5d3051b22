package memblob

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/berth-registry/berth/internal/blob"
)

// Store keeps blobs in memory. It implements [blob.Store]. The zero value is
// empty and ready.
type Store struct {
	mu    sync.Mutex
	blobs map[string]*entry
	busy  map[string]bool // keys with an Append at work
}

var _ blob.Store = (*Store)(nil)

// entry is one blob. Bytes of data that a reader may hold are never overwritten.
type entry struct {
	data      []byte
	committed bool
}

// New returns an empty store.
func New() *Store { return &Store{} }

// Append implements [blob.Store].
func (s *Store) Append(ctx context.Context, key string, off int64, r io.Reader) (int64, error) {
	if err := check(ctx, key); err != nil {
		return 0, err
	}
	data, err := s.begin(key, off)
	if err != nil {
		return 0, fmt.Errorf("append to blob %s at %d: %w", key, off, err)
	}
	defer s.end(key)

	buf := bytes.NewBuffer(data)
	n, err := buf.ReadFrom(blob.Source(ctx, r))
	s.put(key, buf.Bytes())
	if err != nil {
		return n, fmt.Errorf("append to blob %s at %d: %w", key, off, err)
	}
	return n, nil
}

// begin takes the key for one Append and returns the first off bytes.
func (s *Store) begin(key string, off int64) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy[key] {
		return nil, blob.ErrBusy
	}
	var data []byte
	if e := s.blobs[key]; e != nil {
		if e.committed {
			return nil, blob.ErrCommitted
		}
		data = e.data
	}
	if off < 0 || off > int64(len(data)) {
		return nil, fmt.Errorf("%w: %d of %d", blob.ErrOffset, off, len(data))
	}
	if off < int64(len(data)) {
		data = data[:off:off] // appending copies: readers may hold what is cut
	}
	if s.busy == nil {
		s.busy = make(map[string]bool)
	}
	s.busy[key] = true
	return data, nil
}

func (s *Store) put(key string, data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.blobs == nil {
		s.blobs = make(map[string]*entry)
	}
	s.blobs[key] = &entry{data: data}
}

func (s *Store) end(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.busy, key)
}

// Commit implements [blob.Store].
func (s *Store) Commit(ctx context.Context, key string) error {
	if err := check(ctx, key); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.blobs[key]
	switch {
	case s.busy[key]:
		return fmt.Errorf("commit blob %s: %w", key, blob.ErrBusy)
	case e == nil:
		return fmt.Errorf("commit blob %s: %w", key, blob.ErrNotExist)
	}
	e.committed = true
	return nil
}

// Open implements [blob.Store].
func (s *Store) Open(ctx context.Context, key string, off int64) (io.ReadCloser, error) {
	if err := check(ctx, key); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.blobs[key]
	if e == nil {
		return nil, fmt.Errorf("open blob %s: %w", key, blob.ErrNotExist)
	}
	if off < 0 || off > int64(len(e.data)) {
		return nil, fmt.Errorf("open blob %s: %w: %d of %d", key, blob.ErrOffset, off, len(e.data))
	}
	return io.NopCloser(bytes.NewReader(e.data[off:])), nil
}

// URL implements [blob.Store]: memory cannot be redirected to.
func (s *Store) URL(ctx context.Context, key string, _ time.Duration) (string, error) {
	return "", check(ctx, key)
}

// Delete implements [blob.Store].
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := check(ctx, key); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy[key] {
		return fmt.Errorf("delete blob %s: %w", key, blob.ErrBusy)
	}
	delete(s.blobs, key)
	return nil
}

// Keys implements [blob.Store]. It lists the keys of the moment it starts.
func (s *Store) Keys(ctx context.Context, after string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if err := ctx.Err(); err != nil {
			yield("", err)
			return
		}
		s.mu.Lock()
		keys := slices.Sorted(maps.Keys(s.blobs))
		s.mu.Unlock()
		for _, key := range keys {
			if key <= after {
				continue
			}
			if err := ctx.Err(); err != nil {
				yield("", err)
				return
			}
			if !yield(key, nil) {
				return
			}
		}
	}
}

// check is the beginning of every method.
func check(ctx context.Context, key string) error {
	return errors.Join(blob.CheckKey(key), ctx.Err())
}
