package restapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/berthtest"
)

// Packages by visibility, in numbered pages.
func TestListPackagesByVisibility(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ada := s.As("ada")
	for i := range 9 {
		ada.PushImage(fmt.Sprintf("acme/app%d", i), "v1", "1")
		s.SetVisibility(fmt.Sprintf("acme/app%d", i), []berth.Visibility{berth.VisibilityPublic, berth.VisibilityInternal, berth.VisibilityPrivate}[i%3])
	}
	names := func(c *berthtest.Client, path string) (list []string, links string) {
		t.Helper()
		r := c.Get("/api/v3/orgs/acme/packages" + path).Want(http.StatusOK)
		var packages []struct{ Name string }
		if err := json.Unmarshal(r.Body, &packages); err != nil {
			t.Fatal(err)
		}
		for _, p := range packages {
			list = append(list, p.Name)
		}
		return list, r.Header.Get("Link")
	}
	for _, c := range []struct {
		who  string
		path string
		want []string
		next string // in the address of the next page
	}{
		{"ada", "?visibility=private", []string{"app2", "app5", "app8"}, ""},
		{"mia", "?visibility=internal", []string{"app1", "app4", "app7"}, ""},
		{"bob", "?visibility=private", nil, ""},
		{"bob", "?visibility=internal&per_page=2", []string{"app1", "app4"}, "after=app4&page=2&per_page=2&visibility=internal"},
		{"bob", "?visibility=internal&per_page=2&page=2", []string{"app7"}, ""},
		{"", "?visibility=internal", nil, ""},
		{"", "?visibility=public&package_type=container", []string{"app0", "app3", "app6"}, ""},
		{"", "?visibility=public&package_type=npm", nil, ""},
		{"ada", "?per_page=4&page=2", []string{"app4", "app5", "app6", "app7"}, "after=app7&page=3&per_page=4"},
		{"ada", "?per_page=4&page=3", []string{"app8"}, ""},
		{"ada", "?per_page=4&page=4", nil, ""},
		{"bob", "?per_page=3&page=2", []string{"app4", "app6", "app7"}, ""},
		{"", "?per_page=2&page=2", []string{"app6"}, ""},
	} {
		client := s.With("")
		if c.who != "" {
			client = s.As(c.who)
		}
		got, links := names(client, c.path)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s lists %s: %v, want %v", c.who, c.path, got, c.want)
		}
		if strings.Contains(links, `rel="next"`) != (c.next != "") || !strings.Contains(links, c.next) {
			t.Errorf("%s lists %s: Link is %s", c.who, c.path, links)
		}
	}
	for _, path := range []string{"?visibility=secret", "?visibility=secret&package_type=npm", "?visibility=PUBLIC"} {
		ada.Get("/api/v3/orgs/acme/packages" + path).Want(http.StatusUnprocessableEntity)
	}
	ada.Get("/api/v3/orgs/acme/packages?per_page=100&page=101").Want(http.StatusBadRequest, http.StatusUnprocessableEntity)
}
