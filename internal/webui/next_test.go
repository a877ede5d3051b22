package webui

import (
	"net/url"
	"strings"
	"testing"
)

func TestSafeNext(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"/", "/acme/web", "/login/cli?port=1&challenge=a-b&name=ada%27s%20laptop", "/acme/web:1.0", "/acme/web@sha256:0", "/a?next=//b", "/a#b"} {
		if got := safeNext(good); got != good {
			t.Errorf("%q became %q", good, got)
		}
	}
	for _, bad := range []string{
		"", "acme", "//evil", "///evil", `/\evil`, `\\evil`, "/%09/evil", "/\t/evil", "/\n/evil", "\t//evil", " //evil",
		"https://evil", "https:evil", "javascript:alert(1)", "data:,x", "/%5cevil", "/%2f/evil", "/%2F%2Fevil", "/a//b", "/%0d%0aX: y", "/%",
		"/\x00", "/\u2028", "//evil@us/", "http:/\\evil", "/\u202e", "/" + strings.Repeat("a", maxNext),
	} {
		if got := safeNext(bad); got != "/" {
			t.Errorf("%q is let through as %q", bad, got)
		}
	}
}

// Wherever somebody is sent, it is this host, as browsers read it.
func FuzzSafeNext(f *testing.F) {
	for _, s := range []string{"/", "//evil", `/\evil`, "/%09/evil", "https://evil", "/a?b#c", "/..//evil"} {
		f.Add(s)
	}
	base := &url.URL{Scheme: "https", Host: "berth.test", Path: "/login"}
	f.Fuzz(func(t *testing.T, s string) {
		next := safeNext(s)
		u, err := base.Parse(strings.ReplaceAll(next, `\`, "/"))
		if err != nil || u.Host != base.Host || u.Scheme != base.Scheme || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\t\r\n") {
			t.Errorf("%q leads to %q: %v, %v", s, next, u, err)
		}
	})
}
