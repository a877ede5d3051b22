package view

import (
	"strings"
	"testing"
	"time"
)

const someDigest = "sha256:1f2e3d4c5b6a1f2e3d4c5b6a1f2e3d4c5b6a1f2e3d4c5b6a1f2e3d4c5b6a1f2e"

func someHead(tab string, admin bool) PackageHead {
	return PackageHead{Name: "acme/web/api", Visibility: "private", Versions: 1200, Tab: tab, Admin: admin}
}

func someInstall() []Install {
	return []Install{
		{ID: "docker", Name: "Docker", Command: "docker pull x/acme/web/api:1.0"},
		{ID: "kubernetes", Name: "Kubernetes", Command: "image: x/acme/web/api:1.0", Hint: "In a container of a Pod's spec."},
	}
}

func TestPackageParts(t *testing.T) {
	t.Parallel()
	f := Frame{Login: "ada", Path: "/acme/web/api"}
	days := []Day{{Day: noon().AddDate(0, 0, -1), Count: 10}, {Day: noon(), Count: 1000}}
	golden(t, "package_top", f, PackageTop(someHead("tags", true)))
	golden(t, "install", f, InstallBox(someInstall()))
	golden(t, "downloads", f, DownloadsChart(days))
	golden(t, "package", f, Package(PackagePage{
		Head: someHead("overview", false), Install: someInstall(), From: "acme/web", Readme: Label("", "", "the README"),
		Latest: &VersionCard{
			Reference: "latest", Href: "/acme/web/api:latest", Digest: someDigest, Kind: "image", Platforms: []string{"linux/amd64", "linux/arm64", "a", "b", "c"},
			Size: 30 << 20, PushedAt: noon().Add(-time.Hour), Kinds: []string{"signature", "sbom", "provenance"}, Health: Health{Missing: []Lost{{someDigest, "linux/arm64"}}},
		},
		Tags: []TagRow{{Name: "1.0", Platforms: []string{"linux/amd64"}, Size: 1 << 20, UpdatedAt: noon(), Protected: true, Signed: true}},
		About: About{
			Kind: "image", Description: "<b>", Licenses: "MIT", Source: "javascript:x", URL: "https://x.example", Repository: "acme/web", Visibility: "public",
			Inherits: true, Size: 1 << 30, Downloads: 1010, CreatedAt: noon(), Days: days,
		},
	}))
	golden(t, "package_unlinked", f, Package(PackagePage{Head: someHead("overview", true), Latest: &VersionCard{Reference: "latest", Href: "/acme/web/api:latest"}}))
	golden(t, "package_no_readme", f, Package(PackagePage{
		Head: someHead("overview", true), Latest: &VersionCard{Reference: "latest", Href: "/acme/web/api:latest"}, About: About{Repository: "acme/web", Inherits: true},
	}))
	golden(t, "package_empty", f, Package(PackagePage{Head: someHead("overview", true)}))
}

func TestVersionParts(t *testing.T) {
	t.Parallel()
	f := Frame{Login: "ada", Path: "/acme/web/api:1.0"}
	golden(t, "version", f, Version(VersionPage{
		Head: someHead("versions", true), ID: 7, Reference: "x/acme/web/api:1.0", Digest: someDigest, MediaType: "a/b", Kind: "image", Tags: []string{"1.0", "1"},
		Protected: true, Health: Health{Missing: []Lost{{someDigest, ""}}, Problem: "the config is no JSON"}, PushedAt: noon(), Size: 2000, Freed: 1000, Admin: true, Install: someInstall(),
		Platforms: []PlatformRow{{Name: "linux/amd64", Digest: someDigest, Size: 1000, Href: "?platform=linux%2Famd64", Current: true, Broken: true}}, Platform: "linux/amd64",
		Image: &Image{
			Digest: someDigest, Size: 1000, Largest: 800, Layers: 2, Entrypoint: []string{"/bin/sh", "-c", "a b"}, Env: []string{"A=<b>"}, User: "1", Config: someDigest,
			Steps:  []Step{{Number: 1, Command: "RUN a &&     b", Layer: true, Digest: someDigest, Size: 800, Lost: true}, {Number: 2, Command: "USER 1", Comment: "why"}, {Layer: true, Digest: someDigest, Size: 200}},
			Labels: []Pair{{"a", "<b>\nc"}}, Cut: true,
		},
		Annotations: []Pair{{"x", "y"}}, Revision: "abc",
		Attached: []AttachedRow{{Kinds: []string{"sbom", "provenance"}, Type: "t", Digest: someDigest, Platform: "linux/amd64", CreatedAt: noon()}},
		Helm:     &Helm{Name: "shop", Version: "1", Sources: []string{"https://x.example"}, Maintainers: []string{"Ada"}, Deprecated: true, Signed: true},
	}))
	golden(t, "attachment", f, Attachment(AttachmentPage{Head: someHead("versions", false), Digest: someDigest, Search: "x", Docs: []Document{
		{Kind: "sbom", SBOM: &SBOM{Format: "SPDX-2.3", Found: 1, Total: 2, Components: []Component{{"x", "1", "library", "MIT", "pkg:x"}}, After: "?from=1"}},
		{Kind: "provenance", Statement: &Statement{PredicateType: "p", Predicate: "{}", Subjects: []Pair{{"x", "sha256:1"}}, Provenance: &Provenance{Builder: "javascript:x", Materials: []Pair{{"m", "d"}}}}},
		{Kind: "signature", Signature: &Signature{Format: "cosign", Identity: "<me>", KeyHint: "k"}, Text: "<t>", Cut: true},
		{Kind: "other", Text: "plain <b>", Problem: "broken"},
	}}))
	golden(t, "raw", f, Raw(RawPage{Head: someHead("versions", false), Digest: someDigest, Part: "config", Shown: someDigest, Type: "config", Lines: []string{"{", `  "<a>": 1`, "}"}, Config: true, Cut: true}))
}

