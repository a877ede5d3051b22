package webui

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/registry"
	"github.com/berth-registry/berth/internal/webui/view"
)

// getAccess lists the roles given on a package.
func (u *UI) getAccess(w *httpkit.Writer, r *http.Request, v berth.Viewer, at place) error {
	return u.showAccess(w, r, v, at, sent{}, view.RoleRow{})
}

func (u *UI) showAccess(w *httpkit.Writer, r *http.Request, v berth.Viewer, at place, s sent, typed view.RoleRow) error {
	after := r.URL.Query().Get("after")
	id := parseID(after)
	if after != "" && id == 0 {
		return berth.ErrPageInvalid.With("after is %.20q, which no list gave", after)
	}
	list, err := u.registry.ListRoles(r.Context(), v, at.name, id, pageSize+1)
	if err != nil {
		return err
	}
	p := view.AccessSettings{
		Top: at.settings("access"), Wrong: s.wrong(), Org: at.pkg.OwnerKind == "org", Inherits: at.pkg.Inherit, Repository: at.pkg.Repository, Typed: typed,
	}
	for _, role := range list[:min(len(list), pageSize)] {
		p.Rows = append(p.Rows, view.RoleRow{Kind: role.Kind, Name: role.Name, Role: role.Role.String()})
	}
	if len(list) > pageSize {
		next := url.Values{"after": {strconv.FormatInt(list[pageSize-1].ID, 10)}}
		p.Next = templ.SafeURL(at.path("/-/settings/access") + "?" + next.Encode())
	}
	return u.show(w, r, v, page{status: s.status, title: "Access to " + at.name.String(), main: view.PackageAccess(p)})
}

// readHolder reads who a form is about.
func readHolder(r *http.Request, owner string) (registry.Holder, error) {
	who := entered(r, "who")
	if who == "" {
		return registry.Holder{}, berth.ErrRequestInvalid.With("write whose role it is")
	}
	switch kind := r.PostForm.Get("kind"); kind {
	case "user":
		return registry.Holder{User: who}, nil
	case "team":
		return registry.Holder{Team: who}, nil
	case "repository":
		return registry.Holder{Repository: withOwner(who, owner)}, nil
	default:
		return registry.Holder{}, berth.ErrRequestInvalid.With("kind is %.20q; use user, team or repository", kind)
	}
}

// postRole gives a role on a package, or changes one.
func (u *UI) postRole(w *httpkit.Writer, r *http.Request, v berth.Viewer, at place) error {
	get := r.PostForm.Get
	holder, err := readHolder(r, at.name.Owner)
	var role berth.Role
	if err == nil {
		role, err = berth.ParseRole(get("role"))
	}
	if err == nil {
		err = u.registry.GrantRole(r.Context(), v, at.name, holder, role)
	}
	if err != nil {
		typed := view.RoleRow{Kind: get("kind"), Name: get("who"), Role: get("role")}
		return againIn(typed.Kind, err, func(s sent) error { return u.showAccess(w, r, v, at, s, typed) })
	}
	return u.done(w, r, at.path("/-/settings/access"), "%s has the role %s on %s.", strings.TrimSpace(get("who")), role, at.name)
}

// postDropRole takes a role away. Who takes his own away may not see the page any more.
func (u *UI) postDropRole(w *httpkit.Writer, r *http.Request, v berth.Viewer, at place) error {
	holder, err := readHolder(r, at.name.Owner)
	if err == nil {
		err = u.registry.RevokeRole(r.Context(), v, at.name, holder)
	}
	if err != nil {
		return again(err, func(s sent) error { return u.showAccess(w, r, v, at, s, view.RoleRow{}) })
	}
	location := at.path("/-/settings/access")
	if strings.EqualFold(holder.User, v.Login) {
		location = "/"
	}
	return u.done(w, r, location, "%s has no role of its own on %s any more.", entered(r, "who"), at.name)
}
