package webui

import (
	"cmp"
	"errors"
	"net/http"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/webui/view"
)

// getSuggest answers a field that is being typed in with names that begin so, as the
// options of a list. The text comes as q or under the name that such fields have in
// forms. Strangers get none: no field could show a page for signing in.
func (u *UI) getSuggest(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	get := r.URL.Query().Get
	names, err := u.account.Suggest(r.Context(), v, get("kind"), get("owner"), cmp.Or(get("q"), get("who")))
	if err != nil && !errors.Is(err, berth.ErrUnauthenticated) {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	return view.Suggestions(names).Render(r.Context(), w)
}
