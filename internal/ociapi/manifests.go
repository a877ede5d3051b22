package ociapi

import (
	"net/http"
	"net/url"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/registry"
)

// maxTags bounds the tags that one push by digest may move.
const maxTags = 100

// getManifest serves what was pushed, whatever the Accept header says: another
// type would be another digest.
func (a *API) getManifest(w *httpkit.Writer, r *http.Request, v berth.Viewer, p path) error {
	m, err := a.registry.GetManifest(r.Context(), v, p.name, p.ref)
	if err != nil {
		return err
	}
	if unchanged(w, r, m.Digest) {
		return nil
	}
	setContentHeaders(w, m.MediaType, m.Digest, m.Size)
	w.WriteHeader(http.StatusOK)
	_, err = w.Write(m.Body)
	return err
}

func (a *API) headManifest(w *httpkit.Writer, r *http.Request, v berth.Viewer, p path) error {
	m, err := a.registry.StatManifest(r.Context(), v, p.name, p.ref)
	if err != nil {
		return err
	}
	setContentHeaders(w, m.MediaType, m.Digest, m.Size)
	w.WriteHeader(http.StatusOK)
	return nil
}

func (a *API) putManifest(w *httpkit.Writer, r *http.Request, v berth.Viewer, p path) error {
	tags, err := parseTags(r.URL.Query(), p.ref)
	if err != nil {
		return err
	}
	pushed, err := a.registry.PutManifest(r.Context(), v, p.name, registry.Push{
		Reference: p.ref, Tags: tags, ContentType: r.Header.Get("Content-Type"), Body: httpkit.Body(w, r),
	})
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Location", "/v2/"+p.name.String()+"/manifests/"+string(pushed.Digest))
	h.Set("Docker-Content-Digest", string(pushed.Digest))
	if pushed.Subject != "" {
		h.Set("OCI-Subject", string(pushed.Subject))
	}
	for _, t := range tags {
		h.Add("OCI-Tag", string(t))
	}
	w.WriteHeader(http.StatusCreated)
	return nil
}

// parseTags reads the tag parameters that may come with a push by digest.
func parseTags(q url.Values, ref berth.Reference) ([]berth.Tag, error) {
	names := q["tag"]
	if len(names) > 0 && ref.Digest == "" {
		return nil, berth.ErrTagInvalid.With("tag parameters go with a push by digest only")
	}
	if len(names) > maxTags {
		return nil, berth.ErrTooManyTags.With("%d, the limit is %d", len(names), maxTags)
	}
	tags := make([]berth.Tag, 0, len(names))
	for _, name := range names {
		t, err := berth.ParseTag(name)
		if err != nil {
			return nil, err
		}
		tags = append(tags, t)
	}
	return tags, nil
}

func (a *API) deleteManifest(w *httpkit.Writer, r *http.Request, v berth.Viewer, p path) error {
	if err := a.registry.DeleteManifest(r.Context(), v, p.name, p.ref); err != nil {
		return err
	}
	w.WriteHeader(http.StatusAccepted)
	return nil
}
