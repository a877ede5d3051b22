package restapi_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"code.gitea.io/sdk/gitea"
	"codeberg.org/mvdkleijn/forgejo-sdk/forgejo/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
)

// giteaOf returns Gitea's client as somebody, "" for nobody.
func giteaOf(t *testing.T, s *berthtest.Server, user string) *gitea.Client {
	t.Helper()
	var options []gitea.ClientOption
	if user != "" {
		options = append(options, gitea.SetToken(s.Token(user, berth.ScopeAll, 0)))
	}
	c, err := gitea.NewClient(s.URL, options...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// forgejoOf returns Forgejo's.
func forgejoOf(t *testing.T, s *berthtest.Server, user string) *forgejo.Client {
	t.Helper()
	var options []forgejo.ClientOption
	if user != "" {
		options = append(options, forgejo.SetToken(s.Token(user, berth.ScopeAll, 0)))
	}
	c, err := forgejo.NewClient(s.URL, options...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// shop fills acme with packages: test with two tags on one version, one on another and
// one version without; te/st with one tag; and a repository.
func shop(t *testing.T) (s *berthtest.Server, untagged berth.Digest) {
	t.Helper()
	s = berthtest.New(t)
	ada := s.As("ada")
	ada.PushImage("acme/test", "v1", "1")
	s.Clock.Advance(time.Second)
	untagged = ada.PushImage("acme/test", "gone", "2")
	ada.Do("DELETE", "/v2/acme/test/manifests/gone", nil).Want(http.StatusAccepted)
	s.Clock.Advance(time.Second)
	ada.PushImage("acme/test", "v2", "3")
	s.Clock.Advance(time.Second)
	ada.PushImage("acme/test", "latest", "3")
	s.Clock.Advance(time.Second)
	ada.PushImage("acme/te/st", "Main", "4")
	send(ada, "POST", "/orgs/acme/repos", `{"name":"src","description":"the source"}`).Want(http.StatusCreated)
	return s, untagged
}

// status returns what a client was answered.
func status(r *http.Response, err error) string {
	if r == nil {
		return fmt.Sprint("no answer: ", err)
	}
	return fmt.Sprint(r.StatusCode)
}

func giteaStatus(r *gitea.Response, err error) string {
	if r == nil {
		return status(nil, err)
	}
	return status(r.Response, err)
}

func names(list []*gitea.Package) []string {
	var out []string
	for _, p := range list {
		out = append(out, p.Name+":"+p.Version)
	}
	return out
}

// Every call on packages that Gitea's client has.
func TestGiteaClient(t *testing.T) {
	t.Parallel()
	s, untagged := shop(t)
	c := giteaOf(t, s, "ada")
	version, _, err := c.ServerVersion()
	if err != nil || c.CheckServerVersionConstraint(">= 1.24.0") != nil || !strings.Contains(version, "berth") {
		t.Errorf("version %q: %v", version, err)
	}
	me, _, err := c.GetMyUserInfo()
	if err != nil || me.UserName != "ada" || me.ID != s.OwnerID("ada") || me.IsAdmin || !me.IsActive || me.Created.IsZero() {
		t.Errorf("%+v: %v", me, err)
	}

	list, r, err := c.ListPackages("Acme", gitea.ListPackagesOptions{})
	if err != nil {
		t.Fatal(err)
	}
	all := []string{"te/st:Main", "test:latest", "test:v2", "test:" + untagged.String(), "test:v1"}
	if diff := cmp.Diff(all, names(list)); diff != "" || r.Header.Get("X-Total-Count") != "5" || r.Header.Get("Link") != "" {
		t.Errorf("%v %s", r.Header, diff)
	}
	if list[1].ID != list[2].ID || list[1].ID == list[4].ID {
		t.Errorf("ids %d, %d, %d", list[1].ID, list[2].ID, list[4].ID)
	}
	var paged []string
	for page := 1; page != 0; {
		list, r, err := c.ListPackages("acme", gitea.ListPackagesOptions{ListOptions: gitea.ListOptions{Page: page, PageSize: 2}})
		if err != nil || len(list) > 2 || r.LastPage != 3 && page < 3 || r.PrevPage != page-1 || page > 1 && r.FirstPage != 1 {
			t.Fatalf("page %d: %d entries, %+v, %v", page, len(list), r, err)
		}
		paged, page = append(paged, names(list)...), r.NextPage
	}
	if diff := cmp.Diff(all, paged); diff != "" {
		t.Error(diff)
	}
	for query, want := range map[gitea.ListPackagesOptions][]string{
		{Q: "E/S"}:                     all[:1],
		{Q: "test", Type: "container"}: all[1:],
		{Q: "nothing"}:                 nil,
		{Type: "npm"}:                  nil,
		{ListOptions: gitea.ListOptions{Page: -1}}:                all,
		{ListOptions: gitea.ListOptions{Page: 9, PageSize: 1000}}: nil,
	} {
		if list, _, err := c.ListPackages("acme", query); err != nil || !slices.Equal(names(list), want) || list == nil {
			t.Errorf("%+v: %v, want %v (%v)", query, names(list), want, err)
		}
	}
	list, r, err = c.ListPackageVersions("acme", "container", "test", gitea.ListPackagesOptions{ListOptions: gitea.ListOptions{Page: 2, PageSize: 3}})
	if diff := cmp.Diff(all[4:], names(list)); err != nil || diff != "" || r.Header.Get("X-Total-Count") != "4" || r.PrevPage != 1 {
		t.Errorf("%v %s", err, diff)
	}
	latest, _, err := c.GetLatestPackage("acme", "container", "test")
	if err != nil || latest.Version != "latest" {
		t.Errorf("%+v: %v", latest, err)
	}
	for version, want := range map[string]string{"v1": "v1", "LATEST": "latest", untagged.String(): untagged.String()} {
		if p, _, err := c.GetPackage("acme", "container", "test", version); err != nil || p.Version != want {
			t.Errorf("%s: %+v: %v", version, p, err)
		}
	}
	giteaLinks(t, c)
	giteaDeletes(t, s, c, untagged)
}

func giteaLinks(t *testing.T, c *gitea.Client) {
	t.Helper()
	repository := func() *gitea.Repository {
		p, _, err := c.GetPackage("acme", "container", "te/st", "main")
		if err != nil {
			t.Fatal(err)
		}
		return p.Repository
	}
	unlink := func() string { return giteaStatus(c.UnlinkPackage("acme", "container", "te/st")) }
	link := func(repo string) string { return giteaStatus(c.LinkPackage("acme", "container", "te/st", repo)) }
	got := []string{unlink(), link("no-such"), link("src"), link("src")}
	if r := repository(); r == nil || r.FullName != "acme/src" || r.Description != "the source" || !r.Private || r.Owner.UserName != "acme" || r.ID == 0 {
		t.Errorf("%+v", r)
	}
	got = append(got, unlink(), unlink())
	if diff := cmp.Diff([]string{"400", "404", "201", "400", "204", "400"}, got); diff != "" {
		t.Error(diff)
	}
	if r := repository(); r != nil {
		t.Errorf("%+v", r)
	}
}

// giteaDeletes: a version with two tags loses one and then the other.
func giteaDeletes(t *testing.T, s *berthtest.Server, c *gitea.Client, untagged berth.Digest) {
	t.Helper()
	left := func() []string {
		list, _, err := c.ListPackageVersions("acme", "container", "test", gitea.ListPackagesOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return names(list)
	}
	digest := "test:" + untagged.String()
	for _, step := range []struct {
		version string
		status  string
		left    []string
	}{
		{"v2", "204", []string{"test:latest", digest, "test:v1"}},
		{"v2", "404", []string{"test:latest", digest, "test:v1"}},
		{"latest", "204", []string{digest, "test:v1"}},
		{untagged.String(), "204", []string{"test:v1"}},
		{untagged.String(), "404", []string{"test:v1"}},
		{"v1", "204", nil}, // also the last one
	} {
		if got := giteaStatus(c.DeletePackage("acme", "container", "test", step.version)); got != step.status {
			t.Errorf("delete %s: %s, want %s", step.version, got, step.status)
		}
		if diff := cmp.Diff(step.left, left()); diff != "" {
			t.Errorf("after %s: %s", step.version, diff)
		}
	}
	if got := giteaStatus(second(c.GetLatestPackage("acme", "container", "test"))); got != "404" {
		t.Errorf("the latest of none: %s", got)
	}
	// All is in the trash, with its tags.
	n, err := berth.ParseName("acme/test")
	if err != nil {
		t.Fatal(err)
	}
	trashed, _, err := s.Registry.ListVersions(t.Context(), s.Viewer("ada"), n, trashQuery())
	var tags []string
	for _, v := range trashed {
		tags = append(tags, fmt.Sprint(v.Tags))
	}
	if diff := cmp.Diff([]string{"[v1]", "[]", "[latest]"}, tags); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

// second drops the value of a call.
func second[T, R any](_ T, r R, err error) (R, error) { return r, err }

// What is not there, what may not be seen and what may not be done, for Gitea's client.
func TestGiteaClientRefused(t *testing.T) {
	t.Parallel()
	s, _ := shop(t)
	s.As("ada").PushImage("ada/own", "v1", "5")
	clients := map[string]*gitea.Client{}
	for _, name := range []string{"ada", "mia", "bob", "root", ""} {
		clients[name] = giteaOf(t, s, name)
	}
	for _, step := range []struct{ who, owner, kind, name, version, list, read, change string }{
		{"ada", "acme", "container", "test", "v1", "200", "200", "201"},
		{"mia", "acme", "container", "test", "v1", "200", "200", "403"},
		{"bob", "acme", "container", "test", "v1", "404", "404", "404"},
		{"bob", "acne", "container", "test", "v1", "404", "404", "404"},
		{"bob", "ada", "container", "own", "v1", "404", "404", "404"},
		{"", "acme", "container", "test", "v1", "401", "401", "401"},
		{"", "acne", "container", "test", "v1", "401", "401", "401"},
		{"root", "acme", "container", "test", "v1", "200", "200", "201"},
		{"root", "acne", "container", "test", "v1", "404", "404", "404"},
		{"ada", "acme", "npm", "test", "v1", "200", "404", "404"},
		{"ada", "acme", "container", "no-such", "v1", "200", "404", "404"},
		{"ada", "acme", "container", "NOT A NAME", "v1", "200", "404", "404"},
		{"ada", "not an owner", "container", "test", "v1", "404", "404", "404"},
		{"ada", "v2", "container", "test", "v1", "404", "404", "404"},
	} {
		c := clients[step.who]
		page := gitea.ListPackagesOptions{}
		got := map[string]string{
			"list":   giteaStatus(second(c.ListPackages(step.owner, page))),
			"get":    giteaStatus(second(c.GetPackage(step.owner, step.kind, step.name, step.version))),
			"latest": giteaStatus(second(c.GetLatestPackage(step.owner, step.kind, step.name))),
			"all":    giteaStatus(second(c.ListPackageVersions(step.owner, step.kind, step.name, page))),
			"files":  giteaStatus(second(c.ListPackageFiles(step.owner, step.kind, step.name, step.version))),
			"link":   giteaStatus(c.LinkPackage(step.owner, step.kind, step.name, "src")),
			"unlink": strings.Replace(giteaStatus(c.UnlinkPackage(step.owner, step.kind, step.name)), "204", "201", 1),
		}
		want := map[string]string{
			"list": step.list, "get": step.read, "latest": step.read, "all": step.read, "files": step.read,
			"link": step.change, "unlink": step.change,
		}
		if step.change != "201" {
			want["delete"] = step.change
			got["delete"] = giteaStatus(c.DeletePackage(step.owner, step.kind, step.name, step.version))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%+v: %s", step, diff)
		}
	}
	c := clients["ada"]
	for _, version := range []string{"no-such", "sha256:12", "sha256:" + strings.Repeat("0", 64), "not a tag", strings.Repeat("v", 200)} {
		got := []string{
			giteaStatus(second(c.GetPackage("acme", "container", "test", version))),
			giteaStatus(second(c.ListPackageFiles("acme", "container", "test", version))),
			giteaStatus(c.DeletePackage("acme", "container", "test", version)),
		}
		if diff := cmp.Diff([]string{"404", "404", "404"}, got); diff != "" {
			t.Errorf("%s: %s", version, diff)
		}
	}
	sudo, err := gitea.NewClient(s.URL, gitea.SetToken(s.Token("root", berth.ScopeAll, 0)), gitea.SetSudo("bob"))
	if err == nil {
		t.Errorf("somebody acts as somebody else: %v", sudo)
	}
}

// Every call on packages that Forgejo's client has. It does not read html_url, and of
// what may be linked it knows nothing.
func TestForgejoClient(t *testing.T) {
	t.Parallel()
	s, untagged := shop(t)
	send(s.As("ada"), "PUT", "/orgs/acme/packages/container/test/repository", `{"full_name":"acme/src"}`).Want(http.StatusNoContent)
	c := forgejoOf(t, s, "ada")
	all, r, err := c.ListPackages("acme", forgejo.ListPackagesOptions{ListOptions: forgejo.ListOptions{Page: 1, PageSize: 3}})
	if err != nil || len(all) != 3 || r.NextPage != 2 || r.LastPage != 2 || r.Header.Get("X-Total-Count") != "5" {
		t.Fatalf("%v %+v", err, r)
	}
	p, _, err := c.GetPackage("acme", "container", "test", "v2")
	if err != nil {
		t.Fatal(err)
	}
	if p.Owner.UserName != "acme" || p.Owner.ID != s.OwnerID("acme") || p.Creator.UserName != "Ghost" || p.Type != "container" || p.Name != "test" ||
		p.Version != "v2" || p.CreatedAt.IsZero() || p.Repository == nil || p.Repository.FullName != "acme/src" {
		t.Errorf("%+v", p)
	}
	files, _, err := c.ListPackageFiles("acme", "container", "test", untagged.String())
	if err != nil || len(files) != 3 {
		t.Fatalf("%v: %v", files, err)
	}
	var got []string
	for _, f := range files {
		if f.ID == 0 || f.Size == 0 || len(f.SHA256) != 64 || f.MD5+f.SHA1+f.SHA512 != "" {
			t.Errorf("%+v", f)
		}
		got = append(got, f.Name)
	}
	config, layer := berthtest.Describe("", []byte(`{"seed":"2"}`)), berthtest.Describe("", []byte("layer 2"))
	want := []string{"sha256_" + config.Digest.Encoded(), "sha256_" + layer.Digest.Encoded()}
	slices.Sort(want)
	if diff := cmp.Diff(append([]string{"manifest.json"}, want...), got); diff != "" || files[0].SHA256 != untagged.Encoded() {
		t.Errorf("%+v: %s", files[0], diff)
	}
	// Whoever may not read the repository is not told of it.
	send(s.As("ada"), "PUT", "/orgs/acme/packages/container/test/roles/users/bob", `{"role":"read"}`).Want(http.StatusNoContent)
	if p, _, err := forgejoOf(t, s, "bob").GetPackage("acme", "container", "test", "v2"); err != nil || p.Repository != nil {
		t.Errorf("%+v: %v", p, err)
	}
	for _, step := range []struct{ who, kind, version, want string }{
		{"", "container", "v1", "401"},
		{"bob", "container", "v1", "403"},
		{"ada", "generic", "v1", "404"},
		{"ada", "container", "v9", "404"},
		{"ada", "container", "v1", "204"},
		{"ada", "container", "v1", "404"},
	} {
		r, err := forgejoOf(t, s, step.who).DeletePackage("acme", step.kind, "test", step.version)
		if r == nil || status(r.Response, err) != step.want {
			t.Errorf("%+v: %v %v", step, r, err)
		}
	}
	if list, r, err := forgejoOf(t, s, "").ListPackages("acme", forgejo.ListPackagesOptions{}); err == nil || r.StatusCode != http.StatusUnauthorized {
		t.Errorf("%v %v", list, err)
	}
}

func giteaPage(page, size int) gitea.ListPackagesOptions {
	return gitea.ListPackagesOptions{ListOptions: gitea.ListOptions{Page: page, PageSize: size}}
}
