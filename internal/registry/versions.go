package registry

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/artifact"
	"github.com/berth-registry/berth/internal/meta"
)

// Summary is what lists show of what versions say of themselves.
type Summary = artifact.Summary

// Details is the rest of it.
type Details = artifact.Details

// Version is a root manifest of a package with what is known of it.
type Version struct {
	ID           int64
	Digest       berth.Digest
	MediaType    string
	ArtifactType string
	ManifestSize int64 // bytes of the manifest itself
	Tags         []berth.Tag
	Protected    bool // a rule protects one of them, whoever may move it
	CreatedAt    time.Time
	UpdatedAt    time.Time // when a tag was last moved to it, or it was restored
	Downloads    int64
	LastPulledAt time.Time // zero: never
	DeletedAt    time.Time // zero unless it is in the trash, with its tags as they were
	DeletedBy    string

	Described bool          // Kind, Size and Summary are known
	Kind      artifact.Kind // "" until then
	Size      int64         // of all that it holds, each thing once, in bytes
	Summary   Summary
	Problem   string // why something about it could not be read
	Missing   []Missing
	Signed    bool // a signature refers to it; only lists that were asked to say so know
}

// Complete reports whether all bytes of the version are there.
func (v Version) Complete() bool { return len(v.Missing) == 0 }

// Missing is a blob whose bytes are lost, and the platform that does not work without
// it ("" where that is not known).
type Missing struct {
	Digest   berth.Digest
	Platform string
}

// VersionQuery says which versions of a package are wanted.
type VersionQuery struct {
	Deleted bool  // those in the trash
	Before  int64 // the cursor of the last one of the page before, 0 from the newest
	Skip    int   // so many more
	Limit   int

	Filter VersionFilter // "" is all
	// Search is what a tag has to have in it, or how a digest begins, "" for any.
	Search string
	Signed bool // whether each is signed is wanted, too
}

// MaxSkip bounds [VersionQuery.Skip]: whoever wants more goes on with the cursor.
const MaxSkip = 10_000

// ListVersions returns the versions of a package, newest first, and the cursor of each.
// Those in the trash are for administrators of the package.
// Errors: those of [Service.enter]; berth.ErrPackageUnknown; berth.ErrRequestInvalid for
// an unknown filter, a search that is no text, and either of them in the trash.
func (s *Service) ListVersions(ctx context.Context, v berth.Viewer, n berth.Name, q VersionQuery) (list []Version, cursors []int64, err error) {
	limit, skip := max(1, min(q.Limit, MaxPage)), max(0, min(q.Skip, MaxSkip))
	want, err := q.list()
	if err != nil {
		return nil, nil, err
	}
	need := berth.ActionPull
	if q.Deleted {
		need = berth.ActionAdmin
	}
	err = s.meta.View(ctx, func(tx *meta.Tx) error {
		list, cursors = nil, nil
		standing, err := s.published(ctx, tx, v, n, need)
		if err != nil {
			return err
		}
		if q.Deleted {
			list, cursors, err = trashedVersions(ctx, tx, standing.PackageID, q.Before, skip, limit)
			return err
		}
		want.Package, want.Skip, want.Limit = standing.PackageID, skip, limit
		find := tx.FindVersions
		if q.Filter == FilterProtected {
			find = s.protectedIn(tx)
		}
		rows, err := find(ctx, want)
		if err != nil {
			return err
		}
		for _, row := range rows {
			version, err := versionOf(row)
			if err != nil {
				return err
			}
			list, cursors = append(list, version), append(cursors, row.ID)
		}
		if err := s.findProtected(ctx, tx, standing.PackageID, list); err != nil {
			return err
		}
		if q.Signed {
			if err := findSigned(ctx, tx, list); err != nil {
				return err
			}
		}
		return findMissing(ctx, tx, list)
	})
	return list, cursors, err
}

