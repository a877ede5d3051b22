package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// row is one scenario with a summary per target.
type row struct {
	s     scenario
	cells []summary
}

// report is everything that a run found.
type report struct {
	about  string
	names  []string
	rounds int
	rows   []row
	notes  []string
}

// column is a figure shown for every target, with ratios to the first one.
type column struct {
	title string
	cell  func(s scenario, c summary) string
	ratio func(s scenario, c summary) float64 // nil: no ratios; 0: unknown
	once  bool                                // not a figure of the target: shown for the first one only
}

// markdown renders all tables.
func (rep report) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s. Median of %d rounds per scenario, the targets in turn; *max* is the largest of all rounds. CPU is counted in steps of 10 ms per round.\n", rep.about, rep.rounds)
	if len(rep.names) > 1 {
		fmt.Fprintf(&b, "A ratio is %s divided by the other: above 1 is better for ops/s and MB/s, below 1 for CPU, memory and time.\n", rep.names[0])
	}
	anyRow := func(scenario) bool { return true }
	rep.section(&b, "Throughput and latency", anyRow, []column{
		{title: "ops/s", cell: opsCell, ratio: func(_ scenario, c summary) float64 { return c.perSecond }},
		{title: "p50 / p90 / p99 / max, ms", cell: latencyCell},
	})
	rep.section(&b, "CPU and memory of the server", anyRow, []column{
		{title: "CPU ms/op", cell: cpuCell, ratio: func(_ scenario, c summary) float64 { return positive(c.cpuPerOp) }},
		{title: "peak MiB", cell: peakCell, ratio: func(_ scenario, c summary) float64 { return float64(c.peak) }},
	})
	rep.section(&b, "Large transfers", func(s scenario) bool { return s.bytes > 0 }, []column{
		{title: "MB/s", cell: rateCell, ratio: func(s scenario, c summary) float64 { return megabytes(s, c) }},
		{title: "CPU ms/GiB", cell: cpuGiBCell, ratio: func(_ scenario, c summary) float64 { return positive(c.cpuPerOp) }},
	})
	rep.section(&b, "Large pushes against hashing the same bytes once (crypto/sha256 in the bench process)",
		func(s scenario) bool { return s.hash }, []column{
			{title: "wall s", cell: func(_ scenario, c summary) string { return known(c, seconds(c.wallPerOp)) }},
			{title: "hash wall s", cell: func(_ scenario, c summary) string { return known(c, seconds(c.hashed)) }, once: true},
			{title: "wall / hash", cell: func(_ scenario, c summary) string { return known(c, over(c.wallPerOp, c.hashed)) }},
			{title: "CPU s", cell: func(_ scenario, c summary) string { return known(c, seconds(c.cpuPerOp)) }},
			{title: "hash CPU s", cell: func(_ scenario, c summary) string { return known(c, seconds(c.hashCPU)) }, once: true},
			{title: "CPU / hash", cell: func(_ scenario, c summary) string { return known(c, over(c.cpuPerOp, c.hashCPU)) }},
		})
	if len(rep.notes) > 0 {
		b.WriteString("\nNotes:\n\n")
		for _, n := range rep.notes {
			fmt.Fprintf(&b, "- %s\n", n)
		}
	}
	return b.String()
}

// section renders one table of the rows that it is about, or nothing.
func (rep report) section(b *strings.Builder, title string, about func(scenario) bool, cols []column) {
	header := []string{"scenario", "c"}
	for _, c := range cols {
		for i, name := range rep.names {
			if c.once {
				header = append(header, c.title)
				break
			}
			header = append(header, name+" "+c.title)
			if i > 0 && c.ratio != nil {
				header = append(header, "ratio")
			}
		}
	}
	var lines [][]string
	for _, r := range rep.rows {
		if about(r.s) {
			lines = append(lines, rep.line(r, cols))
		}
	}
	if len(lines) > 0 {
		fmt.Fprintf(b, "\n### %s\n\n%s", title, renderTable(header, lines))
	}
}

