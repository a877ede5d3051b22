package meta

import (
	"context"
	"database/sql"
	"time"

	"github.com/berth-registry/berth"
)

const (
	qGetReadme    = `SELECT readme, readme_at FROM repositories WHERE id = $1`
	qPutReadme    = `UPDATE repositories SET readme = $2, readme_at = $3 WHERE id = $1`
	qListExpiring = `SELECT id, name, scopes, actions, limited, created_at, expires_at, last_used_at, revoked_at FROM tokens
		WHERE user_id = $1 AND revoked_at IS NULL AND expires_at IS NOT NULL AND expires_at > $2 AND expires_at <= $3 ORDER BY expires_at, id LIMIT $4`
	qFindOwners = `SELECT o.name, o.kind, u.org_id IS NOT NULL FROM owners o LEFT JOIN users u ON u.owner_id = o.id
		WHERE o.folded >= $1 AND o.folded < $2
			AND ($3 OR o.kind = 'user' AND u.org_id IS NULL OR EXISTS (SELECT 1 FROM members m WHERE m.user_id = $4 AND (m.org_id = o.id OR m.org_id = u.org_id)))
		ORDER BY o.folded LIMIT $5`
)

// GetReadme returns the README of a repository, "" for none, and when it was written.
// Errors: berth.ErrRepositoryUnknown.
func (tx *Tx) GetReadme(ctx context.Context, repository int64) (text string, at time.Time, err error) {
	var micros int64
	err = tx.row(ctx, qGetReadme, repository).Scan(&text, &micros)
	if text != "" {
		at = fromMicros(micros)
	}
	return text, at, orUnknown(err, berth.ErrRepositoryUnknown)
}

// PutReadme writes the README of a repository.
func (tx *Tx) PutReadme(ctx context.Context, repository int64, text string, now time.Time) error {
	_, err := tx.exec(ctx, nil, qPutReadme, repository, text, micros(now))
	return err
}

// ListExpiring returns up to limit good tokens of a user that expire after a time and
// not after another, the first first.
func (tx *Tx) ListExpiring(ctx context.Context, user int64, after, until time.Time, limit int) ([]Token, error) {
	var list []Token
	err := tx.list(ctx, func(rows *sql.Rows) error {
		t, err := scanToken(rows.Scan)
		list = append(list, t)
		return err
	}, qListExpiring, user, micros(after), micros(until), limit)
	return list, err
}

// FoundOwner is an owner whose name begins as was asked.
type FoundOwner struct {
	Name    string
	Kind    string
	Service bool // a service account
}

// FindOwners returns up to limit owners whose folded names begin so: users, and the
// organizations of a user with their service accounts; or all.
func (tx *Tx) FindOwners(ctx context.Context, prefix string, user int64, all bool, limit int) ([]FoundOwner, error) {
	var list []FoundOwner
	err := tx.list(ctx, func(rows *sql.Rows) error {
		var o FoundOwner
		err := rows.Scan(&o.Name, &o.Kind, &o.Service)
		list = append(list, o)
		return err
	}, qFindOwners, prefix, prefix+"~", all, user, limit)
	return list, err
}
