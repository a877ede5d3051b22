package metatest

import (
	"context"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

func testOwners(s *suite) {
	id := s.owner(meta.KindUser, "Ann")
	got := view(s, func(ctx context.Context, tx *meta.Tx) (meta.Owner, error) { return tx.GetOwner(ctx, "ann") })
	same(s, "GetOwner", meta.Owner{ID: id, Kind: meta.KindUser, Name: "Ann", Folded: "ann", CreatedAt: at(0)}, got)
	for _, kind := range []string{meta.KindUser, meta.KindOrg} {
		s.refused("CreateOwner of a taken name", berth.ErrOwnerExists, func(ctx context.Context, tx *meta.Tx) error {
			_, err := tx.CreateOwner(ctx, meta.Owner{Kind: kind, Name: "ANN", Folded: "ann", CreatedAt: at(1)})
			return err
		})
	}
	s.broken("CreateOwner of an unknown kind", func(ctx context.Context, tx *meta.Tx) error {
		_, err := tx.CreateOwner(ctx, meta.Owner{Kind: "robot", Name: "bob", Folded: "bob"})
		return err
	})
	missing(s, "GetOwner by the unfolded name", berth.ErrOwnerUnknown, func(ctx context.Context, tx *meta.Tx) (meta.Owner, error) { return tx.GetOwner(ctx, "Ann") })
}

func testUsers(s *suite) {
	getUser := func(name string) func(context.Context, *meta.Tx) (meta.User, error) {
		return func(ctx context.Context, tx *meta.Tx) (meta.User, error) { return tx.GetUser(ctx, name) }
	}
	count := func(ctx context.Context, tx *meta.Tx) ([2]int, error) {
		users, admins, err := tx.CountUsers(ctx)
		return [2]int{users, admins}, err
	}
	same(s, "CountUsers of none", [2]int{}, view(s, count))
	ann := s.user("Ann")
	same(s, "GetUser", meta.User{ID: ann, Name: "Ann", PasswordHash: "hash of Ann"}, view(s, getUser("ann")))
	root := s.owner(meta.KindUser, "root")
	missing(s, "GetUser of an owner that is not a user yet", berth.ErrOwnerUnknown, getUser("root"))
	s.do(func(ctx context.Context, tx *meta.Tx) error {
		return tx.CreateUser(ctx, meta.User{ID: root, Admin: true})
	})
	same(s, "CountUsers", [2]int{2, 1}, view(s, count))
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.PutPassword(ctx, root, "new") })
	same(s, "GetUser of an administrator", meta.User{ID: root, Name: "root", PasswordHash: "new", Admin: true}, view(s, getUser("root")))
	same(s, "GetUser of another", "hash of Ann", view(s, getUser("ann")).PasswordHash)
	missing(s, "GetUser", berth.ErrOwnerUnknown, getUser("nobody"))
	s.broken("CreateUser twice", func(ctx context.Context, tx *meta.Tx) error { return tx.CreateUser(ctx, meta.User{ID: ann}) })
	s.refused("CreateUser of no owner", berth.ErrUnavailable, func(ctx context.Context, tx *meta.Tx) error { return tx.CreateUser(ctx, meta.User{ID: ann + 1000}) })
}

func testOrganizations(s *suite) {
	ann, org := s.user("ann"), s.org("Acme", berth.RoleRead, true)
	missing(s, "GetUser of an organization", berth.ErrOwnerUnknown, func(ctx context.Context, tx *meta.Tx) (meta.User, error) { return tx.GetUser(ctx, "acme") })
	membership := func() berth.Membership {
		return view(s, func(ctx context.Context, tx *meta.Tx) (berth.Standing, error) {
			return tx.Standing(ctx, berth.Name{Owner: "acme", Path: "x"}, ann)
		}).Membership
	}
	same(s, "before PutMember", berth.MembershipNone, membership())
	s.member(org, ann, false)
	same(s, "after PutMember", berth.MembershipMember, membership())
	s.member(org, ann, true)
	same(s, "after PutMember as owner", berth.MembershipOwner, membership())
	s.member(org, ann, false)
	same(s, "after PutMember as member again", berth.MembershipMember, membership())

	for what, ids := range map[string][2]int64{"no user": {org, org + 1000}, "no organization": {org + 1000, ann}, "a user as organization": {ann, ann}, "an organization as user": {org, org}} {
		s.refused("PutMember of "+what, berth.ErrOwnerUnknown, func(ctx context.Context, tx *meta.Tx) error {
			return tx.PutMember(ctx, ids[0], ids[1], false, at(0))
		})
	}
	s.broken("CreateOrg twice", func(ctx context.Context, tx *meta.Tx) error { return tx.CreateOrg(ctx, meta.Org{ID: org}) })
	s.refused("CreateOrg of no owner", berth.ErrUnavailable, func(ctx context.Context, tx *meta.Tx) error { return tx.CreateOrg(ctx, meta.Org{ID: org + 1000}) })
	other := s.owner(meta.KindOrg, "other")
	for _, role := range []berth.Role{-1, 4} {
		s.broken("CreateOrg with an impossible base role", func(ctx context.Context, tx *meta.Tx) error {
			return tx.CreateOrg(ctx, meta.Org{ID: other, BaseRole: role})
		})
	}
}

