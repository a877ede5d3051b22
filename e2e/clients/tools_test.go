package clients_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/berth-registry/berth/e2e/rig"
)

// source is where a client comes from: a Go module at an exact version, or a
// package of the system.
type source struct {
	module, version, pkg string // module and version, package of the command
	system               string // Debian's package
	root                 bool   // needs to be root
}

// sources names every client. helm is 4 and not 3, which gets no more fixes.
func sources() map[string]source {
	return map[string]source{
		"docker":  {system: "docker.io"},
		"podman":  {system: "podman", root: true},
		"skopeo":  {system: "skopeo"},
		"gh":      {system: "gh"},
		"buildah": {system: "buildah", root: true},
		"crane":   {module: "github.com/google/go-containerregistry", version: "v0.22.1", pkg: "/cmd/crane"},
		"regctl":  {module: "github.com/regclient/regclient", version: "v0.11.7", pkg: "/cmd/regctl"},
		"oras":    {module: "oras.land/oras", version: "v1.2.3", pkg: "/cmd/oras"},
		"helm":    {module: "helm.sh/helm/v4", version: "v4.3.1", pkg: "/cmd/helm"},
		"cosign":  {module: "github.com/sigstore/cosign/v3", version: "v3.1.3", pkg: "/cmd/cosign"},
	}
}

// tools provides clients. Those built from source appear in dir, which is the
// first on the path of every script.
type tools struct {
	dir    string
	engine func() (string, error) // the address of a container engine

	once map[string]func() error
}

func newTools(t *testing.T) *tools {
	t.Helper()
	k := &tools{dir: t.TempDir(), once: map[string]func() error{}}
	k.engine = sync.OnceValues(func() (string, error) { return rig.Engine(t) })
	for name, from := range sources() {
		k.once[name] = sync.OnceValue(func() error { return k.install(t.Context(), name, from) })
	}
	return k
}

// provide makes a client available, building it at most once.
func (k *tools) provide(name string) error {
	install, ok := k.once[name]
	if !ok {
		return fmt.Errorf("%s is not one of our clients", name)
	}
	return install()
}

func (k *tools) install(ctx context.Context, name string, from source) error {
	if from.system != "" {
		if _, err := exec.LookPath(name); err != nil {
			return fmt.Errorf("%s is not installed (apt-get install %s)", name, from.system)
		}
		if from.root && os.Geteuid() != 0 {
			return fmt.Errorf("%s has to run as root here", name)
		}
		return nil
	}
	bin, err := from.build(ctx, name)
	if err != nil {
		return fmt.Errorf("%s %s cannot be built: %w", name, from.version, err)
	}
	return os.Symlink(bin, filepath.Join(k.dir, name))
}

// build returns the path of the client's binary in the cache, after building it
// if it is not there. Other processes may do the same at the same time.
func (s source) build(ctx context.Context, name string) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	bin := filepath.Join(cache, "berth-tools", name+"-"+s.version)
	if _, err := os.Stat(bin); err == nil {
		return bin, nil
	}
	if err := os.MkdirAll(filepath.Dir(bin), 0o755); err != nil {
		return "", err
	}
	// A module of its own, not go install: that asks for the list of all
	// versions, which not every proxy has.
	dir, err := os.MkdirTemp(filepath.Dir(bin), name+"-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	mod := "module build\n\ngo 1.26.0\n"
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte(mod), 0o600); err != nil {
		return "", err
	}
	for _, args := range [][]string{
		{"get", s.module + "@" + s.version},
		{"build", "-mod=mod", "-trimpath", "-ldflags=-s -w", "-o", "client", s.module + s.pkg},
	} {
		cmd := exec.CommandContext(ctx, "go", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("go %s: %w\n%s", args[0], err, out)
		}
	}
	return bin, os.Rename(filepath.Join(dir, "client"), bin)
}
