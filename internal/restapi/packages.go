package restapi

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/registry"
)

// packageRoutes are there under /users and /orgs, because GitHub has both, and a
// client need not know which an owner is.
func (a *API) packageRoutes() []route {
	var list []route
	for _, under := range []string{"/users/{owner}/packages", "/orgs/{owner}/packages"} {
		one := under + "/container/{package}"
		list = append(list,
			route{"GET", under, a.listPackages},
			route{"GET", one, onPackage(a.getPackage)},
			route{"PATCH", one, onPackage(a.patchPackage)},
			route{"DELETE", one, onPackage(a.deletePackage)},
			route{"POST", one + "/restore", onPackage(a.restorePackage)},
			route{"PUT", one + "/repository", onPackage(a.linkPackage)},
			route{"DELETE", one + "/repository", onPackage(a.unlinkPackage)},
			route{"GET", one + "/roles", onPackage(a.listRoles)},
			route{"PUT", one + "/roles/users/{user}", onPackage(a.putRole)},
			route{"DELETE", one + "/roles/users/{user}", onPackage(a.deleteRole)},
			route{"PUT", one + "/roles/teams/{team}", onPackage(a.putRole)},
			route{"DELETE", one + "/roles/teams/{team}", onPackage(a.deleteRole)},
			route{"PUT", one + "/roles/repositories/{repo_owner}/{repo}", onPackage(a.putRole)},
			route{"DELETE", one + "/roles/repositories/{repo_owner}/{repo}", onPackage(a.deleteRole)},
		)
		list = append(list, a.versionRoutes(under)...)
	}
	return append(list, a.ownPackageRoutes()...)
}

// ownPackageRoutes are GitHub's on the packages of whoever asks.
func (a *API) ownPackageRoutes() []route {
	const under = "/user/packages"
	const one = under + "/container/{package}"
	const version = one + "/versions/{version}"
	return []route{
		{"GET", "/user/docker/conflicts", a.listConflicts},
		{"GET", under, a.listPackages},
		{"GET", one, onPackage(a.getPackage)},
		{"DELETE", one, onPackage(a.deletePackage)},
		{"POST", one + "/restore", onPackage(a.restorePackage)},
		{"GET", one + "/versions", onPackage(a.listVersions)},
		{"GET", version, onPackage(a.getVersion)},
		{"DELETE", version, onPackage(a.deleteVersion)},
		{"POST", version + "/restore", onPackage(a.restoreVersion)},
	}
}

type jsonOwner struct {
	Login string `json:"login"`
	ID    int64  `json:"id,omitempty"`
	Type  string `json:"type,omitempty"`
}

type jsonPackage struct {
	ID           int64           `json:"id"`
	Name         string          `json:"name"`
	Type         string          `json:"package_type"`
	URL          string          `json:"url"`
	HTMLURL      string          `json:"html_url"`
	VersionCount int64           `json:"version_count"`
	Owner        jsonOwner       `json:"owner"`
	Visibility   string          `json:"visibility"`
	Inherit      bool            `json:"inherit"`
	Repository   *jsonRepository `json:"repository"`
	Role         string          `json:"role,omitempty"` // the viewer's
	Kind         string          `json:"kind,omitempty"` // of the version pushed last
	Description  string          `json:"description"`
	License      string          `json:"license"`
	Downloads    int64           `json:"downloads"`
	LastPulledAt *string         `json:"last_pulled_at"`
	CreatedAt    *string         `json:"created_at"`
	UpdatedAt    *string         `json:"updated_at"`
}

// jsonRepository is the repository that a package is linked to.
type jsonRepository struct {
	ID         int64            `json:"id"`
	Name       string           `json:"name"`
	FullName   string           `json:"full_name"`
	Owner      jsonOwner        `json:"owner"`
	Private    bool             `json:"private"`
	Visibility berth.Visibility `json:"visibility"`
	HTMLURL    string           `json:"html_url"`
}

// linkBody says to which repository a package is to be linked.
type linkBody struct {
	FullName string `json:"full_name"`
}

