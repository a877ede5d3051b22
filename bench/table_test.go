package main

import (
	"strings"
	"testing"
	"time"
)

func TestRenderTable(t *testing.T) {
	t.Parallel()
	got := renderTable([]string{"scenario", "ops/s", "ratio"}, [][]string{{"a", "1", "1.00×"}, {"manifest GET", "12345", noFigure}})
	want := strings.Join([]string{
		"| scenario     | ops/s | ratio |",
		"| ------------ | ----: | ----: |",
		"| a            |     1 | 1.00× |",
		"| manifest GET | 12345 |     – |",
		"",
	}, "\n")
	if got != want {
		t.Errorf("renderTable =\n%swant\n%s", got, want)
	}
}

func TestFigure(t *testing.T) {
	t.Parallel()
	for v, want := range map[float64]string{0.12345: "0.123", 1.2345: "1.23", 12.345: "12.3", 1234.5: "1234"} {
		if got := figure(v); got != want {
			t.Errorf("figure(%v) = %q, want %q", v, got, want)
		}
	}
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	layer := scenario{title: "push layer", conns: 1, bytes: 1 << 28, hash: true}
	token := scenario{title: "token", conns: 1}
	one := summary{
		rounds: 3, perSecond: 2, p50: time.Millisecond, p90: 2 * time.Millisecond, p99: 3 * time.Millisecond, max: 40 * time.Millisecond,
		wallPerOp: 500 * time.Millisecond, cpuPerOp: 400 * time.Millisecond, peak: 30 << 20,
		hashed: 200 * time.Millisecond, hashCPU: 200 * time.Millisecond,
	}
	two := one
	two.perSecond, two.cpuPerOp, two.peak, two.errs = 1, -1, 0, 4
	rep := report{
		about: "a machine", names: []string{"berth", "other"}, rounds: 3, notes: []string{"remark"},
		rows: []row{{layer, []summary{one, two}}, {token, []summary{one, {}}}},
	}
	got := squeeze(rep.markdown())
	for _, want := range []string{
		"A ratio is berth divided by the other",
		"| scenario | c | berth ops/s | other ops/s | ratio | berth p50 / p90 / p99 / max, ms |",
		"| push layer | 1 | 2.00 | 1.00 (4 failed) | 2.00× | 1.00 / 2.00 / 3.00 / 40.0 |",
		"| token | 1 | 2.00 | – | – | 1.00 / 2.00 / 3.00 / 40.0 | – |",
		"| push layer | 1 | 400 | – | – | 30 | – | – |",
		"| push layer | 1 | 537 | 268 | 2.00× | 1600 | – | – |",
		"| push layer | 1 | 0.50 | 0.50 | 0.20 | 2.50× | 2.50× | 0.40 | – | 0.20 | 2.00× | – |",
		"- remark",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

// squeeze removes the padding of a table.
func squeeze(s string) string {
	for strings.Contains(s, "  ") {
		s = strings.ReplaceAll(s, "  ", " ")
	}
	return s
}
