package webui

import (
	"errors"
	"net/http"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/registry"
	"github.com/berth-registry/berth/internal/webui/view"
)

// missingPackage answers a request about a package that is not there. Who may restore it
// or push to it is told how; for all others it is the error, so that nobody learns which
// names are taken.
func (u *UI) missingPackage(w *httpkit.Writer, r *http.Request, v berth.Viewer, n berth.Name, cause error) error {
	if !errors.Is(cause, berth.ErrPackageUnknown) || v.Anonymous() || r.Method == http.MethodPost {
		return cause
	}
	owner, err := u.account.GetOwner(r.Context(), v, n.Owner)
	if err != nil || !owner.Pushes {
		return cause
	}
	p := view.MissingPage{Name: n.String(), Image: u.host(r) + "/" + n.String() + ":TAG"}
	trash, err := u.registry.ListTrash(r.Context(), v, n.Owner, 0, registry.MaxList)
	if err != nil {
		return err
	}
	for _, t := range trash {
		if t.Name == n {
			p.Owner = owner.Login
			break
		}
	}
	return u.showMissing(w, r, v, cause, p)
}

// missingTag answers a request about a tag that a package does not have, or no more.
func (u *UI) missingTag(w *httpkit.Writer, r *http.Request, v berth.Viewer, at place, cause error) error {
	if !errors.Is(cause, berth.ErrManifestUnknown) && !errors.Is(cause, berth.ErrVersionUnknown) || at.ref.Tag == "" || r.Method == http.MethodPost {
		return cause
	}
	return u.showMissing(w, r, v, cause, view.MissingPage{Name: at.name.String(), Tags: true})
}

func (u *UI) showMissing(w *httpkit.Writer, r *http.Request, v berth.Viewer, cause error, p view.MissingPage) error {
	f := u.describe(w, r, cause)
	p.Failure = f.view()
	return u.show(w, r, v, page{status: f.Status, title: f.Title, main: view.Missing(p)})
}
