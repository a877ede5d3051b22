package meta

import (
	"context"
	"database/sql"
	"time"

	"github.com/berth-registry/berth"
)

const (
	qAddDelivery = `INSERT INTO deliveries (guid, hook_id, event, action, redelivery, user_id, login, created_at, not_before, payload,
			attempts, duration, status_code, error, request_headers, response_headers, response_body)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, 0, 0, '', '', '', $11) RETURNING id`
	qListDeliveries = `SELECT id, guid, hook_id, event, action, redelivery, user_id, login, created_at, not_before, attempts,
		delivered_at, duration, status_code, error FROM deliveries
		WHERE hook_id = $1 AND (CAST($2 AS BIGINT) = 0 OR id < $2) ORDER BY id DESC LIMIT $3`
	qGetDelivery = `SELECT id, guid, hook_id, event, action, redelivery, user_id, login, created_at, not_before, attempts,
		delivered_at, duration, status_code, error, request_headers, response_headers, response_body, payload
		FROM deliveries WHERE hook_id = $1 AND id = $2`

	// Whoever waited longest comes first, so that one with much to send does not keep
	// the others from it.
	qFindDueDelivery = `SELECT d.hook_id, min(d.id) FROM deliveries d JOIN hooks h ON h.id = d.hook_id
		WHERE d.not_before IS NOT NULL AND d.not_before <= $1 AND h.busy_until <= $1 AND h.paused_until <= $1
		GROUP BY d.hook_id, h.busy_until ORDER BY h.busy_until, min(d.id) LIMIT 1`
	qLeaseHook     = `UPDATE hooks SET busy_until = $3 WHERE id = $1 AND busy_until <= $2`
	qLeaseDelivery = `UPDATE deliveries SET not_before = $3, attempts = attempts + 1, payload = $4
		WHERE id = $1 AND not_before IS NOT NULL AND not_before <= $2`
	// A delivery that was called off while it was under way stays so.
	qFinishDelivery = `UPDATE deliveries SET not_before = CASE WHEN not_before IS NULL THEN NULL ELSE CAST($2 AS BIGINT) END,
			delivered_at = $3, duration = $4, status_code = $5, error = $6, request_headers = $7, response_headers = $8, response_body = $9
		WHERE id = $1`
	qFreeHook = `UPDATE hooks SET busy_until = $2, paused_until = $3, failures = $4, last_code = $5, last_error = $6 WHERE id = $1`

	qCallOffDeliveries = `UPDATE deliveries SET not_before = NULL, error = $2 WHERE hook_id = $1 AND not_before IS NOT NULL`
	qCallOffDelivery   = `UPDATE deliveries SET not_before = NULL WHERE id = $1`
	qReapDeliveries    = `DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries WHERE created_at < $1 ORDER BY created_at LIMIT $2)`
	qTrimDeliveries    = `DELETE FROM deliveries WHERE id IN (SELECT q.id FROM (SELECT id, not_before,
				row_number() OVER (PARTITION BY hook_id ORDER BY id DESC) AS place FROM deliveries) q
			WHERE q.place > $2 OR q.place > $1 AND q.not_before IS NULL LIMIT $3)`
)

// AddDelivery writes down that something is to be told to a webhook, and returns its id.
// Errors: berth.ErrUnavailable when the webhook is being deleted.
func (tx *Tx) AddDelivery(ctx context.Context, d berth.HookDelivery) (id int64, err error) {
	err = tx.row(ctx, qAddDelivery, d.GUID, d.HookID, d.Event, d.Action, d.Redelivery, d.UserID, d.User,
		micros(d.CreatedAt), nullMicros(d.NotBefore), notNil(d.Payload), []byte{}).Scan(&id)
	return id, dangling(err, nil)
}

func notNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// ListDeliveries returns up to limit deliveries of a webhook without headers and
// contents, newest first, older than one (0: from the newest).
func (tx *Tx) ListDeliveries(ctx context.Context, hook, before int64, limit int) ([]berth.HookDelivery, error) {
	var list []berth.HookDelivery
	err := tx.list(ctx, func(rows *sql.Rows) error {
		d, err := scanDelivery(rows.Scan)
		list = append(list, d)
		return err
	}, qListDeliveries, hook, before, limit)
	return list, err
}

