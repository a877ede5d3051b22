package webhook_test

import (
	"crypto/tls"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"

	"github.com/opencontainers/go-digest"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/berthtest"
	"github.com/berth-registry/berth/internal/meta"
	"github.com/berth-registry/berth/internal/webhook"
)

// receiver is a server that webhooks are sent to.
type receiver struct {
	*httptest.Server

	mu     sync.Mutex
	got    []received
	answer http.HandlerFunc // nil: 200
}

type received struct {
	header http.Header
	body   []byte
	path   string
}

func newReceiver(t *testing.T, answer http.HandlerFunc) *receiver {
	t.Helper()
	r := &receiver{answer: answer}
	r.Server = httptest.NewUnstartedServer(r)
	r.Config.ErrorLog = nil
	r.Start()
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	r.mu.Lock()
	r.got = append(r.got, received{req.Header.Clone(), body, req.URL.RequestURI()})
	answer := r.answer
	r.mu.Unlock()
	if answer != nil {
		answer(w, req)
	}
}

// taken returns what came since the last time.
func (r *receiver) taken() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	got := r.got
	r.got = nil
	return got
}

// answers changes what the receiver says.
func (r *receiver) answers(answer http.HandlerFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// loopback lets the receivers of the tests be reached.
func loopback(o *webhook.Options) {
	o.Networks = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
}

// world is a server whose webhooks may be sent to this machine.
type world struct {
	*berthtest.Server

	t *testing.T
}

func newWorld(t *testing.T, address string, change ...func(*webhook.Options)) *world {
	t.Helper()
	return &world{berthtest.New(t, berthtest.Options{Address: address, Hooks: func(o *webhook.Options) {
		loopback(o)
		for _, c := range change {
			c(o)
		}
	}}), t}
}

// acme is where most webhooks of these tests hang.
func acme() account.HookPlace { return account.HookPlace{Org: "acme"} }

// hook makes a webhook and takes its ping.
func (w *world) hook(at account.HookPlace, r *receiver, c account.HookChange) account.Hook {
	w.t.Helper()
	address := r.URL + "/hook"
	if c.URL == nil {
		c.URL = &address
	}
	h, err := w.Account.CreateHook(w.t.Context(), w.Viewer("ada"), at, c)
	if err != nil {
		w.t.Fatal(err)
	}
	w.TellHooks()
	r.taken()
	return h
}

// push writes down that a tag of acme/web was pushed.
func (w *world) push(tag string) berth.PackageEvent {
	w.t.Helper()
	e := berth.PackageEvent{
		At: w.Clock.Now(), Action: berth.PackagePublished, OwnerID: w.OwnerID("acme"), PackageID: w.packageID(), Name: berth.Name{Owner: "acme", Path: "web"},
		VersionID: 1, Digest: digest.FromString(tag), Tag: tag, UserID: w.OwnerID("ada"), User: "ada",
	}
	w.Happen(e)
	return e
}

// packageID makes acme/web and returns its id.
func (w *world) packageID() (id int64) {
	w.t.Helper()
	ctx := w.t.Context()
	err := w.Meta.Update(ctx, func(tx *meta.Tx) error {
		if err := tx.CreatePackage(ctx, w.OwnerID("acme"), "web", berth.VisibilityPrivate, w.Clock.Now()); err != nil {
			return err
		}
		s, err := tx.Standing(ctx, berth.Name{Owner: "acme", Path: "web"}, 0)
		id = s.PackageID
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// log returns the deliveries of a webhook, newest first, whole.
func (w *world) log(at account.HookPlace, hook int64) []berth.HookDelivery {
	w.t.Helper()
	ctx, ada := w.t.Context(), w.Viewer("ada")
	list, err := w.Account.ListDeliveries(ctx, ada, at, hook, 0, 100)
	if err != nil {
		w.t.Fatal(err)
	}
	for i, d := range list {
		if list[i], _, err = w.Account.GetDelivery(ctx, ada, at, hook, d.ID); err != nil {
			w.t.Fatal(err)
		}
	}
	return list
}

func parse(t *testing.T, body []byte) map[string]any {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal(body, &doc); err != nil {
		t.Fatalf("%v: %.200s", err, body)
	}
	return doc
}

// startTLS makes a receiver that speaks TLS with a certificate that nobody knows.
func startTLS(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewUnstartedServer(r)
	r.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	r.StartTLS()
	t.Cleanup(r.Close)
	return r
}
