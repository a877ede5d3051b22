package registry

import (
	"context"
	"errors"
	"slices"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// VersionAt is what a tag or a digest names: a version, or a manifest that is none itself.
type VersionAt struct {
	Version  VersionPage  // with the zero ID for such a manifest
	Attached []AttachedTo // to the version; empty for one with too many manifests

	// Platform is which one of the version's Summary was chosen, -1 where none of them is
	// a manifest of its own. Image is what is in that, or what was named where that is no
	// version; the zero value where it was never pushed.
	Platform int
	Image    ManifestPage
	Parent   berth.Digest // an index that holds what is no version
}

// GetVersionAt returns what a reference names, with what is in the image for a platform,
// "" for the first. What the job after the push has not read yet is read here, with at
// most one blob. Errors: those of [Service.enter]; berth.ErrPackageUnknown;
// berth.ErrManifestUnknown, also for a platform that the version does not have.
func (s *Service) GetVersionAt(ctx context.Context, v berth.Viewer, n berth.Name, ref berth.Reference, platform string) (VersionAt, error) {
	var at VersionAt
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		at = VersionAt{Platform: -1}
		standing, err := s.published(ctx, tx, v, n, berth.ActionPull)
		if err != nil {
			return err
		}
		found, err := s.findReference(ctx, tx, n, standing.PackageID, ref)
		if errors.Is(err, berth.ErrManifestUnknown) && ref.Digest != "" {
			return at.readPart(ctx, tx, n, standing.PackageID, ref.Digest)
		}
		if err != nil {
			return err
		}
		if at.Version, err = s.versionPage(ctx, tx, standing.PackageID, found.ManifestID); err != nil {
			return err
		}
		if err := at.readPlatform(ctx, tx, n, standing.PackageID, ref, platform); err != nil {
			return err
		}
		at.Attached, err = attachedTo(ctx, tx, standing.PackageID, at.Version.Version)
		if errors.Is(err, berth.ErrRequestTooLarge) {
			at.Attached, err = nil, nil
		}
		return err
	})
	if err == nil {
		err = s.readLate(ctx, n, &at.Image)
	}
	return at, err
}

// readPart reads what is in a manifest that is no version.
func (at *VersionAt) readPart(ctx context.Context, tx *meta.Tx, n berth.Name, pkg int64, d berth.Digest) (err error) {
	if at.Image, err = manifestPage(ctx, tx, n, pkg, d); err == nil {
		at.Parent, err = tx.GetParent(ctx, pkg, d)
	}
	return err
}

// readPlatform chooses a platform of a version, and reads what is in its image.
func (at *VersionAt) readPlatform(ctx context.Context, tx *meta.Tx, n berth.Name, pkg int64, ref berth.Reference, platform string) error {
	list := at.Version.Summary.Platforms
	own := func(p Platform) bool { return p.Digest != "" }
	if !slices.ContainsFunc(list, own) {
		return nil // the version is the image
	}
	at.Platform = slices.IndexFunc(list, func(p Platform) bool { return own(p) && (platform == "" || platform == p.String()) })
	if at.Platform < 0 {
		return berth.ErrManifestUnknown.With("%s of %s has no image for %.60q", ref, n, platform)
	}
	image, err := manifestPage(ctx, tx, n, pkg, list[at.Platform].Digest)
	if errors.Is(err, berth.ErrManifestUnknown) {
		return nil // an index may hold what was never pushed
	}
	at.Image = image
	return err
}
