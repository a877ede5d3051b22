package restapi_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/restapi"
)

// Every route is in the documentation, and every route there is one. The first cell
// of a table names routes; methods before a path share it.
func TestRoutesDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	code := regexp.MustCompile("`([A-Z]+)( /[^`]*)?`")
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		var methods []string
		for _, m := range code.FindAllStringSubmatch(strings.Split(line, "|")[1], -1) {
			methods = append(methods, m[1])
			if m[2] == "" {
				continue
			}
			for _, word := range []string{"users", "orgs"} {
				path := " " + strings.Replace(strings.TrimSpace(m[2]), "{users,orgs}", word, 1)
				if !strings.HasPrefix(path, " /api/") {
					path = " /api/v3" + path[1:]
				}
				for _, method := range methods {
					documented = append(documented, method+path)
				}
			}
			methods = nil
		}
	}
	slices.Sort(documented)
	routes := restapi.NewLocal(nil, nil, nil, httpkit.Origins{}).Routes()
	slices.Sort(routes)
	if diff := cmp.Diff(routes, slices.Compact(documented)); diff != "" {
		t.Errorf("docs/api.md (- is missing there, + is no route):\n%s", diff)
	}
}
