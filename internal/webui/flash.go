package webui

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/webui/view"
)

const (
	cookieFlash = "berth_flash"
	cookieTheme = "berth_theme"

	flashLife = time.Minute
	themeLife = 365 * 24 * time.Hour
	maxFlash  = 600 // bytes of text
)

// done sends the browser on to a page that says what was done.
func (u *UI) done(w *httpkit.Writer, r *http.Request, location, format string, args ...any) error {
	u.setFlash(w, r, "good", fmt.Sprintf(format, args...))
	return redirect(w, location)
}

// setFlash keeps a sentence for the next page, in a cookie of the browser's. The page
// prints it as text, so that a forged one is only a wrong sentence.
func (u *UI) setFlash(w *httpkit.Writer, r *http.Request, kind, text string) {
	if len(text) > maxFlash {
		text = strings.ToValidUTF8(text[:maxFlash], "") + "…"
	}
	u.setCookie(w, r, cookieFlash, base64.RawURLEncoding.EncodeToString([]byte(kind+"\n"+text)), flashLife)
}

// takeFlash returns what the step before left for this page, and forgets it.
func (u *UI) takeFlash(w *httpkit.Writer, r *http.Request) *view.Flash {
	value := u.readCookie(r, cookieFlash)
	if value == "" {
		return nil
	}
	u.setCookie(w, r, cookieFlash, "", 0)
	raw, err := base64.RawURLEncoding.DecodeString(value)
	kind, text, ok := strings.Cut(string(raw), "\n")
	if err != nil || !ok || len(text) > maxFlash+8 || !utf8.ValidString(text) || kind != "good" && kind != "warning" && kind != "error" {
		return nil
	}
	return &view.Flash{Kind: kind, Text: text}
}

// theme is the one that was chosen in this browser: auto, light or dark.
func (u *UI) theme(r *http.Request) string {
	switch theme := u.readCookie(r, cookieTheme); theme {
	case "light", "dark":
		return theme
	default:
		return "auto"
	}
}

// postTheme keeps the choice in a cookie, so that pages come in the right colours
// from the first byte.
func (u *UI) postTheme(w *httpkit.Writer, r *http.Request, _ berth.Viewer) error {
	switch theme := r.PostForm.Get("theme"); theme {
	case "auto", "light", "dark":
		u.setCookie(w, r, cookieTheme, theme, themeLife)
	default:
		return berth.ErrRequestInvalid.With("theme is %q; use auto, light or dark", theme)
	}
	return redirect(w, safeNext(r.PostForm.Get("next")))
}
