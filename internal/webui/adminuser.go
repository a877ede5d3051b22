package webui

import (
	"net/http"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/webui/view"
)

// getUser shows an account, and what there is to do about it.
func (u *UI) getUser(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	return u.showUser(w, r, v, sent{})
}

// showUser shows an account, with what was wrong with one of the forms.
func (u *UI) showUser(w *httpkit.Writer, r *http.Request, v berth.Viewer, s sent) error {
	found, err := u.account.GetUser(r.Context(), v, r.PathValue("user"))
	if err != nil {
		return err
	}
	row := account.SiteUser{User: found}
	// Of the names that begin with a name, that itself is the first.
	same, err := u.account.FindUsers(r.Context(), v, found.Login, "", 1)
	if err != nil {
		return err
	}
	if len(same) == 1 && same[0].ID == found.ID {
		row = same[0]
	}
	q, err := u.registry.GetQuota(r.Context(), v, found.Login)
	if err != nil {
		return err
	}
	p := view.UserPage{UserRow: userRow(row), Self: found.ID == v.UserID, Quota: quotaRow(q), Wrong: s.wrong()}
	if s.part != "" {
		p.Name, p.Limit, p.Disposal, p.To = entered(r, "name"), entered(r, "limit"), r.PostForm.Get("packages"), entered(r, "to")
	}
	return u.show(w, r, v, page{status: s.status, title: found.Login, main: view.User(p)})
}

// userDone ends a form about an account: it was done, or the page says why not.
func (u *UI) userDone(w *httpkit.Writer, r *http.Request, v berth.Viewer, err error, part, text string) error {
	if err != nil {
		return againIn(part, err, func(s sent) error { return u.showUser(w, r, v, s) })
	}
	return u.done(w, r, userPath(r.PathValue("user")), "%s", text)
}

// yes reads a field that is true or false.
func yes(r *http.Request, name string) (bool, error) {
	switch text := r.PostForm.Get(name); text {
	case "true", "false":
		return text == "true", nil
	default:
		return false, berth.ErrRequestInvalid.With("%s is %.40q; expected true or false", name, text)
	}
}

func (u *UI) postBlocked(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	name := r.PathValue("user")
	blocked, err := yes(r, "blocked")
	text := name + " is not blocked any more."
	if blocked {
		text = name + " is blocked. All sessions and tokens are of no use from now on."
	}
	if err == nil {
		err = u.account.SetBlocked(r.Context(), v, name, blocked)
	}
	return u.userDone(w, r, v, err, "danger", text)
}

func (u *UI) postAdmin(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	name := r.PathValue("user")
	admin, err := yes(r, "admin")
	text := name + " is no administrator any more."
	if admin {
		text = name + " is an administrator now."
	}
	if err == nil {
		err = u.account.SetAdmin(r.Context(), v, name, admin)
	}
	return u.userDone(w, r, v, err, "danger", text)
}

func (u *UI) postResetFactor(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	name := r.PathValue("user")
	err := u.account.ResetSecondFactor(r.Context(), v, name)
	return u.userDone(w, r, v, err, "danger", name+" signs in without a second factor now.")
}

func (u *UI) postUserPassword(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	name := r.PathValue("user")
	err := u.account.SetPassword(r.Context(), v, name, r.PostForm.Get("password"))
	return u.userDone(w, r, v, err, "password", "The password of "+name+" is changed.")
}

func (u *UI) postUserName(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	named, err := u.account.RenameUser(r.Context(), v, r.PathValue("user"), entered(r, "name"))
	if err != nil {
		return u.userDone(w, r, v, err, "name", "")
	}
	return u.done(w, r, userPath(named.Login), "The account is called %s now.", named.Login)
}

func (u *UI) postUserQuota(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	limit, err := parseLimit(entered(r, "limit"))
	if err == nil {
		err = u.registry.SetQuota(r.Context(), v, r.PathValue("user"), limit)
	}
	return u.userDone(w, r, v, err, "quota", "The quota is set.")
}

// postDeleteUser deletes an account whose name was typed again.
func (u *UI) postDeleteUser(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	found, err := u.account.GetUser(r.Context(), v, r.PathValue("user"))
	if err != nil {
		return err
	}
	if err = typed(r, found.Login); err == nil {
		err = u.account.DeleteUser(r.Context(), v, found.Login, account.Disposal{Packages: r.PostForm.Get("packages"), To: entered(r, "to")})
	}
	if err != nil {
		return u.userDone(w, r, v, err, "delete", "")
	}
	return u.done(w, r, "/-/admin/users", "The account %s is deleted.", found.Login)
}
