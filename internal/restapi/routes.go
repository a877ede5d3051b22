package restapi

import (
	"log/slog"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/registry"
)

// prefix is where the API lives, as on GitHub Enterprise Server.
const prefix = "/api/v3"

// API serves the REST face.
type API struct {
	registry *registry.Service
	account  *account.Service
	origins  httpkit.Origins
	// viewer tells who sent a request.
	viewer func(w *httpkit.Writer, r *http.Request) (berth.Viewer, error)
	log    *slog.Logger
	mux    *http.ServeMux
	routes []route
	errors map[string]int
	// What belongs to Forgejo's and Gitea's routes.
	routesV1 []route
	errorsV1 map[string]int
	// document makes the OpenAPI document when it is asked for first.
	document func() ([]byte, error)
}

// handler answers one kind of request for one viewer.
type handler func(w *httpkit.Writer, r *http.Request, v berth.Viewer) error

// route is a pattern of [http.ServeMux] under the prefix, such as "GET /user".
type route struct {
	method, path string
	handle       handler
}

// New returns the face over the two cores.
func New(log *slog.Logger, reg *registry.Service, acc *account.Service, origins httpkit.Origins) *API {
	a := &API{registry: reg, account: acc, origins: origins, log: log}
	a.viewer = a.authenticate
	a.build()
	return a
}

// NewLocal returns the face for whoever runs a command on the data directory
// itself: every request is the operator's. It must never be mounted on a server. The
// origins are those of the server on that data, for the addresses in answers.
func NewLocal(log *slog.Logger, reg *registry.Service, acc *account.Service, origins httpkit.Origins) *API {
	a := &API{registry: reg, account: acc, origins: origins, log: log}
	a.viewer = func(*httpkit.Writer, *http.Request) (berth.Viewer, error) { return berth.Operator(), nil }
	a.build()
	return a
}

func (a *API) build() {
	a.errors = statuses()
	a.mux = http.NewServeMux()
	a.routes = slices.Concat(
		a.packageRoutes(),
		a.usageRoutes(),
		a.peopleRoutes(),
		a.repositoryRoutes(),
		a.readmeRoutes(),
		a.tokenRoutes(),
		a.signInRoutes(),
		a.identityRoutes(),
		a.auditRoutes(),
		a.documentRoutes(),
		a.hookRoutes(),
		a.nameRoutes(),
		a.siteRoutes(),
		a.keepingRoutes(),
	)
	a.handle(prefix, a.routes, accepted(), a.fail)
	a.errorsV1, a.routesV1 = statusesV1(), a.v1Routes()
	a.handle(prefixV1, a.routesV1, nil, a.failV1)
}

// handle adds routes to the mux, with the scopes that they tell of, if they do.
func (a *API) handle(prefix string, routes []route, accepted map[string]string, fail httpkit.Fail) {
	for _, rt := range routes {
		scopes, tells := accepted[rt.method+" "+rt.path]
		a.mux.Handle(rt.method+" "+prefix+rt.path, httpkit.Handle(a.log, func(w *httpkit.Writer, r *http.Request) error {
			w.Op = rt.method + " " + rt.path
			v, err := a.viewer(w, r)
			if err != nil {
				return err
			}
			w.Viewer = v
			if v.TokenID != 0 && tells {
				w.Header().Set("X-Accepted-OAuth-Scopes", scopes)
			}
			return rt.handle(w, r, v)
		}, fail))
	}
}

// Mount adds the face to a dispatcher.
func (a *API) Mount(handle func(segment string, h http.Handler)) { handle("/api", a) }

// Routes lists every route as "METHOD /path", for tests that have to know all.
func (a *API) Routes() []string {
	var list []string
	for _, rt := range a.routes {
		list = append(list, rt.method+" "+prefix+rt.path)
	}
	for _, rt := range a.routesV1 {
		list = append(list, rt.method+" "+prefixV1+rt.path)
	}
	return list
}

// ServeHTTP answers with JSON also where there is no route. A path that is not
// clean has none: the mux would redirect, and clients lose their credentials then.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	escaped := r.URL.EscapedPath()
	miss, pattern := a.mux.Handler(r)
	if pattern != "" && path.Clean(escaped) == escaped {
		a.mux.ServeHTTP(w, r)
		return
	}
	fail := a.fail
	if strings.HasPrefix(escaped, prefixV1+"/") {
		fail = a.failV1
	}
	httpkit.Handle(a.log, func(w *httpkit.Writer, r *http.Request) error {
		if pattern != "" {
			return berth.ErrRouteUnknown
		}
		var seen headerOnly
		miss.ServeHTTP(&seen, r)
		if seen.status == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", seen.Header().Get("Allow"))
			return berth.ErrMethodUnsupported.With("use %s", seen.Header().Get("Allow"))
		}
		return berth.ErrRouteUnknown
	}, fail).ServeHTTP(w, r)
}

// headerOnly learns the status that the mux would have sent.
type headerOnly struct {
	header http.Header
	status int
}

func (h *headerOnly) Header() http.Header {
	if h.header == nil {
		h.header = http.Header{}
	}
	return h.header
}
func (h *headerOnly) Write(p []byte) (int, error) { return len(p), nil }
func (h *headerOnly) WriteHeader(status int)      { h.status = status }
