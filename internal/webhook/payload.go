package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// The bounds of what is told of one version, so that no receiver and no log is flooded.
const (
	maxLayers = 500
	maxLabels = 64 << 10 // bytes of names and values
)

// payload is what GitHub sends as the event package.
type payload struct {
	Action          string         `json:"action"`
	Package         *packageDoc    `json:"package,omitempty"`
	RegistryPackage *packageDoc    `json:"registry_package,omitempty"`
	Repository      *repositoryDoc `json:"repository,omitempty"`
	Organization    *organization  `json:"organization,omitempty"`
	Sender          *account       `json:"sender"`
	about           *packageDoc    // goes under the name of the event
}

// marshal prints the payload of an event of that name.
func (p payload) marshal(event string) ([]byte, error) {
	if event == berth.HookRegistryPackage {
		p.RegistryPackage = p.about
	} else {
		p.Package = p.about
	}
	return json.Marshal(p)
}

type packageDoc struct {
	ID          int64        `json:"id"`
	Name        string       `json:"name"`
	Namespace   string       `json:"namespace"`
	Description *string      `json:"description"`
	Ecosystem   string       `json:"ecosystem"`
	PackageType string       `json:"package_type"`
	HTMLURL     string       `json:"html_url"`
	CreatedAt   *string      `json:"created_at"`
	UpdatedAt   *string      `json:"updated_at"`
	Owner       account      `json:"owner"`
	Version     *versionDoc  `json:"package_version"`
	Registry    *registryDoc `json:"registry"`
}

type registryDoc struct {
	AboutURL string `json:"about_url"`
	Name     string `json:"name"`
	Type     string `json:"type"`
	URL      string `json:"url"`
	Vendor   string `json:"vendor"`
}

// account is a user or an organization.
type account struct {
	Login   string `json:"login"`
	ID      int64  `json:"id"`
	Type    string `json:"type"`
	HTMLURL string `json:"html_url,omitempty"`
}

type organization struct {
	Login string `json:"login"`
	ID    int64  `json:"id"`
	URL   string `json:"url"`
}

type repositoryDoc struct {
	ID          int64            `json:"id"`
	Name        string           `json:"name"`
	FullName    string           `json:"full_name"`
	Owner       account          `json:"owner"`
	Private     bool             `json:"private"`
	Visibility  berth.Visibility `json:"visibility"`
	Description string           `json:"description"`
	Homepage    string           `json:"homepage"`
	HTMLURL     string           `json:"html_url"`
	CreatedAt   *string          `json:"created_at"`
}

type versionDoc struct {
	ID                  int64         `json:"id"`
	Version             string        `json:"version"`
	Name                string        `json:"name"`
	Description         string        `json:"description"`
	Summary             string        `json:"summary"`
	Body                string        `json:"body"`
	BodyHTML            string        `json:"body_html"`
	Manifest            string        `json:"manifest"`
	HTMLURL             string        `json:"html_url"`
	TagName             string        `json:"tag_name"`
	TargetCommitish     string        `json:"target_commitish"`
	TargetOID           string        `json:"target_oid"`
	Draft               bool          `json:"draft"`
	Prerelease          bool          `json:"prerelease"`
	CreatedAt           *string       `json:"created_at"`
	UpdatedAt           *string       `json:"updated_at"`
	Metadata            []any         `json:"metadata"`
	DockerMetadata      []any         `json:"docker_metadata"`
	ContainerMetadata   *containerDoc `json:"container_metadata"`
	PackageFiles        []any         `json:"package_files"`
	PackageURL          string        `json:"package_url"`
	Author              *account      `json:"author,omitempty"`
	SourceURL           string        `json:"source_url"`
	InstallationCommand string        `json:"installation_command"`
}

type containerDoc struct {
	Tag      tagDoc      `json:"tag"`
	Labels   labelsDoc   `json:"labels"`
	Manifest manifestDoc `json:"manifest"`
}

type tagDoc struct {
	Name   string `json:"name"`
	Digest string `json:"digest"`
}

type labelsDoc struct {
	Description string            `json:"description"`
	Source      string            `json:"source"`
	Revision    string            `json:"revision"`
	ImageURL    string            `json:"image_url"`
	Licenses    string            `json:"licenses"`
	AllLabels   map[string]string `json:"all_labels"`
}

type manifestDoc struct {
	Digest    string       `json:"digest"`
	MediaType string       `json:"media_type"`
	URI       string       `json:"uri"`
	Size      int64        `json:"size"`
	Config    *contentDoc  `json:"config,omitempty"`
	Layers    []contentDoc `json:"layers"`
}

type contentDoc struct {
	Digest    string `json:"digest"`
	MediaType string `json:"media_type"`
	Size      int64  `json:"size"`
}

