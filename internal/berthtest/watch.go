package berthtest

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"modernc.org/sqlite"

	"github.com/berth-registry/berth/internal/blob"
)

// unwatched are columns that may change with any request without anything having
// been done: when a token was last used is written down in the background. Rows of
// the audit log with failedSignIn are not watched either: they tell of a refusal. Nor are
// readmePages, which are made when somebody looks.
const (
	unwatched    = "tokens.last_used_at"
	readmePages  = "readme_pages "
	failedSignIn = `"sign_in.failed"`
)

// Watch remembers the state of a server, tells whether it still is the same, and
// brings it back. Both are quick, so that it can be asked after every request. Only
// one at a time may watch a server.
type Watch struct {
	s     *Server
	db    *sql.DB
	conn  *sql.Conn
	rows  []string
	bytes map[string]stored
	sum   [sha256.Size]byte // of bytes
	file  string            // the copy of an SQLite database
	query string            // for what writes returns
	mark  string            // what that was when the rows were last compared
}

// stored is what a key of the blob store holds.
type stored struct {
	data      []byte
	committed bool
}

// Watch begins to watch the server.
func (s *Server) Watch() *Watch {
	s.t.Helper()
	w := &Watch{s: s, file: filepath.Join(s.t.TempDir(), "copy.db")}
	var err error
	if w.db, err = s.raw(); err != nil {
		s.t.Fatal(err)
	}
	if w.conn, err = w.db.Conn(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = errors.Join(w.conn.Close(), w.db.Close()) })
	if s.postgres() {
		w.exec("CREATE SCHEMA copy_of")
		var each []string
		for _, table := range s.tables(w.db) {
			w.exec("CREATE TABLE copy_of." + table + " AS TABLE " + table)
			// The newest transaction that wrote a row of it.
			each = append(each, "SELECT max(xmin::text::bigint) || '/' || count(*) AS m FROM "+table)
		}
		w.query = "SELECT string_agg(m, ' ') FROM (" + strings.Join(each, " UNION ALL ") + ") AS x"
	} else {
		w.query = "PRAGMA data_version" // counts the commits of others than this connection
		w.exec("VACUUM INTO '" + w.file + "'")
		w.exec("PRAGMA synchronous = OFF")
	}
	w.mark = w.writes()
	w.rows = w.read()
	w.bytes, w.sum = s.bytes(), s.sum()
	return w
}

// Written reports whether anything was written since the state was last known to be
// that of the beginning. It is quicker than Changed, and may be wrong in that the
// same was written again.
func (w *Watch) Written() bool {
	w.s.t.Helper()
	return w.writes() != w.mark || w.s.sum() != w.sum
}

// Changed returns what is different from the beginning, "" when nothing is.
func (w *Watch) Changed() string {
	w.s.t.Helper()
	var out []string
	if sum := w.s.sum(); sum != w.sum {
		out = append(out, "the bytes in the blob store")
	}
	mark := w.writes()
	if mark == w.mark {
		return strings.Join(out, "\n")
	}
	rows := w.read()
	before, after := difference(w.rows, rows), difference(rows, w.rows)
	for _, row := range before {
		out = append(out, "- "+row)
	}
	for _, row := range after {
		out = append(out, "+ "+row)
	}
	if len(before)+len(after) == 0 {
		w.mark = mark
	}
	return strings.Join(out, "\n")
}

// read returns the rows that are watched.
func (w *Watch) read() []string {
	w.s.t.Helper()
	return slices.DeleteFunc(w.s.rows(w.db, unwatched), func(row string) bool {
		return strings.HasPrefix(row, readmePages) || strings.HasPrefix(row, "audit ") && strings.Contains(row, failedSignIn)
	})
}

func difference(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(row string) bool {
		_, found := slices.BinarySearch(b, row)
		return found
	})
}

// writes tells of all that was ever written to the database: while it is the same,
// so are the rows, which need not be read then.
func (w *Watch) writes() (mark string) {
	w.s.t.Helper()
	if err := w.conn.QueryRowContext(w.s.t.Context(), w.query).Scan(&mark); err != nil {
		w.s.t.Fatal(err)
	}
	return mark
}

