package restapi_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-github/v84/github"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
)

// gitHub returns go-github as it is, talking to the server as to GitHub Enterprise.
func gitHub(t *testing.T, s *berthtest.Server, user string, scopes berth.Scopes) *github.Client {
	t.Helper()
	c := github.NewClient(nil)
	if user != "" {
		c = c.WithAuthToken(s.Token(user, scopes, 0))
	}
	c, err := c.WithEnterpriseURLs(s.URL, s.URL)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// packageCalls are the calls of go-github on the packages of an organization, of a user,
// or one's own: the same under three names.
type packageCalls struct {
	owner           string
	list            func(*github.PackageListOptions) ([]*github.Package, *github.Response, error)
	get             func(name string) (*github.Package, *github.Response, error)
	remove, restore func(name string) (*github.Response, error)
	versions        func(name, state string, o github.ListOptions) ([]*github.PackageVersion, *github.Response, error)
	version         func(name string, id int64) (*github.PackageVersion, *github.Response, error)
	removeVersion   func(name string, id int64) (*github.Response, error)
	restoreVersion  func(name string, id int64) (*github.Response, error)
}

func orgCalls(ctx context.Context, c *github.Client, org string) packageCalls {
	const kind = "container"
	o := c.Organizations
	return packageCalls{
		owner: org,
		list: func(q *github.PackageListOptions) ([]*github.Package, *github.Response, error) {
			return o.ListPackages(ctx, org, q)
		},
		get:     func(n string) (*github.Package, *github.Response, error) { return o.GetPackage(ctx, org, kind, n) },
		remove:  func(n string) (*github.Response, error) { return o.DeletePackage(ctx, org, kind, n) },
		restore: func(n string) (*github.Response, error) { return o.RestorePackage(ctx, org, kind, n) },
		versions: func(n, state string, q github.ListOptions) ([]*github.PackageVersion, *github.Response, error) {
			return o.PackageGetAllVersions(ctx, org, kind, n, &github.PackageListOptions{State: &state, ListOptions: q})
		},
		version: func(n string, id int64) (*github.PackageVersion, *github.Response, error) {
			return o.PackageGetVersion(ctx, org, kind, n, id)
		},
		removeVersion: func(n string, id int64) (*github.Response, error) {
			return o.PackageDeleteVersion(ctx, org, kind, n, id)
		},
		restoreVersion: func(n string, id int64) (*github.Response, error) {
			return o.PackageRestoreVersion(ctx, org, kind, n, id)
		},
	}
}

// userCalls are those of a user, "" for oneself. Where go-github forgets to escape the
// slash of a name, its callers have to.
func userCalls(ctx context.Context, c *github.Client, user string) packageCalls {
	const kind = "container"
	u := c.Users
	calls := packageCalls{
		owner: "ada",
		list: func(q *github.PackageListOptions) ([]*github.Package, *github.Response, error) {
			return u.ListPackages(ctx, user, q)
		},
		get:     func(n string) (*github.Package, *github.Response, error) { return u.GetPackage(ctx, user, kind, n) },
		remove:  func(n string) (*github.Response, error) { return u.DeletePackage(ctx, user, kind, url.PathEscape(n)) },
		restore: func(n string) (*github.Response, error) { return u.RestorePackage(ctx, user, kind, url.PathEscape(n)) },
		versions: func(n, state string, q github.ListOptions) ([]*github.PackageVersion, *github.Response, error) {
			return u.ListPackageVersions(ctx, kind, url.PathEscape(n), &github.ListPackageVersionsOptions{State: state, ListOptions: q})
		},
		version: func(n string, id int64) (*github.PackageVersion, *github.Response, error) {
			return u.PackageGetVersion(ctx, user, kind, url.PathEscape(n), id)
		},
		removeVersion: func(n string, id int64) (*github.Response, error) {
			return u.PackageDeleteVersion(ctx, user, kind, url.PathEscape(n), id)
		},
		restoreVersion: func(n string, id int64) (*github.Response, error) {
			return u.PackageRestoreVersion(ctx, user, kind, url.PathEscape(n), id)
		},
	}
	return calls
}

// TestPackagesByGoGitHub drives every call on packages that go-github has.
func TestPackagesByGoGitHub(t *testing.T) {
	t.Parallel()
	for what, pick := range map[string]func(context.Context, *github.Client) packageCalls{
		"an organization's": func(ctx context.Context, c *github.Client) packageCalls { return orgCalls(ctx, c, "acme") },
		"a user's":          func(ctx context.Context, c *github.Client) packageCalls { return userCalls(ctx, c, "ada") },
		"one's own":         func(ctx context.Context, c *github.Client) packageCalls { return userCalls(ctx, c, "") },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := berthtest.New(t)
			calls := pick(t.Context(), gitHub(t, s, "ada", berth.ScopeAll))
			push := s.As("ada")
			for _, tag := range []string{"v1", "v2", "v3"} {
				push.PushImage(calls.owner+"/team/web", tag, "layer of "+tag)
			}
			push.PushImage(calls.owner+"/api", "v1", "another")
			tryPackages(t, calls)
			tryVersions(t, calls)
		})
	}
}

