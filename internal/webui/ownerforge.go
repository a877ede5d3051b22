package webui

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
)

// forgeOwnerRoutes send on those who come with the addresses that GitHub and Forgejo
// have for owners. Whether there is such an owner is for the page to say that they are
// sent to.
func (u *UI) forgeOwnerRoutes() []route {
	list := make([]route, 0, len(forgeOwnerPages()))
	for _, p := range forgeOwnerPages() {
		list = append(list, route{method: "GET", path: p.from, handle: sendOn(p.to)})
	}
	return list
}

// forgePage is an address of a forge's and what is before and after the owner in ours.
type forgePage struct{ from, to string }

func forgeOwnerPages() []forgePage {
	return []forgePage{
		{"/orgs/{owner}", ""},
		{"/orgs/{owner}/repositories", "/-/repositories"},
		{"/orgs/{owner}/teams", "/-/teams"},
		{"/orgs/{owner}/teams/{team}", "/-/teams/{team}"},
		{"/orgs/{owner}/teams/{team}/members", "/-/teams/{team}"},
		{"/orgs/{owner}/people", "/-/people"},
		{"/orgs/{owner}/people/pending_invitations", "/-/people/invitations"},
		{"/users/{owner}", ""},
		{"/{owner}/-/packages", ""},
		{"/organizations/{owner}/settings", "/-/settings"},
		{"/organizations/{owner}/settings/profile", "/-/settings"},
		{"/organizations/{owner}/settings/packages", "/-/settings"},
		{"/organizations/{owner}/settings/member_privileges", "/-/settings"},
		{"/organizations/{owner}/settings/hooks", "/-/settings/webhooks"},
		{"/organizations/{owner}/settings/hooks/{hook}", "/-/settings/webhooks/{hook}"},
		{"/organizations/{owner}/settings/audit-log", "/-/settings/audit"},
		{"/organizations/{owner}/settings/deleted_packages", "/-/trash"},
	}
}

// sendOn sends the browser to a page of the same owner, with what was looked for.
func sendOn(to string) handler {
	return func(w *httpkit.Writer, r *http.Request, _ berth.Viewer) error {
		if _, err := berth.ParseOwner(r.PathValue("owner")); err != nil {
			return berth.ErrRouteUnknown.Because(err)
		}
		location := "/" + r.PathValue("owner") + fill(to, r)
		if q := r.URL.Query().Get("q"); q != "" && to == "" {
			location += "?" + url.Values{"q": {q}}.Encode()
		}
		return redirect(w, location)
	}
}

// fill puts the values of a path in place of their names.
func fill(pattern string, r *http.Request) string {
	segments := strings.Split(pattern, "/")
	for i, segment := range segments {
		if name, ok := braced(segment); ok {
			segments[i] = url.PathEscape(r.PathValue(name))
		}
	}
	return strings.Join(segments, "/")
}
