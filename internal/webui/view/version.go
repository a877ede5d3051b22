package view

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
)

// VersionPage is the page of a version, or of one image in it.
type VersionPage struct {
	Head         PackageHead
	ID           int64  // 0 for what is no version itself
	Reference    string // host/owner/path:tag
	Digest       string
	MediaType    string
	ArtifactType string
	Kind         string
	Tags         []string
	Protected    bool
	Health       Health
	PushedAt     time.Time
	LastPulledAt time.Time
	Downloads    int64
	Size         int64
	Freed        int64 // by deleting it, -1 for not known
	Install      []Install
	Platforms    []PlatformRow
	Platform     string // of the image below
	Image        *Image
	Parent       string // digest of an index that holds it, for what is no version
	Annotations  []Pair // of the version itself, where the image below is another manifest
	Attached     []AttachedRow
	Facts        About
	Revision     string
	Created      time.Time
	Helm         *Helm
	Admin        bool
}

// PlatformRow is an image of a version.
type PlatformRow struct {
	Name    string
	Digest  string
	Size    int64
	Href    templ.SafeURL
	Current bool
	Broken  bool
}

// Image is what one manifest has in it.
type Image struct {
	Digest      string
	Size        int64
	Steps       []Step
	Largest     int64 // bytes of its largest layer
	Layers      int
	Named       bool // the layers are files with names
	Entrypoint  []string
	Cmd         []string
	Env         []string
	User        string
	WorkingDir  string
	Ports       []string
	Volumes     []string
	StopSignal  string
	Config      string // its digest
	Labels      []Pair
	Annotations []Pair
	Cut         bool
	Problem     string
}

// Step is a step of how an image was made, or a file.
type Step struct {
	Number  int
	Command string
	Comment string
	Created string
	Layer   bool
	Digest  string
	Size    int64
	Title   string
	Lost    bool // its bytes are
}

// Pair is a name and a value.
type Pair struct{ Name, Value string }

// AttachedRow is an attachment of a version.
type AttachedRow struct {
	Kinds     []string
	Type      string
	Digest    string
	Platform  string
	Size      int64
	CreatedAt time.Time
}

// Helm is what a chart says of itself.
type Helm struct {
	Name, Version, AppVersion, KubeVersion, Type string
	Sources, Maintainers                         []string
	Deprecated, Signed                           bool
}

// words prints a command as a shell takes it.
func words(list []string) string {
	quoted := make([]string, len(list))
	for i, w := range list {
		quoted[i] = w
		if w == "" || strings.ContainsAny(w, " \t\n\"'$`\\|&;<>(){}*?#~") {
			quoted[i] = strconv.Quote(w)
		}
	}
	return strings.Join(quoted, " ")
}

// configOf is where all of an image's configuration is.
func configOf(name string, i *Image) templ.SafeURL {
	return local("/%s/-/raw/%s", name, i.Digest) + "?part=config"
}

func (i *Image) configured() bool {
	return len(i.Entrypoint)+len(i.Cmd)+len(i.Env)+len(i.Ports)+len(i.Volumes) > 0 || i.User+i.WorkingDir+i.StopSignal != ""
}

// attachedTitle words what an attachment is.
func attachedTitle(a AttachedRow) string {
	if len(a.Kinds) == 0 {
		return "Artifact"
	}
	names := make([]string, len(a.Kinds))
	for i, k := range a.Kinds {
		names[i] = KindName(k)
	}
	return strings.Join(names, ", ")
}

func attachedIcon(a AttachedRow) Icon {
	if len(a.Kinds) == 0 {
		return IconPackage
	}
	return kindIcon(a.Kinds[0])
}

// compareQuery asks for what a version is compared with.
func compareQuery(p VersionPage) templ.SafeURL {
	ref := p.Digest
	if len(p.Tags) > 0 {
		ref = p.Tags[0]
	}
	return templ.SafeURL("?" + url.Values{"b": {ref}}.Encode())
}

// idQuery names a version in an address.
func idQuery(id int64) templ.SafeURL { return templ.SafeURL("?id=" + strconv.FormatInt(id, 10)) }

// imageSummary words what one image is.
func imageSummary(p VersionPage) string {
	one := "layer"
	if p.Image.Named {
		one = "file"
	}
	text := Plural(int64(p.Image.Layers), one) + ", " + Bytes(p.Image.Size)
	if p.Platform != "" {
		text = p.Platform + ": " + text
	}
	return text
}

// command puts the lines of a command apart, which builders join: where they were there
// are several spaces.
func command(s string) string {
	var b strings.Builder
	for i, part := range strings.Split(strings.ReplaceAll(s, "\t", "    "), "    ") {
		part = strings.TrimLeft(part, " ")
		if i > 0 && part == "" {
			continue
		}
		if i > 0 && b.Len() > 0 {
			b.WriteString("\n    ")
		}
		b.WriteString(part)
	}
	return b.String()
}

// attachCommands are those that attach something to a version.
func attachCommands(p VersionPage) string {
	text := "cosign sign " + p.Reference
	if p.Kind == "image" {
		text += "\ndocker buildx build --sbom=true --provenance=mode=max --push -t " + p.Reference + " ."
	}
	return text
}
