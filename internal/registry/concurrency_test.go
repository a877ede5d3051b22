package registry_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/opencontainers/go-digest"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/meta/metatest"
)

// 32 clients push the same layers to packages that do not exist yet, and the same
// tag: nobody hears an error, and what is there in the end is whole.
func TestManyPushTheSame(t *testing.T) {
	t.Parallel()
	metatest.Each(t, manyPushTheSame)
}

func manyPushTheSame(t *testing.T, address string) {
	s := berthtest.New(t, berthtest.Options{Address: address})
	c := s.As("ada")
	layers := []string{strings.Repeat("a", 50_000), strings.Repeat("b", 50_000), strings.Repeat("c", 10)}
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			name := fmt.Sprintf("ada/app%d", i%4)
			config := fmt.Sprintf(`{"n":%d}`, i)
			for _, blob := range append(layers, config) {
				at := c.Do("POST", "/v2/"+name+"/blobs/uploads/", nil)
				if at.Status != http.StatusAccepted {
					t.Errorf("POST: %d %s", at.Status, at.Body)
					return
				}
				r := c.Do("PUT", at.Header.Get("Location")+"?digest="+digest.FromString(blob).String(), strings.NewReader(blob))
				if r.Status != http.StatusCreated {
					t.Errorf("PUT: %d %s", r.Status, r.Body)
				}
			}
			for range 3 {
				r := c.Do("PUT", "/v2/"+name+"/manifests/latest", bytes.NewReader(berthtest.Image(config, layers...)), "Content-Type", berth.MediaTypeOCIManifest)
				if r.Status != http.StatusCreated {
					t.Errorf("manifest: %d %s", r.Status, r.Body)
				}
			}
		})
	}
	wg.Wait()
	for i := range 4 {
		name := fmt.Sprintf("/v2/ada/app%d", i)
		m := c.Get(name + "/manifests/latest").Want(http.StatusOK)
		if digest.FromBytes(m.Body).String() != m.Header.Get("Docker-Content-Digest") {
			t.Error("manifest and digest differ")
		}
		for _, layer := range layers {
			if got := c.Get(name + "/blobs/" + digest.FromString(layer).String()).Want(http.StatusOK).Body; string(got) != layer {
				t.Error("layer differs")
			}
		}
	}
}

// Two requests write to one session at once: one goes first, and the other hears
// 416. Never both, and never a mix of their bytes.
func TestTwoWriteToOneUpload(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c := s.As("ada")
	for round := range 20 {
		at := c.StartUpload("ada/app")
		bodies := []string{strings.Repeat("x", 100_000), strings.Repeat("y", 100_000)}
		status := make([]int, len(bodies))
		var wg sync.WaitGroup
		for i, body := range bodies {
			wg.Go(func() {
				status[i] = c.Do("PATCH", at, strings.NewReader(body), "Content-Range", "0-99999").Status
			})
		}
		wg.Wait()
		var won string
		switch {
		case status[0] == 202 && status[1] == 416:
			won = bodies[0]
		case status[0] == 416 && status[1] == 202:
			won = bodies[1]
		default:
			t.Fatalf("round %d: %v", round, status)
		}
		c.Do("PUT", at+"?digest="+digest.FromString(won).String(), nil).Want(http.StatusCreated)
	}
}

// A session is finished by two requests at once: one blob, and no error but that
// the session is over.
func TestTwoFinishOneUpload(t *testing.T) {
	t.Parallel()
	metatest.Each(t, twoFinishOneUpload)
}

func twoFinishOneUpload(t *testing.T, address string) {
	s := berthtest.New(t, berthtest.Options{Address: address})
	c := s.As("ada")
	for range 20 {
		at := c.StartUpload("ada/app")
		c.Do("PATCH", at, strings.NewReader("hello")).Want(http.StatusAccepted)
		d := digest.FromString("hello").String()
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				if r := c.Do("PUT", at+"?digest="+d, nil); r.Status != http.StatusCreated {
					t.Errorf("%d %s", r.Status, r.Body)
				}
			})
		}
		wg.Wait()
		c.Get("/v2/ada/app/blobs/" + d).Want(http.StatusOK)
	}
}

// While manifests that need a blob come and go, somebody deletes the blob: either
// the manifest or the deletion is refused.
func TestDeleteBlobBesidePush(t *testing.T) {
	t.Parallel()
	metatest.Each(t, deleteBlobBesidePush)
}

func deleteBlobBesidePush(t *testing.T, address string) {
	s := berthtest.New(t, berthtest.Options{Address: address})
	c := s.As("ada")
	c.PushBlob("ada/app", "config")
	body := berthtest.Image("config", "layer")
	layer := digest.FromString("layer").String()
	for range 30 {
		c.PushBlob("ada/app", "layer")
		var wg sync.WaitGroup
		wg.Go(func() {
			r := c.Do("PUT", "/v2/ada/app/manifests/v1", bytes.NewReader(body), "Content-Type", berth.MediaTypeOCIManifest)
			if r.Status != http.StatusCreated && r.Status != http.StatusNotFound {
				t.Errorf("push: %d %s", r.Status, r.Body)
			}
		})
		wg.Go(func() {
			r := c.Do("DELETE", "/v2/ada/app/blobs/"+layer, nil)
			if r.Status != http.StatusAccepted && r.Status != http.StatusMethodNotAllowed {
				t.Errorf("delete: %d %s", r.Status, r.Body)
			}
		})
		wg.Wait()
		if c.Get("/v2/ada/app/manifests/v1").Status == http.StatusOK {
			c.Get("/v2/ada/app/blobs/" + layer).Want(http.StatusOK)
			c.Do("DELETE", "/v2/ada/app/manifests/"+digest.FromBytes(body).String(), nil).Want(http.StatusAccepted)
		}
	}
}

// While somebody deletes a manifest, it is pushed again: nobody hears that what he
// has just sent is unknown.
func TestDeleteManifestBesidePush(t *testing.T) {
	t.Parallel()
	metatest.Each(t, deleteManifestBesidePush)
}

func deleteManifestBesidePush(t *testing.T, address string) {
	s := berthtest.New(t, berthtest.Options{Address: address})
	c := s.As("ada")
	c.PushImage("ada/app", "v1", "1")
	body := c.Get("/v2/ada/app/manifests/v1").Body
	path := "/v2/ada/app/manifests/" + digest.FromBytes(body).String()
	for range 40 {
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				r := c.Do("PUT", "/v2/ada/app/manifests/v1", bytes.NewReader(body), "Content-Type", berth.MediaTypeOCIManifest)
				if r.Status != http.StatusCreated {
					t.Errorf("push: %d %s", r.Status, r.Body)
				}
			})
		}
		wg.Go(func() {
			// A push may tie a tag to it again just now.
			if r := c.Do("DELETE", path, nil); r.Status != http.StatusAccepted && r.Status != http.StatusNotFound && r.Status != http.StatusMethodNotAllowed {
				t.Errorf("delete: %d %s", r.Status, r.Body)
			}
		})
		wg.Wait()
	}
}
