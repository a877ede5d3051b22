package webhook_test

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/berth-registry/berth/internal/account"
	"github.com/berth-registry/berth/internal/meta/metatest"
	"github.com/berth-registry/berth/internal/webhook"
)

func tags(t *testing.T, list []received) (out []string) {
	t.Helper()
	for _, r := range list {
		doc, _ := parse(t, r.body)["package"].(map[string]any)
		version, _ := doc["package_version"].(map[string]any)
		out = append(out, fmt.Sprint(version["tag_name"]))
	}
	return out
}

// Each webhook is told everything once, in order, however many there are.
func TestOrder(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		w := newWorld(t, address)
		one, two, off := newReceiver(t, nil), newReceiver(t, nil), newReceiver(t, nil)
		w.hook(acme(), one, account.HookChange{})
		w.hook(acme(), two, account.HookChange{Events: []string{"*"}})
		w.hook(acme(), off, account.HookChange{Active: new(false)})
		var want []string
		for i := range 60 { // more than one transaction takes
			want = append(want, fmt.Sprintf("v%d", i))
			w.push(want[i])
		}
		w.TellHooks()
		for name, r := range map[string]*receiver{"one": one, "two": two} {
			if diff := cmp.Diff(want, tags(t, r.taken())); diff != "" {
				t.Errorf("%s (-want +got)\n%s", name, diff)
			}
		}
		if got := off.taken(); len(got) != 0 {
			t.Errorf("one that is off was told %d times", len(got))
		}
	})
}

// Replicas share the work: nothing is sent twice, and nothing is sent to a webhook
// while something is under way.
func TestReplicas(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		w := newWorld(t, address)
		var busy, overlap atomic.Int32
		r := newReceiver(t, func(http.ResponseWriter, *http.Request) {
			if busy.Add(1) > 1 {
				overlap.Add(1)
			}
			busy.Add(-1)
		})
		w.hook(acme(), r, account.HookChange{})
		other := w.Replica()
		const events = 40
		for i := range events {
			w.push(fmt.Sprintf("v%d", i))
		}
		var group sync.WaitGroup
		for _, s := range []interface{ StartHooks() }{w, other, w, other} {
			group.Go(s.StartHooks)
		}
		group.Wait()
		other.Hooks.Wait()
		w.TellHooks()
		seen := map[string]int{}
		for _, got := range r.taken() {
			seen[got.header.Get("X-GitHub-Delivery")]++
		}
		for guid, n := range seen {
			if n != 1 {
				t.Errorf("%s was sent %d times", guid, n)
			}
		}
		if len(seen) != events || overlap.Load() != 0 {
			t.Errorf("%d deliveries, %d at the same time", len(seen), overlap.Load())
		}
	})
}

// A receiver that hangs holds up nobody else, not even when there is more for it.
func TestSlowReceiver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	held, came := make(chan struct{}), make(chan struct{}, 10)
	slow := newReceiver(t, nil)
	fast := newReceiver(t, nil)
	w.hook(acme(), slow, account.HookChange{})
	w.hook(acme(), fast, account.HookChange{})
	slow.answers(func(http.ResponseWriter, *http.Request) {
		came <- struct{}{}
		<-held
	})
	w.push("v1")
	w.push("v2")
	told := make(chan struct{})
	go func() {
		defer close(told)
		w.TellHooks()
	}()
	<-came
	await(t, func() bool { return len(fast.peek()) == 2 })
	w.push("v3")
	ctx := t.Context()
	if _, err := w.Hooks.Expand(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Hooks.Start(ctx); err != nil { // returns although one hangs
		t.Fatal(err)
	}
	await(t, func() bool { return len(fast.peek()) == 3 })
	if got := tags(t, slow.taken()); len(got) != 1 {
		t.Errorf("sent to the slow one meanwhile: %q", got)
	}
	close(held)
	<-told
	w.Hooks.Wait()
	if diff := cmp.Diff([]string{"v2", "v3"}, tags(t, slow.taken())); diff != "" {
		t.Errorf("then (-want +got)\n%s", diff)
	}
}

// peek returns what has come so far.
func (r *receiver) peek() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.got
}

func await(t *testing.T, good func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range 1000 {
		if good() {
			return
		}
		<-tick.C
	}
	t.Fatal("it never was")
}

