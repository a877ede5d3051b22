package markdown_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/berth-registry/berth/internal/markdown"
)

func render(t testing.TB, source string, o markdown.Options) string {
	t.Helper()
	out, err := markdown.Render(source, o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestGolden renders the documents in testdata. With UPDATE_GOLDEN=1 their HTML is written anew.
func TestGolden(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.md")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got := render(t, string(source), markdown.Options{Base: "https://git.example/acme/app", Shift: 2})
		golden := strings.TrimSuffix(file, ".md") + ".html"
		if os.Getenv("UPDATE_GOLDEN") != "" {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file, diff)
		}
		check(t, got)
	}
}

// check parses HTML as a browser does, and fails on everything that is not to be in it.
func check(t testing.TB, out string) {
	t.Helper()
	if !utf8.ValidString(out) {
		t.Errorf("not UTF-8: %.200q", out)
	}
	allowed := map[string]string{
		"h1": "id", "h2": "id", "h3": "id", "h4": "id", "h5": "id", "h6": "id", "p": "", "br": "", "hr": "", "blockquote": "", "pre": "tabindex", "code": "class",
		"em": "", "strong": "", "del": "", "ul": "", "ol": "start", "li": "", "table": "tabindex", "thead": "", "tbody": "", "tr": "", "th": "align", "td": "align",
		"a": "href title rel", "input": "type checked disabled aria-label",
	}
	z := html.NewTokenizer(strings.NewReader(out))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return
		case html.CommentToken, html.DoctypeToken:
			t.Errorf("a comment in %.300q", out)
		case html.StartTagToken, html.SelfClosingTagToken:
			tag := z.Token()
			attributes, ok := allowed[tag.Data]
			if !ok {
				t.Errorf("an element %s in %.300q", tag.Data, out)
			}
			has := map[string]string{}
			for _, a := range tag.Attr {
				has[a.Key] = a.Val
				if !strings.Contains(" "+attributes+" ", " "+a.Key+" ") {
					t.Errorf("%s has %s=%q", tag.Data, a.Key, a.Val)
				}
			}
			switch {
			case has["id"] != "" && !strings.HasPrefix(has["id"], "user-content-"):
				t.Errorf("an id %q", has["id"])
			case tag.Data == "input" && (has["type"] != "checkbox" || has["aria-label"] == "" || !strings.Contains(tag.String(), "disabled")):
				t.Errorf("an input %s", tag)
			case tag.Data == "a" && strings.HasPrefix(has["href"], "#user-content-"):
			case tag.Data == "a":
				scheme, _, _ := strings.Cut(has["href"], ":")
				if scheme != "http" && scheme != "https" && scheme != "mailto" || !strings.Contains(has["rel"], "nofollow") {
					t.Errorf("a link %s", tag)
				}
			}
		default:
		}
	}
}

func payloads() []string {
	return []string{
		`<img src=x onerror=alert(1)>`, `"><svg onload=alert(1)>`, `javascript:alert(1)`, `JaVaScRiPt&#58;alert(1)`, `data:text/html,<script>alert(1)</script>`,
		`{{constructor.constructor('alert(1)')()}}`, `</script><script>alert(1)</script>`, `<a href="https://evil.example" target=_blank>`,
		`<form action=//evil.example>`, `<base href=//evil.example>`, `<meta http-equiv=refresh content=0;url=//evil.example>`,
		`<style>@import '//evil.example'</style>`, `[x](javascript:alert(1))`, `![x](https://evil.example/p.png)`, "\u202eevil", strings.Repeat("A", 100<<10),
		`[x](JaVaScRiPt&#58;alert(1))`, `[x](&#x6A;avascript:alert(1))`, "[x](java\tscript:alert(1))", `[x](<java&Tab;script:alert(1)>)`, `[x](data:text/html;base64,PHN2Zz4=)`,
		`[x](vbscript:msgbox)`, `<javascript:alert(1)>`, `[x]: javascript:alert(1)` + "\n\n[x]", `![x](data:image/svg+xml,<svg/onload=alert(1)>)`,
		`[![x](https://evil.example/p.png)](javascript:alert(1))`, `[x](//evil.example)`, `[x](https://ok.example "\" onmouseover=\"alert(1)")`,
		"```js\"><script>alert(1)</script>\nx\n```", "# <script>alert(1)</script>", "# h {#id onclick=alert(1)}", `<input type=text name=password>`, `<details open ontoggle=alert(1)>`,
		`<https://evil.example/"onmouseover="alert(1)>`, "| a |\n|---|\n| <b onclick=x> |", "- [x] <input>", `www.evil.example/"><script>`, `[x](http://[::1)`, `<!-- <script> -->`, "\x00\x01\xff",
	}
}

