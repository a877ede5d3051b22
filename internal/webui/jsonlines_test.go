package webui

import (
	"bytes"
	"encoding/json"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Lines are those that the library writes.
func TestJSONLines(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`{}`, `[ ]`, `1`, `"a\"b\\"`, `{"a" : [1,2 , {"b":{} , "c":[]}],"d":"x, {y}: [z] \\\" "}`, "[\n[[]],\tnull,true,-1.5e3]", `[{"a":[[{"b":1}]]}]`,
	} {
		var b bytes.Buffer
		if err := json.Indent(&b, []byte(text), "", "  "); err != nil {
			t.Fatal(err)
		}
		got, more := linesOf([]byte(text + "\n"))
		if diff := cmp.Diff(strings.Split(b.String(), "\n"), got); diff != "" || more {
			t.Errorf("%s: %v %s", text, more, diff)
		}
	}
}

// A document that is nested as deep as JSON may be, with many values at the bottom, does
// not become thousands of times as long.
func TestLinesOfDeepDocuments(t *testing.T) { //nolint:paralleltest // measures memory
	const deep, values = 5000, 20_000
	content := []byte(strings.Repeat("[", deep) + strings.Repeat("1,", values) + "1" + strings.Repeat("]", deep))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	list, more := linesOf(content)
	runtime.ReadMemStats(&after)
	size := 0
	for _, line := range list {
		size += len(line)
	}
	if made := after.TotalAlloc - before.TotalAlloc; made > 16<<20 || size > maxRawText || len(list) != maxLines || !more {
		t.Errorf("%d bytes made of %d, %d lines of %d bytes, more: %v", made, len(content), len(list), size, more)
	}
	long := []byte(`["` + strings.Repeat("x", maxLine-3) + strings.Repeat(`","`+strings.Repeat("x", maxLine-4), 300) + `"]`)
	list, more = linesOf(long)
	if len(list) > 106 || !more {
		t.Errorf("%d long lines, more: %v", len(list), more)
	}
}
