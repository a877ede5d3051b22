package webui

import (
	"net/http"
	"net/url"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/webui/view"
)

// widens reports whether a form lets others see what they could not.
func widens(f url.Values) bool {
	to := berth.Visibility(f.Get("visibility"))
	return to == berth.VisibilityPublic || to == berth.VisibilityInternal
}

func (u *UI) getProfile(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	return u.showProfile(w, r, v, sent{}, "")
}

// showProfile shows the account, with the name that was typed for it.
func (u *UI) showProfile(w *httpkit.Writer, r *http.Request, v berth.Viewer, s sent, name string) error {
	me, err := u.account.Self(r.Context(), v)
	if err != nil {
		return err
	}
	p := view.ProfilePage{
		Login: me.Login, Admin: me.Admin, CreatedAt: me.CreatedAt, Visibility: string(me.DefaultVisibility), Name: name, Failure: s.text,
	}
	return u.show(w, r, v, page{status: s.status, title: "Settings", main: view.Profile(p)})
}

func (u *UI) postProfile(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	if _, err := u.account.PutDefaultVisibility(r.Context(), v, berth.Visibility(r.PostForm.Get("visibility"))); err != nil {
		return err
	}
	return u.done(w, r, "/settings", "Saved.")
}

func (u *UI) postName(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	name := r.PostForm.Get("name")
	me, err := u.account.RenameSelf(r.Context(), v, name)
	if err != nil {
		return again(err, func(s sent) error { return u.showProfile(w, r, v, s, name) })
	}
	return u.done(w, r, "/settings", "You are called %s now.", me.Login)
}

func (u *UI) getOrgs(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	return u.showOrgs(w, r, v, sent{}, view.OrgsPage{})
}

// showOrgs shows what one belongs to, with what was typed before.
func (u *UI) showOrgs(w *httpkit.Writer, r *http.Request, v berth.Viewer, s sent, p view.OrgsPage) error {
	list, err := u.account.ListOwnOrgs(r.Context(), v, r.URL.Query().Get("after"), pageSize+1)
	if err != nil {
		return err
	}
	if len(list) > pageSize {
		list = list[:pageSize]
		p.After = list[pageSize-1].Login
	}
	p.Make = v.Admin
	for _, o := range list {
		p.Rows = append(p.Rows, view.OrgRow{Login: o.Login, Owner: o.Owner})
	}
	return u.show(w, r, v, page{status: s.status, title: "Organizations", main: view.Orgs(p)})
}

func (u *UI) postOrgs(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	name := r.PostForm.Get("name")
	o, err := u.account.MakeOrg(r.Context(), v, name, v.Login)
	switch {
	case err == nil:
		return u.done(w, r, "/settings/orgs", "The organization %s is made.", o.Login)
	case !v.Admin: // who sees no form
		return err
	}
	return again(err, func(s sent) error {
		return u.showOrgs(w, r, v, s, view.OrgsPage{Name: name, Failure: s.text})
	})
}

func (u *UI) postLeave(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	org := r.PathValue("owner")
	if err := u.account.RemoveMember(r.Context(), v, org, v.Login); err != nil {
		return again(err, func(s sent) error { return u.showOrgs(w, r, v, s, view.OrgsPage{Refused: s.text}) })
	}
	return u.done(w, r, "/settings/orgs", "You have left %s.", org)
}
