package metatest

import (
	"context"
	"errors"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

func (s *suite) users() int {
	s.Helper()
	return view(s, func(ctx context.Context, tx *meta.Tx) (int, error) {
		users, _, err := tx.CountUsers(ctx)
		return users, err
	})
}

// testClock cannot know the time of the database, which may be elsewhere, but
// this one runs on the same machine.
func testClock(s *suite) {
	now := func(ctx context.Context, tx *meta.Tx) (time.Time, error) { return tx.Now(ctx) }
	before := time.Now().Add(-time.Second)
	first := view(s, now)
	second := view(s, now)
	after := time.Now().Add(time.Second)
	if first.Before(before) || second.Before(first) || after.Before(second) {
		s.Errorf("Now = %v and %v, between %v and %v", first, second, before, after)
	}
	same(s, "location", "UTC", first.Location().String())
	if err := s.db.Ping(s.Context()); err != nil {
		s.Errorf("Ping: %v", err)
	}
}

func testSnapshot(s *suite) {
	s.user("ann")
	err := s.db.View(s.Context(), func(tx *meta.Tx) error {
		before, _, err := tx.CountUsers(s.Context())
		if err != nil {
			return err
		}
		s.user("bob") // beside it
		after, _, err := tx.CountUsers(s.Context())
		same(s, "users seen by a View", [2]int{1, 1}, [2]int{before, after})
		return err
	})
	if err != nil {
		s.Errorf("View: %v", err)
	}
	same(s, "users seen by the next View", 2, s.users())
}

func testReadOnly(s *suite) {
	ann, pkg := s.home()
	d := s.blob(pkg, "content")
	for what, write := range map[string]func(ctx context.Context, tx *meta.Tx) error{
		"an insert": func(ctx context.Context, tx *meta.Tx) error {
			_, err := tx.CreateOwner(ctx, meta.Owner{Kind: meta.KindUser, Name: "bob", Folded: "bob"})
			return err
		},
		"an update": func(ctx context.Context, tx *meta.Tx) error { return tx.PutPassword(ctx, ann, "stolen") },
		"a delete":  func(ctx context.Context, tx *meta.Tx) error { return tx.UnlinkBlob(ctx, pkg, d) },
		"a lock": func(ctx context.Context, tx *meta.Tx) error {
			_, err := tx.LockBlob(ctx, d)
			return err
		},
	} {
		err := s.db.View(s.Context(), func(tx *meta.Tx) error { return write(s.Context(), tx) })
		if _, named := errors.AsType[*berth.Error](err); err == nil || named {
			s.Errorf("View with %s = %v, want a refusal", what, err)
		}
	}
	same(s, "users", 1, s.users())
	same(s, "password", "hash of ann", view(s, func(ctx context.Context, tx *meta.Tx) (meta.User, error) { return tx.GetUser(ctx, "ann") }).PasswordHash)
	s.getBlob(pkg, d)
}

func (s *suite) addBob(ctx context.Context, tx *meta.Tx) error {
	id, err := tx.CreateOwner(ctx, meta.Owner{Kind: meta.KindUser, Name: "bob", Folded: "bob"})
	if err != nil {
		return err
	}
	return tx.CreateUser(ctx, meta.User{ID: id})
}

func testRollBack(s *suite) {
	stop := errors.New("stop")
	s.refused("Update whose function fails", stop, func(ctx context.Context, tx *meta.Tx) error {
		return errors.Join(s.addBob(ctx, tx), stop)
	})
	same(s, "users after an error", 0, s.users())

	for what, run := range map[string]func(context.Context, func(*meta.Tx) error) error{"Update": s.db.Update, "View": s.db.View} {
		func() {
			defer func() { same(s, "panic through "+what, any("help"), recover()) }()
			err := run(s.Context(), func(tx *meta.Tx) error {
				if what == "Update" {
					if err := s.addBob(s.Context(), tx); err != nil {
						return err
					}
				}
				panic("help")
			})
			s.Errorf("%s = %v, want a panic", what, err)
		}()
		same(s, "users after a panic in "+what, 0, s.users())
	}
	for range 20 { // no connection is lost
		s.refused("Update", stop, func(context.Context, *meta.Tx) error { return stop })
		if err := s.db.View(s.Context(), func(*meta.Tx) error { return stop }); !errors.Is(err, stop) {
			s.Errorf("View = %v, want %v", err, stop)
		}
	}
	// An error that fn swallows must not become half a commit.
	s.user("ann")
	err := s.try(func(ctx context.Context, tx *meta.Tx) error {
		if err := s.addBob(ctx, tx); err != nil {
			return err
		}
		if err := s.addBob(ctx, tx); !errors.Is(err, berth.ErrOwnerExists) {
			s.Errorf("second CreateOwner = %v", err)
		}
		return stop
	})
	same(s, "swallowed", true, errors.Is(err, stop))
	same(s, "users", 1, s.users())
}

// testCancelled cancels between the statements, and then needs the lock that the
// transaction held.
func testCancelled(s *suite) {
	_, pkg := s.home()
	d := s.blob(pkg, "content")
	for range 20 {
		ctx, cancel := context.WithCancel(s.Context())
		err := s.db.Update(ctx, func(tx *meta.Tx) error {
			if _, err := tx.LockBlob(ctx, d); err != nil {
				return err
			}
			if err := s.addBob(ctx, tx); err != nil {
				return err
			}
			cancel()
			_, _, err := tx.CountUsers(ctx)
			return err
		})
		if !errors.Is(err, context.Canceled) {
			s.Errorf("Update = %v, want %v", err, context.Canceled)
		}
		s.do(func(ctx context.Context, tx *meta.Tx) error {
			_, err := tx.LockBlob(ctx, d)
			return err
		})
		ctx, cancel = context.WithCancel(s.Context())
		err = s.db.View(ctx, func(tx *meta.Tx) error {
			cancel()
			_, _, err := tx.CountUsers(ctx)
			return err
		})
		if !errors.Is(err, context.Canceled) {
			s.Errorf("View = %v, want %v", err, context.Canceled)
		}
	}
	same(s, "users", 1, s.users())

	cancelled, cancel := context.WithCancel(s.Context())
	cancel()
	for what, run := range map[string]func(context.Context, func(*meta.Tx) error) error{"Update": s.db.Update, "View": s.db.View} {
		err := run(cancelled, func(*meta.Tx) error {
			s.Errorf("%s runs its function", what)
			return nil
		})
		if !errors.Is(err, context.Canceled) {
			s.Errorf("%s = %v, want %v", what, err, context.Canceled)
		}
	}
}
