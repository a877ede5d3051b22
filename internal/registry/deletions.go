package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

const (
	// TrashLife is how long what was deleted can be restored.
	TrashLife = 30 * 24 * time.Hour
	// maxDownloads is how often a public package or version may have been pulled to be
	// deleted by others than administrators of the instance: too many rely on it.
	maxDownloads = 5000
	// MaxBulk is how many versions one request can delete.
	MaxBulk = 100
)

// hadTag is a tag that went with a version.
type hadTag struct {
	Name         berth.Tag    `json:"name"`
	Digest       berth.Digest `json:"digest"`
	CreatedAt    time.Time    `json:"created_at"`
	UpdatedAt    time.Time    `json:"updated_at"`
	Downloads    int64        `json:"downloads"`
	LastPulledAt time.Time    `json:"last_pulled_at,omitzero"`
}

// DeleteManifest unties a tag, or moves a manifest to the trash with all that is there
// only for it, as the reference says. Unlike [Service.DeleteVersions] it takes what is
// no version too, and the last one. Errors: those of [Service.enter];
// berth.ErrManifestUnknown; berth.ErrManifestReferenced when an index holds it;
// berth.ErrDeleteRefused for what many people pull; berth.ErrTagProtected.
func (s *Service) DeleteManifest(ctx context.Context, v berth.Viewer, n berth.Name, ref berth.Reference) error {
	if ref.Tag != "" {
		return s.DeleteTag(ctx, v, n, ref.Tag)
	}
	d, now := ref.Digest, s.opts.Now()
	return s.meta.Update(ctx, func(tx *meta.Tx) error {
		standing, err := s.enterToDelete(ctx, tx, v, n, ref)
		if err != nil {
			return err
		}
		root, err := tx.GetPart(ctx, standing.PackageID, d)
		if err == nil && root.TrashID != 0 {
			err = berth.ErrManifestUnknown
		}
		if errors.Is(err, berth.ErrManifestUnknown) {
			return berth.ErrManifestUnknown.With("%s has no %s", n, d)
		}
		if err != nil {
			return err
		}
		room := maxUnit
		return s.trashVersion(ctx, tx, v, n, standing, root, &room, now)
	})
}

// DeleteVersions moves versions to the trash, all of them or none, each with what is
// there only for it. Errors: those of [Service.enter]; berth.ErrVersionUnknown;
// berth.ErrManifestReferenced when an index holds one; berth.ErrDeleteRefused for the
// last tagged version, the last of all, and what many people pull;
// berth.ErrTagProtected; berth.ErrRequestInvalid for none or more than [MaxBulk].
func (s *Service) DeleteVersions(ctx context.Context, v berth.Viewer, n berth.Name, ids ...int64) error {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	if len(ids) == 0 || len(ids) > MaxBulk {
		return berth.ErrRequestInvalid.With("expected from 1 to %d versions, got %d", MaxBulk, len(ids))
	}
	now := s.opts.Now()
	return s.meta.Update(ctx, func(tx *meta.Tx) error {
		standing, err := s.enterLocked(ctx, tx, v, n, berth.ActionDelete)
		if err != nil {
			return err
		}
		left, room := ids, maxUnit
		for len(left) > 0 {
			var held []int64
			var refused error
			for _, id := range left {
				err := s.deleteVersion(ctx, tx, v, n, standing, id, &room, now)
				if errors.Is(err, berth.ErrManifestReferenced) {
					held, refused = append(held, id), err // perhaps by another one of them
				} else if err != nil {
					return err
				}
			}
			if len(held) == len(left) {
				return refused
			}
			left = held
		}
		return nil
	})
}

func (s *Service) deleteVersion(ctx context.Context, tx *meta.Tx, v berth.Viewer, n berth.Name, standing berth.Standing, id int64, room *int, now time.Time) error {
	version, err := tx.GetVersion(ctx, standing.PackageID, id)
	if errors.Is(err, berth.ErrVersionUnknown) {
		return unknownVersion(n, id)
	}
	if err != nil {
		return err
	}
	if err := keepsOne(ctx, tx, n, standing, version); err != nil {
		return err
	}
	root := meta.Part{ID: version.ID, Digest: version.Digest, Version: true}
	return s.trashVersion(ctx, tx, v, n, standing, root, room, now)
}

