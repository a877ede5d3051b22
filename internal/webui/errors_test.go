package webui

import (
	"testing"

	"github.com/berth-registry/berth"
)

func TestEveryErrorHasARow(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	all := rows()
	for _, e := range berth.Errors() {
		known[e.ID] = true
		if r, ok := all[e.ID]; !ok || r.status < 400 || r.title == "" {
			t.Errorf("%s: row %+v", e.ID, r)
		}
	}
	for id := range all {
		if !known[id] {
			t.Errorf("%s is no error of ours", id)
		}
	}
}
