package webui_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/registry"
	"github.com/berth-registry/berth/internal/webui/view"
)

// id returns the number of the version that a reference names.
func (p *shop) id(ref berth.Reference) int64 {
	p.Helper()
	r, err := p.s.Registry.GetReference(p.Context(), p.s.Viewer("ada"), berth.Name{Owner: "ada", Path: "web"}, ref)
	if err != nil {
		p.Fatal(err)
	}
	return r.VersionID
}

func TestVersionPage(t *testing.T) {
	t.Parallel()
	p := newShop(t)
	p.has("/ada/web:2.0", p.index.String(), `href="/ada/web:latest"`, "linux/amd64", "linux/arm64", "RUN make", "COPY web /", "USER 1", "VERSION=2.0", "/web",
		"org.opencontainers.image.version", "Signature", "SBOM, Provenance", "docker pull "+p.host()+"/ada/web:2.0", "None of these was verified", "/ada/web/-/compare?b=2.0", "Complete")
	p.has("/ada/web:2.0?platform=linux/arm64", digest.FromString("layer arm642.0").String())
	p.has("/ada/web:2.0?platform=linux/amd64", digest.FromString("layer amd642.0").String())
	p.page("/ada/web:2.0?platform=linux/nothing", http.StatusNotFound)
	p.has("/ada/web@"+p.index.String(), "ada/web@"+p.index.String())
	// An image of an index has a page, too; what is attached leads to what it says.
	p.has("/ada/web@"+p.arm.String(), "one of the images of", p.index.String()[:19], "RUN make")
	p.leads("/ada/web@"+p.att.String(), "/ada/web/-/attachments/"+p.att.String())
	p.has("/ada/web:1.0", "Nothing is attached", "linux/amd64: 2 layers")
	// Numbers lead to names.
	p.leads("/ada/web/-/versions/"+strconv.FormatInt(p.id(berth.Reference{Digest: p.old}), 10), "/ada/web:1.0")
	p.c.Do(http.MethodDelete, "/v2/ada/web/manifests/1.0", nil).Want(http.StatusAccepted)
	p.leads("/ada/web/-/versions/"+strconv.FormatInt(p.id(berth.Reference{Digest: p.old}), 10), "/ada/web@"+p.old.String())
	p.page("/ada/web/-/versions/x", http.StatusNotFound)
	p.page("/ada/web/-/versions/999999", http.StatusNotFound)
}

