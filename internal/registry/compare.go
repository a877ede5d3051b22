package registry

import (
	"context"
	"errors"
	"slices"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/artifact"
	"github.com/berth-registry/berth/internal/meta"
)

// Difference is what changed from one image to another.
type Difference = artifact.Difference

// Comparison is two versions of a package side by side.
type Comparison struct {
	Before, After VersionPage
	// Platforms are those that both have, and OnlyBefore and OnlyAfter those that one
	// has; all are empty where both are single images of one platform or of none.
	Platforms, OnlyBefore, OnlyAfter []string

	// Platform is the one that was compared, "" for what the versions are themselves.
	Platform                    string
	BeforeImage, AfterImage     berth.Digest
	BeforeSize, AfterSize       int64 // bytes of these, with all that they hold
	Difference                  Difference
	BeforeProblem, AfterProblem string // why something could not be read
}

// Compare says what changed from a version of a package to another: of indexes for one
// platform, "" for the first that both have. Errors: those of [Service.GetReference];
// berth.ErrRequestInvalid for a platform that they do not both have.
func (s *Service) Compare(ctx context.Context, v berth.Viewer, n berth.Name, a, b berth.Reference, platform string) (Comparison, error) {
	var c Comparison
	var one, two ManifestPage
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		c = Comparison{}
		standing, err := s.published(ctx, tx, v, n, berth.ActionPull)
		if err != nil {
			return err
		}
		pkg := standing.PackageID
		if c.Before, err = s.versionNamed(ctx, tx, n, pkg, a); err != nil {
			return err
		}
		if c.After, err = s.versionNamed(ctx, tx, n, pkg, b); err != nil {
			return err
		}
		from, to, err := c.match(platform)
		if err != nil {
			return err
		}
		if one, err = manifestPage(ctx, tx, n, pkg, from); err != nil {
			return err
		}
		two, err = manifestPage(ctx, tx, n, pkg, to)
		return err
	})
	if err != nil {
		return c, err
	}
	if err := errors.Join(s.readLate(ctx, n, &one), s.readLate(ctx, n, &two)); err != nil {
		return c, err
	}
	c.BeforeImage, c.AfterImage, c.BeforeSize, c.AfterSize = one.Digest, two.Digest, one.Size, two.Size
	c.BeforeProblem, c.AfterProblem = one.Problem, two.Problem
	c.Difference = artifact.Compare(&one.Details, &two.Details)
	return c, nil
}

// versionNamed reads the version that a reference names.
func (s *Service) versionNamed(ctx context.Context, tx *meta.Tx, n berth.Name, pkg int64, ref berth.Reference) (VersionPage, error) {
	r, err := s.findReference(ctx, tx, n, pkg, ref)
	if err != nil {
		return VersionPage{}, err
	}
	return s.versionPage(ctx, tx, pkg, r.ManifestID)
}

// match notes which platforms the versions have, and returns what is compared with what.
func (c *Comparison) match(platform string) (from, to berth.Digest, err error) {
	before, after := platformsOf(&c.Before), platformsOf(&c.After)
	for _, p := range before {
		if at(after, p.name) == nil {
			c.OnlyBefore = append(c.OnlyBefore, p.name)
		} else {
			c.Platforms = append(c.Platforms, p.name)
		}
	}
	for _, p := range after {
		if at(before, p.name) == nil {
			c.OnlyAfter = append(c.OnlyAfter, p.name)
		}
	}
	return c.choose(before, after, platform)
}

// choose returns what is compared with what.
func (c *Comparison) choose(before, after []platformImage, platform string) (from, to berth.Digest, err error) {
	c.Platform = platform
	if platform == "" {
		if len(c.Platforms) == 0 { // what they are as a whole, or the only one of each
			from, to = c.Before.Digest, c.After.Digest
			if len(before) == 1 && len(after) == 1 {
				from, to = before[0].digest, after[0].digest
			}
			return from, to, nil
		}
		c.Platform = c.Platforms[0]
	}
	x, y := at(before, c.Platform), at(after, c.Platform)
	if x == nil || y == nil {
		return "", "", berth.ErrRequestInvalid.With("both versions have to have %.60q; they have %.200q in common", platform, c.Platforms)
	}
	return x.digest, y.digest, nil
}

// platformImage is an image of a version, and what it runs on.
type platformImage struct {
	name   string
	digest berth.Digest
}

func at(list []platformImage, name string) *platformImage {
	i := slices.IndexFunc(list, func(p platformImage) bool { return p.name == name })
	if i < 0 {
		return nil
	}
	return &list[i]
}

// platformsOf returns the images of a version, of each platform the first.
func platformsOf(page *VersionPage) (list []platformImage) {
	for _, p := range page.Summary.Platforms {
		d := p.Digest
		if d == "" {
			d = page.Digest
		}
		if at(list, p.String()) == nil {
			list = append(list, platformImage{p.String(), d})
		}
	}
	return list
}
