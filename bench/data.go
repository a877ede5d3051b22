package main

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
)

// The media types that bench pushes and asks for.
const (
	typeManifest = "application/vnd.oci.image.manifest.v1+json"
	typeConfig   = "application/vnd.oci.image.config.v1+json"
	typeLayer    = "application/vnd.oci.image.layer.v1.tar+gzip"
	typeOctets   = "application/octet-stream"
)

// stream is size bytes of an AES-CTR key stream: incompressible, the same for
// the same seed, and far cheaper than the hashing that the server does on it.
type stream struct {
	ctr  cipher.Stream
	left int64
}

// newStream returns the stream of a seed.
func newStream(seed string, size int64) (*stream, error) {
	key := sha256.Sum256([]byte(seed))
	block, err := aes.NewCipher(key[:16])
	if err != nil {
		return nil, err
	}
	return &stream{cipher.NewCTR(block, key[16:]), size}, nil
}

// Read fills p with the next bytes.
func (s *stream) Read(p []byte) (int, error) {
	if s.left == 0 {
		return 0, io.EOF
	}
	p = p[:min(int64(len(p)), s.left)]
	clear(p)
	s.ctr.XORKeyStream(p, p)
	s.left -= int64(len(p))
	return len(p), nil
}

// blob is content with its digest.
type blob struct {
	data   []byte
	digest string
}

// newBlob returns a blob of the stream of seed.
func newBlob(seed string, size int64) (blob, error) {
	s, err := newStream(seed, size)
	if err != nil {
		return blob{}, err
	}
	data := make([]byte, size)
	if _, err := io.ReadFull(s, data); err != nil {
		return blob{}, err
	}
	return blob{data, digestOf(data)}, nil
}

// digestOf returns the sha256 digest of b in OCI notation.
func digestOf(b []byte) string {
	sum := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// digestStream returns the digest of the stream of a seed without holding it.
func digestStream(seed string, size int64) (string, error) {
	s, err := newStream(seed, size)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	if _, err := io.CopyBuffer(h, s, make([]byte, 256<<10)); err != nil {
		return "", err
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil)), nil
}

// image is a manifest with everything it names.
type image struct {
	blobs    []blob // the layers, then the config
	manifest []byte
	digest   string
}

// descriptor is a reference within a manifest.
type descriptor struct {
	MediaType string `json:"mediaType"`
	Digest    string `json:"digest"`
	Size      int    `json:"size"`
}

// newImage makes an image of random layers that no registry has seen before,
// as long as seed is new.
func newImage(seed string, layers int, layerSize int64) (image, error) {
	var img image
	var descs []descriptor
	var diffs []string
	for i := range layers {
		b, err := newBlob(fmt.Sprintf("%s/layer%d", seed, i), layerSize)
		if err != nil {
			return image{}, err
		}
		img.blobs = append(img.blobs, b)
		descs = append(descs, descriptor{typeLayer, b.digest, len(b.data)})
		diffs = append(diffs, b.digest)
	}
	config, err := json.Marshal(map[string]any{
		"architecture": "amd64", "os": "linux", "author": seed, "config": map[string]any{},
		"rootfs": map[string]any{"type": "layers", "diff_ids": diffs},
	})
	if err != nil {
		return image{}, err
	}
	img.blobs = append(img.blobs, blob{config, digestOf(config)})
	img.manifest, err = json.Marshal(map[string]any{
		"schemaVersion": 2, "mediaType": typeManifest,
		"config": descriptor{typeConfig, digestOf(config), len(config)}, "layers": descs,
	})
	img.digest = digestOf(img.manifest)
	return img, err
}
