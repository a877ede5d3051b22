package metatest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

func testPackageEvents(s *suite) {
	first := berth.PackageEvent{
		At: at(1), Action: berth.PackagePublished, OwnerID: 901, PackageID: 902, Name: berth.Name{Owner: "ann", Path: "a/b"},
		VersionID: 903, Digest: digestOf("x"), Tag: "v1", UserID: 904, User: "Ann",
	}
	second := berth.PackageEvent{At: at(2), Action: berth.PackageDeleted, OwnerID: 901, PackageID: 902, Name: first.Name}
	s.do(func(ctx context.Context, tx *meta.Tx) error {
		return errors.Join(tx.AddPackageEvent(ctx, first), tx.AddPackageEvent(ctx, second))
	})
	read := func(limit int) []berth.PackageEvent {
		return view(s, func(ctx context.Context, tx *meta.Tx) ([]berth.PackageEvent, error) {
			return tx.ListPackageEvents(ctx, limit)
		})
	}
	list := read(10)
	if diff := cmp.Diff([]berth.PackageEvent{first, second}, list, cmpopts.IgnoreFields(berth.PackageEvent{}, "ID")); diff != "" {
		s.Fatalf("ListPackageEvents (-want +got):\n%s", diff)
	}
	same(s, "ListPackageEvents of one", list[:1], read(1))
	for _, want := range []bool{true, false} {
		s.do(func(ctx context.Context, tx *meta.Tx) error {
			got, err := tx.DropPackageEvent(ctx, list[0].ID)
			same(s, "DropPackageEvent", want, got)
			return err
		})
	}
	same(s, "ListPackageEvents after that", list[1:], read(10))
}

func testEventFacts(s *suite) {
	ann, pkg := s.home()
	owner := view(s, func(ctx context.Context, tx *meta.Tx) (meta.Owner, error) { return tx.OwnerByID(ctx, ann) })
	same(s, "OwnerByID", meta.Owner{ID: ann, Kind: meta.KindUser, Name: "ann", Folded: "ann", CreatedAt: at(0)}, owner)
	facts := func() meta.PackageFacts {
		return view(s, func(ctx context.Context, tx *meta.Tx) (meta.PackageFacts, error) { return tx.GetPackageFacts(ctx, pkg) })
	}
	same(s, "GetPackageFacts", at(0), facts().CreatedAt)
	same(s, "GetPackageFacts, owner", ann, facts().OwnerID)
	same(s, "GetPackageFacts without a link", int64(0), facts().RepositoryID)
	repository := s.repository(ann, "src")
	s.do(func(ctx context.Context, tx *meta.Tx) error {
		return tx.PutLink(ctx, pkg, repository, false, berth.VisibilityPrivate)
	})
	same(s, "GetPackageFacts with a link", repository, facts().RepositoryID)
	m := manifestOf(pkg, "{}")
	version := view(s, func(ctx context.Context, tx *meta.Tx) (meta.VersionFacts, error) {
		return tx.GetVersionFacts(ctx, s.manifest(m))
	})
	same(s, "GetVersionFacts", meta.VersionFacts{MediaType: m.MediaType, Size: m.Size, Body: m.Body, PushedAt: at(0), UpdatedAt: version.UpdatedAt}, version)

	missing(s, "OwnerByID of nobody", berth.ErrOwnerUnknown, func(ctx context.Context, tx *meta.Tx) (meta.Owner, error) { return tx.OwnerByID(ctx, ann+1000) })
	missing(s, "GetPackageFacts of none", berth.ErrPackageUnknown, func(ctx context.Context, tx *meta.Tx) (meta.PackageFacts, error) {
		return tx.GetPackageFacts(ctx, pkg+1000)
	})
	missing(s, "GetVersionFacts of none", berth.ErrManifestUnknown, func(ctx context.Context, tx *meta.Tx) (meta.VersionFacts, error) {
		return tx.GetVersionFacts(ctx, 1000)
	})
}

func (s *suite) repository(owner int64, name string) (id int64) {
	s.Helper()
	s.do(func(ctx context.Context, tx *meta.Tx) (err error) {
		id, err = tx.CreateRepository(ctx, meta.Repository{OwnerID: owner, Name: name, Folded: name, Visibility: berth.VisibilityPrivate, CreatedAt: at(0)})
		return err
	})
	return id
}

// hook makes a webhook and returns it.
func (s *suite) hook(owner, repository int64, active bool) meta.Hook {
	s.Helper()
	h := meta.Hook{
		OwnerID: owner, RepositoryID: repository, URL: "https://ci.example.com/", ContentType: "json", Secret: []byte{0, 1, 255}, InsecureSSL: true,
		Events: []string{"package", "registry_package"}, Active: active, CreatedAt: at(1), UpdatedAt: at(2),
	}
	s.do(func(ctx context.Context, tx *meta.Tx) (err error) {
		h.ID, err = tx.CreateHook(ctx, h)
		return err
	})
	return h
}

func testHooks(s *suite) {
	ann, eve := s.user("ann"), s.user("eve")
	src := s.repository(ann, "src")
	own, second, off, linked, other := s.hook(ann, 0, true), s.hook(ann, 0, true), s.hook(ann, 0, false), s.hook(ann, src, true), s.hook(eve, 0, true)
	list := func(owner, repository, after int64, limit int) []meta.Hook {
		return view(s, func(ctx context.Context, tx *meta.Tx) ([]meta.Hook, error) {
			return tx.ListHooks(ctx, owner, repository, after, limit)
		})
	}
	same(s, "ListHooks", []meta.Hook{own, second, off}, list(ann, 0, 0, 10))
	same(s, "ListHooks, one", []meta.Hook{own}, list(ann, 0, 0, 1))
	same(s, "ListHooks after the first", []meta.Hook{second, off}, list(ann, 0, own.ID, 10))
	same(s, "ListHooks of a repository", []meta.Hook{linked}, list(ann, src, 0, 10))
	for place, want := range map[[2]int64]int{{ann, 0}: 3, {ann, src}: 1, {eve, 0}: 1, {eve, src + 1}: 0} {
		same(s, fmt.Sprint("CountHooks ", place), want, view(s, func(ctx context.Context, tx *meta.Tx) (int, error) { return tx.CountHooks(ctx, place[0], place[1]) }))
	}
	told := func(owner, repository int64) []meta.Hook {
		return view(s, func(ctx context.Context, tx *meta.Tx) ([]meta.Hook, error) {
			return tx.ListHooksFor(ctx, owner, repository)
		})
	}
	same(s, "ListHooksFor", []meta.Hook{own, second, linked}, told(ann, src))
	same(s, "ListHooksFor without a link", []meta.Hook{own, second}, told(ann, 0))
	same(s, "ListHooksFor another", []meta.Hook{other}, told(eve, 0))

	get := func(owner, repository, id int64) func(ctx context.Context, tx *meta.Tx) (meta.Hook, error) {
		return func(ctx context.Context, tx *meta.Tx) (meta.Hook, error) {
			return tx.GetHook(ctx, owner, repository, id)
		}
	}
	same(s, "GetHook", linked, view(s, get(ann, src, linked.ID)))
	same(s, "GetHook of an owner", own, view(s, get(ann, 0, own.ID)))
	missing(s, "GetHook of a repository as its owner's", berth.ErrHookUnknown, get(ann, 0, linked.ID))
	missing(s, "GetHook of an owner as his repository's", berth.ErrHookUnknown, get(ann, src, own.ID))
	missing(s, "GetHook of another", berth.ErrHookUnknown, get(eve, 0, own.ID))

	own.URL, own.ContentType, own.Secret, own.InsecureSSL, own.Events, own.Active, own.UpdatedAt = "http://x/", "form", nil, false, []string{"*"}, false, at(9)
	s.do(func(ctx context.Context, tx *meta.Tx) error {
		return errors.Join(tx.PutHook(ctx, own), tx.DropHook(ctx, second.ID))
	})
	same(s, "ListHooks after changes", []meta.Hook{own, off}, list(ann, 0, 0, 10))
	read := func(ctx context.Context, tx *meta.Tx) (meta.Hook, error) { return tx.ReadHook(ctx, second.ID) }
	missing(s, "ReadHook of a deleted one", berth.ErrHookUnknown, read)
	s.refused("CreateHook of nobody", berth.ErrUnavailable, func(ctx context.Context, tx *meta.Tx) error {
		_, err := tx.CreateHook(ctx, meta.Hook{OwnerID: eve + 1000, ContentType: "json"})
		return err
	})
	s.broken("CreateHook of another content type", func(ctx context.Context, tx *meta.Tx) error {
		_, err := tx.CreateHook(ctx, meta.Hook{OwnerID: eve, ContentType: "xml"})
		return err
	})
}

// A webhook goes with its repository, and with its owner.
func testHooksEnd(s *suite) {
	ann := s.user("ann")
	src := s.repository(ann, "src")
	own, linked := s.hook(ann, 0, true), s.hook(ann, src, true)
	s.delivery(own, 1)
	s.delivery(linked, 1)
	exists := func(h meta.Hook) bool {
		err := s.db.View(s.Context(), func(tx *meta.Tx) error { _, err := tx.ReadHook(s.Context(), h.ID); return err })
		return err == nil
	}
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.DropRepository(ctx, src) })
	same(s, "after the repository was deleted", [2]bool{true, false}, [2]bool{exists(own), exists(linked)})
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.DropUser(ctx, ann, at(0)) })
	same(s, "after the owner was deleted", false, exists(own))
	s.refused("AddDelivery to a webhook that is gone", berth.ErrUnavailable, func(ctx context.Context, tx *meta.Tx) error {
		_, err := tx.AddDelivery(ctx, berth.HookDelivery{GUID: "g", HookID: own.ID, CreatedAt: at(0)})
		return err
	})
}

// delivery adds one to a webhook that is made, and due, so many seconds after the start.
func (s *suite) delivery(h meta.Hook, n int) berth.HookDelivery {
	s.Helper()
	d := berth.HookDelivery{
		GUID: berth.NewDeliveryGUID(), HookID: h.ID, Event: "package", Action: "published", UserID: 7, User: "Ann",
		CreatedAt: at(n), NotBefore: at(n), Payload: []byte(`{"a":1}`),
	}
	s.do(func(ctx context.Context, tx *meta.Tx) (err error) {
		d.ID, err = tx.AddDelivery(ctx, d)
		return err
	})
	return d
}

