package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// compareOptions says how to start the two registries of -compare.
type compareOptions struct {
	enabled bool
	berth   string // a built binary; empty builds one
	dir     string // where their data goes; empty for the default
}

// errNoDockerRegistry tells how to get the other side of the comparison.
var errNoDockerRegistry = errors.New("docker-registry is not installed: apt-get install --no-install-recommends docker-registry")

// server is a registry that bench started, and will stop.
type server struct {
	cmd  *exec.Cmd
	log  string // file with its output
	done chan struct{}
	stop context.CancelFunc
}

// startBoth starts berth and docker-registry on free ports and returns them as
// targets. stop ends exactly these two and removes their data.
func startBoth(ctx context.Context, o compareOptions, log io.Writer) (targetList, func(), error) {
	other, err := exec.LookPath("docker-registry")
	if err != nil {
		return nil, nil, errNoDockerRegistry
	}
	dir, err := os.MkdirTemp(o.dir, "berth-bench-")
	if err != nil {
		return nil, nil, err
	}
	var servers []*server
	stop := func() {
		for _, s := range servers {
			s.stop()
			<-s.done
		}
		_ = os.RemoveAll(dir) // only space is lost when it stays
	}
	targets, err := func() (targetList, error) {
		berth, err := buildBerth(ctx, o.berth, dir, log)
		if err != nil {
			return nil, err
		}
		first, t1, err := startBerth(ctx, berth, dir)
		if err != nil {
			return nil, err
		}
		servers = append(servers, first)
		second, t2, err := startDocker(ctx, other, dir)
		if err != nil {
			return nil, err
		}
		servers = append(servers, second)
		return targetList{t1, t2}, errors.Join(first.waitReady(ctx, t1), second.waitReady(ctx, t2))
	}()
	if err != nil {
		stop()
		return nil, nil, err
	}
	return targets, stop, nil
}

// buildBerth compiles berth as it is released, without cgo.
func buildBerth(ctx context.Context, given, dir string, log io.Writer) (string, error) {
	if given != "" {
		return filepath.Abs(given)
	}
	out := filepath.Join(dir, "berth")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", out, "github.com/berth-registry/berth/cmd/berth")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("go build berth (run bench from within its source tree): %w", err)
	}
	return out, nil
}

// startBerth starts berth with its defaults, apart from address and place.
func startBerth(ctx context.Context, bin, dir string) (*server, target, error) {
	addr, err := freeAddr(ctx)
	if err != nil {
		return nil, target{}, err
	}
	t := target{
		name: "berth", base: &url.URL{Scheme: "http", Host: addr},
		user: "admin", password: rand.Text(), namespace: "admin",
	}
	data := filepath.Join(dir, "berth-data")
	s, err := start(ctx, filepath.Join(dir, "berth.log"), append(envWithout("BERTH_"), "BERTH_ADMIN_PASSWORD="+t.password),
		bin, "serve", "--addr", addr, "--data", data)
	if err != nil {
		return nil, target{}, err
	}
	t.pid = s.cmd.Process.Pid
	return s, t, nil
}

// dockerConfig is docker-registry as its package configures it (in-memory cache
// of descriptors), without accounts and without an access log.
const dockerConfig = `version: 0.1
log:
  level: error
  accesslog:
    disabled: true
storage:
  cache:
    blobdescriptor: inmemory
  filesystem:
    rootdirectory: %q
  delete:
    enabled: true
http:
  addr: %s
`

// startDocker starts docker-registry.
func startDocker(ctx context.Context, bin, dir string) (*server, target, error) {
	addr, err := freeAddr(ctx)
	if err != nil {
		return nil, target{}, err
	}
	conf := filepath.Join(dir, "docker-registry.yml")
	text := fmt.Sprintf(dockerConfig, filepath.Join(dir, "docker-registry-data"), addr)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		return nil, target{}, err
	}
	s, err := start(ctx, filepath.Join(dir, "docker-registry.log"), envWithout("REGISTRY_"), bin, "serve", conf)
	if err != nil {
		return nil, target{}, err
	}
	t := target{
		name: "docker-registry", base: &url.URL{Scheme: "http", Host: addr},
		pid: s.cmd.Process.Pid, namespace: "bench",
	}
	return s, t, nil
}

// start runs a program until ctx ends or stop is called: it is asked to end,
// and killed when it has not after 10 seconds.
func start(ctx context.Context, logFile string, env []string, bin string, args ...string) (*server, error) {
	log, err := os.OpenFile(logFile, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }() // the child has its own copy
	ctx, cancel := context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, bin, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = env, log, log
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		cancel()
		return nil, err
	}
	s := &server{cmd: cmd, log: logFile, done: make(chan struct{}), stop: cancel}
	go func() {
		_ = cmd.Wait() // ProcessState says how it ended
		close(s.done)
	}()
	return s, nil
}

// waitReady polls until the registry answers /v2/ with 200 or a challenge.
func (s *server) waitReady(ctx context.Context, t target) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if answers(ctx, t.base.JoinPath("/v2/").String()) {
			return nil
		}
		select {
		case <-tick.C:
		case <-s.done:
			return fmt.Errorf("%s ended early (%s):\n%s", t.name, s.cmd.ProcessState, tail(s.log))
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w\n%s", t.name, ctx.Err(), tail(s.log))
		}
	}
}

// answers reports whether url answers with 200 or 401.
func answers(ctx context.Context, url string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return false
	}
	hc := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := hc.Do(req)
	if err != nil {
		return false
	}
	defer func() { _ = resp.Body.Close() }()
	return resp.StatusCode == http.StatusOK || resp.StatusCode == http.StatusUnauthorized
}

// freeAddr returns a loopback address that was free a moment ago.
func freeAddr(ctx context.Context) (string, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// envWithout is the environment without the variables of a prefix, so that the
// settings of the shell do not leak into what is measured.
func envWithout(prefix string) []string {
	var out []string
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, prefix) {
			out = append(out, kv)
		}
	}
	return out
}

// tail returns the end of a log file.
func tail(file string) string {
	b, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	return string(b[max(0, len(b)-2000):])
}
