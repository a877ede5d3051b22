package webui

import (
	"errors"
	"net/http"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/httpkit"
)

// join is the data of the page for making an account.
type join struct {
	Name       string
	Invitation *account.Invitation // nil where anybody may join
	Failure    *failure
}

// getJoin shows whoever has an invitation, or anybody where registration is open,
// the form for a name and a password.
func (u *UI) getJoin(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	data, err := u.joining(r)
	if err != nil {
		return err
	}
	return u.showJoin(w, http.StatusOK, v, data)
}

func (u *UI) showJoin(w *httpkit.Writer, status int, v berth.Viewer, data join) error {
	return u.show(w, status, "join.html", page{Title: "Make an account", Viewer: v.Login, Data: data})
}

// joining tells what allows to join. Errors: berth.ErrInvitationUnknown,
// berth.ErrDenied.
func (u *UI) joining(r *http.Request) (join, error) {
	code := r.PathValue("code")
	if code == "" {
		if !u.account.RegistrationOpen() {
			return join{}, berth.ErrDenied.With("an account needs an invitation here; ask an administrator for one")
		}
		return join{}, nil
	}
	i, err := u.account.GetInvitation(r.Context(), code)
	return join{Invitation: &i}, err
}

// postJoin makes the account and signs it in.
func (u *UI) postJoin(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	if err := readForm(w, r); err != nil {
		return err
	}
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
		data.Failure = &failure
		return u.showJoin(w, failure.Status, v, data)
	}
	session, err := u.account.SignIn(r.Context(), data.Name, f.Get("password"), "", address, r.UserAgent())
	if err != nil {
		return err
	}
	return u.welcome(w, r, session, "/")
}
