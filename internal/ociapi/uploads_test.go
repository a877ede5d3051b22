package ociapi_test

import (
	"crypto/sha512"
	"encoding/hex"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
)

func TestChunkedUpload(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c := s.As("ada")
	d := digest.FromString("hello world").String()
	r := c.Do("POST", "/v2/ada/app/blobs/uploads", nil).Want(http.StatusAccepted) // some proxies drop the slash
	at := r.Header.Get("Location")
	if !strings.HasPrefix(at, "/v2/ada/app/blobs/uploads/") {
		t.Fatalf("location %q is not relative", at)
	}
	r = c.Do("PATCH", at, strings.NewReader("hello "), "Content-Range", "0-5").Want(http.StatusAccepted)
	if got := r.Header.Get("Range"); got != "0-5" {
		t.Errorf("range %q", got)
	}
	// Out of order, by PATCH and by PUT: 416, with where to go on.
	for _, method := range []string{"PATCH", "PUT"} {
		for _, rng := range []string{"0-4", "7-11", "5-9"} {
			r := c.Do(method, at+"?digest="+d, strings.NewReader("world"), "Content-Range", rng).Want(http.StatusRequestedRangeNotSatisfiable)
			if r.Code() != "BLOB_UPLOAD_INVALID" {
				t.Errorf("%s %s: %s", method, rng, r.Body)
			}
			if got := r.Header.Get("Range"); got != "0-5" {
				t.Errorf("%s: range after 416: %q", method, got)
			}
		}
	}
	r = c.Get(at).Want(http.StatusNoContent)
	if got := r.Header.Get("Range"); got != "0-5" || r.Header.Get("Location") != at {
		t.Errorf("status: range %q, location %q", got, r.Header.Get("Location"))
	}
	c.Do("PATCH", at, strings.NewReader("wor"), "Content-Range", "bytes 6-8/*").Want(http.StatusAccepted)
	r = c.Do("PUT", at+"?digest="+d, strings.NewReader("ld"), "Content-Range", "9-10").Want(http.StatusCreated)
	if got, want := r.Header.Get("Location"), "/v2/ada/app/blobs/"+d; got != want {
		t.Errorf("location %q, want %q", got, want)
	}
	if got := c.Get("/v2/ada/app/blobs/" + d).Want(http.StatusOK).Body; string(got) != "hello world" {
		t.Errorf("body %q", got)
	}
	c.Get(at).Want(http.StatusNotFound)
	// A client that lost the answer asks again.
	c.Do("PUT", at+"?digest="+d, nil).Want(http.StatusCreated)
	other := digest.FromString("x").String()
	if code := c.Do("PUT", at+"?digest="+other, nil).Want(http.StatusNotFound).Code(); code != "BLOB_UPLOAD_UNKNOWN" {
		t.Error(code)
	}
}

// streamed hides the length of a body, as docker does with layers.
type streamed struct{ io.Reader }

func TestStreamedUpload(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c := s.As("ada")
	at := c.StartUpload("ada/app")
	c.Do("PATCH", at, streamed{strings.NewReader("hello ")}).Want(http.StatusAccepted)
	c.Do("PATCH", at, streamed{strings.NewReader("world")}).Want(http.StatusAccepted)
	c.Do("PUT", at+"?digest="+digest.FromString("hello world").String(), nil).Want(http.StatusCreated)
	// POST and one PUT; with a Content-Range too.
	at = c.StartUpload("ada/app")
	c.Do("PUT", at+"?digest="+digest.FromString("all").String(), streamed{strings.NewReader("all")}).Want(http.StatusCreated)
	at = c.StartUpload("ada/app")
	c.Do("PUT", at+"?digest="+digest.FromString("one").String(), strings.NewReader("one"), "Content-Range", "0-2").Want(http.StatusCreated)
}

