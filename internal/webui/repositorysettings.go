package webui

import (
	"net/http"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/webui/view"
)

// getCollaborators shows who has a role on a repository.
func (u *UI) getCollaborators(w *httpkit.Writer, r *http.Request, v berth.Viewer, repo account.Repository) error {
	return u.showCollaborators(w, r, v, repo, sent{}, view.CollaboratorForm{Role: "read"})
}

func (u *UI) showCollaborators(w *httpkit.Writer, r *http.Request, v berth.Viewer, repo account.Repository, s sent, form view.CollaboratorForm) error {
	p := view.CollaboratorsPage{Top: repositoryTop(repo, "collaborators"), Form: form, Wrong: s.wrong()}
	for _, of := range []struct {
		kind account.CollaboratorKind
		name string
		next *string
	}{{account.CollaboratorUser, "users", &p.NextUser}, {account.CollaboratorTeam, "teams", &p.NextTeam}} {
		if of.kind == account.CollaboratorTeam && !p.Top.Org {
			continue
		}
		after := r.URL.Query().Get(of.name)
		if len(after) > berth.MaxOwnerLength {
			return berth.ErrPageInvalid.With("%s is not what a list gave", of.name)
		}
		list, err := u.account.ListCollaborators(r.Context(), v, repo.Owner, repo.Name, of.kind, after, pageSize+1)
		if err != nil {
			return err
		}
		list, more := cut(list, pageSize)
		for _, c := range list {
			row := view.CollaboratorRow{Name: c.Name, Kind: c.Kind, Role: c.Role.String()}
			if of.kind == account.CollaboratorTeam {
				p.Teams = append(p.Teams, row)
			} else {
				p.Users = append(p.Users, row)
			}
			if more {
				*of.next = c.Slug
			}
		}
	}
	return u.show(w, r, v, page{status: s.status, title: "Collaborators of " + repo.FullName(), main: view.Collaborators(p)})
}

// collaborator reads who is meant by a form.
func collaborator(r *http.Request) (account.CollaboratorKind, string, error) {
	who := entered(r, "who")
	switch kind := r.PostForm.Get("kind"); kind {
	case "user":
		return account.CollaboratorUser, who, nil
	case "team":
		return account.CollaboratorTeam, who, nil
	default:
		return 0, who, berth.ErrRequestInvalid.With("kind is %.40q; use user or team", kind)
	}
}

// postCollaborator gives a role, or changes one.
func (u *UI) postCollaborator(w *httpkit.Writer, r *http.Request, v berth.Viewer, repo account.Repository) error {
	kind, who, err := collaborator(r)
	var role berth.Role
	if err == nil {
		role, err = berth.ParseRole(r.PostForm.Get("role"))
	}
	if err == nil {
		err = u.account.PutCollaborator(r.Context(), v, repo.Owner, repo.Name, kind, who, role)
	}
	if err != nil {
		return againIn(r.PostForm.Get("kind"), err, func(s sent) error {
			form := view.CollaboratorForm{Kind: r.PostForm.Get("kind"), Who: who, Role: r.PostForm.Get("role")}
			return u.showCollaborators(w, r, v, repo, s, form)
		})
	}
	return u.done(w, r, repositoryPath(repo, "/collaborators"), "%s has the role %s on %s.", who, role, repo.FullName())
}

func (u *UI) postDropCollaborator(w *httpkit.Writer, r *http.Request, v berth.Viewer, repo account.Repository) error {
	kind, who, err := collaborator(r)
	if err == nil {
		err = u.account.DropCollaborator(r.Context(), v, repo.Owner, repo.Name, kind, who)
	}
	if err != nil {
		return again(err, func(s sent) error {
			return u.showCollaborators(w, r, v, repo, s, view.CollaboratorForm{Role: "read"})
		})
	}
	return u.done(w, r, repositoryPath(repo, "/collaborators"), "%s has no role on %s any more.", who, repo.FullName())
}

// administers refuses those who may not change a repository a page on which nothing
// else would.
func administers(v berth.Viewer, repo account.Repository) error {
	switch {
	case repo.Role >= berth.RoleAdmin:
		return nil
	case v.Anonymous():
		return berth.ErrUnauthenticated.With("sign in to change %s", repo.FullName())
	}
	return berth.ErrDenied.With("%s has the role %s on %s, changing it needs admin; who administers it can give that", v.Login, repo.Role, repo.FullName())
}

// getRepositorySettings shows what can be changed in a repository.
func (u *UI) getRepositorySettings(w *httpkit.Writer, r *http.Request, v berth.Viewer, repo account.Repository) error {
	if err := administers(v, repo); err != nil {
		return err
	}
	return u.showRepositorySettings(w, r, v, repo, sent{}, repositoryForm(repo))
}

func repositoryForm(repo account.Repository) view.RepositorySettingsForm {
	return view.RepositorySettingsForm{Name: repo.Name, Description: repo.Description, WebURL: repo.WebURL, Visibility: string(repo.Visibility)}
}

func (u *UI) showRepositorySettings(w *httpkit.Writer, r *http.Request, v berth.Viewer, repo account.Repository, s sent, form view.RepositorySettingsForm) error {
	if form.Readme == "" { // it is another form, which keeps what it had
		readme, err := u.account.GetReadme(r.Context(), v, repo.Owner, repo.Name)
		if err != nil {
			return err
		}
		form.Readme = readme.Text
	}
	p := view.RepositorySettingsPage{Top: repositoryTop(repo, "settings"), Form: form, Wrong: s.wrong()}
	return u.show(w, r, v, page{status: s.status, title: "Settings of " + repo.FullName(), main: view.RepositorySettings(p)})
}

func (u *UI) postRepositorySettings(w *httpkit.Writer, r *http.Request, v berth.Viewer, repo account.Repository) error {
	get := r.PostForm.Get
	form := view.RepositorySettingsForm{
		Name: get("name"), Description: get("description"), WebURL: get("url"), Visibility: get("visibility"),
	}
	c := account.RepositoryChange{Name: &form.Name, Description: &form.Description, WebURL: &form.WebURL}
	visibility, err := berth.ParseVisibility(form.Visibility)
	after := repo
	if err == nil {
		if visibility != repo.Visibility {
			c.Visibility = &visibility
		}
		after, err = u.account.UpdateRepository(r.Context(), v, repo.Owner, repo.Name, c)
	}
	if err != nil {
		return againIn("settings", err, func(s sent) error {
			return u.showRepositorySettings(w, r, v, repo, s, form)
		})
	}
	return u.done(w, r, repositoryPath(after, "/settings"), "The settings of %s are saved.", after.FullName())
}

// postDeleteRepository deletes a repository whose name was typed.
func (u *UI) postDeleteRepository(w *httpkit.Writer, r *http.Request, v berth.Viewer, repo account.Repository) error {
	err := administers(v, repo)
	if err == nil {
		err = typed(r, repo.FullName())
	}
	if err == nil {
		err = u.account.DeleteRepository(r.Context(), v, repo.Owner, repo.Name)
	}
	if err != nil {
		return againIn("delete", err, func(s sent) error {
			return u.showRepositorySettings(w, r, v, repo, s, repositoryForm(repo))
		})
	}
	return u.done(w, r, "/"+repo.Owner+"/-/repositories", "The repository %s is deleted.", repo.FullName())
}
