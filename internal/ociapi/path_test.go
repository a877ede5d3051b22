package ociapi

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
)

const (
	sha256Empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	uploadID    = "abcdefghijklmnopqrstuvwxyz"
)

func TestParsePath(t *testing.T) {
	t.Parallel()
	name := berth.Name{Owner: "acme", Path: "web"}
	tests := []struct {
		in   string
		want path
		err  error
	}{
		{"/v2", path{op: opBase}, nil},
		{"/v2/", path{op: opBase}, nil},
		{"/v2/_catalog", path{op: opCatalog}, nil},
		{"/v2/acme/web/tags/list", path{op: opTags, name: name}, nil},
		{"/v2/acme/web/manifests/v1", path{op: opManifest, name: name, ref: berth.Reference{Tag: "v1"}}, nil},
		{"/v2/acme/web/manifests/" + sha256Empty, path{op: opManifest, name: name, ref: berth.Reference{Digest: sha256Empty}}, nil},
		{"/v2/acme/web/blobs/" + sha256Empty, path{op: opBlob, name: name, digest: sha256Empty}, nil},
		{"/v2/acme/web/referrers/" + sha256Empty, path{op: opReferrers, name: name, digest: sha256Empty}, nil},
		{"/v2/acme/web/blobs/uploads", path{op: opUploads, name: name}, nil},
		{"/v2/acme/web/blobs/uploads/", path{op: opUploads, name: name}, nil},
		{"/v2/acme/web/blobs/uploads/" + uploadID, path{op: opUpload, name: name, upload: uploadID}, nil},
		// Names may hold the words of the protocol.
		{"/v2/manifests/manifests/manifests/manifests", path{op: opManifest, name: berth.Name{Owner: "manifests", Path: "manifests"}, ref: berth.Reference{Tag: "manifests"}}, nil},
		{"/v2/tags/list/tags/list", path{op: opTags, name: berth.Name{Owner: "tags", Path: "list"}}, nil},
		{"/v2/a/blobs/uploads/blobs/uploads/", path{op: opUploads, name: berth.Name{Owner: "a", Path: "blobs/uploads"}}, nil},
		{"/v2/a/blobs/uploads/manifests/x", path{op: opManifest, name: berth.Name{Owner: "a", Path: "blobs/uploads"}, ref: berth.Reference{Tag: "x"}}, nil},
		{"/v2/a/b/c/d/e/tags/list", path{op: opTags, name: berth.Name{Owner: "a", Path: "b/c/d/e"}}, nil},

		{"/", path{}, berth.ErrRouteUnknown},
		{"/v2x", path{}, berth.ErrRouteUnknown},
		{"/v2/x", path{}, berth.ErrRouteUnknown},
		{"/v2//", path{}, berth.ErrRouteUnknown},
		{"/v2/acme/web/", path{}, berth.ErrRouteUnknown},
		{"/v2/acme/web/manifests/", path{}, berth.ErrRouteUnknown},
		{"/v2/acme/web/nothing/x", path{}, berth.ErrRouteUnknown},
		{"/v2/" + strings.Repeat("a/", 600) + "tags/list", path{}, berth.ErrRouteUnknown},
		{"/v2/web/manifests/v1", path{}, berth.ErrNameWithoutOwner},
		{"/v2/Acme/web/manifests/v1", path{}, berth.ErrNameInvalid},
		{"/v2/acme//web/manifests/v1", path{}, berth.ErrNameInvalid},
		{"/v2/../etc/manifests/v1", path{}, berth.ErrNameInvalid},
		{"/v2/acme/web\r\nx/manifests/v1", path{}, berth.ErrNameInvalid},
		{"/v2/acme/web\x00/manifests/v1", path{}, berth.ErrNameInvalid},
		{"/v2/manifests/v1", path{}, berth.ErrNameInvalid},
		{"/v2/acme/web/manifests/-v1", path{}, berth.ErrTagInvalid},
		{"/v2/acme/web/manifests/" + strings.Repeat("a", 129), path{}, berth.ErrTagInvalid},
		{"/v2/acme/web/manifests/sha256:xyz", path{}, berth.ErrDigestInvalid},
		{"/v2/acme/web/blobs/md5:d41d8cd98f00b204e9800998ecf8427e", path{}, berth.ErrDigestInvalid},
		{"/v2/acme/web/blobs/" + strings.ToUpper(sha256Empty), path{}, berth.ErrDigestInvalid},
		{"/v2/acme/web/blobs/uploads/short", path{}, berth.ErrUploadUnknown},
		{"/v2/acme/web/blobs/uploads/../../../../etc/passwd", path{}, berth.ErrRouteUnknown},
		{"/v2/acme/web/blobs/uploads/ABCDEFGHIJKLMNOPQRSTUVWXYZ", path{}, berth.ErrUploadUnknown},
	}
	for _, tt := range tests {
		got, err := parsePath(tt.in)
		if !errors.Is(err, tt.err) {
			t.Errorf("parsePath(%q) = %v, want %v", tt.in, err, tt.err)
			continue
		}
		if err != nil {
			continue
		}
		if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(path{})); diff != "" {
			t.Errorf("parsePath(%q): %s", tt.in, diff)
		}
	}
}

// Whatever the address, the parser does not panic, and what it accepts consists of
// valid parts that make up the address again.
func FuzzParsePath(f *testing.F) {
	for _, s := range []string{
		"/v2/", "/v2/_catalog", "/v2/a/b/tags/list", "/v2/a/b/manifests/x", "/v2/a/b/blobs/" + sha256Empty,
		"/v2/a/b/blobs/uploads/" + uploadID, "/v2/a/b/blobs/uploads/", "/v2/a/b/referrers/" + sha256Empty,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		p, err := parsePath(in)
		if err != nil {
			return
		}
		again := rebuild(p)
		if again != strings.TrimSuffix(in, "/") {
			t.Errorf("parsePath(%q) = %+v, which is %q", in, p, again)
		}
		if p.op != opBase && p.op != opCatalog {
			if _, err := berth.ParseName(p.name.String()); err != nil {
				t.Errorf("parsePath(%q) accepted the name %q", in, p.name)
			}
		}
	})
}

func rebuild(p path) string {
	base := "/v2/" + p.name.String()
	switch p.op {
	case opBase:
		return "/v2"
	case opCatalog:
		return "/v2/_catalog"
	case opTags:
		return base + "/tags/list"
	case opReferrers:
		return base + "/referrers/" + string(p.digest)
	case opManifest:
		return base + "/manifests/" + p.ref.String()
	case opBlob:
		return base + "/blobs/" + string(p.digest)
	case opUploads:
		return base + "/blobs/uploads"
	case opUpload:
		return base + "/blobs/uploads/" + p.upload
	case opCount:
	}
	return "not an address"
}
