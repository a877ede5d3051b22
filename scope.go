package berth

import (
	"strings"
)

// Scopes is the set of things a token allows. What its owner may do limits it
// further: a token never gives more than its owner has.
type Scopes uint32

// The scopes. Write and delete imply read:packages; user and admin:org imply
// read:user.
const (
	ScopeReadPackages Scopes = 1 << iota
	ScopeWritePackages
	ScopeDeletePackages
	ScopeReadUser
	ScopeAdminOrg
	ScopeWriteRepositories
	ScopeAdmin
	ScopeUser
	scopeEnd

	// ScopeAll is what a password gives.
	ScopeAll = scopeEnd - 1
	// ScopesPackages are the scopes of which a registry login needs at least one.
	ScopesPackages = ScopeReadPackages | ScopeWritePackages | ScopeDeletePackages
)

// scopeNames are the names in bit order.
const scopeNames = "read:packages,write:packages,delete:packages,read:user,admin:org,write:repositories,admin,user"

// ParseScopes reads a list of scope names separated by commas or spaces.
// Errors: ErrTokenInvalid.
func ParseScopes(s string) (Scopes, error) {
	var set Scopes
	names := strings.Split(scopeNames, ",")
next:
	for _, f := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' }) {
		for i, name := range names {
			if f == name {
				set |= 1 << i
				continue next
			}
		}
		return 0, ErrTokenInvalid.With("scope %.40q is unknown; choose from %s", f, scopeNames)
	}
	if set == 0 {
		return 0, ErrTokenInvalid.With("no scope given; choose from %s", scopeNames)
	}
	return set.implied(), nil
}

func (s Scopes) implied() Scopes {
	if s&(ScopeWritePackages|ScopeDeletePackages) != 0 {
		s |= ScopeReadPackages
	}
	if s&(ScopeUser|ScopeAdminOrg) != 0 {
		s |= ScopeReadUser
	}
	return s
}

// Has reports whether s contains all of want.
func (s Scopes) Has(want Scopes) bool { return s&want == want }

// String lists the names, separated by commas.
func (s Scopes) String() string { return s.join(",") }

// oneOf lists the names as a choice.
func (s Scopes) oneOf() string { return s.join(" or ") }

func (s Scopes) join(separator string) string {
	var out []string
	for i, name := range strings.Split(scopeNames, ",") {
		if s&(1<<i) != 0 {
			out = append(out, name)
		}
	}
	return strings.Join(out, separator)
}
