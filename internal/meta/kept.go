package meta

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"

	"modernc.org/sqlite"
)

// connector makes connections to SQLite that keep what they prepared: parsing a text
// each time costs more than running it. The driver of PostgreSQL does it by itself.
type connector struct {
	driver.Connector

	keep map[string]bool // texts, never changed
}

// openPool returns a pool of connections that keep the statements of the list.
func openPool(source string, keep map[string]bool) (*sql.DB, error) {
	c, err := sqlite.NewConnector(source)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector{c, keep}), nil
}

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	made, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	conn, ok := made.(connection)
	if !ok {
		return nil, errors.Join(errors.New("the driver of SQLite lacks what it had"), made.Close())
	}
	return &keeper{connection: conn, keep: c.keep, stmts: map[string]statement{}}, nil
}

// connection is what package sql uses of a connection.
type connection interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// statement is what package sql uses of a statement.
type statement interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// keeper is a connection that prepares a statement when it is first used, and keeps it.
// Package sql lets nobody else use the connection meanwhile.
type keeper struct {
	connection

	keep  map[string]bool
	stmts map[string]statement
}

// stmt returns driver.ErrSkip, which has package sql prepare the text, for what is not
// worth keeping: migrations, and settings.
func (k *keeper) stmt(ctx context.Context, text string) (statement, error) {
	if s, ok := k.stmts[text]; ok {
		return s, nil
	}
	if !k.keep[text] {
		return nil, driver.ErrSkip
	}
	made, err := k.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	s, ok := made.(statement)
	if !ok {
		return nil, errors.Join(errors.New("the driver of SQLite lacks what it had"), made.Close())
	}
	k.stmts[text] = s
	return s, nil
}

func (k *keeper) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	s, err := k.stmt(ctx, text)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(ctx, args)
}

func (k *keeper) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := k.stmt(ctx, text)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, args)
}

func (k *keeper) Close() error {
	var err error
	for _, s := range k.stmts {
		err = errors.Join(err, s.Close())
	}
	return errors.Join(err, k.connection.Close())
}
