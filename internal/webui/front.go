package webui

import (
	"net/http"
	"strings"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
)

// front is the data of the front page.
type front struct {
	URL   string
	Host  string
	Owner string // in image names
	HTTP  bool   // docker takes that from this computer only
	Open  bool   // anybody may join
}

func (u *UI) getFront(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	scheme, host, _ := strings.Cut(u.origins.Of(r), "://")
	owner := "NAME"
	if !v.Anonymous() {
		owner = strings.ToLower(v.Login)
	}
	data := front{URL: scheme + "://" + host, Host: host, Owner: owner, HTTP: scheme == "http", Open: u.account.RegistrationOpen()}
	return u.show(w, http.StatusOK, "front.html", page{Title: "Container registry", Viewer: v.Login, Data: data})
}
