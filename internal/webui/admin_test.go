package webui_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/webui"
)

// administrator is somebody with a session who administers the registry.
type administrator struct {
	*testing.T

	s       *berthtest.Server
	c       *berthtest.Client
	session []string
}

func root(t *testing.T, o ...berthtest.Options) administrator {
	t.Helper()
	s := berthtest.New(t, o...)
	return administrator{t, s, s.As(""), signIn(t, s, "root")}
}

// page gets a page under /-/admin, which has to have all of the texts.
func (a administrator) page(path string, texts ...string) string {
	a.Helper()
	body := string(a.c.Get("/-/admin"+path, a.session...).Want(http.StatusOK).Body)
	a.has(path, body, texts...)
	return body
}

func (a administrator) has(what, body string, texts ...string) {
	a.Helper()
	for _, text := range texts {
		if !strings.Contains(body, text) {
			a.Errorf("%s has no %q:\n%s", what, text, body)
		}
	}
}

// send sends a form, which has to lead there.
func (a administrator) send(path, to string, pairs ...string) {
	a.Helper()
	r := post(a.c, "/-/admin"+path, form(pairs...), a.session...).Want(http.StatusSeeOther)
	if got := r.Header.Get("Location"); got != "/-/admin"+to {
		a.Errorf("%s leads to %s, want %s", path, got, to)
	}
}

// refused sends a form that is wrong; the page that comes says so.
func (a administrator) refused(status int, path, text string, pairs ...string) {
	a.Helper()
	a.has(path, string(post(a.c, "/-/admin"+path, form(pairs...), a.session...).Want(status).Body), `role="alert"`, text)
}

func (a administrator) user(name string) berth.User {
	a.Helper()
	u, err := a.s.Account.GetUser(a.Context(), a.s.Viewer("root"), name)
	if err != nil {
		a.Fatal(err)
	}
	return u
}

func TestAdminFindsUsers(t *testing.T) {
	t.Parallel()
	a := root(t)
	for i := range 35 {
		a.s.AddUser(fmt.Sprintf("zed%02d", i), false)
	}
	a.s.Block("bob")
	body := a.page("/users", "ada", "Administrator", "Blocked", "/-/admin/users?after=zed25")
	if strings.Contains(body, "zed26") {
		t.Error("the page has more than 30 rows")
	}
	a.page("/users?after=zed25", "zed26", "zed34")
	if body := a.page("/users?q=ZED3", "zed30", `value="ZED3"`); strings.Contains(body, "zed29") || strings.Contains(body, ">ada<") {
		t.Errorf("finds others: %s", body)
	}
	a.page("/users?q=%25", "Nobody is called so")
	a.c.Get("/-/admin/users?q="+strings.Repeat("x", berth.MaxSearch+1), a.session...).Want(http.StatusBadRequest)
	a.c.Get("/-/admin/users/nobody", a.session...).Want(http.StatusNotFound)
	a.c.Get("/-/admin/users/acme", a.session...).Want(http.StatusNotFound) // an organization
}

func TestAdminMakesUsers(t *testing.T) {
	t.Parallel()
	a := root(t)
	a.send("/new-user", "/users/Eve", "name", "Eve", "password", password, "admin", "true")
	if !a.user("eve").Admin {
		t.Error("Eve is no administrator")
	}
	post(a.c, "/login", form("name", "eve", "password", password)).Want(http.StatusSeeOther)
	a.refused(http.StatusConflict, "/new-user", `value="ada"`, "name", "ada", "password", password)
	a.refused(http.StatusBadRequest, "/new-user", `checked`, "name", "max", "password", "short", "admin", "true")
}

func TestAdminChangesUsers(t *testing.T) {
	t.Parallel()
	a := root(t)
	ada := signIn(t, a.s, "ada")
	signedIn := func() bool { return strings.Contains(string(a.s.As("").Get("/", ada...).Body), "Signed in as") }

	a.send("/users/ada/admin", "/users/ada", "admin", "true")
	a.page("/users/ada", "Make an ordinary user", "Last used")
	a.send("/users/ada/admin", "/users/ada", "admin", "false")
	if a.user("ada").Admin {
		t.Error("ada is an administrator still")
	}
	a.send("/users/ada/blocked", "/users/ada", "blocked", "true")
	if !a.user("ada").Blocked || signedIn() {
		t.Error("ada is not blocked")
	}
	a.page("/users/ada", "Unblock")
	a.send("/users/ada/blocked", "/users/ada", "blocked", "false")
	if a.user("ada").Blocked {
		t.Error("ada is blocked still")
	}
	for _, path := range []string{"/users/ada/admin", "/users/ada/blocked"} {
		a.refused(http.StatusBadRequest, path, "expected true or false", "admin", "maybe", "blocked", "maybe")
	}
	a.refused(http.StatusConflict, "/users/root/admin", "last", "admin", "false")
	a.refused(http.StatusBadRequest, "/users/ada/second-factor", "ada has no")

	a.send("/users/ada/password", "/users/ada", "password", "another-Horse-1")
	post(a.c, "/login", form("name", "ada", "password", "another-Horse-1")).Want(http.StatusSeeOther)
	a.refused(http.StatusBadRequest, "/users/ada/password", "password", "password", "short")

	a.send("/users/ada/quota", "/users/ada", "limit", "3 GiB")
	a.page("/users/ada", "0 B of 3.00 GiB", `value="3GiB"`)
	a.refused(http.StatusBadRequest, "/users/ada/quota", `value="lots"`, "limit", "lots")

	a.send("/users/ada/name", "/users/lovelace", "name", " lovelace ")
	a.refused(http.StatusConflict, "/users/lovelace/name", `value="bob"`, "name", "bob")
	a.page("/users/ada", "<h1>lovelace</h1>") // by the old name too
}

func TestAdminDeletesUsers(t *testing.T) {
	t.Parallel()
	a := root(t)
	a.s.As("bob").PushImage("bob/web", "1.0", "x")
	a.refused(http.StatusBadRequest, "/users/bob/delete", "Type bob to confirm", "confirm", "ada")
	a.refused(http.StatusConflict, "/users/bob/delete", "package", "confirm", "bob")
	a.refused(http.StatusNotFound, "/users/bob/delete", `value="nobody"`, "confirm", "bob", "packages", "move", "to", "nobody")
	a.user("bob")
	a.send("/users/bob/delete", "/users", "confirm", "bob", "packages", "move", "to", "acme")
	a.c.Get("/-/admin/users/bob", a.session...).Want(http.StatusNotFound)
	a.s.As("ada").Get("/v2/acme/web/manifests/1.0").Want(http.StatusOK)
	a.refused(http.StatusConflict, "/users/root/delete", "administrator", "confirm", "root")
}

// Who has not shown for a while that it is he has to, before anything is changed.
func TestAdminIsAskedAgain(t *testing.T) {
	t.Parallel()
	a := root(t)
	a.s.Clock.Advance(31 * time.Minute)
	a.page("", "Overview")
	before := a.s.State()
	for path, field := range map[string][]string{
		"/new-user": {"name", "eve"}, "/users/ada/blocked": {"blocked", "true"}, "/users/ada/admin": {"admin", "true"}, "/users/ada/password": {"password", password},
		"/users/ada/name": {"name", "lovelace"}, "/users/ada/delete": {"confirm", "ada"}, "/users/ada/second-factor": nil,
		"/packages/container": {"state", "off"}, "/invitations": {"note", "eve"},
	} {
		r := post(a.c, "/-/admin"+path, form(field...), a.session...).Want(http.StatusOK)
		a.has(path, string(r.Body), `name="-confirm"`)
	}
	if diff := cmp.Diff(before, a.s.State()); diff != "" {
		t.Error(diff)
	}
	a.send("/users/ada/blocked", "/users/ada", "blocked", "true", "-confirm", password)
	if !a.user("ada").Blocked {
		t.Error("ada is not blocked")
	}
}

func TestAdminInvites(t *testing.T) {
	t.Parallel()
	a := root(t)
	r := follow(a.T, a.c, post(a.c, "/-/admin/invitations", form("note", "Eve <b>", "org", "acme", "owner", "true", "days", "30"), a.session...), a.session)
	a.has("the answer", string(r.Body), "Eve &lt;b&gt;", "in 1 month", a.s.URL+"/join/bri_")
	_, rest, _ := strings.Cut(string(r.Body), a.s.URL)
	link, _, _ := strings.Cut(rest, "<")
	a.has(link, string(a.s.As("").Get(link).Want(http.StatusOK).Body), "join <strong>acme</strong>")
	if body := a.page("/invitations", "acme", "(owner)"); strings.Contains(body, "bri_") {
		t.Error("the secret is shown again")
	}
	a.refused(http.StatusNotFound, "/invitations", `value="nobody"`, "org", "nobody", "days", "7")
	a.refused(http.StatusBadRequest, "/invitations", "which organization", "owner", "true", "days", "7")
	for _, days := range []string{"-1", "0", "x", "91", "99999999999", "9999999999999999999999"} {
		a.refused(http.StatusBadRequest, "/invitations", "days", "days", days)
	}
	list, err := a.s.Account.ListInvitations(t.Context(), a.s.Viewer("root"), "", 0, 10)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	a.send(fmt.Sprintf("/invitations/%d/drop", list[0].ID), "/invitations")
	a.s.As("").Get(link).Want(http.StatusNotFound)
	post(a.c, fmt.Sprintf("/-/admin/invitations/%d/drop", list[0].ID), "", a.session...).Want(http.StatusNotFound)
	post(a.c, "/-/admin/invitations/+1/drop", "", a.session...).Want(http.StatusBadRequest)
	for i := range 31 {
		if _, err := a.s.Account.Invite(t.Context(), berth.Operator(), account.Invitation{Note: fmt.Sprintf("guest %02d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	a.page("/invitations", "guest 29", "?after=")
	a.c.Get("/-/admin/invitations?after=x", a.session...).Want(http.StatusBadRequest)
}

func TestAdminOrgsAndQuotas(t *testing.T) {
	t.Parallel()
	a := root(t)
	a.s.As("ada").PushImage("acme/web", "1.0", "x")
	if _, err := a.s.Registry.FoldUsage(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.send("/orgs", "/orgs", "name", "orchid", "owner", "bob")
	a.page("/orgs", `href="/acme"`, `href="/orchid/-/people"`, "no limit")
	a.refused(http.StatusConflict, "/orgs", `value="acme"`, "name", "acme", "owner", "bob")
	a.refused(http.StatusNotFound, "/orgs", `value="nobody"`, "name", "newest", "owner", "nobody")

	a.send("/quotas", "/quotas", "limit", "50GiB")
	a.send("/quotas/acme", "/quotas", "limit", "10")
	a.send("/quotas/bob", "/quotas", "limit", "none")
	body := a.page("/quotas", `may hold <strong>50.0 GiB</strong>`, `value="50GiB"`, " of 10 B", `class="over"`, "0 B of 50.0 GiB", "(default)", "0 B, no limit")
	if strings.Count(body, `class="over"`) != 1 {
		t.Error("more than one owner is over his quota")
	}
	a.page("/orgs", " of 10 B")
	if body := a.page("/quotas?q=ACME", " of 10 B"); strings.Contains(body, "no limit") {
		t.Errorf("others too: %s", body)
	}
	a.page("/quotas?q=nobody", "No such owner")
	a.page("/quotas?q=%3C", "No such owner")
	a.send("/quotas/acme", "/quotas", "limit", "default")
	if body := a.page("/quotas"); strings.Contains(body, `class="over"`) {
		t.Error("the quota of acme is not the default")
	}
	for _, limit := range []string{"", "lots", "-1", "1e3", "9999999TiB"} {
		a.refused(http.StatusBadRequest, "/quotas", "Expected a size", "limit", limit)
		a.refused(http.StatusBadRequest, "/quotas/acme", "Expected a size", "limit", limit)
	}
	post(a.c, "/-/admin/quotas/nobody", form("limit", "1GiB"), a.session...).Want(http.StatusNotFound)
}

func TestAdminSetsTypes(t *testing.T) {
	t.Parallel()
	a := root(t)
	a.page("/packages", "container", "Read-only")
	a.send("/packages/container", "/packages", "state", "read-only")
	a.page("/packages", `value="read-only" checked`)
	a.s.As("ada").Do(http.MethodPost, "/v2/ada/web/blobs/uploads/", nil).Want(http.StatusForbidden)
	post(a.c, "/-/admin/packages/container", form("state", "pink"), a.session...).Want(http.StatusBadRequest)
	post(a.c, "/-/admin/packages/nuget", form("state", "on"), a.session...).Want(http.StatusBadRequest)
	a.send("/packages/container", "/packages", "state", "on")
	a.page("/packages", `value="on" checked`)
}

func TestAdminReadsTheLog(t *testing.T) {
	t.Parallel()
	a := root(t)
	today := a.s.Clock.Now().Format(time.DateOnly)
	a.send("/quotas/acme", "/quotas", "limit", "1GiB")
	a.send("/users/bob/blocked", "/users/bob", "blocked", "true")
	a.page("/audit", "quota.set", "user.block", `href="/-/admin/users/root"`, "127.0.0.1")
	for query, want := range map[string][2]bool{ // whether the quota and the block are in it
		"action=quota.": {true, false}, "owner=bob": {false, true}, "actor=root": {true, true}, "actor=ada": {false, false}, "owner=acme&actor=root&action=quota.set": {true, false},
		"since=" + today: {true, true}, "until=" + today: {true, true}, "since=2099-01-01": {false, false}, "until=2020-01-01": {false, false}, "before=1": {false, false},
	} {
		body := a.page("/audit?" + query)
		if got := [2]bool{strings.Contains(body, "<code>quota.set</code>"), strings.Contains(body, "<code>user.block</code>")}; got != want {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
	for query, status := range map[string]int{"since=yesterday": 400, "until=2026-02-31": 400, "action=%3C": 400, "actor=%3C": 400, "before=-1": 400, "owner=nobody": 404} {
		r := a.c.Get("/-/admin/audit?"+query, a.session...).Want(status)
		a.has(query, string(r.Body), `role="alert"`, "Filter")
	}
	for range 31 {
		a.send("/quotas/acme", "/quotas", "limit", "1GiB")
		a.send("/quotas/acme", "/quotas", "limit", "2GiB")
	}
	body := a.page("/audit?action=quota.set")
	_, rest, _ := strings.Cut(body, "/-/admin/audit?action=quota.set&amp;before=")
	before, _, found := strings.Cut(rest, `"`)
	if !found || strings.Count(body, "<code>quota.set</code>") != 30 {
		t.Fatalf("no next page: %s", body)
	}
	a.page("/audit?action=quota.set&before="+before, "<code>quota.set</code>")
}

// oneJob is a server that does one thing by itself.
type oneJob struct{ ran chan string }

func (oneJob) Jobs() []account.Job {
	return []account.Job{{Name: "sweep <floors>", Every: time.Hour, StartedAt: time.Now().Add(-time.Minute), Took: 1500 * time.Millisecond, Done: 7, Error: "no broom"}}
}

func (j oneJob) Trigger(name string) bool {
	j.ran <- name
	return true
}

func TestAdminRunsJobs(t *testing.T) {
	t.Parallel()
	jobs := oneJob{make(chan string, 1)}
	a := root(t, berthtest.Options{Site: webui.Site{Jobs: jobs}})
	a.page("/jobs", "sweep &lt;floors&gt;", "every hour", "took 1.5 s", "7 done", "no broom", "Failed")
	a.send("/jobs", "/jobs", "name", "sweep <floors>")
	if got := <-jobs.ran; got != "sweep <floors>" {
		t.Errorf("%q ran", got)
	}
	post(a.c, "/-/admin/jobs", form("name", "another"), a.session...).Want(http.StatusNotFound)
	root(t).page("/jobs", "No jobs")
}

func TestAdminOverview(t *testing.T) {
	t.Parallel()
	minutes := make([]httpkit.RequestMinute, 60)
	minutes[58] = httpkit.RequestMinute{Classes: [4]int64{90, 0, 7, 3}, Total: 100, Took: 2 * time.Second}
	requests := func() []httpkit.FaceRequests { return []httpkit.FaceRequests{{Face: "v2", Minutes: minutes}} }
	a := root(t, berthtest.Options{Site: webui.Site{Requests: requests}})
	a.page("", "Too early for a chart", "Registry protocol", "100 requests", "7 refused", "3 failed", "20 ms on average", "at most 100 a minute, 100 in the last one", "The database and the blob store answer")
	for range 3 {
		if _, err := a.s.Registry.RecordFigures(t.Context()); err != nil {
			t.Fatal(err)
		}
		a.s.Clock.Advance(24 * time.Hour)
		a.s.As("ada").PushImage("acme/web", a.s.Clock.Now().Format("150405"), a.s.Clock.Now().String())
	}
	a.session = signIn(t, a.s, "root")
	a.page("", `class="area" d="M0.0 `, "Storage from ", "The same as a table", "Reclaimable", "Lost")
	root(t).page("", "This server does not count its requests")
}
