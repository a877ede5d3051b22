package restapi

import (
	"net/http"
	"strings"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/registry"
)

// keepingRoutes are about what is kept: rules on tags, and on old versions, of a package
// or of all packages of an owner.
func (a *API) keepingRoutes() []route {
	var list []route
	for _, under := range []string{"/users/{owner}", "/orgs/{owner}"} {
		one := under + "/packages/container/{package}"
		for _, at := range []string{under, one} {
			list = append(list,
				route{"GET", at + "/tag-rules", onPlace(a.listTagRules)},
				route{"POST", at + "/tag-rules", onPlace(a.postTagRule)},
				route{"DELETE", at + "/tag-rules/{rule_id}", onPlace(a.deleteTagRule)},
				route{"GET", at + "/retention", onPlace(a.getRetention)},
				route{"PUT", at + "/retention", onPlace(a.putRetention)},
				route{"DELETE", at + "/retention", onPlace(a.deleteRetention)},
			)
		}
		list = append(list,
			route{"GET", one + "/retention/preview", onPackage(a.previewRetention)},
			route{"POST", one + "/retention/preview", onPackage(a.tryRetention)},
		)
	}
	return list
}

// onPlace is [onPackage] where the path may name an owner only: then it is about all
// packages of his.
func onPlace(handle func(w *httpkit.Writer, r *http.Request, v berth.Viewer, at berth.Name) error) handler {
	whole := func(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
		owner, err := packageOwner(r, v)
		if err != nil {
			return err
		}
		return handle(w, r, v, berth.Name{Owner: owner})
	}
	one := onPackage(handle)
	return func(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
		if strings.Contains(r.Pattern, "{package}") {
			return one(w, r, v)
		}
		return whole(w, r, v)
	}
}

// jsonTagRule protects the tags that a pattern names from all but those listed.
type jsonTagRule struct {
	ID           int64    `json:"id"`
	Of           string   `json:"of"` // owner or package
	Pattern      string   `json:"pattern"`
	Immutable    bool     `json:"immutable"` // nobody is listed
	Users        []string `json:"users"`
	Teams        []string `json:"teams"`
	Repositories []string `json:"repositories"`
	CreatedAt    *string  `json:"created_at"`
}

// tagRuleBody is a rule on tags that is to be made.
type tagRuleBody struct {
	Pattern      string   `json:"pattern"`
	Users        []string `json:"users,omitempty"`
	Teams        []string `json:"teams,omitempty"`
	Repositories []string `json:"repositories,omitempty"`
}

// ofWhat says whose a rule is.
func ofWhat(owner bool) string {
	if owner {
		return "owner"
	}
	return "package"
}

func printTagRule(rule registry.TagRule) jsonTagRule {
	m := rule.Movers
	return jsonTagRule{
		ID: rule.ID, Of: ofWhat(rule.OfOwner), Pattern: string(rule.Pattern), Immutable: len(m.Users)+len(m.Teams)+len(m.Repositories) == 0,
		Users: append([]string{}, m.Users...), Teams: append([]string{}, m.Teams...), Repositories: append([]string{}, m.Repositories...),
		CreatedAt: stamp(rule.CreatedAt),
	}
}

func (a *API) listTagRules(w *httpkit.Writer, r *http.Request, v berth.Viewer, at berth.Name) error {
	list, err := a.registry.ListTagRules(r.Context(), v, at)
	if err != nil {
		return err
	}
	out := make([]jsonTagRule, len(list))
	for i, rule := range list {
		out[i] = printTagRule(rule)
	}
	return writeJSON(w, http.StatusOK, out)
}

func (a *API) postTagRule(w *httpkit.Writer, r *http.Request, v berth.Viewer, at berth.Name) error {
	var in tagRuleBody
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	rule, err := a.registry.CreateTagRule(r.Context(), v, at, in.Pattern, registry.Movers{Users: in.Users, Teams: in.Teams, Repositories: in.Repositories})
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, printTagRule(rule))
}

func (a *API) deleteTagRule(w *httpkit.Writer, r *http.Request, v berth.Viewer, at berth.Name) error {
	return done(w, a.registry.DeleteTagRule(r.Context(), v, at, id(r, "rule_id")))
}

// retentionBody is a rule on old versions. What is left out is 0, false or empty.
type retentionBody struct {
	Active         bool     `json:"active,omitempty"`
	KeepNewest     int64    `json:"keep_newest,omitempty"`
	KeepDays       int64    `json:"keep_days,omitempty"`
	KeepPulledDays int64    `json:"keep_pulled_days,omitempty"`
	KeepUntagged   bool     `json:"keep_untagged,omitempty"`
	KeepTags       []string `json:"keep_tags,omitempty"`
	RemoveTags     []string `json:"remove_tags,omitempty"`
}

