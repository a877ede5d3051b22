package account_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/meta/metatest"
)

// conflict fails the test unless an error is a conflict whose text has the words.
func conflict(t *testing.T, what string, err error, words ...string) {
	t.Helper()
	if !errors.Is(err, berth.ErrConflict) {
		t.Errorf("%s: %v, want a conflict", what, err)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%s: %q says nothing of %s", what, err, w)
		}
	}
}

// events lists what happened, oldest first, but for what the server was made with.
func events(t *testing.T, s *berthtest.Server, owner string) []string {
	t.Helper()
	list, err := s.Account.ListEvents(t.Context(), berth.Operator(), account.AuditQuery{Owner: owner, Limit: 100})
	must(t, err)
	var out []string
	for _, e := range slices.Backward(list) {
		if e.Actor != "operator" {
			out = append(out, strings.TrimSpace(fmt.Sprintf("%s/%s: %s %s %s", e.Owner, e.Actor, e.Action, e.Target, e.Detail)))
		}
	}
	return out
}

func TestLastAdministrator(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ctx, op := t.Context(), berth.Operator()
	root := viewer(t, s, s.Token("root", berth.ScopeAll, 0))
	all := func(v berth.Viewer) map[string]error {
		return map[string]error{
			"unmake": s.Account.SetAdmin(ctx, v, "root", false),
			"block":  s.Account.SetBlocked(ctx, v, "root", true),
			"delete": s.Account.DeleteUser(ctx, v, "root", account.Disposal{}),
		}
	}
	for what, err := range all(root) {
		conflict(t, what, err, "root is the last administrator")
	}
	// One who cannot sign in does not count, and the operator is none.
	must(t, s.Account.SetAdmin(ctx, root, "bob", true), s.Account.SetBlocked(ctx, root, "bob", true))
	for what, err := range all(op) {
		conflict(t, what, err, "root is the last administrator")
	}
	must(t, s.Account.SetAdmin(ctx, root, "bob", false), s.Account.SetBlocked(ctx, root, "bob", false))
	must(t, s.Account.SetAdmin(ctx, root, "bob", true), s.Account.SetAdmin(ctx, root, "root", false))
	// It counts at once.
	if v := viewer(t, s, s.Token("root", berth.ScopeAll, 0)); v.Admin {
		t.Error("root still administers")
	}
	want := []string{
		"bob/root: user.admin bob administrator false -> true",
		"bob/root: user.block bob",
		"bob/root: user.admin bob administrator true -> false",
		"bob/root: user.unblock bob",
		"bob/root: user.admin bob administrator false -> true",
		"root/root: user.admin root administrator true -> false",
	}
	if diff := cmp.Diff(want, events(t, s, "")); diff != "" {
		t.Error(diff)
	}
	before := s.State() // nothing to do is done without a trace
	must(t, s.Account.SetAdmin(ctx, op, "bob", true), s.Account.SetBlocked(ctx, op, "mia", false))
	if s.State() != before {
		t.Error("doing nothing changed something")
	}
}

// Two administrators, or two owners of an organization, do the same to each other at
// once. One stays.
func TestTheLastOneStays(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		s := berthtest.New(t, berthtest.Options{Address: address})
		ctx, op := t.Context(), berth.Operator()
		must(t, s.Account.SetAdmin(ctx, op, "bob", true))
		// As with sessions that were opened while both were in office.
		viewers := map[string]berth.Viewer{}
		for _, name := range []string{"root", "bob"} {
			viewers[name] = viewer(t, s, s.Token(name, berth.ScopeAll, 0))
		}
		acc := s.Account
		for name, do := range map[string]struct {
			take  func(ctx context.Context, by berth.Viewer, from string) error
			reset func(from string) error
		}{
			"unmake": {
				func(ctx context.Context, by berth.Viewer, from string) error {
					return acc.SetAdmin(ctx, by, from, false)
				},
				func(from string) error { return acc.SetAdmin(ctx, op, from, true) },
			},
			"block": {
				func(ctx context.Context, by berth.Viewer, from string) error {
					return acc.SetBlocked(ctx, by, from, true)
				},
				func(from string) error { return acc.SetBlocked(ctx, op, from, false) },
			},
			"demote": {
				func(ctx context.Context, by berth.Viewer, from string) error {
					return acc.AddMember(ctx, by, "acme", from, false)
				},
				func(from string) error { return acc.AddMember(ctx, op, "acme", from, true) },
			},
			"remove": {
				func(ctx context.Context, by berth.Viewer, from string) error {
					return acc.RemoveMember(ctx, by, "acme", from)
				},
				func(from string) error { return acc.AddMember(ctx, op, "acme", from, true) },
			},
		} {
			must(t, acc.AddMember(ctx, op, "acme", "root", true), acc.AddMember(ctx, op, "acme", "bob", true))
			if m, err := acc.GetMember(ctx, op, "acme", "ada"); err == nil && m.Owner {
				must(t, acc.RemoveMember(ctx, op, "acme", "ada"))
			}
			for range 10 {
				var wg sync.WaitGroup
				errs := map[string]*error{"root": new(error), "bob": new(error)}
				start := make(chan struct{})
				for by, from := range map[string]string{"root": "bob", "bob": "root"} {
					wg.Go(func() {
						<-start
						*errs[from] = do.take(ctx, viewers[by], from)
					})
				}
				close(start)
				wg.Wait()
				lost := 0
				for from, err := range errs {
					if *err == nil {
						lost++
						must(t, do.reset(from))
					}
				}
				if lost != 1 {
					t.Fatalf("%s: %d of two were taken away: %v, %v", name, lost, *errs["root"], *errs["bob"])
				}
			}
		}
	})
}

// Blocking ends everything at once: tokens, bearers, sessions, uploads.
func TestBlock(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ctx, op := t.Context(), berth.Operator()
	ada := s.As("ada")
	bearer := ada.Bearer("repository:ada/app:pull,push")
	location := bearer.StartUpload("ada/app")
	kept := s.As("bob").StartUpload("bob/app")
	bearer.Do("PATCH", location, strings.NewReader("content"), "Content-Type", "application/octet-stream").Want(202)
	s.Exec(`INSERT INTO sessions (user_id, hash, user_agent, address, created_at, used_at, expires_at)
		SELECT id, folded, '', '', 0, 0, 0 FROM owners WHERE folded IN ('ada', 'bob')`)
	must(t, s.Account.SetBlocked(ctx, op, "ADA", true))
	ada.Get("/api/v3/user").Want(401)
	bearer.Get("/v2/ada/app/tags/list").Want(401)
	bearer.Do("PUT", location+"?digest=sha256:ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73", nil).Want(401)
	state := s.State()
	if strings.Count(state, "\nuploads ") != 1 || strings.Count(state, "\nsessions ") != 1 || strings.Count(state, "\ndoomed_keys ")+strings.Count(state[:12], "doomed_keys ") != 1 {
		t.Errorf("uploads, sessions or doomed keys are not one each:\n%s", state)
	}
	must(t, s.Account.SetBlocked(ctx, op, "ada", false))
	ada.Get("/api/v3/user").Want(200)
	ada.Do("PUT", location+"?digest=sha256:ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73", nil).Want(404)
	s.As("bob").Get(kept).Want(204)
}

func TestDeleteUser(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ctx := t.Context()
	root, ada := viewer(t, s, s.Token("root", berth.ScopeAll, 0)), s.As("ada")
	remove := func(d account.Disposal) error { return s.Account.DeleteUser(ctx, root, "Ada", d) }
	conflict(t, "the only owner", remove(account.Disposal{}), "ada is the only owner", "acme")
	must(t, s.Account.AddMember(ctx, root, "acme", "mia", true))
	for _, name := range []string{"ada/app", "ada/web", "bob/web"} {
		user, _, _ := strings.Cut(name, "/")
		s.As(user).PushImage(name, "v1", name)
	}
	ada.StartUpload("ada/probe")
	s.SetVisibility("ada/app", berth.VisibilityPublic)

	conflict(t, "refuse", remove(account.Disposal{Packages: account.PackagesRefuse}), "ada has 2 packages", "packages=purge", "packages=move")
	for d, want := range map[account.Disposal]error{
		{Packages: "burn"}:                             berth.ErrRequestInvalid,
		{Packages: account.PackagesMove}:               berth.ErrRequestInvalid,
		{Packages: account.PackagesMove, To: "nobody"}: berth.ErrOwnerUnknown,
		{Packages: account.PackagesMove, To: "a/b"}:    berth.ErrOwnerInvalid,
		{Packages: account.PackagesMove, To: "ADA"}:    berth.ErrConflict,
	} {
		before := s.State()
		if err := remove(d); !errors.Is(err, want) {
			t.Errorf("%+v: %v, want %v", d, err, want)
		}
		if s.State() != before {
			t.Errorf("%+v changed something", d)
		}
	}
	conflict(t, "a package of that name", remove(account.Disposal{Packages: account.PackagesMove, To: "bob"}), "bob/web")
	must(t, remove(account.Disposal{Packages: account.PackagesMove, To: "mia"}))

	ada.Get("/api/v3/user").Want(401)
	s.As("").Bearer("repository:mia/app:pull").Get("/v2/mia/app/manifests/v1").Want(200)
	s.As("bob").Bearer("repository:mia/web:pull").Get("/v2/mia/web/manifests/v1").Want(401, 404)
	s.As("mia").Bearer("repository:mia/web:pull").Get("/v2/mia/web/manifests/v1").Want(200)
	want := []string{"mia/root: package.move mia packages from ada: 2", "ada/root: user.delete ada packages moved to mia: 2"}
	got := events(t, s, "")
	if diff := cmp.Diff(want, got[len(got)-2:]); diff != "" {
		t.Error(diff)
	}
	// The name is held for a while, and free for administrators.
	mia := viewer(t, s, s.Token("mia", berth.ScopeAll, 0))
	_, err := s.Account.CreateServiceAccount(ctx, mia, "acme", "ADA", "")
	if !errors.Is(err, berth.ErrOwnerExists) || !strings.Contains(err.Error(), "free again on") {
		t.Errorf("a name that is held: %v", err)
	}
	must(t, s.Account.CreateOrg(ctx, root, "ada", "mia"), s.Account.DeleteOrg(ctx, root, "ada", account.Disposal{}))
	s.Clock.Advance(30*24*time.Hour - time.Second)
	if _, err = s.Account.CreateServiceAccount(ctx, mia, "acme", "ada", ""); !errors.Is(err, berth.ErrOwnerExists) {
		t.Errorf("a name that is still held: %v", err)
	}
	s.Clock.Advance(time.Second)
	_, err = s.Account.CreateServiceAccount(ctx, mia, "acme", "ada", "")
	must(t, err)
}

func TestPurgeUser(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ctx, op := t.Context(), berth.Operator()
	s.As("bob").PushImage("bob/app", "v1", "seed")
	s.As("bob").StartUpload("bob/app")
	must(t, s.Account.DeleteUser(ctx, op, "bob", account.Disposal{Packages: account.PackagesPurge}))
	for line := range strings.SplitSeq(s.State(), "\n") {
		for _, table := range []string{"packages ", "manifests ", "tags ", "package_blobs ", "uploads ", "package_roles "} {
			if strings.HasPrefix(line, table) {
				t.Errorf("left: %s", line)
			}
		}
	}
	list, err := s.Account.ListEvents(ctx, op, account.AuditQuery{Limit: 1})
	if err != nil || list[0].Action != "user.delete" || list[0].Detail != "packages deleted: 1" {
		t.Errorf("%+v, %v", list, err)
	}
	// A name that would be too long with the new owner.
	path := strings.Repeat("x", berth.MaxNameLength-len("mia/"))
	s.As("mia").PushImage("mia/"+path, "v1", "seed")
	conflict(t, "too long", s.Account.DeleteUser(ctx, op, "mia", account.Disposal{Packages: account.PackagesMove, To: "acme"}), "longer than")
}

// What a user is to others.
func TestGetUser(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ctx, op := t.Context(), berth.Operator()
	ada := viewer(t, s, s.Token("ada", berth.ScopeAll, 0))
	u, err := s.Account.PutDefaultVisibility(ctx, ada, berth.VisibilityPublic)
	must(t, err, s.Account.SetBlocked(ctx, op, "mia", true))
	want := berth.User{ID: s.OwnerID("ada"), Login: "ada", CreatedAt: s.Clock.Now(), Known: true, DefaultVisibility: berth.VisibilityPublic}
	if diff := cmp.Diff(want, u); diff != "" {
		t.Error(diff)
	}
	get := func(v berth.Viewer, name string) berth.User {
		t.Helper()
		u, err := s.Account.GetUser(ctx, v, name)
		must(t, err)
		return u
	}
	mine, err := s.Account.Self(ctx, ada)
	must(t, err)
	if diff := cmp.Diff([]berth.User{want, want, want}, []berth.User{mine, get(ada, "Ada"), get(op, "ada")}); diff != "" {
		t.Error(diff)
	}
	blocked := berth.User{ID: s.OwnerID("mia"), Login: "mia", CreatedAt: s.Clock.Now()}
	if diff := cmp.Diff(blocked, get(ada, "mia")); diff != "" {
		t.Errorf("a stranger sees more: %s", diff)
	}
	blocked.Known, blocked.Blocked = true, true
	if diff := cmp.Diff(blocked, get(op, "mia")); diff != "" {
		t.Error(diff)
	}
	if _, err := s.Account.Self(ctx, op); !errors.Is(err, berth.ErrOwnerUnknown) {
		t.Errorf("the operator's account: %v", err)
	}
	if _, err := s.Account.PutDefaultVisibility(ctx, ada, "secret"); !errors.Is(err, berth.ErrRequestInvalid) {
		t.Error(err)
	}
	if _, err := s.Account.ListUsers(ctx, op, "a/b", 1); !errors.Is(err, berth.ErrPageInvalid) {
		t.Error(err)
	}
	// The next package is born so, and after that as the instance says.
	s.As("ada").PushImage("ada/public", "v1", "seed")
	s.As("").Bearer("repository:ada/public:pull").Get("/v2/ada/public/manifests/v1").Want(200)
	_, err = s.Account.PutDefaultVisibility(ctx, ada, "")
	must(t, err)
	s.As("ada").PushImage("ada/private", "v1", "seed")
	s.As("").Bearer("repository:ada/private:pull").Get("/v2/ada/private/manifests/v1").Want(401)
	var logged []string
	for _, line := range events(t, s, "ada") {
		if strings.Contains(line, "user.update") {
			logged = append(logged, line)
		}
	}
	if diff := cmp.Diff([]string{"ada/ada: user.update ada default_visibility default -> public", "ada/ada: user.update ada default_visibility public -> default"}, logged); diff != "" {
		t.Error(diff)
	}
}
