package webui_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
)

// evil is what must never be more than text.
const evil = `<script>alert("1")</script>`

// shop is a package with an index of two platforms, an attestation and a signature.
type shop struct {
	*testing.T

	s       *berthtest.Server
	c       *berthtest.Client
	session []string
	index   berth.Digest // latest
	old     berth.Digest // 1.0
	arm     berth.Digest
	att     berth.Digest // of arm, in the index
	sig     berth.Digest // of the index
}

const (
	helmConfig = "application/vnd.cncf.helm.config.v1+json"
	helmLayer  = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
)

func newShop(t *testing.T) *shop {
	t.Helper()
	s := berthtest.New(t)
	p := &shop{T: t, s: s, c: s.As("ada"), session: signIn(t, s, "ada")}
	p.old = p.image("1.0", "amd64", "1.0").Digest
	amd, arm := p.image("", "amd64", "2.0"), p.image("", "arm64", "2.0")
	p.arm = arm.Digest
	att := p.attestation(arm)
	p.att = att.Digest
	index := berthtest.Index(amd, arm, att)
	p.index = p.c.PushManifest("ada/web", "2.0", berth.MediaTypeOCIIndex, index)
	p.c.PushManifest("ada/web", "latest", berth.MediaTypeOCIIndex, index)
	subject := berthtest.Describe(berth.MediaTypeOCIIndex, index)
	payload := fmt.Sprintf(`{"critical":{"identity":{"docker-reference":%q},"image":{"docker-manifest-digest":%q},"type":"cosign container image signature"}}`, "x/"+evil, p.index)
	p.sig = p.artifact("application/vnd.dev.cosign.artifact.sig.v1+json", &subject, "application/vnd.dev.cosign.simplesigning.v1+json", payload).Digest
	p.followUp()
	return p
}

func (p *shop) followUp() {
	p.Helper()
	if _, err := p.s.Registry.FollowUp(p.Context()); err != nil {
		p.Fatal(err)
	}
}

// image pushes an image by tag or ("") digest.
func (p *shop) image(tag, arch, version string) ocispec.Descriptor {
	p.Helper()
	config := fmt.Sprintf(`{"os":"linux","architecture":%q,"config":{"Env":["VERSION=%s","X=%s"],"Entrypoint":["/web"],"Labels":{"org.opencontainers.image.version":%q,"org.opencontainers.image.description":%q,"org.opencontainers.image.source":"javascript:alert(1)","%s":%q}},`+
		`"history":[{"created_by":"RUN make %s"},{"created_by":"COPY web /"},{"created_by":"USER 1","empty_layer":true}],"rootfs":{"type":"layers","diff_ids":["sha256:%064d","sha256:%064d"]}}`,
		arch, version, evilJSON(), version, evil, evilJSON(), evil, evilJSON(), 1, 2)
	base, layer := "base "+arch, "layer "+arch+version
	p.c.PushBlob("ada/web", config)
	p.c.PushBlob("ada/web", base)
	p.c.PushBlob("ada/web", layer)
	body := berthtest.Image(config, base, layer)
	d := berthtest.Describe(berth.MediaTypeOCIManifest, body)
	if tag == "" {
		tag = d.Digest.String()
	}
	p.c.PushManifest("ada/web", tag, d.MediaType, body)
	d.Platform = &ocispec.Platform{OS: "linux", Architecture: arch}
	return d
}

func evilJSON() string { return strings.ReplaceAll(evil, `"`, `\"`) }

// artifact pushes a manifest with one layer of a type.
func (p *shop) artifact(artifactType string, subject *ocispec.Descriptor, mediaType, content string) ocispec.Descriptor {
	p.Helper()
	return p.put("ada/web", "", map[string]any{
		"schemaVersion": 2, "mediaType": berth.MediaTypeOCIManifest, "artifactType": artifactType, "subject": subject,
		"config": p.blob("ada/web", ocispec.MediaTypeEmptyJSON, "{}"), "layers": []any{p.blob("ada/web", mediaType, content)},
	})
}

