package metatest

import (
	"context"
	"fmt"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

func uploadOf(id string, pkg, user int64, n int) meta.Upload {
	return meta.Upload{
		ID: id, PackageID: pkg, UserID: user, Key: "key of " + id, Algorithm: "sha256",
		HashState: []byte{0, 'h', 0xff}, UpdatedAt: at(n),
	}
}

func getUpload(id string, user int64, path string) func(context.Context, *meta.Tx) (meta.Upload, error) {
	return func(ctx context.Context, tx *meta.Tx) (meta.Upload, error) {
		return tx.GetUpload(ctx, id, user, berth.Name{Owner: "ann", Path: path})
	}
}

func testUploads(s *suite) {
	ann, pkg := s.home()
	bob := s.user("bob")
	s.pkg("ann", "other", berth.VisibilityPrivate, false)
	up := uploadOf("u1", pkg, ann, 0)
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.CreateUpload(ctx, up) })
	same(s, "GetUpload", up, view(s, getUpload("u1", ann, "app")))
	missing(s, "GetUpload of no session", berth.ErrUploadUnknown, getUpload("u2", ann, "app"))
	missing(s, "GetUpload by another user", berth.ErrUploadUnknown, getUpload("u1", bob, "app"))
	missing(s, "GetUpload by nobody", berth.ErrUploadUnknown, getUpload("u1", 0, "app"))
	missing(s, "GetUpload in another package", berth.ErrUploadUnknown, getUpload("u1", ann, "other"))
	missing(s, "GetUpload in no package", berth.ErrUploadUnknown, getUpload("u1", ann, "none"))
	missing(s, "GetUpload of another owner", berth.ErrUploadUnknown, func(ctx context.Context, tx *meta.Tx) (meta.Upload, error) {
		return tx.GetUpload(ctx, "u1", ann, berth.Name{Owner: "bob", Path: "app"})
	})
	count := func(user int64) int {
		return view(s, func(ctx context.Context, tx *meta.Tx) (int, error) { return tx.CountUploads(ctx, user) })
	}
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.CreateUpload(ctx, uploadOf("u2", pkg, ann, 0)) })
	same(s, "CountUploads", [2]int{2, 0}, [2]int{count(ann), count(bob)})

	for what, u := range map[string]meta.Upload{"package": uploadOf("u3", pkg+1000, ann, 0), "user": uploadOf("u3", pkg, bob+1000, 0)} {
		s.refused("CreateUpload without a "+what, berth.ErrUnavailable, func(ctx context.Context, tx *meta.Tx) error { return tx.CreateUpload(ctx, u) })
	}
	again := uploadOf("u3", pkg, ann, 0)
	again.Key = up.Key
	if s.try(func(ctx context.Context, tx *meta.Tx) error { return tx.CreateUpload(ctx, again) }) == nil {
		s.Error("two sessions have the same storage key")
	}
	empty := uploadOf("u4", pkg, ann, 0)
	empty.HashState = []byte{}
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.CreateUpload(ctx, empty) })
	if got := view(s, getUpload("u4", ann, "app")); len(got.HashState) != 0 {
		s.Errorf("empty HashState = %v", got.HashState)
	}
}

