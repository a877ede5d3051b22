package webui

import (
	"context"
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/artifact"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/registry"
	"github.com/berth-registry/berth/internal/webui/view"
)

// offered is how many tags are offered for comparing.
const offered = 50

// getCompare shows what changed from one version to another.
func (u *UI) getCompare(w *httpkit.Writer, r *http.Request, v berth.Viewer, at place) error {
	ctx, q := r.Context(), r.URL.Query()
	p := view.ComparePage{Head: at.head("versions"), A: shorten(q.Get("a"), berth.MaxNameLength), B: shorten(q.Get("b"), berth.MaxNameLength)}
	tags, err := u.registry.FindTags(ctx, v, at.name, registry.TagQuery{Newest: true, Limit: offered})
	if err != nil {
		return err
	}
	for _, t := range tags {
		p.Known = append(p.Known, string(t.Name))
	}
	status := http.StatusOK
	if p.A != "" && p.B != "" {
		if err := u.compare(ctx, v, at, q.Get("platform"), &p); err != nil {
			f := u.describe(w, r, err)
			if f.Status >= http.StatusInternalServerError || f.Status == http.StatusUnauthorized {
				return err
			}
			status, p.Failure = f.Status, f.Text
		}
	}
	return u.show(w, r, v, page{status: status, title: "Compare versions of " + at.name.String(), main: view.Compare(p)})
}

func (u *UI) compare(ctx context.Context, v berth.Viewer, at place, platform string, p *view.ComparePage) error {
	a, err := berth.ParseReference(p.A)
	if err != nil {
		return err
	}
	b, err := berth.ParseReference(p.B)
	if err != nil {
		return err
	}
	c, err := u.registry.Compare(ctx, v, at.name, a, b, platform)
	if err != nil {
		return err
	}
	d := c.Difference
	p.Result = &view.Comparison{
		Before: versionRow(at, c.Before.Version), After: versionRow(at, c.After.Version), Platform: c.Platform, OnlyBefore: c.OnlyBefore,
		OnlyAfter: c.OnlyAfter, BeforeSize: c.BeforeSize, AfterSize: c.AfterSize, Shared: d.Shared, Added: d.Added, Gone: d.Removed,
		Labels: changes(d.Labels), Env: changes(d.Env), Config: changes(d.Config), Equal: d.Equal(), Cut: d.Cut,
	}
	for _, problem := range []string{c.BeforeProblem, c.AfterProblem} {
		if problem != "" {
			p.Result.Problems = append(p.Result.Problems, "Something could not be read, and was not compared: "+problem)
		}
	}
	for _, l := range d.Layers {
		p.Result.Layers = append(p.Result.Layers, view.LayerRow{Presence: string(l.Presence), Digest: l.Digest.String(), Size: l.Size, CreatedBy: l.CreatedBy})
	}
	for _, name := range c.Platforms {
		p.Platforms = append(p.Platforms, view.Tab{
			Name: name, Current: name == c.Platform,
			Href: templ.SafeURL("?" + url.Values{"a": {p.A}, "b": {p.B}, "platform": {name}}.Encode()),
		})
	}
	return nil
}

func changes(list []artifact.ValueChange) []view.Change {
	rows := make([]view.Change, len(list))
	for i, c := range list {
		rows[i] = view.Change{Name: c.Key, Before: c.Before, After: c.After, HadIt: c.InBefore, HasIt: c.InAfter}
	}
	return rows
}
