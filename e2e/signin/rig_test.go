package signin_test

import (
	"bufio"
	"bytes"
	"fmt"
	"html"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	e2e "github.com/berth-registry/berth/e2e/rig"
)

const password = "correct-Horse-9-battery"

// rig is a berth and a provider that it trusts, called corp.
type rig struct {
	t        *testing.T
	bin      string
	berth    string // host and port
	provider string // address
	data     string
	config   string
	log      string
}

func newRig(t *testing.T) *rig {
	t.Helper()
	dir := t.TempDir()
	r := &rig{t: t, bin: os.Getenv("BERTH_BIN"), data: filepath.Join(dir, "data"), config: filepath.Join(dir, "berth.yaml"), log: filepath.Join(dir, "log")}
	if r.bin == "" {
		r.bin = r.build("../..", "./cmd/berth")
	}
	addr, err := e2e.FreeAddr(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r.berth = addr
	r.startProvider(r.build("..", "./provider"))
	secret := filepath.Join(dir, "client-secret")
	r.write(secret, "client-s3cret\n")
	r.write(r.config, fmt.Sprintf("identity_providers:\n  - name: corp\n    title: Example Corp\n    issuer: %s\n    client_id: berth\n"+
		"    client_secret_file: %s\n    auto_create: true\n", r.provider, secret))
	for _, user := range []string{"ada", "bob"} {
		r.runWith(password+"\n", "user", "create", user, "--password-stdin")
	}
	r.startBerth()
	return r
}

func (r *rig) write(name, text string) {
	r.t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) build(dir, what string) string {
	r.t.Helper()
	out := filepath.Join(r.t.TempDir(), filepath.Base(what))
	cmd := exec.Command("go", "build", "-o", out, what)
	cmd.Dir = dir
	if text, err := cmd.CombinedOutput(); err != nil {
		r.t.Fatalf("go build %s: %v\n%s", what, err, text)
	}
	return out
}

// startProvider runs the provider, which prints its address.
func (r *rig) startProvider(bin string) {
	r.t.Helper()
	cmd := exec.Command(bin, "-secret", "client-s3cret", "-redirect", "http://"+r.berth+"/login/oidc/corp/callback",
		"-people", "grace:subject-1:grace-password,ada:subject-2:ada-password")
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		r.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if r.t.Failed() {
			r.t.Logf("provider:\n%s", said.String())
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		r.t.Fatalf("provider: %v\n%s", err, said.String())
	}
	r.provider = strings.TrimSpace(line)
}

func (r *rig) startBerth() {
	r.t.Helper()
	log, err := os.Create(r.log)
	if err != nil {
		r.t.Fatal(err)
	}
	defer log.Close() // the process has its own copy
	cmd := exec.Command(r.bin, "serve", "--config", r.config, "--data", r.data, "--addr", r.berth)
	cmd.Env = append(os.Environ(), "BERTH_ADMIN_PASSWORD="+password)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		err := cmd.Wait()
		text, _ := os.ReadFile(r.log)
		if err != nil || r.t.Failed() {
			r.t.Errorf("berth: %v\n%s", err, text)
		}
		if bytes.Contains(text, []byte("client-s3cret")) || bytes.Contains(text, []byte("code=")) {
			r.t.Errorf("a secret is in the log:\n%s", text)
		}
	})
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); <-tick.C {
		if resp, err := http.Get("http://" + r.berth + "/readyz"); err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
	}
	r.t.Fatal("berth is not ready")
}

// run runs a command on the data directory and returns what it prints.
func (r *rig) run(args ...string) string { r.t.Helper(); return r.runWith("", args...) }

