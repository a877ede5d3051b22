package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/blob"
	"github.com/berth-registry/berth/internal/meta"
)

const (
	// lease is how long after its upload, mount or last sighting a blob may be
	// counted on without a manifest that needs it.
	lease = 24 * time.Hour

	// UploadLife is how long an upload lives without progress.
	UploadLife = 24 * time.Hour

	// emptyLife is how long an upload lives into which nothing came: builders open
	// one just to see whether they may push. One whose first bytes are on their way
	// is locked, and not reaped.
	emptyLife = time.Hour

	// doomGrace is how long the bytes of a replaced or cancelled blob stay, for
	// those who have just looked up where they are.
	doomGrace = 10 * time.Minute

	// The cache of manifests holds at most cachedBodies × maxCachedBody bytes.
	cachedBodies  = 512
	maxCachedBody = 16 << 10
)

// Options are the settings of a [Service].
type Options struct {
	// DefaultVisibility is that of new packages whose owner has no default.
	DefaultVisibility berth.Visibility
	// CaseSensitiveTags makes "v1" and "V1" two tags.
	CaseSensitiveTags bool
	// MaxManifest and MaxBlob bound what is accepted, in bytes.
	MaxManifest int64
	MaxBlob     int64
	// MaxUploads bounds the uploads that one user may have open.
	MaxUploads int
	// SourceHosts are those whose addresses of source code name repositories: our own
	// and the forges whose repositories are recorded here. An entry is a host, with a
	// port or the path under which a forge lives if it has one.
	SourceHosts []string
	// Now is the clock. Nil is time.Now.
	Now func() time.Time
}

// DefaultOptions returns the settings of a fresh installation.
func DefaultOptions() Options {
	return Options{
		DefaultVisibility: berth.VisibilityPrivate,
		MaxManifest:       4 << 20,
		MaxBlob:           1 << 40,
		MaxUploads:        1000,
		Now:               time.Now,
	}
}

// Service is the use cases on packages.
type Service struct {
	meta    *meta.DB
	blobs   blob.Store
	opts    Options
	uploads *keyedLocks
	bodies  *lru.Cache[berth.Digest, []byte]
	pulls   pulls
	readers chan struct{} // holds one for each that reads large documents, see maxReaders
	reading chan struct{} // as readers, with those that wait for it

	documents *lru.Cache[string, []Document] // large ones, by what they are read of
}

