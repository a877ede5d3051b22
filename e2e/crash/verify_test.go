package crash_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

// report is what a pull of everything found.
type report struct {
	checked     int
	lost        []string // acknowledged and gone
	wrong       []string // other bytes, or a short 200
	unavailable []string // a clean error
}

func (r *report) String() string {
	return fmt.Sprintf("checked=%d lost=%d wrong=%d unavailable=%d", r.checked, len(r.lost), len(r.wrong), len(r.unavailable))
}

// damage is what has no budget.
func (r *report) damage() int { return len(r.lost) + len(r.wrong) }

// fail tells the first findings of each verdict.
func (r *report) fail(t *testing.T) {
	t.Helper()
	show := func(verdict string, found []string) {
		for _, s := range found[:min(5, len(found))] {
			t.Errorf("%s: %s", verdict, s)
		}
	}
	show("LOST", r.lost)
	show("WRONG", r.wrong)
	show("UNAVAILABLE", r.unavailable)
}

// collector gathers verdicts from several goroutines.
type collector struct {
	mu sync.Mutex
	report
}

func (c *collector) add(verdict *[]string, format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	*verdict = append(*verdict, fmt.Sprintf(format, args...))
}

// picker chooses the lines of the log to check.
type picker func(seq int) bool

// everything checks all lines.
func everything() picker { return func(int) bool { return true } }

// recent checks the lines from one on and one in twenty of those before: a
// crash can hurt old things, but pulling all of them each time is quadratic.
func recent(since int, rng *rand.Rand) picker {
	return func(seq int) bool { return seq >= since || rng.IntN(20) == 0 }
}

// verify pulls the acknowledged things that were picked, and all tags.
func verify(ctx context.Context, c *client, entries []entry, pick picker) *report {
	var out collector
	work := make(chan func())
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for f := range work {
				f()
			}
		})
	}
	// A blob that was pushed again is one thing to pull.
	seen := map[string]bool{}
	for _, e := range entries {
		key := e.Kind + e.Name + e.Digest
		if !e.Acked || seen[key] || !pick(e.Seq) {
			continue
		}
		seen[key] = true
		out.checked++
		work <- func() { out.pull(ctx, c, e) }
	}
	states := tags(entries)
	for _, k := range slices.SortedFunc(maps.Keys(states), func(a, b tagKey) int {
		return strings.Compare(a.name+":"+a.tag, b.name+":"+b.tag)
	}) {
		out.checked++
		work <- func() { out.resolve(ctx, c, k, states[k]) }
	}
	close(work)
	wg.Wait()
	return &out.report
}

// pull compares one blob or manifest with its digest.
func (c *collector) pull(ctx context.Context, cl *client, e entry) {
	r := call{method: http.MethodGet, url: "/v2/" + e.Name + "/" + e.Kind + "s/" + e.Digest, name: e.Name}
	if e.Kind == "manifest" {
		r.header = map[string]string{"Accept": manifestType}
	}
	res, err := cl.do(ctx, r)
	switch {
	case res.status == http.StatusNotFound:
		c.add(&c.lost, "%v", e)
	case res.status == http.StatusOK && (len(res.body) != e.Size || digestOf(res.body) != e.Digest):
		c.add(&c.wrong, "%v: 200 with %d bytes, err=%v, digest %s", e, len(res.body), err, digestOf(res.body))
	case err != nil:
		c.add(&c.unavailable, "%v: %v", e, err)
	case res.status != http.StatusOK:
		c.add(&c.unavailable, "%v: %d %.200s", e, res.status, res.body)
	}
}

// resolve checks that a tag points to its last acknowledged manifest or to a
// later one that was tried, and that what it points to is whole.
func (c *collector) resolve(ctx context.Context, cl *client, k tagKey, s tagState) {
	where := k.name + ":" + k.tag
	res, err := cl.do(ctx, call{
		method: http.MethodGet, url: "/v2/" + k.name + "/manifests/" + k.tag, name: k.name,
		header: map[string]string{"Accept": manifestType},
	})
	switch {
	case res.status == http.StatusNotFound:
		if s.acked.Digest != "" {
			c.add(&c.lost, "tag %s: acknowledged at %v", where, s.acked)
		}
	case err != nil && res.status != http.StatusOK:
		c.add(&c.unavailable, "tag %s: %v", where, err)
	case res.status != http.StatusOK:
		c.add(&c.unavailable, "tag %s: %d %.200s", where, res.status, res.body)
	case !slices.Contains(s.allowed, digestOf(res.body)):
		c.add(&c.wrong, "tag %s: %s (%d bytes), want one of %v", where, digestOf(res.body), len(res.body), s.allowed)
	case res.header.Get("Docker-Content-Digest") != digestOf(res.body):
		c.add(&c.wrong, "tag %s: says %s, is %s", where, res.header.Get("Docker-Content-Digest"), digestOf(res.body))
	}
}
