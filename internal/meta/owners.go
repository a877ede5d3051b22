package meta

import (
	"context"
	"time"

	"github.com/berth-registry/berth"
)

// The kinds of owner.
const (
	KindUser = "user"
	KindOrg  = "org"
)

// Owner is a user or an organization.
type Owner struct {
	ID        int64
	Kind      string
	Name      string // as created
	Folded    string // as compared
	CreatedAt time.Time
}

// User is what an owner has besides when it is a user.
type User struct {
	ID           int64
	Name         string
	PasswordHash string // "" when there is no password
	Admin        bool
	Blocked      bool
}

const (
	qCreateOwner = `INSERT INTO owners (kind, name, folded, created_at) VALUES ($1, $2, $3, $4) RETURNING id`
	qGetOwner    = `SELECT id, kind, name, folded, created_at FROM owners WHERE folded = $1`
	qCreateUser  = `INSERT INTO users (owner_id, password_hash, admin) VALUES ($1, $2, $3)`
	qCountUsers  = `SELECT count(*), count(CASE WHEN admin THEN 1 END) FROM users`
	qGetUser     = `SELECT o.id, o.name, u.password_hash, u.admin, u.blocked_at IS NOT NULL
		FROM owners o JOIN users u ON u.owner_id = o.id WHERE o.folded = $1`
	qPutPassword = `UPDATE users SET password_hash = $2 WHERE owner_id = $1`
	qCreateOrg   = `INSERT INTO orgs (owner_id, base_role, members_create, allow_public) VALUES ($1, $2, $3, $4)`
	qPutMember   = `INSERT INTO members (org_id, user_id, owner, created_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (org_id, user_id) DO UPDATE SET owner = excluded.owner`
)

// CreateOwner makes an owner and returns its id. Errors: berth.ErrOwnerExists.
func (tx *Tx) CreateOwner(ctx context.Context, o Owner) (int64, error) {
	var id int64
	err := tx.row(ctx, qCreateOwner, o.Kind, o.Name, o.Folded, micros(o.CreatedAt)).Scan(&id)
	return id, taken(err, berth.ErrOwnerExists.With("somebody or an organization is called %s", o.Name))
}

// GetOwner finds an owner by its folded name. Errors: berth.ErrOwnerUnknown.
func (tx *Tx) GetOwner(ctx context.Context, folded string) (Owner, error) {
	var o Owner
	var created int64
	err := tx.row(ctx, qGetOwner, folded).Scan(&o.ID, &o.Kind, &o.Name, &o.Folded, &created)
	o.CreatedAt = fromMicros(created)
	return o, orUnknown(err, berth.ErrOwnerUnknown)
}

// CreateUser makes an owner a user.
func (tx *Tx) CreateUser(ctx context.Context, u User) error {
	_, err := tx.exec(ctx, nil, qCreateUser, u.ID, u.PasswordHash, u.Admin)
	return err
}

// CountUsers returns how many users there are, and how many of them administer the
// instance.
func (tx *Tx) CountUsers(ctx context.Context) (users, admins int, err error) {
	err = tx.row(ctx, qCountUsers).Scan(&users, &admins)
	return users, admins, err
}

// GetUser finds a user by folded name. Errors: berth.ErrOwnerUnknown.
func (tx *Tx) GetUser(ctx context.Context, folded string) (User, error) {
	var u User
	err := tx.row(ctx, qGetUser, folded).Scan(&u.ID, &u.Name, &u.PasswordHash, &u.Admin, &u.Blocked)
	return u, orUnknown(err, berth.ErrOwnerUnknown)
}

// PutPassword changes a user's password hash.
func (tx *Tx) PutPassword(ctx context.Context, user int64, hash string) error {
	_, err := tx.exec(ctx, nil, qPutPassword, user, hash)
	return err
}

// Org is what an owner has besides when it is an organization.
type Org struct {
	ID            int64
	BaseRole      berth.Role // what every member has on every package
	MembersCreate bool       // members may create packages
	AllowPublic   bool       // packages may be public
}

// CreateOrg makes an owner an organization.
func (tx *Tx) CreateOrg(ctx context.Context, o Org) error {
	_, err := tx.exec(ctx, nil, qCreateOrg, o.ID, int64(o.BaseRole), o.MembersCreate, o.AllowPublic)
	return err
}

// PutMember makes a user a member or an owner of an organization.
func (tx *Tx) PutMember(ctx context.Context, org, user int64, owner bool, now time.Time) error {
	_, err := tx.exec(ctx, berth.ErrOwnerUnknown, qPutMember, org, user, owner, micros(now))
	return err
}
