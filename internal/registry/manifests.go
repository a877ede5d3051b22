package registry

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/opencontainers/go-digest"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// Manifest is a manifest as it is served: exact bytes under the type they were
// pushed with.
type Manifest struct {
	Digest    berth.Digest
	MediaType string
	Size      int64
	Body      []byte // nil after StatManifest
}

// GetManifest finds a manifest by tag or digest and reads it, which counts as a pull.
// Errors: those of [Service.enter]; berth.ErrManifestUnknown.
func (s *Service) GetManifest(ctx context.Context, v berth.Viewer, n berth.Name, ref berth.Reference) (Manifest, error) {
	var m Manifest
	var pulled pullKey
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		row, err := s.findManifest(ctx, tx, v, n, ref)
		if err != nil {
			return err
		}
		pulled = pullKey{pkg: row.PackageID, manifest: row.ID, part: !row.Version}
		if ref.Tag != "" {
			pulled.folded = s.fold(ref.Tag)
		}
		m = Manifest{Digest: row.Digest, MediaType: row.MediaType, Size: row.Size}
		if body, ok := s.bodies.Get(row.Digest); ok {
			m.Body = body
			return nil
		}
		m.Body, err = tx.GetBody(ctx, row.ID)
		return err
	})
	if err != nil {
		return m, err
	}
	if m.Size <= maxCachedBody {
		s.bodies.Add(m.Digest, m.Body)
	}
	now := s.opts.Now()
	pulled.day = meta.Day(now)
	s.pulls.add(pulled, 1, now)
	return m, nil
}

// StatManifest finds a manifest without reading it. Errors: as GetManifest.
func (s *Service) StatManifest(ctx context.Context, v berth.Viewer, n berth.Name, ref berth.Reference) (Manifest, error) {
	var m Manifest
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		row, err := s.findManifest(ctx, tx, v, n, ref)
		m = Manifest{Digest: row.Digest, MediaType: row.MediaType, Size: row.Size}
		return err
	})
	return m, err
}

func (s *Service) findManifest(ctx context.Context, tx *meta.Tx, v berth.Viewer, n berth.Name, ref berth.Reference) (meta.Manifest, error) {
	standing, err := s.enter(ctx, tx, v, n, berth.ActionPull)
	if err != nil {
		return meta.Manifest{}, err
	}
	return s.resolve(ctx, tx, standing.PackageID, n, ref)
}

// resolve finds the manifest of a package that a reference names.
// Errors: berth.ErrManifestUnknown.
func (s *Service) resolve(ctx context.Context, tx *meta.Tx, pkg int64, n berth.Name, ref berth.Reference) (m meta.Manifest, err error) {
	if ref.Digest != "" {
		m, err = tx.StatManifest(ctx, pkg, ref.Digest)
	} else {
		m, err = tx.ResolveTag(ctx, pkg, s.fold(ref.Tag))
	}
	if errors.Is(err, berth.ErrManifestUnknown) {
		err = berth.ErrManifestUnknown.With("%s has no %s", n, ref)
	}
	return m, err
}

// maxAnnotations bounds the annotations of a manifest with a subject, in bytes:
// they are part of every list of referrers.
const maxAnnotations = 512 << 10

// Push is a manifest on its way in.
type Push struct {
	Reference   berth.Reference
	Tags        []berth.Tag // more tags, with a push by digest
	ContentType string
	Body        io.Reader
}

// Pushed is what became of a [Push].
type Pushed struct {
	Digest  berth.Digest
	Subject berth.Digest // "" when the manifest refers to nothing
}

