package restapi

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/registry"
)

// versionRoutes are about what a package holds, and what was deleted. GitHub has the
// first ones.
func (a *API) versionRoutes(under string) []route {
	one := under + "/container/{package}"
	version := one + "/versions/{version}"
	return []route{
		{"GET", strings.TrimSuffix(under, "/packages") + "/docker/conflicts", a.listConflicts},
		{"GET", one + "/versions", onPackage(a.listVersions)},
		{"GET", version, onPackage(a.getVersion)},
		{"DELETE", version, onPackage(a.deleteVersion)},
		{"POST", version + "/restore", onPackage(a.restoreVersion)},

		{"POST", version + "/copy", onPackage(a.copyVersion)},
		{"POST", one + "/versions/delete", onPackage(a.deleteVersions)},
		{"GET", one + "/tags", onPackage(a.listTags)},
		{"GET", one + "/tags/{tag}", a.getTag},
		{"PUT", one + "/tags/{tag}", a.putTag},
		{"DELETE", one + "/tags/{tag}", a.deleteTag},
		{"GET", strings.TrimSuffix(under, "/packages") + "/trash", a.listTrash},
	}
}

// jsonVersion is a version as GitHub prints it, with what GitHub does not say. GitHub's
// own clients expect strings of the names summary and manifest, so ours are others.
type jsonVersion struct {
	ID             int64               `json:"id"`
	Name           string              `json:"name"` // the digest
	URL            string              `json:"url"`
	PackageHTMLURL string              `json:"package_html_url"`
	HTMLURL        string              `json:"html_url"`
	License        string              `json:"license"`
	Description    string              `json:"description"`
	CreatedAt      *string             `json:"created_at"`
	UpdatedAt      *string             `json:"updated_at"`
	DeletedAt      *string             `json:"deleted_at,omitempty"`
	DeletedBy      string              `json:"deleted_by,omitempty"`
	Metadata       jsonVersionMetadata `json:"metadata"`

	MediaType    string            `json:"media_type"`
	ArtifactType string            `json:"artifact_type,omitempty"`
	Kind         string            `json:"kind,omitempty"` // missing until the job after the push has read it
	Size         int64             `json:"size"`
	Downloads    int64             `json:"downloads"`
	LastPulledAt *string           `json:"last_pulled_at"`
	Protected    bool              `json:"protected"` // one of its tags is, by a rule
	Summary      *registry.Summary `json:"about,omitempty"`
	Problem      string            `json:"problem,omitempty"`
	Health       jsonHealth        `json:"health"`
	UniqueSize   *int64            `json:"unique_size,omitempty"` // bytes that nothing else needs; missing in lists, and where it is too much to count
	Details      *registry.Details `json:"details,omitempty"`
	Manifest     json.RawMessage   `json:"raw_manifest,omitempty"`
	Attached     []jsonAttachment  `json:"attached,omitempty"`
}

type jsonVersionMetadata struct {
	PackageType string        `json:"package_type"`
	Container   jsonContainer `json:"container"`
}

type jsonContainer struct {
	Tags []berth.Tag `json:"tags"`
}

// jsonHealth says whether all that a version needs is there.
type jsonHealth struct {
	Complete bool          `json:"complete"`
	Missing  []jsonMissing `json:"missing"`
}

type jsonMissing struct {
	Digest   berth.Digest `json:"digest"`
	Platform string       `json:"platform,omitempty"`
}

// jsonAttachment is what refers to a version: a signature, an SBOM.
type jsonAttachment struct {
	Digest    berth.Digest `json:"digest"`
	MediaType string       `json:"media_type"`
	Kind      string       `json:"kind,omitempty"`
	Size      int64        `json:"size"`
}

