package webui

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/a-h/templ"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/artifact"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/registry"
	"github.com/berth-registry/berth/internal/webui/view"
)

// typeConfig is the type of an image's config.
const typeConfig = "application/vnd.oci.image.config.v1+json"

// artifactType is the type of an artifact where that says something: that of an image is
// the type of its config, as which BuildKit dresses up attestations too.
func artifactType(t string) string {
	if t == typeConfig {
		return ""
	}
	return t
}

// getVersion shows what a tag or a digest names: a version, or one image in one.
func (u *UI) getVersion(w *httpkit.Writer, r *http.Request, v berth.Viewer, at place) error {
	found, err := u.registry.GetVersionAt(r.Context(), v, at.name, at.ref, r.URL.Query().Get("platform"))
	if err != nil {
		return err
	}
	full := found.Version
	if full.ID == 0 {
		return u.showPart(w, r, v, at, found)
	}
	p := view.VersionPage{
		Head: at.head("versions"), ID: full.ID, Reference: u.image(r, at, at.rest), Digest: full.Digest.String(), MediaType: full.MediaType,
		ArtifactType: artifactType(full.ArtifactType), Kind: string(full.Kind), Protected: full.Protected, Health: health(full.Version), PushedAt: full.CreatedAt,
		LastPulledAt: full.LastPulledAt, Downloads: full.Downloads, Size: full.Size, Freed: full.Freed, Admin: at.admin(),
		Install: u.install(r, at, at.rest, string(full.Kind), full.Summary), Revision: full.Summary.Revision, Created: timeOf(full.Summary.Created),
		Attached: attachedRows(found.Attached),
	}
	p.Head.Rest = shortRest(at.rest)
	for _, t := range full.Tags {
		p.Tags = append(p.Tags, string(t))
	}
	describe(&p.Facts, full.Summary)
	p.Helm = chartOf(full.Summary)
	showPlatforms(at, found, &p)
	markLost(&p)
	return u.show(w, r, v, page{title: at.name.String() + at.rest, main: view.Version(p)})
}

func shortRest(rest string) string {
	if rest[0] == '@' {
		return "@" + view.ShortDigest(rest[1:])
	}
	return rest
}

// showPlatforms fills in the platforms of a version, and what is in the one that was
// chosen.
func showPlatforms(at place, found registry.VersionAt, p *view.VersionPage) {
	full := found.Version
	if found.Platform < 0 { // the version is the image
		p.Image = imageOf(full.Digest, full.Size, full.Details)
		p.Platform = first(platformNames(full.Summary))
		return
	}
	broken := map[string]bool{}
	for _, m := range full.Missing {
		broken[m.Platform] = true
	}
	for i, image := range full.Summary.Platforms {
		if image.Digest == "" {
			continue
		}
		name := image.String()
		p.Platforms = append(p.Platforms, view.PlatformRow{
			Name: name, Digest: image.Digest.String(), Size: image.Size, Broken: broken[name], Current: i == found.Platform,
			Href: templ.SafeURL(at.path(at.rest) + "?" + url.Values{"platform": {name}}.Encode()),
		})
	}
	p.Platform = full.Summary.Platforms[found.Platform].String()
	p.Annotations = pairs(full.Details.Annotations)
	if image := found.Image; image.ID != 0 { // else it was never pushed
		p.Image = imageOf(image.Digest, image.Size, image.Details)
		p.Image.Problem = image.Problem
	}
}

