package webui

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/webui/view"
)

// What a form is sent with a second time: the password, and what of the form itself must
// not lie in a page. No form of ours has fields of such names.
const (
	fieldConfirm = "-confirm"
	fieldSealed  = "-sealed"
)

// signed lets through whoever is signed in.
func signed(h handler) handler {
	return func(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
		if v.Anonymous() {
			return berth.ErrUnauthenticated.With("sign in first")
		}
		return h(w, r, v)
	}
}

// sure lets a form through when the viewer has shown lately that it is still him.
// Otherwise it asks for his password, on a page that sends the same form again.
func (u *UI) sure(h handler) handler {
	return func(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
		if v.Anonymous() {
			return berth.ErrUnauthenticated.With("sign in first; the session has ended")
		}
		if err := u.unseal(r, v); err != nil {
			return err
		}
		if u.account.Sure(v) {
			return h(w, r, v)
		}
		password := r.PostForm.Get(fieldConfirm)
		if password == "" {
			return u.askAgain(w, r, v, sent{})
		}
		if err := u.account.Confirm(r.Context(), v, password); err != nil {
			return again(err, func(s sent) error { return u.askAgain(w, r, v, s) })
		}
		return h(w, r, v)
	}
}

// sureIf is sure for forms that are dangerous only with some values.
func (u *UI) sureIf(dangerous func(url.Values) bool, h handler) handler {
	sure := u.sure(h)
	return signed(func(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
		if dangerous(r.PostForm) {
			return sure(w, r, v)
		}
		return h(w, r, v)
	})
}

// askAgain shows the page that asks for the password, with all fields of the form, the
// secret ones sealed.
func (u *UI) askAgain(w *httpkit.Writer, r *http.Request, v berth.Viewer, s sent) error {
	form := view.ConfirmForm{Action: r.URL.RequestURI(), Login: v.Login, Failure: s.text}
	hidden := url.Values{}
	for name, values := range r.PostForm {
		switch {
		case strings.HasPrefix(name, "-"): // of this page, not of the form
		case secret(name):
			hidden[name] = values
		default:
			for _, value := range values {
				form.Fields = append(form.Fields, view.FormField{Name: name, Value: value})
			}
		}
	}
	if len(hidden) > 0 {
		sealed, err := u.account.SealFields(v, r.URL.Path, hidden)
		if err != nil {
			return err
		}
		form.Fields = append(form.Fields, view.FormField{Name: fieldSealed, Value: sealed})
	}
	slices.SortStableFunc(form.Fields, func(a, b view.FormField) int { return strings.Compare(a.Name, b.Name) })
	return u.show(w, r, v, page{status: s.status, title: "Confirm that it is you", main: view.Confirm(form)})
}

// secret tells by its name whether a field's value must not lie in a page.
func secret(name string) bool {
	return strings.Contains(name, "password") || strings.Contains(name, "secret")
}

// unseal puts the fields back into a form that askAgain has sealed.
func (u *UI) unseal(r *http.Request, v berth.Viewer) error {
	sealed := r.PostForm.Get(fieldSealed)
	if sealed == "" {
		return nil
	}
	fields, err := u.account.OpenFields(v, r.URL.Path, sealed)
	maps.Copy(r.PostForm, fields)
	return err
}
