package ociapi_test

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
)

func TestBlobGetAndHead(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c := s.As("ada")
	content := strings.Repeat("0123456789", 1000)
	d := c.PushBlob("ada/app", content).String()
	for _, method := range []string{"GET", "HEAD"} {
		r := c.Do(method, "/v2/ada/app/blobs/"+d, nil).Want(http.StatusOK)
		for name, want := range map[string]string{
			"Content-Length": "10000", "Docker-Content-Digest": d, "Content-Type": "application/octet-stream", "Accept-Ranges": "bytes",
		} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s %s: %q, want %q", method, name, got, want)
			}
		}
		if method == "GET" && string(r.Body) != content {
			t.Error("content differs")
		}
	}
	c.Get("/v2/ada/app/blobs/"+d, "If-None-Match", `"`+d+`"`).Want(http.StatusNotModified)
	other := digest.FromString("other").String()
	if code := c.Get("/v2/ada/app/blobs/" + other).Want(http.StatusNotFound).Code(); code != "BLOB_UNKNOWN" {
		t.Error(code)
	}
	if got := c.Do("HEAD", "/v2/ada/app/blobs/"+other, nil).Want(http.StatusNotFound); len(got.Body) != 0 {
		t.Errorf("HEAD has a body: %q", got.Body)
	}
}

func TestBlobRanges(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c := s.As("ada")
	d := c.PushBlob("ada/app", "0123456789").String()
	tests := []struct {
		header string
		status int
		body   string
		ranged string
	}{
		{"bytes=0-0", 206, "0", "bytes 0-0/10"},
		{"bytes=2-5", 206, "2345", "bytes 2-5/10"},
		{"bytes=7-", 206, "789", "bytes 7-9/10"},
		{"bytes=-3", 206, "789", "bytes 7-9/10"},
		{"bytes=5-1000", 206, "56789", "bytes 5-9/10"},
		{"bytes=-1000", 206, "0123456789", "bytes 0-9/10"},
		{"bytes=0-99999999999999999999999", 206, "0123456789", "bytes 0-9/10"},
		{"bytes=10-", 416, "", "bytes */10"},
		{"bytes=99999999999999999999999-", 416, "", "bytes */10"},
		{"bytes=-0", 416, "", "bytes */10"},
		{"bytes=5-2", 200, "0123456789", ""},
		{"bytes=a-b", 200, "0123456789", ""},
		{"lines=1-2", 200, "0123456789", ""},
		{"bytes=0-9,0-9", 200, "0123456789", ""}, // more than the whole
	}
	for _, tt := range tests {
		r := c.Get("/v2/ada/app/blobs/"+d, "Range", tt.header)
		if r.Status != tt.status || r.Header.Get("Content-Range") != tt.ranged {
			t.Errorf("%s: %d %q, want %d %q", tt.header, r.Status, r.Header.Get("Content-Range"), tt.status, tt.ranged)
		}
		if tt.status == 416 {
			r.Code()
		} else if string(r.Body) != tt.body {
			t.Errorf("%s: body %q, want %q", tt.header, r.Body, tt.body)
		}
	}
	c.Get("/v2/ada/app/blobs/"+d, "Range", "bytes=0-0", "If-Range", `"x"`).Want(http.StatusOK)
	c.Get("/v2/ada/app/blobs/"+d, "Range", "bytes=0-0", "If-Range", `"`+d+`"`).Want(http.StatusPartialContent)
}

func TestBlobSeveralRanges(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c := s.As("ada")
	d := c.PushBlob("ada/app", "0123456789").String()
	r := c.Get("/v2/ada/app/blobs/"+d, "Range", "bytes=0-1,5-5,-2").Want(http.StatusPartialContent)
	_, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	parts := multipart.NewReader(bytes.NewReader(r.Body), params["boundary"])
	var got []string
	for {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(p)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, p.Header.Get("Content-Range")+" "+string(b))
	}
	if diff := cmp.Diff([]string{"bytes 0-1/10 01", "bytes 5-5/10 5", "bytes 8-9/10 89"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestEmptyBlob(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c := s.As("ada")
	d := digest.FromString("").String()
	at := c.StartUpload("ada/app")
	c.Do("PUT", at+"?digest="+d, nil).Want(http.StatusCreated)
	if r := c.Get("/v2/ada/app/blobs/" + d).Want(http.StatusOK); len(r.Body) != 0 {
		t.Errorf("body %q", r.Body)
	}
	c.PushBlob("ada/two", "")
}

func TestDeleteBlob(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c := s.As("ada")
	c.PushImage("ada/app", "v1", "1")
	layer := digest.FromString("layer 1").String()
	r := c.Do("DELETE", "/v2/ada/app/blobs/"+layer, nil).Want(http.StatusMethodNotAllowed)
	if r.Code() != "UNSUPPORTED" {
		t.Error(r.Code())
	}
	loose := c.PushBlob("ada/app", "loose").String()
	c.PushBlob("ada/other", "loose")
	c.Do("DELETE", "/v2/ada/app/blobs/"+loose, nil).Want(http.StatusAccepted)
	c.Get("/v2/ada/app/blobs/" + loose).Want(http.StatusNotFound)
	c.Do("DELETE", "/v2/ada/app/blobs/"+loose, nil).Want(http.StatusNotFound)
	c.Get("/v2/ada/other/blobs/" + loose).Want(http.StatusOK)
}

// A blob is visible only through the packages that hold it.
func TestBlobOfAnotherPackage(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	d := s.As("ada").PushBlob("ada/secret", "secret").String()
	for _, path := range []string{"/v2/bob/app/blobs/", "/v2/ada/app/blobs/", "/v2/bob/app/manifests/", "/v2/bob/app/referrers/"} {
		r := s.As("bob").Get(path + d)
		if strings.Contains(path, "referrers") {
			r.Want(http.StatusOK)
			continue
		}
		r.Want(http.StatusNotFound)
	}
	// Nor can it be pulled in by a manifest that names it.
	s.As("bob").Do("PUT", "/v2/bob/app/manifests/v1", bytes.NewReader(berthtest.Image("secret")), "Content-Type", berth.MediaTypeOCIManifest).Want(http.StatusNotFound)
}

// Where the bytes are lost, the registry does not claim to have them, and pushing
// again brings them back.
func TestLostBytesHeal(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c := s.As("ada")
	d := c.PushBlob("ada/app", "precious").String()
	for key, err := range s.Blobs.Keys(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Blobs.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	c.Do("HEAD", "/v2/ada/app/blobs/"+d, nil).Want(http.StatusNotFound)
	c.Get("/v2/ada/app/blobs/" + d).Want(http.StatusNotFound)
	c.Do("POST", "/v2/ada/two/blobs/uploads/?from=ada/app&mount="+d, nil).Want(http.StatusAccepted)
	c.PushBlob("ada/two", "precious")
	if r := c.Get("/v2/ada/app/blobs/" + d).Want(http.StatusOK); string(r.Body) != "precious" {
		t.Errorf("body %q", r.Body)
	}
}
