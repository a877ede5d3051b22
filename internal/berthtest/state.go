package berthtest

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"

	"github.com/berth-registry/berth/internal/meta"

	// The tests read the tables behind the server's back.
	_ "modernc.org/sqlite"
)

// State returns everything the server remembers, rows and bytes, as text. A
// refused request must leave it as it was.
func (s *Server) State() string {
	s.t.Helper()
	db, err := s.raw()
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	out := s.rows(db)
	for key, err := range s.Blobs.Keys(s.t.Context(), "") {
		if err != nil {
			s.t.Fatal(err)
		}
		out = append(out, fmt.Sprintf("bytes %s %d", key, s.size(key)))
	}
	return strings.Join(out, "\n")
}

// rows returns all rows of all tables as text, sorted, without the columns that are
// named as "table.column".
func (s *Server) rows(db *sql.DB, without ...string) []string {
	s.t.Helper()
	var out []string
	for _, table := range s.tables(db) {
		out = append(out, s.dump(db, table, without)...)
	}
	sort.Strings(out)
	return out
}

func (s *Server) size(key string) int64 {
	r, err := s.Blobs.Open(s.t.Context(), key, 0)
	if err != nil {
		s.t.Fatal(err)
	}
	defer r.Close()
	n, err := io.Copy(io.Discard, r)
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

func (s *Server) tables(db *sql.DB) []string {
	list := `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`
	if s.postgres() {
		list = `SELECT tablename FROM pg_tables WHERE schemaname = current_schema()`
	}
	rows, err := db.QueryContext(s.t.Context(), list)
	if err != nil {
		s.t.Fatal(err)
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			s.t.Fatal(err)
		}
		names = append(names, name)
	}
	if err := rows.Err(); err != nil {
		s.t.Fatal(err)
	}
	return names
}

func (s *Server) dump(db *sql.DB, table string, without []string) []string {
	rows, err := db.QueryContext(s.t.Context(), "SELECT * FROM "+table)
	if err != nil {
		s.t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		s.t.Fatal(err)
	}
	var out []string
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		if err := rows.Scan(values...); err != nil {
			s.t.Fatal(err)
		}
		line := []string{table}
		for i, v := range values {
			if !slices.Contains(without, table+"."+columns[i]) {
				line = append(line, fmt.Sprintf("%q", fmt.Sprint(*v.(*any))))
			}
		}
		out = append(out, strings.Join(line, " "))
	}
	if err := rows.Err(); err != nil {
		s.t.Fatal(err)
	}
	return out
}

// Exec changes the database behind the server's back, where no use case can bring
// about what a test needs, and returns the id of the last row put in.
func (s *Server) Exec(query string, args ...any) int64 {
	s.t.Helper()
	db, err := s.raw()
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	result, err := db.ExecContext(s.t.Context(), query, args...)
	if err != nil {
		s.t.Fatalf("%s: %v", query, err)
	}
	id, err := result.LastInsertId()
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

// TryExec is Exec for what may be refused.
func (s *Server) TryExec(ctx context.Context, query string) error {
	db, err := s.raw()
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, query)
	return err
}

func (s *Server) postgres() bool { return strings.HasPrefix(s.options.Address, "postgres") }

func (s *Server) raw() (*sql.DB, error) {
	if s.postgres() {
		return sql.Open("pgx", s.options.Address)
	}
	return sql.Open("sqlite", "file:"+strings.TrimPrefix(s.options.Address, "sqlite:")+"?_pragma=foreign_keys(1)&_pragma=busy_timeout(10000)")
}

// OwnerID returns the id of a user or an organization.
func (s *Server) OwnerID(name string) (id int64) {
	s.t.Helper()
	err := s.Meta.View(s.t.Context(), func(tx *meta.Tx) error {
		o, err := tx.GetOwner(s.t.Context(), name)
		id = o.ID
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

// Commits returns a function that tells whether anything was committed since it was
// called last.
func (s *Server) Commits() func() bool {
	s.t.Helper()
	db, err := s.raw()
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(1) // the number counts the commits of other connections
	last := int64(0)
	changed := func() bool {
		s.t.Helper()
		before := last
		if err := db.QueryRowContext(s.t.Context(), "PRAGMA data_version").Scan(&last); err != nil {
			s.t.Fatal(err)
		}
		return last != before
	}
	changed()
	return changed
}

// Events returns the audit log as text, oldest first: action, target and detail.
func (s *Server) Events() []string {
	s.t.Helper()
	db, err := s.raw()
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(s.t.Context(), `SELECT action || ' ' || target || CASE detail WHEN '' THEN '' ELSE ': ' || detail END FROM audit ORDER BY id`)
	if err != nil {
		s.t.Fatal(err)
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			s.t.Fatal(err)
		}
		list = append(list, line)
	}
	if err := rows.Err(); err != nil {
		s.t.Fatal(err)
	}
	return list
}
