package registry

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// moveTags makes tags name a manifest that is stored, decides anew what is a version,
// and leaves word for the job after the push.
func (s *Service) moveTags(ctx context.Context, tx *meta.Tx, v berth.Viewer, n berth.Name, standing berth.Standing, row meta.Manifest, tags []berth.Tag, fresh bool) error {
	push := meta.Push{
		PackageID: row.PackageID, ManifestID: row.ID, UserID: v.UserID, Login: v.Login,
		MayLink: mayLink(v, standing), PushedAt: row.PushedAt,
	}
	changed := []berth.Digest{row.Digest}
	for _, t := range tags {
		before, err := s.moveTag(ctx, tx, v, n, standing, row, t)
		if err != nil {
			return err
		}
		push.Tag, push.Before = t, before
		if err := tx.AddPush(ctx, push); err != nil {
			return err
		}
		if before != row.Digest && before != "" {
			changed = append(changed, before)
		}
	}
	if len(tags) == 0 && fresh {
		if err := tx.AddPush(ctx, push); err != nil {
			return err
		}
	}
	if len(tags) > 0 {
		if err := tx.TouchManifest(ctx, row.ID, row.PushedAt); err != nil {
			return err
		}
	}
	return settle(ctx, tx, row.PackageID, row.PushedAt, changed...)
}

// settle decides anew what is a version after something happened to manifests, and
// counts.
func settle(ctx context.Context, tx *meta.Tx, pkg int64, now time.Time, changed ...berth.Digest) error {
	more := 0
	slices.Sort(changed)
	for _, d := range slices.Compact(changed) {
		n, err := tx.SettleVersions(ctx, pkg, d)
		if err != nil {
			return err
		}
		more += n
	}
	return tx.CountVersions(ctx, pkg, more, now)
}

// moveTag makes or moves a tag, and returns what it named before. The audit log says
// from where, so that a tag which is turned back does not go unnoticed.
func (s *Service) moveTag(ctx context.Context, tx *meta.Tx, v berth.Viewer, n berth.Name, standing berth.Standing, row meta.Manifest, t berth.Tag) (before berth.Digest, err error) {
	old, err := tx.ResolveTag(ctx, row.PackageID, s.fold(t))
	if err != nil && !errors.Is(err, berth.ErrManifestUnknown) {
		return "", err
	}
	if old.Digest != "" && old.Digest != row.Digest {
		if err := s.guard(ctx, tx, v, n, standing, t); err != nil {
			return "", err
		}
	}
	if err := tx.PutTag(ctx, row.PackageID, s.fold(t), t, row.Digest, row.PushedAt); err != nil || old.Digest == row.Digest {
		return old.Digest, err
	}
	e := event(standing, n, row.PushedAt, "tag.create", row.Digest.String())
	if old.Digest != "" {
		e.Action, e.Detail = "tag.move", old.Digest.String()+" -> "+e.Detail
	}
	e.Target += ":" + string(t)
	return old.Digest, tx.AddEvent(ctx, v, e)
}

// DeleteTag unties a tag. What it named stays, as an untagged version if nothing else
// holds it. Errors: those of [Service.enter]; berth.ErrManifestUnknown;
// berth.ErrTagProtected.
func (s *Service) DeleteTag(ctx context.Context, v berth.Viewer, n berth.Name, t berth.Tag) error {
	now := s.opts.Now()
	return s.meta.Update(ctx, func(tx *meta.Tx) error {
		standing, err := s.enterToDelete(ctx, tx, v, n, berth.Reference{Tag: t})
		if err != nil {
			return err
		}
		return s.untie(ctx, tx, v, n, standing, t, now)
	})
}

