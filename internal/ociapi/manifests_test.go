package ociapi_test

import (
	"bytes"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
)

func TestManifestRoundTrip(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c := s.As("ada")
	c.PushBlob("ada/app", "config")
	c.PushBlob("ada/app", "layer")
	// Odd white space and unknown fields must come back byte for byte.
	body := []byte(strings.Replace(string(berthtest.Image("config", "layer")), `{"schema`, "{\n \"x-extra\":  [1, {\"a\":null}],\t\"schema", 1))
	r := c.Do("PUT", "/v2/ada/app/manifests/V1", bytes.NewReader(body), "Content-Type", berth.MediaTypeOCIManifest+"; charset=utf-8").Want(http.StatusCreated)
	d := berthtest.Describe("", body).Digest
	if got := r.Header.Get("Docker-Content-Digest"); got != d.String() {
		t.Errorf("digest %s, want %s", got, d)
	}
	if got, want := r.Header.Get("Location"), "/v2/ada/app/manifests/"+d.String(); got != want {
		t.Errorf("location %s, want %s", got, want)
	}
	for _, ref := range []string{"V1", "v1", d.String()} { // tags ignore case
		for _, accept := range []string{"", "*/*", berth.MediaTypeDockerManifest, "text/html", "application/json, */*;q=0.1"} {
			for _, method := range []string{"GET", "HEAD"} {
				r := c.Do(method, "/v2/ada/app/manifests/"+ref, nil, "Accept", accept).Want(http.StatusOK)
				want := http.Header{
					"Content-Type": {berth.MediaTypeOCIManifest}, "Content-Length": {fmt.Sprint(len(body))},
					"Docker-Content-Digest": {d.String()}, "Docker-Distribution-Api-Version": {"registry/2.0"},
				}
				for name, value := range want {
					if diff := cmp.Diff(value, r.Header[name]); diff != "" {
						t.Errorf("%s %s %s: %s", method, ref, name, diff)
					}
				}
				if method == "GET" && !bytes.Equal(r.Body, body) {
					t.Errorf("GET %s: bytes changed: %q", ref, r.Body)
				}
			}
		}
	}
	c.Get("/v2/ada/app/manifests/v1", "If-None-Match", `"`+d.String()+`"`).Want(http.StatusNotModified)
	tags := decode[struct{ Tags []string }](t, c.Get("/v2/ada/app/tags/list").Want(http.StatusOK)).Tags
	if diff := cmp.Diff([]string{"V1"}, tags); diff != "" {
		t.Errorf("the tag's spelling: %s", diff)
	}
}

func TestManifestBySHA512(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c := s.As("ada")
	c.PushBlob("ada/app", "config")
	body := berthtest.Image("config")
	sum := sha512.Sum512(body)
	d := "sha512:" + hex.EncodeToString(sum[:])
	c.PushManifest("ada/app", d+"?tag=a&tag=B", berth.MediaTypeOCIManifest, body)
	for _, ref := range []string{d, "a", "b"} {
		r := c.Get("/v2/ada/app/manifests/" + ref).Want(http.StatusOK)
		if got := r.Header.Get("Docker-Content-Digest"); got != d {
			t.Errorf("%s: digest %s", ref, got)
		}
	}
}

func TestTagParameters(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c := s.As("ada")
	c.PushBlob("ada/app", "config")
	body := berthtest.Image("config")
	d := berthtest.Describe("", body).Digest.String()
	put := func(query string) *berthtest.Response {
		return c.Do("PUT", "/v2/ada/app/manifests/"+query, bytes.NewReader(body), "Content-Type", berth.MediaTypeOCIManifest)
	}
	r := put(d + "?tag=1.2.3&tag=1.2&tag=1&tag=latest").Want(http.StatusCreated)
	if diff := cmp.Diff([]string{"1.2.3", "1.2", "1", "latest"}, r.Header.Values("OCI-Tag")); diff != "" {
		t.Error(diff)
	}
	before := s.State()
	put("v1?tag=v2").Want(http.StatusBadRequest).Code()
	put(d + "?tag=-bad").Want(http.StatusBadRequest).Code()
	put(d + "?tag=good&tag=a%0d%0ab").Want(http.StatusBadRequest).Code()
	put(d + "?" + strings.Repeat("tag=x&", 101)).Want(http.StatusRequestURITooLong).Code()
	if diff := cmp.Diff(before, s.State()); diff != "" {
		t.Errorf("refused pushes changed something: %s", diff)
	}
}

