package artifact_test

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/berth-registry/berth/internal/artifact"
)

// hostileJSON draws a document of any shape that has the keys we read, where a value
// is of the right sort about half of the time and a key may come twice.
func hostileJSON(t *rapid.T, key string, depth int) string {
	sort := rapid.IntRange(0, 5).Draw(t, "sort")
	if rapid.Bool().Draw(t, "right") {
		switch key {
		case "", "config", "Labels", "annotations", "platform", "Volumes", "ExposedPorts", "manifest":
			sort = 0
		case "layers", "manifests", "history", "Env", "Cmd", "Entrypoint", "sources", "maintainers":
			sort = 1
		default:
			sort = 2
		}
	}
	if depth == 0 && sort < 2 {
		sort = 2
	}
	var parts []string
	switch sort {
	case 0:
		for range rapid.IntRange(0, 8).Draw(t, "keys") {
			key := rapid.SampledFrom(keysThatWeRead()).Draw(t, "key")
			parts = append(parts, quoted(key)+":"+hostileJSON(t, key, depth-1))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case 1:
		for range rapid.IntRange(0, 5).Draw(t, "elements") {
			parts = append(parts, hostileJSON(t, "", depth-1))
		}
		return "[" + strings.Join(parts, " ,\n") + "]"
	case 2:
		return hostileText(t)
	case 3:
		return rapid.SampledFrom([]string{"0", "-1", "1.5e400", "9223372036854775807", "9223372036854775808", "12"}).Draw(t, "number")
	case 4:
		return rapid.SampledFrom([]string{"true", "false"}).Draw(t, "flag")
	}
	return "null"
}

func hostileText(t *rapid.T) string {
	text := rapid.OneOf(
		rapid.SampledFrom([]string{
			"", "unknown", "linux", "amd64", "MIT or (isc", "mit OR isc", "https://u:p@example.com/<>\"&'", "javascript:alert(1)",
			"git@example.com:a/b.git", "2025-01-02T03:04:05.6+07:00", "0000-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59",
			"</script><script>alert(1)</script>", "\u202e\u0000\r\n\t\u2028", "|3 A=b C=d /bin/sh -c x", "/bin/sh -c #(nop)  CMD []",
			"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "attestation-manifest", "https://spdx.dev/Document",
			"application/vnd.oci.image.config.v1+json", "application/vnd.cncf.helm.config.v1+json", "application/vnd.in-toto+json",
			"application/vnd.oci.image.index.v1+json", "application/vnd.wasm.config.v0+json", "application/vnd.dev.sigstore.bundle.v0.3+json",
		}),
		rapid.String(),
		rapid.Map(rapid.IntRange(0, 5000), func(n int) string { return strings.Repeat("<", n) }),
	).Draw(t, "text")
	return rapid.SampledFrom([]string{quoted(text), quoted(text), "\"\xff\xfe\"", `"\ud800\u0000\/"`}).Draw(t, "written")
}

func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func keysThatWeRead() []string {
	return strings.Fields(`mediaType artifactType config layers manifests annotations digest size platform os architecture variant os.version
		created author history created_by comment empty_layer User WorkingDir StopSignal Env Entrypoint Cmd ExposedPorts Volumes Labels
		name version appVersion description kubeVersion type home deprecated sources maintainers email vnd.docker.reference.type
		vnd.docker.reference.digest in-toto.io/predicate-type predicateType maintainer artifacthub.io/license
		org.opencontainers.image.title org.opencontainers.image.description org.opencontainers.image.licenses org.opencontainers.image.source
		org.opencontainers.image.url org.opencontainers.image.created org.label-schema.vcs-url org.label-schema.license x y`)
}

// Whatever a manifest and a config say, what is stored of them is bounded and clean.
func TestDescribeAnything(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		config := []byte(hostileJSON(rt, "", 5))
		for _, manifest := range []string{
			image, strings.Replace(image, "oci.image.config", "cncf.helm.config", 1), hostileJSON(rt, "manifest", 5),
		} {
			in := artifact.Input{Manifest: []byte(manifest), Config: config}
			d := artifact.Describe(in)
			checkBounds(t, d)
			index := artifact.Describe(artifact.Input{Manifest: []byte(hostileJSON(rt, "manifest", 5)), MediaType: "application/vnd.oci.image.index.v1+json", First: &d})
			checkBounds(t, index)
			if t.Failed() {
				rt.Fatalf("manifest %s\nconfig %s", manifest, config)
			}
		}
	})
}
