package artifact_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/artifact"
)

const (
	spdx = `{"spdxVersion":"SPDX-2.3","name":"alpine","creationInfo":{"created":"2024-01-02T03:04:05Z","creators":["Organization: Anchore","Tool: syft-1.2"]},
		"packages":[{"name":"musl","versionInfo":"1.2.5","licenseConcluded":"NOASSERTION","licenseDeclared":"MIT","externalRefs":[
			{"referenceType":"cpe23Type","referenceLocator":"cpe:2.3:a"},{"referenceType":"purl","referenceLocator":"pkg:apk/alpine/musl@1.2.5"}]},
			{"name":"app","primaryPackagePurpose":"CONTAINER","licenseConcluded":"Apache-2.0"},{}]}`
	cyclonedx = `{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{"timestamp":"2024-01-02T03:04:05+01:00","tools":{"components":[{"name":"trivy","version":"0.50"}]},
		"component":{"name":"shop","components":[{"name":"not listed"}]}},
		"components":[{"type":"library","group":"org.acme","name":"core","version":"1","purl":"pkg:maven/org.acme/core@1","licenses":[{"license":{"id":"MIT"}},{"expression":"Apache-2.0 OR MIT"}],
			"components":[{"type":"file","name":"inner"}]}]}`
	slsa02 = `{"_type":"https://in-toto.io/Statement/v0.1","predicateType":"https://slsa.dev/provenance/v0.2","subject":[{"name":"pkg:docker/app","digest":{"sha256":"aa","sha512":"bb"}}],
		"predicate":{"builder":{"id":"https://ci.example"},"buildType":"https://mobyproject.org/buildkit@v1","invocation":{"configSource":{"uri":"https://git.example/a.git","digest":{"sha1":"cafe"}}},
			"metadata":{"buildInvocationID":"run7","buildStartedOn":"2024-01-02T03:04:05Z","buildFinishedOn":"2024-01-02T03:05:05Z"},"materials":[{"uri":"pkg:docker/alpine@3","digest":{"sha256":"cc"}}]}}`
	slsa1 = `{"_type":"https://in-toto.io/Statement/v1","predicateType":"https://slsa.dev/provenance/v1","subject":[],
		"predicate":{"buildDefinition":{"buildType":"t","externalParameters":{"workflow":{"repository":"https://github.com/a/b","ref":"refs/heads/main"}},"resolvedDependencies":[{"uri":"git+https://github.com/a/b","digest":{"gitCommit":"beef"}}]},
			"runDetails":{"builder":{"id":"https://github.com/actions/runner"},"metadata":{"invocationId":"https://github.com/a/b/actions/runs/1","startedOn":"2024-01-02T03:04:05Z"}}}}`
)

// doc reads a document of a media type, with annotations.
func doc(t testing.TB, mediaType, content string, annotations map[string]string) artifact.Document {
	t.Helper()
	notes, err := json.Marshal(annotations)
	if err != nil {
		t.Fatal(err)
	}
	manifest := fmt.Sprintf(`{"layers":[{"mediaType":%q,"digest":%q,"size":%d,"annotations":%s}]}`, mediaType, digest.FromString(content), len(content), notes)
	refs, more := artifact.DocumentRefs([]byte(manifest))
	if len(refs) != 1 || more {
		t.Fatalf("%v, %v", refs, more)
	}
	return artifact.ReadDocument(refs[0], []byte(content))
}

func envelope(payload string) string {
	return fmt.Sprintf(`{"payloadType":"application/vnd.in-toto+json","payload":%q,"signatures":[{"sig":"x"}]}`, base64.StdEncoding.EncodeToString([]byte(payload)))
}

