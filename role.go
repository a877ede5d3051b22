package berth

// Role is what somebody has been given on a package or a repository. Each contains
// the ones below it.
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

// ParseRole returns the role of that name. The finer levels of forges collapse:
// pull and triage are read, push and maintain are write.
// Errors: ErrRequestInvalid.
func ParseRole(s string) (Role, error) {
	switch s {
	case "read", "pull", "triage":
		return RoleRead, nil
	case "write", "push", "maintain":
		return RoleWrite, nil
	case "admin":
		return RoleAdmin, nil
	}
	return RoleNone, ErrRequestInvalid.With("role %.40q is not read, write or admin", s)
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

// String returns the membership's name, "" for none.
func (m Membership) String() string { return [...]string{"", "member", "owner"}[m] }
