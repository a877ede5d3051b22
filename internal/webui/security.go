package webui

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"rsc.io/qr"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/webui/view"
)

// fieldCurrent is the password that counts now. Those who change how an account signs
// in are asked for it each time, and where there is none the core wants a fresh sign-in,
// so that u.sure has nothing to add.
const fieldCurrent = "current-password"

func (u *UI) getSecurity(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	return u.showSecurity(w, r, v, sent{})
}

// showSecurity shows how one signs in, with what was wrong in one of the forms.
func (u *UI) showSecurity(w *httpkit.Writer, r *http.Request, v berth.Viewer, s sent) error {
	factor, err := u.account.GetSecondFactor(r.Context(), v)
	if err != nil {
		return err
	}
	list, err := u.account.ListIdentities(r.Context(), v, v.Login)
	if err != nil {
		return err
	}
	p := view.SecurityPage{Factor: factor.On, Codes: factor.RecoveryCodes, Wrong: s.wrong()}
	for _, i := range list {
		p.Identities = append(p.Identities, view.IdentityRow{Provider: i.Provider, Title: i.Title, Subject: i.Subject, CreatedAt: i.CreatedAt})
	}
	return u.show(w, r, v, page{status: s.status, title: "Signing in", main: view.Security(p)})
}

// securityDone ends a form on how one signs in: it was done, or the page says why not.
func (u *UI) securityDone(w *httpkit.Writer, r *http.Request, v berth.Viewer, err error, part, text string) error {
	if err != nil {
		return u.againSecurity(w, r, v, err, part)
	}
	return u.done(w, r, "/settings/security", "%s", text)
}

// againSecurity is [againIn] for one of the forms on how one signs in.
func (u *UI) againSecurity(w *httpkit.Writer, r *http.Request, v berth.Viewer, err error, part string) error {
	return againIn(part, err, func(s sent) error { return u.showSecurity(w, r, v, s) })
}

func (u *UI) postPassword(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	f := r.PostForm
	var err error
	if f.Get("password") != f.Get("again") {
		err = berth.ErrPasswordInvalid.With("the two new passwords differ; type them again")
	} else {
		err = u.account.ChangePassword(r.Context(), v, f.Get(fieldCurrent), f.Get("password"))
	}
	return u.securityDone(w, r, v, err, "password", "Your password is changed, and your other sessions have ended.")
}

// postFactor makes a second factor, which counts when a code of it comes back.
func (u *UI) postFactor(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	made, err := u.account.StartSecondFactor(r.Context(), v, r.PostForm.Get(fieldCurrent))
	if err != nil {
		return u.againSecurity(w, r, v, err, "start")
	}
	return u.showFactor(w, r, v, sent{}, made.URL)
}

// showFactor shows a second factor as a picture. Its key comes back with the form, so
// that a wrong code is no reason to scan another.
func (u *UI) showFactor(w *httpkit.Writer, r *http.Request, v berth.Viewer, s sent, key string) error {
	p, err := factorPage(key)
	if err != nil {
		return err
	}
	p.Failure = s.text
	return u.show(w, r, v, page{status: s.status, title: "Set up the second factor", main: view.Factor(p)})
}

// maxFactorKey bounds the address that a picture is made of, in bytes.
const maxFactorKey = 512

// factorPage draws a second factor. Errors: berth.ErrRequestInvalid.
func factorPage(key string) (view.FactorPage, error) {
	p := view.FactorPage{URL: key}
	at, err := url.Parse(key)
	if err != nil || len(key) > maxFactorKey || at.Scheme != "otpauth" || at.Query().Get("secret") == "" {
		return p, berth.ErrRequestInvalid.With("the form has lost its second factor; start again")
	}
	p.Secret = at.Query().Get("secret")
	code, err := qr.Encode(key, qr.M)
	if err != nil {
		return p, fmt.Errorf("draw a second factor: %w", err)
	}
	p.Path, p.Size = squares(code)
	return p, nil
}

// squares draws a code as a path with a margin, a line for each row of black ones.
func squares(c *qr.Code) (path, size string) {
	const margin = 2
	var b strings.Builder
	for y := range c.Size {
		for x := 0; x < c.Size; x++ {
			start := x
			for c.Black(x, y) { // it is white outside
				x++
			}
			if x > start {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", start+margin, y+margin, x-start, x-start)
			}
		}
	}
	return b.String(), strconv.Itoa(c.Size + 2*margin)
}

func (u *UI) postConfirmFactor(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	codes, err := u.account.ConfirmSecondFactor(r.Context(), v, r.PostForm.Get("code"))
	if err != nil {
		return again(err, func(s sent) error { return u.showFactor(w, r, v, s, r.PostForm.Get("key")) })
	}
	return u.show(w, r, v, page{title: "Recovery codes", main: view.RecoveryCodes(codes, true)})
}

func (u *UI) postRecoveryCodes(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	codes, err := u.account.NewRecoveryCodes(r.Context(), v, r.PostForm.Get(fieldCurrent), r.PostForm.Get("code"))
	if err != nil {
		return u.againSecurity(w, r, v, err, "codes")
	}
	return u.show(w, r, v, page{title: "Recovery codes", main: view.RecoveryCodes(codes, false)})
}

func (u *UI) postFactorOff(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	err := u.account.RemoveSecondFactor(r.Context(), v, r.PostForm.Get(fieldCurrent), r.PostForm.Get("code"))
	return u.securityDone(w, r, v, err, "off", "The second factor is off.")
}

func (u *UI) postUnlinkIdentity(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	err := u.account.UnlinkIdentity(r.Context(), v, v.Login, r.PostForm.Get("provider"), r.PostForm.Get("subject"))
	return u.securityDone(w, r, v, err, "unlink", "Unlinked.")
}
