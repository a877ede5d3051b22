package webui

import (
	"errors"
	"net/http"
	"strings"

	"github.com/berth-registry/berth"
)

// maxPasted is the longest image reference that the search takes for one, in bytes: a
// host, a name, a tag and a digest.
const maxPasted = 800

// pasted returns the page of the image reference that somebody put into the search, ""
// for what is none, or none that the viewer may see. A name alone, without this server's
// host, a tag or a digest, is looked for like any other text.
func (u *UI) pasted(r *http.Request, v berth.Viewer, text string) (string, error) {
	text = strings.TrimSpace(text)
	if len(text) > maxPasted || r.Header.Get("HX-Request") != "" { // still being typed
		return "", nil
	}
	written, whole := u.withoutHost(r, text)
	name, rest := splitImage(written)
	if rest == "" && !whole {
		return "", nil
	}
	n, err := berth.ParseName(strings.ToLower(name))
	if err != nil {
		return "", nil //nolint:nilerr // no reference, but a text to look for
	}
	ref, err := parseRest(rest)
	if err != nil {
		return "", nil //nolint:nilerr // the same
	}
	pkg, err := u.registry.GetPackage(r.Context(), v, n)
	if err != nil {
		return "", hidden(err)
	}
	at := place{pkg: pkg, name: pkg.Name, ref: ref, rest: rest}
	switch {
	case ref.Tag != "":
		_, err = u.registry.GetTag(r.Context(), v, at.name, ref.Tag)
	case ref.Digest != "":
		_, err = u.registry.GetPlatform(r.Context(), v, at.name, ref.Digest)
	}
	if err != nil {
		return "", hidden(err)
	}
	return at.path(rest), nil
}

// withoutHost takes the host of this server off a reference, and the scheme of an address.
func (u *UI) withoutHost(r *http.Request, text string) (rest string, had bool) {
	for _, scheme := range []string{"https://", "http://", "oci://", "docker://"} {
		text = strings.TrimPrefix(text, scheme)
	}
	hosts := []string{u.host(r)}
	for _, external := range u.origins.External {
		hosts = append(hosts, external.Host)
	}
	first, rest, ok := strings.Cut(text, "/")
	for _, host := range hosts {
		if ok && strings.EqualFold(first, host) {
			return rest, true
		}
	}
	return text, false
}

// hidden leaves out that something is not there, or not for the viewer.
func hidden(err error) error {
	for _, unknown := range []error{
		berth.ErrOwnerUnknown, berth.ErrPackageUnknown, berth.ErrManifestUnknown, berth.ErrVersionUnknown, berth.ErrUnauthenticated,
	} {
		if errors.Is(err, unknown) {
			return nil
		}
	}
	return err
}
