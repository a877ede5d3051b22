package meta_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
	"github.com/berth-registry/berth/internal/meta/metatest"
)

func benchmark(b *testing.B, run func(b *testing.B, db *meta.DB, s berth.Standing, m meta.Manifest)) {
	b.Helper()
	for name, address := range map[string]func(testing.TB) string{"sqlite": metatest.SQLite, "postgres": metatest.Postgres} {
		b.Run(name, func(b *testing.B) {
			db := metatest.Open(b, address(b))
			s := addPackage(b, db, berth.Name{Owner: "ann", Path: "app"})
			body := strings.Repeat("m", 2000)
			m := meta.Manifest{PackageID: s.PackageID, Digest: digest.FromString(body), MediaType: "t", Size: 2000, Body: []byte(body)}
			update(b, db, func(tx *meta.Tx) (err error) {
				if m.ID, err = tx.CreateManifest(b.Context(), m); err != nil {
					return err
				}
				for i := range 500 {
					tag := fmt.Sprintf("tag%d", i)
					if err := tx.PutTag(b.Context(), s.PackageID, tag, berth.Tag(tag), m.Digest, time.Now()); err != nil {
						return err
					}
				}
				return nil
			})
			b.ReportAllocs()
			b.ResetTimer()
			run(b, db, s, m)
		})
	}
}

// BenchmarkResolve is a pull by tag whose body is cached.
func BenchmarkResolve(b *testing.B) {
	benchmark(b, func(b *testing.B, db *meta.DB, s berth.Standing, _ meta.Manifest) {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				err := db.View(b.Context(), func(tx *meta.Tx) error {
					if _, err := tx.Standing(b.Context(), berth.Name{Owner: "ann", Path: "app"}, s.OwnerID); err != nil {
						return err
					}
					_, err := tx.ResolveTag(b.Context(), s.PackageID, "tag250")
					return err
				})
				if err != nil {
					b.Error(err)
				}
			}
		})
	})
}

func BenchmarkGetBody(b *testing.B) {
	benchmark(b, func(b *testing.B, db *meta.DB, _ berth.Standing, m meta.Manifest) {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				err := db.View(b.Context(), func(tx *meta.Tx) error {
					_, err := tx.GetBody(b.Context(), m.ID)
					return err
				})
				if err != nil {
					b.Error(err)
				}
			}
		})
	})
}

// BenchmarkPush links two blobs and puts a manifest that needs them under a tag,
// in one transaction.
func BenchmarkPush(b *testing.B) {
	benchmark(b, func(b *testing.B, db *meta.DB, s berth.Standing, m meta.Manifest) {
		for i := 0; b.Loop(); i++ {
			content := []berth.Digest{digest.FromString(fmt.Sprintf("config %d", i)), digest.FromString(fmt.Sprintf("layer %d", i))}
			m.Digest = digest.FromString(fmt.Sprintf("manifest %d", i))
			update(b, db, func(tx *meta.Tx) error { return push(b, tx, s.PackageID, m, content) })
		}
	})
}

func push(b *testing.B, tx *meta.Tx, pkg int64, m meta.Manifest, content []berth.Digest) error {
	b.Helper()
	ctx := b.Context()
	for _, d := range content {
		if err := tx.AddBlob(ctx, meta.Blob{Digest: d, Size: 1, Key: "key of " + d.String()}, time.Now()); err != nil {
			return err
		}
		if _, err := tx.LockBlob(ctx, d); err != nil {
			return err
		}
		if err := tx.LinkBlob(ctx, pkg, d, time.Now()); err != nil {
			return err
		}
	}
	id, err := tx.CreateManifest(ctx, m)
	if err != nil {
		return err
	}
	for _, d := range content {
		if err := tx.PutBlobReference(ctx, id, pkg, d); err != nil {
			return err
		}
	}
	if err := tx.PutTag(ctx, pkg, "latest", "latest", m.Digest, time.Now()); err != nil {
		return err
	}
	_, err = tx.PublishPackage(ctx, pkg, time.Now())
	return err
}
