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

	sealSigningKey = "signing key " // and its id
)

// keyring holds the keys that sign bearers. They live in the database and are
// made anew from time to time by whoever signs first.
type keyring struct {
	db     *meta.DB
	sealer *sealer
	now    func() time.Time
	issuer string

	mu       sync.RWMutex
	keys     map[string]meta.SigningKey
	newest   meta.SigningKey
	loadedAt time.Time
}

func newKeyring(ctx context.Context, db *meta.DB, seal *sealer, now func() time.Time) (*keyring, error) {
	k := &keyring{db: db, sealer: seal, now: now}
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
	id := rand.Text()
	sealed := k.sealer.seal(sealSigningKey+id, []byte(rand.Text()+rand.Text()))
	fresh := meta.SigningKey{ID: id, Secret: sealed, CreatedAt: now}
	var keys []meta.SigningKey
	err := k.db.Update(ctx, func(tx *meta.Tx) (err error) {
		if keys, err = tx.ListSigningKeys(ctx); err != nil {
			return err
		}
		if err := k.check(keys); err != nil {
			return err // before a key is added that the right secret cannot open
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
	if err := k.adopt(keys); err != nil {
		return newest, err
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.newest, nil
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
		if err != nil {
			return err
		}
		return k.adopt(keys)
	})
	k.mu.RLock()
	defer k.mu.RUnlock()
	key, ok = k.keys[id]
	return key, ok, err
}

// check reports whether the secret is that of the keys. Errors: [ErrSecret].
func (k *keyring) check(keys []meta.SigningKey) error {
	for _, key := range keys {
		if _, err := k.sealer.open(sealSigningKey+key.ID, key.Secret); err != nil {
			return ErrSecret.Because(err)
		}
	}
	return nil
}

// adopt opens the keys and uses them from now on. Errors: [ErrSecret].
func (k *keyring) adopt(keys []meta.SigningKey) error {
	opened := make(map[string]meta.SigningKey, len(keys))
	for i, key := range keys {
		secret, err := k.sealer.open(sealSigningKey+key.ID, key.Secret)
		if err != nil {
			return ErrSecret.Because(err)
		}
		keys[i].Secret = secret
		opened[key.ID] = keys[i]
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.loadedAt, k.keys = k.now(), opened
	if len(keys) > 0 {
		k.newest = keys[0]
	}
	return nil
}
