package restapi

import (
	"net/http"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/registry"
)

// jsonTag is a tag of a package.
type jsonTag struct {
	Name         berth.Tag    `json:"name"`
	Digest       berth.Digest `json:"digest"`
	VersionID    int64        `json:"version_id"`
	MediaType    string       `json:"media_type"`
	Downloads    int64        `json:"downloads"`
	LastPulledAt *string      `json:"last_pulled_at"`
	CreatedAt    *string      `json:"created_at"`
	UpdatedAt    *string      `json:"updated_at"` // when it was last moved
	Protected    bool         `json:"protected"`  // by a rule on tags
}

func printTag(t registry.Tag) jsonTag {
	return jsonTag{
		Name: t.Name, Digest: t.Digest, VersionID: t.VersionID, MediaType: t.MediaType, Downloads: t.Downloads,
		LastPulledAt: stamp(t.LastPulledAt), CreatedAt: stamp(t.CreatedAt), UpdatedAt: stamp(t.UpdatedAt), Protected: t.Protected,
	}
}

func (a *API) listTags(w *httpkit.Writer, r *http.Request, v berth.Viewer, n berth.Name) error {
	p, err := a.readPage(r)
	if err != nil {
		return err
	}
	list, err := a.registry.TagDetails(r.Context(), v, n, berth.Tag(p.after), p.limit())
	if err != nil {
		return err
	}
	out := make([]jsonTag, len(list))
	for i, t := range list {
		out[i] = printTag(t)
	}
	return writePage(w, p, out, func(t jsonTag) string { return string(t.Name) })
}

// tagName reads package and tag from the path.
func tagName(w *httpkit.Writer, r *http.Request, v berth.Viewer) (berth.Name, berth.Tag, error) {
	n, err := packageName(w, r, v)
	if err != nil {
		return n, "", err
	}
	t, err := berth.ParseTag(r.PathValue("tag"))
	return n, t, err
}

func (a *API) getTag(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	n, t, err := tagName(w, r, v)
	if err != nil {
		return err
	}
	return a.showTag(w, r, v, n, t)
}

func (a *API) showTag(w *httpkit.Writer, r *http.Request, v berth.Viewer, n berth.Name, t berth.Tag) error {
	found, err := a.registry.GetTag(r.Context(), v, n, t)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, printTag(found))
}

// tagBody says what a tag is to name: a version by its id, or by a tag or digest.
type tagBody struct {
	VersionID int64  `json:"version_id,omitempty"`
	Reference string `json:"reference,omitempty"`
}

func (a *API) putTag(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	n, t, err := tagName(w, r, v)
	if err != nil {
		return err
	}
	var in tagBody
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	if (in.VersionID == 0) == (in.Reference == "") {
		return berth.ErrRequestInvalid.With("expected either version_id or reference")
	}
	which := registry.Which{ID: in.VersionID}
	if in.Reference != "" {
		if which.Reference, err = berth.ParseReference(in.Reference); err != nil {
			return err
		}
	}
	if _, err := a.registry.Copy(r.Context(), v, n, which, n, t); err != nil {
		return err
	}
	return a.showTag(w, r, v, n, t)
}

func (a *API) deleteTag(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	n, t, err := tagName(w, r, v)
	if err != nil {
		return err
	}
	return done(w, a.registry.DeleteTag(r.Context(), v, n, t))
}
