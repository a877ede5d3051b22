package registry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/blob"
	"github.com/berth-registry/berth/internal/blob/memblob"
)

// An open upload forgives that the bearer has run out, and nothing else: who may no
// longer push, or comes with credentials that never could, does not find it.
func TestUploadNeedsTheRightToPush(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	s.As("ada").PushImage("acme/app", "v1", "1")
	member := func(owner bool) {
		t.Helper()
		if err := s.Account.AddMember(t.Context(), berth.Operator(), "acme", "bob", owner); err != nil {
			t.Fatal(err)
		}
	}
	member(true)
	bearer := s.As("bob").Bearer("repository:acme/app:pull,push")
	at := bearer.StartUpload("acme/app")
	bearer.Do("PATCH", at, strings.NewReader(content[:12])).Want(http.StatusAccepted)
	d := digest.FromString(content[:12]).String()
	try := func(name string, c *berthtest.Client) {
		t.Helper()
		for _, method := range []string{"GET", "PATCH", "PUT", "DELETE"} {
			if r := c.Do(method, at+"?digest="+d, strings.NewReader("x")); r.Status != http.StatusNotFound || r.Code() != "BLOB_UPLOAD_UNKNOWN" {
				t.Errorf("%s: %s: %d %s", name, method, r.Status, r.Body)
			}
		}
	}
	try("a token that may read", s.With("Bearer "+s.Token("bob", berth.ScopeReadPackages, 0)))
	try("a bearer for a pull", s.As("bob").Bearer("repository:acme/app:pull"))
	try("a bearer for another package", s.As("bob").Bearer("repository:acme/other:pull,push"))
	member(false) // an owner no more: the package can be read
	try("a role that was lost", bearer)
	member(true)
	s.Clock.Advance(25 * time.Hour)
	bearer.Do("PATCH", at, strings.NewReader("x")).Want(http.StatusUnauthorized) // too old to say anything
	s.As("bob").Do("PUT", at+"?digest="+d, nil).Want(http.StatusCreated)
}

// lateSweep sweeps, an hour later, while bytes are being read.
type lateSweep struct {
	blob.Store

	sweep func()
}

func (l *lateSweep) Open(ctx context.Context, key string, off int64) (io.ReadCloser, error) {
	r, err := l.Store.Open(ctx, key, off)
	if sweep := l.sweep; sweep != nil {
		l.sweep = nil // it reads too, to tell how much it deletes
		sweep()
		l.sweep = sweep
	}
	return r, err
}

// A copy that takes longer than doomed bytes are kept does not lose what it makes.
func TestSlowReopen(t *testing.T) {
	t.Parallel()
	store := &lateSweep{Store: memblob.New()}
	s := berthtest.New(t, berthtest.Options{Blobs: store})
	c := s.As("ada")
	at := c.StartUpload("ada/app")
	c.Do("PATCH", at, strings.NewReader(content[:24])).Want(http.StatusAccepted)
	seal(t, s, content[24:])
	store.sweep = func() {
		s.Clock.Advance(time.Hour)
		if _, err := s.Registry.DeleteDoomed(context.Background()); err != nil {
			t.Error(err)
		}
	}
	c.Do("PUT", at+"?digest="+digest.FromString(content).String(), strings.NewReader(content[24:])).Want(http.StatusCreated)
	store.sweep()
	if got := c.Get("/v2/ada/app/blobs/" + digest.FromString(content).String()).Want(http.StatusOK).Body; string(got) != content {
		t.Errorf("content %q", got)
	}
}

// What is pushed again takes no other place: a copy of the database made a while
// ago still leads to the bytes.
func TestPushAgainKeepsTheKey(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	s.As("ada").PushBlob("ada/app", content)
	before := keyOf(s, digest.FromString(content))
	s.As("bob").PushBlob("bob/app", content)
	if after := keyOf(s, digest.FromString(content)); after != before {
		t.Errorf("the key changed from %s to %s", before, after)
	}
}

func keyOf(s *berthtest.Server, d digest.Digest) string {
	for line := range strings.SplitSeq(s.State(), "\n") {
		if f := strings.Fields(line); f[0] == "blobs" && f[1] == `"`+d.String()+`"` {
			return f[3]
		}
	}
	return ""
}

