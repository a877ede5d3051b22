package restapi

import (
	"encoding/base64"
	"net/http"
	"strings"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/httpkit"
)

// maxReadmeBody is what the longest README takes as base64 or, mostly, as JSON.
const maxReadmeBody = 2 * account.MaxReadme

func (a *API) readmeRoutes() []route {
	return []route{
		{"GET", "/repos/{owner}/{repo}/readme", a.getReadme},
		{"PUT", "/repos/{owner}/{repo}/readme", a.putReadme},
	}
}

// readmeDoc is a README as GitHub prints a file.
type readmeDoc struct {
	Type        string  `json:"type"`
	Name        string  `json:"name"`
	Path        string  `json:"path"`
	Size        int     `json:"size"`
	Encoding    string  `json:"encoding"`
	Content     string  `json:"content"`
	HTMLURL     string  `json:"html_url"`
	DownloadURL *string `json:"download_url"`
	UpdatedAt   *string `json:"updated_at"`
}

// readmeBody has the shape of GitHub's blobs: the content is text unless the encoding
// says that it is base64.
type readmeBody struct {
	Content  string `json:"content"`
	Encoding string `json:"encoding,omitempty"`
}

func (a *API) readmeDoc(r *http.Request, readme account.Readme) readmeDoc {
	encoded := base64.StdEncoding.EncodeToString([]byte(readme.Text))
	var lines strings.Builder
	for len(encoded) > 0 { // in lines, as GitHub does
		n := min(60, len(encoded))
		lines.WriteString(encoded[:n] + "\n")
		encoded = encoded[n:]
	}
	return readmeDoc{
		Type: "file", Name: "README.md", Path: "README.md", Size: len(readme.Text), Encoding: "base64", Content: lines.String(),
		HTMLURL: a.origins.Of(r) + "/" + readme.Repository.FullName(), UpdatedAt: stamp(readme.UpdatedAt),
	}
}

func (a *API) getReadme(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	readme, err := a.account.GetReadme(r.Context(), v, r.PathValue("owner"), r.PathValue("repo"))
	if err != nil {
		return err
	}
	if readme.Text == "" {
		return berth.ErrRepositoryUnknown.With("%s has no README; its administrators can write one", readme.Repository.FullName())
	}
	return writeJSON(w, http.StatusOK, a.readmeDoc(r, readme))
}

func (a *API) putReadme(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	if err := known(v); err != nil {
		return err
	}
	var body readmeBody
	if err := readJSONOf(w, r, &body, maxReadmeBody); err != nil {
		return err
	}
	switch body.Encoding {
	case "", "utf-8":
	case "base64":
		text, err := base64.StdEncoding.DecodeString(strings.NewReplacer("\n", "", "\r", "").Replace(body.Content))
		if err != nil {
			return berth.ErrRequestInvalid.With("content is not the base64 that encoding says it is")
		}
		body.Content = string(text)
	default:
		return berth.ErrRequestInvalid.With("encoding is %.40q; expected utf-8 or base64", body.Encoding)
	}
	readme, err := a.account.PutReadme(r.Context(), v, r.PathValue("owner"), r.PathValue("repo"), body.Content)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, a.readmeDoc(r, readme))
}
