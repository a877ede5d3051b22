package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// logins is the file that berth login keeps.
type logins struct {
	Current string           `json:"current"` // the server last logged in to
	Servers map[string]login `json:"servers"` // by address
}

type login struct {
	User  string `json:"user"`
	Token string `json:"token"`
	// Made is set when the token was made by logging in, so that nothing else uses it.
	Made bool `json:"made,omitempty"`
}

// loginFile is where tokens are kept, by the rules of XDG.
func (a *app) loginFile() (string, error) {
	dir := a.getenv("XDG_CONFIG_HOME")
	if !filepath.IsAbs(dir) {
		home := a.getenv("HOME")
		if home == "" {
			home = a.getenv("USERPROFILE")
		}
		if home == "" {
			return "", errors.New("where to keep the token? Set HOME or XDG_CONFIG_HOME")
		}
		dir = filepath.Join(home, ".config")
	}
	return filepath.Join(dir, "berth", "login.json"), nil
}

// loadLogins reads the file; without one there are none.
func (a *app) loadLogins() (logins, error) {
	l := logins{Servers: map[string]login{}}
	name, err := a.loginFile()
	if err != nil {
		return l, nil //nolint:nilerr // then nobody has logged in here
	}
	b, err := a.readFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err != nil {
		return l, err
	}
	if err := json.Unmarshal(b, &l); err != nil {
		return l, fmt.Errorf("%s is damaged; delete it and log in again", name) // the cause may quote a token
	}
	if l.Servers == nil {
		l.Servers = map[string]login{}
	}
	return l, nil
}

// saveLogins replaces the file as a whole. Nobody else may read it.
func (a *app) saveLogins(l logins) error {
	name, err := a.loginFile()
	if err != nil {
		return err
	}
	b, err := json.MarshalIndent(l, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(name), ".login") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp.Name()) }() // there is none once it has its name
	_, err = tmp.Write(append(b, '\n'))
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), name)
}