// unknownVersion says that a package has no version of a number; 0 is what was no
// number at all.
func unknownVersion(n berth.Name, id int64) error {
	if id == 0 {
		return berth.ErrVersionUnknown.With("a version of %s is named by the number that lists give as its id, not by a tag or a digest", n)
	}
	return berth.ErrVersionUnknown.With("%s has no version %d", n, id)
}

// keepsOne refuses to leave a package without a tagged version where it has one, or
// without any: whoever wants that wants the package gone.
func keepsOne(ctx context.Context, tx *meta.Tx, n berth.Name, standing berth.Standing, version meta.Version) error {
	if len(version.Tags) > 0 {
		other, err := tx.OtherTagged(ctx, standing.PackageID, version.Digest)
		if err == nil && !other {
			err = berth.ErrDeleteRefused.With("version %d is the last tagged one of %s; delete the package instead", version.ID, n)
		}
		return err
	}
	two, err := tx.ListVersions(ctx, standing.PackageID, 0, 0, 2)
	if err == nil && len(two) < 2 {
		err = berth.ErrDeleteRefused.With("version %d is the last one of %s; delete the package instead", version.ID, n)
	}
	return err
}

func (s *Service) trashVersion(ctx context.Context, tx *meta.Tx, v berth.Viewer, n berth.Name, standing berth.Standing, root meta.Part, room *int, now time.Time) error {
	parent, err := tx.GetParent(ctx, standing.PackageID, root.Digest)
	if err != nil {
		return err
	}
	if parent != "" {
		also := ""
		if root.Version {
			also = ", or only the tags of this one"
		}
		return berth.ErrManifestReferenced.With("the index %s holds it; delete that first%s", parent, also)
	}
	if err := s.popular(ctx, tx, v, n, standing, root.ID); err != nil {
		return err
	}
	parts, err := unit(ctx, tx, standing.PackageID, root, room)
	if err != nil {
		return err
	}
	tags, err := s.dropTags(ctx, tx, v, n, standing, parts)
	if err != nil {
		return err
	}
	text, err := json.Marshal(tags)
	if err != nil {
		return err
	}
	trash, err := tx.AddTrash(ctx, meta.Trash{
		PackageID: standing.PackageID, Digest: root.Digest, Name: n, Tags: string(text),
		DeletedBy: v.Login, DeletedByID: v.UserID, DeletedAt: now,
	})
	if err != nil {
		return err
	}
	if err := trashParts(ctx, tx, standing.PackageID, parts, tags, trash, now); err != nil {
		return err
	}
	e := event(standing, n, now, "version.delete", describeTags(tags))
	if !root.Version {
		e.Action = "manifest.delete"
	}
	e.Target += "@" + root.Digest.String()
	if err := tx.AddEvent(ctx, v, e); err != nil || !root.Version {
		return err
	}
	return tell(ctx, tx, v, n, standing, "deleted", root, now)
}

// trashParts makes manifests part of a deletion, and decides anew what is a version
// among those that stay: what was there only for one of them may be one now.
func trashParts(ctx context.Context, tx *meta.Tx, pkg int64, parts []meta.Part, tags []hadTag, trash int64, now time.Time) error {
	gone := 0
	changed := make([]berth.Digest, 0, len(parts)+len(tags))
	for _, p := range parts {
		if err := tx.TrashManifest(ctx, p.ID, trash); err != nil {
			return err
		}
		if p.Version {
			gone++
		}
		changed = append(changed, p.Digest)
	}
	for _, t := range tags {
		changed = append(changed, t.Digest)
	}
	if err := tx.CountVersions(ctx, pkg, -gone, now); err != nil {
		return err
	}
	return settle(ctx, tx, pkg, now, changed...)
}

