package berth

import (
	"strings"
	"time"
)

// User is an account: a person, or a service account of an organization.
type User struct {
	ID        int64
	Login     string // as it was created
	CreatedAt time.Time
	// Org owns the service account, "" for a person.
	Org string
	// Repository is the one whose CI the service account is, "owner/name", or "".
	Repository string

	// Known says that the viewer may know what follows: of himself, or as an
	// administrator.
	Known             bool
	Admin             bool
	Blocked           bool
	SecondFactor      bool
	DefaultVisibility Visibility // of his new packages, "" for the instance's
}

// Org is an organization with its settings.
type Org struct {
	ID        int64
	Login     string // as it was created
	CreatedAt time.Time

	BaseRole          Role       // of every member on every package and repository
	MembersCreate     bool       // members may make packages and repositories
	AllowPublic       bool       // else nothing in it is public, whatever it says
	DefaultVisibility Visibility // of new packages, "" for the instance's
}

// Member is a user in an organization.
type Member struct {
	User

	Owner bool
}

// Team is a group of members of an organization, to whom roles are given at once.
type Team struct {
	ID        int64
	Name      string // as it was created
	Slug      string // as it is compared
	CreatedAt time.Time
}

// ParseTeam checks the name of a team and returns the folded form in which it is
// compared. The rules are those for owners, but no name is reserved, because teams
// are named inside their organization only. Errors: ErrRequestInvalid.
func ParseTeam(s string) (folded string, err error) {
	folded = strings.ToLower(s)
	switch {
	case len(s) > MaxOwnerLength:
		return "", ErrRequestInvalid.With("the name of the team is longer than %d bytes", MaxOwnerLength)
	case !isASCII(s), !validSegment(folded):
		return "", ErrRequestInvalid.With("the name of the team, %q, is not made of letters and digits, joined by '.', '_' or '-'", s)
	}
	return folded, nil
}
