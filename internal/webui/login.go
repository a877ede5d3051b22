package webui

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/webui/view"
)

func (u *UI) getLogin(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	next := safeNext(r.URL.Query().Get("next"))
	if !v.Anonymous() {
		return redirect(w, next)
	}
	return u.showLogin(w, r, sent{}, view.LoginForm{Next: next})
}

func (u *UI) showLogin(w *httpkit.Writer, r *http.Request, s sent, data view.LoginForm) error {
	for _, p := range u.account.Providers() {
		data.Providers = append(data.Providers, view.Provider{Name: p.Name, Title: p.Title})
	}
	data.Open, data.Failure = u.account.RegistrationOpen(), s.text
	title := "Sign in"
	if data.Ticket != "" {
		title = "One more step"
	}
	return u.show(w, r, berth.Viewer{}, page{status: s.status, title: title, main: view.Login(data)})
}

// postLogin takes name and password, and in a second step the code. What was typed
// first comes back sealed, so that it need not be typed again.
func (u *UI) postLogin(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	f := r.PostForm
	name, password, ticket := f.Get("name"), f.Get("password"), f.Get("ticket")
	data := view.LoginForm{Name: name, Next: safeNext(f.Get("next"))}
	wrong := func(err error) error {
		return again(err, func(s sent) error { return u.showLogin(w, r, s, data) })
	}
	if ticket != "" {
		var err error
		if name, password, err = u.account.OpenPassword(ticket); err != nil {
			return wrong(err)
		}
		data.Name, data.Ticket = name, ticket
	}
	session, err := u.account.SignIn(r.Context(), name, password, f.Get("code"), u.origins.Address(r), r.UserAgent())
	switch {
	case err == nil:
		return u.welcome(w, r, v, session, data.Next)
	case !errors.Is(err, berth.ErrSecondFactorNeeded), ticket != "": // with a ticket the code was left empty
		return wrong(err)
	}
	if data.Ticket, err = u.account.SealPassword(name, password); err != nil {
		return err
	}
	return u.showLogin(w, r, sent{}, data)
}

func (u *UI) postLogout(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	if err := u.account.SignOut(r.Context(), v); err != nil {
		return err
	}
	u.setCookie(w, r, cookieSession, "", 0)
	return redirect(w, "/")
}

// mustSignIn sends somebody to sign in and come back to this page.
func mustSignIn(w *httpkit.Writer, r *http.Request) error {
	return redirect(w, "/login?"+url.Values{"next": {r.URL.RequestURI()}}.Encode())
}
