package artifact

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/github/go-spdx/v2/spdxexp"
	"github.com/github/go-spdx/v2/spdxexp/spdxlicenses"
)

// NormalizeLicenses returns a valid SPDX expression in its canonical spelling, and any
// other text as it was given, on one line and cut to 256 characters.
func NormalizeLicenses(s string) string {
	text := line(s, maxLicenses+1)
	if utf8.RuneCountInString(text) > maxLicenses {
		return line(text, maxLicenses) // the first part of an expression is another expression
	}
	canonical, ok := spellLicenses(text)
	if !ok || !validLicenses(canonical) || len(canonical) > maxLicenses {
		return text
	}
	return canonical
}

// validLicenses asks the library. It reads past the end of some broken expressions
// ("MIT WITH") and panics there. Spelling keeps those from it; this is the second lock.
func validLicenses(s string) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	ok, _ = spdxexp.ValidateLicenses([]string{s})
	return ok
}

// spellLicenses writes an expression with every identifier in the spelling of the
// list, operators in upper case, and single spaces. It reports false when a word is no
// identifier, or words and operators do not take turns: the library lets some pass
// that are none ("MIT ORApache-2.0"), and trips over others.
func spellLicenses(s string) (string, bool) {
	var b strings.Builder
	open, operand, exception := 0, false, false
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimLeft(s, " ") {
		token := licenseToken(s)
		s = s[len(token):]
		switch operator := strings.ToUpper(token); {
		case token == "(" && !operand && !exception:
			open++
			b.WriteString("(")
		case token == ")" && operand && open > 0:
			open--
			b.WriteString(")")
		case operand && slices.Contains([]string{"AND", "OR", "WITH"}, operator):
			operand, exception = false, operator == "WITH"
			b.WriteString(" " + operator + " ")
		case token == "" || operand:
			return "", false
		default:
			word, ok := spellLicense(token, exception)
			if !ok {
				return "", false
			}
			operand, exception = true, false
			b.WriteString(word)
		}
	}
	return b.String(), operand && open == 0
}

// licenseToken returns the parenthesis or the word that comes first, "" for neither.
func licenseToken(s string) string {
	if s[0] == '(' || s[0] == ')' {
		return s[:1]
	}
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '.', c == ':', c == '+':
		default:
			return s[:i]
		}
	}
	return s
}

// spellLicense writes one identifier as the list has it.
func spellLicense(word string, exception bool) (string, bool) {
	if exception {
		return spelling(word, spdxlicenses.GetExceptions())
	}
	if rest, ok := strings.CutPrefix(word, "DocumentRef-"); ok {
		document, license, ok := strings.Cut(rest, ":")
		return word, ok && plainID(document) && strings.HasPrefix(license, "LicenseRef-") && plainID(license)
	}
	if rest, ok := strings.CutPrefix(word, "LicenseRef-"); ok {
		return word, plainID(rest)
	}
	name, plus := strings.CutSuffix(word, "+")
	if !plainID(name) {
		return "", false
	}
	spelled, ok := spelling(name, spdxlicenses.GetLicenses())
	if !ok {
		spelled, ok = spelling(name, spdxlicenses.GetDeprecated())
	}
	if plus {
		spelled += "+"
	}
	return spelled, ok
}

func plainID(s string) bool { return s != "" && !strings.ContainsAny(s, ":+") }

func spelling(word string, list []string) (string, bool) {
	for _, id := range list {
		if strings.EqualFold(id, word) {
			return id, true
		}
	}
	return "", false
}
