package berth

import (
	"fmt"
	"mime"
	"strings"
	"unicode"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// MaxReferences is the number of layers or children a manifest may have.
const MaxReferences = 4096

// MaxMediaTypeLength is the longest media or artifact type a manifest may name, in
// bytes. RFC 6838 allows 127 for each half.
const MaxMediaTypeLength = 255

// Media types of the manifests we store. What a config, layer or artifact calls
// itself is its own affair.
const (
	MediaTypeDockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
	MediaTypeDockerList     = "application/vnd.docker.distribution.manifest.list.v2+json"
	MediaTypeOCIManifest    = ocispec.MediaTypeImageManifest
	MediaTypeOCIIndex       = ocispec.MediaTypeImageIndex
)

// Manifest is what the registry has to know of a manifest's content.
type Manifest struct {
	MediaType    string
	ArtifactType string // for referrers: the manifest's, else its config's media type
	Subject      Digest // "" when it refers to nothing
	Annotations  map[string]string
	References   []Descriptor // config, layers, or children
}

// Descriptor is a reference from a manifest to other content.
type Descriptor struct {
	MediaType string
	Digest    Digest
	Size      int64
}

// Foreign reports whether a layer may be absent: its bytes are distributed by
// somebody else (Windows base layers). We store such a reference and never
// fetch what it names.
func (d Descriptor) Foreign() bool {
	return d.MediaType == "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip" ||
		strings.HasPrefix(d.MediaType, "application/vnd.oci.image.layer.nondistributable.v1.tar")
}

// Index reports whether the manifest is a list of other manifests.
func (m *Manifest) Index() bool {
	return m.MediaType == MediaTypeOCIIndex || m.MediaType == MediaTypeDockerList
}

// ParseManifest reads a manifest that was sent with the given Content-Type. It
// accepts the four known shapes (Docker v2 schema 2 image and list, OCI image
// and index) with any types inside. Errors: ErrManifestInvalid.
func ParseManifest(contentType string, body []byte) (*Manifest, error) {
	declared, err := parseMediaType(contentType)
	if err != nil {
		return nil, err
	}
	doc, err := readManifest(body)
	if err != nil {
		return nil, ErrManifestInvalid.With("%s", err)
	}
	if err := doc.settleMediaType(declared); err != nil {
		return nil, err
	}
	m := &Manifest{MediaType: doc.mediaType, ArtifactType: doc.artifactType, Annotations: doc.annotations}
	if doc.subject != nil {
		m.Subject = doc.subject.Digest
	}
	if err := doc.checkShape(m.Index()); err != nil {
		return nil, err
	}
	if m.Index() {
		m.References = doc.manifests
		return m, nil
	}
	m.References = append([]Descriptor{*doc.config}, doc.layers...)
	if m.ArtifactType == "" {
		m.ArtifactType = doc.config.MediaType
	}
	return m, nil
}

func parseMediaType(contentType string) (string, error) {
	if contentType == "" {
		return "", nil
	}
	t, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return "", ErrManifestInvalid.With("the Content-Type header is not a media type")
	}
	return t, nil
}

type manifestDocument struct {
	mediaType     string
	artifactType  string
	schemaVersion int64
	subject       *Descriptor
	config        *Descriptor
	layers        []Descriptor
	manifests     []Descriptor
	annotations   map[string]string
	has           map[string]bool // which of the known keys are there
}

func readManifest(body []byte) (*manifestDocument, error) {
	r, err := newJSONReader(body)
	if err != nil {
		return nil, err
	}
	d := &manifestDocument{has: map[string]bool{}}
	err = r.object(func(key string) error {
		d.has[key] = true
		return d.field(r, key)
	})
	return d, err
}

