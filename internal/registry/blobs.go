package registry

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/blob"
	"github.com/berth-registry/berth/internal/meta"
)

// Blob is a blob that the viewer may read.
type Blob struct {
	Digest berth.Digest
	Size   int64

	key   string
	store blob.Store
}

func (s *Service) blob(row meta.Blob) *Blob {
	return &Blob{Digest: row.Digest, Size: row.Size, key: row.Key, store: s.blobs}
}

// Reader opens the blob at an offset. On a local disk it is an *os.File, which
// the HTTP server hands to sendfile. Errors: berth.ErrBlobUnknown when the bytes
// are lost; pushing the blob again brings them back.
func (b *Blob) Reader(ctx context.Context, off int64) (io.ReadCloser, error) {
	r, err := b.store.Open(ctx, b.key, off)
	if errors.Is(err, blob.ErrNotExist) || errors.Is(err, blob.ErrOffset) {
		return nil, berth.ErrBlobUnknown.With("its bytes are missing; push it again").Because(err)
	}
	return r, storage("open blob", err)
}

// OpenBlob finds a blob to be read. Errors: those of [Service.enter];
// berth.ErrBlobUnknown.
func (s *Service) OpenBlob(ctx context.Context, v berth.Viewer, n berth.Name, d berth.Digest) (*Blob, error) {
	var row meta.Blob
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		standing, err := s.enter(ctx, tx, v, n, berth.ActionPull)
		if err != nil {
			return err
		}
		row, err = tx.GetBlob(ctx, standing.PackageID, d)
		return err
	})
	return s.blob(row), err
}

// StatBlob says that a package holds a blob and that its bytes are there. A
// client that hears so will not send them, so the blob's lease is renewed.
// Errors: those of [Service.OpenBlob].
func (s *Service) StatBlob(ctx context.Context, v berth.Viewer, n berth.Name, d berth.Digest) (*Blob, error) {
	return s.statBlob(ctx, v, n, d, berth.ActionPull)
}

// statBlob is StatBlob for a viewer who has to have another right.
func (s *Service) statBlob(ctx context.Context, v berth.Viewer, n berth.Name, d berth.Digest, a berth.Action) (*Blob, error) {
	var (
		row      meta.Blob
		standing berth.Standing
		clock    time.Time
	)
	err := s.meta.View(ctx, func(tx *meta.Tx) (err error) {
		if standing, err = s.enter(ctx, tx, v, n, a); err != nil {
			return err
		}
		if clock, err = tx.Now(ctx); err != nil {
			return err
		}
		row, err = tx.GetBlob(ctx, standing.PackageID, d)
		return err
	})
	if err != nil {
		return nil, err
	}
	b := s.blob(row)
	if err := b.exists(ctx); err != nil {
		return nil, err
	}
	// A lease with more than half of its life left is good enough, so that most
	// answers need no write; nor does one to somebody who cannot push.
	if row.LeaseUntil.Sub(clock) > lease/2 || !berth.Can(v, standing, berth.ActionPush) {
		return b, nil
	}
	return b, s.meta.Update(ctx, func(tx *meta.Tx) error {
		return s.holdBlob(ctx, tx, standing.PackageID, d)
	})
}

// exists looks for the bytes. Opening at the end also proves the length.
func (b *Blob) exists(ctx context.Context) error {
	r, err := b.Reader(ctx, b.Size)
	if err != nil {
		return err
	}
	return r.Close()
}

// holdBlob locks a blob that a package holds and renews its lease.
func (s *Service) holdBlob(ctx context.Context, tx *meta.Tx, pkg int64, d berth.Digest) error {
	clock, err := tx.Now(ctx)
	if err != nil {
		return err
	}
	_, err = tx.HoldBlob(ctx, pkg, d, clock.Add(lease))
	return err
}

