package registry_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/meta/metatest"
	"github.com/berth-registry/berth/internal/registry"
)

func (k *shelf) copy(what, to string, tags ...berth.Tag) (int64, error) {
	k.Helper()
	return k.s.Registry.Copy(k.Context(), k.v, k.n, registry.Which{ID: k.id(what)}, name(k.T, to), tags...)
}

// keys are the bytes that are stored.
func (k *shelf) keys() []string {
	k.Helper()
	var list []string
	for key, err := range k.s.Blobs.Keys(k.Context(), "") {
		k.must(err)
		list = append(list, key)
	}
	return list
}

// A copy holds all that the version holds and all that refers to it, moves no bytes,
// and stays when the source is gone.
func TestCopy(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		k := newShelf(t, berthtest.Options{Address: address})
		k.image("amd", "amd64")
		k.index("inner", "", "amd")
		k.index("all", "v1", "inner", "amd")
		k.referrer("sbom", "amd")
		k.referrer("sbom of sbom", "sbom")
		k.image("sig", k.fallback("all", ".sig"))
		k.image("other", "v2")
		keys := k.keys()
		id, err := k.copy("all", "acme/prod", "stable", "1.0")
		k.must(err)
		to := k.at("acme/prod")
		if id != to.id("all") || id == k.id("all") {
			t.Errorf("the copy is version %d", id)
		}
		if diff := cmp.Diff(keys, k.keys()); diff != "" {
			t.Errorf("bytes were moved:\n%s", diff)
		}
		to.want("in the copy", "all 1.0 stable")
		k.want("in the source", "amd amd64", "all v1", "other v2")
		if p := to.pkg(); p.Role != berth.RoleAdmin || p.Visibility != berth.VisibilityPrivate {
			t.Errorf("the new package: %+v", p)
		}
		to.followUp()
		if got := to.page("all"); !got.Described || len(got.Attached) != 3 || got.Problem != "" {
			t.Errorf("the copy is %+v", got)
		}
		again, err := k.copy("all", "acme/prod", "stable")
		if err != nil || again != id {
			t.Errorf("copied again it is %d, %v", again, err)
		}
		k.must(k.s.Registry.DeletePackage(t.Context(), k.v, k.n))
		k.s.Clock.Advance(registry.TrashLife + time.Second)
		_, err = k.s.Registry.PurgeTrash(t.Context())
		k.must(err)
		for _, what := range []string{"all", "sbom", "sbom of sbom", "sig"} {
			to.wantWhole(what)
		}
		to.want("when the source is gone", "all 1.0 stable")
	})
}

// In its own package a version only gets more tags.
func TestRetag(t *testing.T) {
	t.Parallel()
	k := newShelf(t)
	k.image("app", "v1")
	k.image("other", "latest")
	k.followUp()
	id, err := k.copy("app", "ada/app", "latest", "stable")
	if err != nil || id != k.id("app") {
		t.Errorf("version %d, %v", id, err)
	}
	k.want("retagged", "app latest stable v1", "other")
	k.followUp()
	if diff := cmp.Diff([]string{"published ada/app app v1 ada", "published ada/app other latest ada", "updated ada/app app latest ada", "published ada/app app stable ada"}, k.events()); diff != "" {
		t.Errorf("events:\n%s", diff)
	}
}

// What is in the target's trash comes back, and what its signature tag named before
// stays as an untagged version.
func TestCopyOverWhatIsThere(t *testing.T) {
	t.Parallel()
	k := newShelf(t)
	to := k.at("ada/prod")
	for _, p := range []*shelf{k, to} {
		p.image("amd", "")
		p.index("all", "v1", "amd")
	}
	k.image("sig", k.fallback("all", ".sig"))
	to.image("kept", "keep")
	to.must(to.delete("all"))
	to.c.Do("DELETE", "/v2/ada/prod/blobs/"+berthtest.Describe("", []byte("layer amd")).Digest.String(), nil).Want(202)
	_, err := k.copy("all", "ada/prod", "v2")
	k.must(err)
	to.want("out of the trash", "all v2", "kept keep")
	to.wantWhole("all")
	to.wantWhole("sig")

	to.image("own sig", k.fallback("all", ".sig"))
	to.want("with its own signature", "all v2", "kept keep", "sig")
	_, err = k.copy("all", "ada/prod", "v2")
	k.must(err)
	to.want("with the source's signature", "all v2", "kept keep", "own sig")
}

