package webui

import (
	"errors"
	"net/http"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/webui/view"
)

// getJoin shows whoever has an invitation, or anybody where registration is open,
// the form for a name and a password.
func (u *UI) getJoin(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	data, err := u.joining(r)
	if err != nil {
		return err
	}
	return u.showJoin(w, r, v, sent{}, data)
}

func (u *UI) showJoin(w *httpkit.Writer, r *http.Request, v berth.Viewer, s sent, data view.JoinForm) error {
	data.Failure = s.text
	return u.show(w, r, v, page{status: s.status, title: "Make an account", main: view.Join(data)})
}

// joining tells what allows to join. Errors: berth.ErrInvitationUnknown,
// berth.ErrDenied.
func (u *UI) joining(r *http.Request) (view.JoinForm, error) {
	code := r.PathValue("code")
	if code == "" {
		if !u.account.RegistrationOpen() {
			return view.JoinForm{}, berth.ErrDenied.With("an account needs an invitation here; ask an administrator for one")
		}
		return view.JoinForm{}, nil
	}
	i, err := u.account.GetInvitation(r.Context(), code)
	return view.JoinForm{Org: i.Org, Owner: i.Owner}, err
}

// postJoin makes the account and signs it in.
func (u *UI) postJoin(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	data, err := u.joining(r)
	if err != nil {
		return err
	}
	f := r.PostForm
	data.Name = f.Get("name")
	address := u.origins.Address(r)
	if f.Get("password") != f.Get("again") {
		err = berth.ErrPasswordInvalid.With("the two passwords differ; type them again")
	} else {
		_, err = u.account.Join(r.Context(), r.PathValue("code"), data.Name, f.Get("password"), address)
	}
	switch {
	case errors.Is(err, berth.ErrInvitationUnknown):
		return err
	case err != nil:
		return again(err, func(s sent) error { return u.showJoin(w, r, v, s, data) })
	}
	session, err := u.account.SignIn(r.Context(), data.Name, f.Get("password"), "", address, r.UserAgent())
	if err != nil {
		return err
	}
	return u.welcome(w, r, v, session, "/")
}