func (w *Watch) exec(query string) {
	w.s.t.Helper()
	if _, err := w.conn.ExecContext(w.s.t.Context(), query); err != nil {
		w.s.t.Fatalf("%s: %v", query, err)
	}
}

// Restore brings the state of the beginning back, behind the server's back: what it
// remembers of accounts in memory has to be the same again, as it is when nobody
// asked in between.
func (w *Watch) Restore() {
	w.s.t.Helper()
	if w.s.postgres() {
		w.restorePostgres()
	} else if err := w.conn.Raw(w.restoreSQLite); err != nil {
		w.s.t.Fatal(err)
	}
	w.s.putBytes(w.bytes)
	w.mark = w.writes()
	if w.s.sum() != w.sum {
		w.s.t.Fatal("the blob store is not restored")
	}
}

func (w *Watch) restoreSQLite(conn any) error {
	restorer, ok := conn.(interface {
		NewRestore(from string) (*sqlite.Backup, error)
	})
	if !ok {
		return fmt.Errorf("%T cannot restore", conn)
	}
	b, err := restorer.NewRestore("file:" + w.file)
	if err != nil {
		return err
	}
	for more := true; more && err == nil; {
		more, err = b.Step(-1)
	}
	return errors.Join(err, b.Finish())
}

// restorePostgres puts back the tables that changed, without the triggers and foreign
// keys that would be in the way.
func (w *Watch) restorePostgres() {
	w.s.t.Helper()
	rows := w.read()
	script := []string{"BEGIN", "SET LOCAL session_replication_role = replica"}
	var tables []string
	for _, row := range slices.Concat(difference(w.rows, rows), difference(rows, w.rows)) {
		if table, _, _ := strings.Cut(row, " "); !slices.Contains(tables, table) {
			tables = append(tables, table)
			script = append(script, "DELETE FROM "+table, "INSERT INTO "+table+" SELECT * FROM copy_of."+table)
		}
	}
	w.exec(strings.Join(append(script, "COMMIT"), "; "))
}

// bytes reads the whole blob store.
func (s *Server) bytes() map[string]stored {
	s.t.Helper()
	ctx, all := s.t.Context(), map[string]stored{}
	for key, err := range s.Blobs.Keys(ctx, "") {
		if err != nil {
			s.t.Fatal(err)
		}
		r, err := s.Blobs.Open(ctx, key, 0)
		if err != nil {
			s.t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err = errors.Join(err, r.Close()); err != nil {
			s.t.Fatal(err)
		}
		// Nothing is appended, so the only question is whether it could be.
		_, err = s.Blobs.Append(ctx, key, int64(len(data)), bytes.NewReader(nil))
		if err != nil && !errors.Is(err, blob.ErrCommitted) {
			s.t.Fatal(err)
		}
		all[key] = stored{data, err != nil}
	}
	return all
}

// sum is a hash of the whole blob store.
func (s *Server) sum() (sum [sha256.Size]byte) {
	s.t.Helper()
	h := sha256.New()
	for key, err := range s.Blobs.Keys(s.t.Context(), "") {
		if err != nil {
			s.t.Fatal(err)
		}
		r, err := s.Blobs.Open(s.t.Context(), key, 0)
		if err != nil {
			s.t.Fatal(err)
		}
		_, _ = io.WriteString(h, "\n"+key+" ") // a hash takes everything
		if _, err = io.Copy(h, r); err != nil {
			s.t.Fatal(err)
		}
		_ = r.Close()
	}
	h.Sum(sum[:0])
	return sum
}

// putBytes makes the blob store hold just what is given.
func (s *Server) putBytes(want map[string]stored) {
	s.t.Helper()
	ctx := s.t.Context()
	have := s.bytes()
	var err error
	for key, is := range have {
		if w, ok := want[key]; ok && w.committed == is.committed && bytes.Equal(w.data, is.data) {
			continue
		}
		err = errors.Join(err, s.Blobs.Delete(ctx, key))
		delete(have, key)
	}
	for key, w := range want {
		if _, ok := have[key]; ok {
			continue
		}
		_, failed := s.Blobs.Append(ctx, key, 0, bytes.NewReader(w.data))
		if err = errors.Join(err, failed); w.committed {
			err = errors.Join(err, s.Blobs.Commit(ctx, key))
		}
	}
	if err != nil {
		s.t.Fatal(err)
	}
}
