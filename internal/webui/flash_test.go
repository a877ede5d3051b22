package webui_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/berth-registry/berth/internal/berthtest"
)

// A sentence about what was done is shown once, as text, whoever wrote the cookie.
func TestFlash(t *testing.T) {
	t.Parallel()
	c := berthtest.New(t).As("")
	show := func(text string) *berthtest.Response {
		value := base64.RawURLEncoding.EncodeToString([]byte(text))
		return c.Get("/-/start", "Cookie", "berth_flash="+value).Want(http.StatusOK)
	}
	r := show("good\nThe <b>tag</b> is untied.")
	if body := string(r.Body); !strings.Contains(body, "The &lt;b&gt;tag&lt;/b&gt; is untied.") {
		t.Error("not shown")
	}
	if got := cookie(t, r, "berth_flash"); got == nil || got.MaxAge >= 0 {
		t.Errorf("the cookie stays: %v", got)
	}
	for _, wrong := range []string{"good", "pink\nx-marks-it", "good\nx-marks-it\xff", "good\nx-marks-it" + strings.Repeat("x", 1000), "x-marks-it"} {
		if strings.Contains(string(show(wrong).Body), "x-marks-it") {
			t.Errorf("%.40q is shown", wrong)
		}
	}
	if body := string(c.Get("/-/start", "Cookie", "berth_flash=%%%").Want(http.StatusOK).Body); strings.Contains(body, "class=\"flash good") {
		t.Error("nonsense is shown")
	}
}

// The theme comes with the page itself, and the choice leads back to where it was made.
func TestTheme(t *testing.T) {
	t.Parallel()
	c := berthtest.New(t).As("")
	if body := string(c.Get("/").Body); !strings.Contains(body, `data-theme="auto"`) {
		t.Error("not the system's by default")
	}
	r := post(c, "/-/theme", form("theme", "dark", "next", "/-/start?x=1")).Want(http.StatusSeeOther)
	chosen := cookie(t, r, "berth_theme")
	if chosen == nil || chosen.Value != "dark" || r.Header.Get("Location") != "/-/start?x=1" {
		t.Fatal(r.Header)
	}
	if body := string(c.Get("/", "Cookie", "berth_theme=dark").Body); !strings.Contains(body, `data-theme="dark"`) || !strings.Contains(body, `name="color-scheme" content="dark"`) {
		t.Error("the choice does not count")
	}
	if body := string(c.Get("/", "Cookie", `berth_theme="><script>`).Body); !strings.Contains(body, `data-theme="auto"`) {
		t.Error("a theme that is none counts")
	}
	post(c, "/-/theme", form("theme", "pink")).Want(http.StatusBadRequest)
	if to := post(c, "/-/theme", form("theme", "light", "next", "//evil.example/")).Want(http.StatusSeeOther).Header.Get("Location"); to != "/" {
		t.Errorf("leads to %s", to)
	}
}

// Pages are packed for browsers that take it, and the same for those that do not.
func TestPacked(t *testing.T) {
	t.Parallel()
	c := berthtest.New(t).As("")
	plain := c.Get("/-/start", "Accept-Encoding", "identity").Want(http.StatusOK)
	packed := c.Get("/-/start", "Accept-Encoding", "br, gzip;q=0.8").Want(http.StatusOK)
	refused := c.Get("/-/start", "Accept-Encoding", "gzip;q=0").Want(http.StatusOK)
	if plain.Header.Get("Content-Encoding") != "" || refused.Header.Get("Content-Encoding") != "" || packed.Header.Get("Content-Encoding") != "gzip" {
		t.Errorf("encodings %q, %q, %q", plain.Header.Get("Content-Encoding"), refused.Header.Get("Content-Encoding"), packed.Header.Get("Content-Encoding"))
	}
	if plain.Header.Get("Vary") != "Accept-Encoding" || 2*len(packed.Body) > len(plain.Body) {
		t.Errorf("%d bytes instead of %d", len(packed.Body), len(plain.Body))
	}
}

// From nothing to a token that pushes.
func TestFirstSteps(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	session := signIn(t, s, "ada")
	c := s.As("")
	post(c, "/-/start", "").Want(http.StatusUnauthorized)
	body := string(follow(t, c, post(c, "/-/start", "", session...), session).Body)
	_, rest, ok := strings.Cut(body, "<code>brt_")
	token, _, _ := strings.Cut("brt_"+rest, "<")
	// A token in a command would stay in the history of the shell.
	if !ok || !strings.Contains(body, "<code>docker login "+strings.TrimPrefix(s.URL, "http://")+" -u ada</code>") || strings.Contains(body, "echo brt_") {
		t.Fatal("no token, or no command to log in with")
	}
	s.With("Bearer "+token).PushImage("ada/hello", "1.0", "x")
	s.With("Bearer "+token).Do(http.MethodPatch, "/api/v3/users/ada/packages/container/hello", strings.NewReader(`{"visibility":"public"}`), "Content-Type", "application/json").Want(http.StatusForbidden)
	if strings.Contains(string(c.Get("/-/start", session...).Body), token) {
		t.Error("the token is shown again")
	}
	if body := string(c.Get("/", session...).Body); !strings.Contains(body, `href="/ada/hello"`) {
		t.Error("the front page does not show the package")
	}
}