func TestManifestRefused(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t, berthtest.Options{})
	c := s.As("ada")
	c.PushBlob("ada/app", "config")
	image := string(berthtest.Image("config"))
	index := string(berthtest.Index())
	const oci, list = berth.MediaTypeOCIManifest, berth.MediaTypeOCIIndex
	wrongSize := strings.Replace(image, `"size":6`, `"size":7`, 1)
	tests := []struct {
		name, contentType, body, ref string
		status                       int
		code                         string
	}{
		{"empty", oci, "", "x", 400, "MANIFEST_INVALID"},
		{"not JSON", oci, "hello", "x", 400, "MANIFEST_INVALID"},
		{"trailing garbage", oci, image + "{}", "x", 400, "MANIFEST_INVALID"},
		{"list", oci, "[]", "x", 400, "MANIFEST_INVALID"},
		{"deep", oci, `{"a":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + "}", "x", 400, "MANIFEST_INVALID"},
		{"duplicate key", oci, strings.Replace(image, `"schemaVersion":2`, `"schemaVersion":2,"schemaVersion":2`, 1), "x", 400, "MANIFEST_INVALID"},
		{"type mismatch", list, image, "x", 400, "MANIFEST_INVALID"},
		{"unknown type", "application/x-thing", image, "x", 400, "MANIFEST_INVALID"},
		{"no type at all", "", `{"schemaVersion":2}`, "x", 400, "MANIFEST_INVALID"},
		{"broken type", "///", image, "x", 400, "MANIFEST_INVALID"},
		{"schema 1", "application/vnd.docker.distribution.manifest.v1+prettyjws", "{}", "x", 400, "MANIFEST_INVALID"},
		{"layers and manifests", list, strings.Replace(index, `"manifests"`, `"layers":[],"manifests"`, 1), "x", 400, "MANIFEST_INVALID"},
		{"manifests in an image", oci, strings.Replace(image, `"layers"`, `"manifests":[],"layers"`, 1), "x", 400, "MANIFEST_INVALID"},
		{"NUL in a type", oci, strings.Replace(image, `"config"`, `"artifactType":"a\u0000b","config"`, 1), "x", 400, "MANIFEST_INVALID"},
		{"wrong size", oci, wrongSize, "x", 400, "MANIFEST_INVALID"},
		{"wrong digest", oci, image, "sha256:" + strings.Repeat("0", 64), 400, "DIGEST_INVALID"},
		{"upper digest", oci, image, "SHA256:" + strings.Repeat("0", 64), 400, "DIGEST_INVALID"},
		{"bad tag", oci, image, "-x", 400, "MANIFEST_INVALID"},
		{"missing blob", oci, string(berthtest.Image("config", "never pushed")), "x", 404, "MANIFEST_BLOB_UNKNOWN"},
		{"missing child", list, string(berthtest.Index(berthtest.Describe(oci, []byte("never pushed")))), "x", 404, "MANIFEST_BLOB_UNKNOWN"},
		{"too large", oci, strings.Repeat(" ", 9<<20), "x", 413, "MANIFEST_INVALID"},
	}
	before := s.State()
	for _, tt := range tests {
		r := c.Do("PUT", "/v2/ada/app/manifests/"+tt.ref, strings.NewReader(tt.body), "Content-Type", tt.contentType)
		if r.Status != tt.status || r.Code() != tt.code {
			t.Errorf("%s: %d %s, want %d %s", tt.name, r.Status, r.Body, tt.status, tt.code)
		}
	}
	if diff := cmp.Diff(before, s.State()); diff != "" {
		t.Errorf("refused manifests changed something: %s", diff)
	}
}

// The type that a digest was pushed with is its type for ever.
func TestManifestKeepsItsType(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c := s.As("ada")
	c.PushBlob("ada/app", "config")
	body := []byte(strings.Replace(string(berthtest.Image("config")), `"mediaType":"`+berth.MediaTypeOCIManifest+`",`, "", 1))
	c.PushManifest("ada/app", "a", berth.MediaTypeOCIManifest, body)
	c.Do("PUT", "/v2/ada/app/manifests/b", bytes.NewReader(body), "Content-Type", berth.MediaTypeDockerManifest).Want(http.StatusBadRequest)
	if got := c.Get("/v2/ada/app/manifests/a").Want(http.StatusOK).Header.Get("Content-Type"); got != berth.MediaTypeOCIManifest {
		t.Errorf("type %s", got)
	}
	c.Get("/v2/ada/app/manifests/b").Want(http.StatusNotFound)
}

func TestIndex(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c := s.As("ada")
	child := c.PushImage("ada/app", "amd64", "1")
	childBody := c.Get("/v2/ada/app/manifests/" + child.String()).Body
	c.PushBlob("ada/app", "cache layer")
	inner := berthtest.Index(
		berthtest.Describe(berth.MediaTypeOCIManifest, childBody),
		berthtest.Describe("application/vnd.buildkit.cacheconfig.v0", []byte("cache layer")), // a blob, as buildkit's caches have it
	)
	c.PushManifest("ada/app", "inner", berth.MediaTypeOCIIndex, inner)
	outer := berthtest.Index(berthtest.Describe(berth.MediaTypeOCIIndex, inner))
	outerDigest := c.PushManifest("ada/app", "latest", berth.MediaTypeOCIIndex, outer)
	// A tag may change its type.
	c.PushManifest("ada/app", "amd64", berth.MediaTypeOCIIndex, inner)

	// What an index holds cannot go before it.
	r := c.Do("DELETE", "/v2/ada/app/manifests/"+child.String(), nil).Want(http.StatusMethodNotAllowed)
	if r.Code() != "UNSUPPORTED" || !strings.Contains(string(r.Body), berthtest.Describe("", inner).Digest.String()) {
		t.Errorf("the refusal does not name the index: %s", r.Body)
	}
	blob := berthtest.Describe("", []byte("cache layer")).Digest.String()
	c.Do("DELETE", "/v2/ada/app/blobs/"+blob, nil).Want(http.StatusMethodNotAllowed)
	c.Do("DELETE", "/v2/ada/app/manifests/"+outerDigest.String(), nil).Want(http.StatusAccepted)
	// The one within has a tag of its own, and takes what is only there for it.
	c.Do("GET", "/v2/ada/app/manifests/"+child.String(), nil).Want(http.StatusOK)
	c.Do("DELETE", "/v2/ada/app/manifests/"+berthtest.Describe("", inner).Digest.String(), nil).Want(http.StatusAccepted)
	c.Do("GET", "/v2/ada/app/manifests/"+child.String(), nil).Want(http.StatusNotFound)
	c.Do("GET", "/v2/ada/app/blobs/"+blob, nil).Want(http.StatusOK)
	c.Do("DELETE", "/v2/ada/app/blobs/"+blob, nil).Want(http.StatusAccepted)
	c.Do("GET", "/v2/ada/app/blobs/"+blob, nil).Want(http.StatusNotFound)
}

func TestForeignLayers(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c := s.As("ada")
	c.PushBlob("ada/app", "config")
	for i, mediaType := range []string{
		"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
		"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
	} {
		foreign := berthtest.Describe(mediaType, []byte("windows"))
		foreign.URLs = []string{"https://example.com/windows"}
		var m ocispec.Manifest
		if err := json.Unmarshal(berthtest.Image("config"), &m); err != nil {
			t.Fatal(err)
		}
		m.Layers = append(m.Layers, foreign)
		body, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		c.PushManifest("ada/app", fmt.Sprint("v", i), berth.MediaTypeOCIManifest, body)
	}
}

func TestDeleteTagAndManifest(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c := s.As("ada")
	d := c.PushImage("ada/app", "a", "1").String()
	body := c.Get("/v2/ada/app/manifests/a").Body
	c.PushManifest("ada/app", "b", berth.MediaTypeOCIManifest, body)
	c.PushManifest("ada/app", "c", berth.MediaTypeOCIManifest, body)
	// A tag goes alone.
	c.Do("DELETE", "/v2/ada/app/manifests/A", nil).Want(http.StatusAccepted)
	c.Get("/v2/ada/app/manifests/a").Want(http.StatusNotFound)
	c.Get("/v2/ada/app/manifests/b").Want(http.StatusOK)
	c.Do("DELETE", "/v2/ada/app/manifests/a", nil).Want(http.StatusNotFound)
	// A digest takes its tags along.
	c.Do("DELETE", "/v2/ada/app/manifests/"+d, nil).Want(http.StatusAccepted)
	for _, ref := range []string{"b", "c", d} {
		if code := c.Get("/v2/ada/app/manifests/" + ref).Want(http.StatusNotFound).Code(); code != "MANIFEST_UNKNOWN" {
			t.Errorf("%s: %s", ref, code)
		}
	}
	c.Do("DELETE", "/v2/ada/app/manifests/"+d, nil).Want(http.StatusNotFound)
	if tags := decode[struct{ Tags []string }](t, c.Get("/v2/ada/app/tags/list")).Tags; tags == nil || len(tags) != 0 {
		t.Errorf("tags %v, want an empty list", tags)
	}
	// And it can come back.
	c.PushManifest("ada/app", "a", berth.MediaTypeOCIManifest, body)
}

func TestManifestDigestIsNoBlob(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c := s.As("ada")
	d := c.PushImage("ada/app", "a", "1").String()
	c.Get("/v2/ada/app/blobs/" + d).Want(http.StatusNotFound)
	c.Do("HEAD", "/v2/ada/app/blobs/"+d, nil).Want(http.StatusNotFound)
}

func TestCaseSensitiveTags(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t, sensitive())
	c := s.As("ada")
	one, two := c.PushImage("ada/app", "v1", "1"), c.PushImage("ada/app", "V1", "2")
	for tag, want := range map[string]berth.Digest{"v1": one, "V1": two} {
		if got := c.Get("/v2/ada/app/manifests/" + tag).Header.Get("Docker-Content-Digest"); got != want.String() {
			t.Errorf("%s: %s, want %s", tag, got, want)
		}
	}
	tags := decode[struct{ Tags []string }](t, c.Get("/v2/ada/app/tags/list")).Tags
	slices.Sort(tags)
	if diff := cmp.Diff([]string{"V1", "v1"}, tags); diff != "" {
		t.Error(diff)
	}
}
