package meta

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"github.com/berth-registry/berth"
)

// Hook is a webhook of an owner or of a repository.
type Hook struct {
	ID           int64
	OwnerID      int64
	RepositoryID int64 // 0 when it is the owner's
	URL          string
	ContentType  string // json or form
	Secret       []byte // sealed, nil for none
	InsecureSSL  bool
	Events       []string
	Active       bool
	CreatedAt    time.Time
	UpdatedAt    time.Time
	Failures     int    // in a row, without any answer
	LastCode     int    // the status of the last answer, 0 for none
	LastError    string // what was wrong with the last try
}

const (
	qAddPackageEvent = `INSERT INTO package_events (at, action, owner_id, package_id, owner, path, version_id, digest, tag, user_id, login)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`
	qListPackageEvents = `SELECT id, at, action, owner_id, package_id, owner, path, version_id, digest, tag, user_id, login
		FROM package_events ORDER BY id LIMIT $1`
	qDropPackageEvent = `DELETE FROM package_events WHERE id = $1`

	qCreateHook = `INSERT INTO hooks (owner_id, repository_id, url, content_type, secret, insecure_ssl, events, active, created_at, updated_at,
			busy_until, paused_until, failures, last_code, last_error)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, 0, 0, 0, '') RETURNING id`
	// What was wrong with the old address says nothing of a new one.
	qPutHook = `UPDATE hooks SET url = $2, content_type = $3, secret = $4, insecure_ssl = $5, events = $6, active = $7, updated_at = $8,
		paused_until = 0, failures = 0 WHERE id = $1`
	qDropHook   = `DELETE FROM hooks WHERE id = $1`
	qResumeHook = `UPDATE hooks SET paused_until = 0 WHERE id = $1`
	qReadHook   = `SELECT id, owner_id, COALESCE(repository_id, 0), url, content_type, secret, insecure_ssl, events, active,
		created_at, updated_at, failures, last_code, last_error FROM hooks WHERE id = $1`
	qCountHooks = `SELECT count(*) FROM hooks WHERE owner_id = $1 AND repository_id IS NULL AND CAST($2 AS BIGINT) = 0 OR repository_id = $2`
	qListHooks  = `SELECT id, owner_id, COALESCE(repository_id, 0), url, content_type, secret, insecure_ssl, events, active,
		created_at, updated_at, failures, last_code, last_error FROM hooks
		WHERE (owner_id = $1 AND repository_id IS NULL AND CAST($2 AS BIGINT) = 0 OR repository_id = $2) AND id > $3 ORDER BY id LIMIT $4`
	qGetHook = `SELECT id, owner_id, COALESCE(repository_id, 0), url, content_type, secret, insecure_ssl, events, active,
		created_at, updated_at, failures, last_code, last_error FROM hooks
		WHERE id = $3 AND (owner_id = $1 AND repository_id IS NULL AND CAST($2 AS BIGINT) = 0 OR repository_id = $2)`
	qListHooksFor = `SELECT id, owner_id, COALESCE(repository_id, 0), url, content_type, secret, insecure_ssl, events, active,
		created_at, updated_at, failures, last_code, last_error FROM hooks
		WHERE (owner_id = $1 AND repository_id IS NULL OR repository_id = $2) AND active ORDER BY id`
)

// AddPackageEvent writes down that something happened to a package, for the webhooks.
func (tx *Tx) AddPackageEvent(ctx context.Context, e berth.PackageEvent) error {
	_, err := tx.exec(ctx, nil, qAddPackageEvent, micros(e.At), e.Action, e.OwnerID, e.PackageID, e.Name.Owner, e.Name.Path,
		e.VersionID, string(e.Digest), e.Tag, e.UserID, e.User)
	return err
}

// ListPackageEvents returns up to limit events that were not told yet, oldest first.
func (tx *Tx) ListPackageEvents(ctx context.Context, limit int) ([]berth.PackageEvent, error) {
	var list []berth.PackageEvent
	err := tx.list(ctx, func(rows *sql.Rows) error {
		var e berth.PackageEvent
		var at int64
		err := rows.Scan(&e.ID, &at, &e.Action, &e.OwnerID, &e.PackageID, &e.Name.Owner, &e.Name.Path, &e.VersionID, &e.Digest, &e.Tag, &e.UserID, &e.User)
		e.At = fromMicros(at)
		list = append(list, e)
		return err
	}, qListPackageEvents, limit)
	return list, err
}

