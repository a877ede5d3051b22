package webui

import (
	"cmp"
	"net/http"
	"strings"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/webui/view"
)

// getTypes shows what may be done with packages of each type.
func (u *UI) getTypes(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	list, err := u.registry.PackageTypes(r.Context())
	if err != nil {
		return err
	}
	rows := make([]view.TypeRow, len(list))
	for i, t := range list {
		rows[i] = view.TypeRow{Name: t.Name, State: string(t.State)}
	}
	return u.show(w, r, v, page{title: "Package types", main: view.Types(rows)})
}

func (u *UI) postType(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	name, state := r.PathValue("type"), r.PostForm.Get("state")
	if err := u.registry.SetPackageType(r.Context(), v, name, berth.TypeState(state)); err != nil {
		return err
	}
	return u.done(w, r, "/-/admin/packages", "Packages of type %s are %s now.", name, state)
}

// getAudit shows a part of the log of the whole instance.
func (u *UI) getAudit(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	form := r.URL.Query()
	field := func(name string) string { return strings.TrimSpace(form.Get(name)) }
	p := view.AuditPage{Actor: field("actor"), Action: field("action"), Owner: field("owner"), Since: field("since"), Until: field("until")}
	found, err := u.findAudit(r, v, p, field("before"))
	if err != nil {
		return again(err, func(s sent) error {
			p.Failure = s.text
			return u.show(w, r, v, page{status: s.status, title: "Audit log", main: view.Audit(p)})
		})
	}
	p.Before = found.Before
	for _, e := range found.Events {
		p.Rows = append(p.Rows, auditRow(e))
	}
	return u.show(w, r, v, page{title: "Audit log", main: view.Audit(p)})
}

func auditRow(e berth.Event) view.AuditRow {
	return view.AuditRow{
		At: e.At, Actor: cmp.Or(e.Actor, "nobody"), Account: e.ActorID > 0, Token: e.TokenID, Address: e.Address,
		Owner: e.Owner, Action: e.Action, Target: e.Target, Detail: e.Detail,
	}
}

func (u *UI) findAudit(r *http.Request, v berth.Viewer, p view.AuditPage, before string) (account.EventPage, error) {
	q := account.EventQuery{AuditQuery: account.AuditQuery{Owner: p.Owner, Limit: pageSize}, Actor: p.Actor, Action: p.Action}
	var err error
	if q.Before, err = positive(before, "before"); err != nil {
		return account.EventPage{}, err
	}
	if q.From, err = parseDay(p.Since); err != nil {
		return account.EventPage{}, err
	}
	if q.Until, err = parseDay(p.Until); err != nil {
		return account.EventPage{}, err
	}
	if !q.Until.IsZero() {
		q.Until = q.Until.AddDate(0, 0, 1) // to its end
	}
	return u.account.FindEvents(r.Context(), v, q)
}

// parseDay reads a day as browsers send it; "" is the zero time.
func parseDay(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return day, berth.ErrRequestInvalid.With("expected a day such as 2026-01-31, got %.40q", text)
	}
	return day, nil
}

// getJobs shows the periodic work of this server.
func (u *UI) getJobs(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	list, err := u.account.ListJobs(v, u.site.Jobs)
	if err != nil {
		return err
	}
	rows := make([]view.JobRow, len(list))
	for i, j := range list {
		rows[i] = view.JobRow{
			Name: j.Name, Every: j.Every, Running: j.Running, StartedAt: j.StartedAt, Took: j.Took, Done: int64(j.Done), Error: j.Error, NextAt: j.NextAt,
		}
	}
	return u.show(w, r, v, page{title: "Jobs", main: view.Jobs(rows)})
}

func (u *UI) postJobs(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	name := r.PostForm.Get("name")
	if err := u.account.RunJob(r.Context(), v, u.site.Jobs, name); err != nil {
		return err
	}
	return u.done(w, r, "/-/admin/jobs", "The job “%s” runs now.", name)
}
