package webui_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// An image reference that is pasted into the search leads to its page, for those who may
// see that; for others it is a text like any other.
func TestPastedReference(t *testing.T) {
	t.Parallel()
	p := newShop(t)
	host := strings.TrimPrefix(p.s.URL, "http://")
	find := "/search?q="
	for text, want := range map[string]string{
		"ada/web:latest":                        "/ada/web:latest",
		"  " + host + "/ada/web:latest ":        "/ada/web:latest",
		host + "/ada/web":                       "/ada/web",
		"https://" + host + "/Ada/web":          "/ada/web",
		"ada/web:1.0@" + p.old.String():         "/ada/web@" + p.old.String(),
		host + "/ada/web:2.0@" + p.arm.String(): "/ada/web@" + p.arm.String(),
	} {
		r := p.c.Get(find+url.QueryEscape(text), p.session...).Want(http.StatusSeeOther)
		if got := r.Header.Get("Location"); got != want {
			t.Errorf("%s leads to %s, want %s", text, got, want)
		}
		shows(t, p.s.As("").Get(find+url.QueryEscape(text)).Want(http.StatusOK), "Nothing found") // ada/web is private
	}
	for _, text := range []string{
		"ada/web", "ada/web:nope", "ada/none:1.0", host + "/ada/none", "other.example/ada/web:latest", "ada/web@sha256:12", "web:latest",
		"ada/web@sha256:" + strings.Repeat("0", 64), host + "/", host,
	} {
		p.c.Get(find+url.QueryEscape(text), p.session...).Want(http.StatusOK)
	}
	p.c.Get(find+strings.Repeat("x", 900), p.session...).Want(http.StatusBadRequest)
	// A list that changes as one types stays a list.
	p.c.Get(find+"ada/web:latest", append(p.session, "HX-Request", "true")...).Want(http.StatusOK)
}