func (p *shop) blob(name, mediaType, content string) ocispec.Descriptor {
	p.Helper()
	p.c.PushBlob(name, content)
	return berthtest.Describe(mediaType, []byte(content))
}

func (p *shop) put(name, tag string, doc map[string]any) ocispec.Descriptor {
	p.Helper()
	for k, v := range doc {
		if d, ok := v.(*ocispec.Descriptor); ok && d == nil {
			delete(doc, k)
		}
	}
	body, err := json.Marshal(doc)
	if err != nil {
		p.Fatal(err)
	}
	d := berthtest.Describe(berth.MediaTypeOCIManifest, body)
	if tag == "" {
		tag = d.Digest.String()
	}
	p.c.PushManifest(name, tag, d.MediaType, body)
	return d
}

const intoto = "application/vnd.in-toto+json"

// said is a document with what its manifest says that it is.
func said(d ocispec.Descriptor, predicate string) ocispec.Descriptor {
	d.Annotations = map[string]string{"in-toto.io/predicate-type": predicate}
	return d
}

// attestation pushes an SBOM and a provenance as BuildKit does.
func (p *shop) attestation(of ocispec.Descriptor) ocispec.Descriptor {
	p.Helper()
	packages := make([]string, 250)
	for i := range packages {
		packages[i] = fmt.Sprintf(`{"SPDXID":"SPDXRef-%d","name":"module-%d","versionInfo":"1.%d","licenseConcluded":"MIT"}`, i, i, i)
	}
	subject := fmt.Sprintf(`"subject":[{"name":%q,"digest":{"sha256":%q}}]`, evil, of.Digest.Encoded())
	sbom := `{"_type":"https://in-toto.io/Statement/v0.1","predicateType":"https://spdx.dev/Document",` + subject +
		`,"predicate":{"spdxVersion":"SPDX-2.3","name":"web","packages":[` + strings.Join(packages, ",") + `]}}`
	provenance := `{"_type":"https://in-toto.io/Statement/v0.1","predicateType":"https://slsa.dev/provenance/v1",` + subject +
		`,"predicate":{"buildDefinition":{"buildType":"https://example.org/build","resolvedDependencies":[{"uri":"pkg:docker/alpine@3.22"}]},"runDetails":{"builder":{"id":"javascript:alert(2)"}}}}`
	d := p.put("ada/web", "", map[string]any{
		"schemaVersion": 2, "mediaType": berth.MediaTypeOCIManifest, "config": p.blob("ada/web", ocispec.MediaTypeImageConfig, `{"os":"unknown"}`),
		"layers": []any{said(p.blob("ada/web", intoto, sbom), "https://spdx.dev/Document"), said(p.blob("ada/web", intoto, provenance), "https://slsa.dev/provenance/v1")},
	})
	d.Platform = &ocispec.Platform{OS: "unknown", Architecture: "unknown"}
	d.Annotations = map[string]string{"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": of.Digest.String()}
	return d
}

// page returns a page as ada sees it, and checks that nothing of others is more than text.
func (p *shop) page(path string, status ...int) string {
	p.Helper()
	if len(status) == 0 {
		status = []int{http.StatusOK}
	}
	body := string(p.s.As("").Get(path, p.session...).Want(status...).Body)
	for _, bad := range []string{evil, "<script>alert", `href="javascript:`, " style=", " onerror="} {
		if strings.Contains(body, bad) {
			p.Errorf("%s has %q", path, bad)
		}
	}
	return body
}

// has checks that a page has texts.
func (p *shop) has(path string, texts ...string) {
	p.Helper()
	body := p.page(path)
	for _, text := range texts {
		if !strings.Contains(body, text) {
			p.Errorf("%s lacks %q in\n%s", path, text, main(body))
		}
	}
}

// main is the main part of a page.
func main(body string) string {
	_, body, _ = strings.Cut(body, "<main")
	body, _, _ = strings.Cut(body, "</main>")
	return regexp.MustCompile(`(?s)<svg.*?</svg>`).ReplaceAllString(body, "")
}

