package webui

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/webui/view"
)

// repositoryHandler answers a request about a repository that the viewer may read.
type repositoryHandler func(w *httpkit.Writer, r *http.Request, v berth.Viewer, repo account.Repository) error

// in finds the repository that a path names. Only those who may change it are shown a
// form again.
func (u *UI) in(h repositoryHandler) handler {
	return func(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
		repo, err := u.account.GetRepository(r.Context(), v, r.PathValue("owner"), r.PathValue("repository"))
		if err != nil {
			return err
		}
		return ifMay(repo.Role >= berth.RoleAdmin, h(w, r, v, repo))
	}
}

// repositoryPath is the address of a repository's page, or of one below it.
func repositoryPath(repo account.Repository, below string) string {
	return "/" + repo.Owner + "/-/repositories/" + url.PathEscape(repo.Name) + below
}

func repositoryTop(repo account.Repository, current string) view.RepositoryTop {
	return view.RepositoryTop{
		Owner: repo.Owner, Org: repo.OwnerKind == account.OwnerOrg, Name: repo.Name, Visibility: string(repo.Visibility),
		Admin: repo.Role >= berth.RoleAdmin, Current: current,
	}
}

// getRepositories shows the repositories of an owner.
func (u *UI) getRepositories(w *httpkit.Writer, r *http.Request, v berth.Viewer, o account.Owner) error {
	after := r.URL.Query().Get("after")
	if len(after) > 2*berth.MaxRepositoryLength {
		return berth.ErrPageInvalid.With("after is not what a list gave")
	}
	if after != "" {
		after = strings.ToLower(o.Login) + "/" + after
	}
	list, err := u.account.ListRepositories(r.Context(), v, account.RepositoryQuery{Owner: o.Login, After: after, Limit: pageSize + 1})
	if err != nil {
		return err
	}
	list, more := cut(list, pageSize)
	p := view.RepositoriesPage{Owner: ownerTop(o, "repositories"), Makes: o.MakesRepos}
	for _, repo := range list {
		p.Rows = append(p.Rows, view.RepositoryRow{Name: repo.Name, Visibility: string(repo.Visibility), Description: repo.Description, WebURL: repo.WebURL})
		if more {
			p.Next = strings.ToLower(repo.Name)
		}
	}
	return u.show(w, r, v, page{title: "Repositories of " + o.Login, main: view.Repositories(p)})
}

// getNewRepository shows the form for a repository.
func (u *UI) getNewRepository(w *httpkit.Writer, r *http.Request, v berth.Viewer, o account.Owner) error {
	switch {
	case o.MakesRepos:
	case o.Member:
		return berth.ErrDenied.With("%s may not make repositories of %s; an owner of it can let members do that", v.Login, o.Login)
	default:
		return berth.ErrOwnerUnknown.With("%s does not exist, or %s may not make repositories there", o.Login, v.Login)
	}
	p := view.NewRepositoryPage{Owner: ownerTop(o, "repositories"), Visibility: string(berth.VisibilityPrivate)}
	return u.show(w, r, v, page{title: "New repository", main: view.NewRepository(p)})
}

func (u *UI) postNewRepository(w *httpkit.Writer, r *http.Request, v berth.Viewer, o account.Owner) error {
	get := r.PostForm.Get
	name, description, address := get("name"), get("description"), get("url")
	c := account.RepositoryChange{Name: &name, Description: &description, WebURL: &address}
	visibility, err := berth.ParseVisibility(get("visibility"))
	var repo account.Repository
	if err == nil {
		c.Visibility = &visibility
		repo, err = u.account.CreateRepository(r.Context(), v, o.Login, c)
	}
	if err != nil {
		return again(err, func(s sent) error {
			p := view.NewRepositoryPage{Owner: ownerTop(o, "repositories"), Name: name, Description: description, WebURL: address, Visibility: get("visibility"), Wrong: s.text}
			return u.show(w, r, v, page{status: s.status, title: "New repository", main: view.NewRepository(p)})
		})
	}
	return u.done(w, r, repositoryPath(repo, ""), "The repository %s is there.", repo.FullName())
}

// getRepository shows what is known of a repository.
func (u *UI) getRepository(w *httpkit.Writer, r *http.Request, v berth.Viewer, repo account.Repository) error {
	list, err := u.registry.ListLinked(r.Context(), v, repo.Owner, repo.Name, "", shownOnFront+1)
	if err != nil {
		return err
	}
	list, more := cut(list, shownOnFront)
	p := view.RepositoryPage{
		Top: repositoryTop(repo, "overview"), Description: repo.Description, WebURL: repo.WebURL, CreatedAt: repo.CreatedAt,
		Packages: packageRows(list), More: more, Role: repo.Role.String(),
	}
	if p.Readme, err = u.readme(r.Context(), v, repo); err != nil {
		return err
	}
	return u.show(w, r, v, page{title: repo.FullName(), main: view.Repository(p)})
}

// getLinked shows the packages of a repository.
func (u *UI) getLinked(w *httpkit.Writer, r *http.Request, v berth.Viewer, repo account.Repository) error {
	after := r.URL.Query().Get("after")
	if len(after) > berth.MaxNameLength {
		return berth.ErrPageInvalid.With("after is not what a list gave")
	}
	list, err := u.registry.ListLinked(r.Context(), v, repo.Owner, repo.Name, after, pageSize+1)
	if err != nil {
		return err
	}
	list, more := cut(list, pageSize)
	p := view.LinkedPage{Top: repositoryTop(repo, "packages"), Rows: packageRows(list), Host: u.host(r)}
	if more {
		p.Next = list[len(list)-1].Name.Path
	}
	return u.show(w, r, v, page{title: "Packages of " + repo.FullName(), main: view.Linked(p)})
}