// showPart shows a manifest that is no version itself, but in one.
func (u *UI) showPart(w *httpkit.Writer, r *http.Request, v berth.Viewer, at place, found registry.VersionAt) error {
	part := found.Image
	if slices.Contains([]artifact.Kind{artifact.KindSignature, artifact.KindSBOM, artifact.KindProvenance, artifact.KindAttestation}, part.Kind) {
		return redirect(w, at.path("/-/attachments/"+part.Digest.String()))
	}
	p := view.VersionPage{
		Head: at.head("versions"), Reference: u.image(r, at, at.rest), Digest: part.Digest.String(), MediaType: part.MediaType,
		ArtifactType: artifactType(part.ArtifactType), Kind: string(part.Kind), Size: part.Size, Freed: -1, Platform: part.Platform,
		Install: u.install(r, at, at.rest, string(part.Kind), part.Summary), Revision: part.Summary.Revision, Created: timeOf(part.Summary.Created),
		Image: imageOf(part.Digest, part.Size, part.Details), Helm: chartOf(part.Summary), Parent: found.Parent.String(),
	}
	p.Head.Rest = shortRest(at.rest)
	p.Health.Problem = part.Problem
	for _, d := range part.Missing {
		p.Health.Missing = append(p.Health.Missing, view.Lost{Digest: d.String(), Platform: part.Platform})
	}
	describe(&p.Facts, part.Summary)
	markLost(&p)
	return u.show(w, r, v, page{title: at.name.String() + at.rest, main: view.Version(p)})
}

// markLost marks the layers whose bytes are lost.
func markLost(p *view.VersionPage) {
	if p.Image == nil {
		return
	}
	for i := range p.Image.Steps {
		step := &p.Image.Steps[i]
		step.Lost = step.Layer && slices.ContainsFunc(p.Health.Missing, func(l view.Lost) bool { return l.Digest == step.Digest })
	}
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// imageOf is what a manifest has in it.
func imageOf(digest berth.Digest, size int64, d registry.Details) *view.Image {
	i := &view.Image{
		Digest: digest.String(), Size: size, Entrypoint: d.Entrypoint, Cmd: d.Cmd, Env: d.Env, User: d.User, WorkingDir: d.WorkingDir,
		Ports: d.ExposedPorts, Volumes: d.Volumes, StopSignal: d.StopSignal, Config: d.Config.String(), Labels: pairs(d.Labels),
		Annotations: pairs(d.Annotations), Cut: d.Cut, Layers: len(d.Layers), Named: len(d.History) == 0 && len(d.Layers) > 0,
	}
	for _, step := range d.Build() {
		s := view.Step{Number: step.Number, Command: step.CreatedBy, Comment: step.Comment, Created: step.Created}
		if s.Comment == "buildkit.dockerfile.v0" {
			s.Comment = "" // which it says of every step
		}
		if l := step.Layer; l != nil {
			s.Layer, s.Digest, s.Size, s.Title = true, l.Digest.String(), l.Size, l.Title
			if i.Named && s.Title == "" {
				s.Title = l.MediaType
			}
			i.Largest = max(i.Largest, l.Size)
		}
		i.Steps = append(i.Steps, s)
	}
	return i
}

// timeOf reads a time that was written by whoever pushed, zero where it is none.
func timeOf(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}
	}
	return t
}

func pairs(m map[string]string) []view.Pair {
	list := make([]view.Pair, 0, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		list = append(list, view.Pair{Name: name, Value: m[name]})
	}
	return list
}

func chartOf(s registry.Summary) *view.Helm {
	if s.Helm == nil {
		return nil
	}
	h := s.Helm
	return &view.Helm{
		Name: h.Name, Version: h.Version, AppVersion: h.AppVersion, KubeVersion: h.KubeVersion, Type: h.Type, Sources: h.Sources,
		Maintainers: h.Maintainers, Deprecated: h.Deprecated, Signed: h.Signed,
	}
}

func kindNames(kinds []artifact.Kind) []string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = string(k)
	}
	return names
}

func attachedRows(list []registry.AttachedTo) []view.AttachedRow {
	rows := make([]view.AttachedRow, len(list))
	for i, a := range list {
		rows[i] = view.AttachedRow{
			Kinds: kindNames(a.Kinds), Type: artifactType(a.ArtifactType), Digest: a.Digest.String(), Platform: a.Platform, Size: a.Size, CreatedAt: a.CreatedAt,
		}
	}
	return rows
}
