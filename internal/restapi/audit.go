package restapi

import (
	"net/http"
	"strconv"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/httpkit"
)

func (a *API) auditRoutes() []route {
	return []route{
		{"GET", "/audit-log", a.listAudit},
		{"GET", "/orgs/{owner}/audit-log", a.listAudit},
		{"GET", "/users/{owner}/audit-log", a.listAudit},
	}
}

// listAudit prints events, newest first, between two times.
func (a *API) listAudit(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	p, err := a.readPage(r)
	if err != nil {
		return err
	}
	q := account.AuditQuery{Owner: r.PathValue("owner"), Limit: p.limit()}
	if q.From, err = readTime(r, "from"); err != nil {
		return err
	}
	if q.Until, err = readTime(r, "until"); err != nil {
		return err
	}
	if q.Before, err = p.number(); err != nil {
		return err
	}
	list, err := a.account.ListEvents(r.Context(), v, q)
	if err != nil {
		return err
	}
	return writePage(w, p, list, func(e berth.Event) string { return strconv.FormatInt(e.ID, 10) })
}

func readTime(r *http.Request, name string) (time.Time, error) {
	s := r.URL.Query().Get(name)
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || t.Year() < 1970 || t.Year() > 9999 {
		return t, berth.ErrRequestInvalid.With("%s: expected a time such as 2026-01-31T12:00:00Z, got %.40q", name, s)
	}
	return t, nil
}
