package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"

	"github.com/berth-registry/berth/internal/config"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/restapi"
)

// getenv returns a variable of the environment, "" when it is not set.
func (a *app) getenv(name string) string {
	value := ""
	for _, entry := range a.environ {
		if v, ok := strings.CutPrefix(entry, name+"="); ok {
			value = v // the last one counts, as in a shell
		}
	}
	return value
}

// where says where a command goes: the address of a server, or "" for the data
// directory. Flags come first, then the environment, then what is there.
func (a *app) where() (string, error) {
	local := a.flags.Data != "" || a.configFile != ""
	switch {
	case a.server != "" && local:
		return "", errors.New("--server and --data or --config exclude each other: a command goes to a server or to a data directory")
	case a.server != "":
		return a.server, nil
	case local:
		return "", nil
	}
	server := a.getenv("BERTH_SERVER")
	switch local = a.getenv("BERTH_DATA") != "" || a.getenv("BERTH_DATABASE") != ""; {
	case server != "" && local:
		return "", errors.New("BERTH_SERVER and BERTH_DATA or BERTH_DATABASE are set; say with --server or --data where to go")
	case server != "":
		return server, nil
	case local:
		return "", nil
	}
	if info, err := os.Stat(config.Default().Data); err == nil && info.IsDir() {
		return "", nil
	}
	logins, err := a.loadLogins()
	if err == nil && logins.Current == "" {
		err = errors.New("where? There is no directory berth-data here. Name one with --data, or log in to a server: berth login https://HOST")
	}
	return logins.Current, err
}

// connect runs fn with a client of the place where the command goes.
func (a *app) connect(ctx context.Context, fn func(*client) error) error {
	server, err := a.where()
	if err != nil {
		return err
	}
	if server == "" {
		return a.withCore(ctx, func(c *core) error {
			a.note("going to the data directory %s", c.config.Data)
			origins, err := localOrigins(c.config)
			if err != nil {
				return err
			}
			log := slog.New(errorsOnly{newLog(a.stderr, c.config.Log).Handler()})
			local := newClient(&url.URL{Scheme: "http", Host: "localhost"}, "", "")
			local.http.Transport = inProcess{a.watched(restapi.NewLocal(log, c.registry, c.account, origins))}
			local.local = c
			return fn(local)
		})
	}
	base, err := parseServer(server)
	if err != nil {
		return err
	}
	logins, err := a.loadLogins()
	if err != nil {
		return err
	}
	login, ok := logins.Servers[base.String()]
	if !ok {
		return fmt.Errorf("you are not logged in to %s: berth login %s", base, base)
	}
	a.note("going to %s as %s", base, login.User)
	c := newClient(base, login.User, login.Token)
	defer c.http.CloseIdleConnections()
	return fn(c)
}

// localOrigins is where clients find the server on a data directory, as far as the
// configuration says: a command has no Host header to go by.
func localOrigins(c config.Config) (httpkit.Origins, error) {
	external, err := c.Origins()
	if err != nil {
		return httpkit.Origins{}, err
	}
	if len(external) == 0 {
		external = []*url.URL{{Scheme: "http", Host: reachable(c.Addr)}}
	}
	return httpkit.Origins{External: external[:1]}, nil
}

// reachable is the address for clients on this computer of a server that listens on
// addr: where that is every address, localhost.
func reachable(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		return net.JoinHostPort("localhost", port)
	}
	return addr
}

func (a *app) note(format string, args ...any) {
	if a.verbose {
		_, _ = fmt.Fprintf(a.stderr, "berth: "+format+"\n", args...)
	}
}

// parseServer reads the address of a server, https unless it says otherwise.
func parseServer(s string) (*url.URL, error) {
	if !strings.Contains(s, "://") {
		s = "https://" + s
	}
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return nil, errors.New("the address of the server is not like https://HOST") // the cause would repeat it
	case u.User != nil:
		return nil, errors.New("the address of the server has a user name in it; say who you are with -u")
	case u.Scheme != "https" && u.Scheme != "http", u.Hostname() == "", u.Path != "" && u.Path != "/", u.RawQuery != "", u.Fragment != "":
		return nil, fmt.Errorf("%q is not like https://HOST", s)
	}
	return &url.URL{Scheme: u.Scheme, Host: strings.ToLower(u.Host)}, nil
}

// safe reports whether nobody can listen in on the way to a server.
func safe(u *url.URL) bool {
	if u.Scheme == "https" || u.Hostname() == "localhost" || strings.HasSuffix(u.Hostname(), ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return err == nil && ip.IsLoopback()
}

// gone reports whether a token is not accepted any more.
func gone(err error) bool {
	var refused *answerError
	return errors.As(err, &refused) && refused.status == http.StatusUnauthorized
}
