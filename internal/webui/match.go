package webui

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
)

// handler answers one kind of request of one viewer. Braces in the route become
// values of r.PathValue.
type handler func(w *httpkit.Writer, r *http.Request, v berth.Viewer) error

// route is a method and a pattern. {name} is one segment; {name...} is one or more,
// none of which is "-": so a package's path ends where its own pages begin.
type route struct {
	method, path string
	handle       handler
	limit        int64 // of the form in bytes, 0 for maxForm

	parts []string // of the pattern, filled in by compile
}

func compile(routes []route) []route {
	for i := range routes {
		routes[i].parts = strings.Split(routes[i].path, "/")
	}
	return routes
}

// match returns the route of a request, or else the methods of the path. Of several
// routes the first counts.
func (u *UI) match(r *http.Request) (found *route, allowed []string) {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	segments := strings.Split(r.URL.Path, "/")
	fitting := "" // the first pattern that fits: our own pages are no owners
	for i := range u.routes {
		rt := &u.routes[i]
		values, ok := fit(rt.parts, segments)
		if !ok || fitting != "" && rt.path != fitting {
			continue
		}
		fitting = rt.path
		if rt.method != method {
			if !slices.Contains(allowed, rt.method) {
				allowed = append(allowed, rt.method)
			}
			continue
		}
		for name, value := range values {
			r.SetPathValue(name, value)
		}
		return rt, nil
	}
	return nil, allowed
}

// here is the address of the page that a request is about. A form may be sent to where
// there is no page: then it is the page above, of the same part of the site.
func (u *UI) here(r *http.Request) string {
	if r.Method != http.MethodPost {
		return r.URL.RequestURI()
	}
	sent, _ := u.match(r)
	if sent == nil {
		return "/"
	}
	for at := r.URL.Path; at != ""; at = at[:strings.LastIndex(at, "/")] {
		segments := strings.Split(at, "/")
		for _, rt := range u.routes {
			if _, ok := fit(rt.parts, segments); ok && rt.method == http.MethodGet && ours(rt.parts) == ours(sent.parts) {
				return (&url.URL{Path: at}).EscapedPath()
			}
		}
	}
	return "/"
}

// ours is the first segment of the pages that are about no owner.
func ours(parts []string) string {
	if _, isName := braced(parts[1]); isName {
		return ""
	}
	return parts[1]
}

// fit compares a pattern with the segments of a path, and returns what stands for the
// names in braces. A pattern has at most one that takes several segments.
func fit(parts, segments []string) (values map[string]string, ok bool) {
	at := 0
	for i, part := range parts {
		if at >= len(segments) {
			return nil, false
		}
		name, isName := braced(part)
		switch wide := strings.TrimSuffix(name, "..."); {
		case !isName:
			if part != segments[at] {
				return nil, false
			}
			at++
			continue
		case segments[at] == "":
			return nil, false
		case wide == name:
			values = put(values, name, segments[at])
			at++
		default:
			end := len(segments) - (len(parts) - i - 1) // what is left for the rest of the pattern
			if end <= at {
				return nil, false
			}
			for _, s := range segments[at:end] {
				if s == "" || s == "-" {
					return nil, false
				}
			}
			values = put(values, wide, strings.Join(segments[at:end], "/"))
			at = end
		}
	}
	return values, at == len(segments)
}

func put(values map[string]string, name, value string) map[string]string {
	if values == nil {
		values = map[string]string{}
	}
	values[name] = value
	return values
}

func braced(part string) (name string, ok bool) {
	if !strings.HasPrefix(part, "{") {
		return "", false
	}
	return part[1 : len(part)-1], true
}

// unslashed returns the address of the page that a path with a slash too many means, ""
// for none.
func (u *UI) unslashed(r *http.Request) string {
	short, ok := strings.CutSuffix(r.URL.Path, "/")
	if !ok || r.Method != http.MethodGet && r.Method != http.MethodHead {
		return ""
	}
	without := r.Clone(r.Context())
	without.URL.Path = short
	if rt, _ := u.match(without); rt == nil {
		return ""
	}
	to := url.URL{Path: short, RawQuery: r.URL.RawQuery}
	return to.String()
}
