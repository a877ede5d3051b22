package webui

import (
	"errors"
	"net/http"
	"strings"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/webui/view"
)

// maxForm is how large a form may be, in bytes, unless its route says otherwise.
const maxForm = 64 << 10

// readForm reads the body's fields into r.PostForm.
func readForm(w *httpkit.Writer, r *http.Request, limit int64) error {
	r.Body = http.MaxBytesReader(w, r.Body, limit)
	if err := r.ParseForm(); err != nil {
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			return berth.ErrRequestTooLarge.With("the limit for this form is %d bytes", limit)
		}
		return berth.ErrRequestInvalid.With("the body is not a form of name=value pairs").Because(err)
	}
	return nil
}

// sent is what became of a form: nothing yet, or what is wrong with it, to be shown
// with what was typed.
type sent struct {
	status int    // 0 is 200
	text   string // what is wrong
	part   string // of a page with several forms, which one it is
}

// wrong is what is wrong, for a page with several forms.
func (s sent) wrong() view.FormWrong { return view.FormWrong{Part: s.part, Text: s.text} }

// formError is what a handler returns of a form on which something may be wrong that
// people can mend, with the way to show the page again. See [again].
type formError struct {
	error

	show func(sent) error
}

func (e *formError) Unwrap() error { return e.error }

// again returns an error together with the page on which it can be mended: show prints
// that page with what was typed. A page that reads what only some may read meets their
// error there.
func again(err error, show func(sent) error) error { return &formError{err, show} }

// againIn is again for one of several forms of a page.
func againIn(part string, err error, show func(sent) error) error {
	return again(err, func(s sent) error {
		s.part = part
		return show(s)
	})
}

// ifMay takes the page away from an error when the viewer may not send its form: he is
// told so on a page of its own, as strangers are.
func ifMay(may bool, err error) error {
	if wrong, ok := errors.AsType[*formError](err); ok && !may {
		return wrong.error
	}
	return err
}

// mend shows the page again that comes with an error, if people can mend that.
func (u *UI) mend(w *httpkit.Writer, r *http.Request, err error) error {
	wrong, ok := errors.AsType[*formError](err)
	if !ok {
		return err
	}
	if !canMend(wrong.error) {
		return wrong.error
	}
	f := u.describe(w, r, wrong.error)
	return wrong.show(sent{status: f.Status, text: f.Text})
}

// canMend reports whether an error is one that people can do something about in the
// form they sent.
func canMend(err error) bool {
	named, ok := errors.AsType[*berth.Error](err)
	if !ok {
		return false
	}
	switch named.Kind {
	case berth.KindInvalid, berth.KindUnauthenticated, berth.KindNotFound, berth.KindConflict, berth.KindTooMany, berth.KindDenied:
		return true
	default:
		return false
	}
}

// entered is what somebody typed into a field, without the blanks around it.
func entered(r *http.Request, name string) string { return strings.TrimSpace(r.PostForm.Get(name)) }

// typed checks that somebody has typed the name of what is to go. Capitals do not count,
// as in all names here.
func typed(r *http.Request, name string) error {
	if got := entered(r, "confirm"); !strings.EqualFold(got, name) {
		return berth.ErrRequestInvalid.With("type %s to confirm; you typed %.100q", name, got)
	}
	return nil
}