// No payload becomes anything but text and links.
func TestPayloads(t *testing.T) {
	t.Parallel()
	for _, p := range payloads() {
		for _, frame := range []string{"%", "# %", "> %", "- %", "[%](https://ok.example)", "[x](%)", "![%](%)", "`%`", "**%**", "| % |\n|---|\n| % |", "<%>", "```%\n```"} {
			for _, base := range []string{"", "https://git.example/a/b", "javascript:alert(1)"} {
				out := render(t, strings.ReplaceAll(frame, "%", p), markdown.Options{Base: base, Shift: 1})
				check(t, out)
				if len(out) > 4<<20 {
					t.Errorf("%.60q makes %d bytes", p, len(out))
				}
			}
		}
	}
}

func TestLinks(t *testing.T) {
	t.Parallel()
	const base = "https://git.example/acme/app"
	for source, want := range map[string]string{
		`[x](docs/a.md#part)`:                 `<a href="https://git.example/acme/app/docs/a.md#part" rel="nofollow noopener ugc">x</a>`,
		`[x](/LICENSE)`:                       `<a href="https://git.example/acme/app/LICENSE" rel="nofollow noopener ugc">x</a>`,
		`[x](../../../etc)`:                   `<a href="https://git.example/etc" rel="nofollow noopener ugc">x</a>`,
		`[x](#Usage)`:                         `<a href="#user-content-Usage">x</a>`,
		`[x](mailto:a@b.example)`:             `<a href="mailto:a@b.example" rel="nofollow noopener ugc">x</a>`,
		`[x](ftp://a.example)`:                `x`,
		`[x](javascript:alert(1))`:            `x`,
		`![logo](https://evil.example/p.png)`: `<a href="https://evil.example/p.png" rel="nofollow noopener ugc">logo</a>`,
		`![](logo.png)`:                       `<a href="https://git.example/acme/app/logo.png" rel="nofollow noopener ugc">image</a>`,
		`[![build](https://ci.example/b.svg)](https://ci.example)`: `<a href="https://ci.example" rel="nofollow noopener ugc">build</a>`,
		`https://a.example/?a=1&b=2`:                               `<a href="https://a.example/?a=1&amp;b=2" rel="nofollow noopener ugc">https://a.example/?a=1&amp;b=2</a>`,
		`<a@b.example>`:                                            `<a href="mailto:a@b.example" rel="nofollow noopener ugc">a@b.example</a>`,
	} {
		if got := strings.TrimSpace(render(t, source, markdown.Options{Base: base})); got != "<p>"+want+"</p>" {
			t.Errorf("%s becomes\n%s, want\n%s", source, got, want)
		}
	}
	if got := render(t, `[x](docs/a.md)`, markdown.Options{}); got != "<p>x</p>\n" {
		t.Errorf("a relative link without a base is %s", got)
	}
}

func TestBounds(t *testing.T) {
	t.Parallel()
	for name, source := range hostile() {
		out := render(t, source, markdown.Options{Shift: 1})
		check(t, out)
		if len(out) > 900_000 || out == "" {
			t.Errorf("%s becomes %d bytes", name, len(out))
		}
	}
	for _, name := range []string{"headings", "no headings", "underlined", "items", "paragraphs", "quotation", "emphases", "bracketed"} {
		if out := render(t, hostile()[name], markdown.Options{}); !strings.HasPrefix(out, "<pre ") || strings.Count(out, "<") > 4 {
			t.Errorf("%s are rendered, to %d bytes", name, len(out))
		}
	}
	for name, end := range map[string]string{"quotation": "&quot;</pre>\n<p>The rest is too long to be shown.</p>\n", "angles": "&lt;</pre>\n<p>The rest is too long to be shown.</p>\n"} {
		for shift := range 7 { // wherever the end falls
			if out := render(t, strings.Repeat("é", shift)+hostile()[name], markdown.Options{}); !strings.HasSuffix(out, end) || !utf8.ValidString(out) {
				t.Errorf("%s end with %q", name, out[len(out)-70:])
			}
		}
	}
	if out := render(t, strings.Repeat("A *word*, [a link](https://x.example) and `code`.\n\n# More\n\n- a\n- b\n\n", 3000), markdown.Options{}); strings.Count(out, "<h1") != 3000 {
		t.Errorf("a long document has %d headings", strings.Count(out, "<h1"))
	}
	long := render(t, strings.Repeat("é", markdown.MaxSource), markdown.Options{})
	if n := strings.Count(long, "é"); n != markdown.MaxSource/2 || strings.Contains(long, "\uFFFD") {
		t.Errorf("%d letters are left", n)
	}
	if got := render(t, "# a\n###### b", markdown.Options{Shift: 2}); got != "<h3 id=\"user-content-a\">a</h3>\n<h6 id=\"user-content-b\">b</h6>\n" {
		t.Errorf("headings are %s", got)
	}
}

