package artifact

import (
	"fmt"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/berth-registry/berth"
)

// MaxConfig is the largest config that is read, in bytes.
const MaxConfig = 4 << 20

// Describe says what a manifest is. It never fails: what cannot be read is left out,
// and Problem says what was wrong.
//
// Every field comes from the first that has it: the index's annotation, the manifest's
// annotation, the config's label, an older form of it. An index takes from its first
// image what its annotations do not say.
func Describe(in Input) Description {
	var d Description
	m, problem := readManifest(in.Manifest, in.MediaType, &d.Details)
	d.problem(problem)
	d.Kind = m.kind(in.ArtifactType)
	d.Details.ArtifactType = line(in.ArtifactType, berth.MaxMediaTypeLength)
	if d.Details.ArtifactType == "" {
		d.Details.ArtifactType = m.artifactType
	}
	d.Details.Config = m.config.Digest
	d.Summary.fill(m.fields)
	if m.index {
		d.describeIndex(&m, in.First)
		return d
	}
	d.describeLayers(&m)
	switch {
	case !m.understood(d.Kind):
	case in.Config != nil && len(in.Config) <= MaxConfig:
		d.describeConfig(&m, in.Config)
	case m.config.Size > MaxConfig || len(in.Config) > MaxConfig:
		d.problem(fmt.Sprintf("the config is larger than %d MiB and was not read", MaxConfig>>20))
	default:
		d.problem("the config could not be read")
	}
	return d
}

// problem keeps the first problem.
func (d *Description) problem(s string) {
	if d.Problem == "" {
		d.Problem = s
	}
}

func (d *Description) describeConfig(m *manifest, body []byte) {
	if d.Kind == KindHelm {
		d.describeChart(m, body)
		return
	}
	d.describeImage(m, body)
}

func (d *Description) describeLayers(m *manifest) {
	c := d.Details.cutterOf(2 * maxGroup)
	for i := range m.layers {
		from := &m.layers[i]
		layer := Layer{Digest: from.Digest, MediaType: from.MediaType, Size: from.Size, Title: from.notes[ocispec.AnnotationTitle]}
		size := 128 + jsonSize(string(layer.Digest)) + jsonSize(layer.MediaType) + jsonSize(layer.Title)
		if !c.room(len(d.Details.Layers)) || !c.pay(size) {
			break
		}
		d.Details.Layers = append(d.Details.Layers, layer)
	}
}

func (d *Description) describeIndex(m *manifest, first *Description) {
	stands := m.first()
	if first != nil {
		if d.Kind == KindImage {
			d.Kind = first.Kind // an index of wasm modules
		}
		d.Summary.inherit(&first.Summary)
		d.Summary.Helm = first.Summary.Helm
		d.Details.Labels = first.Details.Labels
		if first.Problem != "" {
			d.problem(line("the first image: "+first.Problem, maxProblem))
		}
		if stands >= 0 && !m.children[stands].platform.known() && len(first.Summary.Platforms) == 1 {
			m.children[stands].platform = first.Summary.Platforms[0]
		}
	}
	c := d.Details.cutterOf(2 * maxGroup)
	for i := range m.children {
		child := m.children[i].child()
		if child.Role == RoleImage && child.Platform.known() && c.within(len(d.Summary.Platforms), maxPlatforms) {
			p := child.Platform
			p.Digest = child.Digest
			d.Summary.Platforms = append(d.Summary.Platforms, p)
		}
		if c.room(len(d.Details.Children)) && c.pay(child.size()) {
			d.Details.Children = append(d.Details.Children, child)
		}
	}
}

func (d *descriptor) child() Child {
	c := Child{
		Digest: d.Digest, MediaType: d.MediaType, ArtifactType: d.artifactType, Size: d.Size,
		Role: d.role(), Platform: d.platform, Subject: digestOf(d.notes[noteReferenceDigest]),
	}
	c.Platform.Digest, c.Platform.Size = "", 0
	return c
}

// size returns about how many bytes a child takes as JSON, and no less.
func (c *Child) size() int {
	n := 256 + jsonSize(string(c.Digest)) + jsonSize(string(c.Subject)) + jsonSize(c.MediaType) + jsonSize(c.ArtifactType)
	p := &c.Platform
	return n + jsonSize(p.OS) + jsonSize(p.Architecture) + jsonSize(p.Variant) + jsonSize(p.OSVersion)
}
