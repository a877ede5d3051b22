package account_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
)

func TestAdminCredentials(t *testing.T) {
	t.Parallel()
	s, db := open(t, &berthtest.Clock{})
	s.FastHashes()
	ctx, op := t.Context(), berth.Operator()
	gone := func(what, says string) {
		t.Helper()
		name, password, err := s.AdminCredentials(ctx, op)
		if !errors.Is(err, account.ErrPasswordGone) || name+password != "" || !strings.Contains(text(err), says) || !strings.Contains(text(err), "--reset") {
			t.Errorf("%s: %s %s %v", what, name, password, err)
		}
	}
	kept := func(what, want string) {
		t.Helper()
		name, password, err := s.AdminCredentials(ctx, op)
		if err != nil || name != "Admin" || password != want {
			t.Errorf("%s: %s %s %v", what, name, password, err)
		}
		if v, err := s.Login(ctx, name, password, ""); err != nil || !v.Admin {
			t.Errorf("%s: %+v, %v", what, v, err)
		}
	}
	gone("before there is one", "by hand")
	_, _, err := s.ResetAdminPassword(ctx, op)
	refused(t, "reset of none", err, berth.ErrOwnerUnknown)
	first, err := s.EnsureAdmin(ctx, "Admin", "")
	if err != nil {
		t.Fatal(err)
	}
	kept("made up", first)
	if again, err := account.New(ctx, db, account.Options{Secret: make([]byte, account.SecretLength)}); err != nil {
		t.Fatal(err)
	} else if _, password, err := again.AdminCredentials(ctx, op); err != nil || password != first {
		t.Errorf("another process: %s, %v", password, err)
	}
	admin, err := s.Login(ctx, "Admin", first, "")
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]berth.Viewer{"administrator": admin, "anonymous": {}, "user": {UserID: 9, Login: "ada", Scopes: berth.ScopeAll}} {
		if _, password, err := s.AdminCredentials(ctx, v); err == nil || password != "" {
			t.Errorf("%s gets the password", name)
		}
		if _, password, err := s.ResetAdminPassword(ctx, v); err == nil || password != "" {
			t.Errorf("%s resets the password", name)
		}
	}
	if err := s.CreateUser(ctx, op, "other", secret, true); err != nil {
		t.Fatal(err)
	}
	if err := s.SetPassword(ctx, op, "other", "another one"); err != nil {
		t.Fatal(err)
	}
	kept("after another's was changed", first)
	if err := s.ChangePassword(ctx, admin, first, "my own one"); err != nil {
		t.Fatal(err)
	}
	gone("after it was changed", "that of Admin was changed on 1970-01-01 00:00 UTC")
	session, err := s.SignIn(ctx, "Admin", "my own one", "", "", "")
	if err != nil {
		t.Fatal(err)
	}
	name, password, err := s.ResetAdminPassword(ctx, op)
	if err != nil || name != "Admin" || len(password) < 20 || password == first {
		t.Errorf("%s %s %v", name, password, err)
	}
	kept("after the reset", password)
	if _, err := s.SessionViewer(ctx, session.Secret, ""); err == nil {
		t.Error("a session goes on after the reset")
	}
	if err := s.SetPassword(ctx, op, "admin", "set by somebody"); err != nil {
		t.Fatal(err)
	}
	gone("after it was set", "changed")
}

// A configured password is kept too, and nothing is where the account is gone.
func TestAdminDeleted(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	s.Account.FastHashes()
	ctx, op := t.Context(), berth.Operator()
	s.Exec(`UPDATE users SET admin = FALSE`)
	if p, err := s.Account.EnsureAdmin(ctx, "boss", "configured one"); err != nil || p != "configured one" {
		t.Fatalf("%s, %v", p, err)
	}
	if name, p, err := s.Account.AdminCredentials(ctx, op); err != nil || name != "boss" || p != "configured one" {
		t.Errorf("%s, %s, %v", name, p, err)
	}
	s.Exec(`UPDATE users SET admin = TRUE WHERE owner_id IN (2, 4)`)
	for what, statement := range map[string]string{
		"blocked": `UPDATE users SET blocked_at = 1 WHERE owner_id = (SELECT id FROM owners WHERE folded = 'boss')`,
	} {
		s.Exec(statement)
		if name, _, err := s.Account.ResetAdminPassword(ctx, op); err != nil || name != "bob" {
			t.Errorf("%s: %s, %v", what, name, err)
		}
	}
	if err := s.Account.DeleteUser(ctx, op, "bob", account.Disposal{}); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(s.State(), "sealed") {
		t.Error("the password is kept after its user was deleted")
	}
	_, _, err := s.Account.AdminCredentials(ctx, op)
	if !errors.Is(err, account.ErrPasswordGone) || !strings.Contains(text(err), "deleted") {
		t.Error(err)
	}
	if name, _, err := s.Account.ResetAdminPassword(ctx, op); err != nil || name != "root" {
		t.Errorf("%s, %v", name, err)
	}
}
