package webui

import (
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

// getPeople shows the members of an organization.
func (u *UI) getPeople(w *httpkit.Writer, r *http.Request, v berth.Viewer, o account.Owner) error {
	return u.showPeople(w, r, v, o, sent{}, view.MemberForm{})
}

func (u *UI) showPeople(w *httpkit.Writer, r *http.Request, v berth.Viewer, o account.Owner, s sent, form view.MemberForm) error {
	after, err := readAfter(r)
	if err != nil {
		return err
	}
	list, err := u.account.ListMembers(r.Context(), v, o.Login, after, pageSize+1)
	if err != nil {
		return err
	}
	list, more := cut(list, pageSize)
	p := view.PeoplePage{Owner: ownerTop(o, "people"), Form: form, Wrong: s.text}
	for _, m := range list {
		p.Rows = append(p.Rows, view.MemberRow{Name: m.Login, Owner: m.Owner, Service: m.Org != "", Self: m.ID == v.UserID})
		if more {
			p.Next = strings.ToLower(m.Login)
		}
	}
	return u.show(w, r, v, page{status: s.status, title: "People of " + o.Login, main: view.People(p)})
}

// postMember adds a member, or changes what he is.
func (u *UI) postMember(w *httpkit.Writer, r *http.Request, v berth.Viewer, o account.Owner) error {
	form := view.MemberForm{Who: entered(r, "who"), Role: r.PostForm.Get("role")}
	err := memberRole(form.Role)
	if err == nil {
		err = u.account.AddMember(r.Context(), v, o.Login, form.Who, form.Role == "owner")
	}
	if err != nil {
		return again(err, func(s sent) error { return u.showPeople(w, r, v, o, s, form) })
	}
	return u.done(w, r, "/"+o.Login+"/-/people", "%s is %s of %s.", form.Who, map[string]string{"owner": "an owner", "member": "a member"}[form.Role], o.Login)
}

// memberRole checks what somebody shall be in an organization.
func memberRole(role string) error {
	if role != "owner" && role != "member" {
		return berth.ErrRequestInvalid.With("role is %.40q; use owner or member", role)
	}
	return nil
}

// postDropMember ends a membership; everybody may end his own.
func (u *UI) postDropMember(w *httpkit.Writer, r *http.Request, v berth.Viewer, o account.Owner) error {
	who := r.PostForm.Get("who")
	self := strings.EqualFold(who, v.Login)
	if err := u.account.RemoveMember(r.Context(), v, o.Login, who); err != nil {
		return again(err, func(s sent) error { return u.showPeople(w, r, v, o, s, view.MemberForm{}) })
	}
	if self {
		return u.done(w, r, "/", "You have left %s.", o.Login)
	}
	return u.done(w, r, "/"+o.Login+"/-/people", "%s is not in %s any more.", who, o.Login)
}

// getInvitations shows the invitations that nobody has used yet.
func (u *UI) getInvitations(w *httpkit.Writer, r *http.Request, v berth.Viewer, o account.Owner) error {
	return u.showInvitations(w, r, v, o, sent{}, view.InvitationForm{Role: "member", Days: "7"})
}

func (u *UI) showInvitations(w *httpkit.Writer, r *http.Request, v berth.Viewer, o account.Owner, s sent, form view.InvitationForm) error {
	after, err := readCursor(r, "after")
	if err != nil {
		return err
	}
	list, err := u.account.ListInvitations(r.Context(), v, o.Login, after, pageSize+1)
	if err != nil {
		return err
	}
	list, more := cut(list, pageSize)
	p := view.InvitationsPage{Owner: ownerTop(o, "people"), Form: form, Link: u.takeOnce(w, r, v).Get("link"), Wrong: s.text}
	for _, i := range list {
		p.Rows = append(p.Rows, invitationRow(i))
		if more {
			p.Next = i.ID
		}
	}
	return u.show(w, r, v, page{status: s.status, title: "Invitations to " + o.Login, main: view.Invitations(p)})
}

func invitationRow(i account.Invitation) view.InvitationRow {
	return view.InvitationRow{ID: i.ID, Note: i.Note, Org: i.Org, Owner: i.Owner, By: i.CreatedBy, CreatedAt: i.CreatedAt, ExpiresAt: i.ExpiresAt}
}

// postInvitation makes an invitation. Its link is shown once, above the others.
func (u *UI) postInvitation(w *httpkit.Writer, r *http.Request, v berth.Viewer, o account.Owner) error {
	form := view.InvitationForm{Note: entered(r, "note"), Role: r.PostForm.Get("role"), Days: r.PostForm.Get("days")}
	err := memberRole(form.Role)
	days, bad := strconv.Atoi(form.Days)
	if err == nil && (bad != nil || days < 1 || days > 90) {
		err = berth.ErrRequestInvalid.With("days is %.20q; use a number from 1 to 90", form.Days)
	}
	var made account.Invitation
	if err == nil {
		made, err = u.account.Invite(r.Context(), v, account.Invitation{
			Note: form.Note, Org: o.Login, Owner: form.Role == "owner", Life: time.Duration(days) * 24 * time.Hour,
		})
	}
	if err != nil {
		return again(err, func(s sent) error { return u.showInvitations(w, r, v, o, s, form) })
	}
	return u.showOnce(w, r, v, "/"+o.Login+"/-/people/invitations", url.Values{"link": {u.origins.Of(r) + "/join/" + made.Secret}})
}

func (u *UI) postDropInvitation(w *httpkit.Writer, r *http.Request, v berth.Viewer, o account.Owner) error {
	id, err := readID(r.PostForm.Get("id"))
	if err == nil {
		err = u.account.DropInvitation(r.Context(), v, id)
	}
	if err != nil {
		return err
	}
	return u.done(w, r, "/"+o.Login+"/-/people/invitations", "The invitation is taken back.")
}
