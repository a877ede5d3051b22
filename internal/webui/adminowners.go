package webui

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/registry"
	"github.com/berth-registry/berth/internal/webui/view"
)

func (u *UI) getAllOrgs(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	return u.showAllOrgs(w, r, v, sent{}, view.AllOrgsPage{Owner: v.Login})
}

// showAllOrgs lists the organizations, with what was typed for another.
func (u *UI) showAllOrgs(w *httpkit.Writer, r *http.Request, v berth.Viewer, s sent, p view.AllOrgsPage) error {
	after := r.URL.Query().Get("after")
	list, err := u.account.ListOrgs(r.Context(), v, after, pageSize+1)
	if err != nil {
		return err
	}
	quotas, err := u.registry.ListQuotas(r.Context(), v, "org", after, pageSize+1)
	if err != nil {
		return err
	}
	of := make(map[int64]registry.Quota, len(quotas))
	for _, q := range quotas {
		of[q.OwnerID] = q
	}
	list, more := cut(list, pageSize)
	for _, o := range list {
		if q, ok := of[o.ID]; ok { // else it was deleted just now
			p.Rows = append(p.Rows, view.AllOrgsRow{Quota: quotaRow(q), CreatedAt: o.CreatedAt, Public: o.AllowPublic})
		}
	}
	if more {
		p.After = strings.ToLower(list[len(list)-1].Login)
	}
	return u.show(w, r, v, page{status: s.status, title: "Organizations", main: view.AllOrgs(p)})
}

func (u *UI) postAllOrgs(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	form := view.AllOrgsPage{Name: entered(r, "name"), Owner: entered(r, "owner")}
	o, err := u.account.MakeOrg(r.Context(), v, form.Name, form.Owner)
	if err != nil {
		return again(err, func(s sent) error {
			form.Failure = s.text
			return u.showAllOrgs(w, r, v, s, form)
		})
	}
	return u.done(w, r, "/-/admin/orgs", "The organization %s is made.", o.Login)
}

func (u *UI) getQuotas(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	return u.showQuotas(w, r, v, sent{})
}

// showQuotas lists what owners hold and may hold, or that of one who was asked for.
func (u *UI) showQuotas(w *httpkit.Writer, r *http.Request, v berth.Viewer, s sent) error {
	limit, err := u.registry.DefaultQuota(r.Context(), v)
	if err != nil {
		return err
	}
	p := view.QuotasPage{Default: limit, DefaultText: limitText(limit), Query: strings.TrimSpace(r.URL.Query().Get("q")), Wrong: s.wrong()}
	if s.part != "" {
		p.Typed = entered(r, "limit")
	}
	list, err := u.findQuotas(r, v, p.Query)
	if err != nil {
		return err
	}
	list, more := cut(list, pageSize)
	for _, q := range list {
		p.Rows = append(p.Rows, quotaRow(q))
	}
	if more {
		p.After = strings.ToLower(list[len(list)-1].Owner)
	}
	return u.show(w, r, v, page{status: s.status, title: "Quotas", main: view.Quotas(p)})
}

func (u *UI) findQuotas(r *http.Request, v berth.Viewer, name string) ([]registry.Quota, error) {
	if name == "" {
		return u.registry.ListQuotas(r.Context(), v, "", r.URL.Query().Get("after"), pageSize+1)
	}
	q, err := u.registry.GetQuota(r.Context(), v, name)
	if errors.Is(err, berth.ErrOwnerUnknown) || errors.Is(err, berth.ErrOwnerInvalid) {
		return nil, nil // the list is empty, and says so
	}
	return []registry.Quota{q}, err
}

func (u *UI) postDefaultQuota(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	limit, err := parseLimit(entered(r, "limit"))
	if err == nil {
		err = u.registry.SetDefaultQuota(r.Context(), v, limit)
	}
	return u.quotaDone(w, r, v, err, "default", "The quota of owners without one of their own is set.")
}

func (u *UI) postQuota(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	name := r.PathValue("owner")
	limit, err := parseLimit(entered(r, "limit"))
	if err == nil {
		err = u.registry.SetQuota(r.Context(), v, name, limit)
	}
	if unknownName(err) {
		return err // the address is wrong, not the form
	}
	return u.quotaDone(w, r, v, err, "owner", "The quota of "+name+" is set.")
}

func (u *UI) quotaDone(w *httpkit.Writer, r *http.Request, v berth.Viewer, err error, part, text string) error {
	if err != nil {
		return againIn(part, err, func(s sent) error { return u.showQuotas(w, r, v, s) })
	}
	return u.done(w, r, "/-/admin/quotas", "%s", text)
}

func quotaRow(q registry.Quota) view.QuotaRow {
	text := "default"
	if q.Own {
		text = limitText(q.Limit)
	}
	return view.QuotaRow{Owner: q.Owner, Org: q.Kind == "org", Used: q.Used, Limit: q.Limit, Own: q.Own, Exceeded: q.Exceeded(), Text: text}
}

// parseLimit reads a quota as people write it: a size, none or default.
func parseLimit(text string) (int64, error) {
	switch strings.ToLower(text) {
	case "none":
		return registry.NoLimit, nil
	case "default":
		return registry.DefaultLimit, nil
	}
	return berth.ParseSize(text)
}

// limitText writes a limit so that parseLimit reads the same: in the largest unit of
// which it is a whole number.
func limitText(limit int64) string {
	if limit == registry.NoLimit {
		return "none"
	}
	for _, unit := range []struct {
		bits int
		name string
	}{{40, "TiB"}, {30, "GiB"}, {20, "MiB"}, {10, "KiB"}} {
		if limit > 0 && limit%(1<<unit.bits) == 0 {
			return strconv.FormatInt(limit>>unit.bits, 10) + unit.name
		}
	}
	return strconv.FormatInt(limit, 10)
}
