package registry_test

import (
	"fmt"
	"testing"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/meta"
)

// The CI of a repository has write on it, and more where it was given more.
func TestStandingOfCI(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	rows(t, s)
	s.As("ada").PushImage("acme/app", "v1", "1")
	s.Exec(`UPDATE packages SET inherit = TRUE, repository_id = (SELECT r.id FROM repositories r JOIN owners o ON o.id = r.owner_id WHERE o.folded = 'acme')`)
	s.Exec(`UPDATE users SET repository_id = (SELECT repository_id FROM packages)`)
	for _, role := range []berth.Role{berth.RoleNone, berth.RoleRead, berth.RoleWrite, berth.RoleAdmin} {
		s.Exec(`DELETE FROM repository_roles`)
		if role != berth.RoleNone {
			s.Exec(fmt.Sprintf(`INSERT INTO repository_roles (repository_id, user_id, role) SELECT p.repository_id, o.id, %d FROM packages p, owners o WHERE o.folded = 'bob'`, role))
		}
		want, bob := max(role, berth.RoleWrite), s.OwnerID("bob")
		err := s.Meta.View(t.Context(), func(tx *meta.Tx) error {
			pkg, err := tx.Standing(t.Context(), name(t, "acme/app"), bob)
			if err != nil || pkg.RepositoryRole != want {
				t.Errorf("with %s, on the package: %s, %v; want %s", role, pkg.RepositoryRole, err, want)
			}
			repo, _, err := tx.RepositoryStanding(t.Context(), "acme", "src", bob)
			if err != nil || repo.Role != want {
				t.Errorf("with %s, on the repository: %s, %v; want %s", role, repo.Role, err, want)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
