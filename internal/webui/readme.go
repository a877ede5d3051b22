package webui

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/markdown"
	"github.com/berth-registry/berth/internal/webui/view"
)

// maxReadmeForm bounds the form of a README, in which a character may take three times
// its room.
const maxReadmeForm = 3*account.MaxReadme + 1<<10

// readme returns the text of a repository as its administrators wrote it, and as it
// looks on a page.
func (u *UI) readme(ctx context.Context, v berth.Viewer, repo account.Repository) (view.Readme, error) {
	r, err := u.account.GetReadme(ctx, v, repo.Owner, repo.Name)
	if err != nil || r.Text == "" {
		return view.Readme{}, err
	}
	html, err := markdown.Render(r.Text, markdown.Options{Base: repo.WebURL, Shift: 2})
	return view.Readme{Text: r.Text, HTML: templ.Raw(html)}, err
}

// postReadme writes the README of a repository.
func (u *UI) postReadme(w *httpkit.Writer, r *http.Request, v berth.Viewer, repo account.Repository) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxReadmeForm)
	if err := r.ParseForm(); err != nil {
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			return berth.ErrRequestTooLarge.With("a README has at most %d bytes", account.MaxReadme)
		}
		return berth.ErrRequestInvalid.With("the body is not a form of name=value pairs").Because(err)
	}
	text := strings.ReplaceAll(r.PostForm.Get("readme"), "\r\n", "\n") // as browsers send lines
	if _, err := u.account.PutReadme(r.Context(), v, repo.Owner, repo.Name, text); err != nil {
		return u.mend(w, r, err, repo.Role >= berth.RoleAdmin, func(s sent) error {
			return u.showRepositorySettings(w, r, v, repo, s, view.RepositorySettingsForm{
				Name: repo.Name, Description: repo.Description, WebURL: repo.WebURL, Visibility: string(repo.Visibility), Readme: text,
			})
		})
	}
	return u.done(w, r, repositoryPath(repo, ""), "The README of %s is saved.", repo.FullName())
}