// packageBody is what is to become of a package: one of the two.
type packageBody struct {
	Visibility *string `json:"visibility,omitempty"`
	Inherit    *bool   `json:"inherit,omitempty"`
}

// roleBody is a role that is to be given.
type roleBody struct {
	Role string `json:"role"`
}

// packageURL is where the API has a package.
func (a *API) packageURL(r *http.Request, kind string, n berth.Name) string {
	under := "/users/"
	if kind == "org" {
		under = "/orgs/"
	}
	return a.origins.Of(r) + prefix + under + n.Owner + "/packages/container/" + url.PathEscape(n.Path)
}

func (a *API) printPackage(r *http.Request, p registry.Package) jsonPackage {
	out := jsonPackage{
		ID: p.ID, Name: p.Name.Path, Type: "container", Owner: jsonOwner{Login: p.Name.Owner, ID: p.OwnerID, Type: holderType(p.OwnerKind)},
		URL: a.packageURL(r, p.OwnerKind, p.Name), HTMLURL: a.origins.Of(r) + "/" + p.Name.String(), VersionCount: p.Versions,
		Visibility: string(p.Visibility), Inherit: p.Inherit, Kind: p.Kind, Description: p.Description, License: p.Licenses,
		Downloads: p.Downloads, LastPulledAt: stamp(p.LastPulledAt), CreatedAt: stamp(p.CreatedAt), UpdatedAt: stamp(p.UpdatedAt),
	}
	if p.Repository != "" {
		_, name, _ := strings.Cut(p.Repository, "/")
		out.Repository = &jsonRepository{
			ID: p.RepositoryID, Name: name, FullName: p.Repository, Owner: out.Owner,
			Private: p.RepositoryVisible != berth.VisibilityPublic, Visibility: p.RepositoryVisible, HTMLURL: a.origins.Of(r) + repositoryPage(p.Repository),
		}
	}
	return out
}

// packageOwner reads the owner from the path, which is the viewer himself where it
// names none.
func packageOwner(r *http.Request, v berth.Viewer) (string, error) {
	name := r.PathValue("owner")
	if name == "" {
		if err := known(v); err != nil {
			return "", err
		}
		name = v.Login
	}
	return berth.ParseOwner(name)
}

// onPackage makes a handler of one that is about a package.
func onPackage(handle func(w *httpkit.Writer, r *http.Request, v berth.Viewer, n berth.Name) error) handler {
	return func(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
		n, err := packageName(w, r, v)
		if err != nil {
			return err
		}
		return handle(w, r, v, n)
	}
}

// packageName reads owner and name from the path. Slashes in the name come as %2F.
func packageName(w *httpkit.Writer, r *http.Request, v berth.Viewer) (berth.Name, error) {
	owner, err := packageOwner(r, v)
	if err != nil {
		return berth.Name{}, err
	}
	n, err := berth.ParseName(owner + "/" + r.PathValue("package"))
	if err == nil {
		w.Package = n.String()
	}
	return n, err
}

// visibilityFilter reads which visibility packages are to have, "" for any.
func visibilityFilter(q url.Values) (berth.Visibility, error) {
	s := q.Get("visibility")
	if s == "" {
		return "", nil
	}
	return berth.ParseVisibility(s)
}

func (a *API) listPackages(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	owner, err := packageOwner(r, v)
	if err != nil {
		return err
	}
	p, err := a.readPage(r)
	if err != nil {
		return err
	}
	visibility, err := visibilityFilter(r.URL.Query())
	if err != nil {
		return err
	}
	if kind := r.URL.Query().Get("package_type"); kind != "" && kind != "container" && kind != "docker" {
		return writePage(w, p, []jsonPackage{}, nil)
	}
	list, err := a.registry.ListPackages(r.Context(), v, registry.PackageQuery{
		Owner: owner, Visibility: visibility, After: p.after, Skip: p.skip, Limit: p.size + 1,
	})
	if err != nil {
		return err
	}
	out := make([]jsonPackage, len(list))
	for i, pkg := range list {
		out[i] = a.printPackage(r, pkg)
	}
	p.skip = 0 // they are left out already
	return writePage(w, p, out, func(p jsonPackage) string { return p.Name })
}