func TestUploadBySHA512(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c := s.As("ada")
	sum := sha512.Sum512([]byte("hello"))
	d := "sha512:" + hex.EncodeToString(sum[:])
	finish := map[string]func(){
		"announced": func() {
			at := c.Do("POST", "/v2/ada/a/blobs/uploads/?digest-algorithm=sha512", nil).Want(http.StatusAccepted).Header.Get("Location")
			c.Do("PATCH", at, strings.NewReader("hello")).Want(http.StatusAccepted)
			c.Do("PUT", at+"?digest="+d, nil).Want(http.StatusCreated)
		},
		"not announced, in chunks": func() {
			at := c.StartUpload("ada/b")
			c.Do("PATCH", at, strings.NewReader("hel")).Want(http.StatusAccepted)
			c.Do("PUT", at+"?digest="+d, strings.NewReader("lo")).Want(http.StatusCreated)
		},
		"in one": func() {
			c.Do("POST", "/v2/ada/c/blobs/uploads/?digest="+d, strings.NewReader("hello")).Want(http.StatusCreated)
		},
	}
	for name, push := range finish {
		push()
		if t.Failed() {
			t.Fatal(name)
		}
	}
	for _, name := range []string{"a", "b", "c"} {
		r := c.Get("/v2/ada/" + name + "/blobs/" + d).Want(http.StatusOK)
		if string(r.Body) != "hello" || r.Header.Get("Docker-Content-Digest") != d {
			t.Errorf("%s: %q", name, r.Body)
		}
	}
	c.Do("POST", "/v2/ada/a/blobs/uploads/?digest-algorithm=md5", nil).Want(http.StatusBadRequest).Code()
}

func TestUploadRefused(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c := s.As("ada")
	at := c.StartUpload("ada/app")
	c.Do("PATCH", at, strings.NewReader("hello")).Want(http.StatusAccepted)
	good := digest.FromString("hello").String()
	bad := digest.FromString("other").String()
	before := s.State()
	tests := []struct {
		name, method, path, body, rng string
		status                        int
		code                          string
	}{
		{"wrong digest", "PUT", at + "?digest=" + bad, "", "", 400, "DIGEST_INVALID"},
		{"no digest", "PUT", at, "", "", 400, "DIGEST_INVALID"},
		{"broken digest", "PUT", at + "?digest=sha256:zz", "", "", 400, "DIGEST_INVALID"},
		{"digest algorithm", "PUT", at + "?digest=md5:d41d8cd98f00b204e9800998ecf8427e", "", "", 400, "DIGEST_INVALID"},
		{"digest with CR LF", "PUT", at + "?digest=" + good + "%0d%0aX:y", "", "", 400, "DIGEST_INVALID"},
		{"range and length differ", "PATCH", at, "abc", "5-9", 400, "SIZE_INVALID"},
		{"range backwards", "PATCH", at, "abc", "5-2", 400, "BLOB_UPLOAD_INVALID"},
		{"range nonsense", "PATCH", at, "abc", "x", 400, "BLOB_UPLOAD_INVALID"},
		{"range negative", "PATCH", at, "abc", "-5--3", 400, "BLOB_UPLOAD_INVALID"},
		{"range beyond", "PATCH", at, "abc", "9223372036854775807-9223372036854775809", 416, "BLOB_UPLOAD_INVALID"},
		{"single POST, wrong digest", "POST", "/v2/ada/app/blobs/uploads/?digest=" + bad, "hello", "", 400, "DIGEST_INVALID"},
		{"single POST, broken digest", "POST", "/v2/ada/app/blobs/uploads/?digest=x", "hello", "", 400, "DIGEST_INVALID"},
		{"broken mount", "POST", "/v2/ada/app/blobs/uploads/?mount=x", "", "", 400, "DIGEST_INVALID"},
		{"unknown upload", "PATCH", "/v2/ada/app/blobs/uploads/aaaaaaaaaaaaaaaaaaaaaaaaaa", "x", "", 404, "BLOB_UPLOAD_UNKNOWN"},
		{"method", "POST", at, "x", "", 405, "UNSUPPORTED"},
		{"method on collection", "GET", "/v2/ada/app/blobs/uploads/", "", "", 405, "UNSUPPORTED"},
	}
	for _, tt := range tests {
		var headers []string
		if tt.rng != "" {
			headers = []string{"Content-Range", tt.rng}
		}
		r := c.Do(tt.method, tt.path, strings.NewReader(tt.body), headers...)
		if r.Status != tt.status || r.Code() != tt.code {
			t.Errorf("%s: %d %s, want %d %s", tt.name, r.Status, r.Body, tt.status, tt.code)
		}
	}
	// A single POST that failed leaves a key to be deleted, and nothing else.
	after := dropLines(s.State(), "doomed_keys", "sqlite_sequence")
	if diff := cmp.Diff(dropLines(before, "doomed_keys", "sqlite_sequence"), after); diff != "" {
		t.Errorf("refused requests changed something: %s", diff)
	}
	c.Do("PUT", at+"?digest="+good, nil).Want(http.StatusCreated) // still good
}

