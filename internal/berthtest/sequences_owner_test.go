package berthtest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
)

// The names of owners who are deleted are held for a while. These stories let them
// be taken at once, so that they do not hold only because every bearer has run out.

func purgeOrg(t *testing.T, s *berthtest.Server, name string) {
	t.Helper()
	if err := s.Account.DeleteOrg(t.Context(), berth.Operator(), name, account.Disposal{Packages: account.PackagesPurge}); err != nil {
		t.Fatal(err)
	}
	s.Exec("DELETE FROM held_names WHERE folded = ?", name)
}

// An organization is deleted while its members upload: no upload goes on or ends, on
// any server, and neither rows nor bytes stay.
func TestOrgDeletedInMidPush(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	elsewhere := s.Replica()
	mia := s.As("mia").Bearer("repository:acme/app:pull,push")
	var uploads []string
	for range 10 {
		at := mia.StartUpload("acme/app")
		mia.Do("PATCH", at, strings.NewReader(layer)).Want(http.StatusAccepted)
		uploads = append(uploads, at)
	}
	purgeOrg(t, s, "acme")
	refused := func(c *berthtest.Client, status ...int) {
		t.Helper()
		for _, at := range uploads {
			c.Do("PATCH", at, strings.NewReader("more")).Want(status...)
			put(c, at, layer).Want(status...)
		}
		c.Do("POST", "/v2/acme/app/blobs/uploads/", nil).Want(http.StatusForbidden, http.StatusNotFound)
	}
	before := dropDoomed(s.State())
	refused(mia, http.StatusNotFound)
	refused(mia.At(elsewhere), http.StatusNotFound)
	if after := dropDoomed(s.State()); after != before {
		t.Error("the refused requests changed something")
	}
	s.Clock.Advance(berthtest.Day)
	if n, err := s.Registry.DeleteDoomed(t.Context()); err != nil || n != len(uploads) {
		t.Errorf("bytes of %d uploads deleted, %v", n, err)
	}
	for line := range strings.SplitSeq(s.State(), "\n") {
		if table, _, _ := strings.Cut(line, " "); table == "uploads" || table == "packages" || table == "bytes" {
			t.Errorf("left: %s", line)
		}
	}
}

// An organization that is made again under the name of one that is gone is another:
// what was given in the old one, and what was limited to it, is worth nothing there.
func TestOrgMadeAgain(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	elsewhere := s.Replica()
	s.As("ada").PushImage("acme/app", "v1", "1")
	grant(t, s, "acme/app", "bob", berth.RoleAdmin)
	const scope = "repository:acme/app:pull,push,delete"
	limited, err := s.Account.CreateToken(t.Context(), berth.Operator(), "ada",
		account.TokenRequest{Name: "limited", Scopes: berth.ScopeAll, Owners: []string{"acme"}})
	if err != nil {
		t.Fatal(err)
	}
	old := map[string]*berthtest.Client{"mia": s.As("mia"), "bob": s.As("bob"), "limited": s.With("Bearer " + limited.Secret)}
	bearers := map[string]*berthtest.Client{}
	for name, c := range old {
		bearers[name] = c.Bearer(scope)
		bearers[name].Get("/v2/acme/app/manifests/v1").Want(http.StatusOK)
		bearers[name].At(elsewhere).Get("/v2/acme/app/manifests/v1").Want(http.StatusOK)
	}
	at := bearers["bob"].StartUpload("acme/app")
	purgeOrg(t, s, "acme")
	s.AddUser("eve", false)
	if err := s.Account.CreateOrg(t.Context(), berth.Operator(), "acme", "eve"); err != nil {
		t.Fatal(err)
	}
	// Ada has all rights in this one too, but not with a token for the other.
	if err := s.Account.AddMember(t.Context(), berth.Operator(), "acme", "ada", true); err != nil {
		t.Fatal(err)
	}
	s.As("eve").PushImage("acme/app", "v1", "2")
	for name, c := range old {
		for _, c := range []*berthtest.Client{bearers[name], bearers[name].At(elsewhere), c.Bearer(scope)} {
			c.Get("/v2/acme/app/manifests/v1").Want(http.StatusNotFound, http.StatusUnauthorized)
			c.Do("DELETE", "/v2/acme/app/manifests/v1", nil).Want(http.StatusNotFound, http.StatusUnauthorized)
			c.Do("POST", "/v2/acme/app/blobs/uploads/", nil).Want(http.StatusForbidden, http.StatusNotFound, http.StatusUnauthorized)
		}
		c.Get("/api/v3/orgs/acme/packages/container/app").Want(http.StatusNotFound, http.StatusForbidden)
		c.Do("DELETE", "/api/v3/orgs/acme", nil).Want(http.StatusNotFound, http.StatusForbidden)
	}
	bearers["bob"].Do("PATCH", at, strings.NewReader("x")).Want(http.StatusNotFound)
	for _, name := range []string{"eve", "ada"} {
		s.As(name).Get("/v2/acme/app/manifests/v1").Want(http.StatusOK)
	}
}

