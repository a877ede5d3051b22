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
	if err := purgeParts(ctx, tx, t); err != nil {
		return err
	}
	if err := tx.PurgeHidden(ctx, t.PackageID); err != nil {
		return err
	}
	return tx.DropTrash(ctx, t.ID)
}

// purgeParts deletes what was deleted together from the root down. What another
// deleted version holds too is that one's now, with what it holds itself. Each is
// looked at once, or a chain of them would cost the square of its length.
func purgeParts(ctx context.Context, tx *meta.Tx, t meta.Trash) error {
	p, err := planPurge(ctx, tx, t)
	if err != nil {
		return err
	}
	if err := p.give(ctx, tx); err != nil {
		return err
	}
	return p.drop(ctx, tx, t.PackageID)
}

// purging is what becomes of the parts of one deletion.
type purging struct {
	free    []meta.Part           // that nothing holds
	given   []meta.Part           // that another deletion gets
	holds   map[int64][]meta.Part // of the same deletion, by who holds them
	holders map[int64]int         // how many hold it still
	heirs   map[int64]int64       // the deletions that get them
}

func planPurge(ctx context.Context, tx *meta.Tx, t meta.Trash) (*purging, error) {
	parts, err := tx.ListInTrash(ctx, t.ID)
	if err != nil {
		return nil, err
	}
	p := &purging{holds: map[int64][]meta.Part{}, holders: map[int64]int{}, heirs: map[int64]int64{}}
	for _, part := range parts {
		parents, err := tx.ListParents(ctx, t.PackageID, part.Digest)
		if err != nil {
			return nil, err
		}
		if p.holders[part.ID] = len(parents); len(parents) == 0 {
			p.free = append(p.free, part)
		}
		for _, parent := range parents {
			if parent.TrashID == t.ID {
				p.holds[parent.ID] = append(p.holds[parent.ID], part)
			} else if parent.TrashID != 0 && p.heirs[part.ID] == 0 {
				p.heirs[part.ID] = parent.TrashID
				p.given = append(p.given, part)
			}
		}
	}
	return p, nil
}

// give hands parts over with all that they hold.
func (p *purging) give(ctx context.Context, tx *meta.Tx) error {
	for i := 0; i < len(p.given); i++ {
		heir := p.heirs[p.given[i].ID]
		if err := tx.TrashManifest(ctx, p.given[i].ID, heir); err != nil {
			return err
		}
		for _, part := range p.holds[p.given[i].ID] {
			if p.heirs[part.ID] == 0 {
				p.heirs[part.ID] = heir
				p.given = append(p.given, part)
			}
		}
	}
	return nil
}

// drop deletes what nothing holds, and then what nothing holds any more.
func (p *purging) drop(ctx context.Context, tx *meta.Tx, pkg int64) error {
	for i := 0; i < len(p.free); i++ {
		if err := tx.DropManifest(ctx, pkg, p.free[i].Digest); err != nil {
			return err
		}
		for _, part := range p.holds[p.free[i].ID] {
			if p.holders[part.ID]--; p.holders[part.ID] == 0 && p.heirs[part.ID] == 0 {
				p.free = append(p.free, part)
			}
		}
	}
	return nil
}