// A receiver that is gone is left in peace for a while with all that there is for it,
// longer each time, and asked again as soon as somebody says so.
func TestDeadReceiver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	r := newReceiver(t, nil)
	h := w.hook(acme(), r, account.HookChange{})
	r.Close()
	attempts := func() (n int) {
		for _, d := range w.log(acme(), h.ID) {
			n += d.Attempts
		}
		return n - 1 // the ping
	}
	for i := range 5 {
		w.push(fmt.Sprintf("v%d", i))
	}
	for _, step := range []struct {
		wait time.Duration
		want int
	}{{0, 1}, {9 * time.Second, 1}, {2 * time.Second, 2}, {50 * time.Second, 2}, {11 * time.Second, 3}, {4 * time.Minute, 3}, {2 * time.Minute, 4}, {6 * time.Minute, 5}} {
		w.Clock.Advance(step.wait)
		w.TellHooks()
		if got := attempts(); got != step.want {
			t.Errorf("after %s more: %d tries, want %d", step.wait, got, step.want)
		}
	}
	if err := w.Account.PingHook(t.Context(), w.Viewer("ada"), acme(), h.ID); err != nil {
		t.Fatal(err)
	}
	w.TellHooks()
	if got := attempts(); got != 6 {
		t.Errorf("after somebody asked: %d tries", got)
	}
	d := w.log(acme(), h.ID)
	if last := d[len(d)-2]; last.Error != "the receiver did not take the connection, or broke it off" || last.StatusCode != 0 {
		t.Errorf("%+v", last)
	}
	again := newReceiver(t, nil)
	if _, err := w.Account.UpdateHook(t.Context(), w.Viewer("ada"), acme(), h.ID, account.HookChange{URL: &again.URL}); err != nil {
		t.Fatal(err)
	}
	w.Clock.Advance(time.Hour)
	w.TellHooks()
	if got := again.taken(); len(got) != 6 {
		t.Errorf("%d came to the new address", len(got))
	}
}

// Events that were written down before a restart are told after it.
func TestRestart(t *testing.T) {
	t.Parallel()
	metatest.Each(t, func(t *testing.T, address string) {
		w := newWorld(t, address)
		r := newReceiver(t, nil)
		w.hook(acme(), r, account.HookChange{})
		w.push("expanded")
		if _, err := w.Hooks.Expand(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.push("written down")
		if err := w.Meta.Close(); err != nil {
			t.Fatal(err)
		}
		w.Replica().TellHooks()
		if diff := cmp.Diff([]string{"expanded", "written down"}, tags(t, r.taken())); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

// A webhook that is switched off is not told what is left, and one that is gone takes
// its log along.
func TestSwitchOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	r := newReceiver(t, nil)
	h := w.hook(acme(), r, account.HookChange{})
	r.answers(status(500))
	w.push("v1")
	w.TellHooks()
	r.taken()
	ctx, ada := t.Context(), w.Viewer("ada")
	if _, err := w.Account.UpdateHook(ctx, ada, acme(), h.ID, account.HookChange{Active: new(false)}); err != nil {
		t.Fatal(err)
	}
	w.push("v2")
	w.Clock.Advance(time.Hour)
	w.TellHooks()
	if got := r.taken(); len(got) != 0 {
		t.Errorf("%d came after it was switched off", len(got))
	}
	if d := w.log(acme(), h.ID); len(d) != 2 || d[0].Error != "the webhook was switched off" {
		t.Errorf("%+v", d)
	}
	if err := w.Account.DeleteHook(ctx, ada, acme(), h.ID); err != nil {
		t.Fatal(err)
	}
}

// Who has webhooks that nobody takes care of fills no disk.
func TestReap(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	r := newReceiver(t, nil)
	h := w.hook(acme(), r, account.HookChange{})
	w.Clock.Advance(29 * 24 * time.Hour)
	w.push("v1")
	w.TellHooks()
	if n, err := w.Hooks.Reap(t.Context()); n != 0 || err != nil {
		t.Errorf("%d reaped, %v", n, err)
	}
	w.Clock.Advance(2 * 24 * time.Hour)
	if n, err := w.Hooks.Reap(t.Context()); n != 1 || err != nil {
		t.Errorf("%d reaped, %v", n, err)
	}
	if d := w.log(acme(), h.ID); len(d) != 1 || d[0].Event != "package" {
		t.Errorf("%+v", d)
	}
	w.Exec(`INSERT INTO deliveries (guid, hook_id, event, action, redelivery, user_id, login, created_at, attempts, duration, status_code, error, request_headers, response_headers, response_body, payload)
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1700)
		SELECT 'g' || i, ?, 'package', '', FALSE, 0, '', ?, 1, 0, 200, '', '{}', '{}', X'', X'' FROM n`, h.ID, w.Clock.Now().UnixMicro())
	if n, err := w.Hooks.Reap(t.Context()); n != 1701-webhook.MaxFinished || err != nil {
		t.Errorf("%d reaped, %v", n, err)
	}
}

// Nothing is made where nobody listens, and the events go all the same.
func TestNobodyListens(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "")
	for range 3 {
		w.push("v1")
	}
	e := w.push("v2")
	e.OwnerID = 987654 // who is gone
	w.Happen(e)
	if n, err := w.Hooks.Expand(t.Context()); n != 5 || err != nil {
		t.Errorf("%d events, %v", n, err)
	}
	if n, err := w.Hooks.Expand(t.Context()); n != 0 || err != nil {
		t.Errorf("%d events again, %v", n, err)
	}
}
