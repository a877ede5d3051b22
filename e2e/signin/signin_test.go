package signin_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// The whole story of people who have no password here, in the order that things
// happen.
func TestSignIn(t *testing.T) { //nolint:paralleltest // one story
	r := newRig(t)

	// The first time makes an account, the second finds it.
	grace := r.browser()
	page := grace.signIn("grace", "/?x=1")
	page.want(http.StatusOK, "Signed in as <strong>grace</strong>")
	if page.url.RequestURI() != "/?x=1" {
		t.Errorf("went on to %s", page.url)
	}
	again := r.browser()
	again.signIn("grace", "").want(http.StatusOK, "Signed in as <strong>grace</strong>")
	if list := r.run("identity", "list", "grace"); strings.Count(list, "subject-") != 1 || !strings.Contains(list, "subject-1") {
		t.Errorf("identities of grace:\n%s", list)
	}

	// Evil redirects lead to the front page.
	away := r.browser().signIn("grace", "//evil.example/")
	if away.url.Host != r.berth || away.url.Path != "/" {
		t.Errorf("went on to %s", away.url)
	}

	// Somebody else's name is not had by being called so elsewhere.
	ada := r.browser()
	page = ada.signIn("ada", "")
	page.want(http.StatusConflict, "berth identity link USER --provider corp --subject subject-2")
	ada.get("http://"+r.berth+"/").want(http.StatusOK, "sign in for the rest")
	// Until an administrator says that it is the same person.
	r.run("identity", "link", "ada", "--provider", "corp", "--subject", "subject-2")
	ada.signIn("ada", "").want(http.StatusOK, "Signed in as <strong>ada</strong>")

	// docker cannot be sent to a provider: the password is no good any more, and
	// there never was one for grace.
	for _, who := range [][2]string{{"ada", password}, {"grace", password}, {"grace", "grace-password"}} {
		if status, body := r.token(who[0], who[1]); status != http.StatusUnauthorized {
			t.Errorf("password of %s at /token: %d %s", who[0], status, body)
		}
	}
	if status, body := r.token("bob", password); status != http.StatusOK {
		t.Errorf("password of bob, who has no identity: %d %s", status, body)
	}

	// Who is blocked here is, whatever the provider says.
	r.suspend("ada", http.MethodPut)
	r.browser().signIn("ada", "").want(http.StatusUnauthorized, "The account is blocked")
	ada.get("http://"+r.berth+"/").want(http.StatusOK, "sign in for the rest")
	r.suspend("ada", http.MethodDelete)
	r.browser().signIn("ada", "").want(http.StatusOK, "Signed in as <strong>ada</strong>")

	// Sign out, and the cookie is worth nothing.
	again.post("http://"+r.berth+"/logout", nil).want(http.StatusOK, "sign in for the rest")
}

func TestForeignAnswers(t *testing.T) { //nolint:paralleltest // one story
	r := newRig(t)

	// What another browser began cannot be finished here.
	victim, attacker := r.browser(), r.browser()
	attacker.stopAt = "/login/oidc/corp/callback"
	stolen := attacker.signIn("grace", "").url
	victim.get(stolen.String()).want(http.StatusBadRequest, "Signing in did not work")
	victim.get("http://"+r.berth+"/").want(http.StatusOK, "sign in for the rest")

	// Nor with a state of one's own beside it.
	victim.stopAt = "/login/oidc/corp/callback"
	own := victim.signIn("grace", "").url
	q := own.Query()
	q.Set("state", stolen.Query().Get("state"))
	forged := *own
	forged.RawQuery = q.Encode()
	victim.stopAt = ""
	victim.get(forged.String()).want(http.StatusBadRequest, "another sign-in")
	// The cookie is good once, even so.
	victim.get(own.String()).want(http.StatusBadRequest, "Signing in did not work")

	// What was good once is not good twice, with the cookie put back neither.
	attacker.stopAt = ""
	cookies := attacker.jar.Cookies(stolen)
	attacker.get(stolen.String()).want(http.StatusOK, "Signed in as <strong>grace</strong>")
	replay := r.browser()
	replay.jar.SetCookies(&url.URL{Scheme: "http", Host: r.berth, Path: "/"}, cookies)
	replay.get(stolen.String()).want(http.StatusBadRequest, "good once")
	replay.get("http://"+r.berth+"/").want(http.StatusOK, "sign in for the rest")

	replay.get("http://"+r.berth+"/login/oidc/other").want(http.StatusNotFound, "not in the configuration")
}

