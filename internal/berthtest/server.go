package berthtest

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest/apicheck"
	"github.com/berth-registry/berth/internal/blob"
	"github.com/berth-registry/berth/internal/blob/memblob"
	"github.com/berth-registry/berth/internal/httpkit"
	"github.com/berth-registry/berth/internal/meta"
	"github.com/berth-registry/berth/internal/meta/metatest"
	"github.com/berth-registry/berth/internal/ociapi"
	"github.com/berth-registry/berth/internal/registry"
	"github.com/berth-registry/berth/internal/restapi"
	"github.com/berth-registry/berth/internal/webhook"
	"github.com/berth-registry/berth/internal/webui"
)

// Server is a running registry. It has the users ada, bob and root (an
// administrator), none with a password, and the organization acme, owned by ada,
// with the member mia.
type Server struct {
	URL      string
	Meta     *meta.DB
	Blobs    blob.Store
	Registry *registry.Service
	Account  *account.Service
	Hooks    *webhook.Service
	Clock    *Clock

	// Routes lists every route of every face, as "METHOD /path".
	Routes []string

	t       testing.TB
	file    string // of the database
	options Options

	// transport is the server's own: a server that ends closes the idle connections of
	// the transport that all share, on which the request of another test may be waiting.
	transport http.RoundTripper
}

// Clock is a clock that goes on only when told to.
type Clock struct{ micros atomic.Int64 }

// Now returns the time.
func (c *Clock) Now() time.Time { return time.UnixMicro(c.micros.Load()).UTC() }

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) { c.micros.Add(d.Microseconds()) }

// Options change how a server is built. Zero values are the defaults.
type Options struct {
	Blobs    blob.Store
	Origins  httpkit.Origins
	Registry func(*registry.Options)
	Account  func(*account.Options)
	Hooks    func(*webhook.Options)
	Site     webui.Site
	Log      *slog.Logger
	// Address is another database, instead of a temporary SQLite file.
	Address string
}

// New starts a server that ends with the test.
func New(t testing.TB, options ...Options) *Server {
	t.Helper()
	var o Options
	for _, o = range options {
	}
	s := &Server{t: t, Clock: &Clock{}, Blobs: o.Blobs, file: filepath.Join(t.TempDir(), "berth.db")}
	s.Clock.micros.Store(time.Now().UnixMicro())
	if s.Blobs == nil {
		s.Blobs = memblob.New()
	}
	if o.Address == "" {
		o.Address = "sqlite:" + s.file
		if err := metatest.CopySchema(t.Context(), s.file); err != nil {
			t.Fatal(err)
		}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s.options = o
	s.open(o)
	s.listen(o)
	s.people()
	return s
}

// Replica starts another server on the same data, with the same clock: what one
// has in memory the other has not.
func (s *Server) Replica() *Server {
	s.t.Helper()
	r := &Server{t: s.t, Clock: s.Clock, Blobs: s.Blobs, file: s.file, options: s.options}
	r.open(s.options)
	r.listen(s.options)
	return r
}

func (s *Server) listen(o Options) {
	ui, err := webui.New(o.Log, s.Registry, s.Account, o.Origins, o.Site)
	if err != nil {
		s.t.Fatal(err)
	}
	d := httpkit.NewDispatcher(ui)
	ui.Mount(d.Handle)
	oci := ociapi.New(o.Log, s.Registry, s.Account, o.Origins)
	oci.Mount(d.Handle)
	rest := restapi.New(o.Log, s.Registry, s.Account, o.Origins)
	rest.Mount(d.Handle)
	s.Routes = slices.Concat(oci.Routes(), rest.Routes(), ui.Routes())
	checked := apicheck.Watch(d, "/api/v3", apicheck.Once(rest.Document), func(err error) { s.t.Error(err) })
	web := httptest.NewServer(checked)
	s.t.Cleanup(web.Close)
	s.URL, s.transport = web.URL, web.Client().Transport
}

func (s *Server) open(o Options) {
	s.t.Helper()
	ctx := s.t.Context()
	var err error
	if s.Meta, err = meta.Open(ctx, o.Address); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if err := s.Meta.Close(); err != nil {
			s.t.Error(err)
		}
	})
	opts := registry.DefaultOptions()
	opts.Now = s.Clock.Now
	if o.Registry != nil {
		o.Registry(&opts)
	}
	if s.Registry, err = registry.New(s.Meta, s.Blobs, opts); err != nil {
		s.t.Fatal(err)
	}
	if err = s.Registry.SettleTagCase(ctx); err != nil {
		s.t.Fatal(err)
	}
	accountOpts := s.AccountOptions()
	if o.Account != nil {
		o.Account(&accountOpts)
	}
	if s.Account, err = account.New(ctx, s.Meta, accountOpts); err != nil {
		s.t.Fatal(err)
	}
	hooks := webhook.Options{
		Origin: func() string { return s.URL }, Version: "test", OpenSecret: s.Account.OpenHookSecret, Now: s.Clock.Now, Log: o.Log,
	}
	if o.Hooks != nil {
		o.Hooks(&hooks)
	}
	s.Hooks = webhook.New(s.Meta, hooks)
	s.t.Cleanup(s.Hooks.Wait) // before the database is closed
}

// AccountOptions are the settings that the server's accounts were opened with.
func (s *Server) AccountOptions() account.Options {
	return account.Options{Secret: make([]byte, account.SecretLength), Now: s.Clock.Now}
}

func (s *Server) people() {
	s.t.Helper()
	for _, name := range []string{"ada", "bob", "mia", "root"} {
		s.AddUser(name, name == "root")
	}
	ctx := s.t.Context()
	if err := s.Account.CreateOrg(ctx, berth.Operator(), "acme", "ada"); err != nil {
		s.t.Fatal(err)
	}
	if err := s.Account.AddMember(ctx, berth.Operator(), "acme", "mia", false); err != nil {
		s.t.Fatal(err)
	}
}

// AddUser makes a user without a password, because hashing one is slow.
func (s *Server) AddUser(name string, admin bool) {
	s.t.Helper()
	ctx := s.t.Context()
	err := s.Meta.Update(ctx, func(tx *meta.Tx) error {
		id, err := tx.CreateOwner(ctx, meta.Owner{Kind: meta.KindUser, Name: name, Folded: name, CreatedAt: s.Clock.Now()})
		if err != nil {
			return err
		}
		return tx.CreateUser(ctx, meta.User{ID: id, Admin: admin})
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// Token makes an access token.
func (s *Server) Token(user string, scopes berth.Scopes, life time.Duration) string {
	s.t.Helper()
	t, err := s.Account.CreateToken(s.t.Context(), berth.Operator(), user, account.TokenRequest{Name: "test", Scopes: scopes, Life: life})
	if err != nil {
		s.t.Fatal(err)
	}
	return t.Secret
}

// SetVisibility changes who may pull a package.
func (s *Server) SetVisibility(name string, v berth.Visibility) {
	s.t.Helper()
	n, err := berth.ParseName(name)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.Registry.SetVisibility(s.t.Context(), berth.Operator(), n, v); err != nil {
		s.t.Fatal(err)
	}
}

// Day is longer than anything that the server keeps for a while.
const Day = 25 * time.Hour
