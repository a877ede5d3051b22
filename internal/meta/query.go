package meta

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/berth-registry/berth"
)

// row runs a query for at most one row. No row is sql.ErrNoRows, which must not leave
// meta.
func (tx *Tx) row(ctx context.Context, query string, args ...any) *sql.Row {
	return tx.tx.QueryRowContext(ctx, query, args...)
}

// exec runs a statement and returns how many rows it changed. A broken foreign key
// becomes the domain error that the caller names, see dangling.
func (tx *Tx) exec(ctx context.Context, onDangling *berth.Error, query string, args ...any) (int64, error) {
	result, err := tx.tx.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, dangling(err, onDangling)
	}
	return result.RowsAffected()
}

// list runs a query and hands each row to scan.
func (tx *Tx) list(ctx context.Context, scan func(*sql.Rows) error, query string, args ...any) error {
	rows, err := tx.tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// column runs a query of one column and returns its rows.
func column[T any](ctx context.Context, tx *Tx, query string, args ...any) ([]T, error) {
	var values []T
	err := tx.list(ctx, func(rows *sql.Rows) error {
		var value T
		err := rows.Scan(&value)
		values = append(values, value)
		return err
	}, query, args...)
	return values, err
}

// dangling turns a refusal by a foreign key into the given error, into
// berth.ErrUnavailable where that is nil: what was there a moment ago is being
// deleted.
func dangling(err error, named *berth.Error) error {
	if !isDangling(err) {
		return err
	}
	if named == nil {
		named = berth.ErrUnavailable.With("something it needs is just being deleted; try again")
	}
	return named.Because(err)
}

// taken turns a refusal by a unique key into the given error.
func taken(err error, named *berth.Error) error {
	if isTaken(err) {
		return named.Because(err)
	}
	return err
}

// orUnknown turns "no row" into the given error.
func orUnknown(err error, named *berth.Error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return named
	}
	return err
}

// orZero leaves the values as they were where there is no row.
func orZero(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return err
}

func micros(t time.Time) int64 { return t.UnixMicro() }

func fromMicros(n int64) time.Time { return time.UnixMicro(n).UTC() }

// nullMicros stores the zero time as NULL.
func nullMicros(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixMicro(), Valid: !t.IsZero()}
}

func fromNull(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return fromMicros(n.Int64)
}
