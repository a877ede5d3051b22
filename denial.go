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
		return ErrDenied.With("the token of user %s has the scopes %s, %s needs %s; make a token that has it", v.Login, noneIfEmpty(v.Scopes), a, r.scopes.oneOf())
	case !v.reaches(s, r.on):
		return ErrDenied.With("the token of user %s is limited to other owners or packages than %s; make a token that reaches it", v.Login, what)
	}
	if !v.acts(a) {
		return ErrDenied.With("the token of user %s is limited to the actions %s; make a token that may %s", v.Login, v.Actions, a)
	}
	return ErrDenied.With("user %s has role %s on %s, %s needs %s; %s", v.Login, s.role(v, r.on), what, a, r.role, giver(r.on, what))
}

// giver says who can give a role, and how.
func giver(on target, what string) string {
	switch on {
	case onPackage:
		owner, _, _ := strings.Cut(what, "/")
		return fmt.Sprintf("an owner of %s can give it: berth package grant %s --user NAME --role ROLE", owner, what)
	case onRepository:
		return fmt.Sprintf("an administrator of %s can give it: berth repo grant %s --user NAME --role ROLE", what, what)
	case onOrg, onNamespace:
		return fmt.Sprintf("an owner of %s can change that: berth org", what)
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
