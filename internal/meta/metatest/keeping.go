package metatest

import (
	"context"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// tagRule makes a rule with holders, and returns it.
func (s *suite) tagRule(place meta.RulePlace, pattern berth.TagPattern, holders ...meta.Holder) meta.TagRule {
	s.Helper()
	r := meta.TagRule{Place: place, Pattern: pattern, CreatedAt: at(1)}
	s.do(func(ctx context.Context, tx *meta.Tx) (err error) {
		if r.ID, err = tx.AddTagRule(ctx, r); err != nil {
			return err
		}
		for _, h := range holders {
			if err := tx.AddTagRuleHolder(ctx, r.ID, h); err != nil {
				return err
			}
		}
		return nil
	})
	return r
}

func testTagRules(s *suite) {
	ann, bob, eve, org := s.user("ann"), s.user("bob"), s.user("eve"), s.org("acme", berth.RoleNone, true)
	app, web := s.pkg("acme", "app", berth.VisibilityPrivate, true), s.pkg("acme", "web", berth.VisibilityPrivate, true)
	team, src := s.team(org, "devs"), s.repository(org, "src")
	bot := s.owner(meta.KindUser, "bot")
	s.do(func(ctx context.Context, tx *meta.Tx) error {
		if _, err := tx.PutTeamMember(ctx, team, bob); err != nil {
			return err
		}
		return tx.CreateServiceAccount(ctx, bot, org, src)
	})
	whole := s.tagRule(meta.RulePlace{OwnerID: org}, "v*")
	one := s.tagRule(meta.RulePlace{PackageID: app}, "x_1", meta.Holder{User: ann}, meta.Holder{Team: team}, meta.Holder{Repository: src})
	two := s.tagRule(meta.RulePlace{PackageID: web}, "w")
	list := func(place meta.RulePlace) []meta.TagRule {
		return view(s, func(ctx context.Context, tx *meta.Tx) ([]meta.TagRule, error) { return tx.ListTagRules(ctx, place) })
	}
	same(s, "ListTagRules of an owner", []meta.TagRule{whole}, list(meta.RulePlace{OwnerID: org}))
	same(s, "ListTagRules of a package", []meta.TagRule{one}, list(meta.RulePlace{PackageID: app}))
	same(s, "ListTagRules of both", []meta.TagRule{whole, two}, list(meta.RulePlace{OwnerID: org, PackageID: web}))
	for who, held := range map[int64]bool{ann: true, bob: true, bot: true, eve: false, 0: false} {
		want := one
		want.Held = held
		same(s, "ListRulesOn", []meta.TagRule{whole, want}, view(s, func(ctx context.Context, tx *meta.Tx) ([]meta.TagRule, error) { return tx.ListRulesOn(ctx, app, who) }))
	}
	holders := func() (names []string) {
		for _, h := range view(s, func(ctx context.Context, tx *meta.Tx) ([]meta.RoleRow, error) {
			return tx.ListTagRuleHolders(ctx, one.ID)
		}) {
			names = append(names, h.Kind+" "+h.Name)
		}
		return names
	}
	same(s, "ListTagRuleHolders", []string{"user ann", "team devs", "repository acme/src"}, holders())
	s.do(func(ctx context.Context, tx *meta.Tx) error {
		return tx.CutPackage(ctx, app, org, berth.VisibilityPrivate)
	})
	same(s, "holders after CutPackage", []string{"user ann"}, holders())
	s.refused("DropTagRule at another place", berth.ErrRuleUnknown, func(ctx context.Context, tx *meta.Tx) error {
		return tx.DropTagRule(ctx, meta.RulePlace{PackageID: web}, one.ID)
	})
	s.do(func(ctx context.Context, tx *meta.Tx) error {
		return tx.DropTagRule(ctx, meta.RulePlace{OwnerID: org}, whole.ID)
	})
	same(s, "ListTagRules after DropTagRule", []meta.TagRule{one}, list(meta.RulePlace{OwnerID: org, PackageID: app}))
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.PurgePackage(ctx, app, at(2)) })
	same(s, "ListTagRules after PurgePackage", []meta.TagRule(nil), list(meta.RulePlace{PackageID: app}))
	s.refused("AddTagRule of no package", berth.ErrUnavailable, func(ctx context.Context, tx *meta.Tx) error {
		_, err := tx.AddTagRule(ctx, meta.TagRule{Place: meta.RulePlace{PackageID: app}, Pattern: "x", CreatedAt: at(1)})
		return err
	})
}

