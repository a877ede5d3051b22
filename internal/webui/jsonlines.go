package webui

import (
	"bytes"
	"iter"
)

// maxIndent is how many levels of a document are told apart by an indent. Whoever may
// push writes these documents: with one for each level a few megabytes of brackets and
// commas would become many gigabytes of blanks.
const maxIndent = 32

// jsonLines returns valid JSON line by line, as json.Indent would write it. No more of
// it is made than is asked for.
func jsonLines(b []byte) iter.Seq[string] {
	return func(yield func(string) bool) {
		var line []byte
		depth := 0
		next := func() bool {
			goesOn := yield(string(line))
			line = append(line[:0], blanks[:2*min(depth, maxIndent)]...)
			return goesOn
		}
		for i := 0; i < len(b); i++ {
			goesOn := true
			switch c := b[i]; c {
			case ' ', '\t', '\r', '\n':
			case '"':
				end := endOfText(b, i)
				line = append(line, b[i:end]...)
				i = end - 1
			case '{', '[':
				line = append(line, c)
				if rest := bytes.TrimLeft(b[i+1:], " \t\r\n"); len(rest) > 0 && (rest[0] == '}' || rest[0] == ']') {
					line = append(line, rest[0])
					i = len(b) - len(rest)
					continue
				}
				depth++
				goesOn = next()
			case '}', ']':
				depth = max(depth-1, 0)
				goesOn = next()
				line = append(line, c)
			case ',':
				line = append(line, c)
				goesOn = next()
			case ':':
				line = append(line, c, ' ')
			default:
				line = append(line, c)
			}
			if !goesOn {
				return
			}
		}
		yield(string(line))
	}
}

const blanks = "                                                                " // 2*maxIndent

// endOfText returns where the text that begins at i has ended.
func endOfText(b []byte, i int) int {
	for i++; i < len(b) && b[i] != '"'; i++ {
		if b[i] == '\\' {
			i++
		}
	}
	return min(i+1, len(b))
}
