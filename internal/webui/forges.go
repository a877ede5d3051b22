package webui

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
)

// How many segments of an address come before the name of a package, the empty one before
// the first slash among them.
const (
	inPackages        = 5
	inForgejoSettings = 6
)

// forgeRoutes are the addresses of pages on GitHub and Forgejo, which are in documents and
// in what tools print. They say nothing of whether there is such an owner or package: the
// page where they lead does.
func (u *UI) forgeRoutes() []route {
	list := []route{
		{method: "GET", path: "/settings/personal-access-tokens", handle: moved("/settings/tokens")},
		{method: "GET", path: "/settings/personal-access-tokens/new", handle: moved("/settings/tokens/new")},
		{method: "GET", path: "/orgs/{owner}/packages/container/{rest...}", handle: getGitHub},
		{method: "GET", path: "/users/{owner}/packages/container/{rest...}", handle: getGitHub},
		{method: "GET", path: "/orgs/{owner}/packages", handle: getGitHubOwner},
		{method: "GET", path: "/users/{owner}/packages", handle: getGitHubOwner},
		{method: "GET", path: "/{owner}/-/packages/container/{rest...}", handle: getForgejo},
		{method: "GET", path: "/{owner}/-/packages/settings/container/{rest...}", handle: getForgejoSettings},
		{method: "GET", path: "/{owner}/{repository}/pkgs/container/{rest...}", handle: u.getPkgs},
		{method: "GET", path: "/user/settings/packages", handle: moved("/settings")},
		{method: "GET", path: "/explore", handle: moved("/search")},
	}
	for _, p := range forgeOwnerPages() {
		list = append(list, route{method: "GET", path: p.from, handle: sendOn(p.to)})
	}
	return append(list, route{method: "GET", path: "/{owner}/{repository}/packages", handle: u.getRepositoryPackages})
}

// forgePage is an address of a forge's, and what comes after the owner in ours.
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
		{"/org/{owner}/settings/packages", "/-/settings"},
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

// moved sends on whoever knows a page by the address that it has elsewhere.
func moved(path string) handler {
	return func(w *httpkit.Writer, r *http.Request, _ berth.Viewer) error {
		to := url.URL{Path: path, RawQuery: r.URL.RawQuery}
		return redirect(w, to.String())
	}
}

// getGitHubOwner leads to the packages of an owner.
func getGitHubOwner(w *httpkit.Writer, r *http.Request, _ berth.Viewer) error {
	return toPackage(w, r, nil, "")
}

// getGitHub leads to the package of a path as GitHub has them.
func getGitHub(w *httpkit.Writer, r *http.Request, _ berth.Viewer) error {
	segments := behind(r, inPackages)
	if len(segments) > 1 && segments[0] == "package" {
		return toPackage(w, r, segments[1:], "")
	}
	name, page := gitHubPage(segments)
	return toPackage(w, r, name, page)
}

// gitHubPage tells the name of a package from what follows it, and which page of ours that
// is.
func gitHubPage(segments []string) (name []string, page string) {
	if len(segments) < 2 {
		return segments, ""
	}
	name, last := segments[:len(segments)-1], segments[len(segments)-1]
	switch {
	case last == "versions", last == "settings":
		return name, "/-/" + last
	case parseID(last) != 0:
		return name, "/-/versions/" + last
	}
	return segments, ""
}

// getPkgs leads to the package of a path as GitHub has it below a repository.
func (u *UI) getPkgs(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	return u.unlessPackage(w, r, v, func() error {
		segments, page := gitHubPage(behind(r, inPackages))
		return toPackage(w, r, segments, page)
	})
}

// getRepositoryPackages leads to the packages of a repository.
func (u *UI) getRepositoryPackages(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	return u.unlessPackage(w, r, v, func() error {
		return toPackage(w, r, nil, "/-/repositories/"+r.PathValue("repository"))
	})
}

// unlessPackage shows the package that is called as the path of another forge's page is,
// where there is one, and leads on otherwise.
func (u *UI) unlessPackage(w *httpkit.Writer, r *http.Request, v berth.Viewer, lead func() error) error {
	path := strings.TrimPrefix(r.URL.Path, "/"+r.PathValue("owner")+"/")
	name, _ := splitImage(r.PathValue("owner") + "/" + path)
	n, err := berth.ParseName(name)
	if err != nil {
		return lead()
	}
	switch _, err = u.registry.GetPackage(r.Context(), v, n); {
	case err == nil:
		r.SetPathValue("path", path)
		return u.onPackage(u.getImage)(w, r, v)
	case errors.Is(err, berth.ErrPackageUnknown), errors.Is(err, berth.ErrUnauthenticated):
		return lead()
	}
	return err
}

// getForgejo leads to the version of a path as Forgejo has them: a tag or a digest behind
// the name, whose slashes are escaped.
func getForgejo(w *httpkit.Writer, r *http.Request, _ berth.Viewer) error {
	segments := behind(r, inPackages)
	if len(segments) < 2 {
		return toPackage(w, r, segments, "")
	}
	name, last := segments[:len(segments)-1], segments[len(segments)-1]
	if last == "versions" || last == "settings" {
		return toPackage(w, r, name, "/-/"+last)
	}
	ref, err := berth.ParseReference(last)
	switch {
	case err != nil:
		return berth.ErrRouteUnknown
	case ref.Digest != "":
		return toPackage(w, r, name, "@"+last)
	}
	return toPackage(w, r, name, ":"+last)
}

// getForgejoSettings leads to the settings of a package.
func getForgejoSettings(w *httpkit.Writer, r *http.Request, _ berth.Viewer) error {
	return toPackage(w, r, behind(r, inForgejoSettings), "/-/settings")
}

// behind returns the segments of a path behind the first n. Slashes that are escaped
// belong to the segments.
func behind(r *http.Request, n int) []string {
	all := strings.Split(r.URL.EscapedPath(), "/")
	var list []string
	for _, s := range all[min(n, len(all)):] {
		if plain, err := url.PathUnescape(s); err == nil && plain != "" {
			list = append(list, plain)
		}
	}
	return list
}

// toPackage sends the browser on to a page of a package, "" for its own. What is no name
// leads nowhere.
func toPackage(w *httpkit.Writer, r *http.Request, name []string, rest string) error {
	to := "/" + strings.ToLower(r.PathValue("owner"))
	if len(name) > 0 {
		n, err := berth.ParseName(strings.ToLower(r.PathValue("owner") + "/" + strings.Join(name, "/")))
		if err != nil {
			return berth.ErrRouteUnknown
		}
		to = "/" + n.String()
	} else if _, err := berth.ParseOwner(r.PathValue("owner")); err != nil {
		return berth.ErrRouteUnknown
	}
	u := url.URL{Path: to + rest}
	if kind := r.URL.Query().Get("filters[version_type]"); strings.HasSuffix(rest, "/-/versions") && (kind == "tagged" || kind == "untagged") {
		u.RawQuery = "filter=" + kind
	}
	return redirect(w, u.String())
}
