package webui

import (
	"net/http"
	"strings"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/webui/view"
)

// getOwnerTrash shows the deleted packages of an owner that the viewer may restore.
func (u *UI) getOwnerTrash(w *httpkit.Writer, r *http.Request, v berth.Viewer, o account.Owner) error {
	return u.showOwnerTrash(w, r, v, o, sent{})
}

func (u *UI) showOwnerTrash(w *httpkit.Writer, r *http.Request, v berth.Viewer, o account.Owner, s sent) error {
	before, err := readCursor(r, "before")
	if err != nil {
		return err
	}
	list, err := u.registry.ListTrash(r.Context(), v, strings.ToLower(o.Login), before, pageSize+1)
	if err != nil {
		return err
	}
	list, more := cut(list, pageSize)
	p := view.OwnerTrashPage{Owner: ownerTop(o, "trash"), Wrong: s.text}
	for _, t := range list {
		p.Rows = append(p.Rows, view.TrashRow{
			ID: t.PackageID, Name: t.Name.String(), Visibility: string(t.Visibility), Versions: t.Versions, By: t.DeletedBy, At: t.DeletedAt, Until: t.Until(),
		})
		if more {
			p.Next = t.ID
		}
	}
	return u.show(w, r, v, page{status: s.status, title: "Trash of " + o.Login, main: view.OwnerTrash(p)})
}

// postOwnerTrash restores a package.
func (u *UI) postOwnerTrash(w *httpkit.Writer, r *http.Request, v berth.Viewer, o account.Owner) error {
	n, err := berth.ParseName(r.PostForm.Get("name"))
	if err != nil {
		return err
	}
	if n.Owner != strings.ToLower(o.Login) {
		return berth.ErrRequestInvalid.With("%s is not a package of %s", n, o.Login)
	}
	var id int64 // 0 is the one of that name that was deleted last
	if text := r.PostForm.Get("id"); text != "" {
		if id, err = readID(text); err != nil {
			return err
		}
	}
	if err := u.registry.RestorePackage(r.Context(), v, n, id); err != nil {
		return again(err, func(s sent) error { return u.showOwnerTrash(w, r, v, o, s) })
	}
	return u.done(w, r, "/"+n.String(), "%s is back.", n)
}
