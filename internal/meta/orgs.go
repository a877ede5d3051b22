package meta

import (
	"context"
	"database/sql"
	"time"

	"github.com/berth-registry/berth"
)

const (
	qGetOrg = `SELECT o.id, o.name, o.created_at, g.base_role, g.members_create, g.allow_public, COALESCE(o.default_visibility, '')
		FROM orgs g JOIN owners o ON o.id = g.owner_id WHERE g.owner_id = $1`
	qListOrgs = `SELECT o.id, o.name, o.created_at, g.base_role, g.members_create, g.allow_public, COALESCE(o.default_visibility, '')
		FROM orgs g JOIN owners o ON o.id = g.owner_id
		WHERE o.folded > $1 ORDER BY o.folded LIMIT $2`
	qListOrgsOf = `SELECT o.id, o.name, o.created_at, g.base_role, g.members_create, g.allow_public, COALESCE(o.default_visibility, ''), m.owner
		FROM members m JOIN orgs g ON g.owner_id = m.org_id JOIN owners o ON o.id = g.owner_id
		WHERE m.user_id = $1 AND o.folded > $2 ORDER BY o.folded LIMIT $3`
	qPutOrg   = `UPDATE orgs SET base_role = $2, members_create = $3, allow_public = $4 WHERE owner_id = $1`
	qLockOrg  = `UPDATE orgs SET base_role = base_role WHERE owner_id = $1`
	qLockOrgs = `UPDATE orgs SET base_role = base_role
		WHERE owner_id IN (SELECT m.org_id FROM members m WHERE m.user_id = $1 AND m.owner)`

	qGetMember   = `SELECT owner FROM members WHERE org_id = $1 AND user_id = $2`
	qListMembers = `SELECT o.id, o.name, o.created_at, COALESCE(g.name, ''), COALESCE(r.folded || '/' || s.name, ''),
			u.admin, u.blocked_at IS NOT NULL, FALSE, COALESCE(o.default_visibility, ''), m.owner
		FROM members m JOIN owners o ON o.id = m.user_id JOIN users u ON u.owner_id = m.user_id
		LEFT JOIN owners g ON g.id = u.org_id
		LEFT JOIN repositories s ON s.id = u.repository_id LEFT JOIN owners r ON r.id = s.owner_id
		WHERE m.org_id = $1 AND o.folded > $2 ORDER BY o.folded LIMIT $3`
	qCountOtherOwners = `SELECT count(*) FROM members m JOIN users u ON u.owner_id = m.user_id
		WHERE m.org_id = $1 AND m.owner AND m.user_id <> $2 AND u.blocked_at IS NULL`
	qOrgWithoutOwner = `SELECT COALESCE(min(o.name), '') FROM members m JOIN owners o ON o.id = m.org_id
		WHERE m.user_id = $1 AND m.owner AND NOT EXISTS (
			SELECT 1 FROM members x JOIN users u ON u.owner_id = x.user_id
			WHERE x.org_id = m.org_id AND x.owner AND x.user_id <> $1 AND u.blocked_at IS NULL)`

	qDropMember            = `DELETE FROM members WHERE org_id = $1 AND user_id = $2`
	qDropMemberTeams       = `DELETE FROM team_members WHERE user_id = $2 AND team_id IN (SELECT id FROM teams WHERE org_id = $1)`
	qDropMemberRoles       = `DELETE FROM package_roles WHERE user_id = $2 AND package_id IN (SELECT id FROM packages WHERE owner_id = $1)`
	qDropMemberCollaborate = `DELETE FROM repository_roles WHERE user_id = $2
		AND repository_id IN (SELECT id FROM repositories WHERE owner_id = $1)`
)

// GetOrg returns the organization of that id. Errors: berth.ErrOwnerUnknown.
func (tx *Tx) GetOrg(ctx context.Context, id int64) (berth.Org, error) {
	var o berth.Org
	err := scanOrg(tx.row(ctx, qGetOrg, id).Scan, &o)
	return o, orUnknown(err, berth.ErrOwnerUnknown)
}

func scanOrg(scan func(...any) error, o *berth.Org, more ...any) error {
	var created int64
	err := scan(append([]any{&o.ID, &o.Login, &created, &o.BaseRole, &o.MembersCreate, &o.AllowPublic, &o.DefaultVisibility}, more...)...)
	o.CreatedAt = fromMicros(created)
	return err
}

// ListOrgs returns up to limit organizations, by folded name after the given one.
func (tx *Tx) ListOrgs(ctx context.Context, after string, limit int) ([]berth.Org, error) {
	var list []berth.Org
	err := tx.list(ctx, func(rows *sql.Rows) error {
		var o berth.Org
		err := scanOrg(rows.Scan, &o)
		list = append(list, o)
		return err
	}, qListOrgs, after, limit)
	return list, err
}

// OwnOrg is an organization in which a user is a member, and whether he owns it.
type OwnOrg struct {
	berth.Org

	Owner bool
}

