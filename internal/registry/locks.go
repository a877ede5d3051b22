package registry

import (
	"context"
	"sync"
)

// keyedLocks holds one lock per key in use.
type keyedLocks struct {
	mu    sync.Mutex
	locks map[string]*keyedLock
}

type keyedLock struct {
	held  chan struct{} // has room for one
	users int
}

func newKeyedLocks() *keyedLocks {
	return &keyedLocks{locks: map[string]*keyedLock{}}
}

// lock waits for the key and returns how to release it.
func (k *keyedLocks) lock(ctx context.Context, key string) (unlock func(), err error) {
	l := k.enter(key)
	select {
	case l.held <- struct{}{}:
		return func() { k.unlock(key, l) }, nil
	case <-ctx.Done():
		k.leave(key, l)
		return nil, ctx.Err()
	}
}

// tryLock takes the key only if it is free.
func (k *keyedLocks) tryLock(key string) (unlock func(), ok bool) {
	l := k.enter(key)
	select {
	case l.held <- struct{}{}:
		return func() { k.unlock(key, l) }, true
	default:
		k.leave(key, l)
		return nil, false
	}
}

func (k *keyedLocks) enter(key string) *keyedLock {
	k.mu.Lock()
	defer k.mu.Unlock()
	l := k.locks[key]
	if l == nil {
		l = &keyedLock{held: make(chan struct{}, 1)}
		k.locks[key] = l
	}
	l.users++
	return l
}

func (k *keyedLocks) unlock(key string, l *keyedLock) {
	<-l.held
	k.leave(key, l)
}

func (k *keyedLocks) leave(key string, l *keyedLock) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if l.users--; l.users == 0 {
		delete(k.locks, key)
	}
}