// PutManifest stores a manifest and moves its tags, in one transaction that also
// checks that the package holds all that the manifest names. The first manifest
// publishes the package and makes its pusher an administrator of it.
// Errors: those of [Service.enter]; berth.ErrManifestInvalid,
// berth.ErrManifestTooLarge, berth.ErrManifestBlobUnknown,
// berth.ErrDigestMismatch, berth.ErrQuotaExceeded, berth.ErrTagProtected.
func (s *Service) PutManifest(ctx context.Context, v berth.Viewer, n berth.Name, p Push) (Pushed, error) {
	// Refuse before the body is read.
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		_, err := s.enter(ctx, tx, v, n, berth.ActionPush)
		return err
	})
	if err != nil {
		return Pushed{}, err
	}
	body, err := readManifest(p.Body, s.opts.MaxManifest)
	if err != nil {
		return Pushed{}, err
	}
	m, row, err := s.parse(p, body)
	if err != nil {
		return Pushed{}, err
	}
	tags := slices.Sorted(slices.Values(p.Tags)) // so that two pushes do not wait for each other
	if p.Reference.Tag != "" {
		tags = []berth.Tag{p.Reference.Tag}
	}
	err = s.meta.Update(ctx, func(tx *meta.Tx) error {
		standing, err := s.enter(ctx, tx, v, n, berth.ActionPush)
		if err != nil {
			return err
		}
		row.PackageID, err = s.ensurePackage(ctx, tx, v, n, standing, row.PushedAt)
		if err != nil {
			return err
		}
		standing.PackageID = row.PackageID
		space, err := roomFor(ctx, tx, row.PackageID)
		if err != nil {
			return err
		}
		if err := s.storeManifest(ctx, tx, v, n, standing, m, row, tags); err != nil {
			return err
		}
		return space.check(ctx)
	})
	return Pushed{Digest: row.Digest, Subject: m.Subject}, err
}

func (s *Service) parse(p Push, body []byte) (*berth.Manifest, meta.Manifest, error) {
	algorithm := digest.SHA256
	if p.Reference.Digest != "" {
		algorithm = p.Reference.Digest.Algorithm()
	}
	d := algorithm.FromBytes(body)
	if want := p.Reference.Digest; want != "" && want != d {
		return nil, meta.Manifest{}, berth.ErrDigestMismatch.With("expected %s, the %d bytes received are %s", want, len(body), d)
	}
	m, err := berth.ParseManifest(p.ContentType, body)
	if err != nil {
		return nil, meta.Manifest{}, err
	}
	row := meta.Manifest{
		Digest: d, MediaType: m.MediaType, ArtifactType: m.ArtifactType, Subject: m.Subject,
		Size: int64(len(body)), Body: body, PushedAt: s.opts.Now(),
	}
	if m.Subject != "" && m.Annotations != nil {
		text, err := json.Marshal(m.Annotations)
		if err != nil {
			return nil, meta.Manifest{}, err
		}
		if len(text) > maxAnnotations {
			return nil, meta.Manifest{}, berth.ErrManifestInvalid.With("annotations take more than %d bytes", maxAnnotations)
		}
		row.Annotations = string(text)
	}
	return m, row, nil
}

func (s *Service) storeManifest(ctx context.Context, tx *meta.Tx, v berth.Viewer, n berth.Name, standing berth.Standing, m *berth.Manifest, row meta.Manifest, tags []berth.Tag) error {
	// First of all, so that pushes to and deletions from one package come one after
	// the other: what is a version depends on several rows.
	if err := tx.LockPackage(ctx, row.PackageID); err != nil {
		return err
	}
	blobs, children, err := s.hold(ctx, tx, row.PackageID, m)
	if err != nil {
		return err
	}
	id, fresh, err := createManifest(ctx, tx, row)
	if err != nil {
		return err
	}
	row.ID = id
	if !fresh {
		blobs, children = nil, nil // recorded the first time
		if err := partsThere(ctx, tx, id); err != nil {
			return err
		}
	}
	for _, d := range blobs {
		if err := tx.PutBlobReference(ctx, id, row.PackageID, d); err != nil {
			return err
		}
	}
	for _, d := range children {
		if err := tx.PutChild(ctx, id, row.PackageID, d); err != nil {
			return err
		}
	}
	if err := s.moveTags(ctx, tx, v, n, standing, row, tags, fresh); err != nil {
		return err
	}
	return s.publish(ctx, tx, v, n, standing, row.PushedAt)
}

