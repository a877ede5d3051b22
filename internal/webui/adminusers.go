package webui

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/webui/view"
)

// unknownName reports whether somebody typed the name of an owner whom there is not.
func unknownName(err error) bool { return errors.Is(err, berth.ErrOwnerUnknown) }

// getUsers lists who has an account.
func (u *UI) getUsers(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	q := r.URL.Query()
	prefix, err := berth.ParseSearch(q.Get("q"))
	if err != nil {
		return err
	}
	p := view.UsersPage{Prefix: prefix}
	list, err := u.account.FindUsers(r.Context(), v, prefix, q.Get("after"), pageSize+1)
	if err != nil {
		return err
	}
	list, more := cut(list, pageSize)
	for _, s := range list {
		p.Rows = append(p.Rows, userRow(s))
	}
	if more {
		p.After = strings.ToLower(list[len(list)-1].Login)
	}
	return u.show(w, r, v, page{title: "Users", main: view.Users(p)})
}

func userRow(s account.SiteUser) view.UserRow {
	return view.UserRow{
		Login: s.Login, Org: s.Org, Repository: s.Repository, Admin: s.Admin, Blocked: s.Blocked, SecondFactor: s.SecondFactor,
		CreatedAt: s.CreatedAt, UsedAt: s.UsedAt,
	}
}

func (u *UI) getNewUser(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	return u.show(w, r, v, page{title: "New user", main: view.NewUser(view.NewUserForm{})})
}

// postNewUser makes an account that can be used at once.
func (u *UI) postNewUser(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	form := view.NewUserForm{Name: entered(r, "name"), Admin: r.PostForm.Get("admin") == "true"}
	made, err := u.account.MakeUser(r.Context(), v, form.Name, r.PostForm.Get("password"), form.Admin)
	if err != nil {
		return again(err, func(s sent) error {
			form.Failure = s.text
			return u.show(w, r, v, page{status: s.status, title: "New user", main: view.NewUser(form)})
		})
	}
	return u.done(w, r, userPath(made.Login), "The account %s is made.", made.Login)
}

func (u *UI) getSiteInvitations(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	return u.showSiteInvitations(w, r, v, sent{}, view.SiteInvitationsPage{Days: "7"})
}

// showSiteInvitations lists what is open, with what was typed or made just now.
func (u *UI) showSiteInvitations(w *httpkit.Writer, r *http.Request, v berth.Viewer, s sent, p view.SiteInvitationsPage) error {
	after, err := positive(r.URL.Query().Get("after"), "after")
	if err != nil {
		return err
	}
	list, err := u.account.ListInvitations(r.Context(), v, "", after, pageSize+1)
	if err != nil {
		return err
	}
	list, more := cut(list, pageSize)
	for _, i := range list {
		p.Rows = append(p.Rows, invitationRow(i))
	}
	if more {
		p.After = list[len(list)-1].ID
	}
	if once := u.takeOnce(w, r, v); once != nil {
		ends, err := strconv.ParseInt(once.Get("ends"), 10, 64)
		if err != nil {
			return err
		}
		p.Link, p.EndsAt = once.Get("link"), time.Unix(ends, 0)
	}
	return u.show(w, r, v, page{status: s.status, title: "Invitations", main: view.SiteInvitations(p)})
}

// postSiteInvitations makes an invitation, whose address is shown once.
func (u *UI) postSiteInvitations(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	form := view.SiteInvitationsPage{
		Note: entered(r, "note"), Org: entered(r, "org"), Owner: r.PostForm.Get("owner") == "true", Days: r.PostForm.Get("days"),
	}
	var made account.Invitation
	days, err := positive(form.Days, "the number of days")
	if err == nil {
		const longest = 10_000 // far more than the core takes, and no overflow
		life := time.Duration(min(days, longest)) * 24 * time.Hour
		made, err = u.account.Invite(r.Context(), v, account.Invitation{Note: form.Note, Org: form.Org, Owner: form.Owner, Life: life})
	}
	if err != nil {
		return again(err, func(s sent) error {
			form.Failure = s.text
			return u.showSiteInvitations(w, r, v, s, form)
		})
	}
	return u.showOnce(w, r, v, "/-/admin/invitations", url.Values{
		"link": {u.origins.Of(r) + "/join/" + made.Secret}, "ends": {strconv.FormatInt(made.ExpiresAt.Unix(), 10)},
	})
}

func (u *UI) postDropSiteInvitation(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	id, err := positive(r.PathValue("id"), "the invitation")
	if err != nil {
		return err
	}
	if err := u.account.DropInvitation(r.Context(), v, id); err != nil {
		return err
	}
	return u.done(w, r, "/-/admin/invitations", "The invitation is taken back.")
}
