package artifact_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth/internal/artifact"
)

func TestInstruction(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`/bin/sh -c #(nop)  CMD ["bash"]`:                                    `CMD ["bash"]`,
		`/bin/sh -c #(nop) ADD file:ab12 in / `:                              `ADD file:ab12 in /`,
		`#(nop) EXPOSE 80`:                                                   `EXPOSE 80`,
		`cmd /S /C #(nop)  WORKDIR C:\app`:                                   `WORKDIR C:\app`,
		`powershell -Command $ErrorActionPreference = 'Stop'; #(nop) USER x`: `USER x`,
		`/bin/sh -c apt-get update`:                                          `RUN apt-get update`,
		`|2 A=b C=d e /bin/sh -c make all`:                                   `RUN make all`,
		`RUN /bin/sh -c make # buildkit`:                                     `RUN make`,
		`RUN |1 A=b /bin/sh -c make # buildkit`:                              `RUN make`,
		`RUN |1 A=b /bin/bash -o pipefail -c make | tee log # buildkit`:      `RUN /bin/bash -o pipefail -c make | tee log`,
		`RUN |0 /bin/sh -c make # buildkit`:                                  `RUN make`,
		`RUN |99999999999 x`:                                                 `RUN |99999999999 x`,
		`RUN |-1 x`:                                                          `RUN |-1 x`,
		`|1`:                                                                 `|1`,
		"RUN /bin/sh -c <<EOF\nset -e\nmake\nEOF # buildkit":                 "RUN <<EOF\nset -e\nmake\nEOF",
		`COPY --from=build /a /b # buildkit`:                                 `COPY --from=build /a /b`,
		`ENTRYPOINT ["/a"]`:                                                  `ENTRYPOINT ["/a"]`,
		`/bin/bash -c make`:                                                  `/bin/bash -c make`,
		`RUN echo "#(nop)"`:                                                  `RUN echo "#(nop)"`,
		`bazel build //app:image`:                                            `bazel build //app:image`,
		``:                                                                   ``,
	} {
		if got := artifact.Instruction(in); got != want {
			t.Errorf("%q\ngot  %q\nwant %q", in, got, want)
		}
	}
}

func TestLine(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                      "",
		"  a \n\t b  ":          "a b",
		"a\x00b":                "ab",
		"a\xffb":                "a\ufffdb",
		"\u202eabc\u2066\ufeff": "abc",
		"1234567890":            "12345678",
		"1234567 9":             "1234567",
		"123456 8":              "123456 8",
		"ääääääääää":            "ääääääää",
		"👩\u200d🚀":              "👩\u200d🚀",
		"שלום":                  "שלום",
	} {
		if got := artifact.Line(in, 8); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	long := "https://example.com/" + strings.Repeat("a", 2028)
	for in, want := range map[string][2]string{ // as a link, as a source
		"https://example.com/a?b=c#d": {"https://example.com/a?b=c#d", "https://example.com/a?b=c#d"},
		" HTTP://Example.com ":        {"http://Example.com", "http://Example.com"},
		"https://u:p@example.com/":    {"https://example.com/", "https://example.com/"},
		`https://example.com/"><svg>`: {"https://example.com/%22%3E%3Csvg%3E", "https://example.com/%22%3E%3Csvg%3E"},
		long:                          {long, long},
		long + "a":                    {"", ""},
		"https://example.com/" + strings.Repeat("<", 1000): {"", ""},
		"javascript:alert(1)":                              {"", ""},
		"JaVaScRiPt:alert(1)":                              {"", ""},
		"java\nscript:alert(1)":                            {"", ""},
		"data:text/html,<script>alert(1)</script>":         {"", ""},
		"//evil.example":                                   {"", ""},
		"/local":                                           {"", ""},
		"http://":                                          {"", ""},
		"http://:80/":                                      {"", ""},
		`https:\\evil.example`:                             {"", ""},
		"https://a b/":                                     {"", ""},
		"README.md":                                        {"", ""},
		"ftp://example.com/a":                              {"", ""},
		"git@example.com:acme/web.git":                     {"", "git@example.com:acme/web.git"},
		"ssh://git:secret@example.com/acme/web.git":        {"", "ssh://git@example.com/acme/web.git"},
		"git+https://tok@example.com/acme/web":             {"", "git+https://example.com/acme/web"},
		"git+ssh://git@example.com/acme/web":               {"", "git+ssh://git@example.com/acme/web"},
		"git://example.com/acme/web":                       {"", "git://example.com/acme/web"},
		"git+javascript://example.com/%0aalert(1)":         {"", ""},
	} {
		if diff := cmp.Diff(want, [2]string{artifact.WebURL(in), artifact.SourceURL(in)}); diff != "" {
			t.Errorf("%.60q: %s", in, diff)
		}
	}
}
