package metatest

import (
	"context"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

// told runs fn in an Update that must succeed and returns what it reports.
func told(s *suite, fn func(ctx context.Context, tx *meta.Tx) (bool, error)) (ok bool) {
	s.Helper()
	s.do(func(ctx context.Context, tx *meta.Tx) (err error) {
		ok, err = fn(ctx, tx)
		return err
	})
	return ok
}

func testSecondFactors(s *suite) {
	ann, bob := s.user("Ann"), s.user("bob")
	signIn := func() meta.SignIn {
		byName := view(s, func(ctx context.Context, tx *meta.Tx) (meta.SignIn, error) { return tx.GetSignIn(ctx, "ann") })
		byID := view(s, func(ctx context.Context, tx *meta.Tx) (meta.SignIn, error) { return tx.GetSignInOf(ctx, ann) })
		same(s, "GetSignIn and GetSignInOf", byName, byID)
		return byID
	}
	get := func(user int64) meta.SecondFactor {
		return view(s, func(ctx context.Context, tx *meta.Tx) (meta.SecondFactor, error) {
			return tx.GetSecondFactor(ctx, user)
		})
	}
	put := func(secret string, n int) func(context.Context, *meta.Tx) error {
		return func(ctx context.Context, tx *meta.Tx) error {
			return tx.PutSecondFactor(ctx, ann, []byte(secret), at(n))
		}
	}
	s.refused("PutSecondFactor of no user", berth.ErrUnavailable, func(ctx context.Context, tx *meta.Tx) error {
		return tx.PutSecondFactor(ctx, bob+1000, []byte("secret"), at(0))
	})
	confirm := func(f meta.SecondFactor, step int64) bool {
		return told(s, func(ctx context.Context, tx *meta.Tx) (bool, error) {
			return tx.ConfirmSecondFactor(ctx, f, step, at(2))
		})
	}
	use := func(f meta.SecondFactor, step int64) bool {
		return told(s, func(ctx context.Context, tx *meta.Tx) (bool, error) { return tx.UseStep(ctx, f, step) })
	}
	want := meta.SignIn{ID: ann, Name: "Ann", PasswordHash: "hash of Ann"}
	same(s, "before", want, signIn())
	same(s, "GetSecondFactor of none", meta.SecondFactor{}, get(ann))
	s.do(put("\x00old", 0))
	old := get(ann)
	s.do(put("\x00new", 1))
	fresh := get(ann)
	same(s, "GetSecondFactor", meta.SecondFactor{UserID: ann, Secret: []byte("\x00new")}, fresh)
	same(s, "GetSignIn before it is confirmed", want, signIn())
	if use(fresh, 5) || confirm(old, 5) || !confirm(fresh, 5) || confirm(fresh, 6) {
		s.Error("the factor is not confirmed once")
	}
	want.Factor = true
	same(s, "GetSignIn after it was confirmed", want, signIn())
	same(s, "GetSecondFactor after it was confirmed", meta.SecondFactor{UserID: ann, Secret: []byte("\x00new"), LastStep: 5, ConfirmedAt: at(2)}, get(ann))
	s.refused("PutSecondFactor over a confirmed one", berth.ErrConflict, put("other", 3))
	if use(fresh, 5) || use(fresh, 4) || use(old, 6) || !use(fresh, 6) || use(fresh, 6) {
		s.Error("a step is not used once")
	}
	same(s, "GetSecondFactor of another", meta.SecondFactor{}, get(bob))
	drop := func(user int64) bool {
		return told(s, func(ctx context.Context, tx *meta.Tx) (bool, error) { return tx.DropSecondFactor(ctx, user) })
	}
	if drop(bob) || !drop(ann) || drop(ann) {
		s.Error("the factor is not dropped once")
	}
	same(s, "GetSignIn after it was dropped", false, signIn().Factor)
	missing(s, "GetSignIn of nobody", berth.ErrOwnerUnknown, func(ctx context.Context, tx *meta.Tx) (meta.SignIn, error) { return tx.GetSignIn(ctx, "Ann") })
	missing(s, "GetSignInOf an organization", berth.ErrOwnerUnknown, func(ctx context.Context, tx *meta.Tx) (meta.SignIn, error) {
		return tx.GetSignInOf(ctx, s.org("acme", 0, false))
	})
}

func testRecoveryCodes(s *suite) {
	ann, bob := s.user("ann"), s.user("bob")
	count := func(user int64) int {
		return view(s, func(ctx context.Context, tx *meta.Tx) (int, error) { return tx.CountRecoveryCodes(ctx, user) })
	}
	use := func(user int64, hash string) bool {
		return told(s, func(ctx context.Context, tx *meta.Tx) (bool, error) { return tx.UseRecoveryCode(ctx, user, hash) })
	}
	s.refused("PutRecoveryCode of no user", berth.ErrUnavailable, func(ctx context.Context, tx *meta.Tx) error {
		return tx.PutRecoveryCode(ctx, bob+1000, "a")
	})
	for _, hash := range []string{"a", "b", "c"} {
		for _, user := range []int64{ann, bob} {
			s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.PutRecoveryCode(ctx, user, hash) })
		}
	}
	same(s, "CountRecoveryCodes", 3, count(ann))
	if use(ann, "d") || use(ann, "A") || !use(ann, "a") || use(ann, "a") || !use(bob, "a") {
		s.Error("a code is not used once")
	}
	same(s, "CountRecoveryCodes after one was used", 2, count(ann))
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.DropRecoveryCodes(ctx, ann) })
	same(s, "CountRecoveryCodes after DropRecoveryCodes", 0, count(ann))
	same(s, "CountRecoveryCodes of another", 2, count(bob))
}

