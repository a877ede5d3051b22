package webui

import (
	"net/http"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
)

// signInLife is how long the cookie lasts between a provider and here. What is in
// it says so too.
const signInLife = 10 * time.Minute

func (u *UI) callbackURL(r *http.Request, provider string) string {
	return u.origins.Of(r) + "/login/oidc/" + provider + "/callback"
}

// getProvider sends somebody to a provider.
func (u *UI) getProvider(w *httpkit.Writer, r *http.Request, _ berth.Viewer) error {
	provider := r.PathValue("provider")
	next := safeNext(r.URL.Query().Get("next"))
	location, state, err := u.account.BeginSignIn(r.Context(), provider, u.callbackURL(r, provider), next)
	if err != nil {
		return err
	}
	u.setCookie(w, r, cookieSignIn, state, signInLife)
	return redirect(w, location)
}

// getCallback takes somebody back from a provider. The cookie of the way there is
// good once.
func (u *UI) getCallback(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	provider := r.PathValue("provider")
	state := u.readCookie(r, cookieSignIn)
	u.setCookie(w, r, cookieSignIn, "", 0)
	in, err := u.account.FinishSignIn(r.Context(), provider, u.callbackURL(r, provider), state, r.URL.Query(), u.origins.Address(r), r.UserAgent())
	if err != nil {
		return err
	}
	w.Viewer.Login = in.Login
	return u.welcome(w, r, v, in.Session, in.Next)
}
