package berthtest_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/opencontainers/go-digest"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/meta"
	"github.com/berth-registry/berth/internal/meta/metatest"
)

func rename(t *testing.T, s *berthtest.Server, as, from, to string) {
	t.Helper()
	if err := s.Registry.MovePackage(t.Context(), s.Viewer(as), parse(t, from), parse(t, to)); err != nil {
		t.Fatal(err)
	}
}

// dockerPull asks as docker does: a request that is refused, a bearer for what the
// challenge names, the manifest by tag and by digest, and the layer.
func dockerPull(t *testing.T, s *berthtest.Server, user, name string) (status int, layer string) {
	t.Helper()
	challenge := s.As("").Get("/v2/" + name + "/manifests/v1").Header.Get("Www-Authenticate")
	_, scope, _ := strings.Cut(challenge, `scope="`)
	scope, _, _ = strings.Cut(scope, `"`)
	if scope == "" { // it is public
		scope = "repository:" + name + ":pull"
	}
	c := s.As(user).Bearer(scope)
	r := c.Get("/v2/" + name + "/manifests/v1")
	if r.Status != http.StatusOK {
		return r.Status, ""
	}
	c.Get("/v2/" + name + "/manifests/" + r.Header.Get("Docker-Content-Digest")).Want(http.StatusOK)
	_, layer, _ = strings.Cut(string(r.Body), `"layers":[`)
	_, layer, _ = strings.Cut(layer, `"digest":"`)
	layer, _, _ = strings.Cut(layer, `"`)
	return r.Status, string(c.Get("/v2/" + name + "/blobs/" + layer).Want(http.StatusOK).Body)
}

// What was pulled goes on being pulled by its old name, through a rename and a
// transfer and on every server, until the name is freed and somebody takes it: then his
// package is served, to those who may see that.
func TestPullByOldName(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	elsewhere := s.Replica()
	s.As("ada").PushImage("acme/app", "v1", "1")
	grant(t, s, "acme/app", "bob", berth.RoleRead)
	old := s.As("bob").Bearer("repository:acme/app:pull")
	pulls := func(user, name string, status int, layer string) {
		t.Helper()
		for _, at := range []*berthtest.Server{s, elsewhere} {
			if got, content := dockerPull(t, at, user, name); got != status || content != layer {
				t.Errorf("%s pulls %s: %d %q, want %d %q", user, name, got, content, status, layer)
			}
		}
	}
	pulls("bob", "acme/app", 200, "layer 1")
	rename(t, s, "ada", "acme/app", "acme/web")
	pulls("bob", "acme/app", 200, "layer 1")
	pulls("mia", "acme/app", 200, "layer 1")
	old.At(elsewhere).Get("/v2/acme/app/manifests/v1").Want(http.StatusOK)
	rename(t, s, "ada", "acme/web", "ada/web")
	for _, name := range []string{"acme/app", "acme/web", "ada/web"} {
		pulls("bob", name, 200, "layer 1")
		pulls("mia", name, 404, "") // it is acme's no more
		pulls("", name, 401, "")
	}
	s.SetVisibility("ada/web", berth.VisibilityPublic)
	pulls("", "acme/app", 200, "layer 1")
	anyone := s.As("").Bearer("repository:acme/app:pull")
	anyone.Get("/v2/acme/app/manifests/v1").Want(http.StatusOK)

	s.As("ada").Do("DELETE", "/api/v3/orgs/acme/package-aliases/app", nil).Want(http.StatusNoContent)
	pulls("bob", "acme/app", 404, "")
	pulls("bob", "acme/web", 200, "layer 1")
	s.As("mia").PushImage("acme/app", "v1", "2") // a private one
	pulls("mia", "acme/app", 200, "layer 2")
	pulls("bob", "acme/app", 404, "")
	pulls("", "acme/app", 401, "")
	d := "/v2/acme/app/blobs/" + digest.FromString("layer 1").String()
	for _, c := range []*berthtest.Client{old, old.At(elsewhere)} {
		c.Get("/v2/acme/app/manifests/v1").Want(http.StatusNotFound)
		c.Get(d).Want(http.StatusNotFound)
	}
	anyone.Get("/v2/acme/app/manifests/v1").Want(http.StatusUnauthorized)
	s.As("mia").Get(d).Want(http.StatusNotFound) // of the package that was there
	pulls("bob", "ada/web", 200, "layer 1")
}

// A package that is renamed in the middle of a push: what is on its way says where it
// went, and ends up nowhere else.
func TestRenamedInMidPush(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	elsewhere := s.Replica()
	s.As("ada").PushImage("acme/app", "v1", "1")
	ada := s.As("ada").Bearer("repository:acme/app:pull,push", "repository:acme/web:pull,push")
	at := ada.StartUpload("acme/app")
	ada.Do("PATCH", at, strings.NewReader(layer)).Want(http.StatusAccepted)
	rename(t, s, "ada", "acme/app", "acme/web")
	for _, c := range []*berthtest.Client{ada, ada.At(elsewhere)} {
		if r := put(c, at, layer).Want(http.StatusConflict); !strings.Contains(string(r.Body), "acme/app is now acme/web") {
			t.Errorf("%s", r.Body)
		}
		c.Do("PUT", "/v2/acme/app/manifests/v1", strings.NewReader("{}")).Want(http.StatusConflict)
	}
	put(ada, strings.Replace(at, "acme/app", "acme/web", 1), layer).Want(http.StatusCreated)
}

// Whoever renames packages and whoever makes some at the same moment: no name ends up
// with two packages, or with a package and an old one of another.
func TestRenameRaces(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		s := berthtest.New(t, berthtest.Options{Address: address})
		ctx, root := t.Context(), s.Viewer("root")
		renamed := func() (some bool) {
			err := s.Meta.View(ctx, func(tx *meta.Tx) error {
				list, err := tx.ListAliases(ctx, 0, 0, berth.Name{}, 1)
				some = len(list) > 0
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return some
		}
		// Those who rename may lose every time, on a busy machine eight times in a row.
		for round := 0; round < 8 || round < 100 && !renamed(); round++ {
			a, b, c := fmt.Sprintf("acme/a%d", round), fmt.Sprintf("acme/b%d", round), fmt.Sprintf("acme/c%d", round)
			s.As("ada").PushImage(a, "v1", a)
			s.As("ada").PushImage(b, "v1", b)
			var wg sync.WaitGroup
			for from, to := range map[string]string{a: b, b: c} {
				wg.Go(func() { _ = s.Registry.MovePackage(ctx, root, parse(t, from), parse(t, to)) })
			}
			wg.Go(func() { _, _ = s.Registry.StartUpload(ctx, root, parse(t, c), "") })
			wg.Go(func() { _, _ = s.Registry.StartUpload(ctx, root, parse(t, a), "") })
			wg.Wait()
		}
		err := s.Meta.View(ctx, func(tx *meta.Tx) error {
			list, err := tx.ListAliases(ctx, 0, 0, berth.Name{}, 1000)
			if len(list) == 0 {
				t.Error("nothing was renamed")
			}
			for _, a := range list {
				there, err := tx.Standing(ctx, a.Name, 0)
				if err != nil || there.PackageID != 0 {
					t.Errorf("%s is a package, and the old name of one: %v", a.Name, err)
				}
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}
