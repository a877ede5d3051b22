package berth_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/berth-registry/berth"
)

// naive is the permission rule a second time, as the text has it, one sentence after
// another. It shares nothing with Can, and must not.
func naive(v berth.Viewer, s berth.Standing, a berth.Action) bool {
	switch {
	case v.Expired:
		return false
	case s.OwnerID == 0 && a != berth.ActionSite:
		return false
	}
	reads := a == berth.ActionPull || a == berth.ActionReadRepository
	if reads && s.Published && s.Visibility == berth.VisibilityPublic {
		return true
	}
	if v.UserID == 0 || !naiveToken(v, s, a) {
		return false
	}
	if v.Admin {
		return true
	}
	if reads && s.Published && s.Visibility == berth.VisibilityInternal {
		return true
	}
	return naiveRight(v, s, a)
}

// naiveScopes are of which one is enough.
func naiveScopes(a berth.Action) []berth.Scopes {
	switch a {
	case berth.ActionPull:
		return []berth.Scopes{berth.ScopeReadPackages}
	case berth.ActionPush, berth.ActionAdmin:
		return []berth.Scopes{berth.ScopeWritePackages}
	case berth.ActionDelete:
		return []berth.Scopes{berth.ScopeDeletePackages}
	case berth.ActionReadRepository:
		return []berth.Scopes{berth.ScopeReadPackages, berth.ScopeWriteRepositories}
	case berth.ActionLinkRepository:
		return []berth.Scopes{berth.ScopeWritePackages, berth.ScopeWriteRepositories}
	case berth.ActionAdminRepository, berth.ActionCreateRepository:
		return []berth.Scopes{berth.ScopeWriteRepositories}
	case berth.ActionReadOrg, berth.ActionReadAccount:
		return []berth.Scopes{berth.ScopeReadUser}
	case berth.ActionAdminOrg:
		return []berth.Scopes{berth.ScopeAdminOrg}
	case berth.ActionAdminAccount:
		return []berth.Scopes{berth.ScopeUser}
	case berth.ActionSite:
		return []berth.Scopes{berth.ScopeAdmin}
	case berth.ActionCatalog:
	}
	return nil
}

func onPackages(a berth.Action) bool {
	return slices.Contains([]berth.Action{berth.ActionPull, berth.ActionPush, berth.ActionDelete, berth.ActionAdmin}, a)
}

// naiveToken is what the credentials allow.
func naiveToken(v berth.Viewer, s berth.Standing, a berth.Action) bool {
	scoped := false
	for _, scope := range naiveScopes(a) {
		if v.Scopes&scope != 0 {
			scoped = true
		}
	}
	if !scoped {
		return false
	}
	if v.Bearer && !onPackages(a) { // for packages only
		return false
	}
	if len(v.Actions) > 0 {
		if !onPackages(a) { // for packages only
			return false
		}
		if a != berth.ActionPull && !slices.Contains(v.Actions, a) {
			return false
		}
	}
	if !v.Limited {
		return true
	}
	if a == berth.ActionReadAccount || a == berth.ActionAdminAccount || a == berth.ActionSite {
		return false
	}
	for _, l := range v.Limits {
		if l.OwnerID == s.OwnerID && l.Path == "" {
			return true
		}
		if l.OwnerID == s.OwnerID && l.Path == s.Path && onPackages(a) {
			return true
		}
	}
	return false
}

// naiveRight is what somebody may who is no administrator of the site, nor reads
// what everybody may.
func naiveRight(v berth.Viewer, s berth.Standing, a berth.Action) bool {
	owner, member := s.Membership == berth.MembershipOwner, s.Membership == berth.MembershipMember
	best := max(s.Role, s.RepositoryRole)
	if member {
		best = max(best, s.BaseRole)
	}
	if onPackages(a) && !s.Published {
		best = berth.RoleNone
		if member && s.MayCreate {
			best = berth.RoleWrite
		}
	}
	switch a {
	case berth.ActionPull, berth.ActionReadRepository:
		return owner || best >= berth.RoleRead
	case berth.ActionPush, berth.ActionLinkRepository:
		return owner || best >= berth.RoleWrite
	case berth.ActionDelete, berth.ActionAdmin, berth.ActionAdminRepository:
		return owner || best >= berth.RoleAdmin
	case berth.ActionCreateRepository:
		return owner || member && s.MayCreate
	case berth.ActionReadOrg:
		return owner || member
	case berth.ActionAdminOrg:
		return owner
	case berth.ActionReadAccount, berth.ActionAdminAccount:
		return s.OwnerID == v.UserID
	case berth.ActionSite, berth.ActionCatalog:
	}
	return false
}

