package metatest

import (
	"context"
	"fmt"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// rootOf puts a manifest that is a version, and ties tags to it, each a second later
// than the one before, from the second given.
func (s *suite) rootOf(pkg int64, body string, second int, tags ...string) meta.Manifest {
	s.Helper()
	m := manifestOf(pkg, body)
	m.PushedAt = at(second)
	m.ID = s.manifest(m)
	for i, t := range tags {
		s.do(func(ctx context.Context, tx *meta.Tx) error {
			return tx.PutTag(ctx, pkg, berth.Tag(t).Fold(), berth.Tag(t), m.Digest, at(second+i))
		})
	}
	s.do(func(ctx context.Context, tx *meta.Tx) error {
		more, err := tx.SettleVersions(ctx, pkg, m.Digest)
		if err != nil {
			return err
		}
		return tx.CountVersions(ctx, pkg, more, m.PushedAt)
	})
	return m
}

func testReferences(s *suite) {
	_, pkg := s.home()
	other, empty := s.pkg("ann", "other", berth.VisibilityPrivate, false), s.pkg("ann", "empty", berth.VisibilityPrivate, false)
	one := s.rootOf(pkg, "one", 0, "b", "A")
	two := s.rootOf(pkg, "two", 10)
	three := s.rootOf(pkg, "three", 20, "c")
	elsewhere := s.rootOf(other, "one", 90, "b")
	// What is attached to a version has no name of its own, by any of the two ways.
	signature := manifestOf(pkg, "signature")
	signature.Subject = one.Digest
	s.manifest(signature)
	s.putTag(pkg, "signed", "signed", signature.Digest)
	s.rootOf(pkg, "fallback", 30, "sha256-"+three.Digest.Encoded()+".sig")
	ref := func(m meta.Manifest, tag berth.Tag, second int) meta.Reference {
		return meta.Reference{ManifestID: m.ID, Digest: m.Digest, Tag: tag, At: at(second)}
	}
	want := []meta.Reference{ref(three, "c", 20), ref(two, "", 10), ref(one, "A", 1), ref(one, "b", 0)}
	list := func(pkg int64, skip, limit int) []meta.Reference {
		s.Helper()
		return view(s, func(ctx context.Context, tx *meta.Tx) ([]meta.Reference, error) {
			return tx.ListReferences(ctx, pkg, skip, limit)
		})
	}
	same(s, "ListReferences", want, list(pkg, 0, 10))
	same(s, "ListReferences, a page", want[1:3], list(pkg, 1, 2))
	same(s, "ListReferences, behind the end", nil, list(pkg, 4, 2))
	same(s, "ListReferences of another package", []meta.Reference{ref(elsewhere, "b", 90)}, list(other, 0, 10))

	latest := func(pkg int64) func(context.Context, *meta.Tx) (meta.Reference, error) {
		return func(ctx context.Context, tx *meta.Tx) (meta.Reference, error) { return tx.LatestReference(ctx, pkg) }
	}
	same(s, "LatestReference", want[0], view(s, latest(pkg)))
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.PutTag(ctx, pkg, "a", "a", one.Digest, at(40)) })
	same(s, "LatestReference after a move", ref(one, "A", 40), view(s, latest(pkg)))
	missing(s, "LatestReference of nothing", berth.ErrVersionUnknown, latest(empty))

	tag := func(pkg int64, folded string) func(context.Context, *meta.Tx) (meta.Reference, error) {
		return func(ctx context.Context, tx *meta.Tx) (meta.Reference, error) { return tx.FindTag(ctx, pkg, folded) }
	}
	same(s, "FindTag", want[3], view(s, tag(pkg, "b")))
	missing(s, "FindTag of a referrer", berth.ErrManifestUnknown, tag(pkg, "signed"))
	missing(s, "FindTag of a fallback", berth.ErrManifestUnknown, tag(pkg, "sha256-"+three.Digest.Encoded()+".sig"))
	missing(s, "FindTag in another package", berth.ErrManifestUnknown, tag(other, "c"))
	digest := func(pkg int64, d berth.Digest) func(context.Context, *meta.Tx) (meta.Reference, error) {
		return func(ctx context.Context, tx *meta.Tx) (meta.Reference, error) { return tx.FindDigest(ctx, pkg, d) }
	}
	same(s, "FindDigest", want[1], view(s, digest(pkg, two.Digest)))
	same(s, "FindDigest of what has tags", ref(one, "", 0), view(s, digest(pkg, one.Digest)))
	missing(s, "FindDigest of a referrer", berth.ErrManifestUnknown, digest(pkg, signature.Digest))
	missing(s, "FindDigest in another package", berth.ErrManifestUnknown, digest(other, two.Digest))

	count := func(most int, pkgs ...int64) map[int64]int {
		s.Helper()
		return view(s, func(ctx context.Context, tx *meta.Tx) (map[int64]int, error) {
			return tx.CountReferences(ctx, pkgs, most)
		})
	}
	same(s, "CountReferences", map[int64]int{pkg: 4, other: 1, empty: 0}, count(100, pkg, other, empty))
	same(s, "CountReferences, no further", map[int64]int{pkg: 3, other: 1}, count(3, pkg, other))
	same(s, "CountReferences of nothing", map[int64]int{}, count(3))
}

