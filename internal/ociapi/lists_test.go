package ociapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/meta"
)

// follow collects a paged list by its Link headers.
func follow[T any](t *testing.T, c *berthtest.Client, path string, entries func(*berthtest.Response) []T) (all []T, pages int) {
	t.Helper()
	for path != "" {
		r := c.Get(path).Want(http.StatusOK)
		all = append(all, entries(r)...)
		if pages++; pages > 100 {
			t.Fatal("the list does not end")
		}
		link := r.Header.Get("Link")
		if link == "" {
			break
		}
		next, ok := strings.CutSuffix(link, `>; rel="next"`)
		if !ok || !strings.HasPrefix(next, "</v2/") {
			t.Fatalf("link %q", link)
		}
		path = next[1:]
	}
	return all, pages
}

func TestTagList(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c := s.As("ada")
	c.PushImage("ada/app", "b", "1")
	body := c.Get("/v2/ada/app/manifests/b").Body
	for _, tag := range []string{"C", "a", "a-1", "a.1", "a_1", "A0", "10", "9", "latest", "Z"} {
		c.PushManifest("ada/app", tag, berth.MediaTypeOCIManifest, body)
	}
	tags := func(r *berthtest.Response) []string {
		reply := decode[struct {
			Name string
			Tags []string
		}](t, r)
		if reply.Name != "ada/app" {
			t.Errorf("name %q", reply.Name)
		}
		return reply.Tags
	}
	want := []string{"10", "9", "a", "a-1", "a.1", "A0", "a_1", "b", "C", "latest", "Z"}
	whole := c.Get("/v2/ada/app/tags/list").Want(http.StatusOK)
	if diff := cmp.Diff(want, tags(whole)); diff != "" {
		t.Errorf("whole list: %s", diff)
	}
	if whole.Header.Get("Link") != "" {
		t.Error("the whole list has a next page")
	}
	for n := 1; n <= len(want)+1; n++ {
		got, pages := follow(t, c, fmt.Sprintf("/v2/ada/app/tags/list?n=%d", n), tags)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("n=%d: %s", n, diff)
		}
		if wantPages := (len(want) + n - 1) / n; pages != wantPages {
			t.Errorf("n=%d: %d pages, want %d", n, pages, wantPages)
		}
	}
	r := c.Get("/v2/ada/app/tags/list?n=0").Want(http.StatusOK)
	if got := tags(r); got == nil || len(got) != 0 || r.Header.Get("Link") != "" {
		t.Errorf("n=0: %v, link %q", got, r.Header.Get("Link"))
	}
	if diff := cmp.Diff([]string{"latest", "Z"}, tags(c.Get("/v2/ada/app/tags/list?last=c"))); diff != "" {
		t.Errorf("last without n: %s", diff)
	}
	if diff := cmp.Diff([]string{"9"}, tags(c.Get("/v2/ada/app/tags/list?n=1&last=1z"))); diff != "" {
		t.Errorf("last that is no tag: %s", diff)
	}
	for _, q := range []string{"n=-1", "n=x", "n=1.5", "n=99999999999999999999999", "n=", "last=%0d%0a", "last=-"} {
		if code := c.Get("/v2/ada/app/tags/list?" + q).Want(http.StatusBadRequest).Code(); code != "UNSUPPORTED" {
			t.Errorf("%s: %s", q, code)
		}
	}
	c.Get("/v2/ada/app/tags/list?n=2147483647&ns=docker.io").Want(http.StatusOK)
	c.Get("/v2/ada/none/tags/list").Want(http.StatusNotFound)
}

func TestCatalog(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	for _, name := range []string{"ada/private", "ada/public", "ada/internal", "acme/web", "acme/web/api"} {
		s.As("ada").PushImage(name, "v1", name)
	}
	s.As("bob").PushImage("bob/own", "v1", "b")
	s.As("bob").StartUpload("bob/probe") // kaniko's test of the right to push is no package
	s.SetVisibility("ada/public", berth.VisibilityPublic)
	s.SetVisibility("ada/internal", berth.VisibilityInternal)
	for user, want := range map[string][]string{
		"":     {"ada/public"},
		"bob":  {"ada/internal", "ada/public", "bob/own"},
		"mia":  {"acme/web", "acme/web/api", "ada/internal", "ada/public"},
		"ada":  {"acme/web", "acme/web/api", "ada/internal", "ada/private", "ada/public"},
		"root": {"acme/web", "acme/web/api", "ada/internal", "ada/private", "ada/public", "bob/own"},
	} {
		c := s.As(user).Bearer("registry:catalog:*")
		for n := 1; n < 8; n++ {
			got, _ := follow(t, c, fmt.Sprintf("/v2/_catalog?n=%d", n), func(r *berthtest.Response) []string {
				return decode[struct{ Repositories []string }](t, r).Repositories
			})
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%q, n=%d: %s", user, n, diff)
			}
		}
	}
	s.As("").Get("/v2/_catalog").Want(http.StatusUnauthorized)
	s.As("bob").Get("/v2/_catalog?n=-1").Want(http.StatusBadRequest).Code()
	for _, last := range []string{strings.Repeat("x", 500), "%00", "%ff"} {
		s.As("bob").Get("/v2/_catalog?last=" + last).Want(http.StatusBadRequest).Code()
	}
	if got := string(s.As("bob").Get("/v2/_catalog?n=0").Want(http.StatusOK).Body); got != `{"repositories":[]}` {
		t.Errorf("n=0: %s", got)
	}
}

