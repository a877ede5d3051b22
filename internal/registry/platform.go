package registry

import (
	"context"
	"errors"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/artifact"
	"github.com/berth-registry/berth/internal/meta"
)

// BuildStep is one step of how an image was made, with its layer: see [Details.Build].
type BuildStep = artifact.BuildStep

// Layer is one layer of an image.
type Layer = artifact.Layer

// ManifestPage is all that is known of one manifest of a package: of a version, or of a
// platform of one.
type ManifestPage struct {
	ID           int64
	Digest       berth.Digest
	MediaType    string
	ArtifactType string
	Version      bool // it is a version itself, and ID the version's
	ManifestSize int64
	Manifest     []byte

	Kind     artifact.Kind
	Size     int64 // of all that it holds, each thing once, in bytes
	Platform string
	Summary  Summary
	Details  Details
	Problem  string // why something about it could not be read
	Missing  []berth.Digest
}

// GetPlatform returns a manifest of a package, mostly one of the images in an index. What
// the job after the push has not read yet is read here, with at most one blob.
// Errors: those of [Service.enter]; berth.ErrPackageUnknown; berth.ErrManifestUnknown,
// also for what is in the trash.
func (s *Service) GetPlatform(ctx context.Context, v berth.Viewer, n berth.Name, d berth.Digest) (ManifestPage, error) {
	var page ManifestPage
	var described bool
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		part, err := s.partOf(ctx, tx, v, n, d)
		if err != nil {
			return err
		}
		m, err := tx.GetDescribed(ctx, part.ID)
		if err != nil {
			return err
		}
		page = ManifestPage{
			ID: m.ID, Digest: m.Digest, MediaType: m.MediaType, ArtifactType: m.ArtifactType, Version: part.Version,
			ManifestSize: part.Size, Manifest: m.Body,
		}
		read, err := readDescription(ctx, tx, part.ID)
		if err != nil {
			return err
		}
		described = read.Kind != ""
		page.describe(read)
		if page.Size, err = tx.Measure(ctx, part.ID); err != nil {
			return err
		}
		page.Missing, err = tx.ListLostOf(ctx, part.ID)
		return err
	})
	if err != nil || described {
		return page, err
	}
	_, read, err := s.understand(ctx, page.ID, 0)
	if err != nil {
		return page, unknownPart(n, d, err)
	}
	page.describe(read)
	return page, nil
}

func (p *ManifestPage) describe(d artifact.Description) {
	p.Kind, p.Summary, p.Details, p.Problem = d.Kind, d.Summary, d.Details, d.Problem
	if len(d.Summary.Platforms) == 1 {
		p.Platform = d.Summary.Platforms[0].String()
	}
}

// partOf finds a manifest of a package that the viewer may pull.
func (s *Service) partOf(ctx context.Context, tx *meta.Tx, v berth.Viewer, n berth.Name, d berth.Digest) (meta.Part, error) {
	standing, err := s.published(ctx, tx, v, n, berth.ActionPull)
	if err != nil {
		return meta.Part{}, err
	}
	part, err := tx.GetPart(ctx, standing.PackageID, d)
	if err == nil && part.TrashID != 0 {
		err = berth.ErrManifestUnknown
	}
	return part, unknownPart(n, d, err)
}

func unknownPart(n berth.Name, d berth.Digest, err error) error {
	if errors.Is(err, berth.ErrManifestUnknown) {
		return berth.ErrManifestUnknown.With("%s has no manifest %s", n, d)
	}
	return err
}
