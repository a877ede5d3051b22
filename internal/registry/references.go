package registry

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// Reference is one name of a version, as Forgejo lists packages: a tag, or the digest
// of a version without tags.
type Reference struct {
	Package   Package // that it is of
	VersionID int64
	Digest    berth.Digest
	Tag       berth.Tag // "" where the digest is the name
	CreatedAt time.Time // when the tag was last moved, or the version pushed
}

// MaxReferences is how far a list of references goes and is counted, and in how many
// packages of an owner they are looked for.
const MaxReferences = 10_000

// ReferenceQuery says which references are wanted.
type ReferenceQuery struct {
	Owner  string // folded
	Search string // what the path of the package has in it, in lower case; "" is all
	Skip   int
	Limit  int
}

// ListReferences returns the references of all packages of an owner that the viewer may
// read, by name of the package and then as [Service.ListPackageReferences], and how many
// there are, counted to [MaxReferences]. Errors: berth.ErrUnauthenticated and
// berth.ErrOwnerUnknown where the viewer may read nothing of an owner that is not he and
// no organization of his.
func (s *Service) ListReferences(ctx context.Context, v berth.Viewer, q ReferenceQuery) (list []Reference, total int, err error) {
	err = s.meta.View(ctx, func(tx *meta.Tx) error {
		p := references{tx: tx, v: v, skip: max(0, q.Skip), limit: max(1, min(q.Limit, MaxPage))}
		some, err := p.ofOwner(ctx, q)
		if err == nil && !some {
			err = hiddenOwner(ctx, tx, v, q.Owner)
		}
		list, total = p.list, min(p.total, MaxReferences)
		return err
	})
	return list, total, err
}

// hiddenOwner says to a viewer who may read no package of an owner that there is no
// such owner, unless it is he or an organization of his.
func hiddenOwner(ctx context.Context, tx *meta.Tx, v berth.Viewer, owner string) error {
	if v.Anonymous() {
		return berth.ErrUnauthenticated.With("log in to see the packages of %s", owner)
	}
	standing, err := tx.Standing(ctx, berth.Name{Owner: owner}, v.UserID)
	if err == nil && (standing.OwnerID == 0 || !v.Admin && standing.Membership == berth.MembershipNone) {
		err = berth.ErrOwnerUnknown.With("%s does not exist, or has nothing that %s may see", owner, v.Login)
	}
	return err
}

// references is a page of references while it is put together.
type references struct {
	tx    *meta.Tx
	v     berth.Viewer
	skip  int
	limit int
	total int // counted so far
	list  []Reference
}

// ofOwner goes through the packages of an owner, and reports whether the viewer may
// read any.
func (p *references) ofOwner(ctx context.Context, q ReferenceQuery) (some bool, err error) {
	looked := 0 // a search that finds nothing must end too
	for after, more := "", true; more && p.total < MaxReferences && looked < MaxReferences; looked += MaxPage {
		list, err := listOwner(ctx, p.tx, p.v, PackageQuery{Owner: q.Owner, After: after, Limit: MaxPage})
		if err != nil {
			return false, err
		}
		if more = len(list) == MaxPage; more {
			after = list[len(list)-1].Name.Path
		}
		some = some || len(list) > 0
		var rows []meta.Package
		for _, row := range list {
			if row.Versions > 0 && strings.Contains(row.Name.Path, q.Search) {
				rows = append(rows, row.Package)
			}
		}
		if err := p.of(ctx, rows); err != nil {
			return false, err
		}
	}
	return some, nil
}

// of counts the references of packages, and takes those that belong on the page.
func (p *references) of(ctx context.Context, rows []meta.Package) error {
	for some := range slices.Chunk(rows, meta.MaxIDs) {
		ids := make([]int64, len(some))
		for i, row := range some {
			ids[i] = row.ID
		}
		counts, err := p.tx.CountReferences(ctx, ids, MaxReferences)
		if err != nil {
			return err
		}
		for _, row := range some {
			if err := p.take(ctx, row, counts[row.ID]); err != nil {
				return err
			}
		}
		if p.total >= MaxReferences {
			return nil
		}
	}
	return nil
}

// take adds those of a package's references that belong on the page.
func (p *references) take(ctx context.Context, row meta.Package, count int) error {
	skip := max(0, p.skip-p.total)
	p.total += count
	if skip >= count || len(p.list) == p.limit {
		return nil
	}
	found, err := p.tx.ListReferences(ctx, row.ID, skip, p.limit-len(p.list))
	if err != nil {
		return err
	}
	of, err := packageFor(ctx, p.tx, p.v, row)
	for _, r := range found {
		p.list = append(p.list, referenceOf(of, r))
	}
	return err
}

// packageFor returns a package as the viewer sees it, without his role.
func packageFor(ctx context.Context, tx *meta.Tx, v berth.Viewer, row meta.Package) (Package, error) {
	repository, err := known(ctx, tx, v, row)
	return packageOf(row, repository), err
}

func referenceOf(p Package, r meta.Reference) Reference {
	return Reference{Package: p, VersionID: r.ManifestID, Digest: r.Digest, Tag: r.Tag, CreatedAt: r.At}
}

// ListPackageReferences returns the references of a package: by version, the one pushed
// last first, and of each the tag first that was moved last; and how many there are,
// counted to [MaxReferences]. Errors: those of [Service.enter]; berth.ErrPackageUnknown.
func (s *Service) ListPackageReferences(ctx context.Context, v berth.Viewer, n berth.Name, skip, limit int) (list []Reference, total int, err error) {
	err = s.meta.View(ctx, func(tx *meta.Tx) error {
		row, err := s.readable(ctx, tx, v, n)
		if err != nil {
			return err
		}
		p := references{tx: tx, v: v, skip: max(0, skip), limit: max(1, min(limit, MaxPage))}
		err = p.of(ctx, []meta.Package{row})
		list, total = p.list, p.total
		return err
	})
	return list, total, err
}

