package view

import (
	"time"

	"github.com/a-h/templ"
)

// TagsPage is the list of a package's tags.
type TagsPage struct {
	Head   PackageHead
	Image  string // host/owner/path
	Search string
	ByName bool
	Rows   []TagRow
	Pages  Pages
}

// VersionRow is a version in a list.
type VersionRow struct {
	ID           int64
	Href         templ.SafeURL
	Tags         []string
	Digest       string
	Kind         string
	Platforms    []string
	Size         int64
	PushedAt     time.Time
	LastPulledAt time.Time
	Downloads    int64
	Protected    bool
	Signed       bool
	Health       Health
	DeletedAt    time.Time
	DeletedBy    string
	Until        time.Time // when it is gone for good
}

// VersionsPage is the list of a package's versions.
type VersionsPage struct {
	Head    PackageHead
	Search  string
	Filter  string
	Filters []Tab
	Rows    []VersionRow
	Pages   Pages
}

// DeletePage asks whether versions are to be deleted.
type DeletePage struct {
	Head    PackageHead
	Rows    []VersionRow
	Kept    []VersionRow // chosen too, but protected
	Freed   int64        // -1: not known
	Failure string
}

// TrashPage is the list of a package's deleted versions.
type TrashPage struct {
	Head    PackageHead
	Rows    []VersionRow
	Pages   Pages
	Failure string
}

// ComparePage is two versions side by side.
type ComparePage struct {
	Head      PackageHead
	A, B      string // as they were asked for
	Known     []string
	Failure   string
	Result    *Comparison
	Platforms []Tab
}

// Comparison is what changed from one version to another.
type Comparison struct {
	Before, After         VersionRow
	Platform              string
	OnlyBefore, OnlyAfter []string
	BeforeSize, AfterSize int64
	Layers                []LayerRow
	Shared, Added, Gone   int64
	Labels, Env, Config   []Change
	Equal, Cut            bool
	Problems              []string
}

// LayerRow is a layer of one image or of both.
type LayerRow struct {
	Presence  string // shared, added or removed
	Digest    string
	Size      int64
	CreatedBy string
}

// Change is a value before and after.
type Change struct {
	Name          string
	Before, After string
	HadIt, HasIt  bool
}

func presenceIcon(presence string) Icon {
	switch presence {
	case "added":
		return IconDiffAdded
	case "removed":
		return IconDiffRemoved
	default:
		return IconCheck
	}
}

// difference words by how many bytes something grew.
func difference(before, after int64) string {
	switch {
	case after > before:
		return "+" + Bytes(after-before)
	case after < before:
		return "−" + Bytes(before-after)
	default:
		return "the same size"
	}
}

func versionName(r VersionRow) string {
	if len(r.Tags) > 0 {
		return r.Tags[0]
	}
	return ShortDigest(r.Digest)
}
