package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/blob/fsblob"
	"github.com/berth-registry/berth/internal/config"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/jobs"
	"github.com/berth-registry/berth/internal/meta"
	"github.com/berth-registry/berth/internal/registry"
)

// system is what a command touches of the world outside.
type system struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	environ        []string
	readFile       func(string) ([]byte, error)
	// ask puts a question to a person at a terminal, showing what he types or not.
	// It is nil when there is none.
	ask func(ctx context.Context, question string, secret bool) (string, error)
	// watch stands before what answers requests. It is nil but for tests.
	watch func(http.Handler) http.Handler
}

func (s *system) watched(h http.Handler) http.Handler {
	if s.watch == nil {
		return h
	}
	return s.watch(h)
}

// app is what the commands share.
type app struct {
	system

	flags      config.Flags
	configFile string
	server     string // of --server
	verbose    bool
	output     string // text or json
	founds     bool   // whether the command may make a data directory
}

// run carries out one command line and returns the exit status.
func run(ctx context.Context, args []string, sys system) int {
	a := &app{system: sys}
	root := a.rootCommand()
	root.SetArgs(args)
	root.SetIn(sys.stdin)
	root.SetOut(sys.stdout)
	root.SetErr(sys.stderr)
	if err := root.ExecuteContext(ctx); err != nil {
		_, _ = fmt.Fprintln(sys.stderr, "berth:", message(err))
		return 1
	}
	return 0
}

// rootCommand has everything below it. Where a command goes is said once, here and
// in docs/cli.md.
func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "berth",
		Short: "A container registry in one binary",
		Long: `A container registry in one binary.

The commands that manage people, repositories, tokens and packages work on a data
directory, as its operator, or on a server, with the token that berth login saved.
Which one, in this order:

  1. --server URL, or --data DIRECTORY, or --config FILE
  2. BERTH_SERVER, or BERTH_DATA, or BERTH_DATABASE in the environment
  3. the directory berth-data, if there is one here
  4. the server last logged in to

--verbose says which.`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	f := root.PersistentFlags()
	f.StringVar(&a.flags.Data, "data", "", "data directory (default berth-data)")
	f.StringVar(&a.configFile, "config", "", "configuration file (YAML)")
	f.StringVar(&a.server, "server", "", "address of a server that you have logged in to")
	f.BoolVarP(&a.verbose, "verbose", "v", false, "say on standard error where a command goes")
	root.AddCommand(a.serveCommand(), a.loginCommand(), a.logoutCommand(), a.whoamiCommand(),
		a.userCommand(), a.accountCommand(), a.identityCommand(), a.orgCommand(), a.teamCommand(), a.repoCommand(), a.tokenCommand(), a.packageCommand(),
		a.invitationCommand(), a.webhookCommand(), a.ownerCommand(), a.siteCommand(), a.auditCommand(), a.adminCommand(), a.configCommand(), versionCommand())
	showUsage(root)
	return root
}

// showUsage has the commands answer with how they are written where arguments are
// missing or too many.
func showUsage(cmd *cobra.Command) {
	for _, below := range cmd.Commands() {
		showUsage(below)
	}
	check := cmd.Args
	if check == nil {
		return
	}
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		err := check(cmd, args)
		if err == nil || strings.HasPrefix(err.Error(), "unknown command") {
			return err
		}
		return fmt.Errorf("expected %s, got %d arguments", cmd.UseLine(), len(args))
	}
}

// message returns the public text of a named error, and any other error whole.
func message(err error) string {
	var named *berth.Error
	if errors.As(err, &named) {
		return named.Msg
	}
	return err.Error()
}

func (a *app) loadConfig() (config.Config, error) {
	var file []byte
	if a.configFile != "" {
		var err error
		if file, err = a.readFile(a.configFile); err != nil {
			return config.Config{}, err
		}
	}
	return config.Load(a.flags, a.environ, file)
}

// core is the opened data and the use cases on it.
type core struct {
	config   config.Config
	db       *meta.DB
	blobs    *fsblob.Store
	registry *registry.Service
	account  *account.Service

	// Of a server only.
	requests *httpkit.Requests
	jobs     *jobs.Runner
}

// founding lets a command make a data directory. Any other one would show an empty
// registry where the directory is mistyped.
func (a *app) founding(cmd *cobra.Command) *cobra.Command {
	cmd.PreRun = func(*cobra.Command, []string) { a.founds = true }
	return cmd
}

// prepare reads the configuration and makes the data directory it names. Unless the
// caller founds, there has to be data in it.
func (a *app) prepare(founds bool) (config.Config, error) {
	if a.server != "" {
		return config.Config{}, errors.New("--server makes no sense here: this works on a data directory")
	}
	cfg, err := a.loadConfig()
	if err != nil {
		return cfg, err
	}
	if file, own := strings.CutPrefix(cfg.DatabaseURL(), "sqlite:"); own && cfg.Database == "" && !founds {
		if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) {
			return cfg, fmt.Errorf("no data in %s; start it with berth serve --data %s", cfg.Data, cfg.Data)
		}
	}
	return cfg, os.MkdirAll(cfg.Data, 0o700)
}

// useCore opens the data, runs fn on it, and closes it.
func useCore(ctx context.Context, cfg config.Config, fn func(*core) error) (err error) {
	c := &core{config: cfg}
	if c.db, err = meta.Open(ctx, cfg.DatabaseURL()); err != nil {
		return err
	}
	if err = c.build(ctx); err == nil {
		err = fn(c)
	}
	return errors.Join(err, c.close())
}

func (c *core) build(ctx context.Context) (err error) {
	if c.blobs, err = openBlobs(c.config.BlobDir()); err != nil {
		return fmt.Errorf("open blobs in %s: %w", filepath.Base(c.config.BlobDir()), err)
	}
	opts := registry.DefaultOptions()
	opts.DefaultVisibility = berth.Visibility(c.config.Packages.Visibility)
	opts.CaseSensitiveTags = c.config.Tags.Case == "sensitive"
	opts.SourceHosts = sourceHosts(c.config)
	opts.MaxManifest = c.config.Limits.Manifest
	opts.MaxBlob = c.config.Limits.Blob
	opts.MaxUploads = c.config.Limits.Uploads
	if c.registry, err = registry.New(c.db, c.blobs, opts); err != nil {
		return err
	}
	secret, err := loadSecret(c.config)
	if err != nil {
		return err
	}
	providers, err := identityProviders(c.config)
	if err != nil {
		return err
	}
	c.account, err = account.New(ctx, c.db, account.Options{
		Secret:          secret,
		TokensPerMinute: c.config.Limits.Tokens,
		Registration:    c.config.Registration == "open",
		Providers:       providers,
	})
	return err
}

func (c *core) close() error {
	var err error
	if c.blobs != nil {
		err = c.blobs.Close()
	}
	return errors.Join(err, c.db.Close())
}

// withCore runs a command on the data, whether a server uses it at the same time
// or not.
func (a *app) withCore(ctx context.Context, fn func(*core) error) error {
	cfg, err := a.prepare(a.founds)
	if err != nil {
		return err
	}
	return useCore(ctx, cfg, fn)
}

// sourceHosts returns the hosts whose addresses of source code name repositories.
func sourceHosts(c config.Config) []string {
	hosts := slices.Clone(c.Packages.SourceHosts)
	for _, external := range c.ExternalURLs {
		if u, err := url.Parse(external); err == nil && u.Host != "" {
			hosts = append(hosts, u.Host)
		}
	}
	if len(c.ExternalURLs) == 0 {
		hosts = append(hosts, reachable(c.Addr))
	}
	return hosts
}
