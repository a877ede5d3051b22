package crash_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/berth-registry/berth/e2e/crash/powercut"
)

// errDown is a server that does not come back.
var errDown = errors.New("the server does not start")

// cutter runs a product on a powercut disk and cuts the power.
type cutter struct {
	product product
	rig     *rig
	log     *ackLog
	load    *load
	rng     *rand.Rand

	server  *server
	client  *client
	cuts    int
	hits    int // cuts that dropped something
	dropped int
	starts  starts
}

func newCutter(t *testing.T, p product, seed uint64) *cutter {
	t.Helper()
	log := openAckLog(t)
	return &cutter{
		product: p, rig: newRig(t.Context(), t), log: log, load: newLoad(log, seed, 4),
		rng: rand.New(rand.NewPCG(seed, 1)),
	}
}

// TestPowerCut cuts the power under four pushers; nothing that was acknowledged
// may be lost, and what was not can be pushed again.
func TestPowerCut(t *testing.T) { //nolint:paralleltest // it measures how soon the server is ready
	needPowercut(t)
	p := underTest(t)
	seed, rounds := chooseSeed(t, rand.Uint64()), countCycles(t, 10)
	t.Logf("%s, seed %d, %d cycles", p.describe(), seed, rounds)
	c := newCutter(t, p, seed)
	defer c.off()

	since := 0
	for n := range rounds {
		if !c.mustBeWhole(t, n, recent(since, c.rng)) {
			return
		}
		since = c.log.len()
		loss, err := c.cutUnderLoad(t.Context(), n)
		if err != nil {
			t.Fatalf("cycle %d: %v", n, err)
		}
		t.Logf("cycle %d: acks so far %d, cut (%s): %d dirty blocks dropped, %d kept, %d writes refused",
			n, c.log.acks(), planName(n), loss.Dropped, loss.Kept, c.rig.disk.Refused())
	}
	c.mustBeWhole(t, rounds, everything())
	// What the last cut interrupted must be possible to push, too.
	c.log.reopen()
	if err := c.load.repeat(t.Context(), c.client); err != nil {
		t.Error(err)
	}
	t.Logf("seed %d: %d cycles, %d operations, %d acks, %d blocks dropped by %d of %d cuts, slowest start %v",
		seed, rounds, c.load.ops(), c.log.acks(), c.dropped, c.hits, c.cuts, c.starts.slowest())
	c.starts.check(t)
	if c.dropped == 0 {
		t.Error("no cut dropped a block: the faults did not hit")
	}
	checkFailed(t, c.load)
}

// TestPowerCutBitesWithoutFsync shows that TestPowerCut can fail: a build that
// does not sync must lose something it acknowledged.
func TestPowerCutBitesWithoutFsync(t *testing.T) { //nolint:paralleltest // see TestPowerCut
	needPowercut(t)
	if other := os.Getenv("BERTH_CRASH_SERVER"); other != "" {
		need(t, "there is no build of "+other+" without fsync")
	}
	p := berth(t, "BERTH_BIN_NOSYNC", "nosync")
	seed := chooseSeed(t, rand.Uint64())
	t.Logf("%s, seed %d", p.describe(), seed)
	c := newCutter(t, p, seed)
	defer c.off()

	const rounds = 10
	for n := range rounds {
		if _, err := c.on(t.Context(), t, everything()); err != nil {
			t.Fatalf("cycle %d: %v", n, err)
		}
		// The registry itself shall survive, or the first cut takes everything.
		if _, err := command(t.Context(), "sync", "-f", c.rig.data); err != nil {
			t.Fatal(err)
		}
		loss, err := c.cutUnderLoad(t.Context(), n)
		if err != nil {
			t.Fatalf("cycle %d: %v", n, err)
		}
		found, err := c.on(t.Context(), t, everything())
		t.Logf("cycle %d: %d acks, %d dirty blocks dropped: %v, err=%v", n, c.log.acks(), loss.Dropped, found, err)
		if err != nil && !errors.Is(err, errDown) {
			t.Fatal(err)
		}
		if errors.Is(err, errDown) || found.damage() > 0 {
			return
		}
		c.off()
		if err := c.rig.detach(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	t.Errorf("%d cuts without fsync lost nothing: the test does not bite", rounds)
}

// mustBeWhole turns the power on and allows no damage; it leaves the server
// running.
func (c *cutter) mustBeWhole(t *testing.T, n int, pick picker) bool {
	t.Helper()
	found, err := c.on(t.Context(), t, pick)
	if err != nil {
		t.Errorf("before cycle %d: %v", n, err)
		return false
	}
	t.Logf("before cycle %d: %v", n, found)
	found.fail(t)
	checkDatabase(t, c.product, c.rig.data)
	return !t.Failed()
}

// on turns the power on, starts the server and pulls what is picked.
func (c *cutter) on(ctx context.Context, t *testing.T, pick picker) (*report, error) {
	t.Helper()
	if err := c.rig.attach(ctx); err != nil {
		return nil, err
	}
	s, took, err := c.product.start(ctx, t, c.rig.data, readyWithin)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errDown, err)
	}
	c.starts = append(c.starts, took)
	c.server, c.client = s, newClient(s)
	return verify(ctx, c.client, c.log.all(), pick), nil
}

