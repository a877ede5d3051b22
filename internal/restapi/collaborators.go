package restapi

import (
	"net/http"
	"strings"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/httpkit"
)

// collaboratorDoc is a user with a role on a repository.
type collaboratorDoc struct {
	Login       string      `json:"login"`
	ID          int64       `json:"id"`
	Type        string      `json:"type"`
	RoleName    string      `json:"role_name"`
	Permissions permissions `json:"permissions"`
}

// repositoryTeamDoc is a team with a role on a repository. GitHub's words for what a
// team may do are not those for what a user may do.
type repositoryTeamDoc struct {
	ID         int64  `json:"id"`
	Name       string `json:"name"`
	Slug       string `json:"slug"`
	Permission string `json:"permission"`
}

func (a *API) listCollaborators(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	list, p, err := a.collaborators(r, v, account.CollaboratorUser)
	if err != nil {
		return err
	}
	docs := make([]collaboratorDoc, len(list))
	for i, c := range list {
		docs[i] = collaboratorDoc{
			Login: c.Name, ID: c.ID, Type: holderType(c.Kind), RoleName: c.Role.String(), Permissions: permissionsOf(c.Role),
		}
	}
	return writePage(w, p, docs, func(d collaboratorDoc) string { return strings.ToLower(d.Login) })
}

func (a *API) listRepositoryTeams(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	list, p, err := a.collaborators(r, v, account.CollaboratorTeam)
	if err != nil {
		return err
	}
	docs := make([]repositoryTeamDoc, len(list))
	for i, c := range list {
		docs[i] = repositoryTeamDoc{ID: c.ID, Name: c.Name, Slug: c.Slug, Permission: githubPermission(c.Role)}
	}
	return writePage(w, p, docs, func(d repositoryTeamDoc) string { return d.Slug })
}

func githubPermission(r berth.Role) string {
	switch r {
	case berth.RoleRead:
		return "pull"
	case berth.RoleWrite:
		return "push"
	case berth.RoleNone, berth.RoleAdmin:
	}
	return r.String()
}

func (a *API) collaborators(r *http.Request, v berth.Viewer, kind account.CollaboratorKind) ([]account.Collaborator, page, error) {
	p, err := a.readPage(r)
	if err != nil {
		return nil, p, err
	}
	list, err := a.account.ListCollaborators(r.Context(), v, r.PathValue("owner"), r.PathValue("repo"), kind, p.after, p.limit())
	return list, p, err
}

type permissionBody struct {
	Permission string `json:"permission"`
}

// readPermission reads a role under GitHub's name or ours.
func readPermission(w *httpkit.Writer, r *http.Request) (berth.Role, error) {
	var body permissionBody
	if err := readJSON(w, r, &body); err != nil {
		return berth.RoleNone, err
	}
	return berth.ParseRole(body.Permission)
}

func (a *API) putCollaborator(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	return a.grantRepository(w, r, v, account.CollaboratorUser, r.PathValue("user"))
}

func (a *API) putRepositoryTeam(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	if err := sameOrg(r); err != nil {
		return err
	}
	return a.grantRepository(w, r, v, account.CollaboratorTeam, r.PathValue("team"))
}

// sameOrg refuses teams of other organizations than the repository's.
func sameOrg(r *http.Request) error {
	if org, owner := r.PathValue("org"), r.PathValue("owner"); !strings.EqualFold(org, owner) {
		return berth.ErrTeamUnknown.With("teams of %.64q have no roles on repositories of %.64q", org, owner)
	}
	return nil
}

func (a *API) grantRepository(w *httpkit.Writer, r *http.Request, v berth.Viewer, kind account.CollaboratorKind, who string) error {
	if err := known(v); err != nil {
		return err
	}
	role, err := readPermission(w, r)
	if err != nil {
		return err
	}
	if err := a.account.PutCollaborator(r.Context(), v, r.PathValue("owner"), r.PathValue("repo"), kind, who, role); err != nil {
		return err
	}
	return noContent(w)
}

func (a *API) dropCollaborator(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	err := a.account.DropCollaborator(r.Context(), v, r.PathValue("owner"), r.PathValue("repo"), account.CollaboratorUser, r.PathValue("user"))
	if err != nil {
		return err
	}
	return noContent(w)
}

func (a *API) dropRepositoryTeam(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	if err := sameOrg(r); err != nil {
		return err
	}
	err := a.account.DropCollaborator(r.Context(), v, r.PathValue("owner"), r.PathValue("repo"), account.CollaboratorTeam, r.PathValue("team"))
	if err != nil {
		return err
	}
	return noContent(w)
}
