package artifact_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth/internal/artifact"
)

func TestKinds(t *testing.T) {
	t.Parallel()
	const manifest = `{"schemaVersion":2,"artifactType":%q,"config":{"mediaType":%q},"layers":[{"mediaType":%q,"annotations":{%q:%q}}],"annotations":{%q:%q}}`
	const (
		bundle = "application/vnd.dev.sigstore.bundle.v0.3+json"
		dsse   = "application/vnd.dsse.envelope.v1+json"
		ociCfg = "application/vnd.oci.image.config.v1+json"
	)
	for _, tc := range []struct {
		artifactType, config, layer, layerNote, layerValue, note, value string
		want                                                            artifact.Kind
	}{
		{want: artifact.KindOther},
		{config: ociCfg, want: artifact.KindImage},
		{config: "application/vnd.docker.container.image.v1+json", want: artifact.KindImage},
		{artifactType: "application/x", config: ociCfg, layer: "application/vnd.oci.image.layer.v1.tar", want: artifact.KindImage},
		{config: "application/vnd.unknown.config.v1+json", layer: "application/x", want: artifact.KindOther},
		{config: "application/vnd.docker.plugin.v1+json", want: artifact.KindOther},
		{layer: "application/vnd.cncf.helm.chart.content.v1.tar+gzip", want: artifact.KindHelm},
		{config: ociCfg, layer: "application/vnd.wasm.content.layer.v1+wasm", want: artifact.KindWasm},
		{config: ociCfg, layer: "text/spdx", want: artifact.KindSBOM},
		{config: ociCfg, layer: "application/vnd.syft+json", want: artifact.KindSBOM},
		{artifactType: "application/vnd.dev.cosign.artifact.sbom.v1+json", want: artifact.KindSBOM},
		{artifactType: "application/vnd.dev.cosign.artifact.sig.v1+json", want: artifact.KindSignature},
		{artifactType: "application/vnd.in-toto.provenance+dsse", want: artifact.KindProvenance},
		{artifactType: "application/vnd.in-toto.cyclonedx+dsse", want: artifact.KindSBOM},
		{artifactType: bundle, want: artifact.KindSignature},
		{artifactType: bundle, note: "dev.sigstore.bundle.content", value: "dsse-envelope", want: artifact.KindAttestation},
		{artifactType: bundle, note: "dev.sigstore.bundle.predicateType", value: "https://sigstore.dev/cosign/sign/v1", want: artifact.KindSignature},
		{layer: dsse, want: artifact.KindAttestation},
		{layer: dsse, layerNote: "predicateType", layerValue: "https://cyclonedx.org/bom", want: artifact.KindSBOM},
		{layer: dsse, layerNote: "predicateType", layerValue: "https://mobyproject.org/buildkit@v1", want: artifact.KindProvenance},
		{layer: dsse, layerNote: "predicateType", layerValue: "https://cosign.sigstore.dev/attestation/vuln/v1", want: artifact.KindAttestation},
		{
			layer: dsse, layerNote: "predicateType", layerValue: "https://cyclonedx.org/bom",
			note: "in-toto.io/predicate-type", value: "https://slsa.dev/provenance/v1", want: artifact.KindAttestation,
		},
	} {
		body := fmt.Sprintf(manifest, tc.artifactType, tc.config, tc.layer, tc.layerNote, tc.layerValue, tc.note, tc.value)
		if got := artifact.Describe(artifact.Input{Manifest: []byte(body)}).Kind; got != tc.want {
			t.Errorf("%+v: %q, want %q", tc, got, tc.want)
		}
		if tc.artifactType == "" { // the caller may say what stands for it
			in := artifact.Input{Manifest: []byte(body), ArtifactType: "application/spdx+json"}
			if d := artifact.Describe(in); d.Kind != artifact.KindSBOM || d.Details.ArtifactType != in.ArtifactType {
				t.Errorf("%+v: %q of %q, want an SBOM", tc, d.Kind, d.Details.ArtifactType)
			}
		}
	}
}

func TestIndexKinds(t *testing.T) {
	t.Parallel()
	wasm := &artifact.Description{Kind: artifact.KindWasm}
	chart := &artifact.Description{Kind: artifact.KindHelm, Summary: artifact.Summary{Helm: &artifact.Helm{Name: "web"}}}
	for _, tc := range []struct {
		index string
		first *artifact.Description
		want  artifact.Kind
	}{
		{`"manifests":[]`, nil, artifact.KindOther},
		{`"manifests":[{}]`, nil, artifact.KindImage},
		{`"manifests":[{}]`, wasm, artifact.KindWasm},
		{`"manifests":[{"artifactType":"application/vnd.wasm.config.v1+json"}]`, wasm, artifact.KindWasm},
		{`"manifests":[{}]`, chart, artifact.KindHelm},
		{`"artifactType":"application/spdx+json","manifests":[{}]`, nil, artifact.KindSBOM},
		{`"manifests":[{"artifactType":"text/spdx"},{"artifactType":"text/spdx"}]`, nil, artifact.KindSBOM},
		{`"manifests":[{"artifactType":"text/spdx"},{"artifactType":"application/vnd.cncf.notary.signature"}]`, nil, artifact.KindOther},
		{`"manifests":[{"artifactType":"application/x"}]`, nil, artifact.KindOther},
	} {
		d := artifact.Describe(artifact.Input{Manifest: []byte(`{` + tc.index + `}`), First: tc.first})
		if d.Kind != tc.want || d.Kind == artifact.KindHelm && d.Summary.Helm == nil {
			t.Errorf("%s: %q, want %q", tc.index, d.Kind, tc.want)
		}
	}
	// The header of the push says what an index is, not a list that should not be there.
	d := artifact.Describe(artifact.Input{Manifest: []byte(`{"manifests":[{}]}`), MediaType: "application/vnd.oci.image.manifest.v1+json"})
	if len(d.Details.Children) != 0 {
		t.Errorf("%d children of an image", len(d.Details.Children))
	}
}

