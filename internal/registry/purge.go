package registry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// purgeBatch is how many deletions are purged at a time.
const purgeBatch = 100

// PurgeTrash forgets for good what was deleted long enough ago, and returns how many
// deletions that were. The bytes are left to the sweep.
func (s *Service) PurgeTrash(ctx context.Context) (int, error) {
	now := s.opts.Now()
	purged := 0
	var failed error
	for last := (meta.Trash{}); ; {
		var old []meta.Trash
		err := s.meta.View(ctx, func(tx *meta.Tx) (err error) {
			old, err = tx.ListOldTrash(ctx, now.Add(-TrashLife), last, purgeBatch)
			return err
		})
		if err != nil {
			return purged, errors.Join(failed, err)
		}
		for _, t := range old {
			last = t
			err := s.meta.Update(ctx, func(tx *meta.Tx) error { return purge(ctx, tx, t, now) })
			if err != nil { // the others must not wait for it
				failed = errors.Join(failed, fmt.Errorf("purge %s of %s: %w", t.Digest, t.Name, err))
				continue
			}
			purged++
		}
		if len(old) < purgeBatch || ctx.Err() != nil {
			return purged, failed
		}
	}
}

func purge(ctx context.Context, tx *meta.Tx, t meta.Trash, now time.Time) error {
	err := tx.LockPackage(ctx, t.PackageID)
	if err != nil && !errors.Is(err, berth.ErrPackageUnknown) { // it may be in the trash itself
		return err
	}
	gone, err := tx.LockTrash(ctx, t.ID)
	if err != nil || gone { // another replica was faster, or somebody has restored it
		return err
	}
	if t.Digest == "" {
		return tx.PurgePackage(ctx, t.PackageID, now)
	}
	if err := (&purging{tx: tx, trash: t}).run(ctx); err != nil {
		return err
	}
	if err := tx.PurgeHidden(ctx, t.PackageID); err != nil {
		return err
	}
	return tx.DropTrash(ctx, t.ID)
}
