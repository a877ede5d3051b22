package webui_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/webui"
)

const password = "correct-Horse-9-battery"

func form(pairs ...string) string {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v.Encode()
}

// post sends a form as a program or an old browser does.
func post(c *berthtest.Client, path, body string, headers ...string) *berthtest.Response {
	return c.Do(http.MethodPost, path, strings.NewReader(body), append(headers, "Content-Type", "application/x-www-form-urlencoded")...)
}

func cookie(t *testing.T, r *berthtest.Response, name string) *http.Cookie {
	t.Helper()
	for _, c := range (&http.Response{Header: r.Header}).Cookies() {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// signIn gives ada a password and returns the header of her session.
func signIn(t *testing.T, s *berthtest.Server, user string) []string {
	t.Helper()
	if err := s.Account.SetPassword(t.Context(), berth.Operator(), user, password); err != nil {
		t.Fatal(err)
	}
	r := post(s.As(""), "/login", form("name", user, "password", password)).Want(http.StatusSeeOther)
	return []string{"Cookie", "berth_session=" + cookie(t, r, "berth_session").Value}
}

func TestSignInAndOut(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c := s.As("")
	if err := s.Account.SetPassword(t.Context(), berth.Operator(), "ada", password); err != nil {
		t.Fatal(err)
	}
	page := string(c.Get("/login?next=/acme/web").Want(http.StatusOK).Body)
	if !strings.Contains(page, `name="next" value="/acme/web"`) {
		t.Error(page)
	}
	r := post(c, "/login", form("name", "Ada", "password", password, "next", "/acme/web")).Want(http.StatusSeeOther)
	got := cookie(t, r, "berth_session")
	want := &http.Cookie{Name: "berth_session", Value: got.Value, Path: "/", MaxAge: 30 * 24 * 3600, HttpOnly: true, SameSite: http.SameSiteLaxMode, Raw: got.Raw}
	if diff := cmp.Diff(want, got); diff != "" || r.Header.Get("Location") != "/acme/web" {
		t.Errorf("%s, to %s", diff, r.Header.Get("Location"))
	}
	session := []string{"Cookie", "berth_session=" + got.Value}
	if body := string(c.Get("/", session...).Body); !strings.Contains(body, "Signed in as <strong>ada</strong>") || !strings.Contains(body, "/ada/hello:1.0") {
		t.Error(body)
	}
	c.Get("/login", session...).Want(http.StatusSeeOther) // nothing to do here
	// Who signs in once more leaves no session behind.
	r = post(c, "/login", form("name", "ada", "password", password), session...).Want(http.StatusSeeOther)
	if body := string(c.Get("/", session...).Body); strings.Contains(body, "Signed in as") {
		t.Error("the old session goes on")
	}
	session = []string{"Cookie", "berth_session=" + cookie(t, r, "berth_session").Value}
	out := post(c, "/logout", "", session...).Want(http.StatusSeeOther)
	if dropped := cookie(t, out, "berth_session"); dropped == nil || dropped.MaxAge >= 0 {
		t.Errorf("%v", dropped)
	}
	// The session is over, not only the cookie gone.
	after := c.Get("/", session...)
	if dropped := cookie(t, after, "berth_session"); strings.Contains(string(after.Body), "Signed in as") || dropped == nil || dropped.MaxAge >= 0 {
		t.Errorf("%v %s", dropped, after.Body)
	}
	post(c, "/logout", "").Want(http.StatusSeeOther)
}

func TestSignInRefused(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c := s.As("")
	before := ""
	for _, body := range []string{
		form("name", "bob", "password", "wrong-password"), form("name", "nobody", "password", "wrong-password"),
		form("name", "<b>", "password", "x"), form(), form("name", "\xff", "password", "\x00"),
		form("ticket", "x", "code", "123456"),
	} {
		r := post(c, "/login", body)
		if r.Status != http.StatusUnauthorized && r.Status != http.StatusBadRequest || !strings.Contains(string(r.Body), `role="alert"`) ||
			strings.Contains(string(r.Body), "<b>") || cookie(t, r, "berth_session") != nil {
			t.Errorf("%q: %d %s", body, r.Status, r.Body)
		}
		if strings.Contains(string(r.Body), "access token") {
			t.Errorf("advice for docker: %s", r.Body)
		}
		// Whether there is such a user must not show.
		text := strings.NewReplacer("nobody", "bob").Replace(string(r.Body))
		if strings.Contains(body, "wrong-password") {
			if before != "" && before != text {
				t.Error(cmp.Diff(before, text))
			}
			before = text
		}
	}
	if r := post(c, "/login", strings.Repeat("x", 70<<10)); r.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("large form: %d", r.Status)
	}
}

// A form of another site is refused, whatever cookie comes with it.
func TestFormsOfOtherSites(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	session := signIn(t, s, "ada")
	c := s.As("")
	before := s.State()
	for _, header := range [][2]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"}} {
		for _, path := range []string{"/login", "/logout", "/login/cli", "/join", "/join/x", "/login/cli/token"} {
			if r := post(c, path, form("name", "ada", "password", password), append([]string{header[0], header[1]}, session...)...); r.Status != http.StatusForbidden {
				t.Errorf("%s with %v: %d", path, header, r.Status)
			}
		}
	}
	if diff := cmp.Diff(before, s.State()); diff != "" {
		t.Error(diff)
	}
	post(c, "/logout", "", append([]string{"Origin", s.URL}, session...)...).Want(http.StatusSeeOther)
}