// berth login --web, as far as the server goes.
func TestCommandLine(t *testing.T) { //nolint:paralleltest // one story
	r := newRig(t)
	verifier := strings.Repeat("v", 64)
	sum := sha256.Sum256([]byte(verifier))
	ask := "/login/cli?" + url.Values{"port": {"9"}, "name": {"laptop"}, "challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}}.Encode()

	grace := r.browser()
	page := grace.get("http://" + r.berth + ask)
	page.want(http.StatusOK, "Sign in with Example Corp")
	page = grace.follow(page, "/login/oidc/corp").answer("grace")
	page.want(http.StatusOK, "Allow it to act as grace")
	grace.stopAt = "http://127.0.0.1:9/"
	back := grace.submit(page, nil).url
	if back.Host != "127.0.0.1:9" || back.Query().Get("code") == "" {
		t.Fatalf("sent to %s", back)
	}

	redeem := func(verifier string) *reply {
		return r.browser().post("http://"+r.berth+"/login/cli/token", url.Values{"code": {back.Query().Get("code")}, "verifier": {verifier}})
	}
	redeem(strings.Repeat("w", 64)).want(http.StatusUnauthorized, "credentials_invalid")
	var session, token struct{ Token string }
	answer := redeem(verifier)
	answer.want(http.StatusOK, "brs_")
	if err := json.Unmarshal([]byte(answer.body), &session); err != nil {
		t.Fatal(err)
	}
	// With that the command line makes the token that docker needs.
	made := r.rest("POST", "/user/tokens", session.Token, `{"name": "docker", "scopes": "write:packages"}`)
	if err := json.Unmarshal(made, &token); err != nil || !strings.HasPrefix(token.Token, "brt_") {
		t.Fatalf("%s, %v", made, err)
	}
	if status, body := r.token("grace", token.Token); status != http.StatusOK || !strings.Contains(body, `repository:grace/app:pull,push`) {
		t.Errorf("the token at /token: %d %s", status, body)
	}
}

// The real command: what it prints is opened in the browser of somebody who has no
// password here, and after that it acts for her.
func TestLoginWeb(t *testing.T) { //nolint:paralleltest // one story
	r := newRig(t)
	home := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	berth := func(args ...string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, r.bin, args...)
		cmd.Dir = home
		cmd.Env = []string{"HOME=" + home}
		return cmd
	}
	login := berth("login", "http://"+r.berth, "--web")
	stderr, err := login.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := login.Start(); err != nil {
		t.Fatal(err)
	}
	address := ""
	for lines := bufio.NewScanner(stderr); address == "" && lines.Scan(); {
		if text := strings.TrimSpace(lines.Text()); strings.HasPrefix(text, "http://"+r.berth+"/login/cli?") {
			address = text
		}
	}
	if address == "" {
		t.Fatalf("no address to open: %v", login.Wait())
	}
	grace := r.browser()
	page := grace.follow(grace.get(address), "/login/oidc/corp").answer("grace")
	page.want(http.StatusOK, "Allow it to act as grace")
	grace.submit(page, nil).want(http.StatusOK, "You may close this window")
	if err := login.Wait(); err != nil {
		t.Fatal(err)
	}
	out, err := berth("whoami").CombinedOutput()
	if err != nil || !strings.HasPrefix(string(out), "grace on http://"+r.berth) {
		t.Errorf("%v: %s", err, out)
	}
	out, err = berth("token", "create", "--scopes", "write:packages").CombinedOutput()
	if err != nil || !strings.HasPrefix(string(out), "brt_") {
		t.Fatalf("%v: %s", err, out)
	}
	if status, body := r.token("grace", strings.TrimSpace(string(out))); status != http.StatusOK || !strings.Contains(body, "repository:grace/app:pull,push") {
		t.Errorf("the token at /token: %d %s", status, body)
	}
}
