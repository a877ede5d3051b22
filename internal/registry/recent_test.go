package registry_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta/metatest"
)

// What is one's own and one's organizations', the newest first, as far as one may see it.
func TestListRecent(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		s := server(t, address)
		for i, p := range []struct{ owner, path, visibility string }{
			{"mia", "old", "private"},
			{"acme", "old", "internal"},
			{"acme", "hidden", "private"}, // from members, for the organization gives them nothing
			{"ada", "public", "public"},   // of nobody whom mia has to do with
			{"acme", "web", "public"},
			{"mia", "web", "private"},
		} {
			exec(t, s, fmt.Sprintf(`INSERT INTO packages (owner_id, path, visibility, inherit, created_at, published_at, description, kind, updated_at, downloads)
				SELECT id, '%s', '%s', FALSE, 0, 1, '', 'image', %d, 0 FROM owners WHERE folded = '%s'`, p.path, p.visibility, i, p.owner))
		}
		exec(t, s, `UPDATE orgs SET base_role = 0`)
		got := func(v berth.Viewer, limit int) string {
			t.Helper()
			list, err := s.Registry.ListRecent(t.Context(), v, limit)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, p := range list {
				names = append(names, p.Name.String())
			}
			return strings.Join(names, " ")
		}
		for _, c := range []struct {
			v     berth.Viewer
			limit int
			want  string
		}{
			{s.Viewer("mia"), 10, "mia/web acme/web acme/old mia/old"},
			{s.Viewer("mia"), 2, "mia/web acme/web"},
			{s.Viewer("ada"), 10, "acme/web ada/public acme/hidden acme/old"},
			{s.Viewer("bob"), 10, ""},
			{s.Viewer("root"), 10, ""}, // whatever he may see
			{berth.Viewer{}, 10, ""},
		} {
			if got := got(c.v, c.limit); got != c.want {
				t.Errorf("%s: %s, want %s", c.v.Login, got, c.want)
			}
		}
	})
}
