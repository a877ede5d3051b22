package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/berth-registry/berth/internal/meta"
)

// command runs one command line and returns what it printed.
func command(t *testing.T, env []string, stdin string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	status = run(t.Context(), args, system{
		stdin: strings.NewReader(stdin), stdout: &out, stderr: &errs, environ: env, readFile: os.ReadFile, watch: checked(t),
	})
	return status, out.String(), errs.String()
}

func TestCommands(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	config := filepath.Join(t.TempDir(), "berth.yaml")
	if err := os.WriteFile(config, []byte("adr: x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := []string{"--data", data}
	tests := []struct {
		name  string
		env   []string
		stdin string
		args  []string
		out   string // a regular expression, of standard output or, on failure, of standard error
		fails bool
	}{
		{"version", nil, "", []string{"version"}, `^berth \d+\.\d+\.\d+`, false},
		{"user", nil, "hunter2hunter2\n", []string{"user", "create", "Ada", "--password-stdin"}, `^user Ada created\n$`, false},
		{"user again", nil, "hunter2hunter2\n", []string{"user", "create", "ada", "--password-stdin"}, `^berth: name is taken: somebody or an organization is called ada\n$`, true},
		{"user without password", nil, "", []string{"user", "create", "bob"}, `--password-stdin`, true},
		{"short password", nil, "x\n", []string{"user", "create", "bob", "--password-stdin"}, `it has 1 bytes, expected 8`, true},
		{"reserved", nil, "hunter2hunter2", []string{"user", "create", "api", "--password-stdin"}, `"api" is reserved`, true},
		{"org", nil, "", []string{"org", "create", "acme", "--owner", "ada"}, `^organization acme created, owned by ada\n$`, false},
		{"org of nobody", nil, "", []string{"org", "create", "acme2", "--owner", "eve"}, `there is no user eve`, true},
		{"org without owner", nil, "", []string{"org", "create", "acme3"}, `required flag.*owner`, true},
		{"token", nil, "", []string{"token", "create", "--user", "ada", "--scopes", "read:packages"}, `^brt_[0-9A-Za-z]{46}\n$`, false},
		{"token scope", nil, "", []string{"token", "create", "--user", "ada", "--scopes", "read:everything"}, `scope "read:everything" is unknown; choose from read:packages,`, true},
		{"token output", nil, "", []string{"token", "create", "--user", "ada", "--scopes", "admin", "-o", "xml"}, `expected text or json`, true},
		{"token of nobody", nil, "", []string{"token", "create", "--user", "eve", "--scopes", "admin"}, `there is no user eve`, true},
		{"package unknown", nil, "", []string{"package", "visibility", "ada/app", "public"}, `nothing has been pushed to ada/app`, true},
		{"package visibility", nil, "", []string{"package", "visibility", "ada/app", "open"}, `"open" is not private, internal or public`, true},
		{"package name", nil, "", []string{"package", "visibility", "app", "public"}, `write OWNER/app`, true},
		{"config", nil, "", []string{"config", "check"}, `fine`, false},
		{"config faults", []string{"BERTH_ADDR=x", "BERTH_TAGS_CASE=maybe"}, "", []string{"config", "check"}, `(?s)addr: expected HOST:PORT.*tags\.case: expected one of`, true},
		{"config key", nil, "", []string{"config", "check", "--config", config}, `adr`, true},
		{"config file missing", nil, "", []string{"config", "check", "--config", config + "x"}, `no such file`, true},
		{"unknown command", nil, "", []string{"frobnicate"}, `unknown command`, true},
	}
	for _, tt := range tests { // in order: each builds on the last
		status, out, errs := command(t, tt.env, tt.stdin, append(tt.args, d...)...)
		if tt.fails {
			out = errs
		}
		if (status != 0) != tt.fails || !regexp.MustCompile(tt.out).MatchString(out) {
			t.Errorf("%s: status %d\n%s%s", tt.name, status, out, errs)
		}
	}
	_, out, _ := command(t, nil, "", append(d, "token", "create", "--user", "ada", "--scopes", "write:packages", "--expires", "720h", "-o", "json")...)
	var token struct {
		Token, User string
		Scopes      []string
		ExpiresAt   *string `json:"expires_at"`
	}
	if err := json.Unmarshal([]byte(out), &token); err != nil {
		t.Fatal(err)
	}
	if len(token.Token) != 50 || token.User != "Ada" || strings.Join(token.Scopes, ",") != "read:packages,write:packages" || token.ExpiresAt == nil {
		t.Errorf("token %s", out)
	}
}

// serve runs a server until stop is called, and returns what it printed at first.
func serve(t *testing.T, env []string, args ...string) (url, banner string, stop func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, append([]string{"serve", "--addr", "127.0.0.1:0"}, args...), system{
			stdin: strings.NewReader(""), stdout: w, stderr: io.Discard, environ: env, readFile: os.ReadFile, watch: checked(t),
		})
		_ = w.Close()
	}()
	var text strings.Builder
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		text.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), "docker push") {
			break
		}
	}
	go func() { _, _ = io.Copy(io.Discard, r) }()
	banner = text.String()
	m := regexp.MustCompile(`http://[0-9.:]+`).FindString(banner)
	return m, banner, func() int { cancel(); return <-done }
}

