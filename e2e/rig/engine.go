package rig

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// Engine returns the address of a container engine: the one that answers
// already, or a private one that lives as long as the test.
func Engine(t *testing.T) (string, error) {
	t.Helper()
	for _, host := range []string{os.Getenv("DOCKER_HOST"), "unix:///var/run/docker.sock"} {
		if host != "" && engineAnswers(t.Context(), host) == nil {
			return host, nil
		}
	}
	if os.Geteuid() != 0 {
		return "", errors.New("no container engine answers, and starting one needs root")
	}
	dir := t.TempDir()
	host := "unix://" + filepath.Join(dir, "sock")
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return "", err
	}
	defer log.Close() // the process has its own copy
	dockerd := exec.Command("dockerd", "-H", host, "-p", filepath.Join(dir, "pid"),
		"--data-root", filepath.Join(dir, "data"), "--exec-root", filepath.Join(dir, "exec"),
		"--bridge=none", "--iptables=false", "--ip-forward=false")
	dockerd.Stdout, dockerd.Stderr = log, log
	// A group of its own: Ctrl-C reaches it through us, in order.
	dockerd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := dockerd.Start(); err != nil {
		return "", fmt.Errorf("start dockerd (apt-get install docker.io): %w", err)
	}
	t.Cleanup(func() {
		// An error means that it has gone by itself, which the scripts noticed.
		_ = dockerd.Process.Signal(syscall.SIGTERM)
		_ = dockerd.Wait()
		// Mounts that it may forget would keep the directory from being removed.
		_ = exec.Command("umount", "-l", filepath.Join(dir, "data"), filepath.Join(dir, "exec", "netns", "default")).Run()
	})
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	if err := Poll(ctx, func() error { return engineAnswers(ctx, host) }); err != nil {
		return "", fmt.Errorf("dockerd: %w\n%s", err, Tail(log.Name()))
	}
	return host, nil
}

func engineAnswers(ctx context.Context, host string) error {
	out, err := exec.CommandContext(ctx, "docker", "-H", host, "version").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}
