package artifact

// BuildStep is one step of how an image was made, and what came of it: a layer, or none
// where the step changed only the config.
type BuildStep struct {
	Step

	Number int    // from 1, 0 for a layer of which the history does not tell
	Layer  *Layer // nil for a step without one, and where it is not known which is its
}

// Build returns the steps of an image's history in their order, each with its layer.
// Layers of which it is not known which step made them come last, in their order.
func (d *Details) Build() []BuildStep {
	made := map[int]*Layer{}
	var rest []*Layer
	for i := range d.Layers {
		l := &d.Layers[i]
		if l.Step < 1 || l.Step > len(d.History) || made[l.Step] != nil {
			rest = append(rest, l)
			continue
		}
		made[l.Step] = l
	}
	list := make([]BuildStep, 0, len(d.History)+len(rest))
	for i, s := range d.History {
		list = append(list, BuildStep{Step: s, Number: i + 1, Layer: made[i+1]})
	}
	for _, l := range rest {
		list = append(list, BuildStep{Layer: l})
	}
	return list
}

// Children returns the manifests of an index with what it says of them, at most
// [berth.MaxReferences]; none of what is no index.
func Children(manifest []byte) []Child {
	m, _ := readManifest(manifest, "", nil)
	var list []Child
	for i := range m.children {
		list = append(list, m.children[i].child())
	}
	return list
}

// Kinds returns what a manifest has in it, in the order of its layers and each kind
// once: a builder puts a list of ingredients and a record of the build into one manifest.
func Kinds(manifest []byte, artifactType string) []Kind {
	m, _ := readManifest(manifest, "", nil)
	kind := m.kind(artifactType)
	if kind != KindAttestation {
		return []Kind{kind}
	}
	var list []Kind
	seen := map[Kind]bool{}
	for i := range m.layers {
		one := manifest1(&m.layers[i])
		if k := one.statementKind(m.layers[i].MediaType); !seen[k] {
			seen[k] = true
			list = append(list, k)
		}
	}
	if len(list) == 0 {
		list = []Kind{kind}
	}
	return list
}

// manifest1 is a manifest of one layer.
func manifest1(layer *descriptor) *manifest {
	return &manifest{notes: map[string]string{}, layers: []descriptor{*layer}}
}

// Attachable reports whether a manifest is one whose layers may be documents: no image,
// chart, module or index.
func Attachable(manifest []byte, artifactType string) bool {
	m, _ := readManifest(manifest, "", nil)
	if m.index {
		return false
	}
	switch m.kind(artifactType) {
	case KindImage, KindHelm, KindWasm:
		return false
	default:
		return true
	}
}
