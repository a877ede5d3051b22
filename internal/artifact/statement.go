package artifact

import (
	"encoding/base64"
	"maps"
	"slices"
	"strings"
)

// Statement says something of something else, as in-toto has it.
type Statement struct {
	Subjects      []Subject
	PredicateType string
	Predicate     string      // JSON with an indent, "" when it is too large
	Provenance    *Provenance // where it is a record of a build
}

// Subject is what a statement is about.
type Subject struct {
	Name    string
	Digests []string // algorithm:hex
}

// Provenance is how something was built, by its own account.
type Provenance struct {
	Builder    string
	BuildType  string
	Invocation string // the id of the run, mostly an address
	Source     string
	Revision   string
	Started    string // RFC 3339, in UTC
	Finished   string
	Materials  []Material
}

// Material is what went into a build.
type Material struct {
	URI     string
	Digests []string
}

func (d *Document) statement(content []byte, depth int) {
	s := &Statement{}
	d.Statement = s
	var predicate []byte
	problem := readLarge("the statement", content, func(r *reader, key string) {
		switch key {
		case "predicateType":
			s.PredicateType = line(r.text(), maxName)
		case "predicate":
			predicate = r.raw()
		case "subject":
			r.list(func() {
				subject := readSubject(r)
				if len(s.Subjects) == maxSubjects {
					d.Cut = true
					return
				}
				s.Subjects = append(s.Subjects, subject)
			})
		default:
			r.skip()
		}
	})
	d.problem(problem)
	d.Kind = kindOfPredicate(s.PredicateType)
	if len(predicate) == 0 {
		return
	}
	switch d.Kind {
	case KindSBOM:
		d.read(predicate, nil, depth+1)
		d.Kind = KindSBOM
	case KindProvenance:
		s.Provenance = d.provenance(predicate)
	default:
	}
	if len(predicate) > MaxText {
		d.Cut = true
		return
	}
	text, cut := shown(predicate)
	s.Predicate = text
	d.Cut = d.Cut || cut
}

func readSubject(r *reader) (s Subject) {
	r.object(func(key string) {
		switch key {
		case "name":
			s.Name = line(r.text(), maxName)
		case "digest":
			s.Digests = readDigests(r)
		default:
			r.skip()
		}
	})
	return s
}

func readDigests(r *reader) []string {
	all := map[string]string{}
	r.pairs(func(algorithm, hex string) {
		if len(all) < 8 {
			all[line(algorithm, maxPlatform)] = line(hex, maxName)
		}
	})
	var list []string
	for _, algorithm := range slices.Sorted(maps.Keys(all)) {
		list = append(list, algorithm+":"+all[algorithm])
	}
	return list
}

// provenance reads a predicate of SLSA, of version 0.1, 0.2 or 1.
func (d *Document) provenance(predicate []byte) *Provenance {
	p := &Provenance{}
	problem := readLarge("the provenance", predicate, func(r *reader, key string) {
		switch key {
		case "builder":
			p.readBuilder(r)
		case "buildType":
			p.BuildType = line(r.text(), maxName)
		case "invocation", "buildDefinition", "runDetails", "externalParameters":
			r.object(func(key string) { p.field(r, key, d) })
		case "metadata":
			p.readMetadata(r)
		case "materials":
			p.readMaterials(r, d)
		default:
			r.skip()
		}
	})
	d.problem(problem)
	return p
}

// field reads one key of what lies around: the versions have the same in different
// places.
func (p *Provenance) field(r *reader, key string, d *Document) {
	switch key {
	case "configSource":
		p.readSource(r)
	case "buildType":
		p.BuildType = line(r.text(), maxName)
	case "externalParameters":
		r.object(func(key string) {
			switch {
			case key == "configSource", key == "workflow", key == "source" && r.peek() == '{':
				p.readSource(r)
			case key == "source" && r.peek() == '"':
				p.source(r.text())
			default:
				r.skip()
			}
		})
	case "resolvedDependencies":
		p.readMaterials(r, d)
	case "builder":
		p.readBuilder(r)
	case "metadata":
		p.readMetadata(r)
	default:
		r.skip()
	}
}

