package webui

import (
	"context"
	"net/http"
	"net/url"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/webui/view"
)

// settingsRoutes are about one's own account.
func (u *UI) settingsRoutes() []route {
	return []route{
		{method: "GET", path: "/settings", handle: signed(u.getProfile)},
		{method: "POST", path: "/settings", handle: u.sureIf(widens, u.postProfile)},
		{method: "POST", path: "/settings/name", handle: u.sure(u.postName)},
		{method: "GET", path: "/settings/sessions", handle: signed(u.getSessions)},
		{method: "POST", path: "/settings/sessions/end-others", handle: signed(u.postEndOthers)},
		{method: "POST", path: "/settings/sessions/{id}/end", handle: signed(u.postEndSession)},
		{method: "GET", path: "/settings/orgs", handle: signed(u.getOrgs)},
		{method: "POST", path: "/settings/orgs", handle: signed(u.postOrgs)},
		{method: "POST", path: "/settings/orgs/{owner}/leave", handle: u.sure(u.postLeave)},
	}
}

// widens reports whether a form lets others see what they could not.
func widens(f url.Values) bool {
	to := berth.Visibility(f.Get("visibility"))
	return to == berth.VisibilityPublic || to == berth.VisibilityInternal
}

func (u *UI) profile(ctx context.Context, v berth.Viewer) (view.ProfilePage, error) {
	me, err := u.account.Self(ctx, v)
	return view.ProfilePage{Login: me.Login, Admin: me.Admin, CreatedAt: me.CreatedAt, Visibility: string(me.DefaultVisibility)}, err
}

func (u *UI) getProfile(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	p, err := u.profile(r.Context(), v)
	if err != nil {
		return err
	}
	return u.show(w, r, v, page{title: "Settings", main: view.Profile(p)})
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
	if err == nil {
		return u.done(w, r, "/settings", "You are called %s now.", me.Login)
	}
	if !canMend(err) {
		return err
	}
	p, again := u.profile(r.Context(), v)
	if again != nil {
		return again
	}
	f := u.describe(w, r, err)
	p.Name, p.Failure = name, f.Text
	return u.show(w, r, v, page{status: f.Status, title: "Settings", main: view.Profile(p)})
}

func (u *UI) getOrgs(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	return u.showOrgs(w, r, v, http.StatusOK, view.OrgsPage{})
}

// showOrgs shows what one belongs to, with what was typed before.
func (u *UI) showOrgs(w *httpkit.Writer, r *http.Request, v berth.Viewer, status int, p view.OrgsPage) error {
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
		m, err := u.account.GetMember(r.Context(), v, o.Login, v.Login)
		if err != nil {
			return err
		}
		p.Rows = append(p.Rows, view.OrgRow{Login: o.Login, Owner: m.Owner})
	}
	return u.show(w, r, v, page{status: status, title: "Organizations", main: view.Orgs(p)})
}

func (u *UI) postOrgs(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	name := r.PostForm.Get("name")
	o, err := u.account.MakeOrg(r.Context(), v, name, v.Login)
	switch {
	case err == nil:
		return u.done(w, r, "/settings/orgs", "The organization %s is made.", o.Login)
	case !v.Admin || !canMend(err):
		return err
	}
	f := u.describe(w, r, err)
	return u.showOrgs(w, r, v, f.Status, view.OrgsPage{Name: name, Failure: f.Text})
}

func (u *UI) postLeave(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	org := r.PathValue("owner")
	err := u.account.RemoveMember(r.Context(), v, org, v.Login)
	if err == nil {
		return u.done(w, r, "/settings/orgs", "You have left %s.", org)
	}
	if !canMend(err) {
		return err
	}
	f := u.describe(w, r, err)
	return u.showOrgs(w, r, v, f.Status, view.OrgsPage{Refused: f.Text})
}
