package meta

import (
	"context"
	"time"

	"github.com/berth-registry/berth"
)

// What happens when an owner goes.

const (
	// An organization takes its service accounts with it.
	qCountPublished = `SELECT count(*) FROM packages WHERE published_at IS NOT NULL
		AND (owner_id = $1 OR owner_id IN (SELECT u.owner_id FROM users u WHERE u.org_id = $1))`
	qListPackageIDs = `SELECT id FROM packages WHERE owner_id = $1
		AND (published_at IS NULL OR $2 OR deleted_at IS NOT NULL AND $3) ORDER BY id`

	// A package that inherits keeps what its repository let others see, but never
	// more than the organization allows.
	qFreezePackages = `UPDATE packages SET inherit = FALSE, repository_id = NULL, visibility = CASE WHEN visibility = 'public'
			AND EXISTS (SELECT 1 FROM orgs g WHERE g.owner_id = packages.owner_id AND NOT g.allow_public) THEN 'private' ELSE visibility END
		WHERE owner_id = $1`
	qCutLinks = `UPDATE packages SET inherit = FALSE, repository_id = NULL
		WHERE repository_id IN (SELECT id FROM repositories WHERE owner_id = $1)`
	qFindObstacle = `SELECT p.path FROM packages p WHERE p.owner_id = $1 AND p.deleted_at IS NULL
		AND (length(p.path) > $3 OR EXISTS (SELECT 1 FROM packages q WHERE q.owner_id = $2 AND q.path = p.path)
			OR EXISTS (SELECT 1 FROM package_aliases a WHERE a.owner_id = $2 AND a.path = p.path AND a.package_id <> p.id))
		ORDER BY p.path LIMIT 1`
	qMovePackages   = `UPDATE packages SET owner_id = $2 WHERE owner_id = $1`
	qDropOwnAliases = `DELETE FROM package_aliases WHERE owner_id = $1 AND EXISTS (
		SELECT 1 FROM packages p WHERE p.id = package_aliases.package_id AND p.owner_id = $1 AND p.path = package_aliases.path)`
	qDropMembersRoles = `DELETE FROM package_roles WHERE package_id IN (SELECT id FROM packages WHERE owner_id = $1)
		AND user_id IN (SELECT m.user_id FROM members m WHERE m.org_id = $1)`
	qDropRolesOfTeams  = `DELETE FROM package_roles WHERE team_id IN (SELECT id FROM teams WHERE org_id = $1)`
	qDropReposOfTeams  = `DELETE FROM repository_roles WHERE team_id IN (SELECT id FROM teams WHERE org_id = $1)`
	qDropPlacesOfTeams = `DELETE FROM team_members WHERE team_id IN (SELECT id FROM teams WHERE org_id = $1)`
	qDropTeams         = `DELETE FROM teams WHERE org_id = $1`
	qDropMembers       = `DELETE FROM members WHERE org_id = $1`
	qDropInvitations   = `DELETE FROM invitations WHERE org_id = $1`
	qDropOrg           = `DELETE FROM orgs WHERE owner_id = $1`

	qDropRolesOfRepositories = `DELETE FROM package_roles WHERE repository_id IN (SELECT id FROM repositories WHERE owner_id = $1)`
	qDropCollaborators       = `DELETE FROM repository_roles WHERE repository_id IN (SELECT id FROM repositories WHERE owner_id = $1)`
	qUnbindRepositories      = `UPDATE users SET repository_id = NULL WHERE repository_id IN (SELECT id FROM repositories WHERE owner_id = $1)`
	qDropRepositories        = `DELETE FROM repositories WHERE owner_id = $1`

	qDropTokens          = `DELETE FROM tokens WHERE user_id = $1`
	qDropSecondFactorOf  = `DELETE FROM second_factors WHERE user_id = $1`
	qDropRecoveryCodesOf = `DELETE FROM recovery_codes WHERE user_id = $1`
	qDropIdentitiesOf    = `DELETE FROM identities WHERE user_id = $1`
	qDropMemberships     = `DELETE FROM members WHERE user_id = $1`
	qDropPlaces          = `DELETE FROM team_members WHERE user_id = $1`
	qDropRoles           = `DELETE FROM package_roles WHERE user_id = $1`
	qDropCollaborations  = `DELETE FROM repository_roles WHERE user_id = $1`
	qDropUser            = `DELETE FROM users WHERE owner_id = $1`

	qDropOwner = `DELETE FROM owners WHERE id = $1`
)

