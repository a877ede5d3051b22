package berthtest

import (
	"encoding/json"

	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/berth-registry/berth"
)

// Describe returns the descriptor of some bytes.
func Describe(mediaType string, content []byte) ocispec.Descriptor {
	return ocispec.Descriptor{MediaType: mediaType, Digest: digest.FromBytes(content), Size: int64(len(content))}
}

// Image returns the manifest of an image with a config and layers.
func Image(config string, layers ...string) []byte {
	return Artifact("", nil, config, layers...)
}

// Artifact returns an image manifest with a type and a subject.
func Artifact(artifactType string, subject *ocispec.Descriptor, config string, layers ...string) []byte {
	m := ocispec.Manifest{
		Versioned:    specs.Versioned{SchemaVersion: 2},
		MediaType:    berth.MediaTypeOCIManifest,
		ArtifactType: artifactType,
		Config:       Describe(ocispec.MediaTypeImageConfig, []byte(config)),
		Layers:       []ocispec.Descriptor{},
		Subject:      subject,
	}
	if subject != nil {
		m.Annotations = map[string]string{"of": subject.Digest.String()}
	}
	for _, l := range layers {
		m.Layers = append(m.Layers, Describe(ocispec.MediaTypeImageLayerGzip, []byte(l)))
	}
	return encode(m)
}

// Index returns an index of the given children.
func Index(children ...ocispec.Descriptor) []byte {
	return encode(ocispec.Index{
		Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: berth.MediaTypeOCIIndex, Manifests: children,
	})
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // of our own types
	}
	return b
}
