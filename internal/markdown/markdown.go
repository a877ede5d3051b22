// Package markdown makes safe HTML of the Markdown that people write into READMEs.
//
// It is pure: no database, no network, no clock. What it returns can be put into a page
// as it is: it has no script, no style, no form and no id that is not prefixed, and a
// browser that shows it asks no other host for anything. Images are links.
package markdown

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

const (
	// MaxSource is the longest source that is rendered, in bytes.
	MaxSource = 512 << 10

	// maxOutput bounds what comes out, in bytes: some Markdown is many times as long as
	// HTML, and a page has to stay one that people open.
	maxOutput  = 900_000
	maxNesting = 32     // of quotes and lists in each other
	maxRun     = 1000   // of brackets in a paragraph, on which others depend
	maxCells   = 50_000 // of tables
	maxWork    = 100e6  // steps of a parser that compares what stands in a paragraph
)

// Options say how a document is shown.
type Options struct {
	// Base is the address of the web page against which relative links are resolved,
	// "" where there is none: then they are no links.
	Base string
	// Shift is by how many levels headings go down, so that a page keeps its own.
	Shift int
}

// Render returns a document as HTML, of at most maxOutput bytes. What is longer than
// MaxSource is cut off. A document that is nested deeper than people write, or takes or
// becomes too much, is shown as plain text, as far as there is room.
func Render(source string, o Options) (string, error) {
	source = trim(source)
	if excessive(source) {
		return Plain(source), nil
	}
	base, err := url.Parse(o.Base)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" {
		base = nil
	}
	var b bytes.Buffer
	w := &limited{Buffer: &b}
	if err := newMarkdown(base, o.Shift).Convert([]byte(source), w); err != nil {
		if w.full {
			return Plain(source), nil
		}
		return "", fmt.Errorf("render Markdown: %w", err)
	}
	// What is wider than the page is scrolled, by those without a mouse too. In what comes
	// out < begins an element and nothing else.
	scrolled := strings.NewReplacer("<pre>", `<pre tabindex="0">`, "<table>", `<table tabindex="0">`)
	if safe := scrolled.Replace(policy().Sanitize(b.String())); len(safe) <= maxOutput {
		return safe, nil
	}
	return Plain(source), nil
}

// trim returns valid UTF-8 of bounded length without NUL.
func trim(source string) string {
	if len(source) > MaxSource {
		source = source[:MaxSource]
		for len(source) > 0 && !utf8.ValidString(source[max(0, len(source)-utf8.UTFMax):]) {
			if r, n := utf8.DecodeLastRuneInString(source); r != utf8.RuneError || n > 1 {
				break
			}
			source = source[:len(source)-1]
		}
	}
	return strings.Map(func(r rune) rune {
		if r == 0 || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' {
			return -1 // these turn the direction of writing around, and make a page lie
		}
		return r
	}, strings.ToValidUTF8(source, "\uFFFD"))
}

// excessive reports whether the source opens more things in each other, or has more of
// them in one paragraph or in all, than people write: the time that parsers take for
// those grows with their square, and what comes of others is many times as long.
func excessive(source string) bool {
	var c counts
	for l := range strings.Lines(source) {
		if marks(l) > maxNesting {
			return true
		}
		bare := strings.TrimLeft(strings.TrimRight(l, "\r\n"), " \t")
		if indent := len(strings.TrimRight(l, "\r\n")) - len(bare); bare != "" && indent > 8*maxNesting {
			return true
		}
		c.line(strings.TrimLeft(bare, "> \t"))
		if c.over() {
			return true
		}
	}
	return false
}

// counts are of what costs.
type counts struct {
	brackets, emphasis, ticks, columns int // of the paragraph
	cells, references, output, work    int // of the document
}

func (c *counts) line(l string) {
	c.output += lengthOf(l)
	if l == "" {
		*c = counts{cells: c.cells, references: c.references, output: c.output, work: c.steps()}
		return
	}
	c.brackets += strings.Count(l, "[") + strings.Count(l, "<")
	c.emphasis += strings.Count(l, "*") + strings.Count(l, "_") + strings.Count(l, "~")
	c.ticks += strings.Count(l, "`")
	if strings.Contains(l, "]:") {
		c.references++
	}
	if strings.Trim(l, "|:- \t>") == "" && strings.Contains(l, "-") {
		c.columns = max(c.columns, strings.Count(l, "|")+1)
	}
	c.cells += c.columns
}

// steps is the work with the paragraphs so far.
func (c *counts) steps() int { return c.work + c.brackets*c.brackets + c.emphasis*c.emphasis }

func (c *counts) over() bool {
	return c.brackets > maxRun || c.emphasis > 4*maxRun || c.ticks > 4*maxRun || c.references > 2*maxRun || c.cells > maxCells ||
		c.output > maxOutput || c.steps() > maxWork
}

// lengthOf estimates what a line adds to the HTML, where that is much more than what it
// takes itself: without rendering it, and rather too little.
func lengthOf(l string) int {
	n := len("&quot;")*strings.Count(l, `"`) + len("&amp;")*strings.Count(l, "&")
	switch {
	case l == "":
		n += len("<p></p>\n")
	case l[0] == '#', strings.Trim(l, "=") == "", strings.Trim(l, "-") == "":
		n += len(`<h1 id="user-content-"></h1>` + "\n")
	case marks(l) > 0:
		n += len("<li></li>\n")
	}
	return n
}