// fails checks how a call was refused.
func fails(t *testing.T, what string, resp *github.Response, err error, status int) {
	t.Helper()
	refusal, ok := err.(*github.ErrorResponse) //nolint:errorlint // go-github returns it bare
	if !ok || resp.StatusCode != status || refusal.Message == "" || refusal.DocumentationURL == "" {
		t.Errorf("%s: %v, want status %d with a message", what, err, status)
	}
}

func succeeds(t *testing.T, what string, resp *github.Response, err error, status int) {
	t.Helper()
	if err != nil || resp.StatusCode != status {
		t.Fatalf("%s: %v", what, err)
	}
}

func tryPackages(t *testing.T, c packageCalls) {
	t.Helper()
	list, resp, err := c.list(&github.PackageListOptions{PackageType: new("container")})
	succeeds(t, "list", resp, err, http.StatusOK)
	if len(list) != 2 || list[0].GetName() != "api" || list[1].GetName() != "team/web" {
		t.Fatalf("list: %v", list)
	}
	page, resp, err := c.list(&github.PackageListOptions{PackageType: new("container"), ListOptions: github.ListOptions{PerPage: 1, Page: 2}})
	succeeds(t, "list the second page", resp, err, http.StatusOK)
	if len(page) != 1 || page[0].GetName() != "team/web" || resp.NextPage != 0 || resp.PrevPage != 1 || resp.FirstPage != 1 {
		t.Errorf("second page: %v %+v", page, resp)
	}
	none, resp, err := c.list(&github.PackageListOptions{PackageType: new("npm")})
	succeeds(t, "list another type", resp, err, http.StatusOK)
	if len(none) != 0 {
		t.Errorf("packages of npm: %v", none)
	}
	p, resp, err := c.get("team/web")
	succeeds(t, "get", resp, err, http.StatusOK)
	if p.GetPackageType() != "container" || p.GetVersionCount() != 3 || p.GetVisibility() != "private" || p.GetOwner().GetLogin() != c.owner ||
		p.GetURL() == "" || p.GetHTMLURL() == "" || p.GetCreatedAt().IsZero() || p.GetUpdatedAt().IsZero() || p.GetRepository() != nil {
		t.Errorf("package: %v", p)
	}
	_, resp, err = c.get("nothing")
	fails(t, "get what is not there", resp, err, http.StatusNotFound)
	resp, err = c.remove("team/web")
	succeeds(t, "delete", resp, err, http.StatusNoContent)
	_, resp, err = c.get("team/web")
	fails(t, "get what was deleted", resp, err, http.StatusNotFound)
	resp, err = c.restore("team/web")
	succeeds(t, "restore", resp, err, http.StatusNoContent)
	resp, err = c.restore("team/web")
	fails(t, "restore twice", resp, err, http.StatusNotFound)
}

