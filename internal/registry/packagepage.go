package registry

import (
	"context"
	"errors"
	"slices"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/artifact"
	"github.com/berth-registry/berth/internal/meta"
)

// latestTag is the tag of the version that a package is shown by.
const latestTag = "latest"

// maxKindsRead is how many attachments are read to tell of which kinds they are.
const maxKindsRead = 20

// PackagePage is what the page of a package shows.
type PackagePage struct {
	Package Package
	Tags    []DescribedTag // those moved last
	// Latest is the version that the package is shown by: that of the tag latest, else of
	// the tag moved last, else the one pushed last. Its ID is 0 where there is none.
	Latest    Version
	LatestTag berth.Tag       // "" where the version was found without a tag
	Attached  []artifact.Kind // which of signature, sbom and provenance are attached to it
	Usage     Usage
	Downloads []DayDownloads
}

// DescribedTag is a tag with the version that it names.
type DescribedTag struct {
	Tag

	Version Version
}

// GetPackagePage returns a package with so many of its tags, and its downloads of so many
// days. Errors: those of [Service.enter]; berth.ErrPackageUnknown.
func (s *Service) GetPackagePage(ctx context.Context, v berth.Viewer, n berth.Name, tags, days int) (PackagePage, error) {
	var page PackagePage
	calendar := s.calendar(days)
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		page = PackagePage{}
		var err error
		if page.Package, err = s.packageAt(ctx, tx, v, n); err != nil {
			return err
		}
		id := page.Package.ID
		if page.Tags, err = s.describedTags(ctx, tx, meta.TagList{Package: id, Like: "%", Newest: true, Limit: max(1, min(tags, MaxBulk))}); err != nil {
			return err
		}
		if err := s.findLatest(ctx, tx, &page); err != nil {
			return err
		}
		if page.Usage, err = tx.Usage(ctx, page.Package.OwnerID, id); err != nil {
			return err
		}
		page.Downloads, err = calendar.read(ctx, tx, id)
		return err
	})
	return page, err
}

// findLatest finds the version that a package is shown by.
func (s *Service) findLatest(ctx context.Context, tx *meta.Tx, page *PackagePage) error {
	pkg, id := page.Package.ID, int64(0)
	row, err := tx.GetTagDetails(ctx, pkg, s.fold(latestTag))
	switch {
	case err == nil:
		id, page.LatestTag = row.ManifestID, row.Name
	case !errors.Is(err, berth.ErrManifestUnknown):
		return err
	case len(page.Tags) > 0:
		id, page.LatestTag = page.Tags[0].VersionID, page.Tags[0].Name
	default:
		rows, err := tx.ListVersions(ctx, pkg, 0, 0, 1)
		if err != nil || len(rows) == 0 {
			return err
		}
		id = rows[0].ID
	}
	if i := slices.IndexFunc(page.Tags, func(t DescribedTag) bool { return t.Version.ID == id }); i >= 0 {
		page.Latest = page.Tags[i].Version
	} else if page.Latest, err = s.oneVersion(ctx, tx, pkg, id); err != nil || page.Latest.ID == 0 {
		return err
	}
	page.Attached, err = attachedKinds(ctx, tx, pkg, id)
	if page.Latest.Signed {
		page.Attached = append([]artifact.Kind{artifact.KindSignature}, page.Attached...)
	}
	return err
}

// oneVersion is what a list of tags says of a version, the zero value where there is none.
func (s *Service) oneVersion(ctx context.Context, tx *meta.Tx, pkg, id int64) (Version, error) {
	list, err := someVersions(ctx, tx, pkg, []int64{id})
	if err != nil || len(list) == 0 {
		return Version{}, err
	}
	if err := s.findProtected(ctx, tx, pkg, list); err != nil {
		return Version{}, err
	}
	return list[0], findSigned(ctx, tx, list)
}

// attachedKinds returns which kinds of statements are attached to a version or to an image
// in it. Most are known by what was written down of them; a manifest with
// several documents has to be read, and a few of those stand for all.
func attachedKinds(ctx context.Context, tx *meta.Tx, pkg, version int64) ([]artifact.Kind, error) {
	rows, err := tx.ListAttachedKinds(ctx, pkg, version, maxShown)
	if err != nil {
		return nil, err
	}
	told := []artifact.Kind{artifact.KindSBOM, artifact.KindProvenance}
	found := map[artifact.Kind]bool{}
	all := func() bool { return found[told[0]] && found[told[1]] }
	var unclear []int64
	for _, row := range rows {
		if kind := artifact.Kind(row.Kind); kind == "" || kind == artifact.KindAttestation {
			unclear = append(unclear, row.ID)
		} else {
			found[kind] = true
		}
	}
	for _, id := range unclear[:min(len(unclear), maxKindsRead)] {
		if all() {
			break
		}
		m, err := tx.GetManifest(ctx, id)
		if err != nil {
			return nil, err
		}
		for _, kind := range artifact.Kinds(m.Body, m.ArtifactType) {
			found[kind] = true
		}
	}
	return slices.DeleteFunc(told, func(k artifact.Kind) bool { return !found[k] }), nil
}

// describedTags returns tags of a package with the versions that they name.
func (s *Service) describedTags(ctx context.Context, tx *meta.Tx, l meta.TagList) ([]DescribedTag, error) {
	rows, err := tx.FindTags(ctx, l)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(rows))
	for i, row := range rows {
		ids[i] = row.ManifestID
	}
	versions, err := someVersions(ctx, tx, l.Package, ids)
	if err != nil {
		return nil, err
	}
	if err := findSigned(ctx, tx, versions); err != nil {
		return nil, err
	}
	h, err := s.shieldOf(ctx, tx, l.Package, berth.Viewer{})
	if err != nil {
		return nil, err
	}
	found := make(map[int64]Version, len(versions))
	for _, version := range versions {
		version.Protected = h.protects(version.Tags...)
		found[version.ID] = version
	}
	list := make([]DescribedTag, len(rows))
	for i, row := range rows {
		list[i] = DescribedTag{h.tagOf(row), found[row.ManifestID]}
	}
	return list, nil
}

// DescribeTags is [Service.FindTags] with the versions that the tags name, of at most
// [MaxBulk] tags. Errors: those of [Service.FindTags].
func (s *Service) DescribeTags(ctx context.Context, v berth.Viewer, n berth.Name, q TagQuery) ([]DescribedTag, error) {
	q.Limit = min(q.Limit, MaxBulk)
	var list []DescribedTag
	err := s.findTags(ctx, v, n, q, func(tx *meta.Tx, l meta.TagList) (err error) {
		list, err = s.describedTags(ctx, tx, l)
		return err
	})
	return list, err
}
