package registry_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/meta/metatest"
	"github.com/berth-registry/berth/internal/registry"
)

// keptClosure finds, behind the server's back, what has to outlive every run: the
// manifests tagged v0 (which is kept) or v1 (which is protected), all that they hold, and
// all that refers to any of it.
const keptClosure = `WITH RECURSIVE up (package_id, digest) AS (
		SELECT t.package_id, t.digest FROM tags t WHERE t.folded IN ('v0', 'v1')
		UNION SELECT n.package_id, n.digest FROM up u JOIN (
			SELECT i.package_id AS package_id, i.digest AS at, c.digest AS digest FROM manifest_children c JOIN manifests i ON i.id = c.manifest_id
			UNION ALL SELECT r.package_id, r.subject, r.digest FROM manifests r WHERE r.subject IS NOT NULL
			UNION ALL SELECT f.package_id, f.subject, f.digest FROM tags f WHERE f.subject IS NOT NULL) n ON n.package_id = u.package_id AND n.at = u.digest)
	SELECT CAST(m.package_id AS TEXT) || ' ' || m.digest FROM up u JOIN manifests m ON m.package_id = u.package_id AND m.digest = u.digest
	WHERE m.trash_id IS NULL ORDER BY 1`

// graphs makes random packages with random graphs of manifests.
func graphs(t *testing.T, s *berthtest.Server, seed uint64, count int) {
	t.Helper()
	m := newModel(t, s, seed)
	for i := range count {
		m.made = nil
		n := name(t, fmt.Sprint("ada/g", i))
		for range 6 + m.r.IntN(8) {
			tag := berth.Tag("")
			if m.r.IntN(3) > 0 {
				tag = m.tag()
			}
			what := m.content()
			m.note("push %s to %s:%s", what.digest, n, tag)
			m.judge(m.push(n, what, tag))
			s.Clock.Advance(time.Hour)
		}
	}
}

// wantKept carries out a rule that removes all that it may, again and again, and looks
// that nothing goes which something kept needs.
func wantKept(t *testing.T, s *berthtest.Server) {
	t.Helper()
	owner, v := berth.Name{Owner: "ada"}, s.Viewer("ada")
	if _, err := s.Registry.CreateTagRule(t.Context(), v, owner, "v1", registry.Movers{}); err != nil {
		t.Fatal(err)
	}
	rule := registry.Retention{Active: true, KeepTags: []berth.TagPattern{"v0"}, RemoveTags: []berth.TagPattern{"*"}}
	if _, err := s.Registry.SetRetention(t.Context(), v, owner, rule); err != nil {
		t.Fatal(err)
	}
	s.Clock.Advance(48 * time.Hour)
	before := s.Query(keptClosure)
	all := len(s.Query(`SELECT digest FROM manifests WHERE trash_id IS NULL`))
	removed := 0
	for {
		n, err := s.Registry.RunRetention(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		s.WantSound()
		if removed += n; n == 0 {
			break
		}
	}
	if diff := cmp.Diff(before, s.Query(keptClosure)); diff != "" {
		t.Errorf("what is kept changed:\n%s", diff)
	}
	left := len(s.Query(`SELECT digest FROM manifests WHERE trash_id IS NULL`))
	t.Logf("of %d manifests %d are to be kept; %d versions were removed, %d manifests are left", all, len(before), removed, left)
	if removed == 0 {
		t.Error("nothing was tried")
	}
}

// Whatever the graphs are, every descendant and every referrer of what is kept stays.
func TestRetentionOfGraphs(t *testing.T) {
	t.Parallel()
	count := 125
	if testing.Short() {
		count = 20
	}
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			s := berthtest.New(t)
			graphs(t, s, seed, count)
			wantKept(t, s)
		})
	}
}

func TestRetentionOfGraphsOnPostgres(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t, berthtest.Options{Address: metatest.Postgres(t)})
	graphs(t, s, 99, 20)
	wantKept(t, s)
}
