package webui

import (
	"net/http"
	"strings"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/webui/view"
)

// getOrgSettings shows the settings of an organization. A user's are those of his
// account.
func (u *UI) getOrgSettings(w *httpkit.Writer, r *http.Request, v berth.Viewer, o account.Owner) error {
	switch {
	case o.Self:
		return redirect(w, "/settings")
	case o.Kind != account.OwnerOrg:
		return berth.ErrRouteUnknown.With("%s is no organization", o.Login)
	}
	return u.showOrgSettings(w, r, v, o, sent{}, nil)
}

// showOrgSettings shows the settings, as they are or as they were typed.
func (u *UI) showOrgSettings(w *httpkit.Writer, r *http.Request, v berth.Viewer, o account.Owner, s sent, form *view.OrgSettingsForm) error {
	org, err := u.account.GetOrg(r.Context(), v, o.Login)
	if err != nil {
		return err
	}
	quota, err := u.registry.OwnerQuota(r.Context(), v, strings.ToLower(o.Login)) // only for owners
	if err != nil {
		return err
	}
	usage, err := u.registry.OwnerUsage(r.Context(), v, strings.ToLower(o.Login))
	if err != nil {
		return err
	}
	p := view.OrgSettingsPage{
		Owner: ownerTop(o, "settings"), Wrong: s.wrong(), NewName: o.Login, CreatedAt: org.CreatedAt,
		Form: view.OrgSettingsForm{
			BaseRole: org.BaseRole.String(), MembersCreate: org.MembersCreate, AllowPublic: org.AllowPublic, Visibility: string(org.DefaultVisibility),
		},
		Packages: usage.Packages, Versions: usage.Versions, Logical: usage.Logical, Unique: usage.Unique, Limit: quota.Limit,
	}
	if form != nil {
		p.Form = *form
	}
	if s.part == "rename" {
		p.NewName = entered(r, "name")
	}
	return u.show(w, r, v, page{status: s.status, title: "Settings of " + o.Login, main: view.OrgSettings(p)})
}

// postOrgSettings changes the settings of an organization.
func (u *UI) postOrgSettings(w *httpkit.Writer, r *http.Request, v berth.Viewer, o account.Owner) error {
	get := r.PostForm.Get
	form := view.OrgSettingsForm{BaseRole: get("base_role"), MembersCreate: get("members_create") == "on", AllowPublic: get("allow_public") == "on", Visibility: get("visibility")}
	visibility := berth.Visibility(form.Visibility)
	c := account.OrgChange{MembersCreate: &form.MembersCreate, AllowPublic: &form.AllowPublic, DefaultVisibility: &visibility}
	role, err := parseBaseRole(form.BaseRole)
	if err == nil {
		c.BaseRole = &role
		_, err = u.account.UpdateOrg(r.Context(), v, o.Login, c)
	}
	if err != nil {
		return againIn("settings", err, func(s sent) error { return u.showOrgSettings(w, r, v, o, s, &form) })
	}
	return u.done(w, r, "/"+o.Login+"/-/settings", "The settings of %s are saved.", o.Login)
}

// parseBaseRole reads a role of which there may be none.
func parseBaseRole(text string) (berth.Role, error) {
	if text == berth.RoleNone.String() {
		return berth.RoleNone, nil
	}
	return berth.ParseRole(text)
}

// postRenameOrg gives an organization another name.
func (u *UI) postRenameOrg(w *httpkit.Writer, r *http.Request, v berth.Viewer, o account.Owner) error {
	after, err := u.account.RenameOrg(r.Context(), v, o.Login, entered(r, "name"))
	if err != nil {
		return againIn("rename", err, func(s sent) error { return u.showOrgSettings(w, r, v, o, s, nil) })
	}
	return u.done(w, r, "/"+after.Login+"/-/settings", "%s is called %s now. What was pulled by the old name goes on being found.", o.Login, after.Login)
}

