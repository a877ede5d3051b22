package restapi

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/opencontainers/go-digest"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/registry"
)

// v1Package is a name of a version as Forgejo and Gitea print it.
type v1Package struct {
	ID         int64         `json:"id"` // of the version, which all its names share
	Owner      v1User        `json:"owner"`
	Repository *v1Repository `json:"repository"`
	Creator    v1User        `json:"creator"`
	Type       string        `json:"type"`
	Name       string        `json:"name"`
	Version    string        `json:"version"`
	HTMLURL    string        `json:"html_url"`
	CreatedAt  *string       `json:"created_at"`
}

// v1Repository is the repository of a package.
type v1Repository struct {
	ID          int64   `json:"id"`
	Owner       v1User  `json:"owner"`
	Name        string  `json:"name"`
	FullName    string  `json:"full_name"`
	Description string  `json:"description"`
	Website     string  `json:"website"`
	Private     bool    `json:"private"`
	Internal    bool    `json:"internal"`
	HTMLURL     string  `json:"html_url"`
	CreatedAt   *string `json:"created_at"`
}

// v1File is a file of a version. Size is upper case there.
type v1File struct {
	ID     int64  `json:"id"`
	Size   int64  `json:"Size"`
	Name   string `json:"name"`
	MD5    string `json:"md5"`
	SHA1   string `json:"sha1"`
	SHA256 string `json:"sha256"`
	SHA512 string `json:"sha512"`
}

// maxSearch is the longest text to search for: no name is longer.
const maxSearch = berth.MaxNameLength

// v1Name reads owner, type and name from the path: only containers are kept here.
func v1Name(w *httpkit.Writer, r *http.Request, v berth.Viewer) (berth.Name, error) {
	if kind := r.PathValue("type"); kind != "container" {
		return berth.Name{}, berth.ErrPackageUnknown.With("there are no packages of the type %.40q here, only of container", kind)
	}
	return packageName(w, r, v)
}

// v1Reference reads what names a version, too.
func v1Reference(w *httpkit.Writer, r *http.Request, v berth.Viewer) (berth.Name, berth.Reference, error) {
	n, err := v1Name(w, r, v)
	if err != nil {
		return n, berth.Reference{}, err
	}
	ref, err := berth.ParseReference(r.PathValue("version"))
	return n, ref, err
}

func (a *API) v1ListPackages(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	owner, err := berth.ParseOwner(r.PathValue("owner"))
	if err != nil {
		return err
	}
	p, err := readV1Page(r)
	if err != nil {
		return err
	}
	search := strings.TrimSpace(r.URL.Query().Get("q"))
	if len(search) > maxSearch || !utf8.ValidString(search) {
		return berth.ErrRequestInvalid.With("q is a part of a name, of %d bytes at the most", maxSearch)
	}
	list, total, err := a.registry.ListReferences(r.Context(), v, registry.ReferenceQuery{
		Owner: owner, Search: strings.ToLower(search), Skip: p.skip(), Limit: p.size,
	})
	if err != nil {
		return err
	}
	if kind := r.URL.Query().Get("type"); kind != "" && kind != "container" {
		return a.writeV1Page(w, r, p, 0, []v1Package{})
	}
	return a.writeReferences(w, r, v, p, total, list)
}

func (a *API) v1ListVersions(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	n, err := v1Name(w, r, v)
	if err != nil {
		return err
	}
	p, err := readV1Page(r)
	if err != nil {
		return err
	}
	list, total, err := a.registry.ListPackageReferences(r.Context(), v, n, p.skip(), p.size)
	if err != nil {
		return err
	}
	return a.writeReferences(w, r, v, p, total, list)
}

func (a *API) writeReferences(w *httpkit.Writer, r *http.Request, v berth.Viewer, p v1Page, total int, list []registry.Reference) error {
	out := make([]v1Package, len(list))
	repositories := map[string]*v1Repository{}
	for i, ref := range list {
		name := ref.Package.Repository
		if _, ok := repositories[name]; !ok {
			repository, err := a.v1Repository(r.Context(), r, v, name)
			if err != nil {
				return err
			}
			repositories[name] = repository
		}
		out[i] = a.v1Package(r, ref, repositories[name])
	}
	return a.writeV1Page(w, r, p, total, out)
}

