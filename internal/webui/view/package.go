package view

import (
	"strings"
	"time"

	"github.com/a-h/templ"
)

// PackageHead is what every page of a package has above.
type PackageHead struct {
	Name       string // owner/path
	Rest       string // what follows the name on the page of a version: :tag or @digest
	Visibility string
	Versions   int64
	Tab        string // overview, tags, versions, trash or settings
	Admin      bool   // the viewer administers it
}

// parts returns the owner and the path of a package's name.
func parts(name string) (owner, path string) {
	owner, path, _ = strings.Cut(name, "/")
	return owner, path
}

func (h PackageHead) tabs() []Tab {
	tab := func(id, name, format string, icon Icon, count int64) Tab {
		return Tab{Name: name, Href: local(format, h.Name), Icon: icon, Count: count, Current: h.Tab == id}
	}
	list := []Tab{
		tab("overview", "Overview", "/%s", IconPackage, -1),
		tab("tags", "Tags", "/%s/-/tags", IconTag, -1),
		tab("versions", "Versions", "/%s/-/versions", IconVersions, h.Versions),
	}
	if h.Admin {
		list = append(list, tab("trash", "Trash", "/%s/-/trash", IconTrash, -1), tab("settings", "Settings", "/%s/-/settings", IconGear, -1))
	}
	return list
}

// Install is how one client gets a version.
type Install struct {
	ID, Name string // of the client
	Command  string
	Hint     string
}

// PackagePage is the page of a package.
type PackagePage struct {
	Head    PackageHead
	Install []Install
	Latest  *VersionCard
	Tags    []TagRow
	About   About
	Readme  templ.Component
	From    string // the repository of the README
}

// About is what stands beside the page of a package.
type About struct {
	Kind          string
	Title         string
	Description   string
	Licenses      string
	Version       string
	Authors       string
	Vendor        string
	Source        string
	URL           string
	Documentation string
	Repository    string // owner/name
	Visibility    string
	Inherits      bool
	Size          int64
	Downloads     int64
	LastPulledAt  time.Time
	CreatedAt     time.Time
	Days          []Day
}

// Day is how often something was pulled on a day.
type Day struct {
	Day   time.Time
	Count int64
}

// VersionCard is a version in short.
type VersionCard struct {
	Reference string // a tag or a short digest
	Href      templ.SafeURL
	Digest    string
	Kind      string
	Platforms []string
	Size      int64
	PushedAt  time.Time
	Health    Health
	Kinds     []string // of what is attached to it
}

// Health is whether a version is whole.
type Health struct {
	Pending bool   // the job after the push has not read it yet
	Problem string // why something could not be read
	Missing []Lost
}

// Lost is a blob whose bytes are lost.
type Lost struct{ Digest, Platform string }

// TagRow is a tag in a list.
type TagRow struct {
	Name         string
	Digest       string
	Kind         string
	Platforms    []string
	Size         int64
	UpdatedAt    time.Time
	LastPulledAt time.Time
	Downloads    int64
	Protected    bool
	Signed       bool
	Health       Health
}

// few is the number of platforms that a row shows.
const few = 4

// chartBar is one bar of a chart.
type chartBar struct{ x, y, width, height, title string }

const (
	chartWidth  = 300
	chartHeight = 64
)

// chartBars returns the bars of days.
func chartBars(days []Day) []chartBar {
	most := int64(1)
	for _, d := range days {
		most = max(most, d.Count)
	}
	list := make([]chartBar, len(days))
	step := float64(chartWidth) / float64(max(1, len(days)))
	for i, d := range days {
		height := float64(chartHeight) * float64(d.Count) / float64(most)
		if d.Count > 0 {
			height = max(2, height)
		}
		list[i] = chartBar{
			x: decimal(float64(i)*step + 1), y: decimal(chartHeight - height), width: decimal(step - 2), height: decimal(height),
			title: d.Day.Format("2 January") + ": " + Plural(d.Count, "pull"),
		}
	}
	return list
}

func sum(days []Day) (n int64) {
	for _, d := range days {
		n += d.Count
	}
	return n
}

// attachedName words that something is attached to a version.
func attachedName(kind string) string {
	if kind == "signature" {
		return "Signed"
	}
	return KindName(kind)
}

func lostSentence(l Lost) string {
	text := "The bytes of " + ShortDigest(l.Digest) + " are lost"
	if l.Platform != "" {
		text += ": " + l.Platform + " cannot be pulled"
	}
	return text + "."
}