func TestVersionThatLacksBytes(t *testing.T) {
	t.Parallel()
	p := newShop(t)
	lost := digest.FromString("layer arm642.0")
	key := p.s.Query(`SELECT storage_key FROM blobs WHERE digest = '` + lost.String() + `'`)[0]
	if err := p.s.Blobs.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if _, err := p.s.Registry.CheckBlobs(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.has("/ada/web", "1 blob missing", "linux/arm64 cannot be pulled")
	p.has("/ada/web:2.0?platform=linux/arm64", "Broken", "Missing", "linux/arm64 cannot be pulled")
	p.has("/ada/web@"+p.arm.String(), "1 blob missing")
	p.has("/ada/web/-/tags", "1 blob missing")
	broken := p.page("/ada/web/-/versions?filter=broken")
	if !strings.Contains(broken, p.index.String()[:19]) || strings.Contains(broken, p.old.String()[:19]) {
		t.Error(main(broken))
	}
}

func TestAttachmentPage(t *testing.T) {
	t.Parallel()
	p := newShop(t)
	at := "/ada/web/-/attachments/" + p.att.String()
	p.has(at, "Nothing on this page was verified", "SPDX-2.3", "250 components", "module-0<", "https://slsa.dev/provenance/v1", "javascript:alert(2)", "pkg:docker/alpine@3.22", `from=200`, "The predicate")
	filtered := p.page(at + "?q=module-24")
	if !strings.Contains(filtered, "11 of 250 components") || strings.Contains(filtered, "module-1<") || !strings.Contains(filtered, "module-249") {
		t.Error(main(filtered))
	}
	if far := p.page(at + "?from=9223372036854775807"); !strings.Contains(far, "module-0<") || strings.Contains(far, "from=-") {
		t.Error(far)
	}
	second := p.page(at + "?from=200")
	if !strings.Contains(second, "module-249") || strings.Contains(second, "module-1<") || !strings.Contains(second, "from=0") {
		t.Error(main(second))
	}
	p.has("/ada/web/-/attachments/"+p.sig.String(), "Not verified", "cosign", p.index.String())
	p.page("/ada/web/-/attachments/"+p.index.String(), http.StatusNotFound)
	p.page("/ada/web/-/attachments/x", http.StatusBadRequest)
}

func TestRawPage(t *testing.T) {
	t.Parallel()
	p := newShop(t)
	p.has("/ada/web/-/raw/"+p.index.String(), `id="L1"`, `href="#L2"`, "&#34;schemaVersion&#34;: 2")
	p.has("/ada/web/-/raw/"+p.arm.String(), "?part=config", "Manifest")
	p.has("/ada/web/-/raw/"+p.arm.String()+"?part=config", "&#34;architecture&#34;: &#34;arm64&#34;", "RUN make")
	p.page("/ada/web/-/raw/"+digest.FromString("layer arm642.0").String(), http.StatusNotFound) // a blob is no page
	p.page("/ada/web/-/raw/x", http.StatusBadRequest)
	for _, key := range p.s.Query(`SELECT storage_key FROM blobs`) {
		if err := p.s.Blobs.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	p.has("/ada/web/-/raw/"+p.arm.String()+"?part=config", "Its bytes are lost")
}

func TestTagsPage(t *testing.T) {
	t.Parallel()
	p := newShop(t)
	body := p.page("/ada/web/-/tags")
	if strings.Index(body, "ada/web:latest") > strings.Index(body, "ada/web:1.0") {
		t.Error("the newest is not first")
	}
	body = p.page("/ada/web/-/tags?sort=name")
	if strings.Index(body, "ada/web:1.0") > strings.Index(body, "ada/web:latest") {
		t.Error("not by name")
	}
	body = p.page("/ada/web/-/tags?q=LAT")
	if !strings.Contains(body, "ada/web:latest") || strings.Contains(body, "ada/web:1.0") {
		t.Error(main(body))
	}
	p.has("/ada/web/-/tags?q=nothing", "No tag has that in it")
	for i := range 31 {
		p.c.PushManifest("ada/web", fmt.Sprintf("x%02d", i), berth.MediaTypeOCIManifest, p.c.Get("/v2/ada/web/manifests/1.0").Body)
	}
	p.has("/ada/web/-/tags?q=x&sort=name", "x29", "page=2")
	p.has("/ada/web/-/tags?q=x&sort=name&page=2", "x30", `rel="prev" href="/ada/web/-/tags?q=x&amp;sort=name"`)
	for _, bad := range []string{"0", "-1", "x", "99999999"} {
		p.page("/ada/web/-/tags?page="+bad, http.StatusBadRequest)
	}
	c := p.s.As("")
	post(c, "/ada/web/-/tags/delete", form("tag", "x00")).Want(http.StatusUnauthorized)
	bob := signIn(t, p.s, "bob")
	post(c, "/ada/web/-/tags/delete", form("tag", "x00"), bob...).Want(http.StatusNotFound)
	post(c, "/ada/web/-/tags/delete", form("tag", "x00"), p.session...).Want(http.StatusSeeOther)
	post(c, "/ada/web/-/tags/delete", form("tag", "x00"), p.session...).Want(http.StatusNotFound)
	post(c, "/ada/web/-/tags/delete", form("tag", "/"), p.session...).Want(http.StatusBadRequest)
	p.page("/ada/web:x00", http.StatusNotFound)
}

func TestDeleteAndRestoreVersions(t *testing.T) {
	t.Parallel()
	p := newShop(t)
	old, index := p.id(berth.Reference{Digest: p.old}), p.id(berth.Reference{Digest: p.index})
	p.has("/ada/web/-/versions", p.old.String()[:19], p.index.String()[:19], fmt.Sprintf(`value="%d"`, old), "2.0</a>", "linux/arm64")
	search := p.page("/ada/web/-/versions?q=" + p.old.String()[:20])
	if !strings.Contains(search, p.old.String()[:19]) || strings.Contains(search, p.index.String()[:19]) {
		t.Error(main(search))
	}
	p.has("/ada/web/-/versions?filter=untagged", "None is like that")
	p.page("/ada/web/-/versions?filter=x", http.StatusBadRequest)
	if _, err := p.s.Registry.CreateTagRule(t.Context(), p.s.Viewer("ada"), berth.Name{Owner: "ada", Path: "web"}, "2.*", registry.Movers{}); err != nil {
		t.Fatal(err)
	}
	if body := p.page("/ada/web/-/versions?filter=protected"); !strings.Contains(body, p.index.String()[:19]) || strings.Contains(body, p.old.String()[:19]) || !strings.Contains(body, "Protected</span>") {
		t.Error(main(body))
	}
	p.has("/ada/web/-/tags", "Protected</span>")
	ask := fmt.Sprintf("/ada/web/-/versions/delete?id=%d", old)
	plan, err := p.s.Registry.PlanDeletion(t.Context(), p.s.Viewer("ada"), berth.Name{Owner: "ada", Path: "web"}, old)
	if err != nil || plan.Freed < 100 {
		t.Fatal(plan.Freed, err)
	}
	p.has(ask, "Move 1 version to the trash?", "<strong>"+view.Bytes(plan.Freed)+"</strong>", "1.0</a>", "linux/amd64")
	// What a rule protects is not asked about: it stays, and the rest can go.
	both := p.page(fmt.Sprintf("%s&id=%d", ask, index))
	if !strings.Contains(both, "Move 1 version to the trash?") || !strings.Contains(both, "1 version of those that were chosen will stay") || strings.Contains(both, fmt.Sprintf(`name="id" value="%d"`, index)) {
		t.Error(main(both))
	}
	if only := p.page(fmt.Sprintf("/ada/web/-/versions/delete?id=%d", index)); !strings.Contains(only, "None of these can be deleted") || strings.Contains(only, "Move to the trash") {
		t.Error(main(only))
	}
	for _, bad := range []string{"", "?id=", "?id=x", "?id=-1", "?id=0"} {
		p.page("/ada/web/-/versions/delete"+bad, http.StatusBadRequest)
	}
	p.page("/ada/web/-/versions/delete?id=999999", http.StatusNotFound)
	c, at := p.s.As(""), "/ada/web/-/versions/delete"
	c.Get(ask).Want(http.StatusSeeOther)
	post(c, at, form("id", strconv.FormatInt(old, 10))).Want(http.StatusUnauthorized)
	bob := signIn(t, p.s, "bob")
	p.s.SetVisibility("ada/web", berth.VisibilityPublic)
	c.Get(ask, bob...).Want(http.StatusForbidden)
	post(c, at, form("id", strconv.FormatInt(old, 10)), bob...).Want(http.StatusForbidden)
	c.Get("/ada/web/-/trash", bob...).Want(http.StatusForbidden)
	// All or none: the last tagged one stays, and the page says so.
	r := post(c, at, form("id", strconv.FormatInt(old, 10), "id", strconv.FormatInt(index, 10)), p.session...).Want(http.StatusConflict)
	if !strings.Contains(string(r.Body), `role="alert"`) || !strings.Contains(string(r.Body), "last tagged one") {
		t.Error(main(string(r.Body)))
	}
	p.page("/ada/web:1.0")
	r = post(c, at, form("id", strconv.FormatInt(old, 10)), p.session...).Want(http.StatusSeeOther)
	if cookie(t, r, "berth_flash") == nil {
		t.Error("nothing says that it was done")
	}
	p.page("/ada/web:1.0", http.StatusNotFound)
	p.has("/ada/web/-/trash", p.old.String()[:19], "1.0", "by ada", "without taken tags")
	p.c.PushManifest("ada/web", "1.0", berth.MediaTypeOCIIndex, p.c.Get("/v2/ada/web/manifests/2.0").Body)
	restore := "/ada/web/-/trash"
	post(c, restore, form("id", strconv.FormatInt(old, 10)), bob...).Want(http.StatusForbidden)
	r = post(c, restore, form("id", strconv.FormatInt(old, 10)), p.session...).Want(http.StatusConflict)
	if !strings.Contains(string(r.Body), `role="alert"`) || !strings.Contains(string(r.Body), p.old.String()[:19]) {
		t.Error(main(string(r.Body)))
	}
	post(c, restore, form("id", strconv.FormatInt(old, 10), "skip", "yes"), p.session...).Want(http.StatusSeeOther)
	p.has("/ada/web@"+p.old.String(), "No tags")
	p.has("/ada/web/-/trash", "The trash is empty")
	// A session that was left open is asked for the password first.
	p.s.Clock.Advance(registry.TrashLife / 100)
	r = post(c, at, form("id", strconv.FormatInt(old, 10)), p.session...).Want(http.StatusOK)
	if !strings.Contains(string(r.Body), "Confirm that it is you") {
		t.Error(main(string(r.Body)))
	}
}

func TestComparePage(t *testing.T) {
	t.Parallel()
	p := newShop(t)
	p.has("/ada/web/-/compare?b=2.0", `value="2.0"`, "<option", "What changed between two versions")
	p.has("/ada/web/-/compare?a=1.0&b=2.0", "VERSION", "<del>1.0</del>", "<ins>2.0</ins>", "org.opencontainers.image.version", "shared", "linux/arm64",
		digest.FromString("layer amd642.0").String(), digest.FromString("layer amd641.0").String())
	p.has("/ada/web/-/compare?a=2.0&b="+p.index.String(), "The same")
	p.page("/ada/web/-/compare?a=1.0&b=nothing", http.StatusNotFound)
	p.page("/ada/web/-/compare?a=1.0&b=/", http.StatusBadRequest)
	p.page("/ada/web/-/compare?a=1.0&b=2.0&platform=x", http.StatusBadRequest)
}

func TestAddressesOfOtherForges(t *testing.T) {
	t.Parallel()
	p := newShop(t)
	d := p.index.String()
	for path, to := range map[string]string{
		"/orgs/acme/packages/container/package/web":          "/acme/web",
		"/orgs/Acme/packages/container/package/web%2Fapi":    "/acme/web/api",
		"/orgs/acme/packages/container/web/12":               "/acme/web/-/versions/12",
		"/orgs/acme/packages/container/web%2Fapi/versions":   "/acme/web/api/-/versions",
		"/orgs/acme/packages/container/web/settings":         "/acme/web/-/settings",
		"/orgs/acme/packages":                                "/acme",
		"/users/ada/packages/container/package/web":          "/ada/web",
		"/users/ada/packages/container/web/7":                "/ada/web/-/versions/7",
		"/users/ada/packages":                                "/ada",
		"/ada/container/pkgs/container/web":                  "/ada/web",
		"/ada/repo/pkgs/container/web":                       "/ada/web",
		"/ada/repo/pkgs/container/web%2Fapi":                 "/ada/web/api",
		"/ada/repo/pkgs/container/web/versions":              "/ada/web/-/versions",
		"/ada/repo/pkgs/container/web/12?tag=x":              "/ada/web/-/versions/12",
		"/ada/-/packages/container/web":                      "/ada/web",
		"/ada/-/packages/container/web%2Fapi/1.0":            "/ada/web/api:1.0",
		"/ada/-/packages/container/web/" + d:                 "/ada/web@" + d,
		"/ada/-/packages/container/web/versions":             "/ada/web/-/versions",
		"/ada/-/packages/settings/container/web%2Fapi":       "/ada/web/api/-/settings",
		"/ada/-/packages/container/web/%2F%2Fevil.example":   "",
		"/orgs/acme/packages/container/package/%2F%2F":       "",
		"/orgs/settings/packages":                            "",
		"/orgs/%2F%2Fevil.example/packages":                  "",
		"/orgs/%5Cevil.example/packages/container/package/x": "",
	} {
		r := p.s.As("").Get(path)
		if to == "" {
			if r.Status != http.StatusNotFound {
				t.Errorf("%s: %d to %s", path, r.Status, r.Header.Get("Location"))
			}
		} else if got := r.Header.Get("Location"); r.Status != http.StatusSeeOther || got != to {
			t.Errorf("%s: %d to %q, want %q", path, r.Status, got, to)
		}
	}
	// A package may be called so.
	p.c.PushImage("ada/repo/pkgs/container/web", "v1", "x")
	p.has("/ada/repo/pkgs/container/web", "docker pull "+p.host()+"/ada/repo/pkgs/container/web:v1")
	p.has("/ada/repo/pkgs/container/web:v1", "docker pull "+p.host()+"/ada/repo/pkgs/container/web:v1")
	p.has("/ada/repo/pkgs/container/web/-/tags", "v1")
}
