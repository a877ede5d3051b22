package webui

import (
	"net/http"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/registry"
	"github.com/berth-registry/berth/internal/webui/view"
)

// shownOnSearch is how many owners and repositories are shown beside the packages.
const shownOnSearch = 10

// getSearch shows the packages of all owners that fit a text.
func (u *UI) getSearch(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	number, err := pageNumber(r.URL.Query())
	if err != nil {
		return err
	}
	to, err := u.pasted(r, v, r.URL.Query().Get("q"))
	if err != nil {
		return err
	}
	if to != "" {
		return redirect(w, to)
	}
	text, err := berth.ParseSearch(r.URL.Query().Get("q"))
	if err != nil {
		return err
	}
	list, err := u.registry.Search(r.Context(), v, registry.SearchQuery{Text: text, Skip: (number - 1) * pageSize, Limit: pageSize + 1})
	if err != nil {
		return err
	}
	list, pages := numbered(list, number)
	p := view.SearchPage{Text: text, Packages: packageRows(list), Pages: pages}
	if number == 1 && text != "" {
		owners, repositories, err := u.account.Search(r.Context(), v, text, shownOnSearch)
		if err != nil {
			return err
		}
		for _, o := range owners {
			p.Owners = append(p.Owners, view.FoundOwner{Name: o.Name, Org: o.Kind == account.OwnerOrg})
		}
		for _, repo := range repositories {
			p.Repositories = append(p.Repositories, view.FoundRepository{Owner: repo.Owner, Name: repo.Name})
		}
	}
	return u.show(w, r, v, page{title: "Search", search: text, main: view.Search(p)})
}
