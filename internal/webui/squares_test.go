package webui

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"rsc.io/qr"
)

// checkSquares reads a path as a browser does, and compares it with the code of a text.
func checkSquares(t *testing.T, text, path, size string) {
	t.Helper()
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		t.Fatal(err)
	}
	const margin = 2
	if size != strconv.Itoa(code.Size+2*margin) {
		t.Errorf("size %s of %d", size, code.Size)
	}
	black := map[[2]int]bool{}
	for part := range strings.SplitSeq(strings.TrimSuffix(path, "z"), "z") {
		var x, y, width, back int
		if _, err := fmt.Sscanf(part, "M%d %dh%dv1h-%d", &x, &y, &width, &back); err != nil || width != back || width < 1 {
			t.Fatalf("%s: %v", part, err)
		}
		for i := range width {
			black[[2]int{x + i - margin, y - margin}] = true
		}
	}
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) != black[[2]int{x, y}] {
				t.Fatalf("square %d %d", x, y)
			}
			delete(black, [2]int{x, y})
		}
	}
	if len(black) > 0 {
		t.Errorf("squares outside: %v", black)
	}
}