func testTokens(s *suite) {
	ann, bob := s.user("Ann"), s.user("bob")
	create := func(t meta.Token) (id int64) {
		s.do(func(ctx context.Context, tx *meta.Tx) (err error) {
			id, err = tx.CreateToken(ctx, t)
			return err
		})
		return id
	}
	byHash := func(hash string) func(context.Context, *meta.Tx) (meta.Credential, error) {
		return func(ctx context.Context, tx *meta.Tx) (meta.Credential, error) {
			return tx.GetTokenCredential(ctx, hash)
		}
	}
	byID := func(user, token int64) func(context.Context, *meta.Tx) (meta.Credential, error) {
		return func(ctx context.Context, tx *meta.Tx) (meta.Credential, error) {
			return tx.GetCredential(ctx, user, token)
		}
	}
	forever := create(meta.Token{UserID: ann, Name: "ci", Hash: "h1", Scopes: "read:packages", CreatedAt: at(0)})
	passing := create(meta.Token{UserID: ann, Name: "ci", Hash: "h2", Scopes: "write:packages", CreatedAt: at(0), ExpiresAt: at(60)})

	want := meta.Credential{UserID: ann, Login: "Ann", TokenID: forever, Scopes: "read:packages", CreatedAt: at(0)}
	same(s, "GetTokenCredential", want, view(s, byHash("h1")))
	same(s, "GetCredential", want, view(s, byID(ann, forever)))
	want = meta.Credential{UserID: ann, Login: "Ann", TokenID: passing, Scopes: "write:packages", CreatedAt: at(0), ExpiresAt: at(60)}
	same(s, "GetTokenCredential of a token that expires", want, view(s, byHash("h2")))
	same(s, "GetCredential without a token", meta.Credential{UserID: ann, Login: "Ann"}, view(s, byID(ann, 0)))
	same(s, "GetCredential with another's token", meta.Credential{UserID: bob, Login: "bob"}, view(s, byID(bob, forever)))

	missing(s, "GetTokenCredential of no token", berth.ErrOwnerUnknown, byHash("h3"))
	missing(s, "GetCredential of no user", berth.ErrOwnerUnknown, byID(bob+1000, forever))
	missing(s, "GetCredential of an organization", berth.ErrOwnerUnknown, byID(s.org("acme", 0, false), 0))
	s.broken("CreateToken with a known hash", func(ctx context.Context, tx *meta.Tx) error {
		_, err := tx.CreateToken(ctx, meta.Token{UserID: bob, Hash: "h1"})
		return err
	})
	s.refused("CreateToken of no user", berth.ErrUnavailable, func(ctx context.Context, tx *meta.Tx) error {
		_, err := tx.CreateToken(ctx, meta.Token{UserID: bob + 1000, Hash: "h4"})
		return err
	})
}

func testSettings(s *suite) {
	get := func(name string) string {
		return view(s, func(ctx context.Context, tx *meta.Tx) (string, error) { return tx.GetSetting(ctx, name) })
	}
	same(s, "GetSetting of none", "", get("fold"))
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.AddSetting(ctx, "fold", "on") })
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.AddSetting(ctx, "fold", "off") })
	same(s, "GetSetting after two AddSetting", "on", get("fold"))
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.PutSetting(ctx, "fold", "off") })
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.PutSetting(ctx, "Fold", "ıİ \n'\"") })
	same(s, "GetSetting after PutSetting", "off", get("fold"))
	same(s, "GetSetting in another case", "ıİ \n'\"", get("Fold"))
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.DropSetting(ctx, "Fold") })
	same(s, "GetSetting after DropSetting", "", get("Fold"))
	same(s, "GetSetting of another after DropSetting", "off", get("fold"))
}

func testSigningKeys(s *suite) {
	list := func() []meta.SigningKey {
		return view(s, func(ctx context.Context, tx *meta.Tx) ([]meta.SigningKey, error) { return tx.ListSigningKeys(ctx) })
	}
	if keys := list(); len(keys) != 0 {
		s.Errorf("ListSigningKeys of none = %v", keys)
	}
	key := func(id string, n int) meta.SigningKey {
		return meta.SigningKey{ID: id, Secret: []byte{0, 1, 0xff, byte(n)}, CreatedAt: at(n)}
	}
	for _, k := range []meta.SigningKey{key("b", 2), key("a", 1), key("d", 3), key("C", 3)} {
		s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.PutSigningKey(ctx, k) })
	}
	same(s, "ListSigningKeys", []meta.SigningKey{key("C", 3), key("d", 3), key("b", 2), key("a", 1)}, list())
	s.broken("PutSigningKey of a known id", func(ctx context.Context, tx *meta.Tx) error { return tx.PutSigningKey(ctx, key("a", 9)) })
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.DropSigningKeys(ctx, at(2)) })
	same(s, "ListSigningKeys after DropSigningKeys", []meta.SigningKey{key("C", 3), key("d", 3), key("b", 2)}, list())
	s.do(func(ctx context.Context, tx *meta.Tx) error {
		return tx.DropSigningKeys(ctx, at(2).Add(time.Microsecond))
	})
	same(s, "ListSigningKeys a microsecond later", []meta.SigningKey{key("C", 3), key("d", 3)}, list())
}