// Over TLS the cookie is bound to the host, and never sent without TLS.
func TestCookieOverTLS(t *testing.T) {
	t.Parallel()
	origin, err := url.Parse("https://berth.test")
	if err != nil {
		t.Fatal(err)
	}
	s := berthtest.New(t, berthtest.Options{Origins: httpkit.Origins{External: []*url.URL{origin}}})
	if err := s.Account.SetPassword(t.Context(), berth.Operator(), "ada", password); err != nil {
		t.Fatal(err)
	}
	c := s.As("")
	// The proxy has changed the host; the browser tells its own.
	r := post(c, "/login", form("name", "ada", "password", password), "Origin", "https://berth.test").Want(http.StatusSeeOther)
	got := cookie(t, r, "__Host-berth_session")
	if got == nil || !got.Secure || !got.HttpOnly || got.Path != "/" || got.Domain != "" {
		t.Fatalf("%v", got)
	}
	if body := string(c.Get("/", "Cookie", got.Name+"="+got.Value).Body); !strings.Contains(body, "Signed in as") {
		t.Error(body)
	}
	if body := string(c.Get("/", "Cookie", "berth_session="+got.Value).Body); strings.Contains(body, "Signed in as") {
		t.Error("a cookie that another host may have set counts")
	}
}

// Browsers are told to stay with TLS where every address has it.
func TestStayWithTLS(t *testing.T) {
	t.Parallel()
	secure, plain := &url.URL{Scheme: "https", Host: "berth.test"}, &url.URL{Scheme: "http", Host: "berth.internal"}
	for want, external := range map[string][]*url.URL{"max-age=31536000": {secure}, "": {secure, plain}} {
		s := berthtest.New(t, berthtest.Options{Origins: httpkit.Origins{External: external}})
		if got := s.As("").Get("/login").Header.Get("Strict-Transport-Security"); got != want {
			t.Errorf("%v: %q", external, got)
		}
	}
	if got := berthtest.New(t).As("").Get("/login").Header.Get("Strict-Transport-Security"); got != "" {
		t.Errorf("without TLS: %q", got)
	}
	// Of a host that nobody has configured others may serve the rest.
	behind := httpkit.Origins{Proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	r := berthtest.New(t, berthtest.Options{Origins: behind}).As("").Get("/login", "X-Forwarded-Proto", "https")
	if got := r.Header.Get("Strict-Transport-Security"); got != "" {
		t.Errorf("without a configured address: %q", got)
	}
}

// Every page tells the browser what it may not do, errors too.
func TestHeaders(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	ui, err := webui.New(slog.New(slog.DiscardHandler), s.Registry, s.Account, httpkit.Origins{}, webui.Site{})
	if err != nil {
		t.Fatal(err)
	}
	c := s.As("")
	param := regexp.MustCompile(`\{[a-z]+\}`)
	paths := []string{"GET /nowhere", "GET /login/", "DELETE /login", "GET /login/oidc/x/y/z", "GET /logout"}
	for _, route := range append(ui.Routes(), paths...) {
		method, path, _ := strings.Cut(route, " ")
		r := c.Do(method, param.ReplaceAllString(path, "x"), nil)
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin", "Cache-Control": "no-store",
			"Content-Security-Policy": "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
		} {
			if got := r.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q", route, name, got)
			}
		}
		if r.Status >= 500 || r.Status >= 400 && !strings.Contains(string(r.Body), "equest") && !strings.Contains(string(r.Body), `role="alert"`) {
			t.Errorf("%s: %d %s", route, r.Status, r.Body)
		}
		for _, forbidden := range []string{"<script>", " style=", "onclick"} {
			if strings.Contains(string(r.Body), forbidden) {
				t.Errorf("%s has %s", route, forbidden)
			}
		}
	}
	if r := c.Do(http.MethodPut, "/login", nil).Want(http.StatusMethodNotAllowed); r.Header.Get("Allow") != "GET, POST" {
		t.Errorf("Allow: %s", r.Header.Get("Allow"))
	}
	c.Do(http.MethodHead, "/login", nil).Want(http.StatusOK)
}