// A user who gets the name of one who is gone is somebody else: the tokens, bearers
// and sessions of the old one are nobody's, and what the old one was given he has not.
func TestUserMadeAgain(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	elsewhere := s.Replica()
	s.As("ada").PushImage("acme/app", "v1", "1")
	grant(t, s, "acme/app", "bob", berth.RoleAdmin)
	if err := s.Account.AddMember(t.Context(), berth.Operator(), "acme", "bob", true); err != nil {
		t.Fatal(err)
	}
	s.As("bob").PushImage("bob/own", "v1", "1")
	token := s.As("bob")
	session, err := s.Account.CreateProgramSession(t.Context(), s.OwnerID("bob"), "password", "192.0.2.1", "test")
	if err != nil {
		t.Fatal(err)
	}
	program := s.With("Bearer " + session.Secret)
	bearer := token.Bearer("repository:acme/app:pull,push", "repository:bob/own:pull,push,delete")
	at := bearer.StartUpload("bob/own")
	for _, server := range []*berthtest.Server{s, elsewhere} { // so that each has seen them
		bearer.At(server).Get("/v2/acme/app/manifests/v1").Want(http.StatusOK)
		token.At(server).Get("/api/v3/user").Want(http.StatusOK)
		program.At(server).Get("/api/v3/user").Want(http.StatusOK)
	}
	if err := s.Account.DeleteUser(t.Context(), berth.Operator(), "bob", account.Disposal{Packages: account.PackagesPurge}); err != nil {
		t.Fatal(err)
	}
	s.Exec("DELETE FROM held_names WHERE folded = ?", "bob")
	s.AddUser("bob", false)
	fresh := s.As("bob")
	fresh.PushImage("bob/own", "v1", "2")
	refused := func(server *berthtest.Server) {
		t.Helper()
		bearer.At(server).Get("/v2/bob/own/manifests/v1").Want(http.StatusUnauthorized, http.StatusNotFound)
		bearer.At(server).Get("/v2/acme/app/manifests/v1").Want(http.StatusUnauthorized, http.StatusNotFound)
		bearer.At(server).Do("DELETE", "/v2/bob/own/manifests/v1", nil).Want(http.StatusUnauthorized, http.StatusNotFound)
		bearer.At(server).Do("PATCH", at, strings.NewReader("x")).Want(http.StatusUnauthorized, http.StatusNotFound)
		token.At(server).Get("/token").Want(http.StatusUnauthorized)
		token.At(server).Get("/api/v3/user").Want(http.StatusUnauthorized)
		program.At(server).Get("/api/v3/user").Want(http.StatusUnauthorized)
	}
	refused(s)
	s.Clock.Advance(5 * time.Second)
	refused(elsewhere)
	fresh.Get("/v2/bob/own/manifests/v1").Want(http.StatusOK)
	fresh.Get("/v2/acme/app/manifests/v1").Want(http.StatusNotFound)
	fresh.Get("/api/v3/orgs/acme").Want(http.StatusNotFound)
}
