package registry

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// maxTags bounds the tags that one copy makes.
const maxTags = 100

// Which names a version: by its id, or by a tag or digest where that is 0.
type Which struct {
	ID        int64
	Reference berth.Reference
}

// Copy gives a version more tags, in its own package or in another one, which then
// holds it too, with all that refers to it. No byte is moved, and it is done in one
// transaction. It returns the id that the version has there.
// Errors: those of [Service.enter] for pulling and pushing; berth.ErrVersionUnknown;
// berth.ErrRequestInvalid for too many tags; berth.ErrQuotaExceeded, berth.ErrTagProtected.
func (s *Service) Copy(ctx context.Context, v berth.Viewer, from berth.Name, which Which, to berth.Name, tags ...berth.Tag) (int64, error) {
	if len(tags) > maxTags || from == to && len(tags) == 0 {
		return 0, berth.ErrRequestInvalid.With("expected tags, at most %d, got %d", maxTags, len(tags))
	}
	now := s.opts.Now()
	tags = slices.Sorted(slices.Values(tags))
	var made int64
	err := s.meta.Update(ctx, func(tx *meta.Tx) error {
		target, err := s.enter(ctx, tx, v, to, berth.ActionPush)
		if err != nil {
			return err
		}
		source, err := s.published(ctx, tx, v, from, berth.ActionPull)
		if err != nil {
			return err
		}
		if target.PackageID, err = s.ensurePackage(ctx, tx, v, to, target, now); err != nil {
			return err
		}
		if err := lockBoth(ctx, tx, source.PackageID, target.PackageID); err != nil {
			return err
		}
		version, err := s.pick(ctx, tx, source.PackageID, from, which)
		if err != nil {
			return err
		}
		space, err := roomFor(ctx, tx, target.PackageID)
		if err != nil {
			return err
		}
		c := copying{tx: tx, service: s, viewer: v, name: to, standing: target, source: source.PackageID, now: now}
		if made, err = c.run(ctx, meta.Part{ID: version.ID, Digest: version.Digest, Version: true}, tags); err != nil {
			return err
		}
		return space.check(ctx)
	})
	return made, err
}

// pick finds the version that is meant.
// Errors: berth.ErrVersionUnknown, berth.ErrManifestUnknown.
func (s *Service) pick(ctx context.Context, tx *meta.Tx, pkg int64, n berth.Name, which Which) (meta.Version, error) {
	if which.Reference != (berth.Reference{}) {
		row, err := s.resolve(ctx, tx, pkg, n, which.Reference)
		if err == nil && !row.Version {
			err = berth.ErrManifestUnknown.With("%s is no version of %s but part of one", which.Reference, n)
		}
		if err != nil {
			return meta.Version{}, err
		}
		which.ID = row.ID
	}
	version, err := tx.GetVersion(ctx, pkg, which.ID)
	if errors.Is(err, berth.ErrVersionUnknown) {
		err = unknownVersion(n, which.ID)
	}
	return version, err
}

// lockBoth locks two packages, in the order of their ids so that two copies do not
// wait for each other.
func lockBoth(ctx context.Context, tx *meta.Tx, a, b int64) error {
	if err := tx.LockPackage(ctx, min(a, b)); err != nil || a == b {
		return err
	}
	return tx.LockPackage(ctx, max(a, b))
}

// copying is one copy of a version into a package.
type copying struct {
	tx       *meta.Tx
	service  *Service
	viewer   berth.Viewer
	name     berth.Name // of the target
	standing berth.Standing
	source   int64
	now      time.Time
}

func (c *copying) run(ctx context.Context, root meta.Part, tags []berth.Tag) (int64, error) {
	row := meta.Manifest{ID: root.ID, PackageID: c.standing.PackageID, Digest: root.Digest, PushedAt: c.now}
	fresh := false
	if c.source != c.standing.PackageID {
		parts, err := whole(ctx, c.tx, c.source, root)
		if err != nil {
			return 0, err
		}
		if row.ID, fresh, err = c.parts(ctx, parts); err != nil {
			return 0, err
		}
	}
	if err := c.service.moveTags(ctx, c.tx, c.viewer, c.name, c.standing, row, tags, fresh); err != nil {
		return 0, err
	}
	return row.ID, c.service.publish(ctx, c.tx, c.viewer, c.name, c.standing, c.now)
}

