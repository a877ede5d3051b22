package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// hasBlob asks whether the registry holds a blob, as docker does before a push.
func (c *client) hasBlob(ctx context.Context, repo, digest string) (bool, error) {
	a, err := c.do(ctx, request{method: http.MethodHead, repo: repo, url: blobPath(repo, digest)},
		http.StatusOK, http.StatusNotFound)
	return a.status == http.StatusOK, err
}

// startUpload opens an upload session and returns its address.
func (c *client) startUpload(ctx context.Context, repo string) (string, error) {
	r := request{method: http.MethodPost, repo: repo, url: "/v2/" + repo + "/blobs/uploads/"}
	a, err := c.do(ctx, r, http.StatusAccepted)
	return a.header.Get("Location"), err
}

// finishUpload closes a session with PUT. A nil body means that all of the
// content was sent before.
func (c *client) finishUpload(ctx context.Context, repo, location, digest string, body func() io.Reader, size int64) error {
	u, err := url.Parse(location)
	if err != nil {
		return err
	}
	q := u.Query()
	q.Set("digest", digest)
	u.RawQuery = q.Encode()
	r := request{method: http.MethodPut, repo: repo, url: u.String(), body: body, size: size, contentType: typeOctets}
	_, err = c.do(ctx, r, http.StatusCreated)
	return err
}

// pushStreamed sends a blob as docker does: POST, one PATCH of unknown length,
// and an empty PUT.
func (c *client) pushStreamed(ctx context.Context, repo, digest string, body func() io.Reader) error {
	loc, err := c.startUpload(ctx, repo)
	if err != nil {
		return err
	}
	r := request{method: http.MethodPatch, repo: repo, url: loc, body: body, size: -1, contentType: typeOctets}
	a, err := c.do(ctx, r, http.StatusAccepted)
	if err != nil {
		return err
	}
	return c.finishUpload(ctx, repo, a.header.Get("Location"), digest, nil, 0)
}

// pushMonolithic sends a blob with POST and one PUT of known length.
func (c *client) pushMonolithic(ctx context.Context, repo, digest string, body func() io.Reader, size int64) error {
	loc, err := c.startUpload(ctx, repo)
	if err != nil {
		return err
	}
	return c.finishUpload(ctx, repo, loc, digest, body, size)
}

// pushManifest stores an image's manifest under a tag.
func (c *client) pushManifest(ctx context.Context, repo, tag string, img image) error {
	body := func() io.Reader { return bytes.NewReader(img.manifest) }
	r := request{
		method: http.MethodPut, repo: repo, url: manifestPath(repo, tag),
		body: body, size: int64(len(img.manifest)), contentType: typeManifest,
	}
	_, err := c.do(ctx, r, http.StatusCreated)
	return err
}

// pushImage sends the blobs that are missing and then the manifest: 4 requests
// for each new blob and one more.
func (c *client) pushImage(ctx context.Context, repo, tag string, img image) error {
	for _, b := range img.blobs {
		has, err := c.hasBlob(ctx, repo, b.digest)
		if err != nil {
			return err
		}
		if has {
			continue
		}
		body := func() io.Reader { return bytes.NewReader(b.data) }
		if err := c.pushStreamed(ctx, repo, b.digest, body); err != nil {
			return err
		}
	}
	return c.pushManifest(ctx, repo, tag, img)
}

// fetchManifest is a GET or HEAD of a manifest that must be as pushed.
func (c *client) fetchManifest(ctx context.Context, method, repo, ref string, img image) error {
	r := request{method: method, repo: repo, url: manifestPath(repo, ref), accept: typeManifest}
	a, err := c.do(ctx, r, http.StatusOK)
	if err != nil {
		return err
	}
	if got := a.header.Get("Docker-Content-Digest"); got != img.digest {
		return fmt.Errorf("%s: digest %q instead of %s", r.url, got, img.digest)
	}
	if method == http.MethodGet && a.size != int64(len(img.manifest)) {
		return fmt.Errorf("%s: %d bytes instead of %d", r.url, a.size, len(img.manifest))
	}
	return nil
}

// fetchBlob is a GET of a blob that must have the given size.
func (c *client) fetchBlob(ctx context.Context, repo, digest string, size int64) error {
	r := request{method: http.MethodGet, repo: repo, url: blobPath(repo, digest)}
	a, err := c.do(ctx, r, http.StatusOK)
	if err == nil && a.size != size {
		return fmt.Errorf("%s: %d bytes instead of %d", r.url, a.size, size)
	}
	return err
}

func blobPath(repo, digest string) string  { return "/v2/" + repo + "/blobs/" + digest }
func manifestPath(repo, ref string) string { return "/v2/" + repo + "/manifests/" + ref }
