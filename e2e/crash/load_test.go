package crash_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// errCrashed ends a pusher whose server was taken away.
var errCrashed = errors.New("the crash came first")

// pusher pushes one image after the other, over all cycles of a test.
type pusher struct {
	seed uint64
	id   int
	next int // the image to push; one that failed is pushed again

	ops    int     // requests of a push that were answered as they should be
	failed []error // errors that no crash explains
}

// load is the pushers of a test and the log they share.
type load struct {
	log     *ackLog
	pushers []*pusher
}

func newLoad(log *ackLog, seed uint64, n int) *load {
	l := &load{log: log}
	for i := range n {
		l.pushers = append(l.pushers, &pusher{seed: seed, id: i})
	}
	return l
}

// start lets all pushers run until the log is closed; the function it gives
// waits for them.
func (l *load) start(ctx context.Context, c *client) (wait func()) {
	var wg sync.WaitGroup
	for _, p := range l.pushers {
		wg.Go(func() { p.run(ctx, c, l.log) })
	}
	return wg.Wait
}

// repeat pushes what each pusher had not finished, which must succeed.
func (l *load) repeat(ctx context.Context, c *client) error {
	errs := make([]error, len(l.pushers))
	var wg sync.WaitGroup
	for i, p := range l.pushers {
		wg.Go(func() {
			if err := p.push(ctx, c, l.log); err != nil {
				errs[i] = fmt.Errorf("repeat of image %d of pusher %d: %w", p.next, p.id, err)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (l *load) ops() int {
	n := 0
	for _, p := range l.pushers {
		n += p.ops
	}
	return n
}

func (l *load) failed() []error {
	var errs []error
	for _, p := range l.pushers {
		errs = append(errs, p.failed...)
	}
	return errs
}

func (p *pusher) run(ctx context.Context, c *client, log *ackLog) {
	// A server that answers errors at full speed would fill the report.
	pause := time.NewTicker(100 * time.Millisecond)
	defer pause.Stop()
	for ctx.Err() == nil && !log.isClosed() {
		err := p.push(ctx, c, log)
		if err == nil {
			continue
		}
		if errors.Is(err, errCrashed) || log.isClosed() || ctx.Err() != nil {
			return
		}
		p.failed = append(p.failed, fmt.Errorf("pusher %d image %d: %w", p.id, p.next, err))
		select {
		case <-pause.C:
		case <-ctx.Done():
		}
	}
}

// push pushes the next image and logs each thing that was acknowledged.
func (p *pusher) push(ctx context.Context, c *client, log *ackLog) error {
	img, err := makeImage(p.seed, p.id, p.next)
	if err != nil {
		return err
	}
	for i, b := range img.blobs {
		ops, err := pushBlob(ctx, c, img.name, b, (p.next+i)%4)
		p.ops += ops
		if err != nil {
			return err
		}
		if err := ackOrCrashed(log, entry{Kind: "blob", Name: img.name, Digest: b.digest, Size: len(b.data)}); err != nil {
			return err
		}
	}
	e := entry{Kind: "manifest", Name: img.name, Digest: img.digest, Size: len(img.manifest), Tag: img.tag}
	if err := log.try(e); err != nil {
		return err
	}
	if err := c.putManifest(ctx, img.name, img.tag, img.manifest); err != nil {
		return err
	}
	p.ops++
	if err := ackOrCrashed(log, e); err != nil {
		return err
	}
	p.next++
	return nil
}

func ackOrCrashed(log *ackLog, e entry) error {
	ok, err := log.ack(e)
	if err == nil && !ok {
		err = errCrashed
	}
	return err
}

// pushBlob pushes a blob in one of the four ways clients have, and counts the
// requests.
func pushBlob(ctx context.Context, c *client, name string, b blob, way int) (ops int, err error) {
	location, err := c.startUpload(ctx, name)
	if err != nil {
		return 0, err
	}
	ops = 1
	half := len(b.data) / 2
	rest := []byte(nil)
	switch way {
	case 0: // all in the PUT
		rest = b.data
	case 1: // one stream, as docker does
		location, err = c.patch(ctx, name, location, -1, b.data)
		ops++
	case 2: // two chunks
		if location, err = c.patch(ctx, name, location, 0, b.data[:half]); err == nil {
			location, err = c.patch(ctx, name, location, half, b.data[half:])
		}
		ops += 2
	case 3: // one chunk, and the last one in the PUT
		location, err = c.patch(ctx, name, location, 0, b.data[:half])
		rest = b.data[half:]
		ops++
	}
	if err != nil {
		return ops, err
	}
	return ops + 1, c.finishUpload(ctx, name, location, b.digest, rest)
}
