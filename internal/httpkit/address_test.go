package httpkit_test

import (
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/berth-registry/berth/internal/httpkit"
)

func TestAddress(t *testing.T) {
	t.Parallel()
	trusting := httpkit.Origins{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}}
	tests := []struct {
		name    string
		origins httpkit.Origins
		remote  string
		header  []string
		want    string
	}{
		{"nobody trusted", httpkit.Origins{}, "192.0.2.1:99", []string{"198.51.100.7"}, "192.0.2.1"},
		{"peer not trusted", trusting, "192.0.2.1:99", []string{"198.51.100.7"}, "192.0.2.1"},
		{"proxy", trusting, "10.1.1.1:99", []string{"198.51.100.7"}, "198.51.100.7"},
		{"proxy that says nothing", trusting, "10.1.1.1:99", nil, "10.1.1.1"},
		{"two proxies", trusting, "10.1.1.1:99", []string{"198.51.100.7, 10.2.2.2"}, "198.51.100.7"},
		{"two headers", trusting, "10.1.1.1:99", []string{"198.51.100.7", "10.2.2.2"}, "198.51.100.7"},
		{"what the client made up", trusting, "10.1.1.1:99", []string{"203.0.113.9, 198.51.100.7"}, "198.51.100.7"},
		{"a client within", trusting, "10.1.1.1:99", []string{"10.9.9.9, 10.2.2.2"}, "10.9.9.9"},
		{"rubbish", trusting, "10.1.1.1:99", []string{"198.51.100.7, <script>"}, "10.1.1.1"},
		{"mapped", trusting, "[::ffff:10.1.1.1]:99", []string{"::ffff:198.51.100.7"}, "198.51.100.7"},
		{"zone", trusting, "[fd00::1]:99", []string{"fe80::1%eth0"}, "fe80::1"},
		{"no peer", trusting, "@", []string{"198.51.100.7"}, ""},
	}
	for _, test := range tests {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = test.remote
		for _, h := range test.header {
			r.Header.Add("X-Forwarded-For", h)
		}
		if got := test.origins.Address(r); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}
