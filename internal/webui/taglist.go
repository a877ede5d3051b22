package webui

import (
	"net/http"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/registry"
	"github.com/berth-registry/berth/internal/webui/view"
)

// getTags lists the tags of a package.
func (u *UI) getTags(w *httpkit.Writer, r *http.Request, v berth.Viewer, at place) error {
	q := r.URL.Query()
	n, err := pageNumber(q)
	if err != nil {
		return err
	}
	search, err := berth.ParseSearch(q.Get("q"))
	if err != nil {
		return err
	}
	p := view.TagsPage{Head: at.head("tags"), Image: u.image(r, at, ""), Search: search, ByName: q.Get("sort") == "name"}
	tags, err := u.registry.DescribeTags(r.Context(), v, at.name, registry.TagQuery{
		Search: search, Newest: !p.ByName, Skip: (n - 1) * pageSize, Limit: pageSize + 1,
	})
	if err != nil {
		return err
	}
	tags, p.Pages = numbered(tags, n)
	p.Rows = tagRows(tags)
	return u.show(w, r, v, page{title: "Tags of " + at.name.String(), main: view.Tags(p)})
}

// postUntag takes a tag from a package.
func (u *UI) postUntag(w *httpkit.Writer, r *http.Request, v berth.Viewer, at place) error {
	t, err := berth.ParseTag(r.PostForm.Get("tag"))
	if err != nil {
		return err
	}
	if err := u.registry.DeleteTag(r.Context(), v, at.name, t); err != nil {
		return err
	}
	return u.done(w, r, at.path("/-/tags"), "The tag %s is gone. What it named stays.", t)
}
