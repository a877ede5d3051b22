package artifact

import (
	"strings"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/berth-registry/berth"
)

// Media types of configs whose content we understand.
const (
	typeDockerConfig = "application/vnd.docker.container.image.v1+json"
	typeHelmConfig   = "application/vnd.cncf.helm.config.v1+json"
	typeHelmProof    = "application/vnd.cncf.helm.chart.provenance.v1.prov"
	prefixWasmConfig = "application/vnd.wasm.config.v"
	prefixBundle     = "application/vnd.dev.sigstore.bundle"
)

// kindOfType returns the kind that a media or artifact type stands for, by itself;
// KindAttestation for all statements, and "" when it tells nothing.
func kindOfType(t string) Kind {
	switch {
	case t == ocispec.MediaTypeImageConfig, t == typeDockerConfig:
		return KindImage
	case hasPrefix(t, "application/vnd.cncf.helm."):
		return KindHelm
	case t == "application/wasm", strings.HasSuffix(t, "+wasm"),
		hasPrefix(t, "application/vnd.wasm.", "application/vnd.module.wasm."):
		return KindWasm
	case hasPrefix(t, "application/vnd.dev.cosign.artifact.sig.", "application/vnd.dev.cosign.simplesigning.",
		"application/vnd.cncf.notary."):
		return KindSignature
	case hasPrefix(t, "application/spdx", "text/spdx", "application/vnd.cyclonedx", "application/vnd.syft",
		"application/vnd.in-toto.spdx", "application/vnd.in-toto.cyclonedx", "application/vnd.dev.cosign.artifact.sbom."):
		return KindSBOM
	case hasPrefix(t, "application/vnd.in-toto.provenance"):
		return KindProvenance
	case hasPrefix(t, "application/vnd.in-toto", "application/vnd.dsse.envelope", prefixBundle,
		"application/vnd.dev.cosign.artifact.att.", "application/vnd.docker.attestation."):
		return KindAttestation
	}
	return ""
}

// kindOfPredicate returns the kind of a statement by what it states.
func kindOfPredicate(t string) Kind {
	switch {
	case hasPrefix(t, "https://spdx.dev/", "https://cyclonedx.org/", "https://syft.dev/"):
		return KindSBOM
	case hasPrefix(t, "https://slsa.dev/provenance", "https://mobyproject.org/buildkit"):
		return KindProvenance
	case hasPrefix(t, "https://sigstore.dev/cosign/sign/"):
		return KindSignature
	}
	return KindAttestation
}

func hasPrefix(s string, prefixes ...string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

// kind says what the manifest stands for. Its artifact type has the first word; then
// its config; then its first layer, since cosign and BuildKit give to signatures and
// attestations the config of an image.
func (m *manifest) kind(artifactType string) Kind {
	if m.index {
		return m.indexKind(artifactType)
	}
	types := []string{artifactType, m.artifactType, m.config.MediaType}
	if len(m.layers) > 0 {
		types = append(types, m.layers[0].MediaType)
	}
	image := false
	for _, t := range types {
		switch k := kindOfType(t); k {
		case "":
		case KindImage:
			image = true
		case KindAttestation:
			return m.statementKind(t)
		default:
			return k
		}
	}
	if image {
		return KindImage
	}
	return KindOther
}

// indexKind says what an index stands for: images, unless it or all of its children
// say otherwise (the fallback list of referrers has nothing but signatures, say).
func (m *manifest) indexKind(artifactType string) Kind {
	for _, t := range []string{artifactType, m.artifactType} {
		if k := kindOfType(t); k != "" {
			return k
		}
	}
	kinds := map[Kind]bool{}
	for i := range m.children {
		switch c := &m.children[i]; c.role() {
		case RoleImage, RoleIndex:
			return KindImage
		default:
			if k := kindOfType(c.artifactType); k != "" {
				kinds[k] = true
			}
		}
	}
	if len(kinds) == 1 {
		for k := range kinds {
			return k
		}
	}
	return KindOther
}

// statementKind tells statements from each other, by what all of them state.
func (m *manifest) statementKind(t string) Kind {
	kinds := map[Kind]bool{}
	note := func(notes map[string]string) {
		for _, key := range []string{notePredicateType, noteCosignPredicate, noteBundlePredicate} {
			if p := notes[key]; p != "" {
				kinds[kindOfPredicate(p)] = true
			}
		}
	}
	note(m.notes)
	for i := range m.layers {
		note(m.layers[i].notes)
	}
	switch {
	case len(kinds) == 1:
		for k := range kinds {
			return k
		}
	case len(kinds) == 0 && strings.HasPrefix(t, prefixBundle) && m.notes[noteBundleContent] != "dsse-envelope":
		return KindSignature
	}
	return KindAttestation
}

// statement reports whether a child of an index is no image but says something of one.
func (d *descriptor) statement() bool {
	switch kindOfType(d.artifactType) {
	case KindAttestation, KindProvenance, KindSBOM, KindSignature:
		return true
	default:
		return d.unknown
	}
}

// understood reports whether the manifest has a config whose content we read.
func (m *manifest) understood(k Kind) bool {
	t := m.config.MediaType
	switch {
	case m.index || m.config.Digest == "":
		return false
	case k == KindImage, k == KindWasm:
		return kindOfType(t) == KindImage || strings.HasPrefix(t, prefixWasmConfig)
	}
	return k == KindHelm && t == typeHelmConfig
}

// ConfigDescriptor returns the config to read for [Describe], and false when there is
// none whose content we understand or when it is larger than [MaxConfig].
func ConfigDescriptor(manifest []byte) (berth.Descriptor, bool) {
	m, _ := readManifest(manifest, "", nil)
	if !m.understood(m.kind("")) || m.config.Size > MaxConfig {
		return berth.Descriptor{}, false
	}
	return m.config.Descriptor, true
}
