package webui

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/webui/view"
)

// fieldConfirm is the password with which a form is sent a second time. No form of
// ours has a field of that name.
const fieldConfirm = "-confirm"

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
		if err := readForm(w, r); err != nil {
			return err
		}
		if u.account.Sure(v) {
			return h(w, r, v)
		}
		password := r.PostForm.Get(fieldConfirm)
		if password == "" {
			return u.askAgain(w, r, v, http.StatusOK, "")
		}
		if err := u.account.Confirm(r.Context(), v, password); err != nil {
			if !canMend(err) {
				return err
			}
			f := u.describe(w, r, err)
			return u.askAgain(w, r, v, f.Status, f.Text)
		}
		r.PostForm.Del(fieldConfirm)
		return h(w, r, v)
	}
}

// sureIf is sure for forms that are dangerous only with some values.
func (u *UI) sureIf(dangerous func(url.Values) bool, h handler) handler {
	sure := u.sure(h)
	return signed(func(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
		if err := readForm(w, r); err != nil {
			return err
		}
		if dangerous(r.PostForm) {
			return sure(w, r, v)
		}
		return h(w, r, v)
	})
}

// askAgain shows the page that asks for the password, with all fields of the form but
// passwords.
func (u *UI) askAgain(w *httpkit.Writer, r *http.Request, v berth.Viewer, status int, wrong string) error {
	form := view.ConfirmForm{Action: r.URL.RequestURI(), Login: v.Login, Failure: wrong}
	for name, values := range r.PostForm {
		if strings.HasPrefix(name, "-") || strings.Contains(name, "password") {
			continue
		}
		for _, value := range values {
			form.Fields = append(form.Fields, view.FormField{Name: name, Value: value})
		}
	}
	slices.SortStableFunc(form.Fields, func(a, b view.FormField) int { return strings.Compare(a.Name, b.Name) })
	return u.show(w, r, v, page{status: status, title: "Confirm that it is you", main: view.Confirm(form)})
}