func testFirstAdmin(s *suite) {
	first := func(ctx context.Context, tx *meta.Tx) (string, error) {
		id, name, err := tx.FirstAdmin(ctx)
		if err == nil && id == 0 {
			s.Error("no id")
		}
		return name, err
	}
	s.user("ann")
	missing(s, "FirstAdmin", berth.ErrOwnerUnknown, first)
	for _, name := range []string{"Zoe", "bob"} {
		id := s.owner(meta.KindUser, name)
		s.do(func(ctx context.Context, tx *meta.Tx) error {
			return tx.CreateUser(ctx, meta.User{ID: id, Admin: true})
		})
	}
	same(s, "FirstAdmin", "Zoe", view(s, first))
}

func testSessions(s *suite) {
	ann, bob := s.user("Ann"), s.user("bob")
	open := func(user int64, hash string, used, expires int) meta.Session {
		row := meta.Session{
			UserID: user, Program: hash == "h1", Hash: hash, UserAgent: "a browser", Address: "192.0.2.1",
			CreatedAt: at(0), UsedAt: at(used), ExpiresAt: at(expires), ConfirmedAt: at(1),
		}
		s.do(func(ctx context.Context, tx *meta.Tx) (err error) {
			row.ID, err = tx.CreateSession(ctx, row)
			return err
		})
		return row
	}
	get := func(hash string) func(context.Context, *meta.Tx) (meta.Session, error) {
		return func(ctx context.Context, tx *meta.Tx) (meta.Session, error) {
			row, c, err := tx.GetSession(ctx, hash)
			if err == nil {
				same(s, "credential of a session", meta.Credential{UserID: ann, Login: "Ann"}, c)
			}
			return row, err
		}
	}
	list := func(user int64, now, idle, limit int) []meta.Session {
		return view(s, func(ctx context.Context, tx *meta.Tx) ([]meta.Session, error) {
			return tx.ListSessions(ctx, user, at(now), at(idle), limit)
		})
	}
	one, two, three := open(ann, "h1", 5, 100), open(ann, "h2", 6, 200), open(ann, "h3", 7, 300)
	other := open(bob, "h4", 1, 1000)
	same(s, "GetSession", one, view(s, get("h1")))
	missing(s, "GetSession", berth.ErrSessionUnknown, get("H1"))
	s.refused("CreateSession of nobody", berth.ErrOwnerUnknown, func(ctx context.Context, tx *meta.Tx) error {
		_, err := tx.CreateSession(ctx, meta.Session{UserID: bob + 1000, Hash: "h9"})
		return err
	})
	same(s, "ListSessions", []meta.Session{three, two, one}, list(ann, 0, 0, 10))
	same(s, "ListSessions, one", []meta.Session{three}, list(ann, 0, 0, 1))
	same(s, "ListSessions without expired ones", []meta.Session{three}, list(ann, 200, 0, 10))
	same(s, "ListSessions without idle ones", []meta.Session{three}, list(ann, 0, 6, 10))
	for _, n := range []int{50, 40} { // it never goes back
		s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.TouchSession(ctx, one.ID, at(n)) })
	}
	one.UsedAt = at(50)
	same(s, "GetSession after TouchSession", one, view(s, get("h1")))
	confirm := func(user int64) func(context.Context, *meta.Tx) error {
		return func(ctx context.Context, tx *meta.Tx) error { return tx.ConfirmSession(ctx, user, one.ID, at(55)) }
	}
	s.refused("ConfirmSession of another", berth.ErrSessionUnknown, confirm(bob))
	same(s, "GetSession after a refusal", one, view(s, get("h1")))
	s.do(confirm(ann))
	one.ConfirmedAt = at(55)
	same(s, "GetSession after ConfirmSession", one, view(s, get("h1")))
	drop := func(user, id int64) func(context.Context, *meta.Tx) error {
		return func(ctx context.Context, tx *meta.Tx) error { return tx.DropSession(ctx, user, id) }
	}
	s.refused("DropSession of another", berth.ErrSessionUnknown, drop(ann, other.ID))
	s.do(drop(ann, two.ID))
	s.refused("DropSession twice", berth.ErrSessionUnknown, drop(ann, two.ID))
	two = open(ann, "h2", 6, 200)
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.DropSessions(ctx, ann, one.ID) })
	same(s, "ListSessions after DropSessions", []meta.Session{one}, list(ann, 0, 0, 10))
	two, three = open(ann, "h2", 6, 200), open(ann, "h3", 7, 300)
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.DropOldSessions(ctx, ann, 2) })
	same(s, "ListSessions after DropOldSessions", []meta.Session{three, two}, list(ann, 0, 0, 10))
	reap := func(now, idle int) (n int64) {
		s.do(func(ctx context.Context, tx *meta.Tx) (err error) {
			n, err = tx.ReapSessions(ctx, at(now), at(idle))
			return err
		})
		return n
	}
	same(s, "ReapSessions too early", int64(0), reap(199, 0))
	same(s, "ReapSessions by expiry", int64(1), reap(200, 0))
	same(s, "ReapSessions by idleness", int64(1), reap(0, 1))
	same(s, "ListSessions after ReapSessions", []meta.Session{three}, list(ann, 0, 0, 10))
	if left := list(bob, 0, 0, 10); len(left) != 0 {
		s.Errorf("sessions of bob = %v", left)
	}
	s.do(func(ctx context.Context, tx *meta.Tx) error { return tx.DropSessions(ctx, ann, 0) })
	if left := list(ann, 0, 0, 10); len(left) != 0 {
		s.Errorf("sessions after DropSessions of all = %v", left)
	}
}

