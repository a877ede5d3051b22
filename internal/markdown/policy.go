package markdown

import (
	"bytes"
	"regexp"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/renderer"
	"github.com/yuin/goldmark/util"
)

// policy is what may stand in a page. The renderer writes nothing else; this is the
// second lock on the same door.
func policy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements(
		"h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "blockquote", "pre", "code", "em", "strong", "del",
		"ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td",
	)
	p.AllowAttrs("id").Matching(regexp.MustCompile(`^`+idPrefix+`[\p{L}\p{N}_.-]{1,200}$`)).OnElements("h1", "h2", "h3", "h4", "h5", "h6")
	p.AllowAttrs("align").Matching(regexp.MustCompile(`^(left|right|center)$`)).OnElements("th", "td")
	p.AllowAttrs("start").Matching(regexp.MustCompile(`^[0-9]{1,9}$`)).OnElements("ol")
	p.AllowAttrs("class").Matching(regexp.MustCompile(`^language-[A-Za-z0-9_+#.-]{1,40}$`)).OnElements("code")
	// The boxes of task lists, and no other input.
	p.AllowAttrs("type").Matching(regexp.MustCompile(`^checkbox$`)).OnElements("input")
	p.AllowAttrs("checked", "disabled").Matching(regexp.MustCompile(`^(checked|disabled)?$`)).OnElements("input")
	p.AllowAttrs("aria-label").Matching(regexp.MustCompile(`^(Done|Not done)$`)).OnElements("input")
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("title").OnElements("a")
	p.AllowURLSchemes("http", "https", "mailto")
	p.AllowRelativeURLs(true) // places in the document; the renderer leaves no others
	p.RequireParseableURLs(true)
	p.AllowAttrs("rel").Matching(regexp.MustCompile(`^` + rel + `$`)).OnElements("a")
	p.RequireNoFollowOnFullyQualifiedLinks(true)
	return p
}

// rel says of links that we answer for nothing at their other end.
const rel = "nofollow noopener ugc"

// nodeRenderer writes links, and the boxes of task lists, which nobody can change and
// which say what they are to who does not see them.
type nodeRenderer struct{}

// RegisterFuncs implements renderer.NodeRenderer.
func (r *nodeRenderer) RegisterFuncs(reg renderer.NodeRendererFuncRegisterer) {
	reg.Register(extast.KindTaskCheckBox, r.box)
	reg.Register(ast.KindLink, r.link)
	reg.Register(ast.KindAutoLink, r.autoLink)
}

func (r *nodeRenderer) box(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	box, ok := n.(*extast.TaskCheckBox)
	if !entering || !ok {
		return ast.WalkContinue, nil
	}
	if box.IsChecked {
		_, _ = w.WriteString(`<input type="checkbox" checked="" disabled="" aria-label="Done"/> `)
	} else {
		_, _ = w.WriteString(`<input type="checkbox" disabled="" aria-label="Not done"/> `)
	}
	return ast.WalkContinue, nil
}

// link writes a link of which the address was resolved, or only its text where that was
// none that a link may have.
func (r *nodeRenderer) link(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	l, ok := n.(*ast.Link)
	if !ok || len(l.Destination) == 0 {
		return ast.WalkContinue, nil
	}
	if !entering {
		_, _ = w.WriteString("</a>")
		return ast.WalkContinue, nil
	}
	open(w, l.Destination, l.Title)
	return ast.WalkContinue, nil
}

func open(w util.BufWriter, address, title []byte) {
	_, _ = w.WriteString(`<a href="`)
	_, _ = w.Write(util.EscapeHTML(address))
	if len(title) > 0 {
		_, _ = w.WriteString(`" title="`)
		_, _ = w.Write(util.EscapeHTML(title))
	}
	if address[0] != '#' {
		_, _ = w.WriteString(`" rel="` + rel)
	}
	_, _ = w.WriteString(`">`)
}

// autoLink writes an address that is its own text.
func (r *nodeRenderer) autoLink(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	l, ok := n.(*ast.AutoLink)
	if !entering || !ok {
		return ast.WalkContinue, nil
	}
	address := l.URL(source)
	if l.AutoLinkType == ast.AutoLinkEmail && !bytes.HasPrefix(bytes.ToLower(address), []byte("mailto:")) {
		address = append([]byte("mailto:"), address...)
	}
	address = (&transformer{}).resolve(address)
	if len(address) > 0 {
		open(w, address, nil)
	}
	_, _ = w.Write(util.EscapeHTML(l.Label(source)))
	if len(address) > 0 {
		_, _ = w.WriteString("</a>")
	}
	return ast.WalkContinue, nil
}
