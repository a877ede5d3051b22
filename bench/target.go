package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// target is one registry to measure.
type target struct {
	name      string
	base      *url.URL // scheme and host only
	pid       int      // 0: CPU and memory are not reported
	user      string   // empty: no credentials
	password  string
	namespace string // every repository lies below it
}

// parseTarget reads NAME=URL[,key=value]... with the keys pid, user, password,
// password-env and namespace.
func parseTarget(spec string, getenv func(string) string) (target, error) {
	name, rest, ok := strings.Cut(spec, "=")
	if !ok || name == "" {
		return target{}, fmt.Errorf("target %q is not NAME=URL[,key=value]", spec)
	}
	parts := strings.Split(rest, ",")
	t := target{name: name, namespace: "bench"}
	var err error
	if t.base, err = parseBase(parts[0]); err != nil {
		return target{}, fmt.Errorf("target %s: %w", name, err)
	}
	for _, p := range parts[1:] {
		key, value, _ := strings.Cut(p, "=")
		switch key {
		case "pid":
			if t.pid, err = strconv.Atoi(value); err != nil || t.pid < 1 {
				return target{}, fmt.Errorf("target %s: pid %q is not a process id", name, value)
			}
		case "user":
			t.user = value
		case "password":
			t.password = value
		case "password-env":
			t.password = getenv(value)
		case "namespace":
			t.namespace = strings.Trim(value, "/")
		default:
			return target{}, fmt.Errorf("target %s: unknown key %q (a password with a comma goes through password-env)", name, key)
		}
	}
	if t.namespace == "" {
		return target{}, fmt.Errorf("target %s: empty namespace", name)
	}
	return t, nil
}

// parseBase reads the root URL of a registry.
func parseBase(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil {
		return nil, err
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return nil, fmt.Errorf("%q is not http://HOST:PORT or https://HOST:PORT", s)
	}
	if u.Path != "" && u.Path != "/" || u.RawQuery != "" {
		return nil, fmt.Errorf("%q: a registry lives at the root of its host", s)
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
}

// targetList is the repeated -target flag.
type targetList []target

// String shows the names only: the rest may hold a password.
func (l *targetList) String() string {
	var names []string
	for _, t := range *l {
		names = append(names, t.name)
	}
	return strings.Join(names, ",")
}

// Set adds one target.
func (l *targetList) Set(spec string) error {
	t, err := parseTarget(spec, os.Getenv)
	if err != nil {
		return err
	}
	for _, other := range *l {
		if other.name == t.name {
			return fmt.Errorf("target %s is given twice", t.name)
		}
	}
	*l = append(*l, t)
	return nil
}

// checkTargets refuses hosts that are plainly not loopback. Names that resolve
// elsewhere are caught when they are dialled.
func checkTargets(targets []target, allowRemote bool) error {
	for _, t := range targets {
		if !allowRemote && !isLoopbackHost(t.base.Hostname()) {
			return fmt.Errorf("target %s: %s is not loopback; -allow-remote if you may load it", t.name, t.base.Host)
		}
	}
	return nil
}

// isLoopbackHost reports whether host is localhost or a loopback address.
func isLoopbackHost(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// errNotLoopback is the answer to dialling out of this machine.
var errNotLoopback = errors.New("not a loopback address; -allow-remote if you may load it")

// loopbackOnly is a [net.Dialer] control function: it sees the address after
// name resolution, so no redirect, realm or name can lead out of the machine.
func loopbackOnly(_, address string, _ syscall.RawConn) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	if !isLoopbackHost(host) {
		return fmt.Errorf("%s: %w", address, errNotLoopback)
	}
	return nil
}
