package artifact

import "strings"

// SBOM is a list of ingredients.
type SBOM struct {
	Format     string // SPDX-2.3, CycloneDX 1.6
	Name       string // of what it lists
	Tools      []string
	Created    string // RFC 3339, in UTC
	Components []Component
	Total      int // of components, also those that were left out
}

// Component is one ingredient.
type Component struct {
	Name    string
	Version string
	Type    string // library, deb, …
	License string
	PURL    string
}

func (d *Document) sbom(s *SBOM, problem string) {
	d.SBOM, d.Kind = s, KindSBOM
	d.Cut = d.Cut || s.Total > len(s.Components)
	d.problem(problem)
}

func (s *SBOM) add(c Component) {
	if c == (Component{}) {
		return
	}
	if s.Total++; s.Total <= MaxComponents {
		s.Components = append(s.Components, c)
	}
}

// tool keeps the name of a tool.
func (s *SBOM) tool(parts ...string) {
	if name := line(strings.Join(parts, " "), maxName); name != "" && len(s.Tools) < 16 {
		s.Tools = append(s.Tools, name)
	}
}

func readSPDX(content []byte) (*SBOM, string) {
	s := &SBOM{}
	problem := readLarge("the SBOM", content, func(r *reader, key string) {
		switch key {
		case "spdxVersion":
			s.Format = line(r.text(), maxPlatform)
		case "name":
			s.Name = line(r.text(), maxName)
		case "creationInfo":
			s.readCreation(r)
		case "packages":
			r.list(func() { s.add(readSPDXPackage(r)) })
		default:
			r.skip()
		}
	})
	return s, problem
}

func (s *SBOM) readCreation(r *reader) {
	r.object(func(key string) {
		switch key {
		case "created":
			s.Created = timestamp(r.text())
		case "creators":
			r.list(func() {
				if tool, ok := strings.CutPrefix(r.text(), "Tool: "); ok {
					s.tool(tool)
				}
			})
		default:
			r.skip()
		}
	})
}

func readSPDXPackage(r *reader) (c Component) {
	var declared string
	r.object(func(key string) {
		switch key {
		case "name":
			c.Name = line(r.text(), maxName)
		case "versionInfo":
			c.Version = line(r.text(), maxName)
		case "primaryPackagePurpose":
			c.Type = strings.ToLower(line(r.text(), maxPlatform))
		case "licenseConcluded":
			c.License = spdxLicense(r.text())
		case "licenseDeclared":
			declared = spdxLicense(r.text())
		case "externalRefs":
			r.list(func() {
				var kind, locator string
				r.object(func(key string) {
					switch key {
					case "referenceType":
						kind = r.text()
					case "referenceLocator":
						locator = r.text()
					default:
						r.skip()
					}
				})
				if kind == "purl" && c.PURL == "" {
					c.PURL = line(locator, 2*maxName)
				}
			})
		default:
			r.skip()
		}
	})
	if c.License == "" {
		c.License = declared
	}
	c.settle()
	return c
}

func spdxLicense(s string) string {
	if s == "NOASSERTION" || s == "NONE" {
		return ""
	}
	return line(s, maxLicenses)
}

// settle takes the type from the address where nothing better is said.
func (c *Component) settle() {
	if kind, _, ok := strings.Cut(strings.TrimPrefix(c.PURL, "pkg:"), "/"); c.Type == "" && ok && strings.HasPrefix(c.PURL, "pkg:") {
		c.Type = line(kind, maxPlatform)
	}
}

func readCycloneDX(content []byte) (*SBOM, string) {
	s := &SBOM{Format: "CycloneDX"}
	problem := readLarge("the SBOM", content, func(r *reader, key string) {
		switch key {
		case "specVersion":
			s.Format = line("CycloneDX "+r.text(), maxPlatform)
		case "metadata":
			s.readMetadata(r)
		case "components":
			s.readComponents(r, 0)
		default:
			r.skip()
		}
	})
	return s, problem
}

func (s *SBOM) readMetadata(r *reader) {
	r.object(func(key string) {
		switch key {
		case "timestamp":
			s.Created = timestamp(r.text())
		case "component":
			s.Name = (&SBOM{}).readComponent(r, maxDepth).Name
		case "tools":
			if r.peek() == '[' {
				s.readTools(r)
				return
			}
			r.object(func(key string) {
				if key == "components" {
					s.readTools(r)
				} else {
					r.skip()
				}
			})
		default:
			r.skip()
		}
	})
}

func (s *SBOM) readTools(r *reader) {
	r.list(func() {
		var name, version string
		r.object(func(key string) {
			switch key {
			case "name":
				name = r.text()
			case "version":
				version = r.text()
			default:
				r.skip()
			}
		})
		s.tool(name, version)
	})
}

func (s *SBOM) readComponents(r *reader, level int) {
	r.list(func() { s.add(s.readComponent(r, level)) })
}

// readComponent reads a component, and adds those that it consists of.
func (s *SBOM) readComponent(r *reader, level int) (c Component) {
	group := ""
	r.object(func(key string) {
		switch key {
		case "name":
			c.Name = line(r.text(), maxName)
		case "group":
			group = line(r.text(), maxName)
		case "version":
			c.Version = line(r.text(), maxName)
		case "type":
			c.Type = line(r.text(), maxPlatform)
		case "purl":
			c.PURL = line(r.text(), 2*maxName)
		case "licenses":
			c.License = readCycloneDXLicenses(r)
		case "components":
			if level >= maxDepth/4 {
				r.skip()
				return
			}
			s.readComponents(r, level+1)
		default:
			r.skip()
		}
	})
	if group != "" && c.Name != "" {
		c.Name = line(group+"/"+c.Name, maxName)
	}
	return c
}

func readCycloneDXLicenses(r *reader) string {
	var list []string
	keep := func(s string) {
		if s = line(s, maxLicenses); s != "" && len(list) < 16 {
			list = append(list, s)
		}
	}
	r.list(func() {
		r.object(func(key string) {
			switch key {
			case "expression":
				keep(r.text())
			case "license":
				r.object(func(key string) {
					if key == "id" || key == "name" {
						keep(r.text())
					} else {
						r.skip()
					}
				})
			default:
				r.skip()
			}
		})
	})
	return line(strings.Join(list, ", "), maxLicenses)
}
