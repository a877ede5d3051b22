package webui

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/webui/view"
)

// maxReadmeForm bounds the form of a README, in which a character may take three times
// its room.
const maxReadmeForm = 3*account.MaxReadme + 1<<10

// readme returns the README of a repository, nil when there is none.
func (u *UI) readme(ctx context.Context, v berth.Viewer, repo account.Repository) (templ.Component, error) {
	r, err := u.account.GetReadme(ctx, v, repo.Owner, repo.Name)
	if err != nil || r.Text == "" {
		return nil, err
	}
	return u.renderReadme(ctx, r)
}

// packageReadme returns the README of the repository that a package is linked to, and its
// name; nothing where the viewer may not read that, or it has none.
func (u *UI) packageReadme(ctx context.Context, v berth.Viewer, at place) (templ.Component, string, error) {
	if at.pkg.Repository == "" {
		return nil, "", nil
	}
	r, err := u.account.ReadmeOf(ctx, v, at.pkg.Repository)
	if err != nil || r.Text == "" {
		return nil, "", err
	}
	html, err := u.renderReadme(ctx, r)
	return html, at.pkg.Repository, err
}

// filesOf is where the files of a repository are on the web, by the address of its page.
func filesOf(web string) string {
	u, err := url.Parse(web)
	if err != nil || web == "" {
		return ""
	}
	web = strings.TrimSuffix(web, "/")
	switch u.Host {
	case "github.com":
		return web + "/blob/HEAD/"
	case "gitlab.com":
		return web + "/-/blob/HEAD/"
	}
	return web + "/"
}

// postReadme writes the README of a repository.
func (u *UI) postReadme(w *httpkit.Writer, r *http.Request, v berth.Viewer, repo account.Repository) error {
	text := strings.ReplaceAll(r.PostForm.Get("readme"), "\r\n", "\n") // as browsers send lines
	if _, err := u.account.PutReadme(r.Context(), v, repo.Owner, repo.Name, text); err != nil {
		return againIn("readme", err, func(s sent) error {
			return u.showRepositorySettings(w, r, v, repo, s, view.RepositorySettingsForm{
				Name: repo.Name, Description: repo.Description, WebURL: repo.WebURL, Visibility: string(repo.Visibility), Readme: text,
			})
		})
	}
	return u.done(w, r, repositoryPath(repo, ""), "The README of %s is saved.", repo.FullName())
}
