package httpkit_test

import (
	"crypto/tls"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/berth-registry/berth/internal/httpkit"
)

func mustURLs(t *testing.T, list ...string) []*url.URL {
	t.Helper()
	var urls []*url.URL
	for _, s := range list {
		u, err := url.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		urls = append(urls, u)
	}
	return urls
}

func TestOriginOfHost(t *testing.T) {
	t.Parallel()
	const nowhere = "http://localhost"
	for host, want := range map[string]string{
		"registry.example":              "http://registry.example",
		"registry.example:5000":         "http://registry.example:5000",
		"Registry.Example":              "http://Registry.Example",
		"my_host-1":                     "http://my_host-1",
		"127.0.0.1:5000":                "http://127.0.0.1:5000",
		"[::1]":                         "http://[::1]",
		"[::1]:5000":                    "http://[::1]:5000",
		"[2001:db8::1]:443":             "http://[2001:db8::1]:443",
		"":                              nowhere,
		":5000":                         nowhere,
		"evil.example/path":             nowhere,
		"evil.example?x":                nowhere,
		"evil.example#x":                nowhere,
		"user@evil.example":             nowhere,
		"evil.example\r\nSet-Cookie: a": nowhere,
		"evil.example\nx":               nowhere,
		"evil.example x":                nowhere,
		"evil.example\x00":              nowhere,
		`evil.example",realm="x`:        nowhere,
		"evil.example>; rel=x":          nowhere,
		"evil.example:80\r\n":           nowhere,
		"evil.example:80a":              nowhere,
		"evil.example:-1":               nowhere,
		"ev\u0131l.example":             nowhere,
		"\u212aube.example":             nowhere, // the Kelvin sign folds to k
		"[fe80::1%25eth0]":              nowhere,
		"a,b":                           nowhere,
		strings.Repeat("a", 300):        nowhere,
		"http://evil.example":           nowhere,
		"..%2f":                         nowhere,
		"\\evil":                        nowhere,
		// No host in an address, so an address made of it is broken.
		"::1":    nowhere,
		"a:b:c":  nowhere,
		"[::1":   nowhere,
		"::1]":   nowhere,
		"[[::1]": nowhere,
		"[a]":    nowhere,
	} {
		r := &http.Request{Host: host, Header: http.Header{}, RemoteAddr: "192.0.2.1:1"}
		if got := (httpkit.Origins{}).Of(r); got != want {
			t.Errorf("Host %q: %q, want %q", host, got, want)
		}
	}
}

// Whatever the Host is, the answer is an address and cannot leave its place in a
// header or a page.
func TestOriginIsAnAddress(t *testing.T) {
	t.Parallel()
	hosts := rapid.OneOf(
		rapid.String(),
		rapid.StringOfN(rapid.SampledFrom([]rune("a1.:[]-_/@%\r\n \"'<>")), 0, 10, -1),
	)
	rapid.Check(t, func(t *rapid.T) {
		host := hosts.Draw(t, "host")
		got := (httpkit.Origins{}).Of(&http.Request{Host: host, Header: http.Header{}})
		u, err := url.Parse(got)
		if err != nil {
			t.Fatalf("Host %q: %v", host, err)
		}
		if u.Scheme != "http" || u.Hostname() == "" || u.Path != "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.ContainsAny(got, "\r\n\"'<> ,;") {
			t.Errorf("Host %q: %q", host, got)
		}
	})
}

