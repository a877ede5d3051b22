package metatest

import (
	"context"
	"database/sql"
	"errors"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// used returns what an owner holds.
func (s *suite) used(owner int64) int64 {
	s.Helper()
	return view(s, func(ctx context.Context, tx *meta.Tx) (meta.Quota, error) { return tx.GetQuota(ctx, owner) }).Used
}

// testUsedBytes tests that what an owner holds is kept, however it changes: each blob
// once, whatever package it is in, and every manifest.
func testUsedBytes(s *suite) {
	ann, bob := s.user("Ann"), s.user("Bob")
	one, two := s.pkg("ann", "one", berth.VisibilityPrivate, true), s.pkg("ann", "two", berth.VisibilityPrivate, true)
	same(s, "at first", 0, s.used(ann))
	layer := s.blob(one, "layer") // 5 bytes
	same(s, "with a blob", 5, s.used(ann))
	s.blob(two, "layer")
	same(s, "in a second package", 5, s.used(ann))
	s.blob(two, "config") // 6 bytes
	m := manifestOf(two, "app")
	s.manifest(m)
	whole := 5 + 6 + m.Size
	same(s, "with a manifest", whole, s.used(ann))
	link := func(ctx context.Context, tx *meta.Tx) error { return tx.LinkBlob(ctx, two, layer, at(9)) }
	s.do(link)
	same(s, "linked again", whole, s.used(ann))
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.UnlinkBlob(ctx, one, layer) })
	same(s, "let go by one of two packages", whole, s.used(ann))
	s.do(func(ctx context.Context, tx *meta.Tx) error {
		return errors.Join(tx.HideBlob(ctx, two, layer), link(ctx, tx))
	})
	same(s, "hidden and shown", whole, s.used(ann))
	fold := func(limit int) (n int) {
		s.do(func(ctx context.Context, tx *meta.Tx) (err error) {
			n, err = tx.FoldUsage(ctx, limit)
			return err
		})
		return n
	}
	same(s, "changes added up", 2, fold(2))
	same(s, "while it is added up", whole, s.used(ann))
	same(s, "the others", 1, fold(100))
	same(s, "when there are none", 0, fold(100))
	same(s, "when it is added up", whole, s.used(ann))

	s.blob(s.pkg("bob", "his", berth.VisibilityPrivate, true), "layer")
	s.do(func(ctx context.Context, tx *meta.Tx) error {
		return tx.MovePackage(ctx, two, meta.Place{OwnerID: ann, Path: "two"}, meta.Place{OwnerID: bob, Path: "two"})
	})
	same(s, "after the package was given away", 0, s.used(ann))
	same(s, "of who got it", whole, s.used(bob))
	s.do(func(ctx context.Context, tx *meta.Tx) error {
		return tx.MovePackage(ctx, two, meta.Place{OwnerID: bob, Path: "two"}, meta.Place{OwnerID: ann, Path: "two"})
	})
	same(s, "after it came back", []int64{whole, 5}, []int64{s.used(ann), s.used(bob)})
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.PurgePackage(ctx, two, at(9)) })
	same(s, "after it was purged", []int64{0, 5}, []int64{s.used(ann), s.used(bob)})
	s.broken("a change that is not committed", func(ctx context.Context, tx *meta.Tx) error {
		return errors.Join(tx.LinkBlob(ctx, one, layer, at(9)), errors.New("no"))
	})
	same(s, "after a refused change", 0, s.used(ann))
}

// testQuotas tests limits, of owners and of the instance.
func testQuotas(s *suite) {
	ann, pkg := s.home()
	bob := s.user("Bob")
	put := func(owner, bytes int64) {
		s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.PutQuota(ctx, owner, bytes) })
	}
	list := func(after string, limit int) []meta.Quota {
		return view(s, func(ctx context.Context, tx *meta.Tx) ([]meta.Quota, error) {
			return tx.ListQuotas(ctx, "", after, limit)
		})
	}
	first, second := meta.Quota{OwnerID: ann, Owner: "ann", Kind: meta.KindUser}, meta.Quota{OwnerID: bob, Owner: "Bob", Kind: meta.KindUser}
	same(s, "none", []meta.Quota{first, second}, list("", 10))
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.PutSetting(ctx, meta.SettingQuota, "77") })
	put(ann, 5)
	put(ann, -1)
	first.Own, first.Default, second.Default = sql.NullInt64{Int64: -1, Valid: true}, "77", "77"
	same(s, "some", []meta.Quota{first}, list("", 1))
	same(s, "after the first", []meta.Quota{second}, list("ann", 10))
	org := s.org("acme", berth.RoleNone, false)
	same(s, "of organizations", []meta.Quota{{OwnerID: org, Owner: "acme", Kind: meta.KindOrg, Default: "77"}},
		view(s, func(ctx context.Context, tx *meta.Tx) ([]meta.Quota, error) {
			return tx.ListQuotas(ctx, meta.KindOrg, "", 10)
		}))
	same(s, "GetQuota", second, view(s, func(ctx context.Context, tx *meta.Tx) (meta.Quota, error) { return tx.GetQuota(ctx, bob) }))
	same(s, "GetQuotaOf", first, view(s, func(ctx context.Context, tx *meta.Tx) (meta.Quota, error) { return tx.GetQuotaOf(ctx, pkg) }))
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.DropQuota(ctx, ann) })
	first.Own = sql.NullInt64{}
	same(s, "GetQuota after DropQuota", first, view(s, func(ctx context.Context, tx *meta.Tx) (meta.Quota, error) { return tx.GetQuota(ctx, ann) }))
	missing(s, "GetQuota of nobody", berth.ErrOwnerUnknown, func(ctx context.Context, tx *meta.Tx) (meta.Quota, error) { return tx.GetQuota(ctx, 4711) })
	missing(s, "GetQuotaOf nothing", berth.ErrPackageUnknown, func(ctx context.Context, tx *meta.Tx) (meta.Quota, error) { return tx.GetQuotaOf(ctx, 4711) })
	s.refused("PutQuota of nobody", berth.ErrOwnerUnknown, func(ctx context.Context, tx *meta.Tx) error { return tx.PutQuota(ctx, 4711, 1) })
}

