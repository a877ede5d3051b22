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

// Platform is what an image runs on.
type Platform = artifact.Platform

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
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		standing, err := s.published(ctx, tx, v, n, berth.ActionPull)
		if err == nil {
			page, err = manifestPage(ctx, tx, n, standing.PackageID, d)
		}
		return err
	})
	if err == nil {
		err = s.readLate(ctx, n, &page)
	}
	return page, err
}

// manifestPage reads what is known of a manifest, which has no kind when the job after
// the push has not read it yet: see [Service.readLate].
func manifestPage(ctx context.Context, tx *meta.Tx, n berth.Name, pkg int64, d berth.Digest) (ManifestPage, error) {
	part, err := partAt(ctx, tx, n, pkg, d)
	if err != nil {
		return ManifestPage{}, err
	}
	m, err := tx.GetDescribed(ctx, part.ID)
	if err != nil {
		return ManifestPage{}, err
	}
	page := ManifestPage{
		ID: m.ID, Digest: m.Digest, MediaType: m.MediaType, ArtifactType: m.ArtifactType, Version: part.Version,
		ManifestSize: part.Size, Manifest: m.Body,
	}
	read, err := readDescription(ctx, tx, part.ID)
	if err != nil {
		return page, err
	}
	page.describe(read)
	if page.Size, err = tx.Measure(ctx, part.ID); err != nil {
		return page, err
	}
	page.Missing, err = tx.ListLostOf(ctx, part.ID)
	return page, err
}

// readLate reads what the job after the push has not read yet.
func (s *Service) readLate(ctx context.Context, n berth.Name, page *ManifestPage) error {
	if page.ID == 0 || page.Kind != "" {
		return nil
	}
	_, read, err := s.understand(ctx, page.ID, 0)
	if err != nil {
		return unknownPart(n, page.Digest, err)
	}
	page.describe(read)
	return nil
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
	return partAt(ctx, tx, n, standing.PackageID, d)
}

func partAt(ctx context.Context, tx *meta.Tx, n berth.Name, pkg int64, d berth.Digest) (meta.Part, error) {
	part, err := tx.GetPart(ctx, pkg, d)
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
