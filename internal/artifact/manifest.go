package artifact

import (
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/berth-registry/berth"
)

// Annotations of descriptors that say what a child or a layer is.
const (
	noteReferenceType   = "vnd.docker.reference.type"
	noteReferenceDigest = "vnd.docker.reference.digest"
	notePredicateType   = "in-toto.io/predicate-type"
	noteCosignPredicate = "predicateType"
	noteBundlePredicate = "dev.sigstore.bundle.predicateType"
	noteBundleContent   = "dev.sigstore.bundle.content"
)

// manifest is what a manifest's document says.
type manifest struct {
	mediaType    string
	artifactType string
	config       descriptor
	layers       []descriptor
	children     []descriptor
	index        bool
	notes        map[string]string // the annotations that are listed above
	fields       fields
}

// descriptor is a reference with what it says of its target.
type descriptor struct {
	berth.Descriptor
	artifactType string
	platform     Platform
	unknown      bool // the platform is "unknown/unknown", as BuildKit writes of attestations
	notes        map[string]string
}

// readManifest reads a manifest or an index. d takes the annotations; it may be nil.
func readManifest(body []byte, mediaType string, d *Details) (m manifest, problem string) {
	m = manifest{notes: map[string]string{}, fields: fields{}}
	var annotations *cutter
	if d != nil {
		annotations = d.cutter()
	}
	problem = read("the manifest", body, func(r *reader, key string) {
		switch key {
		case "mediaType":
			m.mediaType = line(r.text(), berth.MaxMediaTypeLength)
		case "artifactType":
			m.artifactType = line(r.text(), berth.MaxMediaTypeLength)
		case "config":
			m.config = readDescriptor(r)
		case "layers":
			m.layers = readDescriptors(r)
		case "manifests":
			m.index = true
			m.children = readDescriptors(r)
		case "annotations":
			r.pairs(func(key, value string) {
				m.fields.annotation(key, value)
				keepNote(m.notes, key, value)
				if d != nil {
					d.Annotations = annotations.put(d.Annotations, key, value)
				}
			})
		default:
			r.skip()
		}
	})
	if mediaType != "" {
		m.mediaType = mediaType
	}
	switch m.mediaType {
	case berth.MediaTypeOCIIndex, berth.MediaTypeDockerList:
		m.index = true
	case berth.MediaTypeOCIManifest, berth.MediaTypeDockerManifest:
		m.index = false
	}
	return m, problem
}

func readDescriptors(r *reader) []descriptor {
	var list []descriptor
	r.list(func() {
		if len(list) == berth.MaxReferences {
			r.stop("more than %d entries", berth.MaxReferences)
			return
		}
		list = append(list, readDescriptor(r))
	})
	return list
}

func readDescriptor(r *reader) (d descriptor) {
	r.object(func(key string) {
		switch key {
		case "mediaType":
			d.MediaType = line(r.text(), berth.MaxMediaTypeLength)
		case "artifactType":
			d.artifactType = line(r.text(), berth.MaxMediaTypeLength)
		case "digest":
			d.Digest = digestOf(r.text())
		case "size":
			d.Size = r.integer()
		case "platform":
			d.platform = readPlatform(r)
			d.unknown = d.platform.OS == unknown && d.platform.Architecture == unknown
			d.platform = d.platform.clean()
		case "annotations":
			r.pairs(func(key, value string) {
				if d.notes == nil {
					d.notes = map[string]string{}
				}
				keepNote(d.notes, key, value)
			})
		default:
			r.skip()
		}
	})
	return d
}

func readPlatform(r *reader) (p Platform) {
	r.object(func(key string) {
		if !p.field(r, key) {
			r.skip()
		}
	})
	return p
}

// field reads one key of a platform, which has the same names in a descriptor and in
// the config of an image. It reports false when the key is another.
func (p *Platform) field(r *reader, key string) bool {
	switch key {
	case "os":
		p.OS = line(r.text(), maxPlatform)
	case "architecture":
		p.Architecture = line(r.text(), maxPlatform)
	case "variant":
		p.Variant = line(r.text(), maxPlatform)
	case "os.version":
		p.OSVersion = line(r.text(), maxPlatform)
	default:
		return false
	}
	return true
}

const unknown = "unknown"

// clean takes the word "unknown" as what it says. What is not known stays so: Forgejo
// says linux/amd64 of it, which is a lie to whoever pulls on another machine.
func (p Platform) clean() Platform {
	for _, s := range []*string{&p.OS, &p.Architecture} {
		if *s == unknown {
			*s = ""
		}
	}
	if !p.known() {
		return Platform{}
	}
	return p
}

func digestOf(s string) berth.Digest {
	d, err := berth.ParseDigest(s)
	if err != nil {
		return ""
	}
	return d
}

func keepNote(notes map[string]string, key, value string) {
	switch key {
	case noteReferenceType, noteReferenceDigest, notePredicateType, noteCosignPredicate,
		noteBundlePredicate, noteBundleContent, ocispec.AnnotationTitle:
		notes[key] = line(value, maxName)
	}
}

// role says what a child is for.
func (d *descriptor) role() Role {
	switch {
	case d.notes[noteReferenceType] != "":
		return RoleAttestation // "attestation-manifest" is the only one that there is
	case d.MediaType == berth.MediaTypeOCIIndex, d.MediaType == berth.MediaTypeDockerList:
		return RoleIndex
	case d.statement():
		return RoleAttestation
	case d.platform.known():
		return RoleImage // or what somebody made for several platforms as one makes images
	}
	switch kindOfType(d.artifactType) {
	case KindImage, KindWasm, KindHelm:
		return RoleImage
	default:
		if d.artifactType != "" {
			return RoleArtifact
		}
	}
	return RoleImage
}

// FirstChild returns the child of an index that stands for it where the index is
// silent: its first image, else the first index in it. It returns false when there is
// none.
func FirstChild(manifest []byte) (berth.Descriptor, bool) {
	m, _ := readManifest(manifest, "", nil)
	if i := m.first(); i >= 0 {
		return m.children[i].Descriptor, true
	}
	return berth.Descriptor{}, false
}

// first returns the number of the child that stands for an index, or -1.
func (m *manifest) first() int {
	if !m.index {
		return -1
	}
	index := -1
	for i := range m.children {
		c := &m.children[i]
		if c.Digest == "" {
			continue
		}
		switch c.role() {
		case RoleImage:
			return i
		case RoleIndex:
			if index < 0 {
				index = i
			}
		default:
		}
	}
	return index
}