func allActions() []berth.Action {
	return []berth.Action{
		berth.ActionPull, berth.ActionPush, berth.ActionDelete, berth.ActionAdmin, berth.ActionCatalog, "", "PULL",
		berth.ActionReadRepository, berth.ActionLinkRepository, berth.ActionAdminRepository, berth.ActionCreateRepository,
		berth.ActionReadOrg, berth.ActionAdminOrg, berth.ActionReadAccount, berth.ActionAdminAccount, berth.ActionSite,
	}
}

func randomViewer(r *rand.Rand) berth.Viewer {
	v := berth.Viewer{
		UserID: int64(r.IntN(4)), Admin: r.IntN(5) == 0, Scopes: berth.Scopes(r.IntN(int(berth.ScopeAll) + 1)),
		Expired: r.IntN(10) == 0, Bearer: r.IntN(4) == 0, Limited: r.IntN(3) == 0,
	}
	if r.IntN(3) == 0 {
		v.Scopes = berth.ScopeAll
	}
	if v.UserID == 0 {
		return berth.Viewer{Bearer: v.Bearer, Expired: v.Expired}
	}
	for v.Limited && r.IntN(2) == 0 {
		v.Limits = append(v.Limits, berth.Limit{OwnerID: 1 + int64(r.IntN(3)), Path: []string{"", "app", "base"}[r.IntN(3)]})
	}
	for r.IntN(4) == 0 {
		v.Actions = append(v.Actions, []berth.Action{berth.ActionPull, berth.ActionPush, berth.ActionDelete, berth.ActionAdmin}[r.IntN(4)])
	}
	return v
}

// randomStanding is one that can be read before an action.
func randomStanding(r *rand.Rand, a berth.Action) berth.Standing {
	role := func() berth.Role { return berth.Role(r.IntN(4)) }
	s := berth.Standing{
		OwnerID: int64(r.IntN(4)), PackageID: 9, Path: []string{"app", "base"}[r.IntN(2)], Published: r.IntN(5) > 0,
		Visibility: []berth.Visibility{berth.VisibilityPrivate, berth.VisibilityInternal, berth.VisibilityPublic}[r.IntN(3)],
		Membership: berth.Membership(r.IntN(3)), BaseRole: role(), Role: role(), RepositoryRole: role(), MayCreate: r.IntN(2) == 0,
	}
	switch a {
	case berth.ActionReadRepository, berth.ActionLinkRepository, berth.ActionAdminRepository:
		s.Path, s.Published, s.RepositoryRole = "", true, berth.RoleNone
	case berth.ActionCreateRepository, berth.ActionReadOrg, berth.ActionAdminOrg, berth.ActionReadAccount, berth.ActionAdminAccount, berth.ActionSite:
		s.Path, s.Published, s.Role, s.RepositoryRole = "", false, berth.RoleNone, berth.RoleNone
	default:
		if !s.Published { // nobody can be given a role before
			s.Role, s.RepositoryRole = berth.RoleNone, berth.RoleNone
		}
	}
	return s
}

// Can is what the text says, for random viewers and standings.
func TestCanIsNaive(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	r := rand.New(rand.NewPCG(seed, 0))
	const pairs = 50_000 // of each action
	allowed := map[berth.Action]int{}
	for _, a := range allActions() {
		for range pairs {
			v, s := randomViewer(r), randomStanding(r, a)
			can := berth.Can(v, s, a)
			if can != naive(v, s, a) {
				t.Fatalf("seed %d: Can is %t: %s", seed, can, describe("it should not be", v, s, a))
			}
			if can {
				allowed[a]++
			}
		}
	}
	for _, a := range allActions() {
		if none := a == berth.ActionCatalog || a == "" || a == "PULL"; none != (allowed[a] == 0) {
			t.Errorf("%q is allowed %d times in %d", a, allowed[a], pairs)
		}
	}
}
