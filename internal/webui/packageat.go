package webui

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/registry"
	"github.com/berth-registry/berth/internal/webui/view"
)

// place is a package, and what of it a page is about.
type place struct {
	pkg  registry.Package
	name berth.Name
	ref  berth.Reference // zero for the package itself
	rest string          // the reference as it follows the name: :tag or @digest
}

// splitImage takes an image reference without a host apart as docker does: a digest is
// behind an @, a tag behind the last : of the last segment, and a tag before a digest
// does not count.
func splitImage(s string) (name, rest string) {
	if before, digest, ok := strings.Cut(s, "@"); ok {
		name, _ = splitImage(before)
		return name, "@" + digest
	}
	if i := strings.LastIndexByte(s, ':'); i > strings.LastIndexByte(s, '/') {
		return s[:i], s[i:]
	}
	return s, ""
}

// onPackage finds the package of a path for a handler. Old names, and such in capitals,
// lead to the page where the package is now.
func (u *UI) onPackage(h func(w *httpkit.Writer, r *http.Request, v berth.Viewer, at place) error) handler {
	return func(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
		written, rest := splitImage(r.PathValue("owner") + "/" + r.PathValue("path"))
		at := place{rest: rest}
		var err error
		if at.name, err = berth.ParseName(strings.ToLower(written)); err != nil {
			return berth.ErrRouteUnknown
		}
		if _, err := berth.ParseOwner(at.name.Owner); err != nil {
			return berth.ErrRouteUnknown // what is ours
		}
		if at.ref, err = parseRest(rest); err != nil {
			return err
		}
		if at.pkg, err = u.registry.GetPackage(r.Context(), v, at.name); err != nil {
			return u.missingPackage(w, r, v, at.name, err)
		}
		if now := at.pkg.Name.String(); now != written && r.Method != http.MethodPost {
			to := url.URL{Path: "/" + now + strings.TrimPrefix(r.URL.Path, "/"+written), RawQuery: r.URL.RawQuery}
			return redirect(w, to.String())
		}
		at.name = at.pkg.Name
		if err := h(w, r, v, at); err != nil {
			return u.missingTag(w, r, v, at, err)
		}
		return nil
	}
}

func parseRest(rest string) (berth.Reference, error) {
	switch {
	case rest == "":
		return berth.Reference{}, nil
	case rest[0] == '@':
		d, err := berth.ParseDigest(rest[1:])
		return berth.Reference{Digest: d}, err
	}
	t, err := berth.ParseTag(rest[1:])
	return berth.Reference{Tag: t}, err
}

// admin reports whether the viewer administers the package, to show what he may do. The
// core decides.
func (at place) admin() bool { return at.pkg.Role >= berth.RoleAdmin }

func (at place) head(tab string) view.PackageHead {
	return view.PackageHead{
		Name: at.name.String(), Visibility: string(at.pkg.Visibility), Versions: at.pkg.Versions, Tab: tab, Admin: at.admin(),
	}
}

// path is the address of a page of the package.
func (at place) path(rest string) string {
	u := url.URL{Path: "/" + at.name.String() + rest}
	return u.String()
}

// image is how clients name a version of the package.
func (u *UI) image(r *http.Request, at place, rest string) string {
	return u.host(r) + "/" + at.name.String() + rest
}