// marks counts the signs of quotes and lists with which a line begins.
func marks(l string) (n int) {
	for {
		l = strings.TrimLeft(l, " \t")
		switch {
		case strings.HasPrefix(l, ">"):
			l = l[1:]
		case strings.HasPrefix(l, "- "), strings.HasPrefix(l, "* "), strings.HasPrefix(l, "+ "):
			l = l[2:]
		default:
			digits := len(l) - len(strings.TrimLeft(l, "0123456789"))
			if digits == 0 || digits > 9 || len(l) < digits+2 || l[digits] != '.' && l[digits] != ')' || l[digits+1] != ' ' {
				return n
			}
			l = l[digits+2:]
		}
		n++
	}
}

// Plain returns a document as HTML that shows it as it was written, as much of it as there
// is room for.
func Plain(source string) string {
	const begin, end, rest = `<pre tabindex="0">`, "</pre>\n", "<p>The rest is too long to be shown.</p>\n"
	escaped := util.EscapeHTML([]byte(trim(source)))
	if len(begin)+len(escaped)+len(end) <= maxOutput {
		return begin + string(escaped) + end
	}
	escaped = escaped[:maxOutput-len(begin)-len(end)-len(rest)]
	// Neither a character nor the name of one is cut in two.
	if i := bytes.LastIndexByte(escaped, '&'); i >= 0 && bytes.IndexByte(escaped[i:], ';') < 0 {
		escaped = escaped[:i]
	}
	return begin + strings.ToValidUTF8(string(escaped), "") + end + rest
}

// limited refuses to grow beyond what a page may have.
type limited struct {
	*bytes.Buffer

	full bool
}

func (w *limited) Write(p []byte) (int, error) {
	if w.Len()+len(p) > maxOutput {
		w.full = true
		return 0, fmt.Errorf("more than %d bytes", maxOutput)
	}
	return w.Buffer.Write(p)
}

func newMarkdown(base *url.URL, shift int) goldmark.Markdown {
	// HTML in Markdown is left out: what of it is safe is not worth its risks.
	return goldmark.New(
		goldmark.WithExtensions(extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)), extension.Strikethrough, extension.NewLinkify(), extension.TaskList),
		goldmark.WithParserOptions(
			parser.WithAutoHeadingID(),
			parser.WithASTTransformers(util.Prioritized(&transformer{base: base, shift: shift}, 500)),
		),
		goldmark.WithRendererOptions(
			html.WithXHTML(),
			renderer.WithNodeRenderers(util.Prioritized(&nodeRenderer{}, 100)),
		),
	)
}

// idPrefix keeps the ids of a document from being those of the page.
const idPrefix = "user-content-"

// transformer changes a document before it is written.
type transformer struct {
	base  *url.URL
	shift int
}

// Transform implements parser.ASTTransformer.
func (t *transformer) Transform(doc *ast.Document, reader text.Reader, _ parser.Context) {
	var images []*ast.Image
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			t.heading(n)
		case *ast.Link:
			n.Destination = t.resolve(n.Destination)
		case *ast.Image:
			images = append(images, n)
		}
		return ast.WalkContinue, nil
	})
	for _, n := range images {
		t.image(n, reader.Source())
	}
}

func (t *transformer) heading(n *ast.Heading) {
	n.Level = max(1, min(n.Level+t.shift, 6))
	if id, ok := n.AttributeString("id"); ok {
		if b, ok := id.([]byte); ok {
			n.SetAttributeString("id", append([]byte(idPrefix), b...))
		}
	}
}

// image puts a link in the place of an image, or its text where it already lies in one.
func (t *transformer) image(n *ast.Image, source []byte) {
	alt := strings.TrimSpace(textOf(n, source))
	if alt == "" {
		alt = "image"
	}
	label := ast.NewString([]byte(alt))
	parent := n.Parent()
	for p := parent; p != nil; p = p.Parent() {
		if p.Kind() == ast.KindLink {
			parent.ReplaceChild(parent, n, label)
			return
		}
	}
	l := ast.NewLink()
	l.Destination = t.resolve(n.Destination)
	l.Title = n.Title
	l.AppendChild(l, label)
	parent.ReplaceChild(parent, n, l)
}

// textOf returns the text of what a node holds.
func textOf(n ast.Node, source []byte) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.Text:
			if entering {
				b.Write(n.Segment.Value(source))
			}
		case *ast.String:
			if entering {
				b.Write(n.Value)
			}
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}

// resolve returns an address as a link may have it: of http, https or mailto, a place in
// the document, or one that is relative to the base. Others become nothing, and the
// link its text.
func (t *transformer) resolve(destination []byte) []byte {
	destination = util.ResolveEntityNames(util.ResolveNumericReferences(destination))
	u, err := url.Parse(strings.TrimSpace(string(destination)))
	switch {
	case err != nil:
		return nil
	case u.Scheme == "mailto":
		return []byte(u.String())
	case u.Scheme == "http" || u.Scheme == "https":
		if u.Host == "" {
			return nil
		}
		return []byte(u.String())
	case u.Scheme != "":
		return nil
	case u.Host == "" && u.Path == "" && u.RawQuery == "":
		if u.Fragment == "" {
			return nil
		}
		return []byte("#" + idPrefix + url.PathEscape(strings.TrimPrefix(u.Fragment, idPrefix)))
	case t.base == nil:
		return nil
	}
	base := *t.base
	if !strings.HasSuffix(base.Path, "/") {
		base.Path += "/"
	}
	base.RawQuery, base.Fragment, base.User = "", "", nil
	if u.Host == "" { // what begins with a slash is from the top of the repository, too
		u.Path = strings.TrimLeft(u.Path, "/")
	}
	return []byte(base.ResolveReference(u).String())
}
