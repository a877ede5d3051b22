package registry

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/berth-registry/berth/internal/meta"
)

// pulls counts what was pulled until it is written down in one go: a pull must not
// cost a write.
type pulls struct {
	mu    sync.Mutex
	count map[pullKey]pullCount
}

// pullKey is a manifest and the tag by which it was pulled, "" for its digest. part is
// set for what is no version but in one.
type pullKey struct {
	pkg, day, manifest int64
	folded             string
	part               bool
}

type pullCount struct {
	n    int64
	last time.Time
}

func (p *pulls) add(key pullKey, n int64, at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.count == nil {
		p.count = map[pullKey]pullCount{}
	}
	c := p.count[key]
	c.n += n
	if at.After(c.last) {
		c.last = at
	}
	p.count[key] = c
}

func (p *pulls) take() map[pullKey]pullCount {
	p.mu.Lock()
	defer p.mu.Unlock()
	taken := p.count
	p.count = nil
	return taken
}

// pullsBatch is how many kinds of pull one transaction writes down.
const pullsBatch = 500

// RecordDownloads writes down what was pulled since it last ran, and returns how many
// kinds of pull that were. It runs every few seconds and when the server stops; what
// it has not written is lost when the server is killed.
func (s *Service) RecordDownloads(ctx context.Context) (int, error) {
	taken := s.pulls.take()
	keys := slices.SortedFunc(maps.Keys(taken), func(a, b pullKey) int {
		return cmp.Or(cmp.Compare(a.pkg, b.pkg), cmp.Compare(a.day, b.day), cmp.Compare(a.manifest, b.manifest), cmp.Compare(a.folded, b.folded))
	})
	done := 0
	for batch := range slices.Chunk(keys, pullsBatch) {
		err := s.meta.Update(ctx, func(tx *meta.Tx) error { return recordPulls(ctx, tx, batch, taken) })
		if err != nil {
			for _, key := range keys[done:] {
				s.pulls.add(key, taken[key].n, taken[key].last)
			}
			return done, err
		}
		done += len(batch)
	}
	return done, nil
}

// recordPulls writes in the order of packages, each before its manifests, as pushes
// lock them too.
func recordPulls(ctx context.Context, tx *meta.Tx, keys []pullKey, taken map[pullKey]pullCount) error {
	for len(keys) > 0 {
		pkg, day := keys[0].pkg, keys[0].day
		end := slices.IndexFunc(keys, func(k pullKey) bool { return k.pkg != pkg || k.day != day })
		if end < 0 {
			end = len(keys)
		}
		var all pullCount
		for _, k := range keys[:end] {
			if !k.part {
				all.n += taken[k].n
			}
			if taken[k].last.After(all.last) {
				all.last = taken[k].last
			}
		}
		if err := tx.CountPackagePulls(ctx, pkg, all.n, all.last); err != nil {
			return err
		}
		for _, k := range keys[:end] {
			p := meta.Pulls{PackageID: k.pkg, ManifestID: k.manifest, Folded: k.folded, Count: taken[k].n, Last: taken[k].last}
			if k.part {
				p.Count = 0
			}
			if err := tx.CountPulls(ctx, p); err != nil {
				return err
			}
		}
		keys = keys[end:]
	}
	return nil
}