func trashedVersions(ctx context.Context, tx *meta.Tx, pkg, before int64, skip, limit int) (list []Version, cursors []int64, err error) {
	rows, err := tx.ListTrashedVersions(ctx, pkg, before, skip, limit)
	if err != nil {
		return nil, nil, err
	}
	for _, row := range rows {
		version, err := versionOf(row.Version)
		if err != nil {
			return nil, nil, err
		}
		var tags []hadTag
		if err := json.Unmarshal([]byte(row.HadTags), &tags); err != nil {
			return nil, nil, err
		}
		for _, t := range tags {
			if t.Digest == version.Digest {
				version.Tags = append(version.Tags, t.Name)
			}
		}
		version.DeletedAt, version.DeletedBy = row.DeletedAt, row.DeletedBy
		list, cursors = append(list, version), append(cursors, row.TrashID)
	}
	return list, cursors, nil
}

func versionOf(row meta.Version) (Version, error) {
	version := Version{
		ID: row.ID, Digest: row.Digest, MediaType: row.MediaType, ArtifactType: row.ArtifactType, ManifestSize: row.Size,
		Tags: row.Tags, CreatedAt: row.CreatedAt, UpdatedAt: row.UpdatedAt, Downloads: row.Downloads, LastPulledAt: row.LastPulledAt,
	}
	d := row.Description
	if d.Kind == "" {
		return version, nil
	}
	version.Described, version.Kind, version.Size, version.Problem = true, artifact.Kind(d.Kind), d.Size, d.Problem
	return version, json.Unmarshal([]byte(d.Summary), &version.Summary)
}

// findProtected notes which versions have a tag that a rule protects.
func (s *Service) findProtected(ctx context.Context, tx *meta.Tx, pkg int64, list []Version) error {
	h, err := s.shieldOf(ctx, tx, pkg, berth.Viewer{})
	for i := range list {
		list[i].Protected = h.protects(list[i].Tags...)
	}
	return err
}

// findMissing notes what each version lacks. Where nothing of the instance is lost,
// which is nearly always, that is one look.
func findMissing(ctx context.Context, tx *meta.Tx, list []Version) error {
	any, err := tx.AnyLost(ctx)
	if err != nil || !any {
		return err
	}
	for some := range slices.Chunk(list, meta.MaxIDs) {
		ids, at := idsOf(some)
		lost, err := tx.ListLost(ctx, ids, maxLooked)
		if err != nil {
			return err
		}
		for _, b := range lost {
			version := &some[at[b.Root]]
			version.Missing = append(version.Missing, Missing{b.Digest, version.platformOf(b.Manifest)})
		}
	}
	return nil
}

// maxSignersLooked bounds what is looked at to tell whether a version is signed.
const maxSignersLooked = 100

// findSigned notes which versions a signature refers to. That of an image in an index is
// none of the index.
func findSigned(ctx context.Context, tx *meta.Tx, list []Version) error {
	for some := range slices.Chunk(list, meta.MaxIDs) {
		ids, at := idsOf(some)
		signed, err := tx.ListSigned(ctx, ids, maxSignersLooked)
		if err != nil {
			return err
		}
		for _, id := range signed {
			some[at[id]].Signed = true
		}
	}
	return nil
}

// idsOf returns the ids of versions, and where each is in the list.
func idsOf(list []Version) (ids []int64, at map[int64]int) {
	ids, at = make([]int64, len(list)), make(map[int64]int, len(list))
	for i, version := range list {
		ids[i], at[version.ID] = version.ID, i
	}
	return ids, at
}

// platformOf returns on what one of the version's manifests runs, "" where that is not
// known.
func (v Version) platformOf(d berth.Digest) string {
	for _, p := range v.Summary.Platforms {
		if p.Digest == d || p.Digest == "" && d == v.Digest {
			return p.String()
		}
	}
	return ""
}

// VersionPage is all that is known of one version.
type VersionPage struct {
	Version

	Manifest []byte
	Details  Details
	Attached []Attachment
	// Freed is how many bytes nobody else holds: what deleting it would free in the end.
	// Of a version with too many manifests it is -1, and Attached is empty.
	Freed int64
}

// Attachment is a manifest that refers to a version or to a part of it: a signature,
// an SBOM, a provenance.
type Attachment struct {
	Digest    berth.Digest
	MediaType string
	Kind      artifact.Kind
	Size      int64
}

