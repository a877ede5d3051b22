package ociapi

import (
	"fmt"
	"net/http"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/registry"
)

// postUpload opens an upload, or saves it: by a mount, or with the whole blob in
// the request.
func (a *API) postUpload(w *httpkit.Writer, r *http.Request, v berth.Viewer, p path) error {
	q := r.URL.Query()
	switch {
	case q.Has("mount"):
		return a.mount(w, r, v, p)
	case q.Has("digest"):
		d, err := berth.ParseDigest(q.Get("digest"))
		if err != nil {
			return err
		}
		c, err := chunk(w, r)
		if err != nil {
			return err
		}
		if err := a.registry.PutBlob(r.Context(), v, p.name, d, c); err != nil {
			return err
		}
		return created(w, p.name, d)
	}
	return a.startUpload(w, r, v, p)
}

// mount answers 202 and an upload where it cannot mount, for whatever reason:
// any error here breaks clients.
func (a *API) mount(w *httpkit.Writer, r *http.Request, v berth.Viewer, p path) error {
	q := r.URL.Query()
	d, err := berth.ParseDigest(q.Get("mount"))
	if err != nil {
		return err
	}
	var from berth.Name
	if q.Has("from") {
		if from, err = berth.ParseName(q.Get("from")); err != nil {
			return a.startUpload(w, r, v, p)
		}
	}
	mounted, err := a.registry.MountBlob(r.Context(), v, p.name, d, from)
	if err != nil {
		return err
	}
	if mounted {
		return created(w, p.name, d)
	}
	return a.startUpload(w, r, v, p)
}

func (a *API) startUpload(w *httpkit.Writer, r *http.Request, v berth.Viewer, p path) error {
	up, err := a.registry.StartUpload(r.Context(), v, p.name, r.URL.Query().Get("digest-algorithm"))
	if err != nil {
		return err
	}
	setUploadHeaders(w, p.name, up)
	w.WriteHeader(http.StatusAccepted)
	return nil
}

func (a *API) getUpload(w *httpkit.Writer, r *http.Request, v berth.Viewer, p path) error {
	up, err := a.registry.StatUpload(r.Context(), v, p.name, p.upload)
	if err != nil {
		return err
	}
	setUploadHeaders(w, p.name, up)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (a *API) patchUpload(w *httpkit.Writer, r *http.Request, v berth.Viewer, p path) error {
	c, err := chunk(w, r)
	if err != nil {
		return err
	}
	up, err := a.registry.AppendUpload(r.Context(), v, p.name, p.upload, c)
	if up.ID != "" { // also when the chunk is out of order: the client may go on from here
		setUploadHeaders(w, p.name, up)
	}
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusAccepted)
	return nil
}

func (a *API) putUpload(w *httpkit.Writer, r *http.Request, v berth.Viewer, p path) error {
	q := r.URL.Query()
	if !q.Has("digest") {
		return berth.ErrDigestInvalid.With("the digest parameter is missing")
	}
	d, err := berth.ParseDigest(q.Get("digest"))
	if err != nil {
		return err
	}
	c, err := chunk(w, r)
	if err != nil {
		return err
	}
	up, err := a.registry.FinishUpload(r.Context(), v, p.name, p.upload, d, c)
	if err != nil {
		if up.ID != "" {
			setUploadHeaders(w, p.name, up)
		}
		return err
	}
	return created(w, p.name, d)
}

func (a *API) deleteUpload(w *httpkit.Writer, r *http.Request, v berth.Viewer, p path) error {
	if err := a.registry.CancelUpload(r.Context(), v, p.name, p.upload); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func chunk(w *httpkit.Writer, r *http.Request) (registry.Chunk, error) {
	c := registry.Chunk{Length: r.ContentLength, Body: httpkit.Body(w, r)}
	header := r.Header.Get("Content-Range")
	if header == "" {
		return c, nil
	}
	var err error
	c.Ranged = true
	c.First, c.Last, err = httpkit.ParseContentRange(header)
	return c, err
}

// created says where a blob is now. The address is relative, because a proxy in
// front of us may change any other.
func created(w *httpkit.Writer, n berth.Name, d berth.Digest) error {
	w.Header().Set("Location", "/v2/"+n.String()+"/blobs/"+string(d))
	w.Header().Set("Docker-Content-Digest", string(d))
	w.WriteHeader(http.StatusCreated)
	return nil
}

// setUploadHeaders says where an upload goes on. An upload without bytes has no
// honest range; "0-0" is what registries have always said and clients expect.
func setUploadHeaders(w *httpkit.Writer, n berth.Name, up registry.Upload) {
	h := w.Header()
	h.Set("Location", "/v2/"+n.String()+"/blobs/uploads/"+up.ID)
	h.Set("Docker-Upload-Uuid", up.ID)
	h.Set("Range", fmt.Sprintf("0-%d", max(0, up.Received-1)))
}
