package webui

import (
	"net/http"
	"net/url"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
)

// What is made by a form and shown once, a token say, comes on the page that the browser
// is sent to: were it the answer to the form, a reload would make another one.
const (
	cookieOnce = "berth_once"
	onceLife   = time.Minute
)

// showOnce sends the browser on to a page that shows fields this once. They travel sealed,
// and open for this session on that page only.
func (u *UI) showOnce(w *httpkit.Writer, r *http.Request, v berth.Viewer, location string, fields url.Values) error {
	sealed, err := u.account.SealFields(v, location, fields)
	if err != nil {
		return err
	}
	u.setCookie(w, r, cookieOnce, sealed, onceLife)
	return redirect(w, location)
}

// takeOnce returns what showOnce left for this page, and forgets it. It is empty on a
// reload, and when somebody made the cookie up.
func (u *UI) takeOnce(w *httpkit.Writer, r *http.Request, v berth.Viewer) url.Values {
	sealed := u.readCookie(r, cookieOnce)
	if sealed == "" {
		return nil
	}
	u.setCookie(w, r, cookieOnce, "", 0)
	fields, err := u.account.OpenFields(v, r.URL.Path, sealed)
	if err != nil {
		return nil // a sentence about it would help nobody
	}
	return fields
}