// CountPublished returns how many packages an owner has into which something was
// pushed, those in the trash and those of an organization's service accounts too.
func (tx *Tx) CountPublished(ctx context.Context, owner int64) (int, error) {
	var n int
	err := tx.row(ctx, qCountPublished, owner).Scan(&n)
	return n, err
}

// ListPackageIDs returns the packages of an owner: all, or only those into which
// nothing was ever pushed, and with them those in the trash or not.
func (tx *Tx) ListPackageIDs(ctx context.Context, owner int64, all, trash bool) ([]int64, error) {
	return column[int64](ctx, tx, qListPackageIDs, owner, all, trash)
}

// FreezePackages unlinks all packages of an owner from their repositories. Each
// keeps as its own the visibility that it had.
func (tx *Tx) FreezePackages(ctx context.Context, owner int64) error {
	_, err := tx.exec(ctx, nil, qFreezePackages, owner)
	return err
}

// FindObstacle returns the path of a package that cannot go from one owner to
// another, because there is one that has or had that name, or its path is longer than
// the given length, "" when all can.
func (tx *Tx) FindObstacle(ctx context.Context, from, to int64, longest int) (string, error) {
	var path string
	err := tx.row(ctx, qFindObstacle, from, to, longest).Scan(&path)
	return path, orZero(err)
}

// MovePackages gives all packages of an owner to another, and returns how many. The
// members of an organization lose the roles that they were given on its packages.
// Errors: berth.ErrConflict when one of that name is made just now,
// berth.ErrUnavailable when the other is being deleted.
func (tx *Tx) MovePackages(ctx context.Context, from, to int64) (int64, error) {
	if _, err := tx.exec(ctx, nil, qDropMembersRoles, from); err != nil {
		return 0, err
	}
	n, err := tx.exec(ctx, nil, qMovePackages, from, to)
	if err != nil {
		return n, taken(err, berth.ErrConflict.With("a package of that name is made just now; try again"))
	}
	_, err = tx.exec(ctx, nil, qDropOwnAliases, to)
	return n, err
}

// DropUser forgets a user whose packages are gone, and all that he was given.
// Errors: berth.ErrConflict when he is given something just now.
func (tx *Tx) DropUser(ctx context.Context, id int64, now time.Time) error {
	if err := tx.DropUploadsOf(ctx, id, now); err != nil {
		return err
	}
	return tx.dropAll(
		ctx, id,
		qDropTokens, qDropSessionsOf, qDropSecondFactorOf, qDropRecoveryCodesOf, qDropIdentitiesOf,
		qDropMemberships, qDropPlaces, qDropRoles, qDropCollaborations,
		qCutLinks, qDropRolesOfRepositories, qDropCollaborators, qUnbindRepositories, qDropRepositories,
		qDropUser, qDropOwner,
	)
}

// DropOrg forgets an organization whose packages and service accounts are gone.
// Errors: berth.ErrConflict when something is made in it just now.
func (tx *Tx) DropOrg(ctx context.Context, id int64) error {
	return tx.dropAll(
		ctx, id,
		qDropRolesOfTeams, qDropReposOfTeams, qDropPlacesOfTeams, qDropTeams, qDropMembers, qDropInvitations,
		qCutLinks, qDropRolesOfRepositories, qDropCollaborators, qUnbindRepositories, qDropRepositories,
		qDropOrg, qDropOwner,
	)
}

func (tx *Tx) dropAll(ctx context.Context, owner int64, queries ...string) error {
	busy := berth.ErrConflict.With("somebody makes or changes something there just now; try again")
	for _, q := range queries {
		if _, err := tx.exec(ctx, busy, q, owner); err != nil {
			return err
		}
	}
	return nil
}
