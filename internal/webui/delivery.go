package webui

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// headerLines prints headers that are kept as a JSON object, one a line.
func headerLines(text string) string {
	var headers map[string]any
	if json.Unmarshal([]byte(text), &headers) != nil {
		return text
	}
	lines := make([]string, 0, len(headers))
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		lines = append(lines, fmt.Sprintf("%s: %v", name, headers[name]))
	}
	return strings.Join(lines, "\n")
}

// indented prints JSON as people read it.
func indented(raw []byte) string {
	var b bytes.Buffer
	if json.Indent(&b, raw, "", "  ") != nil {
		return strings.ToValidUTF8(string(raw), "\uFFFD")
	}
	return b.String()
}
