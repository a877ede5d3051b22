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
	return u.showJoin(w, r, http.StatusOK, v, data)
}

func (u *UI) showJoin(w *httpkit.Writer, r *http.Request, status int, v berth.Viewer, data view.JoinForm) error {
	return u.show(w, r, v, page{status: status, title: "Make an account", main: view.Join(data)})
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
	case errors.Is(err, berth.ErrInvitationUnknown), err != nil && !canMend(err):
		return err
	case err != nil:
		failure := u.describe(w, r, err)
		data.Failure = failure.Text
		return u.showJoin(w, r, failure.Status, v, data)
	}
	session, err := u.account.SignIn(r.Context(), data.Name, f.Get("password"), "", address, r.UserAgent())
	if err != nil {
		return err
	}
	return u.welcome(w, r, session, "/")
}
