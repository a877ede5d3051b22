package ociapi_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
)

// Who may pull, push and delete, by visibility. A dot is a success; a number is
// the status of the refusal.
func TestAccess(t *testing.T) {
	t.Parallel()
	tests := []struct {
		user, private, internal, public string // pull push delete
	}{
		{"ada", ". . .", ". . .", ". . ."},
		{"root", ". . .", ". . .", ". . ."},
		{"mia", ". 403 403", ". 403 403", ". 403 403"},
		{"bob", "404 403 404", ". 403 403", ". 403 403"},
		{"", "401 401 401", "401 401 401", ". 401 401"},
	}
	for _, tt := range tests {
		for visibility, want := range map[berth.Visibility]string{"private": tt.private, "internal": tt.internal, "public": tt.public} {
			t.Run(fmt.Sprintf("%s/%s", tt.user, visibility), func(t *testing.T) {
				t.Parallel()
				s := berthtest.New(t)
				s.As("ada").PushImage("acme/app", "v1", "1")
				s.SetVisibility("acme/app", visibility)
				direct := s.As(tt.user)
				before := s.State()
				for _, bearer := range []bool{false, true} {
					c := direct
					if bearer {
						c = c.Bearer("repository:acme/app:pull,push,delete")
					}
					if got := tryAll(c); got != want {
						t.Errorf("bearer %v: %s, want %s", bearer, got, want)
					}
				}
				if strings.Contains(want, ". .") {
					return
				}
				if diff := cmp.Diff(before, s.State()); diff != "" {
					t.Errorf("refused requests changed something: %s", diff)
				}
			})
		}
	}
}

func tryAll(c *berthtest.Client) string {
	body := c.Get("/v2/acme/app/manifests/v1")
	put := c.Do("POST", "/v2/acme/app/blobs/uploads/?digest="+digest.FromString("x").String(), strings.NewReader("x"))
	manifest := c.Do("PUT", "/v2/acme/app/manifests/v2", bytes.NewReader(berthtest.Image(`{"seed":"1"}`, "layer 1")), "Content-Type", berth.MediaTypeOCIManifest)
	if manifest.Status != put.Status {
		return fmt.Sprintf("blob %d, manifest %d", put.Status, manifest.Status)
	}
	out := []string{}
	for _, r := range []*berthtest.Response{body, put, c.Do("DELETE", "/v2/acme/app/manifests/v2", nil)} {
		if r.Status < 300 {
			out = append(out, ".")
			continue
		}
		out = append(out, fmt.Sprint(r.Status))
	}
	return strings.Join(out, " ")
}

// For a stranger a private package is exactly like none: status, headers and body,
// at every door.
func TestPrivateIsLikeAbsent(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	d := s.As("ada").PushImage("ada/hidden", "v1", "1")
	layer := digest.FromString("layer 1")
	upload := s.As("ada").StartUpload("ada/hidden")
	id := upload[len(upload)-26:]
	type try struct{ method, path string }
	for _, user := range []string{"", "bob"} {
		c := s.As(user)
		for _, x := range []try{
			{"GET", "manifests/v1"},
			{"HEAD", "manifests/v1"},
			{"GET", "manifests/" + d.String()},
			{"DELETE", "manifests/v1"},
			{"PUT", "manifests/v1"},
			{"GET", "blobs/" + layer.String()},
			{"HEAD", "blobs/" + layer.String()},
			{"DELETE", "blobs/" + layer.String()},
			{"POST", "blobs/uploads/"},
			{"POST", "blobs/uploads/?mount=" + layer.String() + "&from=ada/hidden"},
			{"GET", "blobs/uploads/" + id},
			{"PATCH", "blobs/uploads/" + id},
			{"PUT", "blobs/uploads/" + id + "?digest=" + layer.String()},
			{"DELETE", "blobs/uploads/" + id},
			{"GET", "tags/list"},
			{"GET", "referrers/" + d.String()},
		} {
			hidden := describe(c.Do(x.method, "/v2/ada/hidden/"+x.path, nil))
			absent := strings.ReplaceAll(describe(c.Do(x.method, "/v2/ada/absent/"+x.path, nil)), "ada/absent", "ada/hidden")
			if diff := cmp.Diff(absent, hidden); diff != "" {
				t.Errorf("%q %s %s tells hidden from absent: %s", user, x.method, x.path, diff)
			}
			ghost := strings.ReplaceAll(describe(c.Do(x.method, "/v2/ghost/absent/"+x.path, nil)), "ghost", "ada")
			if diff := cmp.Diff(strings.ReplaceAll(absent, "ada/hidden", "ada/absent"), ghost); diff != "" {
				t.Errorf("%q %s %s tells an owner from none: %s", user, x.method, x.path, diff)
			}
		}
		// The token endpoint does not tell either.
		hidden := c.Get("/token?scope=repository:ada/hidden:pull,push").Want(http.StatusOK)
		absent := c.Get("/token?scope=repository:ada/absent:pull,push").Want(http.StatusOK)
		if a, b := decode[tokenReply](t, hidden), decode[tokenReply](t, absent); a.Scope != b.Scope || len(a.Token) != len(b.Token) {
			t.Errorf("%q: %q, %q", user, a.Scope, b.Scope)
		}
	}
}

func describe(r *berthtest.Response) string {
	r.Header.Del("Date")
	r.Header.Del("Content-Length") // follows from the name in the text
	return fmt.Sprint(r.Status, r.Header, string(r.Body))
}

// The first push makes its user an administrator of the package, also in an
// organization of which he is only a member.
func TestFirstPusherIsAdmin(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	mia := s.As("mia")
	mia.PushImage("acme/mine", "v1", "1")
	mia.PushImage("acme/mine", "v2", "2")
	mia.Do("DELETE", "/v2/acme/mine/manifests/v1", nil).Want(http.StatusAccepted)
	// Somebody who only tried the door has not taken the name.
	mia.StartUpload("acme/probed")
	s.As("ada").PushImage("acme/probed", "v1", "1")
	mia.Do("DELETE", "/v2/acme/probed/manifests/v1", nil).Want(http.StatusForbidden)
	// A stranger cannot create anything there, nor under a name nobody has.
	for _, name := range []string{"acme/new", "ada/new", "ghost/new"} {
		r := s.As("bob").Do("POST", "/v2/"+name+"/blobs/uploads/", nil).Want(http.StatusForbidden)
		if r.Code() != "DENIED" || !strings.Contains(string(r.Body), "user bob has role none on "+name+", push needs write") {
			t.Errorf("%s: %s", name, r.Body)
		}
	}
}

// Revoked rights end at once for Basic, and within seconds for a bearer that was
// made before.
func TestVisibilityTakesEffect(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	s.As("ada").PushImage("ada/app", "v1", "1")
	s.SetVisibility("ada/app", berth.VisibilityPublic)
	anon := s.As("").Bearer("repository:ada/app:pull")
	anon.Get("/v2/ada/app/manifests/v1").Want(http.StatusOK)
	s.As("").Get("/v2/ada/app/manifests/v1").Want(http.StatusOK) // and without any token
	s.SetVisibility("ada/app", berth.VisibilityPrivate)
	anon.Get("/v2/ada/app/manifests/v1").Want(http.StatusUnauthorized)
}
