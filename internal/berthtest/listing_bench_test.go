package berthtest_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/restapi"
)

// BenchmarkListing asks for pages of an owner with a million packages and of a package
// with a million versions, and reports the CPU of a whole request in the server, with
// its database. Filling the database takes a minute.
func BenchmarkListing(b *testing.B) {
	s := berthtest.New(b)
	start := time.Now()
	fillListing(s, 1_000_000)
	b.Logf("filled in %s", time.Since(start).Round(time.Second))
	rest := restapi.New(slog.New(slog.DiscardHandler), s.Registry, s.Account, httpkit.Origins{})
	server := httpkit.NewDispatcher(http.NotFoundHandler())
	rest.Mount(server.Handle)

	measure := func(who, token, path string, entries int) {
		for page, query := range map[string]string{
			"first": "", "after": "&after=%s", "last": "&after=%s", "number100": "&page=100",
		} {
			cursor := ""
			if i := strings.Index(query, "%s"); i >= 0 {
				cursor = map[bool]map[string]string{
					true:  {"after": "500000", "last": "101"},
					false: {"after": "app-0500000", "last": "app-0999900"},
				}[strings.HasSuffix(path, "/versions")][page]
				query = strings.Replace(query, "%s", cursor, 1)
			}
			b.Run(who+"/"+page, func(b *testing.B) {
				r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, path+"?per_page=100"+query, nil)
				if token != "" {
					r.Header.Set("Authorization", "Bearer "+token)
				}
				ask := func() int {
					w := httptest.NewRecorder()
					server.ServeHTTP(w, r)
					if w.Code != http.StatusOK {
						b.Fatalf("%d %s", w.Code, w.Body)
					}
					return strings.Count(w.Body.String(), `"package_html_url"`) + strings.Count(w.Body.String(), `"version_count"`)
				}
				n := ask()
				if page != "number100" && n < min(entries, 100) && page != "last" {
					b.Errorf("%d entries", n)
				}
				before, asked := cpu(b), 0
				for b.Loop() {
					ask()
					asked++
				}
				b.ReportMetric(float64((cpu(b)-before).Microseconds())/1000/float64(asked), "cpu-ms/op")
				b.ReportMetric(float64(n), "entries")
			})
		}
	}
	versions := "/api/v3/orgs/acme/packages/container/app-0000001/versions"
	measure("versions", s.Token("ada", berth.ScopeAll, 0), versions, 100)
	list := "/api/v3/orgs/acme/packages"
	for who, entries := range map[string]int{"ada": 100, "mia": 100, "root": 100, "bob": 100, "tess": 100, "cole": 100, "": 100} {
		token := ""
		if who != "" {
			token = s.Token(who, berth.ScopeAll, 0)
		}
		measure("packages of "+who, token, list, entries)
	}
	limited, err := s.Account.CreateToken(b.Context(), berth.Operator(), "ada", account.TokenRequest{
		Name: "limited", Scopes: berth.ScopeReadPackages, Packages: []string{"acme/app-0000002", "acme/app-0500002"},
	})
	if err != nil {
		b.Fatal(err)
	}
	measure("packages of a limited token", limited.Secret, list, 2)
}

func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// fillListing makes n packages of acme, of which ada owns all and mia reads all. Of
// every hundred one is public and one internal, ten inherit from a repository. Bob was
// given five packages, tess is in a team that was given every tenth, cole has a role on
// thirty repositories. The first package has n versions, each with a tag.
func fillListing(s *berthtest.Server, n int) {
	for _, name := range []string{"tess", "cole"} {
		s.AddUser(name, false)
	}
	acme := s.OwnerID("acme")
	for _, q := range []string{
		`INSERT INTO teams (org_id, name, folded, created_at) VALUES (OWNER, 'many', 'many', 0)`,
		`INSERT INTO team_members (team_id, user_id) SELECT t.id, o.id FROM teams t, owners o WHERE o.folded = 'tess'`,
		`WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 999)
			INSERT INTO repositories (owner_id, name, folded, visibility, description, web_url, created_at)
			SELECT OWNER, 'repo' || i, 'repo' || i, 'private', '', '', 0 FROM n`,
		`INSERT INTO repository_roles (repository_id, user_id, role) SELECT r.id, o.id, 1 FROM repositories r, owners o WHERE o.folded = 'cole' AND r.id % 33 = 0`,
		`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < COUNT)
			INSERT INTO packages (owner_id, path, visibility, inherit, repository_id, created_at, published_at, updated_at, version_count, kind, description, licenses)
			SELECT OWNER, printf('app-%07d', i), CASE i % 100 WHEN 50 THEN 'public' WHEN 51 THEN 'internal' ELSE 'private' END,
				i % 10 = 3, (SELECT min(id) FROM repositories) + i % 1000, 1700000000000000 + i, 1700000000000000 + i, 1700000000000000 + i, 1, 'image',
				'An application that does one thing and does it well', 'Apache-2.0' FROM n`,
		`INSERT INTO package_roles (package_id, team_id, role) SELECT p.id, t.id, 2 FROM packages p, teams t WHERE p.id % 10 = 4`,
		`INSERT INTO package_roles (package_id, user_id, role) SELECT p.id, o.id, 1 FROM packages p, owners o WHERE o.folded = 'bob' AND p.id % (COUNT / 5) = 7`,

		`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < COUNT)
			INSERT INTO manifests (package_id, digest, media_type, artifact_type, annotations, size, body, pushed_at, updated_at, version)
			SELECT (SELECT min(id) FROM packages), 'sha256:' || printf('%08x%056x', (i * 2654435761) % 4294967296, i), 'application/vnd.oci.image.manifest.v1+json', '', '', 1000,
				zeroblob(1000), 1700000000000000 + i, 1700000000000000 + i, TRUE FROM n`,
		`INSERT INTO tags (package_id, folded, name, digest, updated_at, created_at)
			SELECT package_id, printf('v%07d', id), printf('v%07d', id), digest, pushed_at, pushed_at FROM manifests`,
		`INSERT INTO descriptions (manifest_id, kind, size, summary, details, problem, described_at)
			SELECT id, 'image', 50000000, '{"description":"An application","licenses":"Apache-2.0","platforms":[{"os":"linux","architecture":"amd64","size":50000000}]}', '{}', '', 0 FROM manifests`,
	} {
		s.Exec(strings.NewReplacer("OWNER", fmt.Sprint(acme), "COUNT", fmt.Sprint(n)).Replace(q))
	}
}