// What is in the trash has no names.
func testReferencesInTrash(s *suite) {
	_, pkg := s.home()
	one, two := s.rootOf(pkg, "one", 0), s.rootOf(pkg, "two", 1)
	s.do(func(ctx context.Context, tx *meta.Tx) error {
		trash, err := tx.AddTrash(ctx, meta.Trash{PackageID: pkg, Digest: two.Digest, Name: berth.Name{Owner: "ann", Path: "app"}, Tags: "[]", DeletedAt: at(2)})
		if err != nil {
			return err
		}
		return tx.TrashManifest(ctx, two.ID, trash)
	})
	list := view(s, func(ctx context.Context, tx *meta.Tx) ([]meta.Reference, error) {
		return tx.ListReferences(ctx, pkg, 0, 10)
	})
	same(s, "ListReferences", []meta.Reference{{ManifestID: one.ID, Digest: one.Digest, At: at(0)}}, list)
	same(s, "LatestReference", list[0], view(s, func(ctx context.Context, tx *meta.Tx) (meta.Reference, error) { return tx.LatestReference(ctx, pkg) }))
	missing(s, "FindDigest", berth.ErrManifestUnknown, func(ctx context.Context, tx *meta.Tx) (meta.Reference, error) {
		return tx.FindDigest(ctx, pkg, two.Digest)
	})
	same(s, "CountReferences", map[int64]int{pkg: 1}, view(s, func(ctx context.Context, tx *meta.Tx) (map[int64]int, error) {
		return tx.CountReferences(ctx, []int64{pkg}, 10)
	}))
}

// testManyReferences counts as many packages as one call can, and no unpublished ones
// by mistake.
func testManyReferences(s *suite) {
	s.user("ann")
	var ids []int64
	want := map[int64]int{}
	for i := range meta.MaxIDs {
		pkg := s.pkg("ann", fmt.Sprint("app", i), berth.VisibilityPrivate, false)
		ids = append(ids, pkg)
		want[pkg] = i % 3
		for n := range i % 3 {
			s.rootOf(pkg, fmt.Sprint("body ", n), n)
		}
	}
	same(s, "CountReferences", want, view(s, func(ctx context.Context, tx *meta.Tx) (map[int64]int, error) {
		return tx.CountReferences(ctx, ids, 10)
	}))
}

func testStaysWithout(s *suite) {
	_, pkg := s.home()
	one, two, part := s.rootOf(pkg, "one", 0, "a"), s.rootOf(pkg, "two", 0, "b", "c"), s.rootOf(pkg, "part", 0, "d")
	stays := func(m meta.Manifest, folded string) bool {
		s.Helper()
		return view(s, func(ctx context.Context, tx *meta.Tx) (bool, error) {
			return tx.StaysWithout(ctx, pkg, m.Digest, folded)
		})
	}
	same(s, "without its only tag", false, stays(one, "a"))
	same(s, "without one of two", true, stays(two, "b"))
	same(s, "not yet in an index", false, stays(part, "d"))
	index := manifestOf(pkg, "index")
	index.ID = s.manifest(index)
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.PutChild(ctx, index.ID, pkg, part.Digest) })
	same(s, "in an index", true, stays(part, "d"))
	s.putTag(pkg, "sha256-"+two.Digest.Encoded()+".sig", berth.Tag("sha256-"+two.Digest.Encoded()+".sig"), one.Digest)
	same(s, "with one that is there for another", false, stays(one, "a"))
}

func testBlobSizes(s *suite) {
	_, pkg := s.home()
	m := manifestOf(pkg, "m")
	m.ID = s.manifest(m)
	var want []meta.BlobSize
	for _, content := range []string{"a layer", "a config"} {
		d := s.blob(pkg, content)
		s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.PutBlobReference(ctx, m.ID, pkg, d) })
		want = append(want, meta.BlobSize{Digest: d, Size: int64(len(content))})
	}
	if want[0].Digest > want[1].Digest {
		want[0], want[1] = want[1], want[0]
	}
	s.blob(pkg, "another")
	same(s, "ListBlobSizes", want, view(s, func(ctx context.Context, tx *meta.Tx) ([]meta.BlobSize, error) { return tx.ListBlobSizes(ctx, m.ID) }))
}
