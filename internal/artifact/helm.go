package artifact

import "strings"

// maxHelmList bounds the sources and the maintainers of a chart.
const maxHelmList = 16

// describeChart reads the config of a chart: what its Chart.yaml says, as JSON.
func (d *Description) describeChart(m *manifest, body []byte) {
	h := &Helm{}
	f := fields{}
	c := d.Details.cutter()
	d.problem(read("the config", body, func(r *reader, key string) {
		switch key {
		case "name":
			h.Name = line(r.text(), maxName)
		case "version":
			h.Version = line(r.text(), maxName)
		case "appVersion":
			h.AppVersion = line(r.text(), maxName)
		case "description":
			h.Description = line(r.text(), maxDescription)
		case "kubeVersion":
			h.KubeVersion = line(r.text(), maxName)
		case "type":
			h.Type = line(r.text(), maxName)
		case "home":
			h.Home = webURL(r.text())
		case "deprecated":
			h.Deprecated = r.flag()
		case "sources":
			h.Sources = readChartSources(r)
		case "maintainers":
			h.Maintainers = readMaintainers(r)
		case "annotations":
			r.pairs(func(key, value string) {
				f.oldLabel(key, value)
				f.annotation(key, value)
				d.Details.Labels = c.put(d.Details.Labels, key, value)
			})
		default:
			r.skip()
		}
	}))
	for i := range m.layers {
		h.Signed = h.Signed || m.layers[i].MediaType == typeHelmProof
	}
	d.Summary.Helm = h
	d.Summary.fill(f)
	d.Summary.fill(h.fields())
}

// fields are what a chart says in words of its own.
func (h *Helm) fields() fields {
	f := fields{
		"title": h.Name, "version": h.Version, "description": h.Description, "url": h.Home,
		"authors": strings.Join(h.Maintainers, ", "),
	}
	if len(h.Sources) > 0 {
		f["source"] = h.Sources[0]
	}
	return f
}

func readChartSources(r *reader) []string {
	var list []string
	r.list(func() {
		if s := sourceURL(r.text()); s != "" && len(list) < maxHelmList {
			list = append(list, s)
		}
	})
	return list
}

func readMaintainers(r *reader) []string {
	var list []string
	r.list(func() {
		var name, email string
		r.object(func(key string) {
			switch key {
			case "name":
				name = line(r.text(), maxName)
			case "email":
				email = line(r.text(), maxName)
			default:
				r.skip()
			}
		})
		if name == "" {
			name = email
		}
		if name != "" && len(list) < maxHelmList {
			list = append(list, name)
		}
	})
	return list
}
