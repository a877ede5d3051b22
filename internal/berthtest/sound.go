package berthtest

import (
	"database/sql"
	"fmt"
	"strings"
)

// An ordinary tag of a manifest m is any but one that by its name is for another
// manifest which is there.
const ordinaryTag = `EXISTS (SELECT 1 FROM tags t WHERE t.package_id = m.package_id AND t.digest = m.digest
	AND (t.subject IS NULL OR t.subject = t.digest OR t.subject NOT IN (
		SELECT s.digest FROM manifests s WHERE s.package_id = t.package_id AND s.trash_id IS NULL)))`

// unsound are queries for rows that must never be there, by what is wrong with them.
func unsound() map[string]string {
	return map[string]string{
		"manifest with a wrong version flag": `SELECT CAST(m.package_id AS TEXT) || ' ' || m.digest FROM manifests m WHERE m.trash_id IS NULL
			AND m.version <> (m.subject IS NULL AND (` + ordinaryTag + ` OR NOT EXISTS (SELECT 1 FROM tags t WHERE t.package_id = m.package_id AND t.digest = m.digest)
				AND m.digest NOT IN (SELECT c.digest FROM manifest_children c JOIN manifests i ON i.id = c.manifest_id
					WHERE c.package_id = m.package_id AND i.trash_id IS NULL)))`,
		"package with a wrong number of versions": `SELECT CAST(p.id AS TEXT) || ' says ' || CAST(p.version_count AS TEXT) FROM packages p WHERE p.version_count <>
			(SELECT count(*) FROM manifests m WHERE m.package_id = p.id AND m.version AND m.trash_id IS NULL)`,
		"deleted part of an index that is not": `SELECT i.digest || ' needs ' || m.digest FROM manifest_children c
			JOIN manifests i ON i.id = c.manifest_id JOIN manifests m ON m.package_id = c.package_id AND m.digest = c.digest
			WHERE i.trash_id IS NULL AND m.trash_id IS NOT NULL`,
		"tag of a deleted manifest": `SELECT t.name FROM tags t JOIN manifests m ON m.package_id = t.package_id AND m.digest = t.digest
			WHERE m.trash_id IS NOT NULL`,
		"hidden blob that a manifest needs": `SELECT m.digest || ' needs ' || b.digest FROM package_blobs b
			JOIN manifest_blobs r ON r.package_id = b.package_id AND r.digest = b.digest JOIN manifests m ON m.id = r.manifest_id
			WHERE b.hidden AND m.trash_id IS NULL`,
		"hidden blob that nothing needs": `SELECT b.digest FROM package_blobs b WHERE b.hidden
			AND NOT EXISTS (SELECT 1 FROM manifest_blobs r WHERE r.package_id = b.package_id AND r.digest = b.digest)`,
		"manifest without its deletion": `SELECT m.digest FROM manifests m LEFT JOIN trash x ON x.id = m.trash_id
			WHERE m.trash_id IS NOT NULL AND (x.id IS NULL OR x.digest IS NULL OR x.package_id <> m.package_id)`,
		"package in the trash and yet not": `SELECT p.path FROM packages p LEFT JOIN trash x ON x.package_id = p.id AND x.digest IS NULL
			WHERE (p.deleted_at IS NULL) <> (x.id IS NULL) OR (p.deleted_at IS NULL) = (p.path LIKE '-/%')`,
		"package whose days do not add up": `SELECT CAST(p.id AS TEXT) FROM packages p WHERE p.downloads <>
			(SELECT COALESCE(sum(d.count), 0) FROM downloads d WHERE d.package_id = p.id)`,
		"owner whose usage does not add up": `SELECT o.name FROM owners o WHERE COALESCE((SELECT u.bytes FROM owner_usage u WHERE u.owner_id = o.id), 0)
			+ COALESCE((SELECT sum(c.bytes) FROM usage_changes c WHERE c.owner_id = o.id), 0)
			<> COALESCE((SELECT sum(b.size) FROM blobs b WHERE b.digest IN (SELECT p.digest FROM package_blobs p JOIN packages k ON k.id = p.package_id WHERE k.owner_id = o.id)), 0)
			+ COALESCE((SELECT sum(m.size) FROM manifests m JOIN packages k ON k.id = m.package_id WHERE k.owner_id = o.id), 0)`,
		"blob of an owner that does not add up": `SELECT b.digest FROM owner_blobs b WHERE b.packages <> (SELECT count(*) FROM package_blobs p
			JOIN packages k ON k.id = p.package_id WHERE p.digest = b.digest AND k.owner_id = b.owner_id)`,
		"version with more downloads than its package": `SELECT m.digest FROM manifests m JOIN packages p ON p.id = m.package_id WHERE m.downloads > p.downloads`,
	}
}

// Unsound returns what in the database breaks a rule that holds at all times, one
// line for each.
func (s *Server) Unsound() []string {
	s.t.Helper()
	db, err := s.raw()
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	var wrong []string
	for what, query := range unsound() {
		for _, row := range s.texts(db, query) {
			wrong = append(wrong, fmt.Sprintf("%s: %s", what, row))
		}
	}
	return wrong
}

// WantSound fails the test when the database breaks a rule that holds at all times.
func (s *Server) WantSound() {
	s.t.Helper()
	if wrong := s.Unsound(); len(wrong) > 0 {
		s.t.Fatalf("unsound:\n%s", strings.Join(wrong, "\n"))
	}
}

// Query returns the rows of a query for one column of text, read behind the server's
// back.
func (s *Server) Query(query string) []string {
	s.t.Helper()
	db, err := s.raw()
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	return s.texts(db, query)
}

func (s *Server) texts(db *sql.DB, query string) []string {
	s.t.Helper()
	rows, err := db.QueryContext(s.t.Context(), query)
	if err != nil {
		s.t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			s.t.Fatal(err)
		}
		list = append(list, text)
	}
	if err := rows.Err(); err != nil {
		s.t.Fatal(err)
	}
	return list
}
