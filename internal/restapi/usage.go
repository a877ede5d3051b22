package restapi

import (
	"net/http"
	"strconv"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/registry"
)

// usageRoutes tell what packages take, and how often they are pulled.
func (a *API) usageRoutes() []route {
	var list []route
	for _, under := range []string{"/users/{owner}", "/orgs/{owner}"} {
		one := under + "/packages/container/{package}"
		list = append(list,
			route{"GET", under + "/usage", a.getUsage},
			route{"GET", one + "/usage", onPackage(a.getPackageUsage)},
			route{"GET", one + "/downloads", onPackage(a.listDownloads)},
		)
	}
	return list
}

// jsonUsage is what packages take. The sizes are in bytes.
type jsonUsage struct {
	Packages    int64 `json:"packages"`
	Versions    int64 `json:"versions"`
	Downloads   int64 `json:"downloads"`
	LogicalSize int64 `json:"logical_size"`
	UniqueSize  int64 `json:"unique_size"`
}

// jsonOwnerUsage is what all packages of an owner take, and may take.
type jsonOwnerUsage struct {
	jsonUsage

	LimitSize *int64 `json:"limit_size"` // null is any number
}

func (a *API) getUsage(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	owner, err := packageOwner(r, v)
	if err != nil {
		return err
	}
	u, err := a.registry.OwnerUsage(r.Context(), v, owner)
	if err != nil {
		return err
	}
	q, err := a.registry.OwnerQuota(r.Context(), v, owner)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, jsonOwnerUsage{usageOf(u), limitJSON(q.Limit)})
}

func (a *API) getPackageUsage(w *httpkit.Writer, r *http.Request, v berth.Viewer, n berth.Name) error {
	u, err := a.registry.PackageUsage(r.Context(), v, n)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, usageOf(u))
}

func usageOf(u registry.Usage) jsonUsage {
	return jsonUsage{u.Packages, u.Versions, u.Downloads, u.Logical, u.Unique}
}

// jsonDay is how often a package was pulled on a day.
type jsonDay struct {
	Day       string `json:"day"` // such as 2026-01-31, UTC
	Downloads int64  `json:"downloads"`
}

// defaultDays is for how many days downloads are told if nothing is said.
const defaultDays = 30

func (a *API) listDownloads(w *httpkit.Writer, r *http.Request, v berth.Viewer, n berth.Name) error {
	days := defaultDays
	if s := r.URL.Query().Get("days"); s != "" {
		var err error
		if days, err = strconv.Atoi(s); err != nil || days < 1 || days > registry.MaxDays {
			return berth.ErrRequestInvalid.With("days is %.20q, expected a number from 1 to %d", s, registry.MaxDays)
		}
	}
	list, err := a.registry.Downloads(r.Context(), v, n, days)
	if err != nil {
		return err
	}
	out := make([]jsonDay, len(list))
	for i, d := range list {
		out[i] = jsonDay{d.Day.Format(time.DateOnly), d.Count}
	}
	return writeJSON(w, http.StatusOK, out)
}
