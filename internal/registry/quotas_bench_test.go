package registry_test

import (
	"testing"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/meta"
)

// BenchmarkSite measures what quotas, package types and figures cost where an owner has
// 10,000 packages with 100,000 blobs and as many manifests.
func BenchmarkSite(b *testing.B) {
	s := berthtest.New(b)
	ctx := b.Context()
	s.As("ada").PushImage("ada/app", "v1", "app")
	for _, q := range []string{
		`INSERT INTO packages (owner_id, path, visibility, inherit, created_at, updated_at, published_at)
			WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
			SELECT (SELECT id FROM owners WHERE folded = 'ada'), 'many/' || i, 'private', FALSE, 0, 0, 0 FROM n`,
		`INSERT INTO blobs (digest, size, storage_key, state, generation, lease_until, created_at)
			WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
			SELECT 'sha256:' || printf('%064x', i), 1000 + i, 'k' || i, 'live', 1, 0, 0 FROM n`,
		`INSERT INTO package_blobs (package_id, digest, created_at)
			SELECT p.id, b.digest, 0 FROM blobs b JOIN packages p ON p.path = 'many/' || (b.size % 10000 + 1) WHERE b.storage_key LIKE 'k%'`,
		`INSERT INTO manifests (package_id, digest, media_type, artifact_type, annotations, size, body, pushed_at)
			SELECT package_id, digest, 'x', '', '', 1500, randomblob(1500), 0 FROM package_blobs`,
		`ANALYZE`,
	} {
		s.Exec(q)
	}
	if n, err := s.Registry.FoldUsage(ctx); err != nil || n < 200_000 {
		b.Fatal(n, err)
	}
	ada, id := s.Viewer("ada"), s.OwnerID("ada")
	view := func(b *testing.B, read func(tx *meta.Tx) error) {
		b.Helper()
		for b.Loop() {
			if err := s.Meta.View(ctx, read); err != nil {
				b.Fatal(err)
			}
		}
	}
	n := berth.Name{Owner: "ada", Path: "app"}
	b.Run("nothing", func(b *testing.B) { view(b, func(*meta.Tx) error { return nil }) })
	b.Run("quota", func(b *testing.B) {
		view(b, func(tx *meta.Tx) error { _, err := tx.GetQuota(ctx, id); return err })
	})
	b.Run("standing", func(b *testing.B) {
		view(b, func(tx *meta.Tx) error { _, err := tx.Standing(ctx, n, ada.UserID); return err })
	})
	b.Run("usage", func(b *testing.B) {
		view(b, func(tx *meta.Tx) error { _, err := tx.Usage(ctx, id, 0); return err })
	})
	b.Run("figures", func(b *testing.B) {
		view(b, func(tx *meta.Tx) error { _, err := tx.CountFigures(ctx); return err })
	})
	b.Run("overview", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Registry.SiteOverview(ctx, berth.Operator()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("pull", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Registry.GetManifest(ctx, ada, n, berth.Reference{Tag: "v1"}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
