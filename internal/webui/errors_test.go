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

// The text of an error is a sentence, but a name stays as it is written.
func TestSentence(t *testing.T) {
	t.Parallel()
	for msg, want := range map[string]string{
		"it is there already: another repository is called web": "Another repository is called web.",
		"manifest unknown: acme/web has no version nope":        "acme/web has no version nope.",
		"denied: web:1.4 matches v*":                            "web:1.4 matches v*.",
		"no such address":                                       "No such address.",
	} {
		if got := sentence(msg); got != want {
			t.Errorf("%q is %q, want %q", msg, got, want)
		}
	}
}