func TestServe(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	url, banner, stop := serve(t, nil, "--data", data)
	password := regexp.MustCompile(`The first account is admin with the password (\S{20,})`).FindStringSubmatch(banner)
	host := strings.TrimPrefix(url, "http://")
	for _, try := range []string{"docker login " + host + " -u admin", "docker tag IMAGE " + host + "/admin/hello:1.0", "docker push " + host + "/admin/hello:1.0"} {
		if !strings.Contains(banner, "  "+try+"\n") {
			t.Errorf("the banner does not say %q", try)
		}
	}
	if password == nil {
		t.Fatalf("banner:\n%s", banner)
	}
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/": 200, "/v2/": 401, "/-/nothing": 404, "/v2/x": 404, "//v2/": 404} {
		if got := get(t, url+path, ""); got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
	if got := get(t, url+"/token", password[1]); got != 200 {
		t.Errorf("login with the printed password: %d", got)
	}
	// Commands work beside the server; a second server does not.
	if status, _, errs := command(t, nil, "hunter2hunter2", "user", "create", "ada", "--password-stdin", "--data", data); status != 0 {
		t.Errorf("beside the server: %s", errs)
	}
	if status, _, errs := command(t, nil, "", "serve", "--addr", "127.0.0.1:0", "--data", data); status == 0 || !strings.Contains(errs, "another berth") {
		t.Errorf("a second server: %d %s", status, errs)
	}
	if status := stop(); status != 0 {
		t.Errorf("status %d", status)
	}
	// The second start shows no password, and the first one's still works.
	url, banner, stop = serve(t, []string{"BERTH_ADMIN_PASSWORD=something else"}, "--data", data)
	if strings.Contains(banner, "password") {
		t.Errorf("banner:\n%s", banner)
	}
	if got := get(t, url+"/token", password[1]); got != 200 {
		t.Errorf("login after a restart: %d", got)
	}
	if status := stop(); status != 0 {
		t.Errorf("status %d", status)
	}
}

// A start that fails must not use up the only time the password is shown, and a
// user made before the first start does not stand in for the administrator.
func TestFirstPasswordIsNotLost(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	if status, _, errs := command(t, nil, "hunter2hunter2", "user", "create", "ada", "--password-stdin", "--data", data); status != 0 {
		t.Fatal(errs)
	}
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	status, out, errs := command(t, nil, "", "serve", "--addr", taken.Addr().String(), "--data", data)
	if status == 0 || !strings.Contains(errs, "address already in use") {
		t.Errorf("on a taken address: %d %s%s", status, out, errs)
	}
	_, banner, stop := serve(t, nil, "--data", data)
	if !strings.Contains(banner, "The first account is admin with the password") {
		t.Errorf("banner:\n%s", banner)
	}
	stop()
	// It can be changed, too.
	if status, _, errs := command(t, nil, "another password", "user", "password", "admin", "--password-stdin", "--data", data); status != 0 {
		t.Error(errs)
	}
	url, _, stop := serve(t, nil, "--data", data)
	if got := get(t, url+"/token", "another password"); got != 200 {
		t.Errorf("login with the new password: %d", got)
	}
	stop()
}

// A command with other settings than the server's leaves the tags of the running
// server alone.
func TestCommandsLeaveTheTagsAlone(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	_, _, stop := serve(t, []string{"BERTH_TAGS_CASE=sensitive"}, "--data", data)
	if status, _, errs := command(t, nil, "", "token", "create", "--user", "admin", "--scopes", "admin", "--data", data); status != 0 {
		t.Error(errs)
	}
	stop()
	db, err := meta.Open(t.Context(), "sqlite:"+filepath.Join(data, "berth.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.View(t.Context(), func(tx *meta.Tx) error {
		got, err := tx.GetSetting(t.Context(), "tags.case")
		if got != "sensitive" {
			t.Errorf("tags.case is %q", got)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	info, err := os.Stat(filepath.Join(data, "berth.db"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("berth.db: %v, %v", info.Mode(), err)
	}
}

func TestServeWithGivenPassword(t *testing.T) {
	t.Parallel()
	url, banner, stop := serve(t, []string{"BERTH_ADMIN_PASSWORD=correct horse"}, "--data", t.TempDir())
	if strings.Contains(banner, "correct") {
		t.Errorf("the given password is printed:\n%s", banner)
	}
	if got := get(t, url+"/token", "correct horse"); got != 200 {
		t.Errorf("login: %d", got)
	}
	stop()
}

func get(t *testing.T, url, password string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if password != "" {
		req.SetBasicAuth("admin", password)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode
}
