package webui

import (
	"net/http"
	"strings"

	"github.com/berth-registry/berth/internal/registry"
	"github.com/berth-registry/berth/internal/webui/view"
)

// install says how clients get a version of a package, the usual one for its kind first.
func (u *UI) install(r *http.Request, at place, rest, kind string, s registry.Summary) []view.Install {
	image := u.image(r, at, rest)
	plain := strings.HasPrefix(u.origins.Of(r), "http://")
	oras := view.Install{ID: "oras", Name: "ORAS", Command: "oras pull " + flag(plain, "--plain-http ") + image}
	switch kind {
	case "helm":
		return append(u.installChart(r, at, rest, plain, s), oras)
	case "image", "":
		return []view.Install{
			{ID: "docker", Name: "Docker", Command: "docker pull " + image},
			{ID: "podman", Name: "Podman", Command: "podman pull " + flag(plain, "--tls-verify=false ") + image},
			{ID: "kubernetes", Name: "Kubernetes", Command: "image: " + image, Hint: "In a container of a Pod's spec."},
			{ID: "dockerfile", Name: "Dockerfile", Command: "FROM " + image},
		}
	}
	return []view.Install{oras, {ID: "skopeo", Name: "Skopeo", Command: "skopeo copy " + flag(plain, "--src-tls-verify=false ") + "docker://" + image + " oci:" + lastSegment(at.name.Path)}}
}

// installChart says how helm gets a chart, which names versions by an option and takes a
// digest behind the name.
func (u *UI) installChart(r *http.Request, at place, rest string, plain bool, s registry.Summary) []view.Install {
	chart, version := "oci://"+u.image(r, at, ""), ""
	release := lastSegment(at.name.Path)
	switch {
	case s.Helm != nil && s.Helm.Version != "" && rest[0] == ':':
		version = " --version " + strings.ReplaceAll(rest[1:], "_", "+") // tags have no +, and helm writes _ for it
	case rest[0] == '@':
		chart += rest
	case rest != "":
		version = " --version " + rest[1:]
	}
	tls := flag(plain, " --plain-http")
	return []view.Install{
		{ID: "helm", Name: "Helm", Command: "helm install " + release + " " + chart + version + tls},
		{ID: "upgrade", Name: "Upgrade", Command: "helm upgrade --install " + release + " " + chart + version + tls},
		{ID: "pull", Name: "Pull", Command: "helm pull " + chart + version + tls},
	}
}

func lastSegment(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

func flag(on bool, text string) string {
	if on {
		return text
	}
	return ""
}
