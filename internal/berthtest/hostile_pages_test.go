//go:build !race

// These are thousands of requests: .ci/test runs this package without the race detector
// too, and under it the matrix asks for the same pages.

package berthtest_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/meta/metatest"
)

// hostile are texts that no form of ours sends. PostgreSQL refuses each.
func hostile() []string { return []string{"a\x00/\x00b", "a/\xff", "a/é"} }

// queries are what pages read from their addresses.
func queries() []string {
	return []string{
		"a", "action", "actor", "after", "b", "before", "challenge", "description", "filter", "from", "id", "kind", "name", "next", "owner", "page",
		"part", "platform", "port", "q", "scopes", "since", "sort", "teams", "until", "users", "visibility", "who",
	}
}

// TestHostilePages sends every page and form what nobody types.
func TestHostilePages(t *testing.T) {
	t.Parallel()
	hostilePages(t, "")
}

// TestHostilePagesOnPostgres is TestHostilePages on the database that is strict about
// text.
func TestHostilePagesOnPostgres(t *testing.T) {
	t.Parallel()
	hostilePages(t, metatest.Postgres(t))
}

func hostilePages(t *testing.T, database string) {
	t.Helper()
	w := newWorld(t, berthtest.New(t, options(database)))
	m := &matrix{counts: &counts{}, w: w, t: t}
	actors := w.actors(t)
	w.oldNames(t)
	w.makeRules(t)
	m.c, m.watch = w.With(""), w.Watch()
	actors = slices.DeleteFunc(actors, func(a *actor) bool { return a.kind != kindSession || a.login != "ada" && a.login != "root" || a.dead })
	actors = slices.CompactFunc(actors, func(a, b *actor) bool { return a.login == b.login })
	rows := slices.DeleteFunc(matrixRows(), func(r row) bool { return !r.page || r.foreign })
	if len(actors) < 2 || len(rows) < 100 {
		t.Fatalf("%d actors, %d rows", len(actors), len(rows))
	}
	seen := map[string]bool{}
	for i := range rows {
		r := &rows[i]
		if seen[r.route] {
			continue
		}
		seen[r.route] = true
		for _, a := range actors {
			if (a.login == "root") != strings.Contains(r.route, "/-/admin") {
				continue // who may: others are refused before anything is read
			}
			for _, h := range hostile() {
				m.breakEach(r, a, h)
			}
		}
	}
}

// breakEach puts a text into every part of a request, one after the other.
func (m *matrix) breakEach(r *row, a *actor, text string) {
	m.t.Helper()
	path := plain(r.path)
	segments := strings.Split(path, "/")
	for i := range segments {
		if i > 0 && segments[i] != "-" && !strings.Contains(segments[i], "?") {
			changed := slices.Clone(segments)
			changed[i] = url.PathEscape(text)
			m.holds(r, a, strings.Join(changed, "/"), r.body)
		}
	}
	if strings.HasPrefix(r.route, "GET ") {
		for _, name := range queries() {
			bare, raw, _ := strings.Cut(path, "?")
			q, _ := url.ParseQuery(raw)
			q.Set(name, text)
			m.holds(r, a, bare+"?"+q.Encode(), "")
		}
		return
	}
	form, _ := url.ParseQuery(r.body)
	for name := range form {
		f, _ := url.ParseQuery(r.body)
		f.Set(name, text)
		m.holds(r, a, path, f.Encode())
	}
}

// holds sends a request that must not break the server, and undoes what it did.
func (m *matrix) holds(r *row, a *actor, path, body string) {
	m.t.Helper()
	changed := *r
	changed.body = body
	got := m.send(&changed, a, path)
	if got.Status >= http.StatusInternalServerError || got.Header.Get("X-Evil") != "" {
		m.t.Errorf("%s as %s: %q %q: %d", r.route, a.login, path, body, got.Status)
	}
	if to := got.Header.Get("Location"); strings.HasPrefix(to, "//") || strings.Contains(to, `\`) || strings.HasPrefix(to, "http") && !strings.HasPrefix(to, "http://127.0.0.1:") {
		m.t.Errorf("%s as %s: %q %q leads to %s", r.route, a.login, path, body, to)
	}
	if m.watch.Written() {
		m.watch.Restore()
	}
}
