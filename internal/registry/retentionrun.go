package registry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

const (
	// retainedPage is how many packages with a rule are listed at a time.
	retainedPage = 200
	// retentionBatch is how many versions one transaction removes.
	retentionBatch = 20
)

// sweeper is who removes what rules say: nobody who signed in, and no administrator.
func sweeper() berth.Viewer { return berth.Viewer{Login: "retention", Address: "local"} }

// RunRetention moves to the trash what active rules remove, and returns how many
// versions that were: at most [MaxPlanned] of each package; the rest is for the next
// run. Several replicas may run it at once. A package that cannot be dealt with does not
// keep the others from it.
func (s *Service) RunRetention(ctx context.Context) (int, error) {
	removed := 0
	var failed error
	for after := int64(0); ; {
		var ids []int64
		err := s.meta.View(ctx, func(tx *meta.Tx) (err error) {
			ids, err = tx.ListRetained(ctx, after, retainedPage)
			return err
		})
		if err != nil {
			return removed, errors.Join(failed, err)
		}
		for _, id := range ids {
			after = id
			n, err := s.retain(ctx, id)
			removed += n
			if err != nil {
				failed = errors.Join(failed, fmt.Errorf("retention of package %d: %w", id, err))
			}
		}
		if len(ids) < retainedPage || ctx.Err() != nil {
			return removed, failed
		}
	}
}

// retain carries out the rule that counts for a package.
func (s *Service) retain(ctx context.Context, pkg int64) (removed int, err error) {
	now := s.opts.Now()
	var plan RetentionPlan
	var rule meta.Retention
	err = s.meta.View(ctx, func(tx *meta.Tx) error {
		k, err := s.keepingNow(ctx, tx, pkg, now)
		if err != nil || k == nil {
			plan = RetentionPlan{}
			return err
		}
		rule = k.rule
		plan, err = k.plan(ctx, tx)
		return err
	})
	if err != nil {
		return 0, err
	}
	// An index is younger than what it holds, and goes first.
	slices.SortFunc(plan.Remove, func(a, b PlannedItem) int { return cmp.Compare(b.ID, a.ID) })
	for batch := range slices.Chunk(plan.Remove, retentionBatch) {
		n := 0
		err := s.meta.Update(ctx, func(tx *meta.Tx) (err error) {
			n, err = s.removeBatch(ctx, tx, pkg, rule, batch, now)
			return err
		})
		removed += n
		if err != nil {
			return removed, err
		}
	}
	return removed, nil
}

// keepingNow reads the active rule of a package, nil when there is none any more.
func (s *Service) keepingNow(ctx context.Context, tx *meta.Tx, pkg int64, now time.Time) (*keeping, error) {
	rule, err := tx.GetRetentionOn(ctx, pkg)
	if errors.Is(err, berth.ErrRuleUnknown) || err == nil && !rule.Active {
		return nil, nil //nolint:nilnil // none
	}
	if err != nil {
		return nil, err
	}
	p, err := tx.GetPackage(ctx, pkg)
	if errors.Is(err, berth.ErrPackageUnknown) {
		return nil, nil //nolint:nilnil // gone meanwhile
	}
	return s.keepingOf(rule, standingOf(p), now), err
}

// standingOf is where the sweeper stands, who is asked nothing.
func standingOf(p meta.Package) berth.Standing {
	return berth.Standing{OwnerID: p.OwnerID, PackageID: p.ID, Path: p.Name.Path, Published: true, Visibility: p.Visibility}
}

// removeBatch removes planned versions that are still as they were when that was
// planned, under the same rule.
func (s *Service) removeBatch(ctx context.Context, tx *meta.Tx, pkg int64, rule meta.Retention, batch []PlannedItem, now time.Time) (int, error) {
	err := tx.LockPackage(ctx, pkg)
	if errors.Is(err, berth.ErrPackageUnknown) { // deleted meanwhile
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	k, err := s.keepingNow(ctx, tx, pkg, now)
	if err != nil || k == nil || k.rule.ID != rule.ID || !k.rule.UpdatedAt.Equal(rule.UpdatedAt) {
		return 0, err
	}
	p, err := tx.GetPackage(ctx, pkg)
	if err != nil {
		return 0, err
	}
	h, err := s.shieldOf(ctx, tx, pkg, sweeper())
	if err != nil {
		return 0, err
	}
	removed, room := 0, maxUnit
	for _, item := range batch {
		gone, err := k.drop(ctx, tx, h, p, item, &room)
		if err != nil {
			return 0, err
		}
		if gone {
			removed++
		}
	}
	if removed == 0 {
		return 0, nil
	}
	return removed, tx.AddEvent(ctx, sweeper(), event(standingOf(p), p.Name, now, "retention.run", fmt.Sprintf("versions removed: %d", removed)))
}

// drop removes one version, and reports whether it did: what has changed or may not
// be removed stays.
func (k *keeping) drop(ctx context.Context, tx *meta.Tx, h shield, p meta.Package, item PlannedItem, room *int) (bool, error) {
	version, err := tx.GetVersion(ctx, k.pkg, item.ID)
	if err == nil && k.stays(version, h) != "" {
		return false, nil
	}
	if err == nil {
		look := *room
		if needed, err := k.needed(ctx, tx, h, version, &look); err != nil || needed {
			return false, err
		}
		err = k.service.deleteVersion(ctx, tx, sweeper(), p.Name, standingOf(p), item.ID, room, k.now)
	}
	for _, refusal := range []error{
		berth.ErrVersionUnknown, berth.ErrManifestReferenced, berth.ErrDeleteRefused, berth.ErrTagProtected, berth.ErrRequestTooLarge,
	} {
		if errors.Is(err, refusal) { // before anything was written
			return false, nil
		}
	}
	return err == nil, err
}

// needed reports whether anything that is still there needs a version, or has a tag that
// would go with it.
func (k *keeping) needed(ctx context.Context, tx *meta.Tx, h shield, v meta.Version, room *int) (bool, error) {
	above, err := tx.ListHolders(ctx, k.pkg, v.Digest)
	if err != nil || slices.ContainsFunc(above, func(p meta.Part) bool { return p.TrashID == 0 }) {
		return true, err
	}
	return k.attached(ctx, tx, h, v, room)
}
