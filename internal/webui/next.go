package webui

import (
	"net/url"
	"strings"
	"unicode"
)

const maxNext = 2048

// safeNext returns where to go after signing in, if that is a page of ours, else
// the front page: nobody must be sent to another site by a link to this one.
// Browsers read a backslash as a slash and leave out tabs and line ends, so that
// none of these may be there, not even escaped.
func safeNext(next string) string {
	const home = "/"
	if len(next) > maxNext || !strings.HasPrefix(next, "/") || strings.ContainsFunc(next, odd) {
		return home
	}
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" ||
		!strings.HasPrefix(u.Path, "/") || strings.Contains(u.Path, "//") || strings.ContainsFunc(u.Path, odd) {
		return home
	}
	return next
}

func odd(r rune) bool { return r == '\\' || !unicode.IsPrint(r) || r > unicode.MaxASCII }