// testUploadSteps checks that a session moves only from where the caller saw it.
func testUploadSteps(s *suite) {
	ann, pkg := s.home()
	up := uploadOf("u1", pkg, ann, 0)
	beside := uploadOf("u2", pkg, ann, 0)
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.CreateUpload(ctx, up) })
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.CreateUpload(ctx, beside) })
	advance := func(from int64, u meta.Upload) func(ctx context.Context, tx *meta.Tx) error {
		return func(ctx context.Context, tx *meta.Tx) error { return tx.AdvanceUpload(ctx, from, u) }
	}
	up.Received, up.HashState, up.Algorithm, up.UpdatedAt = 10, []byte("ten"), "sha512", at(1)
	s.do(advance(0, up))
	same(s, "GetUpload after AdvanceUpload", up, view(s, getUpload("u1", ann, "app")))
	drop := func(u meta.Upload) func(ctx context.Context, tx *meta.Tx) error {
		return func(ctx context.Context, tx *meta.Tx) error { return tx.DropUpload(ctx, u) }
	}
	late := up
	late.Received, late.HashState = 7, []byte("late")
	for _, from := range []int64{0, 9, 11, -1} {
		s.refused(fmt.Sprintf("AdvanceUpload from %d", from), berth.ErrUploadUnknown, advance(from, late))
		stale := up
		stale.Received = from
		s.refused(fmt.Sprintf("DropUpload at %d", from), berth.ErrUploadUnknown, drop(stale))
	}
	touched, moved := up, up
	touched.UpdatedAt, moved.Key = at(2), "another key"
	s.refused("DropUpload of one touched since", berth.ErrUploadUnknown, drop(touched))
	s.refused("DropUpload of one moved since", berth.ErrUploadUnknown, drop(moved))
	none := late
	none.ID = "u3"
	s.refused("AdvanceUpload of no session", berth.ErrUploadUnknown, advance(10, none))
	same(s, "GetUpload after refusals", up, view(s, getUpload("u1", ann, "app")))

	rekey := func(id, from, to string) func(ctx context.Context, tx *meta.Tx) error {
		return func(ctx context.Context, tx *meta.Tx) error { return tx.RekeyUpload(ctx, id, from, to) }
	}
	s.do(rekey("u1", up.Key, "new key"))
	s.refused("RekeyUpload from the old key", berth.ErrUploadUnknown, rekey("u1", up.Key, "newer key"))
	s.refused("RekeyUpload of no session", berth.ErrUploadUnknown, rekey("u3", "new key", "newer key"))
	s.broken("RekeyUpload to a key in use", rekey("u1", "new key", beside.Key))
	up.Key = "new key"
	same(s, "GetUpload after RekeyUpload", up, view(s, getUpload("u1", ann, "app")))

	s.do(drop(up))
	s.refused("DropUpload twice", berth.ErrUploadUnknown, drop(up))
	missing(s, "GetUpload after DropUpload", berth.ErrUploadUnknown, getUpload("u1", ann, "app"))
	same(s, "the session beside it", beside, view(s, getUpload("u2", ann, "app")))
}

func testStaleUploads(s *suite) {
	ann, pkg := s.home()
	for _, n := range []int{3, 1, 4, 2, 5} {
		s.do(func(ctx context.Context, tx *meta.Tx) error {
			return tx.CreateUpload(ctx, uploadOf(fmt.Sprintf("u%d", n), pkg, ann, n))
		})
	}
	for _, tt := range []struct {
		before, limit int
		want          []meta.Upload
	}{
		{1, 10, nil}, // not one of that very time
		{2, 10, []meta.Upload{uploadOf("u1", pkg, ann, 1)}},
		{5, 2, []meta.Upload{uploadOf("u1", pkg, ann, 1), uploadOf("u2", pkg, ann, 2)}},
		{4, 10, []meta.Upload{uploadOf("u1", pkg, ann, 1), uploadOf("u2", pkg, ann, 2), uploadOf("u3", pkg, ann, 3)}},
	} {
		got := view(s, func(ctx context.Context, tx *meta.Tx) ([]meta.Upload, error) {
			return tx.StaleUploads(ctx, at(tt.before), at(0), tt.limit)
		})
		same(s, fmt.Sprintf("StaleUploads(%d, %d)", tt.before, tt.limit), tt.want, got)
	}
	// Progress makes a session young again.
	fresh := uploadOf("u1", pkg, ann, 9)
	fresh.Received = 1
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.AdvanceUpload(ctx, 0, fresh) })
	got := view(s, func(ctx context.Context, tx *meta.Tx) ([]meta.Upload, error) {
		return tx.StaleUploads(ctx, at(3), at(0), 10)
	})
	same(s, "StaleUploads after progress", []meta.Upload{uploadOf("u2", pkg, ann, 2)}, got)
	// Where nothing came, sooner: u1 has a byte, and the rest none.
	got = view(s, func(ctx context.Context, tx *meta.Tx) ([]meta.Upload, error) {
		return tx.StaleUploads(ctx, at(0), at(4), 10)
	})
	same(s, "empty StaleUploads", []meta.Upload{uploadOf("u2", pkg, ann, 2), uploadOf("u3", pkg, ann, 3)}, got)
}
