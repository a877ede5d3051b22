package account_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
)

func TestGetOwner(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ctx := t.Context()
	_, err := s.Account.CreateServiceAccount(ctx, s.Viewer("ada"), "acme", "acme-ci", "")
	must(t, err)
	everything := account.Owner{Login: "acme", Kind: account.OwnerOrg, Member: true, Sees: true, Changes: true, MakesRepos: true, Pushes: true, Manages: true}
	member := account.Owner{Login: "acme", Kind: account.OwnerOrg, Member: true, Sees: true, MakesRepos: true, Pushes: true}
	site := everything
	site.Member = false
	self := account.Owner{Login: "bob", Kind: account.OwnerUser, Self: true, Member: true, Sees: true, Changes: true, MakesRepos: true, Pushes: true, Manages: true}
	for _, test := range []struct {
		viewer, name string
		want         account.Owner
		err          error
	}{
		{"ada", "Acme", everything, nil},
		{"mia", "acme", member, nil},
		{"root", "acme", site, nil},
		{"bob", "acme", account.Owner{}, berth.ErrOwnerUnknown},
		{"", "acme", account.Owner{}, berth.ErrUnauthenticated},
		{"bob", "nobody", account.Owner{}, berth.ErrOwnerUnknown},
		{"root", "nobody", account.Owner{}, berth.ErrOwnerUnknown},
		{"", "nobody", account.Owner{}, berth.ErrUnauthenticated},
		{"bob", "v2", account.Owner{}, berth.ErrOwnerUnknown},
		{"bob", "bob", self, nil},
		{"mia", "bob", account.Owner{Login: "bob", Kind: account.OwnerUser, Sees: true}, nil},
		{"", "bob", account.Owner{}, berth.ErrUnauthenticated},
		{"mia", "acme-ci", account.Owner{Login: "acme-ci", Kind: account.OwnerService, Sees: true}, nil},
		{"bob", "acme-ci", account.Owner{}, berth.ErrOwnerUnknown},
	} {
		v := berth.Viewer{}
		if test.viewer != "" {
			v = s.Viewer(test.viewer)
		}
		got, err := s.Account.GetOwner(ctx, v, test.name)
		if !errors.Is(err, test.err) || (err == nil) != (test.err == nil) {
			t.Errorf("%s as %q: %v, want %v", test.name, test.viewer, err, test.err)
		} else if diff := cmp.Diff(test.want, got, cmpopts.IgnoreFields(account.Owner{}, "ID", "CreatedAt")); err == nil && diff != "" {
			t.Errorf("%s as %q: %s", test.name, test.viewer, diff)
		}
	}
}

// An owner shows when there is something of it to read, also by the name of before.
func TestGetOwnerThatShowsSomething(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ctx := t.Context()
	s.As("mia").PushImage("acme/app", "v1", "seed")
	s.SetVisibility("acme/app", berth.VisibilityInternal)
	seen := func(v berth.Viewer, name string) bool {
		t.Helper()
		got, err := s.Account.GetOwner(ctx, v, name)
		if err != nil && !errors.Is(err, berth.ErrOwnerUnknown) && !errors.Is(err, berth.ErrUnauthenticated) {
			t.Fatal(err)
		}
		return err == nil && !got.Sees && got.Login != ""
	}
	if !seen(s.Viewer("bob"), "acme") || seen(berth.Viewer{}, "acme") {
		t.Error("an internal package shows its owner to those who are signed in")
	}
	s.SetVisibility("acme/app", berth.VisibilityPublic)
	if !seen(berth.Viewer{}, "acme") {
		t.Error("a public package does not show its owner")
	}
	_, err := s.Account.RenameOrg(ctx, s.Viewer("ada"), "acme", "zeal")
	must(t, err)
	if got, err := s.Account.GetOwner(ctx, berth.Viewer{}, "acme"); err != nil || got.Login != "zeal" {
		t.Errorf("by the old name: %v, %v", got, err)
	}
	s.SetVisibility("zeal/app", berth.VisibilityPrivate)
	if seen(s.Viewer("bob"), "zeal") || seen(s.Viewer("bob"), "acme") {
		t.Error("a private package shows its owner")
	}
	_, err = s.Account.CreateRepository(ctx, s.Viewer("ada"), "zeal", account.RepositoryChange{Name: new("web"), Visibility: new(berth.VisibilityInternal)})
	must(t, err)
	if !seen(s.Viewer("bob"), "zeal") {
		t.Error("an internal repository does not show its owner")
	}
}

func TestSuggest(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ctx := t.Context()
	for _, name := range []string{"web", "Webshop", "wea", "api"} {
		_, err := s.Account.CreateRepository(ctx, s.Viewer("ada"), "acme", account.RepositoryChange{Name: &name})
		must(t, err)
	}
	for _, name := range []string{"Front", "frost", "back"} {
		_, err := s.Account.CreateTeam(ctx, s.Viewer("ada"), "acme", name)
		must(t, err)
	}
	for _, test := range []struct {
		viewer, kind, owner, text string
		want                      []string
	}{
		{"mia", "repository", "acme", "web", []string{"acme/web", "acme/Webshop"}},
		{"mia", "repository", "acme", "", []string{"acme/api", "acme/wea", "acme/web", "acme/Webshop"}},
		{"bob", "repository", "acme", "web", nil},
		{"mia", "team", "acme", "FR", []string{"Front", "frost"}},
		{"mia", "team", "acme", "", []string{"back", "Front", "frost"}},
		{"bob", "team", "acme", "f", nil},
		{"bob", "team", "nobody", "f", nil},
		{"bob", "team", "a b", "f", nil},
		{"mia", "user", "acme", "", []string{"ada", "mia"}},
		{"bob", "user", "acme", "", nil},
		{"bob", "user", "acme", "mi", []string{"mia"}},
		{"bob", "user", "acme", "ac", nil}, // no organization
		{"mia", "user", "acme", "%", nil},
	} {
		got, err := s.Account.Suggest(ctx, s.Viewer(test.viewer), test.kind, test.owner, test.text)
		must(t, err)
		if diff := cmp.Diff(test.want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%+v: %s", test, diff)
		}
	}
	if _, err := s.Account.Suggest(ctx, berth.Viewer{}, "user", "acme", "a"); !errors.Is(err, berth.ErrUnauthenticated) {
		t.Error(err)
	}
	if _, err := s.Account.Suggest(ctx, s.Viewer("ada"), "password", "acme", "a"); !errors.Is(err, berth.ErrRequestInvalid) {
		t.Error(err)
	}
}
