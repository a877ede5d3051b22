package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth/internal/config"
)

func TestLoad(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		flags   config.Flags
		environ []string
		file    string
		change  func(*config.Config)
	}{
		{name: "defaults", change: func(*config.Config) {}},
		{
			name: "file", file: "addr: :1\ndata: /file\nlog:\n  level: debug\n  access: false\nlimits: {uploads: 7}\n",
			change: func(c *config.Config) {
				c.Addr, c.Data, c.Log.Level, c.Log.Access, c.Limits.Uploads = ":1", "/file", "debug", false, 7
			},
		},
		{
			name: "environment", environ: []string{"BERTH_ADDR=:2", "BERTH_LOG_ACCESS=false", "BERTH_LIMITS_BLOB=2097152", "BERTH_TAGS_CASE=sensitive", "ADDR=:9", "PATH=/bin"},
			change: func(c *config.Config) {
				c.Addr, c.Log.Access, c.Limits.Blob, c.Tags.Case = ":2", false, 2<<20, "sensitive"
			},
		},
		{
			name: "flags", flags: config.Flags{Addr: ":3", Data: "/flag"},
			change: func(c *config.Config) { c.Addr, c.Data = ":3", "/flag" },
		},
		{
			name: "environment over file", file: "addr: :1\ndata: /file\n", environ: []string{"BERTH_ADDR=:2"},
			change: func(c *config.Config) { c.Addr, c.Data = ":2", "/file" },
		},
		{
			name: "flags over all", flags: config.Flags{Addr: ":3"}, file: "addr: :1\ndata: /file\n", environ: []string{"BERTH_ADDR=:2", "BERTH_DATA=/env"},
			change: func(c *config.Config) { c.Addr, c.Data = ":3", "/env" },
		},
		{
			name: "a flag makes up for a fault", flags: config.Flags{Addr: ":3"}, environ: []string{"BERTH_ADDR=nowhere"},
			change: func(c *config.Config) { c.Addr = ":3" },
		},
		{
			name: "secrets", file: "admin_password: from-the-file\n", environ: []string{"BERTH_DATABASE=postgres://u:p@h/d", "BERTH_ADMIN_PASSWORD=a=b,c d&e#f"},
			change: func(c *config.Config) { c.Database, c.AdminPassword = "postgres://u:p@h/d", "a=b,c d&e#f" },
		},
		{
			name: "lists in the file", file: "external_urls: [https://a.example, http://b.example:5000]\ntrusted_proxies:\n  - 10.0.0.0/8\n  - ::1\n",
			change: func(c *config.Config) {
				c.ExternalURLs = []string{"https://a.example", "http://b.example:5000"}
				c.TrustedProxies = []string{"10.0.0.0/8", "::1"}
			},
		},
		{
			name: "lists in the environment replace those of the file", file: "external_urls: [https://a.example, https://b.example]\n",
			environ: []string{"BERTH_EXTERNAL_URLS=https://c.example,https://d.example", "BERTH_TRUSTED_PROXIES=192.0.2.1"},
			change: func(c *config.Config) {
				c.ExternalURLs = []string{"https://c.example", "https://d.example"}
				c.TrustedProxies = []string{"192.0.2.1"}
			},
		},
		{
			name: "webhooks", file: "webhooks:\n  allowed_networks: [10.1.0.0/16]\n", environ: []string{"BERTH_WEBHOOKS_ALLOWED_NETWORKS=192.168.0.0/16,fd00::1"},
			change: func(c *config.Config) { c.Webhooks.AllowedNetworks = []string{"192.168.0.0/16", "fd00::1"} },
		},
		{
			name: "signing in", file: "registration: open\nlimits: {tokens: 0}\n", environ: []string{"BERTH_LIMITS_TOKENS=7"},
			change: func(c *config.Config) { c.Registration, c.Limits.Tokens = "open", 7 },
		},
		{
			name: "a word that old YAML took for a truth value", file: "registration: off\n", environ: []string{"BERTH_REGISTRATION=off"},
			change: func(c *config.Config) { c.Registration = "off" },
		},
		{
			name: "comments only", file: "# addr: :1\n", change: func(*config.Config) {},
		},
		{
			name: "a section of comments only", file: "log:\n#  level: debug\n", change: func(*config.Config) {},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			want := config.Default()
			test.change(&want)
			got, err := config.Load(test.flags, test.environ, []byte(test.file))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		environ []string
		file    string
		says    []string
	}{
		{name: "unknown key", file: "address: :1\n", says: []string{"configuration file", `"address"`}},
		{name: "unknown key in a section", file: "log:\n  colour: red\n", says: []string{`"colour"`}},
		{name: "key in another case", file: "Addr: :1\n", says: []string{`"Addr"`}},
		{name: "key twice", file: "addr: :1\naddr: :2\n", says: []string{`"addr"`}},
		{name: "wrong type", file: "limits:\n  uploads: many\n", says: []string{"[2:12]"}},
		{name: "two documents", file: "addr: :1\n---\ndata: x\n", says: []string{"one document"}},
		{name: "not YAML", file: "addr: [\n", says: []string{"configuration file"}},
		{name: "a list", file: "- addr\n", says: []string{"configuration file"}},
		{name: "wrong type in the environment", environ: []string{"BERTH_LIMITS_UPLOADS=many"}, says: []string{"environment", "Uploads"}},
		{name: "not a truth value", environ: []string{"BERTH_LOG_ACCESS=perhaps"}, says: []string{"environment", "Access"}},
		{name: "a fault of the file", file: "addr: nowhere\n", says: []string{`addr: expected HOST:PORT, got "nowhere"`}},
		{
			name:    "faults of everything at once",
			file:    "addr: ''\ndata: ''\ndatabase: mysql://x\nadmin_password: short\nexternal_urls: [ftp://x]\ntrusted_proxies: [proxy]\nlog: {level: loud, format: xml}\n",
			environ: []string{"BERTH_TAGS_CASE=upper", "BERTH_PACKAGES_VISIBILITY=secret", "BERTH_LIMITS_MANIFEST=1", "BERTH_LIMITS_BLOB=-1", "BERTH_LIMITS_UPLOADS=0", "BERTH_LIMITS_TOKENS=-1", "BERTH_REGISTRATION=maybe"},
			says: []string{
				"addr: ", "data: ", "database: ", "admin_password: expected at least 8 characters, got 5", "external_urls: ", `trusted_proxies: expected an address or a network, got "proxy"`,
				"log.level: expected one of debug, info, warn, error, got \"loud\"", "log.format: ", "tags.case: ", "packages.visibility: ", "limits.manifest: ", "limits.blob: ", "limits.uploads: ",
				"limits.tokens: expected 1 to 1000000 a minute, or 0", "registration: expected one of off, open, got \"maybe\"",
			},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Load(config.Flags{}, test.environ, []byte(test.file))
			if err == nil {
				t.Fatal("no error")
			}
			for _, s := range test.says {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("it does not say %q:\n%v", s, err)
				}
			}
		})
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		change func(*config.Config)
		key    string // "" when it is fine
	}{
		{func(c *config.Config) { c.Addr = "[::1]:0" }, ""},
		{func(c *config.Config) { c.Addr = "localhost" }, "addr"},
		{func(c *config.Config) { c.Database = "sqlite:/x" }, ""},
		{func(c *config.Config) { c.Database = "postgres://x" }, ""},
		{func(c *config.Config) { c.Database = "postgresql://x" }, ""},
		{func(c *config.Config) { c.Database = "/x" }, "database"},
		{func(c *config.Config) { c.AdminPassword = "12345678" }, ""},
		{func(c *config.Config) { c.AdminPassword = "1234567" }, "admin_password"},
		{func(c *config.Config) { c.ExternalURLs = []string{"https://a.example/"} }, ""},
		{func(c *config.Config) { c.ExternalURLs = []string{"https://a.example/path"} }, "external_urls"},
		{func(c *config.Config) { c.ExternalURLs = []string{"https://u@a.example"} }, "external_urls"},
		{func(c *config.Config) { c.ExternalURLs = []string{"https://a.example?x"} }, "external_urls"},
		{func(c *config.Config) { c.ExternalURLs = []string{"https://a.example#x"} }, "external_urls"},
		{func(c *config.Config) { c.ExternalURLs = []string{"https://:5000"} }, "external_urls"},
		{func(c *config.Config) { c.ExternalURLs = []string{"a.example"} }, "external_urls"},
		{func(c *config.Config) { c.ExternalURLs = []string{"https://"} }, "external_urls"},
		{func(c *config.Config) { c.ExternalURLs = []string{"https://a b"} }, "external_urls"},
		{func(c *config.Config) { c.TrustedProxies = []string{"10.0.0.0/33"} }, "trusted_proxies"},
		{func(c *config.Config) { c.TrustedProxies = []string{""} }, "trusted_proxies"},
		{func(c *config.Config) { c.Packages.SourceHosts = []string{""} }, "packages.source_hosts"},
		{func(c *config.Config) { c.Packages.SourceHosts = []string{"https://github.com"} }, "packages.source_hosts"},
		{func(c *config.Config) { c.Packages.SourceHosts = []string{"me@github.com"} }, "packages.source_hosts"},
		{func(c *config.Config) { c.Webhooks.AllowedNetworks = []string{"10.0.0.0/8", "::1", "127.0.0.1"} }, ""},
		{func(c *config.Config) { c.Webhooks.AllowedNetworks = []string{"10.0.0.0/8", "localhost"} }, "webhooks.allowed_networks"},
		{func(c *config.Config) { c.Limits.Manifest = 4 << 20 }, ""},
		{func(c *config.Config) { c.Limits.Manifest = 4<<20 - 1 }, "limits.manifest"},
		{func(c *config.Config) { c.Limits.Manifest = 64 << 20 }, ""},
		{func(c *config.Config) { c.Limits.Manifest = 64<<20 + 1 }, "limits.manifest"},
		{func(c *config.Config) { c.Limits.Blob = 1 << 20 }, ""},
		{func(c *config.Config) { c.Limits.Blob = 1<<20 - 1 }, "limits.blob"},
		{func(c *config.Config) { c.Log.Level = "INFO" }, "log.level"},
	}
	for i, test := range tests {
		c := config.Default()
		test.change(&c)
		err := c.Validate()
		if test.key == "" && err != nil || test.key != "" && (err == nil || !strings.HasPrefix(err.Error(), test.key+": ")) {
			t.Errorf("%d: %v, want a fault of %q: %+v", i, err, test.key, c)
		}
	}
}