func (a *API) printVersion(r *http.Request, n berth.Name, kind string, version registry.Version) jsonVersion {
	page := a.origins.Of(r) + "/" + n.String()
	out := jsonVersion{
		ID: version.ID, Name: version.Digest.String(),
		URL:            a.packageURL(r, kind, n) + "/versions/" + strconv.FormatInt(version.ID, 10),
		PackageHTMLURL: page, HTMLURL: page + "@" + version.Digest.String(),
		License: version.Summary.Licenses, Description: version.Summary.Description,
		CreatedAt: stamp(version.CreatedAt), UpdatedAt: stamp(version.UpdatedAt),
		DeletedAt: stamp(version.DeletedAt), DeletedBy: version.DeletedBy,
		Metadata:  jsonVersionMetadata{"container", jsonContainer{append([]berth.Tag{}, version.Tags...)}},
		MediaType: version.MediaType, ArtifactType: version.ArtifactType, Kind: string(version.Kind), Size: version.Size,
		Downloads: version.Downloads, LastPulledAt: stamp(version.LastPulledAt), Protected: version.Protected, Problem: version.Problem,
		Health: jsonHealth{Complete: version.Complete(), Missing: []jsonMissing{}},
	}
	for _, m := range version.Missing {
		out.Health.Missing = append(out.Health.Missing, jsonMissing(m))
	}
	if version.Described {
		out.Summary = &version.Summary
	}
	return out
}

// ownerWord tells which of the two words for owners a request used.
func ownerWord(r *http.Request) string {
	if strings.HasPrefix(r.URL.Path, prefix+"/orgs/") {
		return "org"
	}
	return "user"
}

// versionState reads which versions are wanted.
func versionState(q url.Values) (deleted bool, err error) {
	switch s := q.Get("state"); s {
	case "", "active":
		return false, nil
	case "deleted":
		return true, nil
	default:
		return false, berth.ErrRequestInvalid.With("state is %.20q, expected active or deleted", s)
	}
}

func (a *API) listVersions(w *httpkit.Writer, r *http.Request, v berth.Viewer, n berth.Name) error {
	p, before, err := a.readPageByID(r)
	if err != nil {
		return err
	}
	deleted, err := versionState(r.URL.Query())
	if err != nil {
		return err
	}
	q := registry.VersionQuery{Deleted: deleted, Before: before, Skip: p.skip, Limit: p.size + 1}
	list, cursors, err := a.registry.ListVersions(r.Context(), v, n, q)
	if err != nil {
		return err
	}
	out := make([]jsonVersion, len(list))
	for i, version := range list {
		out[i] = a.printVersion(r, n, ownerWord(r), version)
	}
	p.skip = 0 // they are left out already
	return writePage(w, p, out, func(jsonVersion) string { return strconv.FormatInt(cursors[p.size-1], 10) })
}

func (a *API) getVersion(w *httpkit.Writer, r *http.Request, v berth.Viewer, n berth.Name) error {
	return a.showVersion(w, r, v, n, id(r, "version"), http.StatusOK)
}

func (a *API) showVersion(w *httpkit.Writer, r *http.Request, v berth.Viewer, n berth.Name, version int64, status int) error {
	page, err := a.registry.GetVersion(r.Context(), v, n, version)
	if err != nil {
		return err
	}
	out := a.printVersion(r, n, ownerWord(r), page.Version)
	out.Manifest = page.Manifest
	if page.Freed >= 0 {
		out.UniqueSize = &page.Freed
	}
	if page.Described {
		out.Details = &page.Details
	}
	for _, at := range page.Attached {
		out.Attached = append(out.Attached, jsonAttachment{at.Digest, at.MediaType, string(at.Kind), at.Size})
	}
	return writeJSON(w, status, out)
}

func (a *API) deleteVersion(w *httpkit.Writer, r *http.Request, v berth.Viewer, n berth.Name) error {
	return done(w, a.registry.DeleteVersions(r.Context(), v, n, id(r, "version")))
}

// versionIDs is the body of a deletion of several versions.
type versionIDs struct {
	IDs []int64 `json:"ids"`
}

func (a *API) deleteVersions(w *httpkit.Writer, r *http.Request, v berth.Viewer, n berth.Name) error {
	var in versionIDs
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	return done(w, a.registry.DeleteVersions(r.Context(), v, n, in.IDs...))
}