// GetDelivery returns a delivery of a webhook. Errors: berth.ErrDeliveryUnknown.
func (tx *Tx) GetDelivery(ctx context.Context, hook, id int64) (berth.HookDelivery, error) {
	var more berth.HookDelivery
	d, err := scanDelivery(tx.row(ctx, qGetDelivery, hook, id).Scan, &more.RequestHeaders, &more.ResponseHeaders, &more.ResponseBody, &more.Payload)
	d.RequestHeaders, d.ResponseHeaders = more.RequestHeaders, more.ResponseHeaders
	d.ResponseBody, d.Payload = nilIfEmpty(more.ResponseBody), nilIfEmpty(more.Payload)
	return d, orUnknown(err, berth.ErrDeliveryUnknown)
}

// nilIfEmpty hides that databases differ in how they return nothing.
func nilIfEmpty(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return b
}

func scanDelivery(scan func(...any) error, more ...any) (berth.HookDelivery, error) {
	var d berth.HookDelivery
	var created, duration int64
	var due, at sql.NullInt64
	dest := []any{
		&d.ID, &d.GUID, &d.HookID, &d.Event, &d.Action, &d.Redelivery, &d.UserID, &d.User, &created, &due, &d.Attempts,
		&at, &duration, &d.StatusCode, &d.Error,
	}
	err := scan(append(dest, more...)...)
	d.CreatedAt, d.NotBefore, d.At = fromMicros(created), fromNull(due), fromNull(at)
	d.Duration = time.Duration(duration) * time.Microsecond
	return d, err
}

// FindDueDelivery returns the webhook that has waited longest of those with something
// due and its first due delivery, zeros when there is none.
func (tx *Tx) FindDueDelivery(ctx context.Context, now time.Time) (hook, id int64, err error) {
	err = orZero(tx.row(ctx, qFindDueDelivery, micros(now)).Scan(&hook, &id))
	return hook, id, err
}

// LeaseHook keeps others from sending to a webhook until a time, and reports whether
// nobody else does.
func (tx *Tx) LeaseHook(ctx context.Context, id int64, now, until time.Time) (bool, error) {
	n, err := tx.exec(ctx, nil, qLeaseHook, id, micros(now), micros(until))
	return n == 1, err
}

// LeaseDelivery counts a try of a delivery, which nobody repeats before a time, and
// keeps what is sent. It reports whether the delivery is still due.
func (tx *Tx) LeaseDelivery(ctx context.Context, id int64, now, until time.Time, payload []byte) (bool, error) {
	n, err := tx.exec(ctx, nil, qLeaseDelivery, id, micros(now), micros(until), payload)
	return n == 1, err
}

// FinishDelivery writes down what came of a try. The next one is due at d.NotBefore.
func (tx *Tx) FinishDelivery(ctx context.Context, d berth.HookDelivery) error {
	_, err := tx.exec(ctx, nil, qFinishDelivery, d.ID, nullMicros(d.NotBefore), nullMicros(d.At), d.Duration.Microseconds(), d.StatusCode, d.Error,
		d.RequestHeaders, d.ResponseHeaders, notNil(d.ResponseBody))
	return err
}

// FreeHook ends a lease. h has the failures and the last outcome; paused is until when
// the webhook is left in peace, zero for not at all.
func (tx *Tx) FreeHook(ctx context.Context, h Hook, now, paused time.Time) error {
	until := int64(0)
	if !paused.IsZero() {
		until = micros(paused)
	}
	_, err := tx.exec(ctx, nil, qFreeHook, h.ID, micros(now), until, h.Failures, h.LastCode, h.LastError)
	return err
}

// CallOffDeliveries ends all deliveries of a webhook that are not finished, with a
// reason.
func (tx *Tx) CallOffDeliveries(ctx context.Context, hook int64, reason string) error {
	_, err := tx.exec(ctx, nil, qCallOffDeliveries, hook, reason)
	return err
}

// CallOffDelivery ends a delivery, whether it is finished or not.
func (tx *Tx) CallOffDelivery(ctx context.Context, id int64) error {
	_, err := tx.exec(ctx, nil, qCallOffDelivery, id)
	return err
}

// ReapDeliveries forgets up to limit deliveries made before t and returns how many.
func (tx *Tx) ReapDeliveries(ctx context.Context, t time.Time, limit int) (int64, error) {
	return tx.exec(ctx, nil, qReapDeliveries, micros(t), limit)
}

// TrimDeliveries forgets up to limit deliveries of which their webhook has more, newer
// ones: than done of those that are finished, and than all of any. It returns how many.
func (tx *Tx) TrimDeliveries(ctx context.Context, done, all, limit int) (int64, error) {
	return tx.exec(ctx, nil, qTrimDeliveries, done, all, limit)
}