// readable finds a package that the viewer may read.
func (s *Service) readable(ctx context.Context, tx *meta.Tx, v berth.Viewer, n berth.Name) (meta.Package, error) {
	standing, err := s.published(ctx, tx, v, n, berth.ActionPull)
	if err != nil {
		return meta.Package{}, err
	}
	return tx.GetPackage(ctx, standing.PackageID)
}

// LatestReference returns the reference of a package that was pushed or moved last.
// Errors: those of [Service.enter]; berth.ErrPackageUnknown; berth.ErrVersionUnknown
// where it has no version.
func (s *Service) LatestReference(ctx context.Context, v berth.Viewer, n berth.Name) (Reference, error) {
	return s.reference(ctx, v, n, func(tx *meta.Tx, pkg int64) (meta.Reference, error) {
		r, err := tx.LatestReference(ctx, pkg)
		if errors.Is(err, berth.ErrVersionUnknown) {
			err = berth.ErrVersionUnknown.With("%s has no versions", n)
		}
		return r, err
	})
}

// GetReference returns what a tag or a digest names, which has to be a version.
// Errors: those of [Service.enter]; berth.ErrPackageUnknown, berth.ErrManifestUnknown.
func (s *Service) GetReference(ctx context.Context, v berth.Viewer, n berth.Name, ref berth.Reference) (Reference, error) {
	return s.reference(ctx, v, n, func(tx *meta.Tx, pkg int64) (meta.Reference, error) {
		return s.findReference(ctx, tx, n, pkg, ref)
	})
}

func (s *Service) reference(ctx context.Context, v berth.Viewer, n berth.Name, find func(*meta.Tx, int64) (meta.Reference, error)) (Reference, error) {
	var found Reference
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		row, err := s.readable(ctx, tx, v, n)
		if err != nil {
			return err
		}
		r, err := find(tx, row.ID)
		if err != nil {
			return err
		}
		p, err := packageFor(ctx, tx, v, row)
		found = referenceOf(p, r)
		return err
	})
	return found, err
}

func (s *Service) findReference(ctx context.Context, tx *meta.Tx, n berth.Name, pkg int64, ref berth.Reference) (r meta.Reference, err error) {
	if ref.Tag != "" {
		r, err = tx.FindTag(ctx, pkg, s.fold(ref.Tag))
	} else {
		r, err = tx.FindDigest(ctx, pkg, ref.Digest)
	}
	if errors.Is(err, berth.ErrManifestUnknown) {
		err = berth.ErrManifestUnknown.With("%s has no version %s", n, ref)
	}
	return r, err
}

// File is one of the files of which a version consists: its manifest, or a blob that
// this needs.
type File struct {
	Digest   berth.Digest
	Size     int64
	Manifest bool
}

// ListFiles returns the files of what a reference names, its manifest first, then its
// blobs by digest. Those of the manifests in an index are theirs.
// Errors: as [Service.GetReference].
func (s *Service) ListFiles(ctx context.Context, v berth.Viewer, n berth.Name, ref berth.Reference) (list []File, err error) {
	err = s.meta.View(ctx, func(tx *meta.Tx) error {
		row, err := s.readable(ctx, tx, v, n)
		if err != nil {
			return err
		}
		r, err := s.findReference(ctx, tx, n, row.ID, ref)
		if err != nil {
			return err
		}
		m, err := tx.StatManifest(ctx, row.ID, r.Digest)
		if err != nil {
			return err
		}
		blobs, err := tx.ListBlobSizes(ctx, m.ID)
		list = []File{{Digest: m.Digest, Size: m.Size, Manifest: true}}
		for _, b := range blobs {
			list = append(list, File{Digest: b.Digest, Size: b.Size})
		}
		return err
	})
	return list, err
}

// DeleteReference takes one name from a version, and the version with its last one: it
// unties a tag where the version has more, or is held by an index, and else moves the
// version to the trash, also the last one of the package. A digest is the version with
// all its tags. Errors: those of [Service.enter]; berth.ErrPackageUnknown,
// berth.ErrManifestUnknown; berth.ErrManifestReferenced when an index holds what a
// digest names; berth.ErrDeleteRefused for what many people pull.
func (s *Service) DeleteReference(ctx context.Context, v berth.Viewer, n berth.Name, ref berth.Reference) error {
	now := s.opts.Now()
	return s.meta.Update(ctx, func(tx *meta.Tx) error {
		standing, err := s.enterLocked(ctx, tx, v, n, berth.ActionDelete)
		if err != nil {
			return err
		}
		r, err := s.findReference(ctx, tx, n, standing.PackageID, ref)
		if err != nil {
			return err
		}
		if ref.Tag != "" {
			stays, err := tx.StaysWithout(ctx, standing.PackageID, r.Digest, s.fold(ref.Tag))
			if err != nil {
				return err
			}
			if stays {
				return s.untie(ctx, tx, v, n, standing, ref.Tag, now)
			}
		}
		root, err := tx.GetPart(ctx, standing.PackageID, r.Digest)
		if err != nil {
			return err
		}
		room := maxUnit
		return s.trashVersion(ctx, tx, v, n, standing, root, &room, now)
	})
}
