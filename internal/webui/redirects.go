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

// redirectRoutes are the addresses of pages on GitHub and Forgejo, which are in documents
// and in what tools print. They say nothing of whether there is such a package: the page
// where they lead does.
func (u *UI) redirectRoutes() []route {
	return []route{
		{method: "GET", path: "/orgs/{owner}/packages/container/{rest...}", handle: getGitHub},
		{method: "GET", path: "/users/{owner}/packages/container/{rest...}", handle: getGitHub},
		{method: "GET", path: "/orgs/{owner}/packages", handle: getGitHubOwner},
		{method: "GET", path: "/users/{owner}/packages", handle: getGitHubOwner},
		{method: "GET", path: "/{owner}/-/packages/container/{rest...}", handle: getForgejo},
		{method: "GET", path: "/{owner}/-/packages/settings/container/{rest...}", handle: getForgejoSettings},
		{method: "GET", path: "/{owner}/{repository}/pkgs/container/{rest...}", handle: u.getPkgs},
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
	page := gitHubPage(&segments)
	return toPackage(w, r, segments, page)
}

// gitHubPage takes what follows the name of a package off, and returns which page of ours
// that is.
func gitHubPage(segments *[]string) string {
	list := *segments
	if len(list) < 2 {
		return ""
	}
	last := list[len(list)-1]
	switch {
	case last == "versions", last == "settings":
		*segments = list[:len(list)-1]
		return "/-/" + last
	case parseID(last) != 0:
		*segments = list[:len(list)-1]
		return "/-/versions/" + last
	}
	return ""
}

// getPkgs leads to the package of a path as GitHub has it below a repository. There may
// also be a package that is called so.
func (u *UI) getPkgs(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	path := strings.TrimPrefix(r.URL.Path, "/"+r.PathValue("owner")+"/")
	name, _ := splitImage(r.PathValue("owner") + "/" + path)
	if n, err := berth.ParseName(name); err == nil {
		_, err = u.registry.GetPackage(r.Context(), v, n)
		if err == nil {
			r.SetPathValue("path", path)
			return u.onPackage(u.getImage)(w, r, v)
		}
		if !errors.Is(err, berth.ErrPackageUnknown) && !errors.Is(err, berth.ErrUnauthenticated) {
			return err
		}
	}
	segments := behind(r, inPackages)
	page := gitHubPage(&segments)
	return toPackage(w, r, segments, page)
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
	return redirect(w, u.String())
}
