package restapi

import (
	"net/http"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
)

func (a *API) teamRoutes() []route {
	return []route{
		{"GET", "/orgs/{org}/teams", a.listTeams},
		{"POST", "/orgs/{org}/teams", a.postTeam},
		{"GET", "/orgs/{org}/teams/{team}", a.getTeam},
		{"DELETE", "/orgs/{org}/teams/{team}", a.deleteTeam},
		{"GET", "/orgs/{org}/teams/{team}/members", a.listTeamMembers},
		{"PUT", "/orgs/{org}/teams/{team}/memberships/{user}", a.putTeamMember},
		{"DELETE", "/orgs/{org}/teams/{team}/memberships/{user}", a.deleteTeamMember},
	}
}

type team struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
	Slug string `json:"slug"`
}

type teamBody struct {
	Name string `json:"name"`
}

func teamJSON(t berth.Team) team { return team{t.ID, t.Name, t.Slug} }

func (a *API) listTeams(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	p, err := a.readPage(r)
	if err != nil {
		return err
	}
	list, err := a.account.ListTeams(r.Context(), v, r.PathValue("org"), p.after, p.limit())
	if err != nil {
		return err
	}
	return writeList(w, p, list, func(t berth.Team) string { return t.Slug }, teamJSON)
}

func (a *API) postTeam(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	var body teamBody
	if err := known(v); err != nil {
		return err
	}
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	t, err := a.account.CreateTeam(r.Context(), v, r.PathValue("org"), body.Name)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, teamJSON(t))
}

func (a *API) getTeam(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	t, err := a.account.GetTeam(r.Context(), v, r.PathValue("org"), r.PathValue("team"))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, teamJSON(t))
}

func (a *API) deleteTeam(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	return done(w, a.account.DeleteTeam(r.Context(), v, r.PathValue("org"), r.PathValue("team")))
}

func (a *API) listTeamMembers(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	p, err := a.readPage(r)
	if err != nil {
		return err
	}
	list, err := a.account.ListTeamMembers(r.Context(), v, r.PathValue("org"), r.PathValue("team"), p.after, p.limit())
	if err != nil {
		return err
	}
	return writeList(w, p, list, func(u berth.User) string { return u.Login }, simpleUser)
}

func (a *API) putTeamMember(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	if err := a.account.AddTeamMember(r.Context(), v, r.PathValue("org"), r.PathValue("team"), r.PathValue("user")); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, teamMembership{roleMember, "active"})
}

// teamMembership is what GitHub answers. There are no maintainers here.
type teamMembership struct {
	Role  string `json:"role"`
	State string `json:"state"`
}

func (a *API) deleteTeamMember(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	return done(w, a.account.RemoveTeamMember(r.Context(), v, r.PathValue("org"), r.PathValue("team"), r.PathValue("user")))
}