// leads checks where a path leads.
func (p *shop) leads(path, to string) {
	p.Helper()
	r := p.s.As("").Get(path, p.session...).Want(http.StatusSeeOther)
	if got := r.Header.Get("Location"); got != to {
		p.Errorf("%s leads to %s, want %s", path, got, to)
	}
}

func (p *shop) host() string { return strings.TrimPrefix(p.s.URL, "http://") }

func TestPackagePage(t *testing.T) {
	t.Parallel()
	p := newShop(t)
	p.c.Get("/v2/ada/web/manifests/2.0")
	if _, err := p.s.Registry.RecordDownloads(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.has("/ada/web",
		"<h1>", "docker pull "+p.host()+"/ada/web:latest", "podman pull --tls-verify=false ", "image: "+p.host(), "linux/arm64", "Signed", "SBOM", "Provenance", "Complete",
		`href="/ada/web:1.0"`, "Anonymous pull", "1 pull in the last 30 days", "&lt;script&gt;", p.index.String(), `href="/ada/web/-/settings"`)
	// Another tag than latest counts only when there is none.
	for i := range 9 {
		p.c.PushManifest("ada/web", "x"+strconv.Itoa(i), berth.MediaTypeOCIIndex, p.c.Get("/v2/ada/web/manifests/2.0").Body)
	}
	p.has("/ada/web", "ada/web:latest</code>")
	p.c.Do(http.MethodDelete, "/v2/ada/web/manifests/latest", nil).Want(http.StatusAccepted)
	p.has("/ada/web", "ada/web:x8</code>")
	if body := p.page("/ada/web"); strings.Contains(body, "/ada/web:1.0") {
		t.Error("all tags are shown")
	}
	// Who may only read it is not offered what he cannot do.
	p.s.SetVisibility("ada/web", berth.VisibilityPublic)
	anonymous := string(p.s.As("").Get("/ada/web").Want(http.StatusOK).Body)
	if strings.Contains(anonymous, "/-/trash") || !strings.Contains(anonymous, "<dd>Yes</dd>") && !regexp.MustCompile(`<dd>\s*Yes\s*</dd>`).MatchString(anonymous) {
		t.Error(main(anonymous))
	}
}

func TestPackageWithoutTags(t *testing.T) {
	t.Parallel()
	p := newShop(t)
	p.c.PushBlob("ada/bare", `{}`)
	d := p.c.PushManifest("ada/bare", "x", berth.MediaTypeOCIManifest, berthtest.Image(`{}`))
	p.c.Do(http.MethodDelete, "/v2/ada/bare/manifests/x", nil).Want(http.StatusAccepted)
	p.followUp()
	p.has("/ada/bare", "docker pull "+p.host()+"/ada/bare@"+d.String(), "No tags")
	p.c.Do(http.MethodDelete, "/v2/ada/bare/manifests/"+d.String(), nil).Want(http.StatusAccepted)
	p.has("/ada/bare", "No versions")
	p.has("/ada/bare/-/trash", d.String()[:19], "Restore")
}

func TestPackagesOfOtherKinds(t *testing.T) {
	t.Parallel()
	p := newShop(t)
	p.put("ada/charts/shop", "1.0.0_a", map[string]any{
		"schemaVersion": 2, "mediaType": berth.MediaTypeOCIManifest,
		"config": p.blob("ada/charts/shop", helmConfig, `{"name":"shop","version":"1.0.0+a","appVersion":"`+evilJSON()+`"}`),
		"layers": []any{p.blob("ada/charts/shop", helmLayer, "chart")},
	})
	other := p.put("ada/model", "v1", map[string]any{
		"schemaVersion": 2, "mediaType": berth.MediaTypeOCIManifest, "artifactType": "application/vnd.acme.model",
		"config": p.blob("ada/model", ocispec.MediaTypeEmptyJSON, "{}"),
		"layers": []any{map[string]any{
			"mediaType": "text/plain", "digest": p.blob("ada/model", "", "w").Digest, "size": 1, "annotations": map[string]string{"org.opencontainers.image.title": "weights" + evil},
		}},
	})
	p.followUp()
	p.has("/ada/charts/shop", "helm install shop oci://"+p.host()+"/ada/charts/shop --version 1.0.0+a --plain-http", "oras pull")
	p.has("/ada/charts/shop:1.0.0_a", "App version", "Files")
	p.has("/ada/model", "oras pull --plain-http "+p.host()+"/ada/model:v1", "skopeo copy")
	p.has("/ada/model@"+other.Digest.String(), "weights", "1 file")
}

func TestReadmeOfPackage(t *testing.T) {
	t.Parallel()
	p := newShop(t)
	name, private, web := "web", berth.VisibilityPrivate, "https://github.com/ada/web"
	p.has("/ada/web", "No README", `href="/ada/web/-/settings">Choose a repository`)
	_, err := p.s.Account.CreateRepository(t.Context(), berth.Operator(), "ada", account.RepositoryChange{Name: &name, Visibility: &private, WebURL: &web})
	if err == nil {
		err = p.s.Registry.Link(t.Context(), berth.Operator(), berth.Name{Owner: "ada", Path: "web"}, "ada/web")
	}
	if err != nil {
		t.Fatal(err)
	}
	p.has("/ada/web", "ada/web has none yet")
	if _, err := p.s.Account.PutReadme(t.Context(), berth.Operator(), "ada", "web", "# Hello\n\n[more](docs/x.md) "+evil+"\n\n```sh\nx <pre>\n```\n"); err != nil {
		t.Fatal(err)
	}
	p.page("/ada/web") // and the next comes from what is kept
	p.has("/ada/web", ">Hello</h3>", `<pre tabindex="0"><code`, "x &lt;pre&gt;", "https://github.com/ada/web/blob/HEAD/docs/x.md", `href="/ada/-/repositories/web"`)
	p.s.SetVisibility("ada/web", berth.VisibilityPublic)
	if body := string(p.s.As("").Get("/ada/web").Want(http.StatusOK).Body); strings.Contains(body, "Hello") || strings.Contains(body, "repositories") || strings.Contains(body, "README") {
		t.Error("a stranger sees the README of a private repository")
	}
}

// A name is the address of its page, in whatever form clients write it.
func TestNamesOfPages(t *testing.T) {
	t.Parallel()
	p := newShop(t)
	p.leads("/Ada/Web?x=1", "/ada/web?x=1")
	p.leads("/Ada/web:1.0", "/ada/web:1.0")
	p.leads("/ADA/web/-/tags", "/ada/web/-/tags")
	p.page("/ada/nothing", http.StatusNotFound)
	p.page("/ada/web:nothing", http.StatusNotFound)
	p.page("/ada/web:-", http.StatusBadRequest)
	p.page("/ada/web@sha256:12", http.StatusBadRequest)
	p.page("/ada/we%20b", http.StatusNotFound)
	p.page("/settings/x/y", http.StatusNotFound)
	p.has("/ada/web:1.0@"+p.index.String(), "2.0</a>", p.index.String())
	if err := p.s.Registry.MovePackage(t.Context(), p.s.Viewer("ada"), berth.Name{Owner: "ada", Path: "web"}, berth.Name{Owner: "ada", Path: "new/shop"}); err != nil {
		t.Fatal(err)
	}
	p.leads("/ada/web", "/ada/new/shop")
	p.leads("/ada/web:1.0", "/ada/new/shop:1.0")
	p.leads("/ada/web/-/versions?filter=tagged", "/ada/new/shop/-/versions?filter=tagged")
	// Strangers cannot tell what is hidden from what is not there.
	for _, path := range []string{"/ada/web", "/ada/new/shop", "/ada/nothing", "/ada/new/shop:1.0"} {
		p.s.As("").Get(path).Want(http.StatusSeeOther)
	}
	bob := signIn(t, p.s, "bob")
	for _, path := range []string{"/ada/new/shop", "/ada/new/shop:1.0", "/ada/new/shop/-/raw/" + p.index.String(), "/ada/new/shop/-/trash"} {
		p.s.As("").Get(path, bob...).Want(http.StatusNotFound)
	}
}
