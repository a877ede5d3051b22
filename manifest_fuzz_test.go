package berth_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/berth-registry/berth"
)

// FuzzParseManifest compares what we see in a manifest with what a client sees
// that decodes it into image-spec's types with encoding/json. Two readers that
// see different content behind one digest are how signatures get bypassed.
func FuzzParseManifest(f *testing.F) {
	for _, contentType := range []string{"", berth.MediaTypeOCIManifest, berth.MediaTypeDockerList, "a/b", ";"} {
		f.Add(contentType, []byte(image(berth.MediaTypeOCIManifest, `"annotations":{"a":"b"},"subject":`+desc("x/y", 9)+`,`)))
		f.Add(contentType, []byte(index(berth.MediaTypeOCIIndex, `"artifactType":"a/b",`)))
	}
	f.Add("", []byte(image(berth.MediaTypeDockerManifest, `"\u006cayers":null,"x":[{"a":-1e3}],`)))
	f.Add("", []byte(image(berth.MediaTypeOCIManifest, `"Layers":[],"media\u0054ype":"x",`)))
	f.Add("", []byte(index(berth.MediaTypeDockerList, `"x":"\ud800\\\"",`)))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		m, err := berth.ParseManifest(contentType, body)
		if err != nil {
			if m != nil || !errors.Is(err, berth.ErrManifestInvalid) {
				t.Fatalf("got %+v, %v", m, err)
			}
			return
		}
		checkParsed(t, m)
		if foldsToKnown(t, body) {
			return // encoding/json sees the key as another
		}
		want, ok := decodeSpec(m.Index(), body)
		if !ok {
			return
		}
		if want.MediaType == "" {
			want.MediaType = m.MediaType
		}
		if diff := cmp.Diff(want, m, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("(-image-spec +ours)\n%s", diff)
		}
	})
}

// checkParsed checks what must hold for every manifest that was accepted.
func checkParsed(t *testing.T, m *berth.Manifest) {
	t.Helper()
	known := []string{berth.MediaTypeDockerManifest, berth.MediaTypeDockerList, berth.MediaTypeOCIManifest, berth.MediaTypeOCIIndex}
	if !slices.Contains(known, m.MediaType) {
		t.Errorf("media type %q", m.MediaType)
	}
	if len(m.References) > berth.MaxReferences || !m.Index() && len(m.References) == 0 {
		t.Errorf("%d references", len(m.References))
	}
	for _, d := range m.References {
		if d.Digest.Validate() != nil || d.Size < 0 {
			t.Errorf("descriptor %+v", d)
		}
	}
	if m.Subject != "" && m.Subject.Validate() != nil {
		t.Errorf("subject %q", m.Subject)
	}
}

// foldsToKnown reports whether some key is a known one but for its case.
func foldsToKnown(t *testing.T, body []byte) bool {
	t.Helper()
	known := []string{
		"schemaVersion", "mediaType", "artifactType", "subject", "config", "layers", "manifests", "annotations",
		"digest", "size", "urls", "data", "platform", "architecture", "os", "os.version", "os.features", "variant",
	}
	folds := false
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, value := range v {
				folds = folds || slices.ContainsFunc(known, func(k string) bool { return k != key && strings.EqualFold(k, key) })
				walk(value)
			}
		case []any:
			for _, value := range v {
				walk(value)
			}
		}
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("accepted, but not JSON: %v", err)
	}
	walk(v)
	return folds
}

// decodeSpec reads a manifest as clients written in Go do.
func decodeSpec(isIndex bool, body []byte) (*berth.Manifest, bool) {
	m := &berth.Manifest{}
	add := func(list ...ocispec.Descriptor) {
		for _, d := range list {
			m.References = append(m.References, berth.Descriptor{MediaType: d.MediaType, Digest: d.Digest, Size: d.Size})
		}
	}
	subject := func(d *ocispec.Descriptor) digest.Digest {
		if d == nil {
			return ""
		}
		return d.Digest
	}
	if isIndex {
		var v ocispec.Index
		if json.Unmarshal(body, &v) != nil {
			return nil, false
		}
		add(v.Manifests...)
		m.MediaType, m.ArtifactType, m.Annotations, m.Subject = v.MediaType, v.ArtifactType, v.Annotations, subject(v.Subject)
		return m, true
	}
	var v ocispec.Manifest
	if json.Unmarshal(body, &v) != nil {
		return nil, false
	}
	add(v.Config)
	add(v.Layers...)
	m.MediaType, m.ArtifactType, m.Annotations, m.Subject = v.MediaType, v.ArtifactType, v.Annotations, subject(v.Subject)
	if m.ArtifactType == "" {
		m.ArtifactType = v.Config.MediaType
	}
	return m, true
}
