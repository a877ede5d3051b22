package account_test

import (
	"errors"
	"testing"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
)

// A browser is trusted with what cannot be undone for half an hour after its user has
// shown his password, and no longer.
func TestConfirm(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ctx := t.Context()
	const password = "correct horse"
	if err := s.Account.SetPassword(ctx, berth.Operator(), "ada", password); err != nil {
		t.Fatal(err)
	}
	session, err := s.Account.SignIn(ctx, "ada", password, "", "10.0.0.1", "")
	if err != nil {
		t.Fatal(err)
	}
	viewer := func() berth.Viewer {
		v, err := s.Account.SessionViewer(ctx, session.Secret, "10.0.0.1")
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	if !s.Account.Sure(viewer()) {
		t.Error("not sure right after signing in")
	}
	s.Clock.Advance(29 * time.Minute)
	if !s.Account.Sure(viewer()) {
		t.Error("not sure after 29 minutes")
	}
	s.Clock.Advance(time.Minute)
	if s.Account.Sure(viewer()) {
		t.Error("sure after 30 minutes")
	}
	if err := s.Account.Confirm(ctx, viewer(), "wrong"); !errors.Is(err, berth.ErrPasswordInvalid) {
		t.Error(err)
	}
	if s.Account.Sure(viewer()) {
		t.Error("sure after a wrong password")
	}
	if err := s.Account.Confirm(ctx, viewer(), password); err != nil {
		t.Fatal(err)
	}
	if !s.Account.Sure(viewer()) {
		t.Error("not sure after the password")
	}
	if err := s.Account.Confirm(ctx, berth.Viewer{}, password); !errors.Is(err, berth.ErrUnauthenticated) {
		t.Error(err)
	}
	if s.Account.Sure(s.Viewer("ada")) {
		t.Error("sure without a session")
	}
}
