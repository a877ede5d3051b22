package berthtest_test

import (
	"fmt"
	"io"
	"maps"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/meta/metatest"
)

// TestMatrix lets everybody, with every kind of credential, send a request to every
// route that the server has, and compares the answers with rules that are written
// down a second time in this package:
//
//   - the status is the one that the row and the actor make,
//   - a refused request and a read leave the database and the blob store as they were,
//     and an allowed write does not,
//   - who may not see a thing is answered as if it were not there, to the byte,
//   - nobody reads a name that he may not know.
//
// A route without a row fails it, and so does a row without a route.
func TestMatrix(t *testing.T) {
	t.Parallel()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, berthtest.New(t))
		m := newMatrix(t, w, testing.Short() || raceEnabled)
		n := runtime.GOMAXPROCS(0)
		t.Cleanup(func() { m.report(t) })
		for i := range n {
			t.Run(strconv.Itoa(i), func(t *testing.T) {
				t.Parallel()
				m.run(t, w.Clone(t), i, n)
			})
		}
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, berthtest.New(t, berthtest.Options{Address: metatest.Postgres(t)}))
		m := newMatrix(t, w, true)
		m.run(t, w.Server, 0, 1)
		m.report(t)
	})
}

// matrix is all rows and columns. Its servers share only the counts.
type matrix struct {
	w      *world
	rows   []row
	actors []*actor

	cells, red atomic.Int64
}

// maxReported bounds what is printed of a matrix that is red all over.
const maxReported = 50

// newMatrix makes the rows and columns, or, where all would take too long, only the main
// columns: tokens are not sent as passwords too, and there is no garbage, because
// whoever reads the header is the same for all rows.
func newMatrix(t *testing.T, w *world, main bool) *matrix {
	t.Helper()
	m := &matrix{w: w, rows: matrixRows(), actors: w.actors(t)}
	if main {
		m.actors = slices.DeleteFunc(m.actors, func(a *actor) bool { return a.kind == kindBasic || a.garbage })
	}
	m.checkRoutes(t)
	return m
}

func (m *matrix) report(t *testing.T) {
	t.Helper()
	t.Logf("%d rows, %d columns, %d cells, %d red", len(m.rows), len(m.actors), m.cells.Load(), m.red.Load())
}

// checkRoutes compares the rows with the router's own list.
func (m *matrix) checkRoutes(t *testing.T) {
	t.Helper()
	have := map[string]bool{}
	for i := range m.rows {
		r := &m.rows[i]
		have[r.route] = true
		path, _, _ := strings.Cut(plain(r.path), "?")
		_, pattern, _ := strings.Cut(r.route, " ")
		pattern = strings.ReplaceAll(pattern, "{name}", "NAME")
		pattern = regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(pattern, `[^/]+`)
		pattern = strings.ReplaceAll(pattern, "NAME", ".+")
		if !regexp.MustCompile("^" + pattern + "$").MatchString(path) {
			t.Errorf("the row %q is not about the route %q", r, r.route)
		}
	}
	want := slices.Sorted(slices.Values(m.w.Routes))
	if diff := cmp.Diff(slices.Compact(want), slices.Sorted(maps.Keys(have))); diff != "" {
		t.Fatalf("routes without a row (-), rows without a route (+):\n%s", diff)
	}
}

// runner tries rows of the matrix on a server of its own.
type runner struct {
	*matrix

	t     *testing.T
	c     *berthtest.Client
	watch *berthtest.Watch
}

// run tries every n-th row.
func (m *matrix) run(t *testing.T, s *berthtest.Server, first, n int) {
	t.Helper()
	r := &runner{m, t, s.With(""), s.Watch()}
	for i := first; i < len(m.rows); i += n {
		for _, a := range m.actors {
			m.cells.Add(1)
			if wrong := r.try(&m.rows[i], a); len(wrong) > 0 {
				if red := m.red.Add(1); red <= maxReported {
					t.Errorf("%s\n  as %s:\n    %s", &m.rows[i], a, strings.Join(wrong, "\n    "))
				} else {
					t.Fail()
				}
			}
		}
	}
}

// expect returns how the actor has to be answered.
func expect(r *row, a *actor) verdict {
	v := signIn()
	if bearer := a.kind == kindBearer && strings.Contains(r.route, " /api/"); !a.dead && !bearer {
		v = r.need(a)
	}
	if v.yes() {
		v.status = r.ok
	}
	return v
}