func TestCreated(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"2025-01-02T03:04:05.678+02:00": "2025-01-02T01:04:05Z",
		" 1970-01-01T00:00:00Z\n":       "1970-01-01T00:00:00Z",
		"0001-01-01T00:00:00Z":          "",
		"9999-12-31T23:59:59-01:00":     "",
		"2025-01-02":                    "",
		"yesterday":                     "",
	} {
		if got := describe(fmt.Sprintf(`{"created":%q}`, in)).Summary.Created; got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// Sizes that add up to more than there is are no sizes.
func TestSizeOverflows(t *testing.T) {
	t.Parallel()
	manifest := strings.Replace(image, `"size":9`, `"size":9223372036854775807`, 1)
	d := artifact.Describe(artifact.Input{Manifest: []byte(manifest), Config: []byte(`{"os":"linux"}`)})
	if got := d.Summary.Platforms[0].Size; got != 0 {
		t.Errorf("size %d", got)
	}
}

// After a step that found no room none may follow, or numbers would be wrong.
func TestHistoryEndsWhereItIsCut(t *testing.T) {
	t.Parallel()
	var steps []string
	for range 17 {
		steps = append(steps, `{"created_by":"`+strings.Repeat("A", 4000)+`"}`)
	}
	d := describe(`{"history":[` + strings.Join(steps, ",") + `,{"created_by":"short"}]}`)
	last := d.Details.History[len(d.Details.History)-1].CreatedBy
	if !d.Details.Cut || last == "short" {
		t.Errorf("cut %v, the last step is %.10q", d.Details.Cut, last)
	}
}

func TestChart(t *testing.T) {
	t.Parallel()
	var many []string
	for i := range 20 {
		many = append(many, fmt.Sprintf(`"https://example.com/%d"`, i))
	}
	chart := strings.Replace(image, "application/vnd.oci.image.config.v1+json", "application/vnd.cncf.helm.config.v1+json", 1)
	config := `{"name":"web","version":"1","description":"A chart","home":"https://example.com","deprecated":false,
		"sources":[` + strings.Join(many, ",") + `],"maintainers":[` + strings.Repeat(`{"name":"Ada"},`, 20) + `{}],
		"annotations":{"org.opencontainers.image.vendor":"Acme"}}`
	d := artifact.Describe(artifact.Input{Manifest: []byte(chart), Config: []byte(config)})
	if len(d.Summary.Helm.Sources) != 16 || len(d.Summary.Helm.Maintainers) != 16 || d.Summary.Helm.Signed {
		t.Errorf("%+v", d.Summary.Helm)
	}
	d.Summary.Helm = nil
	want := artifact.Summary{
		Title: "web", Version: "1", Description: "A chart", URL: "https://example.com", Source: "https://example.com/0", Vendor: "Acme",
		Authors: strings.TrimSuffix(strings.Repeat("Ada, ", 16), ", "),
	}
	if diff := cmp.Diff(want, d.Summary); diff != "" || d.Problem != "" {
		t.Errorf("%s%s", d.Problem, diff)
	}
}

// A value that cannot be used leaves the word to the next source.
func TestPrecedence(t *testing.T) {
	t.Parallel()
	manifest := strings.Replace(image, `"config":`, `"annotations":{"org.opencontainers.image.url":"javascript:alert(1)","org.opencontainers.image.title":" ",`+
		`"org.opencontainers.image.version":"annotation"},"config":`, 1)
	config := `{"author":"author","config":{"Labels":{"org.label-schema.version":"old","org.opencontainers.image.version":"label",
		"org.label-schema.name":"old","org.opencontainers.image.title":"label","org.label-schema.vcs-ref":"old","maintainer":"old",
		"org.opencontainers.image.url":"https://example.com/label"}}}`
	first := artifact.Describe(artifact.Input{Manifest: []byte(manifest), Config: []byte(config)})
	want := artifact.Summary{Version: "annotation", Title: "label", Revision: "old", Authors: "old", URL: "https://example.com/label"}
	if diff := cmp.Diff(want, first.Summary); diff != "" {
		t.Error(diff)
	}
	index := artifact.Describe(artifact.Input{
		Manifest: []byte(`{"manifests":[{}],"annotations":{"org.opencontainers.image.title":"index"}}`), First: &first,
	})
	want.Title = "index"
	if diff := cmp.Diff(want, index.Summary); diff != "" {
		t.Error(diff)
	}
}

// Texts of the details keep their lines, and nothing else that a terminal obeys.
func TestBlocks(t *testing.T) {
	t.Parallel()
	config := `{"config":{"Labels":{"a":" x\r\ny\u2028z\t\u0000\u001b[1m\u202e ","` + strings.Repeat("k", 257) + `":"v","":"v"},"Env":["A=` + strings.Repeat("ä", 2048) + `"]}}`
	d := describe(config)
	if diff := cmp.Diff(map[string]string{"a": "x\ny\nz\t[1m"}, d.Details.Labels); diff != "" {
		t.Error(diff)
	}
	if got := d.Details.Env[0]; got != "A="+strings.Repeat("ä", 2047) {
		t.Errorf("%d bytes", len(got))
	}
	if !d.Details.Cut {
		t.Error("a key was left out, and nobody says so")
	}
}
