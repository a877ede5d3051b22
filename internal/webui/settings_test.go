package webui_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
)

// shows reports what a page has not, and with a ! in front what it has but must not.
func shows(t *testing.T, r *berthtest.Response, parts ...string) {
	t.Helper()
	body := string(r.Body)
	_, main, _ := strings.Cut(body, "<main")
	for _, part := range parts {
		if unwanted, not := strings.CutPrefix(part, "!"); not == strings.Contains(body, unwanted) {
			t.Errorf("%s in\n%s", part, main)
		}
	}
}

// follow goes where an answer leads, and returns that page with what it says was done
// or shows once.
func follow(t *testing.T, c *berthtest.Client, r *berthtest.Response, session []string) *berthtest.Response {
	t.Helper()
	r.Want(http.StatusSeeOther)
	cookies := []string{session[1]}
	for _, name := range []string{"berth_flash", "berth_once"} {
		if set := cookie(t, r, name); set != nil {
			cookies = append(cookies, name+"="+set.Value)
		}
	}
	return c.Get(r.Header.Get("Location"), "Cookie", strings.Join(cookies, "; ")).Want(http.StatusOK)
}

func TestSettingsNeedSomebody(t *testing.T) {
	t.Parallel()
	c := berthtest.New(t).As("")
	for _, path := range []string{"/settings", "/settings/tokens", "/settings/tokens/new?scopes=write:packages&name=x", "/settings/security", "/settings/sessions", "/settings/orgs"} {
		r := c.Get(path).Want(http.StatusSeeOther)
		if to := r.Header.Get("Location"); to != "/login?"+form("next", path) {
			t.Errorf("%s leads to %s", path, to)
		}
	}
}

func TestProfile(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c, session := s.As(""), signIn(t, s, "ada")
	shows(t, c.Get("/settings", session...).Want(http.StatusOK), `aria-current="page"`, "!Administrator", `<option value="" selected>`)
	r := follow(t, c, post(c, "/settings", form("visibility", "internal"), session...), session)
	shows(t, r, "Saved.", `<option value="internal" selected>`)
	post(c, "/settings", form("visibility", "secret"), session...).Want(http.StatusBadRequest)
	r = post(c, "/settings/name", form("name", "acme"), session...).Want(http.StatusConflict)
	shows(t, r, `role="alert"`, `value="acme"`)
	r = follow(t, c, post(c, "/settings/name", form("name", "Ada2"), session...), session)
	shows(t, r, "You are called Ada2 now.")

	// An hour later it may be somebody else who sits there.
	s.Clock.Advance(time.Hour)
	shows(t, post(c, "/settings/name", form("name", "eve"), session...).Want(http.StatusOK), "Confirm that it is you", `name="name" value="eve"`)
	shows(t, post(c, "/settings", form("visibility", "public"), session...).Want(http.StatusOK), "Confirm that it is you")
	shows(t, post(c, "/settings", form("visibility", "internal"), session...).Want(http.StatusOK), "Confirm that it is you")
	post(c, "/settings", form("visibility", "private"), session...).Want(http.StatusSeeOther)
	post(c, "/settings", form("visibility", "public", "-confirm", password), session...).Want(http.StatusSeeOther)
	if me, err := s.Account.Self(t.Context(), s.Viewer("ada2")); err != nil || me.Login != "Ada2" || me.DefaultVisibility != berth.VisibilityPublic {
		t.Errorf("%+v, %v", me, err)
	}
}

