package restapi

import (
	"net/http"
	"strings"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/registry"
)

// nameRoutes give packages and owners other names, and free old ones. Those of
// /admin are GitHub's.
func (a *API) nameRoutes() []route {
	list := []route{
		{"POST", "/user/rename", a.renameSelf},
		{"POST", "/orgs/{org}/rename", a.renameOrg},
		{"POST", "/orgs/{org}/service-accounts/{user}/rename", a.renameServiceAccount},
		{"PATCH", "/admin/users/{owner}", a.patchUser},
		{"PATCH", "/admin/organizations/{org}", a.patchOrgName},
	}
	for _, under := range []string{"/users/{owner}", "/orgs/{owner}"} {
		one := under + "/packages/container/{package}"
		list = append(
			list,
			route{"POST", one + "/rename", onPackage(a.renamePackage)},
			route{"POST", one + "/transfer", onPackage(a.transferPackage)},
			route{"GET", one + "/aliases", onPackage(a.listAliases)},
			route{"GET", under + "/package-aliases", a.listKeptNames},
			route{"DELETE", under + "/package-aliases/{package}", onPackage(a.deleteAlias)},
		)
	}
	return list
}

type packageNameBody struct {
	Name string `json:"name"`
}

func (a *API) renamePackage(w *httpkit.Writer, r *http.Request, v berth.Viewer, n berth.Name) error {
	var in packageNameBody
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	return a.movePackage(w, r, v, n, n.Owner+"/"+in.Name)
}

type transferBody struct {
	NewOwner string `json:"new_owner"`
	NewName  string `json:"new_name,omitempty"`
}

func (a *API) transferPackage(w *httpkit.Writer, r *http.Request, v berth.Viewer, n berth.Name) error {
	var in transferBody
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	owner, err := berth.ParseOwner(in.NewOwner)
	if err != nil {
		return err
	}
	if in.NewName == "" {
		in.NewName = n.Path
	}
	return a.movePackage(w, r, v, n, owner+"/"+in.NewName)
}

func (a *API) movePackage(w *httpkit.Writer, r *http.Request, v berth.Viewer, from berth.Name, name string) error {
	to, err := berth.ParseName(name)
	if err != nil {
		return err
	}
	if err := a.registry.MovePackage(r.Context(), v, from, to); err != nil {
		return err
	}
	return a.showPackage(w, r, v, to)
}

// jsonAlias is an old name of a package.
type jsonAlias struct {
	Name      string  `json:"name"`    // with its owner
	Package   *string `json:"package"` // that had it, by its name of now
	CreatedAt *string `json:"created_at"`
}

func printAliases(list []registry.Alias) []jsonAlias {
	out := make([]jsonAlias, len(list))
	for i, alias := range list {
		out[i] = jsonAlias{Name: alias.Name.String(), CreatedAt: stamp(alias.CreatedAt)}
		if alias.Package != (berth.Name{}) {
			now := alias.Package.String()
			out[i].Package = &now
		}
	}
	return out
}

func aliasName(j jsonAlias) string { return j.Name }

func (a *API) listAliases(w *httpkit.Writer, r *http.Request, v berth.Viewer, n berth.Name) error {
	p, err := a.readPage(r)
	if err != nil {
		return err
	}
	var after berth.Name
	after.Owner, after.Path, _ = strings.Cut(p.after, "/")
	list, err := a.registry.ListAliases(r.Context(), v, n, after, p.limit())
	if err != nil {
		return err
	}
	return writePage(w, p, printAliases(list), aliasName)
}

func (a *API) listKeptNames(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	owner, err := berth.ParseOwner(r.PathValue("owner"))
	if err != nil {
		return err
	}
	p, err := a.readPage(r)
	if err != nil {
		return err
	}
	_, after, _ := strings.Cut(p.after, "/")
	list, err := a.registry.ListKeptNames(r.Context(), v, owner, after, p.limit())
	if err != nil {
		return err
	}
	return writePage(w, p, printAliases(list), aliasName)
}

func (a *API) deleteAlias(w *httpkit.Writer, r *http.Request, v berth.Viewer, n berth.Name) error {
	return done(w, a.registry.DropAlias(r.Context(), v, n))
}

type loginNameBody struct {
	Login string `json:"login"`
}

// newLogin reads the name that an owner is to have.
func newLogin(w *httpkit.Writer, r *http.Request, v berth.Viewer) (string, error) {
	var in loginNameBody
	if err := known(v); err != nil {
		return "", err
	}
	err := readJSON(w, r, &in)
	return in.Login, err
}

func (a *API) renameSelf(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	login, err := newLogin(w, r, v)
	if err != nil {
		return err
	}
	u, err := a.account.RenameSelf(r.Context(), v, login)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, userJSON(u))
}

func (a *API) renameOrg(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	login, err := newLogin(w, r, v)
	if err != nil {
		return err
	}
	o, err := a.account.RenameOrg(r.Context(), v, r.PathValue("org"), login)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, orgJSON(o))
}

func (a *API) renameServiceAccount(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	login, err := newLogin(w, r, v)
	if err != nil {
		return err
	}
	u, err := a.account.RenameServiceAccount(r.Context(), v, r.PathValue("org"), r.PathValue("user"), login)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, serviceAccountJSON(u))
}

// renaming is what GitHub answers, where it takes a while. Here it is done.
type renaming struct {
	Message string `json:"message"`
	URL     string `json:"url"`
}

func (a *API) patchUser(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	login, err := newLogin(w, r, v)
	if err != nil {
		return err
	}
	u, err := a.account.RenameUser(r.Context(), v, r.PathValue("owner"), login)
	if err != nil {
		return err
	}
	return a.renamed(w, r, "user", "/users/"+u.Login)
}

func (a *API) patchOrgName(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	login, err := newLogin(w, r, v)
	if err != nil {
		return err
	}
	o, err := a.account.RenameOrg(r.Context(), v, r.PathValue("org"), login)
	if err != nil {
		return err
	}
	return a.renamed(w, r, "organization", "/orgs/"+o.Login)
}

func (a *API) renamed(w *httpkit.Writer, r *http.Request, what, path string) error {
	return writeJSON(w, http.StatusAccepted, renaming{"The " + what + " was renamed.", a.origins.Of(r) + prefix + path})
}
