package registry

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/blob"
	"github.com/berth-registry/berth/internal/meta"
)

// lockWait is how long a request waits for another one that writes to the same
// upload, which is often a dead one whose connection nobody has missed yet.
const lockWait = 75 * time.Second

// Upload is an open session as its user sees it.
type Upload struct {
	ID       string
	Received int64 // bytes acknowledged so far
}

// Chunk is a piece of an upload as the client describes it.
type Chunk struct {
	// First and Last are the Content-Range, when Ranged.
	First, Last int64
	Ranged      bool
	// Length is the Content-Length, -1 when not given.
	Length int64
	Body   io.Reader
}

// StartUpload opens a session for a blob whose digest will be made with the given
// algorithm ("" is sha256). A bearer has to be fresh here only: it may run out while
// a large layer is on its way.
// Errors: those of [Service.enter]; berth.ErrTooMany; berth.ErrDigestInvalid.
func (s *Service) StartUpload(ctx context.Context, v berth.Viewer, n berth.Name, algorithm string) (Upload, error) {
	if algorithm == "" {
		algorithm = "sha256"
	}
	h, err := newHash(algorithm)
	if err != nil {
		return Upload{}, err
	}
	state, err := h.state()
	if err != nil {
		return Upload{}, err
	}
	now := s.opts.Now()
	up := meta.Upload{
		ID: strings.ToLower(rand.Text()), UserID: v.UserID, Key: blob.NewKey(),
		Algorithm: algorithm, HashState: state, UpdatedAt: now,
	}
	err = s.meta.Update(ctx, func(tx *meta.Tx) error {
		standing, err := s.enter(ctx, tx, v, n, berth.ActionPush)
		if err != nil {
			return err
		}
		open, err := tx.CountUploads(ctx, v.UserID)
		if err != nil {
			return err
		}
		if open >= s.opts.MaxUploads {
			return berth.ErrTooMany.With("%d uploads are open for user %s; finish or cancel some", open, v.Login)
		}
		if up.PackageID, err = s.ensurePackage(ctx, tx, v, n, standing, now); err != nil {
			return err
		}
		return tx.CreateUpload(ctx, up)
	})
	return Upload{ID: up.ID}, err
}

// StatUpload returns how far a session has come. Only the user who opened it, in
// the package it was opened in, finds it, and only while he may push there.
// Errors: berth.ErrUploadUnknown, berth.ErrUnauthenticated.
func (s *Service) StatUpload(ctx context.Context, v berth.Viewer, n berth.Name, id string) (Upload, error) {
	up, err := s.getUpload(ctx, v, n, id)
	return Upload{ID: id, Received: up.Received}, err
}

func (s *Service) getUpload(ctx context.Context, v berth.Viewer, n berth.Name, id string) (up meta.Upload, err error) {
	if v.Anonymous() {
		return up, berth.ErrUnauthenticated.With("an upload belongs to the user who opened it")
	}
	// Of a bearer only the time may have run out since the upload was opened.
	v.Expired = false
	err = s.meta.View(ctx, func(tx *meta.Tx) error {
		if _, err := s.enter(ctx, tx, v, n, berth.ActionPush); err != nil {
			return hidden(err)
		}
		up, err = tx.GetUpload(ctx, id, v.UserID, n)
		return err
	})
	return up, err
}

// hidden turns a refusal into "there is no such upload", and leaves a failure of
// ours as it is: a client would give up its push. Where the package has another name
// now, those who may know it hear of that.
func hidden(err error) error {
	var refused *berth.Error
	if errors.As(err, &refused) && !typeClosed(err) && refused.Kind != berth.KindUnavailable && refused.Kind != berth.KindConflict {
		return berth.ErrUploadUnknown.Because(err)
	}
	return err
}

// AppendUpload adds a chunk to a session and returns where it stands then. When
// the client breaks off, what came is kept, and the client may ask and go on; of a
// chunk that announced its range all is kept or nothing.
// Errors: those of [Service.StatUpload]; berth.ErrUploadBusy,
// berth.ErrUploadInvalid, berth.ErrRangeOutOfOrder, berth.ErrSizeInvalid,
// berth.ErrRequestTooLarge. With an error the Upload, where its ID is set, says
// where the session stands.
func (s *Service) AppendUpload(ctx context.Context, v berth.Viewer, n berth.Name, id string, c Chunk) (Upload, error) {
	unlock, err := s.lockUpload(ctx, id)
	if err != nil {
		return Upload{}, err
	}
	defer unlock()
	up, err := s.getUpload(ctx, v, n, id)
	if err != nil {
		return Upload{}, err
	}
	h, err := restoreHash(up.Algorithm, up.HashState)
	if err != nil {
		return Upload{}, err
	}
	from := up.Received
	if err := s.append(ctx, &up, h, c); err != nil {
		var broken *blob.SourceError
		if !errors.As(err, &broken) || c.Ranged {
			return Upload{ID: id, Received: from}, err
		}
		if lost := s.advance(ctx, from, up); lost != nil {
			return Upload{ID: id, Received: from}, errors.Join(err, lost)
		}
		return Upload{ID: id, Received: up.Received}, err
	}
	return Upload{ID: id, Received: up.Received}, s.advance(ctx, from, up)
}

