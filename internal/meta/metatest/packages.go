package metatest

import (
	"context"
	"fmt"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// standing leaves out the path, once it is known to be the one asked for.
func (s *suite) standing(owner, path string, user int64) berth.Standing {
	s.Helper()
	got := view(s, func(ctx context.Context, tx *meta.Tx) (berth.Standing, error) {
		return tx.Standing(ctx, berth.Name{Owner: owner, Path: path}, user)
	})
	if got.Path != path {
		s.Errorf("standing towards %s/%s is about %q", owner, path, got.Path)
	}
	got.Path = ""
	return got
}

func testPackages(s *suite) {
	ann := s.user("ann")
	pkg := s.pkg("ann", "app", berth.VisibilityInternal, false)
	if again := s.pkg("ann", "app", berth.VisibilityPublic, false); again != pkg {
		s.Errorf("CreatePackage twice made %d and %d", pkg, again)
	}
	want := berth.Standing{OwnerID: ann, PackageID: pkg, Visibility: berth.VisibilityInternal}
	same(s, "standing in a new package", want, s.standing("ann", "app", 0))
	s.do(func(ctx context.Context, tx *meta.Tx) error {
		return tx.PutVisibility(ctx, pkg, berth.VisibilityPublic)
	})
	for i, first := range []bool{true, false} {
		s.do(func(ctx context.Context, tx *meta.Tx) error {
			got, err := tx.PublishPackage(ctx, pkg, at(i))
			same(s, "PublishPackage", first, got)
			return err
		})
	}
	want.Published, want.Visibility = true, berth.VisibilityPublic
	same(s, "standing after PublishPackage and PutVisibility", want, s.standing("ann", "app", 0))
	if upper := s.pkg("ann", "APP", berth.VisibilityPrivate, false); upper == pkg {
		s.Error("paths in different case are one package")
	}

	s.refused("CreatePackage of no owner", berth.ErrUnavailable, func(ctx context.Context, tx *meta.Tx) error {
		return tx.CreatePackage(ctx, ann+1000, "app", berth.VisibilityPublic, at(0))
	})
	s.refused("CreateRepository of no owner", berth.ErrUnavailable, func(ctx context.Context, tx *meta.Tx) error {
		_, err := tx.CreateRepository(ctx, meta.Repository{OwnerID: ann + 1000, Name: "src", Folded: "src", Visibility: berth.VisibilityPublic})
		return err
	})
	s.broken("CreatePackage with an unknown visibility", func(ctx context.Context, tx *meta.Tx) error {
		return tx.CreatePackage(ctx, ann, "x", "secret", at(0))
	})
	s.broken("PutVisibility with an unknown one", func(ctx context.Context, tx *meta.Tx) error { return tx.PutVisibility(ctx, pkg, "") })
	for _, role := range []berth.Role{-1, berth.RoleNone, 4} {
		s.broken("PutRole of an impossible role", func(ctx context.Context, tx *meta.Tx) error {
			return tx.PutRole(ctx, pkg, meta.Holder{User: ann}, role)
		})
	}
	s.refused("PutRole of no user", berth.ErrUnavailable, func(ctx context.Context, tx *meta.Tx) error {
		return tx.PutRole(ctx, pkg, meta.Holder{User: ann + 1000}, berth.RoleRead)
	})
	s.refused("PutRole on no package", berth.ErrUnavailable, func(ctx context.Context, tx *meta.Tx) error {
		return tx.PutRole(ctx, pkg+1000, meta.Holder{User: ann}, berth.RoleRead)
	})
}

// testEmptyPackages puts one thing into each package and sweeps: only what is
// wholly empty, unpublished and old goes.
func testEmptyPackages(s *suite) {
	ann := s.user("ann")
	var pkgs []string
	make1 := func(path string, fill func(ctx context.Context, tx *meta.Tx, pkg int64) error) {
		pkg := s.pkg("ann", path, berth.VisibilityPrivate, false)
		s.do(func(ctx context.Context, tx *meta.Tx) error { return fill(ctx, tx, pkg) })
		pkgs = append(pkgs, path)
	}
	make1("empty", func(context.Context, *meta.Tx, int64) error { return nil })
	make1("upload", func(ctx context.Context, tx *meta.Tx, pkg int64) error {
		return tx.CreateUpload(ctx, uploadOf("u", pkg, ann, 0))
	})
	make1("role", func(ctx context.Context, tx *meta.Tx, pkg int64) error {
		return tx.PutRole(ctx, pkg, meta.Holder{User: ann}, berth.RoleRead)
	})
	make1("published", func(ctx context.Context, tx *meta.Tx, pkg int64) error {
		_, err := tx.PublishPackage(ctx, pkg, at(0))
		return err
	})
	make1("manifest", func(ctx context.Context, tx *meta.Tx, pkg int64) error {
		_, err := tx.CreateManifest(ctx, manifestOf(pkg, "m"))
		return err
	})
	make1("blob", func(ctx context.Context, tx *meta.Tx, pkg int64) error {
		if err := tx.AddBlob(ctx, blobOf("b"), at(0)); err != nil {
			return err
		}
		return tx.LinkBlob(ctx, pkg, digestOf("b"), at(0))
	})
	s.do(func(ctx context.Context, tx *meta.Tx) error {
		return tx.CreatePackage(ctx, ann, "young", berth.VisibilityPrivate, at(5))
	})
	pkgs = append(pkgs, "young")

	for _, tt := range []struct {
		before  int
		dropped int64
		gone    map[string]bool
	}{
		{0, 0, nil}, // not those made at that very time
		{5, 1, map[string]bool{"empty": true}},
		{5, 0, map[string]bool{"empty": true}},
		{6, 1, map[string]bool{"empty": true, "young": true}},
	} {
		s.do(func(ctx context.Context, tx *meta.Tx) error {
			n, err := tx.DropEmptyPackages(ctx, at(tt.before))
			same(s, fmt.Sprintf("DropEmptyPackages(%d)", tt.before), tt.dropped, n)
			return err
		})
		for _, path := range pkgs {
			same(s, path+" is gone", tt.gone[path], s.standing("ann", path, 0).PackageID == 0)
		}
	}
}
