package metatest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

const (
	racers = 32
	rounds = 200
)

// together runs the functions at once and returns their errors.
func together(fns ...func() error) []error {
	errs := make([]error, len(fns))
	start := make(chan struct{})
	var group sync.WaitGroup
	for i, fn := range fns {
		group.Go(func() {
			<-start
			errs[i] = fn()
		})
	}
	close(start)
	group.Wait()
	return errs
}

// race runs fn as an Update in many goroutines at once, none of which may fail.
func (s *suite) race(fn func(ctx context.Context, tx *meta.Tx, i int) error) {
	s.Helper()
	fns := make([]func() error, racers)
	for i := range fns {
		fns[i] = func() error {
			return s.try(func(ctx context.Context, tx *meta.Tx) error { return fn(ctx, tx, i) })
		}
	}
	for i, err := range together(fns...) {
		if err != nil {
			s.Errorf("goroutine %d: %v", i, err)
		}
	}
}

// testSameBlob finishes many uploads of the same bytes into two packages. One
// key survives and each of the others is doomed.
func testSameBlob(s *suite) {
	_, pkg := s.home()
	pkgs := []int64{pkg, s.pkg("ann", "other", berth.VisibilityPrivate, false)}
	d := digestOf("content")
	s.race(func(ctx context.Context, tx *meta.Tx, i int) error {
		b := meta.Blob{Digest: d, Size: 7, Key: fmt.Sprintf("key %d", i), LeaseUntil: at(60)}
		if err := tx.AddBlob(ctx, b, at(0)); err != nil {
			return err
		}
		old, err := tx.LockBlob(ctx, d)
		if err != nil {
			return err
		}
		if old != b.Key {
			if err := errors.Join(tx.ReplaceBlob(ctx, b), tx.DoomKey(ctx, old, at(0))); err != nil {
				return err
			}
		}
		return tx.LinkBlob(ctx, pkgs[i%2], d, at(0))
	})
	keys := map[string]bool{s.getBlob(pkgs[0], d).Key: true}
	for _, key := range view(s, func(ctx context.Context, tx *meta.Tx) ([]string, error) { return tx.ListDoomedKeys(ctx, at(1), 100) }) {
		keys[key] = true
	}
	same(s, "keys in use and doomed", racers, len(keys))
	homes := view(s, func(ctx context.Context, tx *meta.Tx) ([]meta.Home, error) { return tx.BlobHomes(ctx, d, 0, 100) })
	same(s, "homes", 2, len(homes))
}

// testSamePush makes the same package, manifest and tag many times at once.
func testSamePush(s *suite) {
	ann := s.user("ann")
	n := berth.Name{Owner: "ann", Path: "app"}
	made := make([]int64, racers)
	first := make([]bool, racers)
	s.race(func(ctx context.Context, tx *meta.Tx, i int) error {
		if err := tx.CreatePackage(ctx, ann, n.Path, berth.VisibilityPrivate, at(0)); err != nil {
			return err
		}
		standing, err := tx.Standing(ctx, n, ann)
		if err != nil {
			return err
		}
		m := manifestOf(standing.PackageID, "m")
		if made[i], err = tx.CreateManifest(ctx, m); err != nil {
			return err
		}
		for _, tag := range []string{"latest", fmt.Sprintf("tag%d", i%4), fmt.Sprintf("tag%d", (i+2)%4)} {
			if err := tx.PutTag(ctx, m.PackageID, tag, berth.Tag(tag), m.Digest, at(i)); err != nil {
				return err
			}
		}
		if first[i], err = tx.PublishPackage(ctx, m.PackageID, at(i)); err != nil {
			return err
		}
		return tx.PutRole(ctx, m.PackageID, meta.Holder{User: ann}, berth.RoleAdmin)
	})
	makers, firsts := 0, 0
	for i := range racers {
		if made[i] != 0 {
			makers++
		}
		if first[i] {
			firsts++
		}
	}
	same(s, "makers of the manifest and publishers", [2]int{1, 1}, [2]int{makers, firsts})
	same(s, "packages", []berth.Name{n}, s.list(ann, false, berth.Name{}, 10))
	same(s, "tags", 5, len(s.tags(s.standing("ann", "app", ann).PackageID, "", 100)))
}

// testDeleteBesidePut lets a package let go of a blob while a manifest that needs
// it is put. The database must refuse one of the two.
func testDeleteBesidePut(s *suite) {
	_, pkg := s.home()
	puts := 0
	for round := range rounds {
		content := fmt.Sprintf("content %d", round)
		d, m := s.blob(pkg, content), manifestOf(pkg, "needs "+content)
		put := func() error {
			return s.try(func(ctx context.Context, tx *meta.Tx) error {
				if _, err := tx.HoldBlob(ctx, pkg, d, at(60)); err != nil {
					return err
				}
				id, err := tx.CreateManifest(ctx, m)
				if err != nil {
					return err
				}
				return tx.PutBlobReference(ctx, id, pkg, d)
			})
		}
		remove := func() error {
			return s.try(func(ctx context.Context, tx *meta.Tx) error { return tx.UnlinkBlob(ctx, pkg, d) })
		}
		errs := together(put, remove)
		switch putErr, removeErr := errs[0], errs[1]; {
		case putErr == nil && errors.Is(removeErr, berth.ErrBlobReferenced):
			puts++
			s.getBlob(pkg, d)
		case removeErr == nil && (errors.Is(putErr, berth.ErrBlobUnknown) || errors.Is(putErr, berth.ErrManifestBlobUnknown)):
			missing(s, "StatManifest that was refused", berth.ErrManifestUnknown, statManifest(pkg, m.Digest))
		default:
			s.Fatalf("round %d: put = %v, delete = %v, want one to be refused", round, putErr, removeErr)
		}
	}
	s.Logf("%d of %d puts were accepted", puts, rounds)
}

// testDropBesideTag is the same for a manifest and a tag, and for a manifest and
// an index that holds it.
func testDropBesideTag(s *suite) {
	_, pkg := s.home()
	for round := range rounds / 4 {
		body := fmt.Sprintf("manifest %d", round)
		d, tag := digestOf(body), fmt.Sprintf("tag%d", round)
		s.manifest(manifestOf(pkg, body))
		errs := together(func() error {
			return s.try(func(ctx context.Context, tx *meta.Tx) error {
				if round%2 == 0 {
					return tx.PutTag(ctx, pkg, tag, berth.Tag(tag), d, at(0))
				}
				if _, err := tx.LockManifest(ctx, pkg, d); err != nil {
					return err
				}
				id, err := tx.CreateManifest(ctx, manifestOf(pkg, "index of "+body))
				if err != nil {
					return err
				}
				return tx.PutChild(ctx, id, pkg, d)
			})
		}, func() error {
			return s.try(func(ctx context.Context, tx *meta.Tx) error { return tx.DropManifest(ctx, pkg, d) })
		})
		kept := errs[0] == nil && errors.Is(errs[1], berth.ErrManifestReferenced)
		dropped := errs[1] == nil && errors.Is(errs[0], berth.ErrManifestUnknown)
		if !kept && !dropped {
			s.Fatalf("round %d: refer = %v, drop = %v, want one to be refused", round, errs[0], errs[1])
		}
	}
}
