package metatest

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

func statManifest(pkg int64, d berth.Digest) func(context.Context, *meta.Tx) (meta.Manifest, error) {
	return func(ctx context.Context, tx *meta.Tx) (meta.Manifest, error) { return tx.StatManifest(ctx, pkg, d) }
}

func testManifests(s *suite) {
	_, pkg := s.home()
	other := s.pkg("ann", "other", berth.VisibilityPrivate, false)
	m := manifestOf(pkg, "m")
	id := s.manifest(m)
	want := meta.Manifest{ID: id, PackageID: pkg, Digest: m.Digest, MediaType: m.MediaType, Size: 1}
	same(s, "StatManifest", want, view(s, statManifest(pkg, m.Digest)))
	missing(s, "StatManifest of none", berth.ErrManifestUnknown, statManifest(pkg, digestOf("none")))
	missing(s, "StatManifest in another package", berth.ErrManifestUnknown, statManifest(other, m.Digest))
	missing(s, "GetBody of none", berth.ErrManifestUnknown, func(ctx context.Context, tx *meta.Tx) ([]byte, error) { return tx.GetBody(ctx, id+1000) })

	again := m
	again.MediaType, again.Size = "other/type", 2
	same(s, "id of a second CreateManifest", 0, s.manifest(again))
	same(s, "StatManifest after it", want, view(s, statManifest(pkg, m.Digest)))
	if s.manifest(manifestOf(other, "m")) == 0 {
		s.Error("another package cannot have the same manifest")
	}
	s.refused("CreateManifest in no package", berth.ErrUnavailable, func(ctx context.Context, tx *meta.Tx) error {
		_, err := tx.CreateManifest(ctx, manifestOf(pkg+1000, "m"))
		return err
	})
	s.do(func(ctx context.Context, tx *meta.Tx) error {
		size, err := tx.LockManifest(ctx, pkg, m.Digest)
		same(s, "LockManifest", 1, size)
		return err
	})
	s.refused("LockManifest of none", berth.ErrManifestUnknown, func(ctx context.Context, tx *meta.Tx) error {
		_, err := tx.LockManifest(ctx, pkg, digestOf("none"))
		return err
	})
	drop := func(ctx context.Context, tx *meta.Tx) error { return tx.DropManifest(ctx, pkg, m.Digest) }
	s.putTag(pkg, "t", "t", m.Digest)
	s.refused("DropManifest with a tag", berth.ErrManifestReferenced, drop)
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.DropTag(ctx, pkg, "t") })
	s.do(drop)
	s.refused("DropManifest twice", berth.ErrManifestUnknown, drop)
	view(s, statManifest(other, m.Digest)) // stays
	if next := s.manifest(m); next <= id {
		s.Errorf("id %d is used again (after %d)", next, id)
	}
}

func testManifestReferences(s *suite) {
	_, pkg := s.home()
	other := s.pkg("ann", "other", berth.VisibilityPrivate, false)
	d, strange := s.blob(pkg, "content"), s.blob(other, "strange")
	user := func(d berth.Digest) berth.Digest {
		return view(s, func(ctx context.Context, tx *meta.Tx) (berth.Digest, error) {
			user, trashed, err := tx.GetBlobUser(ctx, pkg, d)
			if trashed {
				s.Errorf("GetBlobUser says that %s is in the trash", user)
			}
			return user, err
		})
	}
	parent := func(d berth.Digest) berth.Digest {
		return view(s, func(ctx context.Context, tx *meta.Tx) (berth.Digest, error) { return tx.GetParent(ctx, pkg, d) })
	}
	refer := func(id, pkg int64, d berth.Digest) func(ctx context.Context, tx *meta.Tx) error {
		return func(ctx context.Context, tx *meta.Tx) error { return tx.PutBlobReference(ctx, id, pkg, d) }
	}
	adopt := func(id, pkg int64, d berth.Digest) func(ctx context.Context, tx *meta.Tx) error {
		return func(ctx context.Context, tx *meta.Tx) error { return tx.PutChild(ctx, id, pkg, d) }
	}
	drop := func(d berth.Digest) func(ctx context.Context, tx *meta.Tx) error {
		return func(ctx context.Context, tx *meta.Tx) error { return tx.DropManifest(ctx, pkg, d) }
	}
	image, image2, index := s.manifest(manifestOf(pkg, "image")), s.manifest(manifestOf(pkg, "image2")), s.manifest(manifestOf(pkg, "index"))
	same(s, "GetBlobUser of an unused blob", "", user(d))
	same(s, "GetParent of a lone manifest", "", parent(digestOf("image")))
	for range 2 { // the same layer twice in a manifest
		s.do(refer(image2, pkg, d))
		s.do(refer(image, pkg, d))
		s.do(adopt(index, pkg, digestOf("image")))
	}
	if got := user(d); got != digestOf("image") && got != digestOf("image2") {
		s.Errorf("GetBlobUser = %s, which does not use it", got)
	}
	same(s, "GetParent", digestOf("index"), parent(digestOf("image")))

	for _, d := range []berth.Digest{digestOf("none"), strange} {
		s.refused("PutBlobReference to what the package does not hold", berth.ErrManifestBlobUnknown, refer(image, pkg, d))
		s.refused("PutChild that the package does not have", berth.ErrManifestBlobUnknown, adopt(index, pkg, d))
	}
	s.refused("PutBlobReference to a manifest", berth.ErrManifestBlobUnknown, refer(index, pkg, digestOf("image")))
	s.refused("PutChild of a blob", berth.ErrManifestBlobUnknown, adopt(index, pkg, d))

	s.refused("DropManifest that an index holds", berth.ErrManifestReferenced, drop(digestOf("image")))
	s.do(drop(digestOf("index")))
	same(s, "GetParent after the index is gone", "", parent(digestOf("image")))
	s.do(drop(digestOf("image")))
	same(s, "GetBlobUser is the next", digestOf("image2"), user(d))
	s.do(drop(digestOf("image2")))
	same(s, "GetBlobUser after all are gone", "", user(d))
	s.getBlob(pkg, d) // stays
}

