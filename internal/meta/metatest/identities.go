package metatest

import (
	"context"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

func testIdentities(s *suite) {
	ann, bob := s.user("Ann"), s.user("bob")
	add := func(user int64, provider, subject string) func(context.Context, *meta.Tx) error {
		return func(ctx context.Context, tx *meta.Tx) error {
			return tx.AddIdentity(ctx, meta.Identity{UserID: user, Provider: provider, Subject: subject, CreatedAt: at(1)})
		}
	}
	find := func(provider, subject string) func(context.Context, *meta.Tx) (meta.Credential, error) {
		return func(ctx context.Context, tx *meta.Tx) (meta.Credential, error) {
			return tx.FindIdentity(ctx, provider, subject)
		}
	}
	has := func(user int64) bool {
		return view(s, func(ctx context.Context, tx *meta.Tx) (bool, error) { return tx.HasIdentity(ctx, user) })
	}
	list := func(user int64, limit int) []meta.Identity {
		return view(s, func(ctx context.Context, tx *meta.Tx) ([]meta.Identity, error) {
			list, err := tx.ListIdentities(ctx, user, limit)
			for i := range list {
				list[i].ID = 0
			}
			return list, err
		})
	}
	same(s, "HasIdentity of none", false, has(ann))
	s.do(add(ann, "corp", "1"))
	s.do(add(ann, "other", "1"))
	s.do(add(bob, "corp", "2"))
	same(s, "HasIdentity", true, has(ann))
	same(s, "FindIdentity", meta.Credential{UserID: ann, Login: "Ann"}, view(s, find("corp", "1")))
	same(s, "FindIdentity of another", meta.Credential{UserID: bob, Login: "bob"}, view(s, find("corp", "2")))
	missing(s, "FindIdentity of an unknown subject", berth.ErrIdentityUnknown, find("corp", "3"))
	missing(s, "FindIdentity of an unknown provider", berth.ErrIdentityUnknown, find("", "1"))
	missing(s, "FindIdentity of the other provider", berth.ErrIdentityUnknown, find("other", "2"))
	s.refused("AddIdentity of a linked one", berth.ErrExists, add(bob, "corp", "1"))
	s.refused("AddIdentity twice", berth.ErrExists, add(ann, "corp", "1"))
	s.refused("AddIdentity of no user", berth.ErrUnavailable, add(bob+1000, "corp", "3"))
	first := meta.Identity{UserID: ann, Provider: "corp", Subject: "1", CreatedAt: at(1)}
	second := meta.Identity{UserID: ann, Provider: "other", Subject: "1", CreatedAt: at(1)}
	same(s, "ListIdentities", []meta.Identity{first, second}, list(ann, 10))
	same(s, "ListIdentities, one", []meta.Identity{first}, list(ann, 1))

	drop := func(user int64, provider, subject string) func(context.Context, *meta.Tx) error {
		return func(ctx context.Context, tx *meta.Tx) error { return tx.DropIdentity(ctx, user, provider, subject) }
	}
	s.refused("DropIdentity of another's", berth.ErrIdentityUnknown, drop(bob, "corp", "1"))
	s.refused("DropIdentity of the other provider", berth.ErrIdentityUnknown, drop(bob, "other", "2"))
	s.do(drop(ann, "corp", "1"))
	same(s, "ListIdentities after DropIdentity", []meta.Identity{second}, list(ann, 10))
	same(s, "HasIdentity after DropIdentity", true, has(ann))
	s.do(drop(ann, "other", "1"))
	same(s, "HasIdentity after the last DropIdentity", false, has(ann))
	same(s, "HasIdentity of another", true, has(bob))
}
