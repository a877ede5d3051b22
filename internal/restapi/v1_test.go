package restapi_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"code.gitea.io/sdk/gitea"
	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/registry"
)

func trashQuery() registry.VersionQuery { return registry.VersionQuery{Deleted: true, Limit: 10} }

// The shapes of answers, which the clients read only in part.
func TestV1Shapes(t *testing.T) {
	t.Parallel()
	s, _ := shop(t)
	ada := s.As("ada")
	send(ada, "PUT", "/orgs/acme/packages/container/te%2Fst/repository", `{"full_name":"acme/src"}`).Want(http.StatusNoContent)
	const (
		acme  = `{"id":*,"login":"acme","username":"acme","full_name":"","email":"","avatar_url":"","html_url":"URL/acme"}`
		ghost = `{"id":*,"login":"Ghost","username":"Ghost","full_name":"","email":"","avatar_url":"","html_url":""}`
		main  = `{"id":*,"owner":` + acme + `,"repository":{"id":*,"owner":` + acme + `,"name":"src","full_name":"acme/src","description":"the source","website":"",` +
			`"private":true,"internal":false,"html_url":"URL/acme/src","created_at":*},"creator":` + ghost +
			`,"type":"container","name":"te/st","version":"Main","html_url":"URL/acme/te/st:Main","created_at":*}`
	)
	for _, step := range []struct {
		c      *berthtest.Client
		path   string
		status int
		want   string
	}{
		{s.As(""), "/version", 200, `{"version":"1.24.0+berth"}`},
		{ada, "/user", 200, `{"id":*,"login":"ada","username":"ada","full_name":"","email":"","avatar_url":"","html_url":"URL/ada","is_admin":false,"active":true,"created":*}`},
		{ada, "/packages/acme?limit=1", 200, `[` + main + `]`},
		{ada, "/packages/acme/container/te%2Fst/main", 200, main},
		{s.With("token " + s.Token("ada", berth.ScopeReadPackages, 0)), "/packages/acme/container/te%2Fst/-/latest", 200, main},
		{ada, "/packages/acme/container/test/v1/files", 200, `[{"id":*,"Size":*,"name":"manifest.json","md5":"","sha1":"","sha256":"HEX","sha512":""},` +
			`{"id":*,"Size":*,"name":"sha256_HEX","md5":"","sha1":"","sha256":"HEX","sha512":""},{"id":*,"Size":*,"name":"sha256_HEX","md5":"","sha1":"","sha256":"HEX","sha512":""}]`},
		{ada, "/packages/acme?q=" + strings.Repeat("x", 230), 422, failure("request invalid: q is a part of a name, of 229 bytes at the most")},
		{ada, "/packages/acme?q=%ff", 422, failure("request invalid: q is a part of a name, of 229 bytes at the most")},
		{ada, "/packages/acme?page=-2", 422, failure(`page parameter invalid: page must be a whole number, got \"-2\"`)},
		{ada, "/packages/acme/container/test?limit=x", 422, failure(`page parameter invalid: limit must be a whole number, got \"x\"`)},
		{ada, "/packages/acme?page=201&limit=1000", 400, failure("page lies too deep in the list: page 201 of 50 entries lies behind the first 10000; ask for less with q, or list versions under /api/v3")},
		{ada, "/packages/acme?page=2147483647&limit=2147483647", 400, failure("page lies too deep in the list: page 2147483647 of 50 entries lies behind the first 10000; ask for less with q, or list versions under /api/v3")},
		{ada, "/packages/acme?sudo=bob", 422, failure("request invalid: nobody acts as somebody else here; leave sudo out, or send a token of that user")},
		{ada, "/packages/acme/npm/test/v1", 404, failure(`package unknown: there are no packages of the type \"npm\" here, only of container`)},
		{ada, "/packages/acme/container/test/v9", 404, failure("manifest unknown: acme/test has no version v9")},
		{ada, "/no/such", 404, failure("no such address")},
		{ada, "/packages/acme/", 404, failure("no such address")},
		{s.As(""), "/user", 401, failure("authentication required")},
	} {
		r := step.c.Get("/api/v1" + step.path)
		got := strings.ReplaceAll(string(r.Body), s.URL, "URL")
		got = regexp.MustCompile(`"(id|Size|created_at|created)":("[^"]*"|-?[0-9]+)`).ReplaceAllString(got, `"$1":*`)
		got = regexp.MustCompile(`[0-9a-f]{64}`).ReplaceAllString(got, "HEX")
		if diff := cmp.Diff(step.want, got); diff != "" || r.Status != step.status {
			t.Errorf("%s: %d %s", step.path, r.Status, diff)
		}
	}
	r := ada.Do("PUT", "/api/v1/packages/acme", nil).Want(http.StatusMethodNotAllowed)
	if allow := r.Header.Get("Allow"); !strings.Contains(allow, "GET") || !strings.Contains(string(r.Body), `"url":`) {
		t.Errorf("Allow %q: %s", allow, r.Body)
	}
}