// parts makes the target hold all parts of a version, and returns the id of the root
// there, which is the first, and whether it is new.
func (c *copying) parts(ctx context.Context, parts []meta.Part) (root int64, fresh bool, err error) {
	if err := c.blobs(ctx, parts); err != nil {
		return 0, false, err
	}
	made := make(map[int64]int64, len(parts)) // by the id in the source, where it was not there yet
	for i, p := range parts {
		id, isNew, err := c.manifest(ctx, p, i > 0)
		if err != nil {
			return 0, false, err
		}
		if isNew {
			made[p.ID] = id
		}
		if i == 0 {
			root, fresh = id, isNew
		}
	}
	for _, p := range parts {
		id, isNew := made[p.ID]
		if !isNew {
			continue
		}
		children, err := c.tx.ListChildren(ctx, p.ID)
		if err != nil {
			return 0, false, err
		}
		for _, child := range children {
			if err := c.tx.PutChild(ctx, id, c.standing.PackageID, child.Digest); err != nil {
				return 0, false, err
			}
		}
	}
	return root, fresh, c.attach(ctx, parts)
}

// blobs makes the target hold all blobs that the parts need, in the order in which
// pushes lock them.
func (c *copying) blobs(ctx context.Context, parts []meta.Part) error {
	var digests []berth.Digest
	for _, p := range parts {
		list, err := c.tx.ListBlobsOf(ctx, p.ID)
		if err != nil {
			return err
		}
		digests = append(digests, list...)
	}
	slices.Sort(digests)
	for _, d := range slices.Compact(digests) {
		if err := c.service.holdBlob(ctx, c.tx, c.source, d); err != nil {
			return err
		}
		if err := c.tx.LinkBlob(ctx, c.standing.PackageID, d, c.now); err != nil {
			return err
		}
	}
	return nil
}

// manifest stores one part in the target. What is only a part is left to the job after
// the push here; the root comes with its tags.
func (c *copying) manifest(ctx context.Context, p meta.Part, part bool) (id int64, fresh bool, err error) {
	row, err := c.tx.GetManifest(ctx, p.ID)
	if err != nil {
		return 0, false, err
	}
	row.PackageID, row.PushedAt = c.standing.PackageID, c.now
	id, fresh, err = createManifest(ctx, c.tx, row)
	if err != nil || !fresh {
		return id, fresh, err
	}
	blobs, err := c.tx.ListBlobsOf(ctx, p.ID)
	if err != nil {
		return 0, false, err
	}
	for _, d := range blobs {
		if err := c.tx.PutBlobReference(ctx, id, c.standing.PackageID, d); err != nil {
			return 0, false, err
		}
	}
	if part {
		err = c.tx.AddPush(ctx, meta.Push{PackageID: c.standing.PackageID, ManifestID: id, UserID: c.viewer.UserID, Login: c.viewer.Login, PushedAt: c.now})
	}
	return id, fresh, err
}

// attach copies the tags by which parts refer to others, and decides anew what is a
// version in the target.
func (c *copying) attach(ctx context.Context, parts []meta.Part) error {
	held := make(map[berth.Digest]bool, len(parts))
	changed := make([]berth.Digest, len(parts))
	for i, p := range parts {
		held[p.Digest], changed[i] = true, p.Digest
	}
	for _, p := range parts {
		tags, err := c.tx.ListTagsOf(ctx, c.source, p.Digest)
		if err != nil {
			return err
		}
		row := meta.Manifest{PackageID: c.standing.PackageID, Digest: p.Digest, PushedAt: c.now}
		for _, t := range tags {
			if subject := t.Name.Subject(); subject == p.Digest || !held[subject] {
				continue // a tag like any other, which was not asked for
			}
			before, err := c.service.moveTag(ctx, c.tx, c.viewer, c.name, c.standing, row, t.Name)
			if err != nil {
				return err
			}
			if before != "" {
				changed = append(changed, before)
			}
		}
	}
	return settle(ctx, c.tx, c.standing.PackageID, c.now, changed...)
}
