package main

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/berth-registry/berth/internal/config"
)

// secretFile is where the secret lives unless the configuration has one. It lies
// beside the database, not in it, so that a dump of the database gives no key away.
const secretFile = "secret.key"

// loadSecret returns the key that seals what the database must not give away,
// making one at the first start.
func loadSecret(c config.Config) ([]byte, error) {
	text := string(c.Secret)
	if text == "" {
		var err error
		if text, err = keepSecret(filepath.Join(c.Data, secretFile)); err != nil {
			return nil, fmt.Errorf("secret: %w", err)
		}
	}
	sum := sha256.Sum256([]byte(text))
	return sum[:], nil
}

// keepSecret reads the file, or makes it whole: when two processes start at once,
// one wins and the other takes what is there.
func keepSecret(name string) (string, error) {
	b, err := os.ReadFile(name)
	if err == nil {
		text := strings.TrimSpace(string(b))
		if len(text) < config.MinSecret {
			return "", fmt.Errorf("%s has %d characters, expected at least %d", filepath.Base(name), len(text), config.MinSecret)
		}
		return text, nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	tmp, err := os.CreateTemp(filepath.Dir(name), "."+secretFile)
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(tmp.Name())
	_, err = tmp.WriteString(rand.Text() + rand.Text() + "\n")
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return "", err
	}
	if err := os.Link(tmp.Name(), name); err != nil && !errors.Is(err, os.ErrExist) {
		return "", err
	}
	if err := syncDir(filepath.Dir(name)); err != nil {
		return "", err
	}
	return keepSecret(name)
}

// syncDir makes new names in a directory durable. Windows has no such thing.
func syncDir(name string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