// ListOrgsOf returns up to limit organizations in which a user is a member, by
// folded name after the given one.
func (tx *Tx) ListOrgsOf(ctx context.Context, user int64, after string, limit int) ([]OwnOrg, error) {
	var list []OwnOrg
	err := tx.list(ctx, func(rows *sql.Rows) error {
		var o OwnOrg
		err := scanOrg(rows.Scan, &o.Org, &o.Owner)
		list = append(list, o)
		return err
	}, qListOrgsOf, user, after, limit)
	return list, err
}

// PutOrg changes an organization's own settings. Its default visibility is its
// owner row's. Errors: berth.ErrOwnerUnknown.
func (tx *Tx) PutOrg(ctx context.Context, o berth.Org) error {
	return tx.one(ctx, berth.ErrOwnerUnknown, qPutOrg, o.ID, int64(o.BaseRole), o.MembersCreate, o.AllowPublic)
}

// LockOrg keeps other transactions that lock the organization from going on until
// this one ends, so that its owners can be counted. Errors: berth.ErrOwnerUnknown.
func (tx *Tx) LockOrg(ctx context.Context, org int64) error {
	return tx.one(ctx, berth.ErrOwnerUnknown, qLockOrg, org)
}

// LockOrgsOf locks every organization that a user owns.
func (tx *Tx) LockOrgsOf(ctx context.Context, user int64) error {
	_, err := tx.exec(ctx, nil, qLockOrgs, user)
	return err
}

// GetMember reports whether a user is a member of an organization, and an owner.
func (tx *Tx) GetMember(ctx context.Context, org, user int64) (berth.Membership, error) {
	var owner bool
	err := tx.row(ctx, qGetMember, org, user).Scan(&owner)
	switch {
	case err != nil:
		return berth.MembershipNone, orZero(err)
	case owner:
		return berth.MembershipOwner, nil
	}
	return berth.MembershipMember, nil
}

// ListMembers returns up to limit members of an organization, by folded name after
// the given one.
func (tx *Tx) ListMembers(ctx context.Context, org int64, after string, limit int) ([]berth.Member, error) {
	var list []berth.Member
	err := tx.list(ctx, func(rows *sql.Rows) error {
		var m berth.Member
		err := scanAccount(rows.Scan, &m.User, &m.Owner)
		list = append(list, m)
		return err
	}, qListMembers, org, after, limit)
	return list, err
}

// CountOtherOwners returns how many owners an organization has that are not blocked,
// without the given user.
func (tx *Tx) CountOtherOwners(ctx context.Context, org, user int64) (int, error) {
	var n int
	err := tx.row(ctx, qCountOtherOwners, org, user).Scan(&n)
	return n, err
}

// OrgWithoutOwner returns the name of an organization that would have no owner, or
// only blocked ones, without the user, "" when there is none.
func (tx *Tx) OrgWithoutOwner(ctx context.Context, user int64) (string, error) {
	var name string
	err := tx.row(ctx, qOrgWithoutOwner, user).Scan(&name)
	return name, err
}

// DropMember makes a user no longer a member, and takes away what he was given in
// the organization: his places in its teams, his roles on its packages and
// repositories.
func (tx *Tx) DropMember(ctx context.Context, org, user int64) error {
	for _, q := range []string{qDropMemberTeams, qDropMemberRoles, qDropMemberCollaborate, qDropMember} {
		if _, err := tx.exec(ctx, nil, q, org, user); err != nil {
			return err
		}
	}
	return nil
}

const (
	qHoldName = `INSERT INTO held_names (folded, until) VALUES ($1, $2)
		ON CONFLICT (folded) DO UPDATE SET until = excluded.until`
	qHeldUntil    = `SELECT until FROM held_names WHERE folded = $1`
	qFreeName     = `DELETE FROM held_names WHERE folded = $1`
	qFreeOldNames = `DELETE FROM held_names WHERE until <= $1`
)

// HoldName keeps a name from being chosen until a time.
func (tx *Tx) HoldName(ctx context.Context, folded string, until time.Time) error {
	_, err := tx.exec(ctx, nil, qHoldName, folded, micros(until))
	return err
}

// HeldUntil returns until when a name is held, the zero time when it is not.
func (tx *Tx) HeldUntil(ctx context.Context, folded string) (time.Time, error) {
	var until int64
	err := tx.row(ctx, qHeldUntil, folded).Scan(&until)
	if err != nil {
		return time.Time{}, orZero(err)
	}
	return fromMicros(until), nil
}

// FreeName ends the hold on a name.
func (tx *Tx) FreeName(ctx context.Context, folded string) error {
	_, err := tx.exec(ctx, nil, qFreeName, folded)
	return err
}

// FreeNames ends the holds that have run out.
func (tx *Tx) FreeNames(ctx context.Context, now time.Time) error {
	_, err := tx.exec(ctx, nil, qFreeOldNames, micros(now))
	return err
}