// New returns the use cases over a database and a blob store.
func New(db *meta.DB, blobs blob.Store, opts Options) (*Service, error) {
	bodies, err := lru.New[berth.Digest, []byte](cachedBodies)
	if err != nil {
		return nil, err
	}
	documents, err := lru.New[string, []Document](keptDocuments)
	if err != nil {
		return nil, err
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &Service{
		meta: db, blobs: blobs, opts: opts, uploads: newKeyedLocks(), bodies: bodies,
		readers: make(chan struct{}, maxReaders), reading: make(chan struct{}, maxReading), documents: documents,
	}, nil
}

// settingTagCase is how the stored tags are folded: "insensitive" or "sensitive".
const settingTagCase = "tags.case"

// SettleTagCase makes the database compare tags as the options say. A server does
// so before it serves, and nobody else, or a command with other options would
// change the tags of the running server. Errors: berth.ErrTagInvalid when two tags
// of a package would become one.
func (s *Service) SettleTagCase(ctx context.Context) error {
	want := "insensitive"
	if s.opts.CaseSensitiveTags {
		want = "sensitive"
	}
	return s.meta.Update(ctx, func(tx *meta.Tx) error {
		have, err := tx.GetSetting(ctx, settingTagCase)
		if err != nil || have == want {
			return err
		}
		if err := tx.RefoldTags(ctx, !s.opts.CaseSensitiveTags); err != nil {
			return err
		}
		return tx.PutSetting(ctx, settingTagCase, want)
	})
}

// fold returns the form in which a tag is compared.
func (s *Service) fold(t berth.Tag) string {
	if s.opts.CaseSensitiveTags {
		return string(t)
	}
	return t.Fold()
}

// Ready reports whether the database and the blob store answer.
func (s *Service) Ready(ctx context.Context) error {
	if err := s.meta.Ping(ctx); err != nil {
		return err
	}
	for _, err := range s.blobs.Keys(ctx, "") {
		return err // the first key, or the first error, is enough
	}
	return nil
}

// enter reads where the viewer stands towards a package and refuses what he may
// not do.
func (s *Service) enter(ctx context.Context, tx *meta.Tx, v berth.Viewer, n berth.Name, a berth.Action) (berth.Standing, error) {
	standing, err := tx.Standing(ctx, n, v.UserID)
	if err == nil && (standing.PackageID == 0 || !berth.Can(v, standing, a)) { // perhaps an old name
		standing, err = elsewhere(ctx, tx, v, n, a, standing)
	}
	if err != nil {
		return standing, err
	}
	return standing, admit(ctx, tx, v, standing, n, a)
}

// admit is check where the type of the package lets anybody do that.
func admit(ctx context.Context, tx *meta.Tx, v berth.Viewer, s berth.Standing, n berth.Name, a berth.Action) error {
	shut := closed(ctx, tx, v, s, a)
	if errors.Is(shut, berth.ErrTypeReadOnly) { // for those who could do it else
		if err := check(v, s, n, a); err != nil {
			return err
		}
	}
	if shut != nil {
		return shut
	}
	return check(v, s, n, a)
}

// check turns the permission rule into the right refusal. A stranger must not be
// able to tell a private package from none.
func check(v berth.Viewer, s berth.Standing, n berth.Name, a berth.Action) error {
	switch {
	case v.Expired:
		return berth.ErrScopeMissing.With("it has expired")
	case berth.Can(v, s, a):
		if !v.Covers("repository", n.String(), a) {
			return berth.ErrScopeMissing.With("%s on %s is not in it", a, n)
		}
		return nil
	case v.Anonymous():
		return berth.ErrUnauthenticated.With("log in to %s %s", a, n)
	case s.OwnerID == 0 && v.Admin:
		return berth.ErrOwnerUnknown.With("there is no user or organization %s", n.Owner)
	case a == berth.ActionPush, berth.Can(v, s, berth.ActionPull):
		return berth.Denial(v, s, n.String(), a)
	}
	return berth.ErrPackageUnknown.With("%s does not exist, or %s may not see it", n, v.Login)
}

// ensurePackage makes the package if it is not there, and returns its id.
func (s *Service) ensurePackage(ctx context.Context, tx *meta.Tx, v berth.Viewer, n berth.Name, st berth.Standing, now time.Time) (int64, error) {
	if st.PackageID != 0 {
		return st.PackageID, nil
	}
	visibility := st.Visibility
	if visibility == "" {
		visibility = s.opts.DefaultVisibility
	}
	if err := tx.CreatePackage(ctx, st.OwnerID, n.Path, visibility, now); err != nil {
		return 0, err
	}
	made, err := tx.Standing(ctx, n, v.UserID)
	return made.PackageID, err
}

// storage words an error of the blob store.
func storage(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return berth.ErrUnavailable.With("the registry's disk is full").Because(err)
	case errors.Is(err, blob.ErrBusy):
		return berth.ErrUploadBusy
	case errors.Is(err, blob.ErrCommitted), errors.Is(err, blob.ErrOffset):
		return berth.ErrUploadInvalid.With("its bytes are not what was acknowledged; start again").Because(err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// readManifest reads a body of at most limit bytes.
func readManifest(r io.Reader, limit int64) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, berth.ErrManifestInvalid.With("the body broke off").Because(err)
	}
	if int64(len(body)) > limit {
		return nil, berth.ErrManifestTooLarge.With("the limit is %d bytes", limit)
	}
	return body, nil
}
