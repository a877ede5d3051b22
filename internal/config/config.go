package config

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Config is every setting. The zero value of a setting never means "unset".
type Config struct {
	// Addr is where to listen, HOST:PORT.
	Addr string `yaml:"addr" env:"ADDR"`
	// Data is the directory that holds everything on the embedded default.
	Data string `yaml:"data" env:"DATA"`
	// Database is "sqlite:PATH" or "postgres://…". Empty: SQLite in Data.
	Database Secret `yaml:"database" env:"DATABASE"`
	// AdminPassword is that of the first account, made at the first start. Empty:
	// a random one, printed once.
	AdminPassword Secret `yaml:"admin_password" env:"ADMIN_PASSWORD"`
	// Secret seals what the database must not give away, such as second factors.
	// Every replica needs the same. Empty: secret.key in Data, made at the first start.
	Secret Secret `yaml:"secret" env:"SECRET"`
	// ExternalURLs are the addresses under which clients may reach the server.
	// Empty: whatever the Host header says.
	ExternalURLs []string `yaml:"external_urls" env:"EXTERNAL_URLS"`
	// TrustedProxies are the peers, as addresses or networks, whose
	// X-Forwarded-Proto and X-Forwarded-Host are believed.
	TrustedProxies []string `yaml:"trusted_proxies" env:"TRUSTED_PROXIES"`

	// Registration says whether anybody may make an account: off, open.
	Registration string `yaml:"registration" env:"REGISTRATION"`

	// IdentityProviders are where people can sign in from outside.
	IdentityProviders []IdentityProvider `yaml:"identity_providers"`
	// IdentityClientSecret is the client_secret of the first of them.
	IdentityClientSecret Secret `yaml:"-" env:"IDENTITY_CLIENT_SECRET"`

	Log      Log      `yaml:"log" envPrefix:"LOG_"`
	Tags     Tags     `yaml:"tags" envPrefix:"TAGS_"`
	Packages Packages `yaml:"packages" envPrefix:"PACKAGES_"`
	Limits   Limits   `yaml:"limits" envPrefix:"LIMITS_"`
	Webhooks Webhooks `yaml:"webhooks" envPrefix:"WEBHOOKS_"`
}

// Log is how the log is written, to standard error.
type Log struct {
	Level  string `yaml:"level" env:"LEVEL"`   // debug, info, warn, error
	Format string `yaml:"format" env:"FORMAT"` // auto, text, json
	Access bool   `yaml:"access" env:"ACCESS"` // a line per request
}

// Tags is how tags are compared.
type Tags struct {
	Case string `yaml:"case" env:"CASE"` // insensitive, sensitive
}

// Packages is how new packages are born.
type Packages struct {
	Visibility string `yaml:"visibility" env:"VISIBILITY"` // private, internal, public
	// SourceHosts are the forges whose repositories are recorded here, each a host, with
	// a port or a path before the owners if it has one: an image that says that its
	// source is there is linked to the repository of that name. The hosts of
	// external_urls count too.
	SourceHosts []string `yaml:"source_hosts" env:"SOURCE_HOSTS"`
}

// Webhooks is whom packages' events are sent to.
type Webhooks struct {
	// AllowedNetworks are the addresses or networks that may be reached although they
	// are not public.
	AllowedNetworks []string `yaml:"allowed_networks" env:"ALLOWED_NETWORKS"`
}

// Limits bound what clients may send.
type Limits struct {
	Manifest int64 `yaml:"manifest" env:"MANIFEST"` // bytes
	Blob     int64 `yaml:"blob" env:"BLOB"`         // bytes
	Uploads  int   `yaml:"uploads" env:"UPLOADS"`   // open at once, for each user
	// Tokens is how many bearers a minute each user, and each address of anonymous
	// ones, may ask for. 0 is no limit.
	Tokens int `yaml:"tokens" env:"TOKENS"`
}

// MinSecret is the least length of the setting secret, in characters.
const MinSecret = 32

// Secret is a string that does not show up in logs.
type Secret string

// Format hides the secret from every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// MarshalText hides the secret in JSON, which is how slog prints what holds it.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue hides the secret.
func (Secret) LogValue() slog.Value { return slog.StringValue("***") }

// String hides the secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "***"
}

// Default returns the configuration of a fresh installation.
func Default() Config {
	return Config{
		Addr:         "127.0.0.1:5000",
		Data:         "berth-data",
		Registration: "off",
		Log:          Log{Level: "info", Format: "auto", Access: true},
		Tags:         Tags{Case: "insensitive"},
		Packages:     Packages{Visibility: "private"},
		Limits:       Limits{Manifest: 4 << 20, Blob: 1 << 40, Uploads: 1000, Tokens: 1200},
	}
}

// Flags are the settings given on the command line; empty ones were not.
type Flags struct {
	Addr, Data string
}

// Load puts the configuration together and validates it. File is the text of the
// configuration file, nil if there is none.
func Load(flags Flags, environ []string, file []byte) (Config, error) {
	c := Default()
	if err := c.read(file); err != nil {
		// The lines around the fault are left out: they may hold a password.
		return c, fmt.Errorf("configuration file: %s", yaml.FormatError(err, false, false))
	}
	if err := env.ParseWithOptions(&c, env.Options{Prefix: "BERTH_", Environment: env.ToMap(environ)}); err != nil {
		return c, fmt.Errorf("environment: %w", err)
	}
	if flags.Addr != "" {
		c.Addr = flags.Addr
	}
	if flags.Data != "" {
		c.Data = flags.Data
	}
	return c, c.Validate()
}

