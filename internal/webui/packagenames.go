package webui

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/webui/view"
)

// getPackageNames lists the names that a package had before.
func (u *UI) getPackageNames(w *httpkit.Writer, r *http.Request, v berth.Viewer, at place) error {
	return u.showPackageNames(w, r, v, at, sent{}, at.name.Owner, at.name.Path)
}

// showPackageNames shows the names of a package, and the form for another, as it was
// typed.
func (u *UI) showPackageNames(w *httpkit.Writer, r *http.Request, v berth.Viewer, at place, s sent, owner, path string) error {
	var after berth.Name
	if text := r.URL.Query().Get("after"); text != "" {
		var err error
		if after, err = berth.ParseName(text); err != nil {
			return berth.ErrPageInvalid.With("after is %.40q, which no list gave", text)
		}
	}
	list, err := u.registry.ListAliases(r.Context(), v, at.name, after, pageSize+1)
	if err != nil {
		return err
	}
	p := view.NameSettings{Top: at.settings("names"), Wrong: s.wrong(), Owner: owner, Path: path}
	for _, alias := range list[:min(len(list), pageSize)] {
		p.Rows = append(p.Rows, view.OldName{Name: alias.Name.String(), At: alias.CreatedAt})
	}
	if len(list) > pageSize {
		next := url.Values{"after": {list[pageSize-1].Name.String()}}
		p.Next = templ.SafeURL(at.path("/-/settings/names") + "?" + next.Encode())
	}
	return u.show(w, r, v, page{status: s.status, title: "Names of " + at.name.String(), main: view.PackageNames(p)})
}

// postDropName frees a name that the package had.
func (u *UI) postDropName(w *httpkit.Writer, r *http.Request, v berth.Viewer, at place) error {
	old, err := berth.ParseName(r.PostForm.Get("name"))
	if err == nil {
		err = u.registry.DropAlias(r.Context(), v, old)
	}
	if err != nil {
		return againIn("names", err, func(s sent) error { return u.showPackageNames(w, r, v, at, s, at.name.Owner, at.name.Path) })
	}
	return u.done(w, r, at.path("/-/settings/names"), "%s is free. Nothing is pulled by it any more.", old)
}

// postMove gives a package another name or owner.
func (u *UI) postMove(w *httpkit.Writer, r *http.Request, v berth.Viewer, at place) error {
	owner, path := entered(r, "owner"), entered(r, "path")
	to, err := berth.ParseName(strings.ToLower(owner) + "/" + path)
	if err == nil {
		err = u.registry.MovePackage(r.Context(), v, at.name, to)
	}
	if err != nil {
		return againIn("move", err, func(s sent) error { return u.showPackageNames(w, r, v, at, s, owner, path) })
	}
	location := url.URL{Path: "/" + to.String()}
	return u.done(w, r, location.String(), "%s is %s now. What is pulled by the old name goes on being found.", at.name, to)
}
