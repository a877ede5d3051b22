package meta

import (
	"context"
	"database/sql"
	"time"
)

const (
	qGetSetting = `SELECT value FROM settings WHERE name = $1`
	qAddSetting = `INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`
	qPutSetting = `INSERT INTO settings (name, value) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`
	qDropSetting = `DELETE FROM settings WHERE name = $1`

	qListSigningKeys = `SELECT id, secret, created_at FROM signing_keys ORDER BY created_at DESC, id`
	qPutSigningKey   = `INSERT INTO signing_keys (id, secret, created_at) VALUES ($1, $2, $3)`
	qDropSigningKeys = `DELETE FROM signing_keys WHERE created_at < $1`
)

// GetSetting returns a setting of the instance, "" when it was never made.
func (tx *Tx) GetSetting(ctx context.Context, name string) (string, error) {
	var value string
	err := orZero(tx.row(ctx, qGetSetting, name).Scan(&value))
	return value, err
}

// AddSetting makes a setting unless it is there already.
func (tx *Tx) AddSetting(ctx context.Context, name, value string) error {
	_, err := tx.exec(ctx, nil, qAddSetting, name, value)
	return err
}

// PutSetting makes or changes a setting.
func (tx *Tx) PutSetting(ctx context.Context, name, value string) error {
	_, err := tx.exec(ctx, nil, qPutSetting, name, value)
	return err
}

// DropSetting forgets a setting.
func (tx *Tx) DropSetting(ctx context.Context, name string) error {
	_, err := tx.exec(ctx, nil, qDropSetting, name)
	return err
}

// SigningKey is a secret with which bearers are signed, shared by all replicas.
type SigningKey struct {
	ID        string
	Secret    []byte
	CreatedAt time.Time
}

// ListSigningKeys returns the keys, newest first.
func (tx *Tx) ListSigningKeys(ctx context.Context) ([]SigningKey, error) {
	var keys []SigningKey
	err := tx.list(ctx, func(rows *sql.Rows) error {
		var k SigningKey
		var created int64
		err := rows.Scan(&k.ID, &k.Secret, &created)
		k.CreatedAt = fromMicros(created)
		keys = append(keys, k)
		return err
	}, qListSigningKeys)
	return keys, err
}

// PutSigningKey stores a new key.
func (tx *Tx) PutSigningKey(ctx context.Context, k SigningKey) error {
	_, err := tx.exec(ctx, nil, qPutSigningKey, k.ID, k.Secret, micros(k.CreatedAt))
	return err
}

// DropSigningKeys forgets keys made before t.
func (tx *Tx) DropSigningKeys(ctx context.Context, t time.Time) error {
	_, err := tx.exec(ctx, nil, qDropSigningKeys, micros(t))
	return err
}
