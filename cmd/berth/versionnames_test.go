package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"
)

// A version says on one line each what it has many of.
func TestShowVersion(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/api/v3/user":
			_, _ = io.WriteString(w, `{"login":"ada"}`)
		case "/api/v3/users/acme/packages/container/web/tags/v1":
			_, _ = io.WriteString(w, `{"name":"v1","version_id":7}`)
		default:
			_, _ = io.WriteString(w, `{"id":7,"name":"sha256:aa","about":{"platforms":[{"os":"linux","architecture":"amd64"},{"os":"linux","architecture":"arm64","variant":"v8"}]},
				"attached":[{"kind":"signature"},{"kind":"sbom"}],
				"health":{"complete":false,"missing":[{"digest":"sha256:bb","platform":"linux/arm64/v8"},{"digest":"sha256:cc"}]}}`)
		}
	}))
	t.Cleanup(server.Close)
	p := &place{t: t, env: []string{"XDG_CONFIG_HOME=" + t.TempDir()}}
	p.ok("brt_hers", "login "+server.URL+" --token-stdin")
	got := p.ok("", "package version show acme/web v1")
	want := regexp.MustCompile(`PLATFORMS +linux/amd64,linux/arm64/v8
ATTACHED +signature,sbom
COMPLETE +no
MISSING +linux/arm64/v8 sha256:bb,sha256:cc
`)
	if !want.MatchString(got) {
		t.Error(got)
	}
}
