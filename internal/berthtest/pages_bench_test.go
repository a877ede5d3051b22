package berthtest_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/webui"
)

// BenchmarkPages asks for pages of a site with ten thousand packages, one of which has
// ten thousand versions and another five hundred signatures, and reports the CPU of a whole request in the server with its
// database, and the bytes that are sent. The first byte comes when the page is made.
func BenchmarkPages(b *testing.B) {
	s := berthtest.New(b)
	fillListing(s, 10_000)
	fillReferrers(s, 500)
	session, err := s.Account.CreateSession(b.Context(), s.Viewer("ada").UserID, "test", "10.0.0.1", "")
	if err != nil {
		b.Fatal(err)
	}
	site, err := s.Account.CreateSession(b.Context(), s.Viewer("root").UserID, "test", "10.0.0.1", "")
	if err != nil {
		b.Fatal(err)
	}
	ui, err := webui.New(slog.New(slog.DiscardHandler), s.Registry, s.Account, httpkit.Origins{}, webui.Site{})
	if err != nil {
		b.Fatal(err)
	}
	for _, path := range []string{
		"/", "/acme", "/acme?sort=updated", "/acme?sort=downloads", "/acme?q=app-00012", "/acme?page=100", "/search?q=app-00012", "/search?q=nothing", "/search?q=app", "/search?q=acme/app",
		"/acme/app-0000001", "/acme/app-0000002", "/acme/app-0000001/-/tags", "/acme/app-0000001/-/tags?q=12", "/acme/app-0000001/-/versions", "/acme/app-0000001/-/versions?filter=untagged",
		"/acme/app-0000001/-/versions?filter=broken", "/acme/app-0000001/-/settings", "/acme/-/settings", "/acme/-/repositories", "/-/admin", "/-/admin/users", "/-/admin/audit",
	} {
		b.Run(path, func(b *testing.B) {
			r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, path, nil)
			r.Header.Set("Accept-Encoding", "gzip")
			secret := session.Secret
			if strings.HasPrefix(path, "/-/admin") {
				secret = site.Secret
			}
			r.AddCookie(&http.Cookie{Name: "berth_session", Value: secret})
			ask := func() int {
				w := httptest.NewRecorder()
				ui.ServeHTTP(w, r)
				if w.Code != http.StatusOK {
					b.Fatalf("%d %s", w.Code, w.Body)
				}
				return w.Body.Len()
			}
			size := ask()
			before, asked := cpu(b), 0
			for b.Loop() {
				ask()
				asked++
			}
			b.ReportMetric(float64((cpu(b)-before).Microseconds())/1000/float64(asked), "cpu-ms/op")
			b.ReportMetric(float64(size)/1024, "KiB")
		})
	}
}

// fillReferrers puts a version into acme/app-0000002, with so many signatures of 4 KiB.
func fillReferrers(s *berthtest.Server, n int) {
	for _, q := range []string{
		`INSERT INTO manifests (package_id, digest, media_type, artifact_type, annotations, size, body, pushed_at, updated_at, version)
			SELECT id, 'sha256:' || printf('%064x', 1), 'application/vnd.oci.image.manifest.v1+json', '', '', 1000, zeroblob(1000), 1, 1, TRUE
			FROM packages WHERE path = 'app-0000002'`,
		`INSERT INTO tags (package_id, folded, name, digest, updated_at, created_at)
			SELECT id, 'latest', 'latest', 'sha256:' || printf('%064x', 1), 1, 1 FROM packages WHERE path = 'app-0000002'`,
		`WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i <= COUNT)
			INSERT INTO manifests (package_id, digest, media_type, artifact_type, subject, annotations, size, body, pushed_at, updated_at, version)
			SELECT p.id, 'sha256:' || printf('%064x', n.i), 'application/vnd.oci.image.manifest.v1+json', 'application/vnd.dev.cosign.artifact.sig.v1+json',
				'sha256:' || printf('%064x', 1), '', 4096, zeroblob(4096), 1, 1, FALSE FROM n, packages p WHERE p.path = 'app-0000002'`,
		`INSERT INTO descriptions (manifest_id, kind, size, summary, details, problem, described_at)
			SELECT m.id, CASE WHEN m.version THEN 'image' ELSE 'signature' END, 1, '{}', '{}', '', 0
			FROM manifests m JOIN packages p ON p.id = m.package_id WHERE p.path = 'app-0000002'`,
	} {
		s.Exec(strings.ReplaceAll(q, "COUNT", strconv.Itoa(n)))
	}
}
