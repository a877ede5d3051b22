package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// standIn is a server that knows ada, her password, her second factor if she has
// one, and the tokens that it made.
type standIn struct {
	*httptest.Server

	code   string
	tokens map[string]bool // by secret: whether it is good
	made   int
	seen   []string
}

func newStandIn(t *testing.T) *standIn {
	t.Helper()
	s := &standIn{tokens: map[string]bool{"brt_hers": true}}
	mux := http.NewServeMux()
	refuse := func(w http.ResponseWriter, status int, code, message string) {
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, `{"message":%q,"errors":[{"code":%q}]}`, message, code)
	}
	known := func(w http.ResponseWriter, r *http.Request) string {
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !s.tokens[token] {
			refuse(w, http.StatusUnauthorized, "credentials_invalid", "credentials not accepted: the token is unknown")
			return ""
		}
		return token
	}
	mux.HandleFunc("GET /api/v3/user", func(w http.ResponseWriter, r *http.Request) {
		if known(w, r) != "" {
			_, _ = io.WriteString(w, `{"login":"Ada"}`)
		}
	})
	mux.HandleFunc("DELETE /api/v3/user/tokens/current", func(w http.ResponseWriter, r *http.Request) {
		if token := known(w, r); token != "" {
			s.tokens[token] = false
			w.WriteHeader(http.StatusNoContent)
		}
	})
	mux.HandleFunc("POST /api/v3/login", func(w http.ResponseWriter, r *http.Request) {
		var in struct{ Login, Password, Code, Name string }
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			t.Error(err)
		}
		s.seen = append(s.seen, in.Name)
		switch {
		case in.Login != "ada" || in.Password != "correct horse":
			refuse(w, http.StatusUnauthorized, "credentials_invalid", "credentials not accepted: user name or password is wrong")
		case s.code != "" && in.Code == "":
			refuse(w, http.StatusUnauthorized, "second_factor_needed", "second factor needed: send a code")
		case in.Code != s.code:
			refuse(w, http.StatusUnauthorized, "credentials_invalid", "credentials not accepted: the code is wrong")
		default:
			s.made++
			token := fmt.Sprintf("brt_made%d", s.made)
			s.tokens[token] = true
			_, _ = fmt.Fprintf(w, `{"token":%q}`, token)
		}
	})
	mux.HandleFunc("GET /api/v3/users", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", `<http://evil.example/api/v3/users?after=x&per_page=100>; rel="next"`)
		if r.URL.Query().Get("after") != "" {
			w.Header().Del("Link")
		}
		_, _ = io.WriteString(w, `[{"login":"a\u001b[2J\u202e","type":null}]`)
	})
	mux.HandleFunc("GET /api/v3/organizations", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://evil.example/", http.StatusFound)
	})
	mux.HandleFunc("GET /api/v3/user/orgs", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `<html>`) })
	mux.HandleFunc("GET /api/v3/audit-log", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "oh", http.StatusBadGateway) })
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func TestLogin(t *testing.T) {
	t.Parallel()
	s := newStandIn(t)
	home := t.TempDir()
	p := &place{t: t, env: []string{"HOME=" + home}}
	file := filepath.Join(home, ".config", "berth", "login.json")
	fails := func(stdin, line, want string) {
		t.Helper()
		status, out, errs := p.run(stdin, line)
		if status != 1 || out != "" || !regexp.MustCompile(want).MatchString(errs) {
			t.Errorf("%s: %d %s%s, want %s", line, status, out, errs, want)
		}
		if strings.Contains(errs, "hunter2") || strings.Contains(errs, "correct horse") || strings.Contains(errs, "brt_") {
			t.Errorf("%s: a secret is in %q", line, errs)
		}
	}
	fails("", "user list", `where\? There is no directory berth-data here`)
	fails("", "logout", `not logged in anywhere`)
	fails("", "whoami --server "+s.URL, `not logged in to http://127.*: berth login http://127`)
	fails("hunter2", "login "+s.URL+" -u ada --password-stdin", `user name or password is wrong\n$`)
	fails("brt_hunter2", "login "+s.URL+" --token-stdin", `the token is unknown\n$`)
	fails("brt_hers", "login "+s.URL+" --token-stdin -u bob", `belongs to Ada, not to bob`)
	fails("", "login "+s.URL+" -u ada", `echo … \| berth login http\S+ -u ada --password-stdin`)
	fails("correct horse", "login "+s.URL+" --password-stdin", `who are you\? Say it with -u NAME`)
	fails("", "login http://registry.example.com -u ada --password-stdin", `not HTTPS: anybody on the way`)
	host := strings.TrimPrefix(s.URL, "http://")
	fails("brt_hers", "login "+host+" --token-stdin", `; write http://`+host+` if the server speaks plain HTTP\n$`)
	fails("", "login https://ada:hunter2@registry.example.com", `has a user name in it`)
	fails("", "login https://registry.example.com/berth", `is not like https://HOST`)
	fails("", "login ftp://registry.example.com", `is not like https://HOST`)
	fails("", "login 'http://%zz'", `is not like https://HOST`)
	fails("x", "login "+s.URL+" --token-stdin --password-stdin", `none of the others can be`)
	if _, err := os.Stat(filepath.Dir(file)); err == nil {
		t.Error("something was saved")
	}

	// A token that somebody has, and that stays when he logs in again.
	if got := p.ok("brt_hers\n", "login "+s.URL+"/ --token-stdin -u ADA"); got != "logged in to "+s.URL+" as Ada\n" {
		t.Error(got)
	}
	for name, want := range map[string]os.FileMode{file: 0o600, filepath.Dir(file): 0o700 | os.ModeDir} {
		if info, err := os.Stat(name); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	if got := p.ok("", "whoami"); got != "Ada on "+s.URL+"\n" {
		t.Error(got)
	}
	if _, _, errs := p.run("", "whoami --verbose"); errs != "berth: going to "+s.URL+" as Ada\n" {
		t.Error(errs)
	}

	// A password, with and without a second factor. What logging in made is revoked.
	p.ok("correct horse\n", "login "+s.URL+" -u ada --password-stdin")
	s.code = "123456"
	fails("correct horse\n", "login "+s.URL+" -u ada --password-stdin", `second factor needed: send a code; pass it with --code`)
	fails("correct horse\n", "login "+s.URL+" -u ada --password-stdin --code 1", `the code is wrong`)
	p.ok("correct horse\n", "login "+s.URL+" -u ada --password-stdin --code 123456")
	p.ask = answers(t, "ada<-User name: ", "correct horse<-Password: ", " 123456 <-Code: ")
	p.ok("", "login "+s.URL)
	p.ask = nil
	if !s.tokens["brt_hers"] || s.tokens["brt_made1"] || s.tokens["brt_made2"] || !s.tokens["brt_made3"] {
		t.Errorf("tokens: %v", s.tokens)
	}
	if i := slices.IndexFunc(s.seen, func(name string) bool { return !strings.HasPrefix(name, "berth login") }); i >= 0 {
		t.Errorf("a token is called %q", s.seen[i])
	}

	// What a server says does not control the terminal, nor where the token goes.
	if got := p.ok("", "user list"); !strings.Contains(got, "a?[2J?  -") || strings.Count(got, "\n") != 3 {
		t.Errorf("%q", got)
	}
	fails("", "org list --all", `sends to another address, http://evil.example/; log in to that`)
	fails("", "org list", `is no Berth server: it does not answer with JSON`)
	fails("", "audit", `answered 502 Bad Gateway`)

	// Logging out.
	s.tokens["brt_made3"] = false
	fails("", "whoami", `the token is unknown; log in again: berth login http://127`)
	if got := p.ok("", "logout"); got != "logged out of "+s.URL+"\n" { // that the token is gone is fine
		t.Error(got)
	}
	fails("", "user list", `where\?`)
	p.ok("brt_hers", "login "+s.URL+" --token-stdin")
	p.ok("", "logout "+s.URL)
	if s.tokens["brt_hers"] {
		t.Error("the token is good after logout")
	}
	s.tokens["brt_hers"] = true
	p.ok("brt_hers", "login "+s.URL+" --token-stdin")
	s.Close()
	fails("", "logout", `forgotten here, but it could not be revoked`)
	fails("", "logout "+s.URL, `not logged in to`)
	if b, err := os.ReadFile(file); err != nil || strings.Contains(string(b), "brt_") {
		t.Errorf("%s, %v", b, err)
	}
	if err := os.WriteFile(file, []byte(`{"servers":{"x":{"token":"brt_hunter2`), 0o600); err != nil {
		t.Fatal(err)
	}
	fails("", "whoami", `login.json is damaged; delete it and log in again`)
}

// Where commands go.
func TestWhere(t *testing.T) {
	t.Parallel()
	s := newStandIn(t)
	p := &place{t: t, env: []string{"XDG_CONFIG_HOME=" + t.TempDir()}}
	p.ok("brt_hers", "login "+s.URL+" --token-stdin")
	env := p.env[0]
	data := filepath.Join(t.TempDir(), "data")
	config := filepath.Join(t.TempDir(), "berth.yaml")
	if err := os.WriteFile(config, []byte("data: "+data+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p.ok("hunter2hunter2", "user create ada --password-stdin --data "+data)
	const server, local = `^Ada on http`, `^operator of the data directory`
	for _, tt := range []struct {
		env  []string
		line string
		want string
	}{
		{nil, "", server},
		{nil, "--server " + s.URL, server},
		{nil, "--data " + data, local},
		{nil, "--config " + config, local},
		{nil, "--data " + data + " --server " + s.URL, `exclude each other`},
		{nil, "--config " + config + " --server " + s.URL, `exclude each other`},
		{nil, "--server https://other.example", `not logged in to https://other.example`},
		{[]string{"BERTH_SERVER=" + s.URL}, "", server},
		{[]string{"BERTH_SERVER=" + s.URL}, "--data " + data, local},
		{[]string{"BERTH_SERVER=other.example"}, "", `not logged in to https://other.example`},
		{[]string{"BERTH_SERVER=other.example"}, "--server " + s.URL, server},
		{[]string{"BERTH_DATA=" + data}, "", local},
		{[]string{"BERTH_DATA=" + data}, "--server " + s.URL, server},
		{[]string{"BERTH_DATABASE=sqlite:" + data + "/other.db", "BERTH_DATA=" + data}, "", local},
		{[]string{"BERTH_DATA=" + data, "BERTH_SERVER=" + s.URL}, "", `say with --server or --data`},
		{[]string{"BERTH_SERVER=x", "BERTH_SERVER=" + s.URL}, "", server},
	} {
		q := &place{t: t, env: append(slices.Clone(tt.env), env)}
		_, out, errs := q.run("", "whoami "+tt.line)
		if !regexp.MustCompile(tt.want).MatchString(out + strings.TrimPrefix(errs, "berth: ")) {
			t.Errorf("%v %s: %s%s", tt.env, tt.line, out, errs)
		}
	}
	for _, line := range []string{"serve --server x", "admin credentials --server x"} {
		if status, _, errs := p.run("", line); status == 0 || !strings.Contains(errs, "works on a data directory") {
			t.Errorf("%s: %s", line, errs)
		}
	}
	if status, out, errs := p.run("", "user frobnicate"); status == 0 || out != "" || !strings.Contains(errs, `unknown command "frobnicate" for "berth user"`) {
		t.Errorf("%d %s%s", status, out, errs)
	}
	if out := p.ok("", "org service-account"); !strings.Contains(out, "create") {
		t.Error(out)
	}
}

// A directory berth-data is taken before a login.
func TestDataDirectoryHere(t *testing.T) { //nolint:paralleltest // it changes the directory of the process
	s := newStandIn(t)
	p := &place{t: t, env: []string{"XDG_CONFIG_HOME=" + t.TempDir()}}
	p.ok("brt_hers", "login "+s.URL+" --token-stdin")
	t.Chdir(t.TempDir())
	if got := p.ok("", "whoami"); got != "Ada on "+s.URL+"\n" {
		t.Error(got)
	}
	if err := os.Mkdir("berth-data", 0o700); err != nil {
		t.Fatal(err)
	}
	if _, _, errs := p.run("", "whoami"); errs != "berth: no data in berth-data; start it with berth serve --data berth-data\n" {
		t.Error(errs)
	}
	p.ok("hunter2hunter2", "user create ada --password-stdin")
	if got := p.ok("", "whoami"); got != "operator of the data directory berth-data\n" {
		t.Error(got)
	}
	if _, _, errs := p.run("", "whoami -v"); errs != "berth: going to the data directory berth-data\n" {
		t.Error(errs)
	}
}

func TestSafe(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"https://x.example": true, "x.example": true, "http://localhost:5000": true, "http://a.localhost": true, "http://127.0.0.1:5000": true,
		"http://127.1.2.3": true, "http://[::1]:5000": true, "http://x.example": false, "http://10.0.0.1": false, "http://localhost.x.example": false,
		"http://0.0.0.0": false, "http://127.0.0.1.x.example": false,
	} {
		u, err := parseServer(address)
		if err != nil || safe(u) != want {
			t.Errorf("%s: %v, %v", address, u, err)
		}
	}
}
