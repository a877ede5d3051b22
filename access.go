package berth

// Action is what somebody wants to do. Those on packages are called as in the
// token protocol.
type Action string

// The actions on a package.
const (
	ActionPull   Action = "pull"
	ActionPush   Action = "push"
	ActionDelete Action = "delete"
	// ActionAdmin is changing who may use the package, and its link.
	ActionAdmin Action = "admin"
	// ActionCatalog is listing the packages of the registry.
	ActionCatalog Action = "*"
)

// The actions on everything else.
const (
	ActionReadRepository   Action = "repository:read"
	ActionLinkRepository   Action = "repository:link" // a package to it
	ActionAdminRepository  Action = "repository:admin"
	ActionCreateRepository Action = "repository:create"

	ActionReadOrg  Action = "org:read" // its members, teams and settings
	ActionAdminOrg Action = "org:admin"

	ActionReadAccount  Action = "account:read" // one's own
	ActionAdminAccount Action = "account:admin"

	// ActionSite is administering the instance.
	ActionSite Action = "site:admin"
)

// Standing is all that the permission rule has to know about a viewer and the
// thing before him. It is read from the database in one query.
type Standing struct {
	OwnerID    int64  // 0 when there is no such owner
	PackageID  int64  // 0 when there is no such package
	Path       string // of the package, also when there is none yet
	Published  bool   // it has had a manifest; before that it does not exist for others
	Visibility Visibility
	Membership Membership
	BaseRole   Role // what the organization gives every member
	Role       Role // given explicitly, to the user, a team of his or his repository
	// RepositoryRole is held in the linked repository. It is RoleNone unless the
	// package inherits from that.
	RepositoryRole Role
	State          TypeState // of the package's type on the instance; "" is on
	MayCreate      bool      // members may create packages and repositories in this organization
}

// target is what an action is done to.
type target int

const (
	onPackage target = iota
	onRepository
	onNamespace // making things in it
	onOrg
	onAccount
	onSite
)

// rule is what an action needs: a role on its target, and credentials with one of
// the scopes.
type rule struct {
	on     target
	role   Role
	scopes Scopes
}

// ruleOf is the table of all rules. ok is false for what is no action on a thing.
func ruleOf(a Action) (r rule, ok bool) {
	switch a {
	case ActionPull:
		return rule{onPackage, RoleRead, ScopeReadPackages}, true
	case ActionPush:
		return rule{onPackage, RoleWrite, ScopeWritePackages}, true
	case ActionDelete:
		return rule{onPackage, RoleAdmin, ScopeDeletePackages}, true
	case ActionAdmin:
		return rule{onPackage, RoleAdmin, ScopeWritePackages}, true
	case ActionReadRepository:
		return rule{onRepository, RoleRead, ScopeReadPackages | ScopeWriteRepositories}, true
	case ActionLinkRepository:
		return rule{onRepository, RoleWrite, ScopeWritePackages | ScopeWriteRepositories}, true
	case ActionAdminRepository:
		return rule{onRepository, RoleAdmin, ScopeWriteRepositories}, true
	case ActionCreateRepository:
		return rule{onNamespace, RoleWrite, ScopeWriteRepositories}, true
	case ActionReadOrg:
		return rule{onOrg, RoleRead, ScopeReadUser}, true
	case ActionAdminOrg:
		return rule{onOrg, RoleAdmin, ScopeAdminOrg}, true
	case ActionReadAccount:
		return rule{onAccount, RoleAdmin, ScopeReadUser}, true
	case ActionAdminAccount:
		return rule{onAccount, RoleAdmin, ScopeUser}, true
	case ActionSite:
		return rule{onSite, RoleAdmin, ScopeAdmin}, true
	case ActionCatalog: // lists what may be pulled
	}
	return rule{}, false
}

// Can is the permission rule, the only one: may this viewer, with these
// credentials, do this to a thing before which he stands so?
func Can(v Viewer, s Standing, a Action) bool {
	r, ok := ruleOf(a)
	if !ok || v.Expired || s.OwnerID == 0 && r.on != onSite {
		return false
	}
	if r.role == RoleRead && s.visible(VisibilityPublic, r.on) {
		return true // to anybody, whatever his token says
	}
	return s.held(v, r.on) >= r.role && v.allows(s, r, a)
}

// allows reports whether the credentials leave the viewer a right that he has.
func (v Viewer) allows(s Standing, r rule, a Action) bool {
	return (!v.Bearer || r.on == onPackage) && v.Scopes&r.scopes != 0 && v.reaches(s, r.on) && v.acts(a)
}

// RoleOf returns the highest role that the viewer holds on the package.
func (s Standing) RoleOf(v Viewer) Role { return s.role(v, onPackage) }

// held is the role that counts for a target, with what everybody is allowed.
func (s Standing) held(v Viewer, on target) Role {
	role := s.role(v, on)
	if !v.Anonymous() && s.visible(VisibilityInternal, on) {
		role = max(role, RoleRead)
	}
	return role
}

func (s Standing) role(v Viewer, on target) Role {
	switch {
	case v.Anonymous():
		return RoleNone
	case v.Admin, on == onAccount && s.OwnerID == v.UserID:
		return RoleAdmin
	case on == onSite, on == onAccount:
		return RoleNone
	}
	switch s.Membership {
	case MembershipOwner:
		return RoleAdmin
	case MembershipMember:
		return s.memberRole(on)
	default:
		return s.strangerRole(on)
	}
}

// strangerRole is that of somebody who is nothing to the owner.
func (s Standing) strangerRole(on target) Role {
	if on == onOrg || on == onNamespace {
		return RoleNone
	}
	return max(s.Role, s.RepositoryRole)
}

// memberRole is that of a member of the organization. Members may make what is not
// there yet, where owners let them.
func (s Standing) memberRole(on target) Role {
	making := on == onNamespace || on == onPackage && !s.Published
	switch {
	case making && s.MayCreate:
		return RoleWrite
	case on == onOrg, on == onNamespace:
		return RoleRead
	case making:
		return RoleNone
	}
	return max(s.Role, s.RepositoryRole, s.BaseRole)
}

// visible reports whether packages or repositories can be read by all whom a
// visibility admits.
func (s Standing) visible(to Visibility, on target) bool {
	if on != onPackage && on != onRepository || !s.Published {
		return false
	}
	return s.Visibility == VisibilityPublic || s.Visibility == to
}