func failure(message string) string {
	return `{"message":"` + message + `","url":"https://github.com/berth-registry/berth/blob/main/docs/api.md#forgejos-and-giteas-routes"}`
}

// What makes an index is no version, nor is what refers to one; the files of an index
// are itself. A tag on a part of an index can be taken, the part stays.
func TestV1IndexAndReferrers(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ada := s.As("ada")
	child := ada.PushImage("acme/app", "amd64", "1")
	part := berthtest.Describe(berth.MediaTypeOCIManifest, berthtest.Image(`{"seed":"1"}`, "layer 1"))
	index := berthtest.Index(part)
	root := ada.PushManifest("acme/app", "v1", berth.MediaTypeOCIIndex, index)
	subject := berthtest.Describe(berth.MediaTypeOCIIndex, index)
	ada.PushBlob("acme/app", "{}")
	signature := berthtest.Artifact("application/x-signature", &subject, "{}")
	ada.PushManifest("acme/app", "v1-signed", berth.MediaTypeOCIManifest, signature)
	// cosign's way, which needs no subject.
	ada.PushImage("acme/app", "sha256-"+root.Encoded()+".sig", "2")
	s.Clock.Advance(time.Second)
	c := giteaOf(t, s, "ada")
	get := func(version string) string {
		return giteaStatus(second(c.GetPackage("acme", "container", "app", version)))
	}
	got := []string{get("v1"), get("amd64"), get("v1-signed"), get("sha256-" + root.Encoded() + ".sig"), get(root.String()), get(child.String())}
	if diff := cmp.Diff([]string{"200", "200", "404", "404", "200", "200"}, got); diff != "" {
		t.Error(diff)
	}
	list, r, err := c.ListPackages("acme", giteaPage(1, 10))
	if diff := cmp.Diff([]string{"app:v1", "app:amd64"}, names(list)); err != nil || diff != "" || r.Header.Get("X-Total-Count") != "2" {
		t.Errorf("%v %s", err, diff)
	}
	files, _, err := c.ListPackageFiles("acme", "container", "app", "v1")
	if err != nil || len(files) != 1 || files[0].Name != "manifest.json" || files[0].Size != int64(len(index)) || files[0].SHA256 != root.Encoded() {
		t.Errorf("%+v: %v", files, err)
	}
	if got := giteaStatus(c.DeletePackage("acme", "container", "app", "amd64")); got != "204" {
		t.Errorf("delete of the tag of a part: %s", got)
	}
	if got := []string{get("amd64"), get(child.String()), get("v1")}; !cmp.Equal(got, []string{"404", "404", "200"}) {
		t.Errorf("after that: %v", got)
	}
	ada.Get("/v2/acme/app/manifests/" + child.String()).Want(http.StatusOK)
	if got := giteaStatus(c.DeletePackage("acme", "container", "app", "v1")); got != "204" {
		t.Errorf("delete of the index: %s", got)
	}
	ada.Get("/v2/acme/app/manifests/" + child.String()).Want(http.StatusNotFound)
}