func same[T any](t *testing.T, what string, want, got T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestSBOM(t *testing.T) {
	t.Parallel()
	wantSPDX := &artifact.SBOM{
		Format: "SPDX-2.3", Name: "alpine", Tools: []string{"syft-1.2"}, Created: "2024-01-02T03:04:05Z", Total: 2,
		Components: []artifact.Component{
			{Name: "musl", Version: "1.2.5", Type: "apk", License: "MIT", PURL: "pkg:apk/alpine/musl@1.2.5"},
			{Name: "app", Type: "container", License: "Apache-2.0"},
		},
	}
	in := func(predicateType, predicate string) string {
		return fmt.Sprintf(`{"_type":"https://in-toto.io/Statement/v0.1","predicateType":%q,"subject":[{"name":"x","digest":{"sha256":"aa"}}],"predicate":%s}`, predicateType, predicate)
	}
	text, err := json.Marshal(spdx)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"bare":                  spdx,
		"in a statement":        in("https://spdx.dev/Document", spdx),
		"in an envelope":        envelope(in("https://spdx.dev/Document", spdx)),
		"wrapped by cosign":     envelope(in("https://spdx.dev/Document", `{"Data":`+spdx+`,"Timestamp":""}`)),
		"wrapped by an old one": envelope(in("https://spdx.dev/Document", `{"Data":`+string(text)+`}`)),
		"in a bundle":           `{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{},"dsseEnvelope":` + envelope(in("https://spdx.dev/Document", spdx)) + `}`,
	} {
		d := doc(t, "application/vnd.in-toto+json", content, nil)
		same(t, name, wantSPDX, d.SBOM)
		if d.Kind != artifact.KindSBOM || d.Problem != "" || d.Cut {
			t.Errorf("%s: %s %q %v", name, d.Kind, d.Problem, d.Cut)
		}
		if name != "bare" && (d.Statement == nil || d.Statement.Subjects[0].Digests[0] != "sha256:aa") {
			t.Errorf("%s: the statement is %+v", name, d.Statement)
		}
	}
	d := doc(t, "application/vnd.cyclonedx+json", cyclonedx, map[string]string{"org.opencontainers.image.title": "bom.json"})
	same(t, "CycloneDX", &artifact.SBOM{
		Format: "CycloneDX 1.6", Name: "shop", Tools: []string{"trivy 0.50"}, Created: "2024-01-02T02:04:05Z", Total: 2,
		Components: []artifact.Component{
			{Name: "inner", Type: "file"},
			{Name: "org.acme/core", Version: "1", Type: "library", License: "MIT, Apache-2.0 OR MIT", PURL: "pkg:maven/org.acme/core@1"},
		},
	}, d.SBOM)
	if d.Title != "bom.json" {
		t.Errorf("the title is %q", d.Title)
	}
	old := doc(t, "application/vnd.cyclonedx+json", `{"bomFormat":"CycloneDX","metadata":{"tools":[{"vendor":"a","name":"b","version":"c"}]}}`, nil)
	same(t, "old tools", []string{"b c"}, old.SBOM.Tools)
	many := doc(t, "application/spdx+json", `{"spdxVersion":"SPDX-2.3","packages":[`+strings.Repeat(`{"name":"a"},`, artifact.MaxComponents)+`{"name":"b"}]}`, nil)
	if len(many.SBOM.Components) != artifact.MaxComponents || many.SBOM.Total != artifact.MaxComponents+1 || !many.Cut || many.Problem != "" {
		t.Errorf("%d of %d, cut %v, %q", len(many.SBOM.Components), many.SBOM.Total, many.Cut, many.Problem)
	}
}

func TestProvenance(t *testing.T) {
	t.Parallel()
	d := doc(t, "application/vnd.in-toto+json", slsa02, map[string]string{"in-toto.io/predicate-type": "https://slsa.dev/provenance/v0.2"})
	same(t, "0.2", &artifact.Provenance{
		Builder: "https://ci.example", BuildType: "https://mobyproject.org/buildkit@v1", Invocation: "run7", Source: "https://git.example/a.git", Revision: "cafe",
		Started: "2024-01-02T03:04:05Z", Finished: "2024-01-02T03:05:05Z", Materials: []artifact.Material{{URI: "pkg:docker/alpine@3", Digests: []string{"sha256:cc"}}},
	}, d.Statement.Provenance)
	same(t, "subjects", []artifact.Subject{{Name: "pkg:docker/app", Digests: []string{"sha256:aa", "sha512:bb"}}}, d.Statement.Subjects)
	if d.Kind != artifact.KindProvenance || !strings.HasPrefix(d.Statement.Predicate, "{\n  \"builder\": {\n") {
		t.Errorf("%s, %.60s", d.Kind, d.Statement.Predicate)
	}
	d = doc(t, "application/vnd.dsse.envelope.v1+json", envelope(slsa1), nil)
	same(t, "1", &artifact.Provenance{
		Builder: "https://github.com/actions/runner", BuildType: "t", Invocation: "https://github.com/a/b/actions/runs/1", Source: "https://github.com/a/b",
		Started: "2024-01-02T03:04:05Z", Materials: []artifact.Material{{URI: "git+https://github.com/a/b", Digests: []string{"gitCommit:beef"}}},
	}, d.Statement.Provenance)
	kit := strings.Replace(slsa02, `"invocation":{"configSource":{"uri":"https://git.example/a.git","digest":{"sha1":"cafe"}}},
			"metadata":{`, `"metadata":{"https://mobyproject.org/buildkit@v1#metadata":{"vcs":{"source":"https://git.example/kit.git","revision":"f00d"}},`, 1)
	if p := doc(t, "application/vnd.in-toto+json", kit, nil).Statement.Provenance; p.Source != "https://git.example/kit.git" || p.Revision != "f00d" {
		t.Errorf("BuildKit's source is %q at %q", p.Source, p.Revision)
	}
	large := doc(t, "application/vnd.in-toto+json", `{"_type":"x","predicateType":"y","predicate":"`+strings.Repeat("a", artifact.MaxText)+`"}`, nil)
	if !large.Cut || large.Statement.Predicate != "" || large.Kind != artifact.KindAttestation {
		t.Errorf("cut %v, %d bytes, %s", large.Cut, len(large.Statement.Predicate), large.Kind)
	}
}

