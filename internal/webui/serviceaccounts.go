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

func serviceAccountPath(o account.Owner, name string) string {
	return "/" + o.Login + "/-/people/service-accounts/" + url.PathEscape(name)
}

// getServiceAccounts shows the service accounts of an organization.
func (u *UI) getServiceAccounts(w *httpkit.Writer, r *http.Request, v berth.Viewer, o account.Owner) error {
	return u.showServiceAccounts(w, r, v, o, sent{}, view.ServiceAccountForm{})
}

func (u *UI) showServiceAccounts(w *httpkit.Writer, r *http.Request, v berth.Viewer, o account.Owner, s sent, form view.ServiceAccountForm) error {
	after, err := readAfter(r)
	if err != nil {
		return err
	}
	list, err := u.account.ListServiceAccounts(r.Context(), v, o.Login, after, pageSize+1)
	if err != nil {
		return err
	}
	list, more := cut(list, pageSize)
	p := view.ServiceAccountsPage{Owner: ownerTop(o, "people"), Form: form, Wrong: s.text}
	for _, a := range list {
		p.Rows = append(p.Rows, view.ServiceAccountRow{Name: a.Login, Repository: a.Repository, CreatedAt: a.CreatedAt})
		if more {
			p.Next = strings.ToLower(a.Login)
		}
	}
	return u.show(w, r, v, page{status: s.status, title: "Service accounts of " + o.Login, main: view.ServiceAccounts(p)})
}

// postServiceAccount makes a service account.
func (u *UI) postServiceAccount(w *httpkit.Writer, r *http.Request, v berth.Viewer, o account.Owner) error {
	form := view.ServiceAccountForm{Name: entered(r, "name"), Repository: entered(r, "who")}
	full := form.Repository
	if full != "" && !strings.Contains(full, "/") {
		full = o.Login + "/" + full
	}
	made, err := u.account.CreateServiceAccount(r.Context(), v, o.Login, form.Name, full)
	if err != nil {
		return again(err, func(s sent) error { return u.showServiceAccounts(w, r, v, o, s, form) })
	}
	return u.done(w, r, serviceAccountPath(o, made.Login), "The service account %s is there. Make a token for it.", made.Login)
}

// serviceAccount finds the service account that a path names.
func (u *UI) serviceAccount(r *http.Request, v berth.Viewer, o account.Owner) (berth.User, error) {
	a, err := u.account.GetUser(r.Context(), v, r.PathValue("account"))
	if err == nil && !strings.EqualFold(a.Org, o.Login) {
		err = berth.ErrOwnerUnknown.With("%s has no service account %s", o.Login, r.PathValue("account"))
	}
	return a, err
}

// getServiceAccount shows the tokens of a service account.
func (u *UI) getServiceAccount(w *httpkit.Writer, r *http.Request, v berth.Viewer, o account.Owner) error {
	a, err := u.serviceAccount(r, v, o)
	if err != nil {
		return err
	}
	return u.showServiceAccount(w, r, v, o, a, sent{}, view.ServiceTokenForm{Scopes: []string{"write:packages"}, Days: "90"})
}

func (u *UI) showServiceAccount(w *httpkit.Writer, r *http.Request, v berth.Viewer, o account.Owner, a berth.User, s sent, form view.ServiceTokenForm) error {
	before, err := readCursor(r, "before")
	if err != nil {
		return err
	}
	list, err := u.account.ListTokens(r.Context(), v, a.Login, before, pageSize+1)
	if err != nil {
		return err
	}
	list, more := cut(list, pageSize)
	p := view.ServiceAccountPage{Owner: ownerTop(o, "people"), Name: a.Login, CreatedAt: a.CreatedAt, Host: u.host(r), Form: form, Secret: u.takeOnce(w, r, v).Get("token"), Wrong: s.wrong()}
	for _, t := range list {
		p.Tokens = append(p.Tokens, serviceToken(t))
		if more {
			p.Next = t.ID
		}
	}
	return u.show(w, r, v, page{status: s.status, title: a.Login, main: view.ServiceAccount(p)})
}

// serviceToken is how an access token looks in a list.
func serviceToken(t account.Token) view.ServiceTokenRow {
	return view.ServiceTokenRow{
		ID: t.ID, Name: t.Name, Scopes: t.Scopes.String(), Reaches: strings.Join(append(t.Owners, t.Packages...), ", "),
		CreatedAt: t.CreatedAt, ExpiresAt: t.ExpiresAt, UsedAt: t.LastUsedAt, RevokedAt: t.RevokedAt,
	}
}

// postServiceToken makes an access token, which is shown once, above the others.
func (u *UI) postServiceToken(w *httpkit.Writer, r *http.Request, v berth.Viewer, o account.Owner) error {
	a, err := u.serviceAccount(r, v, o)
	if err != nil {
		return err
	}
	form := view.ServiceTokenForm{Name: entered(r, "name"), Scopes: r.PostForm["scope"], Days: r.PostForm.Get("days"), Packages: r.PostForm.Get("packages")}
	request := account.TokenRequest{Name: form.Name, Packages: strings.Fields(strings.ReplaceAll(form.Packages, ",", " "))}
	request.Scopes, err = berth.ParseScopes(strings.Join(form.Scopes, ","))
	if err == nil {
		request.Life, err = tokenLife(form.Days)
	}
	var made account.Token
	if err == nil {
		made, err = u.account.CreateToken(r.Context(), v, a.Login, request)
	}
	if err != nil {
		return againIn("token", err, func(s sent) error { return u.showServiceAccount(w, r, v, o, a, s, form) })
	}
	return u.showOnce(w, r, v, serviceAccountPath(o, a.Login), url.Values{"token": {made.Secret}})
}

// tokenLife reads for how many days a token shall be good, 0 for ever.
func tokenLife(days string) (time.Duration, error) {
	n, err := strconv.Atoi(days)
	if err != nil || n < 0 || n > 3650 {
		return 0, berth.ErrTokenInvalid.With("days is %.20q; use a number up to 3650, or 0 for a token that does not end", days)
	}
	return time.Duration(n) * 24 * time.Hour, nil
}

func (u *UI) postRevokeServiceToken(w *httpkit.Writer, r *http.Request, v berth.Viewer, o account.Owner) error {
	a, err := u.serviceAccount(r, v, o)
	if err != nil {
		return err
	}
	id, err := readID(r.PostForm.Get("id"))
	if err == nil {
		err = u.account.RevokeToken(r.Context(), v, a.Login, id)
	}
	if err != nil {
		return err
	}
	return u.done(w, r, serviceAccountPath(o, a.Login), "The token is revoked.")
}

// postDeleteServiceAccount deletes a service account whose name was typed. It is
// refused while the account has packages of its own.
func (u *UI) postDeleteServiceAccount(w *httpkit.Writer, r *http.Request, v berth.Viewer, o account.Owner) error {
	a, err := u.serviceAccount(r, v, o)
	if err != nil {
		return err
	}
	if o.Changes { // others are refused before they are told what to type
		err = typed(r, a.Login)
	}
	if err == nil {
		err = u.account.DeleteServiceAccount(r.Context(), v, o.Login, a.Login, account.Disposal{})
	}
	if err != nil {
		form := view.ServiceTokenForm{Scopes: []string{"write:packages"}, Days: "90"}
		return againIn("delete", err, func(s sent) error { return u.showServiceAccount(w, r, v, o, a, s, form) })
	}
	return u.done(w, r, "/"+o.Login+"/-/people/service-accounts", "The service account %s is deleted.", a.Login)
}
