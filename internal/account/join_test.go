package account_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
)

// as is somebody signed in; ids are those that berthtest gives.
func as(name string) berth.Viewer {
	id := map[string]int64{"ada": 1, "bob": 2, "mia": 3, "root": 4}[name]
	return berth.Viewer{UserID: id, Login: name, Admin: name == "root", Scopes: berth.ScopeAll, Address: here}
}

func TestInvitations(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	s.Account.FastHashes()
	ctx, a := t.Context(), s.Account
	for name, tt := range map[string]struct {
		v    berth.Viewer
		i    account.Invitation
		want error
	}{
		"anonymous":              {berth.Viewer{}, account.Invitation{}, berth.ErrUnauthenticated},
		"a user":                 {as("ada"), account.Invitation{}, berth.ErrDenied},
		"a member":               {as("mia"), account.Invitation{Org: "acme"}, berth.ErrDenied},
		"a stranger":             {as("bob"), account.Invitation{Org: "acme"}, berth.ErrOwnerUnknown},
		"into no organization":   {as("root"), account.Invitation{Org: "nobody"}, berth.ErrOwnerUnknown},
		"into a user":            {as("ada"), account.Invitation{Org: "ada"}, berth.ErrOwnerUnknown},
		"into a user, by root":   {as("root"), account.Invitation{Org: "ada"}, berth.ErrOwnerUnknown},
		"as owner of nothing":    {as("root"), account.Invitation{Owner: true}, berth.ErrRequestInvalid},
		"for ever":               {as("root"), account.Invitation{Life: 91 * 24 * time.Hour}, berth.ErrRequestInvalid},
		"in the past":            {as("root"), account.Invitation{Life: -1}, berth.ErrRequestInvalid},
		"with a note of 2 lines": {as("root"), account.Invitation{Note: "a\nb"}, berth.ErrRequestInvalid},
		"with a note of bytes":   {as("root"), account.Invitation{Note: "\xff"}, berth.ErrRequestInvalid},
		"with a long note":       {as("root"), account.Invitation{Note: strings.Repeat("x", 201)}, berth.ErrRequestInvalid},
	} {
		before := s.State()
		_, err := a.Invite(ctx, tt.v, tt.i)
		refused(t, name, err, tt.want)
		if s.State() != before {
			t.Errorf("%s changed something", name)
		}
	}
	invite := func(v berth.Viewer, i account.Invitation) account.Invitation {
		i, err := a.Invite(ctx, v, i)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(i.Secret, "bri_") || len(i.Secret) < 50 {
			t.Errorf("secret %s", i.Secret)
		}
		return i
	}
	now := s.Clock.Now()
	plain := invite(as("root"), account.Invitation{Note: "for eve"})
	member := invite(as("ada"), account.Invitation{Org: "ACME", Life: time.Hour})
	owner := invite(as("ada"), account.Invitation{Org: "acme", Owner: true})
	dropped := invite(as("ada"), account.Invitation{Org: "acme"})
	short := invite(as("root"), account.Invitation{Life: time.Minute})

	listed := func(i account.Invitation) account.Invitation {
		i.Secret, i.Life = "", 0
		return i
	}
	list, err := a.ListInvitations(ctx, as("ada"), "acme", member.ID, 1)
	if diff := cmp.Diff([]account.Invitation{listed(owner)}, list); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	list, err = a.ListInvitations(ctx, as("root"), "", 0, 100)
	want := []account.Invitation{listed(plain), listed(member), listed(owner), listed(dropped), listed(short)}
	if diff := cmp.Diff(want, list); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	if plain.ExpiresAt != now.Add(7*24*time.Hour) || member.Org != "acme" || plain.CreatedBy != "root" {
		t.Errorf("%+v, %+v", plain, member)
	}
	for name, v := range map[string]berth.Viewer{"member": as("mia"), "stranger": as("bob")} {
		if _, err := a.ListInvitations(ctx, v, "acme", 0, 100); err == nil {
			t.Errorf("a %s lists invitations", name)
		}
		if _, err := a.ListInvitations(ctx, v, "", 0, 100); !errors.Is(err, berth.ErrDenied) {
			t.Errorf("a %s lists all invitations: %v", name, err)
		}
		refused(t, name+" drops", a.DropInvitation(ctx, v, dropped.ID), berth.ErrInvitationUnknown)
	}
	refused(t, "an owner drops another's", a.DropInvitation(ctx, as("ada"), plain.ID), berth.ErrInvitationUnknown)
	refused(t, "anonymous drops", a.DropInvitation(ctx, berth.Viewer{}, plain.ID), berth.ErrUnauthenticated)
	if err := a.DropInvitation(ctx, as("ada"), dropped.ID); err != nil {
		t.Fatal(err)
	}

	got, err := a.GetInvitation(ctx, member.Secret)
	if diff := cmp.Diff(account.Invitation{Org: "acme", ExpiresAt: member.ExpiresAt}, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	s.Clock.Advance(time.Minute)
	for name, secret := range map[string]string{"dropped": dropped.Secret, "expired": short.Secret, "made up": "bri_x"} {
		_, err := a.GetInvitation(ctx, secret)
		refused(t, "look at "+name, err, berth.ErrInvitationUnknown)
		_, err = a.Join(ctx, secret, "eve", "long enough", here)
		refused(t, "join with "+name, err, berth.ErrInvitationUnknown)
	}
	if n, err := a.ReapSessions(ctx); n != 1 || err != nil {
		t.Errorf("reaped %d, %v", n, err)
	}
	for user, i := range map[string]account.Invitation{"Eve": plain, "Moe": member, "Olga": owner} {
		refuse := func(name, password string, want error) {
			_, err := a.Join(ctx, i.Secret, name, password, here)
			refused(t, "join as "+name, err, want)
		}
		refuse("ADA", "long enough", berth.ErrOwnerExists)
		refuse("acme", "long enough", berth.ErrOwnerExists)
		refuse("settings", "long enough", berth.ErrOwnerInvalid)
		refuse(user, "short", berth.ErrPasswordInvalid)
		v, err := a.Join(ctx, i.Secret, user, secret, here)
		if err != nil {
			t.Fatal(err)
		}
		again, err := a.Login(ctx, user, secret, here)
		if diff := cmp.Diff(again, v); diff != "" || err != nil || v.Admin {
			t.Errorf("%v\n%s", err, diff)
		}
		refuse(user+"2", "long enough", berth.ErrInvitationUnknown)
		_, memberErr := a.ListInvitations(ctx, v, "acme", 0, 1)
		_, strangerErr := a.GetInvitation(ctx, i.Secret)
		refused(t, "a used one", strangerErr, berth.ErrInvitationUnknown)
		if want := map[string]error{"Eve": berth.ErrOwnerUnknown, "Moe": berth.ErrDenied, "Olga": nil}[user]; !errors.Is(memberErr, want) {
			t.Errorf("%s in acme: %v", user, memberErr)
		}
	}
	events := strings.Join(s.Events(), "\n")
	for _, want := range []string{"invitation.create : for eve", "invitation.create acme", "invitation.delete acme", "user.join Eve: invitation of root", "invitation.accept acme/Moe: invitation of ada"} {
		if !strings.Contains(events, want) {
			t.Errorf("%q is not in the log:\n%s", want, events)
		}
	}
}

// An invitation is no good once whoever made it could not make it any more.
func TestInvitationEndsWithItsMaker(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		maker berth.Viewer
		org   string
		then  string // done to mia, the maker
		good  bool
	}{
		"owner":                  {as("mia"), "acme", `UPDATE users SET admin = admin WHERE owner_id = 3`, true},
		"owner, now a member":    {as("mia"), "acme", `UPDATE members SET owner = FALSE WHERE user_id = 3`, false},
		"owner, removed":         {as("mia"), "acme", `DELETE FROM members WHERE user_id = 3`, false},
		"owner of another one":   {as("mia"), "acme", `UPDATE invitations SET org_id = NULL`, false},
		"owner, blocked":         {as("mia"), "acme", `UPDATE users SET blocked_at = 1 WHERE owner_id = 3`, false},
		"owner, gone":            {as("mia"), "acme", `UPDATE invitations SET created_by_id = 1000`, false},
		"administrator":          {as("root"), "", `UPDATE users SET blocked_at = 1 WHERE owner_id = 3`, true},
		"administrator, not now": {as("root"), "", `UPDATE users SET admin = FALSE WHERE owner_id = 4`, false},
		"administrator, blocked": {as("root"), "acme", `UPDATE users SET blocked_at = 1 WHERE owner_id = 4`, false},
		"operator":               {berth.Operator(), "", `UPDATE users SET admin = FALSE`, true},
	} {
		s := berthtest.New(t)
		s.Account.FastHashes()
		s.Exec(`UPDATE members SET owner = TRUE WHERE user_id = 3`)
		i, err := s.Account.Invite(t.Context(), tt.maker, account.Invitation{Org: tt.org})
		if err != nil {
			t.Fatal(err)
		}
		s.Exec(tt.then)
		var want error
		if !tt.good {
			want = berth.ErrInvitationUnknown
		}
		if _, err := s.Account.GetInvitation(t.Context(), i.Secret); !errors.Is(err, want) {
			t.Errorf("%s: look: %v", name, err)
		}
		if _, err := s.Account.Join(t.Context(), i.Secret, "eve", secret, here); !errors.Is(err, want) {
			t.Errorf("%s: join: %v", name, err)
		}
	}
}

