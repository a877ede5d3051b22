package webui

import (
	"cmp"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/registry"
)

// UI serves the pages.
type UI struct {
	registry *registry.Service
	account  *account.Service
	origins  httpkit.Origins
	site     Site
	crossed  *http.CrossOriginProtection
	files    files
	readmes  readmes
	rows     map[string]row
	routes   []route
	http     http.Handler
}

// New returns the face over the core.
func New(log *slog.Logger, reg *registry.Service, acc *account.Service, origins httpkit.Origins, site Site) (*UI, error) {
	files, err := readFiles()
	if err != nil {
		return nil, err
	}
	u := &UI{
		registry: reg, account: acc, origins: origins, site: site.whole(), crossed: http.NewCrossOriginProtection(), files: files, rows: rows(),
		readmes: readmes{renders: make(chan struct{}, maxRenders)},
	}
	for _, external := range origins.External {
		if err := u.crossed.AddTrustedOrigin(external.Scheme + "://" + external.Host); err != nil {
			return nil, err
		}
	}
	u.routes = compile(u.table())
	u.http = httpkit.Handle(log, u.serve, u.fail)
	return u, nil
}

// Routes lists every route as "METHOD /path", for tests that have to know all.
func (u *UI) Routes() []string {
	list := make([]string, len(u.routes))
	for i, rt := range u.routes {
		list[i] = rt.method + " " + rt.path
	}
	return list
}

// Mount adds the face to a dispatcher. What no face knows is a page too: see
// [UI.ServeHTTP].
func (u *UI) Mount(handle func(segment string, h http.Handler)) {
	for _, segment := range []string{"/assets", "/login", "/logout", "/join"} {
		handle(segment, u)
	}
}

// ServeHTTP answers every request with a page.
func (u *UI) ServeHTTP(w http.ResponseWriter, r *http.Request) { u.http.ServeHTTP(w, r) }

// serve finds the route and who is asking.
func (u *UI) serve(w *httpkit.Writer, r *http.Request) error {
	u.harden(w, r)
	if strings.HasPrefix(r.URL.Path, "/join/") {
		w.Path = "/join/{code}" // whoever reads the log must not be able to join
	}
	rt, allowed := u.match(r)
	if rt == nil {
		if to := u.unslashed(r); to != "" {
			return redirect(w, to)
		}
		u.who(w, r)
		if len(allowed) > 0 {
			w.Header().Set("Allow", strings.Join(allowed, ", "))
			return berth.ErrMethodUnsupported.With("use %s", strings.Join(allowed, ", "))
		}
		return berth.ErrRouteUnknown
	}
	w.Op = rt.method + " " + rt.path
	if err := u.crossed.Check(r); err != nil {
		return berth.ErrDenied.With("the form was sent by another site").Because(err)
	}
	v, err := u.viewer(w, r)
	if err != nil {
		return err
	}
	w.Viewer = v
	if rt.method == http.MethodPost {
		if err := readForm(w, r, cmp.Or(rt.limit, maxForm)); err != nil {
			return err
		}
	}
	err = u.mend(w, r, rt.handle(w, r, v))
	if v.Anonymous() && rt.method == http.MethodGet && errors.Is(err, berth.ErrUnauthenticated) {
		return mustSignIn(w, r)
	}
	return err
}

// who finds out who gets an error that comes before his session is looked at, so that its
// page does not show him as signed out.
func (u *UI) who(w *httpkit.Writer, r *http.Request) {
	if v, err := u.viewer(w, r); err == nil {
		w.Viewer = v
	}
}

// harden tells the browser what no page here does.
func (u *UI) harden(w *httpkit.Writer, r *http.Request) {
	h := w.Header()
	setPolicy(w, "")
	plain := slices.ContainsFunc(u.origins.External, func(at *url.URL) bool { return at.Scheme != "https" })
	if len(u.origins.External) > 0 && !plain && strings.HasPrefix(u.origins.Of(r), "https://") {
		h.Set("Strict-Transport-Security", "max-age=31536000") // a year
	}
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	// Nothing to other sites. With no-referrer browsers would send our own forms
	// with the origin null, and on plain HTTP there is nothing else to tell them
	// from another site's.
	h.Set("Referrer-Policy", "same-origin")
}

// setPolicy forbids everything but our own files and forms. A form may lead to one
// other address if there is one.
func setPolicy(w *httpkit.Writer, formTo string) {
	w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'"+
		strings.TrimRight(" "+formTo, " ")+"; frame-ancestors 'none'; base-uri 'none'")
}
