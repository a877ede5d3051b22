package webui

import (
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

// getImage shows a package, or the version that the path names as clients do.
func (u *UI) getImage(w *httpkit.Writer, r *http.Request, v berth.Viewer, at place) error {
	if at.ref != (berth.Reference{}) {
		return u.getVersion(w, r, v, at)
	}
	found, err := u.registry.GetPackagePage(r.Context(), v, at.name, shownTags, shownDays)
	if err != nil {
		return err
	}
	at.pkg = found.Package
	p := view.PackagePage{Head: at.head("overview"), Tags: tagRows(found.Tags), About: about(found)}
	if latest := found.Latest; latest.ID != 0 {
		rest := "@" + latest.Digest.String()
		if found.LatestTag != "" {
			rest = ":" + string(found.LatestTag)
		}
		p.Latest, p.Install = card(at, found, rest), u.install(r, at, rest, string(latest.Kind), latest.Summary)
	}
	if p.Readme, p.From, err = u.packageReadme(r.Context(), v, at); err != nil {
		return err
	}
	return u.show(w, r, v, page{title: at.name.String(), main: view.Package(p)})
}

// card is the version that a package is shown by.
func card(at place, found registry.PackagePage, rest string) *view.VersionCard {
	version := found.Latest
	card := view.VersionCard{
		Reference: rest[1:], Href: templ.SafeURL(at.path(rest)), Digest: version.Digest.String(), Kind: string(version.Kind),
		Platforms: platformNames(version.Summary), Size: version.Size, PushedAt: version.UpdatedAt, Health: health(version), Kinds: kindNames(found.Attached),
	}
	if rest[0] == '@' {
		card.Reference = view.ShortDigest(rest[1:])
	}
	return &card
}

// about is what stands beside the page of a package.
func about(found registry.PackagePage) view.About {
	p := found.Package
	a := view.About{
		Kind: p.Kind, Repository: p.Repository, Visibility: string(p.Visibility), Inherits: p.Inherit, Downloads: p.Downloads,
		LastPulledAt: p.LastPulledAt, CreatedAt: p.CreatedAt, Size: found.Usage.Unique,
	}
	describe(&a, found.Latest.Summary)
	a.Description, a.Licenses = p.Description, p.Licenses
	for _, d := range found.Downloads {
		a.Days = append(a.Days, view.Day{Day: d.Day, Count: d.Count})
	}
	return a
}

func describe(a *view.About, s registry.Summary) {
	a.Title, a.Description, a.Licenses, a.Version = s.Title, s.Description, s.Licenses, s.Version
	a.Authors, a.Vendor, a.Source, a.URL, a.Documentation = s.Authors, s.Vendor, s.Source, s.URL, s.Documentation
	if s.Helm != nil {
		a.Version = s.Helm.Version
	}
}

func tagRows(tags []registry.DescribedTag) []view.TagRow {
	rows := make([]view.TagRow, len(tags))
	for i, t := range tags {
		rows[i] = view.TagRow{
			Name: string(t.Name), Digest: t.Digest.String(), Kind: string(t.Version.Kind), Platforms: platformNames(t.Version.Summary), Size: t.Version.Size,
			UpdatedAt: t.UpdatedAt, LastPulledAt: t.LastPulledAt, Downloads: t.Downloads, Protected: t.Protected, Signed: t.Version.Signed, Health: health(t.Version),
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
