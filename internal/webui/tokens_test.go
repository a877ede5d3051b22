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

// shown returns the secret of a token from the page that shows it.
func shown(t *testing.T, r *berthtest.Response) string {
	t.Helper()
	m := regexp.MustCompile(`<code>(brt_[^<]+)</code>`).FindSubmatch(r.Want(http.StatusOK).Body)
	if m == nil {
		t.Fatalf("%s", r.Body)
	}
	return string(m[1])
}

func TestTokenPages(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c, session := s.As(""), signIn(t, s, "ada")
	shows(t, c.Get("/settings/tokens", session...).Want(http.StatusOK), "No access tokens", "/settings/tokens/new?scopes=write:packages")

	// As programs link to it, also to GitHub's address.
	for _, query := range []string{"scopes=write:packages,read:user&name=CI+%3Cb%3E", "scopes=write:packages%20read:user,repo,admin&description=CI+%3Cb%3E"} {
		for _, at := range []string{"/settings/tokens/new?", "/settings/personal-access-tokens/new?"} {
			r := c.Get(at+query, session...)
			if r.Status == http.StatusSeeOther {
				r = c.Get(r.Header.Get("Location"), session...)
			}
			shows(t, r.Want(http.StatusOK), `value="CI &lt;b&gt;"`, `value="write:packages" checked`, `value="read:user" checked`, `value="delete:packages">`, `value="user">`, "!Administer this registry",
				`<option value="30" selected>`, `!class="fold" open`)
		}
	}
	if to := c.Get("/settings/personal-access-tokens").Want(http.StatusSeeOther).Header.Get("Location"); to != "/settings/tokens" {
		t.Errorf("to %s", to)
	}
	shows(t, c.Get("/settings/tokens/new?scopes=delete:packages", signIn(t, s, "root")...), "Administer this registry")
	shows(t, c.Get("/settings/tokens/new", session...), "!Administer this registry", "! checked>")

	r := post(c, "/settings/tokens/new", form("name", "ci <b>", "expires", "7", "owners", "acme", "action", "push"), session...).Want(http.StatusBadRequest)
	shows(t, r, `role="alert"`, `value="ci &lt;b&gt;"`, `<option value="7" selected>`, `name="owners" value="acme"`, "<details class=\"fold\" open", `value="push" checked`)
	post(c, "/settings/tokens/new", form("name", "ci", "expires", "7", "scope", "read:user", "owners", "nobody-of-that-name"), session...).Want(http.StatusBadRequest)

	r = post(c, "/settings/tokens/new", form("name", "ci <b>", "expires", "90", "scope", "write:packages", "packages", "acme/web acme/x", "action", "push"), session...)
	if strings.Contains(fmt.Sprint(r.Header), "brt_") || len(r.Body) != 0 {
		t.Errorf("the token is in the answer to the form: %v", r.Header)
	}
	r = follow(t, c, r, session)
	secret := shown(t, r)
	host := strings.TrimPrefix(s.URL, "http://")
	shows(t, r, "<code>docker login "+host+" -u ada</code>", "!echo", "acme/web", "Only to push", "insecure-registries")
	if v, err := s.Account.Authenticate(t.Context(), "Bearer "+secret, ""); err != nil || v.Login != "ada" || v.TokenLife != 90*24*time.Hour || !v.Limited {
		t.Errorf("%+v, %v", v, err)
	}
	shows(t, follow(t, c, post(c, "/settings/tokens/new", form("name", "me", "expires", "never", "scope", "read:user"), session...), session), "!docker login", "Never expires")

	r = c.Get("/settings/tokens", session...).Want(http.StatusOK)
	shows(t, r, "ci &lt;b&gt;", "acme/x", "Not used yet", "Never expires", "!"+secret, "!Expires soon")
	ids := regexp.MustCompile(`/settings/tokens/(\d+)/revoke`).FindAllSubmatch(r.Body, -1)
	if len(ids) != 2 {
		t.Fatal(ids)
	}
	at := "/settings/tokens/" + string(ids[1][1]) + "/revoke"
	post(c, at, "", signIn(t, s, "bob")...).Want(http.StatusNotFound)
	post(c, "/settings/tokens/0"+string(ids[1][1])+"/revoke", "", session...).Want(http.StatusNotFound)
	shows(t, follow(t, c, post(c, at, "", session...), session), "The access token is revoked.", "!ci &lt;b&gt;", ">me<")
	if _, err := s.Account.Authenticate(t.Context(), "Bearer "+secret, ""); err == nil {
		t.Error("it goes on")
	}
}

