package webui

import (
	"context"
	"net/http"

	"github.com/a-h/templ"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/registry"
	"github.com/berth-registry/berth/internal/webui/view"
)

const (
	shownTags = 8  // on the page of a package
	shownDays = 30 // of downloads
)

// packageRoutes are the pages of a package. They come last, for they take nearly any
// path.
func (u *UI) packageRoutes() []route {
	const one = "/{owner}/{path...}"
	return []route{
		{method: "GET", path: one + "/-/attachments/{digest}", handle: u.onPackage(u.getAttachment)},
		{method: "GET", path: one + "/-/raw/{digest}", handle: u.onPackage(u.getRaw)},
		{method: "GET", path: one + "/-/tags", handle: u.onPackage(u.getTags)},
		{method: "POST", path: one + "/-/tags/delete", handle: u.sure(u.onPackage(u.postUntag))},
		{method: "GET", path: one + "/-/versions", handle: u.onPackage(u.getVersions)},
		{method: "GET", path: one + "/-/versions/delete", handle: signed(u.onPackage(u.getDeleteVersions))},
		{method: "POST", path: one + "/-/versions/delete", handle: u.sure(u.onPackage(u.postDeleteVersions))},
		{method: "GET", path: one + "/-/trash", handle: signed(u.onPackage(u.getTrash))},
		{method: "POST", path: one + "/-/trash", handle: signed(u.onPackage(u.postRestore))},
		{method: "GET", path: one + "/-/compare", handle: u.onPackage(u.getCompare)},
		{method: "GET", path: one + "/-/versions/{id}", handle: u.onPackage(u.getVersionByID)},
		{method: "GET", path: one, handle: u.onPackage(u.getImage)},
	}
}

// getImage shows a package, or the version that the path names as clients do.
func (u *UI) getImage(w *httpkit.Writer, r *http.Request, v berth.Viewer, at place) error {
	if at.ref != (berth.Reference{}) {
		return u.getVersion(w, r, v, at)
	}
	ctx := r.Context()
	p := view.PackagePage{Head: at.head("overview")}
	tags, err := u.registry.FindTags(ctx, v, at.name, registry.TagQuery{Newest: true, Limit: shownTags})
	if err != nil {
		return err
	}
	newest, rest, err := u.newest(ctx, v, at, tags)
	if err != nil {
		return err
	}
	ids := versionIDs(tags)
	if newest != 0 {
		ids = append(ids, newest)
	}
	versions, err := u.registry.DescribeVersions(ctx, v, at.name, ids...)
	if err != nil {
		return err
	}
	p.Tags = tagRows(tags, versions)
	latest, found := versions[newest]
	if found {
		card, err := u.card(ctx, v, at, latest, rest)
		if err != nil {
			return err
		}
		p.Latest, p.Install = &card, u.install(r, at, rest, string(latest.Kind), latest.Summary)
	}
	if p.About, err = u.about(ctx, v, at, latest); err != nil {
		return err
	}
	if p.Readme, p.From, err = u.packageReadme(ctx, v, at); err != nil {
		return err
	}
	return u.show(w, r, v, page{title: at.name.String(), main: view.Package(p)})
}

// newest returns the version that a package is shown by and its reference: that of the
// tag latest, else of the tag moved last, else the one pushed last.
func (u *UI) newest(ctx context.Context, v berth.Viewer, at place, tags []registry.Tag) (id int64, rest string, err error) {
	for _, t := range tags {
		if t.Name == "latest" {
			return t.VersionID, ":latest", nil
		}
	}
	if len(tags) == shownTags {
		t, err := u.registry.GetTag(ctx, v, at.name, "latest")
		if err == nil {
			return t.VersionID, ":latest", nil
		}
		if !isUnknown(err) {
			return 0, "", err
		}
	}
	if len(tags) > 0 {
		return tags[0].VersionID, ":" + string(tags[0].Name), nil
	}
	list, _, err := u.registry.ListVersions(ctx, v, at.name, registry.VersionQuery{Limit: 1})
	if err != nil || len(list) == 0 {
		return 0, "", err
	}
	return list[0].ID, "@" + list[0].Digest.String(), nil
}

// card is the version that a package is shown by.
func (u *UI) card(ctx context.Context, v berth.Viewer, at place, version registry.Version, rest string) (view.VersionCard, error) {
	card := view.VersionCard{
		Reference: rest[1:], Href: templ.SafeURL(at.path(rest)), Digest: version.Digest.String(), Kind: string(version.Kind),
		Platforms: platformNames(version.Summary), Size: version.Size, PushedAt: version.UpdatedAt, Health: health(version),
	}
	if rest[0] == '@' {
		card.Reference = view.ShortDigest(rest[1:])
	}
	attached, err := u.attached(ctx, v, at, version.ID)
	card.Kinds = kindsOf(attached)
	return card, err
}

// about is what stands beside the page of a package.
func (u *UI) about(ctx context.Context, v berth.Viewer, at place, latest registry.Version) (view.About, error) {
	p := at.pkg
	a := view.About{
		Kind: p.Kind, Repository: p.Repository, Visibility: string(p.Visibility), Inherits: p.Inherit, Downloads: p.Downloads,
		LastPulledAt: p.LastPulledAt, CreatedAt: p.CreatedAt,
	}
	describe(&a, latest.Summary)
	a.Description, a.Licenses = p.Description, p.Licenses
	usage, err := u.registry.PackageUsage(ctx, v, at.name)
	if err != nil {
		return a, err
	}
	a.Size = usage.Unique
	days, err := u.registry.Downloads(ctx, v, at.name, shownDays)
	for _, d := range days {
		a.Days = append(a.Days, view.Day{Day: d.Day, Count: d.Count})
	}
	return a, err
}

func describe(a *view.About, s registry.Summary) {
	a.Title, a.Description, a.Licenses, a.Version = s.Title, s.Description, s.Licenses, s.Version
	a.Authors, a.Vendor, a.Source, a.URL, a.Documentation = s.Authors, s.Vendor, s.Source, s.URL, s.Documentation
	if s.Helm != nil {
		a.Version = s.Helm.Version
	}
}

func versionIDs(tags []registry.Tag) []int64 {
	ids := make([]int64, len(tags), len(tags)+1)
	for i, t := range tags {
		ids[i] = t.VersionID
	}
	return ids
}

func tagRows(tags []registry.Tag, versions map[int64]registry.Version) []view.TagRow {
	rows := make([]view.TagRow, len(tags))
	for i, t := range tags {
		version := versions[t.VersionID]
		rows[i] = view.TagRow{
			Name: string(t.Name), Digest: t.Digest.String(), Kind: string(version.Kind), Platforms: platformNames(version.Summary), Size: version.Size,
			UpdatedAt: t.UpdatedAt, LastPulledAt: t.LastPulledAt, Downloads: t.Downloads, Protected: t.Protected, Health: health(version),
		}
	}
	return rows
}

// platformNames returns what a version runs on, each once. Of a thing that runs nowhere,
// as a chart, there is none.
func platformNames(s registry.Summary) (names []string) {
	seen := map[string]bool{}
	for _, p := range s.Platforms {
		if name := p.String(); !seen[name] && p.OS != "" {
			seen[name] = true
			names = append(names, name)
		}
	}
	return names
}

func health(version registry.Version) view.Health {
	h := view.Health{Pending: !version.Described, Problem: version.Problem}
	for _, m := range version.Missing {
		h.Missing = append(h.Missing, view.Lost{Digest: m.Digest.String(), Platform: m.Platform})
	}
	return h
}