// v1Package prints a name of a version. Who pushed it is not kept: Forgejo shows those
// whom it does not know any more as Ghost.
func (a *API) v1Package(r *http.Request, ref registry.Reference, repository *v1Repository) v1Package {
	p := ref.Package
	version, at := string(ref.Tag), ":"+string(ref.Tag)
	if version == "" {
		version, at = ref.Digest.String(), "@"+ref.Digest.String()
	}
	return v1Package{
		ID: ref.VersionID, Owner: a.v1Owner(r, p.OwnerID, p.Name.Owner), Repository: repository,
		Creator: v1User{ID: -1, Login: "Ghost", Username: "Ghost"},
		Type:    "container", Name: p.Name.Path, Version: version,
		HTMLURL: a.origins.Of(r) + "/" + p.Name.String() + at, CreatedAt: stamp(ref.CreatedAt),
	}
}

// v1Repository returns a repository, nil where there is none that the viewer may know.
func (a *API) v1Repository(ctx context.Context, r *http.Request, v berth.Viewer, name string) (*v1Repository, error) {
	if name == "" {
		return nil, nil //nolint:nilnil // it is printed as null
	}
	owner, repository, _ := strings.Cut(name, "/")
	repo, err := a.account.GetRepository(ctx, v, owner, repository)
	if named, ok := errors.AsType[*berth.Error](err); ok && named.Hides() {
		return nil, nil //nolint:nilnil // it was hidden or deleted since the package was read
	}
	if err != nil {
		return nil, err
	}
	return &v1Repository{
		ID: repo.ID, Owner: a.v1Owner(r, repo.OwnerID, repo.Owner), Name: repo.Name, FullName: repo.FullName(),
		Description: repo.Description, Website: repo.WebURL, Private: repo.Visibility != berth.VisibilityPublic,
		Internal: repo.Visibility == berth.VisibilityInternal, HTMLURL: a.origins.Of(r) + "/" + repo.FullName(), CreatedAt: stamp(repo.CreatedAt),
	}, nil
}

func (a *API) v1GetLatest(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	n, err := v1Name(w, r, v)
	if err != nil {
		return err
	}
	found, err := a.registry.LatestReference(r.Context(), v, n)
	if err != nil {
		return err
	}
	return a.writeReference(w, r, v, found)
}

func (a *API) v1GetVersion(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	n, ref, err := v1Reference(w, r, v)
	if err != nil {
		return err
	}
	found, err := a.registry.GetReference(r.Context(), v, n, ref)
	if err != nil {
		return err
	}
	return a.writeReference(w, r, v, found)
}

func (a *API) writeReference(w *httpkit.Writer, r *http.Request, v berth.Viewer, ref registry.Reference) error {
	repository, err := a.v1Repository(r.Context(), r, v, ref.Package.Repository)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, a.v1Package(r, ref, repository))
}

func (a *API) v1DeleteVersion(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	n, ref, err := v1Reference(w, r, v)
	if err != nil {
		return err
	}
	if err := a.registry.DeleteReference(r.Context(), v, n, ref); err != nil {
		return err
	}
	return noContent(w)
}

// v1ListFiles prints what a version consists of. Of each only the hash is kept by which
// it is known, and numbers it has only in the list.
func (a *API) v1ListFiles(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	n, ref, err := v1Reference(w, r, v)
	if err != nil {
		return err
	}
	list, err := a.registry.ListFiles(r.Context(), v, n, ref)
	if err != nil {
		return err
	}
	out := make([]v1File, len(list))
	for i, f := range list {
		hash := f.Digest.Algorithm()
		out[i] = v1File{ID: int64(i) + 1, Size: f.Size, Name: hash.String() + "_" + f.Digest.Encoded()}
		if f.Manifest {
			out[i].Name = "manifest.json"
		}
		if hash == digest.SHA512 {
			out[i].SHA512 = f.Digest.Encoded()
		} else {
			out[i].SHA256 = f.Digest.Encoded()
		}
	}
	return writeJSON(w, http.StatusOK, out)
}

func (a *API) v1Link(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	n, err := v1Name(w, r, v)
	if err != nil {
		return err
	}
	if err := a.registry.LinkFirst(r.Context(), v, n, n.Owner+"/"+r.PathValue("repo")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusCreated)
	return nil
}

func (a *API) v1Unlink(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	n, err := v1Name(w, r, v)
	if err != nil {
		return err
	}
	if err := a.registry.Unlink(r.Context(), v, n); err != nil {
		return err
	}
	return noContent(w)
}