// advance records progress, also when the client has gone.
func (s *Service) advance(ctx context.Context, from int64, up meta.Upload) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lockWait)
	defer cancel()
	return s.meta.Update(ctx, func(tx *meta.Tx) error { return tx.AdvanceUpload(ctx, from, up) })
}

func (s *Service) lockUpload(ctx context.Context, id string) (func(), error) {
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	unlock, err := s.uploads.lock(ctx, id)
	if err != nil {
		return nil, berth.ErrUploadBusy.Because(err)
	}
	return unlock, nil
}

// append checks a chunk against the session and stores its bytes, durably. up and
// h stand behind the last byte kept, also when the client broke off.
func (s *Service) append(ctx context.Context, up *meta.Upload, h *hasher, c Chunk) error {
	if c.Ranged {
		if c.First != up.Received {
			return berth.ErrRangeOutOfOrder.With("the next byte is %d, the chunk begins with %d", up.Received, c.First)
		}
		if want := c.Last - c.First + 1; c.Length >= 0 && c.Length != want {
			return berth.ErrSizeInvalid.With("Content-Range announces %d bytes, Content-Length %d", want, c.Length)
		}
	}
	body := &countingReader{r: c.Body, h: h, left: s.opts.MaxBlob - up.Received}
	// The client's going must not keep what arrived from being written down.
	ctx = context.WithoutCancel(ctx)
	n, err := s.blobs.Append(ctx, up.Key, up.Received, body)
	if errors.Is(err, blob.ErrCommitted) {
		if err = s.reopen(ctx, up); err == nil {
			n, err = s.blobs.Append(ctx, up.Key, up.Received, body)
		}
	}
	if body.tooLarge {
		return berth.ErrRequestTooLarge.With("the limit for a blob is %d bytes", s.opts.MaxBlob)
	}
	var broken *blob.SourceError
	if err != nil && !errors.As(err, &broken) {
		return storage("append to upload", err)
	}
	if want := c.Last - c.First + 1; c.Ranged && err == nil && n != want {
		return berth.ErrSizeInvalid.With("Content-Range announces %d bytes, %d came", want, n)
	}
	state, stateErr := h.state()
	if stateErr != nil {
		return stateErr
	}
	up.Received += n
	up.HashState = state
	up.UpdatedAt = s.opts.Now()
	if err != nil {
		return berth.ErrUploadInvalid.With("the body broke off after %d bytes; ask for the status and go on from there", n).Because(err)
	}
	return nil
}

// reopen makes a session writable again whose bytes were sealed by a server that
// died before it could write down that the blob is complete. What was acknowledged
// is copied under a new key, because a sealed one stays as it is.
func (s *Service) reopen(ctx context.Context, up *meta.Upload) error {
	old, fresh := up.Key, blob.NewKey()
	// Until the session names the new key it counts as doomed, so that dying here
	// leaves nothing behind either.
	doomed := s.opts.Now().Add(UploadLife) // later than any copy can take
	err := s.meta.Update(ctx, func(tx *meta.Tx) error { return tx.DoomKey(ctx, fresh, doomed) })
	if err != nil {
		return err
	}
	r, err := s.blobs.Open(ctx, old, 0)
	if err != nil {
		return err
	}
	defer r.Close()
	switch n, err := s.blobs.Append(ctx, fresh, 0, io.LimitReader(r, up.Received)); {
	case err != nil:
		return err
	case n != up.Received:
		return fmt.Errorf("upload %s has %d bytes of the %d acknowledged", up.ID, n, up.Received)
	}
	err = s.meta.Update(ctx, func(tx *meta.Tx) error {
		if err := tx.RekeyUpload(ctx, up.ID, old, fresh); err != nil {
			return err
		}
		still, err := tx.ForgetKey(ctx, fresh)
		if err != nil {
			return err
		}
		if !still { // swept after all
			return berth.ErrUploadUnknown
		}
		return tx.DoomKey(ctx, old, s.opts.Now())
	})
	if err == nil {
		up.Key = fresh
	}
	return err
}

// CancelUpload ends a session and removes its bytes.
// Errors: berth.ErrUploadUnknown.
func (s *Service) CancelUpload(ctx context.Context, v berth.Viewer, n berth.Name, id string) error {
	unlock, err := s.lockUpload(ctx, id)
	if err != nil {
		return err
	}
	defer unlock()
	up, err := s.getUpload(ctx, v, n, id)
	if err != nil {
		return err
	}
	return s.dropUpload(ctx, up)
}

// dropUpload forgets the row first. Bytes that then cannot be removed are left to
// [Service.DeleteDoomed].
func (s *Service) dropUpload(ctx context.Context, up meta.Upload) error {
	now := s.opts.Now()
	err := s.meta.Update(ctx, func(tx *meta.Tx) error {
		if err := tx.DropUpload(ctx, up); err != nil {
			return err
		}
		return tx.DoomKey(ctx, up.Key, now)
	})
	if err != nil {
		return err
	}
	if err := s.blobs.Delete(ctx, up.Key); !errors.Is(err, blob.ErrBusy) {
		return storage("delete upload", err)
	}
	return nil
}
