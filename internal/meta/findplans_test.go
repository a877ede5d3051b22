package meta_test

import (
	"strings"
	"testing"

	"github.com/berth-registry/berth/internal/meta"
	"github.com/berth-registry/berth/internal/meta/metatest"
)

// TestPlansOfSearches looks how SQLite filters and searches: along the index of the
// order where there is one, and from what is looked for where that is less.
func TestPlansOfSearches(t *testing.T) {
	t.Parallel()
	db := metatest.Open(t, metatest.SQLite(t))
	for name, c := range map[string]struct {
		query func() (string, []any)
		uses  []string
		sorts int
	}{
		"tagged versions": {
			query: meta.VersionList{Tagged: true}.Query, sorts: 1,
			uses: []string{"SEARCH k USING COVERING INDEX manifests_versions (package_id=? AND id<?)", "SEARCH t USING COVERING INDEX tags_digest (package_id=? AND digest=?)"},
		},
		"broken versions": {
			query: meta.VersionList{Broken: true}.Query, sorts: 3,
			uses: []string{"SCAN b USING INDEX blobs_lost", "SEARCH r USING INDEX manifest_blobs_digest (package_id=? AND digest=?)", "SEARCH k USING INTEGER PRIMARY KEY (rowid=?)"},
		},
		"search for versions": {
			query: meta.VersionList{Like: "%1%", From: "sha256:1", To: "sha256:1g"}.Query, sorts: 4,
			uses: []string{"SEARCH t USING COVERING INDEX tags_digest (package_id=?)", "SEARCH f USING COVERING INDEX sqlite_autoindex_manifests_1 (package_id=? AND digest>? AND digest<?)", "SEARCH k USING INDEX sqlite_autoindex_manifests_1 (package_id=? AND digest=? AND rowid<?)"},
		},
		"tags by name": {
			query: meta.TagList{Like: "%1%"}.Query,
			uses:  []string{"SEARCH t USING INDEX sqlite_autoindex_tags_1 (package_id=? AND folded>?)"},
		},
		"newest tags": {
			query: meta.TagList{Like: "%", Newest: true}.Query,
			uses:  []string{"SEARCH t USING INDEX tags_newest (package_id=? AND (updated_at,folded)<(?,?))"},
		},
		"packages of an owner": {
			query: meta.PackageFilter{Owner: 1}.Query, sorts: 1,
			uses: []string{"SEARCH k USING INDEX packages_live (owner_id=? AND path>? AND path<?)", "SEARCH p USING INTEGER PRIMARY KEY (rowid=?)"},
		},
		"packages by last push": {
			query: meta.PackageFilter{Owner: 1, Sort: "updated"}.Query, sorts: 1,
			uses: []string{"SEARCH k USING INDEX packages_updated (owner_id=?)"},
		},
		"packages by pulls": {
			query: meta.PackageFilter{Owner: 1, Sort: "downloads"}.Query, sorts: 1,
			uses: []string{"SEARCH k USING INDEX packages_downloads (owner_id=?)"},
		},
		"packages": {
			query: meta.PackageSearch{}.Query, sorts: 2,
			uses: []string{"SEARCH k USING INTEGER PRIMARY KEY (rowid>?)", "SEARCH p USING INTEGER PRIMARY KEY (rowid=?)"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, args := c.query()
			plan := explain(t, db, text, args)
			for _, want := range c.uses {
				if !strings.Contains(plan, want) {
					t.Errorf("no %s", want)
				}
			}
			for line := range strings.Lines(plan) {
				table, _, _ := strings.Cut(strings.TrimPrefix(line, "SCAN "), " ")
				switch strings.TrimSpace(table) {
				case "q", "v", "k", "a", "x", "y", "f", "z", "broken", "CONSTANT": // x of packages is bounded, y are the names of owners
				default:
					if strings.HasPrefix(line, "SCAN ") && !strings.Contains(line, "blobs_lost") {
						t.Errorf("reads all: %s", line)
					}
				}
			}
			if n := strings.Count(plan, "TEMP B-TREE"); n > c.sorts {
				t.Errorf("%d sorts, want %d", n, c.sorts)
			}
			if t.Failed() {
				t.Log(plan)
			}
		})
	}
}
