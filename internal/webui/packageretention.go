package webui

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/registry"
	"github.com/berth-registry/berth/internal/webui/view"
)

// shownPlanned is how many versions a preview lists.
const shownPlanned = 100

// getRetention shows the rule on old versions.
func (u *UI) getRetention(w *httpkit.Writer, r *http.Request, v berth.Viewer, k kept) error {
	return u.showRetention(w, r, v, k, sent{}, nil, nil)
}

// showRetention shows the rule on old versions, as it is stored or as it was typed, and
// what it would remove.
func (u *UI) showRetention(w *httpkit.Writer, r *http.Request, v berth.Viewer, k kept, s sent, form *view.RetentionForm, preview *view.RetentionPreview) error {
	p := view.RetentionSettings{Failure: s.text, Preview: preview}
	rule, err := u.registry.GetRetention(r.Context(), v, k.name)
	switch {
	case err == nil:
		p.Stored, p.Own, p.UpdatedAt = true, rule.OfOwner == (k.name.Path == ""), rule.UpdatedAt
		p.Form = retentionForm(rule)
	case errors.Is(err, berth.ErrRuleUnknown):
		p.Form = view.RetentionForm{KeepNewest: "10", KeepDays: "30", KeepPulledDays: "30"} // careful to begin with
	default:
		return err
	}
	if p.Top, err = u.settings(r.Context(), v, k, "retention"); err != nil {
		return err
	}
	if form != nil {
		p.Form = *form
	}
	return u.show(w, r, v, page{status: s.status, title: "Retention of " + k.what(), main: view.RetentionRule(p)})
}

// retentionForm is a stored rule as the form shows it.
func retentionForm(rule registry.Retention) view.RetentionForm {
	number := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	lines := func(list []berth.TagPattern) string {
		out := make([]string, len(list))
		for i, p := range list {
			out[i] = string(p)
		}
		return strings.Join(out, "\n")
	}
	return view.RetentionForm{
		Active: rule.Active, KeepNewest: number(rule.KeepNewest), KeepDays: number(rule.KeepDays), KeepPulledDays: number(rule.KeepPulledDays),
		KeepUntagged: rule.KeepUntagged, KeepTags: lines(rule.KeepTags), RemoveTags: lines(rule.RemoveTags),
	}
}

// typedRetention is what was typed.
func typedRetention(f url.Values) view.RetentionForm {
	return view.RetentionForm{
		Active: f.Get("active") == "on", KeepNewest: f.Get("keep_newest"), KeepDays: f.Get("keep_days"), KeepPulledDays: f.Get("keep_pulled_days"),
		KeepUntagged: f.Get("keep_untagged") == "on", KeepTags: f.Get("keep_tags"), RemoveTags: f.Get("remove_tags"), Package: strings.TrimSpace(f.Get("package")),
	}
}

// parseRetention makes a rule of what was typed. Errors: berth.ErrRequestInvalid; the
// core checks the rest.
func parseRetention(f view.RetentionForm) (registry.Retention, error) {
	rule := registry.Retention{Active: f.Active, KeepUntagged: f.KeepUntagged, KeepTags: tagPatterns(f.KeepTags), RemoveTags: tagPatterns(f.RemoveTags)}
	for _, field := range []struct {
		what, text string
		to         *int
	}{{"the newest", f.KeepNewest, &rule.KeepNewest}, {"for days", f.KeepDays, &rule.KeepDays}, {"if pulled within days", f.KeepPulledDays, &rule.KeepPulledDays}} {
		if strings.TrimSpace(field.text) == "" {
			continue
		}
		n, err := strconv.Atoi(strings.TrimSpace(field.text))
		if err != nil {
			return rule, berth.ErrRequestInvalid.With("keep %s is %.20q; expected a number", field.what, field.text)
		}
		*field.to = n
	}
	return rule, nil
}

func tagPatterns(text string) []berth.TagPattern {
	var list []berth.TagPattern
	for _, word := range words(text) {
		list = append(list, berth.TagPattern(word))
	}
	return list
}

// postRetention stores a rule.
func (u *UI) postRetention(w *httpkit.Writer, r *http.Request, v berth.Viewer, k kept) error {
	form := typedRetention(r.PostForm)
	rule, err := parseRetention(form)
	if err == nil {
		_, err = u.registry.SetRetention(r.Context(), v, k.name, rule)
	}
	if err != nil {
		return again(err, func(s sent) error { return u.showRetention(w, r, v, k, s, &form, nil) })
	}
	if rule.Active {
		return u.done(w, r, k.path("/retention"), "The rule is saved and active. It is carried out within the hour.")
	}
	return u.done(w, r, k.path("/retention"), "The rule is saved. It is not active: nothing is removed.")
}

// postDropRetention removes a rule.
func (u *UI) postDropRetention(w *httpkit.Writer, r *http.Request, v berth.Viewer, k kept) error {
	if err := u.registry.DeleteRetention(r.Context(), v, k.name); err != nil {
		return again(err, func(s sent) error { return u.showRetention(w, r, v, k, s, nil, nil) })
	}
	return u.done(w, r, k.path("/retention"), "The rule is removed.")
}

// postPreview shows what the rule that was typed would remove, and stores nothing.
func (u *UI) postPreview(w *httpkit.Writer, r *http.Request, v berth.Viewer, k kept) error {
	form := typedRetention(r.PostForm)
	preview, err := u.preview(r, v, k, form)
	if err != nil {
		return again(err, func(s sent) error { return u.showRetention(w, r, v, k, s, &form, nil) })
	}
	return u.showRetention(w, r, v, k, sent{}, &form, preview)
}

func (u *UI) preview(r *http.Request, v berth.Viewer, k kept, form view.RetentionForm) (*view.RetentionPreview, error) {
	rule, err := parseRetention(form)
	if err != nil {
		return nil, err
	}
	on, err := previewed(k, form)
	if err != nil {
		return nil, err
	}
	plan, err := u.registry.PreviewRetention(r.Context(), v, on, &rule)
	if err != nil {
		return nil, err
	}
	p := &view.RetentionPreview{Name: on.String(), Versions: plan.Versions, Remove: len(plan.Remove), Later: plan.More, Freed: plan.Freed}
	for _, item := range plan.Remove[:min(len(plan.Remove), shownPlanned)] {
		row := view.PlannedRow{Digest: item.Digest.String(), PushedAt: item.CreatedAt, LastPulledAt: item.LastPulledAt}
		for _, t := range item.Tags {
			row.Tags = append(row.Tags, string(t))
		}
		p.Rows = append(p.Rows, row)
	}
	for _, why := range slices.Sorted(maps.Keys(plan.Kept)) {
		p.Kept = append(p.Kept, view.KeptRow{Why: why, Count: plan.Kept[why]})
	}
	return p, nil
}

// previewed is the package on which a rule is tried. The one of an owner needs to be sent;
// it is one of his.
func previewed(k kept, form view.RetentionForm) (berth.Name, error) {
	if k.name.Path != "" {
		return k.name, nil
	}
	if form.Package == "" {
		return berth.Name{}, berth.ErrRequestInvalid.With("write the package to preview the rule on")
	}
	path := strings.TrimPrefix(strings.ToLower(form.Package), k.name.Owner+"/")
	return berth.ParseName(k.name.Owner + "/" + path)
}
