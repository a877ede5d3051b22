package account_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/meta/metatest"
)

func repositoryOf(t *testing.T, s *berthtest.Server, owner, name string, v berth.Visibility) {
	t.Helper()
	if _, err := s.Account.CreateRepository(t.Context(), berth.Operator(), owner, account.RepositoryChange{Name: &name, Visibility: &v}); err != nil {
		t.Fatal(err)
	}
}

func onServer(t *testing.T, address string) *berthtest.Server {
	t.Helper()
	if strings.HasPrefix(address, "sqlite:") {
		address = ""
	}
	return berthtest.New(t, berthtest.Options{Address: address})
}

func TestReadme(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		s := onServer(t, address)
		ctx := t.Context()
		repositoryOf(t, s, "acme", "web", berth.VisibilityPrivate)
		ada, mia, bob := s.Viewer("ada"), s.Viewer("mia"), s.Viewer("bob")
		is := func(what string, err error, want *berth.Error) {
			t.Helper()
			if named, ok := err.(*berth.Error); want == nil && err != nil || want != nil && (!ok || named.ID != want.ID) { //nolint:errorlint // it is bare
				t.Errorf("%s: %v, want %v", what, err, want)
			}
		}
		empty, err := s.Account.GetReadme(ctx, ada, "acme", "web")
		is("none", err, nil)
		if empty.Text != "" || !empty.UpdatedAt.IsZero() {
			t.Errorf("%+v", empty)
		}
		put, err := s.Account.PutReadme(ctx, ada, "Acme", "WEB", "# Web\r\n\tü\n")
		is("written", err, nil)
		got, err := s.Account.GetReadme(ctx, mia, "acme", "web")
		is("a member", err, nil)
		if got.Text != "# Web\n\tü\n" || !got.UpdatedAt.Equal(put.UpdatedAt.Truncate(time.Microsecond)) || got.UpdatedAt.IsZero() {
			t.Errorf("%+v, after %+v", got, put)
		}
		if of, err := s.Account.ReadmeOf(ctx, mia, "acme/web"); err != nil || of.Text != got.Text {
			t.Errorf("%+v, %v", of, err)
		}
		for _, v := range []berth.Viewer{{}, bob} {
			if of, err := s.Account.ReadmeOf(ctx, v, "acme/web"); err != nil || of.Text != "" {
				t.Errorf("%+v, %v", of, err)
			}
		}
		if of, err := s.Account.ReadmeOf(ctx, ada, ""); err != nil || of.Text != "" {
			t.Errorf("%+v, %v", of, err)
		}
		_, err = s.Account.GetReadme(ctx, bob, "acme", "web")
		is("a stranger", err, berth.ErrRepositoryUnknown)
		_, err = s.Account.GetReadme(ctx, berth.Viewer{}, "acme", "web")
		is("nobody", err, berth.ErrUnauthenticated)
		_, err = s.Account.PutReadme(ctx, mia, "acme", "web", "x")
		is("a member writes", err, berth.ErrDenied)
		for text, want := range map[string]*berth.Error{"\x00": berth.ErrRequestInvalid, "\xff": berth.ErrRequestInvalid, strings.Repeat("a", account.MaxReadme+1): berth.ErrRequestTooLarge} {
			_, err = s.Account.PutReadme(ctx, ada, "acme", "web", text)
			is(fmt.Sprintf("%.3q", text), err, want)
		}
		_, err = s.Account.PutReadme(ctx, ada, "acme", "web", "")
		is("removed", err, nil)
		if got, err := s.Account.GetReadme(ctx, ada, "acme", "web"); err != nil || got.Text != "" || !got.UpdatedAt.IsZero() {
			t.Errorf("%+v, %v", got, err)
		}
		events := strings.Join(s.Events(), "\n")
		if strings.Count(events, "repo.readme") != 2 || !strings.Contains(events, "10 bytes") {
			t.Errorf("events are\n%s", events)
		}
	})
}

func TestExpiringTokens(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		s := onServer(t, address)
		ctx, day := t.Context(), 24*time.Hour
		ada := s.Viewer("ada")
		for name, life := range map[string]time.Duration{"gone": day, "past": 4 * day, "soon": 11 * day, "later": 23 * day, "far": 26 * day, "never": 0} {
			if _, err := s.Account.CreateToken(ctx, ada, "ada", account.TokenRequest{Name: name, Scopes: berth.ScopeReadPackages, Life: life}); err != nil {
				t.Fatal(err)
			}
		}
		revoked, err := s.Account.CreateToken(ctx, ada, "ada", account.TokenRequest{Name: "revoked", Scopes: berth.ScopeReadPackages, Life: 11 * day})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Account.RevokeToken(ctx, ada, "ada", revoked.ID); err != nil {
			t.Fatal(err)
		}
		s.Clock.Advance(10 * day)
		list, err := s.Account.ExpiringTokens(ctx, ada, 14*day)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, token := range list {
			names = append(names, token.Name)
		}
		if diff := cmp.Diff([]string{"past", "soon", "later"}, names); diff != "" {
			t.Errorf("tokens (-want +got):\n%s", diff)
		}
		if list, err := s.Account.ExpiringTokens(ctx, s.Viewer("bob"), 14*day); err != nil || len(list) > 0 {
			t.Errorf("%v, %v", list, err)
		}
		if _, err := s.Account.ExpiringTokens(ctx, berth.Viewer{}, 14*day); err == nil {
			t.Error("nobody has tokens")
		}
	})
}

func TestSearchOwners(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		s := onServer(t, address)
		if err := s.Account.CreateOrg(t.Context(), berth.Operator(), "acorn", "bob"); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"wa", "web", "web2", "wed"} {
			repositoryOf(t, s, "acme", name, berth.VisibilityPrivate)
		}
		repositoryOf(t, s, "acorn", "open", berth.VisibilityInternal)
		find := func(v berth.Viewer, prefix string, limit int) string {
			t.Helper()
			owners, repositories, err := s.Account.Search(t.Context(), v, prefix, limit)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, o := range owners {
				names = append(names, o.Kind+" "+o.Name)
			}
			for _, r := range repositories {
				names = append(names, r.FullName())
			}
			return strings.Join(names, ", ")
		}
		for _, c := range []struct {
			who, prefix string
			want        string
		}{
			{"ada", "A", "org acme, user ada, acme/wa, acme/web, acme/web2, acme/wed, acorn/open"},
			{"bob", "ac", "org acorn, acorn/open"},
			{"mia", "acme/we", "acme/web, acme/web2, acme/wed"},
			{"mia", "acme/web2", "acme/web2"},
			{"mia", "acme/", "acme/wa, acme/web, acme/web2, acme/wed"},
			{"mia", "zz", ""},
			{"mia", "", ""},
			{"root", "ac", "org acme, org acorn, acme/wa, acme/web, acme/web2, acme/wed, acorn/open"},
		} {
			if got := find(s.Viewer(c.who), c.prefix, 10); got != c.want {
				t.Errorf("%s finds %s by %q, want %s", c.who, got, c.prefix, c.want)
			}
		}
		if got := find(s.Viewer("mia"), "acme/we", 1); got != "acme/web" {
			t.Errorf("the first is %s", got)
		}
		if got := find(berth.Viewer{}, "a", 10); got != "" {
			t.Errorf("nobody finds %s", got)
		}
		if _, _, err := s.Account.Search(t.Context(), berth.Viewer{}, "\x00", 10); err == nil {
			t.Error("what is no text is accepted")
		}
	})
}
