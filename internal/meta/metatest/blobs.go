package metatest

import (
	"context"
	"fmt"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

func (s *suite) getBlob(pkg int64, d berth.Digest) meta.Blob {
	s.Helper()
	return view(s, func(ctx context.Context, tx *meta.Tx) (meta.Blob, error) { return tx.GetBlob(ctx, pkg, d) })
}

func testBlobs(s *suite) {
	_, pkg := s.home()
	other := s.pkg("ann", "other", berth.VisibilityPrivate, false)
	b := blobOf("content")
	none := digestOf("none")
	get := func(pkg int64, d berth.Digest) func(context.Context, *meta.Tx) (meta.Blob, error) {
		return func(ctx context.Context, tx *meta.Tx) (meta.Blob, error) { return tx.GetBlob(ctx, pkg, d) }
	}
	hold := func(pkg int64, d berth.Digest) func(ctx context.Context, tx *meta.Tx) error {
		return func(ctx context.Context, tx *meta.Tx) error {
			size, err := tx.HoldBlob(ctx, pkg, d, at(120))
			if err == nil {
				same(s, "size", b.Size, size)
			}
			return err
		}
	}
	lock := func(want string) func(ctx context.Context, tx *meta.Tx) error {
		return func(ctx context.Context, tx *meta.Tx) error {
			key, err := tx.LockBlob(ctx, b.Digest)
			same(s, "LockBlob", want, key)
			return err
		}
	}
	s.refused("LockBlob of none", berth.ErrBlobUnknown, lock(""))
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.AddBlob(ctx, b, at(0)) })
	missing(s, "GetBlob that the package does not hold", berth.ErrBlobUnknown, get(pkg, b.Digest))
	s.refused("HoldBlob that the package does not hold", berth.ErrBlobUnknown, hold(pkg, b.Digest))
	for range 2 {
		s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.LinkBlob(ctx, pkg, b.Digest, at(0)) })
	}
	same(s, "GetBlob", b, s.getBlob(pkg, b.Digest))
	missing(s, "GetBlob of none", berth.ErrBlobUnknown, get(pkg, none))
	missing(s, "GetBlob in another package", berth.ErrBlobUnknown, get(other, b.Digest))

	s.do(hold(pkg, b.Digest))
	b.LeaseUntil = at(120)
	same(s, "GetBlob after HoldBlob", b, s.getBlob(pkg, b.Digest))
	s.refused("HoldBlob of none", berth.ErrBlobUnknown, hold(pkg, none))
	s.refused("HoldBlob in another package", berth.ErrBlobUnknown, hold(other, b.Digest))

	again := meta.Blob{Digest: b.Digest, Size: 99, Key: "second key", LeaseUntil: at(180)}
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.AddBlob(ctx, again, at(0)) })
	same(s, "GetBlob after a second AddBlob", b, s.getBlob(pkg, b.Digest))
	s.do(lock(b.Key))
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.ReplaceBlob(ctx, again) })
	s.do(lock(again.Key))
	same(s, "GetBlob after ReplaceBlob", again, s.getBlob(pkg, b.Digest))

	s.refused("LinkBlob of none", berth.ErrBlobUnknown, func(ctx context.Context, tx *meta.Tx) error { return tx.LinkBlob(ctx, pkg, none, at(0)) })
	unlink := func(ctx context.Context, tx *meta.Tx) error { return tx.UnlinkBlob(ctx, pkg, b.Digest) }
	s.do(unlink)
	s.refused("UnlinkBlob twice", berth.ErrBlobUnknown, unlink)
	missing(s, "GetBlob after UnlinkBlob", berth.ErrBlobUnknown, get(pkg, b.Digest))
	s.do(lock(again.Key)) // the blob itself stays
}

func testBlobConstraints(s *suite) {
	_, pkg := s.home()
	d := s.blob(pkg, "content")
	s.broken("two blobs under one key", func(ctx context.Context, tx *meta.Tx) error {
		b := blobOf("other")
		b.Key = blobOf("content").Key
		return tx.AddBlob(ctx, b, at(0))
	})
	other := s.blob(pkg, "other")
	s.broken("ReplaceBlob with another blob's key", func(ctx context.Context, tx *meta.Tx) error {
		return tx.ReplaceBlob(ctx, meta.Blob{Digest: d, Key: blobOf("other").Key})
	})
	if err := s.try(func(ctx context.Context, tx *meta.Tx) error { return tx.LinkBlob(ctx, pkg+1000, d, at(0)) }); err == nil {
		s.Error("a package that is not there holds a blob")
	}
	id := s.manifest(manifestOf(pkg, "m"))
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.PutBlobReference(ctx, id, pkg, d) })
	s.refused("UnlinkBlob that a manifest needs", berth.ErrBlobReferenced, func(ctx context.Context, tx *meta.Tx) error { return tx.UnlinkBlob(ctx, pkg, d) })
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.UnlinkBlob(ctx, pkg, other) })
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.DropManifest(ctx, pkg, digestOf("m")) })
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.UnlinkBlob(ctx, pkg, d) })
}

func testBlobHomes(s *suite) {
	s.user("ann")
	d := digestOf("content")
	var want []meta.Home
	for i := range 7 {
		n := berth.Name{Owner: "ann", Path: fmt.Sprintf("app%d", 9-i)}
		pkg := s.pkg(n.Owner, n.Path, berth.VisibilityPrivate, false)
		s.blob(pkg, "other")
		if i != 3 {
			s.blob(pkg, "content")
			want = append(want, meta.Home{PackageID: pkg, Name: n})
		}
	}
	homes := func(d berth.Digest, after int64, limit int) []meta.Home {
		return view(s, func(ctx context.Context, tx *meta.Tx) ([]meta.Home, error) { return tx.BlobHomes(ctx, d, after, limit) })
	}
	same(s, "BlobHomes", want, homes(d, 0, 100))
	for limit := 1; limit <= 7; limit++ {
		var got []meta.Home
		for after := int64(0); ; after = got[len(got)-1].PackageID {
			page := homes(d, after, limit)
			got = append(got, page...)
			if len(page) < limit {
				break
			}
		}
		same(s, fmt.Sprintf("pages of %d", limit), want, got)
	}
	if got := homes(digestOf("none"), 0, 100); len(got) != 0 {
		s.Errorf("BlobHomes of none = %v", got)
	}
}

func testDoomedKeys(s *suite) {
	list := func(before, limit int) []string {
		return view(s, func(ctx context.Context, tx *meta.Tx) ([]string, error) {
			return tx.ListDoomedKeys(ctx, at(before), limit)
		})
	}
	doom := func(key string, n int) {
		s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.DoomKey(ctx, key, at(n)) })
	}
	for key, n := range map[string]int{"c": 1, "a": 2, "b": 3} {
		doom(key, n)
	}
	doom("c", 9) // it keeps its time
	same(s, "ListDoomedKeys", []string{"c", "a", "b"}, list(9, 10))
	same(s, "ListDoomedKeys, limited", []string{"c", "a"}, list(9, 2))
	same(s, "ListDoomedKeys before", []string{"c"}, list(2, 10))
	for _, want := range []bool{true, false} {
		s.do(func(ctx context.Context, tx *meta.Tx) error {
			was, err := tx.ForgetKey(ctx, "c")
			same(s, "ForgetKey", want, was)
			return err
		})
	}
	same(s, "ListDoomedKeys after ForgetKey", []string{"a", "b"}, list(9, 10))
}
