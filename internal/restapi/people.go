package restapi

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/httpkit"
)

func (a *API) peopleRoutes() []route {
	return slices.Concat([]route{
		{"GET", "/user", a.getSelf},
		{"PATCH", "/user", a.patchSelf},
		{"GET", "/users", a.listUsers},
		{"GET", "/users/{owner}", a.getUser},
		{"PUT", "/users/{owner}/suspended", a.putSuspended},
		{"DELETE", "/users/{owner}/suspended", a.deleteSuspended},
		{"PUT", "/users/{owner}/site_admin", a.putSiteAdmin},
		{"DELETE", "/users/{owner}/site_admin", a.deleteSiteAdmin},
		{"POST", "/admin/users", a.postUser},
		{"PUT", "/admin/users/{owner}/password", a.putUserPassword},
		{"DELETE", "/admin/users/{owner}", a.deleteUser},
	}, a.orgRoutes(), a.teamRoutes())
}

// Owners are called as GitHub calls them.
const (
	typeUser           = "User"
	typeOrganization   = "Organization"
	typeServiceAccount = "ServiceAccount"
)

// simpleOwner is how an owner is named in other things.
type simpleOwner struct {
	Login string `json:"login"`
	ID    int64  `json:"id"`
	Type  string `json:"type"`
}

func simpleUser(u berth.User) simpleOwner {
	if u.Org != "" {
		return simpleOwner{u.Login, u.ID, typeServiceAccount}
	}
	return simpleOwner{u.Login, u.ID, typeUser}
}

// publicUser is what everybody sees of a user.
type publicUser struct {
	simpleOwner

	CreatedAt *string `json:"created_at"`
}

// privateUser is what he and administrators see.
type privateUser struct {
	publicUser

	SiteAdmin         bool    `json:"site_admin"`
	Suspended         bool    `json:"suspended"`
	TwoFactor         bool    `json:"two_factor_authentication"`
	DefaultVisibility *string `json:"default_visibility"`
}

func userJSON(u berth.User) any {
	public := publicUser{simpleUser(u), stamp(u.CreatedAt)}
	if !u.Known {
		return public
	}
	return privateUser{public, u.Admin, u.Blocked, u.SecondFactor, visibilityJSON(u.DefaultVisibility)}
}

// visibilityJSON prints a default visibility, null for the instance's.
func visibilityJSON(v berth.Visibility) *string {
	if v == "" {
		return nil
	}
	s := string(v)
	return &s
}

// defaultVisibility is a field of a body that may be missing (leave it), null (the
// instance's default) or a visibility.
type defaultVisibility struct{ value *berth.Visibility }

// UnmarshalJSON is called for null too, and not where the field is missing.
func (d *defaultVisibility) UnmarshalJSON(b []byte) error {
	d.value = new(berth.Visibility)
	return json.Unmarshal(b, d.value)
}

// userBody is what is to become of the viewer's own account.
type userBody struct {
	DefaultVisibility defaultVisibility `json:"default_visibility,omitzero"`
}

type newUserBody struct {
	Login     string `json:"login"`
	Password  string `json:"password"`
	SiteAdmin bool   `json:"site_admin,omitempty"`
}

type passwordBody struct {
	Password string `json:"password"`
}

func (a *API) getSelf(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	u, err := a.account.Self(r.Context(), v)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, userJSON(u))
}

func (a *API) patchSelf(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	var body userBody
	if err := known(v); err != nil {
		return err
	}
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	if body.DefaultVisibility.value == nil {
		return a.getSelf(w, r, v)
	}
	u, err := a.account.PutDefaultVisibility(r.Context(), v, *body.DefaultVisibility.value)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, userJSON(u))
}

func (a *API) listUsers(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	p, err := a.readPage(r)
	if err != nil {
		return err
	}
	list, err := a.account.ListUsers(r.Context(), v, p.after, p.limit())
	if err != nil {
		return err
	}
	return writeList(w, p, list, func(u berth.User) string { return u.Login }, userJSON)
}

// writeList is writePage for what is listed by name and printed in another form.
func writeList[T, J any](w *httpkit.Writer, p page, list []T, name func(T) string, show func(T) J) error {
	shown := make([]J, len(list))
	for i, t := range list {
		shown[i] = show(t)
	}
	last := ""
	if end := p.skip + p.size; len(list) > end {
		last = strings.ToLower(name(list[end-1]))
	}
	return writePage(w, p, shown, func(J) string { return last })
}

// getUser shows an owner of either kind.
func (a *API) getUser(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	name := r.PathValue("owner")
	u, err := a.account.GetUser(r.Context(), v, name)
	if err == nil {
		return writeJSON(w, http.StatusOK, userJSON(u))
	}
	if errors.Is(err, berth.ErrOwnerUnknown) {
		if o, found := a.account.GetOrg(r.Context(), v, name); found == nil {
			return writeJSON(w, http.StatusOK, orgJSON(o))
		}
	}
	return err
}

func (a *API) putSuspended(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	return done(w, a.account.SetBlocked(r.Context(), v, r.PathValue("owner"), true))
}

func (a *API) deleteSuspended(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	return done(w, a.account.SetBlocked(r.Context(), v, r.PathValue("owner"), false))
}

func (a *API) putSiteAdmin(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	return done(w, a.account.SetAdmin(r.Context(), v, r.PathValue("owner"), true))
}

func (a *API) deleteSiteAdmin(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	return done(w, a.account.SetAdmin(r.Context(), v, r.PathValue("owner"), false))
}

// done answers with no content unless there was an error.
func done(w *httpkit.Writer, err error) error {
	if err != nil {
		return err
	}
	return noContent(w)
}

func (a *API) postUser(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	var body newUserBody
	if err := known(v); err != nil {
		return err
	}
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	u, err := a.account.MakeUser(r.Context(), v, body.Login, body.Password, body.SiteAdmin)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, userJSON(u))
}

func (a *API) putUserPassword(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	var body passwordBody
	if err := known(v); err != nil {
		return err
	}
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	return done(w, a.account.SetPassword(r.Context(), v, r.PathValue("owner"), body.Password))
}

func (a *API) deleteUser(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	return done(w, a.account.DeleteUser(r.Context(), v, r.PathValue("owner"), disposal(r)))
}

// disposal reads what becomes of the packages of an owner who is deleted.
func disposal(r *http.Request) account.Disposal {
	q := r.URL.Query()
	return account.Disposal{Packages: q.Get("packages"), To: q.Get("to")}
}
