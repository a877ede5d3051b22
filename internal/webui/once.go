package webui

import (
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
)

// A token or an invitation is shown once, on the page that the browser is sent to by the
// form that made it: were it the answer to the form, a reload would make another one.
const (
	cookieOnce = "berth_once"
	onceLife   = time.Minute

	fieldUntil = "until" // Unix time, beside what is to be shown
)

// showOnce sends the browser on to a page that shows fields this once. They travel sealed,
// and open for this session on that page only, within a minute.
func (u *UI) showOnce(w *httpkit.Writer, r *http.Request, v berth.Viewer, location string, fields url.Values) error {
	fields = maps.Clone(fields)
	fields.Set(fieldUntil, strconv.FormatInt(u.account.Now().Add(onceLife).Unix(), 10))
	sealed, err := u.account.SealFields(v, onceOn(location), fields)
	if err != nil {
		return err
	}
	u.setCookie(w, r, cookieOnce, sealed, onceLife)
	return redirect(w, location)
}

// onceOn keeps what is shown once apart from what a page that asks for a password sealed.
func onceOn(path string) string { return "once on " + path }

// once returns what showOnce left for this page. It is empty on a reload, after a minute,
// and when the cookie is another page's or made up.
func (u *UI) once(r *http.Request, v berth.Viewer) url.Values {
	sealed := u.readCookie(r, cookieOnce)
	if sealed == "" {
		return nil
	}
	opened, err := u.account.OpenFields(v, onceOn(r.URL.Path), sealed)
	if err != nil {
		return nil // a sentence about it would help nobody
	}
	fields := url.Values(opened)
	until, err := strconv.ParseInt(fields.Get(fieldUntil), 10, 64)
	if err != nil || u.account.Now().Unix() > until {
		return nil
	}
	return fields
}

func (u *UI) forgetOnce(w *httpkit.Writer, r *http.Request) { u.setCookie(w, r, cookieOnce, "", 0) }

// takeOnce is once, and lets the browser forget it. A page takes it when all else that
// could go wrong has gone well: what is lost cannot be shown again.
func (u *UI) takeOnce(w *httpkit.Writer, r *http.Request, v berth.Viewer) url.Values {
	fields := u.once(r, v)
	if fields != nil {
		u.forgetOnce(w, r)
	}
	return fields
}
