package artifact

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/berth-registry/berth"
)

const (
	// MaxDocument is the largest document that is read, in bytes.
	MaxDocument = 16 << 20
	// MaxDocuments is how many documents of one attachment are read.
	MaxDocuments = 32
	// MaxComponents is how many components of a list of ingredients are told.
	MaxComponents = 20_000
	// MaxText is the longest text of a document that is shown as it is, in bytes.
	MaxText = 256 << 10

	// maxDocumentKeys is above what a document of the largest size has that is real.
	maxDocumentKeys = 4_000_000
	maxSubjects     = 100
	maxMaterials    = 1000
)

// Document is one thing that an attachment says: a list of ingredients, a statement, a
// signature. Nothing in it was verified: whoever may push may have written it, and under
// any name. One of SBOM, Statement and Signature is set, Statement also where what it
// states is an SBOM; none where it is something else, of which Text may be all.
type Document struct {
	Digest    berth.Digest
	MediaType string
	Size      int64
	Title     string // the name of the file, "" where there is none
	Kind      Kind

	SBOM      *SBOM
	Statement *Statement
	Signature *Signature

	Text    string // what is in it, JSON with an indent; "" when it is no text or too large
	Cut     bool   // something was left out for its length or number
	Problem string // why something could not be read
}

// DocumentRef says where a document is.
type DocumentRef struct {
	berth.Descriptor

	Title string
	kind  Kind
	notes map[string]string
}

// Annotations of signatures.
const (
	noteCertificate = "dev.sigstore.cosign/certificate"
	noteRekor       = "dev.sigstore.cosign/bundle"
)

// DocumentRefs returns the layers of an attachment, each of which is a document, at most
// [MaxDocuments], and whether there are more.
func DocumentRefs(manifest []byte) (list []DocumentRef, more bool) {
	read("the manifest", manifest, func(r *reader, key string) {
		if key != "layers" {
			r.skip()
			return
		}
		r.list(func() {
			if len(list) == MaxDocuments {
				more = true
				r.skip()
				return
			}
			list = append(list, readRef(r))
		})
	})
	return list, more
}

func readRef(r *reader) DocumentRef {
	d := DocumentRef{notes: map[string]string{}}
	kinds := map[string]string{}
	r.object(func(key string) {
		switch key {
		case "mediaType":
			d.MediaType = line(r.text(), berth.MaxMediaTypeLength)
		case "digest":
			d.Digest = digestOf(r.text())
		case "size":
			d.Size = r.integer()
		case "annotations":
			r.pairs(func(key, value string) {
				keepNote(kinds, key, value)
				if key == noteCertificate || key == noteRekor {
					d.notes[key] = value
				}
			})
		default:
			r.skip()
		}
	})
	d.Title = kinds[ocispec.AnnotationTitle]
	d.kind = kindOfType(d.MediaType)
	if d.kind == KindAttestation {
		d.kind = manifest1(&descriptor{Descriptor: d.Descriptor, notes: kinds}).statementKind(d.MediaType)
	}
	return d
}

// Unread returns a document whose bytes were not read, and why.
func (d DocumentRef) Unread(problem string) Document {
	doc := d.document()
	doc.Problem = problem
	return doc
}

func (d DocumentRef) document() Document {
	doc := Document{Digest: d.Digest, MediaType: d.MediaType, Size: d.Size, Title: d.Title, Kind: d.kind}
	if doc.Kind == "" {
		doc.Kind = KindOther
	}
	return doc
}

// ReadDocument says what is in a document. It goes by the content: what tools say of its
// type is often wrong. It never fails; what cannot be read is told in Problem.
func ReadDocument(ref DocumentRef, content []byte) Document {
	d := ref.document()
	if len(content) > MaxDocument {
		d.Problem = fmt.Sprintf("it is larger than %d MiB and was not read", MaxDocument>>20)
		return d
	}
	if !d.read(content, ref.notes, 0) {
		d.Text, d.Cut = shown(content)
		if d.Text == "" && len(content) > 0 {
			d.Problem = "it is no text that can be shown"
		}
	}
	return d
}

// maxWrapped is how many envelopes may lie around a document.
const maxWrapped = 4

// read takes what it knows, and reports false when it knows nothing of it.
func (d *Document) read(content []byte, notes map[string]string, depth int) bool {
	if depth > maxWrapped {
		return false
	}
	top, ok := topOf(content)
	switch {
	case !ok:
		return false
	case top.has("spdxVersion"):
		d.sbom(readSPDX(content))
	case top.has("bomFormat"):
		d.sbom(readCycloneDX(content))
	case top.has("payloadType", "payload"):
		return d.envelope(content, depth)
	case top.has("predicateType", "_type"):
		d.statement(content, depth)
	case top.has("critical"):
		d.simpleSigning(content, notes)
	case top.has("verificationMaterial"):
		d.bundle(content, depth)
	case top.has("protected", "payload"):
		d.notation(content)
	case top.has("Data") && depth > 0: // as cosign wraps what others wrote
		return d.wrapped(content, depth)
	default:
		return false
	}
	return true
}

func (d *Document) problem(s string) {
	if d.Problem == "" {
		d.Problem = s
	}
}

// keys are those of the outermost object.
type keys map[string]bool

func (k keys) has(all ...string) bool {
	for _, key := range all {
		if !k[key] {
			return false
		}
	}
	return true
}

func topOf(content []byte) (keys, bool) {
	if c := bytes.TrimLeft(content, " \t\r\n"); len(c) == 0 || c[0] != '{' {
		return nil, false
	}
	top := keys{}
	problem := readLarge("the document", content, func(r *reader, key string) {
		if len(top) < 100 {
			top[key] = true
		}
		r.skip()
	})
	return top, problem == "" || len(top) > 0 && json.Valid(content)
}

// readLarge is read with room for the keys of a large document.
func readLarge(what string, b []byte, field func(r *reader, key string)) string {
	return readMost(what, b, maxDocumentKeys, field)
}

// raw returns the bytes of any value, nil when it is nested too deep.
func (r *reader) raw() []byte {
	r.peek()
	start := r.i
	problem := r.problem
	r.skip()
	if r.i > len(r.b) || r.problem != problem {
		return nil
	}
	return r.b[start:r.i]
}

// shown returns text as a page may print it, "" when it is none.
func shown(content []byte) (text string, cut bool) {
	if !utf8.Valid(content) || bytes.IndexByte(content, 0) >= 0 {
		return "", false
	}
	if len(content) <= MaxText && depth(content) <= maxDepth {
		var b bytes.Buffer
		if json.Indent(&b, content, "", "  ") == nil {
			content = b.Bytes()
		}
	}
	return block(string(content[:min(len(content), 2*MaxText)]), MaxText)
}

// depth returns how deep brackets are nested, strings left aside.
func depth(b []byte) (deepest int) {
	level, inside := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case inside && c == '\\':
			i++
		case c == '"':
			inside = !inside
		case inside:
		case c == '{', c == '[':
			level++
			deepest = max(deepest, level)
		case c == '}', c == ']':
			level--
		}
	}
	return deepest
}

// Known reports whether the type of a document says that it may be one that we read.
func (d DocumentRef) Known() bool {
	return d.kind != "" || d.MediaType == "application/json" || d.MediaType == "application/jose+json"
}
