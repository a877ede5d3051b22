package restapi

import (
	"net/http"
	"strings"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/httpkit"
)

func (a *API) repositoryRoutes() []route {
	return []route{
		{"POST", "/user/repos", a.createRepository},
		{"POST", "/orgs/{owner}/repos", a.createRepository},
		{"GET", "/user/repos", a.listRepositories},
		{"GET", "/users/{owner}/repos", a.listRepositories},
		{"GET", "/orgs/{owner}/repos", a.listRepositories},
		{"GET", "/repos/{owner}/{repo}", a.getRepository},
		{"PATCH", "/repos/{owner}/{repo}", a.updateRepository},
		{"DELETE", "/repos/{owner}/{repo}", a.deleteRepository},
		{"GET", "/repos/{owner}/{repo}/collaborators", a.listCollaborators},
		{"PUT", "/repos/{owner}/{repo}/collaborators/{user}", a.putCollaborator},
		{"DELETE", "/repos/{owner}/{repo}/collaborators/{user}", a.dropCollaborator},
		{"GET", "/repos/{owner}/{repo}/teams", a.listRepositoryTeams},
		{"PUT", "/orgs/{org}/teams/{team}/repos/{owner}/{repo}", a.putRepositoryTeam},
		{"DELETE", "/orgs/{org}/teams/{team}/repos/{owner}/{repo}", a.dropRepositoryTeam},
	}
}

// repositoryDoc is a repository as GitHub prints it.
type repositoryDoc struct {
	ID          int64            `json:"id"`
	Name        string           `json:"name"`
	FullName    string           `json:"full_name"`
	Owner       jsonOwner        `json:"owner"`
	Private     bool             `json:"private"`
	Visibility  berth.Visibility `json:"visibility"`
	Description string           `json:"description"`
	Homepage    string           `json:"homepage"`
	HTMLURL     string           `json:"html_url"`
	CreatedAt   *string          `json:"created_at"`
	Permissions permissions      `json:"permissions"`
}

// permissions is a role in GitHub's terms.
type permissions struct {
	Admin bool `json:"admin"`
	Push  bool `json:"push"`
	Pull  bool `json:"pull"`
}

func permissionsOf(r berth.Role) permissions {
	return permissions{Admin: r >= berth.RoleAdmin, Push: r >= berth.RoleWrite, Pull: true}
}

func (a *API) repositoryDoc(r *http.Request, repo account.Repository) repositoryDoc {
	return repositoryDoc{
		ID: repo.ID, Name: repo.Name, FullName: repo.FullName(),
		Owner:   jsonOwner{Login: repo.Owner, ID: repo.OwnerID, Type: holderType(repo.OwnerKind)},
		Private: repo.Visibility != berth.VisibilityPublic, Visibility: repo.Visibility,
		Description: repo.Description, Homepage: repo.WebURL, HTMLURL: a.origins.Of(r) + repositoryPage(repo.FullName()),
		CreatedAt: stamp(repo.CreatedAt), Permissions: permissionsOf(repo.Role),
	}
}

// holderType is GitHub's word for a kind of account.
func holderType(kind string) string {
	switch kind {
	case "org":
		return "Organization"
	case "service":
		return "ServiceAccount"
	}
	return "User"
}

// repositoryBody is what is to become of a repository. Visibility says more than
// GitHub's older private.
type repositoryBody struct {
	Name        *string `json:"name,omitempty"`
	Private     *bool   `json:"private,omitempty"`
	Visibility  *string `json:"visibility,omitempty"`
	Description *string `json:"description,omitempty"`
	Homepage    *string `json:"homepage,omitempty"`
}

func readRepository(w *httpkit.Writer, r *http.Request) (account.RepositoryChange, error) {
	var body repositoryBody
	if err := readJSON(w, r, &body); err != nil {
		return account.RepositoryChange{}, err
	}
	c := account.RepositoryChange{Name: body.Name, Description: body.Description, WebURL: body.Homepage}
	if body.Private != nil {
		visibility := berth.VisibilityPublic
		if *body.Private {
			visibility = berth.VisibilityPrivate
		}
		c.Visibility = &visibility
	}
	if body.Visibility != nil {
		visibility, err := berth.ParseVisibility(*body.Visibility)
		if err != nil {
			return c, err
		}
		if body.Private != nil && *body.Private != (visibility != berth.VisibilityPublic) {
			return c, berth.ErrRequestInvalid.With("private and visibility contradict each other; send one of them")
		}
		c.Visibility = &visibility
	}
	return c, nil
}

func (a *API) createRepository(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	if err := known(v); err != nil {
		return err
	}
	c, err := readRepository(w, r)
	if err != nil {
		return err
	}
	repo, err := a.account.CreateRepository(r.Context(), v, r.PathValue("owner"), c)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, a.repositoryDoc(r, repo))
}

func (a *API) listRepositories(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	p, err := a.readPage(r)
	if err != nil {
		return err
	}
	q := account.RepositoryQuery{Owner: r.PathValue("owner"), After: p.after, Limit: p.limit()}
	q.Own = q.Owner == ""
	list, err := a.account.ListRepositories(r.Context(), v, q)
	if err != nil {
		return err
	}
	docs := make([]repositoryDoc, len(list))
	for i, repo := range list {
		docs[i] = a.repositoryDoc(r, repo)
	}
	return writePage(w, p, docs, func(d repositoryDoc) string {
		return account.Repository{Owner: d.Owner.Login, Name: d.Name}.Cursor()
	})
}

func (a *API) getRepository(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	repo, err := a.account.GetRepository(r.Context(), v, r.PathValue("owner"), r.PathValue("repo"))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, a.repositoryDoc(r, repo))
}

func (a *API) updateRepository(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	if err := known(v); err != nil {
		return err
	}
	c, err := readRepository(w, r)
	if err != nil {
		return err
	}
	repo, err := a.account.UpdateRepository(r.Context(), v, r.PathValue("owner"), r.PathValue("repo"), c)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, a.repositoryDoc(r, repo))
}

func (a *API) deleteRepository(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	if err := a.account.DeleteRepository(r.Context(), v, r.PathValue("owner"), r.PathValue("repo")); err != nil {
		return err
	}
	return noContent(w)
}

// repositoryPage is the path of the page of a repository, by its full name.
func repositoryPage(full string) string {
	owner, name, _ := strings.Cut(full, "/")
	return "/" + owner + "/-/repositories/" + name
}