// GetVersion returns a version with its details. Errors: those of [Service.enter];
// berth.ErrPackageUnknown, berth.ErrVersionUnknown.
func (s *Service) GetVersion(ctx context.Context, v berth.Viewer, n berth.Name, id int64) (VersionPage, error) {
	var page VersionPage
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		standing, err := s.published(ctx, tx, v, n, berth.ActionPull)
		if err != nil {
			return err
		}
		page, err = s.versionPage(ctx, tx, standing.PackageID, id)
		if errors.Is(err, berth.ErrVersionUnknown) {
			err = unknownVersion(n, id)
		}
		return err
	})
	return page, err
}

const (
	// maxShown bounds the manifests of a version that are looked at to show it, which
	// anybody may ask for who may pull.
	maxShown = 2000
	// maxLooked is the same for those of up to fifty versions together.
	maxLooked = 10 * maxShown
)

func (s *Service) versionPage(ctx context.Context, tx *meta.Tx, pkg, id int64) (VersionPage, error) {
	var page VersionPage
	row, err := tx.GetVersion(ctx, pkg, id)
	if err != nil {
		return page, err
	}
	if page.Version, err = versionOf(row); err != nil {
		return page, err
	}
	if page.Manifest, err = tx.GetBody(ctx, id); err != nil {
		return page, err
	}
	d, err := readDescription(ctx, tx, id)
	if err != nil {
		return page, err
	}
	page.Details = d.Details
	list := []Version{page.Version}
	if err := findMissing(ctx, tx, list); err != nil {
		return page, err
	}
	if err := s.findProtected(ctx, tx, pkg, list); err != nil {
		return page, err
	}
	page.Version = list[0]
	root := meta.Part{ID: id, Digest: row.Digest, MediaType: row.MediaType, Size: row.Size, Version: true}
	room := maxShown
	parts, err := unit(ctx, tx, pkg, root, &room)
	if errors.Is(err, berth.ErrRequestTooLarge) {
		page.Freed = -1
		return page, nil
	}
	if err != nil {
		return page, err
	}
	if page.Freed, err = freed(ctx, tx, pkg, parts); err != nil {
		return page, err
	}
	page.Attached, err = attachments(ctx, tx, pkg, parts)
	return page, err
}

// attachments returns what refers to any of the parts.
func attachments(ctx context.Context, tx *meta.Tx, pkg int64, parts []meta.Part) ([]Attachment, error) {
	var list []Attachment
	for _, part := range parts {
		attached, err := tx.ListAttached(ctx, pkg, part.Digest)
		if err != nil {
			return nil, err
		}
		for _, p := range attached {
			if p.TrashID != 0 || p.Version {
				continue
			}
			d, err := tx.GetDescription(ctx, p.ID)
			if err != nil {
				return nil, err
			}
			list = append(list, Attachment{p.Digest, p.MediaType, artifact.Kind(d.Kind), p.Size})
		}
	}
	return list, nil
}

// freed returns how many bytes only these manifests need.
func freed(ctx context.Context, tx *meta.Tx, pkg int64, parts []meta.Part) (int64, error) {
	if parent, err := tx.GetParent(ctx, pkg, parts[0].Digest); err != nil || parent != "" {
		return 0, err // the index needs all of it
	}
	return freedBy(ctx, tx, parts)
}

// freedBy is freed for parts that no index holds but one of them.
func freedBy(ctx context.Context, tx *meta.Tx, parts []meta.Part) (int64, error) {
	total := int64(0)
	used := map[berth.Digest]int64{}
	rows := map[berth.Digest]meta.BlobUse{}
	for _, p := range parts {
		total += p.Size
		uses, err := tx.ListBlobUses(ctx, p.ID)
		if err != nil {
			return 0, err
		}
		for _, u := range uses {
			used[u.Digest]++
			rows[u.Digest] = u
		}
	}
	for d, u := range rows {
		if u.Manifests == used[d] && u.Packages == 1 {
			total += u.Size
		}
	}
	return total, nil
}