func testInvitations(s *suite) {
	org := s.org("Acme", 0, false)
	create := func(i meta.Invitation) meta.Invitation {
		s.do(func(ctx context.Context, tx *meta.Tx) (err error) {
			i.ID, err = tx.CreateInvitation(ctx, i)
			return err
		})
		return i
	}
	into := create(meta.Invitation{Hash: "h1", Note: "for bob", OrgID: org, Org: "Acme", Owner: true, CreatedBy: "ann", CreatedByID: 7, CreatedAt: at(0), ExpiresAt: at(10)})
	none := create(meta.Invitation{Hash: "h2", CreatedBy: "root", CreatedByID: -1, CreatedAt: at(1), ExpiresAt: at(20)})
	find := func(hash string, now int) func(context.Context, *meta.Tx) (meta.Invitation, error) {
		return func(ctx context.Context, tx *meta.Tx) (meta.Invitation, error) {
			return tx.FindInvitation(ctx, hash, at(now))
		}
	}
	get := func(id int64) func(context.Context, *meta.Tx) (meta.Invitation, error) {
		return func(ctx context.Context, tx *meta.Tx) (meta.Invitation, error) { return tx.GetInvitation(ctx, id) }
	}
	same(s, "FindInvitation", into, view(s, find("h1", 9)))
	same(s, "FindInvitation into nothing", none, view(s, find("h2", 9)))
	missing(s, "FindInvitation that has expired", berth.ErrInvitationUnknown, find("h1", 10))
	missing(s, "FindInvitation", berth.ErrInvitationUnknown, find("H1", 0))
	same(s, "GetInvitation", into, view(s, get(into.ID)))
	missing(s, "GetInvitation", berth.ErrInvitationUnknown, get(none.ID+100))
	list := func(org int64, now int, after int64, limit int) []meta.Invitation {
		return view(s, func(ctx context.Context, tx *meta.Tx) ([]meta.Invitation, error) {
			return tx.ListInvitations(ctx, org, at(now), after, limit)
		})
	}
	same(s, "ListInvitations", []meta.Invitation{into, none}, list(0, 0, 0, 10))
	same(s, "ListInvitations, one", []meta.Invitation{into}, list(0, 0, 0, 1))
	same(s, "ListInvitations after one", []meta.Invitation{none}, list(0, 0, into.ID, 10))
	same(s, "ListInvitations of an organization", []meta.Invitation{into}, list(org, 0, 0, 10))
	same(s, "ListInvitations without expired ones", []meta.Invitation{none}, list(0, 10, 0, 10))
	if got := list(org+1<<40, 0, 0, 10); len(got) != 0 {
		s.Errorf("ListInvitations of a large id = %v", got)
	}
	s.refused("CreateInvitation into nowhere", berth.ErrOwnerUnknown, func(ctx context.Context, tx *meta.Tx) error {
		_, err := tx.CreateInvitation(ctx, meta.Invitation{Hash: "h3", OrgID: org + 1000})
		return err
	})
	var reaped int64
	s.do(func(ctx context.Context, tx *meta.Tx) (err error) {
		reaped, err = tx.ReapInvitations(ctx, at(10))
		return err
	})
	same(s, "ReapInvitations", int64(1), reaped)
	same(s, "ListInvitations after ReapInvitations", []meta.Invitation{none}, list(0, 0, 0, 10))
	drop := func(ctx context.Context, tx *meta.Tx) error { return tx.DropInvitation(ctx, none.ID) }
	s.do(drop)
	s.refused("DropInvitation twice", berth.ErrInvitationUnknown, drop)
}

