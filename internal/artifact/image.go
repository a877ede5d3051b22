package artifact

import (
	"strconv"
	"strings"
)

// image is what an image's config says, as far as it is not put into the details at
// once. The config of a wasm module has the same shape.
type image struct {
	d        *Description
	m        *manifest
	platform Platform
	labels   fields
	old      fields
	config   fields
	made     []int // of every step that made a layer, its number from 1
	steps    int
}

func (d *Description) describeImage(m *manifest, body []byte) {
	c := &image{d: d, m: m, labels: fields{}, old: fields{}, config: fields{}}
	d.problem(read("the config", body, c.field))
	d.Summary.fill(c.labels)
	d.Summary.fill(c.old)
	d.Summary.fill(c.config)
	if p := c.platform.clean(); p.known() {
		p.Size = m.size()
		d.Summary.Platforms = []Platform{p}
	}
	c.attribute()
}

func (c *image) field(r *reader, key string) {
	switch key {
	case "created":
		c.config["created"] = r.text()
	case "author":
		c.config["authors"] = r.text()
	case "config":
		run := c.d.Details.cutter()
		r.object(func(key string) { c.runField(r, key, run) })
	case "history":
		c.readHistory(r)
	default:
		if !c.platform.field(r, key) {
			r.skip()
		}
	}
}

func (c *image) runField(r *reader, key string, cut *cutter) {
	d := &c.d.Details
	switch key {
	case "User":
		d.User, _ = cut.take(r.text())
	case "WorkingDir":
		d.WorkingDir, _ = cut.take(r.text())
	case "StopSignal":
		d.StopSignal, _ = cut.take(r.text())
	case "Env":
		d.Env = r.texts(cut)
	case "Entrypoint":
		d.Entrypoint = r.texts(cut)
	case "Cmd":
		d.Cmd = r.texts(cut)
	case "ExposedPorts":
		d.ExposedPorts = r.keysOf(cut)
	case "Volumes":
		d.Volumes = r.keysOf(cut)
	case "Labels":
		labels := d.cutter()
		r.pairs(func(key, value string) {
			c.labels.annotation(key, value)
			c.old.oldLabel(key, value)
			d.Labels = labels.put(d.Labels, key, value)
		})
	default:
		r.skip()
	}
}

func (c *image) readHistory(r *reader) {
	cut := c.d.Details.cutter()
	r.list(func() {
		var s Step
		r.object(func(key string) {
			switch key {
			case "created":
				s.Created = timestamp(r.text())
			case "created_by":
				s.CreatedBy = r.text()
			case "comment":
				s.Comment = r.text()
			case "empty_layer":
				s.EmptyLayer = r.flag()
			default:
				r.skip()
			}
		})
		c.steps++
		if !s.EmptyLayer {
			c.made = append(c.made, c.steps)
		}
		c.keep(s, cut)
	})
}

// keep adds a step, unless there is no room left.
func (c *image) keep(s Step, cut *cutter) {
	d := &c.d.Details
	if len(d.History) < c.steps-1 || !cut.room(len(d.History)) || !cut.pay(128) {
		return // one was left out before: the numbers of those after it would be wrong
	}
	var fits, too bool
	s.CreatedBy, fits = cut.take(instruction(s.CreatedBy))
	s.Comment, too = cut.take(s.Comment)
	if fits && too {
		d.History = append(d.History, s)
	}
}

// attribute says of every layer which step made it, if there are as many of the one
// as of the other; some tools write no history, or one step for all layers.
func (c *image) attribute() {
	if len(c.made) != len(c.m.layers) {
		return
	}
	for i := range c.d.Details.Layers {
		if c.made[i] <= len(c.d.Details.History) {
			c.d.Details.Layers[i].Step = c.made[i]
		}
	}
}

// size returns the bytes that a pull moves: the config, and every layer once that is
// ours to give.
func (m *manifest) size() int64 {
	size := m.config.Size
	seen := map[string]bool{string(m.config.Digest): true}
	for i := range m.layers {
		l := &m.layers[i]
		if seen[string(l.Digest)] || l.Foreign() {
			continue
		}
		seen[string(l.Digest)] = true
		if size += l.Size; size < 0 {
			return 0 // no such layers are there
		}
	}
	return size
}

// instruction writes a step as in the Dockerfile that it came from. The classic
// builder and podman write "/bin/sh -c #(nop)  CMD [\"sh\"]" and "|1 A=b /bin/sh -c
// make"; BuildKit writes "RUN |1 A=b /bin/sh -c make # buildkit".
func instruction(s string) string {
	s = strings.TrimSpace(s)
	if shell, rest, ok := strings.Cut(s, "#(nop)"); ok && (shell == "" || strings.HasSuffix(shell, " ")) {
		return strings.TrimSpace(rest)
	}
	s = strings.TrimSpace(strings.TrimSuffix(s, "# buildkit"))
	command, run := strings.CutPrefix(s, "RUN ")
	command, args := cutBuildArgs(command)
	for _, shell := range []string{"/bin/sh -c ", "cmd /S /C "} {
		if rest, ok := strings.CutPrefix(command, shell); ok {
			return "RUN " + strings.TrimSpace(rest)
		}
	}
	if run || args {
		return "RUN " + strings.TrimSpace(command)
	}
	return s
}

// cutBuildArgs takes "|2 A=b C=d " off the front of a command. Values may have spaces
// and are not quoted, so the usual shell is looked for first.
func cutBuildArgs(s string) (string, bool) {
	rest, ok := strings.CutPrefix(s, "|")
	if !ok {
		return s, false
	}
	number, rest, _ := strings.Cut(rest, " ")
	n, err := strconv.Atoi(number)
	if err != nil || n < 0 || n > len(rest) {
		return s, false
	}
	if i := strings.Index(" "+rest, " /bin/sh -c "); i >= 0 {
		return rest[i:], true
	}
	for range n {
		arg, after, _ := strings.Cut(rest, " ")
		if !strings.Contains(arg, "=") {
			return s, false
		}
		rest = after
	}
	return rest, true
}
