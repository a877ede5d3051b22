package restapi

import (
	"net/http"
	"strings"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/registry"
)

// siteRoutes are for administrators of the instance.
func (a *API) siteRoutes() []route {
	return []route{
		{"GET", "/admin/overview", a.getOverview},
		{"GET", "/admin/package-types", a.listPackageTypes},
		{"PUT", "/admin/package-types/{type}", a.putPackageType},
		{"GET", "/admin/quota", a.getDefaultQuota},
		{"PUT", "/admin/quota", a.putDefaultQuota},
		{"GET", "/admin/owners/{owner}/quota", a.getQuota},
		{"PUT", "/admin/owners/{owner}/quota", a.putQuota},
	}
}

// jsonOverview is what an administrator should know of the instance.
type jsonOverview struct {
	Owners            int64         `json:"owners"`
	Users             int64         `json:"users"`
	Packages          int64         `json:"packages"`
	Versions          int64         `json:"versions"`
	Storage           *jsonFigures  `json:"storage"` // null where nothing was counted yet
	Growth            []jsonFigures `json:"growth"`
	ReclaimedSize     int64         `json:"reclaimed_size"`
	DoomedKeys        int64         `json:"doomed_keys"`
	OpenUploads       int64         `json:"open_uploads"`
	WaitingPushes     int64         `json:"waiting_pushes"`
	WaitingEvents     int64         `json:"waiting_events"`
	WaitingDeliveries int64         `json:"waiting_deliveries"`
	LostBlobs         int64         `json:"lost_blobs"`
	Trash             int64         `json:"trash"`
}

// jsonFigures is what the instance held on a day. Sizes are in bytes.
type jsonFigures struct {
	Day           string  `json:"day"` // such as 2026-01-31, UTC
	CountedAt     *string `json:"counted_at"`
	Packages      int64   `json:"packages"`
	Versions      int64   `json:"versions"`
	Blobs         int64   `json:"blobs"`
	LogicalSize   int64   `json:"logical_size"`
	UniqueSize    int64   `json:"unique_size"`
	IdleBlobs     int64   `json:"idle_blobs"`
	IdleSize      int64   `json:"idle_size"`
	ReclaimedSize int64   `json:"reclaimed_size"`
}

func figuresJSON(f registry.Figures) jsonFigures {
	return jsonFigures{
		f.Day.Format(time.DateOnly), stamp(f.At), f.Packages, f.Versions, f.Blobs, f.Logical, f.Unique, f.IdleBlobs, f.Idle, f.Reclaimed,
	}
}

func (a *API) getOverview(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	o, err := a.registry.SiteOverview(r.Context(), v)
	if err != nil {
		return err
	}
	shown := jsonOverview{
		Owners: o.Owners, Users: o.Users, Packages: o.Packages, Versions: o.Versions, Growth: []jsonFigures{}, ReclaimedSize: o.Reclaimed,
		DoomedKeys: o.DoomedKeys, OpenUploads: o.OpenUploads, WaitingPushes: o.WaitingPushes, WaitingEvents: o.WaitingEvents,
		WaitingDeliveries: o.WaitingDeliveries, LostBlobs: o.LostBlobs, Trash: o.Trash,
	}
	if !o.Last.At.IsZero() {
		last := figuresJSON(o.Last)
		shown.Storage = &last
	}
	for _, f := range o.Growth {
		shown.Growth = append(shown.Growth, figuresJSON(f))
	}
	return writeJSON(w, http.StatusOK, shown)
}

// jsonPackageType is what may be done with packages of a type.
type jsonPackageType struct {
	Name  string `json:"name"`
	State string `json:"state"`
}

type packageTypeBody struct {
	State string `json:"state"`
}

func (a *API) listPackageTypes(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	if err := berth.CheckSite(v); err != nil {
		return err
	}
	list, err := a.registry.PackageTypes(r.Context())
	if err != nil {
		return err
	}
	shown := make([]jsonPackageType, len(list))
	for i, t := range list {
		shown[i] = jsonPackageType{t.Name, string(t.State)}
	}
	return writeJSON(w, http.StatusOK, shown)
}

func (a *API) putPackageType(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	var body packageTypeBody
	if err := known(v); err != nil {
		return err
	}
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	return done(w, a.registry.SetPackageType(r.Context(), v, r.PathValue("type"), berth.TypeState(body.State)))
}

// jsonQuota is what an owner holds and may hold, in bytes.
type jsonQuota struct {
	Owner string `json:"owner"`
	Used  int64  `json:"used_size"`
	Limit *int64 `json:"limit_size"` // null is any number
	Own   bool   `json:"own"`        // not the instance's default
}

// jsonLimit is how many bytes an owner may hold who has no quota of his own.
type jsonLimit struct {
	Limit *int64 `json:"limit_size"`
}

// quotaBody is a limit as people write it: a size, none or default.
type quotaBody struct {
	Limit string `json:"limit"`
}

func limitJSON(limit int64) *int64 {
	if limit == registry.NoLimit {
		return nil
	}
	return &limit
}

func (a *API) getDefaultQuota(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	limit, err := a.registry.DefaultQuota(r.Context(), v)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, jsonLimit{limitJSON(limit)})
}

func (a *API) putDefaultQuota(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	limit, err := readLimit(w, r, v)
	if err != nil {
		return err
	}
	if err := a.registry.SetDefaultQuota(r.Context(), v, limit); err != nil {
		return err
	}
	return a.getDefaultQuota(w, r, v)
}

func (a *API) getQuota(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	q, err := a.registry.GetQuota(r.Context(), v, r.PathValue("owner"))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, jsonQuota{q.Owner, q.Used, limitJSON(q.Limit), q.Own})
}

func (a *API) putQuota(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	limit, err := readLimit(w, r, v)
	if err != nil {
		return err
	}
	if err := a.registry.SetQuota(r.Context(), v, r.PathValue("owner"), limit); err != nil {
		return err
	}
	return a.getQuota(w, r, v)
}

// readLimit reads the limit that is to be set.
func readLimit(w *httpkit.Writer, r *http.Request, v berth.Viewer) (int64, error) {
	var body quotaBody
	if err := known(v); err != nil {
		return 0, err
	}
	if err := readJSON(w, r, &body); err != nil {
		return 0, err
	}
	switch strings.ToLower(body.Limit) {
	case "none":
		return registry.NoLimit, nil
	case "default":
		return registry.DefaultLimit, nil
	}
	return berth.ParseSize(body.Limit)
}
