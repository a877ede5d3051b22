package berth_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/berth-registry/berth"
)

func TestParseSearch(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", " Web\n": "Web", "веб": "веб", strings.Repeat("ж", berth.MaxSearch): strings.Repeat("ж", berth.MaxSearch),
	} {
		if got, err := berth.ParseSearch(text); err != nil || got != want {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	for _, text := range []string{strings.Repeat("x", berth.MaxSearch+1), "two\nlines", "\xff", "a\x00b"} {
		if got, err := berth.ParseSearch(text); !errors.Is(err, berth.ErrRequestInvalid) || got != "" {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}