func (r *rig) runWith(stdin string, args ...string) string {
	r.t.Helper()
	cmd := exec.Command(r.bin, append(args, "--config", r.config, "--data", r.data)...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("berth %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// suspend blocks somebody (PUT), or no longer (DELETE), as the administrator.
func (r *rig) suspend(user, method string) {
	r.t.Helper()
	req, err := http.NewRequest(method, "http://"+r.berth+"/api/v3/users/"+user+"/suspended", nil)
	if err != nil {
		r.t.Fatal(err)
	}
	req.SetBasicAuth("admin", password)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusNoContent {
		body, _ := io.ReadAll(resp.Body)
		r.t.Fatalf("%s %s: %d %s", method, req.URL.Path, resp.StatusCode, body)
	}
}

// token asks for a bearer as docker does.
func (r *rig) token(user, password string) (int, string) {
	r.t.Helper()
	req, err := http.NewRequest(http.MethodGet, "http://"+r.berth+"/token?service="+r.berth+"&scope=repository:"+user+"/app:pull,push", nil)
	if err != nil {
		r.t.Fatal(err)
	}
	req.SetBasicAuth(user, password)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// rest sends a request to the API with a token, and returns the answer to a success.
func (r *rig) rest(method, path, token, body string) []byte {
	r.t.Helper()
	req, err := http.NewRequest(method, "http://"+r.berth+"/api/v3"+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode > 299 {
		r.t.Fatalf("%s %s: %s, %v\n%s", method, path, resp.Status, err, answer)
	}
	return answer
}

// browser is a client with cookies that follows redirects.
type browser struct {
	r      *rig
	jar    http.CookieJar
	http   *http.Client
	stopAt string // no further than where this is in the address
}

// reply is the page that a browser ended on.
type reply struct {
	b      *browser
	url    *url.URL
	status int
	body   string
}

func (r *rig) browser() *browser {
	r.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		r.t.Fatal(err)
	}
	b := &browser{r: r, jar: jar}
	b.http = &http.Client{Jar: jar, CheckRedirect: func(req *http.Request, _ []*http.Request) error {
		if b.stopAt != "" && strings.Contains(req.URL.String(), b.stopAt) {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	return b
}

func (b *browser) do(method, address string, form url.Values) *reply {
	b.r.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequest(method, address, body)
	if err != nil {
		b.r.t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := b.http.Do(req)
	if err != nil {
		b.r.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		b.r.t.Fatal(err)
	}
	at := resp.Request.URL
	if to, err := resp.Location(); err == nil { // where it would have gone
		at = to
	}
	return &reply{b: b, url: at, status: resp.StatusCode, body: string(text)}
}

func (b *browser) get(address string) *reply {
	b.r.t.Helper()
	return b.do(http.MethodGet, address, nil)
}

func (b *browser) post(address string, form url.Values) *reply {
	b.r.t.Helper()
	return b.do(http.MethodPost, address, form)
}

// follow clicks the link of a page that starts so.
func (b *browser) follow(p *reply, start string) *reply {
	b.r.t.Helper()
	m := regexp.MustCompile(`href="(` + regexp.QuoteMeta(start) + `[^"]*)"`).FindStringSubmatch(p.body)
	if m == nil {
		b.r.t.Fatalf("%s has no link %s…\n%s", p.url, start, p.body)
	}
	to, err := p.url.Parse(html.UnescapeString(m[1]))
	if err != nil {
		b.r.t.Fatal(err)
	}
	return b.get(to.String())
}

// submit sends the last form of a page, with its hidden fields.
func (b *browser) submit(p *reply, fields url.Values) *reply {
	b.r.t.Helper()
	form := url.Values{}
	content := p.body
	if _, main, ok := strings.Cut(content, "<main"); ok { // ours, between the forms of every page
		content, _, _ = strings.Cut(main, "</main>")
	}
	forms := strings.Split(content, "<form")
	last := forms[len(forms)-1]
	for _, m := range regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)"`).FindAllStringSubmatch(last, -1) {
		form.Set(m[1], html.UnescapeString(m[2]))
	}
	maps.Copy(form, fields)
	action := p.url
	if m := regexp.MustCompile(`action="([^"]*)"`).FindStringSubmatch(last); m != nil {
		var err error
		if action, err = p.url.Parse(html.UnescapeString(m[1])); err != nil {
			b.r.t.Fatal(err)
		}
	}
	return b.post(action.String(), form)
}

// signIn goes from the page for signing in through the provider.
func (b *browser) signIn(name, next string) *reply {
	b.r.t.Helper()
	page := b.get("http://" + b.r.berth + "/login?" + url.Values{"next": {next}}.Encode())
	return b.follow(page, "/login/oidc/corp").answer(name)
}

// answer fills in the provider's form.
func (p *reply) answer(name string) *reply {
	p.b.r.t.Helper()
	if !strings.HasPrefix(p.url.String(), p.b.r.provider) {
		p.b.r.t.Fatalf("at %s, not at the provider: %s", p.url, p.body)
	}
	return p.b.submit(p, url.Values{"name": {name}, "password": {name + "-password"}})
}

// want fails the test unless the page has that status and text.
func (p *reply) want(status int, text string) {
	p.b.r.t.Helper()
	if p.status != status || !strings.Contains(p.body, text) {
		p.b.r.t.Errorf("%s: %d, want %d with %q\n%s", p.url, p.status, status, text, p.body)
	}
}
