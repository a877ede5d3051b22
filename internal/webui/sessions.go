package webui

import (
	"net/http"
	"strconv"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/webui/view"
)

func (u *UI) getSessions(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	list, err := u.account.ListSessions(r.Context(), v)
	if err != nil {
		return err
	}
	rows := make([]view.SessionRow, len(list))
	for i, s := range list {
		a := readAgent(s.UserAgent)
		rows[i] = view.SessionRow{
			ID: strconv.FormatInt(s.ID, 10), What: a.what, Agent: s.UserAgent, Handheld: a.handheld, Program: a.program, Address: s.Address,
			CreatedAt: s.CreatedAt, UsedAt: s.UsedAt, ExpiresAt: s.ExpiresAt, Current: s.Current,
		}
	}
	return u.show(w, r, v, page{title: "Sessions", main: view.Sessions(rows)})
}

func (u *UI) postEndSession(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	id, ok := pathID(r)
	if !ok {
		return berth.ErrSessionUnknown
	}
	if err := u.account.EndSession(r.Context(), v, id); err != nil {
		return err
	}
	if id == v.SessionID {
		u.setCookie(w, r, cookieSession, "", 0)
		return redirect(w, "/")
	}
	return u.done(w, r, "/settings/sessions", "The session has ended.")
}

func (u *UI) postEndOthers(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	if err := u.account.EndOtherSessions(r.Context(), v); err != nil {
		return err
	}
	return u.done(w, r, "/settings/sessions", "All other sessions have ended.")
}
