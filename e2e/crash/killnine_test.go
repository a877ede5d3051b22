package crash_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// killer runs a product on an ordinary disk and kills it in the phases of a push.
type killer struct {
	product product
	data    string
	seed    uint64
	rng     *rand.Rand
	log     *ackLog
	load    *load

	server *server
	client *client
	starts starts
}

// TestKillNine kills the server in each phase of a push, with four pushers
// beside it, and goes on with the push after the restart.
func TestKillNine(t *testing.T) { //nolint:paralleltest // it measures how soon the server is ready
	p := underTest(t)
	seed, rounds := chooseSeed(t, rand.Uint64()), countCycles(t, 30)
	t.Logf("%s, seed %d, %d cycles", p.describe(), seed, rounds)
	log := openAckLog(t)
	k := &killer{
		product: p, data: t.TempDir(), seed: seed, rng: rand.New(rand.NewPCG(seed, 2)),
		log: log, load: newLoad(log, seed, 4),
	}
	defer k.off()
	if err := k.on(t.Context(), t); err != nil {
		t.Fatal(err)
	}
	for n := range rounds {
		ph := phases()[n%len(phases())]
		if err := k.cycle(t, n, ph); err != nil {
			t.Fatalf("cycle %d, killed %s: %v", n, ph.name, err)
		}
		if t.Failed() {
			return
		}
	}
	found := verify(t.Context(), k.client, k.log.all(), everything())
	found.fail(t)
	t.Logf("seed %d: %d kills, %d operations, %d acks, slowest start %v; at the end %v",
		seed, rounds, k.load.ops(), k.log.acks(), k.starts.slowest(), found)
	k.starts.check(t)
	checkFailed(t, k.load)
}

// cycle kills once and checks what is there afterwards.
func (k *killer) cycle(t *testing.T, n int, ph phase) error {
	t.Helper()
	ctx := t.Context()
	since := k.log.len()
	p := k.crash(ctx, n, ph)
	if p.err != nil {
		return p.err
	}
	if err := k.on(ctx, t); err != nil {
		return err
	}
	k.log.reopen()
	checkDatabase(t, k.product, k.data)
	from, err := p.resume(ctx, k.client)
	if err != nil {
		return fmt.Errorf("resume: %w", err)
	}
	if err := k.load.repeat(ctx, k.client); err != nil {
		return err
	}
	found := verify(ctx, k.client, k.log.all(), recent(since, k.rng))
	found.fail(t)
	t.Logf("cycle %d, killed %s: acknowledged %d, sent %d, resumed at %d of %d; %v",
		n, ph.name, p.acked, p.sent, from, len(p.blob.data), found)
	return nil
}

// crashed is a probe that has done its work, or could not.
type crashed struct {
	*probe
	err error
}

// crash runs the pushers and a probe that kills the server.
func (k *killer) crash(ctx context.Context, n int, ph phase) crashed {
	wait := k.load.start(ctx, k.client)
	p := &probe{
		log: k.log, rng: k.rng, name: fmt.Sprintf("admin/probe-%d", n),
		blob: makeBlob(k.seed, fmt.Sprintf("probe=%d", n), 1<<20+k.rng.IntN(3<<20)),
		kill: func() { k.log.crash(k.server.kill) },
	}
	// The pushers shall be under way, each time at another point.
	lead := time.NewTimer(time.Duration(k.rng.IntN(200)) * time.Millisecond)
	defer lead.Stop()
	select {
	case <-lead.C:
	case <-ctx.Done():
	}
	err := ph.run(p, ctx, k.client)
	if !k.log.isClosed() {
		// It did not get as far as to kill; the pushers have to stop all the same.
		p.kill()
	}
	wait()
	return crashed{p, err}
}

func (k *killer) on(ctx context.Context, t *testing.T) error {
	t.Helper()
	k.off()
	s, took, err := k.product.start(ctx, t, k.data, readyWithin)
	if err != nil {
		return err
	}
	k.starts = append(k.starts, took)
	k.server, k.client = s, newClient(s)
	return nil
}

func (k *killer) off() {
	if k.server == nil {
		return
	}
	k.server.kill()
	k.client.close()
	k.server = nil
}
