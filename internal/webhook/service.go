package webhook

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/berth-registry/berth"
	"github.com/berth-registry/berth/internal/meta"
)

const (
	batch         = 50 // events expanded in a transaction
	reapBatch     = 500
	keepFor       = 30 * 24 * time.Hour
	maxFinished   = 1000  // in the log of a webhook
	maxDeliveries = 10000 // of a webhook, those that wait too
	concurrency   = 16
)

// Options are the settings of a [Service].
type Options struct {
	// Origin returns the address of this server as clients know it, such as
	// https://registry.example.com.
	Origin func() string
	// Version is that of the server, for the User-Agent.
	Version string
	// Networks are those that may be reached besides public ones.
	Networks []netip.Prefix
	// OpenSecret opens the sealed secret of a webhook.
	OpenSecret func(sealed []byte) ([]byte, error)
	// Now is the clock. Nil is time.Now.
	Now func() time.Time
	// Log is told of what cannot be written down. Nil is nobody.
	Log *slog.Logger
	// Concurrency is how many receivers are sent to at once. 0 is the default.
	Concurrency int
}

// Service tells webhooks what happened.
type Service struct {
	meta  *meta.DB
	opts  Options
	slots chan struct{} // one for each delivery under way
	busy  sync.WaitGroup

	client   *http.Client
	careless *http.Client // does not check certificates
}

// New returns the worker over a database.
func New(db *meta.DB, opts Options) *Service {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Concurrency == 0 {
		opts.Concurrency = concurrency
	}
	g := guard{opts.Networks}
	return &Service{
		meta: db, opts: opts, slots: make(chan struct{}, opts.Concurrency),
		client: newClient(g, false), careless: newClient(g, true),
	}
}

// Expand turns the events that were written down into deliveries to those webhooks
// that want to know, and returns how many events that were. Each event is turned
// once, whatever the number of replicas.
func (s *Service) Expand(ctx context.Context) (int, error) {
	total := 0
	for {
		waiting := false
		err := s.meta.View(ctx, func(tx *meta.Tx) error {
			list, err := tx.ListPackageEvents(ctx, 1)
			waiting = len(list) > 0
			return err
		})
		if err != nil || !waiting { // most times: nothing is written then
			return total, err
		}
		n, err := s.expandBatch(ctx)
		total += n
		if err != nil || n == 0 {
			return total, err
		}
	}
}

func (s *Service) expandBatch(ctx context.Context) (n int, err error) {
	now, origin := s.opts.Now(), s.opts.Origin()
	err = s.meta.Update(ctx, func(tx *meta.Tx) error {
		n = 0
		list, err := tx.ListPackageEvents(ctx, batch)
		if err != nil {
			return err
		}
		for _, e := range list {
			ours, err := tx.DropPackageEvent(ctx, e.ID)
			if err != nil {
				return err
			}
			if !ours { // another replica was faster
				continue
			}
			n++
			if err := expand(ctx, tx, e, origin, now); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}

// expand writes down the deliveries of one event. What they say is made once.
func expand(ctx context.Context, tx *meta.Tx, e berth.PackageEvent, origin string, now time.Time) error {
	p, err := tx.GetPackageFacts(ctx, e.PackageID)
	if err != nil && !errors.Is(err, berth.ErrPackageUnknown) { // it may be gone by now
		return err
	}
	if p.OwnerID != e.OwnerID {
		p.RepositoryID = 0 // it has gone to another owner, whose repositories are no business of this one
	}
	repository := p.RepositoryID
	if !p.Open {
		repository = 0
	}
	hooks, err := tx.ListHooksFor(ctx, e.OwnerID, repository)
	if err != nil || len(hooks) == 0 {
		return err
	}
	body, err := readPayload(ctx, tx, e, p, origin)
	if err != nil {
		return err
	}
	made := map[string][]byte{}
	for _, h := range hooks {
		for _, name := range eventNames(h) {
			if made[name] == nil {
				if made[name], err = body.marshal(name); err != nil {
					return err
				}
			}
			d := berth.HookDelivery{
				GUID: berth.NewDeliveryGUID(), HookID: h.ID, Event: name, Action: e.Action, UserID: e.UserID, User: e.User,
				CreatedAt: now, NotBefore: now, Payload: made[name],
			}
			if _, err := tx.AddDelivery(ctx, d); err != nil {
				return err
			}
		}
	}
	return nil
}

// eventNames returns under which names a webhook is told of a package. Whoever wants
// everything is told once: the other name says the same.
func eventNames(h meta.Hook) []string {
	var names []string
	if slices.Contains(h.Events, berth.HookPackage) || slices.Contains(h.Events, berth.HookEverything) {
		names = append(names, berth.HookPackage)
	}
	if slices.Contains(h.Events, berth.HookRegistryPackage) {
		names = append(names, berth.HookRegistryPackage)
	}
	return names
}

// Reap forgets deliveries that are old, or too many for one webhook, and returns how
// many.
func (s *Service) Reap(ctx context.Context) (int, error) {
	total, before := 0, s.opts.Now().Add(-keepFor)
	for _, step := range []func(tx *meta.Tx) (int64, error){
		func(tx *meta.Tx) (int64, error) { return tx.ReapDeliveries(ctx, before, reapBatch) },
		func(tx *meta.Tx) (int64, error) {
			return tx.TrimDeliveries(ctx, maxFinished, maxDeliveries, reapBatch)
		},
	} {
		for {
			var n int64
			err := s.meta.Update(ctx, func(tx *meta.Tx) (err error) {
				n, err = step(tx)
				return err
			})
			total += int(n)
			if err != nil {
				return total, err
			}
			if n < reapBatch {
				break
			}
		}
	}
	return total, nil
}
