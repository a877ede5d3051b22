package ociapi

import (
	"net/http"
	"strings"

	"github.com/berth-registry/berth"
)

// op is what an address names.
type op int

const (
	opBase op = iota
	opCatalog
	opTags
	opReferrers
	opManifest
	opBlob
	opUploads
	opUpload
	opCount
)

func (o op) String() string {
	return [...]string{"base", "catalog", "tags", "referrers", "manifest", "blob", "uploads", "upload"}[o]
}

// path is a parsed address.
type path struct {
	op     op
	name   berth.Name      // all but opBase and opCatalog
	ref    berth.Reference // opManifest
	digest berth.Digest    // opBlob, opReferrers
	upload string          // opUpload
}

// maxPath bounds an address: name, tag and what stands between.
const maxPath = 1024

// parsePath splits an address below /v2. Names may hold any words, "manifests"
// too, so it is read from the right. Errors: berth.ErrRouteUnknown,
// berth.ErrNameInvalid, berth.ErrNameWithoutOwner, berth.ErrDigestInvalid,
// berth.ErrTagInvalid, berth.ErrUploadUnknown.
func parsePath(urlPath string) (path, error) {
	s, ok := strings.CutPrefix(urlPath, "/v2")
	if !ok || len(urlPath) > maxPath || s != "" && s[0] != '/' {
		return path{}, berth.ErrRouteUnknown
	}
	switch s {
	case "", "/":
		return path{op: opBase}, nil
	case "/_catalog":
		return path{op: opCatalog}, nil
	}
	s = s[1:]
	if name, ok := strings.CutSuffix(s, "/tags/list"); ok {
		return parseNamed(path{op: opTags}, name)
	}
	if name, ok := strings.CutSuffix(strings.TrimSuffix(s, "/"), "/blobs/uploads"); ok {
		return parseNamed(path{op: opUploads}, name)
	}
	head, last, ok := cutLast(s)
	if !ok || last == "" {
		return path{}, berth.ErrRouteUnknown
	}
	if name, ok := strings.CutSuffix(head, "/blobs/uploads"); ok {
		return parseUpload(name, last)
	}
	name, kind, _ := cutLast(head)
	switch kind {
	case "manifests":
		return parseManifest(name, last)
	case "blobs":
		return parseDigest(path{op: opBlob}, name, last)
	case "referrers":
		return parseDigest(path{op: opReferrers}, name, last)
	}
	return path{}, berth.ErrRouteUnknown
}

func cutLast(s string) (head, last string, ok bool) {
	i := strings.LastIndexByte(s, '/')
	if i < 0 {
		return "", s, false
	}
	return s[:i], s[i+1:], true
}

func parseNamed(p path, name string) (path, error) {
	var err error
	p.name, err = berth.ParseName(name)
	return p, err
}

func parseManifest(name, ref string) (path, error) {
	p, err := parseNamed(path{op: opManifest}, name)
	if err == nil {
		p.ref, err = berth.ParseReference(ref)
	}
	return p, err
}

func parseDigest(p path, name, d string) (path, error) {
	p, err := parseNamed(p, name)
	if err == nil {
		p.digest, err = berth.ParseDigest(d)
	}
	return p, err
}

// parseUpload accepts the ids that uploads are given, so that nothing else ever
// reaches the database or the disk.
func parseUpload(name, id string) (path, error) {
	p, err := parseNamed(path{op: opUpload, upload: id}, name)
	if err != nil {
		return p, err
	}
	if len(id) != 26 {
		return p, berth.ErrUploadUnknown
	}
	for _, c := range []byte(id) {
		if (c < 'a' || c > 'z') && (c < '2' || c > '7') {
			return p, berth.ErrUploadUnknown
		}
	}
	return p, nil
}

// readable turns "no such tag can exist" into "there is none" for requests that
// only look for it.
func readable(method string, err error) error {
	named, ok := err.(*berth.Error) //nolint:errorlint // parsePath returns it bare
	if ok && named.ID == berth.ErrTagInvalid.ID && method != http.MethodPut {
		return berth.ErrManifestUnknown.With("%s", named.Msg)
	}
	return err
}
