package berthtest_test

import (
	"fmt"
	"io"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/httpkit"
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
//
// BERTH_MATRIX_ROUTES, a regular expression, lets only rows about some routes run.
func TestMatrix(t *testing.T) {
	t.Parallel()
	runMatrix(t, testing.Short() || raceEnabled, func(*testing.T) string { return "" })
}

// workers try a part of the rows each, on a server of their own. There are more than
// processors because a refusal waits a little before it is sent.
const workers = 12

// runMatrix tries all rows in all columns, or, where that would take too long, in the
// main ones: tokens are not sent as passwords too, there is no garbage, because whoever
// reads the header is the same for all rows, and only ada's bearers are shown to those
// who take none.
func runMatrix(t *testing.T, main bool, database func(*testing.T) string) {
	t.Helper()
	var n counts
	var group sync.WaitGroup
	for i := range workers {
		w := newWorld(t, berthtest.New(t, options(database(t))))
		m := &matrix{counts: &n, w: w, t: t, main: main, thin: thin(), rows: someRows(t), actors: w.actors(t)}
		w.oldNames(t)
		w.makeRules(t)
		if main {
			m.actors = mainColumns(m.actors)
		}
		m.c, m.watch = w.With(""), w.Watch()
		if i == 0 && os.Getenv(onlyRoutes) == "" {
			m.checkRoutes()
		}
		group.Go(func() { m.run(i, workers) })
	}
	group.Wait()
	t.Logf("%d rows, %d columns, %d cells, %d red", n.rows.Load(), n.columns.Load(), n.cells.Load(), n.red.Load())
}

// onlyRoutes is the variable that says which rows run.
const onlyRoutes = "BERTH_MATRIX_ROUTES"

func someRows(t *testing.T) []row {
	t.Helper()
	some, err := regexp.Compile(os.Getenv(onlyRoutes))
	if err != nil {
		t.Fatal(err)
	}
	rows := slices.DeleteFunc(matrixRows(), func(r row) bool { return !some.MatchString(r.route) })
	if len(rows) == 0 {
		t.Fatalf("%s=%s fits no route", onlyRoutes, some)
	}
	return rows
}

// thin reports whether some cells are enough. The race detector looks at the code under
// all of them; what they are answered is tested without it.
func thin() bool { return raceEnabled && os.Getenv("BERTH_TEST_ALL") == "" }

// options let every request come from an address of its own, so that nobody is taken
// for somebody who guesses.
func options(database string) berthtest.Options {
	proxy := netip.MustParsePrefix("127.0.0.0/8")
	return berthtest.Options{Address: database, Origins: httpkit.Origins{Proxies: []netip.Prefix{proxy}}}
}

// counts are shared by the workers.
type counts struct{ rows, columns, cells, red, requests atomic.Int64 }

// matrix is all rows and columns, with a server to try them on.
type matrix struct {
	*counts

	t      *testing.T
	main   bool // only the main columns
	thin   bool // of each row a quarter of the columns, another one than of the next row
	w      *world
	c      *berthtest.Client
	watch  *berthtest.Watch
	rows   []row
	actors []*actor
}

// maxReported bounds what is printed of a matrix that is red all over.
const maxReported = 50

// checkRoutes compares the rows with the router's own list.
func (m *matrix) checkRoutes() {
	m.t.Helper()
	have := map[string]bool{}
	for i := range m.rows {
		r := &m.rows[i]
		have[r.route] = true
		path, _, _ := strings.Cut(plain(r.path), "?")
		_, pattern, _ := strings.Cut(r.route, " ")
		pattern = regexp.MustCompile(`\{name\}|\{[a-z]+\.\.\.\}`).ReplaceAllString(pattern, "NAME")
		pattern = regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(pattern, `[^/]+`)
		pattern = strings.ReplaceAll(pattern, "NAME", ".+")
		if !regexp.MustCompile("^" + pattern + "$").MatchString(path) {
			m.t.Errorf("the row %q is not about the route %q", r, r.route)
		}
	}
	for _, route := range slices.Sorted(slices.Values(m.w.Routes)) {
		if !have[route] {
			m.t.Errorf("the route %q has no row", route)
		}
	}
	for route := range have {
		if !slices.Contains(m.w.Routes, route) {
			m.t.Errorf("there are rows for %q, which is no route", route)
		}
	}
}

// mainColumns leaves out tokens that are sent as passwords too, and garbage.
func mainColumns(list []*actor) []*actor {
	return slices.DeleteFunc(list, func(a *actor) bool { return a.kind == kindBasic || a.garbage })
}

// run tries the rows of one worker of so many.
func (m *matrix) run(worker, workers int) {
	m.t.Helper()
	m.counts.columns.Store(int64(len(m.actors)))
	for i := worker; i < len(m.rows); i += workers {
		m.counts.rows.Add(1)
		registry := !m.rows[i].page && !strings.Contains(m.rows[i].route, " /api/")
		for j, a := range m.actors {
			if m.thin && (i+j)%4 != 0 {
				continue
			}
			if m.main && a.kind == kindBearer && a.login != "ada" && !registry || !m.rows[i].tried(a) {
				continue
			}
			m.cells.Add(1)
			wrong := m.try(&m.rows[i], a)
			if len(wrong) == 0 {
				continue
			}
			if red := m.red.Add(1); red <= maxReported {
				m.t.Errorf("%s\n  as %s:\n    %s", &m.rows[i], a, strings.Join(wrong, "\n    "))
			} else {
				m.t.Fail()
			}
		}
	}
}

// expect returns how the actor has to be answered.
func expect(r *row, a *actor) verdict {
	v := signIn()
	switch rest := strings.Contains(r.route, " /api/"); {
	case r.page: // reads the cookie and nothing else
		v = r.need(a)
	case a.dead, rest && a.kind == kindBearer, !rest && a.kind == kindSession:
	default:
		v = r.need(a)
	}
	if v.yes() {
		v.status = r.ok
	}
	return v
}

// try sends the request of a cell and returns all that is wrong with what came of it.
func (m *matrix) try(row *row, a *actor) (wrong []string) {
	want := expect(row, a)
	got := m.send(row, a, plain(row.path))
	if got.Status != want.status {
		wrong = append(wrong, fmt.Sprintf("status %d, want %d: %s", got.Status, want.status, brief(got.Body)))
	}
	reads := row.reads || want.idle || strings.HasPrefix(row.route, "GET ") || strings.HasPrefix(row.route, "HEAD ")
	switch writes := got.Status < 400 && !reads; {
	case !m.watch.Written():
		if writes {
			wrong = append(wrong, "nothing was written")
		}
	case writes:
		m.watch.Restore()
	default:
		if changed := m.watch.Changed(); changed != "" {
			m.watch.Restore()
			wrong = append(wrong, "something was changed:\n"+changed)
		}
	}
	if got.Status == want.status && want.status == row.ok && row.look != nil {
		if s := row.look(a, got); s != "" {
			wrong = append(wrong, s)
		}
	}
	if want.twin && got.Status == want.status && strings.Contains(row.path, "<") {
		wrong = append(wrong, m.compare(row, a, got)...)
	}
	return append(wrong, leaks(row, a, got)...)
}

// send makes a row's request.
func (m *matrix) send(row *row, a *actor, path string) *berthtest.Response {
	m.t.Helper()
	method, _, _ := strings.Cut(row.route, " ")
	var headers []string
	n := m.requests.Add(1)
	headers = append(headers, "X-Forwarded-For", fmt.Sprintf("10.%d.%d.%d", n>>16&255, n>>8&255, n&255))
	for _, h := range a.headers {
		headers = append(headers, "Authorization", h)
	}
	if row.page && a.kind == kindSession {
		headers = append(headers, "Cookie", "berth_session="+a.secret)
	}
	if row.foreign {
		headers = append(headers, "Sec-Fetch-Site", "cross-site")
	}
	if row.contentType != "" {
		headers = append(headers, "Content-Type", row.contentType)
	}
	var body io.Reader
	if row.body != "" {
		body = strings.NewReader(m.fill(row.body, a))
	}
	return m.c.Do(method, m.fill(path, a), body, headers...)
}

// fill puts the ids into a path that only the world knows.
func (m *matrix) fill(path string, a *actor) string {
	if !strings.Contains(path, "{") {
		return path
	}
	self := a.login
	if _, ok := m.w.spare[self]; !ok {
		self = "ada"
	}
	path = m.w.fillHooks(path, self)
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	path = strings.NewReplacer("{upload}", m.w.uploads[self], "{spare}", number(m.w.spare[self]), "{session}", number(m.w.sessions[self]),
		"{invitation}", number(m.w.invited[""].ID), "{invitation:acme}", number(m.w.invited["acme"].ID),
		"{invitation:orchid}", number(m.w.invited["orchid"].ID), "{code}", m.w.invited["acme"].Secret).Replace(path)
	for _, user := range []string{"ada", "vic", "otto", "max", "acme-ci"} {
		path = strings.NewReplacer("{upload:"+user+"}", m.w.uploads[user], "{spare:"+user+"}", number(m.w.spare[user]),
			"{session:"+user+"}", number(m.w.sessions[user])).Replace(path)
	}
	return path
}

// plain is a row's path without the marks.
func plain(path string) string { return strings.NewReplacer("<", "", ">", "").Replace(path) }

// compare asks for what does not exist, and returns how the answer differs.
func (m *matrix) compare(row *row, a *actor, got *berthtest.Response) (wrong []string) {
	from, rest, _ := strings.Cut(row.path, "<")
	name, rest, _ := strings.Cut(rest, ">")
	name = m.fill(name, a)
	zeds := strings.Repeat("z", len(name))
	asked, absent := name, zeds
	if _, err := strconv.Atoi(name); err == nil {
		// Numbers are everywhere, and nobody is told this one; but a page says its address.
		zeds = "987654321"
		asked, absent = m.fill(from+name+rest, a), m.fill(from+zeds+rest, a)
	}
	twin := m.send(row, a, from+zeds+rest)
	if changed := m.watch.Changed(); changed != "" {
		m.watch.Restore()
		wrong = append(wrong, "something was changed for "+zeds+":\n"+changed)
	}
	if is, other := look(got, asked, asked), look(twin, absent, asked); is != other {
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
	body := regexp.MustCompile(`Request [A-Z0-9]{16}`).ReplaceAllString(string(r.Body), "Request")
	return strings.ReplaceAll(s.String()+body, from, to)
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
