package restapi

import (
	"testing"

	"github.com/berth-registry/berth"
)

func TestEveryErrorHasAStatus(t *testing.T) {
	t.Parallel()
	table := statuses()
	for _, err := range berth.Errors() {
		if status := table[err.ID]; status < 400 || status > 599 {
			t.Errorf("%s has the status %d", err.ID, status)
		}
		delete(table, err.ID)
	}
	for id := range table {
		t.Errorf("%s is no error of ours", id)
	}
}
