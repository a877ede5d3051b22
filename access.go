package berth

import (
	"fmt"
	"slices"
)

// Action is what somebody wants to do with a package, in the words of the token
// protocol.
type Action string

// The actions of the OCI face.
const (
	ActionPull   Action = "pull"
	ActionPush   Action = "push"
	ActionDelete Action = "delete"
	// ActionCatalog is listing the packages of the registry.
	ActionCatalog Action = "*"
)

// Role is what somebody has been given on a package. Each contains the ones
// below it.
type Role int

// The roles.
const (
	RoleNone Role = iota
	RoleRead
	RoleWrite
	RoleAdmin
)

// String returns the role's name.
func (r Role) String() string { return [...]string{"none", "read", "write", "admin"}[r] }

// ParseRole returns the role of that name. An unknown name is RoleNone.
func ParseRole(s string) Role {
	for r := RoleRead; r <= RoleAdmin; r++ {
		if r.String() == s {
			return r
		}
	}
	return RoleNone
}

// Visibility says who may pull besides those with a role.
type Visibility string

// The visibilities.
const (
	VisibilityPrivate  Visibility = "private"  // nobody
	VisibilityInternal Visibility = "internal" // any signed-in user
	VisibilityPublic   Visibility = "public"   // anyone
)

// ParseVisibility returns the visibility of that name. Errors: ErrRequestInvalid.
func ParseVisibility(s string) (Visibility, error) {
	switch v := Visibility(s); v {
	case VisibilityPrivate, VisibilityInternal, VisibilityPublic:
		return v, nil
	}
	return "", ErrRequestInvalid.With("visibility %.40q is not private, internal or public", s)
}

// Membership is what somebody is to an owner.
type Membership int

// The memberships. A user is the owner of the namespace of the same name.
const (
	MembershipNone Membership = iota
	MembershipMember
	MembershipOwner
)

// Viewer is who asks: a user with what the credentials allow, or anonymous (the
// zero value).
type Viewer struct {
	UserID  int64  // 0 is anonymous
	Login   string // the user's name as displayed
	Admin   bool   // administers the whole instance
	TokenID int64  // the access token used, 0 for a password
	Scopes  Scopes // what the credentials allow

	// Grants narrows the viewer to what a bearer token names. It is used when
	// Bearer is set.
	Grants []Grant
	Bearer bool
	// Expired is set when the bearer has run out. It then only says who opened
	// an upload, so that a long layer can be finished.
	Expired bool
}

// Grant is one entry of a bearer token: actions on one package.
type Grant struct {
	Type    string   `json:"type"`
	Name    string   `json:"name"`
	Actions []Action `json:"actions"`
}

// Operator is the viewer for whoever runs commands on the data directory itself:
// the file system has already decided that he may do anything.
func Operator() Viewer {
	return Viewer{UserID: -1, Login: "operator", Admin: true, Scopes: ScopeAll}
}

// Anonymous reports whether nobody is signed in.
func (v Viewer) Anonymous() bool { return v.UserID == 0 }

// Covers reports whether the bearer, if there is one, names the action.
func (v Viewer) Covers(kind, name string, a Action) bool {
	if !v.Bearer {
		return true
	}
	return slices.ContainsFunc(v.Grants, func(g Grant) bool {
		return g.Type == kind && g.Name == name && slices.Contains(g.Actions, a)
	})
}

// Standing is all that the permission rule has to know about a viewer and a
// package. It is read from the database in one query.
type Standing struct {
	OwnerID    int64 // 0 when there is no such owner
	PackageID  int64 // 0 when there is no such package
	Published  bool  // it has had a manifest; before that it does not exist for others
	Visibility Visibility
	Membership Membership
	BaseRole   Role // what the organization gives every member
	Role       Role // given explicitly, to the user or a team
	MayCreate  bool // members may create packages in this organization
}

// RoleOf returns the highest role that the viewer holds on the package.
func (s Standing) RoleOf(v Viewer) Role {
	switch {
	case v.Anonymous():
		return RoleNone
	case v.Admin, s.Membership == MembershipOwner:
		return RoleAdmin
	case s.Membership == MembershipMember && s.Published:
		return max(s.Role, s.BaseRole)
	case s.Membership == MembershipMember && s.MayCreate:
		return RoleWrite // to make the first push
	case s.Membership == MembershipMember:
		return RoleNone
	}
	return s.Role
}

// Can is the permission rule, the only one: may this viewer, with these
// credentials, do this to a package in which the viewer stands so?
func Can(v Viewer, s Standing, a Action) bool {
	if s.OwnerID == 0 || v.Expired {
		return false
	}
	role := s.RoleOf(v)
	switch a {
	case ActionPull:
		if !v.Anonymous() && !v.Scopes.Has(ScopeReadPackages) {
			return s.Published && s.Visibility == VisibilityPublic
		}
		return role >= RoleRead || s.Published && visible(v, s.Visibility)
	case ActionPush:
		return role >= RoleWrite && v.Scopes.Has(ScopeWritePackages)
	case ActionDelete:
		return role >= RoleAdmin && v.Scopes.Has(ScopeDeletePackages)
	case ActionCatalog: // not about a package
	}
	return false
}

func visible(v Viewer, visibility Visibility) bool {
	switch visibility {
	case VisibilityPublic:
		return true
	case VisibilityInternal:
		return !v.Anonymous()
	case VisibilityPrivate:
	}
	return false
}

// Denial words a refusal for somebody who may know that the package exists:
// who asks, what is held, what is needed.
func Denial(v Viewer, s Standing, n Name, a Action) *Error {
	need, scope := RoleRead, ScopeReadPackages
	switch a {
	case ActionPush:
		need, scope = RoleWrite, ScopeWritePackages
	case ActionDelete:
		need, scope = RoleAdmin, ScopeDeletePackages
	case ActionPull, ActionCatalog:
	}
	if held := s.RoleOf(v); held < need {
		return ErrDenied.With("user %s has role %s on %s, %s needs %s; an owner of %s can give it", v.Login, held, n, a, need, n.Owner)
	}
	return ErrDenied.With("the token of user %s has the scopes %s, %s needs %s; make a token that has it", v.Login, noneIfEmpty(v.Scopes), a, scope)
}

func noneIfEmpty(s Scopes) fmt.Stringer {
	if s == 0 {
		return RoleNone
	}
	return s
}