func TestAssets(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c := s.As("")
	links := regexp.MustCompile(`/assets/[^"]+`).FindAllString(string(c.Get("/").Body), -1)
	if len(links) < 2 {
		t.Fatal(links)
	}
	for _, link := range links {
		r := c.Get(link).Want(http.StatusOK)
		if !strings.Contains(r.Header.Get("Cache-Control"), "immutable") || len(r.Body) == 0 {
			t.Errorf("%s: %v", link, r.Header)
		}
	}
	for name, want := range map[string]string{
		"berth.css": "text/css; charset=utf-8", "berth.js": "text/javascript; charset=utf-8", "htmx.js": "text/javascript; charset=utf-8", "berth.svg": "image/svg+xml",
	} {
		if got := c.Get("/assets/" + name).Want(http.StatusOK).Header; got.Get("Content-Type") != want || got.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", name, got)
		}
	}
	c.Get("/assets/../doc.go").Want(http.StatusNotFound)
	c.Get("/assets/..%2fdoc.go").Want(http.StatusNotFound)
}

func TestJoin(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c := s.As("")
	c.Get("/join").Want(http.StatusForbidden)
	post(c, "/join", form("name", "eve", "password", password, "again", password)).Want(http.StatusForbidden)
	c.Get("/join/wrong").Want(http.StatusNotFound)
	post(c, "/join/wrong", form("name", "eve", "password", password, "again", password)).Want(http.StatusNotFound)
	i, err := s.Account.Invite(t.Context(), berth.Operator(), account.Invitation{Org: "acme"})
	if err != nil {
		t.Fatal(err)
	}
	at := "/join/" + i.Secret
	if body := string(c.Get(at).Want(http.StatusOK).Body); !strings.Contains(body, "join <strong>acme</strong>") {
		t.Error(body)
	}
	post(c, at, form("name", "bob", "password", password, "again", password)).Want(http.StatusConflict)
	post(c, at, form("name", "api", "password", password, "again", password)).Want(http.StatusBadRequest)
	post(c, at, form("name", "eve", "password", "short", "again", "short")).Want(http.StatusBadRequest)
	r := post(c, at, form("name", "eve", "password", password, "again", password+"x")).Want(http.StatusBadRequest)
	if !strings.Contains(string(r.Body), "The two passwords differ") || !strings.Contains(string(r.Body), `value="eve"`) {
		t.Errorf("%s", r.Body)
	}
	r = post(c, at, form("name", "Eve", "password", password, "again", password)).Want(http.StatusSeeOther)
	session := []string{"Cookie", "berth_session=" + cookie(t, r, "berth_session").Value}
	if body := string(c.Get("/", session...).Body); !strings.Contains(body, "Signed in as <strong>Eve</strong>") {
		t.Error(body)
	}
	post(c, at, form("name", "eve2", "password", password, "again", password)).Want(http.StatusNotFound)

	open := berthtest.New(t, berthtest.Options{Account: func(o *account.Options) { o.Registration = true }}).As("")
	open.Get("/join").Want(http.StatusOK)
	post(open, "/join", form("name", "eve", "password", password, "again", password)).Want(http.StatusSeeOther)
}

const (
	verifier  = "vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv"
	challenge = "7w_YNF9DSfIdPf_pRjSq646_kPr-2-o9NAl16JGghdM" // its SHA-256
)

