package meta

import "database/sql"

// What the tests in package meta_test need of the inside.

func Statements() []string { return statements() }

func MaxAttempts() int { return maxAttempts }

func (db *DB) Writers() *sql.DB { return db.write }

func (db *DB) Readers() *sql.DB { return db.read }

func (tx *Tx) SQL() *sql.Tx { return tx.tx }

func (l OwnerList) Query() (text string, args []any) { return l.query(false) }

func (l VersionList) Query() (text string, args []any) { return l.query() }

func (l TagList) Query() (text string, args []any) { return l.query() }

func (q PackageSearch) Query() (text string, args []any) { return q.query() }
func (f PackageFilter) Query() (text string, args []any) { return f.query() }

// Kept returns how many statements a connection of SQLite holds prepared.
func Kept(conn any) int { return len(conn.(*keeper).stmts) }