// certificate makes one as Fulcio does.
func certificate(t testing.TB, issuer string) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	text, err := asn1.Marshal(issuer)
	if err != nil {
		t.Fatal(err)
	}
	workflow := &url.URL{Scheme: "https", Host: "github.com", Path: "/a/b/.github/workflows/c.yml@refs/heads/main"}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "me"}, NotBefore: time.Unix(1700000000, 0), NotAfter: time.Unix(1700000600, 0), URIs: []*url.URL{workflow},
	}
	if issuer != "" {
		template.ExtraExtensions = []pkix.Extension{
			{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 57264, 1, 8}, Value: text},
			{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 57264, 1, 1}, Value: []byte("old")},
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestSignature(t *testing.T) {
	t.Parallel()
	subject := digest.FromString("image")
	const workflow = "https://github.com/a/b/.github/workflows/c.yml@refs/heads/main"
	der := certificate(t, "https://token.actions")
	simple := fmt.Sprintf(`{"critical":{"identity":{"docker-reference":"r.example/a"},"image":{"docker-manifest-digest":%q},"type":"cosign container image signature"},"optional":{"timestamp":1700000001}}`, subject)
	d := doc(t, "application/vnd.dev.cosign.simplesigning.v1+json", simple, map[string]string{
		"dev.sigstore.cosign/certificate": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		"dev.sigstore.cosign/bundle":      `{"SignedEntryTimestamp":"x","Payload":{"body":"y","integratedTime":1700000002}}`,
	})
	same(t, "cosign", &artifact.Signature{
		Format: "cosign", Subject: subject, Reference: "r.example/a", Identity: workflow, Issuer: "https://token.actions",
		Created: "2023-11-14T22:13:21Z", Logged: "2023-11-14T22:13:22Z", Expires: "2023-11-14T22:23:20Z",
	}, d.Signature)
	if d.Kind != artifact.KindSignature || d.Problem != "" {
		t.Errorf("%s %q", d.Kind, d.Problem)
	}
	d = doc(t, "application/vnd.dev.cosign.simplesigning.v1+json", simple, map[string]string{"dev.sigstore.cosign/certificate": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"})
	if d.Problem != "the certificate could not be read" || d.Signature.Reference != "r.example/a" {
		t.Errorf("%q, %+v", d.Problem, d.Signature)
	}
	statement := fmt.Sprintf(`{"_type":"x","predicateType":"https://sigstore.dev/cosign/sign/v1","subject":[{"digest":{"sha256":%q}}],"predicate":{}}`, subject.Encoded())
	bundle := fmt.Sprintf(`{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{"certificate":{"rawBytes":%q},"tlogEntries":[{"integratedTime":"1700000002"}]},"dsseEnvelope":%s}`,
		base64.StdEncoding.EncodeToString(der), envelope(statement))
	d = doc(t, "application/vnd.dev.sigstore.bundle.v0.3+json", bundle, nil)
	same(t, "bundle", &artifact.Signature{
		Format: "sigstore bundle", Subject: subject, Identity: workflow, Issuer: "https://token.actions",
		Created: "2023-11-14T22:13:20Z", Logged: "2023-11-14T22:13:22Z", Expires: "2023-11-14T22:23:20Z",
	}, d.Signature)
	if d.Kind != artifact.KindSignature || d.Statement == nil {
		t.Errorf("%s, %+v", d.Kind, d.Statement)
	}
	hint := doc(t, "application/vnd.dev.sigstore.bundle.v0.3+json", `{"verificationMaterial":{"publicKey":{"hint":"abc"}},"messageSignature":{}}`, nil)
	if hint.Signature.KeyHint != "abc" {
		t.Errorf("the hint is %q", hint.Signature.KeyHint)
	}
	url64 := base64.RawURLEncoding.EncodeToString
	jws := fmt.Sprintf(`{"payload":%q,"protected":%q,"header":{"x5c":[%q]},"signature":"x"}`, url64(fmt.Appendf(nil, `{"targetArtifact":{"digest":%q}}`, subject)),
		url64([]byte(`{"alg":"PS256","io.cncf.notary.signingTime":"2024-01-02T03:04:05Z"}`)), base64.StdEncoding.EncodeToString(certificate(t, "")))
	d = doc(t, "application/jose+json", jws, nil)
	same(t, "notation", &artifact.Signature{
		Format: "notation", Subject: subject, Identity: workflow, Issuer: "CN=me", Created: "2024-01-02T03:04:05Z", Expires: "2023-11-14T22:23:20Z",
	}, d.Signature)
	if d := doc(t, "application/jose+json", `{"payload":"*","protected":""}`, nil); d.Problem == "" {
		t.Error("a payload that is no base64 has no problem")
	}
}

func TestOtherDocuments(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]artifact.Document{
		`{"a":1}`:            {Text: "{\n  \"a\": 1\n}"},
		"plain\ntext\u202e!": {Text: "plain\ntext!"},
		"\xff\xfe":           {Problem: "it is no text that can be shown"},
		"a\x00":              {Problem: "it is no text that can be shown"},
		`{"payloadType":"x","payload":"aGVsbG8="}`: {Text: "hello"},
		`{"payloadType":"x","payload":"*"}`:        {Text: "{\n  \"payloadType\": \"x\",\n  \"payload\": \"*\"\n}", Problem: "the envelope: its payload is not base64"},
		`{"Data":"x"}`:                             {Text: "{\n  \"Data\": \"x\"\n}"},
	} {
		got := doc(t, "text/x", content, nil)
		if got.Text != want.Text || got.Problem != want.Problem || got.Kind != artifact.KindOther {
			t.Errorf("%q: %+v", content, got)
		}
	}
	deep := `{"spdxVersion":"SPDX-2.3","x":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`
	if d := doc(t, "application/spdx+json", deep, nil); d.Problem == "" {
		t.Error("a document that is nested too deep has no problem")
	}
	wrapped := slsa1
	for range 6 {
		wrapped = envelope(wrapped)
	}
	if d := doc(t, "x/y", wrapped, nil); d.Statement != nil {
		t.Error("six envelopes were opened")
	}
	huge := strings.Repeat(" ", artifact.MaxDocument+1)
	if d := doc(t, "x/y", huge, nil); d.Problem != "it is larger than 16 MiB and was not read" {
		t.Errorf("of what is too large: %q", d.Problem)
	}
	refs, more := artifact.DocumentRefs([]byte(`{"layers":[` + strings.Repeat(`{},`, artifact.MaxDocuments) + `{}]}`))
	if len(refs) != artifact.MaxDocuments || !more {
		t.Errorf("%d documents, more %v", len(refs), more)
	}
}

func TestKindsOfLayers(t *testing.T) {
	t.Parallel()
	layer := func(t, predicate string) string {
		return fmt.Sprintf(`{"mediaType":%q,"annotations":{"in-toto.io/predicate-type":%q}}`, t, predicate)
	}
	const toto = "application/vnd.in-toto+json"
	for manifest, want := range map[string]string{
		`{"config":{"mediaType":"application/vnd.oci.image.config.v1+json"},"layers":[` + layer(toto, "https://spdx.dev/Document") + `,` + layer(toto, "https://slsa.dev/provenance/v1") + `]}`: "[sbom provenance]",
		`{"layers":[` + layer(toto, "https://example.com/") + `,` + layer(toto, "https://spdx.dev/Document") + `,` + layer(toto, "https://spdx.dev/Document") + `]}`:                            "[attestation sbom]",
		`{"config":{"mediaType":"application/vnd.oci.image.config.v1+json"},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar"}]}`:                                                 "[image]",
		`{"artifactType":"application/vnd.in-toto+json","layers":[]}`: "[attestation]",
		`{"manifests":[]}`: "[other]",
	} {
		if got := fmt.Sprint(artifact.Kinds([]byte(manifest), "")); got != want {
			t.Errorf("%s: %s, want %s", manifest, got, want)
		}
	}
	for manifest, want := range map[string]bool{
		`{"manifests":[]}`: false,
		`{"config":{"mediaType":"application/vnd.oci.image.config.v1+json"},"layers":[]}`:                                                                 false,
		`{"config":{"mediaType":"application/vnd.oci.image.config.v1+json"},"layers":[{"mediaType":"application/vnd.dev.cosign.simplesigning.v1+json"}]}`: true,
		`{"artifactType":"text/spdx","layers":[]}`: true,
	} {
		if got := artifact.Attachable([]byte(manifest), ""); got != want {
			t.Errorf("%s: %v", manifest, got)
		}
	}
}

func FuzzReadDocument(f *testing.F) {
	for _, seed := range []string{spdx, cyclonedx, slsa02, slsa1, envelope(slsa1), `{"critical":{}}`, `{"protected":"","payload":""}`, `{"verificationMaterial":{},"dsseEnvelope":` + envelope(spdx) + `}`} {
		f.Add([]byte(seed), "cert")
	}
	f.Fuzz(func(t *testing.T, content []byte, note string) {
		refs, _ := artifact.DocumentRefs([]byte(`{"layers":[{}]}`))
		d := artifact.ReadDocument(refs[0], content)
		if len(d.Text) > artifact.MaxText || d.SBOM != nil && len(d.SBOM.Components) > artifact.MaxComponents {
			t.Errorf("out of bounds: %d bytes", len(d.Text))
		}
		again := artifact.ReadDocument(refs[0], content)
		if diff := cmp.Diff(d, again, cmp.AllowUnexported(artifact.Document{})); diff != "" {
			t.Error(diff)
		}
		doc(t, "application/vnd.dev.cosign.simplesigning.v1+json", `{"critical":{}}`, map[string]string{"dev.sigstore.cosign/certificate": note, "dev.sigstore.cosign/bundle": note})
	})
}

func TestBuild(t *testing.T) {
	t.Parallel()
	d := artifact.Details{
		History: []artifact.Step{{CreatedBy: "ADD x"}, {CreatedBy: "ENV a=b", EmptyLayer: true}, {CreatedBy: "RUN y"}},
		Layers:  []artifact.Layer{{Size: 1, Step: 1}, {Size: 2, Step: 3}, {Size: 3}, {Size: 4, Step: 9}, {Size: 5, Step: 3}},
	}
	var got []string
	for _, s := range d.Build() {
		size := int64(0)
		if s.Layer != nil {
			size = s.Layer.Size
		}
		got = append(got, fmt.Sprint(s.Number, " ", s.CreatedBy, " ", size))
	}
	same(t, "steps", []string{"1 ADD x 1", "2 ENV a=b 0", "3 RUN y 2", "0  3", "0  4", "0  5"}, got)
}

func TestCompare(t *testing.T) {
	t.Parallel()
	a, b, c := berth.Digest("sha256:a"), berth.Digest("sha256:b"), berth.Digest("sha256:c")
	before := &artifact.Details{
		Layers: []artifact.Layer{{Digest: a, Size: 1, Step: 1}, {Digest: b, Size: 2}, {Digest: b, Size: 2}}, History: []artifact.Step{{CreatedBy: "ADD x"}},
		Labels: map[string]string{"same": "1", "gone": "", "changed": "1"}, Env: []string{"PATH=/bin", "OLD"}, Cmd: []string{"a b"}, User: "me",
	}
	after := &artifact.Details{
		Layers: []artifact.Layer{{Digest: a, Size: 1, Step: 1}, {Digest: c, Size: 4, Step: 2}, {Digest: b, Size: 2}}, History: []artifact.Step{{CreatedBy: "ADD x"}, {CreatedBy: "RUN y"}},
		Labels: map[string]string{"same": "1", "new": "2", "changed": "2"}, Env: []string{"PATH=/usr/bin"}, Cmd: []string{"a", "b"}, User: "me", Cut: true,
	}
	same(t, "difference", artifact.Difference{
		Layers: []artifact.LayerChange{
			{Layer: after.Layers[0], Presence: artifact.PresenceShared, CreatedBy: "ADD x"},
			{Layer: after.Layers[1], Presence: artifact.PresenceAdded, CreatedBy: "RUN y"},
			{Layer: after.Layers[2], Presence: artifact.PresenceShared},
			{Layer: before.Layers[2], Presence: artifact.PresenceRemoved},
		},
		Labels: []artifact.ValueChange{{"changed", "1", "2", true, true}, {"gone", "", "", true, false}, {"new", "", "2", false, true}},
		Env:    []artifact.ValueChange{{"OLD", "", "", true, false}, {"PATH", "/bin", "/usr/bin", true, true}},
		Config: []artifact.ValueChange{{"CMD", `["a b"]`, `["a", "b"]`, true, true}},
		Shared: 3, Added: 4, Removed: 2, Cut: true,
	}, artifact.Compare(before, after))
	if d := artifact.Compare(before, before); !d.Equal() {
		t.Errorf("an image differs from itself: %+v", d)
	}
	if d := artifact.Compare(before, after); d.Equal() {
		t.Error("two images are the same")
	}
}