func testProtectedTags(s *suite) {
	ann, app := s.home()
	m := manifestOf(app, "one")
	m.ID = s.manifest(m)
	attached := berth.Tag("sha256-" + digestOf("one").Encoded() + ".sig")
	for _, t := range []berth.Tag{"V1_0", "v1x0", "w", attached} {
		s.putTag(app, t.Fold(), t, m.Digest)
	}
	like := func(pattern, after string, limit int) (names []berth.Tag) {
		for _, t := range view(s, func(ctx context.Context, tx *meta.Tx) ([]meta.TagRow, error) {
			return tx.ListTagsLike(ctx, app, pattern, after, limit)
		}) {
			names = append(names, t.Name)
		}
		return names
	}
	same(s, "ListTagsLike", []berth.Tag{"V1_0", "v1x0"}, like("v1_0", "", 9))
	same(s, "ListTagsLike escaped", []berth.Tag{"V1_0"}, like(`v1\_%`, "", 9))
	same(s, "ListTagsLike after one", []berth.Tag{"w"}, like("%", "v1x0", 9))
	same(s, "ListTagsLike, one", []berth.Tag{attached}, like("%", "", 1))
	find := func(owner int64) (meta.Protected, bool) {
		var found bool
		p := view(s, func(ctx context.Context, tx *meta.Tx) (p meta.Protected, err error) {
			p, found, err = tx.FindProtected(ctx, owner)
			return p, err
		})
		return p, found
	}
	want := func(what string, owner int64, tag berth.Tag, pattern berth.TagPattern) {
		s.Helper()
		p, found := find(owner)
		if found != (tag != "") || p.Tag != tag || p.Pattern != pattern {
			s.Errorf("FindProtected %s: %+v, %t", what, p, found)
		}
	}
	want("without rules", ann, "", "")
	s.tagRule(meta.RulePlace{OwnerID: ann}, "sha*")
	s.tagRule(meta.RulePlace{OwnerID: ann}, "z?")
	want("with rules on nothing", ann, "", "")
	r := s.tagRule(meta.RulePlace{OwnerID: ann}, "v?_*")
	want("of an owner", ann, "V1_0", "v?_*")
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.DropTagRule(ctx, r.Place, r.ID) })
	s.tagRule(meta.RulePlace{PackageID: app}, "W")
	want("of a package", ann, "w", "W")
	want("of another owner", s.user("eve"), "", "")
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.TrashPackage(ctx, app, at(3)) })
	want("in the trash", ann, "", "")
}

