package registry

import (
	"context"
	"encoding"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/opencontainers/go-digest"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// hasher is a running digest whose state can be stored between requests.
type hasher struct {
	hash.Hash

	algorithm digest.Algorithm
}

func newHash(algorithm string) (*hasher, error) {
	a, err := berth.ParseAlgorithm(algorithm)
	if err != nil {
		return nil, err
	}
	return &hasher{a.Hash(), a}, nil
}

func restoreHash(algorithm string, state []byte) (*hasher, error) {
	h, err := newHash(algorithm)
	if err != nil {
		return nil, err
	}
	u, ok := h.Hash.(encoding.BinaryUnmarshaler)
	if !ok {
		return nil, fmt.Errorf("hash %s cannot be restored", algorithm)
	}
	if err := u.UnmarshalBinary(state); err != nil {
		return nil, fmt.Errorf("restore hash: %w", err)
	}
	return h, nil
}

func (h *hasher) state() ([]byte, error) {
	m, ok := h.Hash.(encoding.BinaryMarshaler)
	if !ok {
		return nil, fmt.Errorf("hash %s cannot be stored", h.algorithm)
	}
	return m.MarshalBinary()
}

func (h *hasher) digest() berth.Digest {
	return digest.NewDigest(h.algorithm, h.Hash)
}

// hashFor returns the state of an upload's hash in the algorithm of d. Where the
// bytes so far were hashed with another, they are read again.
func (s *Service) hashFor(ctx context.Context, up meta.Upload, d berth.Digest) (*hasher, error) {
	if up.Algorithm == d.Algorithm().String() {
		return restoreHash(up.Algorithm, up.HashState)
	}
	h, err := newHash(d.Algorithm().String())
	if err != nil || up.Received == 0 {
		return h, err
	}
	r, err := s.blobs.Open(ctx, up.Key, 0)
	if err != nil {
		return nil, storage("read upload", err)
	}
	defer r.Close()
	if _, err := io.CopyN(h, r, up.Received); err != nil {
		return nil, storage("read upload", err)
	}
	return h, nil
}

var errTooLarge = errors.New("too large")

// countingReader hashes what is read and ends with an error at a limit.
type countingReader struct {
	r        io.Reader
	h        io.Writer
	left     int64
	tooLarge bool
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if c.left -= int64(n); c.left < 0 {
		c.tooLarge = true
		return 0, errTooLarge
	}
	_, _ = c.h.Write(p[:n]) // a hash never fails
	return n, err
}
