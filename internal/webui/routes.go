package webui

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/httpkit"
)

// UI serves the pages.
type UI struct {
	account *account.Service
	origins httpkit.Origins
	crossed *http.CrossOriginProtection
	pages   *pages
	rows    map[string]row
	routes  []route
	http    http.Handler
}

// handler answers one kind of request of one viewer. Braces in the route become
// values of r.PathValue.
type handler func(w *httpkit.Writer, r *http.Request, v berth.Viewer) error

type route struct {
	method, path string
	handle       handler
}

// New returns the face over the accounts.
func New(log *slog.Logger, acc *account.Service, origins httpkit.Origins) (*UI, error) {
	pages, err := newPages()
	if err != nil {
		return nil, err
	}
	u := &UI{account: acc, origins: origins, crossed: http.NewCrossOriginProtection(), pages: pages, rows: rows()}
	for _, external := range origins.External {
		if err := u.crossed.AddTrustedOrigin(external.Scheme + "://" + external.Host); err != nil {
			return nil, err
		}
	}
	u.routes = []route{
		{"GET", "/", u.getFront},
		{"GET", "/assets/{file}", u.getAsset},
		{"GET", "/login", u.getLogin},
		{"POST", "/login", u.postLogin},
		{"POST", "/logout", u.postLogout},
		{"GET", "/login/oidc/{provider}", u.getProvider},
		{"GET", "/login/oidc/{provider}/callback", u.getCallback},
		{"GET", "/login/cli", u.getCLI},
		{"POST", "/login/cli", u.postCLI},
		{"POST", cliTokenPath, u.postCLIToken},
		{"GET", "/join", u.getJoin},
		{"POST", "/join", u.postJoin},
		{"GET", "/join/{code}", u.getJoin},
		{"POST", "/join/{code}", u.postJoin},
	}
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
	u.harden(w)
	if strings.HasPrefix(r.URL.Path, "/join/") {
		w.Path = "/join/{code}" // whoever reads the log must not be able to join
	}
	rt, allowed := u.match(r)
	if rt == nil {
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
	w.Viewer = v.Login
	return rt.handle(w, r, v)
}

// match returns the route of a request, or else the methods of the path.
func (u *UI) match(r *http.Request) (found *route, allowed []string) {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	segments := strings.Split(r.URL.Path, "/")
	for i, rt := range u.routes {
		pattern := strings.Split(rt.path, "/")
		if !slices.EqualFunc(pattern, segments, func(p, s string) bool { return p == s || isParam(p) && s != "" }) {
			continue
		}
		allowed = append(allowed, rt.method)
		if rt.method != method {
			continue
		}
		for n, p := range pattern {
			if isParam(p) {
				r.SetPathValue(strings.Trim(p, "{}"), segments[n])
			}
		}
		return &u.routes[i], nil
	}
	return nil, allowed
}

func isParam(p string) bool { return strings.HasPrefix(p, "{") }

// harden tells the browser what no page here does.
func (*UI) harden(w *httpkit.Writer) {
	h := w.Header()
	setPolicy(w, "")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	// Nothing to other sites. With no-referrer browsers would send our own forms
	// with the origin null, and on plain HTTP there is nothing else to tell them
	// from another site's.
	h.Set("Referrer-Policy", "same-origin")
}

// setPolicy forbids everything but our style sheet, pictures and forms. A form may
// lead to one other address if there is one.
func setPolicy(w *httpkit.Writer, formTo string) {
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'"+
		strings.TrimRight(" "+formTo, " ")+"; frame-ancestors 'none'; base-uri 'none'")
}