// untie takes a tag from a package that is locked.
func (s *Service) untie(ctx context.Context, tx *meta.Tx, v berth.Viewer, n berth.Name, standing berth.Standing, t berth.Tag, now time.Time) error {
	old, err := tx.ResolveTag(ctx, standing.PackageID, s.fold(t))
	if errors.Is(err, berth.ErrManifestUnknown) {
		err = berth.ErrManifestUnknown.With("%s has no tag %s", n, t)
	}
	if err != nil {
		return err
	}
	if err := s.guard(ctx, tx, v, n, standing, t); err != nil {
		return err
	}
	if err := tx.DropTag(ctx, standing.PackageID, s.fold(t)); err != nil {
		return err
	}
	if err := settle(ctx, tx, standing.PackageID, now, old.Digest); err != nil {
		return err
	}
	e := event(standing, n, now, "tag.delete", old.Digest.String())
	e.Target += ":" + string(t)
	return tx.AddEvent(ctx, v, e)
}

// enterToDelete is enterLocked for what the registry's protocol deletes. It tells no
// package into which nothing was pushed from one without what is meant.
func (s *Service) enterToDelete(ctx context.Context, tx *meta.Tx, v berth.Viewer, n berth.Name, ref berth.Reference) (berth.Standing, error) {
	standing, err := s.enter(ctx, tx, v, n, berth.ActionDelete)
	switch {
	case err != nil:
		return standing, err
	case !standing.Published:
		return standing, berth.ErrManifestUnknown.With("%s has no %s", n, ref)
	}
	return standing, tx.LockPackage(ctx, standing.PackageID)
}

// enterLocked is enter for a change to what a package holds.
func (s *Service) enterLocked(ctx context.Context, tx *meta.Tx, v berth.Viewer, n berth.Name, a berth.Action) (berth.Standing, error) {
	standing, err := s.published(ctx, tx, v, n, a)
	if err == nil {
		err = tx.LockPackage(ctx, standing.PackageID)
	}
	return standing, err
}

// Tag is a tag with what is known of it.
type Tag struct {
	Name         berth.Tag
	Digest       berth.Digest
	VersionID    int64
	MediaType    string
	CreatedAt    time.Time
	UpdatedAt    time.Time // when it was last moved
	Downloads    int64
	LastPulledAt time.Time // zero: never
	Protected    bool      // by a rule, whoever may move it
}

// TagDetails returns the tags of a package after the given one ("" is the start), at
// most limit of them, without those that only attach something to a manifest.
// Errors: those of [Service.enter]; berth.ErrPackageUnknown.
func (s *Service) TagDetails(ctx context.Context, v berth.Viewer, n berth.Name, after berth.Tag, limit int) ([]Tag, error) {
	var list []Tag
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		standing, err := s.published(ctx, tx, v, n, berth.ActionPull)
		if err != nil {
			return err
		}
		rows, err := tx.ListTagDetails(ctx, standing.PackageID, s.fold(after), max(1, min(limit, MaxList)))
		if err != nil {
			return err
		}
		h, err := s.shieldOf(ctx, tx, standing.PackageID, berth.Viewer{})
		list = make([]Tag, len(rows))
		for i, row := range rows {
			list[i] = h.tagOf(row)
		}
		return err
	})
	return list, err
}

func (h shield) tagOf(row meta.TagDetails) Tag {
	return Tag{row.Name, row.Digest, row.ManifestID, row.MediaType, row.CreatedAt, row.UpdatedAt, row.Downloads, row.LastPulledAt, h.protects(row.Name)}
}

// GetTag returns a tag of a package. Errors: those of [Service.enter];
// berth.ErrPackageUnknown, berth.ErrManifestUnknown.
func (s *Service) GetTag(ctx context.Context, v berth.Viewer, n berth.Name, t berth.Tag) (Tag, error) {
	var tag Tag
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		standing, err := s.published(ctx, tx, v, n, berth.ActionPull)
		if err != nil {
			return err
		}
		row, err := tx.GetTagDetails(ctx, standing.PackageID, s.fold(t))
		if errors.Is(err, berth.ErrManifestUnknown) {
			err = berth.ErrManifestUnknown.With("%s has no tag %s", n, t)
		}
		if err != nil {
			return err
		}
		h, err := s.shieldOf(ctx, tx, standing.PackageID, berth.Viewer{})
		tag = h.tagOf(row)
		return err
	})
	return tag, err
}
