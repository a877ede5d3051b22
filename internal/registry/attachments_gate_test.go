package registry_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/blob"
	"github.com/berth-registry/berth/internal/blob/memblob"
)

// slowStore is a store whose reads do not get on once it is slow.
type slowStore struct {
	blob.Store

	slow   atomic.Bool
	opened chan struct{}
	goOn   chan struct{}
}

func (s *slowStore) Open(ctx context.Context, key string, off int64) (io.ReadCloser, error) {
	if s.slow.Load() {
		s.opened <- struct{}{}
		select {
		case <-s.goOn:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return s.Store.Open(ctx, key, off)
}

// Large attachments are read two at a time, whoever asks; small ones wait for nobody.
func TestReadAttachmentTakesTurns(t *testing.T) {
	t.Parallel()
	store := &slowStore{Store: memblob.New(), opened: make(chan struct{}, 10), goOn: make(chan struct{})}
	k := newShelf(t, berthtest.Options{Blobs: store})
	k.attest("small")
	large := strings.Repeat("large", 300_000)
	k.attest(large)
	read := func(ctx context.Context, what string) error {
		_, err := k.s.Registry.ReadAttachment(ctx, k.v, k.n, k.made[what].Digest)
		return err
	}
	store.slow.Store(true)
	done := make(chan error, 2)
	for range 2 {
		go func() { done <- read(t.Context(), large) }()
		<-store.opened
	}
	soon, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if err := read(soon, large); !errors.Is(err, context.DeadlineExceeded) || len(store.opened) != 0 {
		t.Errorf("a third: %v, %d opened", err, len(store.opened))
	}
	store.slow.Store(false)
	k.must(read(t.Context(), "small"))
	close(store.goOn)
	k.must(errors.Join(<-done, <-done))
	k.must(read(t.Context(), large))
}
