package berth_test

import (
	"errors"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
)

func TestParseHookURL(t *testing.T) {
	t.Parallel()
	const host = "https://ci.example.com/"
	for _, good := range []string{
		"http://ci.example.com", "https://ci.example.com:8443/hook?token=1%202", "https://[2001:db8::1]:1/", "http://127.0.0.1:65535/",
		"HTTPS://CI.example.com/", host + strings.Repeat("x", berth.MaxHookURL-len(host)),
	} {
		if _, err := berth.ParseHookURL(good); err != nil {
			t.Errorf("%.60s: %v", good, err)
		}
	}
	for _, bad := range []string{
		"", "ci.example.com", "//ci.example.com/", "ftp://ci.example.com/", "file:///etc/passwd", "gopher://x/", "javascript:alert(1)", "https:ci.example.com",
		"https://", "https://:80/", "https:///hook", "https://ada@ci.example.com/", "https://ada:hunter2@ci.example.com/", "https://@ci.example.com/",
		"https://ci.example.com/#a", "https://ci.example.com:/", "https://ci.example.com:0/", "https://ci.example.com:65536/", "https://ci.example.com:x/",
		"https://ci.example.com/\r\nX: y", "https://ci.example.com/a b", "https://ci.example.com/\x00", "https://ci.exämple.com/", "https://[fe80::1%25eth0]/", " https://ci.example.com/",
		host + strings.Repeat("x", berth.MaxHookURL-len(host)+1),
	} {
		_, err := berth.ParseHookURL(bad)
		if !errors.Is(err, berth.ErrRequestInvalid) {
			t.Errorf("%.60q: %v", bad, err)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error tells a password: %v", err)
		}
	}
}

func FuzzParseHookURL(f *testing.F) {
	for _, s := range []string{"https://ci.example.com/hook", "http://[::ffff:7f00:1]:80/?a=b", "http://0x7f.1/", "https://a@b", "http://a%00b/", "http://a:1:2/", "https://[::1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := berth.ParseHookURL(s)
		if err != nil {
			if !errors.Is(err, berth.ErrRequestInvalid) {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		// What is stored is parsed again when it is sent: it must mean the same then.
		again, err := url.Parse(s)
		if err != nil || again.Host != u.Host || u.User != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" || len(s) > berth.MaxHookURL {
			t.Fatalf("%q became %v (%v)", s, u, err)
		}
		if strings.ContainsAny(u.Host, " /\\@\r\n\x00") {
			t.Fatalf("%q has the host %q", s, u.Host)
		}
	})
}

func TestParseHookEvents(t *testing.T) {
	t.Parallel()
	got, err := berth.ParseHookEvents([]string{"registry_package", "package", "package"})
	if diff := cmp.Diff([]string{"package", "registry_package"}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	for _, bad := range [][]string{nil, {}, {"push"}, {"package", ""}, {"ping"}, strings.Split(strings.Repeat("package,", 10)+"package", ",")} {
		if _, err := berth.ParseHookEvents(bad); !errors.Is(err, berth.ErrRequestInvalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestNewDeliveryGUID(t *testing.T) {
	t.Parallel()
	a, b := berth.NewDeliveryGUID(), berth.NewDeliveryGUID()
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	if a == b || !form.MatchString(a) {
		t.Errorf("%s, %s", a, b)
	}
}
