package webui

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/httpkit"
)

const (
	cookieSession = "berth_session"
	cookieSignIn  = "berth_signin" // on the way to a provider and back
)

// setCookie gives the browser a cookie that only this host gets, only over TLS where there is
// any, that no script reads, and that other sites cannot send with a form. Without
// a value it is dropped.
func (u *UI) setCookie(w *httpkit.Writer, r *http.Request, name, value string, life time.Duration) {
	age := int(life.Seconds())
	if value == "" {
		age = -1
	}
	name, secure := u.cookieName(r, name)
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // secure wherever there is TLS
		Name: name, Value: value, Path: "/", MaxAge: age, Secure: secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// cookieName returns what a cookie is called. Over TLS browsers see to it that one of
// such a name comes from this host and TLS only.
func (u *UI) cookieName(r *http.Request, name string) (full string, secure bool) {
	if strings.HasPrefix(u.origins.Of(r), "https://") {
		return "__Host-" + name, true
	}
	return name, false
}

// readCookie returns the value of a cookie, "" when there is none.
func (u *UI) readCookie(r *http.Request, name string) string {
	name, _ = u.cookieName(r, name)
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

// viewer tells who a browser is signed in as. A session that has ended is nobody's.
func (u *UI) viewer(w *httpkit.Writer, r *http.Request) (berth.Viewer, error) {
	address := u.origins.Address(r)
	secret := u.readCookie(r, cookieSession)
	if secret == "" {
		return berth.Viewer{Address: address}, nil
	}
	v, err := u.account.SessionViewer(r.Context(), secret, address)
	if errors.Is(err, berth.ErrCredentialsInvalid) {
		u.setCookie(w, r, cookieSession, "", 0)
		return berth.Viewer{Address: address}, nil
	}
	return v, err
}

// welcome signs the browser in and sends it where it wanted to go. The session that it
// had until now ends: the browser forgets it, and nobody would end it later.
func (u *UI) welcome(w *httpkit.Writer, r *http.Request, old berth.Viewer, s account.Session, next string) error {
	if err := u.account.SignOut(r.Context(), old); err != nil {
		return err
	}
	u.setCookie(w, r, cookieSession, s.Secret, s.ExpiresAt.Sub(u.account.Now()))
	return redirect(w, safeNext(next))
}
