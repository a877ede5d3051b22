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

// purging deletes what was deleted together for good, from the root down. What another
// deleted version holds too is that one's now, with what it holds itself. Each manifest
// is looked at once, or a chain of them would cost the square of its length.
type purging struct {
	tx    *meta.Tx
	trash meta.Trash

	free    []meta.Part           // that nothing holds any more
	given   []meta.Part           // to another deletion
	heirs   map[int64]int64       // which one, by manifest
	holds   map[int64][]meta.Part // by the index, of the same deletion
	holders map[int64]int         // that are left
}

func (g *purging) run(ctx context.Context) error {
	g.heirs, g.holds, g.holders = map[int64]int64{}, map[int64][]meta.Part{}, map[int64]int{}
	parts, err := g.tx.ListInTrash(ctx, g.trash.ID)
	if err != nil {
		return err
	}
	for _, p := range parts {
		if err := g.look(ctx, p); err != nil {
			return err
		}
	}
	if err := g.give(ctx); err != nil {
		return err
	}
	return g.drop(ctx)
}

// look finds out who holds a manifest.
func (g *purging) look(ctx context.Context, p meta.Part) error {
	parents, err := g.tx.ListParents(ctx, g.trash.PackageID, p.Digest)
	if err != nil {
		return err
	}
	if g.holders[p.ID] = len(parents); len(parents) == 0 {
		g.free = append(g.free, p)
	}
	for _, parent := range parents {
		if parent.TrashID == g.trash.ID {
			g.holds[parent.ID] = append(g.holds[parent.ID], p)
		} else if parent.TrashID != 0 {
			g.leave(p, parent.TrashID)
		}
	}
	return nil
}

// leave leaves a manifest to another deletion.
func (g *purging) leave(p meta.Part, heir int64) {
	if g.heirs[p.ID] == 0 {
		g.heirs[p.ID] = heir
		g.given = append(g.given, p)
	}
}

func (g *purging) give(ctx context.Context) error {
	for i := 0; i < len(g.given); i++ {
		p := g.given[i]
		if err := g.tx.TrashManifest(ctx, p.ID, g.heirs[p.ID]); err != nil {
			return err
		}
		for _, held := range g.holds[p.ID] {
			g.leave(held, g.heirs[p.ID])
		}
	}
	return nil
}

func (g *purging) drop(ctx context.Context) error {
	for i := 0; i < len(g.free); i++ {
		p := g.free[i]
		if err := g.tx.DropManifest(ctx, g.trash.PackageID, p.Digest); err != nil {
			return err
		}
		for _, held := range g.holds[p.ID] {
			if g.holders[held.ID]--; g.holders[held.ID] == 0 && g.heirs[held.ID] == 0 {
				g.free = append(g.free, held)
			}
		}
	}
	return nil
}