// readPayload puts together what is told of an event. What is gone by now is left out.
func readPayload(ctx context.Context, tx *meta.Tx, e berth.PackageEvent, p meta.PackageFacts, origin string) (payload, error) {
	out := payload{Action: e.Action}
	owner, err := tx.OwnerByID(ctx, e.OwnerID)
	if err != nil {
		return out, err
	}
	if out.Sender, err = readSender(ctx, tx, e.UserID, e.User); err != nil {
		return out, err
	}
	if owner.Kind == meta.KindOrg {
		out.Organization = organizationOf(owner, origin)
	}
	if out.Repository, err = readRepository(ctx, tx, p.RepositoryID, origin); err != nil {
		return out, err
	}
	about := &packageDoc{
		ID: e.PackageID, Name: e.Name.Path, Namespace: owner.Name, Ecosystem: "CONTAINER", PackageType: "CONTAINER",
		HTMLURL: origin + "/" + e.Name.String(), CreatedAt: stamp(p.CreatedAt), UpdatedAt: stamp(p.UpdatedAt), Owner: ownerOf(owner, origin),
		Registry: &registryDoc{
			AboutURL: "https://github.com/berth-registry/berth", Name: "Berth CONTAINER registry", Type: "CONTAINER",
			URL: origin + "/" + e.Name.Owner, Vendor: "Berth",
		},
	}
	if p.Description != "" {
		about.Description = &p.Description
	}
	out.about = about
	if e.VersionID == 0 {
		return out, nil
	}
	f, err := tx.GetVersionFacts(ctx, e.VersionID)
	if err != nil && !errors.Is(err, berth.ErrManifestUnknown) {
		return out, err
	}
	about.Version = versionOf(e, f, origin)
	about.Version.Author = out.Sender
	return out, nil
}

// versionOf describes a version. f is zero when it is gone.
func versionOf(e berth.PackageEvent, f meta.VersionFacts, origin string) *versionDoc {
	labels := labelsOf(f)
	where := pullAddress(origin, e)
	digest := string(e.Digest)
	return &versionDoc{
		ID: e.VersionID, Version: digest, Name: digest, Description: labels.Description, Summary: labels.Description,
		HTMLURL: origin + "/" + e.Name.String() + "@" + e.Digest.String(), TagName: e.Tag, TargetOID: labels.Revision,
		CreatedAt: stamp(f.PushedAt), UpdatedAt: stamp(f.UpdatedAt),
		Metadata: []any{}, DockerMetadata: []any{}, PackageFiles: []any{},
		ContainerMetadata: &containerDoc{
			Tag:      tagDoc{Name: e.Tag, Digest: digest},
			Labels:   labels,
			Manifest: manifestOf(e, f),
		},
		PackageURL: where, SourceURL: labels.Source, InstallationCommand: "docker pull " + where,
	}
}

// pullAddress is what docker pull takes.
func pullAddress(origin string, e berth.PackageEvent) string {
	_, host, _ := strings.Cut(origin, "://")
	if e.Tag == "" {
		return host + "/" + e.Name.String() + "@" + string(e.Digest)
	}
	return host + "/" + e.Name.String() + ":" + e.Tag
}

func manifestOf(e berth.PackageEvent, f meta.VersionFacts) manifestDoc {
	out := manifestDoc{
		Digest: string(e.Digest), MediaType: f.MediaType, URI: "repositories/" + e.Name.String() + "/manifests/" + string(e.Digest),
		Size: f.Size, Layers: []contentDoc{},
	}
	type descriptor struct {
		Digest    string `json:"digest"`
		MediaType string `json:"mediaType"`
		Size      int64  `json:"size"`
	}
	var body struct {
		Config *descriptor  `json:"config"`
		Layers []descriptor `json:"layers"`
	}
	if json.Unmarshal(f.Body, &body) != nil {
		return out // there is none any more
	}
	if body.Config != nil {
		out.Config = new(contentDoc(*body.Config))
	}
	for _, l := range body.Layers[:min(len(body.Layers), maxLayers)] {
		out.Layers = append(out.Layers, contentDoc(l))
	}
	return out
}

// labelsOf reads what a version says of itself. Whatever is missing there, or is not
// as expected, is left out: no event is held back for that.
func labelsOf(f meta.VersionFacts) labelsDoc {
	var summary struct {
		Description string `json:"description"`
		Source      string `json:"source"`
		Revision    string `json:"revision"`
		URL         string `json:"url"`
		Licenses    any    `json:"licenses"`
	}
	var details struct {
		Labels map[string]any `json:"labels"`
	}
	_ = json.Unmarshal([]byte(f.Summary), &summary)
	_ = json.Unmarshal([]byte(f.Details), &details)
	out := labelsDoc{
		Description: summary.Description, Source: summary.Source, Revision: summary.Revision, ImageURL: summary.URL,
		AllLabels: map[string]string{},
	}
	out.Licenses, _ = summary.Licenses.(string)
	room := maxLabels
	for _, name := range slices.Sorted(maps.Keys(details.Labels)) {
		value, ok := details.Labels[name].(string)
		if room -= len(name) + len(value); ok && room >= 0 {
			out.AllLabels[name] = value
		}
	}
	return out
}

// stamp prints a time as GitHub does, null for none.
func stamp(t time.Time) *string {
	if t.Unix() <= 0 {
		return nil
	}
	s := t.UTC().Format(time.RFC3339)
	return &s
}
