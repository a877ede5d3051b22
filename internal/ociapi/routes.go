package ociapi

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/registry"
)

// API serves the OCI face.
type API struct {
	registry *registry.Service
	account  *account.Service
	origins  httpkit.Origins
	routes   [opCount]map[string]handler
	errors   map[string]wireError
	v2       http.Handler
	token    http.Handler
}

// handler answers one kind of request for one viewer.
type handler func(w *httpkit.Writer, r *http.Request, v berth.Viewer, p path) error

// New returns the face over the two cores.
func New(log *slog.Logger, reg *registry.Service, acc *account.Service, origins httpkit.Origins) *API {
	a := &API{registry: reg, account: acc, origins: origins, errors: wireErrors()}
	a.routes = [opCount]map[string]handler{
		opBase:      {"GET": a.getBase, "HEAD": a.getBase},
		opCatalog:   {"GET": a.getCatalog},
		opTags:      {"GET": a.getTags},
		opReferrers: {"GET": a.getReferrers},
		opManifest:  {"GET": a.getManifest, "HEAD": a.headManifest, "PUT": a.putManifest, "DELETE": a.deleteManifest},
		opBlob:      {"GET": a.getBlob, "HEAD": a.headBlob, "DELETE": a.deleteBlob},
		opUploads:   {"POST": a.postUpload},
		opUpload:    {"GET": a.getUpload, "PATCH": a.patchUpload, "PUT": a.putUpload, "DELETE": a.deleteUpload},
	}
	a.v2 = httpkit.Handle(log, a.serve, a.fail)
	a.token = httpkit.Handle(log, a.serveToken, a.fail)
	return a
}

// Mount adds the face to a dispatcher.
func (a *API) Mount(handle func(prefix string, h http.Handler)) {
	handle("/v2", a.v2)
	handle("/token", a.token)
}

// Routes lists every route as "METHOD /path", for tests that have to know all.
func (a *API) Routes() []string {
	paths := [opCount]string{
		opBase: "", opCatalog: "_catalog", opTags: "{name}/tags/list", opReferrers: "{name}/referrers/{digest}",
		opManifest: "{name}/manifests/{reference}", opBlob: "{name}/blobs/{digest}",
		opUploads: "{name}/blobs/uploads/", opUpload: "{name}/blobs/uploads/{upload}",
	}
	list := []string{"GET /token", "POST /token"}
	for op, methods := range a.routes {
		for method := range methods {
			list = append(list, method+" /v2/"+paths[op])
		}
	}
	slices.Sort(list)
	return list
}

// serve finds the route and who is asking.
func (a *API) serve(w *httpkit.Writer, r *http.Request) error {
	w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	p, err := parsePath(r.URL.Path)
	w.Op = strings.ToLower(r.Method) + " " + p.op.String()
	if err != nil {
		return readable(r.Method, err)
	}
	if p.name.Path != "" {
		w.Package = p.name.String()
	}
	h, ok := a.routes[p.op][r.Method]
	if !ok {
		allowed := slices.Sorted(maps.Keys(a.routes[p.op]))
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		return berth.ErrMethodUnsupported.With("use %s", strings.Join(allowed, ", "))
	}
	v, err := a.viewer(r.Context(), r)
	if err != nil {
		return err
	}
	w.Viewer = v
	a.warn(w, v)
	return h(w, r, v, p)
}

// warnBefore is how long before its end a token is warned of. One that is meant to
// be short-lived is warned of in the last quarter of its life.
const warnBefore = 7 * 24 * time.Hour

// warn tells of an access token that ends soon, in the form that the
// distribution-spec gives to warnings.
func (a *API) warn(w *httpkit.Writer, v berth.Viewer) {
	if left := v.TokenExpires.Sub(a.account.Now()); !v.TokenExpires.IsZero() && left < min(warnBefore, v.TokenLife/4) {
		w.Header().Set("Warning", `299 - "the access token of `+v.Login+` expires on `+v.TokenExpires.UTC().Format("2006-01-02 15:04 MST")+`; make a new one"`)
	}
}

func (a *API) viewer(ctx context.Context, r *http.Request) (berth.Viewer, error) {
	headers := r.Header["Authorization"]
	switch len(headers) {
	case 0:
		return berth.Viewer{Address: a.origins.Address(r)}, nil
	case 1:
		return a.account.Authenticate(ctx, headers[0], a.origins.Address(r))
	}
	return berth.Viewer{}, berth.ErrCredentialsInvalid.With("more than one Authorization header")
}

// getBase tells clients whether there is a registry and whether they have to log
// in. Docker sends no credentials ever, if it is answered 200 without any.
func (a *API) getBase(w *httpkit.Writer, r *http.Request, v berth.Viewer, _ path) error {
	if r.Header.Get("Authorization") == "" {
		return berth.ErrUnauthenticated
	}
	if v.Expired {
		return berth.ErrScopeMissing.With("it has expired")
	}
	return writeJSON(w, http.StatusOK, "application/json", struct{}{})
}
