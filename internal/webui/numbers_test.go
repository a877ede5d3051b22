package webui

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth/internal/webui/view"
)

// No page leads to one that would be refused.
func TestNumbered(t *testing.T) {
	t.Parallel()
	full := make([]int, pageSize+1)
	for _, test := range []struct {
		list   []int
		number int
		want   view.Pages
	}{
		{nil, 1, view.Pages{Number: 1}},
		{full[1:], 1, view.Pages{Number: 1}},
		{full, lastPage - 1, view.Pages{Number: lastPage - 1, More: true}},
		{full, lastPage, view.Pages{Number: lastPage}},
	} {
		rows, got := numbered(test.list, test.number)
		if diff := cmp.Diff(test.want, got); diff != "" || len(rows) != min(len(test.list), pageSize) {
			t.Errorf("page %d: %d rows, %s", test.number, len(rows), diff)
		}
	}
}