func dropLines(s string, prefixes ...string) string {
	var out []string
next:
	for line := range strings.SplitSeq(s, "\n") {
		for _, p := range prefixes {
			if strings.HasPrefix(line, p) {
				continue next
			}
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

// A session belongs to the user who opened it and to its package: for anybody
// else, and anywhere else, it does not exist.
func TestUploadOfAnother(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	at := s.As("ada").StartUpload("acme/app")
	s.As("ada").Do("PATCH", at, strings.NewReader("hello")).Want(http.StatusAccepted)
	elsewhere := strings.Replace(at, "acme/app", "acme/other", 1)
	clients := map[string]*berthtest.Client{"mia": s.As("mia"), "root": s.As("root"), "ada": s.As("ada")}
	before := s.State()
	for name, try := range map[string]struct{ user, path string }{
		"another user":        {"mia", at}, // who may push to acme as well
		"an administrator":    {"root", at},
		"another package":     {"ada", elsewhere},
		"an unknown, to know": {"mia", strings.Replace(at, at[len(at)-26:], strings.Repeat("a", 26), 1)},
	} {
		c := clients[try.user]
		for _, method := range []string{"GET", "PATCH", "PUT", "DELETE"} {
			r := c.Do(method, try.path+"?digest="+digest.FromString("hello").String(), strings.NewReader("x")).Want(http.StatusNotFound)
			if r.Code() != "BLOB_UPLOAD_UNKNOWN" {
				t.Errorf("%s, %s: %s", name, method, r.Body)
			}
		}
	}
	s.As("").Do("PATCH", at, strings.NewReader("x")).Want(http.StatusUnauthorized)
	if diff := cmp.Diff(before, s.State()); diff != "" {
		t.Error(diff)
	}
}

func TestCancelUpload(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c := s.As("ada")
	at := c.StartUpload("ada/app")
	c.Do("PATCH", at, strings.NewReader("hello")).Want(http.StatusAccepted)
	c.Do("DELETE", at, nil).Want(http.StatusNoContent)
	c.Do("DELETE", at, nil).Want(http.StatusNotFound)
	c.Get(at).Want(http.StatusNotFound)
	if strings.Contains(s.State(), "bytes ") {
		t.Error("bytes of a cancelled upload are left")
	}
}

func TestUploadLimits(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t, smallLimits())
	c := s.As("ada")
	at := c.StartUpload("ada/app")
	if code := c.Do("PATCH", at, strings.NewReader(strings.Repeat("x", 101))).Want(http.StatusRequestEntityTooLarge).Code(); code != "SIZE_INVALID" {
		t.Error(code)
	}
	c.Do("PATCH", at, strings.NewReader(strings.Repeat("x", 100))).Want(http.StatusAccepted)
	c.Do("PATCH", at, strings.NewReader("x")).Want(http.StatusRequestEntityTooLarge)
	c.StartUpload("ada/app")
	c.StartUpload("ada/app")
	r := c.Do("POST", "/v2/ada/app/blobs/uploads/", nil).Want(http.StatusTooManyRequests)
	if r.Code() != "TOOMANYREQUESTS" || r.Header.Get("Retry-After") == "" {
		t.Errorf("%s", r.Body)
	}
	s.As("bob").StartUpload("bob/app") // others are not concerned
}

// Uploads without progress go after a day, with their bytes and with the package
// that only they had made; those that move on stay.
func TestStaleUploadsAreReaped(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c := s.As("ada")
	stale := c.StartUpload("ada/stale")
	c.Do("PATCH", stale, strings.NewReader("hello")).Want(http.StatusAccepted)
	live := c.StartUpload("ada/live")
	c.Do("PATCH", live, strings.NewReader("hello ")).Want(http.StatusAccepted)
	s.Clock.Advance(23 * time.Hour)
	c.Do("PATCH", live, strings.NewReader("hello")).Want(http.StatusAccepted)
	probe := c.StartUpload("ada/probe")
	s.Clock.Advance(2 * time.Hour)
	n, err := s.Registry.ReapUploads(t.Context())
	if err != nil || n != 2 {
		t.Fatalf("reaped %d, %v", n, err)
	}
	c.Get(stale).Want(http.StatusNotFound)
	c.Get(live).Want(http.StatusNoContent)
	c.Get(probe).Want(http.StatusNotFound)
	state := s.State()
	if got := strings.Count(state, "bytes "); got != 1 {
		t.Errorf("%d keys with bytes are left, want 1", got)
	}
	if strings.Contains(state, `"stale"`) {
		t.Error("the empty package is left")
	}
	s.Clock.Advance(time.Hour)
	if n, err := s.Registry.DeleteDoomed(t.Context()); err != nil || n != 2 {
		t.Errorf("deleted %d doomed keys, %v", n, err)
	}
	if strings.Contains(s.State(), "doomed_keys") {
		t.Error("a doomed key is left")
	}
}

func TestMount(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ada := s.As("ada")
	ada.PushImage("ada/private", "v1", "1")
	ada.PushImage("ada/public", "v1", "2")
	s.SetVisibility("ada/public", berth.VisibilityPublic)
	secret, open := digest.FromString("layer 1").String(), digest.FromString("layer 2").String()
	tests := []struct {
		name, user, query string
		status            int
		digest            string
	}{
		{"own", "ada", "mount=" + secret + "&from=ada/private", 201, secret},
		{"own, source not named", "ada", "mount=" + secret, 201, secret},
		{"own, crane's extra parameter", "ada", "mount=" + secret + "&from=ada/private&origin=127.0.0.1", 201, secret},
		{"public", "bob", "mount=" + open + "&from=ada/public", 201, open},
		{"public, source not named", "bob", "mount=" + open, 201, open},
		{"private of another", "bob", "mount=" + secret + "&from=ada/private", 202, secret},
		{"private of another, source not named", "bob", "mount=" + secret, 202, secret},
		{"wrong source", "bob", "mount=" + secret + "&from=ada/public", 202, secret},
		{"source twice", "bob", "mount=" + secret + "&from=ada/private&from=ada/public", 202, secret},
		{"source unknown", "bob", "mount=" + open + "&from=ada/none", 202, open},
		{"source invalid", "bob", "mount=" + open + "&from=../x", 202, open},
		{"blob unknown", "bob", "mount=" + digest.FromString("x").String(), 202, digest.FromString("x").String()},
	}
	for i, tt := range tests {
		target := "/v2/" + tt.user + "/target" + string(rune('a'+i))
		// The bearer names the target only, as docker's does.
		c := s.As(tt.user).Bearer("repository:" + target[4:] + ":pull,push")
		r := c.Do("POST", target+"/blobs/uploads/?"+tt.query, nil)
		if r.Status != tt.status {
			t.Errorf("%s: %d %s, want %d", tt.name, r.Status, r.Body, tt.status)
			continue
		}
		want := http.StatusNotFound
		if tt.status == 201 {
			want = http.StatusOK
			if got := r.Header.Get("Location"); got != target+"/blobs/"+tt.digest {
				t.Errorf("%s: location %q", tt.name, got)
			}
		} else if !strings.HasPrefix(r.Header.Get("Location"), target+"/blobs/uploads/") {
			t.Errorf("%s: location %q", tt.name, r.Header.Get("Location"))
		}
		c.Do("HEAD", target+"/blobs/"+tt.digest, nil).Want(want)
	}
	// Who may not push to the target learns nothing.
	s.As("bob").Do("POST", "/v2/ada/public/blobs/uploads/?mount="+open+"&from=ada/public", nil).Want(http.StatusForbidden)
}
