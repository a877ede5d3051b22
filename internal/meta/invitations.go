package meta

import (
	"context"
	"database/sql"
	"time"

	"github.com/berth-registry/berth"
)

// Invitation lets somebody make an account, as it is stored: its secret only as a
// hash.
type Invitation struct {
	ID          int64
	Hash        string
	Note        string
	OrgID       int64  // 0 when it is into no organization
	Org         string // its name
	Owner       bool   // as an owner of it
	CreatedBy   string
	CreatedByID int64 // -1 for the operator
	CreatedAt   time.Time
	ExpiresAt   time.Time
}

const (
	qCreateInvitation = `INSERT INTO invitations (hash, note, org_id, owner, created_by, created_by_id, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`
	qGetInvitation = `SELECT i.id, i.hash, i.note, COALESCE(i.org_id, 0), COALESCE(o.name, ''), i.owner, i.created_by, i.created_by_id, i.created_at, i.expires_at
		FROM invitations i LEFT JOIN owners o ON o.id = i.org_id WHERE i.id = $1`
	qFindInvitation = `SELECT i.id, i.hash, i.note, COALESCE(i.org_id, 0), COALESCE(o.name, ''), i.owner, i.created_by, i.created_by_id, i.created_at, i.expires_at
		FROM invitations i LEFT JOIN owners o ON o.id = i.org_id WHERE i.hash = $1 AND i.expires_at > $2`
	qListInvitations = `SELECT i.id, i.hash, i.note, COALESCE(i.org_id, 0), COALESCE(o.name, ''), i.owner, i.created_by, i.created_by_id, i.created_at, i.expires_at
		FROM invitations i LEFT JOIN owners o ON o.id = i.org_id
		WHERE (i.org_id = $1 OR $1 = 0) AND i.expires_at > $2 AND i.id > $3 ORDER BY i.id LIMIT $4`
	qDropInvitation  = `DELETE FROM invitations WHERE id = $1`
	qReapInvitations = `DELETE FROM invitations WHERE expires_at <= $1`
)

// CreateInvitation stores an invitation and returns its id.
// Errors: berth.ErrOwnerUnknown when there is no such organization.
func (tx *Tx) CreateInvitation(ctx context.Context, i Invitation) (int64, error) {
	var id int64
	err := tx.row(ctx, qCreateInvitation, i.Hash, i.Note, sql.NullInt64{Int64: i.OrgID, Valid: i.OrgID != 0}, i.Owner, i.CreatedBy, i.CreatedByID,
		micros(i.CreatedAt), micros(i.ExpiresAt)).Scan(&id)
	return id, dangling(err, berth.ErrOwnerUnknown)
}

// GetInvitation returns an invitation. Errors: berth.ErrInvitationUnknown.
func (tx *Tx) GetInvitation(ctx context.Context, id int64) (Invitation, error) {
	i, err := scanInvitation(tx.row(ctx, qGetInvitation, id))
	return i, orUnknown(err, berth.ErrInvitationUnknown)
}

// FindInvitation finds an invitation that has not expired by the hash of its
// secret. Errors: berth.ErrInvitationUnknown.
func (tx *Tx) FindInvitation(ctx context.Context, hash string, now time.Time) (Invitation, error) {
	i, err := scanInvitation(tx.row(ctx, qFindInvitation, hash, micros(now)))
	return i, orUnknown(err, berth.ErrInvitationUnknown)
}

// ListInvitations returns up to limit invitations that have not expired, into an
// organization (0: all), in the order of their ids, after one of them.
func (tx *Tx) ListInvitations(ctx context.Context, org int64, now time.Time, after int64, limit int) ([]Invitation, error) {
	var list []Invitation
	err := tx.list(ctx, func(rows *sql.Rows) error {
		i, err := scanInvitation(rows)
		list = append(list, i)
		return err
	}, qListInvitations, org, micros(now), after, limit)
	return list, err
}

func scanInvitation(r interface{ Scan(dest ...any) error }) (Invitation, error) {
	var i Invitation
	var created, expires int64
	err := r.Scan(&i.ID, &i.Hash, &i.Note, &i.OrgID, &i.Org, &i.Owner, &i.CreatedBy, &i.CreatedByID, &created, &expires)
	i.CreatedAt, i.ExpiresAt = fromMicros(created), fromMicros(expires)
	return i, err
}

// DropInvitation forgets an invitation. Errors: berth.ErrInvitationUnknown.
func (tx *Tx) DropInvitation(ctx context.Context, id int64) error {
	n, err := tx.exec(ctx, nil, qDropInvitation, id)
	if err == nil && n == 0 {
		return berth.ErrInvitationUnknown
	}
	return err
}

// ReapInvitations forgets invitations that have expired, and returns how many.
func (tx *Tx) ReapInvitations(ctx context.Context, now time.Time) (int64, error) {
	return tx.exec(ctx, nil, qReapInvitations, micros(now))
}
