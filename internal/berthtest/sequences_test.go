package berthtest_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/registry"
)

// The tests here are stories in which rights change while something is under way.
// "Elsewhere" is another server on the same data, which hears of it within
// seconds; the server that made the change knows at once.

const layer = "the bytes of a layer, long enough to be cut"

func parse(t *testing.T, s string) berth.Name {
	t.Helper()
	n, err := berth.ParseName(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// grant gives a user a role on a package, or takes it away with RoleNone.
func grant(t *testing.T, s *berthtest.Server, pkg, user string, role berth.Role) {
	t.Helper()
	var err error
	if role == berth.RoleNone {
		err = s.Registry.RevokeRole(t.Context(), berth.Operator(), parse(t, pkg), registry.Holder{User: user})
	} else {
		err = s.Registry.GrantRole(t.Context(), berth.Operator(), parse(t, pkg), registry.Holder{User: user}, role)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func put(c *berthtest.Client, at, content string) *berthtest.Response {
	return c.Do("PUT", at+"?digest="+digest.FromString(content).String(), strings.NewReader(""))
}

// A writer who loses the role in the middle of a push does not finish it, neither
// with the next chunk nor with the end of the upload.
func TestRoleLostInMidPush(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	s.As("ada").PushImage("ada/app", "v1", "1")
	grant(t, s, "ada/app", "bob", berth.RoleWrite)
	elsewhere := s.Replica()
	bob := s.As("bob").Bearer("repository:ada/app:pull,push")
	at := bob.StartUpload("ada/app")
	bob.Do("PATCH", at, strings.NewReader(layer)).Want(http.StatusAccepted)
	grant(t, s, "ada/app", "bob", berth.RoleNone)
	before := s.State()
	for _, c := range []*berthtest.Client{bob, bob.At(elsewhere)} {
		c.Do("PATCH", at, strings.NewReader("more")).Want(http.StatusNotFound)
		put(c, at, layer).Want(http.StatusNotFound)
	}
	if s.State() != before {
		t.Error("the refused requests changed something")
	}
}

// A token that is revoked in the middle of a push opens nothing any more. The layer
// on its way may end; the manifest is refused, so that nothing becomes visible.
func TestTokenRevokedInMidPush(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	elsewhere := s.Replica()
	secret := s.Token("ada", berth.ScopeWritePackages|berth.ScopeReadPackages, 0)
	bearer := s.With("Bearer " + secret).Bearer("repository:ada/app:pull,push")
	at := bearer.StartUpload("ada/app")
	v, err := s.Account.Authenticate(t.Context(), "Bearer "+secret, "")
	if err != nil {
		t.Fatal(err)
	}
	bearer.Get("/v2/").Want(http.StatusOK)
	bearer.At(elsewhere).Get("/v2/").Want(http.StatusOK)
	if err := s.Account.RevokeCurrent(t.Context(), v); err != nil {
		t.Fatal(err)
	}
	bearer.Do("PATCH", at, strings.NewReader(layer)).Want(http.StatusAccepted)
	put(bearer, at, layer).Want(http.StatusCreated)
	refused := func(c *berthtest.Client) {
		t.Helper()
		c.Get("/v2/").Want(http.StatusUnauthorized)
		c.Do("POST", "/v2/ada/app/blobs/uploads/", nil).Want(http.StatusUnauthorized)
		c.Do("PUT", "/v2/ada/app/manifests/v1", strings.NewReader("{}")).Want(http.StatusUnauthorized)
	}
	refused(bearer) // at once where it was revoked
	s.With("Bearer " + secret).Get("/token").Want(http.StatusUnauthorized)
	s.Clock.Advance(5 * time.Second)
	refused(bearer.At(elsewhere))
	s.With("Bearer " + secret).At(elsewhere).Get("/token").Want(http.StatusUnauthorized)
}

// A package that is made private while somebody pulls: what streams may end, the
// next request is refused.
func TestMadePrivateInMidPull(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	elsewhere := s.Replica()
	s.As("ada").PushImage("ada/app", "v1", "1")
	d := s.As("ada").PushBlob("ada/app", strings.Repeat("x", 8<<20)) // more than connections buffer
	s.SetVisibility("ada/app", berth.VisibilityPublic)
	anyone := s.As("").Bearer("repository:ada/app:pull")
	body := anyone.Open("/v2/ada/app/blobs/" + d.String())
	defer body.Close()
	s.SetVisibility("ada/app", berth.VisibilityPrivate)
	if n, err := io.Copy(io.Discard, body); n != 8<<20 {
		t.Errorf("the rest of the stream: %d bytes, %v", n, err)
	}
	for _, c := range []*berthtest.Client{anyone, anyone.At(elsewhere)} {
		c.Get("/v2/ada/app/blobs/" + d.String()).Want(http.StatusUnauthorized)
		c.Get("/v2/ada/app/manifests/v1").Want(http.StatusUnauthorized)
	}
	// There is no address under which the bytes would still be had.
	s.As("ada").Get("/v2/ada/app/blobs/" + d.String()).Want(http.StatusOK)
}

// A bearer that was made while its user could read is worth nothing afterwards.
func TestBearerFromBeforeTheDemotion(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	elsewhere := s.Replica()
	s.As("ada").PushImage("ada/app", "v1", "1")
	grant(t, s, "ada/app", "bob", berth.RoleAdmin)
	bob := s.As("bob").Bearer("repository:ada/app:pull,push,delete")
	bob.Get("/v2/ada/app/manifests/v1").Want(http.StatusOK)
	grant(t, s, "ada/app", "bob", berth.RoleRead)
	bob.Do("DELETE", "/v2/ada/app/manifests/v1", nil).Want(http.StatusForbidden)
	bob.At(elsewhere).Do("DELETE", "/v2/ada/app/manifests/v1", nil).Want(http.StatusForbidden)
	grant(t, s, "ada/app", "bob", berth.RoleNone)
	bob.Get("/v2/ada/app/manifests/v1").Want(http.StatusNotFound)
	bob.At(elsewhere).Get("/v2/ada/app/manifests/v1").Want(http.StatusNotFound)
}

// A tag that is deleted is gone everywhere at once, and so is a manifest from the
// list of referrers.
func TestDeletedEverywhereAtOnce(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	servers := []*berthtest.Server{s, s.Replica()}
	ada := s.As("ada")
	subject := ada.PushImage("ada/app", "v1", "1")
	config := "{}"
	ada.PushBlob("ada/app", config)
	described := berthtest.Describe(berth.MediaTypeOCIManifest, ada.Get("/v2/ada/app/manifests/v1").Body)
	signature := ada.PushManifest("ada/app", "sig", berth.MediaTypeOCIManifest, berthtest.Artifact("application/x-sig", &described, config))
	for _, at := range servers { // so that each has seen them
		ada.At(at).Get("/v2/ada/app/manifests/v1").Want(http.StatusOK)
		if r := ada.At(at).Get("/v2/ada/app/referrers/" + subject.String()).Want(http.StatusOK); !strings.Contains(string(r.Body), signature.String()) {
			t.Errorf("%s", r.Body)
		}
	}
	ada.Do("DELETE", "/v2/ada/app/manifests/v1", nil).Want(http.StatusAccepted)
	ada.Do("DELETE", "/v2/ada/app/manifests/"+signature.String(), nil).Want(http.StatusAccepted)
	for _, at := range servers {
		ada.At(at).Get("/v2/ada/app/manifests/v1").Want(http.StatusNotFound)
		ada.At(at).Get("/v2/ada/app/manifests/" + signature.String()).Want(http.StatusNotFound)
		if r := ada.At(at).Get("/v2/ada/app/referrers/" + subject.String()).Want(http.StatusOK); strings.Contains(string(r.Body), signature.String()) {
			t.Errorf("%s", r.Body)
		}
	}
}

// Two clients move one tag again and again: who reads sees one of the two, and in
// the end what was acknowledged last.
func TestTwoMoveOneTag(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ada := s.As("ada")
	both := []string{
		ada.PushImage("ada/app", "one", "1").String(),
		ada.PushImage("ada/app", "two", "2").String(),
	}
	bodies := [][]byte{ada.Get("/v2/ada/app/manifests/one").Body, ada.Get("/v2/ada/app/manifests/two").Body}
	var wg sync.WaitGroup
	for i := range both {
		c := ada.At(s.Replica())
		wg.Go(func() {
			for range 100 {
				c.PushManifest("ada/app", "tag", berth.MediaTypeOCIManifest, bodies[i])
				r := c.Get("/v2/ada/app/manifests/tag").Want(http.StatusOK)
				if d := digest.FromBytes(r.Body).String(); d != r.Header.Get("Docker-Content-Digest") || d != both[0] && d != both[1] {
					t.Errorf("the tag is %s, the bytes are %s", r.Header.Get("Docker-Content-Digest"), d)
				}
			}
		})
	}
	wg.Wait()
	ada.PushManifest("ada/app", "tag", berth.MediaTypeOCIManifest, bodies[0])
	if got := ada.Get("/v2/ada/app/manifests/tag").Header.Get("Docker-Content-Digest"); got != both[0] {
		t.Errorf("the tag is %s, want %s", got, both[0])
	}
}

// One session is written and ended by two connections at once: its bytes are those
// of one of the two, and it ends once. (Several servers do not share a blob store
// yet.)
func TestOneUploadByTwo(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ada := s.As("ada")
	clients := []*berthtest.Client{ada, s.As("ada")}
	each := func(do func(c *berthtest.Client, i int) *berthtest.Response) (status [2]int) {
		var wg sync.WaitGroup
		for i, c := range clients {
			wg.Go(func() { status[i] = do(c, i).Status })
		}
		wg.Wait()
		return status
	}
	for round := range 20 {
		at := ada.StartUpload("ada/app")
		pieces := []string{fmt.Sprintf("first %d", round), fmt.Sprintf("other %d", round)}
		patched := each(func(c *berthtest.Client, i int) *berthtest.Response {
			return c.Do("PATCH", at, strings.NewReader(pieces[i]), "Content-Range", fmt.Sprintf("0-%d", len(pieces[i])-1))
		})
		winner := 0
		switch patched {
		case [2]int{202, 416}, [2]int{202, 409}:
		case [2]int{416, 202}, [2]int{409, 202}:
			winner = 1
		default:
			t.Fatalf("chunks: %v", patched)
		}
		ended := each(func(c *berthtest.Client, _ int) *berthtest.Response { return put(c, at, pieces[winner]) })
		if ended != [2]int{201, 201} && ended != [2]int{201, 404} && ended != [2]int{404, 201} && ended != [2]int{201, 409} && ended != [2]int{409, 201} {
			t.Fatalf("ends: %v", ended)
		}
		if got := ada.Get("/v2/ada/app/blobs/" + digest.FromString(pieces[winner]).String()).Want(http.StatusOK); string(got.Body) != pieces[winner] {
			t.Errorf("bytes %q", got.Body)
		}
	}
}

// A package that is deleted and made again by somebody else is another package:
// bearers, roles and tags of the old one say nothing about it.
func TestPackageMadeAgain(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	s.As("ada").PushImage("acme/app", "v1", "1")
	grant(t, s, "acme/app", "bob", berth.RoleAdmin)
	bob := s.As("bob").Bearer("repository:acme/app:pull,push,delete")
	at := bob.StartUpload("acme/app")
	d := digest.FromString("layer 1").String()
	bob.Get("/v2/acme/app/blobs/" + d).Want(http.StatusOK)
	if err := s.Registry.DeletePackage(t.Context(), berth.Operator(), parse(t, "acme/app")); err != nil {
		t.Fatal(err)
	}
	bob.Get("/v2/acme/app/manifests/v1").Want(http.StatusNotFound)
	s.As("mia").PushImage("acme/app", "v1", "2")
	bob.Get("/v2/acme/app/manifests/v1").Want(http.StatusNotFound)
	bob.Get("/v2/acme/app/blobs/" + d).Want(http.StatusNotFound)
	bob.Do("PATCH", at, strings.NewReader("x")).Want(http.StatusNotFound)
	bob.Do("DELETE", "/v2/acme/app/manifests/v1", nil).Want(http.StatusNotFound)
	s.As("mia").Get("/v2/acme/app/blobs/" + d).Want(http.StatusNotFound) // of the old package
}

// There are no refresh tokens to steal: none is given, none is taken, and a bearer
// is not exchanged for another.
func TestNoRefreshTokens(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	secret := s.Token("ada", berth.ScopeAll, 0)
	form := func(body string) *berthtest.Response {
		return s.As("").Do("POST", "/token", strings.NewReader(body), "Content-Type", "application/x-www-form-urlencoded")
	}
	r := form("grant_type=password&access_type=offline&service=x&client_id=x&username=ada&password=" + secret).Want(http.StatusOK)
	if strings.Contains(string(r.Body), "refresh") {
		t.Errorf("%s", r.Body)
	}
	form("grant_type=refresh_token&service=x&client_id=x&refresh_token=" + secret).Want(http.StatusBadRequest)
	s.As("ada").Bearer().Get("/token?scope=repository:ada/app:pull").Want(http.StatusUnauthorized)
}