// read takes what the file says. The decoder would clear c where there is nothing
// in the file but comments.
func (c *Config) read(file []byte) error {
	doc, err := parser.ParseBytes(file, 0)
	if err != nil {
		return err
	}
	for i, d := range doc.Docs {
		switch {
		case i > 0:
			return errors.New("expected one document")
		case d.Body == nil || d.Body.Type() == ast.NullType || d.Body.Type() == ast.CommentType:
			continue
		}
		if err := yaml.NodeToValue(d.Body, c, yaml.Strict()); err != nil {
			return err
		}
	}
	return nil
}

// Validate reports every fault, each with the name of its key.
func (c Config) Validate() error {
	var faults []error
	fault := func(key, format string, args ...any) {
		faults = append(faults, fmt.Errorf("%s: %s", key, fmt.Sprintf(format, args...)))
	}
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		fault("addr", "expected HOST:PORT, got %q", c.Addr)
	}
	if c.Data == "" {
		fault("data", "expected a directory")
	}
	if db := string(c.Database); db != "" && !strings.HasPrefix(db, "sqlite:") && !strings.HasPrefix(db, "postgres://") && !strings.HasPrefix(db, "postgresql://") {
		fault("database", "expected sqlite:PATH or postgres://…")
	}
	if p := len(c.AdminPassword); p > 0 && p < 8 {
		fault("admin_password", "expected at least 8 characters, got %d", p)
	}
	if n := len(c.Secret); n > 0 && n < MinSecret {
		fault("secret", "expected at least %d characters, got %d", MinSecret, n)
	}
	if _, err := c.Origins(); err != nil {
		fault("external_urls", "%s", err)
	}
	if _, err := c.Proxies(); err != nil {
		fault("trusted_proxies", "%s", err)
	}
	if _, err := c.HookNetworks(); err != nil {
		fault("webhooks.allowed_networks", "%s", err)
	}
	c.validateProviders(fault)
	c.validateWords(fault)
	c.Packages.validate(fault)
	c.Limits.validate(fault)
	return errors.Join(faults...)
}

func (c Config) validateWords(fault func(key, format string, args ...any)) {
	for _, w := range []struct{ key, value, allowed string }{
		{"log.level", c.Log.Level, "debug, info, warn, error"},
		{"log.format", c.Log.Format, "auto, text, json"},
		{"tags.case", c.Tags.Case, "insensitive, sensitive"},
		{"registration", c.Registration, "off, open"},
		{"packages.visibility", c.Packages.Visibility, "private, internal, public"},
	} {
		if !slices.Contains(strings.Split(w.allowed, ", "), w.value) {
			fault(w.key, "expected one of %s, got %q", w.allowed, w.value)
		}
	}
}

func (p Packages) validate(fault func(key, format string, args ...any)) {
	for _, host := range p.SourceHosts {
		u, err := url.Parse("https://" + host)
		if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.ContainsAny(host, " \t") || strings.Contains(host, "//") {
			fault("packages.source_hosts", "expected a host such as git.example.com or git.example.com/gitea, got %q", host)
		}
	}
}

func (l Limits) validate(fault func(key, format string, args ...any)) {
	if l.Manifest < 4<<20 || l.Manifest > 64<<20 {
		fault("limits.manifest", "expected 4 MiB to 64 MiB in bytes, got %d", l.Manifest)
	}
	if l.Blob < 1<<20 {
		fault("limits.blob", "expected at least 1 MiB in bytes, got %d", l.Blob)
	}
	if l.Uploads < 1 {
		fault("limits.uploads", "expected at least 1, got %d", l.Uploads)
	}
	if l.Tokens < 0 || l.Tokens > 1e6 {
		fault("limits.tokens", "expected 1 to 1000000 a minute, or 0 for no limit, got %d", l.Tokens)
	}
}

// Origins returns the external URLs, parsed.
func (c Config) Origins() ([]*url.URL, error) {
	var list []*url.URL
	for _, s := range c.ExternalURLs {
		u, err := url.Parse(s)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" || u.User != nil || u.RawQuery != "" {
			return nil, fmt.Errorf("expected http(s)://HOST[:PORT], got %q", s)
		}
		list = append(list, u)
	}
	return list, nil
}

// Proxies returns the trusted proxies, parsed.
func (c Config) Proxies() ([]netip.Prefix, error) { return networks(c.TrustedProxies) }

// HookNetworks returns the networks that webhooks may reach, parsed.
func (c Config) HookNetworks() ([]netip.Prefix, error) { return networks(c.Webhooks.AllowedNetworks) }

// networks parses addresses and networks.
func networks(texts []string) ([]netip.Prefix, error) {
	var list []netip.Prefix
	for _, s := range texts {
		if addr, err := netip.ParseAddr(s); err == nil {
			addr = addr.Unmap() // as the peers are compared
			list = append(list, netip.PrefixFrom(addr, addr.BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, fmt.Errorf("expected an address or a network, got %q", s)
		}
		list = append(list, p.Masked())
	}
	return list, nil
}

// DatabaseURL returns the address of the database.
func (c Config) DatabaseURL() string {
	if c.Database != "" {
		return string(c.Database)
	}
	return "sqlite:" + filepath.Join(c.Data, "berth.db")
}

// BlobDir returns the directory of the blobs.
func (c Config) BlobDir() string { return filepath.Join(c.Data, "blobs") }

// SlogLevel returns the level as slog has it.
func (l Log) SlogLevel() slog.Level {
	var level slog.Level
	_ = level.UnmarshalText([]byte(l.Level)) // Validate has seen it
	return level
}
