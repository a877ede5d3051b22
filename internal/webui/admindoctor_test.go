package webui_test

import (
	"html"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/httpkit"
)

// The doctor finds what keeps pushes from working behind a proxy.
func TestDoctor(t *testing.T) {
	t.Parallel()
	external := []*url.URL{{Scheme: "https", Host: "berth.test"}}
	proxies := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	for name, test := range map[string]struct {
		origins httpkit.Origins
		headers []string
		want    []string
		bad     int
	}{
		"direct": {
			want: []string{"Nothing stands between you and this server", "every name counts", "Clients on this computer need no TLS"},
		},
		"another name": {
			origins: httpkit.Origins{External: external}, bad: 1,
			want: []string{"which is none of the addresses that are set", "external_urls: [https://berth.test, https://127.0.0.1:", "Clients come over TLS."},
		},
		"a proxy that is not believed": {
			headers: []string{"X-Forwarded-Proto", "https", "X-Forwarded-For", "203.0.113.7"}, bad: 1,
			want: []string{"trusted_proxies: [127.0.0.1]", "They are ignored", "203.0.113.7"},
		},
		"a proxy that does not tell of TLS": {
			origins: httpkit.Origins{Proxies: proxies}, headers: []string{"X-Forwarded-For", "203.0.113.7", "X-Forwarded-Host", "registry.example"}, bad: 2,
			want: []string{"proxy_set_header X-Forwarded-Proto $scheme;", `"insecure-registries": ["registry.example"]`, "Passwords and tokens can be read"},
		},
		"a proxy that does not tell of clients": {
			origins: httpkit.Origins{Proxies: proxies}, headers: []string{"X-Forwarded-Proto", "https"}, bad: 1,
			want: []string{"proxy_set_header X-Forwarded-For"},
		},
		"all well": {
			origins: httpkit.Origins{External: external, Proxies: proxies},
			headers: []string{"X-Forwarded-Proto", "https", "X-Forwarded-Host", "Berth.Test", "X-Forwarded-For", "203.0.113.7"},
			want:    []string{"says that you are 203.0.113.7", "Clients are told https://berth.test", "Clients come over TLS."},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := berthtest.New(t, berthtest.Options{Origins: test.origins})
			root := s.Viewer("root")
			session, err := s.Account.CreateSession(t.Context(), root.UserID, "test", "", "")
			if err != nil {
				t.Fatal(err)
			}
			headers := append([]string{"Cookie", "berth_session=" + session.Secret + "; __Host-berth_session=" + session.Secret}, test.headers...)
			body := html.UnescapeString(string(s.As("").Get("/-/admin/doctor", headers...).Want(http.StatusOK).Body))
			for _, want := range test.want {
				if !strings.Contains(body, want) {
					t.Errorf("%q is not said", want)
				}
			}
			if bad := strings.Count(body, ": to be mended"); bad != test.bad {
				t.Errorf("%d to be mended, want %d", bad, test.bad)
			}
		})
	}
}
