package view

import (
	"net/url"

	"github.com/a-h/templ"
)

// colorScheme tells browsers which controls of theirs to draw.
func colorScheme(theme string) string {
	if theme == "light" || theme == "dark" {
		return theme
	}
	return "light dark"
}

// signIn is where to sign in, and to come back from.
func signIn(f Frame) templ.SafeURL {
	return templ.SafeURL("/login?" + url.Values{"next": {f.Path}}.Encode())
}
