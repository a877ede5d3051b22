package registry_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/meta/metatest"
	"github.com/berth-registry/berth/internal/registry"
)

const day = 24 * time.Hour

func patterns(words ...berth.TagPattern) []berth.TagPattern { return words }

// retain makes a rule of the package.
func (k *shelf) retain(rule registry.Retention) {
	k.Helper()
	_, err := k.s.Registry.SetRetention(k.Context(), k.v, k.n, rule)
	k.must(err)
}

// sweep carries rules out, and wants so many versions to be removed.
func (k *shelf) sweep(want int) {
	k.Helper()
	n, err := k.s.Registry.RunRetention(k.Context())
	k.must(err)
	if n != want {
		k.Errorf("%d versions were removed, want %d", n, want)
	}
	k.s.WantSound()
}

// preview words what a rule would do.
func (k *shelf) preview(rule *registry.Retention) string {
	k.Helper()
	plan, err := k.s.Registry.PreviewRetention(k.Context(), k.v, k.n, rule)
	k.must(err)
	var words []string
	for _, item := range plan.Remove {
		words = append(words, k.called(item.Digest.String()))
	}
	for _, why := range slices.Sorted(maps.Keys(plan.Kept)) {
		words = append(words, fmt.Sprintf("%s=%d", why, plan.Kept[why]))
	}
	return strings.Join(words, " ")
}

// oldShelf has, the oldest first: an untagged one, pr-1 to pr-3, v1, and today another
// without a tag; a day lies between each two.
func oldShelf(t *testing.T, options ...berthtest.Options) *shelf {
	t.Helper()
	k := newShelf(t, options...)
	for i, tag := range []string{"", "pr-1", "pr-2", "pr-3", "v1"} {
		k.image([]string{"loose", "one", "two", "three", "release"}[i], tag)
		k.s.Clock.Advance(day)
	}
	k.image("fresh", "")
	return k
}

// What each rule removes and why the rest stays.
func TestRetentionRules(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		k := oldShelf(t, berthtest.Options{Address: address})
		k.c.Get("/v2/ada/app/manifests/pr-1").Want(200)
		_, err := k.s.Registry.RecordDownloads(t.Context())
		k.must(err)
		pr := patterns("PR-*")
		before := k.s.State()
		for name, tt := range map[string]struct {
			rule registry.Retention
			want string
		}{
			"nothing said":           {registry.Retention{}, "loose tagged=4 young=1"},
			"untagged are kept":      {registry.Retention{KeepUntagged: true}, "tagged=4 untagged=2"},
			"by pattern":             {registry.Retention{RemoveTags: pr}, "loose one two three tagged=1 young=1"},
			"patterns only":          {registry.Retention{RemoveTags: pr, KeepUntagged: true}, "one two three tagged=1 untagged=2"},
			"the newest":             {registry.Retention{RemoveTags: pr, KeepNewest: 3}, "loose one newest=2 tagged=1 young=1"},
			"all are the newest":     {registry.Retention{RemoveTags: pr, KeepNewest: 9}, "newest=4 tagged=1 young=1"},
			"newer than":             {registry.Retention{RemoveTags: pr, KeepDays: 3}, "loose one two recent=1 tagged=1 young=1"},
			"pulled":                 {registry.Retention{RemoveTags: pr, KeepPulledDays: 1}, "loose two three pulled=1 tagged=1 young=1"},
			"kept by a pattern":      {registry.Retention{RemoveTags: pr, KeepTags: patterns("*-2", "x")}, "loose one three pattern=1 tagged=1 young=1"},
			"all tags, not the last": {registry.Retention{RemoveTags: patterns("*")}, "loose one two three last=1 young=1"},
			"newest and newer":       {registry.Retention{RemoveTags: patterns("*"), KeepDays: 2, KeepNewest: 3}, "loose one two newest=1 recent=1 young=1"},
		} {
			if got := k.preview(&tt.rule); got != tt.want {
				t.Errorf("%s: %s, want %s", name, got, tt.want)
			}
		}
		if diff := cmp.Diff(before, k.s.State()); diff != "" {
			t.Errorf("previews changed something:\n%s", diff)
		}
	})
}

// A run does what the preview says, and leaves it in the trash and in the log.
func TestRetentionRun(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		k := oldShelf(t, berthtest.Options{Address: address})
		k.referrer("sbom", "one")
		k.image("sig", k.fallback("one", ".sig"))
		k.sweep(0) // there is no rule
		rule := registry.Retention{RemoveTags: patterns("pr-*"), KeepNewest: 2}
		k.retain(rule)
		k.sweep(0) // it is not active
		rule.Active = true
		k.retain(rule)
		plan, err := k.s.Registry.PreviewRetention(t.Context(), k.v, k.n, nil)
		k.must(err)
		if !plan.Rule.Active || plan.Versions != 6 || len(plan.Remove) != 3 {
			t.Errorf("%+v", plan)
		}
		freed := int64(0)
		for _, what := range []string{"loose", "one", "two"} {
			freed += k.page(what).Freed
		}
		if plan.Freed != freed || freed < 100 {
			t.Errorf("a preview says that %d bytes are freed, want %d", plan.Freed, freed)
		}
		k.sweep(3)
		k.want("after a run", "three pr-3", "release v1", "fresh")
		k.wantDeleted("after a run", "two pr-2", "one pr-1", "loose") // the last one deleted comes last
		k.gone("sbom", "sig")
		events := k.s.Events()
		if want := "retention.run ada/app: versions removed: 3"; events[len(events)-1] != want {
			t.Errorf("the log says %q", events[len(events)-1])
		}
		if by := k.s.Query(`SELECT DISTINCT deleted_by || ' ' || CAST(deleted_by_id AS TEXT) FROM trash`); len(by) != 1 || by[0] != "retention 0" {
			t.Errorf("deleted by %q", by)
		}
		k.sweep(0)
		k.s.Clock.Advance(2 * day)
		k.must(k.restore("one", false))
		k.sweep(1) // not what was restored just now, but what is a day old
		k.want("after a restore", "one pr-1", "release v1", "fresh")
		k.wantWhole("sbom")
	})
}

// What no rule removes.
func TestRetentionSpares(t *testing.T) {
	t.Parallel()
	k := newShelf(t)
	k.image("part", "part")
	k.image("hot", "often")
	k.image("protected", "prod")
	k.image("two", "two")
	k.image("last", "")
	k.index("all", "v1", "part")
	k.must(pushBody(t.Context(), k.s, k, "two", "stays"))
	k.s.Exec(fmt.Sprintf(`UPDATE manifests SET downloads = 6000 WHERE id = %d`, k.id("hot")))
	k.s.Exec(`UPDATE packages SET downloads = 9000`)
	k.s.Exec(`INSERT INTO downloads (package_id, day, count) VALUES (1, 1, 9000)`)
	k.s.SetVisibility("ada/app", berth.VisibilityPublic)
	k.protect(berth.Name{Owner: "ada"}, "prod", registry.Movers{Users: []string{"ada"}})
	k.s.Clock.Advance(40 * day)
	rule := registry.Retention{Active: true, KeepUntagged: true, RemoveTags: patterns("part", "often", "prod", "two")}
	if got := k.preview(&rule); got != "part=1 popular=1 protected=1 tagged=2 untagged=1" {
		t.Error(got)
	}
	k.retain(rule)
	k.sweep(0)
	rule.RemoveTags = patterns("*")
	if got := k.preview(&rule); got != "part two all popular=1 protected=1 untagged=1" {
		t.Error(got)
	}
	k.retain(rule)
	k.sweep(3)
	k.want("after all others went", "hot often", "protected prod", "last")
	k.s.SetVisibility("ada/app", berth.VisibilityPrivate)
	k.sweep(1)
	k.want("after it is popular no more", "protected prod", "last")
}

// A package's own rule replaces its owner's, also where it does nothing, and what is
// pushed to again is young again.
func TestRetentionOfOwner(t *testing.T) {
	t.Parallel()
	k := oldShelf(t)
	other := k.at("ada/other")
	other.image("loose", "")
	other.image("release", "v1")
	k.s.Clock.Advance(9 * day)
	owner := berth.Name{Owner: "ada"}
	get := func(at berth.Name) registry.Retention {
		rule, err := k.s.Registry.GetRetention(t.Context(), k.v, at)
		k.must(err)
		return rule
	}
	_, err := k.s.Registry.GetRetention(t.Context(), k.v, k.n)
	k.refused("none", err, berth.ErrRuleUnknown)
	_, err = k.s.Registry.GetRetention(t.Context(), k.v, owner)
	k.refused("none of the owner", err, berth.ErrRuleUnknown)
	_, err = k.s.Registry.SetRetention(t.Context(), k.v, owner, registry.Retention{Active: true})
	k.must(err)
	k.retain(registry.Retention{})
	if a, b, c := get(k.n), get(other.n), get(owner); a.OfOwner || !b.OfOwner || !c.OfOwner || a.Active || !b.Active || a.UpdatedAt.IsZero() {
		t.Errorf("%+v, %+v, %+v", a, b, c)
	}
	k.must(pushBody(t.Context(), k.s, k, "fresh", "again"))
	k.untag("again")
	k.sweep(1)
	other.want("in the package without a rule", "release v1")
	k.must(k.s.Registry.DeleteRetention(t.Context(), k.v, k.n))
	k.refused("twice", k.s.Registry.DeleteRetention(t.Context(), k.v, k.n), berth.ErrRuleUnknown)
	k.sweep(1)
	k.want("in the other", "one pr-1", "two pr-2", "three pr-3", "release v1", "fresh")
	k.must(k.s.Registry.DeleteRetention(t.Context(), k.v, owner))
}

// Who may say what is kept: it deletes, which needs more than administering.
func TestRetentionRights(t *testing.T) {
	t.Parallel()
	k := protectedShelf(t)
	limited := k.v
	limited.Scopes = berth.ScopeReadPackages | berth.ScopeWritePackages
	for _, at := range []berth.Name{k.n, {Owner: "acme"}} {
		set := func(v berth.Viewer, rule registry.Retention) error {
			_, err := k.s.Registry.SetRetention(t.Context(), v, at, rule)
			return err
		}
		k.refused("without the scope", set(limited, registry.Retention{}), berth.ErrDenied)
		k.refused("a member", set(k.s.Viewer("mia"), registry.Retention{}), berth.ErrDenied)
		k.must(set(k.v, registry.Retention{}))
		k.refused("to remove it without the scope", k.s.Registry.DeleteRetention(t.Context(), limited, at), berth.ErrDenied)
		for _, rule := range []registry.Retention{
			{KeepNewest: -1},
			{KeepDays: registry.MaxKeepDays + 1},
			{KeepPulledDays: -1},
			{KeepTags: patterns("a b")},
			{RemoveTags: patterns("")},
			{KeepTags: make([]berth.TagPattern, registry.MaxKeepPatterns+1)},
		} {
			k.refused("a rule that is none", set(k.v, rule), berth.ErrRequestInvalid)
		}
	}
	_, err := k.s.Registry.PreviewRetention(t.Context(), limited, k.n, nil)
	k.must(err)
	_, err = k.s.Registry.PreviewRetention(t.Context(), k.v, k.n, &registry.Retention{KeepDays: -1})
	k.refused("a preview of none", err, berth.ErrRequestInvalid)
	_, err = k.s.Registry.PreviewRetention(t.Context(), k.s.Viewer("bob"), k.n, nil)
	k.refused("a stranger", err, berth.ErrPackageUnknown)
}

// A run goes through more than one batch and leaves more than its share for the next;
// several replicas beside each other remove each version once.
func TestRetentionOfMany(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		k := newShelf(t, berthtest.Options{Address: address})
		k.image("kept", "v1")
		for i := range 45 {
			k.image(fmt.Sprint("n", i), "")
		}
		k.s.Clock.Advance(2 * day)
		k.retain(registry.Retention{Active: true})
		var group sync.WaitGroup
		var counts [3]int
		for i := range counts {
			r := k.s.Replica()
			group.Go(func() {
				n, err := r.Registry.RunRetention(t.Context())
				if err != nil {
					t.Error(err)
				}
				counts[i] = n
			})
		}
		group.Wait()
		if sum := counts[0] + counts[1] + counts[2]; sum != 45 {
			t.Errorf("%v were removed", counts)
		}
		k.want("after all", "kept v1")
	})
}
