package account_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/meta"
	"github.com/berth-registry/berth/internal/meta/metatest"
)

// work is the periodic work of a server of which jobs are triggered.
type work struct{ triggered []string }

func (w *work) Jobs() []account.Job { return []account.Job{{Name: "sweep"}, {Name: "purge trash"}} }
func (w *work) Trigger(name string) bool {
	w.triggered = append(w.triggered, name)
	return true
}

// Administrators see the jobs and run them, which is in the log.
func TestRunJob(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ctx, w := t.Context(), &work{}
	root := viewer(t, s, s.Token("root", berth.ScopeAdmin, 0))
	list, err := s.Account.ListJobs(root, w)
	must(t, err)
	must(t, s.Account.RunJob(ctx, root, w, "purge trash"))
	if err := s.Account.RunJob(ctx, root, w, "purge"); !errors.Is(err, berth.ErrJobUnknown) {
		t.Errorf("an unknown job: %v", err)
	}
	for _, v := range []berth.Viewer{{}, viewer(t, s, s.Token("root", berth.ScopeAll&^berth.ScopeAdmin, 0)), s.Viewer("ada")} {
		want := error(berth.ErrDenied)
		if v.Anonymous() {
			want = berth.ErrUnauthenticated
		}
		_, listed := s.Account.ListJobs(v, w)
		for what, err := range map[string]error{
			"list": listed, "run": s.Account.RunJob(ctx, v, w, "sweep"), "unknown": s.Account.RunJob(ctx, v, w, "x"),
			"anything": s.Account.AdministerSite(ctx, v, berth.Event{Action: "a.b"}),
		} {
			if !errors.Is(err, want) {
				t.Errorf("%s by %q: %v", what, v.Login, err)
			}
		}
	}
	if diff := cmp.Diff([]string{"purge trash"}, w.triggered); diff != "" || len(list) != 2 {
		t.Errorf("%v\n%s", list, diff)
	}
	events := s.Query(`SELECT actor || ' ' || action || ' ' || target || ' ' || at FROM audit WHERE action IN ('job.run', 'a.b')`)
	if diff := cmp.Diff([]string{fmt.Sprintf("root job.run purge trash %d", s.Clock.Now().UnixMicro())}, events); diff != "" {
		t.Error(diff)
	}
}

// Users are found by how their names begin, with when they were last there.
func TestFindUsers(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		s := berthtest.New(t, berthtest.Options{Address: address})
		ctx := t.Context()
		root := viewer(t, s, s.Token("root", berth.ScopeAdmin, 0))
		for _, name := range []string{"adam", "ad-hoc", "adz"} {
			s.AddUser(name, false)
		}
		must(t, s.Account.SetBlocked(ctx, root, "adam", true))
		viewer(t, s, s.Token("ada", berth.ScopeAll, 0))
		_, err := s.Account.RecordUsage(ctx)
		must(t, err)
		find := func(prefix, after string, limit int) (names []string) {
			t.Helper()
			list, err := s.Account.FindUsers(ctx, root, prefix, after, limit)
			must(t, err)
			for _, u := range list {
				names = append(names, u.Login)
				if used := map[bool]time.Time{true: s.Clock.Now()}[u.Login == "ada" || u.Login == "root"]; !u.UsedAt.Equal(used) {
					t.Errorf("%s was there at %s", u.Login, u.UsedAt)
				}
				if u.Blocked != (u.Login == "adam") || u.Admin != (u.Login == "root") || !u.Known {
					t.Errorf("%+v", u)
				}
			}
			return names
		}
		for _, tt := range []struct {
			prefix, after string
			limit         int
			want          []string
		}{
			{"", "", 100, []string{"ad-hoc", "ada", "adam", "adz", "bob", "mia", "root"}},
			{"AD", "", 100, []string{"ad-hoc", "ada", "adam", "adz"}},
			{"ad", "ada", 1, []string{"adam"}},
			{"ada", "", 100, []string{"ada", "adam"}},
			{"adam", "", 100, []string{"adam"}},
			{"x", "", 100, nil},
			{"a%", "", 100, nil},
			{"a\x00", "", 100, nil},
			{"ü\xff", "", 100, nil},
		} {
			if diff := cmp.Diff(tt.want, find(tt.prefix, tt.after, tt.limit)); diff != "" {
				t.Errorf("%q after %q (-want +got):\n%s", tt.prefix, tt.after, diff)
			}
		}
		if _, err := s.Account.FindUsers(ctx, s.Viewer("ada"), "", "", 10); !errors.Is(err, berth.ErrDenied) {
			t.Errorf("by ada: %v", err)
		}
	})
}

// The log is filtered by who did what to whom, and when, and gone through in pages.
func TestFindEvents(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		s := berthtest.New(t, berthtest.Options{Address: address})
		ctx := t.Context()
		root := s.Viewer("root")
		begun := s.Clock.Now()
		acme := s.OwnerID("acme")
		must(t, s.Meta.Update(ctx, func(tx *meta.Tx) error {
			for i := range 30 {
				v := []berth.Viewer{s.Viewer("ada"), s.Viewer("bob"), berth.Operator()}[i%3]
				e := berth.Event{At: begun.Add(time.Duration(i) * time.Hour), Action: []string{"package.create", "package.delete", "user.create"}[i/10], Target: fmt.Sprint(i)}
				if i%2 == 0 {
					e.OwnerID, e.Owner = acme, "acme"
				}
				if err := tx.AddEvent(ctx, v, e); err != nil {
					return err
				}
			}
			return nil
		}))
		find := func(v berth.Viewer, q account.EventQuery) (targets []string) {
			t.Helper()
			for range 50 {
				page, err := s.Account.FindEvents(ctx, v, q)
				must(t, err)
				if len(page.Events) > q.Limit {
					t.Errorf("%d events on a page of %d", len(page.Events), q.Limit)
				}
				for _, e := range page.Events {
					targets = append(targets, e.Target)
				}
				if q.Before = page.Before; q.Before == 0 {
					return targets
				}
			}
			t.Fatal("no end")
			return nil
		}
		of := func(numbers ...int) (list []string) {
			for _, n := range numbers {
				list = append(list, fmt.Sprint(n))
			}
			return list
		}
		in := func(owner string) account.AuditQuery { return account.AuditQuery{Owner: owner} }
		when := account.AuditQuery{From: begun.Add(3 * time.Hour), Until: begun.Add(7 * time.Hour)}
		for _, tt := range []struct {
			what string
			q    account.EventQuery
			want []string
		}{
			{"an actor", account.EventQuery{Actor: "ADA"}, of(27, 24, 21, 18, 15, 12, 9, 6, 3, 0)},
			{"an action", account.EventQuery{Action: "package.delete"}, of(19, 18, 17, 16, 15, 14, 13, 12, 11, 10)},
			{"an owner, an actor and actions", account.EventQuery{AuditQuery: in("acme"), Action: "package.", Actor: "ada"}, of(18, 12, 6, 0)},
			{"the operator", account.EventQuery{Actor: "operator", Action: "user.create", AuditQuery: in("acme")}, of(26, 20)},
			{"a while", account.EventQuery{AuditQuery: when, Action: "package."}, of(6, 5, 4, 3)},
			{"nobody", account.EventQuery{Actor: "nobody"}, nil},
			{"no action", account.EventQuery{Action: "package.createx"}, nil},
		} {
			for _, limit := range []int{1, 3, 100} {
				tt.q.Limit = limit
				if diff := cmp.Diff(tt.want, find(root, tt.q)); diff != "" {
					t.Errorf("%s, %d a page (-want +got):\n%s", tt.what, limit, diff)
				}
			}
		}
		if got := find(s.Viewer("ada"), account.EventQuery{AuditQuery: account.AuditQuery{Owner: "acme", Limit: 100}, Actor: "bob"}); len(got) != 5 {
			t.Errorf("an owner sees %v", got)
		}
		_, err := s.Account.RenameUser(ctx, root, "bob", "rob")
		must(t, err)
		for _, name := range []string{"bob", "rob"} { // then or now
			if got := find(root, account.EventQuery{Actor: name, AuditQuery: account.AuditQuery{Limit: 100}}); len(got) != 10 {
				t.Errorf("by %s: %v", name, got)
			}
		}
		for _, q := range []account.EventQuery{{Action: "a%"}, {Action: "a\x00"}, {Actor: "a b"}, {Actor: "\xff"}} {
			if _, err := s.Account.FindEvents(ctx, root, q); !errors.Is(err, berth.ErrRequestInvalid) {
				t.Errorf("%+v: %v", q, err)
			}
		}
		if _, err := s.Account.FindEvents(ctx, s.Viewer("ada"), account.EventQuery{}); !errors.Is(err, berth.ErrDenied) {
			t.Errorf("the log of all for ada: %v", err)
		}
	})
}

// A page looks through a part of a long log only, and says where to go on.
func TestFindEventsFar(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	root := s.Viewer("root")
	must(t, s.Account.AdministerSite(t.Context(), root, berth.Event{Action: "job.run", Target: "old"}))
	s.Exec(`INSERT INTO audit (id, at, actor_id, actor, token_id, address, owner_id, owner, action, target, detail)
		VALUES (1000000, 0, 1, 'x', 0, '', 0, '', 'x.y', 'new', '')`)
	q, pages := account.EventQuery{Action: "job.run", AuditQuery: account.AuditQuery{Limit: 10}}, 0
	for {
		page, err := s.Account.FindEvents(t.Context(), root, q)
		must(t, err)
		if pages++; page.Before == 0 {
			if len(page.Events) != 1 || page.Events[0].Target != "old" || pages != 3 {
				t.Errorf("%d pages, the last is %v", pages, page)
			}
			return
		}
		if len(page.Events) != 0 || page.Before >= 1_000_000 || pages > 9 {
			t.Fatalf("page %d: %v", pages, page)
		}
		q.Before = page.Before
	}
}
