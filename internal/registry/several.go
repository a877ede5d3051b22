package registry

import (
	"context"
	"errors"
	"slices"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// DescribeVersions returns several versions of a package by their ids, without what only
// the page of one shows, in one go. Those that are not there are left out.
// Errors: those of [Service.enter]; berth.ErrPackageUnknown; berth.ErrRequestInvalid for
// more than [MaxBulk].
func (s *Service) DescribeVersions(ctx context.Context, v berth.Viewer, n berth.Name, ids ...int64) (map[int64]Version, error) {
	if len(ids) > MaxBulk {
		return nil, berth.ErrRequestInvalid.With("expected at most %d versions, got %d", MaxBulk, len(ids))
	}
	var found map[int64]Version
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		found = make(map[int64]Version, len(ids))
		standing, err := s.published(ctx, tx, v, n, berth.ActionPull)
		if err != nil {
			return err
		}
		list, err := someVersions(ctx, tx, standing.PackageID, ids)
		if err != nil {
			return err
		}
		if err := s.findProtected(ctx, tx, standing.PackageID, list); err != nil {
			return err
		}
		for _, version := range list {
			found[version.ID] = version
		}
		return nil
	})
	return found, err
}

func someVersions(ctx context.Context, tx *meta.Tx, pkg int64, ids []int64) ([]Version, error) {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	list := make([]Version, 0, len(ids))
	for _, id := range ids {
		row, err := tx.GetVersion(ctx, pkg, id)
		if errors.Is(err, berth.ErrVersionUnknown) {
			continue
		}
		if err != nil {
			return nil, err
		}
		version, err := versionOf(row)
		if err != nil {
			return nil, err
		}
		list = append(list, version)
	}
	return list, findMissing(ctx, tx, list)
}

// DeletionPlan is what deleting versions would take.
type DeletionPlan struct {
	Versions []Version // those that there are, newest first
	Kept     []Version // chosen too, but a rule keeps the viewer from deleting them
	// Freed is how many bytes nobody else holds: what would be free in the end. It is -1
	// where there are too many manifests to tell.
	Freed int64
}

// PlanDeletion says what [Service.DeleteVersions] would delete, and how much that frees:
// of several versions together it is more than the sum, for they share layers. Those
// that a rule protects from the viewer are left out; whether the deletion will be refused
// for something else it does not say. Errors: those of [Service.enter];
// berth.ErrPackageUnknown; berth.ErrRequestInvalid for none or more than [MaxBulk].
func (s *Service) PlanDeletion(ctx context.Context, v berth.Viewer, n berth.Name, ids ...int64) (DeletionPlan, error) {
	var plan DeletionPlan
	if len(ids) == 0 || len(ids) > MaxBulk {
		return plan, berth.ErrRequestInvalid.With("expected from 1 to %d versions, got %d", MaxBulk, len(ids))
	}
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		standing, err := s.published(ctx, tx, v, n, berth.ActionDelete)
		if err != nil {
			return err
		}
		if plan.Versions, err = someVersions(ctx, tx, standing.PackageID, ids); err != nil {
			return err
		}
		if err := s.findProtected(ctx, tx, standing.PackageID, plan.Versions); err != nil {
			return err
		}
		slices.Reverse(plan.Versions)
		if plan.Versions, plan.Kept, err = s.deletable(ctx, tx, v, standing.PackageID, plan.Versions); err != nil {
			return err
		}
		plan.Freed, err = freedTogether(ctx, tx, standing.PackageID, plan.Versions)
		return err
	})
	return plan, err
}

// deletable parts versions: those that the viewer may delete, and those that rules on
// their tags protect from him.
func (s *Service) deletable(ctx context.Context, tx *meta.Tx, v berth.Viewer, pkg int64, list []Version) (free, kept []Version, err error) {
	h, err := s.shieldOf(ctx, tx, pkg, v)
	if err != nil {
		return nil, nil, err
	}
	for _, version := range list {
		if slices.ContainsFunc(version.Tags, func(t berth.Tag) bool { _, blocked := h.blocking(t); return blocked }) {
			kept = append(kept, version)
		} else {
			free = append(free, version)
		}
	}
	return free, kept, nil
}

// freedTogether returns how many bytes are there only for these versions.
func freedTogether(ctx context.Context, tx *meta.Tx, pkg int64, versions []Version) (int64, error) {
	var parts []meta.Part
	seen := map[int64]bool{}
	for _, version := range versions {
		root := meta.Part{ID: version.ID, Digest: version.Digest, MediaType: version.MediaType, Size: version.ManifestSize, Version: true}
		list, err := gather(ctx, tx, pkg, root, maxShown, func(p meta.Part) bool { return p.TrashID == 0 && !p.Version })
		if errors.Is(err, berth.ErrRequestTooLarge) || len(parts)+len(list) > maxShown {
			return -1, nil
		}
		if err != nil {
			return 0, err
		}
		for _, p := range list {
			if !seen[p.ID] {
				seen[p.ID] = true
				parts = append(parts, p)
			}
		}
	}
	if len(parts) == 0 {
		return 0, nil
	}
	// What an index outside of these holds stays, and is refused if it is one of them.
	stays, err := shared(ctx, tx, pkg, parts)
	if err != nil {
		return 0, err
	}
	return freedBy(ctx, tx, slices.DeleteFunc(parts, func(p meta.Part) bool { return stays[p.ID] }))
}
