package registry

import (
	"context"
	"errors"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// FinishUpload adds a last chunk, which may be empty, checks the whole against
// the digest, makes it durable and links it to the package.
// Errors: those of [Service.AppendUpload], with the Upload set as there;
// berth.ErrDigestMismatch; berth.ErrQuotaExceeded, after which there is no session.
func (s *Service) FinishUpload(ctx context.Context, v berth.Viewer, n berth.Name, id string, d berth.Digest, c Chunk) (Upload, error) {
	unlock, err := s.lockUpload(ctx, id)
	if err != nil {
		return Upload{}, err
	}
	defer unlock()
	up, err := s.getUpload(ctx, v, n, id)
	if errors.Is(err, berth.ErrUploadUnknown) {
		return Upload{}, s.finishedBefore(ctx, v, n, d)
	}
	if err != nil {
		return Upload{}, err
	}
	at, before := Upload{ID: id, Received: up.Received}, up
	h, err := s.hashFor(ctx, up, d)
	if err != nil {
		return at, err
	}
	if err := s.append(ctx, &up, h, c); err != nil {
		return at, err
	}
	if got := h.digest(); got != d {
		return at, berth.ErrDigestMismatch.With("expected %s, the %d bytes received are %s", d, up.Received, got)
	}
	if err := s.blobs.Commit(ctx, up.Key); err != nil {
		return at, storage("commit upload", err)
	}
	before.Key = up.Key
	err = s.linkUpload(ctx, before, up.Received, d)
	if errors.Is(err, berth.ErrQuotaExceeded) { // nobody is to pay for bytes that were refused
		return Upload{}, errors.Join(err, s.dropRefused(ctx, before))
	}
	return at, err
}

// dropRefused ends a session whose bytes were refused, also when the client has gone.
func (s *Service) dropRefused(ctx context.Context, up meta.Upload) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lockWait)
	defer cancel()
	return s.dropUpload(ctx, up)
}

// PutBlob uploads a blob in one go: what a session does in three steps. Nothing
// stays when it fails. Errors: those of [Service.StartUpload] and
// [Service.FinishUpload].
func (s *Service) PutBlob(ctx context.Context, v berth.Viewer, n berth.Name, d berth.Digest, c Chunk) error {
	up, err := s.StartUpload(ctx, v, n, d.Algorithm().String())
	if err != nil {
		return err
	}
	if _, err = s.FinishUpload(ctx, v, n, up.ID, d, c); err == nil || errors.Is(err, berth.ErrQuotaExceeded) {
		return err
	}
	clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), lockWait)
	defer cancel()
	return errors.Join(err, s.CancelUpload(clean, v, n, up.ID))
}

// finishedBefore answers a client that repeats a request whose answer was lost: if
// the package holds the blob, all is well.
func (s *Service) finishedBefore(ctx context.Context, v berth.Viewer, n berth.Name, d berth.Digest) error {
	v.Expired = false
	if _, err := s.statBlob(ctx, v, n, d, berth.ActionPush); err != nil {
		return hidden(err)
	}
	return nil
}

// linkUpload ends a session whose sealed bytes are the blob d.
func (s *Service) linkUpload(ctx context.Context, up meta.Upload, size int64, d berth.Digest) error {
	// The bytes are sealed: a client that goes now must not keep them from counting.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lockWait)
	defer cancel()
	good, err := s.goodKey(ctx, d)
	if err != nil {
		return err
	}
	now := s.opts.Now()
	return s.meta.Update(ctx, func(tx *meta.Tx) error {
		if err := tx.DropUpload(ctx, up); err != nil {
			return err
		}
		clock, err := tx.Now(ctx)
		if err != nil {
			return err
		}
		b := meta.Blob{Digest: d, Size: size, Key: up.Key, LeaseUntil: clock.Add(lease)}
		if err := tx.AddBlob(ctx, b, now); err != nil {
			return err
		}
		old, err := tx.LockBlob(ctx, d)
		if err != nil {
			return err
		}
		if old != up.Key {
			if err := s.replaceBlob(ctx, tx, b, old, old == good, now); err != nil {
				return err
			}
		}
		return linkWithin(ctx, tx, up.PackageID, d, now)
	})
}

// replaceBlob settles which of two keys a known blob keeps: the old one if its
// bytes are good, else that of the bytes which were just verified, so that pushing
// again heals a blob whose file was lost. The other is doomed.
func (s *Service) replaceBlob(ctx context.Context, tx *meta.Tx, b meta.Blob, old string, keep bool, now time.Time) error {
	doomed := old
	if keep {
		b.Key, doomed = old, b.Key
	}
	if err := tx.ReplaceBlob(ctx, b); err != nil {
		return err
	}
	return tx.DoomKey(ctx, doomed, now)
}

// goodKey returns the key under which a known blob's bytes lie in full, "" when
// there is none.
func (s *Service) goodKey(ctx context.Context, d berth.Digest) (string, error) {
	var row meta.Blob
	err := s.meta.View(ctx, func(tx *meta.Tx) (err error) {
		row, err = tx.FindBlob(ctx, d)
		return err
	})
	if err == nil {
		err = s.blob(row).exists(ctx)
	}
	if errors.Is(err, berth.ErrBlobUnknown) {
		return "", nil
	}
	return row.Key, err
}
