package accesstable_test

import (
	"bytes"
	"flag"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/registry"
)

var updateMatrix = flag.Bool("update", false, "rewrite docs/access.md") //nolint:gochecknoglobals // as flags are

const (
	matrixFile  = "../../../docs/access.md"
	matrixBegin = "<!-- made by TestAccessMatrix -->\n"
	matrixEnd   = "<!-- end of what TestAccessMatrix makes -->\n"
)

// TestAccessMatrix asks a server for every cell of docs/access.md. With -update it
// writes the file anew.
func TestAccessMatrix(t *testing.T) {
	t.Parallel()
	old, err := os.ReadFile(matrixFile)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(old), matrixBegin)
	_, after, end := strings.Cut(rest, matrixEnd)
	if !ok || !end {
		t.Fatalf("%s has no markers", matrixFile)
	}
	m := newMatrix(t)
	made := before + matrixBegin + m.table() + matrixEnd + after
	if *updateMatrix {
		if err := os.WriteFile(matrixFile, []byte(made), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(old), made); diff != "" {
		t.Errorf("%s is not what the server does; if that is meant, run this test with -update:\n%s", matrixFile, diff)
	}
}

// matrix is a server and those who ask it.
type matrix struct {
	*berthtest.Server
	t      *testing.T
	actors []actor
}

type actor struct {
	name   string
	client *berthtest.Client
}

func matrixVisibilities() []berth.Visibility {
	return []berth.Visibility{berth.VisibilityPrivate, berth.VisibilityInternal, berth.VisibilityPublic}
}

// newMatrix makes an organization of which everybody who asks is something else.
func newMatrix(t *testing.T) *matrix {
	t.Helper()
	m := &matrix{Server: berthtest.New(t), t: t}
	for _, name := range []string{"reader", "writer", "keeper", "tim"} {
		m.AddUser(name, false)
	}
	ada := m.As("ada")
	for _, x := range []struct{ method, path, body string }{
		{"POST", "/orgs/acme/repos", `{"name": "web", "visibility": "private"}`},
		{"POST", "/orgs/acme/service-accounts", `{"login": "robot", "repository": "acme/web"}`},
		{"PUT", "/orgs/acme/memberships/tim", `{"role": "member"}`},
		{"POST", "/orgs/acme/teams", `{"name": "devs"}`},
		{"PUT", "/orgs/acme/teams/devs/memberships/tim", `{}`},
	} {
		ada.Do(x.method, "/api/v3"+x.path, strings.NewReader(x.body)).Want(200, 201, 204)
	}
	for _, v := range matrixVisibilities() {
		m.restore(v)
	}
	m.actors = []actor{
		{"nobody, not signed in", m.As("")},
		{"a stranger", m.As("bob")},
		{"outside collaborator with read", m.As("reader")},
		{"outside collaborator with write", m.As("writer")},
		{"outside collaborator with admin", m.As("keeper")},
		{"member, by the base role read", m.As("mia")},
		{"member, in a team with write", m.As("tim")},
		{"CI of a repository with write", m.As("robot")},
		{"owner of the organization", m.As("ada")},
		{"administrator of the site", m.As("root")},
	}
	tokens := []struct {
		name string
		r    account.TokenRequest
	}{
		{"owner, with `read:packages`", account.TokenRequest{Scopes: berth.ScopeReadPackages}},
		{"owner, with `write:packages`", account.TokenRequest{Scopes: berth.ScopeWritePackages | berth.ScopeReadPackages}},
		{"owner, with `delete:packages`", account.TokenRequest{Scopes: berth.ScopeDeletePackages | berth.ScopeReadPackages}},
		{"owner, with `admin:org`", account.TokenRequest{Scopes: berth.ScopeAdminOrg | berth.ScopeReadUser}},
		{"owner, all scopes, for pulls only", account.TokenRequest{Scopes: berth.ScopeAll, Actions: []berth.Action{berth.ActionPull}}},
		{"owner, all scopes, for another package", account.TokenRequest{Scopes: berth.ScopeAll, Packages: []string{"acme/other"}}},
		{"owner, with a token that ran out", account.TokenRequest{Scopes: berth.ScopeAll, Life: time.Minute}},
		{"owner, with a revoked token", account.TokenRequest{Scopes: berth.ScopeAll}},
	}
	var last account.Token
	for _, x := range tokens {
		var err error
		if last, err = m.Account.CreateToken(t.Context(), berth.Operator(), "ada", x.r); err != nil {
			t.Fatal(err)
		}
		m.actors = append(m.actors, actor{x.name, m.With("Bearer " + last.Secret)})
	}
	if err := m.Account.RevokeToken(t.Context(), berth.Operator(), "ada", last.ID); err != nil {
		t.Fatal(err)
	}
	m.Clock.Advance(time.Hour)
	return m
}