func TestCommandLine(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c := s.As("")
	ask := "/login/cli?" + form("port", "4000", "challenge", challenge, "name", "ada's laptop")
	r := c.Get(ask).Want(http.StatusSeeOther)
	if to, err := url.Parse(r.Header.Get("Location")); err != nil || to.Path != "/login" || to.Query().Get("next") != ask {
		t.Errorf("to %s", r.Header.Get("Location"))
	}
	if body := string(c.Get(r.Header.Get("Location")).Body); !strings.Contains(body, "challenge="+challenge) {
		t.Error(body)
	}
	session := signIn(t, s, "ada")
	r = c.Get(ask, session...).Want(http.StatusOK)
	if !strings.Contains(string(r.Body), "ada&#39;s laptop") || !strings.Contains(r.Header.Get("Content-Security-Policy"), "form-action 'self' http://127.0.0.1:4000;") {
		t.Errorf("%v %s", r.Header, r.Body)
	}
	answer := form("port", "4000", "challenge", challenge, "name", "ada's laptop")
	post(c, "/login/cli", answer).Want(http.StatusUnauthorized)
	r = post(c, "/login/cli", answer, session...).Want(http.StatusSeeOther)
	to, err := url.Parse(r.Header.Get("Location"))
	if err != nil || to.Scheme != "http" || to.Host != "127.0.0.1:4000" || to.Path != "/" {
		t.Fatalf("to %s", r.Header.Get("Location"))
	}
	code := to.Query().Get("code")
	r = post(c, "/login/cli/token", form("code", code, "verifier", strings.Repeat("w", 43))).Want(http.StatusUnauthorized)
	var refusal struct{ ID, Message, Request string }
	if err := json.Unmarshal(r.Body, &refusal); err != nil || refusal.ID != "credentials_invalid" || refusal.Message == "" || refusal.Request == "" {
		t.Errorf("%s, %v", r.Body, err)
	}
	r = post(c, "/login/cli/token", form("code", code, "verifier", verifier)).Want(http.StatusOK)
	var token struct {
		Token     string
		ExpiresAt time.Time `json:"expires_at"`
	}
	if err := json.Unmarshal(r.Body, &token); err != nil || token.ExpiresAt.Before(s.Clock.Now().Add(24*time.Hour)) || r.Header.Get("Content-Type") != "application/json" {
		t.Fatalf("%s, %v", r.Body, err)
	}
	if r = s.With("Bearer " + token.Token).Get("/api/v3/user").Want(http.StatusOK); !strings.Contains(string(r.Body), `"login":"ada"`) {
		t.Errorf("%s", r.Body)
	}
	c.Get("/settings", "Cookie", "berth_session="+token.Token).Want(http.StatusSeeOther) // it is no browser's
	s.With("Bearer " + token.Token).Get("/v2/").Want(http.StatusUnauthorized)            // docker uses access tokens
	s.Clock.Advance(3 * time.Minute)
	post(c, "/login/cli/token", form("code", code, "verifier", verifier)).Want(http.StatusUnauthorized)
}

// What a command line gets is a new session, which would not be asked for the password:
// a browser that was left open must not make one.
func TestCommandLineOfAnOpenBrowser(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c, session := s.As(""), signIn(t, s, "ada")
	s.Clock.Advance(time.Hour)
	answer := []string{"port", "4000", "challenge", challenge, "name", "laptop"}
	r := post(c, "/login/cli", form(answer...), session...).Want(http.StatusOK)
	shows(t, r, "Confirm that it is you", `name="port" value="4000"`, `action="/login/cli"`)
	if policy := r.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "form-action 'self' http://127.0.0.1:4000;") {
		t.Error(policy)
	}
	post(c, "/login/cli", form(append(answer, "-confirm", "wrong")...), session...).Want(http.StatusBadRequest)
	r = post(c, "/login/cli", form(append(answer, "-confirm", password)...), session...).Want(http.StatusSeeOther)
	if to := r.Header.Get("Location"); !strings.HasPrefix(to, "http://127.0.0.1:4000/?code=") {
		t.Error(to)
	}
}

// The code goes to the computer of whoever pressed the button, and nowhere else.
func TestCommandLineGoesNowhereElse(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	session := signIn(t, s, "ada")
	c := s.As("")
	for _, port := range []string{"", "0", "-1", "65536", "4000@evil.example", "4000/", "4000.evil.example", "0x10", "1e3", "+80", " 80"} {
		fields := form("port", port, "challenge", challenge, "name", "x")
		c.Get("/login/cli?"+fields, session...).Want(http.StatusBadRequest)
		post(c, "/login/cli", fields, session...).Want(http.StatusBadRequest)
	}
	for _, fields := range []string{form("port", "80", "challenge", "x", "name", "x"), form("port", "80", "challenge", challenge), form("port", "80", "name", "x")} {
		c.Get("/login/cli?"+fields, session...).Want(http.StatusBadRequest)
		post(c, "/login/cli", fields, session...).Want(http.StatusBadRequest)
	}
}