func (a *API) restoreVersion(w *httpkit.Writer, r *http.Request, v berth.Viewer, n berth.Name) error {
	skip, err := flag(r, "skip_taken_tags")
	if err != nil {
		return err
	}
	return done(w, a.registry.RestoreVersion(r.Context(), v, n, id(r, "version"), skip))
}

// flag reads a query parameter that is true or false; not there is false.
func flag(r *http.Request, name string) (bool, error) {
	switch s := r.URL.Query().Get(name); s {
	case "", "false":
		return false, nil
	case "true":
		return true, nil
	default:
		return false, berth.ErrRequestInvalid.With("%s is %.20q, expected true or false", name, s)
	}
}

// copyBody says where a version is to be as well.
type copyBody struct {
	To   string   `json:"to"` // OWNER/NAME
	Tags []string `json:"tags"`
}

func (a *API) copyVersion(w *httpkit.Writer, r *http.Request, v berth.Viewer, n berth.Name) error {
	var in copyBody
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	if in.To == "" {
		return berth.ErrRequestInvalid.With("to is missing: the package that the version is to be in, OWNER/NAME; %s itself for more tags", n)
	}
	to, err := berth.ParseName(in.To)
	if err != nil {
		return err
	}
	tags := make([]berth.Tag, len(in.Tags))
	for i, s := range in.Tags {
		if tags[i], err = berth.ParseTag(s); err != nil {
			return err
		}
	}
	made, err := a.registry.Copy(r.Context(), v, n, registry.Which{ID: id(r, "version")}, to, tags...)
	if err != nil {
		return err
	}
	return a.showVersion(w, r, v, to, made, http.StatusCreated)
}

// listConflicts answers that nothing stands in the way of moving images from the older
// Docker registry: there are none that would have to be moved.
func (a *API) listConflicts(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	if _, err := packageOwner(r, v); err != nil {
		return err
	}
	if err := known(v); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, []jsonPackage{})
}

func (a *API) restorePackage(w *httpkit.Writer, r *http.Request, v berth.Viewer, n berth.Name) error {
	which := int64(0)
	if s := r.URL.Query().Get("id"); s != "" {
		var err error
		if which, err = strconv.ParseInt(s, 10, 64); err != nil || which < 1 {
			return berth.ErrRequestInvalid.With("id is %.20q, expected the number of a deleted package", s)
		}
	}
	return done(w, a.registry.RestorePackage(r.Context(), v, n, which))
}

// jsonTrashed is a deleted package.
type jsonTrashed struct {
	ID           int64     `json:"id"` // of the package
	Name         string    `json:"name"`
	Owner        jsonOwner `json:"owner"`
	Visibility   string    `json:"visibility"`
	VersionCount int64     `json:"version_count"`
	DeletedBy    string    `json:"deleted_by"`
	DeletedAt    *string   `json:"deleted_at"`
	GoneAt       *string   `json:"gone_at"` // when it cannot be restored any more

	cursor int64
}

func (a *API) listTrash(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	owner, err := packageOwner(r, v)
	if err != nil {
		return err
	}
	p, before, err := a.readPageByID(r)
	if err != nil {
		return err
	}
	list, err := a.registry.ListTrash(r.Context(), v, owner, before, p.limit())
	if err != nil {
		return err
	}
	out := make([]jsonTrashed, len(list))
	for i, t := range list {
		out[i] = jsonTrashed{
			ID: t.PackageID, Name: t.Name.Path, Owner: jsonOwner{Login: t.Name.Owner}, Visibility: string(t.Visibility), VersionCount: t.Versions,
			DeletedBy: t.DeletedBy, DeletedAt: stamp(t.DeletedAt), GoneAt: stamp(t.Until()), cursor: t.ID,
		}
	}
	return writePage(w, p, out, func(t jsonTrashed) string { return strconv.FormatInt(t.cursor, 10) })
}