// DropPackageEvent forgets an event and reports whether it was there: of several who
// take it, one gets it.
func (tx *Tx) DropPackageEvent(ctx context.Context, id int64) (bool, error) {
	n, err := tx.exec(ctx, nil, qDropPackageEvent, id)
	return n == 1, err
}

// CreateHook makes a webhook and returns its id.
// Errors: berth.ErrUnavailable when the owner or the repository is being deleted.
func (tx *Tx) CreateHook(ctx context.Context, h Hook) (id int64, err error) {
	err = tx.row(ctx, qCreateHook, h.OwnerID, sql.NullInt64{Int64: h.RepositoryID, Valid: h.RepositoryID != 0}, h.URL, h.ContentType, h.Secret,
		h.InsecureSSL, strings.Join(h.Events, ","), h.Active, micros(h.CreatedAt), micros(h.UpdatedAt)).Scan(&id)
	return id, dangling(err, nil)
}

// PutHook changes a webhook, and has it asked again if it was paused.
func (tx *Tx) PutHook(ctx context.Context, h Hook) error {
	_, err := tx.exec(ctx, nil, qPutHook, h.ID, h.URL, h.ContentType, h.Secret, h.InsecureSSL, strings.Join(h.Events, ","), h.Active, micros(h.UpdatedAt))
	return err
}

// DropHook forgets a webhook with all its deliveries.
func (tx *Tx) DropHook(ctx context.Context, id int64) error {
	_, err := tx.exec(ctx, nil, qDropHook, id)
	return err
}

// ResumeHook has a webhook asked again that was paused.
func (tx *Tx) ResumeHook(ctx context.Context, id int64) error {
	_, err := tx.exec(ctx, nil, qResumeHook, id)
	return err
}

// CountHooks returns how many webhooks a repository has or, where that is 0, an owner.
func (tx *Tx) CountHooks(ctx context.Context, owner, repository int64) (n int, err error) {
	err = tx.row(ctx, qCountHooks, owner, repository).Scan(&n)
	return n, err
}

// ListHooks returns up to limit webhooks of a repository or, where that is 0, of an
// owner, by id, after one.
func (tx *Tx) ListHooks(ctx context.Context, owner, repository, after int64, limit int) ([]Hook, error) {
	return tx.listHooks(ctx, qListHooks, owner, repository, after, limit)
}

// ListHooksFor returns the active webhooks of an owner and those of a repository, 0
// for none.
func (tx *Tx) ListHooksFor(ctx context.Context, owner, repository int64) ([]Hook, error) {
	return tx.listHooks(ctx, qListHooksFor, owner, repository)
}

func (tx *Tx) listHooks(ctx context.Context, query string, args ...any) ([]Hook, error) {
	var list []Hook
	err := tx.list(ctx, func(rows *sql.Rows) error {
		h, err := scanHook(rows.Scan)
		list = append(list, h)
		return err
	}, query, args...)
	return list, err
}

// GetHook returns a webhook of a repository or, where that is 0, of an owner.
// Errors: berth.ErrHookUnknown.
func (tx *Tx) GetHook(ctx context.Context, owner, repository, id int64) (Hook, error) {
	h, err := scanHook(tx.row(ctx, qGetHook, owner, repository, id).Scan)
	return h, orUnknown(err, berth.ErrHookUnknown)
}

// ReadHook returns a webhook, whosever it is. Errors: berth.ErrHookUnknown.
func (tx *Tx) ReadHook(ctx context.Context, id int64) (Hook, error) {
	h, err := scanHook(tx.row(ctx, qReadHook, id).Scan)
	return h, orUnknown(err, berth.ErrHookUnknown)
}

func scanHook(scan func(...any) error) (Hook, error) {
	var h Hook
	var events string
	var created, updated int64
	err := scan(&h.ID, &h.OwnerID, &h.RepositoryID, &h.URL, &h.ContentType, &h.Secret, &h.InsecureSSL, &events, &h.Active,
		&created, &updated, &h.Failures, &h.LastCode, &h.LastError)
	h.Events = strings.Split(events, ",")
	h.CreatedAt, h.UpdatedAt = fromMicros(created), fromMicros(updated)
	return h, err
}
