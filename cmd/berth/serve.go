package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/berth-registry/berth/internal/config"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/jobs"
	"github.com/berth-registry/berth/internal/ociapi"
	"github.com/berth-registry/berth/internal/restapi"
	"github.com/berth-registry/berth/internal/webhook"
	"github.com/berth-registry/berth/internal/webui"
)

const (
	firstUser     = "admin"
	drainTime     = 30 * time.Second
	headerTimeout = 10 * time.Second
	keepAlive     = 2 * time.Minute
	maxHeader     = 64 << 10 // bytes
)

func (a *app) serveCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the registry",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.serve(cmd.Context()) },
	}
	cmd.Flags().StringVar(&a.flags.Addr, "addr", "", "address to listen on (default 127.0.0.1:5000)")
	return cmd
}

// serve builds everything from the bottom up, runs until ctx ends, and takes it
// down in reverse.
func (a *app) serve(ctx context.Context) error {
	cfg, err := a.prepare(true)
	if err != nil {
		return err
	}
	unlock, err := lockDir(cfg.Data)
	if err != nil {
		return err
	}
	defer unlock()
	return useCore(ctx, cfg, func(c *core) error {
		if err := c.registry.SettleTagCase(ctx); err != nil {
			return err
		}
		log := newLog(a.stderr, cfg.Log)
		c.requests, c.jobs = httpkit.NewRequests(nil), jobs.NewRunner(log)
		handler, err := c.handler(log)
		if err != nil {
			return err
		}
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", cfg.Addr)
		if err != nil {
			return err
		}
		// Not before the address is ours: else the password would be made for nobody.
		password, err := c.account.EnsureAdmin(ctx, firstUser, string(cfg.AdminPassword))
		if err != nil {
			return errors.Join(err, listener.Close())
		}
		if cfg.AdminPassword != "" {
			password = ""
		}
		welcome(a.stdout, cfg, listener.Addr().String(), password)
		return c.run(ctx, log, listener, a.watched(handler))
	})
}

// handler builds the faces.
func (c *core) handler(log *slog.Logger) (http.Handler, error) {
	external, err := c.config.Origins()
	if err != nil {
		return nil, err
	}
	proxies, err := c.config.Proxies()
	if err != nil {
		return nil, err
	}
	access := log
	if !c.config.Log.Access {
		access = slog.New(errorsOnly{log.Handler()})
	}
	origins := httpkit.Origins{External: external, Proxies: proxies}
	ui, err := webui.New(access, c.registry, c.account, origins, webui.Site{Jobs: jobList{c.jobs}, Requests: c.requests.Faces})
	if err != nil {
		return nil, err
	}
	d := httpkit.NewDispatcher(c.requests.Count("web", ui))
	counted := func(face string) func(string, http.Handler) {
		return func(segment string, h http.Handler) { d.Handle(segment, c.requests.Count(face, h)) }
	}
	ociapi.New(access, c.registry, c.account, origins).Mount(counted("v2"))
	restapi.New(access, c.registry, c.account, origins).Mount(counted("api"))
	ui.Mount(counted("web"))
	d.Handle("/healthz", httpkit.Alive())
	d.Handle("/readyz", httpkit.Handle(slog.New(errorsOnly{log.Handler()}), httpkit.Ready(c.registry.Ready), httpkit.FailText))
	return d, nil
}

// run serves until ctx ends, then lets requests finish.
func (c *core) run(ctx context.Context, log *slog.Logger, l net.Listener, h http.Handler) error {
	var busy sync.WaitGroup
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			busy.Add(1)
			defer busy.Done()
			h.ServeHTTP(w, r)
		}),
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       keepAlive,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	hooks, err := c.hooks(log, l.Addr().String())
	if err != nil {
		return err
	}
	c.addJobs(hooks)
	jobsCtx, stopJobs := context.WithCancel(ctx)
	jobsDone := make(chan struct{})
	go func() {
		defer close(jobsDone)
		c.jobs.Run(jobsCtx)
		hooks.Wait()
	}()
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()

	select {
	case err := <-served:
		stopJobs()
		<-jobsDone
		return err
	case <-ctx.Done():
	}
	log.Info("stopping: requests under way may finish")
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	if err := server.Shutdown(drain); err != nil {
		log.Warn("some requests did not finish in time and are cut off", "error", err)
		_ = server.Close()
	}
	// What they had received is still being written down.
	busy.Wait()
	stopJobs()
	<-jobsDone
	_, err = c.account.RecordUsage(drain)
	_, failed := c.registry.RecordDownloads(drain)
	return errors.Join(err, failed)
}

