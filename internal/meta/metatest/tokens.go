package metatest

import (
	"context"
	"fmt"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

func (s *suite) token(t meta.Token) (id int64) {
	s.Helper()
	t.CreatedAt = at(0)
	s.do(func(ctx context.Context, tx *meta.Tx) (err error) {
		id, err = tx.CreateToken(ctx, t)
		return err
	})
	return id
}

func testTokenLimits(s *suite) {
	ann, org := s.user("ann"), s.org("acme", 0, false)
	limited := s.token(meta.Token{UserID: ann, Hash: "1", Scopes: "admin", Actions: "pull", Limited: true})
	open := s.token(meta.Token{UserID: ann, Hash: "2", Scopes: "admin"})
	for _, l := range []berth.Limit{{OwnerID: org, Path: "web"}, {OwnerID: ann}, {OwnerID: org, Path: "web"}, {OwnerID: org, Path: "api"}} {
		s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.PutTokenLimit(ctx, limited, l) })
	}
	s.refused("PutTokenLimit to nobody", berth.ErrOwnerUnknown, func(ctx context.Context, tx *meta.Tx) error {
		return tx.PutTokenLimit(ctx, limited, berth.Limit{OwnerID: 1000})
	})
	limits := func(token int64) []berth.Limit {
		return view(s, func(ctx context.Context, tx *meta.Tx) ([]berth.Limit, error) { return tx.ListTokenLimits(ctx, token) })
	}
	names := view(s, func(ctx context.Context, tx *meta.Tx) ([]berth.Name, error) {
		return tx.ListTokenLimitNames(ctx, limited)
	})
	same(s, "ListTokenLimits", []berth.Limit{{OwnerID: ann}, {OwnerID: org, Path: "api"}, {OwnerID: org, Path: "web"}}, limits(limited))
	same(s, "ListTokenLimitNames", []berth.Name{{Owner: "acme", Path: "api"}, {Owner: "acme", Path: "web"}, {Owner: "ann"}}, names)
	same(s, "ListTokenLimits of an unlimited one", nil, limits(open))
	c := view(s, func(ctx context.Context, tx *meta.Tx) (meta.Credential, error) {
		return tx.GetTokenCredential(ctx, "1")
	})
	same(s, "GetTokenCredential", meta.Credential{
		UserID: ann, Login: "ann", TokenID: limited, Scopes: "admin", Actions: "pull", Limited: true, CreatedAt: at(0),
	}, c)
}

// testRevokeToken has a family of tokens, of which one branch is revoked.
func testRevokeToken(s *suite) {
	ann, bob := s.user("ann"), s.user("bob")
	root := s.token(meta.Token{UserID: ann, Hash: "root"})
	child := s.token(meta.Token{UserID: ann, Hash: "child", ParentID: root})
	grandchild := s.token(meta.Token{UserID: ann, Hash: "grandchild", ParentID: child})
	sibling := s.token(meta.Token{UserID: ann, Hash: "sibling", ParentID: root})
	stranger := s.token(meta.Token{UserID: bob, Hash: "stranger"})
	revoke := func(id int64, when time.Time) {
		s.do(func(ctx context.Context, tx *meta.Tx) error {
			_, err := tx.RevokeToken(ctx, id, when)
			return err
		})
	}
	revoked := func(user, id int64) time.Time {
		return view(s, func(ctx context.Context, tx *meta.Tx) (meta.Token, error) { return tx.GetToken(ctx, user, id) }).RevokedAt
	}
	check := func(when string, want map[int64]time.Time) {
		s.Helper()
		for id, at := range want {
			user := ann
			if id == stranger {
				user = bob
			}
			same(s, fmt.Sprintf("%s: token %d", when, id), at, revoked(user, id))
		}
	}
	never := time.Time{}
	revoke(child, at(5))
	check("a branch", map[int64]time.Time{root: never, child: at(5), grandchild: at(5), sibling: never, stranger: never})
	revoke(root, at(9))
	check("the rest", map[int64]time.Time{root: at(9), child: at(5), grandchild: at(5), sibling: at(9), stranger: never})
	missing(s, "GetToken of another user", berth.ErrTokenUnknown, func(ctx context.Context, tx *meta.Tx) (meta.Token, error) {
		return tx.GetToken(ctx, bob, root)
	})
}

func testListTokens(s *suite) {
	ann, bob := s.user("ann"), s.user("bob")
	var ids []int64
	for i := range 5 {
		t := meta.Token{UserID: ann, Name: fmt.Sprint(i), Hash: fmt.Sprint(i), Scopes: "user", Actions: "pull,push", Limited: i == 2}
		if i == 3 {
			t.ExpiresAt = at(60)
		}
		ids = append(ids, s.token(t))
	}
	s.token(meta.Token{UserID: bob, Hash: "bob"})
	revoked := true
	list := func(user, before int64, limit int) (got []int64) {
		for _, t := range view(s, func(ctx context.Context, tx *meta.Tx) ([]meta.Token, error) {
			return tx.ListTokens(ctx, user, before, limit, revoked)
		}) {
			got = append(got, t.ID)
		}
		return got
	}
	same(s, "the newest", []int64{ids[4], ids[3]}, list(ann, 0, 2))
	same(s, "the next", []int64{ids[2], ids[1]}, list(ann, ids[3], 2))
	same(s, "the last", []int64{ids[0]}, list(ann, ids[1], 2))

	use := func(seconds int) {
		s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.PutTokenUse(ctx, ids[3], at(seconds)) })
	}
	use(10)
	use(5) // reported late
	got := view(s, func(ctx context.Context, tx *meta.Tx) (meta.Token, error) { return tx.GetToken(ctx, ann, ids[3]) })
	same(s, "GetToken", meta.Token{
		ID: ids[3], Name: "3", Scopes: "user", Actions: "pull,push", CreatedAt: at(0), ExpiresAt: at(60), LastUsedAt: at(10),
	}, got)

	count := func(seconds int) int {
		return view(s, func(ctx context.Context, tx *meta.Tx) (int, error) { return tx.CountTokens(ctx, ann, at(seconds)) })
	}
	hold := func(ctx context.Context, tx *meta.Tx) error { return tx.HoldToken(ctx, ann, ids[0]) }
	s.do(hold)
	s.do(func(ctx context.Context, tx *meta.Tx) error {
		_, err := tx.RevokeToken(ctx, ids[0], at(1))
		return err
	})
	same(s, "with the revoked one", []int64{ids[1], ids[0]}, list(ann, ids[2], 2))
	revoked = false
	same(s, "without it", []int64{ids[1]}, list(ann, ids[2], 2))
	s.refused("HoldToken of a revoked one", berth.ErrTokenUnknown, hold)
	s.refused("HoldToken of another's", berth.ErrTokenUnknown, func(ctx context.Context, tx *meta.Tx) error { return tx.HoldToken(ctx, bob, ids[1]) })
	same(s, "good tokens", 4, count(59))
	same(s, "good tokens, when one has expired", 3, count(60))
}

func testEvents(s *suite) {
	v := berth.Viewer{UserID: 7, Login: "Ann", TokenID: 9, Address: "192.0.2.1"}
	var all []berth.Event
	for i := range 6 {
		e := berth.Event{At: at(i), OwnerID: int64(i % 2), Owner: "o", Action: "a.b", Target: "t", Detail: fmt.Sprint(i)}
		s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.AddEvent(ctx, v, e) })
		e.ID, e.ActorID, e.Actor, e.TokenID, e.Address = int64(i+1), 7, "Ann", 9, "192.0.2.1"
		all = append([]berth.Event{e}, all...)
	}
	list := func(owner int64, from, until int, before int64, limit int) []berth.Event {
		return view(s, func(ctx context.Context, tx *meta.Tx) ([]berth.Event, error) {
			return tx.ListEvents(ctx, owner, at(from), at(until), before, limit)
		})
	}
	same(s, "all", all, list(-1, 0, 100, 0, 10))
	same(s, "one owner's", []berth.Event{all[0], all[2], all[4]}, list(1, 0, 100, 0, 10))
	same(s, "that of nobody", []berth.Event{all[1], all[3], all[5]}, list(0, 0, 100, 0, 10))
	same(s, "from and until", all[2:4], list(-1, 2, 4, 0, 10))
	same(s, "pages", all[3:5], list(-1, 0, 100, all[2].ID, 2))
}

// testPurge deletes one of two packages that share all their content.
func testPurge(s *suite) {
	user, gone := s.home()
	kept := s.pkg("ann", "kept", berth.VisibilityPrivate, true)
	for _, pkg := range []int64{gone, kept} {
		d := s.blob(pkg, "layer")
		child := s.manifest(meta.Manifest{PackageID: pkg, Digest: "sha256:child", MediaType: "m", Size: 1, Body: []byte("c")})
		index := s.manifest(meta.Manifest{PackageID: pkg, Digest: "sha256:index", MediaType: "i", Size: 1, Body: []byte("i")})
		s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.PutBlobReference(ctx, child, pkg, d) })
		s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.PutChild(ctx, index, pkg, "sha256:child") })
		s.putTag(pkg, "v1", "v1", "sha256:index")
		s.do(func(ctx context.Context, tx *meta.Tx) error {
			return tx.PutRole(ctx, pkg, meta.Holder{User: user}, berth.RoleAdmin)
		})
		s.do(func(ctx context.Context, tx *meta.Tx) error {
			return tx.CreateUpload(ctx, meta.Upload{ID: fmt.Sprint(pkg), PackageID: pkg, UserID: user, Key: fmt.Sprint("key", pkg), Algorithm: "sha256", HashState: []byte{1}, UpdatedAt: at(0)})
		})
	}
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.PurgePackage(ctx, gone, at(5)) })
	missing(s, "GetPackage of a purged one", berth.ErrPackageUnknown, func(ctx context.Context, tx *meta.Tx) (meta.Package, error) {
		return tx.GetPackage(ctx, gone)
	})
	keys := view(s, func(ctx context.Context, tx *meta.Tx) ([]string, error) { return tx.ListDoomedKeys(ctx, at(6), 10) })
	same(s, "doomed keys", []string{fmt.Sprint("key", gone)}, keys)
	same(s, "tags of the other", 1, len(s.tags(kept, "", 10)))
	s.getBlob(kept, s.blob(kept, "layer"))
	if n := view(s, func(ctx context.Context, tx *meta.Tx) (int, error) { return tx.CountUploads(ctx, user) }); n != 1 {
		s.Errorf("%d uploads, want that of the other", n)
	}
}

func testRoles(s *suite) {
	ann, bob := s.user("ann"), s.user("bob")
	pkg := s.pkg("ann", "app", berth.VisibilityPrivate, true)
	put := func(user int64, r berth.Role) {
		s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.PutRole(ctx, pkg, meta.Holder{User: user}, r) })
	}
	put(bob, berth.RoleRead)
	put(ann, berth.RoleAdmin)
	put(bob, berth.RoleWrite)
	list := func(after int64, limit int) []meta.RoleRow {
		return view(s, func(ctx context.Context, tx *meta.Tx) ([]meta.RoleRow, error) {
			return tx.ListRoles(ctx, pkg, after, limit)
		})
	}
	all := list(0, 10)
	want := []meta.RoleRow{{ID: all[0].ID, Kind: "user", Name: "bob", Role: berth.RoleWrite}, {ID: all[1].ID, Kind: "user", Name: "ann", Role: berth.RoleAdmin}}
	same(s, "ListRoles", want, all)
	same(s, "a page", want[1:], list(all[0].ID, 1))
	drop := func(ctx context.Context, tx *meta.Tx) error { return tx.DropRole(ctx, pkg, meta.Holder{User: bob}) }
	s.do(drop)
	s.refused("DropRole twice", berth.ErrRoleUnknown, drop)
	same(s, "the rest", want[1:], list(0, 10))
}