// jsonRetention is a rule on old versions as it is stored.
type jsonRetention struct {
	Of             string   `json:"of"` // owner or package
	Active         bool     `json:"active"`
	KeepNewest     int64    `json:"keep_newest"`
	KeepDays       int64    `json:"keep_days"`
	KeepPulledDays int64    `json:"keep_pulled_days"`
	KeepUntagged   bool     `json:"keep_untagged"`
	KeepTags       []string `json:"keep_tags"`
	RemoveTags     []string `json:"remove_tags"`
	UpdatedAt      *string  `json:"updated_at"`
}

// jsonRetentionPlan is what a rule would remove now.
type jsonRetentionPlan struct {
	Rule     jsonRetention      `json:"rule"`
	Versions int                `json:"versions"` // that were looked at
	Remove   []jsonRetentionOld `json:"remove"`
	More     int                `json:"more"`
	Kept     map[string]int     `json:"kept"`        // how many, by why
	Unique   *int64             `json:"unique_size"` // bytes that nobody else holds, null where it is too much to count
}

// jsonRetentionOld is a version that a rule would remove.
type jsonRetentionOld struct {
	ID           int64        `json:"id"`
	Digest       berth.Digest `json:"digest"`
	Tags         []berth.Tag  `json:"tags"`
	CreatedAt    *string      `json:"created_at"`
	UpdatedAt    *string      `json:"updated_at"`
	LastPulledAt *string      `json:"last_pulled_at"`
}

func printRetention(rule registry.Retention) jsonRetention {
	return jsonRetention{
		Of: ofWhat(rule.OfOwner), Active: rule.Active, KeepNewest: int64(rule.KeepNewest), KeepDays: int64(rule.KeepDays), KeepPulledDays: int64(rule.KeepPulledDays),
		KeepUntagged: rule.KeepUntagged, KeepTags: words(rule.KeepTags), RemoveTags: words(rule.RemoveTags), UpdatedAt: stamp(rule.UpdatedAt),
	}
}

func words(list []berth.TagPattern) []string {
	out := make([]string, len(list))
	for i, p := range list {
		out[i] = string(p)
	}
	return out
}

func patterns(list []string) []berth.TagPattern {
	out := make([]berth.TagPattern, len(list))
	for i, s := range list {
		out[i] = berth.TagPattern(s)
	}
	return out
}

// readRetention reads a rule. Errors: berth.ErrRequestInvalid, berth.ErrRequestTooLarge.
func readRetention(w *httpkit.Writer, r *http.Request) (registry.Retention, error) {
	var in retentionBody
	if err := readJSON(w, r, &in); err != nil {
		return registry.Retention{}, err
	}
	return registry.Retention{
		Active: in.Active, KeepNewest: int(in.KeepNewest), KeepDays: int(in.KeepDays), KeepPulledDays: int(in.KeepPulledDays),
		KeepUntagged: in.KeepUntagged, KeepTags: patterns(in.KeepTags), RemoveTags: patterns(in.RemoveTags),
	}, nil
}

func (a *API) getRetention(w *httpkit.Writer, r *http.Request, v berth.Viewer, at berth.Name) error {
	rule, err := a.registry.GetRetention(r.Context(), v, at)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, printRetention(rule))
}

func (a *API) putRetention(w *httpkit.Writer, r *http.Request, v berth.Viewer, at berth.Name) error {
	rule, err := readRetention(w, r)
	if err != nil {
		return err
	}
	if rule, err = a.registry.SetRetention(r.Context(), v, at, rule); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, printRetention(rule))
}

func (a *API) deleteRetention(w *httpkit.Writer, r *http.Request, v berth.Viewer, at berth.Name) error {
	return done(w, a.registry.DeleteRetention(r.Context(), v, at))
}

func (a *API) previewRetention(w *httpkit.Writer, r *http.Request, v berth.Viewer, n berth.Name) error {
	return a.showPlan(w, r, v, n, nil)
}

func (a *API) tryRetention(w *httpkit.Writer, r *http.Request, v berth.Viewer, n berth.Name) error {
	rule, err := readRetention(w, r)
	if err != nil {
		return err
	}
	return a.showPlan(w, r, v, n, &rule)
}

func (a *API) showPlan(w *httpkit.Writer, r *http.Request, v berth.Viewer, n berth.Name, rule *registry.Retention) error {
	plan, err := a.registry.PreviewRetention(r.Context(), v, n, rule)
	if err != nil {
		return err
	}
	out := jsonRetentionPlan{Rule: printRetention(plan.Rule), Versions: plan.Versions, Remove: []jsonRetentionOld{}, More: plan.More, Kept: plan.Kept}
	if plan.Freed >= 0 {
		out.Unique = &plan.Freed
	}
	for _, item := range plan.Remove {
		out.Remove = append(out.Remove, jsonRetentionOld{
			item.ID, item.Digest, append([]berth.Tag{}, item.Tags...), stamp(item.CreatedAt), stamp(item.UpdatedAt), stamp(item.LastPulledAt),
		})
	}
	return writeJSON(w, http.StatusOK, out)
}