func (p *Provenance) source(s string) {
	if s = line(s, maxURL); s != "" && p.Source == "" {
		p.Source = s
	}
}

func (p *Provenance) readBuilder(r *reader) {
	r.object(func(key string) {
		if key == "id" {
			p.Builder = line(r.text(), maxURL)
		} else {
			r.skip()
		}
	})
}

func (p *Provenance) readSource(r *reader) {
	r.object(func(key string) {
		switch key {
		case "uri", "repository":
			p.source(r.text())
		case "digest":
			for _, d := range readDigests(r) {
				if _, hex, _ := strings.Cut(d, ":"); p.Revision == "" {
					p.Revision = hex
				}
			}
		default:
			r.skip()
		}
	})
}

func (p *Provenance) readMetadata(r *reader) {
	r.object(func(key string) {
		switch {
		case key == "invocationId", key == "buildInvocationID", key == "buildInvocationId":
			p.Invocation = line(r.text(), maxURL)
		case key == "startedOn", key == "buildStartedOn":
			p.Started = timestamp(r.text())
		case key == "finishedOn", key == "buildFinishedOn":
			p.Finished = timestamp(r.text())
		case strings.HasPrefix(key, "https://mobyproject.org/buildkit"), key == "buildkit_metadata":
			p.readBuildKit(r)
		default:
			r.skip()
		}
	})
}

// readBuildKit takes what BuildKit knows of the source that it was given.
func (p *Provenance) readBuildKit(r *reader) {
	r.object(func(key string) {
		if key != "vcs" {
			r.skip()
			return
		}
		r.pairs(func(key, value string) {
			switch key {
			case "source":
				p.source(value)
			case "revision":
				p.Revision = line(value, maxName)
			}
		})
	})
}

func (p *Provenance) readMaterials(r *reader, d *Document) {
	r.list(func() {
		var m Material
		r.object(func(key string) {
			switch key {
			case "uri":
				m.URI = line(r.text(), maxURL)
			case "digest":
				m.Digests = readDigests(r)
			default:
				r.skip()
			}
		})
		if len(p.Materials) == maxMaterials {
			d.Cut = true
			return
		}
		p.Materials = append(p.Materials, m)
	})
}

// envelope opens what is in an envelope of DSSE.
func (d *Document) envelope(content []byte, depth int) bool {
	payload := ""
	d.problem(readLarge("the envelope", content, func(r *reader, key string) {
		if key == "payload" {
			payload = r.text()
		} else {
			r.skip()
		}
	}))
	inner, ok := decode64(payload)
	if !ok {
		d.problem("the envelope: its payload is not base64")
		return false
	}
	if d.read(inner, nil, depth+1) {
		return true
	}
	d.Text, d.Cut = shown(inner)
	return d.Text != ""
}

// wrapped opens what cosign wraps around a predicate that another tool wrote.
func (d *Document) wrapped(content []byte, depth int) bool {
	var inner []byte
	d.problem(readLarge("the predicate", content, func(r *reader, key string) {
		switch {
		case key == "Data" && r.peek() == '"':
			inner = []byte(r.text())
		case key == "Data":
			inner = r.raw()
		default:
			r.skip()
		}
	}))
	return len(inner) > 0 && d.read(inner, nil, depth+1)
}

// decode64 takes all the ways in which base64 is written.
func decode64(s string) ([]byte, bool) {
	s = strings.TrimRight(s, "=")
	encoding := base64.RawStdEncoding
	if strings.ContainsAny(s, "-_") {
		encoding = base64.RawURLEncoding
	}
	b, err := encoding.DecodeString(s)
	return b, err == nil
}
