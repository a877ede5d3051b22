package account

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	"github.com/berth-registry/berth/internal/meta"
)

const (
	keyRotation = 30 * 24 * time.Hour // a new key is made after that
	keyLife     = 2 * keyRotation     // old ones are forgotten after that
	keyReload   = time.Second         // at most so often is an unknown key looked up

	// settingIssuer is the random name of the installation, so that bearers of
	// another one are refused even if keys were copied.
	settingIssuer = "account.issuer"
)

// keyring holds the keys that sign bearers. They live in the database and are
// made anew from time to time by whoever signs first.
type keyring struct {
	db     *meta.DB
	now    func() time.Time
	issuer string

	mu       sync.RWMutex
	keys     map[string]meta.SigningKey
	newest   meta.SigningKey
	loadedAt time.Time
}

func newKeyring(ctx context.Context, db *meta.DB, now func() time.Time) (*keyring, error) {
	k := &keyring{db: db, now: now}
	err := db.Update(ctx, func(tx *meta.Tx) (err error) {
		if err := tx.AddSetting(ctx, settingIssuer, rand.Text()); err != nil {
			return err
		}
		k.issuer, err = tx.GetSetting(ctx, settingIssuer)
		return err
	})
	if err != nil {
		return nil, err
	}
	_, err = k.signing(ctx)
	return k, err
}

// signing returns the key to sign with, making one when the newest is old.
func (k *keyring) signing(ctx context.Context) (meta.SigningKey, error) {
	k.mu.RLock()
	newest := k.newest
	k.mu.RUnlock()
	now := k.now()
	if now.Sub(newest.CreatedAt) < keyRotation {
		return newest, nil
	}
	fresh := meta.SigningKey{ID: rand.Text(), Secret: []byte(rand.Text() + rand.Text()), CreatedAt: now}
	var keys []meta.SigningKey
	err := k.db.Update(ctx, func(tx *meta.Tx) (err error) {
		if keys, err = tx.ListSigningKeys(ctx); err != nil {
			return err
		}
		if len(keys) == 0 || now.Sub(keys[0].CreatedAt) >= keyRotation {
			if err := tx.PutSigningKey(ctx, fresh); err != nil {
				return err
			}
			keys = append([]meta.SigningKey{fresh}, keys...)
		}
		return tx.DropSigningKeys(ctx, now.Add(-keyLife))
	})
	if err != nil {
		return newest, err
	}
	k.adopt(keys)
	return keys[0], nil
}

// find returns the key of that id, which another replica may have made.
func (k *keyring) find(ctx context.Context, id string) (meta.SigningKey, bool, error) {
	k.mu.RLock()
	key, ok := k.keys[id]
	stale := k.now().Sub(k.loadedAt) >= keyReload
	k.mu.RUnlock()
	if ok || !stale {
		return key, ok, nil
	}
	err := k.db.View(ctx, func(tx *meta.Tx) error {
		keys, err := tx.ListSigningKeys(ctx)
		if err == nil {
			k.adopt(keys)
		}
		return err
	})
	k.mu.RLock()
	defer k.mu.RUnlock()
	key, ok = k.keys[id]
	return key, ok, err
}

func (k *keyring) adopt(keys []meta.SigningKey) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.loadedAt = k.now()
	k.keys = make(map[string]meta.SigningKey, len(keys))
	for _, key := range keys {
		k.keys[key.ID] = key
	}
	if len(keys) > 0 {
		k.newest = keys[0]
	}
}
