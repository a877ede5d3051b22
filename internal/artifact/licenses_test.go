package artifact_test

import (
	"strings"
	"testing"

	"github.com/github/go-spdx/v2/spdxexp"

	"github.com/berth-registry/berth/internal/artifact"
)

func TestNormalizeLicenses(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"MIT":                                    "MIT",
		" mit\n":                                 "MIT",
		"apache-2.0":                             "Apache-2.0",
		"mit or APACHE-2.0":                      "MIT OR Apache-2.0",
		"MIT  And(gpl-2.0-only or bsd-3-clause)": "MIT AND (GPL-2.0-only OR BSD-3-Clause)",
		"((mit))":                                "((MIT))",
		"( MIT )and isc":                         "(MIT) AND ISC",
		"gpl-2.0-or-later with classpath-EXCEPTION-2.0": "GPL-2.0-or-later WITH Classpath-exception-2.0",
		"gpl-2.0+":                           "GPL-2.0+",
		"Apache-2.0+":                        "Apache-2.0+",
		"MPL-2.0-or-later":                   "MPL-2.0-or-later", // no such identifier: as it was given
		"LicenseRef-Acme-1":                  "LicenseRef-Acme-1",
		"mit AND DocumentRef-a:LicenseRef-b": "MIT AND DocumentRef-a:LicenseRef-b",
		"NOASSERTION":                        "NOASSERTION",

		// No expressions.
		"":                                    "",
		"mit apache-2.0":                      "mit apache-2.0",
		"mit, apache-2.0":                     "mit, apache-2.0",
		"mit/apache-2.0":                      "mit/apache-2.0",
		"Foo-1.0":                             "Foo-1.0",
		"Apache 2.0":                          "Apache 2.0",
		"(mit":                                "(mit",
		"mit)":                                "mit)",
		"(":                                   "(",
		")":                                   ")",
		"()":                                  "()",
		"mit with":                            "mit with",
		"mit or":                              "mit or",
		"mit or and isc":                      "mit or and isc",
		"or mit":                              "or mit",
		"mit ORapache-2.0":                    "mit ORapache-2.0",
		"mit with (mit)":                      "mit with (mit)",
		"mit with isc":                        "mit with isc",
		"(mit) with classpath-exception-2.0":  "(mit) with classpath-exception-2.0",
		"classpath-exception-2.0":             "classpath-exception-2.0",
		"mit+ +":                              "mit+ +",
		"mit ++":                              "mit ++",
		"+":                                   "+",
		"documentref-a:":                      "documentref-a:",
		"DocumentRef-a":                       "DocumentRef-a",
		"DocumentRef-:LicenseRef-":            "DocumentRef-:LicenseRef-",
		"LicenseRef-":                         "LicenseRef-",
		"mit:":                                "mit:",
		"<script>":                            "<script>",
		strings.Repeat("mit or ", 36) + "mit": strings.Repeat("MIT OR ", 36) + "MIT", // 255 characters
		strings.Repeat("mit or ", 50) + "mit": strings.Repeat("mit or ", 36) + "mit",
		strings.Repeat("mit or(", 31) + "mit" + strings.Repeat(")", 31): strings.Repeat("mit or(", 31) + "mit" + strings.Repeat(")", 31), // 282 with spaces
		strings.Repeat("(", 200) + "mit":                                strings.Repeat("(", 200) + "mit",
	} {
		if got := artifact.NormalizeLicenses(in); got != want {
			t.Errorf("%q\ngot  %q\nwant %q", in, got, want)
		}
	}
}

func FuzzNormalizeLicenses(f *testing.F) {
	for _, s := range []string{"mit or (apache-2.0 and gpl-2.0+ with classpath-exception-2.0)", "MIT WITH", "DocumentRef-a:", "("} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := artifact.NormalizeLicenses(s)
		if artifact.Line(got, 256) != got {
			t.Fatalf("%q: %q is not one line of 256 characters", s, got)
		}
		if len(s) > 256 || got == artifact.Line(s, 256) {
			return
		}
		if ok, _ := spdxexp.ValidateLicenses([]string{got}); !ok || artifact.NormalizeLicenses(got) != got || !strings.EqualFold(squeeze(got), squeeze(s)) {
			t.Fatalf("%q became %q", s, got)
		}
	})
}

// squeeze leaves out what normalising may change besides case.
func squeeze(s string) string { return strings.Join(strings.Fields(artifact.Line(s, 256)), "") }