// The token of a first push is made at once; what could do harm is not, in a browser
// that was left open.
func TestTokensOfAnOpenBrowser(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	c, session := s.As(""), signIn(t, s, "ada")
	s.Clock.Advance(time.Hour)
	const at = "/settings/tokens/new"
	shown(t, follow(t, c, post(c, at, form("name", "push", "expires", "30", "scope", "write:packages", "action", "push", "action", "pull"), session...), session))
	shown(t, follow(t, c, post(c, at, form("name", "read", "expires", "30", "scope", "read:packages", "scope", "read:user"), session...), session))
	for _, harm := range [][]string{
		{"expires", "30", "scope", "write:packages"}, // without actions it can change settings and rights
		{"expires", "30", "scope", "write:packages", "action", "push", "action", "admin"},
		{"expires", "30", "scope", "delete:packages", "action", "push"},
		{"expires", "never", "scope", "read:packages"},
	} {
		shows(t, post(c, at, form(harm...), session...).Want(http.StatusOK), "Confirm that it is you", "!brt_")
	}
	for _, scope := range []string{"delete:packages", "admin", "user", "admin:org", "write:repositories"} {
		body := []string{"name", "harm", "expires", "30", "scope", "write:packages", "scope", scope}
		r := post(c, at, form(body...), session...).Want(http.StatusOK)
		shows(t, r, "Confirm that it is you", `name="scope" value="`+scope+`"`, `name="scope" value="write:packages"`, "!brt_")
		shows(t, post(c, at, form(append(body, "-confirm", "wrong")...), session...).Want(http.StatusBadRequest), "Confirm that it is you", "!brt_")
	}
	shown(t, follow(t, c, post(c, at, form("name", "harm", "expires", "30", "scope", "delete:packages", "-confirm", password), session...), session))
}

func TestTokensThatRunOut(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	const day = 24 * time.Hour
	for name, life := range map[string]time.Duration{"month": 30 * day, "year": 365 * day, "eternal": 0, "revoked": 30 * day} {
		made, err := s.Account.CreateToken(t.Context(), berth.Operator(), "ada", account.TokenRequest{Name: name, Scopes: berth.ScopeReadUser, Life: life})
		if err == nil && name == "revoked" {
			err = s.Account.RevokeToken(t.Context(), berth.Operator(), "ada", made.ID)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	c := s.As("")
	look := func(when time.Duration, front, list []string) {
		t.Helper()
		s.Clock.Advance(when)
		session := signIn(t, s, "ada")
		for _, path := range []string{"/", "/settings", "/settings/orgs"} {
			shows(t, c.Get(path, session...).Want(http.StatusOK), front...)
		}
		shows(t, c.Get("/settings/tokens", session...).Want(http.StatusOK), append(list, `!Your <a href="/settings/tokens">`)...)
		// It is not asked on every page.
		shows(t, c.Get("/-/start", session...).Want(http.StatusOK), `!Your <a href="/settings/tokens">`)
	}
	look(22*day, []string{`!Your <a href="/settings/tokens">`}, []string{"!Expires soon", "Expires on"})
	look(2*day, []string{`Your <a href="/settings/tokens">access token</a> <strong>month</strong> runs out`, "!year", "!eternal", "!revoked"}, []string{"Expires soon", "!revoked"})
	look(7*day, []string{`Your <a href="/settings/tokens">access token</a> <strong>month</strong> ran out`}, []string{"Expired on", "!Expires soon"})
	look(7*day, []string{`!Your <a href="/settings/tokens">`}, []string{"Expired on"})
}

// Revoked tokens are no rows, however many lie between those that are good.
func TestTokenListPages(t *testing.T) {
	t.Parallel()
	s := berthtest.New(t)
	for i := range 140 {
		made, err := s.Account.CreateToken(t.Context(), berth.Operator(), "ada", account.TokenRequest{Name: fmt.Sprintf("n%03d", i), Scopes: berth.ScopeReadUser})
		if err == nil && i >= 5 && i < 110 {
			err = s.Account.RevokeToken(t.Context(), berth.Operator(), "ada", made.ID)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	c, session := s.As(""), signIn(t, s, "ada")
	name := regexp.MustCompile(`<span class="title">(n\d+)</span>`)
	count := func(path string) (n int, first, last string, next []byte) {
		t.Helper()
		body := c.Get(path, session...).Want(http.StatusOK).Body
		rows := name.FindAllSubmatch(body, -1)
		if m := regexp.MustCompile(`href="(/settings/tokens\?before=\d+)"`).FindSubmatch(body); m != nil {
			next = m[1]
		}
		return len(rows), string(rows[0][1]), string(rows[len(rows)-1][1]), next
	}
	n, first, last, next := count("/settings/tokens")
	if n != 30 || first != "n139" || last != "n110" || next == nil {
		t.Fatal(n, first, last, string(next))
	}
	if n, first, last, next := count(string(next)); n != 5 || first != "n004" || last != "n000" || next != nil {
		t.Error(n, first, last, string(next))
	}
	// Behind the last row there are revoked ones only.
	s.Exec(`UPDATE tokens SET revoked_at = 1 WHERE name <= 'n004'`)
	if n, _, _, next := count("/settings/tokens"); n != 30 || next != nil {
		t.Error(n, string(next))
	}
	for _, before := range []string{"0", "-1", "x"} {
		c.Get("/settings/tokens?before="+before, session...).Want(http.StatusBadRequest)
	}
}