// testUsageRaces tests that many who push at once are all counted, while others add up.
func testUsageRaces(s *suite) {
	ann := s.user("Ann")
	pkgs := []int64{s.pkg("ann", "one", berth.VisibilityPrivate, true), s.pkg("ann", "two", berth.VisibilityPrivate, true)}
	layer := s.blob(s.pkg("ann", "three", berth.VisibilityPrivate, true), "layer")
	s.do(func(ctx context.Context, tx *meta.Tx) error { // nobody holds it any more
		return tx.UnlinkBlob(ctx, view(s, func(ctx context.Context, tx *meta.Tx) (int64, error) {
			standing, err := tx.Standing(ctx, berth.Name{Owner: "ann", Path: "three"}, 0)
			return standing.PackageID, err
		}), layer)
	})
	s.race(func(ctx context.Context, tx *meta.Tx, i int) error {
		if i%3 == 2 {
			_, err := tx.FoldUsage(ctx, 2)
			return err
		}
		m := manifestOf(pkgs[i%2], string(rune('a'+i)))
		_, err := tx.CreateManifest(ctx, m)
		return errors.Join(err, tx.LinkBlob(ctx, pkgs[i%2], layer, at(1)))
	})
	manifests := view(s, func(ctx context.Context, tx *meta.Tx) (meta.Usage, error) { return tx.Usage(ctx, ann, 0) })
	same(s, "bytes", manifests.Unique, s.used(ann))
}

// testFigures tests what is told of the whole instance.
func testFigures(s *suite) {
	ann, pkg := s.home()
	s.blob(pkg, "layer")
	two := s.pkg("ann", "two", berth.VisibilityPrivate, true)
	s.blob(two, "layer")
	s.pkg("ann", "empty", berth.VisibilityPrivate, false)
	idle := s.blob(pkg, "idle layer") // 10 bytes
	m := manifestOf(pkg, "app")
	s.manifest(m)
	s.org("acme", berth.RoleNone, true)
	s.do(func(ctx context.Context, tx *meta.Tx) error {
		return errors.Join(tx.CountVersions(ctx, two, 3, at(1)), tx.UnlinkBlob(ctx, pkg, idle), tx.DoomKey(ctx, "gone", at(0)))
	})
	want := meta.Figures{Owners: 2, Users: 1, Packages: 1, Versions: 3}
	same(s, "CountHolding", want, view(s, func(ctx context.Context, tx *meta.Tx) (meta.Figures, error) { return tx.CountHolding(ctx) }))
	want.Blobs, want.Logical, want.Held, want.IdleBlobs, want.Idle = 2, 10+m.Size, 5+m.Size, 1, 10
	counted := view(s, func(ctx context.Context, tx *meta.Tx) (meta.Figures, error) { return tx.CountFigures(ctx) })
	same(s, "CountFigures", want, counted)
	same(s, "the sum of all owners", counted.Held, s.used(ann))
	same(s, "LastFigures of none", meta.Figures{}, view(s, func(ctx context.Context, tx *meta.Tx) (meta.Figures, error) { return tx.LastFigures(ctx) }))
	day := func(n int64) meta.Figures {
		f := counted
		f.Day, f.At, f.Owners = n, at(int(n)), n
		return f
	}
	s.do(func(ctx context.Context, tx *meta.Tx) error {
		return errors.Join(tx.PutFigures(ctx, day(7)), tx.PutFigures(ctx, day(9)), tx.PutFigures(ctx, day(8)), tx.AddReclaimed(ctx, 8, 3), tx.AddReclaimed(ctx, 8, 4),
			tx.AddReclaimed(ctx, 6, 5), tx.PutFigures(ctx, counted), tx.PutFigures(ctx, day(8)))
	})
	eight := day(8)
	eight.Reclaimed = 7
	since := func(n int64) []meta.Figures {
		return view(s, func(ctx context.Context, tx *meta.Tx) ([]meta.Figures, error) { return tx.ListFigures(ctx, n) })
	}
	same(s, "ListFigures", []meta.Figures{eight, day(9)}, since(8))
	again := day(8)
	again.At, again.Blobs = at(100), 77
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.PutFigures(ctx, again) })
	again.Reclaimed = 7
	same(s, "ListFigures after a second count", []meta.Figures{again, day(9)}, since(8))
	same(s, "LastFigures", day(9), view(s, func(ctx context.Context, tx *meta.Tx) (meta.Figures, error) { return tx.LastFigures(ctx) }))
	same(s, "Waiting", meta.Waiting{Keys: 1}, view(s, func(ctx context.Context, tx *meta.Tx) (meta.Waiting, error) { return tx.Waiting(ctx) }))
}
