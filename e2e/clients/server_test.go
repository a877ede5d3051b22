package clients_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/berth-registry/berth/e2e/rig"
)

const password = "correct-Horse-9-battery"

// bench is what all scripts share.
type bench struct {
	berth string
	tools *tools
}

// server is one running berth with its data directory.
type server struct {
	bin, addr, data, log string
	cmd                  *exec.Cmd
	exited               chan struct{}
	exit                 error // how it ended, once exited is closed
}

// setup gives a script its own server, people, home directory and settings.
func (b *bench) setup(env *testscript.Env) error {
	env.Values[testKey{}] = env.T()
	s, err := b.serve(env.WorkDir)
	if err != nil {
		return err
	}
	env.Defer(func() { s.stop(env.T()) })
	env.Setenv("R", s.addr)
	env.Setenv("BERTH_DATA", s.data)
	env.Setenv("PASSWORD", password)
	// The scripts' tools first, then ours: berth is a command too.
	env.Setenv("PATH", strings.Join([]string{b.tools.dir, filepath.Dir(b.berth), env.Getenv("PATH"), "/usr/sbin", "/sbin"}, string(os.PathListSeparator)))
	if err := s.people(env); err != nil {
		return fmt.Errorf("%w\n%s", err, rig.Tail(s.log))
	}
	return home(env, s.addr)
}

// serve starts berth in a directory and waits until it is ready.
func (b *bench) serve(dir string) (*server, error) {
	addr, err := rig.FreeAddr(context.Background())
	if err != nil {
		return nil, err
	}
	s := &server{
		bin: b.berth, addr: addr,
		data: filepath.Join(dir, ".data"), log: filepath.Join(dir, ".log"), exited: make(chan struct{}),
	}
	log, err := os.Create(s.log)
	if err != nil {
		return nil, err
	}
	defer log.Close() // the process has its own copy
	s.cmd = exec.Command(s.bin, "serve", "--addr", s.addr, "--data", s.data)
	s.cmd.Dir = dir
	s.cmd.Env = append(os.Environ(), "BERTH_ADMIN_PASSWORD="+password, "BERTH_TRUSTED_PROXIES=127.0.0.1")
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		s.exit = s.cmd.Wait()
		close(s.exited)
	}()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if err := s.awaitReady(ctx); err != nil {
		_ = s.cmd.Process.Kill()
		return nil, fmt.Errorf("berth is not ready: %w\n%s", err, rig.Tail(s.log))
	}
	return s, nil
}

// awaitReady returns when the server answers, or has gone.
func (s *server) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-s.exited:
			cancel()
		case <-ctx.Done():
		}
	}()
	return rig.Poll(ctx, func() error { return get(ctx, "http://"+s.addr+"/readyz", "", "") })
}

// stop ends the server as an operator would; it has to agree. The log of a
// failed script tells the other side of the story.
func (s *server) stop(t testscript.T) {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	var err error
	select {
	case <-s.exited:
		err = s.exit
	case <-time.After(90 * time.Second):
		_ = s.cmd.Process.Kill()
		<-s.exited
		err = errors.New("still there 90 s after SIGTERM")
	}
	if f, ok := t.(interface{ Failed() bool }); err != nil || ok && f.Failed() {
		t.Log("server:\n" + rig.Tail(s.log))
	}
	if err != nil {
		t.Fatal("berth serve ended badly: ", err)
	}
}

// people makes the users, the organization and the tokens that doc.go names,
// beside the running server.
func (s *server) people(env *testscript.Env) error {
	for _, user := range []string{"ada", "bob"} {
		if _, err := s.run(password+"\n", "user", "create", user, "--password-stdin"); err != nil {
			return err
		}
	}
	if _, err := s.run("", "org", "create", "acme", "--owner", "ada"); err != nil {
		return err
	}
	const all = "read:packages,write:packages,delete:packages"
	for _, token := range []struct{ name, user, scopes, expires string }{
		{"EXPIRED_TOKEN", "ada", all, "1s"},
		{"ADA_TOKEN", "ada", all, "1h"},
		{"BOB_TOKEN", "bob", all, "1h"},
		{"READ_TOKEN", "ada", "read:packages", "1h"},
	} {
		out, err := s.run("", "token", "create", "--user", token.user, "--name", token.name,
			"--scopes", token.scopes, "--expires", token.expires, "-o", "json")
		if err != nil {
			return err
		}
		var made struct{ Token string }
		if err := json.Unmarshal(out, &made); err != nil || made.Token == "" {
			return fmt.Errorf("token create printed %q: %w", out, err)
		}
		env.Setenv(token.name, made.Token)
		if err := os.WriteFile(filepath.Join(env.WorkDir, token.name), []byte(made.Token), 0o600); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(env.WorkDir, "PASSWORD"), []byte(password), 0o600); err != nil {
		return err
	}
	return s.awaitExpiry(env.Getenv("EXPIRED_TOKEN"))
}

// awaitExpiry returns when the token is no longer accepted.
func (s *server) awaitExpiry(token string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	return rig.Poll(ctx, func() error {
		err := get(ctx, "http://"+s.addr+"/token?service=x", "ada", token)
		var status statusError
		switch {
		case errors.As(err, &status) && status == http.StatusUnauthorized:
			return nil
		case err != nil:
			return err
		}
		return errors.New("the token has not expired")
	})
}

// run calls the command line on the server's data directory.
func (s *server) run(stdin string, args ...string) ([]byte, error) {
	cmd := exec.Command(s.bin, append(args, "--data", s.data)...)
	cmd.Stdin = strings.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("berth %s: %w\n%s%s", strings.Join(args, " "), err, out, &stderr)
	}
	return out, nil
}

// statusError is an answer other than 200.
type statusError int

func (s statusError) Error() string { return fmt.Sprintf("status %d", int(s)) }

func get(ctx context.Context, address, user, secret string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	if user != "" {
		req.SetBasicAuth(user, secret)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		// Without the address: it is ours, and the errors are read by people.
		if e := (*url.Error)(nil); errors.As(err, &e) {
			return e.Err
		}
		return err
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return statusError(res.StatusCode)
	}
	return nil
}