// Who may copy: pull here, push there. Nobody learns of what he may not see.
func TestWhoCopies(t *testing.T) {
	t.Parallel()
	k := newShelf(t)
	k.image("app", "v1")
	k.image("part", "")
	k.index("all", "v2", "part")
	ctx := t.Context()
	k.s.As("bob").PushImage("bob/own", "v1", "b")
	target := name(t, "bob/copy")
	copyAs := func(v berth.Viewer, from berth.Name, id int64, to berth.Name, tags ...berth.Tag) error {
		_, err := k.s.Registry.Copy(ctx, v, from, registry.Which{ID: id}, to, tags...)
		return err
	}
	reader := who(t, k.s, "ada", berth.ScopeReadPackages)
	before := k.s.State()
	bob := k.s.Viewer("bob")
	hidden, never := copyAs(bob, k.n, k.id("app"), target, "x"), copyAs(bob, name(t, "ada/abc"), 1, target, "x")
	k.refused("from a private package", hidden, berth.ErrPackageUnknown)
	if strings.ReplaceAll(hidden.Error(), "ada/app", "ada/abc") != never.Error() {
		t.Errorf("%q tells more than %q", hidden, never)
	}
	k.refused("into another's package", copyAs(bob, name(t, "bob/own"), 1<<40, k.n, "x"), berth.ErrDenied)
	k.refused("by nobody", copyAs(berth.Viewer{}, k.n, k.id("app"), target, "x"), berth.ErrUnauthenticated)
	k.refused("with a token to read", copyAs(reader, k.n, k.id("app"), name(t, "ada/x"), "x"), berth.ErrDenied)
	k.refused("a part", copyAs(k.v, k.n, k.id("part"), name(t, "ada/x"), "x"), berth.ErrVersionUnknown)
	k.refused("no tags, to itself", copyAs(k.v, k.n, k.id("app"), k.n), berth.ErrRequestInvalid)
	k.refused("too many tags", copyAs(k.v, k.n, k.id("app"), target, make([]berth.Tag, 101)...), berth.ErrRequestInvalid)
	if diff := cmp.Diff(before, k.s.State()); diff != "" {
		t.Errorf("refused copies changed something:\n%s", diff)
	}
	k.must(k.delete("app"))
	k.refused("what is deleted", copyAs(k.v, k.n, k.id("app"), name(t, "ada/x"), "x"), berth.ErrVersionUnknown)
}

// Copies in both directions, beside pushes and deletions, end well for everybody.
func TestCopyAtOnce(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		k := newShelf(t, berthtest.Options{Address: address})
		two := k.at("ada/two")
		k.image("one", "v1")
		k.index("all one", "all", "one")
		two.image("two", "v1")
		two.index("all two", "all", "two")
		ids := []int64{k.id("all one"), two.id("all two")}
		names := []berth.Name{k.n, two.n}
		var wg sync.WaitGroup
		for i := range 16 {
			wg.Go(func() {
				from := i % 2
				for j := range 5 {
					_, err := k.s.Registry.Copy(t.Context(), k.v, names[from], registry.Which{ID: ids[from]}, names[1-from], berth.Tag(fmt.Sprint("t", j)))
					if err != nil {
						t.Errorf("copy: %v", err)
					}
					_, err = k.s.Registry.Copy(t.Context(), k.v, names[from], registry.Which{ID: ids[from]}, name(t, "acme/new"), "v1")
					if err != nil {
						t.Errorf("copy to a new one: %v", err)
					}
				}
				if _, err := k.s.Registry.FollowUp(t.Context()); err != nil {
					t.Errorf("follow up: %v", err)
				}
				if err := k.s.Registry.DeleteTag(t.Context(), k.v, names[from], "t1"); err != nil && !errors.Is(err, berth.ErrManifestUnknown) {
					t.Errorf("untag: %v", err)
				}
			})
		}
		wg.Wait()
		k.s.WantSound()
		for _, p := range []*shelf{k, two, k.at("acme/new")} {
			p.wantWhole("all one")
			p.wantWhole("all two")
		}
	})
}
