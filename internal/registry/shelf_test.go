package registry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/registry"
)

// shelf is a package into which a test puts manifests that it calls by short names.
type shelf struct {
	*testing.T

	s    *berthtest.Server
	c    *berthtest.Client
	v    berth.Viewer
	n    berth.Name
	made map[string]ocispec.Descriptor
	body map[string][]byte
}

// newShelf is a shelf for ada/app of a new server.
func newShelf(t *testing.T, options ...berthtest.Options) *shelf {
	t.Helper()
	s := berthtest.New(t, options...)
	return &shelf{
		T: t, s: s, c: s.As("ada"), v: s.Viewer("ada"), n: name(t, "ada/app"),
		made: map[string]ocispec.Descriptor{}, body: map[string][]byte{},
	}
}

// at is the same for another package.
func (k *shelf) at(other string) *shelf {
	copied := *k
	copied.n = name(k.T, other)
	return &copied
}

func (k *shelf) put(what, tag, mediaType string, body []byte) {
	k.Helper()
	k.made[what], k.body[what] = berthtest.Describe(mediaType, body), body
	if tag == "" {
		tag = digest.FromBytes(body).String()
	}
	k.c.PushManifest(k.n.String(), tag, mediaType, body)
}

func config(what string) string {
	return fmt.Sprintf(`{"os":"linux","architecture":"amd64","author":%q}`, what)
}

func imageBody(what string) []byte { return berthtest.Image(config(what), "layer "+what) }

// image pushes an image of its own bytes, to a tag or ("") by its digest.
func (k *shelf) image(what, tag string) {
	k.Helper()
	k.c.PushBlob(k.n.String(), config(what))
	k.c.PushBlob(k.n.String(), "layer "+what)
	k.put(what, tag, berth.MediaTypeOCIManifest, imageBody(what))
}

// index pushes an index of what was pushed before.
func (k *shelf) index(what, tag string, parts ...string) {
	k.Helper()
	var list []ocispec.Descriptor
	for i, part := range parts {
		d := k.made[part]
		d.Platform = &ocispec.Platform{OS: "linux", Architecture: fmt.Sprint("cpu", i)}
		if strings.HasPrefix(part, "attestation") {
			d.Platform = &ocispec.Platform{OS: "unknown", Architecture: "unknown"}
			d.Annotations = map[string]string{"vnd.docker.reference.type": "attestation-manifest"}
		}
		list = append(list, d)
	}
	k.put(what, tag, berth.MediaTypeOCIIndex, berthtest.Index(list...))
}

// referrer pushes a manifest whose subject is another, there or not.
func (k *shelf) referrer(what, subject string) {
	k.Helper()
	d, ok := k.made[subject]
	if !ok {
		d = berthtest.Describe(berth.MediaTypeOCIManifest, imageBody(subject))
	}
	k.c.PushBlob(k.n.String(), "{}")
	k.c.PushBlob(k.n.String(), "layer "+what)
	k.put(what, "", berth.MediaTypeOCIManifest, berthtest.Artifact("a/b", &d, "{}", "layer "+what))
}

// fallback is the tag by which something is for a manifest.
func (k *shelf) fallback(subject, suffix string) string {
	d, ok := k.made[subject]
	if !ok {
		d = berthtest.Describe(berth.MediaTypeOCIManifest, imageBody(subject))
	}
	return "sha256-" + d.Digest.Encoded() + suffix
}

func (k *shelf) untag(tag string) {
	k.Helper()
	k.must(k.s.Registry.DeleteTag(k.Context(), k.v, k.n, berth.Tag(tag)))
}

func (k *shelf) must(errs ...error) {
	k.Helper()
	if err := errors.Join(errs...); err != nil {
		k.Fatal(err)
	}
}

func (k *shelf) refused(what string, err, want error) {
	k.Helper()
	if !errors.Is(err, want) {
		k.Errorf("%s: %v, want %v", what, err, want)
	}
}

// id returns the id of a manifest in the package.
func (k *shelf) id(what string) int64 {
	k.Helper()
	list := k.s.Query(fmt.Sprintf(`SELECT CAST(m.id AS TEXT) FROM manifests m JOIN packages p ON p.id = m.package_id JOIN owners o ON o.id = p.owner_id
		WHERE o.folded = '%s' AND (p.path = '%s' OR p.path LIKE '-/%%/%[2]s') AND m.digest = '%s'`, k.n.Owner, k.n.Path, k.made[what].Digest))
	if len(list) == 0 {
		k.Fatalf("%s has no %s", k.n, what)
	}
	var id int64
	if _, err := fmt.Sscan(list[0], &id); err != nil {
		k.Fatal(err)
	}
	return id
}

