package berth

import (
	"fmt"
	"strings"
)

// Denial words a refusal for somebody who may know that the thing exists: who
// asks, what is held, what is needed, and where that is changed. What names the
// thing, such as "acme/web" or "acme".
func Denial(v Viewer, s Standing, what string, a Action) *Error {
	r, ok := ruleOf(a)
	if !ok {
		return ErrDenied
	}
	// What the token lacks comes first: it is no more for what is there than for what
	// is not.
	switch {
	case v.Bearer && r.on != onPackage:
		return ErrDenied.With("a registry bearer is good for packages only; send the access token itself")
	case v.Scopes&r.scopes == 0:
		return ErrDenied.With("the token of user %s has the scopes %s, %s needs %s; make a token that has it", v.Login, noneIfEmpty(v.Scopes), doing(a), r.scopes.oneOf())
	case !v.reaches(s, r.on):
		return ErrDenied.With("the token of user %s is limited to other owners or packages than %s; make a token that reaches it", v.Login, what)
	}
	if !v.acts(a) {
		return ErrDenied.With("the token of user %s is limited to the actions %s; make a token that may %s", v.Login, v.Actions, a)
	}
	return ErrDenied.With("user %s has role %s on %s, %s needs %s; %s", v.Login, s.role(v, r.on), what, doing(a), r.role, giver(v, r, what, a))
}

// doing words an action.
func doing(a Action) string {
	switch a {
	case ActionAdmin, ActionAdminRepository, ActionAdminOrg, ActionAdminAccount:
		return "changing it"
	case ActionReadRepository, ActionReadOrg, ActionReadAccount:
		return "reading it"
	case ActionLinkRepository:
		return "linking to it"
	case ActionCreateRepository:
		return "making a repository in it"
	case ActionSite:
		return "administering it"
	default:
		return string(a)
	}
}

// giver says who can give the role that is needed, and with which command. It does
// not depend on whether the thing is there.
func giver(v Viewer, r rule, what string, a Action) string {
	switch r.on {
	case onPackage:
		owner, _, _ := strings.Cut(what, "/")
		text := fmt.Sprintf("an owner of %s can give it: berth package grant %s --user %s --role %s", owner, what, v.Login, r.role)
		if a == ActionPush {
			text += fmt.Sprintf(" (a new package is made by members, where owners let them: berth org set %s --members-create)", owner)
		}
		return text
	case onRepository:
		return fmt.Sprintf("who administers %s can give it: berth repo grant %s --user %s --role %s", what, what, v.Login, r.role)
	case onNamespace:
		return fmt.Sprintf("an owner of %s can let members do that: berth org set %s --members-create", what, what)
	case onOrg:
		return fmt.Sprintf("an owner of %s can make %s one: berth org add-member %s %s --as-owner", what, v.Login, what, v.Login)
	case onAccount, onSite:
	}
	return "ask an administrator of this registry"
}

func noneIfEmpty(s Scopes) fmt.Stringer {
	if s == 0 {
		return RoleNone
	}
	return s
}
