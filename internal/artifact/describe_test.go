package artifact_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth/internal/artifact"
)

var update = flag.Bool("update", false, "rewrite testdata/describe/*/want.json") //nolint:gochecknoglobals // as flags are

// input reads a manifest and what belongs to it from a directory.
func input(t testing.TB, dir string) artifact.Input {
	t.Helper()
	in := artifact.Input{Manifest: file(t, dir, "manifest.json"), Config: file(t, dir, "config.json")}
	if first := file(t, dir, "first.manifest.json"); first != nil {
		d := artifact.Describe(artifact.Input{Manifest: first, Config: file(t, dir, "first.config.json")})
		in.First = &d
	}
	return in
}

func file(t testing.TB, dir, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return b
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	dirs, err := filepath.Glob("testdata/describe/*")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, dir := range dirs {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			got := pretty(t, artifact.Describe(input(t, dir)))
			if *update {
				if err := os.WriteFile(filepath.Join(dir, "want.json"), got, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(file(t, dir, "want.json")), string(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func pretty(t *testing.T, d artifact.Description) []byte {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(d); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestConfigDescriptor(t *testing.T) {
	t.Parallel()
	tests := map[string]bool{
		"buildx-image": true, "docker-v2s2": true, "podman": true, "helm": true, "wasm": true,
		"buildx-index": false, "buildx-attestation": false, "cosign-signature": false, "cyclonedx": false,
		"oras": false, "notation": false, "wasm-module": false,
	}
	for name, want := range tests {
		manifest := file(t, "testdata/describe/"+name, "manifest.json")
		d, ok := artifact.ConfigDescriptor(manifest)
		if ok != want {
			t.Errorf("%s: there is a config to read: %v, want %v", name, ok, want)
		}
		if ok && !bytes.Contains(manifest, []byte(d.Digest)) {
			t.Errorf("%s: digest %q", name, d.Digest)
		}
	}
	for _, none := range []string{
		strings.Replace(image, "sha256:c", "sha1:c", 1),
		strings.Replace(strings.Replace(image, "image.manifest", "image.index", 1), `"config"`, `"manifests":[{}],"config"`, 1),
		"", "null", "[]", `{"config":null}`,
	} {
		if d, ok := artifact.ConfigDescriptor([]byte(none)); ok {
			t.Errorf("%s\nhas the config %+v", none, d)
		}
	}
	for _, size := range []string{"4194304", "4194305", "-1", "1e400"} {
		_, ok := artifact.ConfigDescriptor([]byte(strings.Replace(image, `"size":7`, `"size":`+size, 1)))
		if want := size != "4194305"; ok != want {
			t.Errorf("size %s: %v, want %v", size, ok, want)
		}
	}
}

func TestFirstChild(t *testing.T) {
	t.Parallel()
	const (
		a = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		b = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	)
	for children, want := range map[string]string{
		``:                       "",
		`{"digest":"` + a + `"}`: a,
		`{"digest":"` + a + `","platform":{"os":"unknown","architecture":"unknown"}},{"digest":"` + b + `"}`:                       b,
		`{"digest":"` + a + `","annotations":{"vnd.docker.reference.type":"attestation-manifest"}},{"digest":"` + b + `"}`:         b,
		`{"digest":"` + a + `","artifactType":"application/spdx+json"}`:                                                            "",
		`{"digest":"` + a + `","artifactType":"application/x"}`:                                                                    "",
		`{"digest":"` + a + `","artifactType":"application/x","platform":{"os":"linux","architecture":"s390x"}}`:                   a,
		`{"digest":"` + a + `","mediaType":"application/vnd.oci.image.index.v1+json"},{"digest":"` + b + `"}`:                      b,
		`{"digest":"` + a + `","artifactType":"a/b"},{"mediaType":"application/vnd.oci.image.index.v1+json","digest":"` + b + `"}`: b,
		`{"digest":"not one"},{"digest":"` + b + `"}`:                                                                              b,
	} {
		d, ok := artifact.FirstChild([]byte(`{"schemaVersion":2,"manifests":[` + children + `]}`))
		if string(d.Digest) != want || ok != (want != "") {
			t.Errorf("%s\ngot %q, %v, want %q", children, d.Digest, ok, want)
		}
	}
	if _, ok := artifact.FirstChild([]byte(image)); ok {
		t.Error("an image has a child")
	}
}

// image is a manifest of one layer, whose config is given as Input.Config.
const image = `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",` +
	`"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc","size":7},` +
	`"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"sha256:dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd","size":9}]}`

func describe(config string) artifact.Description {
	return artifact.Describe(artifact.Input{Manifest: []byte(image), Config: []byte(config)})
}

func TestPlatformString(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]artifact.Platform{
		"linux/arm64/v8":  {OS: "linux", Architecture: "arm64", Variant: "v8"},
		"linux/amd64":     {OS: "linux", Architecture: "amd64"},
		"linux/unknown":   {OS: "linux"},
		"unknown/unknown": {},
	} {
		if got := p.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