func TestSecretsAreNotPrinted(t *testing.T) {
	t.Parallel()
	c := config.Default()
	c.Database, c.AdminPassword = "postgres://berth:hunter2@db/berth", "hunter2hunter2"
	var log bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		l := slog.New(h)
		l.Info("x", "password", c.AdminPassword)
		l.Info("x", "config", c)
		l.Info("x", "config", &c)
		l.Info("x", slog.Group("g", "database", c.Database))
	}
	printed := map[string]string{"slog": log.String()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		printed[verb] = fmt.Sprintf(verb, c) + fmt.Sprintf(verb, c.AdminPassword)
	}
	out, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	printed["json"] = string(out)
	for how, s := range printed {
		if strings.Contains(s, "hunter2") || strings.Contains(s, fmt.Sprintf("%x", "hunter2")) {
			t.Errorf("%s shows it: %s", how, s)
		}
	}
	if got := config.Secret("").String() + config.Secret("x").String(); got != "***" {
		t.Errorf("empty and set: %q", got)
	}
}

// A fault in the file is shown with its place, and must not show its neighbours.
func TestFaultsDoNotShowSecrets(t *testing.T) {
	t.Parallel()
	const secrets = "admin_password: hunter2hunter2\ndatabase: postgres://u:hunter2@db/x\n"
	for _, bad := range []string{"colour: red\n", "limits: {uploads: many}\n", "addr: [\n", "log: 7\n", "addr: a\naddr: b\n"} {
		for _, file := range []string{secrets + bad, bad + secrets, "admin_password: [hunter2hunter2]\n", "admin_pasword: hunter2hunter2\n"} {
			_, err := config.Load(config.Flags{}, nil, []byte(file))
			if err == nil {
				t.Errorf("%q: no error", file)
			} else if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%q: the error shows the secret: %v", file, err)
			}
		}
	}
	for _, pair := range []string{"BERTH_DATABASE=mysql://u:hunter2@x", "BERTH_ADMIN_PASSWORD=hunter2"} {
		_, err := config.Load(config.Flags{}, []string{pair}, nil)
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", pair, err)
		}
	}
}

