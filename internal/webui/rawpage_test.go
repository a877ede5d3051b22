package webui

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What turns the direction of writing around is seen in a document, and does nothing.
func TestLinesShowWhatIsNotSeen(t *testing.T) {
	t.Parallel()
	got, more := linesOf([]byte("{\"a\": \"x\u202ey\u2066z\U000e0041 ünd\"}"))
	want := []string{"{", `  "a": "x\u202ey\u2066z\udb40\udc41 ünd"`, "}"}
	if diff := cmp.Diff(want, got); diff != "" || more {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