func (a *API) getPackage(w *httpkit.Writer, r *http.Request, v berth.Viewer, n berth.Name) error {
	return a.showPackage(w, r, v, n)
}

func (a *API) showPackage(w *httpkit.Writer, r *http.Request, v berth.Viewer, n berth.Name) error {
	p, err := a.registry.GetPackage(r.Context(), v, n)
	if err != nil {
		return err
	}
	out := a.printPackage(r, p)
	out.Role = p.Role.String()
	return writeJSON(w, http.StatusOK, out)
}

// patchPackage changes the visibility, or whether the package inherits from its
// repository; one of them in a request, so that it is whole or not at all.
func (a *API) patchPackage(w *httpkit.Writer, r *http.Request, v berth.Viewer, n berth.Name) error {
	var in packageBody
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	switch {
	case in.Visibility != nil && in.Inherit == nil:
		visibility, err := berth.ParseVisibility(*in.Visibility)
		if err != nil {
			return err
		}
		err = a.registry.SetVisibility(r.Context(), v, n, visibility)
		if err != nil {
			return err
		}
	case in.Inherit != nil && in.Visibility == nil:
		if err := a.registry.SetInherit(r.Context(), v, n, *in.Inherit); err != nil {
			return err
		}
	default:
		return berth.ErrRequestInvalid.With("expected either visibility or inherit")
	}
	return a.showPackage(w, r, v, n)
}

func (a *API) deletePackage(w *httpkit.Writer, r *http.Request, v berth.Viewer, n berth.Name) error {
	if err := a.registry.DeletePackage(r.Context(), v, n); err != nil {
		return err
	}
	return noContent(w)
}

func (a *API) linkPackage(w *httpkit.Writer, r *http.Request, v berth.Viewer, n berth.Name) error {
	var in linkBody
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	if err := a.registry.Link(r.Context(), v, n, in.FullName); err != nil {
		return err
	}
	return noContent(w)
}

func (a *API) unlinkPackage(w *httpkit.Writer, r *http.Request, v berth.Viewer, n berth.Name) error {
	if err := a.registry.Unlink(r.Context(), v, n); err != nil {
		return err
	}
	return noContent(w)
}

type jsonRole struct {
	Kind string `json:"kind"` // user, team, repository
	Name string `json:"name"`
	Role string `json:"role"`

	id int64
}

func (a *API) listRoles(w *httpkit.Writer, r *http.Request, v berth.Viewer, n berth.Name) error {
	p, after, err := a.readPageByID(r)
	if err != nil {
		return err
	}
	list, err := a.registry.ListRoles(r.Context(), v, n, after, p.limit())
	if err != nil {
		return err
	}
	out := make([]jsonRole, len(list))
	for i, role := range list {
		out[i] = jsonRole{role.Kind, role.Name, role.Role.String(), role.ID}
	}
	return writePage(w, p, out, func(r jsonRole) string { return strconv.FormatInt(r.id, 10) })
}

// holder reads who is to have a role from the path.
func holder(r *http.Request) registry.Holder {
	h := registry.Holder{User: r.PathValue("user"), Team: r.PathValue("team")}
	if repo := r.PathValue("repo"); repo != "" {
		h.Repository = r.PathValue("repo_owner") + "/" + repo
	}
	return h
}

func (a *API) putRole(w *httpkit.Writer, r *http.Request, v berth.Viewer, n berth.Name) error {
	var in roleBody
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	role, err := berth.ParseRole(in.Role)
	if err != nil {
		return err
	}
	if err := a.registry.GrantRole(r.Context(), v, n, holder(r), role); err != nil {
		return err
	}
	return noContent(w)
}

func (a *API) deleteRole(w *httpkit.Writer, r *http.Request, v berth.Viewer, n berth.Name) error {
	if err := a.registry.RevokeRole(r.Context(), v, n, holder(r)); err != nil {
		return err
	}
	return noContent(w)
}