// line renders one row of a section.
func (rep report) line(r row, cols []column) []string {
	line := []string{r.s.title, fmt.Sprint(r.s.conns)}
	for _, col := range cols {
		for i, cell := range r.cells {
			line = append(line, col.cell(r.s, cell))
			if col.once {
				break
			}
			if i > 0 && col.ratio != nil {
				line = append(line, ratio(col.ratio(r.s, r.cells[0]), col.ratio(r.s, cell)))
			}
		}
	}
	return line
}

// renderTable aligns a Markdown table, the first column to the left.
func renderTable(header []string, lines [][]string) string {
	width := make([]int, len(header))
	for _, l := range append([][]string{header}, lines...) {
		for i, cell := range l {
			width[i] = max(width[i], len([]rune(cell)), 3)
		}
	}
	var b strings.Builder
	write := func(cells []string) {
		for i, cell := range cells {
			pad := strings.Repeat(" ", width[i]-len([]rune(cell)))
			if i == 0 {
				b.WriteString("| " + cell + pad)
			} else {
				b.WriteString(" | " + pad + cell)
			}
		}
		b.WriteString(" |\n")
	}
	write(header)
	rule := make([]string, len(header))
	for i := range rule {
		rule[i] = strings.Repeat("-", width[i]-1) + ":"
	}
	rule[0] = strings.Repeat("-", width[0])
	write(rule)
	for _, l := range lines {
		write(l)
	}
	return b.String()
}

// noFigure stands for what was not measured.
const noFigure = "–"

// known returns text unless the scenario did not succeed at all.
func known(c summary, text string) string {
	if c.rounds == 0 {
		return noFigure
	}
	return text
}

// opsCell shows failures too: a fast refusal is no throughput.
func opsCell(_ scenario, c summary) string {
	text := known(c, figure(c.perSecond))
	if c.errs > 0 {
		text += fmt.Sprintf(" (%d failed)", c.errs)
	}
	return text
}

func latencyCell(_ scenario, c summary) string {
	return known(c, strings.Join([]string{millis(c.p50), millis(c.p90), millis(c.p99), millis(c.max)}, " / "))
}

func cpuCell(_ scenario, c summary) string {
	if c.cpuPerOp < 0 {
		return noFigure
	}
	return known(c, millis(c.cpuPerOp))
}

func peakCell(_ scenario, c summary) string {
	if c.peak == 0 {
		return noFigure
	}
	return fmt.Sprintf("%.0f", float64(c.peak)/(1<<20))
}

func rateCell(s scenario, c summary) string { return known(c, figure(megabytes(s, c))) }

func cpuGiBCell(s scenario, c summary) string {
	if c.cpuPerOp < 0 {
		return noFigure
	}
	return known(c, figure(c.cpuPerOp.Seconds()*1000*(1<<30)/float64(s.bytes)))
}

// megabytes is the rate in 10^6 bytes per second.
func megabytes(s scenario, c summary) float64 { return c.perSecond * float64(s.bytes) / 1e6 }

// positive is d in seconds, or 0 when it is unknown.
func positive(d time.Duration) float64 { return max(0, d.Seconds()) }

// seconds renders d, or a dash when it is unknown.
func seconds(d time.Duration) string {
	if d < 0 {
		return noFigure
	}
	return fmt.Sprintf("%.2f", d.Seconds())
}

// over renders a/b of two durations.
func over(a, b time.Duration) string { return ratio(positive(a), positive(b)) }

// ratio renders a/b, or a dash when either is unknown.
func ratio(a, b float64) string {
	if a <= 0 || b <= 0 {
		return noFigure
	}
	return fmt.Sprintf("%.2f×", a/b)
}

// millis renders d in milliseconds to three digits.
func millis(d time.Duration) string { return figure(float64(d) / float64(time.Millisecond)) }

// figure renders v to about three digits.
func figure(v float64) string {
	switch {
	case v < 1:
		return fmt.Sprintf("%.3f", v)
	case v < 10:
		return fmt.Sprintf("%.2f", v)
	case v < 100:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}

// machine describes where the run took place.
func machine(p procfs) string {
	model := runtime.GOARCH
	if b, err := os.ReadFile(filepath.Join(p.root, "cpuinfo")); err == nil {
		for line := range strings.Lines(string(b)) {
			if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	return fmt.Sprintf("%s, %d cores, %s, bench built with %s", model, runtime.NumCPU(), runtime.GOOS, runtime.Version())
}