func TestDerived(t *testing.T) {
	t.Parallel()
	c := config.Default()
	c.Data = filepath.Join("a", "b")
	if got, want := c.DatabaseURL(), "sqlite:"+filepath.Join("a", "b", "berth.db"); got != want {
		t.Errorf("DatabaseURL() = %q, want %q", got, want)
	}
	if got, want := c.BlobDir(), filepath.Join("a", "b", "blobs"); got != want {
		t.Errorf("BlobDir() = %q, want %q", got, want)
	}
	c.Database = "postgres://x"
	if got := c.DatabaseURL(); got != "postgres://x" {
		t.Errorf("DatabaseURL() = %q", got)
	}
	for text, want := range map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError} {
		if got := (config.Log{Level: text}).SlogLevel(); got != want {
			t.Errorf("%s: %s", text, got)
		}
	}
	c.TrustedProxies = []string{"10.1.2.3/8", "192.0.2.1", "::1", "fd00::1/8"}
	got, err := c.Proxies()
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, p := range got {
		texts = append(texts, p.String())
	}
	if diff := cmp.Diff([]string{"10.0.0.0/8", "192.0.2.1/32", "::1/128", "fd00::/8"}, texts); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	// A network written for IPv4 inside IPv6 must hold its addresses.
	c.TrustedProxies = []string{"::ffff:10.0.0.1"}
	if got, err := c.Proxies(); err != nil || !got[0].Contains(netip.MustParseAddr("10.0.0.1")) {
		t.Errorf("%v, %v does not hold 10.0.0.1", got, err)
	}
}

func FuzzLoadFile(f *testing.F) {
	for _, s := range []string{"", "# nothing\n", "addr: :1\n", "log: {level: debug}\n", "external_urls: [https://a.example]\n", "x: &a [*a]\n", "limits:\n  blob: 0x100000\n", "a: 1\n---\nb: 2\n", "? {}\n: 1\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		c, err := config.Load(config.Flags{}, nil, file)
		if err != nil {
			return
		}
		if err := c.Validate(); err != nil {
			t.Errorf("loaded, but not valid: %v", err)
		}
		if _, err := c.Origins(); err != nil {
			t.Error(err)
		}
		if _, err := c.Proxies(); err != nil {
			t.Error(err)
		}
	})
}
