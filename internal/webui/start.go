package webui

import (
	"net/http"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/webui/view"
)

// waitForPush is how long the page of the first steps asks whether a push has arrived.
const waitForPush = 10 * time.Minute

// getArrived answers the page of the first steps, which asks whether a push has arrived
// since it was opened: with what it shall say, or with nothing while there is none.
func (u *UI) getArrived(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	since, err := readID(r.URL.Query().Get("since"))
	if err != nil {
		return err
	}
	list, err := u.registry.ListRecent(r.Context(), v, 1)
	if err != nil {
		return err
	}
	name := ""
	if len(list) > 0 && list[0].UpdatedAt.Unix() >= since {
		name = list[0].Name.String()
	} else if u.account.Now().Sub(time.Unix(since, 0)) < waitForPush {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	return view.Arrived(name).Render(r.Context(), w)
}