// One invitation makes one account.
func TestInvitationRace(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	s.Account.FastHashes()
	i, err := s.Account.Invite(t.Context(), as("root"), account.Invitation{})
	if err != nil {
		t.Fatal(err)
	}
	var joined atomic.Int32
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			_, err := s.Account.Join(t.Context(), i.Secret, fmt.Sprintf("user%d", n), secret, here)
			switch {
			case err == nil:
				joined.Add(1)
			case !errors.Is(err, berth.ErrInvitationUnknown):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if joined.Load() != 1 {
		t.Errorf("%d accounts", joined.Load())
	}
}

func TestRegistration(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ctx := t.Context()
	_, err := s.Account.Join(ctx, "", "eve", secret, here)
	refused(t, "while it is off", err, berth.ErrDenied)
	opts := s.AccountOptions()
	opts.Registration = true
	a, err := account.New(ctx, s.Meta, opts)
	if err != nil {
		t.Fatal(err)
	}
	hashes := a.FastHashes()
	s.Exec(`INSERT INTO held_names (folded, until) VALUES ('held', $1), ('free', $2)`, s.Clock.Now().UnixMicro()+1, s.Clock.Now().UnixMicro())
	_, err = a.Join(ctx, "", "Held", secret, here)
	refused(t, "a held name", err, berth.ErrOwnerExists)
	for _, name := range []string{"eve", "free"} {
		v, err := a.Join(ctx, "", name, secret, here)
		if err != nil || v.Admin || v.Login != name {
			t.Errorf("%+v, %v", v, err)
		}
	}
	if err := a.CreateUser(ctx, as("root"), "held", secret, false); err != nil {
		t.Errorf("an administrator may: %v", err)
	}
	for n := range 7 {
		if _, err := a.Join(ctx, "", fmt.Sprintf("user%d", n), secret, here); err != nil {
			t.Fatal(err)
		}
	}
	before := hashes.Load()
	_, err = a.Join(ctx, "", "one-more", secret, here)
	refused(t, "too many from one address", err, berth.ErrTooMany)
	if hashes.Load() != before {
		t.Error("the work was done all the same")
	}
	if _, err := a.Join(ctx, "", "one-more", secret, there); err != nil {
		t.Errorf("from elsewhere: %v", err)
	}
}
