package restapi

import (
	"net/http"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/httpkit"
)

func (a *API) orgRoutes() []route {
	return []route{
		{"POST", "/admin/organizations", a.postOrg},
		{"GET", "/user/orgs", a.listOwnOrgs},
		{"GET", "/organizations", a.listOrgs},
		{"GET", "/orgs/{org}", a.getOrg},
		{"PATCH", "/orgs/{org}", a.patchOrg},
		{"DELETE", "/orgs/{org}", a.deleteOrg},
		{"GET", "/orgs/{org}/members", a.listMembers},
		{"GET", "/orgs/{org}/memberships/{user}", a.getMembership},
		{"PUT", "/orgs/{org}/memberships/{user}", a.putMembership},
		{"DELETE", "/orgs/{org}/memberships/{user}", a.deleteMembership},
		{"GET", "/orgs/{org}/service-accounts", a.listServiceAccounts},
		{"POST", "/orgs/{org}/service-accounts", a.postServiceAccount},
		{"DELETE", "/orgs/{org}/service-accounts/{user}", a.deleteServiceAccount},
	}
}

// org is an organization as its members see it.
type org struct {
	simpleOwner

	BaseRole          string  `json:"base_role"`
	MembersCreate     bool    `json:"members_can_create_packages"`
	AllowPublic       bool    `json:"allow_public"`
	DefaultVisibility *string `json:"default_visibility"`
	CreatedAt         *string `json:"created_at"`
}

type newOrgBody struct {
	Login string `json:"login"`
	Admin string `json:"admin"` // who owns it
}

// orgBody is what is to become of the settings of an organization.
type orgBody struct {
	BaseRole          *string           `json:"base_role,omitempty"`
	MembersCreate     *bool             `json:"members_can_create_packages,omitempty"`
	AllowPublic       *bool             `json:"allow_public,omitempty"`
	DefaultVisibility defaultVisibility `json:"default_visibility,omitzero"`
}

func orgJSON(o berth.Org) org {
	return org{
		simpleOwner{o.Login, o.ID, typeOrganization},
		o.BaseRole.String(), o.MembersCreate, o.AllowPublic, visibilityJSON(o.DefaultVisibility), stamp(o.CreatedAt),
	}
}

func orgName(o berth.Org) string { return o.Login }

func (a *API) postOrg(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	var body newOrgBody
	if err := known(v); err != nil {
		return err
	}
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	o, err := a.account.MakeOrg(r.Context(), v, body.Login, body.Admin)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, orgJSON(o))
}

func (a *API) listOwnOrgs(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	p, err := a.readPage(r)
	if err != nil {
		return err
	}
	own, err := a.account.ListOwnOrgs(r.Context(), v, p.after, p.limit())
	if err != nil {
		return err
	}
	list := make([]berth.Org, len(own))
	for i, o := range own {
		list[i] = o.Org
	}
	return writeList(w, p, list, orgName, orgJSON)
}

func (a *API) listOrgs(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	p, err := a.readPage(r)
	if err != nil {
		return err
	}
	list, err := a.account.ListOrgs(r.Context(), v, p.after, p.limit())
	if err != nil {
		return err
	}
	return writeList(w, p, list, orgName, orgJSON)
}

func (a *API) getOrg(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	o, err := a.account.GetOrg(r.Context(), v, r.PathValue("org"))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, orgJSON(o))
}

func (a *API) patchOrg(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	var body orgBody
	if err := known(v); err != nil {
		return err
	}
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	c := account.OrgChange{MembersCreate: body.MembersCreate, AllowPublic: body.AllowPublic, DefaultVisibility: body.DefaultVisibility.value}
	if body.BaseRole != nil {
		role, err := parseBaseRole(*body.BaseRole)
		if err != nil {
			return err
		}
		c.BaseRole = &role
	}
	o, err := a.account.UpdateOrg(r.Context(), v, r.PathValue("org"), c)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, orgJSON(o))
}

// parseBaseRole reads a role of which there may be none.
func parseBaseRole(s string) (berth.Role, error) {
	if s == berth.RoleNone.String() {
		return berth.RoleNone, nil
	}
	return berth.ParseRole(s)
}

func (a *API) deleteOrg(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	return done(w, a.account.DeleteOrg(r.Context(), v, r.PathValue("org"), disposal(r)))
}

// Members are called as GitHub calls them: an owner is an admin.
const (
	roleAdmin  = "admin"
	roleMember = "member"
)

func memberRole(m berth.Member) string {
	if m.Owner {
		return roleAdmin
	}
	return roleMember
}

type member struct {
	simpleOwner

	Role string `json:"role"`
}

func (a *API) listMembers(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	p, err := a.readPage(r)
	if err != nil {
		return err
	}
	list, err := a.account.ListMembers(r.Context(), v, r.PathValue("org"), p.after, p.limit())
	if err != nil {
		return err
	}
	return writeList(w, p, list, func(m berth.Member) string { return m.Login },
		func(m berth.Member) member { return member{simpleUser(m.User), memberRole(m)} })
}

type membership struct {
	User  simpleOwner `json:"user"`
	Role  string      `json:"role"`
	State string      `json:"state"`
}

func (a *API) getMembership(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	m, err := a.account.GetMember(r.Context(), v, r.PathValue("org"), r.PathValue("user"))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, membership{simpleUser(m.User), memberRole(m), "active"})
}

func (a *API) putMembership(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	var body roleBody
	if err := known(v); err != nil {
		return err
	}
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	if body.Role != roleAdmin && body.Role != roleMember {
		return berth.ErrRequestInvalid.With("role %.40q is not admin or member", body.Role)
	}
	if err := a.account.AddMember(r.Context(), v, r.PathValue("org"), r.PathValue("user"), body.Role == roleAdmin); err != nil {
		return err
	}
	return a.getMembership(w, r, v)
}

func (a *API) deleteMembership(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	return done(w, a.account.RemoveMember(r.Context(), v, r.PathValue("org"), r.PathValue("user")))
}

type serviceAccount struct {
	simpleOwner

	Repository *string `json:"repository"`
	CreatedAt  *string `json:"created_at"`
}

type serviceAccountBody struct {
	Login      string `json:"login"`
	Repository string `json:"repository,omitempty"` // whose CI it is
}

func serviceAccountJSON(u berth.User) serviceAccount {
	out := serviceAccount{simpleOwner: simpleUser(u), CreatedAt: stamp(u.CreatedAt)}
	if u.Repository != "" {
		out.Repository = &u.Repository
	}
	return out
}

func (a *API) listServiceAccounts(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	p, err := a.readPage(r)
	if err != nil {
		return err
	}
	list, err := a.account.ListServiceAccounts(r.Context(), v, r.PathValue("org"), p.after, p.limit())
	if err != nil {
		return err
	}
	return writeList(w, p, list, func(u berth.User) string { return u.Login }, serviceAccountJSON)
}

func (a *API) postServiceAccount(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	var body serviceAccountBody
	if err := known(v); err != nil {
		return err
	}
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	u, err := a.account.CreateServiceAccount(r.Context(), v, r.PathValue("org"), body.Login, body.Repository)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, serviceAccountJSON(u))
}

func (a *API) deleteServiceAccount(w *httpkit.Writer, r *http.Request, v berth.Viewer) error {
	return done(w, a.account.DeleteServiceAccount(r.Context(), v, r.PathValue("org"), r.PathValue("user"), disposal(r)))
}
