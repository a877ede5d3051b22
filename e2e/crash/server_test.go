package crash_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	e2e "github.com/berth-registry/berth/e2e/rig"
)

const adminPassword = "crash-Test-Passw0rd"

// product is a registry that can be started on a data directory.
type product struct {
	name     string
	bin      string
	ready    string // path that answers 200 when it can serve
	database string // SQLite file inside the data directory, if any
	args     func(p product, scratch, data, addr string) ([]string, error)
}

// server is one running process of a product.
type server struct {
	base   string
	cmd    *exec.Cmd
	exited chan struct{}
}

// berth builds the binary, or takes it from the environment variable.
func berth(t *testing.T, override, tags string) product {
	t.Helper()
	p := product{name: "berth", ready: "/readyz", database: "berth.db", args: berthArgs}
	if tags != "" {
		p.name += " -tags " + tags
	}
	if p.bin = os.Getenv(override); p.bin != "" {
		return p
	}
	p.bin = filepath.Join(t.TempDir(), "berth")
	build := exec.CommandContext(t.Context(), "go", "build", "-tags", tags, "-o", p.bin, "./cmd/berth")
	build.Dir = filepath.Join("..", "..")
	// The parent is another module, so a workspace file must not mix the two.
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build berth: %v\n%s", err, out)
	}
	return p
}

func berthArgs(_ product, _, data, addr string) ([]string, error) {
	return []string{"serve", "--addr", addr, "--data", data}, nil
}

// underTest is berth, or Debian's docker-registry for comparison.
func underTest(t *testing.T) product {
	t.Helper()
	if os.Getenv("BERTH_CRASH_SERVER") != "docker-registry" {
		return berth(t, "BERTH_BIN", "")
	}
	bin, err := exec.LookPath("docker-registry")
	if err != nil {
		need(t, "docker-registry is not installed")
	}
	return product{name: "docker-registry", bin: bin, ready: "/v2/", args: dockerRegistryArgs}
}

func dockerRegistryArgs(_ product, scratch, data, addr string) ([]string, error) {
	config := filepath.Join(scratch, "docker-registry.yml")
	text := fmt.Sprintf(`version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: %q}, delete: {enabled: true}}
http: {addr: %q, secret: crash}
`, data, addr)
	return []string{"serve", config}, os.WriteFile(config, []byte(text), 0o600)
}

// start runs the product and waits until it is ready. The context bounds the
// life of the process; within is how long it may take to become ready.
func (p product) start(ctx context.Context, t *testing.T, data string, within time.Duration) (*server, time.Duration, error) {
	t.Helper()
	addr, err := e2e.FreeAddr(ctx)
	if err != nil {
		return nil, 0, err
	}
	scratch := t.ArtifactDir()
	args, err := p.args(p, scratch, data, addr)
	if err != nil {
		return nil, 0, err
	}
	log, err := os.OpenFile(filepath.Join(scratch, "server.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = log.Close() }() // the process has its own copy
	s := &server{base: "http://" + addr, cmd: exec.CommandContext(ctx, p.bin, args...), exited: make(chan struct{})}
	// Not the working directory of the test: nothing may be left there.
	s.cmd.Dir = scratch
	s.cmd.Env = append(os.Environ(), "BERTH_ADMIN_PASSWORD="+adminPassword)
	s.cmd.Stdout, s.cmd.Stderr = log, log
	began := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, 0, err
	}
	go func() {
		defer close(s.exited)
		// How it ended is told by its log; here it only matters that it did.
		_ = s.cmd.Wait()
	}()
	if err := s.waitReady(ctx, p.ready, within); err != nil {
		s.kill()
		return nil, 0, fmt.Errorf("%s: %w\n%s", p.name, err, tail(log.Name()))
	}
	return s, time.Since(began), nil
}

// kill is kill -9; it returns when the process is gone.
func (s *server) kill() {
	// An error means that it has gone by itself, which the caller will notice.
	_ = s.cmd.Process.Kill()
	<-s.exited
}

func (s *server) waitReady(ctx context.Context, path string, within time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	last := errors.New("no answer")
	client := &http.Client{Timeout: 10 * time.Second}
	for {
		select {
		case <-s.exited:
			return errors.New("exited before it was ready")
		case <-ctx.Done():
			return fmt.Errorf("not ready within %v: %w", within, last)
		case <-tick.C:
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base+path, nil)
		if err != nil {
			return err
		}
		res, err := client.Do(req)
		if err != nil {
			last = err
			continue
		}
		_ = res.Body.Close()
		if res.StatusCode == http.StatusOK {
			return nil
		}
		last = fmt.Errorf("%s answers %s", path, res.Status)
	}
}

// tail is the end of a log, for a failure message.
func tail(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return string(b[max(0, len(b)-2000):])
}
