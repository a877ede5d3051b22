package meta_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
	"github.com/berth-registry/berth/internal/meta/metatest"
)

// TestPlansOfLists looks how SQLite reads lists: along their index, and never all rows
// of a table that grows.
func TestPlansOfLists(t *testing.T) {
	t.Parallel()
	db := metatest.Open(t, metatest.SQLite(t))
	public, internal, private := berth.VisibilityPublic, berth.VisibilityInternal, berth.VisibilityPrivate
	for name, c := range map[string]struct {
		list  meta.OwnerList
		query string // the start of a statement, where it is none of a list of packages
		uses  []string
		sorts int // of no more than a page, or of what several teams or repositories were given
	}{
		"all": {
			list: meta.OwnerList{All: []berth.Visibility{public, internal, private}}, sorts: 1,
			uses: []string{"k USING INDEX packages_live (owner_id=? AND path>?)"},
		},
		"public": {
			list: meta.OwnerList{All: []berth.Visibility{public}}, sorts: 1,
			uses: []string{"k USING INDEX packages_visible (owner_id=? AND visibility=? AND path>?)"},
		},
		"given": {
			list: meta.OwnerList{All: []berth.Visibility{public, internal}, Given: []berth.Visibility{private}, User: 1}, sorts: 6,
			uses: []string{
				"k USING INDEX packages_visible (owner_id=? AND visibility=? AND path>?)",
				"r USING COVERING INDEX package_roles_of_user (user_id=? AND listed_owner=? AND listed_visibility=? AND listed_path>? AND listed_path<?)",
				"r USING COVERING INDEX package_roles_of_team (team_id=? AND listed_owner=? AND listed_visibility=? AND listed_path>? AND listed_path<?)",
				"r USING COVERING INDEX package_roles_of_repository (repository_id=? AND listed_owner=? AND listed_visibility=? AND listed_path>? AND listed_path<?)",
				"k USING INDEX packages_inherited (repository_id=? AND path>? AND path<?)",
			},
		},
		"named by a token": {
			list: meta.OwnerList{All: []berth.Visibility{public}, Named: []berth.Visibility{internal, private}, User: 1, Token: 1}, sorts: 1,
			uses: []string{
				"k USING INDEX packages_visible (owner_id=? AND visibility=? AND path>?)",
				"l USING COVERING INDEX sqlite_autoindex_token_limits_1 (token_id=? AND owner_id=? AND path>?)",
			},
		},
		"versions": {
			query: "FROM (SELECT k.id AS id FROM manifests k", sorts: 1,
			uses: []string{"k USING COVERING INDEX manifests_versions (package_id=? AND id<?)", "t USING INDEX tags_digest (package_id=? AND digest=?)"},
		},
		"tags": {
			query: "AND t.folded > $2 AND NOT EXISTS",
			uses:  []string{"t USING INDEX sqlite_autoindex_tags_1 (package_id=? AND folded>?)"},
		},
		"trash": {
			query: "WHERE x.owner_id = $1 AND x.digest IS NULL",
			uses:  []string{"x USING INDEX trash_owner (owner_id=? AND id<?)"},
		},
		"deleted versions": {
			query: "FROM trash x JOIN manifests m",
			uses:  []string{"x USING INDEX trash_package (package_id=?"},
		},
		"what became a version": {
			query: "UPDATE manifests SET version = NOT version",
			uses:  []string{"manifests USING INTEGER PRIMARY KEY (rowid=?)"},
		},
		"signed": {
			query: "SELECT v.id FROM manifests v WHERE v.id",
			uses: []string{
				"v USING INTEGER PRIMARY KEY (rowid=?)", "m USING COVERING INDEX manifests_subject (package_id=? AND subject=?)",
				"s USING INTEGER PRIMARY KEY (rowid=?)", "d USING INDEX sqlite_autoindex_descriptions_1 (manifest_id=?)", "t USING INDEX tags_subject (package_id=? AND subject=?)",
			},
		},
		"referrers": {
			query: "subject = $2 AND id > $3 AND trash_id",
			uses:  []string{"manifests USING INDEX manifests_subject (package_id=? AND subject=? AND id>?)"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, args := c.list.Query()
			if c.query != "" {
				text, args = statement(t, c.query), nil
				for range strings.Count(text, "$") { // more than there are do no harm
					args = append(args, 1)
				}
			}
			plan := explain(t, db, text, args)
			for _, want := range c.uses {
				if !strings.Contains(plan, "SEARCH "+want) {
					t.Errorf("no search in %s", want)
				}
			}
			for line := range strings.Lines(plan) {
				table, _, _ := strings.Cut(strings.TrimPrefix(line, "SCAN "), " ")
				bounded := slices.Contains([]string{"q", "v", "w", "f", "a", "d", "CONSTANT"}, strings.TrimSpace(table))
				if strings.HasPrefix(line, "SCAN ") && !bounded || strings.Contains(line, "AUTOMATIC") {
					t.Errorf("reads all: %s", line)
				}
			}
			if n := strings.Count(plan, "TEMP B-TREE"); n > c.sorts {
				t.Errorf("%d sorts, want %d", n, c.sorts)
			}
			if t.Failed() {
				t.Log(text + "\n" + plan)
			}
		})
	}
}

// statement returns the only one that contains some words.
func statement(t *testing.T, words string) string {
	t.Helper()
	var found []string
	for _, text := range meta.Statements() {
		if strings.Contains(text, words) {
			found = append(found, text)
		}
	}
	if len(found) == 0 {
		t.Fatalf("no statement has %q", words)
	}
	return found[0]
}

// explain returns a line for each step of a plan.
func explain(t *testing.T, db *meta.DB, text string, args []any) string {
	t.Helper()
	rows, err := db.Readers().QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+text, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var plan strings.Builder
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		plan.WriteString(step + "\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return plan.String()
}
