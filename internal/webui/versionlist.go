package webui

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/a-h/templ"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/registry"
	"github.com/berth-registry/berth/internal/webui/view"
)

// filters are those of the list of versions, with their names.
func filters() [][2]string {
	return [][2]string{{"all", "All"}, {"tagged", "Tagged"}, {"untagged", "Untagged"}, {"protected", "Protected"}, {"broken", "Broken"}}
}

// getVersions lists the versions of a package.
func (u *UI) getVersions(w *httpkit.Writer, r *http.Request, v berth.Viewer, at place) error {
	q := r.URL.Query()
	n, err := pageNumber(q)
	if err != nil {
		return err
	}
	search, err := berth.ParseSearch(q.Get("q"))
	if err != nil {
		return err
	}
	p := view.VersionsPage{Head: at.head("versions"), Search: search, Filter: q.Get("filter")}
	if p.Filter == "" {
		p.Filter = "all"
	}
	for _, f := range filters() {
		p.Filters = append(p.Filters, view.Tab{
			Name: f[1], Current: f[0] == p.Filter, Href: templ.SafeURL(at.path("/-/versions") + "?" + url.Values{"filter": {f[0]}}.Encode()),
		})
	}
	list, _, err := u.registry.ListVersions(r.Context(), v, at.name, registry.VersionQuery{
		Filter: registry.VersionFilter(p.Filter), Search: search, Signed: true, Skip: (n - 1) * pageSize, Limit: pageSize + 1,
	})
	if err != nil {
		return err
	}
	list, p.Pages = numbered(list, n)
	for _, version := range list {
		p.Rows = append(p.Rows, versionRow(at, version))
	}
	return u.show(w, r, v, page{title: "Versions of " + at.name.String(), main: view.Versions(p)})
}

func versionRow(at place, version registry.Version) view.VersionRow {
	row := view.VersionRow{
		ID: version.ID, Digest: version.Digest.String(), Kind: string(version.Kind), Platforms: platformNames(version.Summary), Size: version.Size,
		PushedAt: version.CreatedAt, LastPulledAt: version.LastPulledAt, Downloads: version.Downloads, Protected: version.Protected,
		Signed: version.Signed, Health: health(version), DeletedAt: version.DeletedAt, DeletedBy: version.DeletedBy,
	}
	for _, t := range version.Tags {
		row.Tags = append(row.Tags, string(t))
	}
	if version.DeletedAt.IsZero() {
		row.Href = templ.SafeURL(at.path("@" + version.Digest.String()))
	} else {
		row.Until = version.DeletedAt.Add(registry.TrashLife)
	}
	return row
}

// readIDs reads the versions that were chosen.
func readIDs(q url.Values) ([]int64, error) {
	list := q["id"]
	if len(list) == 0 || len(list) > registry.MaxBulk {
		return nil, berth.ErrRequestInvalid.With("choose from 1 to %d versions", registry.MaxBulk)
	}
	ids := make([]int64, len(list))
	for i, text := range list {
		if ids[i] = parseID(text); ids[i] == 0 {
			return nil, berth.ErrRequestInvalid.With("%.20q is no version", text)
		}
	}
	return ids, nil
}

// getDeleteVersions asks whether the chosen versions are to be deleted, and says what
// that frees.
func (u *UI) getDeleteVersions(w *httpkit.Writer, r *http.Request, v berth.Viewer, at place) error {
	ids, err := readIDs(r.URL.Query())
	if err != nil {
		return err
	}
	return u.askDelete(w, r, v, at, ids, sent{})
}

func (u *UI) askDelete(w *httpkit.Writer, r *http.Request, v berth.Viewer, at place, ids []int64, s sent) error {
	plan, err := u.registry.PlanDeletion(r.Context(), v, at.name, ids...)
	if err != nil {
		return err
	}
	if len(plan.Versions)+len(plan.Kept) == 0 {
		return berth.ErrVersionUnknown.With("%s has none of these versions", at.name)
	}
	p := view.DeletePage{Head: at.head("versions"), Freed: plan.Freed, Failure: s.text}
	for _, version := range plan.Versions {
		p.Rows = append(p.Rows, versionRow(at, version))
	}
	for _, version := range plan.Kept {
		p.Kept = append(p.Kept, versionRow(at, version))
	}
	return u.show(w, r, v, page{status: s.status, title: "Delete versions of " + at.name.String(), main: view.DeleteVersions(p)})
}

// postDeleteVersions moves versions to the trash.
func (u *UI) postDeleteVersions(w *httpkit.Writer, r *http.Request, v berth.Viewer, at place) error {
	ids, err := readIDs(r.PostForm)
	if err != nil {
		return err
	}
	if err := u.registry.DeleteVersions(r.Context(), v, at.name, ids...); err != nil {
		return again(err, func(s sent) error { return u.askDelete(w, r, v, at, ids, s) })
	}
	return u.done(w, r, at.path("/-/versions"), "%s moved to the trash, where %s can be restored for 30 days.", view.Plural(int64(len(ids)), "version"), themOrIt(len(ids)))
}

func themOrIt(n int) string {
	if n == 1 {
		return "it"
	}
	return "they"
}

// getTrash lists the deleted versions of a package.
func (u *UI) getTrash(w *httpkit.Writer, r *http.Request, v berth.Viewer, at place) error {
	return u.showTrash(w, r, v, at, sent{})
}

func (u *UI) showTrash(w *httpkit.Writer, r *http.Request, v berth.Viewer, at place, s sent) error {
	n, err := pageNumber(r.URL.Query())
	if err != nil {
		return err
	}
	list, _, err := u.registry.ListVersions(r.Context(), v, at.name, registry.VersionQuery{Deleted: true, Skip: (n - 1) * pageSize, Limit: pageSize + 1})
	if err != nil {
		return err
	}
	p := view.TrashPage{Head: at.head("trash"), Failure: s.text}
	list, p.Pages = numbered(list, n)
	for _, version := range list {
		p.Rows = append(p.Rows, versionRow(at, version))
	}
	return u.show(w, r, v, page{status: s.status, title: "Trash of " + at.name.String(), main: view.Trash(p)})
}

// postRestore takes a version out of the trash.
func (u *UI) postRestore(w *httpkit.Writer, r *http.Request, v berth.Viewer, at place) error {
	id := parseID(r.PostForm.Get("id"))
	if err := u.registry.RestoreVersion(r.Context(), v, at.name, id, r.PostForm.Get("skip") == "yes"); err != nil {
		return again(err, func(s sent) error { return u.showTrash(w, r, v, at, s) })
	}
	return u.done(w, r, at.path("/-/versions/"+strconv.FormatInt(id, 10)), "The version is back.")
}