// try sends the request of a cell and returns all that is wrong with what came of it.
func (r *runner) try(row *row, a *actor) (wrong []string) {
	want := expect(row, a)
	got := r.send(row, a, plain(row.path))
	if got.Status != want.status {
		wrong = append(wrong, fmt.Sprintf("status %d, want %d: %s", got.Status, want.status, brief(got.Body)))
	}
	reads := row.reads || strings.HasPrefix(row.route, "GET ") || strings.HasPrefix(row.route, "HEAD ")
	switch writes := got.Status < 400 && !reads; {
	case !r.watch.Written():
		if writes {
			wrong = append(wrong, "nothing was written")
		}
	case writes:
		r.watch.Restore()
	default:
		if changed := r.watch.Changed(); changed != "" {
			r.watch.Restore()
			wrong = append(wrong, "something was changed:\n"+changed)
		}
	}
	if got.Status == want.status && want.status == row.ok && row.look != nil {
		if s := row.look(a, got); s != "" {
			wrong = append(wrong, s)
		}
	}
	if want.twin && got.Status == want.status && strings.Contains(row.path, "<") {
		wrong = append(wrong, r.compare(row, a, got)...)
	}
	return append(wrong, leaks(row, a, got)...)
}

// send makes a row's request.
func (r *runner) send(row *row, a *actor, path string) *berthtest.Response {
	r.t.Helper()
	method, _, _ := strings.Cut(row.route, " ")
	var headers []string
	for _, h := range a.headers {
		headers = append(headers, "Authorization", h)
	}
	if row.contentType != "" {
		headers = append(headers, "Content-Type", row.contentType)
	}
	var body io.Reader
	if row.body != "" {
		body = strings.NewReader(row.body)
	}
	return r.c.Do(method, r.fill(path, a), body, headers...)
}

// fill puts the ids into a path that only the world knows.
func (r *runner) fill(path string, a *actor) string {
	if !strings.Contains(path, "{") {
		return path
	}
	self := a.login
	if _, ok := r.w.spare[self]; !ok {
		self = "ada"
	}
	for _, user := range []string{self, "ada", "vic", "max", "acme-ci"} {
		path = strings.NewReplacer(
			"{upload}", r.w.uploads[self], "{upload:"+user+"}", r.w.uploads[user],
			"{spare}", strconv.FormatInt(r.w.spare[self], 10), "{spare:"+user+"}", strconv.FormatInt(r.w.spare[user], 10),
		).Replace(path)
	}
	return path
}

// plain is a row's path without the marks.
func plain(path string) string { return strings.NewReplacer("<", "", ">", "").Replace(path) }

// compare asks for what does not exist, and returns how the answer differs.
func (r *runner) compare(row *row, a *actor, got *berthtest.Response) (wrong []string) {
	from, rest, _ := strings.Cut(row.path, "<")
	name, rest, _ := strings.Cut(rest, ">")
	name = r.fill(name, a)
	zeds := strings.Repeat("z", len(name))
	if _, err := strconv.Atoi(name); err == nil {
		zeds, name = "987654321", "987654321" // numbers are everywhere, and nobody is told this one
	}
	twin := r.send(row, a, from+zeds+rest)
	if changed := r.watch.Changed(); changed != "" {
		r.watch.Restore()
		wrong = append(wrong, "something was changed for "+zeds+":\n"+changed)
	}
	if is, other := look(got, name, name), look(twin, zeds, name); is != other {
		wrong = append(wrong, "the answer shows whether it is there:\n"+cmp.Diff(is, other))
	}
	return wrong
}

// look is an answer as the client sees it, with one name in place of another.
func look(r *berthtest.Response, from, to string) string {
	h := r.Header.Clone()
	for _, name := range []string{"Date", "X-Request-Id", "X-Github-Request-Id"} {
		h.Del(name)
	}
	var s strings.Builder
	fmt.Fprintln(&s, r.Status)
	_ = h.Write(&s)
	return strings.ReplaceAll(s.String()+string(r.Body), from, to)
}

// leaks returns the names in an answer that the actor may not know, and did not say
// himself.
func leaks(row *row, a *actor, got *berthtest.Response) (wrong []string) {
	if strings.Contains(row.route, "tokens") || strings.Contains(row.route, "audit-log") && got.Status == row.ok {
		return nil // what a token is limited to is written on it, and the log tells all of an owner
	}
	acme, orchid := a.acme >= member || a.site, a.orchid >= member || a.site
	teams := acme || a.plum == admin || a.reed == admin // who gives roles
	knows := map[string]bool{
		"plum": a.sees("acme/plum"), "quince": a.sees("acme/quince"), "sorrel": a.sees("acme/sorrel"), "inner": a.sees("acme/inner"),
		"thistle": a.sees("orchid/thistle"), "violet": a.sees("vic/violet") || a.login == "vic",
		"reed": a.seesRepository("acme/reed") || acme, "rush": a.seesRepository("orchid/rush") || orchid,
		"dewberry": teams, "nettle": orchid, "orchid": orchid,
	}
	for word, yes := range knows {
		if !yes && !strings.Contains(row.path, word) && !strings.Contains(row.body, word) && strings.Contains(string(got.Body), word) {
			wrong = append(wrong, word+" is told: "+brief(got.Body))
		}
	}
	return wrong
}

func brief(b []byte) string { return string(b[:min(len(b), 400)]) }