// partsThere refuses an index that was there before and part of which is in the trash:
// the bytes of that part may lie in the package as a blob too, which does for an index
// that is new.
func partsThere(ctx context.Context, tx *meta.Tx, id int64) error {
	children, err := tx.ListChildren(ctx, id)
	if err != nil {
		return err
	}
	for _, c := range children {
		if c.TrashID != 0 {
			return berth.ErrManifestBlobUnknown.With("%s was deleted; push it first", c.Digest)
		}
	}
	return nil
}

// createManifest stores a manifest and returns its id and whether it is new. One that
// is there already stays, one in the trash comes back.
func createManifest(ctx context.Context, tx *meta.Tx, row meta.Manifest) (id int64, fresh bool, err error) {
	for range 3 { // somebody may purge it between the two looks
		id, err := tx.CreateManifest(ctx, row)
		if err != nil || id != 0 {
			return id, true, err
		}
		id, err = tx.ReviveDigest(ctx, row.PackageID, row.Digest, row.PushedAt)
		if err != nil {
			return 0, false, err
		}
		if id != 0 {
			if err := tx.ShowBlobs(ctx, row.PackageID, id); err != nil {
				return 0, false, err
			}
		}
		_, err = tx.LockManifest(ctx, row.PackageID, row.Digest)
		if err == nil {
			id, err := sameType(ctx, tx, row)
			return id, false, err
		}
		if !errors.Is(err, berth.ErrManifestUnknown) {
			return 0, false, err
		}
	}
	return 0, false, berth.ErrUnavailable.With("the manifest is being deleted; try again")
}

// sameType refuses the same bytes under a second type: what a digest means must
// never depend on who asks.
func sameType(ctx context.Context, tx *meta.Tx, row meta.Manifest) (id int64, err error) {
	old, err := tx.StatManifest(ctx, row.PackageID, row.Digest)
	if err != nil {
		return 0, err
	}
	if old.MediaType != row.MediaType {
		return 0, berth.ErrManifestInvalid.With("%s is stored as %s and cannot become %s", row.Digest, old.MediaType, row.MediaType)
	}
	return old.ID, nil
}

func (s *Service) publish(ctx context.Context, tx *meta.Tx, v berth.Viewer, n berth.Name, standing berth.Standing, now time.Time) error {
	first, err := tx.PublishPackage(ctx, standing.PackageID, now)
	if err != nil || !first {
		return err
	}
	if err := tx.AddEvent(ctx, v, event(standing, n, now, "package.publish", "")); err != nil || v.UserID < 0 {
		return err
	}
	return tx.PutRole(ctx, standing.PackageID, meta.Holder{User: v.UserID}, berth.RoleAdmin)
}

// hold locks all that a manifest names, in the order of the digests so that two
// pushes do not wait for each other, and tells blobs from manifests.
func (s *Service) hold(ctx context.Context, tx *meta.Tx, pkg int64, m *berth.Manifest) (blobs, children []berth.Digest, err error) {
	clock, err := tx.Now(ctx)
	if err != nil {
		return nil, nil, err
	}
	refs := slices.Clone(m.References)
	slices.SortStableFunc(refs, func(a, b berth.Descriptor) int { return cmp.Compare(a.Digest, b.Digest) })
	for _, ref := range refs {
		child := false
		size, err := int64(0), error(berth.ErrManifestUnknown)
		if m.Index() {
			size, err = tx.LockManifest(ctx, pkg, ref.Digest)
			child = err == nil
		}
		if errors.Is(err, berth.ErrManifestUnknown) { // an index may hold blobs too
			size, err = tx.HoldBlob(ctx, pkg, ref.Digest, clock.Add(lease))
		}
		switch {
		case errors.Is(err, berth.ErrBlobUnknown) && ref.Foreign():
			continue
		case errors.Is(err, berth.ErrBlobUnknown):
			return nil, nil, berth.ErrManifestBlobUnknown.With("%s; push it first", ref.Digest)
		case err != nil:
			return nil, nil, err
		case size != ref.Size:
			return nil, nil, berth.ErrManifestInvalid.With("the descriptor of %s says %d bytes, it has %d", ref.Digest, ref.Size, size)
		case child:
			children = append(children, ref.Digest)
		default:
			blobs = append(blobs, ref.Digest)
		}
	}
	return blobs, children, nil
}
