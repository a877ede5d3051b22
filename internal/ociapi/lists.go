package ociapi

import (
	"bufio"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/registry"
)

// maxTagPage bounds the tags that are read at a time.
const maxTagPage = 10_000

func (a *API) getTags(w *httpkit.Writer, r *http.Request, v berth.Viewer, p path) error {
	q := r.URL.Query()
	n, err := httpkit.PageSize(q, maxTagPage, maxTagPage)
	if err != nil {
		return err
	}
	var last berth.Tag
	if s := q.Get("last"); s != "" {
		if last, err = berth.ParseTag(s); err != nil {
			return berth.ErrPageInvalid.With("last must be a tag")
		}
	}
	tags, more, err := a.registry.ListTags(r.Context(), v, p.name, last, n)
	if err != nil {
		return err
	}
	if !q.Has("n") {
		return a.writeAllTags(w, r, v, p.name, tags, more)
	}
	if more && n > 0 {
		httpkit.LinkNext(w, "/v2/"+p.name.String()+"/tags/list",
			url.Values{"n": {strconv.Itoa(n)}, "last": {string(tags[len(tags)-1])}})
	}
	return a.writeAllTags(w, r, v, p.name, tags, false)
}

// writeAllTags prints a page of tags and, where there are more, the pages after it:
// without n the list is whole, because there are clients that never look for a next
// page. It is never in memory whole. Names and tags need no escaping.
func (a *API) writeAllTags(w *httpkit.Writer, r *http.Request, v berth.Viewer, n berth.Name, tags []berth.Tag, more bool) (err error) {
	w.Header().Set("Content-Type", "application/json")
	out := bufio.NewWriter(w)
	_, _ = out.WriteString(`{"name":"` + n.String() + `","tags":[`) // Flush has the error
	separator := `"`
	for {
		for _, t := range tags {
			_, _ = out.WriteString(separator + string(t) + `"`)
			separator = `,"`
		}
		if !more {
			break
		}
		if tags, more, err = a.registry.ListTags(r.Context(), v, n, tags[len(tags)-1], maxTagPage); err != nil {
			return err
		}
	}
	_, _ = out.WriteString("]}")
	return out.Flush()
}

// getCatalog lists what the viewer may read. Without any credentials it answers
// 401 first, as /v2/ does, or clients would never send those they have.
func (a *API) getCatalog(w *httpkit.Writer, r *http.Request, v berth.Viewer, _ path) error {
	if r.Header.Get("Authorization") == "" {
		return berth.ErrUnauthenticated
	}
	q := r.URL.Query()
	n, err := httpkit.PageSize(q, registry.MaxPage, registry.MaxPage)
	if err != nil {
		return err
	}
	last := q.Get("last")
	if len(last) > berth.MaxNameLength || !printable(last) {
		return berth.ErrPageInvalid.With("last must be a name")
	}
	owner, rest, _ := strings.Cut(last, "/")
	names, more, err := a.registry.Catalog(r.Context(), v, berth.Name{Owner: owner, Path: rest}, n)
	if err != nil {
		return err
	}
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = name.String()
	}
	if more {
		httpkit.LinkNext(w, "/v2/_catalog", url.Values{"n": {strconv.Itoa(n)}, "last": {list[len(list)-1]}})
	}
	return writeJSON(w, http.StatusOK, "application/json", struct {
		Repositories []string `json:"repositories"`
	}{list})
}

// printable reports whether a text has nothing that a database could refuse.
func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

func (a *API) getReferrers(w *httpkit.Writer, r *http.Request, v berth.Viewer, p path) error {
	q := r.URL.Query()
	n, err := httpkit.PageSize(q, registry.MaxPage, registry.MaxPage)
	if err != nil {
		return err
	}
	artifactType := q.Get("artifactType")
	if len(artifactType) > berth.MaxMediaTypeLength || !printable(artifactType) {
		return berth.ErrRequestInvalid.With("artifactType is not a media type of at most %d characters", berth.MaxMediaTypeLength)
	}
	var after int64
	if s := q.Get("after"); s != "" {
		if after, err = strconv.ParseInt(s, 10, 64); err != nil || after < 0 {
			return berth.ErrPageInvalid.With("after must be what the Link header says")
		}
	}
	list, next, err := a.registry.ListReferrers(r.Context(), v, p.name, p.digest, artifactType, after, n)
	if err != nil {
		return err
	}
	if next != 0 {
		page := url.Values{"n": {strconv.Itoa(n)}, "after": {strconv.FormatInt(next, 10)}}
		if artifactType != "" {
			page.Set("artifactType", artifactType)
		}
		httpkit.LinkNext(w, "/v2/"+p.name.String()+"/referrers/"+string(p.digest), page)
	}
	if artifactType != "" {
		w.Header().Set("OCI-Filters-Applied", "artifactType")
	}
	return writeJSON(w, http.StatusOK, berth.MediaTypeOCIIndex, struct {
		SchemaVersion int                 `json:"schemaVersion"`
		MediaType     string              `json:"mediaType"`
		Manifests     []registry.Referrer `json:"manifests"`
	}{2, berth.MediaTypeOCIIndex, list})
}
