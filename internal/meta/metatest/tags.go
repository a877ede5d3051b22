package metatest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

func (s *suite) putTag(pkg int64, folded string, t berth.Tag, d berth.Digest) {
	s.Helper()
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.PutTag(ctx, pkg, folded, t, d, at(0)) })
}

func (s *suite) tags(pkg int64, after string, limit int) []meta.TagRow {
	s.Helper()
	return view(s, func(ctx context.Context, tx *meta.Tx) ([]meta.TagRow, error) {
		return tx.ListTags(ctx, pkg, after, limit)
	})
}

func testTags(s *suite) {
	_, pkg := s.home()
	other := s.pkg("ann", "other", berth.VisibilityPrivate, false)
	one, two := manifestOf(pkg, "one"), manifestOf(pkg, "two")
	one.ID, two.ID = s.manifest(one), s.manifest(two)
	resolve := func(pkg int64, folded string) func(context.Context, *meta.Tx) (meta.Manifest, error) {
		return func(ctx context.Context, tx *meta.Tx) (meta.Manifest, error) { return tx.ResolveTag(ctx, pkg, folded) }
	}
	stat := func(m meta.Manifest) meta.Manifest {
		return meta.Manifest{ID: m.ID, PackageID: m.PackageID, Digest: m.Digest, MediaType: m.MediaType, Size: m.Size}
	}
	s.putTag(pkg, "latest", "Latest", one.Digest)
	same(s, "ResolveTag", stat(one), view(s, resolve(pkg, "latest")))
	s.putTag(pkg, "latest", "LATEST", two.Digest)
	same(s, "ResolveTag after a move", stat(two), view(s, resolve(pkg, "latest")))
	same(s, "ListTags keeps the first spelling", []meta.TagRow{{Folded: "latest", Name: "Latest"}}, s.tags(pkg, "", 10))
	missing(s, "ResolveTag of another case", berth.ErrManifestUnknown, resolve(pkg, "Latest"))
	missing(s, "ResolveTag in another package", berth.ErrManifestUnknown, resolve(other, "latest"))

	s.refused("PutTag of no manifest", berth.ErrManifestUnknown, func(ctx context.Context, tx *meta.Tx) error {
		return tx.PutTag(ctx, pkg, "x", "x", digestOf("none"), at(0))
	})
	s.refused("PutTag of another package's manifest", berth.ErrManifestUnknown, func(ctx context.Context, tx *meta.Tx) error {
		return tx.PutTag(ctx, other, "x", "x", one.Digest, at(0))
	})
	s.refused("a move to no manifest", berth.ErrManifestUnknown, func(ctx context.Context, tx *meta.Tx) error {
		return tx.PutTag(ctx, pkg, "latest", "latest", digestOf("none"), at(0))
	})
	same(s, "ResolveTag after a refused move", stat(two), view(s, resolve(pkg, "latest")))

	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.DropTag(ctx, pkg, "latest") })
	s.refused("DropTag twice", berth.ErrManifestUnknown, func(ctx context.Context, tx *meta.Tx) error { return tx.DropTag(ctx, pkg, "latest") })
	for _, t := range []string{"a", "b"} {
		s.putTag(pkg, t, berth.Tag(t), one.Digest)
	}
	s.putTag(pkg, "c", "c", two.Digest)
	for range 2 {
		s.do(func(ctx context.Context, tx *meta.Tx) error {
			list, err := tx.ListTagsOf(ctx, pkg, one.Digest)
			for _, t := range list {
				err = errors.Join(err, tx.DropTag(ctx, pkg, t.Folded))
			}
			return err
		})
	}
	same(s, "ListTags after those of a manifest were dropped", []meta.TagRow{{Folded: "c", Name: "c"}}, s.tags(pkg, "", 10))
}

// testTagOrder pages through tags whose order depends on the collation, and wants
// that of the bytes.
func testTagOrder(s *suite) {
	_, pkg := s.home()
	m := manifestOf(pkg, "m")
	s.manifest(m)
	random := rand.New(rand.NewPCG(3, 4))
	const first, rest = "aAbBiIzZ019_", "aAiI09_-."
	seen := map[string]bool{"1.0": true, "1.10": true, "1.2": true, "1-0": true, "1_0": true, "10": true, "v1": true, "V1": true, "_": true}
	for len(seen) < 120 {
		tag := []byte{first[random.IntN(len(first))]}
		for range random.IntN(4) {
			tag = append(tag, rest[random.IntN(len(rest))])
		}
		seen[string(tag)] = true
	}
	want := make([]string, 0, len(seen))
	s.do(func(ctx context.Context, tx *meta.Tx) error {
		want = want[:0]
		for tag := range seen {
			want = append(want, tag)
			if err := tx.PutTag(ctx, pkg, tag, berth.Tag(tag), m.Digest, at(0)); err != nil {
				return err
			}
		}
		return nil
	})
	slices.Sort(want)
	for _, limit := range []int{1, 2, 7, 119, 120, 121} {
		var got []string
		after := ""
		for {
			page := s.tags(pkg, after, limit)
			for _, row := range page {
				got, after = append(got, row.Folded), row.Folded
			}
			if len(page) < limit {
				break
			}
		}
		same(s, fmt.Sprintf("pages of %d", limit), want, got)
	}
	for range 20 { // after a tag that is not there
		after := string(first[random.IntN(len(first))]) + "~"
		i, _ := slices.BinarySearch(want, after)
		var got []string
		for _, row := range s.tags(pkg, after, 3) {
			got = append(got, row.Folded)
		}
		same(s, "after "+after, want[i:min(i+3, len(want))], append([]string{}, got...))
	}
}

// testTagFolding has I's in its tags: the Turkish lower case of I is not i.
func testTagFolding(s *suite) {
	_, pkg := s.home()
	other := s.pkg("ann", "other", berth.VisibilityPrivate, false)
	d := manifestOf(pkg, "m").Digest
	s.manifest(manifestOf(pkg, "m"))
	s.manifest(manifestOf(other, "m"))
	refold := func(ignore bool) func(ctx context.Context, tx *meta.Tx) error {
		return func(ctx context.Context, tx *meta.Tx) error { return tx.RefoldTags(ctx, ignore) }
	}
	list := func() map[string]berth.Tag {
		got := map[string]berth.Tag{}
		for _, row := range s.tags(pkg, "", 100) {
			got[row.Folded] = row.Name
		}
		return got
	}
	for _, t := range []berth.Tag{"v1", "RC.2", "LINUX", "windows_I-9"} {
		s.putTag(pkg, string(t), t, d)
	}
	s.putTag(other, "V1", "V1", d) // the other case in another package is no conflict
	exact := map[string]berth.Tag{"v1": "v1", "RC.2": "RC.2", "LINUX": "LINUX", "windows_I-9": "windows_I-9"}
	folded := map[string]berth.Tag{}
	for _, t := range exact {
		folded[t.Fold()] = t
	}
	for range 2 {
		s.do(refold(true))
		same(s, "RefoldTags to ignore case", folded, list())
	}
	for range 2 {
		s.do(refold(false))
		same(s, "RefoldTags to keep case", exact, list())
	}
	s.putTag(pkg, "V1", "V1", d)
	exact["V1"] = "V1"
	s.refused("RefoldTags of two tags that would be one", berth.ErrTagInvalid, refold(true))
	same(s, "tags after a refused RefoldTags", exact, list())
}