func (d *manifestDocument) field(r *jsonReader, key string) (err error) {
	switch key {
	case "schemaVersion":
		d.schemaVersion, err = r.integer()
	case "mediaType":
		d.mediaType, err = readMediaType(r)
	case "artifactType":
		d.artifactType, err = readMediaType(r)
	case "subject":
		if !r.null() {
			d.subject, err = readDescriptor(r)
		}
	case "config":
		d.config, err = readDescriptor(r)
	case "layers":
		d.layers, err = readDescriptors(r)
	case "manifests":
		d.manifests, err = readDescriptors(r)
	case "annotations":
		if !r.null() {
			d.annotations, err = readAnnotations(r)
		}
	default:
		err = r.skip()
	}
	return err
}

func readDescriptors(r *jsonReader) ([]Descriptor, error) {
	if r.null() { // Go clients write an empty list so
		return nil, nil
	}
	var list []Descriptor
	err := r.array(func(i int) error {
		if i >= MaxReferences {
			return fmt.Errorf("more than %d entries", MaxReferences)
		}
		d, err := readDescriptor(r)
		if err == nil {
			list = append(list, *d)
		}
		return err
	})
	return list, err
}

func readDescriptor(r *jsonReader) (*Descriptor, error) {
	d := &Descriptor{Size: -1}
	var digest string
	err := r.object(func(key string) (err error) {
		switch key {
		case "mediaType":
			d.MediaType, err = readMediaType(r)
		case "digest":
			digest, err = r.text()
		case "size":
			d.Size, err = r.integer()
		default:
			err = r.skip()
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if d.Digest, err = ParseDigest(digest); err != nil {
		return nil, err
	}
	if d.Size < 0 {
		return nil, fmt.Errorf("size is missing")
	}
	return d, nil
}

// readMediaType takes any type, known or not, but no control characters: a database
// would refuse some of them.
func readMediaType(r *jsonReader) (string, error) {
	s, err := r.text()
	if err == nil && (len(s) > MaxMediaTypeLength || strings.ContainsFunc(s, unicode.IsControl)) {
		err = fmt.Errorf("not a media type of at most %d characters", MaxMediaTypeLength)
	}
	return s, err
}

func readAnnotations(r *jsonReader) (map[string]string, error) {
	m := map[string]string{}
	err := r.object(func(key string) (err error) {
		m[key], err = r.text()
		return err
	})
	return m, err
}

// settleMediaType decides what the document is: the header and the document
// must agree where both speak.
func (d *manifestDocument) settleMediaType(declared string) error {
	if declared == "" {
		declared = d.mediaType
	}
	switch declared {
	case MediaTypeDockerManifest, MediaTypeDockerList, MediaTypeOCIManifest, MediaTypeOCIIndex:
	case "":
		return ErrManifestInvalid.With("no media type: send a Content-Type header or a mediaType field")
	case "application/vnd.docker.distribution.manifest.v1+json", "application/vnd.docker.distribution.manifest.v1+prettyjws":
		return ErrManifestInvalid.With("Docker image schema 1 is not supported; push with Docker 1.10 or later, or convert the image (skopeo copy --format v2s2)")
	default:
		return ErrManifestInvalid.With("media type %.100q is not one of a manifest or an index", declared)
	}
	if d.mediaType != "" && d.mediaType != declared {
		return ErrManifestInvalid.With("the Content-Type header says %q, the document %.100q", declared, d.mediaType)
	}
	d.mediaType = declared
	return nil
}

func (d *manifestDocument) checkShape(index bool) error {
	switch {
	case d.schemaVersion == 1:
		return ErrManifestInvalid.With("Docker image schema 1 is not supported; push with Docker 1.10 or later")
	case d.schemaVersion != 2:
		return ErrManifestInvalid.With("schemaVersion must be 2")
	case index && (d.has["layers"] || d.has["config"]):
		return ErrManifestInvalid.With("an index must not have config or layers")
	case index && !d.has["manifests"]:
		return ErrManifestInvalid.With("an index needs a manifests list")
	case !index && d.has["manifests"]:
		return ErrManifestInvalid.With("an image manifest must not have a manifests list")
	case !index && d.config == nil:
		return ErrManifestInvalid.With("config is missing")
	case !index && !d.has["layers"]:
		return ErrManifestInvalid.With("layers is missing; it may be an empty list")
	}
	return nil
}
