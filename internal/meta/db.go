package meta

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/berth-registry/berth"
)

// maxAttempts bounds how often [DB.Update] runs its function.
const maxAttempts = 12

// DB is the metadata database. Use it through [DB.View] and [DB.Update].
type DB struct {
	dialect dialect
	read    *sql.DB
	write   *sql.DB
}

// Open connects to the database at address ("sqlite:PATH" or "postgres://…")
// and brings its schema up to date. Several processes may do so at once.
func Open(ctx context.Context, address string) (*DB, error) {
	d, source, err := parseURL(address)
	if err != nil {
		return nil, err
	}
	db := &DB{dialect: d}
	if d.sqlite() {
		err = db.openSQLite(source)
	} else {
		err = db.openPostgres(source)
	}
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	if err := db.migrate(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("migrate database: %w", err), db.Close())
	}
	return db, nil
}

// openSQLite makes one connection for writing, because SQLite allows one
// writer, and a few for reading beside it.
func (db *DB) openSQLite(path string) error {
	// SQLite would make the file readable for all.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	keep := map[string]bool{db.dialect.clock: true}
	for _, text := range statements() {
		keep[text] = true
	}
	w, err := openPool(sqliteDSN(path, true), keep)
	if err != nil {
		return err
	}
	w.SetMaxOpenConns(1)
	r, err := openPool(sqliteDSN(path, false), keep)
	if err != nil {
		return errors.Join(err, w.Close())
	}
	r.SetMaxOpenConns(4)
	r.SetMaxIdleConns(4)
	db.write, db.read = w, r
	return nil
}

func (db *DB) openPostgres(address string) error {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return errors.New("address of PostgreSQL not understood") // the cause may hold the password
	}
	// Else every request that is given up costs a connection.
	config.BuildContextWatcherHandler = func(c *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: c, DeadlineDelay: time.Second}
	}
	p := stdlib.OpenDB(*config)
	p.SetMaxOpenConns(16)
	p.SetMaxIdleConns(16)
	p.SetConnMaxIdleTime(5 * time.Minute)
	db.write, db.read = p, p
	return nil
}

// Close releases the connections.
func (db *DB) Close() error {
	err := db.write.Close()
	if db.read != db.write {
		err = errors.Join(err, db.read.Close())
	}
	return err
}

// Ping reports whether the database answers.
func (db *DB) Ping(ctx context.Context) error {
	return db.read.PingContext(ctx)
}

// Tx is one transaction. Its methods are one statement each.
type Tx struct {
	tx      *sql.Tx
	dialect dialect
}

// View runs fn on a snapshot of the database that it cannot change.
func (db *DB) View(ctx context.Context, fn func(*Tx) error) error {
	opts := &sql.TxOptions{ReadOnly: true}
	if !db.dialect.sqlite() {
		opts.Isolation = sql.LevelRepeatableRead
	}
	return named(ctx, db.run(ctx, db.read, opts, fn))
}

// Update runs fn in a transaction and commits it. When the database asks to try
// again (a deadlock, a busy file), or something that fn relied on was deleted beside it,
// fn runs again, so it must not do anything but talk to tx and set variables.
func (db *DB) Update(ctx context.Context, fn func(*Tx) error) error {
	for attempt := 1; ; attempt++ {
		err := db.run(ctx, db.write, nil, fn)
		if err == nil || attempt == maxAttempts || !isRetryable(err) && !crossed(err, attempt) {
			return named(ctx, err)
		}
		pause := time.NewTimer(rand.N(time.Duration(attempt) * 10 * time.Millisecond)) //nolint:gosec // jitter is no secret
		select {
		case <-ctx.Done():
			pause.Stop()
			return ctx.Err()
		case <-pause.C:
		}
	}
}

// maxCrossed bounds how often a transaction runs again that others got in the way of.
const maxCrossed = 4

// crossed reports whether something was made or deleted under the transaction's hands,
// so that it would see now what came of that.
func crossed(err error, attempt int) bool {
	return attempt < maxCrossed && errors.Is(err, berth.ErrUnavailable) && isDangling(err)
}

// named says of an error that is the database's trouble that it is, and of one that
// came because the request was given up that it was.
func named(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil && !errors.Is(err, ctx.Err()):
		return fmt.Errorf("%w: %w", ctx.Err(), err)
	case ctx.Err() == nil && isUnavailable(err):
		return berth.ErrUnavailable.With("the database cannot serve now").Because(err)
	}
	return err
}

func (db *DB) run(ctx context.Context, pool *sql.DB, opts *sql.TxOptions, fn func(*Tx) error) error {
	tx, err := pool.BeginTx(ctx, opts)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // after Commit it does nothing, and else the error at hand says more
	if err := fn(&Tx{tx: tx, dialect: db.dialect}); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// Now returns the database's clock. Leases are compared with it alone, so that
// replicas whose clocks differ agree.
func (tx *Tx) Now(ctx context.Context) (time.Time, error) {
	var now int64
	err := tx.row(ctx, tx.dialect.clock).Scan(&now)
	return fromMicros(now), err
}