// dropTags unties the tags of manifests and those that are for them by their name, and
// returns what they were. It unties none if one of them is protected.
func (s *Service) dropTags(ctx context.Context, tx *meta.Tx, v berth.Viewer, n berth.Name, standing berth.Standing, parts []meta.Part) ([]hadTag, error) {
	tags, names, pkg := []hadTag{}, []berth.Tag{}, standing.PackageID
	seen := map[string]bool{} // one may be of a manifest, and for another one
	for _, p := range parts {
		list, err := tx.ListTagsOf(ctx, pkg, p.Digest)
		if err != nil {
			return nil, err
		}
		others, err := tx.ListTagsFor(ctx, pkg, p.Digest)
		if err != nil {
			return nil, err
		}
		for _, t := range append(list, others...) {
			if seen[t.Folded] {
				continue
			}
			seen[t.Folded] = true
			tags = append(tags, hadTag{t.Name, t.Digest, t.CreatedAt, t.UpdatedAt, t.Downloads, t.LastPulledAt})
			names = append(names, t.Name)
		}
	}
	if err := s.guard(ctx, tx, v, n, standing, names...); err != nil {
		return nil, err
	}
	for _, t := range names {
		if err := tx.DropTag(ctx, pkg, s.fold(t)); err != nil {
			return nil, err
		}
	}
	return tags, nil
}

// describeTags lists tags for the audit log.
func describeTags(tags []hadTag) string {
	const most = 20
	names := make([]string, 0, most)
	for _, t := range tags[:min(len(tags), most)] {
		names = append(names, string(t.Name))
	}
	text := strings.Join(names, ", ")
	if more := len(tags) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// popular refuses to delete what is public and was pulled often, a version or (0) any
// of the package.
func (s *Service) popular(ctx context.Context, tx *meta.Tx, v berth.Viewer, n berth.Name, standing berth.Standing, version int64) error {
	if v.Admin || standing.Visibility != berth.VisibilityPublic {
		return nil
	}
	most, err := tx.MostDownloads(ctx, standing.PackageID, version, maxDownloads)
	if err != nil || most <= maxDownloads {
		return err
	}
	what := "a version of it"
	if version != 0 {
		what = "it"
	}
	return berth.ErrDeleteRefused.With("%s is public and %s was downloaded %d times; above %d only an administrator of this registry may delete it", n, what, most, maxDownloads)
}

// DeletePackage moves a package with all its versions to the trash, and frees its
// name. What was being uploaded is cancelled. Errors: those of [Service.enter];
// berth.ErrPackageUnknown; berth.ErrDeleteRefused for what many people pull;
// berth.ErrTagProtected.
func (s *Service) DeletePackage(ctx context.Context, v berth.Viewer, n berth.Name) error {
	now := s.opts.Now()
	return s.meta.Update(ctx, func(tx *meta.Tx) error {
		standing, err := s.enterLocked(ctx, tx, v, n, berth.ActionDelete)
		if err != nil {
			return err
		}
		if err := s.popular(ctx, tx, v, n, standing, 0); err != nil {
			return err
		}
		if err := s.guardAll(ctx, tx, v, n, standing); err != nil {
			return err
		}
		if err := tx.DropUploadsTo(ctx, standing.PackageID, now); err != nil {
			return err
		}
		_, err = tx.AddTrash(ctx, meta.Trash{
			PackageID: standing.PackageID, Name: n, Tags: "[]",
			DeletedBy: v.Login, DeletedByID: v.UserID, DeletedAt: now,
		})
		if err != nil {
			return err
		}
		if err := tx.TrashPackage(ctx, standing.PackageID, now); err != nil {
			return err
		}
		if err := tx.AddEvent(ctx, v, event(standing, n, now, "package.delete", string(standing.Visibility))); err != nil {
			return err
		}
		return tell(ctx, tx, v, n, standing, "deleted", meta.Part{}, now)
	})
}