func tryVersions(t *testing.T, c packageCalls) {
	t.Helper()
	list, resp, err := c.versions("team/web", "active", github.ListOptions{})
	succeeds(t, "versions", resp, err, http.StatusOK)
	var tags []string
	for _, v := range list {
		var m github.PackageMetadata
		if err := json.Unmarshal(v.Metadata, &m); err != nil || m.GetPackageType() != "container" {
			t.Fatal(err, string(v.Metadata))
		}
		tags = append(tags, m.Container.Tags...)
	}
	if diff := cmp.Diff([]string{"v3", "v2", "v1"}, tags); diff != "" {
		t.Fatalf("tags, newest first (-want +got):\n%s", diff)
	}
	var paged []int64
	for o := (github.ListOptions{PerPage: 1}); ; {
		page, resp, err := c.versions("team/web", "active", o)
		succeeds(t, "a page of versions", resp, err, http.StatusOK)
		for _, v := range page {
			paged = append(paged, v.GetID())
		}
		if o.Page = resp.NextPage; o.Page == 0 {
			break
		}
	}
	if diff := cmp.Diff([]int64{list[0].GetID(), list[1].GetID(), list[2].GetID()}, paged); diff != "" {
		t.Errorf("page by page (-want +got):\n%s", diff)
	}
	id := list[2].GetID()
	v, resp, err := c.version("team/web", id)
	succeeds(t, "version", resp, err, http.StatusOK)
	if v.GetName() != list[2].GetName() || v.GetURL() == "" || v.GetPackageHTMLURL() == "" || v.GetHTMLURL() == "" || v.GetCreatedAt().IsZero() {
		t.Errorf("version: %v", v)
	}
	_, resp, err = c.version("team/web", 99)
	fails(t, "a version that is not there", resp, err, http.StatusNotFound)
	resp, err = c.removeVersion("team/web", id)
	succeeds(t, "delete a version", resp, err, http.StatusNoContent)
	resp, err = c.removeVersion("team/web", id)
	fails(t, "delete it twice", resp, err, http.StatusNotFound)
	resp, err = c.restoreVersion("team/web", id)
	succeeds(t, "restore a version", resp, err, http.StatusNoContent)
	resp, err = c.restoreVersion("team/web", id)
	fails(t, "restore it twice", resp, err, http.StatusConflict)
	only, _, err := c.versions("api", "active", github.ListOptions{})
	if err != nil || len(only) != 1 {
		t.Fatal(only, err)
	}
	resp, err = c.removeVersion("api", only[0].GetID())
	fails(t, "delete the last tagged version", resp, err, http.StatusBadRequest)
	deleted(t, c, id)
}

// deleted looks at what is in the trash.
func deleted(t *testing.T, c packageCalls, id int64) {
	t.Helper()
	if _, err := c.removeVersion("team/web", id); err != nil {
		t.Fatal(err)
	}
	gone, resp, err := c.versions("team/web", "deleted", github.ListOptions{})
	succeeds(t, "deleted versions", resp, err, http.StatusOK)
	if len(gone) != 1 && c.owner == "ada" || len(gone) > 0 && (gone[0].GetID() != id || gone[0].GetDeletedAt().IsZero()) {
		t.Errorf("deleted: %v", gone)
	}
}

// What go-github says of a token, and what anonymous callers see.
func TestTokensByGoGitHub(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	s.As("ada").PushImage("acme/web", "v1", "layer")
	s.As("ada").PushImage("ada/own", "v1", "layer")
	c := gitHub(t, s, "ada", berth.ScopeReadPackages)
	_, resp, err := c.Organizations.GetPackage(t.Context(), "acme", "container", "web")
	succeeds(t, "get", resp, err, http.StatusOK)
	if have, want := resp.Header.Get("X-OAuth-Scopes"), "read:packages"; have != want {
		t.Errorf("X-OAuth-Scopes: %q, want %q", have, want)
	}
	if resp.Header.Get("X-Accepted-OAuth-Scopes") != "read:packages" {
		t.Errorf("X-Accepted-OAuth-Scopes: %q", resp.Header.Get("X-Accepted-OAuth-Scopes"))
	}
	versions, resp, err := c.Users.ListUserPackageVersions(t.Context(), "ada", "container", "own")
	succeeds(t, "versions of a user's", resp, err, http.StatusOK)
	if len(versions) != 1 {
		t.Errorf("versions: %v", versions)
	}
	send(s.As("ada"), "POST", "/orgs/acme/repos", `{"name":"Src","visibility":"internal"}`).Want(http.StatusCreated)
	send(s.As("ada"), "PUT", "/orgs/acme/packages/container/web/repository", `{"full_name":"acme/src"}`).Want(http.StatusNoContent)
	p, resp, err := c.Organizations.GetPackage(t.Context(), "acme", "container", "web")
	succeeds(t, "get what is linked", resp, err, http.StatusOK)
	if r := p.GetRepository(); r.GetID() == 0 || r.GetName() != "Src" || r.GetFullName() != "acme/Src" || r.GetOwner().GetLogin() != "acme" || !r.GetPrivate() || r.GetHTMLURL() == "" {
		t.Errorf("repository: %v", r)
	}
	resp, err = c.Organizations.DeletePackage(t.Context(), "acme", "container", "web")
	fails(t, "delete with a token to read", resp, err, http.StatusForbidden)
	_, resp, err = gitHub(t, s, "", 0).Organizations.GetPackage(t.Context(), "acme", "container", "web")
	fails(t, "get without a token", resp, err, http.StatusUnauthorized)
	_, resp, err = gitHub(t, s, "bob", berth.ScopeAll).Organizations.GetPackage(t.Context(), "acme", "container", "web")
	fails(t, "get as a stranger", resp, err, http.StatusNotFound)
}
