package berthtest

import "database/sql"

// Exec runs a statement on the database behind the server's back, for rows that no
// use case makes, and returns the id of the last row put in.
func (s *Server) Exec(statement string, args ...any) int64 {
	s.t.Helper()
	db, err := sql.Open("sqlite", "file:"+s.file+"?_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)")
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	result, err := db.ExecContext(s.t.Context(), statement, args...)
	if err != nil {
		s.t.Fatalf("%s: %v", statement, err)
	}
	id, err := result.LastInsertId()
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}
