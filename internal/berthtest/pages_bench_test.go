package berthtest_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/webui"
)

// BenchmarkPages asks for pages of a site with ten thousand packages, one of which has
// ten thousand versions, and reports the CPU of a whole request in the server with its
// database, and the bytes that are sent. The first byte comes when the page is made.
func BenchmarkPages(b *testing.B) {
	s := berthtest.New(b)
	fillListing(s, 10_000)
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
		"/acme/app-0000001", "/acme/app-0000001/-/tags", "/acme/app-0000001/-/tags?q=12", "/acme/app-0000001/-/versions", "/acme/app-0000001/-/versions?filter=untagged",
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