// called returns the short name of a digest, and of any in a tag.
func (k *shelf) called(text string) string {
	for what, d := range k.made {
		text = strings.NewReplacer(d.Digest.String(), what, d.Digest.Encoded(), what).Replace(text)
	}
	return text
}

// list returns the versions, oldest first, by name and with their tags.
func (k *shelf) list(deleted bool) []string {
	k.Helper()
	list, _, err := k.s.Registry.ListVersions(k.Context(), k.v, k.n, registry.VersionQuery{Deleted: deleted, Limit: 100})
	k.must(err)
	texts := make([]string, 0, len(list))
	for _, v := range slices.Backward(list) {
		words := []string{v.Digest.String()}
		for _, t := range v.Tags {
			words = append(words, string(t))
		}
		texts = append(texts, k.called(strings.Join(words, " ")))
	}
	return texts
}

// want compares the versions with those expected, in order, and looks for what must
// never be.
func (k *shelf) want(when string, versions ...string) {
	k.Helper()
	if diff := cmp.Diff(append([]string{}, versions...), k.list(false)); diff != "" {
		k.Errorf("versions %s:\n%s", when, diff)
	}
	k.s.WantSound()
}

func (k *shelf) wantDeleted(when string, versions ...string) {
	k.Helper()
	if diff := cmp.Diff(append([]string{}, versions...), k.list(true)); diff != "" {
		k.Errorf("deleted versions %s:\n%s", when, diff)
	}
}

// wantWhole pulls a manifest with all that it names.
func (k *shelf) wantWhole(what string) {
	k.Helper()
	at := "/v2/" + k.n.String()
	body := k.c.Get(at + "/manifests/" + k.made[what].Digest.String()).Want(200).Body
	var m struct {
		Config    *ocispec.Descriptor
		Layers    []ocispec.Descriptor
		Manifests []ocispec.Descriptor
	}
	k.must(json.Unmarshal(body, &m))
	if m.Config != nil {
		m.Layers = append(m.Layers, *m.Config)
	}
	for _, d := range m.Layers {
		k.c.Get(at + "/blobs/" + d.Digest.String()).Want(200)
	}
	for _, d := range m.Manifests {
		k.wantWhole(k.called(d.Digest.String()))
	}
}

// gone fails unless nobody can pull a manifest.
func (k *shelf) gone(what ...string) {
	k.Helper()
	for _, w := range what {
		k.c.Get("/v2/" + k.n.String() + "/manifests/" + k.made[w].Digest.String()).Want(404)
	}
}

// delete moves versions to the trash.
func (k *shelf) delete(what ...string) error {
	ids := make([]int64, len(what))
	for i, w := range what {
		ids[i] = k.id(w)
	}
	return k.s.Registry.DeleteVersions(k.Context(), k.v, k.n, ids...)
}

func (k *shelf) restore(what string, skipTaken bool) error {
	return k.s.Registry.RestoreVersion(k.Context(), k.v, k.n, k.id(what), skipTaken)
}

// deleteDigest is what the protocol does.
func (k *shelf) deleteDigest(what string) error {
	return k.s.Registry.DeleteManifest(k.Context(), k.v, k.n, berth.Reference{Digest: k.made[what].Digest})
}

// pkg returns the package.
func (k *shelf) pkg() registry.Package {
	k.Helper()
	p, err := k.s.Registry.GetPackage(k.Context(), k.v, k.n)
	k.must(err)
	return p
}

// page returns all that is known of a version.
func (k *shelf) page(what string) registry.VersionPage {
	k.Helper()
	page, err := k.s.Registry.GetVersion(k.Context(), k.v, k.n, k.id(what))
	k.must(err)
	return page
}

func (k *shelf) followUp() {
	k.Helper()
	_, err := k.s.Registry.FollowUp(k.Context())
	k.must(err)
}

// repository makes a record of a source repository.
func (k *shelf) repository(owner, name string, v berth.Visibility) {
	k.Helper()
	_, err := k.s.Account.CreateRepository(k.Context(), berth.Operator(), owner, account.RepositoryChange{Name: &name, Visibility: &v})
	k.must(err)
}

// text is a value as JSON.
func text(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func chunkOf(content string) registry.Chunk {
	return registry.Chunk{Length: -1, Body: strings.NewReader(content)}
}

// pushBody pushes a manifest that was made before.
func pushBody(ctx context.Context, s *berthtest.Server, k *shelf, what, tag string) error {
	_, err := s.Registry.PutManifest(ctx, k.v, k.n, registry.Push{
		Reference: berth.Reference{Tag: berth.Tag(tag)}, ContentType: k.made[what].MediaType, Body: bytes.NewReader(k.body[what]),
	})
	return err
}
