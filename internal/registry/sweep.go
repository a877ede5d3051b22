package registry

import (
	"context"
	"errors"
	"io"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/blob"
	"github.com/berth-registry/berth/internal/meta"
)

// sweepBatch is how many things a sweep handles at a time.
const sweepBatch = 500

// ReapUploads removes uploads without progress for [UploadLife], those that were
// opened and left for an hour, and packages into which nothing ever came. It returns how many uploads it removed.
func (s *Service) ReapUploads(ctx context.Context) (int, error) {
	cutoff := s.opts.Now().Add(-UploadLife)
	reaped := 0
	for {
		var stale []meta.Upload
		err := s.meta.View(ctx, func(tx *meta.Tx) (err error) {
			stale, err = tx.StaleUploads(ctx, cutoff, s.opts.Now().Add(-emptyLife), sweepBatch)
			return err
		})
		if err != nil {
			return reaped, err
		}
		before := reaped
		for _, up := range stale {
			ok, err := s.reap(ctx, up)
			if err != nil {
				return reaped, err
			}
			if ok {
				reaped++
			}
		}
		if len(stale) < sweepBatch || reaped == before {
			break
		}
	}
	err := s.meta.Update(ctx, func(tx *meta.Tx) error {
		_, err := tx.DropEmptyPackages(ctx, cutoff)
		return err
	})
	if errors.Is(err, berth.ErrUnavailable) { // somebody pushes into one; next time
		err = nil
	}
	return reaped, err
}

// reap removes an upload unless a request is writing to it or it moved on.
func (s *Service) reap(ctx context.Context, up meta.Upload) (bool, error) {
	unlock, ok := s.uploads.tryLock(up.ID)
	if !ok {
		return false, nil
	}
	defer unlock()
	err := s.dropUpload(ctx, up)
	if errors.Is(err, berth.ErrUploadUnknown) || errors.Is(err, berth.ErrUploadBusy) {
		return false, nil
	}
	return err == nil, err
}

// DeleteDoomed deletes bytes whose rows are gone, some time after that. It can
// stop anywhere and be run again. It returns how many keys it deleted.
func (s *Service) DeleteDoomed(ctx context.Context) (int, error) {
	cutoff := s.opts.Now().Add(-doomGrace)
	deleted := 0
	for {
		var keys []string
		err := s.meta.View(ctx, func(tx *meta.Tx) (err error) {
			keys, err = tx.ListDoomedKeys(ctx, cutoff, sweepBatch)
			return err
		})
		if err != nil {
			return deleted, err
		}
		gone, err := s.deleteKeys(ctx, keys)
		deleted += gone
		if err != nil || gone < sweepBatch {
			return deleted, err
		}
	}
}

func (s *Service) deleteKeys(ctx context.Context, keys []string) (int, error) {
	var gone []string
	var failed error
	var bytes int64
	for _, key := range keys {
		size := s.sizeOf(ctx, key)
		switch err := s.blobs.Delete(ctx, key); {
		case err == nil:
			gone = append(gone, key)
			bytes += size
		case !errors.Is(err, blob.ErrBusy): // a busy one is for the next sweep
			failed = errors.Join(failed, storage("delete bytes", err))
		}
	}
	today := meta.Day(s.opts.Now())
	err := s.meta.Update(ctx, func(tx *meta.Tx) error {
		for _, key := range gone {
			if _, err := tx.ForgetKey(ctx, key); err != nil {
				return err
			}
		}
		if bytes == 0 {
			return nil
		}
		return tx.AddReclaimed(ctx, today, bytes)
	})
	return len(gone), errors.Join(failed, err)
}

// sizeOf returns how many bytes lie under a key, 0 where the store does not say so
// without reading them: they are only for the figures.
func (s *Service) sizeOf(ctx context.Context, key string) int64 {
	r, err := s.blobs.Open(ctx, key, 0)
	if err != nil {
		return 0
	}
	defer r.Close()
	if end, ok := r.(io.Seeker); ok {
		if n, err := end.Seek(0, io.SeekEnd); err == nil {
			return n
		}
	}
	return 0
}
