package view

import (
	"github.com/a-h/templ"
)

// AttachmentPage is what an attachment of a version says.
type AttachmentPage struct {
	Head   PackageHead
	Digest string
	Docs   []Document
	Search string // among the components
}

// Document is one thing that an attachment says.
type Document struct {
	Digest    string
	MediaType string
	Size      int64
	Title     string
	Kind      string
	SBOM      *SBOM
	Statement *Statement
	Signature *Signature
	Text      string
	Cut       bool
	Problem   string
}

// SBOM is a list of ingredients, as far as the page shows it.
type SBOM struct {
	Format, Name, Created string
	Tools                 []string
	Components            []Component
	Found, Total          int // of components: that the search finds, and all
	Before, After         templ.SafeURL
}

// Component is one ingredient.
type Component struct{ Name, Version, Type, License, PURL string }

// Statement says something of something else, as in-toto has it.
type Statement struct {
	PredicateType string
	Predicate     string
	Subjects      []Pair // names and digests
	Provenance    *Provenance
}

// Provenance is how something was built, by its own account.
type Provenance struct {
	Builder, BuildType, Invocation, Source, Revision, Started, Finished string
	Materials                                                           []Pair
}

// Signature is what a signature says of itself.
type Signature struct {
	Format, Subject, Reference, Identity, Issuer, Created, Logged, Expires, KeyHint string
}

func documentTitle(d Document) string {
	if d.Title != "" {
		return d.Title
	}
	switch {
	case d.SBOM != nil:
		return "SBOM"
	case d.Statement != nil && d.Statement.Provenance != nil:
		return "Provenance"
	case d.Signature != nil:
		return "Signature"
	}
	return KindName(d.Kind)
}

// RawPage is a manifest or a config, line by line.
type RawPage struct {
	Head   PackageHead
	Digest string // of the manifest
	Part   string // manifest or config
	Shown  string // digest of what is shown
	Type   string
	Size   int64
	Lines  []string
	Cut    bool
	Config bool // there is one
	Why    string
}