func TestPackageLists(t *testing.T) {
	t.Parallel()
	f := Frame{Login: "ada", Path: "/acme/web/api/-/versions"}
	rows := []VersionRow{
		{ID: 1, Href: "/acme/web/api@x", Tags: []string{"1", "2", "3", "4", "5", "6", "7"}, Digest: someDigest, Kind: "image", Size: 1, PushedAt: noon(), Protected: true, Signed: true, Health: Health{Pending: true}},
		{ID: 2, Digest: someDigest, DeletedAt: noon(), DeletedBy: "ada", Until: noon().AddDate(0, 0, 30), Tags: []string{"x"}, Health: Health{Problem: "p"}},
	}
	golden(t, "tags", f, Tags(TagsPage{Head: someHead("tags", true), Image: "x/acme/web/api", Rows: []TagRow{{Name: "1.0", Digest: someDigest, Size: 1, UpdatedAt: noon(), Downloads: 1234, Signed: true}}, Pages: Pages{1, true}}))
	golden(t, "tags_none", f, Tags(TagsPage{Head: someHead("tags", true), Image: "x/acme/web/api", ByName: true}))
	golden(t, "versions", f, Versions(VersionsPage{Head: someHead("versions", true), Filter: "all", Filters: []Tab{{Name: "All", Href: "?filter=all", Current: true}}, Rows: rows, Pages: Pages{2, false}}))
	golden(t, "versions_read", f, Versions(VersionsPage{Head: someHead("versions", false), Filter: "all", Rows: rows[:1]}))
	golden(t, "versions_delete", f, DeleteVersions(DeletePage{Head: someHead("versions", true), Rows: rows[:1], Freed: 2048, Failure: "No."}))
	golden(t, "versions_trash", f, Trash(TrashPage{Head: someHead("trash", true), Rows: rows[1:]}))
	golden(t, "compare", f, Compare(ComparePage{
		Head: someHead("versions", false), A: "1", B: "2", Known: []string{"1", "2"}, Platforms: []Tab{{Name: "linux/amd64", Href: "?platform=linux%2Famd64", Current: true}, {Name: "linux/arm64", Href: "?platform=linux%2Farm64"}},
		Result: &Comparison{
			Before: rows[0], After: rows[0], Platform: "linux/amd64", OnlyAfter: []string{"linux/s390x"}, BeforeSize: 100, AfterSize: 50,
			Layers: []LayerRow{{"shared", someDigest, 1, "RUN a"}, {"added", someDigest, 2, ""}, {"removed", someDigest, 3, "RUN b"}}, Shared: 1, Added: 2, Gone: 3,
			Env: []Change{{Name: "A", After: "<1>", HasIt: true}, {Name: "B", Before: "1", HadIt: true}}, Cut: true, Problems: []string{"Why."},
		},
	}))
}

func TestWordsOfPackages(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ got, want string }{
		{words([]string{"/bin/sh", "-c", "echo $A", ""}), `/bin/sh -c "echo $A" ""`},
		{command("RUN a &&     b &&\t\tc    "), "RUN a &&\n    b &&\n    c"},
		{command("    RUN a"), "RUN a"},
		{difference(1, 2049), "+2.00 KiB"},
		{difference(2049, 1), "−2.00 KiB"},
		{difference(1, 1), "the same size"},
		{lostSentence(Lost{"sha256:12", ""}), "The bytes of sha256:12 are lost."},
		{documentTitle(Document{Title: "a.txt"}), "a.txt"},
		{documentTitle(Document{Kind: "other"}), "Artifact"},
		{attachedTitle(AttachedRow{}), "Artifact"},
		{imageSummary(VersionPage{Image: &Image{Layers: 1, Size: 5, Named: true}}), "1 file, 5 B"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
	// The highest bar is as high as the chart, and what was pulled at all shows.
	bars := chartBars([]Day{{Count: 0}, {Count: 1}, {Count: 100_000}})
	if bars[0].height != "0.0" || bars[1].height != "2.0" || bars[2].height != "64.0" || bars[2].y != "0.0" {
		t.Errorf("%+v", bars)
	}
	if strings.Contains(render(t, Frame{}, DownloadsChart(nil)), "NaN") {
		t.Error("no days")
	}
}
