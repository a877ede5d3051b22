package webui

import (
	"errors"
	"net/http"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
)

// sent is what became of a form: nothing yet, or what is wrong with it, to be shown
// with what was typed.
type sent struct {
	status int
	wrong  string
}

// again shows a page once more with a form on which something is wrong that people can
// mend, such as a name that is not there; show prints it. Other errors are returned. A
// page that reads what only administrators may meets their error there.
func (u *UI) again(w *httpkit.Writer, r *http.Request, err error, show func(sent) error) error {
	named, ok := errors.AsType[*berth.Error](err)
	if !ok || !canMend(err) && named.Kind != berth.KindNotFound {
		return err
	}
	f := u.describe(w, r, err)
	return show(sent{f.Status, f.Text})
}

// mend is [UI.again] for pages that those see too who may not send their forms: they are
// told so on a page of its own, as strangers are.
func (u *UI) mend(w *httpkit.Writer, r *http.Request, err error, may bool, show func(sent) error) error {
	named, ok := errors.AsType[*berth.Error](err)
	if !ok || !may || named.Kind != berth.KindInvalid && named.Kind != berth.KindConflict && named.Kind != berth.KindNotFound {
		return err
	}
	return u.again(w, r, err, show)
}

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