// testSignInRaces uses up the same things from many sides: each is good once.
func testSignInRaces(s *suite) {
	ann := s.user("ann")
	f := meta.SecondFactor{UserID: ann, Secret: []byte("s")}
	s.do(func(ctx context.Context, tx *meta.Tx) error {
		if err := tx.PutSecondFactor(ctx, ann, f.Secret, at(0)); err != nil {
			return err
		}
		if _, err := tx.ConfirmSecondFactor(ctx, f, 1, at(0)); err != nil {
			return err
		}
		return tx.PutRecoveryCode(ctx, ann, "h")
	})
	for what, use := range map[string]func(ctx context.Context, tx *meta.Tx) (bool, error){
		"step": func(ctx context.Context, tx *meta.Tx) (bool, error) { return tx.UseStep(ctx, f, 2) },
		"code": func(ctx context.Context, tx *meta.Tx) (bool, error) { return tx.UseRecoveryCode(ctx, ann, "h") },
	} {
		results := make(chan bool)
		for range 8 {
			go func() {
				ok := false
				err := s.try(func(ctx context.Context, tx *meta.Tx) (err error) {
					ok, err = use(ctx, tx)
					return err
				})
				if err != nil {
					s.Error(err)
				}
				results <- ok
			}()
		}
		used := 0
		for range 8 {
			if <-results {
				used++
			}
		}
		same(s, "times that one "+what+" was good", 1, used)
	}
}