// A tag that is moved is as new as its move.
func TestV1Latest(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ada, c := s.As("ada"), giteaOf(t, s, "ada")
	for _, step := range []struct{ tag, seed, want string }{
		{"v1", "1", "v1"},
		{"v2", "2", "v2"},
		{"stable", "1", "stable"}, // what was there first
		{"v2", "2", "v2"},         // once more
		{"v3", "1", "v3"},
	} {
		s.Clock.Advance(time.Second)
		ada.PushImage("acme/app", step.tag, step.seed)
		p, _, err := c.GetLatestPackage("acme", "container", "app")
		if err != nil || p.Version != step.want || !p.CreatedAt.Equal(s.Clock.Now().Truncate(time.Second)) {
			t.Errorf("after %s: %+v, %v", step.tag, p, err)
		}
	}
}

// Pages that begin and end within packages, of more packages than are counted at once.
func TestV1ManyPackages(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ada := s.As("ada")
	ada.PushImage("acme/base", "v1", "1")
	var want []string
	want = append(want, "base:v1")
	manifest := string(berthtest.Image(`{"seed":"1"}`, "layer 1"))
	for i := range 53 {
		name := "p" + string(rune('a'+i/26)) + string(rune('a'+i%26))
		for _, d := range []string{`{"seed":"1"}`, "layer 1"} {
			mount := berthtest.Describe("", []byte(d)).Digest.String()
			ada.Do("POST", "/v2/acme/"+name+"/blobs/uploads/?from=acme/base&mount="+mount, nil).Want(http.StatusCreated)
		}
		ada.PushManifest("acme/"+name, "a", berth.MediaTypeOCIManifest, []byte(manifest))
		want = append(want, name+":a")
		if i%2 == 0 {
			ada.PushManifest("acme/"+name, "b", berth.MediaTypeOCIManifest, []byte(manifest))
			want = append(want, name+":b")
		}
	}
	c := giteaOf(t, s, "mia")
	for _, size := range []int{7, 50} {
		var got []string
		for page := 1; page != 0; {
			list, r, err := c.ListPackages("acme", giteaPage(page, size))
			if err != nil || r.Header.Get("X-Total-Count") != "81" {
				t.Fatalf("%v %v", r, err)
			}
			got, page = append(got, names(list)...), r.NextPage
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("in pages of %d: %s", size, diff)
		}
	}
}

// Lists end, and are counted, at 10,000.
func TestV1EndOfLists(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	s.As("ada").PushImage("acme/app", "v1", "1")
	s.As("ada").PushImage("acme/zebra", "v1", "1")
	s.Exec(`INSERT INTO tags (package_id, folded, name, digest, updated_at, created_at)
		WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
		SELECT t.package_id, 'n' || i, 'n' || i, t.digest, 0, 0 FROM tags t, n WHERE t.package_id = (SELECT min(id) FROM packages)`)
	c := giteaOf(t, s, "ada")
	for _, list := range []func() ([]*gitea.Package, *gitea.Response, error){
		func() ([]*gitea.Package, *gitea.Response, error) { return c.ListPackages("acme", giteaPage(200, 50)) },
		func() ([]*gitea.Package, *gitea.Response, error) {
			return c.ListPackageVersions("acme", "container", "app", giteaPage(200, 50))
		},
	} {
		page, r, err := list()
		if err != nil || len(page) != 50 || r.Header.Get("X-Total-Count") != "10000" || r.NextPage != 0 || r.PrevPage != 199 {
			t.Errorf("%d entries, %+v, %v", len(page), r, err)
		}
	}
	if got := giteaStatus(second(c.ListPackages("acme", giteaPage(201, 50)))); got != "400" {
		t.Errorf("behind the end: %s", got)
	}
}
