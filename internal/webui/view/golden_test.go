package view

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write what components print to testdata") //nolint:gochecknoglobals // as flags are

// noon is the time of the frame in tests.
func noon() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }

// render prints a component in a frame of which only the viewer and the path matter.
func render(t *testing.T, f Frame, c templ.Component) string {
	t.Helper()
	f.Now, f.Static = noon(), "v1"
	var b bytes.Buffer
	if err := c.Render(With(t.Context(), f), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// golden compares what a component prints, an element a line, with a file in testdata.
func golden(t *testing.T, name string, f Frame, c templ.Component) {
	t.Helper()
	got := strings.ReplaceAll(render(t, f, c), "><", ">\n<") + "\n"
	file := filepath.Join("testdata", name+".html")
	if *update {
		if err := os.MkdirAll("testdata", 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s, run with -update if it is as it should be:\n%s", file, diff)
	}
}
