package artifact

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/berth-registry/berth"
)

// Presence is in which of two images something is.
type Presence string

// The presences.
const (
	PresenceShared  Presence = "shared"
	PresenceAdded   Presence = "added"
	PresenceRemoved Presence = "removed"
)

// LayerChange is a layer of one image or of both. CreatedBy is the step that made it, ""
// where that is not known.
type LayerChange struct {
	Layer

	Presence  Presence
	CreatedBy string
}

// ValueChange is a value that two images do not share. The one that is not there is "",
// which InBefore and InAfter tell from one that is empty.
type ValueChange struct {
	Key               string
	Before, After     string
	InBefore, InAfter bool
}

// Difference is what changed from one image to another. Layers are those of the second in
// their order, then those that only the first had.
type Difference struct {
	Layers  []LayerChange
	Labels  []ValueChange
	Env     []ValueChange
	Config  []ValueChange // entrypoint, cmd, user, working directory and the like
	Shared  int64         // bytes of the layers
	Added   int64
	Removed int64
	Cut     bool // something is not known of one of them, for its length or number
}

// Equal reports whether nothing changed of what is compared.
func (d *Difference) Equal() bool {
	return d.Added == 0 && d.Removed == 0 && len(d.Labels)+len(d.Env)+len(d.Config) == 0 &&
		!slices.ContainsFunc(d.Layers, func(l LayerChange) bool { return l.Presence != PresenceShared })
}

// Compare says what changed from one image to another.
func Compare(before, after *Details) Difference {
	d := Difference{Cut: before.Cut || after.Cut}
	left := map[berth.Digest]int{}
	for _, l := range before.Layers {
		left[l.Digest]++
	}
	for _, l := range after.Layers {
		presence := PresenceAdded
		if left[l.Digest] > 0 {
			left[l.Digest]--
			presence = PresenceShared
		}
		d.layer(after, l, presence)
	}
	// Of a layer that is there more often in the first, the last ones are gone.
	var gone []Layer
	for _, l := range slices.Backward(before.Layers) {
		if left[l.Digest] > 0 {
			left[l.Digest]--
			gone = append(gone, l)
		}
	}
	for _, l := range slices.Backward(gone) {
		d.layer(before, l, PresenceRemoved)
	}
	d.Labels = changes(before.Labels, after.Labels)
	d.Env = changes(environment(before.Env), environment(after.Env))
	d.Config = changes(before.run(), after.run())
	return d
}

func (d *Difference) layer(of *Details, l Layer, p Presence) {
	change := LayerChange{Layer: l, Presence: p}
	if l.Step > 0 && l.Step <= len(of.History) {
		change.CreatedBy = of.History[l.Step-1].CreatedBy
	}
	d.Layers = append(d.Layers, change)
	switch p {
	case PresenceShared:
		d.Shared += l.Size
	case PresenceAdded:
		d.Added += l.Size
	case PresenceRemoved:
		d.Removed += l.Size
	}
}

// changes returns what differs, by key.
func changes(before, after map[string]string) []ValueChange {
	var list []ValueChange
	for _, key := range slices.Sorted(maps.Keys(before)) {
		now, there := after[key]
		if before[key] != now || !there {
			list = append(list, ValueChange{key, before[key], now, true, there})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(after)) {
		if _, there := before[key]; !there {
			list = append(list, ValueChange{Key: key, After: after[key], InAfter: true})
		}
	}
	slices.SortStableFunc(list, func(a, b ValueChange) int { return cmp.Compare(a.Key, b.Key) })
	return list
}

func environment(list []string) map[string]string {
	m := map[string]string{}
	for _, s := range list {
		key, value, _ := strings.Cut(s, "=")
		m[key] = value
	}
	return m
}

// run returns what decides how an image runs, by the words of a Dockerfile.
func (d *Details) run() map[string]string {
	m := map[string]string{}
	put := func(key, value string) {
		if value != "" {
			m[key] = value
		}
	}
	put("ENTRYPOINT", words(d.Entrypoint))
	put("CMD", words(d.Cmd))
	put("USER", d.User)
	put("WORKDIR", d.WorkingDir)
	put("STOPSIGNAL", d.StopSignal)
	put("EXPOSE", strings.Join(d.ExposedPorts, " "))
	put("VOLUME", words(d.Volumes))
	return m
}

// words writes a list as a Dockerfile has it, so that ["a b"] is not ["a","b"].
func words(list []string) string {
	if len(list) == 0 {
		return ""
	}
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
