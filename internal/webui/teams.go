package webui

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/webui/view"
)

// readAfter reads the name with which a list of names goes on.
func readAfter(r *http.Request) (string, error) {
	after := r.URL.Query().Get("after")
	if len(after) > berth.MaxOwnerLength {
		return "", berth.ErrPageInvalid.With("after is not what a list gave")
	}
	return after, nil
}

func teamPath(o account.Owner, team string) string {
	return "/" + o.Login + "/-/teams/" + url.PathEscape(team)
}

// getTeams shows the teams of an organization.
func (u *UI) getTeams(w *httpkit.Writer, r *http.Request, v berth.Viewer, o account.Owner) error {
	return u.showTeams(w, r, v, o, sent{}, "")
}

func (u *UI) showTeams(w *httpkit.Writer, r *http.Request, v berth.Viewer, o account.Owner, s sent, name string) error {
	after, err := readAfter(r)
	if err != nil {
		return err
	}
	list, err := u.account.ListTeams(r.Context(), v, o.Login, after, pageSize+1)
	if err != nil {
		return err
	}
	list, more := cut(list, pageSize)
	p := view.TeamsPage{Owner: ownerTop(o, "teams"), Name: name, Wrong: s.text}
	for _, t := range list {
		p.Rows = append(p.Rows, view.TeamRow{Name: t.Name, CreatedAt: t.CreatedAt})
		if more {
			p.Next = t.Slug
		}
	}
	return u.show(w, r, v, page{status: s.status, title: "Teams of " + o.Login, main: view.Teams(p)})
}

// postTeam makes a team.
func (u *UI) postTeam(w *httpkit.Writer, r *http.Request, v berth.Viewer, o account.Owner) error {
	name := entered(r, "name")
	t, err := u.account.CreateTeam(r.Context(), v, o.Login, name)
	if err != nil {
		return again(err, func(s sent) error { return u.showTeams(w, r, v, o, s, name) })
	}
	return u.done(w, r, teamPath(o, t.Name), "The team %s is there. Add its first members.", t.Name)
}

// getTeam shows who is in a team.
func (u *UI) getTeam(w *httpkit.Writer, r *http.Request, v berth.Viewer, o account.Owner) error {
	return u.showTeam(w, r, v, o, sent{}, "")
}

func (u *UI) showTeam(w *httpkit.Writer, r *http.Request, v berth.Viewer, o account.Owner, s sent, who string) error {
	after, err := readAfter(r)
	if err != nil {
		return err
	}
	t, err := u.account.GetTeam(r.Context(), v, o.Login, r.PathValue("team"))
	if err != nil {
		return err
	}
	list, err := u.account.ListTeamMembers(r.Context(), v, o.Login, t.Name, after, pageSize+1)
	if err != nil {
		return err
	}
	list, more := cut(list, pageSize)
	p := view.TeamPage{Owner: ownerTop(o, "teams"), Name: t.Name, CreatedAt: t.CreatedAt, Who: who, Wrong: s.wrong()}
	for _, m := range list {
		p.Rows = append(p.Rows, view.MemberRow{Name: m.Login, Service: m.Org != ""})
		if more {
			p.Next = strings.ToLower(m.Login)
		}
	}
	return u.show(w, r, v, page{status: s.status, title: t.Name + " of " + o.Login, main: view.Team(p)})
}

// changeTeam does something with a team that one field of a form is about, and goes
// back to it.
func (u *UI) changeTeam(w *httpkit.Writer, r *http.Request, v berth.Viewer, o account.Owner, do func(team, who string) error, said string) error {
	t, err := u.account.GetTeam(r.Context(), v, o.Login, r.PathValue("team"))
	if err != nil {
		return err
	}
	who := entered(r, "who")
	if err := do(t.Name, who); err != nil {
		return againIn("members", err, func(s sent) error { return u.showTeam(w, r, v, o, s, who) })
	}
	return u.done(w, r, teamPath(o, t.Name), said, who, t.Name)
}

func (u *UI) postTeamMember(w *httpkit.Writer, r *http.Request, v berth.Viewer, o account.Owner) error {
	return u.changeTeam(w, r, v, o, func(team, who string) error {
		return u.account.AddTeamMember(r.Context(), v, o.Login, team, who)
	}, "%s is in %s.")
}

func (u *UI) postDropTeamMember(w *httpkit.Writer, r *http.Request, v berth.Viewer, o account.Owner) error {
	return u.changeTeam(w, r, v, o, func(team, who string) error {
		return u.account.RemoveTeamMember(r.Context(), v, o.Login, team, who)
	}, "%s is not in %s any more.")
}

// postDeleteTeam deletes a team whose name was typed.
func (u *UI) postDeleteTeam(w *httpkit.Writer, r *http.Request, v berth.Viewer, o account.Owner) error {
	t, err := u.account.GetTeam(r.Context(), v, o.Login, r.PathValue("team"))
	if err != nil {
		return err
	}
	if o.Changes { // others are refused before they are told what to type
		err = typed(r, t.Name)
	}
	if err == nil {
		err = u.account.DeleteTeam(r.Context(), v, o.Login, t.Name)
	}
	if err != nil {
		return againIn("delete", err, func(s sent) error { return u.showTeam(w, r, v, o, s, "") })
	}
	return u.done(w, r, "/"+o.Login+"/-/teams", "The team %s is deleted.", t.Name)
}
