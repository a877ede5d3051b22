package registry_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
)

func TestListLinked(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ctx := t.Context()
	repo := func(name string, visibility berth.Visibility) {
		t.Helper()
		if _, err := s.Account.CreateRepository(ctx, s.Viewer("ada"), "acme", account.RepositoryChange{Name: &name, Visibility: &visibility}); err != nil {
			t.Fatal(err)
		}
	}
	repo("Web", berth.VisibilityInternal)
	repo("other", berth.VisibilityPrivate)
	for _, path := range []string{"c", "a", "b", "d"} {
		s.As("ada").PushImage("acme/"+path, "v1", path)
		to := "acme/web"
		if path == "d" {
			to = "acme/other"
		}
		if err := s.Registry.Link(ctx, s.Viewer("ada"), berth.Name{Owner: "acme", Path: path}, to); err != nil {
			t.Fatal(err)
		}
	}
	s.SetVisibility("acme/b", berth.VisibilityPublic)
	s.SetVisibility("acme/d", berth.VisibilityPublic)
	if err := s.Registry.DeletePackage(ctx, s.Viewer("ada"), berth.Name{Owner: "acme", Path: "c"}); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		viewer, repository, after string
		limit                     int
		want                      []string
	}{
		{"ada", "web", "", 10, []string{"acme/a", "acme/b"}},
		{"ada", "WEB", "", 1, []string{"acme/a"}},
		{"ada", "web", "a", 10, []string{"acme/b"}},
		{"bob", "web", "", 10, []string{"acme/b"}},
		{"bob", "other", "", 10, nil}, // which he may not know
		{"ada", "other", "", 10, []string{"acme/d"}},
		{"ada", "nothing", "", 10, nil},
	} {
		list, err := s.Registry.ListLinked(ctx, s.Viewer(test.viewer), "Acme", test.repository, test.after, test.limit)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range list {
			got = append(got, p.Name.String())
		}
		if diff := cmp.Diff(test.want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%+v: %s", test, diff)
		}
	}
}