func TestSessionsPage(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c, mine := s.As(""), signIn(t, s, "ada")
	open := func(agent string) (account.Session, []string) {
		t.Helper()
		made, err := s.Account.CreateSession(t.Context(), s.OwnerID("ada"), "test", "192.0.2.7", agent)
		if err != nil {
			t.Fatal(err)
		}
		return made, []string{"Cookie", "berth_session=" + made.Secret}
	}
	other, others := open("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	_, third := open(`berth login on <img src=x>`)
	r := c.Get("/settings/sessions", mine...).Want(http.StatusOK)
	shows(t, r, "3 sessions", "Firefox on Linux", "192.0.2.7", "berth on &lt;img", "!<img src=x", "This one")
	if n := strings.Count(string(r.Body), "This one"); n != 1 {
		t.Errorf("%d are this one", n)
	}
	for _, id := range []string{"0", "-1", "+1", "x", "01", "99999", "9999999999999999999999"} {
		post(c, "/settings/sessions/"+id+"/end", "", mine...).Want(http.StatusNotFound)
	}
	r = follow(t, c, post(c, fmt.Sprintf("/settings/sessions/%d/end", other.ID), "", mine...), mine)
	shows(t, r, "The session has ended.", "2 sessions", "!Firefox on Linux")
	c.Get("/settings", others...).Want(http.StatusSeeOther)
	r = follow(t, c, post(c, "/settings/sessions/end-others", "", mine...), mine)
	shows(t, r, "1 session<", "!End all others")
	c.Get("/settings", third...).Want(http.StatusSeeOther)

	// One's own ends too.
	last, lasts := open("curl/8")
	out := post(c, fmt.Sprintf("/settings/sessions/%d/end", last.ID), "", lasts...).Want(http.StatusSeeOther)
	if dropped := cookie(t, out, "berth_session"); dropped == nil || dropped.MaxAge >= 0 || out.Header.Get("Location") != "/" {
		t.Errorf("%v", out.Header)
	}
}

func TestOrgsPage(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c, ada := s.As(""), signIn(t, s, "ada")
	shows(t, c.Get("/settings/orgs", ada...).Want(http.StatusOK), `href="/acme"`, "Owner", "!Make an organization")
	r := post(c, "/settings/orgs/acme/leave", "", ada...).Want(http.StatusConflict)
	shows(t, r, `role="alert"`, `href="/acme"`)
	post(c, "/settings/orgs", form("name", "mine"), ada...).Want(http.StatusForbidden)

	mia := signIn(t, s, "mia")
	shows(t, c.Get("/settings/orgs", mia...).Want(http.StatusOK), "Member", "!Owner")
	r = follow(t, c, post(c, "/settings/orgs/acme/leave", "", mia...), mia)
	shows(t, r, "You have left acme.", "You are in no organization", "Ask an administrator")
	post(c, "/settings/orgs/acme/leave", "", mia...).Want(http.StatusNotFound)

	root := signIn(t, s, "root")
	shows(t, c.Get("/settings/orgs", root...).Want(http.StatusOK), "Make an organization")
	shows(t, post(c, "/settings/orgs", form("name", "acme"), root...).Want(http.StatusConflict), `role="alert"`, `value="acme"`)
	shows(t, follow(t, c, post(c, "/settings/orgs", form("name", "initech"), root...), root), "The organization initech is made.", `href="/initech"`)
	for i := range 30 {
		if err := s.Account.CreateOrg(t.Context(), berth.Operator(), fmt.Sprintf("org%02d", i), "root"); err != nil {
			t.Fatal(err)
		}
	}
	r = c.Get("/settings/orgs", root...).Want(http.StatusOK)
	shows(t, r, `href="/org28"`, "!org29", `href="/settings/orgs?after=org28"`)
	shows(t, c.Get("/settings/orgs?after=org28", root...).Want(http.StatusOK), `href="/org29"`, `!href="/org28"`, `!class="pager"`)
}

func TestPassword(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c, session := s.As(""), signIn(t, s, "ada")
	const fresh = "another-Horse-10"
	at := "/settings/security/password"
	shows(t, post(c, at, form("current-password", password, "password", fresh, "again", "other"), session...).Want(http.StatusBadRequest), "The two new passwords differ")
	shows(t, post(c, at, form("current-password", "wrong", "password", fresh, "again", fresh), session...).Want(http.StatusBadRequest), "password of ada is wrong", "!"+fresh)
	shows(t, follow(t, c, post(c, at, form("current-password", password, "password", fresh, "again", fresh), session...), session), "Your password is changed")
	post(c, "/login", form("name", "ada", "password", password)).Want(http.StatusUnauthorized)
	post(c, "/login", form("name", "ada", "password", fresh)).Want(http.StatusSeeOther)
}

func TestSecondFactorPages(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c, session := s.As(""), signIn(t, s, "ada")
	const at = "/settings/security"
	shows(t, c.Get(at, session...).Want(http.StatusOK), "Set it up", "!Switch it off")
	shows(t, post(c, at+"/factor", form("current-password", "wrong"), session...).Want(http.StatusBadRequest), `role="alert"`, "Set it up")
	r := post(c, at+"/factor", form("current-password", password), session...).Want(http.StatusOK)
	secret := regexp.MustCompile(`<code>([A-Z2-7]{32})</code>`).FindSubmatch(r.Body)
	key := regexp.MustCompile(`name="key" value="([^"]+)"`).FindSubmatch(r.Body)
	if secret == nil || key == nil {
		t.Fatalf("%s", r.Body)
	}
	shows(t, r, `<svg class="qr" viewBox="0 0 `, `<path d="M`)
	link := strings.ReplaceAll(string(key[1]), "&amp;", "&")
	code := func() string {
		s.Clock.Advance(time.Minute)
		return totp(t, string(secret[1]), s.Clock.Now())
	}
	r = post(c, at+"/factor/confirm", form("code", "000000", "key", link), session...).Want(http.StatusBadRequest)
	shows(t, r, `role="alert"`, "<code>"+string(secret[1])+"</code>", `<path d="M`)
	post(c, at+"/factor/confirm", form("code", "000000", "key", "javascript:alert(1)"), session...).Want(http.StatusBadRequest)
	shows(t, c.Get(at, session...), "Set it up")
	r = post(c, at+"/factor/confirm", form("code", code(), "key", link), session...).Want(http.StatusOK)
	codes := regexp.MustCompile(`(?m)[a-z0-9]{4}(?:-[a-z0-9]{4}){3}`).FindAllString(string(r.Body), 10)
	shows(t, r, "The second factor is on.")
	shows(t, c.Get(at, session...).Want(http.StatusOK), "10 recovery codes", "Switch it off", "!Set it up", "!"+codes[0])

	// Signing in with it comes back to where one was, with its query.
	next := "/settings/tokens/new?scopes=write:packages&name=a%26b"
	r = post(c, "/login", form("name", "ada", "password", password, "next", next)).Want(http.StatusOK)
	ticket := regexp.MustCompile(`name="ticket" value="([^"]+)"`).FindSubmatch(r.Body)
	shows(t, r, `name="next" value="/settings/tokens/new?scopes=write:packages&amp;name=a%26b"`)
	r = post(c, "/login", form("ticket", string(ticket[1]), "code", codes[0], "next", next)).Want(http.StatusSeeOther)
	if to := r.Header.Get("Location"); to != next {
		t.Errorf("to %s", to)
	}
	session = []string{"Cookie", "berth_session=" + cookie(t, r, "berth_session").Value}
	shows(t, c.Get(next, session...).Want(http.StatusOK), `name="name" value="a&amp;b"`)

	shows(t, post(c, at+"/factor/codes", form("current-password", password, "code", codes[0]), session...).Want(http.StatusBadRequest), `role="alert"`, "<details class=\"fold\" open")
	r = post(c, at+"/factor/codes", form("current-password", password, "code", code()), session...).Want(http.StatusOK)
	shows(t, r, "These are your new recovery codes", "!"+codes[1])
	shows(t, post(c, at+"/factor/off", form("current-password", password, "code", codes[1]), session...).Want(http.StatusBadRequest), `role="alert"`)
	shows(t, follow(t, c, post(c, at+"/factor/off", form("current-password", password, "code", code()), session...), session), "The second factor is off.", "Set it up")
}

func TestUnlink(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t, berthtest.Options{Account: func(o *account.Options) {
		o.Providers = []account.Provider{{Name: "forge", Title: "The <Forge>", Issuer: "https://forge.example", ClientID: "berth"}}
	}})
	c, session := s.As(""), signIn(t, s, "ada")
	shows(t, c.Get("/settings/security", session...), "!Unlink", `autocomplete="current-password" required`)
	if err := s.Account.LinkIdentity(t.Context(), berth.Operator(), "ada", "forge", "<17>"); err != nil {
		t.Fatal(err)
	}
	shows(t, c.Get("/settings/security", session...).Want(http.StatusOK), "The &lt;Forge&gt;", "&lt;17&gt;", "Unlink", "Leave it empty", `!autocomplete="current-password" required`)
	shows(t, c.Get("/login?next=/settings/orgs%3Fafter%3Da").Want(http.StatusOK), `href="/login/oidc/forge?next=%2Fsettings%2Forgs%3Fafter%3Da"`, "Sign in with The &lt;Forge&gt;")
	at := "/settings/security/identities/unlink"
	post(c, at, form("provider", "forge", "subject", "18"), session...).Want(http.StatusNotFound)
	s.Exec(`UPDATE users SET password_hash = '' WHERE owner_id = ?`, s.OwnerID("ada"))
	shows(t, post(c, at, form("provider", "forge", "subject", "<17>"), session...).Want(http.StatusConflict), `role="alert"`, "Unlink")
	// Nobody who finds the browser open gives the account a password that he knows.
	s.Clock.Advance(time.Hour)
	for _, form := range []string{"password", "factor"} {
		r := post(c, "/settings/security/"+form, "password=one+of+my+own&again=one+of+my+own", session...).Want(http.StatusForbidden)
		shows(t, r, `role="alert"`, "sign out, sign in again as usual")
	}
	session = signIn(t, s, "ada")
	shows(t, follow(t, c, post(c, at, form("provider", "forge", "subject", "<17>"), session...), session), "Unlinked.", "!&lt;17&gt;")
}