// addJobs names all periodic work. People see the names.
func (c *core) addJobs(hooks *webhook.Service) {
	c.jobs.Add(
		jobs.Job{Name: "reap uploads", Every: 10 * time.Minute, Run: c.registry.ReapUploads},
		jobs.Job{Name: "record token use", Every: 30 * time.Second, Run: c.account.RecordUsage},
		jobs.Job{Name: "follow up pushes", Every: time.Second, Run: c.registry.FollowUp, Quiet: true},
		jobs.Job{Name: "record downloads", Every: 5 * time.Second, Run: c.registry.RecordDownloads, Quiet: true},
		jobs.Job{Name: "check blobs", Every: time.Minute, Run: c.registry.CheckBlobs},
		jobs.Job{Name: "run retention", Every: time.Hour, Run: c.registry.RunRetention},
		jobs.Job{Name: "purge trash", Every: time.Hour, Run: c.registry.PurgeTrash},
		jobs.Job{Name: "delete doomed bytes", Every: 2 * time.Minute, Run: c.registry.DeleteDoomed},
		jobs.Job{Name: "reap sessions", Every: time.Hour, Run: c.account.ReapSessions},
		jobs.Job{Name: "expand package events", Every: time.Second, Run: hooks.Expand, Quiet: true},
		jobs.Job{Name: "send webhooks", Every: time.Second, Run: hooks.Start, Quiet: true},
		jobs.Job{Name: "reap deliveries", Every: time.Hour, Run: hooks.Reap},
		jobs.Job{Name: "add up usage", Every: 15 * time.Second, Run: c.registry.FoldUsage, Quiet: true},
		jobs.Job{Name: "count what is stored", Every: time.Hour, Run: c.registry.RecordFigures},
	)
}

// hooks builds what tells webhooks. They know this server by its first external
// address, or by the one that it listens on.
func (c *core) hooks(log *slog.Logger, addr string) (*webhook.Service, error) {
	c.config.Addr = addr
	origins, err := localOrigins(c.config)
	if err != nil {
		return nil, err
	}
	networks, err := c.config.HookNetworks()
	if err != nil {
		return nil, err
	}
	origin := origins.External[0].Scheme + "://" + origins.External[0].Host
	return webhook.New(c.db, webhook.Options{
		Origin: func() string { return origin }, Version: version, Networks: networks, OpenSecret: c.account.OpenHookSecret, Log: log,
	}), nil
}

// welcome tells a newcomer what to do next.
func welcome(w io.Writer, c config.Config, addr, password string) {
	data, err := filepath.Abs(c.Data)
	if err != nil {
		data = c.Data
	}
	host := reachable(addr)
	var b strings.Builder
	fmt.Fprintf(&b, "Berth %s is ready on http://%s, data in %s\n\n", version, host, data)
	if password != "" {
		fmt.Fprintf(&b, "The first account is %s with the password %s\nberth admin credentials shows it again until it is changed.\n\n", firstUser, password)
	}
	fmt.Fprintf(&b, "Open http://%s in a browser, or try:\n  docker login %s -u %s\n  docker tag IMAGE %s/%s/hello:1.0\n  docker push %s/%s/hello:1.0\n\n",
		host, host, firstUser, host, firstUser, host, firstUser)
	_, _ = io.WriteString(w, b.String())
}

func newLog(w io.Writer, c config.Log) *slog.Logger {
	opts := &slog.HandlerOptions{Level: c.SlogLevel()}
	if c.Format == "text" || c.Format == "auto" && isTerminal(w) {
		return slog.New(slog.NewTextHandler(w, opts))
	}
	return slog.New(slog.NewJSONHandler(w, opts))
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// errorsOnly lets through what has gone wrong.
type errorsOnly struct{ slog.Handler }

func (errorsOnly) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelWarn }
