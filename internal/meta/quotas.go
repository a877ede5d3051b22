package meta

import (
	"context"
	"database/sql"
	"slices"

	"github.com/berth-registry/berth"
)

const (
	// What an owner holds is read from both tables at once, so that what is being added
	// up is neither missed nor counted twice.
	quotaColumns = `o.id, o.name, o.kind, q.bytes, (SELECT s.value FROM settings s WHERE s.name = 'quota.default'),
			COALESCE((SELECT u.bytes FROM owner_usage u WHERE u.owner_id = o.id), 0)
			+ CAST(COALESCE((SELECT sum(c.bytes) FROM usage_changes c WHERE c.owner_id = o.id), 0) AS BIGINT)`
	quotaFrom = ` FROM owners o LEFT JOIN quotas q ON q.owner_id = o.id `

	qGetQuota   = `SELECT ` + quotaColumns + quotaFrom + `WHERE o.id = $1`
	qGetQuotaOf = `SELECT ` + quotaColumns + quotaFrom + `WHERE o.id = (SELECT k.owner_id FROM packages k WHERE k.id = $1)`
	qListQuotas = `SELECT ` + quotaColumns + quotaFrom + `WHERE o.folded > $1 AND (CAST($3 AS TEXT) = '' OR o.kind = $3) ORDER BY o.folded LIMIT $2`
	qPutQuota   = `INSERT INTO quotas (owner_id, bytes) VALUES ($1, $2)
		ON CONFLICT (owner_id) DO UPDATE SET bytes = excluded.bytes`
	qDropQuota = `DELETE FROM quotas WHERE owner_id = $1`

	qTakeUsage = `DELETE FROM usage_changes WHERE id IN (SELECT c.id FROM usage_changes c ORDER BY c.id LIMIT $1) RETURNING owner_id, bytes`
	qAddUsage  = `INSERT INTO owner_usage (owner_id, bytes) VALUES ($1, $2)
		ON CONFLICT (owner_id) DO UPDATE SET bytes = owner_usage.bytes + excluded.bytes`
)

// SettingQuota is the setting with how many bytes an owner may hold who has no quota of
// his own, in decimal.
const SettingQuota = "quota.default"

// Quota is what an owner holds and may hold, in bytes.
type Quota struct {
	OwnerID int64
	Owner   string // as displayed
	Kind    string
	Own     sql.NullInt64 // -1 is no limit
	Default string        // the instance's, as the setting has it
	Used    int64
}

// GetQuota returns the quota of an owner. Errors: berth.ErrOwnerUnknown.
func (tx *Tx) GetQuota(ctx context.Context, owner int64) (Quota, error) {
	q, err := scanQuota(tx.row(ctx, qGetQuota, owner).Scan)
	return q, orUnknown(err, berth.ErrOwnerUnknown)
}

// GetQuotaOf returns the quota of the owner of a package.
// Errors: berth.ErrPackageUnknown.
func (tx *Tx) GetQuotaOf(ctx context.Context, pkg int64) (Quota, error) {
	q, err := scanQuota(tx.row(ctx, qGetQuotaOf, pkg).Scan)
	return q, orUnknown(err, berth.ErrPackageUnknown)
}

// ListQuotas returns up to limit owners of a kind, or all ("") with their quotas, by
// folded name after the given one.
func (tx *Tx) ListQuotas(ctx context.Context, kind, after string, limit int) ([]Quota, error) {
	var list []Quota
	err := tx.list(ctx, func(rows *sql.Rows) error {
		q, err := scanQuota(rows.Scan)
		list = append(list, q)
		return err
	}, qListQuotas, after, limit, kind)
	return list, err
}

func scanQuota(scan func(...any) error) (Quota, error) {
	var q Quota
	var byDefault sql.NullString
	err := scan(&q.OwnerID, &q.Owner, &q.Kind, &q.Own, &byDefault, &q.Used)
	q.Default = byDefault.String
	return q, err
}

// PutQuota gives an owner a quota of his own. Errors: berth.ErrOwnerUnknown.
func (tx *Tx) PutQuota(ctx context.Context, owner, bytes int64) error {
	_, err := tx.exec(ctx, berth.ErrOwnerUnknown, qPutQuota, owner, bytes)
	return err
}

// DropQuota leaves an owner with the instance's default.
func (tx *Tx) DropQuota(ctx context.Context, owner int64) error {
	_, err := tx.exec(ctx, nil, qDropQuota, owner)
	return err
}

// FoldUsage adds up to limit changes to what owners hold, and returns how many there
// were. Only rows that this very statement takes away count, so that replicas may do it
// at once.
func (tx *Tx) FoldUsage(ctx context.Context, limit int) (int, error) {
	sums, taken := map[int64]int64{}, 0
	err := tx.list(ctx, func(rows *sql.Rows) error {
		var owner, bytes int64
		err := rows.Scan(&owner, &bytes)
		sums[owner] += bytes
		taken++
		return err
	}, qTakeUsage, limit)
	if err != nil {
		return 0, err
	}
	owners := make([]int64, 0, len(sums))
	for owner := range sums {
		owners = append(owners, owner)
	}
	slices.Sort(owners) // so that two replicas do not wait for each other
	for _, owner := range owners {
		if _, err := tx.exec(ctx, nil, qAddUsage, owner, sums[owner]); err != nil {
			return 0, err
		}
	}
	return taken, nil
}