func testDeliveries(s *suite) {
	ann := s.user("ann")
	h, other := s.hook(ann, 0, true), s.hook(ann, 0, true)
	one, two := s.delivery(h, 1), s.delivery(h, 2)
	s.delivery(other, 3)
	get := func(hook, id int64) func(ctx context.Context, tx *meta.Tx) (berth.HookDelivery, error) {
		return func(ctx context.Context, tx *meta.Tx) (berth.HookDelivery, error) {
			return tx.GetDelivery(ctx, hook, id)
		}
	}
	same(s, "GetDelivery", one, view(s, get(h.ID, one.ID)))
	missing(s, "GetDelivery of another webhook", berth.ErrDeliveryUnknown, get(other.ID, one.ID))
	list := func(before int64, limit int) []berth.HookDelivery {
		return view(s, func(ctx context.Context, tx *meta.Tx) ([]berth.HookDelivery, error) {
			return tx.ListDeliveries(ctx, h.ID, before, limit)
		})
	}
	short := func(d berth.HookDelivery) berth.HookDelivery {
		d.Payload, d.RequestHeaders, d.ResponseHeaders, d.ResponseBody = nil, "", "", nil
		return d
	}
	same(s, "ListDeliveries", []berth.HookDelivery{short(two), short(one)}, list(0, 10))
	same(s, "ListDeliveries, one", []berth.HookDelivery{short(two)}, list(0, 1))
	same(s, "ListDeliveries before one", []berth.HookDelivery{short(one)}, list(two.ID, 10))

	one.Attempts, one.NotBefore, one.Payload = 1, at(100), []byte("{}")
	s.do(func(ctx context.Context, tx *meta.Tx) error {
		ok, err := tx.LeaseDelivery(ctx, one.ID, at(1), at(100), []byte("{}"))
		same(s, "LeaseDelivery", true, ok)
		again, err2 := tx.LeaseDelivery(ctx, one.ID, at(99), at(200), nil)
		same(s, "LeaseDelivery before its time", false, again)
		return errors.Join(err, err2)
	})
	same(s, "after LeaseDelivery", one, view(s, get(h.ID, one.ID)))
	one.NotBefore = at(500)
	one.HookAttempt = berth.HookAttempt{
		At: at(20), Duration: 1500 * time.Microsecond, StatusCode: 502, Error: "Bad Gateway", RequestHeaders: `{"A":"b"}`, ResponseHeaders: `{}`, ResponseBody: []byte{0, 255},
	}
	finish := func(d berth.HookDelivery) {
		s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.FinishDelivery(ctx, d) })
	}
	finish(one)
	same(s, "after FinishDelivery", one, view(s, get(h.ID, one.ID)))
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.CallOffDeliveries(ctx, h.ID, "off") })
	one.NotBefore, one.Error, two.NotBefore, two.Error = time.Time{}, "off", time.Time{}, "off"
	same(s, "after CallOffDeliveries", []berth.HookDelivery{short(two), short(one)}, list(0, 10))
	one.NotBefore = at(900)
	finish(one)
	one.NotBefore = time.Time{}
	same(s, "after it finished when it was called off", one, view(s, get(h.ID, one.ID)))
	again := s.delivery(h, 5)
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.CallOffDelivery(ctx, again.ID) })
	same(s, "after CallOffDelivery", time.Time{}, list(0, 1)[0].NotBefore)
	s.broken("AddDelivery twice", func(ctx context.Context, tx *meta.Tx) error { _, err := tx.AddDelivery(ctx, one); return err })
}

func testDueDeliveries(s *suite) {
	ann := s.user("ann")
	a, b := s.hook(ann, 0, true), s.hook(ann, 0, true)
	a1, a2, b1 := s.delivery(a, 1), s.delivery(a, 2), s.delivery(b, 3)
	due := func(n int) [2]int64 {
		return view(s, func(ctx context.Context, tx *meta.Tx) ([2]int64, error) {
			hook, id, err := tx.FindDueDelivery(ctx, at(n))
			return [2]int64{hook, id}, err
		})
	}
	lease := func(h meta.Hook, now, until int) (ok bool) {
		s.do(func(ctx context.Context, tx *meta.Tx) (err error) {
			ok, err = tx.LeaseHook(ctx, h.ID, at(now), at(until))
			return err
		})
		return ok
	}
	free := func(h meta.Hook, now int, paused time.Time) {
		s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.FreeHook(ctx, h, at(now), paused) })
	}
	none := [2]int64{}
	same(s, "nothing due yet", none, due(0))
	same(s, "the first", [2]int64{a.ID, a1.ID}, due(10))
	same(s, "a lease", [2]bool{true, false}, [2]bool{lease(a, 10, 40), lease(a, 39, 60)})
	same(s, "of another while one is busy", [2]int64{b.ID, b1.ID}, due(10))
	same(s, "after a lease ran out", [2]int64{b.ID, b1.ID}, due(40))
	lease(b, 10, 60)
	same(s, "nothing while both are busy", none, due(39))
	same(s, "after one lease ran out", [2]int64{a.ID, a1.ID}, due(40))
	a.Failures, a.LastCode, a.LastError = 3, 500, "no"
	free(a, 41, time.Time{})
	same(s, "after it was freed", [2]int64{a.ID, a1.ID}, due(41))
	same(s, "FreeHook", a, view(s, func(ctx context.Context, tx *meta.Tx) (meta.Hook, error) { return tx.ReadHook(ctx, a.ID) }))
	free(b, 40, time.Time{})
	same(s, "who waited longest", [2]int64{b.ID, b1.ID}, due(41))
	free(b, 42, at(100))
	same(s, "not the one who is paused", [2]int64{a.ID, a1.ID}, due(99))
	free(a, 43, at(200))
	same(s, "nothing while both are paused", none, due(99))
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.ResumeHook(ctx, a.ID) })
	same(s, "who was resumed", [2]int64{a.ID, a1.ID}, due(99))
	s.do(func(ctx context.Context, tx *meta.Tx) error {
		a1.NotBefore = at(1000)
		return errors.Join(tx.FinishDelivery(ctx, a1), tx.PutHook(ctx, b))
	})
	same(s, "who was changed is not paused any more", [2]int64{b.ID, b1.ID}, due(44))
	lease(b, 44, 90)
	same(s, "what comes after one that is to wait", [2]int64{a.ID, a2.ID}, due(44))
}

func testOldDeliveries(s *suite) {
	ann := s.user("ann")
	h, other := s.hook(ann, 0, true), s.hook(ann, 0, true)
	ids := func(h meta.Hook) (list []int64) {
		for _, d := range view(s, func(ctx context.Context, tx *meta.Tx) ([]berth.HookDelivery, error) {
			return tx.ListDeliveries(ctx, h.ID, 0, 100)
		}) {
			list = append(list, d.ID)
		}
		return list
	}
	reap := func(n, limit int) (gone int64) {
		s.do(func(ctx context.Context, tx *meta.Tx) (err error) {
			gone, err = tx.ReapDeliveries(ctx, at(n), limit)
			return err
		})
		return gone
	}
	trim := func(done, all, limit int) (gone int64) {
		s.do(func(ctx context.Context, tx *meta.Tx) (err error) {
			gone, err = tx.TrimDeliveries(ctx, done, all, limit)
			return err
		})
		return gone
	}
	var d [6]berth.HookDelivery
	for i := range d {
		d[i] = s.delivery(h, i)
	}
	kept := s.delivery(other, 10)
	same(s, "ReapDeliveries, one at most", int64(1), reap(2, 1))
	same(s, "after it", []int64{d[5].ID, d[4].ID, d[3].ID, d[2].ID, d[1].ID}, ids(h))
	same(s, "ReapDeliveries", int64(1), reap(2, 10))
	s.do(func(ctx context.Context, tx *meta.Tx) error {
		for _, i := range []int{3, 5} {
			d[i].NotBefore = time.Time{}
			if err := tx.FinishDelivery(ctx, d[i]); err != nil {
				return err
			}
		}
		return nil
	})
	same(s, "TrimDeliveries, nothing too many", int64(0), trim(4, 4, 10))
	same(s, "TrimDeliveries of finished ones", int64(1), trim(2, 4, 10))
	same(s, "after it", []int64{d[5].ID, d[4].ID, d[2].ID}, ids(h))
	same(s, "TrimDeliveries of all, one at most", int64(1), trim(1, 1, 1))
	same(s, "TrimDeliveries of all", int64(1), trim(1, 1, 10))
	same(s, "after all", []int64{d[5].ID}, ids(h))
	same(s, "of another webhook", []int64{kept.ID}, ids(other))
}

func testReadmePages(s *suite) {
	repo := s.repository(s.owner(meta.KindUser, "ann"), "src")
	get := func() (page [2]string) {
		s.do(func(ctx context.Context, tx *meta.Tx) (err error) {
			page[0], page[1], err = tx.GetReadmePage(ctx, repo)
			return err
		})
		return page
	}
	same(s, "none", [2]string{}, get())
	for _, html := range []string{"<p>a</p>", "<p>b</p>"} {
		for _, id := range []int64{repo, repo + 1000} { // of what is gone nothing is kept
			s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.PutReadmePage(ctx, id, "of "+html, html) })
		}
		same(s, "kept", [2]string{"of " + html, html}, get())
	}
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.DropRepository(ctx, repo) })
	same(s, "of a repository that is gone", [2]string{}, get())
}