// DeleteBlob makes a package let go of a blob. The bytes stay for others.
// Errors: those of [Service.enter]; berth.ErrBlobUnknown;
// berth.ErrBlobReferenced.
func (s *Service) DeleteBlob(ctx context.Context, v berth.Viewer, n berth.Name, d berth.Digest) error {
	return s.meta.Update(ctx, func(tx *meta.Tx) error {
		standing, err := s.enter(ctx, tx, v, n, berth.ActionDelete)
		if err != nil {
			return err
		}
		if standing.PackageID == 0 {
			return berth.ErrBlobUnknown
		}
		// A push that needs it must come before or after.
		if err := tx.LockPackage(ctx, standing.PackageID); err != nil {
			return err
		}
		user, trashed, err := tx.GetBlobUser(ctx, standing.PackageID, d)
		switch {
		case err != nil:
			return err
		case trashed: // which may be restored
			return tx.HideBlob(ctx, standing.PackageID, d)
		case user != "":
			return berth.ErrBlobReferenced.With("%s needs it; delete that first", user)
		}
		return tx.UnlinkBlob(ctx, standing.PackageID, d)
	})
}

// maxHomes bounds how many packages are tried for a mount without a source.
const maxHomes = 100

// MountBlob makes a package hold a blob that another package has, if the viewer
// may read that one, and reports whether it does. Where it does not, for whatever
// reason, the client is to upload. A zero from means any package.
// Errors: those of [Service.enter] for the target; berth.ErrQuotaExceeded.
func (s *Service) MountBlob(ctx context.Context, v berth.Viewer, n berth.Name, d berth.Digest, from berth.Name) (bool, error) {
	source, row, err := s.findSource(ctx, v, n, d, from)
	if err != nil || source == 0 {
		return false, err
	}
	b := s.blob(row)
	if err := b.exists(ctx); err != nil {
		if errors.Is(err, berth.ErrBlobUnknown) {
			return false, nil // an upload will bring the bytes back
		}
		return false, err
	}
	now := s.opts.Now()
	err = s.meta.Update(ctx, func(tx *meta.Tx) error {
		standing, err := s.enter(ctx, tx, v, n, berth.ActionPush)
		if err != nil {
			return err
		}
		if err := s.holdBlob(ctx, tx, source, d); err != nil {
			return err
		}
		target, err := s.ensurePackage(ctx, tx, v, n, standing, now)
		if err != nil {
			return err
		}
		return linkWithin(ctx, tx, target, d, now)
	})
	if errors.Is(err, berth.ErrBlobUnknown) { // deleted meanwhile
		return false, nil
	}
	return err == nil, err
}

// linkWithin makes a package hold a blob, within the quota of its owner.
func linkWithin(ctx context.Context, tx *meta.Tx, pkg int64, d berth.Digest, now time.Time) error {
	space, err := roomFor(ctx, tx, pkg)
	if err != nil {
		return err
	}
	if err := tx.LinkBlob(ctx, pkg, d, now); err != nil {
		return err
	}
	return space.check(ctx)
}

// findSource returns a package with the blob that the viewer may read, 0 if there
// is none. What the bearer names does not matter here: a token for a push names
// the target only.
func (s *Service) findSource(ctx context.Context, v berth.Viewer, n berth.Name, d berth.Digest, from berth.Name) (pkg int64, row meta.Blob, err error) {
	err = s.meta.View(ctx, func(tx *meta.Tx) error {
		pkg = 0
		if _, err := s.enter(ctx, tx, v, n, berth.ActionPush); err != nil {
			return err
		}
		homes, standingOf := []meta.Home{{Name: from}}, reading
		if from == (berth.Name{}) {
			standingOf = plainly
			if homes, err = tx.BlobHomes(ctx, d, 0, maxHomes); err != nil {
				return err
			}
		}
		for _, home := range homes {
			standing, err := standingOf(ctx, tx, v, home.Name)
			if err != nil {
				return err
			}
			if !berth.Can(v, standing, berth.ActionPull) {
				continue
			}
			row, err = tx.GetBlob(ctx, standing.PackageID, d)
			if errors.Is(err, berth.ErrBlobUnknown) {
				continue
			}
			pkg = standing.PackageID
			return err
		}
		return nil
	})
	return pkg, row, err
}
