package webui

import (
	"context"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/markdown"
)

// headingShift puts the headings of a README below those of the page.
const headingShift = 2

// readme returns the README of the repository that a package is linked to, and its name;
// nothing where the viewer may not read that, or it has none.
func (u *UI) readme(ctx context.Context, v berth.Viewer, at place) (templ.Component, string, error) {
	if at.pkg.Repository == "" {
		return nil, "", nil
	}
	r, err := u.account.ReadmeOf(ctx, v, at.pkg.Repository)
	if err != nil || r.Text == "" {
		return nil, "", err
	}
	html, err := markdown.Render(r.Text, markdown.Options{Base: filesOf(r.Repository.WebURL), Shift: headingShift})
	if err != nil {
		return nil, "", err
	}
	return templ.Raw(html), at.pkg.Repository, nil
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
