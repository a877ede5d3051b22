package metatest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// suite is one test on one empty database.
type suite struct {
	*testing.T

	db *meta.DB
}

// at returns a time with the precision that is stored, n seconds after another.
func at(n int) time.Time {
	return time.Date(2026, 2, 3, 4, 5, 6, 789012000, time.UTC).Add(time.Duration(n) * time.Second)
}

func digestOf(content string) berth.Digest { return digest.FromString(content) }

// try runs fn in an Update and returns its error.
func (s *suite) try(fn func(ctx context.Context, tx *meta.Tx) error) error {
	return s.db.Update(s.Context(), func(tx *meta.Tx) error { return fn(s.Context(), tx) })
}

// do runs fn in an Update that must succeed.
func (s *suite) do(fn func(ctx context.Context, tx *meta.Tx) error) {
	s.Helper()
	if err := s.try(fn); err != nil {
		s.Fatalf("Update: %v", err)
	}
}

// refused runs fn in an Update that must fail with a named error.
func (s *suite) refused(what string, want error, fn func(ctx context.Context, tx *meta.Tx) error) {
	s.Helper()
	if err := s.try(fn); !errors.Is(err, want) {
		s.Errorf("%s = %v, want %v", what, err, want)
	}
}

// broken runs fn in an Update that must fail, with an error nobody has a name for.
func (s *suite) broken(what string, fn func(ctx context.Context, tx *meta.Tx) error) {
	s.Helper()
	err := s.try(fn)
	if _, named := errors.AsType[*berth.Error](err); err == nil || named {
		s.Errorf("%s = %v, want an error without a name", what, err)
	}
}

// view returns what fn reads in a View that must succeed.
func view[T any](s *suite, fn func(ctx context.Context, tx *meta.Tx) (T, error)) T {
	s.Helper()
	var got T
	err := s.db.View(s.Context(), func(tx *meta.Tx) (err error) {
		got, err = fn(s.Context(), tx)
		return err
	})
	if err != nil {
		s.Fatalf("View: %v", err)
	}
	return got
}

// missing reads something in a View that must fail with a named error.
func missing[T any](s *suite, what string, want error, fn func(ctx context.Context, tx *meta.Tx) (T, error)) {
	s.Helper()
	err := s.db.View(s.Context(), func(tx *meta.Tx) error {
		_, err := fn(s.Context(), tx)
		return err
	})
	if !errors.Is(err, want) {
		s.Errorf("%s = %v, want %v", what, err, want)
	}
}

func same[T any](s *suite, what string, want, got T) {
	s.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		s.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func (s *suite) owner(kind, name string) (id int64) {
	s.Helper()
	s.do(func(ctx context.Context, tx *meta.Tx) (err error) {
		id, err = tx.CreateOwner(ctx, meta.Owner{Kind: kind, Name: name, Folded: strings.ToLower(name), CreatedAt: at(0)})
		return err
	})
	return id
}

func (s *suite) user(name string) int64 {
	s.Helper()
	id := s.owner(meta.KindUser, name)
	s.do(func(ctx context.Context, tx *meta.Tx) error {
		return tx.CreateUser(ctx, meta.User{ID: id, PasswordHash: "hash of " + name})
	})
	return id
}

func (s *suite) org(name string, base berth.Role, create bool) int64 {
	s.Helper()
	id := s.owner(meta.KindOrg, name)
	s.do(func(ctx context.Context, tx *meta.Tx) error {
		return tx.CreateOrg(ctx, meta.Org{ID: id, BaseRole: base, MembersCreate: create, AllowPublic: true})
	})
	return id
}

func (s *suite) member(org, user int64, owner bool) {
	s.Helper()
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.PutMember(ctx, org, user, owner, at(0)) })
}

// pkg makes a package of an owner whose folded name is given.
func (s *suite) pkg(owner, path string, v berth.Visibility, published bool) (id int64) {
	s.Helper()
	n := berth.Name{Owner: owner, Path: path}
	s.do(func(ctx context.Context, tx *meta.Tx) error {
		standing, err := tx.Standing(ctx, n, 0)
		if err != nil {
			return err
		}
		if err := tx.CreatePackage(ctx, standing.OwnerID, path, v, at(0)); err != nil {
			return err
		}
		if standing, err = tx.Standing(ctx, n, 0); err != nil {
			return err
		}
		id = standing.PackageID
		if published {
			_, err = tx.PublishPackage(ctx, id, at(1))
		}
		return err
	})
	if id == 0 {
		s.Fatalf("package %s was not made", n)
	}
	return id
}

// home makes a user "ann" with a private package "ann/app".
func (s *suite) home() (user, pkg int64) {
	s.Helper()
	user = s.user("ann")
	return user, s.pkg("ann", "app", berth.VisibilityPrivate, false)
}

// blob makes a package hold a blob of the given content, and returns its digest.
func (s *suite) blob(pkg int64, content string) berth.Digest {
	s.Helper()
	b := blobOf(content)
	s.do(func(ctx context.Context, tx *meta.Tx) error {
		return errors.Join(tx.AddBlob(ctx, b, at(0)), tx.LinkBlob(ctx, pkg, b.Digest, at(0)))
	})
	return b.Digest
}

func blobOf(content string) meta.Blob {
	return meta.Blob{Digest: digestOf(content), Size: int64(len(content)), Key: "key of " + content, LeaseUntil: at(60)}
}

func manifestOf(pkg int64, body string) meta.Manifest {
	return meta.Manifest{
		PackageID: pkg, Digest: digestOf(body), MediaType: "application/vnd.oci.image.manifest.v1+json",
		Size: int64(len(body)), Body: []byte(body), PushedAt: at(0),
	}
}

// manifest puts a manifest and returns its id.
func (s *suite) manifest(m meta.Manifest) (id int64) {
	s.Helper()
	s.do(func(ctx context.Context, tx *meta.Tx) (err error) {
		id, err = tx.CreateManifest(ctx, m)
		return err
	})
	return id
}
