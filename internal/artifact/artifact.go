package artifact

import (
	"strings"

	"github.com/berth-registry/berth"
)

// Kind is what a manifest stands for, in one word that is stored and shown.
type Kind string

// The kinds. An attestation is a statement that is neither a list of ingredients
// nor a record of a build, or several statements in one manifest.
const (
	KindImage       Kind = "image"
	KindHelm        Kind = "helm"
	KindWasm        Kind = "wasm"
	KindSignature   Kind = "signature"
	KindSBOM        Kind = "sbom"
	KindProvenance  Kind = "provenance"
	KindAttestation Kind = "attestation"
	KindOther       Kind = "other"
)

// Input is a manifest and what belongs to it, as it was pushed.
type Input struct {
	Manifest     []byte
	MediaType    string       // "" for what the document says
	ArtifactType string       // "" for what the document says
	Config       []byte       // the blob that ConfigDescriptor named; nil when it was not read
	First        *Description // of an index, what FirstChild named; nil when there is none
}

// Description is what a manifest and its config say of themselves. Problem is empty,
// or says in plain words what could not be read.
type Description struct {
	Kind    Kind
	Summary Summary
	Details Details
	Problem string
}

// Summary is what lists and pages show of a version. Every text is one line of
// bounded length. URL and Documentation are addresses of http or https, as is Source
// unless it is in a form that only git understands.
type Summary struct {
	Title         string     `json:"title,omitempty"`
	Description   string     `json:"description,omitempty"`
	Licenses      string     `json:"licenses,omitempty"`
	Source        string     `json:"source,omitempty"`
	URL           string     `json:"url,omitempty"`
	Documentation string     `json:"documentation,omitempty"`
	Version       string     `json:"version,omitempty"`
	Revision      string     `json:"revision,omitempty"`
	Authors       string     `json:"authors,omitempty"`
	Vendor        string     `json:"vendor,omitempty"`
	Created       string     `json:"created,omitempty"` // RFC 3339, in UTC
	Platforms     []Platform `json:"platforms,omitempty"`
	Helm          *Helm      `json:"helm,omitempty"`
}

// Platform is what an image runs on. Digest names the image in its index and is
// empty of an image by itself. Size is what a pull moves: an image knows it, an
// index does not, and leaves it to the caller to fill in.
type Platform struct {
	OS           string       `json:"os,omitempty"`
	Architecture string       `json:"architecture,omitempty"`
	Variant      string       `json:"variant,omitempty"`
	OSVersion    string       `json:"os_version,omitempty"`
	Digest       berth.Digest `json:"digest,omitempty"`
	Size         int64        `json:"size,omitempty"`
}

// String returns "linux/arm64/v8", with "unknown" for a part that is not known.
func (p Platform) String() string {
	parts := []string{p.OS, p.Architecture, p.Variant}
	for i, s := range parts[:2] {
		if s == "" {
			parts[i] = "unknown"
		}
	}
	if p.Variant == "" {
		parts = parts[:2]
	}
	return strings.Join(parts, "/")
}

// known reports whether the document names an operating system or an architecture.
func (p Platform) known() bool { return p.OS != "" || p.Architecture != "" }

// Helm is what a chart says of itself. Signed is whether a provenance file was
// pushed with it.
type Helm struct {
	Name        string   `json:"name,omitempty"`
	Version     string   `json:"version,omitempty"`
	AppVersion  string   `json:"app_version,omitempty"`
	Description string   `json:"description,omitempty"`
	KubeVersion string   `json:"kube_version,omitempty"`
	Type        string   `json:"type,omitempty"`
	Home        string   `json:"home,omitempty"`
	Sources     []string `json:"sources,omitempty"`
	Maintainers []string `json:"maintainers,omitempty"`
	Deprecated  bool     `json:"deprecated,omitempty"`
	Signed      bool     `json:"signed,omitempty"`
}

// Details is what only the page of one version shows. Its texts may have several
// lines, and an address among them may be anything: a page prints it, and never
// makes a link of it. Cut is whether something was left out for its length or number.
type Details struct {
	ArtifactType string            `json:"artifact_type,omitempty"`
	Config       berth.Digest      `json:"config,omitempty"`
	Labels       map[string]string `json:"labels,omitempty"`
	Annotations  map[string]string `json:"annotations,omitempty"`
	Layers       []Layer           `json:"layers,omitempty"`
	History      []Step            `json:"history,omitempty"`
	Env          []string          `json:"env,omitempty"`
	Entrypoint   []string          `json:"entrypoint,omitempty"`
	Cmd          []string          `json:"cmd,omitempty"`
	User         string            `json:"user,omitempty"`
	WorkingDir   string            `json:"working_dir,omitempty"`
	StopSignal   string            `json:"stop_signal,omitempty"`
	ExposedPorts []string          `json:"exposed_ports,omitempty"`
	Volumes      []string          `json:"volumes,omitempty"`
	Children     []Child           `json:"children,omitempty"`
	Cut          bool              `json:"cut,omitempty"`
}

// Layer is one layer of an image, or one file of another artifact. Step counts from
// 1 and says which step of the history made it; 0 is unknown. Title is a file's name.
type Layer struct {
	Digest    berth.Digest `json:"digest,omitempty"`
	MediaType string       `json:"media_type,omitempty"`
	Size      int64        `json:"size"`
	Title     string       `json:"title,omitempty"`
	Step      int          `json:"step,omitempty"`
}

// Step is one step of an image's history, written as in a Dockerfile where that is
// what it was.
type Step struct {
	Created    string `json:"created,omitempty"`
	CreatedBy  string `json:"created_by,omitempty"`
	Comment    string `json:"comment,omitempty"`
	EmptyLayer bool   `json:"empty_layer,omitempty"`
}

// Role is what a child is for in its index.
type Role string

// The roles.
const (
	RoleImage       Role = "image"
	RoleIndex       Role = "index"
	RoleAttestation Role = "attestation"
	RoleArtifact    Role = "artifact"
)

// Child is one manifest of an index. Subject is the image that an attestation is of.
type Child struct {
	Digest       berth.Digest `json:"digest,omitempty"`
	MediaType    string       `json:"media_type,omitempty"`
	ArtifactType string       `json:"artifact_type,omitempty"`
	Size         int64        `json:"size"` // of the manifest itself
	Role         Role         `json:"role"`
	Platform     Platform     `json:"platform,omitzero"`
	Subject      berth.Digest `json:"subject,omitempty"`
}
