package blobtest

import (
	"context"
	"errors"
	"io"
	"iter"
	"sync"
	"time"

	"github.com/berth-registry/berth/internal/blob"
)

// ErrInjected is the error of a [Faulty] store. It is the storage's kind of error,
// never a blob.SourceError.
var ErrInjected = errors.New("injected storage fault")

// tornBytes is how much of a failing Append reaches the store.
const tornBytes = 100

// Faulty is a store that works for a number of calls and then fails every call,
// as a disk does, until [Faulty.Heal].
type Faulty struct {
	inner blob.Store
	lose  bool

	mu   sync.Mutex
	left int // calls that still work; below 0: any number
	hits int
}

var _ blob.Store = (*Faulty)(nil)

// FailAfter returns a store that passes n calls on to inner. Later calls fail with
// [ErrInjected] and have no effect, but that an Append leaves up to 100 bytes
// behind that it does not report, as a torn write does.
//
// Run a use case with n = 0, 1, 2… until [Faulty.Hits] stays 0 to see it fail at
// each of its steps.
func FailAfter(inner blob.Store, n int) *Faulty { return &Faulty{inner: inner, left: n} }

// LoseAfter is [FailAfter] but that the failing calls of Append, Commit and Delete
// do all their work, and only the answer is an error: the lost reply of a remote
// store.
func LoseAfter(inner blob.Store, n int) *Faulty {
	return &Faulty{inner: inner, left: n, lose: true}
}

// Hits returns how many calls were made to fail. A test whose faults never hit has
// tested nothing.
func (f *Faulty) Hits() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.hits
}

// Heal lets all further calls work.
func (f *Faulty) Heal() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.left = -1
}

// fails counts a call and reports whether it is to fail.
func (f *Faulty) fails() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.left == 0:
		f.hits++
		return true
	case f.left > 0:
		f.left--
	}
	return false
}

// Append implements [blob.Store].
func (f *Faulty) Append(ctx context.Context, key string, off int64, r io.Reader) (int64, error) {
	if !f.fails() {
		return f.inner.Append(ctx, key, off, r)
	}
	if !f.lose {
		r = io.LimitReader(r, tornBytes)
	}
	_, err := f.inner.Append(ctx, key, off, r)
	if _, source := errors.AsType[*blob.SourceError](err); err != nil && !source {
		return 0, err
	}
	return 0, ErrInjected
}

// Commit implements [blob.Store].
func (f *Faulty) Commit(ctx context.Context, key string) error {
	return f.run(func() error { return f.inner.Commit(ctx, key) })
}

// Delete implements [blob.Store].
func (f *Faulty) Delete(ctx context.Context, key string) error {
	return f.run(func() error { return f.inner.Delete(ctx, key) })
}

// run is a call without a result.
func (f *Faulty) run(call func() error) error {
	if !f.fails() {
		return call()
	}
	if f.lose {
		if err := call(); err != nil {
			return err
		}
	}
	return ErrInjected
}

// Open implements [blob.Store].
func (f *Faulty) Open(ctx context.Context, key string, off int64) (io.ReadCloser, error) {
	if f.fails() {
		return nil, ErrInjected
	}
	return f.inner.Open(ctx, key, off)
}

// URL implements [blob.Store].
func (f *Faulty) URL(ctx context.Context, key string, ttl time.Duration) (string, error) {
	if f.fails() {
		return "", ErrInjected
	}
	return f.inner.URL(ctx, key, ttl)
}

// Keys implements [blob.Store]. A walk counts as one call, when it starts.
func (f *Faulty) Keys(ctx context.Context, after string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if f.fails() {
			yield("", ErrInjected)
			return
		}
		f.inner.Keys(ctx, after)(yield)
	}
}