// postDeleteOrg deletes an organization whose name was typed.
func (u *UI) postDeleteOrg(w *httpkit.Writer, r *http.Request, v berth.Viewer, o account.Owner) error {
	var err error
	if o.Changes { // others are refused before they are told what to type
		err = typed(r, o.Login)
	}
	if err == nil {
		d := account.Disposal{Packages: r.PostForm.Get("packages")}
		if d.Packages == account.PackagesMove {
			d.To = entered(r, "to")
		}
		err = u.account.DeleteOrg(r.Context(), v, o.Login, d)
	}
	if err != nil {
		return againIn("delete", err, func(s sent) error { return u.showOrgSettings(w, r, v, o, s, nil) })
	}
	return u.done(w, r, "/", "The organization %s is deleted.", o.Login)
}

// getNames shows the names that packages of an owner had before.
func (u *UI) getNames(w *httpkit.Writer, r *http.Request, v berth.Viewer, o account.Owner) error {
	return u.showNames(w, r, v, o, sent{})
}

func (u *UI) showNames(w *httpkit.Writer, r *http.Request, v berth.Viewer, o account.Owner, s sent) error {
	after := r.URL.Query().Get("after")
	if len(after) > berth.MaxNameLength {
		return berth.ErrPageInvalid.With("after is not what a list gave")
	}
	list, err := u.registry.ListKeptNames(r.Context(), v, strings.ToLower(o.Login), after, pageSize+1)
	if err != nil {
		return err
	}
	list, more := cut(list, pageSize)
	p := view.NamesPage{Owner: ownerTop(o, "settings"), Wrong: s.text}
	for _, a := range list {
		row := view.NameRow{Name: a.Name.String(), CreatedAt: a.CreatedAt}
		if a.Package != (berth.Name{}) {
			row.Package = a.Package.String()
		}
		p.Rows = append(p.Rows, row)
		if more {
			p.Next = a.Name.Path
		}
	}
	return u.show(w, r, v, page{status: s.status, title: "Old names of " + o.Login, main: view.Names(p)})
}

// postFreeName frees a name, which then can be pushed to.
func (u *UI) postFreeName(w *httpkit.Writer, r *http.Request, v berth.Viewer, o account.Owner) error {
	n, err := berth.ParseName(r.PostForm.Get("name"))
	if err == nil && n.Owner != strings.ToLower(o.Login) {
		err = berth.ErrRequestInvalid.With("%s is not a name of %s", n, o.Login)
	}
	if err == nil {
		err = u.registry.DropAlias(r.Context(), v, n)
	}
	if err != nil {
		return ifMay(o.Manages, again(err, func(s sent) error { return u.showNames(w, r, v, o, s) }))
	}
	return u.done(w, r, "/"+o.Login+"/-/settings/names", "The name %s is free.", n)
}

// getOwnerLog shows what was changed in what belongs to an owner.
func (u *UI) getOwnerLog(w *httpkit.Writer, r *http.Request, v berth.Viewer, o account.Owner) error {
	before, err := readCursor(r, "before")
	if err != nil {
		return err
	}
	actor, err := berth.ParseSearch(r.URL.Query().Get("actor"))
	if err != nil {
		return err
	}
	action, err := berth.ParseSearch(r.URL.Query().Get("action"))
	if err != nil {
		return err
	}
	p := view.OwnerLogPage{Owner: ownerTop(o, "settings"), Actor: actor, Action: action}
	q := account.EventQuery{AuditQuery: account.AuditQuery{Owner: o.Login, Before: before, Limit: pageSize}, Actor: actor, Action: action}
	found, err := u.account.FindEvents(r.Context(), v, q)
	if err != nil {
		return ifMay(o.Changes, again(err, func(s sent) error {
			p.Wrong = s.text
			return u.show(w, r, v, page{status: s.status, title: "Audit log of " + o.Login, main: view.OwnerLog(p)})
		}))
	}
	for _, e := range found.Events {
		p.Rows = append(p.Rows, auditRow(e))
	}
	p.Next = found.Before
	return u.show(w, r, v, page{title: "Audit log of " + o.Login, main: view.OwnerLog(p)})
}