func TestReferrers(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c := s.As("ada")
	c.PushImage("ada/app", "v1", "1")
	image := berthtest.Describe(berth.MediaTypeOCIManifest, c.Get("/v2/ada/app/manifests/v1").Body)
	unknown := berthtest.Describe(berth.MediaTypeOCIManifest, []byte("not here yet"))
	c.PushBlob("ada/app", "{}")
	put := func(body []byte, contentType string, subject digest.Digest) ocispec.Descriptor {
		d := berthtest.Describe(contentType, body)
		r := c.Do("PUT", "/v2/ada/app/manifests/"+d.Digest.String(), strings.NewReader(string(body)), "Content-Type", contentType).Want(http.StatusCreated)
		if got := r.Header.Get("OCI-Subject"); got != subject.String() {
			t.Errorf("OCI-Subject %q, want %q", got, subject)
		}
		return d
	}
	var want []ocispec.Descriptor
	for i := range 5 {
		kind := fmt.Sprintf("application/vnd.example.%d", i%2)
		d := put(berthtest.Artifact(kind, &image, "{}", "{}"), berth.MediaTypeOCIManifest, image.Digest)
		if i >= 2 {
			continue // same bytes as before
		}
		d.ArtifactType = kind
		d.Annotations = map[string]string{"of": image.Digest.String()}
		want = append(want, d)
	}
	// Without an artifact type it is the config's; an index without one has none.
	d := put(berthtest.Artifact("", &image, "{}"), berth.MediaTypeOCIManifest, image.Digest)
	d.ArtifactType = ocispec.MediaTypeImageConfig
	d.Annotations = map[string]string{"of": image.Digest.String()}
	want = append(want, d)
	index, err := json.Marshal(ocispec.Index{Versioned: ocispec.Index{}.Versioned, MediaType: berth.MediaTypeOCIIndex, Manifests: []ocispec.Descriptor{}, Subject: &image})
	if err != nil {
		t.Fatal(err)
	}
	index = []byte(strings.Replace(string(index), `"schemaVersion":0`, `"schemaVersion":2`, 1))
	want = append(want, put(index, berth.MediaTypeOCIIndex, image.Digest))
	put(berthtest.Artifact("x/y", &unknown, "{}"), berth.MediaTypeOCIManifest, unknown.Digest)

	list := func(r *berthtest.Response) []ocispec.Descriptor {
		if got := r.Header.Get("Content-Type"); got != berth.MediaTypeOCIIndex {
			t.Errorf("type %q", got)
		}
		reply := decode[ocispec.Index](t, r)
		if reply.SchemaVersion != 2 || reply.MediaType != berth.MediaTypeOCIIndex || reply.Manifests == nil {
			t.Errorf("reply %s", r.Body)
		}
		return reply.Manifests
	}
	base := "/v2/ada/app/referrers/"
	if diff := cmp.Diff(want, list(c.Get(base+image.Digest.String())), cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
	for n := 1; n <= 5; n++ {
		got, _ := follow(t, c, fmt.Sprintf("%s%s?n=%d", base, image.Digest, n), list)
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("n=%d: %s", n, diff)
		}
	}
	r := c.Get(base + image.Digest.String() + "?artifactType=application/vnd.example.1")
	if diff := cmp.Diff(want[1:2], list(r)); diff != "" || r.Header.Get("OCI-Filters-Applied") != "artifactType" {
		t.Errorf("filtered: %s, %q", diff, r.Header.Get("OCI-Filters-Applied"))
	}
	if got := list(c.Get(base + unknown.Digest.String()).Want(http.StatusOK)); len(got) != 1 {
		t.Errorf("referrers of what is not there yet: %v", got)
	}
	if got := list(c.Get(base + digest.FromString("nobody").String()).Want(http.StatusOK)); len(got) != 0 {
		t.Errorf("referrers of nothing: %v", got)
	}
	for _, bad := range []string{"sha256:x", "latest", image.Digest.String() + "?after=x", image.Digest.String() + "?n=-1", image.Digest.String() + "?artifactType=" + strings.Repeat("x", 300), image.Digest.String() + "?artifactType=%00", image.Digest.String() + "?artifactType=%ff"} {
		c.Get(base + bad).Want(http.StatusBadRequest).Code()
	}
	// Deleting one takes it off the list at once.
	c.Do("DELETE", "/v2/ada/app/manifests/"+want[0].Digest.String(), nil).Want(http.StatusAccepted)
	if diff := cmp.Diff(want[1:], list(c.Get(base+image.Digest.String())), cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}

// A list of more tags than are read at a time is whole, and JSON.
func TestLongTagList(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c := s.As("ada")
	d := c.PushImage("ada/app", "first", "1")
	const n = 20_001
	err := s.Meta.Update(t.Context(), func(tx *meta.Tx) error {
		standing, err := tx.Standing(t.Context(), berth.Name{Owner: "ada", Path: "app"}, 0)
		for i := 1; i < n && err == nil; i++ {
			tag := fmt.Sprintf("v%05d", i)
			err = tx.PutTag(t.Context(), standing.PackageID, tag, berth.Tag(tag), d, s.Clock.Now())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	tags := decode[struct{ Tags []string }](t, c.Get("/v2/ada/app/tags/list").Want(http.StatusOK)).Tags
	if len(tags) != n || tags[0] != "first" || tags[n-1] != "v20000" || !slices.IsSorted(tags) {
		t.Errorf("%d tags, from %s to %s", len(tags), tags[0], tags[len(tags)-1])
	}
}
