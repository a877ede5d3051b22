package artifact

import (
	"strings"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// fields are the values that fill a summary, by the last part of their OCI key.
type fields map[string]string

const prefixOCI = "org.opencontainers.image."

// annotation takes an annotation or a label with one of the OCI's keys.
func (f fields) annotation(key, value string) {
	switch key {
	case ocispec.AnnotationTitle, ocispec.AnnotationDescription, ocispec.AnnotationLicenses,
		ocispec.AnnotationSource, ocispec.AnnotationURL, ocispec.AnnotationDocumentation,
		ocispec.AnnotationVersion, ocispec.AnnotationRevision, ocispec.AnnotationAuthors,
		ocispec.AnnotationVendor, ocispec.AnnotationCreated:
		f[strings.TrimPrefix(key, prefixOCI)] = value
	}
}

// oldLabel takes a label with one of the keys from before the OCI's
// (image-spec, annotations.md, "Back-compatibility with Label Schema").
func (f fields) oldLabel(key, value string) {
	var to string
	switch key {
	case "org.label-schema.name":
		to = "title"
	case "org.label-schema.description":
		to = "description"
	case "org.label-schema.license", "artifacthub.io/license":
		to = "licenses"
	case "org.label-schema.vcs-url":
		to = "source"
	case "org.label-schema.url":
		to = "url"
	case "org.label-schema.usage":
		to = "documentation"
	case "org.label-schema.version":
		to = "version"
	case "org.label-schema.vcs-ref":
		to = "revision"
	case "org.label-schema.vendor":
		to = "vendor"
	case "org.label-schema.build-date":
		to = "created"
	case "maintainer":
		to = "authors"
	default:
		return
	}
	f[to] = value
}

// fill sets what is still empty. Call it with the sources in the order in which they
// count; a value that cannot be used leaves the word to the next source.
func (s *Summary) fill(f fields) {
	for _, field := range []struct {
		to    *string
		key   string
		clean func(string) string
	}{
		{&s.Title, "title", lineOf(maxTitle)},
		{&s.Description, "description", lineOf(maxDescription)},
		{&s.Licenses, "licenses", NormalizeLicenses},
		{&s.Source, "source", sourceURL},
		{&s.URL, "url", webURL},
		{&s.Documentation, "documentation", webURL},
		{&s.Version, "version", lineOf(maxName)},
		{&s.Revision, "revision", lineOf(maxName)},
		{&s.Authors, "authors", lineOf(maxName)},
		{&s.Vendor, "vendor", lineOf(maxName)},
		{&s.Created, "created", timestamp},
	} {
		if value := f[field.key]; *field.to == "" && value != "" {
			*field.to = field.clean(value)
		}
	}
}

func lineOf(maximum int) func(string) string {
	return func(s string) string { return line(s, maximum) }
}

// inherit sets what is still empty from another summary.
func (s *Summary) inherit(from *Summary) {
	s.fill(fields{
		"title": from.Title, "description": from.Description, "licenses": from.Licenses,
		"source": from.Source, "url": from.URL, "documentation": from.Documentation,
		"version": from.Version, "revision": from.Revision, "authors": from.Authors,
		"vendor": from.Vendor, "created": from.Created,
	})
}
