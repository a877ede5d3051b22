package meta

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// dialect is all that the two databases do not share.
type dialect struct {
	name   string
	driver string
	goose  goose.Dialect
	// clock is a query for the database's own time, in microseconds.
	clock string
}

func (d dialect) sqlite() bool { return d.driver == "sqlite" }

func sqliteDialect() dialect {
	return dialect{
		name:   "sqlite",
		driver: "sqlite",
		goose:  goose.DialectSQLite3,
		clock:  `SELECT CAST(unixepoch('subsec') * 1000000 AS INTEGER)`,
	}
}

func postgresDialect() dialect {
	return dialect{
		name:   "postgres",
		driver: "pgx",
		goose:  goose.DialectPostgres,
		clock:  `SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint`,
	}
}

// sqliteDSN returns a data source name with every setting in it, because a
// PRAGMA sent to a pool reaches only one of its connections.
//
// synchronous FULL makes a commit survive a power cut: with NORMAL, SQLite in
// WAL mode loses acknowledged commits.
func sqliteDSN(path string, write bool) string {
	q := url.Values{"_pragma": {
		"busy_timeout(1000)", "journal_mode(WAL)", "synchronous(" + sqliteSynchronous + ")",
		"foreign_keys(1)", "temp_store(2)", "journal_size_limit(67108864)",
	}}
	if write {
		q.Set("_txlock", "immediate")
		q.Add("_pragma", "cache_size(-8192)")
	} else {
		q.Add("_pragma", "query_only(1)")
		q.Add("_pragma", "cache_size(-4096)")
	}
	name := url.URL{Scheme: "file", Opaque: (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath(), RawQuery: q.Encode()}
	return name.String()
}

// isRetryable reports whether the transaction may succeed when run again: a
// serialization failure, a deadlock, or a busy database.
func isRetryable(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code == "40001" || pg.Code == "40P01"
	}
	if lite, ok := errors.AsType[*sqlite.Error](err); ok {
		return lite.Code()&0xff == sqlite3.SQLITE_BUSY
	}
	return false
}

// isUnavailable reports whether the database cannot serve right now: its disk is
// full, it is starting or stopping, or the connection to it broke.
func isUnavailable(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return strings.HasPrefix(pg.Code, "53") || strings.HasPrefix(pg.Code, "57P") || strings.HasPrefix(pg.Code, "08")
	}
	if lite, ok := errors.AsType[*sqlite.Error](err); ok {
		code := lite.Code() & 0xff
		return code == sqlite3.SQLITE_FULL || code == sqlite3.SQLITE_IOERR || code == sqlite3.SQLITE_BUSY
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	_, ok := errors.AsType[net.Error](err)
	return ok || errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.ErrUnexpectedEOF)
}

// isTaken reports whether a unique key refused the statement.
func isTaken(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code == "23505"
	}
	if lite, ok := errors.AsType[*sqlite.Error](err); ok {
		return lite.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || lite.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	return false
}

// isDangling reports whether a foreign key refused the statement.
func isDangling(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pg.Code == "23503"
	}
	if lite, ok := errors.AsType[*sqlite.Error](err); ok {
		return lite.Code() == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY
	}
	return false
}

// parseURL splits a database address into dialect and data source.
func parseURL(address string) (dialect, string, error) {
	if path, ok := strings.CutPrefix(address, "sqlite:"); ok && path != "" {
		return sqliteDialect(), path, nil
	}
	if strings.HasPrefix(address, "postgres://") || strings.HasPrefix(address, "postgresql://") {
		return postgresDialect(), address, nil
	}
	return dialect{}, "", fmt.Errorf("database address: expected sqlite:PATH or postgres://…")
}
