package registry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/artifact"
	"github.com/berth-registry/berth/internal/meta"
)

// Document is one thing that an attachment says. Nothing in it was verified.
type Document = artifact.Document

const (
	// maxAttachments bounds the attachments that are told of one version.
	maxAttachments = 500
	// maxDocuments bounds what is read of one attachment, in bytes.
	maxDocuments = 2 * artifact.MaxDocument
	// Of what is nothing that we know only as much is read as can be shown.
	maxOther = artifact.MaxText
	// maxReaders is how many attachments with more than fewBytes to read are read at a
	// time: each may take seconds and a hundred megabytes, and anybody may ask for those
	// of public packages.
	maxReaders = 2
	fewBytes   = 1 << 20
	// maxReading is how many of those are read or wait for it; others are told to come
	// back.
	maxReading = 10
	// keptDocuments is how many of those are remembered, for whoever searches in one asks
	// for it after every word. Each may take as much memory as reading it.
	keptDocuments = 4

	missing = "its bytes are missing; push it again"
)

// AttachedTo is an attachment of a version with what it is for.
type AttachedTo struct {
	Attachment

	ArtifactType string
	Kinds        []artifact.Kind // of its documents, each once
	Subject      berth.Digest    // the manifest that it says something of
	Platform     string          // of that, "" for the version as a whole
	Child        bool            // it is one of the manifests of the index, as BuildKit pushes it
	CreatedAt    time.Time
}

// held is a manifest that an index holds, with what the index says of it.
type held struct {
	part  meta.Part
	child artifact.Child
}

// attachedTo returns what says something of a version or of an image in it: signatures,
// SBOMs, provenance, whether as referrers, by tags of cosign, or in the index as BuildKit
// has it; at most 500. Errors: berth.ErrRequestTooLarge for a version with too many
// manifests.
func attachedTo(ctx context.Context, tx *meta.Tx, pkg int64, version Version) (list []AttachedTo, err error) {
	root := held{part: meta.Part{ID: version.ID, Digest: version.Digest, MediaType: version.MediaType, Size: version.ManifestSize}}
	if p := version.Summary.Platforms; len(p) == 1 && p[0].Digest == "" {
		root.child.Platform = p[0]
	}
	parts, err := heldBy(ctx, tx, root)
	if err != nil {
		return nil, err
	}
	platforms, seen := runsOn(parts), map[int64]bool{}
	for _, h := range parts {
		found, subject, err := h.attached(ctx, tx, pkg, version.Digest)
		if err != nil {
			return nil, err
		}
		for _, p := range found {
			if p.TrashID != 0 || p.Version && !h.attests() || seen[p.ID] || len(list) == maxAttachments {
				continue
			}
			seen[p.ID] = true
			a, ok, err := attachment(ctx, tx, p, h.attests())
			if err != nil {
				return nil, err
			}
			if ok {
				a.Subject, a.Platform, a.Child = subject, platforms[subject], h.attests()
				list = append(list, a)
			}
		}
	}
	return list, nil
}

// attests reports whether a part is itself what is attached to another one.
func (h held) attests() bool { return h.child.Role == artifact.RoleAttestation }

// attached returns what is attached by way of a part, and to what: the part itself, or
// what refers to it.
func (h held) attached(ctx context.Context, tx *meta.Tx, pkg int64, root berth.Digest) ([]meta.Part, berth.Digest, error) {
	if h.attests() {
		return []meta.Part{h.part}, cmp.Or(h.child.Subject, root), nil
	}
	found, err := tx.ListAttached(ctx, pkg, h.part.Digest)
	return found, h.part.Digest, err
}

// runsOn returns on what the parts of which that is known run.
func runsOn(parts []held) map[berth.Digest]string {
	platforms := map[berth.Digest]string{}
	for _, h := range parts {
		if h.child.Platform != (artifact.Platform{}) {
			platforms[h.part.Digest] = h.child.Platform.String()
		}
	}
	return platforms
}

// heldBy returns a manifest and all that it holds, as far as that is shown.
func heldBy(ctx context.Context, tx *meta.Tx, root held) ([]held, error) {
	parts, seen := []held{root}, map[int64]bool{root.part.ID: true}
	for i := 0; i < len(parts); i++ {
		if m := parts[i].part.MediaType; m != berth.MediaTypeOCIIndex && m != berth.MediaTypeDockerList {
			continue
		}
		children, err := tx.ListChildren(ctx, parts[i].part.ID)
		if err != nil {
			return nil, err
		}
		body, err := tx.GetBody(ctx, parts[i].part.ID)
		if err != nil {
			return nil, err
		}
		said := map[berth.Digest]artifact.Child{}
		for _, c := range artifact.Children(body) {
			if _, twice := said[c.Digest]; !twice {
				said[c.Digest] = c
			}
		}
		for _, c := range children {
			if !seen[c.ID] && c.TrashID == 0 {
				seen[c.ID] = true
				parts = append(parts, held{c, said[c.Digest]})
			}
		}
		if len(parts) > maxShown {
			return nil, berth.ErrRequestTooLarge.With("the version has more than %d manifests", maxShown)
		}
	}
	return parts, nil
}