// hostile is what takes parsers long, or makes much of little.
func hostile() map[string]string {
	return map[string]string{
		"quotes":      strings.Repeat("> ", 20000) + "x",
		"lists":       strings.Repeat("- ", 20000) + "x",
		"brackets":    strings.Repeat("[", 200000),
		"images":      strings.Repeat("![", 100000),
		"links":       strings.Repeat("[a](", 50000),
		"emphasis":    strings.Repeat("*a_ ", 60000),
		"stars":       strings.Repeat("*", 300000),
		"backticks":   strings.Repeat("` `` ", 40000),
		"table":       "|" + strings.Repeat("a|", 5000) + "\n|" + strings.Repeat("-|", 5000) + "\n" + strings.Repeat("|\n", 5000),
		"long table":  "a|b|c\n-|-|-\n" + strings.Repeat("|\n", 200000),
		"columns":     "> |" + strings.Repeat("a|", 900) + "\n> |" + strings.Repeat("-|", 900) + "\n" + strings.Repeat("> |\n", 100000),
		"lines":       strings.Repeat("[a](\n", 80000),
		"open tags":   strings.Repeat("<a\n", 100000),
		"items":       strings.Repeat("- a\n", 100000),
		"headings":    strings.Repeat("# a\n", 100000),
		"ticks":       strings.Repeat("`a``b\n", 60000),
		"www":         strings.Repeat("www.a.b ", 60000),
		"mail":        strings.Repeat("a@b.c ", 80000),
		"definitions": strings.Repeat("[a]: b\n\n", 50000),
		"references":  strings.Repeat("[a]: /b\n", 50000),
		"entities":    strings.Repeat("&lt;", 120000),
		"angles":      strings.Repeat("<", 300000),
		"staircase":   staircase(3000),
		"html":        strings.Repeat("<a ", 100000),
		"no headings": strings.Repeat("#\n", 250000),
		"underlined":  strings.Repeat("\"\n=\n", 127000),
		"paragraphs":  strings.Repeat("a\n\n", 170000),
		"quotation":   strings.Repeat(`"`, 510000),
		"breaks":      strings.Repeat("a\\\n", 170000),
		"emphases":    strings.Repeat(strings.Repeat("*a_ ", 1900)+"\n\n", 66),
		"bracketed":   strings.Repeat(strings.Repeat("[", 900)+"\n\n", 500),
		"pre":         strings.Repeat("```\n```\n", 60000),
		"indented":    strings.Repeat("    a\n\n&\n\n", 50000),
		"underscores": strings.Repeat("_a__b", 60000),
	}
}

// BenchmarkHostile shows how long each of them takes.
func BenchmarkHostile(b *testing.B) {
	for name, source := range hostile() {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(source)))
			for b.Loop() {
				if _, err := markdown.Render(source, markdown.Options{Shift: 1}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// staircase is a list in a list, and so on.
func staircase(n int) string {
	var b strings.Builder
	for i := range min(n, 700) {
		b.WriteString(strings.Repeat("  ", i) + "- x\n")
	}
	return b.String()
}

func FuzzRender(f *testing.F) {
	for _, p := range payloads() {
		if len(p) < 1000 {
			f.Add(p, "https://git.example/a")
		}
	}
	f.Fuzz(func(t *testing.T, source, base string) {
		out := render(t, source, markdown.Options{Base: base, Shift: 1})
		check(t, out)
	})
}