// testBodies stores bodies that a text column would change.
func testBodies(s *suite) {
	_, pkg := s.home()
	big := make([]byte, 4<<20)
	random := rand.NewChaCha8([32]byte{1})
	_, _ = random.Read(big)
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for name, body := range map[string][]byte{
		"empty": {}, "NUL": {0}, "every byte": all, "text with \\x escapes": []byte(`\x00\\'"$1`),
		"zeros": make([]byte, 1<<20), "4 MiB": big,
	} {
		m := manifestOf(pkg, string(body))
		id := s.manifest(m)
		got := view(s, func(ctx context.Context, tx *meta.Tx) ([]byte, error) { return tx.GetBody(ctx, id) })
		if !bytes.Equal(got, body) {
			s.Errorf("%s: %d bytes came back changed, %d bytes", name, len(body), len(got))
		}
	}
}

func testReferrers(s *suite) {
	_, pkg := s.home()
	other := s.pkg("ann", "other", berth.VisibilityPrivate, false)
	subject := digestOf("subject") // nobody has to know it
	put := func(pkg int64, body string, subject berth.Digest, artifactType string) meta.Manifest {
		m := manifestOf(pkg, body)
		m.Subject, m.ArtifactType, m.Annotations = subject, artifactType, `{"of":"`+body+`"}`
		m.ID = s.manifest(m)
		m.Body, m.PushedAt = nil, meta.Manifest{}.PushedAt // not listed
		return m
	}
	var all, typed []meta.Manifest
	for i := range 11 {
		m := put(pkg, fmt.Sprintf("referrer %d", i), subject, []string{"a/sbom", "A/SBOM", ""}[i%3])
		all = append(all, m)
		if i%3 == 0 {
			typed = append(typed, m)
		}
		put(pkg, fmt.Sprintf("of another %d", i), digestOf("another"), "a/sbom")
		put(pkg, fmt.Sprintf("of nothing %d", i), "", "a/sbom")
		put(other, fmt.Sprintf("referrer %d", i), subject, "a/sbom")
	}
	more := false // after the last page listed
	list := func(artifactType string, after int64, limit int) []meta.Manifest {
		return view(s, func(ctx context.Context, tx *meta.Tx) (page []meta.Manifest, err error) {
			page, more, err = tx.ListReferrers(ctx, pkg, subject, artifactType, after, limit, 1<<20)
			return page, err
		})
	}
	for artifactType, want := range map[string][]meta.Manifest{"": all, "a/sbom": typed, "none": nil} {
		same(s, "ListReferrers of "+artifactType, want, list(artifactType, 0, 100))
		for limit := 1; limit <= 12; limit++ {
			var got []meta.Manifest
			for after := int64(0); ; after = got[len(got)-1].ID {
				page := list(artifactType, after, limit)
				got = append(got, page...)
				if !more {
					break
				}
				same(s, "a page that is not the last", limit, len(page))
			}
			same(s, fmt.Sprintf("pages of %d of %q", limit, artifactType), want, got)
		}
	}
	got := view(s, func(ctx context.Context, tx *meta.Tx) ([]meta.Manifest, error) {
		list, _, err := tx.ListReferrers(ctx, pkg, digestOf("none"), "", 0, 10, 1<<20)
		return list, err
	})
	same(s, "ListReferrers of none", nil, got)
}
