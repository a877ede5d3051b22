package restapi

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/httpkit"
)

func (a *API) signInRoutes() []route {
	return []route{
		{"POST", "/login", a.postLogin},
		{"PUT", "/user/password", a.putPassword},
		{"GET", "/user/sessions", a.listSessions},
		{"DELETE", "/user/sessions/{id}", a.deleteSession},
		{"GET", "/user/second-factor", a.getSecondFactor},
		{"POST", "/user/second-factor", a.postSecondFactor},
		{"PUT", "/user/second-factor", a.putSecondFactor},
		{"DELETE", "/user/second-factor", a.deleteSecondFactor},
		{"POST", "/user/second-factor/recovery-codes", a.postRecoveryCodes},
		{"DELETE", "/admin/users/{owner}/second-factor", a.resetSecondFactor},
		{"GET", "/invitations", a.listInvitations},
		{"POST", "/invitations", a.postInvitation},
		{"GET", "/orgs/{owner}/invitations", a.listInvitations},
		{"POST", "/orgs/{owner}/invitations", a.postInvitation},
		{"DELETE", "/invitations/{id}", a.deleteInvitation},
		{"POST", "/join", a.postJoin},
	}
}

type jsonLogin struct {
	Token     string  `json:"token"` // of the session
	Login     string  `json:"login"`
	ExpiresAt *string `json:"expires_at"`
}

type loginBody struct {
	Login    string `json:"login"`
	Password string `json:"password"`
	Code     string `json:"code,omitempty"`
	Name     string `json:"name,omitempty"` // of the computer, for the list of sessions
}

type joinBody struct {
	Invitation string `json:"invitation,omitempty"` // its secret
	Login      string `json:"login"`
	Password   string `json:"password"`
}

// postLogin signs a program in, as a browser would be: by password and, where the
// account has one, a code of the second factor.
func (a *API) postLogin(w *httpkit.Writer, r *http.Request, _ berth.Viewer) error {
	var in loginBody
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	name := cmp.Or(in.Name, r.UserAgent())
	session, err := a.account.SignInProgram(r.Context(), in.Login, in.Password, in.Code, a.origins.Address(r), name)
	if err != nil {
		return err
	}
	return a.writeSession(w, r, session)
}

func (a *API) writeSession(w *httpkit.Writer, r *http.Request, session account.Session) error {
	v, err := a.account.ProgramViewer(r.Context(), session.Secret, a.origins.Address(r))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, jsonLogin{session.Secret, v.Login, stamp(session.ExpiresAt)})
}

type ownPasswordBody struct {
	Current  string `json:"current,omitempty"`
	Password string `json:"password"`
}

func (a *API) putPassword(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	var in ownPasswordBody
	if err := known(v); err != nil {
		return err
	}
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	if err := a.account.ChangePassword(r.Context(), v, in.Current, in.Password); err != nil {
		return err
	}
	return noContent(w)
}

func (a *API) listSessions(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	list, err := a.account.ListSessions(r.Context(), v)
	if err != nil {
		return err
	}
	if list == nil {
		list = []account.Session{}
	}
	return writeJSON(w, http.StatusOK, list)
}

func (a *API) deleteSession(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	if err := a.account.EndSession(r.Context(), v, id(r, "id")); err != nil {
		return err
	}
	return noContent(w)
}

func (a *API) getSecondFactor(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	state, err := a.account.GetSecondFactor(r.Context(), v)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, state)
}

// proof is what a change to an account's sign-in needs besides the credentials.
type proof struct {
	Password string `json:"password,omitempty"`
	Code     string `json:"code,omitempty"`
}

func readProof(w *httpkit.Writer, r *http.Request, v berth.Viewer) (proof, error) {
	var in proof
	if err := known(v); err != nil {
		return in, err
	}
	return in, readJSON(w, r, &in)
}

func (a *API) postSecondFactor(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	in, err := readProof(w, r, v)
	if err != nil {
		return err
	}
	factor, err := a.account.StartSecondFactor(r.Context(), v, in.Password)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, factor)
}

type jsonRecovery struct {
	RecoveryCodes []string `json:"recovery_codes"`
}

func (a *API) putSecondFactor(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	in, err := readProof(w, r, v)
	if err != nil {
		return err
	}
	codes, err := a.account.ConfirmSecondFactor(r.Context(), v, in.Code)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, jsonRecovery{codes})
}

func (a *API) deleteSecondFactor(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	in, err := readProof(w, r, v)
	if err != nil {
		return err
	}
	if err := a.account.RemoveSecondFactor(r.Context(), v, in.Password, in.Code); err != nil {
		return err
	}
	return noContent(w)
}

func (a *API) postRecoveryCodes(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	in, err := readProof(w, r, v)
	if err != nil {
		return err
	}
	codes, err := a.account.NewRecoveryCodes(r.Context(), v, in.Password, in.Code)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, jsonRecovery{codes})
}

func (a *API) resetSecondFactor(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	if err := a.account.ResetSecondFactor(r.Context(), v, r.PathValue("owner")); err != nil {
		return err
	}
	return noContent(w)
}

func (a *API) listInvitations(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	p, after, err := a.readPageByID(r)
	if err != nil {
		return err
	}
	org := cmp.Or(r.PathValue("owner"), p.query.Get("org"))
	list, err := a.account.ListInvitations(r.Context(), v, org, after, p.limit())
	if err != nil {
		return err
	}
	return writePage(w, p, list, func(i account.Invitation) string { return strconv.FormatInt(i.ID, 10) })
}

type jsonInvitation struct {
	account.Invitation

	URL string `json:"url"` // where whoever is invited makes the account
}

type invitationBody struct {
	Note      string `json:"note,omitempty"`
	Org       string `json:"org,omitempty"`
	Owner     bool   `json:"owner,omitempty"`
	ExpiresIn int64  `json:"expires_in,omitempty"` // seconds, 0 for a week
}

func (a *API) postInvitation(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	var in invitationBody
	if err := known(v); err != nil {
		return err
	}
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	org := r.PathValue("owner")
	if org != "" && in.Org != "" && !strings.EqualFold(org, in.Org) {
		return berth.ErrRequestInvalid.With("the address is of %s, the body of %.64q", org, in.Org)
	}
	if org == "" {
		org = in.Org
	}
	if in.ExpiresIn < 0 || in.ExpiresIn > 366*24*60*60 {
		return berth.ErrRequestInvalid.With("expires_in: expected seconds, up to 90 days")
	}
	i, err := a.account.Invite(r.Context(), v, account.Invitation{
		Note: in.Note, Org: org, Owner: in.Owner, Life: time.Duration(in.ExpiresIn) * time.Second,
	})
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, jsonInvitation{i, a.origins.Of(r) + "/join/" + i.Secret})
}

func (a *API) deleteInvitation(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	if err := a.account.DropInvitation(r.Context(), v, id(r, "id")); err != nil {
		return err
	}
	return noContent(w)
}

// postJoin makes an account for whoever was invited, or for anybody where
// registration is open.
func (a *API) postJoin(w *httpkit.Writer, r *http.Request, _ berth.Viewer) error {
	var in joinBody
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	v, err := a.account.Join(r.Context(), in.Invitation, in.Login, in.Password, a.origins.Address(r))
	if err != nil {
		return err
	}
	how := "registration"
	if in.Invitation != "" {
		how = "invitation"
	}
	session, err := a.account.CreateProgramSession(r.Context(), v.UserID, how, a.origins.Address(r), "berth")
	if err != nil {
		return err
	}
	return a.writeSession(w, r, session)
}