// attachment reads what a manifest is that refers to another; false for the list of
// referrers that clients push where a registry has none of its own: what is in it is
// attached by itself.
func attachment(ctx context.Context, tx *meta.Tx, p meta.Part, child bool) (AttachedTo, bool, error) {
	m, err := tx.GetManifest(ctx, p.ID)
	if err != nil {
		return AttachedTo{}, false, err
	}
	index := m.MediaType == berth.MediaTypeOCIIndex || m.MediaType == berth.MediaTypeDockerList
	if index && m.Subject == "" && !child {
		return AttachedTo{}, false, nil
	}
	kinds := artifact.Kinds(m.Body, m.ArtifactType)
	a := AttachedTo{
		Attachment:   Attachment{Digest: m.Digest, MediaType: m.MediaType, Kind: kinds[0], Size: m.Size},
		ArtifactType: m.ArtifactType, Kinds: kinds, CreatedAt: m.PushedAt,
	}
	if len(kinds) > 1 {
		a.Kind = artifact.KindAttestation
	}
	return a, true, nil
}

// ReadAttachment reads what an attachment says: each of its layers is a document. What is
// lost, too large or unknown is there with a problem or as text. No signature is verified.
// Errors: those of [Service.enter]; berth.ErrPackageUnknown; berth.ErrManifestUnknown for
// what is not there, or is an image or an index; berth.ErrUnavailable when too many large
// ones are being read. The documents are shared and must not be changed.
func (s *Service) ReadAttachment(ctx context.Context, v berth.Viewer, n berth.Name, d berth.Digest) ([]Document, error) {
	var refs []artifact.DocumentRef
	var blobs []meta.Blob
	more := false
	err := s.meta.View(ctx, func(tx *meta.Tx) error {
		part, err := s.partOf(ctx, tx, v, n, d)
		if err != nil {
			return err
		}
		m, err := tx.GetManifest(ctx, part.ID)
		if err != nil {
			return err
		}
		if m.Subject == "" && !artifact.Attachable(m.Body, m.ArtifactType) {
			return berth.ErrManifestUnknown.With("%s is nothing that says something of another manifest", d)
		}
		refs, more = artifact.DocumentRefs(m.Body)
		blobs = make([]meta.Blob, len(refs))
		for i, ref := range refs {
			// One that is not there is the zero value.
			if blobs[i], err = tx.FindBlobOf(ctx, m.ID, ref.Digest); err != nil && !errors.Is(err, berth.ErrBlobUnknown) {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if weight(blobs) <= fewBytes {
		return s.readDocuments(ctx, refs, blobs, more)
	}
	return s.readLarge(ctx, keyOf(d, blobs), func() ([]Document, error) { return s.readDocuments(ctx, refs, blobs, more) })
}

// keyOf says what is read: content never changes, but may have got lost.
func keyOf(d berth.Digest, blobs []meta.Blob) string {
	key := []string{d.String()}
	for _, b := range blobs {
		key = append(key, b.Digest.String())
	}
	return strings.Join(key, " ")
}

// readLarge returns what was read before, or reads it when it is its turn.
// Errors: berth.ErrUnavailable when too many wait.
func (s *Service) readLarge(ctx context.Context, key string, read func() ([]Document, error)) ([]Document, error) {
	if list, ok := s.documents.Get(key); ok {
		return list, nil
	}
	select {
	case s.reading <- struct{}{}:
		defer func() { <-s.reading }()
	default:
		return nil, berth.ErrUnavailable.With("too many large attachments are being read; try again in a moment")
	}
	select {
	case s.readers <- struct{}{}:
		defer func() { <-s.readers }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if list, ok := s.documents.Get(key); ok { // somebody else has read it meanwhile
		return list, nil
	}
	list, err := read()
	back := func(d Document) bool { return d.Problem == missing } // they may come back
	if err == nil && !slices.ContainsFunc(list, back) {
		s.documents.Add(key, list)
	}
	return list, err
}

func (s *Service) readDocuments(ctx context.Context, refs []artifact.DocumentRef, blobs []meta.Blob, more bool) ([]Document, error) {
	list := make([]Document, 0, len(refs))
	room := int64(maxDocuments)
	for i, ref := range refs {
		doc, err := s.readDocument(ctx, ref, blobs[i], &room)
		if err != nil {
			return nil, err
		}
		list = append(list, doc)
	}
	if more {
		list[len(list)-1].Cut = true
	}
	return list, nil
}

// weight is how many bytes blobs have together.
func weight(blobs []meta.Blob) (total int64) {
	for _, b := range blobs {
		total += b.Size
	}
	return total
}

func (s *Service) readDocument(ctx context.Context, ref artifact.DocumentRef, row meta.Blob, room *int64) (Document, error) {
	limit := int64(artifact.MaxDocument)
	if !ref.Known() {
		limit = maxOther
	}
	switch {
	case row.Digest == "":
		return ref.Unread(missing), nil
	case row.Size > limit:
		return ref.Unread(fmt.Sprintf("it is larger than %d KiB and was not read", limit>>10)), nil
	case row.Size > *room:
		return ref.Unread(fmt.Sprintf("the attachment is larger than %d MiB, and this was not read", maxDocuments>>20)), nil
	}
	*room -= row.Size
	content, err := s.readBlob(ctx, row, limit)
	if errors.Is(err, berth.ErrBlobUnknown) {
		return ref.Unread(missing), nil
	}
	if err != nil {
		return Document{}, err
	}
	return artifact.ReadDocument(ref, content), nil
}
