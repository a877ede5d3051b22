package webui

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/registry"
	"github.com/berth-registry/berth/internal/webui/view"
)

// kept is a package, or without a path all packages of an owner, of which there are rules
// on what is kept.
type kept struct {
	name berth.Name
	top  view.SettingsTop
}

// path is the address of a page of the settings.
func (k kept) path(rest string) string {
	u := url.URL{Path: "/" + strings.TrimSuffix(k.name.Owner+"/"+k.name.Path, "/") + "/-/settings" + rest}
	return u.String()
}

// what names whose rules they are.
func (k kept) what() string {
	if k.name.Path == "" {
		return "all packages of " + k.name.Owner
	}
	return k.name.String()
}

type keptHandler func(w *httpkit.Writer, r *http.Request, v berth.Viewer, k kept) error

// onKeptPackage finds the package of a path for a handler.
func (u *UI) onKeptPackage(h keptHandler) handler {
	return u.onPackage(func(w *httpkit.Writer, r *http.Request, v berth.Viewer, at place) error {
		return h(w, r, v, kept{at.name, at.settings("")})
	})
}

// onKeptOwner is for the rules on all packages of an owner. Whether there is such an
// owner, and who may see them, the core says.
func onKeptOwner(h keptHandler) handler {
	return func(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
		owner, err := berth.ParseOwner(r.PathValue("owner"))
		if err != nil {
			return berth.ErrRouteUnknown
		}
		return h(w, r, v, kept{berth.Name{Owner: owner}, view.SettingsTop{Owner: owner}})
	}
}

// settings is what stands around a page. The owner is only asked for once the core has
// shown the rules: to others it must not show whether there is one.
func (u *UI) settings(ctx context.Context, v berth.Viewer, k kept, current string) (view.SettingsTop, error) {
	k.top.Current = current
	if k.name.Path != "" {
		return k.top, nil
	}
	o, err := u.account.GetOwner(ctx, v, k.name.Owner)
	k.top.Of = ownerTop(o, "settings")
	return k.top, err
}

// getTagRules lists the rules on tags.
func (u *UI) getTagRules(w *httpkit.Writer, r *http.Request, v berth.Viewer, k kept) error {
	return u.showTagRules(w, r, v, k, sent{}, view.TagRuleForm{})
}

func (u *UI) showTagRules(w *httpkit.Writer, r *http.Request, v berth.Viewer, k kept, s sent, form view.TagRuleForm) error {
	list, err := u.registry.ListTagRules(r.Context(), v, k.name)
	if err != nil {
		return err
	}
	top, err := u.settings(r.Context(), v, k, "tags")
	if err != nil {
		return err
	}
	p := view.TagSettings{Top: top, Wrong: s.wrong(), Form: form}
	for _, rule := range list {
		p.Rows = append(p.Rows, view.TagRuleRow{
			ID: strconv.FormatInt(rule.ID, 10), OfOwner: rule.OfOwner, Pattern: string(rule.Pattern), CreatedAt: rule.CreatedAt,
			Users: rule.Movers.Users, Teams: rule.Movers.Teams, Repositories: rule.Movers.Repositories,
		})
	}
	return u.show(w, r, v, page{status: s.status, title: "Protected tags of " + k.what(), main: view.TagRules(p)})
}

// words splits what was typed as a list.
func words(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\r' || r == '\t' })
}

// postTagRule protects tags.
func (u *UI) postTagRule(w *httpkit.Writer, r *http.Request, v berth.Viewer, k kept) error {
	get := r.PostForm.Get
	form := view.TagRuleForm{Pattern: strings.TrimSpace(get("pattern")), Users: get("users"), Teams: get("teams"), Repositories: get("repositories")}
	movers := registry.Movers{Users: words(form.Users), Teams: words(form.Teams)}
	for _, name := range words(form.Repositories) {
		movers.Repositories = append(movers.Repositories, withOwner(name, k.name.Owner))
	}
	if _, err := u.registry.CreateTagRule(r.Context(), v, k.name, form.Pattern, movers); err != nil {
		return againIn("add", err, func(s sent) error { return u.showTagRules(w, r, v, k, s, form) })
	}
	return u.done(w, r, k.path("/tags"), "The tags %s of %s are protected.", form.Pattern, k.what())
}

// postDropTagRule removes a rule on tags.
func (u *UI) postDropTagRule(w *httpkit.Writer, r *http.Request, v berth.Viewer, k kept) error {
	if err := u.registry.DeleteTagRule(r.Context(), v, k.name, parseID(r.PostForm.Get("id"))); err != nil {
		return againIn("list", err, func(s sent) error { return u.showTagRules(w, r, v, k, s, view.TagRuleForm{}) })
	}
	return u.done(w, r, k.path("/tags"), "The rule is removed.")
}