func TestOriginBehindProxies(t *testing.T) {
	t.Parallel()
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	forwarded := func(proto, host string) http.Header {
		return http.Header{"X-Forwarded-Proto": {proto}, "X-Forwarded-Host": {host}}
	}
	tests := []struct {
		name, remote string
		header       http.Header
		tls          bool
		want         string
	}{
		{"no headers", "10.1.2.3:4", nil, false, "http://inner:5000"},
		{"no headers, TLS", "192.0.2.1:4", nil, true, "https://inner:5000"},
		{"trusted", "10.1.2.3:4", forwarded("https", "outer.example"), false, "https://outer.example"},
		{"trusted IPv6", "[fd00::1]:4", forwarded("https", "outer.example"), false, "https://outer.example"},
		{"trusted IPv4 in IPv6", "[::ffff:10.1.2.3]:4", forwarded("https", "outer.example"), false, "https://outer.example"},
		{"stranger", "192.0.2.1:4", forwarded("https", "evil.example"), false, "http://inner:5000"},
		{"stranger over TLS", "192.0.2.1:4", forwarded("http", "evil.example"), true, "https://inner:5000"},
		{"loopback is not trusted by itself", "127.0.0.1:4", forwarded("https", "evil.example"), false, "http://inner:5000"},
		{"Unix socket", "@", forwarded("https", "evil.example"), false, "http://inner:5000"},
		{"no remote address", "", forwarded("https", "evil.example"), false, "http://inner:5000"},
		{"lists", "10.1.2.3:4", forwarded("https, http", " outer.example , inner"), false, "https://outer.example"},
		{"upper case", "10.1.2.3:4", forwarded("HTTPS", "Outer.Example"), false, "https://outer.example"},
		{"strange scheme", "10.1.2.3:4", forwarded("javascript", "outer.example"), false, "http://outer.example"},
		{"empty", "10.1.2.3:4", forwarded("", ""), true, "https://inner:5000"},
		{"empty first entry", "10.1.2.3:4", forwarded(",https", ",outer.example"), false, "http://inner:5000"},
		{"TLS ended at the proxy", "10.1.2.3:4", forwarded("http", "outer.example"), true, "http://outer.example"},
		{"line break in the header", "10.1.2.3:4", forwarded("https", "outer.example\r\nx"), false, "https://localhost"},
		{"path in the header", "10.1.2.3:4", forwarded("https", "outer.example/x"), false, "https://localhost"},
	}
	for _, test := range tests {
		r := &http.Request{Host: "inner:5000", Header: test.header, RemoteAddr: test.remote}
		if test.tls {
			r.TLS = &tls.ConnectionState{}
		}
		if got := (httpkit.Origins{Proxies: proxies}).Of(r); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
	r := &http.Request{Host: "inner", Header: forwarded("https", "evil.example"), RemoteAddr: "10.1.2.3:4"}
	if got, want := (httpkit.Origins{}).Of(r), "http://inner"; got != want {
		t.Errorf("without trusted proxies: %s, want %s", got, want)
	}
}

func TestOriginExternal(t *testing.T) {
	t.Parallel()
	o := httpkit.Origins{
		External: mustURLs(t, "https://a.example", "http://b.example:5000", "http://c.example", "https://c.example/"),
		Proxies:  []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
	}
	tests := []struct {
		host, remote, forwardedHost, forwardedProto, want string
	}{
		{host: "a.example", want: "https://a.example"}, // the scheme of the list
		{host: "A.EXAMPLE", want: "https://a.example"}, // its case too
		{host: "b.example:5000", want: "http://b.example:5000"},
		{host: "b.example", want: "https://a.example"},
		{host: "c.example", want: "http://c.example"},
		{host: "c.example", remote: "10.0.0.1:1", forwardedProto: "https", want: "https://c.example"},
		{host: "evil.example", want: "https://a.example"},
		{host: "a.example.evil.example", want: "https://a.example"},
		{host: "", want: "https://a.example"},
		{host: "a.example\r\nx", want: "https://a.example"},
		{host: "evil.example", remote: "10.0.0.1:1", forwardedHost: "b.example:5000", want: "http://b.example:5000"},
		{host: "a.example", remote: "10.0.0.1:1", forwardedHost: "evil.example", want: "https://a.example"},
		{host: "c.example", remote: "192.0.2.1:1", forwardedHost: "b.example:5000", want: "http://c.example"},
	}
	for _, test := range tests {
		r := &http.Request{Host: test.host, RemoteAddr: test.remote, Header: http.Header{}}
		r.Header.Set("X-Forwarded-Host", test.forwardedHost)
		r.Header.Set("X-Forwarded-Proto", test.forwardedProto)
		if got := o.Of(r); got != test.want {
			t.Errorf("%+v: %s", test, got)
		}
	}
}
