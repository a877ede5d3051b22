package berthtest

import (
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// Viewer returns a user as if signed in with a password.
func (s *Server) Viewer(user string) berth.Viewer {
	s.t.Helper()
	var u meta.User
	err := s.Meta.View(s.t.Context(), func(tx *meta.Tx) (err error) {
		u, err = tx.GetUser(s.t.Context(), user)
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return berth.Viewer{UserID: u.ID, Login: u.Name, Admin: u.Admin, Scopes: berth.ScopeAll}
}

// Block shuts a user out, behind the server's back.
func (s *Server) Block(user string) {
	s.t.Helper()
	s.Exec("UPDATE users SET blocked_at = 1 WHERE owner_id = (SELECT id FROM owners WHERE folded = ?)", user)
}

// Hold keeps a name free, behind the server's back.
func (s *Server) Hold(name string, until time.Time) {
	s.t.Helper()
	s.Exec("INSERT INTO held_names (folded, until) VALUES (?, ?)", name, until.UnixMicro())
}
