package registry_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/meta/metatest"
	"github.com/berth-registry/berth/internal/registry"
)

// model does random things to a few packages, and knows what it made: nothing about
// what is where, which the database is asked for.
type model struct {
	*testing.T

	s        *berthtest.Server
	r        *rand.Rand
	v        berth.Viewer
	names    []berth.Name
	made     []thing // by digest, to be pushed again
	log      []string
	refusals map[string]int
}

type thing struct {
	digest    berth.Digest
	mediaType string
	body      []byte
	blobs     []string
	parts     []thing
}

func (m thing) descriptor() ocispec.Descriptor {
	return ocispec.Descriptor{MediaType: m.mediaType, Digest: m.digest, Size: int64(len(m.body))}
}

func newModel(t *testing.T, s *berthtest.Server, seed uint64) *model {
	t.Helper()
	return &model{
		T: t, s: s, r: rand.New(rand.NewPCG(seed, seed)), v: s.Viewer("ada"), refusals: map[string]int{},
		names: []berth.Name{name(t, "ada/a"), name(t, "acme/b")},
	}
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

// content makes a manifest, or takes one that was made before.
func (m *model) content() thing {
	if n := len(m.made); n == 10 || n > 4 && m.r.IntN(3) > 0 { // few, so that they meet
		return pick(m.r, m.made)
	}
	var made thing
	n := len(m.made)
	switch kind := m.r.IntN(6); {
	case kind < 2 || n == 0:
		blobs := []string{fmt.Sprintf(`{"n":%d}`, n), fmt.Sprint("layer ", m.r.IntN(5))}
		made = thing{mediaType: berth.MediaTypeOCIManifest, blobs: blobs, body: berthtest.Image(blobs[0], blobs[1])}
	case kind < 4:
		made.mediaType = berth.MediaTypeOCIIndex
		var list []ocispec.Descriptor
		for range 1 + m.r.IntN(3) {
			part := pick(m.r, m.made)
			made.parts, list = append(made.parts, part), append(list, part.descriptor())
		}
		made.body = berthtest.Index(list...)
	default:
		subject := pick(m.r, m.made).descriptor()
		blobs := []string{"{}", fmt.Sprint("statement ", n)}
		made = thing{mediaType: berth.MediaTypeOCIManifest, blobs: blobs, body: berthtest.Artifact("a/b", &subject, blobs[0], blobs[1])}
	}
	made.digest = digest.FromBytes(made.body)
	m.note("#%d is %s with %d parts: %.0s", n, made.mediaType, len(made.parts), made.digest)
	m.made = append(m.made, made)
	return made
}

// tag makes a tag: one of a few, or one that is for a manifest by its name.
func (m *model) tag() berth.Tag {
	if len(m.made) == 0 || m.r.IntN(3) > 0 {
		return berth.Tag(fmt.Sprint("v", m.r.IntN(4)))
	}
	d := pick(m.r, m.made).digest
	return berth.Tag("sha256-" + d.Encoded() + pick(m.r, []string{"", ".sig"}))
}

// push stores a manifest with all that it needs, or (rarely) only itself.
func (m *model) push(n berth.Name, what thing, tag berth.Tag) error {
	whole := m.r.IntN(10) > 0
	for _, b := range what.blobs {
		if _, err := m.s.Registry.StatBlob(m.Context(), m.v, n, digest.FromString(b)); err == nil || !whole {
			continue
		}
		err := m.s.Registry.PutBlob(m.Context(), m.v, n, digest.FromString(b), registry.Chunk{Length: -1, Body: strings.NewReader(b)})
		if err != nil {
			return err
		}
	}
	for _, part := range what.parts {
		if !whole {
			break
		}
		if err := m.push(n, part, ""); err != nil {
			return err
		}
	}
	p := registry.Push{Reference: berth.Reference{Tag: tag}, ContentType: what.mediaType, Body: bytes.NewReader(what.body)}
	if tag == "" {
		p.Reference = berth.Reference{Digest: what.digest}
	}
	_, err := m.s.Registry.PutManifest(m.Context(), m.v, n, p)
	return err
}

// versions returns the ids of the versions of a package, in the trash or not.
func (m *model) versions(n berth.Name, deleted bool) []int64 {
	list, _, err := m.s.Registry.ListVersions(m.Context(), m.v, n, registry.VersionQuery{Deleted: deleted, Limit: 100})
	m.judge(err)
	ids := make([]int64, len(list))
	for i, v := range list {
		ids[i] = v.ID
	}
	return ids
}

// judge fails the test for an error that has no name.
func (m *model) judge(err error) {
	m.Helper()
	if err == nil {
		return
	}
	named, ok := errors.AsType[*berth.Error](err)
	if !ok {
		m.Fatalf("%v, after:\n%s", err, m.history())
	}
	m.refusals[named.ID]++
}

// note says what is being done.
func (m *model) note(format string, args ...any) { m.log = append(m.log, fmt.Sprintf(format, args...)) }

// step does one random thing.
func (m *model) step() {
	n, ctx, svc := pick(m.r, m.names), m.Context(), m.s.Registry
	var err error
	switch k := m.r.IntN(100); {
	case k < 35:
		what, tag := m.content(), berth.Tag("")
		if m.r.IntN(3) > 0 {
			tag = m.tag()
		}
		m.note("push %s to %s:%s", what.digest, n, tag)
		err = m.push(n, what, tag)
	case k < 45:
		tag := m.tag()
		m.note("untag %s:%s", n, tag)
		err = svc.DeleteTag(ctx, m.v, n, tag)
	case k < 55 && len(m.made) > 0:
		d := pick(m.r, m.made).digest
		m.note("delete %s@%s", n, d)
		err = svc.DeleteManifest(ctx, m.v, n, berth.Reference{Digest: d})
	case k < 65:
		err = m.deleteVersions(n)
	case k < 75:
		err = m.restoreVersion(n)
	case k < 85:
		err = m.copy(n)
	case k < 88:
		m.note("delete %s", n)
		err = svc.DeletePackage(ctx, m.v, n)
	case k < 92:
		m.note("restore %s", n)
		err = svc.RestorePackage(ctx, m.v, n, 0)
	case k < 94 && len(m.made) > 0:
		if what := pick(m.r, m.made); len(what.blobs) > 0 {
			d := digest.FromString(pick(m.r, what.blobs))
			m.note("delete blob %s of %s", d, n)
			err = svc.DeleteBlob(ctx, m.v, n, d)
		}
	case k < 96:
		m.s.Clock.Advance(time.Duration(m.r.IntN(20)) * 24 * time.Hour)
		m.note("purge")
		_, err = svc.PurgeTrash(ctx)
		if err != nil {
			m.Fatalf("purge: %v, after:\n%s", err, m.history())
		}
	case k < 98:
		m.note("follow up")
		if _, err = svc.FollowUp(ctx); err != nil {
			m.Fatalf("follow up: %v", err)
		}
	default:
		m.deleteAndRestore(n)
	}
	m.judge(err)
	m.s.Clock.Advance(time.Second)
}

func (m *model) deleteVersions(n berth.Name) error {
	ids := m.versions(n, false)
	if len(ids) == 0 {
		return nil
	}
	chosen := []int64{pick(m.r, ids), pick(m.r, ids)}[:1+m.r.IntN(2)]
	m.note("delete versions %v of %s", chosen, n)
	return m.s.Registry.DeleteVersions(m.Context(), m.v, n, chosen...)
}

func (m *model) restoreVersion(n berth.Name) error {
	ids := m.versions(n, true)
	if len(ids) == 0 {
		return nil
	}
	id, skip := pick(m.r, ids), m.r.IntN(2) == 0
	m.note("restore version %d of %s, skipping taken tags: %t", id, n, skip)
	return m.s.Registry.RestoreVersion(m.Context(), m.v, n, id, skip)
}

func (m *model) copy(n berth.Name) error {
	ids := m.versions(n, false)
	if len(ids) == 0 {
		return nil
	}
	id, to, tags := pick(m.r, ids), pick(m.r, m.names), []berth.Tag{m.tag(), m.tag()}[:m.r.IntN(3)]
	m.note("copy version %d of %s to %s %v", id, n, to, tags)
	_, err := m.s.Registry.Copy(m.Context(), m.v, n, registry.Which{ID: id}, to, tags...)
	return err
}

// live is what a package shows: its manifests and tags.
func (m *model) live(n berth.Name) []string {
	id := m.s.Query(fmt.Sprintf(`SELECT CAST(p.id AS TEXT) FROM packages p JOIN owners o ON o.id = p.owner_id WHERE o.folded = '%s' AND p.path = '%s'`, n.Owner, n.Path))[0]
	return slices.Concat(
		m.s.Query(`SELECT digest || CASE WHEN version THEN ' version' ELSE '' END FROM manifests WHERE trash_id IS NULL AND package_id = `+id+` ORDER BY 1`),
		m.s.Query(`SELECT folded || ' = ' || digest || ' ' || CAST(downloads AS TEXT) || ' ' || CAST(created_at AS TEXT) FROM tags WHERE package_id = `+id+` ORDER BY 1`),
	)
}

// deleteAndRestore checks that a restored version is as if it had never been deleted.
func (m *model) deleteAndRestore(n berth.Name) {
	ids := m.versions(n, false)
	if len(ids) == 0 {
		return
	}
	id := pick(m.r, ids)
	before := m.live(n)
	m.note("delete and restore version %d of %s", id, n)
	if err := m.s.Registry.DeleteVersions(m.Context(), m.v, n, id); err != nil {
		m.judge(err)
		return
	}
	m.s.WantSound()
	if err := m.s.Registry.RestoreVersion(m.Context(), m.v, n, id, false); err != nil {
		m.Fatalf("restore: %v, after:\n%s", err, m.history())
	}
	if diff := cmp.Diff(before, m.live(n)); diff != "" {
		m.Fatalf("after deleting and restoring:\n%s\nafter:\n%s", diff, m.history())
	}
}

func (m *model) run(steps int) {
	for range steps {
		m.step()
		if wrong := m.s.Unsound(); len(wrong) > 0 {
			m.Fatalf("unsound:\n%s\nafter:\n%s", strings.Join(wrong, "\n"), m.history())
		}
	}
	m.s.Clock.Advance(registry.TrashLife + time.Hour)
	if _, err := m.s.Registry.PurgeTrash(m.Context()); err != nil {
		m.Fatal(err)
	}
	m.s.WantSound()
	if left := m.s.Query(`SELECT CAST(id AS TEXT) FROM trash`); len(left) > 0 {
		m.Errorf("left in the trash: %v", left)
	}
	if left := m.s.Query(`SELECT digest FROM manifests WHERE trash_id IS NOT NULL`); len(left) > 0 {
		m.Errorf("manifests left in the trash: %v", left)
	}
	m.Log(m.refusals)
}

// Whatever people do to packages, and in whatever order, the rules hold.
func TestModel(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			newModel(t, berthtest.New(t), seed).run(150)
		})
	}
}

func TestModelOnPostgres(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t, berthtest.Options{Address: metatest.Postgres(t)})
	newModel(t, s, 99).run(150)
}

// history is what was done last.
func (m *model) history() string {
	text := strings.Join(m.log[max(0, len(m.log)-60):], "\n")
	for i, what := range m.made {
		text = strings.NewReplacer(what.digest.String(), fmt.Sprint("#", i), what.digest.Encoded(), fmt.Sprint("#", i)).Replace(text)
	}
	return text
}
