package metatest

import (
	"context"
	"errors"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// testHolders tests what a manifest is there for, and what is there for it.
func testHolders(s *suite) {
	_, pkg := s.home()
	app, sig, list := manifestOf(pkg, "app"), manifestOf(pkg, "sig"), manifestOf(pkg, "list")
	sbom := manifestOf(pkg, "sbom")
	sbom.Subject = app.Digest
	ids := map[berth.Digest]int64{}
	for _, m := range []meta.Manifest{app, sig, list, sbom} {
		ids[m.Digest] = s.manifest(m)
	}
	tag := berth.Tag("sha256-" + app.Digest.Encoded() + ".sig")
	s.do(func(ctx context.Context, tx *meta.Tx) error {
		return errors.Join(
			tx.PutTag(ctx, pkg, string(tag), tag, sig.Digest, at(1)),
			tx.PutTag(ctx, pkg, "sha256-"+app.Digest.Encoded(), "sha256-"+berth.Tag(app.Digest.Encoded()), app.Digest, at(1)),
			tx.PutChild(ctx, ids[list.Digest], pkg, sbom.Digest),
			tx.PutChild(ctx, ids[list.Digest], pkg, app.Digest),
		)
	})
	digests := func(what string, read func(ctx context.Context, tx *meta.Tx) ([]meta.Part, error), want ...berth.Digest) {
		var got []berth.Digest
		for _, p := range view(s, read) {
			got = append(got, p.Digest)
		}
		same(s, what, want, got)
	}
	holders := func(d berth.Digest) func(ctx context.Context, tx *meta.Tx) ([]meta.Part, error) {
		return func(ctx context.Context, tx *meta.Tx) ([]meta.Part, error) { return tx.ListHolders(ctx, pkg, d) }
	}
	digests("holders of what has a subject and is in an index", holders(sbom.Digest), app.Digest, list.Digest)
	digests("holders of what has a fallback tag", holders(sig.Digest), app.Digest)
	digests("holders of what has a tag with its own digest", holders(app.Digest), list.Digest)
	digests("holders of an index", holders(list.Digest))
	digests("attached", func(ctx context.Context, tx *meta.Tx) ([]meta.Part, error) {
		return tx.ListAttached(ctx, pkg, app.Digest)
	}, sig.Digest, sbom.Digest)
	tags := view(s, func(ctx context.Context, tx *meta.Tx) ([]meta.TagDetails, error) {
		return tx.ListTagsFor(ctx, pkg, app.Digest)
	})
	same(s, "tags for it", []meta.TagDetails{{Folded: string(tag), Name: tag, Digest: sig.Digest, CreatedAt: at(1), UpdatedAt: at(1)}}, tags)
}

// testRestoreTag tests that a tag comes back as it was, and never takes another's
// place.
func testRestoreTag(s *suite) {
	_, pkg := s.home()
	m := manifestOf(pkg, "app")
	s.manifest(m)
	want := meta.TagDetails{Folded: "v1", Name: "V1", Digest: m.Digest, CreatedAt: at(1), UpdatedAt: at(2), Downloads: 3, LastPulledAt: at(4)}
	put := func(ctx context.Context, tx *meta.Tx) error { return tx.RestoreTag(ctx, pkg, want) }
	s.do(put)
	same(s, "tags", []meta.TagDetails{want}, view(s, func(ctx context.Context, tx *meta.Tx) ([]meta.TagDetails, error) {
		return tx.ListTagsOf(ctx, pkg, m.Digest)
	}))
	s.refused("RestoreTag of what is there", berth.ErrExists, put)
	want.Folded, want.Digest = "v2", digestOf("none")
	s.refused("RestoreTag of an unknown manifest", berth.ErrManifestUnknown, put)
}

// testTrash tests deletions of versions and packages.
func testTrash(s *suite) {
	ann, pkg := s.home()
	n := berth.Name{Owner: "ann", Path: "app"}
	m := manifestOf(pkg, "app")
	id := s.manifest(m)
	s.do(func(ctx context.Context, tx *meta.Tx) error {
		more, err := tx.SettleVersions(ctx, pkg, m.Digest)
		if more != 1 {
			s.Errorf("SettleVersions = %d", more)
		}
		return err
	})
	version := meta.Trash{PackageID: pkg, Digest: m.Digest, Name: n, Tags: "[]", DeletedBy: "Ann", DeletedByID: ann, DeletedAt: at(1)}
	whole := meta.Trash{PackageID: pkg, Name: n, Tags: "[]", DeletedBy: "Ann", DeletedByID: ann, DeletedAt: at(1)}
	s.do(func(ctx context.Context, tx *meta.Tx) (err error) {
		if version.ID, err = tx.AddTrash(ctx, version); err != nil {
			return err
		}
		if whole.ID, err = tx.AddTrash(ctx, whole); err != nil {
			return err
		}
		return errors.Join(tx.TrashManifest(ctx, id, version.ID), tx.TrashPackage(ctx, pkg, at(1)))
	})
	same(s, "GetTrash", version, view(s, func(ctx context.Context, tx *meta.Tx) (meta.Trash, error) { return tx.GetTrash(ctx, version.ID) }))
	missing(s, "GetTrash of none", berth.ErrVersionUnknown, func(ctx context.Context, tx *meta.Tx) (meta.Trash, error) { return tx.GetTrash(ctx, 4711) })
	same(s, "GetTrashOf", version, view(s, func(ctx context.Context, tx *meta.Tx) (meta.Trash, error) { return tx.GetTrashOf(ctx, pkg, id) }))
	same(s, "FindTrash", whole, view(s, func(ctx context.Context, tx *meta.Tx) (meta.Trash, error) { return tx.FindTrash(ctx, n, 0) }))
	missing(s, "FindTrash of another id", berth.ErrPackageUnknown, func(ctx context.Context, tx *meta.Tx) (meta.Trash, error) { return tx.FindTrash(ctx, n, pkg+1) })
	same(s, "ListOldTrash", []meta.Trash{version, whole}, view(s, func(ctx context.Context, tx *meta.Tx) ([]meta.Trash, error) {
		return tx.ListOldTrash(ctx, at(2), meta.Trash{}, 10)
	}))
	same(s, "ListOldTrash before", 0, len(view(s, func(ctx context.Context, tx *meta.Tx) ([]meta.Trash, error) {
		return tx.ListOldTrash(ctx, at(1), meta.Trash{}, 10)
	})))
	missing(s, "StatManifest in the trash", berth.ErrManifestUnknown, func(ctx context.Context, tx *meta.Tx) (meta.Manifest, error) {
		return tx.StatManifest(ctx, pkg, m.Digest)
	})
	s.refused("LockPackage in the trash", berth.ErrPackageUnknown, func(ctx context.Context, tx *meta.Tx) error { return tx.LockPackage(ctx, pkg) })
	s.refused("TrashPackage twice", berth.ErrPackageUnknown, func(ctx context.Context, tx *meta.Tx) error { return tx.TrashPackage(ctx, pkg, at(2)) })
	other := s.pkg("ann", "app", berth.VisibilityPrivate, true)
	s.refused("RestorePackage of a taken name", berth.ErrExists, func(ctx context.Context, tx *meta.Tx) error { return tx.RestorePackage(ctx, pkg, "app") })
	s.refused("RestorePackage of what is not deleted", berth.ErrPackageUnknown, func(ctx context.Context, tx *meta.Tx) error { return tx.RestorePackage(ctx, other, "app") })
	s.do(func(ctx context.Context, tx *meta.Tx) error {
		return errors.Join(tx.RestorePackage(ctx, pkg, "old"), tx.ReviveManifest(ctx, pkg, id), tx.DropTrash(ctx, version.ID), tx.DropTrash(ctx, whole.ID))
	})
	same(s, "the package is back", pkg, s.standing("ann", "old", ann).PackageID)
}

// testPushes tests what is left to do after pushes.
func testPushes(s *suite) {
	ann, pkg := s.home()
	m := manifestOf(pkg, "app")
	id := s.manifest(m)
	d := s.blob(pkg, "config")
	push := meta.Push{PackageID: pkg, ManifestID: id, Tag: "v1", Before: digestOf("b"), UserID: ann, Login: "Ann", MayLink: true, PushedAt: at(1)}
	s.do(func(ctx context.Context, tx *meta.Tx) error {
		_, err := tx.SettleVersions(ctx, pkg, m.Digest)
		return errors.Join(err, tx.AddPush(ctx, push), tx.AddPush(ctx, push), tx.TouchManifest(ctx, id, at(5)), tx.PutBlobReference(ctx, id, pkg, d))
	})
	due := func(n int) []meta.Push {
		return view(s, func(ctx context.Context, tx *meta.Tx) ([]meta.Push, error) { return tx.ListPushes(ctx, at(n), 10) })
	}
	first := due(1)[0]
	push.ID = first.ID
	same(s, "push", push, first)
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.PostponePush(ctx, push.ID, at(10)) })
	same(s, "due before", 1, len(due(9)))
	same(s, "attempts", 1, due(10)[1].Attempts)
	for _, want := range []bool{true, false} {
		s.do(func(ctx context.Context, tx *meta.Tx) error {
			mine, err := tx.DropPush(ctx, push.ID)
			same(s, "DropPush", want, mine)
			return err
		})
	}
	since := func(n int) bool {
		return view(s, func(ctx context.Context, tx *meta.Tx) (bool, error) { return tx.PushedSince(ctx, pkg, at(n)) })
	}
	same(s, "PushedSince", [2]bool{true, false}, [2]bool{since(4), since(5)})
	same(s, "FindBlobOf", blobOf("config"), view(s, func(ctx context.Context, tx *meta.Tx) (meta.Blob, error) { return tx.FindBlobOf(ctx, id, d) }))
	other := s.blob(pkg, "other")
	missing(s, "FindBlobOf what it does not need", berth.ErrBlobUnknown, func(ctx context.Context, tx *meta.Tx) (meta.Blob, error) { return tx.FindBlobOf(ctx, id, other) })
}
