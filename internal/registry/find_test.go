package registry_test

import (
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/meta/metatest"
	"github.com/berth-registry/berth/internal/registry"
)

func (k *shelf) found(q registry.VersionQuery) string {
	k.Helper()
	q.Limit = max(q.Limit, 2)
	var names []string
	for {
		list, cursors, err := k.s.Registry.ListVersions(k.Context(), k.v, k.n, q)
		k.must(err)
		for _, v := range list {
			names = append(names, k.called(v.Digest.String()))
		}
		if len(list) < q.Limit {
			return strings.Join(names, " ")
		}
		q.Before = cursors[len(cursors)-1]
	}
}

func TestFilterVersions(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		k := newShelf(t, berthtest.Options{Address: address})
		k.image("amd", "")
		k.image("arm", "")
		k.index("all", "Release_1.0", "amd", "arm")
		k.image("one", "v1")
		k.image("two", "v1")
		k.image("three", "")
		k.referrer("sbom", "all")
		k.image("sig", k.fallback("all", ".sig"))
		k.image("four", "v10")
		k.image("five", "nightly")
		exec(t, k.s, `UPDATE blobs SET lost_at = 1 WHERE digest IN (SELECT r.digest FROM manifest_blobs r JOIN manifests m ON m.id = r.manifest_id
			WHERE m.digest IN ('`+k.made["arm"].Digest.String()+`', '`+k.made["one"].Digest.String()+`'))`)
		two := k.made["two"].Digest.String()
		for _, c := range []struct {
			q    registry.VersionQuery
			want string
		}{
			{registry.VersionQuery{}, "five four three two one all"},
			{registry.VersionQuery{Filter: registry.FilterAll}, "five four three two one all"},
			{registry.VersionQuery{Filter: registry.FilterTagged}, "five four two all"},
			{registry.VersionQuery{Filter: registry.FilterUntagged}, "three one"},
			{registry.VersionQuery{Filter: registry.FilterBroken}, "one all"},
			{registry.VersionQuery{Search: "v1"}, "four two"},
			{registry.VersionQuery{Search: "E_1."}, "all"},
			{registry.VersionQuery{Search: "e.1"}, ""},
			{registry.VersionQuery{Search: "%"}, ""},
			{registry.VersionQuery{Search: "v1", Skip: 1}, "two"},
			{registry.VersionQuery{Search: "release", Filter: registry.FilterBroken}, "all"},
			{registry.VersionQuery{Search: "v1", Filter: registry.FilterBroken}, ""},
			{registry.VersionQuery{Search: "v1", Filter: registry.FilterUntagged}, ""},
			{registry.VersionQuery{Search: "v1", Filter: registry.FilterTagged}, "four two"},
			{registry.VersionQuery{Search: two[:30]}, "two"},
			{registry.VersionQuery{Search: strings.ToUpper(two[7:30])}, "two"},
			{registry.VersionQuery{Search: k.made["one"].Digest.String(), Filter: registry.FilterUntagged}, "one"},
			{registry.VersionQuery{Search: k.made["amd"].Digest.String()}, ""},
			{registry.VersionQuery{Search: "md5:1"}, ""},
		} {
			if got := k.found(c.q); got != c.want {
				t.Errorf("%+v finds %q, want %q", c.q, got, c.want)
			}
		}
		for _, q := range []registry.VersionQuery{
			{Filter: "some"},
			{Search: "a\x00"},
			{Search: "\xff"},
			{Search: strings.Repeat("a", 201)},
			{Deleted: true, Search: "a"},
			{Deleted: true, Filter: registry.FilterTagged},
		} {
			_, _, err := k.s.Registry.ListVersions(t.Context(), k.v, k.n, q)
			k.refused(fmt.Sprint(q), err, berth.ErrRequestInvalid)
		}
	})
}