// restore makes the package of a visibility what it was before somebody changed it.
func (m *matrix) restore(v berth.Visibility) {
	m.t.Helper()
	n := berth.Name{Owner: "acme", Path: string(v)}
	m.As("ada").PushImage(n.String(), "v1", "1")
	m.SetVisibility(n.String(), v)
	for holder, role := range map[registry.Holder]berth.Role{
		{User: "reader"}:         berth.RoleRead,
		{User: "writer"}:         berth.RoleWrite,
		{User: "keeper"}:         berth.RoleAdmin,
		{Team: "devs"}:           berth.RoleWrite,
		{Repository: "acme/web"}: berth.RoleWrite,
	} {
		if err := m.Registry.GrantRole(m.t.Context(), berth.Operator(), n, holder, role); err != nil {
			m.t.Fatal(err)
		}
	}
}

// column is something that somebody wants to do.
type column struct {
	name string
	// do returns the answer, on a package where it is about one.
	do func(c *berthtest.Client, v berth.Visibility) *berthtest.Response
}

func (m *matrix) aboutPackages() []column {
	body := berthtest.Image(`{"seed":"1"}`, "layer 1")
	return []column{
		{"pull", func(c *berthtest.Client, v berth.Visibility) *berthtest.Response {
			return c.Get("/v2/acme/" + string(v) + "/manifests/v1")
		}},
		{"push", func(c *berthtest.Client, v berth.Visibility) *berthtest.Response {
			return c.Do("PUT", "/v2/acme/"+string(v)+"/manifests/v2", bytes.NewReader(body), "Content-Type", berth.MediaTypeOCIManifest)
		}},
		{"delete a version", func(c *berthtest.Client, v berth.Visibility) *berthtest.Response {
			return c.Do("DELETE", "/v2/acme/"+string(v)+"/manifests/"+digest.FromBytes(body).String(), nil)
		}},
		{"change visibility", func(c *berthtest.Client, v berth.Visibility) *berthtest.Response {
			return c.Do("PATCH", "/api/v3/orgs/acme/packages/container/"+string(v), strings.NewReader(`{"visibility": "`+string(v)+`"}`))
		}},
		{"give roles", func(c *berthtest.Client, v berth.Visibility) *berthtest.Response {
			return c.Do("PUT", "/api/v3/orgs/acme/packages/container/"+string(v)+"/roles/users/reader", strings.NewReader(`{"role": "read"}`))
		}},
	}
}

func (m *matrix) aboutOrganization() []column {
	made := 0
	return []column{
		{"push a new package", func(c *berthtest.Client, _ berth.Visibility) *berthtest.Response {
			made++
			return c.Do("POST", fmt.Sprintf("/v2/acme/new%d/blobs/uploads/", made), nil)
		}},
		{"list members", func(c *berthtest.Client, _ berth.Visibility) *berthtest.Response {
			return c.Get("/api/v3/orgs/acme/members")
		}},
		{"change the organization", func(c *berthtest.Client, _ berth.Visibility) *berthtest.Response {
			return c.Do("PATCH", "/api/v3/orgs/acme", strings.NewReader(`{"base_role": "read"}`))
		}},
	}
}

// table asks for every cell.
func (m *matrix) table() string {
	var b strings.Builder
	packages, organization := m.aboutPackages(), m.aboutOrganization()
	for _, v := range matrixVisibilities() {
		fmt.Fprintf(&b, "\n### Package: %s\n\n", v)
		m.print(&b, packages, func(c column, a actor) *berthtest.Response {
			r := c.do(a.client, v)
			if r.Status < 300 && c.name != "pull" {
				m.restore(v)
			}
			return r
		})
	}
	b.WriteString("\n### Organization\n\n")
	m.print(&b, organization, func(c column, a actor) *berthtest.Response { return c.do(a.client, "") })
	b.WriteString("\n")
	return b.String()
}

func (m *matrix) print(b *strings.Builder, columns []column, ask func(column, actor) *berthtest.Response) {
	m.t.Helper()
	b.WriteString("| who |")
	for _, c := range columns {
		b.WriteString(" " + c.name + " |")
	}
	b.WriteString("\n|" + strings.Repeat("---|", len(columns)+1) + "\n")
	for _, a := range m.actors {
		b.WriteString("| " + a.name + " |")
		for _, c := range columns {
			r := ask(c, a)
			switch {
			case r.Status < 300:
				b.WriteString(" ✓ |")
			case slices.Contains([]int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound}, r.Status):
				fmt.Fprintf(b, " %d |", r.Status)
			default:
				m.t.Errorf("%s, %s: %d %s", a.name, c.name, r.Status, r.Body)
			}
		}
		b.WriteString("\n")
	}
}
