package webui

import (
	"net/http"
	"strings"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/registry"
	"github.com/berth-registry/berth/internal/webui/view"
)

// ownerHandler answers a request about an owner whom the viewer may know.
type ownerHandler func(w *httpkit.Writer, r *http.Request, v berth.Viewer, o account.Owner) error

// of finds the owner that a path names. By a name that he had before the browser is
// sent to the present one. Only those who may change something there are shown a form
// again.
func (u *UI) of(h ownerHandler) handler {
	return func(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
		name := r.PathValue("owner")
		if _, err := berth.ParseOwner(name); err != nil {
			return berth.ErrRouteUnknown.Because(err)
		}
		o, err := u.account.GetOwner(r.Context(), v, name)
		if err != nil {
			return err
		}
		if strings.EqualFold(o.Login, name) {
			return ifMay(o.Changes || o.Manages || o.MakesRepos, h(w, r, v, o))
		}
		if r.Method == http.MethodPost {
			return berth.ErrOwnerUnknown.With("%s is called %s now", name, o.Login)
		}
		location := "/" + o.Login // in place of the first segment, however that is written
		if _, rest, below := strings.Cut(r.URL.EscapedPath()[1:], "/"); below {
			location += "/" + rest
		}
		if r.URL.RawQuery != "" {
			location += "?" + r.URL.RawQuery
		}
		return redirect(w, location)
	}
}

// org lets through what is about organizations only, which their owners change.
func (u *UI) org(h ownerHandler) handler {
	return u.of(func(w *httpkit.Writer, r *http.Request, v berth.Viewer, o account.Owner) error {
		if o.Kind != account.OwnerOrg {
			return berth.ErrRouteUnknown.With("%s is no organization", o.Login)
		}
		return ifMay(o.Changes, h(w, r, v, o))
	})
}

func ownerTop(o account.Owner, current string) view.OwnerTop {
	return view.OwnerTop{Login: o.Login, Kind: o.Kind, Self: o.Self, Current: current, Sees: o.Sees, Changes: o.Changes, Manages: o.Manages}
}

// readCursor reads where a list goes on, 0 from its start.
func readCursor(r *http.Request, name string) (int64, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return 0, nil
	}
	return readID(text)
}

// getOwner shows the packages of an owner.
func (u *UI) getOwner(w *httpkit.Writer, r *http.Request, v berth.Viewer, o account.Owner) error {
	number, err := pageNumber(r.URL.Query())
	if err != nil {
		return err
	}
	search, err := berth.ParseSearch(r.URL.Query().Get("q"))
	if err != nil {
		return err
	}
	get := r.URL.Query().Get
	q := registry.PackageQuery{
		Owner: strings.ToLower(o.Login), Search: search, Kind: get("kind"), Sort: registry.PackageSort(get("sort")),
		Skip: (number - 1) * pageSize, Limit: pageSize + 1,
	}
	if text := get("visibility"); text != "" {
		if q.Visibility, err = berth.ParseVisibility(text); err != nil {
			return err
		}
	}
	list, err := u.registry.ListPackages(r.Context(), v, q)
	if err != nil {
		return err
	}
	list, pages := numbered(list, number)
	p := view.OwnerPackagesPage{
		Owner: ownerTop(o, "packages"), Rows: packageRows(list), Pages: pages, Pushes: o.Pushes,
		Filter: view.PackageFilter{Search: search, Sort: string(q.Sort), Visibility: string(q.Visibility), Kind: q.Kind},
		Host:   u.host(r),
	}
	return u.show(w, r, v, page{title: o.Login, main: view.OwnerPackages(p)})
}