// Large annotations make more pages, not larger ones, and too large ones are
// refused.
func TestReferrersOfSize(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c := s.As("ada")
	c.PushImage("ada/app", "v1", "1")
	c.PushBlob("ada/app", "{}")
	subject := berthtest.Describe(berth.MediaTypeOCIManifest, c.Get("/v2/ada/app/manifests/v1").Body)
	put := func(i, size int) *berthtest.Response {
		var m map[string]any
		if err := json.Unmarshal(berthtest.Artifact("a/b", &subject, "{}"), &m); err != nil {
			t.Fatal(err)
		}
		m["annotations"] = map[string]string{"n": fmt.Sprint(i), "x": strings.Repeat("x", size)}
		body, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return c.Do("PUT", "/v2/ada/app/manifests/"+digest.FromBytes(body).String(), bytes.NewReader(body), "Content-Type", berth.MediaTypeOCIManifest)
	}
	put(0, 600<<10).Want(http.StatusBadRequest).Code()
	const n = 20
	for i := range n {
		put(i, 500<<10).Want(http.StatusCreated)
	}
	found := map[string]bool{}
	for path := "/v2/ada/app/referrers/" + subject.Digest.String(); path != ""; {
		r := c.Get(path).Want(http.StatusOK)
		if len(r.Body) > 4<<20 {
			t.Errorf("a page of %d bytes", len(r.Body))
		}
		var page struct{ Manifests []struct{ Digest string } }
		if err := json.Unmarshal(r.Body, &page); err != nil {
			t.Fatal(err)
		}
		for _, m := range page.Manifests {
			found[m.Digest] = true
		}
		path, _, _ = strings.Cut(strings.TrimPrefix(r.Header.Get("Link"), "<"), ">")
	}
	if len(found) != n {
		t.Errorf("%d referrers in all pages, want %d", len(found), n)
	}
}

// Whoever administers the registry is told that the owner is missing, not that he
// lacks a right.
func TestPushToNobody(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	r := s.As("root").Do("POST", "/v2/ghost/app/blobs/uploads/", nil).Want(http.StatusNotFound)
	if r.Code() != "NAME_UNKNOWN" || !strings.Contains(string(r.Body), "no user or organization ghost") {
		t.Errorf("%s", r.Body)
	}
}

// A token that ran out or was revoked may finish an upload that it began, and
// nothing else; a user who was blocked may not even that.
func TestUploadOfEndedToken(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	s.As("ada").PushImage("acme/app", "v1", "1")
	for change, want := range map[string]int{"expires_at": http.StatusCreated, "revoked_at": http.StatusCreated} {
		bearer := s.As("ada").Bearer("repository:acme/app:pull,push")
		at := bearer.StartUpload("acme/app")
		s.Exec(`UPDATE tokens SET ` + change + ` = 1`)
		s.Clock.Advance(3 * time.Second)
		bearer.Do("PUT", at+"?digest="+digest.FromString("x"+change).String(), strings.NewReader("x"+change)).Want(want)
		bearer.Get("/v2/acme/app/manifests/v1").Want(http.StatusUnauthorized)
	}
	bearer := s.As("ada").Bearer("repository:acme/app:pull,push")
	at := bearer.StartUpload("acme/app")
	s.Exec(`UPDATE users SET blocked_at = 1`)
	s.Clock.Advance(3 * time.Second)
	bearer.Do("PUT", at+"?digest="+digest.FromString("y").String(), strings.NewReader("y")).Want(http.StatusUnauthorized)
}

// What was never published is as none also to its administrators: there is nothing
// to be set up for others.
func TestAdministerUnpublished(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ada := s.As("ada")
	ada.StartUpload("acme/app")
	before := s.State()
	at := "/api/v3/orgs/acme/packages/container/app"
	ada.Do("PUT", at+"/roles/users/bob", strings.NewReader(`{"role": "read"}`)).Want(http.StatusNotFound)
	ada.Do("PATCH", at, strings.NewReader(`{"visibility": "public"}`)).Want(http.StatusNotFound)
	if before != s.State() {
		t.Error("something changed")
	}
}