// off kills the server, if it runs.
func (c *cutter) off() {
	if c.server == nil {
		return
	}
	c.server.kill()
	c.client.close()
	c.server = nil
}

// cutUnderLoad lets the pushers run for a while, cuts the power in the middle
// and takes the disk away.
func (c *cutter) cutUnderLoad(ctx context.Context, n int) (powercut.Loss, error) {
	c.log.reopen()
	if err := c.load.repeat(ctx, c.client); err != nil {
		return powercut.Loss{}, err
	}
	wait := c.load.start(ctx, c.client)
	err := c.moment(ctx)
	loss, cutErr := c.cut(n)
	err = errors.Join(err, cutErr)
	c.off()
	wait()
	c.cuts++
	c.dropped += loss.Dropped
	if loss.Dropped > 0 {
		c.hits++
	}
	return loss, errors.Join(err, c.rig.detach(ctx))
}

// moment waits for the time of the cut: random, but not before there is
// something to lose.
func (c *cutter) moment(ctx context.Context) error {
	const (
		enough       = 20
		momentWithin = 2 * time.Minute
	)
	ctx, cancel := context.WithTimeout(ctx, momentWithin)
	defer cancel()
	before := c.log.acks()
	earliest := time.Now().Add(500*time.Millisecond + time.Duration(c.rng.Int64N(int64(1500*time.Millisecond))))
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for time.Now().Before(earliest) || c.log.acks()-before < enough {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("only %d acks in %v: %w", c.log.acks()-before, momentWithin, errors.Join(c.load.failed()...))
		}
	}
	return nil
}

// cut takes the power away: in two cycles of four at once, in the others when
// the disk next holds some unsynced blocks. No ack can be written from then on:
// the clients stop before the power does.
func (c *cutter) cut(n int) (powercut.Loss, error) {
	plan := powercut.Plan{Reorder: n%2 == 1, Seed: c.rng.Uint64()}
	dirty := 1 + c.rng.IntN(64)
	// The disk stands still meanwhile, so no answer can tell of a later state.
	before := func() { c.log.crash(func() {}) }
	var done <-chan powercut.Result // nil never answers
	if n%4 < 2 {
		done = c.rig.disk.CutWhen(dirty, plan, before)
		patience := time.NewTimer(2 * time.Second)
		defer patience.Stop()
		select {
		case r := <-done:
			return r.Loss, r.Err
		case <-patience.C:
		}
	}
	loss, err := c.rig.disk.Cut(plan, before)
	select {
	case r := <-done: // the armed cut came first after all
		return r.Loss, r.Err
	default:
		return loss, err
	}
}

func planName(n int) string {
	name := "all of the cache"
	if n%2 == 1 {
		name = "half of the cache"
	}
	if n%4 < 2 {
		return name + " when dirty"
	}
	return name + " at random"
}

// checkFailed allows one clean error in a hundred operations.
func checkFailed(t *testing.T, l *load) {
	t.Helper()
	failed := l.failed()
	if len(failed)*100 <= l.ops() {
		return
	}
	var text []string
	for _, err := range failed[:min(5, len(failed))] {
		text = append(text, err.Error())
	}
	t.Errorf("%d of %d operations failed without a crash:\n%s", len(failed), l.ops(), strings.Join(text, "\n"))
}