func TestFindTags(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		k := newShelf(t, berthtest.Options{Address: address})
		for _, tag := range []string{"v2", "V1", "latest", "edge", "v1.1"} {
			k.image("one", tag)
			k.s.Clock.Advance(time.Second)
		}
		k.image("sig", k.fallback("one", ".sig"))
		k.image("two", "v2")
		find := func(q registry.TagQuery) string {
			t.Helper()
			q.Limit = 2
			var names []string
			for {
				list, err := k.s.Registry.FindTags(t.Context(), k.v, k.n, q)
				k.must(err)
				for _, tag := range list {
					names = append(names, string(tag.Name))
				}
				if len(list) < 2 {
					return strings.Join(names, " ")
				}
				q.After = list[1].Name
			}
		}
		for _, c := range []struct {
			q    registry.TagQuery
			want string
		}{
			{registry.TagQuery{}, "edge latest V1 v1.1 v2"},
			{registry.TagQuery{Newest: true}, "v2 v1.1 edge latest V1"},
			{registry.TagQuery{Search: "V1"}, "V1 v1.1"},
			{registry.TagQuery{Search: "v", Newest: true}, "v2 v1.1 V1"},
			{registry.TagQuery{Search: "v_"}, ""},
			{registry.TagQuery{Newest: true, After: "gone"}, "v2 v1.1 edge latest V1"},
			{registry.TagQuery{Newest: true, Skip: 4}, "V1"},
			{registry.TagQuery{Skip: 4}, "v2"},
		} {
			if got := find(c.q); got != c.want {
				t.Errorf("%+v finds %q, want %q", c.q, got, c.want)
			}
		}
		_, err := k.s.Registry.FindTags(t.Context(), k.v, k.n, registry.TagQuery{Search: "a\nb"})
		k.refused("a search of two lines", err, berth.ErrRequestInvalid)
		_, err = k.s.Registry.FindTags(t.Context(), k.s.Viewer("bob"), k.n, registry.TagQuery{})
		k.refused("a stranger", err, berth.ErrPackageUnknown)
	})
}

// searches compares what a search shows with what the permission rule says.
func (w *world) searches(t *testing.T, step string) {
	t.Helper()
	for who, v := range w.viewers {
		for _, only := range []berth.Visibility{"", berth.VisibilityPublic, berth.VisibilityInternal, berth.VisibilityPrivate} {
			want := w.want(t, v, only)
			for _, q := range []registry.PackageQuery{{Search: "PP"}, {Sort: registry.SortUpdated}} {
				q.Visibility, q.Limit = only, 100
				got, _ := w.got(t, v, q)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s: %s searches in %q (-want +got):\n%s", step, who, only, diff)
				}
			}
		}
		list, err := w.Registry.Search(t.Context(), v, registry.SearchQuery{Text: "acme p 0", Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range list {
			got = append(got, fmt.Sprint(p.Name, p.ID, p.Visibility, p.Inherit, p.Repository))
		}
		want := slices.DeleteFunc(w.want(t, v, ""), func(s string) bool { name, _, _ := strings.Cut(s, " "); return !strings.Contains(name, "0") })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s searches in all (-want +got):\n%s", step, who, diff)
		}
	}
}

func TestSearchIsThePermissionRule(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		s := server(t, address)
		s.AddUser("robot", false)
		s.AddUser("eve", false)
		w := newWorld(t, s, 7)
		w.searches(t, "at first")
		exec(t, s, `UPDATE orgs SET base_role = 1 - base_role, allow_public = NOT allow_public`,
			`UPDATE packages SET inherit = NOT inherit WHERE repository_id IS NOT NULL AND id % 3 = 0`)
		w.searches(t, "after a change")
	})
}

// A look for what is not there ends: of an owner's packages after fifty thousand by path,
// of all after the fifty thousand made last.
func TestFilterEnds(t *testing.T) {
	t.Parallel()
	s := server(t, "")
	exec(t, s, `WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 50000)
		INSERT INTO packages (owner_id, path, visibility, inherit, created_at, published_at)
		SELECT o.id, printf('app-%05d', i), 'public', FALSE, 0, 1 FROM n, owners o WHERE o.folded = 'acme'`)
	for _, sort := range []registry.PackageSort{registry.SortName, registry.SortUpdated, registry.SortDownloads} {
		for search, want := range map[string]int{"app-00000": 1, "app-49999": 1, "app-50000": 0} {
			list, err := s.Registry.ListPackages(t.Context(), berth.Viewer{}, registry.PackageQuery{Owner: "acme", Search: search, Sort: sort, Limit: 10})
			if err != nil || len(list) != want {
				t.Errorf("%s by %q: %d, %v; want %d", search, sort, len(list), err, want)
			}
		}
	}
	list, err := s.Registry.ListPackages(t.Context(), berth.Viewer{}, registry.PackageQuery{Owner: "acme", Search: "app-50000", After: "app-00000", Limit: 10})
	if err != nil || len(list) != 1 {
		t.Errorf("after the first: %d, %v", len(list), err)
	}
	for search, want := range map[string]int{"app-00000": 0, "app-00001": 1, "app-50000": 1} {
		list, err := s.Registry.Search(t.Context(), berth.Viewer{}, registry.SearchQuery{Text: search, Limit: 10})
		if err != nil || len(list) != want {
			t.Errorf("%s of all: %d, %v; want %d", search, len(list), err, want)
		}
	}
}

func TestSearch(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		s := server(t, address)
		for i, p := range []struct{ owner, path, description, kind string }{
			{"acme", "web", "The front", "image"},
			{"acme", "web/tools", "", "helm"},
			{"acme", "cobweb", "Spiders", "image"},
			{"ada", "web", "", "image"},
			{"ada", "zoo", "Has a WEB of 100% cotton", "image"},
			{"ada", "other", "", "image"},
		} {
			exec(t, s, fmt.Sprintf(`INSERT INTO packages (owner_id, path, visibility, inherit, created_at, published_at, description, kind, updated_at, downloads)
				SELECT id, '%s', 'public', FALSE, 0, 1, '%s', '%s', %d, %d FROM owners WHERE folded = '%s'`, p.path, p.description, p.kind, 10-i, i, p.owner))
		}
		names := func(list []registry.Package, err error) string {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, p := range list {
				names = append(names, p.Name.String())
			}
			return strings.Join(names, " ")
		}
		for text, want := range map[string]string{
			"web":          "ada/web acme/web acme/web/tools acme/cobweb ada/zoo",
			"ACME/web":     "acme/web acme/web/tools",
			"100% web":     "ada/zoo",
			"zo_":          "",
			"spiders acme": "acme/cobweb",
			"spiders ada":  "",
			"w e b / a":    "acme/cobweb ada/web acme/web acme/web/tools ada/zoo",
			"w e b / a 6":  "acme/cobweb ada/web acme/web acme/web/tools ada/zoo", // the sixth does not count
			"":             "acme/cobweb ada/other ada/web acme/web acme/web/tools ada/zoo",
		} {
			if got := names(s.Registry.Search(t.Context(), berth.Viewer{}, registry.SearchQuery{Text: text, Limit: 10})); got != want {
				t.Errorf("%q finds %s, want %s", text, got, want)
			}
		}
		if got, want := names(s.Registry.Search(t.Context(), berth.Viewer{}, registry.SearchQuery{Text: "web", Skip: 1, Limit: 2})), "acme/web acme/web/tools"; got != want {
			t.Errorf("the second page is %s, want %s", got, want)
		}
		for _, c := range []struct {
			q    registry.PackageQuery
			want string
		}{
			{registry.PackageQuery{Search: "web"}, "acme/cobweb acme/web acme/web/tools"},
			{registry.PackageQuery{Search: "web", After: "cobweb"}, "acme/web acme/web/tools"},
			{registry.PackageQuery{Search: "spiders"}, ""},
			{registry.PackageQuery{Search: "acme"}, ""},
			{registry.PackageQuery{Kind: "helm"}, "acme/web/tools"},
			{registry.PackageQuery{Sort: registry.SortUpdated}, "acme/web acme/web/tools acme/cobweb"},
			{registry.PackageQuery{Sort: registry.SortDownloads}, "acme/cobweb acme/web/tools acme/web"},
			{registry.PackageQuery{Sort: registry.SortDownloads, Skip: 1, Limit: 1}, "acme/web/tools"},
		} {
			c.q.Owner, c.q.Limit = "acme", max(c.q.Limit, 10*(1-c.q.Limit))
			if got := names(s.Registry.ListPackages(t.Context(), berth.Viewer{}, c.q)); got != c.want {
				t.Errorf("%+v finds %s, want %s", c.q, got, c.want)
			}
		}
		if got := names(s.Registry.ListPackages(t.Context(), berth.Operator(), registry.PackageQuery{Search: "web", Limit: 10})); got != "" {
			t.Errorf("no owner has %s", got)
		}
		for _, q := range []registry.PackageQuery{{Owner: "acme", Sort: "size"}, {Owner: "acme", Search: "\x00"}, {Owner: "acme", Kind: "\xff"}} {
			if _, err := s.Registry.ListPackages(t.Context(), berth.Viewer{}, q); err == nil {
				t.Errorf("%+v is accepted", q)
			}
		}
		if _, err := s.Registry.Search(t.Context(), berth.Viewer{}, registry.SearchQuery{Text: "\x00"}); err == nil {
			t.Error("a search that is no text is accepted")
		}
	})
}

// TestSearchBreaksOff has a search fail at its second row: what it had until then is no
// answer.
func TestSearchBreaksOff(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	exec(t, s, `INSERT INTO repositories (owner_id, name, folded, visibility, description, web_url, created_at)
			SELECT id, 'src', 'src', 'public', '', '', 0 FROM owners WHERE folded = 'acme'`,
		`INSERT INTO packages (owner_id, path, visibility, inherit, repository_id, created_at, published_at, version_count)
			SELECT o.id, 'app-' || n.i, 'public', FALSE, r.id, 0, 1, n.v FROM owners o, repositories r, (SELECT 1 AS i, 1 AS v UNION ALL SELECT 2, 'many') n
			WHERE o.folded = 'acme'`)
	if list, err := s.Registry.Search(t.Context(), s.Viewer("bob"), registry.SearchQuery{Text: "app", Limit: 10}); err == nil {
		t.Errorf("it found %d packages", len(list))
	}
}

// cpuTime returns what the process has used.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkSearch looks through ten thousand packages, and reports the CPU time.
func BenchmarkSearch(b *testing.B) {
	s := berthtest.New(b)
	s.Exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
		INSERT INTO packages (owner_id, path, visibility, inherit, created_at, published_at, description, kind, updated_at, downloads)
		SELECT o.id, 'app-' || n.i, CASE n.i % 3 WHEN 0 THEN 'private' WHEN 1 THEN 'internal' ELSE 'public' END, FALSE, 0, 1,
			'Some words that say what this is for, number ' || n.i, 'image', n.i, n.i FROM n, owners o WHERE o.folded = 'acme'`)
	for _, who := range []string{"bob", "mia", "root"} {
		v := s.Viewer(who)
		for name, q := range map[string]string{"rare": "app-4711", "common": "words", "none": "nothing of it"} {
			b.Run(who+"/"+name, func(b *testing.B) {
				before, n := cpuTime(b), 0
				defer func() { b.ReportMetric(float64((cpuTime(b)-before).Microseconds())/1000/float64(n), "cpu-ms/op") }()
				for ; b.Loop(); n++ {
					if _, err := s.Registry.Search(b.Context(), v, registry.SearchQuery{Text: q, Limit: 30}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		b.Run(who+"/by downloads", func(b *testing.B) {
			before, n := cpuTime(b), 0
			defer func() { b.ReportMetric(float64((cpuTime(b)-before).Microseconds())/1000/float64(n), "cpu-ms/op") }()
			for ; b.Loop(); n++ {
				if _, err := s.Registry.ListPackages(b.Context(), v, registry.PackageQuery{Owner: "acme", Sort: registry.SortDownloads, Limit: 30}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