func testRetention(s *suite) {
	ann := s.user("ann")
	app, web, gone := s.pkg("ann", "app", berth.VisibilityPrivate, true), s.pkg("ann", "web", berth.VisibilityPrivate, true), s.pkg("ann", "gone", berth.VisibilityPrivate, true)
	s.pkg("ann", "unborn", berth.VisibilityPrivate, false)
	ofOwner := meta.Retention{
		Place: meta.RulePlace{OwnerID: ann}, Active: true, KeepNewest: 1, KeepDays: 2, KeepPulledDays: 3, KeepUntagged: true,
		KeepTags: []berth.TagPattern{"a*", "b"}, RemoveTags: []berth.TagPattern{"c?"}, UpdatedAt: at(1),
	}
	own := meta.Retention{Place: meta.RulePlace{PackageID: app}, UpdatedAt: at(2)}
	put := func(r *meta.Retention) {
		s.Helper()
		s.do(func(ctx context.Context, tx *meta.Tx) (err error) {
			if err = tx.PutRetention(ctx, *r); err != nil {
				return err
			}
			got, err := tx.GetRetention(ctx, r.Place)
			r.ID = got.ID
			return err
		})
	}
	get := func(place meta.RulePlace) func(context.Context, *meta.Tx) (meta.Retention, error) {
		return func(ctx context.Context, tx *meta.Tx) (meta.Retention, error) { return tx.GetRetention(ctx, place) }
	}
	on := func(pkg int64) func(context.Context, *meta.Tx) (meta.Retention, error) {
		return func(ctx context.Context, tx *meta.Tx) (meta.Retention, error) { return tx.GetRetentionOn(ctx, pkg) }
	}
	retained := func(after int64, limit int) []int64 {
		return view(s, func(ctx context.Context, tx *meta.Tx) ([]int64, error) { return tx.ListRetained(ctx, after, limit) })
	}
	missing(s, "GetRetention of none", berth.ErrRuleUnknown, get(ofOwner.Place))
	missing(s, "GetRetentionOn of none", berth.ErrRuleUnknown, on(app))
	same(s, "ListRetained of none", []int64(nil), retained(0, 9))
	put(&ofOwner)
	same(s, "GetRetention", ofOwner, view(s, get(ofOwner.Place)))
	same(s, "GetRetentionOn with the owner's", ofOwner, view(s, on(app)))
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.TrashPackage(ctx, gone, at(3)) })
	same(s, "ListRetained", []int64{app, web}, retained(0, 9))
	same(s, "ListRetained, one", []int64{app}, retained(0, 1))
	same(s, "ListRetained after one", []int64{web}, retained(app, 9))
	put(&own)
	same(s, "GetRetentionOn with its own", own, view(s, on(app)))
	same(s, "ListRetained with one that is inactive", []int64{web}, retained(0, 9))
	own.Active, own.KeepNewest, own.UpdatedAt = true, 9, at(4)
	put(&own)
	same(s, "GetRetention after a change", own, view(s, get(own.Place)))
	ofOwner.Active = false
	put(&ofOwner)
	same(s, "ListRetained where only the package's is active", []int64{app}, retained(0, 9))
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.DropRetention(ctx, own.Place) })
	s.refused("DropRetention twice", berth.ErrRuleUnknown, func(ctx context.Context, tx *meta.Tx) error { return tx.DropRetention(ctx, own.Place) })
	same(s, "GetRetentionOn after DropRetention", ofOwner, view(s, on(app)))
}

func testOldVersions(s *suite) {
	_, app := s.home()
	one, two := s.rootOf(app, "one", 1, "B", "a"), s.rootOf(app, "two", 2)
	s.do(func(ctx context.Context, tx *meta.Tx) error {
		if err := tx.TouchManifest(ctx, one.ID, at(7)); err != nil {
			return err
		}
		return tx.CountPulls(ctx, meta.Pulls{PackageID: app, ManifestID: two.ID, Count: 3, Last: at(8)})
	})
	list := func(after int64, limit int) []meta.Version {
		return view(s, func(ctx context.Context, tx *meta.Tx) ([]meta.Version, error) {
			return tx.ListOldVersions(ctx, app, after, limit)
		})
	}
	want := []meta.Version{
		{ID: one.ID, Digest: one.Digest, Size: one.Size, Tags: []berth.Tag{"a", "B"}, CreatedAt: one.PushedAt, UpdatedAt: at(7)},
		{ID: two.ID, Digest: two.Digest, Size: two.Size, CreatedAt: two.PushedAt, UpdatedAt: two.PushedAt, Downloads: 3, LastPulledAt: at(8)},
	}
	same(s, "ListOldVersions", want, list(0, 9))
	same(s, "ListOldVersions, one", want[:1], list(0, 1))
	same(s, "ListOldVersions after one", want[1:], list(one.ID, 9))
}
