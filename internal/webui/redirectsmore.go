package webui

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
)

// getGitHubRepository leads to the packages of a repository. There may also be a package
// that is called so.
func (u *UI) getGitHubRepository(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	path := r.PathValue("repository") + "/packages"
	if n, err := berth.ParseName(strings.ToLower(r.PathValue("owner") + "/" + path)); err == nil {
		_, err = u.registry.GetPackage(r.Context(), v, n)
		if err == nil {
			r.SetPathValue("path", path)
			return u.onPackage(u.getImage)(w, r, v)
		}
		if !errors.Is(err, berth.ErrPackageUnknown) && !errors.Is(err, berth.ErrUnauthenticated) {
			return err
		}
	}
	return toPackage(w, r, nil, "/-/repositories/"+r.PathValue("repository"))
}

// getOwnSettings leads to one's own settings, which are what Forgejo has for packages.
func getOwnSettings(w *httpkit.Writer, _ *http.Request, _ berth.Viewer) error {
	return redirect(w, "/settings")
}

// getOrgSettings leads to the settings of an organization.
func getOrgSettings(w *httpkit.Writer, r *http.Request, _ berth.Viewer) error {
	return toPackage(w, r, nil, "/-/settings")
}

// getExplore leads to all packages.
func getExplore(w *httpkit.Writer, _ *http.Request, _ berth.Viewer) error {
	return redirect(w, "/search")
}

// unslashed returns the address of the page that a path with a slash too many means, ""
// for none.
func (u *UI) unslashed(r *http.Request) string {
	short, ok := strings.CutSuffix(r.URL.Path, "/")
	if !ok || r.Method != http.MethodGet && r.Method != http.MethodHead {
		return ""
	}
	without := r.Clone(r.Context())
	without.URL.Path = short
	if rt, _ := u.match(without); rt == nil {
		return ""
	}
	to := url.URL{Path: short, RawQuery: r.URL.RawQuery}
	return to.String()
}
